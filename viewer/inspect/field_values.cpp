// SPDX-License-Identifier: Apache-2.0
#include "viewer/inspect/field_values.h"

namespace dew::viewer {

bool is_coordinate(std::string_view field) { return field == "x" || field == "y" || field == "z"; }

std::span<const Scan> scans_of(const Content& content, size_t frame) {
  if (const Scan* scan = std::get_if<Scan>(&content)) return {scan, frame == 0 ? size_t{1} : size_t{0}};
  const Capture* capture = std::get_if<Capture>(&content);
  if (capture == nullptr || frame >= capture->frames.size()) return {};
  return capture->frames[frame].planes;
}

CellPlace cell_of(std::span<const Scan> planes, size_t index) {
  for (const Scan& plane : planes) {
    if (index < plane.range.size()) return {&plane, index};
    index -= plane.range.size();
  }
  return {};
}

}  // namespace dew::viewer
