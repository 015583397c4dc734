// SPDX-License-Identifier: Apache-2.0
/// What of a content is looked at point by point.
///
///   for (const Field& field : cloud.fields) show(field.name, is_coordinate(field.name), value_at(field, i * field.count));
///   const CellPlace place = cell_of(scans_of(content, frame), i);
///   if (place.scan != nullptr) show(place.scan->range[place.cell]);
#pragma once

#include <span>
#include <string_view>

#include "pointcloud/content.h"

namespace dew::viewer {

bool is_coordinate(std::string_view field);

/// The scan itself, or the planes of a frame of a capture, one after the other; empty for clouds and frames that are not there.
std::span<const Scan> scans_of(const Content& content, size_t frame);

/// Cell `index`, counted through all planes of a frame.
struct CellPlace {
  const Scan* scan = nullptr;  ///< null: there is no such cell
  size_t cell = 0;
};
CellPlace cell_of(std::span<const Scan> planes, size_t index);

}  // namespace dew::viewer
