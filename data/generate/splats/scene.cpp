// SPDX-License-Identifier: Apache-2.0
#include "data/generate/splats/scene.h"

#include <cmath>
#include <cstdio>

#include "data/generate/splats/scene_parts.h"

namespace dew::sim {
namespace {

Placement any_placement(Random& random) {
  // Structure from motion takes the axes of some camera: y about down.
  const Rotation down = {Vec3{1, 0, 0}, Vec3{0, 0, -1}, Vec3{0, 1, 0}};
  const Rotation turned = rotation_zyx(0.1 * random.normal(), random.between(-kPi, kPi), 0.1 * random.normal());
  Placement placement;
  placement.pose.rotation = multiplied(turned, down);
  placement.pose.position = {random.between(-1, 1), random.between(-1, 1), random.between(-1, 1)};
  placement.scale = random.between(0.8, 1.6);
  return placement;
}

}  // namespace

Rgb any_paint(Random& random) {
  const double hue = random.between(0, 2 * kPi), strength = random.between(0.04, 0.24), light = random.between(0.2, 0.75);
  return {light + strength * std::cos(hue), light + strength * std::cos(hue + 2.1), light + strength * std::cos(hue + 4.2)};
}

Texture any_texture(Random& random, double period_m) {
  constexpr Pattern kPatterns[] = {Pattern::plain, Pattern::checks, Pattern::stripes, Pattern::print, Pattern::ground, Pattern::leaf};
  Texture texture{kPatterns[random.integer(0, 5)], any_paint(random), any_paint(random), period_m};
  texture.seed = random.bits();
  texture.shine = random.chance(0.3) ? random.between(0.1, 0.4) : 0;
  texture.roughness = random.between(0.2, 0.5);
  return texture;
}

Camera camera_towards(const Placement& placement, const Vec3& eye_m, const Vec3& target_m, uint32_t width, uint32_t height) {
  const Vec3 forward = normalised(rotate(placement.pose.rotation, target_m - eye_m));
  const Vec3 right = normalised(cross(forward, rotate(placement.pose.rotation, {0, 0, 1})));
  const Vec3 down = cross(forward, right);
  const Vec3 eye = placement.apply(eye_m);
  Camera camera;
  camera.width = width;
  camera.height = height;
  camera.fx = camera.fy = width / (2 * std::tan(radians(30)));
  camera.cx = width / 2.0;
  camera.cy = height / 2.0;
  camera.position = {eye.x, eye.y, eye.z};
  camera.rotation = {right.x, down.x, forward.x, right.y, down.y, forward.y, right.z, down.z, forward.z};
  return camera;
}

CapturedScene make_captured_scene(CaptureKind kind, uint64_t seed) {
  CapturedScene scene;
  Random random(hash(seed, 0x5ce9e));
  scene.placement = any_placement(random);
  switch (kind) {
    case CaptureKind::room: fill_room(scene, random); break;
    case CaptureKind::object: fill_object(scene, random); break;
    case CaptureKind::street: fill_street(scene, random); break;
  }
  for (size_t i = 0; i < scene.cameras.size(); ++i) {
    char name[24];
    std::snprintf(name, sizeof name, "%04zu", i);
    scene.cameras[i].name = name;
  }
  return scene;
}

}  // namespace dew::sim
