// SPDX-License-Identifier: Apache-2.0
// A street between houses under a sky, with trees, cars and grass.
#include <cmath>

#include "data/generate/splats/scene_parts.h"

namespace dew::sim {
namespace {

constexpr double kLength_m = 44;

void add_ground(std::vector<Surface>& to, Random& random) {
  const Texture asphalt{Pattern::ground, {0.33, 0.33, 0.34}, {0.24, 0.24, 0.25}, 0.8, 0, 0.3, random.bits()};
  const Texture stones{Pattern::bricks, {0.55, 0.53, 0.5}, {0.4, 0.39, 0.37}, 0.25, 0, 0.3, random.bits()};
  const Texture paint{Pattern::plaster, {0.9, 0.9, 0.88}, {}, 0.3};
  const double half = kLength_m / 2;
  add_quad(to, {-half, -3.5, 0}, {kLength_m, 0, 0}, {0, 7, 0}, asphalt, 0.8);
  for (const double y : {-6.0, 3.5}) {
    add_quad(to, {-half, y, 0.12}, {kLength_m, 0, 0}, {0, 2.5, 0}, stones, 1);
    const double edge = y < 0 ? -3.5 : 3.5;
    add_quad(to, {y < 0 ? -half : half, edge, 0}, {y < 0 ? kLength_m : -kLength_m, 0, 0}, {0, 0, 0.12}, stones, 1);
    to.back().edge_b = {0, 0, 0.12};
  }
  for (double x = -half; x < half; x += 4) add_quad(to, {x, -0.07, 0.01}, {2, 0, 0}, {0, 0.14, 0}, paint, 2.5);
}

void add_houses(std::vector<Surface>& to, Random& random) {
  for (const double side : {-1.0, 1.0}) {
    for (double x = -kLength_m / 2; x < kLength_m / 2;) {
      const double width = random.between(7, 13), height = random.between(6, 12), y = side * 6;
      const Pattern pattern = random.chance(0.3) ? Pattern::bricks : Pattern::windows;
      Texture wall{pattern,
                   blend(any_paint(random), {0.66, 0.62, 0.56}, 0.65),
                   {0.75, 0.73, 0.7},
                   pattern == Pattern::bricks ? 0.3 : random.between(1.8, 2.6)};
      wall.seed = random.bits();
      wall.shine = pattern == Pattern::windows ? 0.08 : 0;
      if (side > 0)
        add_quad(to, {x, y, 0}, {width, 0, 0}, {0, 0, height}, wall, 0.8);
      else
        add_quad(to, {x + width, y, 0}, {-width, 0, 0}, {0, 0, height}, wall, 0.8);
      // The side wall that stands out over a lower neighbour.
      add_quad(to, {x, side > 0 ? y + 6 : y, 0}, {0, -6, 0}, {0, 0, height}, {Pattern::plaster, wall.first, {}, 1}, 0.25);
      x += width + (random.chance(0.25) ? 2.5 : 0);
    }
  }
}

void add_tree(std::vector<Surface>& to, Vec3 foot, Random& random) {
  const double height = random.between(3.5, 6);
  const Texture leaves{Pattern::leaf, {0.16, 0.32, 0.1}, {0.42, 0.55, 0.2}, 0.4, 0, 0.3, random.bits()};
  add_tube(to, foot, {0.1 * random.normal(), 0.1 * random.normal(), 0.5 * height}, 0.14, 0.09,
           {Pattern::ground, {0.3, 0.22, 0.15}, {0.2, 0.15, 0.1}, 0.1}, 1.5);
  for (int i = 0; i < 14; ++i) {
    const Vec3 centre =
        foot + Vec3{0.25 * height * random.normal() * 0.6, 0.25 * height * random.normal() * 0.6, height * random.between(0.5, 0.95)};
    const double r = random.between(0.5, 0.9);
    add_cloud(to, centre, {r, r, 0.7 * r}, {}, 2.5, 1.2);
    to.back().texture = leaves;
  }
}

void add_car(std::vector<Surface>& to, double x, double y, Random& random) {
  const Texture paint{Pattern::plain, any_paint(random), {}, 1, 0.5, 0.4};
  const Texture glass{Pattern::plain, {0.08, 0.1, 0.12}, {}, 1, 0.7, 0.35};
  const Texture rubber{Pattern::plain, {0.07, 0.07, 0.07}};
  add_box(to, {x, y, 0.35}, {x + 4.2, y + 1.7, 0.85}, paint, 2);
  add_ball(to, {x + 2.2, y + 0.85, 0.85}, {1.4, 0.75, 0.6}, glass, 2);
  add_quad(to, {x + 1.4, y + 0.3, 1.44}, {1.6, 0, 0}, {0, 1.1, 0}, paint, 2);
  for (const double a : {0.8, 3.4})
    for (const double b : {0.05, 1.5}) add_tube(to, {x + a, y + b, 0.33}, {0, 0.15, 0}, 0.33, 0.33, rubber, 2);
}

}  // namespace

void fill_street(CapturedScene& scene, Random& random) {
  auto& to = scene.surfaces;
  scene.middle = {0, 0, 1.5};
  scene.size_m = kLength_m / 2;
  scene.placement.scale *= 0.3;
  scene.lighting.ambient = {0.5, 0.53, 0.6};
  scene.lighting.lights = {{normalised(Vec3{0.4, -0.5, 0.75}), {0.65, 0.6, 0.5}}};
  add_ground(to, random);
  add_houses(to, random);
  for (int i = 0; i < 5; ++i) add_tree(to, {random.between(-18, 18), random.chance(0.5) ? 5.2 : -5.2, 0.12}, random);
  for (int i = 0; i < 4; ++i) add_car(to, -19 + 10 * i + random.between(0, 4), random.chance(0.5) ? 1.6 : -3.3, random);
  for (int i = 0; i < 40; ++i) {
    const Vec3 foot{random.between(-20, 20), random.chance(0.5) ? random.between(3.6, 4) : random.between(-4, -3.6), 0.12};
    add_plant(to, foot, random.between(0.15, 0.5), 12, {Pattern::leaf, {0.22, 0.4, 0.12}, {0.5, 0.55, 0.25}, 0.1}, 1.5, random);
  }
  for (double x = -15; x < 20; x += 12) {
    add_tube(to, {x, 3.8, 0}, {0, 0, 5}, 0.06, 0.04, {Pattern::plain, {0.35, 0.36, 0.38}, {}, 1, 0.3, 0.3}, 3);
    add_ball(to, {x, 3.6, 5}, {0.2, 0.3, 0.12}, {Pattern::plain, {0.9, 0.9, 0.85}}, 3);
  }
  add_ball(to, {0, 0, -5}, {90, 90, 60}, {Pattern::sky, {0.55, 0.7, 0.92}, {0.95, 0.95, 0.96}, 30, 0, 0.3, random.bits(), true}, 0.004);
  to.back().inside = true;
  for (int i = 0; i < 32; ++i) {
    const double x = -15 + 30.0 * i / 31, y = 1.2 * std::sin(1.7 * i), turn = i % 4 == 3 ? kPi : 0;
    const Vec3 eye{x, y, 1.6}, ahead{std::cos(turn + 0.4 * std::sin(0.9 * i)), std::sin(turn + 0.4 * std::sin(0.9 * i)), 0.02};
    scene.cameras.push_back(camera_towards(scene.placement, eye, eye + ahead, 960, 540));
  }
}

}  // namespace dew::sim
