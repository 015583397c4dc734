// SPDX-License-Identifier: Apache-2.0
/// The order in which some splats are blended, kept from picture to picture.

///   SplatOrder order(positions);
///   const std::span<const uint32_t> nearest_first = order.at(eye, size, false);

#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "viewer/gl/depth_worker.h"

namespace dew::viewer {

class SplatOrder {
 public:
  SplatOrder() = default;
  /// Three floats a splat.
  explicit SplatOrder(std::vector<float> xyz) : xyz_(std::make_shared<const std::vector<float>>(std::move(xyz))) {}

  /// Front to back for an eye; with `in_background` the newest order there is, of which the first is waited for. Sorts only where eye or
  /// size changed. Valid until the next call.
  std::span<const uint32_t> at(const Viewpoint& eye, PixelSize size, bool in_background);
  /// Whether the last at() gave the order of its eye.
  bool is_current() const { return !in_background_ || worker_->is_current(); }

 private:
  std::shared_ptr<const std::vector<float>> xyz_ = std::make_shared<const std::vector<float>>();
  DepthOrder sorter_;                    ///< sorts in the drawing thread
  std::span<const uint32_t> sorted_;     ///< of its last sort
  std::optional<Viewpoint> sorted_for_;  ///< what that was for
  PixelSize sorted_size_;
  std::unique_ptr<DepthWorker> worker_;  ///< sorts in a thread of its own, where that is wanted
  bool in_background_ = false;
};

}  // namespace dew::viewer
