// SPDX-License-Identifier: Apache-2.0
/// Rows and numbers that files of several kinds have: for viewer/inspect/bits.h.
///
///   bits.by_slice = rows_of_chunks(container, file.size(), kSliceChunk, "slice");       // "slice 0", "slice 1", ..., "all else"
///   bits.of_points = attributes_of(parts, splats.count(), file.size());
///   bits.by_region = by_octant(splats.position, bits.of_points[0].values);
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "entropy/container.h"
#include "viewer/inspect/bits.h"

namespace dew::viewer {

/// A row for each chunk of a type, and one for the rest of the file.
std::vector<BitsRow> rows_of_chunks(const ContainerReader& container, uint64_t file_bytes, uint32_t type, const char* name);

/// What is spent on a part, one number for each of a scene.
using NamedBits = std::pair<const char*, const std::vector<double>*>;

/// kBits: the sum of the parts of each, what is left of the file spread evenly. Then the parts that hold something.
std::vector<Attribute> attributes_of(std::span<const NamedBits> parts, size_t count, uint64_t file_bytes);

/// The eight octants around the middle, on each side of which half of the places lie along each axis. `bits`: one for each three of `xyz`.
std::vector<BitsRow> by_octant(const std::vector<float>& xyz, const std::vector<float>& bits);

}  // namespace dew::viewer
