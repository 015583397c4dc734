// SPDX-License-Identifier: Apache-2.0
// splat-ablation SCENE CAMERAS DB...: bits a splat that reach a quality, with parts of the codec's method left out one at a time.
// Sensitivities and quality come from the same cameras, so that what is compared is the method and not the choice of views.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "apps/files.h"
#include "gaussians/coding/quality_search.h"
#include "gaussians/coding/scene_reduction.h"
#include "gaussians/io/cameras.h"
#include "gaussians/io/read_splats.h"
#include "gaussians/metrics.h"
#include "gaussians/render/render.h"
#include "tests/bench/splat_integers.h"

namespace dew {
namespace {

struct Bench {
  Splats splats;
  std::vector<Camera> cameras;
  std::vector<Image> renders;
  Sensitivity sensitivity;
};

/// What is left out.
enum class Without { nothing, own_steps, own_colour_steps, pruning, principal_axes, sh, merges, refit };

struct Row {
  const char* name;
  Without without;
};
constexpr Row kRows[] = {{"all of it", Without::nothing},
                         {"one step for all splats", Without::own_steps},
                         {"colours follow the class of alpha", Without::own_colour_steps},
                         {"no pruning", Without::pruning},
                         {"luma and chroma, no principal axes", Without::principal_axes},
                         {"no directional colours", Without::sh},
                         {"near duplicates merged", Without::merges},
                         {"colours refitted to the views", Without::refit}};

void level(std::vector<double>& worth) {
  double sum = 0, count = 0;
  for (const double value : worth) {
    if (value <= 0) continue;
    sum += std::log(value);
    ++count;
  }
  for (double& value : worth) value = value > 0 ? std::exp(sum / count) : 0;
}

Sensitivity changed(const Bench& bench, Without without, double distortion) {
  Sensitivity s = bench.sensitivity;
  const double least = least_removal(distortion);
  if (without == Without::pruning) {
    for (double& removal : s.removal) removal = std::max(removal, 1.001 * least);
  }
  if (without == Without::own_steps || without == Without::own_colour_steps) {
    for (size_t i = 0; i < s.removal.size(); ++i) {
      if (s.removal[i] <= least) s.removal[i] = s.colour[i] = 0;
    }
  }
  if (without == Without::own_colour_steps) {
    double ratio = 0, count = 0;
    for (size_t i = 0; i < s.removal.size(); ++i) {
      if (s.removal[i] <= 0 || s.colour[i] <= 0) continue;
      ratio += std::log(s.colour[i] / s.removal[i]);
      ++count;
    }
    for (size_t i = 0; i < s.removal.size(); ++i) s.colour[i] = s.removal[i] * std::exp(ratio / count);
  }
  if (without == Without::own_steps) {
    level(s.removal);
    level(s.colour);
  }
  return s;
}

/// Luma and chroma of each coefficient as they are: principal axes of a scene made to have these.
ShBasis plain_basis(const Splats& splats, const std::vector<double>& weights, double least_deviation) {
  const size_t n = splats.sh_stride(), width = n / 3;
  const double third = 1 / std::sqrt(3.0), half = 1 / std::sqrt(2.0), sixth = 1 / std::sqrt(6.0);
  const double axes[3][3] = {{third, third, third}, {half, 0, -half}, {sixth, -2 * sixth, sixth}};
  Splats made;
  made.sh_degree = splats.sh_degree;
  made.resize(n);
  for (size_t k = 0; k < n; ++k) {
    const double* axis = axes[k % 3];
    const size_t j = k / 3;
    double sum = 0, weight = 0;
    for (size_t i = 0; i < splats.count(); ++i) {
      double value = 0;
      for (size_t c = 0; c < 3; ++c) value += axis[c] * double{splats.sh[i * n + c * width + j]};
      sum += weights[i] * value * value;
      weight += weights[i];
    }
    const double deviation = std::sqrt(static_cast<double>(n) * sum / weight);
    for (size_t c = 0; c < 3; ++c) made.sh[k * n + c * width + j] = static_cast<float>(deviation * axis[c]);
  }
  return fit_sh_basis(made, std::vector<double>(n, 1.0), least_deviation);
}

/// As `dew encode` does it, with the bench's views alone.
ReducedScene merged(const Bench& bench, double distortion) {
  SplatEncodeOptions options;
  options.cameras = bench.cameras;
  options.only_these_views = true;
  Result<SceneViews> views = choose_views(bench.splats, options);
  if (!views.ok() || !views->look_at(bench.splats, 1).ok()) return {bench.splats, bench.sensitivity};
  Result<ReducedScene> fewer = reduced(bench.splats, *views, bench.sensitivity, distortion, options);
  return fewer.ok() && fewer->splats.count() > 0 ? *std::move(fewer) : ReducedScene{bench.splats, bench.sensitivity};
}

double mean_psnr_db(const Bench& bench, const Splats& splats) {
  double sum = 0;
  for (size_t i = 0; i < bench.cameras.size(); ++i) {
    sum += *image_psnr_db(render(splats, bench.cameras[i], {})->colour, bench.renders[i]);
  }
  return sum / static_cast<double>(bench.cameras.size());
}

struct Point {
  double bits_per_splat = 0, psnr_db = 0, encode_ms = 0;
};

Point measure(const Bench& bench, const ReducedScene& fewer, Without without, double distortion, SceneTargets& targets) {
  const Sensitivity sensitivity = without == Without::merges ? fewer.sensitivity : changed(bench, without, distortion);
  Splats plain;
  if (without == Without::sh) {
    plain = bench.splats;
    plain.sh_degree = 0;
    plain.sh.clear();
  }
  const Splats& splats = without == Without::sh ? plain : without == Without::merges ? fewer.splats : bench.splats;
  if (without == Without::principal_axes) {
    std::vector<double> weights;
    for (const double colour : sensitivity.colour) weights.push_back(std::sqrt(colour));
    targets = make_targets(splats, sensitivity, distortion, plain_basis(splats, weights, 1e-4));
  } else {
    targets = make_targets(splats, sensitivity, distortion);
  }
  if (without == Without::refit) {
    const Result<Splats> recoloured = refitted(splats, quantised(splats, targets), bench.renders, bench.cameras, {});
    if (recoloured.ok()) targets = make_targets(*recoloured, sensitivity, distortion);
  }
  Point point;
  point.psnr_db = mean_psnr_db(bench, quantised(splats, targets).splats);
  const auto start = std::chrono::steady_clock::now();
  ByteWriter basis;
  targets.scene.basis.write(basis);
  size_t bytes = basis.size();
  for (const TargetGroup& group : targets.groups) {
    const CodedGroup coded = encode_group(group.targets, group.box, targets.scene);
    bytes += coded.base.size() + coded.sh.size();
  }
  point.encode_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  point.bits_per_splat = 8.0 * static_cast<double>(bytes) / static_cast<double>(bench.splats.count());
  return point;
}

/// At the quality asked for, between the two nearest of a few tries; the best that was reached where none reaches it.
Point at_quality(const Bench& bench, Without without, double quality_db, SceneTargets& targets) {
  double distortion = 2e-11 * std::exp((42 - quality_db) / 3.7);
  const ReducedScene fewer = without == Without::merges ? merged(bench, std::max(distortion, 3e-11)) : ReducedScene{};
  Point below{0, -1e9, 0}, above{0, 1e9, 0}, last;
  for (int i = 0; i < 7; ++i) {
    last = measure(bench, fewer, without, distortion, targets);
    if (last.psnr_db >= quality_db && last.psnr_db < above.psnr_db) above = last;
    if (last.psnr_db < quality_db && last.psnr_db > below.psnr_db) below = last;
    if (std::abs(last.psnr_db - quality_db) < 0.1 && below.bits_per_splat > 0 && above.bits_per_splat > 0) break;
    distortion *= std::exp(std::clamp((last.psnr_db - quality_db) / 3.5, -3.0, 3.0));
    if (distortion < 1e-17) break;
  }
  if (above.bits_per_splat == 0 || below.bits_per_splat == 0) return last;
  const double share = (quality_db - below.psnr_db) / (above.psnr_db - below.psnr_db);
  return {below.bits_per_splat + share * (above.bits_per_splat - below.bits_per_splat), quality_db, last.encode_ms};
}

Result<Bench> load(const std::string& scene, const std::string& cameras) {
  Bench bench;
  DEW_ASSIGN(const Bytes bytes, app::read_file(scene));
  DEW_ASSIGN(SplatInput input, read_splats(bytes, {}));
  bench.splats = std::move(input.splats);
  DEW_ASSIGN(const Bytes text, app::read_file(cameras));
  DEW_ASSIGN(bench.cameras, read_cameras(text, {}));
  for (const Camera& camera : bench.cameras) {
    DEW_ASSIGN(Rendered drawn, render(bench.splats, camera, {}));
    bench.renders.push_back(std::move(drawn.colour));
  }
  DEW_ASSIGN(bench.sensitivity, measure_sensitivity(bench.splats, bench.cameras, 1));
  return bench;
}

}  // namespace
}  // namespace dew

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("usage: splat-ablation SCENE CAMERAS DB...\n", stderr);
    return 2;
  }
  const dew::Result<dew::Bench> bench = dew::load(argv[1], argv[2]);
  if (!bench.ok()) return dew::app::complain(argv[1], bench.error()), 1;
  for (int i = 3; i < argc; ++i) {
    const double quality_db = std::strtod(argv[i], nullptr);
    for (const dew::Row& row : dew::kRows) {
      dew::SceneTargets targets;
      const dew::Point point = dew::at_quality(*bench, row.without, quality_db, targets);
      std::printf("%-44s %6.2f bits a splat at %5.2f dB, coding %5.0f ms\n", row.name, point.bits_per_splat, point.psnr_db,
                  point.encode_ms);
      if (row.without != dew::Without::nothing) continue;
      for (const dew::IntegerCost& cost : dew::costs_of_integers(targets)) {
        std::printf("  the last try: %-28s %6.2f bits a splat, coding %5.0f ms\n", cost.name,
                    cost.bits / static_cast<double>(bench->splats.count()), cost.encode_ms);
      }
    }
  }
  return 0;
}
