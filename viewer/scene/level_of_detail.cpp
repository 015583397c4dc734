// SPDX-License-Identifier: Apache-2.0
#include "viewer/scene/level_of_detail.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace dew::viewer {
namespace {

constexpr int kGridBits = 21;

/// The low 21 bits of `value`, two zeros after each.
uint64_t spread(uint64_t value) {
  value &= 0x1fffff;
  value = (value | value << 32) & 0x1f00000000ffffull;
  value = (value | value << 16) & 0x1f0000ff0000ffull;
  value = (value | value << 8) & 0x100f00f00f00f00full;
  value = (value | value << 4) & 0x10c30c30c30c30c3ull;
  return (value | value << 2) & 0x1249249249249249ull;
}

struct Keyed {
  uint64_t key;
  uint32_t index;
};

/// Points along a Morton curve through their bounding box; equal cells in file order.
std::vector<Keyed> along_curve(std::span<const float> xyz) {
  const size_t points = xyz.size() / 3;
  std::array<float, 3> low{}, high{};
  for (size_t axis = 0; axis < 3 && points > 0; ++axis) {
    low[axis] = high[axis] = xyz[axis];
    for (size_t i = 1; i < points; ++i) {
      low[axis] = std::min(low[axis], xyz[3 * i + axis]);
      high[axis] = std::max(high[axis], xyz[3 * i + axis]);
    }
  }
  // One scale for all axes, so that cells are cubes.
  double longest = 0;
  for (size_t axis = 0; axis < 3; ++axis) longest = std::max(longest, static_cast<double>(high[axis]) - static_cast<double>(low[axis]));
  const double scale = longest > 0 ? ((1 << kGridBits) - 1) / longest : 0;
  std::vector<Keyed> keyed(points);
  for (size_t i = 0; i < points; ++i) {
    uint64_t key = 0;
    for (size_t axis = 0; axis < 3; ++axis) {
      const double cell = scale * (static_cast<double>(xyz[3 * i + axis]) - static_cast<double>(low[axis]));
      key |= spread(static_cast<uint64_t>(cell)) << axis;
    }
    keyed[i] = {key, static_cast<uint32_t>(i)};
  }
  std::sort(keyed.begin(), keyed.end(), [](const Keyed& a, const Keyed& b) { return a.key != b.key ? a.key < b.key : a.index < b.index; });
  return keyed;
}

/// 0 to count - 1, such that every beginning is spread evenly (van der Corput's sequence, cut to the numbers that exist).
template <class Take>
void evenly_spread(uint32_t count, Take&& take) {
  const auto bits = static_cast<int>(std::bit_width(count > 0 ? count - 1 : 0u));
  for (uint32_t i = 0; i < (1u << bits); ++i) {
    uint32_t reversed = 0;
    for (int bit = 0; bit < bits; ++bit) reversed |= (i >> bit & 1u) << (bits - 1 - bit);
    if (reversed < count) take(reversed);
  }
}

/// How large a block is in the picture: pixels of the square around it, at most the picture; 0 where it can't be seen.
double seen_area(const PointBlock& block, const Vec3& origin, const Viewpoint& eye, PixelSize size) {
  Vec3 low = origin, high = origin;
  low = low + Vec3{static_cast<double>(block.low[0]), static_cast<double>(block.low[1]), static_cast<double>(block.low[2])};
  high = high + Vec3{static_cast<double>(block.high[0]), static_cast<double>(block.high[1]), static_cast<double>(block.high[2])};
  const Vec3 offset = 0.5 * (low + high) - eye.position;
  const double radius = 0.5 * length(high - low);
  const double depth = dot(offset, eye.forward);
  if (depth + radius <= 0) return 0;
  const bool parallel = eye.parallel_height > 0;
  const double height = size.height, width = size.width;
  const double scale = parallel ? height / eye.parallel_height : eye.focal * height;
  // The sphere around the block against the planes of the picture's sides: a plane through the eye leans by the slope of its side.
  const auto beside = [&](double across, double side_px) {
    if (parallel) return scale * (across - radius) > side_px;
    const double slope = side_px / scale;
    return across - slope * depth > radius * std::sqrt(1 + slope * slope);
  };
  const double across = dot(offset, eye.right) * eye.pixel_aspect, upwards = dot(offset, eye.up);
  const double shift_x = height * eye.centre_x, shift_y = height * eye.centre_y;
  if (beside(across, 0.5 * width - shift_x) || beside(-across, 0.5 * width + shift_x)) return 0;
  if (beside(upwards, 0.5 * height + shift_y) || beside(-upwards, 0.5 * height - shift_y)) return 0;
  const double nearest = std::max(depth, 0.25 * radius);
  const double diameter = 2 * radius * (parallel ? scale : scale / std::max(nearest, 1e-9));
  return std::clamp(diameter * diameter, 1.0, 4 * width * height);
}

}  // namespace

LevelOfDetail make_level_of_detail(std::span<const float> xyz, uint32_t block_points) {
  const std::vector<Keyed> curve = along_curve(xyz);
  const size_t most = std::max<uint32_t>(block_points, 1);
  LevelOfDetail detail;
  detail.order.reserve(curve.size());
  for (size_t first = 0; first < curve.size(); first += most) {
    const auto size = static_cast<uint32_t>(std::min(most, curve.size() - first));
    PointBlock block{static_cast<uint32_t>(first), size, {}, {}};
    evenly_spread(size, [&](uint32_t place) { detail.order.push_back(curve[first + place].index); });
    for (size_t axis = 0; axis < 3; ++axis) {
      block.low[axis] = block.high[axis] = xyz[3 * size_t{curve[first].index} + axis];
      for (uint32_t i = 1; i < size; ++i) {
        const float value = xyz[3 * size_t{curve[first + i].index} + axis];
        block.low[axis] = std::min(block.low[axis], value);
        block.high[axis] = std::max(block.high[axis], value);
      }
    }
    detail.blocks.push_back(block);
  }
  return detail;
}

std::vector<DrawRange> choose_ranges(const LevelOfDetail& detail, const Vec3& origin, const Viewpoint& eye, PixelSize size,
                                     uint64_t budget) {
  std::vector<DrawRange> ranges;
  std::vector<double> areas;
  uint64_t total = 0;
  for (const PointBlock& block : detail.blocks) {
    const double area = seen_area(block, origin, eye, size);
    if (area <= 0) continue;
    ranges.push_back({block.first, block.count});
    areas.push_back(area);
    total += block.count;
  }
  if (total <= budget) return ranges;
  // Points for each pixel of a block: as many as the budget pays for, found by halving; full blocks leave more to the others.
  const auto wanted = [&](double density) {
    uint64_t sum = 0;
    for (size_t i = 0; i < ranges.size(); ++i) {
      sum += static_cast<uint64_t>(std::min(static_cast<double>(ranges[i].count), density * areas[i]));
    }
    return sum;
  };
  double low = 0, high = 1;
  while (wanted(high) <= budget && high < 1e12) high *= 2;
  for (int i = 0; i < 40; ++i) {
    const double middle = 0.5 * (low + high);
    (wanted(middle) <= budget ? low : high) = middle;
  }
  for (size_t i = 0; i < ranges.size(); ++i) {
    ranges[i].count = std::max(1u, static_cast<uint32_t>(std::min(static_cast<double>(ranges[i].count), low * areas[i])));
  }
  return ranges;
}

}  // namespace dew::viewer
