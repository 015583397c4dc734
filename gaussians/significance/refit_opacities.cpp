// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "gaussians/render/render.h"
#include "gaussians/significance/refit.h"
#include "gaussians/significance/sums.h"

namespace dew {
namespace {

constexpr double kLargestLogitChange = 1.5;  // a splat's opacity is trusted about as far as e^1.5 times its odds
constexpr double kFirstTrial = 0.5;          // of a step that would be right if splats did not overlap
constexpr double kLeastCurvature_px2 = 1e-3;

/// The error around a scene, by the logits: g is half the downhill gradient, h the diagonal of the normal matrix.
struct Slope {
  double error = 0;
  std::vector<float> g, h;
};

class Opacities {
 public:
  Opacities(std::span<const Image> targets, std::span<const Camera> views, const Splats& splats, unsigned threads)
      : targets_(targets), views_(views), present_(splats), start_(splats.opacity_logit), threads_(threads) {}

  const std::vector<float>& logits() const { return present_.opacity_logit; }
  void set(const std::vector<float>& logits) { present_.opacity_logit = logits; }

  /// Along `step` from `from`, no further from the start than allowed.
  void move(const std::vector<float>& from, const std::vector<float>& step, double length) {
    sums::for_each_splat(from.size(), threads_, [&](size_t i) {
      const double reached = double{from[i]} + length * double{step[i]};
      if (step[i] == 0 || !std::isfinite(reached)) {
        present_.opacity_logit[i] = from[i];
        return;
      }
      const double start = double{start_[i]};
      present_.opacity_logit[i] = static_cast<float>(std::clamp(reached, start - kLargestLogitChange, start + kLargestLogitChange));
    });
  }

  Result<double> error() const { return sums::squared_error(targets_, views_, present_, threads_); }

  Result<Slope> slope() const {
    const size_t count = present_.count();
    Slope out;
    out.g.resize(count);
    out.h.resize(count);
    for (size_t v = 0; v < views_.size(); ++v) {
      SplatSums splat_sums;
      ResidualSums residual;
      residual.target = &targets_[v];
      RenderOptions options;
      options.threads = threads_;
      options.sums = &splat_sums;
      options.residual = &residual;
      DEW_ASSIGN(const Rendered drawn, render(present_, views_[v], options));
      out.error += sums::squared_difference(drawn.colour, targets_[v], threads_);
      sums::for_each_splat(count, threads_, [&](size_t i) {
        if (splat_sums.pixels[i] == 0) return;
        const double rest = 1 - 1 / (1 + std::exp(-double{present_.opacity_logit[i]}));
        out.g[i] += static_cast<float>(rest * double{residual.removal[i]});
        out.h[i] += static_cast<float>(rest * rest * double{splat_sums.removal_error[i]});
      });
    }
    for (float& h : out.h) h += static_cast<float>(kLeastCurvature_px2);
    return out;
  }

 private:
  std::span<const Image> targets_;
  std::span<const Camera> views_;
  Splats present_;
  std::vector<float> start_;
  unsigned threads_;
};

/// Conjugate directions (Polak and Ribiere) with the diagonal as preconditioner; the first is the preconditioned gradient.
class Directions {
 public:
  const std::vector<float>& next(const Slope& slope, unsigned threads) {
    const size_t count = slope.g.size();
    std::vector<float> downhill(count);
    sums::for_each_splat(count, threads, [&](size_t i) { downhill[i] = slope.g[i] / slope.h[i]; });
    const double norm = sums::dot(downhill, slope.g, threads);
    double kept = 0;
    if (norm_ > 0) kept = std::max(0.0, (norm - sums::dot(downhill, gradient_, threads)) / norm_);
    step_.resize(count);
    sums::for_each_splat(count, threads, [&](size_t i) { step_[i] = downhill[i] + static_cast<float>(kept) * step_[i]; });
    if (!(sums::dot(step_, slope.g, threads) > 0)) step_ = downhill;
    gradient_ = slope.g;
    norm_ = norm;
    return step_;
  }
  void forget() { norm_ = 0; }

 private:
  std::vector<float> step_, gradient_;
  double norm_ = 0;
};

/// Where the parabola through error, slope and the error at `trial` is lowest; twice the trial at most.
double lowest(double error, double slope, double trial, double error_at_trial) {
  const double curvature = (error_at_trial - error - slope * trial) / (trial * trial);
  return curvature > 0 ? std::min(-slope / (2 * curvature), 2 * trial) : 2 * trial;
}

}  // namespace

Result<RefitReport> refit_opacities(std::span<const Image> targets, std::span<const Camera> views, Splats& reduced,
                                    const RefitOptions& options) {
  DEW_TRY(sums::check_views(targets, views));
  DEW_TRY(check_shape(reduced));
  Opacities opacities(targets, views, reduced, options.threads);
  Directions directions;
  std::optional<double> first;
  double best = 0;
  std::vector<float> best_logits = opacities.logits();
  double trial = kFirstTrial;
  for (uint32_t iteration = 0; iteration < options.iterations; ++iteration) {
    DEW_ASSIGN(const Slope slope, opacities.slope());
    if (!first) first = best = slope.error;
    if (slope.error > best) {  // the parabola was none: again from the best, more carefully
      opacities.set(best_logits);
      directions.forget();
      trial /= 4;
      continue;
    }
    best = slope.error;
    best_logits = opacities.logits();
    const std::vector<float>& step = directions.next(slope, options.threads);
    const double downhill = -2 * sums::dot(step, slope.g, options.threads);
    if (!(downhill < 0)) break;
    opacities.move(best_logits, step, trial);
    DEW_ASSIGN(const double tried, opacities.error());
    trial = lowest(slope.error, downhill, trial, tried);
    opacities.move(best_logits, step, trial);
  }
  DEW_ASSIGN(const double last, opacities.error());
  if (!first) first = best = last;
  if (last < best) {
    best = last;
    best_logits = opacities.logits();
  }
  reduced.opacity_logit = std::move(best_logits);
  const double values = sums::values_of(targets);
  return RefitReport{*first / values, best / values};
}

}  // namespace dew
