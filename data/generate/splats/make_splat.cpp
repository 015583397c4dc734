// SPDX-License-Identifier: Apache-2.0
// The constants here were set by eye and by data/recipes/splat_statistics.py, beside trained scenes.
#include "data/generate/splats/make_splat.h"

#include <algorithm>
#include <cmath>

#include "data/generate/splats/footprint.h"

namespace dew::sim {
namespace {

/// Smooth noise over space, about -1..1; features have a size of about 1. `out[k]` are independent of one another.
template <size_t N>
std::array<double, N> space_noise(const Vec3& place, uint64_t seed) {
  const double x = std::floor(place.x), y = std::floor(place.y), z = std::floor(place.z);
  const double fx = place.x - x, fy = place.y - y, fz = place.z - z;
  std::array<double, N> out{};
  for (unsigned corner = 0; corner < 8; ++corner) {
    const unsigned i = corner & 1, j = corner >> 1 & 1, k = corner >> 2;
    const double weight = (i ? fx : 1 - fx) * (j ? fy : 1 - fy) * (k ? fz : 1 - fz);
    Random random(hash(seed, static_cast<uint64_t>(static_cast<int64_t>(x) + i), static_cast<uint64_t>(static_cast<int64_t>(y) + j),
                       static_cast<uint64_t>(static_cast<int64_t>(z) + k)));
    for (double& value : out) value += weight * random.between(-1, 1);
  }
  return out;
}

/// Skewed as in trained scenes: most splats are nearly transparent, few are opaque, and pruning has cut the lowest.
double opacity_logit(double normal) {
  const double logit = normal < 0 ? -1.5 + 2.1 * normal : -1.5 + 2.3 * normal + 0.35 * normal * normal;
  return logit > -5.3 ? logit : -5.3 - 0.25 * std::tanh(-5.3 - logit);
}

std::array<double, 4> quaternion_of_axes(const std::array<Vec3, 3>& a) {
  // Columns of the rotation matrix are the axes; the largest component is computed first.
  const double xx = a[0].x, yy = a[1].y, zz = a[2].z;
  std::array<double, 4> q{};
  const double squares[4] = {1 + xx + yy + zz, 1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz};
  const size_t largest = static_cast<size_t>(std::max_element(squares, squares + 4) - squares);
  const double root = std::sqrt(squares[largest]), half = 0.5 / root;
  const double yz = a[1].z - a[2].y, zx = a[2].x - a[0].z, xy = a[0].y - a[1].x;
  const double sxy = a[0].y + a[1].x, szx = a[2].x + a[0].z, syz = a[1].z + a[2].y;
  switch (largest) {
    case 0: q = {root / 2, yz * half, zx * half, xy * half}; break;
    case 1: q = {yz * half, root / 2, sxy * half, szx * half}; break;
    case 2: q = {zx * half, sxy * half, root / 2, syz * half}; break;
    default: q = {xy * half, szx * half, syz * half, root / 2}; break;
  }
  return q;
}

constexpr double kC0 = 0.28209479177387814;

}  // namespace

MadeSplat SplatMaker::on_surface(const Surface& surface, size_t count, Random& random) {
  Footprint print = make_footprint(surface, count, random);
  const Rotation& turn = scene_.placement.pose.rotation;
  MadeSplat splat;
  // What is faint here is large and lies in many layers; some opaque splats lie behind them all.
  const double region = space_noise<1>((4 / scene_.size_m) * print.surfel.place, seed_ + 11)[0];
  const bool backing = random.chance(0.07);
  const double larger = backing ? (print.edge < 0.1 ? 1.6 : 1.0) : std::exp(-0.35 * region);
  print.sigma_along_m *= larger;
  print.sigma_across_m *= larger;
  const double thin =
      print.sigma_across_m * std::exp(-0.35 - 1.0 * std::abs(random.normal()) - (random.chance(0.12) ? random.between(0, 3) : 0));
  const double off = (backing ? -0.3 : 0.0) * print.sigma_across_m + 0.12 * print.sigma_across_m * random.normal();
  splat.place = scene_.placement.apply(print.surfel.place + off * print.surfel.normal);
  const Vec3 lean = 0.12 * Vec3{random.normal(), random.normal(), random.normal()};
  const Vec3 normal = normalised(rotate(turn, print.surfel.normal) + lean);
  const Vec3 along = normalised(cross(cross(normal, rotate(turn, print.along)), normal));
  splat.axes = {along, cross(normal, along), normal};
  const double scale = scene_.placement.scale;
  splat.log_scales = {std::log(scale * print.sigma_along_m), std::log(scale * print.sigma_across_m), std::log(scale * thin)};

  splat.opacity_logit = backing ? random.between(2, 7) : opacity_logit(1.5 * region + 0.8 * random.normal()) + surface.opacity;

  const Rgb colour = painted(surface, print);
  const Rgb diffuse = surface.texture.bright ? colour : lit(scene_.lighting, colour, print.surfel.normal);
  if (surface.texture.shine > 0) {
    const Rotation back = transposed(turn);
    splat.sh = fit_.nearest(rotate(turn, print.surfel.normal), [&](const Vec3& direction) {
      return diffuse + gloss(scene_.lighting, surface.texture, print.surfel.normal, rotate(back, direction));
    });
  } else {
    splat.sh[0] = (1 / kC0) * (diffuse - Rgb{0.5, 0.5, 0.5});
  }
  // Faint splats matter little to training, so their colours stray.
  const double stray = 0.02 + 0.07 / (1 + std::exp(splat.opacity_logit)), common = random.normal();
  const auto strayed = [&](double value) { return value + stray / kC0 * (0.8 * common + 0.4 * random.normal()); };
  splat.sh[0] = {strayed(splat.sh[0].x), strayed(splat.sh[0].y), strayed(splat.sh[0].z)};
  add_noise(splat, 0.024, random);
  set_rotation(splat, random);
  return splat;
}

/// The view dependence that every trained splat has: of light that was not modelled, alike among neighbours, and its own from the few
/// views that saw it. Some splats came too late to get any.
void SplatMaker::add_noise(MadeSplat& splat, double amplitude, Random& random) const {
  if (random.chance(0.05)) {
    std::fill(splat.sh.begin() + 1, splat.sh.end(), Rgb{});
    return;
  }
  const auto field = space_noise<2 * kShTerms>(2.5 / (scene_.placement.scale * scene_.size_m) * splat.place, seed_ + 3);
  const double strength = amplitude * std::exp(0.5 * random.normal());
  for (size_t term = 1; term < kShTerms; ++term) {
    const double shared = 1.8 * field[term], own = 0.35 * random.normal() * std::exp(0.3 * random.normal());
    const double tint = 1.3 * field[kShTerms + term];
    const auto with = [&](double bend) { return strength * (shared + own + bend * tint + 0.3 * random.normal()); };
    splat.sh[term] = splat.sh[term] + Rgb{with(0.8), with(0), with(-1)};
  }
}

/// Any order and sign of the axes, and any length: nothing ties a trained quaternion down.
void SplatMaker::set_rotation(MadeSplat& splat, Random& random) const {
  const auto first = static_cast<size_t>(random.integer(0, 2));
  const bool odd = random.chance(0.5);
  const size_t second = (first + (odd ? 2 : 1)) % 3, third = 3 - first - second;
  const double scales[3] = {splat.log_scales.x, splat.log_scales.y, splat.log_scales.z};
  splat.axes = {splat.axes[first], splat.axes[second], (odd ? -1.0 : 1.0) * splat.axes[third]};
  splat.log_scales = {scales[first], scales[second], scales[third]};
  splat.rotation = quaternion_of_axes(splat.axes);
  const double length =
      (random.chance(0.5) ? 1 : -1) * (0.82 + 0.09 * random.normal() + (random.chance(0.05) ? 0.2 * random.uniform() : 0));
  for (double& value : splat.rotation) value *= length;
}

MadeSplat SplatMaker::in_the_air(const Vec3& place_m, double log_scale_m, Random& random) {
  MadeSplat splat;
  splat.place = scene_.placement.apply(place_m);
  const Vec3 normal = normalised(Vec3{random.normal(), random.normal(), random.normal()});
  const Vec3 along = normalised(cross(normal, std::abs(normal.x) < 0.7 ? Vec3{1, 0, 0} : Vec3{0, 1, 0}));
  splat.axes = {along, cross(normal, along), normal};
  const double base = log_scale_m + std::log(scene_.placement.scale);
  splat.log_scales = {base + 0.5 * random.normal(), base + 0.5 * random.normal(), base - 0.8 - std::abs(random.normal())};
  const double grey = random.between(-1.2, 1.2);
  splat.sh[0] = {grey + 0.2 * random.normal(), grey + 0.2 * random.normal(), grey + 0.2 * random.normal()};
  add_noise(splat, 0.035, random);
  set_rotation(splat, random);
  return splat;
}

MadeSplat SplatMaker::fog(Random& random) {
  const double r = 0.6 * scene_.size_m;
  const Vec3 place = scene_.middle + Vec3{r * random.normal(), r * random.normal(), 0.3 * r * random.normal()};
  MadeSplat splat = in_the_air(place, std::log(0.12 * scene_.size_m) + 0.5 * random.normal(), random);
  splat.opacity_logit = random.between(-5.4, -3.8);
  return splat;
}

MadeSplat SplatMaker::floater(Random& random) {
  const Camera& camera = scene_.cameras[static_cast<size_t>(random.integer(0, static_cast<int>(scene_.cameras.size()) - 1))];
  const double away = random.between(0.3, 0.9) * scene_.size_m * scene_.placement.scale;
  MadeSplat splat = in_the_air(scene_.middle, std::log(0.008 * scene_.size_m) + 0.6 * random.normal(), random);
  const double u = 0.5 * random.normal(), v = 0.4 * random.normal();
  const auto& r = camera.rotation;
  const Vec3 ray{u * r[0] + v * r[1] + r[2], u * r[3] + v * r[4] + r[5], u * r[6] + v * r[7] + r[8]};
  splat.place = Vec3{camera.position[0], camera.position[1], camera.position[2]} + away * ray;
  splat.opacity_logit = random.between(-5.2, -2.5);
  return splat;
}

MadeSplat SplatMaker::outlier(Random& random) {
  const double away = scene_.size_m * std::exp(random.between(0.7, 3.5));
  const Vec3 direction = normalised(Vec3{random.normal(), random.normal(), random.normal()});
  MadeSplat splat = in_the_air(scene_.middle + away * direction, std::log(0.03 * away) + 0.8 * random.normal(), random);
  splat.opacity_logit = random.between(-5.5, -4.2);
  return splat;
}

void store_splat(const MadeSplat& splat, size_t i, Splats& out) {
  const auto put = [](float* to, const Vec3& from) {
    to[0] = static_cast<float>(from.x), to[1] = static_cast<float>(from.y), to[2] = static_cast<float>(from.z);
  };
  put(&out.position[3 * i], splat.place);
  put(&out.log_scale[3 * i], splat.log_scales);
  put(&out.dc[3 * i], splat.sh[0]);
  for (size_t k = 0; k < 4; ++k) out.rotation[4 * i + k] = static_cast<float>(splat.rotation[k]);
  out.opacity_logit[i] = static_cast<float>(splat.opacity_logit);
  const size_t coefficients = sh_coefficients(out.sh_degree);
  for (size_t c = 0; c < coefficients; ++c) {
    float* sh = &out.sh[out.sh_stride() * i + c];
    sh[0] = static_cast<float>(splat.sh[c + 1].x);
    sh[coefficients] = static_cast<float>(splat.sh[c + 1].y);
    sh[2 * coefficients] = static_cast<float>(splat.sh[c + 1].z);
  }
}

}  // namespace dew::sim
