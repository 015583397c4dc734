// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "data/generate/objects.h"

namespace dew::sim {

TriangleMesh make_fence(Random& random, double length_m) {
  TriangleMesh mesh;
  const double height = random.between(0.9, 1.8);
  switch (random.integer(0, 4)) {
    case 0:  // railing: thin upright bars
      for (double x = 0; x < length_m; x += 0.13) mesh.add_cylinder({x, 0, 0.08}, {x, 0, height}, 0.01, 0.01, 5, Material::dark_metal);
      for (const double z : {0.12, height}) mesh.add_box({0, -0.02, z - 0.02}, {length_m, 0.02, z + 0.02}, Material::dark_metal);
      break;
    case 1:  // planks with gaps
      for (double x = 0; x < length_m; x += 0.15)
        mesh.add_box({x, -0.01, 0.05}, {x + 0.11, 0.01, height * random.between(0.97, 1.0)}, Material::wood);
      break;
    case 2:  // guard rail on posts
      for (double x = 0; x < length_m; x += 2) mesh.add_box({x, -0.05, 0}, {x + 0.1, 0.05, 0.7}, Material::metal);
      for (const double z : {0.48, 0.64}) mesh.add_cylinder({0, -0.06, z}, {length_m, -0.06, z}, 0.07, 0.07, 8, Material::metal);
      break;
    case 3:  // wall
      mesh.add_box({0, -0.12, 0}, {length_m, 0.12, height}, random.chance(0.5) ? Material::brick : Material::stone);
      mesh.add_box({0, -0.16, height}, {length_m, 0.16, height + 0.06}, Material::concrete);
      break;
    default:  // hedge
      mesh.add_box({0, -0.2, 0}, {length_m, 0.2, 0.8 * height}, Material::bark);
      mesh.add_leaves({0.5 * length_m, 0, 0.5 * height}, {0.75 * length_m, 0.5, 0.7 * height}, static_cast<int>(160 * length_m), 0.08,
                      Material::leaf, random);
      break;
  }
  return mesh;
}

namespace {

struct Facade {
  double sill, head, recess;  // of a window within its storey; depth of the reveal
  Material wall, frame;
};

// One bay of one storey: wall around a hole, reveals, frame and pane.
void add_bay(TriangleMesh& mesh, double x0, double x1, double z0, double z1, double window_width, const Facade& facade, Random& random) {
  const double centre = 0.5 * (x0 + x1), left = centre - 0.5 * window_width, right = centre + 0.5 * window_width;
  const double low = z0 + facade.sill, high = z0 + facade.head, in = facade.recess;
  auto front = [&](double xa, double xb, double za, double zb, double y, Material material) {
    mesh.add_quad({xa, y, za}, {xb, y, za}, {xb, y, zb}, {xa, y, zb}, material);
  };
  front(x0, left, z0, z1, 0, facade.wall);
  front(right, x1, z0, z1, 0, facade.wall);
  front(left, right, z0, low, 0, facade.wall);
  front(left, right, high, z1, 0, facade.wall);
  mesh.add_quad({left, 0, low}, {left, in, low}, {left, in, high}, {left, 0, high}, facade.wall);
  mesh.add_quad({right, 0, low}, {right, in, low}, {right, in, high}, {right, 0, high}, facade.wall);
  mesh.add_quad({left, 0, high}, {right, 0, high}, {right, in, high}, {left, in, high}, facade.wall);
  mesh.add_box({left - 0.05, -0.06, low - 0.05}, {right + 0.05, in, low}, Material::stone);  // sill
  const double bar = 0.05;
  front(left, right, low, low + bar, in - 0.01, facade.frame);
  front(left, right, high - bar, high, in - 0.01, facade.frame);
  for (const double x : {left, centre - 0.5 * bar, right - bar}) front(x, x + bar, low, high, in - 0.01, facade.frame);
  front(left, right, low, high, in, Material::window_pane);
  if (random.chance(0.45)) front(left, right, random.chance(0.5) ? low : 0.5 * (low + high), high, in + 0.12, Material::curtain);
}

}  // namespace

TriangleMesh make_building(Random& random, double width_m, double depth_m, double height_m, bool gable) {
  TriangleMesh mesh;
  const double storey = random.between(2.7, 3.4);
  const int storeys = std::max(1, static_cast<int>(height_m / storey)),
            bays = std::max(1, static_cast<int>(width_m / random.between(1.8, 3.4)));
  const double bay = width_m / bays, top = storeys * storey;
  constexpr std::array kWalls = {Material::brick, Material::plaster, Material::plaster, Material::concrete, Material::stone};
  const Facade facade{random.between(0.5, 0.95), random.between(2.1, 2.45), random.between(0.05, 0.25),
                      kWalls[static_cast<size_t>(random.integer(0, 4))], random.chance(0.5) ? Material::plaster : Material::dark_metal};
  const double window = bay * random.between(0.35, 0.65);
  const bool balconies = storeys > 2 && random.chance(0.35);
  for (int level = 0; level < storeys; ++level) {
    for (int i = 0; i < bays; ++i) {
      const double x0 = i * bay, z0 = level * storey;
      if (random.chance(0.12) || (level == 0 && random.chance(0.25))) {  // blind bay or door
        mesh.add_quad({x0, 0, z0}, {x0 + bay, 0, z0}, {x0 + bay, 0, z0 + storey}, {x0, 0, z0 + storey}, facade.wall);
        if (level == 0) mesh.add_box({x0 + 0.3 * bay, -0.03, 0}, {x0 + 0.3 * bay + 1, 0, 2.1}, Material::wood);
      } else {
        add_bay(mesh, x0, x0 + bay, z0, z0 + storey, window, facade, random);
      }
      if (balconies && level > 0 && i % 3 == 1) {
        mesh.add_box({x0, -1.1, z0 - 0.1}, {x0 + bay, 0, z0 + 0.05}, Material::concrete);
        for (double x = 0; x < bay; x += 0.14)
          mesh.add_cylinder({x0 + x, -1.05, z0}, {x0 + x, -1.05, z0 + 1}, 0.008, 0.008, 4, Material::dark_metal);
      }
    }
  }
  mesh.add_quad({0, 3, 0}, {width_m, 3, 0}, {width_m, 3, top}, {0, 3, top}, Material::curtain);  // what one sees behind the panes
  for (int level = 0; level <= storeys; ++level)
    mesh.add_quad({0, 0.3, level * storey}, {width_m, 0.3, level * storey}, {width_m, depth_m, level * storey},
                  {0, depth_m, level * storey}, Material::concrete);
  mesh.add_quad({0, 0, 0}, {0, depth_m, 0}, {0, depth_m, top}, {0, 0, top}, facade.wall);
  mesh.add_quad({width_m, 0, 0}, {width_m, depth_m, 0}, {width_m, depth_m, top}, {width_m, 0, top}, facade.wall);
  mesh.add_quad({0, depth_m, 0}, {width_m, depth_m, 0}, {width_m, depth_m, top}, {0, depth_m, top}, facade.wall);
  if (gable) {
    const double ridge = top + 0.35 * depth_m, eaves = 0.4;
    mesh.add_quad({0, -eaves, top - 0.2}, {width_m, -eaves, top - 0.2}, {width_m, 0.5 * depth_m, ridge}, {0, 0.5 * depth_m, ridge},
                  Material::brick);
    mesh.add_quad({0, depth_m + eaves, top - 0.2}, {width_m, depth_m + eaves, top - 0.2}, {width_m, 0.5 * depth_m, ridge},
                  {0, 0.5 * depth_m, ridge}, Material::brick);
  }
  mesh.add_cylinder({0.15, -0.06, 0}, {0.15, -0.06, top}, 0.05, 0.05, 8, Material::metal);  // drainpipe
  if (random.chance(0.5)) {                                                                 // pilasters and ledges
    const double out = random.between(0.05, 0.3);
    for (int i = 0; i <= bays; i += 2) mesh.add_box({i * bay - 0.15, -out, 0}, {i * bay + 0.15, 0, top}, facade.wall);
    for (int level = 1; level <= storeys; ++level)
      mesh.add_box({0, -1.2 * out, level * storey - 0.12}, {width_m, 0, level * storey}, Material::stone);
  }
  for (int shop = random.integer(0, 2); shop > 0; --shop) {  // awnings, boards, boxes on the wall
    const double x = random.between(0, width_m - 1.5), z = random.between(2.2, 2.9), out = random.between(0.1, 1.4);
    mesh.add_quad({x, 0, z + 0.4}, {x + 1.5, 0, z + 0.4}, {x + 1.5, -out, z}, {x, -out, z},
                  random.chance(0.5) ? Material::cloth : Material::dark_cloth);
  }
  return mesh;
}

}  // namespace dew::sim
