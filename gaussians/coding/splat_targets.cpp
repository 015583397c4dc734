// SPDX-License-Identifier: Apache-2.0
#include "gaussians/coding/splat_targets.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "gaussians/coding/colour_axes.h"
#include "gaussians/coding/sh_model.h"
#include "gaussians/render/projection.h"
#include "gaussians/render/spherical_harmonics.h"

namespace dew {
namespace {

/// A splat costs some 60 bits, but the errors of many removals add up to more than their sum, as all of them let light through: 15 gives
/// the fewest bits at 41 dB on trained scenes.
constexpr double kBitsOfRemoval = 15;
constexpr double kLn2 = 0.69314718055994530942;
/// Components of directional colour are rounded to the nearest step: a dead zone costs 2 to 4 % more bits at equal quality.
constexpr double kShRounding = 0.5;
constexpr size_t kLayers = 3;
/// Parts with fewer splats are one layer.
constexpr size_t kSplatsOfLayers = 2048;

/// Half the octaves of the worth over the distortion, to the nearest.
int class_of(double worth, double distortion) {
  const double ratio = worth / (12 * distortion);
  if (!(ratio >= 1)) return 0;
  return ratio < 0x1p62 ? std::min((std::ilogb(ratio) + 1) / 2, kClasses - 1) : kClasses - 1;
}

/// Own axes by falling scale, the frame right-handed.
void set_shape(const Splats& splats, size_t i, double screen_variance, SplatTarget& target) {
  const float* q = &splats.rotation[4 * i];
  const float* log_scale = &splats.log_scale[3 * i];
  const std::array<double, 9> own = rotation_matrix(q[0], q[1], q[2], q[3]);
  std::array<size_t, 3> axes{0, 1, 2};
  std::stable_sort(axes.begin(), axes.end(), [&](size_t a, size_t b) { return log_scale[a] > log_scale[b]; });
  for (size_t k = 0; k < 3; ++k) {
    target.spread[k] = spread_of(static_cast<double>(log_scale[axes[k]]), screen_variance);
    for (size_t row = 0; row < 3; ++row) target.frame[3 * row + k] = own[3 * row + axes[k]];
  }
}

SplatTarget target_of(const Splats& splats, size_t i, const Sensitivity& sensitivity, double distortion, double screen_variance) {
  SplatTarget target;
  target.alpha_class = class_of(sensitivity.removal[i], distortion);
  target.colour_class = class_of(kShConstant * kShConstant * sensitivity.colour[i], distortion);
  target.log_opacity = log_opacity_of(static_cast<double>(splats.opacity_logit[i]));
  set_shape(splats, i, screen_variance, target);
  for (size_t k = 0; k < 3; ++k) target.position[k] = static_cast<double>(splats.position[3 * i + k]);
  const double r = splats.dc[3 * i], g = splats.dc[3 * i + 1], b = splats.dc[3 * i + 2];
  target.colour = colour_axes(r, g, b);
  return target;
}

void set_sh_steps(const Splats& splats, const std::vector<uint32_t>& kept, const ShBasis& basis, GroupTargets& targets) {
  const size_t components = basis.components(), width = basis.width();
  std::vector<double> values(components);
  const ShProjection projection(basis);
  targets.sh_steps.resize(kept.size() * components);
  for (size_t j = 0; j < kept.size() && components > 0; ++j) {
    projection.project(std::span(splats.sh).subspan(kept[j] * width, width), values);
    const double step = sh_step(targets.splats[j].colour_class);
    for (size_t k = 0; k < components; ++k) {
      const double size = std::min(std::floor(std::abs(values[k]) / step + kShRounding), 1e9);
      targets.sh_steps[j * components + k] = static_cast<int32_t>(values[k] < 0 ? -size : size);
    }
  }
}

/// Geometric mean over the kept splats.
double typical_screen_variance(const Sensitivity& sensitivity, const std::vector<uint32_t>& kept) {
  double sum = 0, count = 0;
  for (const uint32_t i : kept) {
    if (!(sensitivity.screen_variance[i] > 0)) continue;
    sum += std::log(sensitivity.screen_variance[i]);
    ++count;
  }
  return count > 0 ? std::exp(sum / count) : 1;
}

/// Cuts the kept splats into parts of space of at most kGroupSplats.
std::vector<std::vector<uint32_t>> spatial_parts(const Splats& splats, std::vector<uint32_t> kept) {
  std::vector<std::vector<uint32_t>> parts;
  std::vector<std::vector<uint32_t>> open{std::move(kept)};
  while (!open.empty()) {
    std::vector<uint32_t> part = std::move(open.back());
    open.pop_back();
    if (part.size() <= kGroupSplats) {
      if (!part.empty()) parts.push_back(std::move(part));
      continue;
    }
    // In two halves along the axis of the largest deviation, so that outliers do not choose it.
    std::array<double, 3> deviation{};
    for (size_t axis = 0; axis < 3; ++axis) {
      double sum = 0, squares = 0;
      for (const uint32_t i : part) {
        const double x = std::cbrt(static_cast<double>(splats.position[3 * i + axis]));
        sum += x;
        squares += x * x;
      }
      deviation[axis] = squares / static_cast<double>(part.size()) - sum * sum / static_cast<double>(part.size() * part.size());
    }
    const size_t axis = static_cast<size_t>(std::max_element(deviation.begin(), deviation.end()) - deviation.begin());
    const auto middle = part.begin() + static_cast<std::ptrdiff_t>(part.size() / 2);
    std::nth_element(part.begin(), middle, part.end(), [&](uint32_t a, uint32_t b) {
      const float x = splats.position[3 * a + axis], y = splats.position[3 * b + axis];
      return x != y ? x < y : a < b;
    });
    open.emplace_back(middle, part.end());
    open.emplace_back(part.begin(), middle);
  }
  return parts;
}

/// Cuts a part of space into layers of about as many splats, the most significant first, so that a file can be shown before it is whole. A
/// class of alpha is not cut: what the layers say of it is not said again, and three layers cost 0.5 % of the bits.
std::vector<std::vector<uint32_t>> layers_of(const std::vector<uint32_t>& part, const Sensitivity& sensitivity, double distortion) {
  const size_t layers = part.size() < kSplatsOfLayers ? 1 : kLayers;
  std::array<std::vector<uint32_t>, kClasses> by_class;
  for (const uint32_t i : part) by_class[static_cast<size_t>(class_of(sensitivity.removal[i], distortion))].push_back(i);
  std::vector<std::vector<uint32_t>> result(layers);
  size_t layer = 0, cut = 0;
  for (size_t alpha_class = kClasses; alpha_class-- > 0;) {
    while (layer + 1 < layers && cut >= part.size() * (layer + 1) / layers) ++layer;
    result[layer].insert(result[layer].end(), by_class[alpha_class].begin(), by_class[alpha_class].end());
    cut += by_class[alpha_class].size();
  }
  return result;
}

}  // namespace

double least_removal(double distortion) { return kBitsOfRemoval * 2 * kLn2 * distortion; }

ShBasis basis_of(const Splats& splats, const Sensitivity& sensitivity, double distortion) {
  if (splats.sh_degree == 0) return ShBasis();
  const double least = least_removal(distortion);
  std::vector<double> weights(splats.count());
  double largest_colour = 0;
  for (size_t i = 0; i < splats.count(); ++i) {
    if (!(sensitivity.removal[i] > least)) continue;
    weights[i] = std::sqrt(sensitivity.colour[i]);
    largest_colour = std::max(largest_colour, kShConstant * kShConstant * sensitivity.colour[i]);
  }
  const double finest = largest_colour > 0 ? sh_step(class_of(largest_colour, distortion)) : 1;
  return fit_sh_basis(splats, weights, 0.05 * finest);
}

SceneTargets make_targets(const Splats& splats, const Sensitivity& sensitivity, double distortion) {
  return make_targets(splats, sensitivity, distortion, basis_of(splats, sensitivity, distortion));
}

SceneTargets make_targets(const Splats& splats, const Sensitivity& sensitivity, double distortion, ShBasis basis) {
  const double least = least_removal(distortion);
  std::vector<uint32_t> kept;
  for (uint32_t i = 0; i < splats.count(); ++i) {
    if (sensitivity.removal[i] > least) kept.push_back(i);
  }
  SceneTargets result;
  result.scene.screen_variance = typical_screen_variance(sensitivity, kept);
  result.scene.basis = std::move(basis);
  std::array<std::vector<std::vector<uint32_t>>, kLayers> layers;
  for (const std::vector<uint32_t>& part : spatial_parts(splats, std::move(kept))) {
    std::vector<std::vector<uint32_t>> cut = layers_of(part, sensitivity, distortion);
    for (size_t layer = 0; layer < cut.size(); ++layer) {
      if (!cut[layer].empty()) layers[layer].push_back(std::move(cut[layer]));
    }
  }
  for (auto& layer : layers) {
    for (std::vector<uint32_t>& chosen : layer) {
      TargetGroup group;
      group.targets.splats.reserve(chosen.size());
      for (const uint32_t i : chosen) {
        group.targets.splats.push_back(target_of(splats, i, sensitivity, distortion, result.scene.screen_variance));
      }
      set_sh_steps(splats, chosen, result.scene.basis, group.targets);
      group.box = box_around(group.targets.splats);
      group.splats = std::move(chosen);
      result.groups.push_back(std::move(group));
    }
  }
  return result;
}

}  // namespace dew
