// SPDX-License-Identifier: Apache-2.0
#include "data/generate/objects.h"

namespace dew::sim {

namespace {

// A rounded rectangle across the car at station x: half width, from low to high.
std::vector<Vec3> body_ring(double x, double half_width, double low, double high, double exponent) {
  constexpr int kPoints = 20;
  std::vector<Vec3> ring;
  for (int i = 0; i < kPoints; ++i) {
    const double angle = 2 * kPi * i / kPoints, c = std::cos(angle), s = std::sin(angle);
    const double y = std::copysign(std::pow(std::abs(c), 2 / exponent), c), z = std::copysign(std::pow(std::abs(s), 2 / exponent), s);
    ring.push_back({x, half_width * y, 0.5 * (low + high) + 0.5 * (high - low) * z});
  }
  return ring;
}

// Station along the car (1 = nose), share of the full width, share of the waist height.
constexpr std::array<std::array<double, 3>, 8> kHullStations = {{{1.0, 0.80, 0.62},
                                                                 {0.96, 0.92, 0.74},
                                                                 {0.80, 0.99, 0.84},
                                                                 {0.45, 1.0, 0.96},
                                                                 {0.0, 1.0, 1.0},
                                                                 {-0.6, 1.0, 1.0},
                                                                 {-0.92, 0.96, 0.97},
                                                                 {-1.0, 0.85, 0.80}}};

void add_wheels(TriangleMesh& mesh, double front_x, double rear_x, double half_width, double radius) {
  for (const double x : {front_x, rear_x}) {
    for (const double side : {-1.0, 1.0}) {
      const double inner = side * (half_width - 0.22), outer = side * (half_width + 0.01);
      mesh.add_cylinder({x, inner, radius}, {x, outer, radius}, radius, radius, 16, Material::rubber);
      mesh.add_cylinder({x, outer, radius}, {x, outer + side * 0.01, radius}, 0.6 * radius, 0.55 * radius, 10, Material::metal);
    }
  }
}

Material leafy(Random& random) { return random.chance(0.15) ? Material::grass : Material::leaf; }

}  // namespace

TriangleMesh make_car(Random& random) {
  TriangleMesh mesh;
  const bool van = random.chance(0.2), estate = random.chance(0.35);
  const double length = van ? random.between(4.8, 5.8) : random.between(3.7, 4.9), half = 0.5 * length;
  const double half_width = random.between(0.83, 0.96), roof = van ? random.between(1.9, 2.4) : random.between(1.38, 1.62);
  const double waist = random.between(0.82, 0.98) * (van ? 1.2 : 1), low = random.between(0.18, 0.26);
  const Material paint = random.chance(0.5) ? Material::dark_paint : Material::car_paint;

  std::vector<std::vector<Vec3>> hull;  // lower body, nose first
  for (const auto& [at, narrow, top] : kHullStations)
    hull.push_back(body_ring(at * half, narrow * half_width, low, low + (waist - low) * top, 5));
  mesh.add_loft(hull, paint);

  const double windscreen_foot = van ? 0.75 : 0.40, windscreen_top = van ? 0.55 : 0.12;
  const double rear_top = van || estate ? -0.90 : -0.50, rear_foot = van || estate ? -0.98 : -0.80;
  std::vector<std::vector<Vec3>> cabin;
  const double cabin_low = waist - 0.08;
  cabin.push_back(body_ring(windscreen_foot * half, 0.88 * half_width, cabin_low, waist + 0.02, 4));
  cabin.push_back(body_ring(windscreen_top * half, 0.80 * half_width, cabin_low, roof - 0.03, 4));
  cabin.push_back(body_ring(0.5 * (windscreen_top + rear_top) * half, 0.80 * half_width, cabin_low, roof, 4));
  cabin.push_back(body_ring(rear_top * half, 0.78 * half_width, cabin_low, roof - 0.05, 4));
  cabin.push_back(body_ring(rear_foot * half, 0.84 * half_width, cabin_low, waist + 0.03, 4));
  const size_t first = mesh.triangles.size();
  mesh.add_loft(cabin, Material::glass);
  for (size_t t = first; t < mesh.triangles.size(); ++t) {  // roof and pillars are sheet metal
    const auto& corners = mesh.triangles[t];
    double x = 0, z = 0;
    for (const uint32_t corner : corners) x += mesh.vertices[corner][0] / 3.0, z += mesh.vertices[corner][2] / 3.0;
    const bool pillar = std::abs(x - windscreen_top * half) < 0.06 * length && z > waist + 0.1;
    if (z > roof - 0.12 || z < waist + 0.03 || pillar || (van && x < 0)) mesh.materials[t] = paint;
  }
  mesh.add_box({-0.25 * half, -0.6 * half_width, low + 0.2}, {0.1 * half, 0.6 * half_width, waist + 0.25}, Material::dark_cloth);  // seats
  add_wheels(mesh, 0.62 * half, -0.60 * half, half_width, random.between(0.30, 0.35));
  for (const double end : {1.0, -1.0}) {
    const double x = end * (half + 0.012);
    mesh.add_quad({x, -0.26, 0.45}, {x, 0.26, 0.45}, {x, 0.26, 0.56}, {x, -0.26, 0.56}, Material::retro_sheet);
    for (const double side : {-1.0, 1.0})
      mesh.add_ellipsoid({end * 0.95 * half, side * 0.72 * half_width, 0.66}, {0.08, 0.14, 0.07},
                         end > 0 ? Material::metal : Material::sign_face);
  }
  for (const double side : {-1.0, 1.0})
    mesh.add_ellipsoid({0.42 * half, side * (half_width + 0.08), waist + 0.06}, {0.06, 0.1, 0.07}, paint);
  return mesh;
}

TriangleMesh make_truck(Random& random) {
  TriangleMesh mesh;
  const double length = random.between(7, 12), half = 0.5 * length, half_width = 1.24, roof = random.between(2.9, 3.6);
  const Material side = random.chance(0.5) ? Material::car_paint : Material::plaster;
  const double cab = random.between(1.8, 2.2);
  mesh.add_loft({body_ring(half, 0.9 * half_width, 0.5, 0.8 * roof, 7), body_ring(half - 0.3, half_width, 0.45, 0.86 * roof, 7),
                 body_ring(half - cab, half_width, 0.45, 0.9 * roof, 7)},
                Material::car_paint);
  mesh.add_quad({half + 0.01, -1, 1.6}, {half + 0.01, 1, 1.6}, {half - 0.1, 1, 2.3}, {half - 0.1, -1, 2.3}, Material::glass);
  mesh.add_box({-half, -half_width, 0.95}, {half - cab - 0.3, half_width, roof}, side);
  mesh.add_box({-half + 0.3, -0.5, 0.6}, {half - cab, 0.5, 0.95}, Material::dark_metal);
  mesh.add_box({-half - 0.02, -1.1, 0.55}, {-half + 0.05, 1.1, 0.7}, Material::retro_sheet);
  add_wheels(mesh, half - 1.2, -half + 1.6, half_width - 0.05, 0.5);
  add_wheels(mesh, -half + 2.8, -half + 1.6, half_width - 0.05, 0.5);
  return mesh;
}

TriangleMesh make_person(Random& random) {
  TriangleMesh mesh;
  const double height = random.between(1.5, 1.92), hip = 0.48 * height, shoulder = 0.82 * height;
  const Material trousers = random.chance(0.7) ? Material::dark_cloth : Material::cloth;
  const Material coat = random.chance(0.5) ? Material::dark_cloth : Material::cloth;
  const double stride = random.between(0, 0.35);
  for (const double side : {-1.0, 1.0}) {
    mesh.add_cylinder({side * stride, 0.09 * side, 0.03}, {0, 0.08 * side, hip}, 0.06, 0.085, 8, trousers);
    mesh.add_cylinder({-side * 0.6 * stride, 0.26 * side, 0.9 * hip}, {0, 0.2 * side, shoulder}, 0.04, 0.055, 8, coat);
  }
  mesh.add_ellipsoid({0, 0, 0.5 * (hip + shoulder)}, {0.13, 0.21, 0.58 * (shoulder - hip) + 0.04}, coat);
  mesh.add_ellipsoid({0.01, 0, height - 0.12}, {0.095, 0.08, 0.12}, Material::skin);
  if (random.chance(0.3)) mesh.add_box({-0.32, -0.15, hip + 0.05}, {-0.12, 0.15, shoulder}, Material::dark_cloth);  // rucksack
  return mesh;
}

TriangleMesh make_tree(Random& random, bool leaves) {
  TriangleMesh mesh;
  const double height = random.between(4.5, 13), crown = height * random.between(0.25, 0.42), trunk = random.between(0.08, 0.24);
  const Vec3 fork{random.normal() * 0.15, random.normal() * 0.15, height * random.between(0.3, 0.45)};
  mesh.add_cylinder({0, 0, -0.2}, fork, trunk * 1.2, trunk * 0.8, 9, Material::bark);
  const int branches = random.integer(6, 12);
  const int leaves_a_branch = leaves ? random.integer(150, 400) : random.integer(0, 8);
  for (int branch = 0; branch < branches; ++branch) {
    const double angle = 2 * kPi * (branch + random.uniform()) / branches;
    const double reach = crown * random.between(0.3, 0.8);
    const Vec3 tip{fork.x + reach * std::cos(angle), fork.y + reach * std::sin(angle), random.between(0.55, 0.97) * height};
    mesh.add_cylinder(fork, tip, trunk * 0.35, 0.015, 5, Material::bark);
    for (int twig = 0; twig < 7; ++twig) {
      const double t = random.between(0.35, 1);
      const Vec3 foot = fork + t * (tip - fork);
      const Vec3 end = foot + random.between(0.3, 1.2) * normalised({random.normal(), random.normal(), random.normal() + 0.5});
      mesh.add_cylinder(foot, end, 0.012, 0.005, 3, Material::bark);
    }
    const double blob = random.between(0.5, 1.1) * (0.35 * crown + 0.3);
    mesh.add_leaves(tip, {blob, blob, 0.75 * blob}, leaves_a_branch, random.between(0.10, 0.22), Material::leaf, random);
  }
  return mesh;
}

TriangleMesh make_bush(Random& random) {
  TriangleMesh mesh;
  const Vec3 radii{random.between(0.4, 1.2), random.between(0.4, 1.2), random.between(0.4, 0.9)};
  mesh.add_leaves({0, 0, 0.8 * radii.z}, radii, random.integer(250, 800), random.between(0.07, 0.15), leafy(random), random);
  for (int stem = 0; stem < 6; ++stem)
    mesh.add_cylinder({0, 0, 0}, {radii.x * 0.6 * random.normal(), radii.y * 0.6 * random.normal(), radii.z}, 0.02, 0.008, 4,
                      Material::bark);
  return mesh;
}

TriangleMesh make_pole(Random& random) {
  TriangleMesh mesh;
  const double height = random.between(4.5, 9);
  mesh.add_cylinder({0, 0, 0}, {0, 0, 0.9}, 0.11, 0.10, 12, Material::metal);
  mesh.add_cylinder({0, 0, 0.9}, {0, 0, height}, 0.07, 0.05, 12, Material::metal);
  if (random.chance(0.6)) {  // lamp
    mesh.add_cylinder({0, 0, height}, {1.6, 0, height + 0.3}, 0.04, 0.04, 8, Material::metal);
    mesh.add_box({1.4, -0.15, height + 0.22}, {2.1, 0.15, height + 0.36}, Material::dark_metal);
  } else {  // traffic light
    mesh.add_box({-0.15, -0.16, 2.6}, {0.12, 0.16, 3.5}, Material::dark_metal);
    for (const double z : {2.78, 3.05, 3.32}) mesh.add_ellipsoid({0.12, 0, z}, {0.05, 0.1, 0.1}, Material::sign_face);
  }
  return mesh;
}

TriangleMesh make_sign(Random& random) {
  TriangleMesh mesh;
  const double height = random.between(2.0, 3.0), half = random.between(0.25, 0.5);
  mesh.add_cylinder({0, 0, 0}, {0, 0, height + half}, 0.03, 0.03, 8, Material::metal);
  if (random.chance(0.5)) {
    mesh.add_box({0.03, -half, height - half}, {0.05, half, height + half}, Material::sign_face);
  } else {
    mesh.add_cylinder({0.03, 0, height}, {0.05, 0, height}, half, half, 20, Material::retro_sheet);
  }
  return mesh;
}

TriangleMesh make_bicycle(Random& random) {
  TriangleMesh mesh;
  constexpr int kSpokes = 14;
  for (const double x : {-0.52, 0.52}) {
    for (int i = 0; i < kSpokes; ++i) {
      const double a = 2 * kPi * i / kSpokes, b = 2 * kPi * (i + 1) / kSpokes;
      mesh.add_cylinder({x + 0.34 * std::cos(a), 0, 0.34 + 0.34 * std::sin(a)}, {x + 0.34 * std::cos(b), 0, 0.34 + 0.34 * std::sin(b)},
                        0.02, 0.02, 5, Material::rubber);
    }
  }
  const Vec3 rear{-0.52, 0, 0.34}, front{0.52, 0, 0.34}, crank{-0.05, 0, 0.3}, saddle{-0.2, 0, 0.85}, head{0.38, 0, 0.85};
  const std::array<std::array<Vec3, 2>, 6> tubes = {
      {{rear, crank}, {rear, saddle}, {crank, saddle}, {crank, head}, {saddle, head}, {head, front}}};
  for (const auto& [a, b] : tubes) mesh.add_cylinder(a, b, 0.02, 0.02, 6, Material::car_paint);
  mesh.add_box({0.3, -0.3, 0.98}, {0.36, 0.3, 1.01}, Material::dark_metal);
  mesh.add_box({-0.32, -0.07, 0.88}, {-0.08, 0.07, 0.94}, Material::rubber);
  if (random.chance(0.5)) mesh.append(make_person(random), Pose{rotation_zyx(0, 0, 0), {-0.1, 0, 0.25}});
  return mesh;
}

TriangleMesh make_bench_or_bin(Random& random) {
  TriangleMesh mesh;
  if (random.chance(0.5)) {
    mesh.add_cylinder({0, 0, 0}, {0, 0, random.between(0.7, 1.1)}, 0.25, 0.28, 16,
                      random.chance(0.5) ? Material::dark_metal : Material::metal);
    return mesh;
  }
  for (int plank = 0; plank < 4; ++plank)
    mesh.add_box({-0.8, -0.2 + 0.11 * plank, 0.43}, {0.8, -0.11 + 0.11 * plank, 0.46}, Material::wood);
  for (int plank = 0; plank < 3; ++plank) mesh.add_box({-0.8, 0.26, 0.55 + 0.12 * plank}, {0.8, 0.29, 0.64 + 0.12 * plank}, Material::wood);
  for (const double x : {-0.65, 0.65}) mesh.add_box({x - 0.03, -0.2, 0}, {x + 0.03, 0.3, 0.43}, Material::dark_metal);
  return mesh;
}

}  // namespace dew::sim
