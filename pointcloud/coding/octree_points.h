// SPDX-License-Identifier: Apache-2.0
/// Points of whole coordinates as an octree: for clouds whose order may go, or that come in the order of one.
///
///   auto low = octree_low(xyz);                                   // nothing: too far apart
///   std::vector<uint64_t> order = octree_order(xyz, *low);        // numbers of points; equal ones keep their order
///   if (in_octree_order(xyz, *low)) Bytes coded = encode_octree(xyz, *low);
///   DEW_ASSIGN(xyz, decode_octree(coded, points, *low, budget, offset));
///
/// `xyz`: three integers a point, one point after the other. Bytes: pointcloud/FORMAT.md, "Octrees".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"

namespace dew {

using OctreeLow = std::array<int64_t, 3>;

/// The least of each coordinate, from which an octree counts; nothing where one spans 2^32 or more, or for no points.
std::optional<OctreeLow> octree_low(std::span<const int64_t> xyz);

/// Along the Morton curve from `low` on. REQUIRES: all within 2^32 of `low`.
std::vector<uint64_t> octree_order(std::span<const int64_t> xyz, const OctreeLow& low);
bool in_octree_order(std::span<const int64_t> xyz, const OctreeLow& low);

/// REQUIRES: in_octree_order; at least one point. Cost: about 5 us a point where points are far apart, 1 us on dense surfaces.
Bytes encode_octree(std::span<const int64_t> xyz, const OctreeLow& low);
/// `bits`: empty, or a place for each point's share of the coded bits. Charges work and memory. Errors: corrupt, limits.
Result<std::vector<int64_t>> decode_octree(ByteSpan coded, uint64_t points, const OctreeLow& low, Budget& budget, uint64_t offset,
                                           std::span<float> bits = {});

}  // namespace dew
