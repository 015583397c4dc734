// SPDX-License-Identifier: Apache-2.0
#include "data/generate/splats/footprint.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace dew::sim {
namespace {

/// Shortens what would stand out over the border of a quad, and turns it along the border.
void keep_inside(const Surface& surface, double spacing, Footprint& print) {
  const Surfel& at = print.surfel;
  const double to_side = std::min(at.u_m, length(surface.edge_a) - at.u_m), to_end = std::min(at.v_m, length(surface.edge_b) - at.v_m);
  if (std::min(to_side, to_end) > 1.5 * print.sigma_along_m) return;
  const Vec3 v = cross(at.normal, at.tangent);
  print.along = to_side < to_end ? v : at.tangent;
  print.across = cross(at.normal, print.along);
  const double along = std::max(to_side, to_end), across = std::min(to_side, to_end);
  print.sigma_along_m = std::min(print.sigma_along_m, 0.5 * along + 0.1 * spacing);
  print.sigma_across_m = std::min(print.sigma_across_m, 0.5 * across + 0.1 * spacing);
}

/// Splats of tubes and strands are no wider than these, and so long that they cover them.
void lay_along(const Surface& surface, size_t count, Random& random, Footprint& print) {
  const bool strand = surface.shape == Shape::strand;
  const double radius = strand ? print.surfel.size_m : 0.5 * surface.radius_a;
  if (!strand && print.sigma_along_m < radius) return;
  const double area = strand ? 2 * print.surfel.size_m * length(surface.edge_a) : surface.area_m2();
  print.along = print.surfel.tangent;
  print.across = cross(print.surfel.normal, print.along);
  print.sigma_across_m = radius * std::exp(0.3 * random.normal());
  print.sigma_along_m = (strand ? 2.2 : 0.6) * area / (static_cast<double>(count) * radius) * std::exp(0.4 * random.normal());
  print.sigma_along_m = std::clamp(print.sigma_along_m, 0.5 * radius, 0.3 * length(surface.edge_a));
}

}  // namespace

Footprint make_footprint(const Surface& surface, size_t count, Random& random) {
  const double spacing = std::sqrt(surface.area_m2() / static_cast<double>(count));
  const auto edges = [&](const Surfel& at) {
    const Rgb middle = surface.texture.at(at.u_m, at.v_m);
    const double h = 0.7 * spacing;
    return std::pair{contrast(surface.texture.at(at.u_m + h, at.v_m), middle), contrast(surface.texture.at(at.u_m, at.v_m + h), middle)};
  };
  // Detail draws splats: of three places one is taken by its contrast.
  std::array<Surfel, 3> places;
  std::array<std::pair<double, double>, 3> contrasts;
  double sum = 0;
  for (size_t i = 0; i < 3; ++i) {
    places[i] = surface.sample(random);
    contrasts[i] = edges(places[i]);
    sum += 0.1 + contrasts[i].first + contrasts[i].second;
  }
  double draw = random.uniform() * sum;
  size_t chosen = 0;
  while (chosen < 2 && (draw -= 0.1 + contrasts[chosen].first + contrasts[chosen].second) > 0) ++chosen;

  Footprint print;
  print.surfel = places[chosen];
  const auto [edge_u, edge_v] = contrasts[chosen];
  print.edge = std::max(edge_u, edge_v);
  // Along an edge splats are long, across it thin.
  const Vec3 u = print.surfel.tangent, v = cross(print.surfel.normal, u);
  const double turn = surface.shape == Shape::strand ? 0 : edge_u > edge_v ? kPi / 2 : 0;
  const double angle = turn + (print.edge > 0.1 || surface.shape == Shape::strand ? 0.15 * random.normal() : random.between(0, kPi));
  print.along = std::cos(angle) * u + std::sin(angle) * v;
  print.across = cross(print.surfel.normal, print.along);
  const double size = 0.66 * spacing / std::sqrt(0.55 + 2.2 * print.edge) * std::exp(0.4 * random.normal());
  const double stretch = std::exp(0.5 * (0.25 + 0.5 * std::abs(random.normal()) + 1.2 * print.edge));
  print.sigma_along_m = size * stretch;
  print.sigma_across_m = size / stretch;
  if (surface.shape == Shape::quad)
    keep_inside(surface, spacing, print);
  else if (surface.shape == Shape::ellipsoid)
    print.sigma_along_m = std::min(print.sigma_along_m, 0.5 * std::min({surface.edge_a.x, surface.edge_a.y}));
  else if (surface.shape != Shape::cloud)
    lay_along(surface, count, random, print);
  return print;
}

Rgb painted(const Surface& surface, const Footprint& print) {
  const Vec3 u = print.surfel.tangent, v = cross(print.surfel.normal, u);
  const auto texture = [&](double along, double across) {
    const Vec3 offset = along * print.sigma_along_m * print.along + across * print.sigma_across_m * print.across;
    return surface.texture.at(print.surfel.u_m + dot(offset, u), print.surfel.v_m + dot(offset, v));
  };
  const Rgb middle = texture(0, 0);
  const Rgb around = 0.25 * (texture(0.7, 0) + texture(-0.7, 0) + texture(0, 0.7) + texture(0, -0.7));
  return blend(around, middle, 0.6);
}

}  // namespace dew::sim
