// SPDX-License-Identifier: Apache-2.0
#include "viewer/gl/splat_order.h"

#include <limits>

#include "gaussians/render/projection.h"

namespace dew::viewer {
namespace {

/// How far beside the picture the centre of a splat may lie, in half pictures. No bound: large ones reach in from anywhere (a bound of 3
/// costs 18 dB in a constructed street).
constexpr double kSplatMargin = std::numeric_limits<double>::infinity();

}  // namespace

std::span<const uint32_t> SplatOrder::at(const Viewpoint& eye, PixelSize size, bool in_background) {
  // Parallel views are drawn as pinholes far away, and sorted as such.
  const Viewpoint pinhole = viewpoint_of(camera_of(eye, size));
  in_background_ = in_background;
  if (in_background) {
    if (!worker_) worker_ = std::make_unique<DepthWorker>(xyz_, kNearPlane, kSplatMargin);
    worker_->ask(pinhole, size);
    if (worker_->latest() == nullptr) worker_->wait();
    return worker_->latest()->order;
  }
  if (sorted_for_ != pinhole || sorted_size_ != size) {
    sorted_ = sorter_.sort(*xyz_, pinhole, size, kNearPlane, kSplatMargin);
    sorted_for_ = pinhole;
    sorted_size_ = size;
  }
  return sorted_;
}

}  // namespace dew::viewer
