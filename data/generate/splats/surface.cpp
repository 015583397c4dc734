// SPDX-License-Identifier: Apache-2.0
#include "data/generate/splats/surface.h"

#include <cmath>

namespace dew::sim {
namespace {

Vec3 any_direction(Random& random) {
  const double z = random.between(-1, 1), angle = random.between(0, 2 * kPi), r = std::sqrt(1 - z * z);
  return {r * std::cos(angle), r * std::sin(angle), z};
}

/// Any direction at a right angle to `normal`.
Vec3 across(const Vec3& normal) { return normalised(cross(normal, std::abs(normal.z) < 0.9 ? Vec3{0, 0, 1} : Vec3{1, 0, 0})); }

Vec3 times(const Vec3& a, const Vec3& b) { return {a.x * b.x, a.y * b.y, a.z * b.z}; }

Surfel on_quad(const Surface& s, Random& random) {
  const double a = random.uniform(), b = random.uniform();
  return {s.origin + a * s.edge_a + b * s.edge_b,
          normalised(cross(s.edge_a, s.edge_b)),
          normalised(s.edge_a),
          a * length(s.edge_a),
          b * length(s.edge_b),
          0};
}

Surfel on_ellipsoid(const Surface& s, Random& random) {
  const Vec3 direction = any_direction(random);
  const Vec3 radii = s.edge_a;
  const Vec3 normal = normalised(Vec3{direction.x / radii.x, direction.y / radii.y, direction.z / radii.z});
  const double mean = (radii.x + radii.y + radii.z) / 3;
  return {s.origin + times(direction, radii),          s.inside ? -1.0 * normal : normal, across(normal),
          std::atan2(direction.y, direction.x) * mean, std::asin(direction.z) * mean,     0};
}

Surfel on_tube(const Surface& s, Random& random) {
  const double t = random.uniform(), angle = random.between(0, 2 * kPi), radius = s.radius_a + t * (s.radius_b - s.radius_a);
  const Vec3 axis = normalised(s.edge_a), x = across(axis), y = cross(axis, x);
  const Vec3 out = std::cos(angle) * x + std::sin(angle) * y;
  return {s.origin + t * s.edge_a + radius * out, out, axis, t * length(s.edge_a), angle * radius, 0};
}

Surfel on_strand(const Surface& s, Random& random) {
  const double t = random.uniform();
  const Vec3 along = normalised(s.edge_a + 2 * t * s.edge_b);
  return {s.origin + t * s.edge_a + t * t * s.edge_b, across(along), along, t * length(s.edge_a), 0,
          s.radius_a + t * (s.radius_b - s.radius_a)};
}

Surfel in_cloud(const Surface& s, Random& random) {
  const Vec3 offset{0.5 * random.normal(), 0.5 * random.normal(), 0.5 * random.normal()};
  const Vec3 normal = any_direction(random);
  return {s.origin + times(offset, s.edge_a), normal, across(normal), random.uniform(), random.uniform(), 0};
}

}  // namespace

double Surface::area_m2() const {
  switch (shape) {
    case Shape::quad: return length(cross(edge_a, edge_b));
    case Shape::ellipsoid: return 4 * kPi * (edge_a.x * edge_a.y + edge_a.y * edge_a.z + edge_a.z * edge_a.x) / 3;
    case Shape::tube: return kPi * (radius_a + radius_b) * length(edge_a);
    case Shape::strand: return 12 * (radius_a + radius_b) * length(edge_a);
    case Shape::cloud: return edge_a.x * edge_a.y + edge_a.y * edge_a.z + edge_a.z * edge_a.x;
  }
  return 0;
}

Surfel Surface::sample(Random& random) const {
  switch (shape) {
    case Shape::quad: return on_quad(*this, random);
    case Shape::ellipsoid: return on_ellipsoid(*this, random);
    case Shape::tube: return on_tube(*this, random);
    case Shape::strand: return on_strand(*this, random);
    case Shape::cloud: return in_cloud(*this, random);
  }
  return {};
}

void add_quad(std::vector<Surface>& to, Vec3 origin, Vec3 edge_a, Vec3 edge_b, const Texture& texture, double detail) {
  Surface surface;
  surface.origin = origin;
  surface.edge_a = edge_a;
  surface.edge_b = edge_b;
  surface.texture = texture;
  surface.detail = detail;
  to.push_back(surface);
}

void add_box(std::vector<Surface>& to, Vec3 low, Vec3 high, const Texture& texture, double detail, bool bottom) {
  const Vec3 x{high.x - low.x, 0, 0}, y{0, high.y - low.y, 0}, z{0, 0, high.z - low.z};
  add_quad(to, low, x, z, texture, detail);
  add_quad(to, high - z, -1.0 * x, z, texture, detail);
  add_quad(to, low + y, -1.0 * y, z, texture, detail);
  add_quad(to, low + x, y, z, texture, detail);
  add_quad(to, low + z, x, y, texture, detail);
  if (bottom) add_quad(to, low, y, x, texture, detail);
}

void add_ball(std::vector<Surface>& to, Vec3 centre, Vec3 radii, const Texture& texture, double detail) {
  add_quad(to, centre, radii, {}, texture, detail);
  to.back().shape = Shape::ellipsoid;
}

void add_tube(std::vector<Surface>& to, Vec3 from, Vec3 along, double radius_a, double radius_b, const Texture& texture, double detail) {
  add_quad(to, from, along, {}, texture, detail);
  to.back().shape = Shape::tube;
  to.back().radius_a = radius_a;
  to.back().radius_b = radius_b;
}

void add_plant(std::vector<Surface>& to, Vec3 foot, double height_m, int strands, const Texture& texture, double detail, Random& random) {
  for (int i = 0; i < strands; ++i) {
    const double angle = random.between(0, 2 * kPi), lean = random.between(0.1, 0.9), size = height_m * random.between(0.6, 1.1);
    const Vec3 out{std::cos(angle), std::sin(angle), 0};
    add_tube(to, foot + 0.05 * height_m * lean * out, size * (lean * out + Vec3{0, 0, 1}), 0.012 * height_m, 0.003 * height_m, texture,
             detail);
    to.back().shape = Shape::strand;
    to.back().edge_b = size * lean * random.between(0.2, 0.7) * Vec3{0, 0, -1};
    to.back().texture.first = random.between(0.75, 1.25) * texture.first;
    to.back().texture.second = random.between(0.75, 1.25) * texture.second;
  }
}

void add_cloud(std::vector<Surface>& to, Vec3 centre, Vec3 radii, Rgb colour, double detail, double opacity) {
  add_quad(to, centre, radii, {}, {Pattern::plain, colour, colour}, detail);
  to.back().shape = Shape::cloud;
  to.back().opacity = opacity;
}

}  // namespace dew::sim
