// SPDX-License-Identifier: Apache-2.0
// A furnished room with a window.
#include <cmath>

#include "data/generate/splats/scene_parts.h"

namespace dew::sim {
namespace {

constexpr double kHeight_m = 2.6;

struct Room {
  double width_m, depth_m;
  CapturedScene& scene;
  Random& random;
  std::vector<Surface>& surfaces() { return scene.surfaces; }
};

void add_shell(Room& room) {
  const double w = room.width_m, d = room.depth_m, h = kHeight_m;
  Random& random = room.random;
  auto& to = room.surfaces();
  const Texture wall{Pattern::plaster, random.between(0.8, 1.1) * Rgb{0.72, 0.68, 0.6}, {}, 0.5, 0, 0.3, random.bits()};
  const Texture paper{Pattern::stripes, {0.7, 0.66, 0.58}, any_paint(random), 0.22, 0, 0.3, random.bits()};
  const Texture floor{Pattern::planks, {0.58, 0.42, 0.27}, {0.4, 0.26, 0.15}, 0.13, 0.06, 0.35, random.bits()};
  add_quad(to, {0, 0, 0}, {w, 0, 0}, {0, d, 0}, floor, 1);
  add_quad(to, {0, 0, h}, {0, d, 0}, {w, 0, 0}, {Pattern::plaster, {0.85, 0.85, 0.83}, {}, 0.6, 0, 0.3, random.bits()}, 0.35);
  add_quad(to, {0, d, 0}, {w, 0, 0}, {0, 0, h}, paper, 0.8);
  add_quad(to, {w, 0, 0}, {-w, 0, 0}, {0, 0, h}, wall, 0.5);
  add_quad(to, {w, d, 0}, {0, -d, 0}, {0, 0, h}, wall, 0.5);
  add_quad(to, {0, 0, 0}, {0, d, 0}, {0, 0, h}, wall, 0.5);
  // A window in the left wall, and what is seen through it.
  add_quad(to, {0.02, 0.3 * d, 0.9}, {0, 0.4 * d, 0}, {0, 0, 1.2},
           {Pattern::sky, {1.1, 1.15, 1.2}, {0.8, 0.9, 1.0}, 0.6, 0, 0.3, random.bits(), true}, 0.7);
  add_box(to, {0, 0.3 * d, 0.85}, {0.12, 0.7 * d, 0.9}, {Pattern::plain, {0.9, 0.9, 0.88}}, 2);
}

void add_pictures(Room& room) {
  for (int i = 0; i < 3; ++i) {
    const double x = room.width_m * (0.15 + 0.28 * i), size = room.random.between(0.4, 0.7), z = room.random.between(1.2, 1.5);
    const double y = room.depth_m - 0.03;
    add_quad(room.surfaces(), {x, y, z}, {size, 0, 0}, {0, 0, 0.8 * size}, any_texture(room.random, 0.09), 4);
    add_box(room.surfaces(), {x, y, z - 0.03}, {x + size, y + 0.02, z}, {Pattern::plain, {0.15, 0.1, 0.08}}, 3);
  }
}

void add_table(Room& room, double x, double y) {
  Random& random = room.random;
  auto& to = room.surfaces();
  const Texture wood{Pattern::planks, {0.5, 0.33, 0.2}, {0.36, 0.22, 0.12}, 0.2, 0.12, 0.35, random.bits()};
  add_box(to, {x, y, 0.7}, {x + 1.4, y + 0.8, 0.74}, wood, 2, true);
  for (const double a : {0.08, 1.32})
    for (const double b : {0.08, 0.72}) add_tube(to, {x + a, y + b, 0}, {0, 0, 0.7}, 0.03, 0.03, wood, 2);
  add_ball(to, {x + 0.3, y + 0.4, 0.74 + 0.13}, {0.13, 0.13, 0.13}, {Pattern::plain, {0.2, 0.22, 0.26}, {}, 0.2, 0.7, 0.4}, 7);
  add_ball(to, {x + 0.62, y + 0.55, 0.74 + 0.09}, {0.09, 0.09, 0.09}, {Pattern::stripes, any_paint(random), any_paint(random), 0.06}, 6);
  add_box(to, {x + 0.5, y + 0.1, 0.74}, {x + 0.85, y + 0.34, 0.8}, any_texture(random, 0.03), 6);
  add_box(to, {x + 0.54, y + 0.12, 0.8}, {x + 0.82, y + 0.33, 0.84}, any_texture(random, 0.03), 6);
  add_tube(to, {x + 1.15, y + 0.45, 0.74}, {0, 0, 0.16}, 0.08, 0.1, {Pattern::plain, any_paint(random), {}, 0.2, 0.3, 0.3}, 6);
  add_plant(to, {x + 1.15, y + 0.45, 0.9}, 0.4, 60, {Pattern::leaf, {0.2, 0.42, 0.14}, {0.45, 0.6, 0.25}, 0.1}, 5, random);
}

void add_furniture(Room& room) {
  Random& random = room.random;
  auto& to = room.surfaces();
  const double w = room.width_m, d = room.depth_m;
  add_table(room, w / 2 - 0.7 + 0.2 * random.normal(), d / 2 - 0.4);
  add_quad(to, {w * 0.2, d * 0.2, 0.012}, {w * 0.55, 0, 0}, {0, d * 0.55, 0}, {Pattern::checks, any_paint(random), any_paint(random), 0.22},
           1.6);
  // Shelves with books along the right wall.
  for (int shelf = 0; shelf < 4; ++shelf) {
    const double z = 0.3 + 0.45 * shelf;
    add_box(to, {w - 0.32, d * 0.15, z - 0.02}, {w - 0.01, d * 0.7, z}, {Pattern::planks, {0.6, 0.45, 0.3}, {0.5, 0.35, 0.2}, 0.2}, 1.5,
            true);
    for (double y = d * 0.16; y < d * 0.68;) {
      const double thick = random.between(0.025, 0.07), tall = random.between(0.2, 0.36);
      if (random.chance(0.85)) add_box(to, {w - 0.28, y, z}, {w - 0.05, y + thick, z + tall}, any_texture(random, 0.05), 2.5);
      y += thick + 0.004;
    }
  }
  // A chair, and a tall plant in the corner.
  const Texture seat = any_texture(random, 0.05);
  add_box(to, {0.9, 0.6, 0.42}, {1.35, 1.05, 0.47}, seat, 2, true);
  add_box(to, {0.9, 0.6, 0.47}, {0.95, 1.05, 0.95}, seat, 2);
  for (const double a : {0.93, 1.32})
    for (const double b : {0.63, 1.02})
      add_tube(to, {a, b, 0}, {0, 0, 0.42}, 0.02, 0.02, {Pattern::plain, {0.2, 0.2, 0.22}, {}, 0.2, 0.5, 0.2}, 2);
  add_tube(to, {0.5, d - 0.5, 0}, {0, 0, 0.35}, 0.15, 0.2, {Pattern::plaster, {0.6, 0.35, 0.25}, {}, 0.1}, 2);
  add_plant(to, {0.5, d - 0.5, 0.35}, 1.1, 70, {Pattern::leaf, {0.15, 0.36, 0.12}, {0.3, 0.5, 0.2}, 0.2}, 2, random);
}

}  // namespace

void fill_room(CapturedScene& scene, Random& random) {
  Room room{random.between(4.2, 5.5), random.between(3.6, 4.6), scene, random};
  const double w = room.width_m, d = room.depth_m;
  scene.middle = {w / 2, d / 2, 0.9};
  scene.size_m = w / 2;
  scene.lighting.ambient = {0.78, 0.77, 0.75};
  scene.lighting.lights = {{normalised(Vec3{-0.9, 0.1, 0.4}), {0.5, 0.52, 0.55}}, {normalised(Vec3{0.2, -0.3, 0.9}), {0.3, 0.27, 0.2}}};
  add_shell(room);
  add_pictures(room);
  add_furniture(room);
  for (int i = 0; i < 28; ++i) {
    // Around the table, looking across it.
    const double angle = 2 * kPi * i / 28, height = 1.25 + 0.35 * std::sin(2.7 * i);
    const Vec3 eye{w / 2 + 0.38 * w * std::cos(angle), d / 2 + 0.38 * d * std::sin(angle), height};
    const Vec3 target{w / 2 - 0.1 * w * std::cos(angle), d / 2 - 0.1 * d * std::sin(angle), 0.85};
    scene.cameras.push_back(camera_towards(scene.placement, eye, target, 800, 600));
  }
}

}  // namespace dew::sim
