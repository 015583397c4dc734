// SPDX-License-Identifier: Apache-2.0
#include "viewer/splats/depth_order.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace dew::viewer {
namespace {

constexpr uint32_t kKeys = 1u << 16;
/// Buckets up to this size are sorted by insertion.
constexpr uint32_t kSmallBucket = 24;

/// Grows with the float, for all finite floats (zeros of both signs are told apart, which stable order has no use for: so -0 becomes 0).
uint32_t ordered_bits(float value) {
  const auto bits = std::bit_cast<uint32_t>(value + 0.0f);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

/// Stable by exact depth within a bucket, which counting left in file order.
void settle(std::span<uint32_t> bucket, std::span<const float> depth_of) {
  const auto nearer = [&](uint32_t a, uint32_t b) { return depth_of[a] < depth_of[b]; };
  if (bucket.size() > kSmallBucket) {
    std::stable_sort(bucket.begin(), bucket.end(), nearer);
    return;
  }
  for (size_t i = 1; i < bucket.size(); ++i) {
    const uint32_t moved = bucket[i];
    size_t place = i;
    for (; place > 0 && nearer(moved, bucket[place - 1]); --place) bucket[place] = bucket[place - 1];
    bucket[place] = moved;
  }
}

/// Sorts the numbers 0 to depths.size() - 1 into `sorted`. Keys are 16 of the float's bits, counted from the nearest: finer near the eye,
/// and one stray splat far away does not make them coarse for all others.
void counting_sort(std::span<const float> depths, std::vector<uint32_t>& starts, std::vector<uint32_t>& sorted) {
  sorted.resize(depths.size());
  if (depths.empty()) return;
  const auto [nearest, farthest] = std::minmax_element(depths.begin(), depths.end());
  const uint32_t base = ordered_bits(*nearest);
  const int shift = std::max(0, static_cast<int>(std::bit_width(ordered_bits(*farthest) - base)) - 16);
  const auto key = [&](float depth) { return (ordered_bits(depth) - base) >> shift; };
  starts.assign(kKeys + 1, 0);
  for (const float depth : depths) ++starts[key(depth) + 1];
  for (uint32_t i = 0; i < kKeys; ++i) starts[i + 1] += starts[i];
  // After this loop starts[k] is the end of bucket k.
  for (size_t i = 0; i < depths.size(); ++i) sorted[starts[key(depths[i])]++] = static_cast<uint32_t>(i);
  if (shift == 0) return;
  uint32_t begin = 0;
  for (uint32_t k = 0; k < kKeys; ++k) {
    if (starts[k] - begin > 1) settle(std::span(sorted).subspan(begin, starts[k] - begin), depths);
    begin = starts[k];
  }
}

}  // namespace

std::span<const uint32_t> DepthOrder::sort(std::span<const float> xyz, const Viewpoint& eye, PixelSize size, double near, double margin) {
  depth_.clear();
  seen_.clear();
  const double height = eye.parallel_height > 0 ? eye.parallel_height : 1 / eye.focal;
  const double half_y = 0.5 * height, half_x = half_y * size.width / std::max(1u, size.height) / eye.pixel_aspect;
  const double reach_x = margin * half_x + std::abs(eye.centre_x) * height, reach_y = margin * half_y + std::abs(eye.centre_y) * height;
  const bool parallel = eye.parallel_height > 0;
  for (size_t i = 0; 3 * i + 2 < xyz.size(); ++i) {
    const Vec3 offset =
        Vec3{static_cast<double>(xyz[3 * i]), static_cast<double>(xyz[3 * i + 1]), static_cast<double>(xyz[3 * i + 2])} - eye.position;
    const double depth = dot(offset, eye.forward);
    const double divisor = parallel ? 1 : depth;
    // Written so that NaN and infinities are left out.
    if (!(depth > near && depth < 1e30)) continue;
    if (!(std::abs(dot(offset, eye.right)) <= reach_x * divisor && std::abs(dot(offset, eye.up)) <= reach_y * divisor)) continue;
    depth_.push_back(static_cast<float>(depth));
    seen_.push_back(static_cast<uint32_t>(i));
  }
  counting_sort(depth_, starts_, sorted_);
  for (uint32_t& place : sorted_) place = seen_[place];
  return sorted_;
}

std::vector<uint32_t> sorted_by_depth(std::span<const float> depths) {
  std::vector<uint32_t> starts, sorted;
  counting_sort(depths, starts, sorted);
  return sorted;
}

}  // namespace dew::viewer
