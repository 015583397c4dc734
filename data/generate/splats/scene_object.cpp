// SPDX-License-Identifier: Apache-2.0
// A few things on a round board, without surroundings, as on a turntable before a plain screen.
#include <cmath>

#include "data/generate/splats/scene_parts.h"

namespace dew::sim {
namespace {

void add_board(std::vector<Surface>& to, Random& random) {
  const Texture wood{Pattern::planks, {0.55, 0.4, 0.26}, {0.4, 0.27, 0.16}, 0.07, 0.1, 0.3, random.bits()};
  add_ball(to, {0, 0, -0.03}, {0.55, 0.55, 0.03}, wood, 1);
}

void add_house(std::vector<Surface>& to, Random& random) {
  const Texture wall{Pattern::bricks, {0.62, 0.32, 0.24}, {0.72, 0.7, 0.66}, 0.035, 0, 0.3, random.bits()};
  const Texture roof{Pattern::stripes, any_paint(random), {0.25, 0.15, 0.12}, 0.035};
  add_box(to, {-0.25, -0.1, 0}, {0.05, 0.14, 0.2}, wall, 2.5);
  add_quad(to, {-0.28, -0.13, 0.19}, {0.36, 0, 0}, {0, 0.15, 0.13}, roof, 2.5);
  add_quad(to, {0.08, 0.17, 0.19}, {-0.36, 0, 0}, {0, -0.15, 0.13}, roof, 2.5);
  add_quad(to, {-0.13, -0.103, 0}, {0.07, 0, 0}, {0, 0, 0.12}, {Pattern::plain, {0.2, 0.25, 0.4}}, 4);
  add_box(to, {-0.2, 0.03, 0.26}, {-0.15, 0.08, 0.36}, wall, 4);
}

}  // namespace

void fill_object(CapturedScene& scene, Random& random) {
  auto& to = scene.surfaces;
  scene.middle = {0, 0, 0.15};
  scene.size_m = 0.55;
  scene.lighting.ambient = {0.62, 0.62, 0.64};
  scene.lighting.lights = {{normalised(Vec3{0.5, -0.6, 0.7}), {0.6, 0.57, 0.5}}, {normalised(Vec3{-0.7, 0.2, 0.5}), {0.15, 0.18, 0.25}}};
  add_board(to, random);
  add_house(to, random);
  add_ball(to, {0.26, -0.17, 0.12}, {0.12, 0.12, 0.12}, {Pattern::plain, {0.25, 0.1, 0.1}, {}, 0.2, 0.7, 0.4}, 1.8);
  add_ball(to, {0.1, -0.3, 0.07}, {0.07, 0.07, 0.07}, {Pattern::checks, any_paint(random), any_paint(random), 0.035}, 3.5);
  add_box(to, {-0.32, -0.36, 0}, {-0.12, -0.22, 0.06}, {Pattern::print, {0.88, 0.86, 0.8}, {0.15, 0.15, 0.2}, 0.022, 0, 0.3, random.bits()},
          4);
  add_tube(to, {0.2, 0.22, 0}, {0, 0, 0.12}, 0.06, 0.08, {Pattern::plain, any_paint(random), {}, 0.2, 0.3, 0.3}, 3);
  add_plant(to, {0.2, 0.22, 0.12}, 0.3, 30, {Pattern::leaf, {0.2, 0.45, 0.15}, {0.5, 0.62, 0.25}, 0.05}, 1.5, random);
  add_tube(to, {-0.4, 0.1, 0}, {0, 0, 0.42}, 0.008, 0.008, {Pattern::plain, {0.7, 0.7, 0.72}, {}, 0.2, 0.6, 0.2}, 4);
  add_quad(to, {-0.4, 0.1, 0.3}, {0.16, 0.05, 0}, {0, 0, 0.11}, {Pattern::stripes, any_paint(random), {0.9, 0.9, 0.9}, 0.06}, 3);
  add_quad(to, {-0.24, 0.15, 0.3}, {-0.16, -0.05, 0}, {0, 0, 0.11}, {Pattern::stripes, any_paint(random), {0.9, 0.9, 0.9}, 0.06}, 3);
  for (int i = 0; i < 30; ++i) {
    // A spiral over the upper half of a sphere.
    const double height = 0.1 + 0.8 * i / 29, angle = 2.4 * i, r = std::sqrt(1 - height * height);
    const Vec3 eye = 1.6 * Vec3{r * std::cos(angle), r * std::sin(angle), height};
    scene.cameras.push_back(camera_towards(scene.placement, eye, {0, 0, 0.1}, 640, 640));
  }
}

}  // namespace dew::sim
