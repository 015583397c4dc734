// SPDX-License-Identifier: Apache-2.0
#include "gaussians/significance/sensitivity.h"

#include <algorithm>
#include <cmath>

#include "entropy/pool.h"
#include "gaussians/render/projection.h"
#include "gaussians/render/render.h"

namespace dew {
namespace {

/// Adds one view. Variances are sums weighted by removal until all views are in.
void add_view(const Splats& splats, const Camera& camera, size_t cameras, const SplatSums& sums, unsigned threads, Sensitivity& total) {
  const Projector projector(camera);
  const double pixels = 3.0 * camera.width * camera.height * static_cast<double>(cameras);
  const double focal_squared = camera.fx * camera.fy;
  constexpr size_t kViewBlock = 4096;
  parallel_for((splats.count() + kViewBlock - 1) / kViewBlock, threads, [&](size_t block) {
    for (size_t i = block * kViewBlock; i < std::min(splats.count(), (block + 1) * kViewBlock); ++i) {
      if (!(sums.removal_error[i] > 0) && !(sums.weight_squared[i] > 0)) continue;
      const double depth = projector.depth(splats, i);
      const double removal = static_cast<double>(sums.removal_error[i]) / pixels;
      total.removal[i] += removal;
      total.colour[i] += static_cast<double>(sums.weight_squared[i]) / pixels;
      total.screen_variance[i] += removal * kScreenVariance_px2 * depth * depth / focal_squared;
    }
  });
}

}  // namespace

Result<Sensitivity> measure_sensitivity(const Splats& splats, std::span<const Camera> cameras, unsigned threads,
                                        const std::function<void(size_t, Rendered)>& show) {
  if (cameras.empty()) return Error{Code::invalid_argument, 0, "sensitivities need a view"};
  const size_t n = splats.count();
  Sensitivity total{std::vector<double>(n), std::vector<double>(n), std::vector<double>(n)};
  for (size_t k = 0; k < cameras.size(); ++k) {
    const Camera& camera = cameras[k];
    SplatSums sums;
    RenderOptions options;
    options.threads = threads;
    options.sums = &sums;
    options.depth_and_alpha = static_cast<bool>(show);
    DEW_ASSIGN(Rendered drawn, render(splats, camera, options));
    add_view(splats, camera, cameras.size(), sums, threads, total);
    if (show) show(k, std::move(drawn));
  }
  for (size_t i = 0; i < n; ++i) total.screen_variance[i] = total.removal[i] > 0 ? total.screen_variance[i] / total.removal[i] : 0;
  return total;
}

void raise_to(Sensitivity& sensitivity, const Sensitivity& other, double scale) {
  for (size_t i = 0; i < sensitivity.removal.size(); ++i) {
    if (sensitivity.screen_variance[i] == 0) sensitivity.screen_variance[i] = other.screen_variance[i];
    sensitivity.removal[i] = std::max(sensitivity.removal[i], scale * other.removal[i]);
    sensitivity.colour[i] = std::max(sensitivity.colour[i], scale * other.colour[i]);
  }
}

}  // namespace dew
