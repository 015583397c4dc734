// SPDX-License-Identifier: Apache-2.0
/// The order in which splats are blended: by depth, front to back, ties in file order.
///
///   DepthOrder order;
///   const std::span<const uint32_t> nearest_first = order.sort(scene.position, eye);    // those before the near plane are left out
///
/// A counting sort over 16 bits of the visible depths, then an exact pass within the buckets: the result is that of std::stable_sort by
/// depth as a float.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "viewer/camera/viewpoint.h"

namespace dew::viewer {

/// Keeps its memory from sort to sort. Not thread safe; one object a thread.
class DepthOrder {
 public:
  /// Splats whose centre lies deeper than `near` (scene units) and not further beside the picture than `margin` half pictures (infinity:
  /// all). Valid until the next call. Cost: some 20 ns a splat.
  std::span<const uint32_t> sort(std::span<const float> xyz, const Viewpoint& eye, PixelSize size, double near, double margin);

 private:
  std::vector<float> depth_;
  std::vector<uint32_t> seen_;
  std::vector<uint32_t> sorted_;
  std::vector<uint32_t> starts_;
};

/// Indices of `depths`, all finite, by growing depth, equal ones in their order.
std::vector<uint32_t> sorted_by_depth(std::span<const float> depths);

}  // namespace dew::viewer
