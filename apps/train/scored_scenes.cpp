// SPDX-License-Identifier: Apache-2.0
#include "apps/train/scored_scenes.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <numeric>
#include <random>

#include "apps/files.h"
#include "gaussians/io/read_splats.h"
#include "gaussians/significance/sensitivity.h"
#include "gaussians/significance/views.h"

namespace dew::train {
namespace {

constexpr uint32_t kViews = 16;
constexpr uint64_t kVariations = 1, kVariationsOfTrained = 4;

std::vector<double> ranks_of(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (size_t first = 0, end = 0; first < order.size(); first = end) {
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    for (size_t i = first; i < end; ++i) ranks[order[i]] = static_cast<double>(first + end - 1) / 2;
  }
  return ranks;
}

/// The scene with more or less opaque, larger or smaller splats, some of them gone: what constructed scenes alone would not show.
Splats varied(const Splats& splats, uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto between = [&](double low, double high) { return low + (high - low) * static_cast<double>(random() >> 11) * 0x1p-53; };
  const double stretch = between(0.6, 1.3), raise = between(-1.5, 1.5), grow = between(-0.5, 0.5), keep = between(0.4, 1);
  std::vector<uint32_t> kept;
  for (uint32_t i = 0; i < splats.count(); ++i) {
    if (between(0, 1) < keep) kept.push_back(i);
  }
  Splats out = select(splats, kept);
  for (float& logit : out.opacity_logit) logit = static_cast<float>(stretch * double{logit} + raise + between(-1, 1));
  for (float& log_scale : out.log_scale) log_scale = static_cast<float>(double{log_scale} + grow + between(-0.3, 0.3));
  return out;
}

}  // namespace

Result<ScoredScene> scored_scene(std::string name, Splats splats, unsigned threads) {
  DEW_ASSIGN(const std::vector<Camera> views, made_views(splats, {.count = kViews, .threads = threads}));
  DEW_ASSIGN(const Sensitivity sensitivity, measure_sensitivity(splats, views, threads));
  ScoredScene scene{std::move(name), std::move(splats), {}};
  const double mean = std::accumulate(sensitivity.removal.begin(), sensitivity.removal.end(), 0.0) /
                      static_cast<double>(std::max<size_t>(sensitivity.removal.size(), 1));
  if (!(mean > 0)) return Error{Code::invalid_argument, 0, scene.name + ": there is nothing to be seen"};
  for (const double error : sensitivity.removal) scene.log2_error.push_back(std::log2(std::max(error / mean, std::exp2(kLeastLog2Error))));
  return scene;
}

Result<ScoredScene> scored_file(const std::string& name, const std::string& path, unsigned threads) {
  DEW_ASSIGN(const Bytes bytes, app::read_file(path));
  DEW_ASSIGN(SplatInput input, read_splats(bytes, {}, app::extension(path)));
  return scored_scene(name, std::move(input.splats), threads);
}

Result<std::vector<ScoredScene>> scored_folder(const std::string& folder, unsigned threads) {
  DEW_ASSIGN(const std::vector<std::string> files, app::expand_folders({folder}, {".ply"}));
  std::vector<ScoredScene> scenes;
  for (const std::string& file : files) {
    DEW_ASSIGN(ScoredScene scene, scored_file(app::base_name(file), file, threads));
    scenes.push_back(std::move(scene));
  }
  return scenes;
}

Result<std::vector<ScoredScene>> training_scenes(const std::string& constructed_folder, const std::string& data_folder, unsigned threads) {
  DEW_ASSIGN(std::vector<ScoredScene> scenes, scored_folder(constructed_folder, threads));
  const size_t constructed = scenes.size();
  for (const char* file : {"banana/splat.ply", "dog/bolosleep.ply"}) {
    const std::string path = data_folder + "/" + file;
    if (!std::filesystem::exists(path)) {
      std::fprintf(stderr, "%s is not there: trained without\n", path.c_str());
      continue;
    }
    DEW_ASSIGN(ScoredScene scene, scored_file(file, path, threads));
    scenes.push_back(std::move(scene));
  }
  const size_t plain = scenes.size();
  for (size_t i = 0; i < plain; ++i) {
    for (uint64_t copy = 0; copy < (i < constructed ? kVariations : kVariationsOfTrained); ++copy) {
      DEW_ASSIGN(ScoredScene scene, scored_scene(scenes[i].name + std::string(kVaried), varied(scenes[i].splats, 100 * i + copy), threads));
      scenes.push_back(std::move(scene));
    }
  }
  return scenes;
}

double spearman(const std::vector<double>& a, const std::vector<double>& b) {
  const std::vector<double> rank_a = ranks_of(a), rank_b = ranks_of(b);
  const double middle = (static_cast<double>(a.size()) - 1) / 2;
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    ab += (rank_a[i] - middle) * (rank_b[i] - middle);
    aa += (rank_a[i] - middle) * (rank_a[i] - middle);
    bb += (rank_b[i] - middle) * (rank_b[i] - middle);
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

}  // namespace dew::train
