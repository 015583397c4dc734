// SPDX-License-Identifier: Apache-2.0
#include "gaussians/significance/scores.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "gaussians/render/render.h"

namespace dew {
namespace {

constexpr double kVolumePower = 0.1;

double opacity_of(const Splats& splats, size_t i) { return 1 / (1 + std::exp(-double{splats.opacity_logit[i]})); }

double sum_of_log_scales(const Splats& splats, size_t i) {
  return double{splats.log_scale[3 * i]} + double{splats.log_scale[3 * i + 1]} + double{splats.log_scale[3 * i + 2]};
}

double area_of(const Splats& splats, size_t i) {
  const float least = std::min({splats.log_scale[3 * i], splats.log_scale[3 * i + 1], splats.log_scale[3 * i + 2]});
  return std::exp(sum_of_log_scales(splats, i) - double{least});
}

/// Relative to the 90th percentile, at most 1, to the power.
std::vector<double> relative_volumes(const Splats& splats) {
  std::vector<double> volumes(splats.count()), sorted;
  for (size_t i = 0; i < volumes.size(); ++i) {
    volumes[i] = std::exp(sum_of_log_scales(splats, i));
    if (std::isfinite(volumes[i])) sorted.push_back(volumes[i]);
  }
  if (sorted.empty()) return std::vector<double>(volumes.size());
  const auto cut = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() * 9 / 10);
  std::nth_element(sorted.begin(), cut, sorted.end());
  for (double& volume : volumes) volume = *cut > 0 ? std::pow(std::min(volume / *cut, 1.0), kVolumePower) : 1;
  return volumes;
}

}  // namespace

const char* score_name(Score score) {
  switch (score) {
    case Score::removal_error: return "removal-error";
    case Score::weight: return "weight";
    case Score::weight_max: return "max-weight";
    case Score::light_gaussian: return "light-gaussian";
    case Score::opacity: return "opacity";
    case Score::opacity_area: return "opacity-area";
  }
  return "";
}

std::optional<Score> score_named(std::string_view name) {
  for (const Score score : kScores) {
    if (name == score_name(score)) return score;
  }
  return std::nullopt;
}

Status add_scores(const Splats& splats, const Camera& view, double share, unsigned threads, ScoreSums& sums) {
  SplatSums one;
  RenderOptions options;
  options.threads = threads;
  options.sums = &one;
  DEW_TRY(render(splats, view, options));
  for (std::vector<double>* array : {&sums.removal_error, &sums.weight, &sums.weight_max, &sums.pixels}) array->resize(splats.count());
  for (size_t i = 0; i < splats.count(); ++i) {
    sums.removal_error[i] += share * double{one.removal_error[i]};
    sums.weight[i] += share * double{one.weight[i]};
    sums.weight_max[i] = std::max(sums.weight_max[i], double{one.weight_max[i]});
    sums.pixels[i] += share * static_cast<double>(one.pixels[i]);
  }
  return {};
}

std::vector<double> score_from(const Splats& splats, const ScoreSums& sums, Score score) {
  std::vector<double> out(splats.count());
  switch (score) {
    case Score::removal_error: out = sums.removal_error; break;
    case Score::weight: out = sums.weight; break;
    case Score::weight_max: out = sums.weight_max; break;
    case Score::light_gaussian: {
      const std::vector<double> volumes = relative_volumes(splats);
      for (size_t i = 0; i < out.size() && i < sums.pixels.size(); ++i) out[i] = sums.pixels[i] * opacity_of(splats, i) * volumes[i];
      break;
    }
    case Score::opacity:
      for (size_t i = 0; i < out.size(); ++i) out[i] = opacity_of(splats, i);
      break;
    case Score::opacity_area:
      for (size_t i = 0; i < out.size(); ++i) out[i] = opacity_of(splats, i) * area_of(splats, i);
      break;
  }
  out.resize(splats.count());
  for (double& value : out) {
    if (!(value >= 0)) value = 0;
  }
  return out;
}

Result<std::vector<double>> splat_scores(const Splats& splats, std::span<const Camera> views, Score score, unsigned threads) {
  DEW_TRY(check_shape(splats));
  ScoreSums sums;
  if (score != Score::opacity && score != Score::opacity_area) {
    for (const Camera& view : views) DEW_TRY(add_scores(splats, view, 1, threads, sums));
  }
  return score_from(splats, sums, score);
}

}  // namespace dew
