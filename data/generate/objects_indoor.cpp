// SPDX-License-Identifier: Apache-2.0
#include "data/generate/objects.h"

namespace dew::sim {

TriangleMesh make_table(Random& random) {
  TriangleMesh mesh;
  const double half_x = random.between(0.4, 1.1), half_y = random.between(0.35, 0.6), top = random.between(0.70, 0.78);
  mesh.add_box({-half_x, -half_y, top - 0.03}, {half_x, half_y, top}, random.chance(0.5) ? Material::wood : Material::plaster);
  for (const double x : {-half_x + 0.06, half_x - 0.06})
    for (const double y : {-half_y + 0.06, half_y - 0.06})
      mesh.add_cylinder({x, y, 0}, {x, y, top - 0.03}, 0.025, 0.025, 8, Material::metal);
  for (int thing = random.integer(0, 5); thing > 0; --thing) {
    const double x = random.between(-half_x, half_x - 0.3), y = random.between(-half_y, half_y - 0.25), height = random.between(0.02, 0.45);
    mesh.add_box({x, y, top}, {x + random.between(0.04, 0.4), y + random.between(0.02, 0.25), top + height},
                 random.chance(0.4)   ? Material::paper
                 : random.chance(0.5) ? Material::black_gloss
                                      : Material::dark_metal);
  }
  return mesh;
}

TriangleMesh make_chair(Random& random) {
  TriangleMesh mesh;
  const Material seat = random.chance(0.5) ? Material::dark_cloth : Material::wood;
  mesh.add_box({-0.22, -0.22, 0.42}, {0.22, 0.22, 0.48}, seat);
  mesh.add_box({-0.24, -0.2, 0.55}, {-0.20, 0.2, random.between(0.85, 1.1)}, seat);
  if (random.chance(0.5)) {
    for (const double x : {-0.2, 0.2})
      for (const double y : {-0.2, 0.2}) mesh.add_cylinder({x, y, 0}, {x, y, 0.42}, 0.015, 0.015, 6, Material::metal);
  } else {
    mesh.add_cylinder({0, 0, 0.1}, {0, 0, 0.42}, 0.03, 0.03, 8, Material::metal);
    for (int leg = 0; leg < 5; ++leg)
      mesh.add_cylinder({0, 0, 0.1}, {0.3 * std::cos(leg * 2 * kPi / 5), 0.3 * std::sin(leg * 2 * kPi / 5), 0.04}, 0.02, 0.02, 5,
                        Material::dark_metal);
  }
  return mesh;
}

TriangleMesh make_shelf(Random& random) {
  TriangleMesh mesh;
  const double width = random.between(0.8, 2.4), depth = random.between(0.25, 0.4), height = random.between(1.2, 2.2),
               step = random.between(0.28, 0.42);
  for (const double x : {0.0, width}) mesh.add_box({x - 0.01, 0, 0}, {x + 0.01, depth, height}, Material::wood);
  mesh.add_quad({0, depth, 0}, {width, depth, 0}, {width, depth, height}, {0, depth, height}, Material::wood);
  for (double z = 0.05; z < height; z += step) {
    mesh.add_box({0, 0, z}, {width, depth, z + 0.02}, Material::wood);
    for (double x = 0.03; x < width - 0.06;) {
      const double thick = random.between(0.015, 0.07);
      if (random.chance(0.8))
        mesh.add_box({x, random.between(0.02, 0.12), z + 0.02}, {x + thick, depth - 0.02, z + 0.02 + step * random.between(0.45, 0.85)},
                     random.chance(0.7) ? Material::paper : Material::dark_cloth);
      x += thick + 0.002;
    }
  }
  return mesh;
}

TriangleMesh make_cabinet(Random& random) {
  TriangleMesh mesh;
  const double width = random.between(0.5, 1.6), depth = random.between(0.4, 0.6), height = random.between(0.7, 2.1);
  const Material body = random.chance(0.3) ? Material::metal : random.chance(0.3) ? Material::black_gloss : Material::wood;
  mesh.add_box({0, 0, 0}, {width, depth, height}, body);
  const int doors = random.integer(1, 3);
  for (int door = 0; door < doors; ++door) {
    const double x = width * door / doors;
    mesh.add_box({x + 0.01, -0.02, 0.06}, {x + width / doors - 0.01, 0, height - 0.03}, body);
    mesh.add_cylinder({x + 0.06, -0.05, 0.5 * height}, {x + 0.06, -0.05, 0.5 * height + 0.15}, 0.008, 0.008, 6, Material::metal);
  }
  return mesh;
}

TriangleMesh make_sofa(Random& random) {
  TriangleMesh mesh;
  const double half = random.between(0.7, 1.2);
  const Material cloth = random.chance(0.5) ? Material::cloth : Material::dark_cloth;
  mesh.add_box({-0.4, -half, 0.1}, {0.45, half, 0.42}, cloth);
  mesh.add_ellipsoid({-0.38, 0, 0.6}, {0.16, 1.1 * half, 0.32}, cloth);
  for (const double side : {-1.0, 1.0}) mesh.add_ellipsoid({0, side * half, 0.45}, {0.5, 0.14, 0.22}, cloth);
  return mesh;
}

TriangleMesh make_plant(Random& random) {
  TriangleMesh mesh;
  mesh.add_cylinder({0, 0, 0}, {0, 0, 0.35}, 0.14, 0.18, 14, Material::plaster);
  const double height = random.between(0.7, 1.7);
  mesh.add_cylinder({0, 0, 0.3}, {0, 0, height}, 0.02, 0.01, 5, Material::bark);
  mesh.add_leaves({0, 0, 0.65 * height + 0.15}, {0.35, 0.35, 0.4 * height}, random.integer(60, 160), random.between(0.08, 0.2),
                  Material::leaf, random);
  return mesh;
}

}  // namespace dew::sim
