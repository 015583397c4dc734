// SPDX-License-Identifier: Apache-2.0
#include "gaussians/significance/refit.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "gaussians/render/projection.h"
#include "gaussians/render/render.h"
#include "gaussians/render/spherical_harmonics.h"
#include "gaussians/significance/sums.h"

namespace dew {
namespace {

using namespace sums;

constexpr double kLeastRidge_px2 = 1e-3;  // for splats that hardly cover a pixel

/// The normal equations of the colours: unknowns are, for each splat and channel, the constant part and SH, `width` of them.
class ColourEquations {
 public:
  ColourEquations(std::span<const Image> targets, std::span<const Camera> views, const Splats& splats, const RefitOptions& options)
      : targets_(targets), views_(views), splats_(splats), options_(options), degree_(options.sh ? splats.sh_degree : 0) {
    width_ = 1 + sh_coefficients(degree_);
  }

  size_t width() const { return width_; }
  size_t size() const { return 3 * width_ * splats_.count(); }

  /// Half the downhill gradient at the scene as it is, and the diagonal: `width` for each splat, the ridge included.
  /// Returns the squared error.
  Result<double> linearise(std::vector<float>& gradient, std::vector<float>& diagonal) {
    gradient.assign(size(), 0);
    diagonal.assign(width_ * splats_.count(), 0);
    ridge_.assign(splats_.count(), 0);
    double error = 0;
    for (size_t v = 0; v < views_.size(); ++v) {
      SplatSums sums;
      ResidualSums residual;
      residual.target = &targets_[v];
      RenderOptions options;
      options.threads = options_.threads;
      options.sums = &sums;
      options.residual = &residual;
      DEW_ASSIGN(const Rendered drawn, render(splats_, views_[v], options));
      error += squared_difference(drawn.colour, targets_[v], options_.threads);
      add_view(views_[v], residual.weighted, 1, gradient);
      const Projector projector(views_[v]);
      for_each_splat(splats_.count(), options_.threads, [&](size_t i) {
        if (sums.pixels[i] == 0) return;
        ridge_[i] += sums.weight_squared[i];
        const std::array<double, 16> basis = sh_basis(degree_, projector.direction(splats_, i));
        for (size_t k = 0; k < width_; ++k) {
          diagonal[i * width_ + k] += sums.weight_squared[i] * static_cast<float>(basis[k] * basis[k]);
        }
      });
    }
    for (size_t i = 0; i < splats_.count(); ++i) {
      ridge_[i] = static_cast<float>(options_.sh_ridge * double{ridge_[i]} + kLeastRidge_px2);
      for (size_t k = 1; k < width_; ++k) diagonal[i * width_ + k] += ridge_[i];
    }
    return error;
  }

  /// `out` = the matrix times `step`. REQUIRES: linearise was called.
  Status multiply(const std::vector<float>& step, std::vector<float>& out) const {
    out.assign(size(), 0);
    std::vector<float> colours(3 * splats_.count());
    for (const Camera& view : views_) {
      colour_change(view, step, colours);
      Camera on_black = view;
      on_black.background = {};
      const Image black = {view.width, view.height, std::vector<float>(3 * size_t{view.width} * view.height)};
      ResidualSums residual;
      residual.target = &black;
      RenderOptions options;
      options.threads = options_.threads;
      options.residual = &residual;
      options.colours = &colours;
      DEW_TRY(render(splats_, on_black, options));
      add_view(view, residual.weighted, -1, out);
    }
    for_each_splat(splats_.count(), options_.threads, [&](size_t i) {
      for (size_t channel = 0; channel < 3; ++channel) {
        const size_t at = (3 * i + channel) * width_;
        for (size_t k = 1; k < width_; ++k) out[at + k] += ridge_[i] * step[at + k];
      }
    });
    return {};
  }

 private:
  /// How the colours of the view change with `step`; those at the cut do not.
  void colour_change(const Camera& view, const std::vector<float>& step, std::vector<float>& colours) const {
    const Projector projector(view);
    for_each_splat(splats_.count(), options_.threads, [&](size_t i) {
      const std::array<double, 3> direction = projector.direction(splats_, i);
      const std::array<double, 16> basis = sh_basis(degree_, direction);
      const std::array<double, 3> present = sh_colour(splats_, i, direction);
      for (size_t channel = 0; channel < 3; ++channel) {
        double sum = 0;
        if (present[channel] > 0) {
          for (size_t k = 0; k < width_; ++k) sum += basis[k] * double{step[(3 * i + channel) * width_ + k]};
        }
        // Whatever is not finite must not be drawn now if it was not then, and was not as its colour is not finite.
        colours[3 * i + channel] = static_cast<float>(std::isfinite(present[channel]) ? sum : present[channel]);
      }
    });
  }

