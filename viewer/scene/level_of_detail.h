// SPDX-License-Identifier: Apache-2.0
/// Which points to draw when there are too many: blocks of neighbours that are culled as a whole, each in an order of which every
/// beginning is spread over the block.
///
///   const LevelOfDetail detail = make_level_of_detail(layer.xyz);
///   upload(reordered(layer, detail.order));
///   for (const DrawRange& range : choose_ranges(detail, layer.origin, eye, {1280, 720}, 2'000'000)) draw(range.first, range.count);
///
/// Deterministic. Cost of making: some 100 ns a point.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "viewer/camera/viewpoint.h"

namespace dew::viewer {

/// Points order[first] to order[first + count - 1], and the box around them, relative to the origin of the layer.
struct PointBlock {
  uint32_t first = 0;
  uint32_t count = 0;
  std::array<float, 3> low{};
  std::array<float, 3> high{};
};

struct LevelOfDetail {
  std::vector<uint32_t> order;  ///< each point once
  std::vector<PointBlock> blocks;
};

struct DrawRange {
  uint32_t first = 0;
  uint32_t count = 0;
  bool operator==(const DrawRange&) const = default;
};

/// `xyz`: three finite floats a point, below 2^32 points. Blocks hold `block_points` at most.
LevelOfDetail make_level_of_detail(std::span<const float> xyz, uint32_t block_points = 16384);

/// Blocks that may be seen, each with as many of its points as it deserves: all of them if they are no more than `budget`, otherwise a
/// share that grows with how large the block is in the picture. The sum is at most `budget`, or one a block.
std::vector<DrawRange> choose_ranges(const LevelOfDetail& detail, const Vec3& origin, const Viewpoint& eye, PixelSize size,
                                     uint64_t budget);

}  // namespace dew::viewer
