// SPDX-License-Identifier: Apache-2.0
#include "data/generate/splats/sample.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <thread>

#include "data/generate/splats/make_splat.h"

namespace dew::sim {
namespace {

/// Of all splats; the surfaces share the rest.
constexpr double kFloaterShare = 0.012, kOutlierShare = 0.006, kFogShare = 0.012;

/// How many splats each surface gets, in all `total`: by area and detail, the rounding carried on.
std::vector<size_t> splats_of_surfaces(const std::vector<Surface>& surfaces, size_t total) {
  double sum = 0;
  for (const Surface& surface : surfaces) sum += surface.area_m2() * surface.detail;
  std::vector<size_t> counts;
  double before = 0;
  for (const Surface& surface : surfaces) {
    const double after = before + surface.area_m2() * surface.detail / sum * static_cast<double>(total);
    counts.push_back(static_cast<size_t>(std::lround(after) - std::lround(before)));
    before = after;
  }
  return counts;
}

/// Which surface splat i lies on.
std::vector<uint32_t> surface_of_splats(const std::vector<size_t>& counts) {
  std::vector<uint32_t> surfaces;
  for (size_t s = 0; s < counts.size(); ++s) surfaces.insert(surfaces.end(), counts[s], static_cast<uint32_t>(s));
  return surfaces;
}

/// Generations as densification leaves them behind one another; within one, cells of a third of the scene in any order.
std::vector<uint32_t> file_order(const Splats& splats, const CapturedScene& scene, uint64_t seed) {
  std::vector<uint64_t> keys(splats.count());
  const double cell = scene.placement.scale * scene.size_m / 3;
  for (size_t i = 0; i < keys.size(); ++i) {
    Random random(hash(seed, 0x07de7, i));
    const double draw = random.uniform();
    const uint64_t generation = draw < 0.4 ? 0 : draw < 0.7 ? 1 : draw < 0.9 ? 2 : 3;
    uint64_t place = 0;
    for (size_t k = 0; k < 3; ++k)
      place =
          hash(place, static_cast<uint64_t>(std::llround(static_cast<double>(splats.position[3 * i + k]) / cell + 0.4 * random.normal())));
    keys[i] = (generation << 62) | ((place >> 34) << 32) | (random.bits() >> 32);
  }
  std::vector<uint32_t> order(splats.count());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return keys[a] != keys[b] ? keys[a] < keys[b] : a < b; });
  return order;
}

/// Splats begin to end - 1 of all, each from a seed of its own.
void make_range(const CapturedScene& scene, const SampleOptions& options, const std::vector<uint32_t>& surfaces,
                const std::vector<size_t>& counts, size_t begin, size_t end, Splats& out) {
  SplatMaker maker(scene, options.seed);
  const auto total = static_cast<double>(options.splats);
  const size_t on_surfaces = surfaces.size();
  const auto fog = on_surfaces + static_cast<size_t>(kFogShare * total), floaters = fog + static_cast<size_t>(kFloaterShare * total);
  for (size_t i = begin; i < end; ++i) {
    Random random(hash(options.seed, i));
    MadeSplat splat;
    if (i < on_surfaces)
      splat = maker.on_surface(scene.surfaces[surfaces[i]], counts[surfaces[i]], random);
    else if (i < fog)
      splat = maker.fog(random);
    else if (i < floaters)
      splat = maker.floater(random);
    else
      splat = maker.outlier(random);
    store_splat(splat, i, out);
  }
}

}  // namespace

Splats sample_splats(const CapturedScene& scene, const SampleOptions& options) {
  Splats splats;
  splats.sh_degree = options.sh_degree;
  splats.resize(options.splats);
  const auto apart = static_cast<size_t>((kFogShare + kFloaterShare + kOutlierShare) * static_cast<double>(options.splats));
  const std::vector<size_t> counts = splats_of_surfaces(scene.surfaces, options.splats - apart);
  const std::vector<uint32_t> surfaces = surface_of_splats(counts);
  std::vector<std::thread> threads;
  const size_t parts = std::max<size_t>(1, options.threads);
  for (size_t part = 0; part < parts; ++part) {
    const size_t begin = options.splats * part / parts, end = options.splats * (part + 1) / parts;
    threads.emplace_back([&, begin, end] { make_range(scene, options, surfaces, counts, begin, end, splats); });
  }
  for (std::thread& thread : threads) thread.join();
  return select(splats, file_order(splats, scene, options.seed));
}

}  // namespace dew::sim