  /// The transpose of colour_change, times `sign`, onto `sum`.
  void add_view(const Camera& view, const std::vector<float>& weighted, double sign, std::vector<float>& sum) const {
    const Projector projector(view);
    for_each_splat(splats_.count(), options_.threads, [&](size_t i) {
      if (weighted[3 * i] == 0 && weighted[3 * i + 1] == 0 && weighted[3 * i + 2] == 0) return;
      const std::array<double, 3> direction = projector.direction(splats_, i);
      const std::array<double, 16> basis = sh_basis(degree_, direction);
      const std::array<double, 3> present = sh_colour(splats_, i, direction);
      for (size_t channel = 0; channel < 3; ++channel) {
        if (!(present[channel] > 0)) continue;
        const double scaled = sign * double{weighted[3 * i + channel]};
        for (size_t k = 0; k < width_; ++k) sum[(3 * i + channel) * width_ + k] += static_cast<float>(scaled * basis[k]);
      }
    });
  }

  std::span<const Image> targets_;
  std::span<const Camera> views_;
  const Splats& splats_;
  const RefitOptions& options_;
  uint32_t degree_;
  size_t width_;
  std::vector<float> ridge_;
};

/// Conjugate gradients with the diagonal as preconditioner, from zero. `residual` is the right side, and is used up.
Result<std::vector<float>> solve(const ColourEquations& equations, std::vector<float> residual, const std::vector<float>& diagonal,
                                 const RefitOptions& options) {
  const size_t width = equations.width();
  std::vector<float> solution(equations.size()), step(equations.size()), product;
  const auto preconditioned = [&](size_t j) {
    const float by = diagonal[j / (3 * width) * width + j % width];
    return by > 0 ? residual[j] / by : 0.0f;
  };
  const auto norm = [&] {
    return sum_of(residual.size(), options.threads, [&](size_t j) { return double{residual[j]} * double{preconditioned(j)}; });
  };
  double before = norm();
  for_each_splat(step.size(), options.threads, [&](size_t j) { step[j] = preconditioned(j); });
  for (uint32_t iteration = 0; iteration < options.iterations && before > 0; ++iteration) {
    DEW_TRY(equations.multiply(step, product));
    const double curvature = dot(step, product, options.threads);
    if (!(curvature > 0)) break;
    const float length = static_cast<float>(before / curvature);
    for_each_splat(step.size(), options.threads, [&](size_t j) {
      solution[j] += length * step[j];
      residual[j] -= length * product[j];
    });
    const double after = norm();
    const float kept = static_cast<float>(after / before);
    for_each_splat(step.size(), options.threads, [&](size_t j) { step[j] = preconditioned(j) + kept * step[j]; });
    before = after;
  }
  return solution;
}

/// Shortens what changes a colour by more than allowed in some direction: by Cauchy's inequality |SH| <= |coefficients| |basis|, and the
/// squares of the basis beyond the constant add up to (width - 1) / (4 pi) everywhere.
void bound_changes(std::vector<float>& change, size_t width, double largest) {
  const double basis_length = std::sqrt(static_cast<double>(width - 1) / (4 * std::numbers::pi));
  for (size_t at = 0; at < change.size(); at += width) {
    const float most = static_cast<float>(largest / kShConstant);
    change[at] = std::clamp(change[at], -most, most);
    double squares = 0;
    for (size_t k = 1; k < width; ++k) squares += double{change[at + k]} * double{change[at + k]};
    const double reach = std::sqrt(squares) * basis_length;
    if (!(reach > largest)) continue;
    for (size_t k = 1; k < width; ++k) change[at + k] *= static_cast<float>(largest / reach);
  }
}

Splats changed_colours(const Splats& splats, const std::vector<float>& change, size_t width, double share) {
  Splats out = splats;
  const size_t coefficients = sh_coefficients(splats.sh_degree);
  for (size_t j = 0; j < 3 * splats.count(); ++j) {
    const float* from = &change[j * width];
    out.dc[j] += static_cast<float>(share * double{from[0]});
    for (size_t k = 1; k < width; ++k) out.sh[j * coefficients + k - 1] += static_cast<float>(share * double{from[k]});
  }
  return out;
}

}  // namespace

Result<RefitReport> refit_colours(std::span<const Image> targets, std::span<const Camera> views, Splats& reduced,
                                  const RefitOptions& options) {
  DEW_TRY(sums::check_views(targets, views));
  DEW_TRY(check_shape(reduced));
  ColourEquations equations(targets, views, reduced, options);
  std::vector<float> gradient, diagonal;
  DEW_ASSIGN(const double before, equations.linearise(gradient, diagonal));
  DEW_ASSIGN(std::vector<float> change, solve(equations, std::move(gradient), diagonal, options));
  bound_changes(change, equations.width(), options.largest_change);
  const double values = sums::values_of(targets);
  for (double share = 1; share > 0.1; share /= 2) {  // the cut at zero and the bound may spoil a full step
    Splats tried = changed_colours(reduced, change, equations.width(), share);
    DEW_ASSIGN(const double after, sums::squared_error(targets, views, tried, options.threads));
    if (!(after < before)) continue;
    reduced.dc = std::move(tried.dc);
    reduced.sh = std::move(tried.sh);
    return RefitReport{before / values, after / values};
  }
  return RefitReport{before / values, before / values};
}

}  // namespace dew
