// SPDX-License-Identifier: Apache-2.0
#include "data/generate/returns.h"

#include <algorithm>
#include <array>

namespace dew::sim {

namespace {

constexpr double kPulseLength = 0.35;  // metres: echoes closer than this melt into one
constexpr size_t kMaxEchoes = 16;

struct Echo {
  double range_m = 0;
  double reflectance = 0;  // of a white diffuser filling the beam, as seen: 1
};

struct Echoes {
  std::array<Echo, kMaxEchoes> list;
  size_t count = 0;
  void add(Echo echo) {
    if (count < kMaxEchoes && echo.reflectance > 1e-5) list[count++] = echo;
  }
};

// Part of the footprint: offset in half divergences, and share of the energy.
struct SubRay {
  double across, up, share;
};
constexpr std::array<SubRay, 5> kSubRays = {{{0, 0, 0.4}, {0.6, 0.25, 0.15}, {-0.6, -0.25, 0.15}, {0.25, -0.6, 0.15}, {-0.25, 0.6, 0.15}}};

double reflectance_of(const SceneRays& scene, const Hit& hit, double cosine, Vec3 place) {
  const MaterialTraits& traits = material_traits(hit.material);
  const double diffuse = traits.albedo * scene.albedo_factor[static_cast<size_t>(hit.material)] *
                         albedo_texture(hit.material, place, hit.normal) * std::pow(cosine, 0.8);
  const double mirror = traits.gloss * std::pow(cosine, 60);
  const double retro = traits.retro * std::max(0.0, cosine - 0.2);
  return diffuse + mirror + retro;
}

// Follows one ray through glass and over mirrors.
void trace(const SceneRays& scene, Vec3 origin, Vec3 direction, float time, double share, const SensorSpec& spec, Random& random,
           Echoes& echoes) {
  double travelled = 0;
  for (int surface = 0; surface < 4 && share > 1e-3; ++surface) {
    const Hit hit = scene.nearest(origin, direction, surface == 0 ? 0.02 : 0.002, spec.max_range_m * 1.05 - travelled, time);
    if (!hit.found) return;
    const double cosine = std::min(1.0, std::abs(dot(hit.normal, direction)));
    const Vec3 place = origin + hit.distance_m * direction;
    const Vec3 textured = place + scene.texture_origin;
    // A bump towards the sensor shortens the ray by its height over the cosine; at a grazing angle the slopes that face the sensor win.
    const double bump = surface_bump_m(hit.material, textured, hit.normal) / std::max(0.25, cosine);
    travelled += hit.distance_m;
    echoes.add({travelled - bump, share * reflectance_of(scene, hit, cosine, textured)});
    const MaterialTraits& traits = material_traits(hit.material);
    if (traits.transmission <= 0 && hit.material != Material::wet_asphalt) return;
    const double mirrored = std::pow(1 - cosine, 3);  // near enough to Fresnel
    if (hit.material == Material::wet_asphalt || random.uniform() < mirrored) {
      direction = direction - (2 * dot(hit.normal, direction)) * hit.normal;
      share *= hit.material == Material::wet_asphalt ? 0.5 * mirrored : 0.9;
    } else {
      share *= traits.transmission;
    }
    origin = place;
  }
}

struct Cluster {
  double range_m = 0, reflectance = 0, power = 0;
  double spread_m = 0;  ///< standard deviation of range over the footprint
  double rival = 0;     ///< power of the second strongest
};

// Echoes within a pulse length of each other are one; the strongest of those is what the sensor reports.
Cluster strongest_cluster(Echoes& echoes, double near_m) {
  std::sort(echoes.list.begin(), echoes.list.begin() + static_cast<ptrdiff_t>(echoes.count),
            [](const Echo& a, const Echo& b) { return a.range_m < b.range_m; });
  Cluster best;
  for (size_t first = 0; first < echoes.count;) {
    Cluster cluster;
    double weighted = 0, squared = 0;
    size_t next = first;
    for (; next < echoes.count && echoes.list[next].range_m - echoes.list[first].range_m < kPulseLength; ++next) {
      cluster.reflectance += echoes.list[next].reflectance;
      weighted += echoes.list[next].reflectance * echoes.list[next].range_m;
      squared += echoes.list[next].reflectance * echoes.list[next].range_m * echoes.list[next].range_m;
    }
    cluster.range_m = weighted / cluster.reflectance;
    cluster.spread_m = std::sqrt(std::max(0.0, squared / cluster.reflectance - cluster.range_m * cluster.range_m));
    cluster.power = cluster.reflectance / (cluster.range_m * cluster.range_m + near_m * near_m);
    if (cluster.power > best.power) {
      cluster.rival = best.power;
      best = cluster;
    } else {
      best.rival = std::max(best.rival, cluster.power);
    }
    first = next;
  }
  return best;
}

uint8_t intensity_of(double reflectance, const SensorSpec& spec, double gain, Random& random) {
  double value = spec.intensity_scale * gain * std::pow(reflectance, spec.intensity_gamma);
  value *= 1 + spec.intensity_noise * random.normal();
  value += 0.3 * random.normal();
  if (value > 100) value = 100 + 60 * std::log10(value / 100);  // above 100: mirrors and retro-reflectors, on a scale of their own
  return static_cast<uint8_t>(std::clamp(std::lround(value), 0l, 255l));
}

}  // namespace

Hit SceneRays::nearest(Vec3 origin, Vec3 direction, double near_m, double far_m, float time) const {
  const Hit still = standing->cast(origin, direction, near_m, far_m, time);
  const Hit driving = moving->cast(origin, direction, near_m, still.found ? still.distance_m : far_m, time);
  return driving.found ? driving : still;
}

Return measure(const SceneRays& scene, const Beam& beam, const SensorUnit& unit, size_t laser, Random& random) {
  const SensorSpec& spec = unit.spec;
  Echoes echoes;
  for (const SubRay& sub : kSubRays) {
    const double scale = 0.5 * spec.divergence_rad;
    const Vec3 direction = normalised(beam.direction + (scale * sub.across) * beam.across + (scale * sub.up) * beam.up);
    trace(scene, beam.origin, direction, beam.time, sub.share, spec, random, echoes);
  }
  const Cluster echo = strongest_cluster(echoes, spec.near_m);
  const double threshold = 0.1 / (spec.reach_m * spec.reach_m) * std::exp(0.45 * random.normal());
  // Two echoes of about the same strength confuse the timing: some of those shots are thrown away.
  const bool lost = random.chance(0.0005 + spec.rival_loss * echo.rival / (echo.power + 1e-12));
  const double strength = echo.power / threshold;
  if (strength < 1 || lost) return {};

  double sigma = spec.noise_m * std::sqrt(1 + spec.weak_noise / strength);
  sigma = std::hypot(sigma, 0.25 * echo.spread_m);  // speckle: no two shots weigh the footprint alike
  if (random.chance(spec.tail_share)) sigma *= 4;
  const double walk = 0.0015 * std::log2(std::max(0.02, std::min(2.0, echo.reflectance)) / 0.3);  // weak echoes are timed late
  const double measured = echo.range_m + spec.beam_origin_m - walk + unit.range_bias_m[laser] + sigma * random.normal();
  if (measured < spec.min_range_m || measured > spec.max_range_m) return {};
  const double ticks = (measured - unit.range_offset_m[laser]) / (spec.tick_um * 1e-6);
  const double most = spec.range_bytes == 2 ? 65535 : 4294967295.0;
  if (ticks < 1 || ticks > most) return {};
  return {static_cast<uint32_t>(std::lround(ticks)), intensity_of(echo.reflectance, spec, unit.gain[laser], random)};
}

}  // namespace dew::sim
