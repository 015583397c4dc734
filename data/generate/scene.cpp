// SPDX-License-Identifier: Apache-2.0
#include "data/generate/scene.h"

namespace dew::sim {

Pose MovingObject::pose_at(double time_s, double ego_x_m) const {
  double x = start.x + speed_m_per_s * time_s;
  if (loop_m > 0) x -= loop_m * std::floor((x - ego_x_m) / loop_m + 0.5);
  return {rotation_zyx(yaw_rad, 0, 0), {x, start.y, start.z}};
}

int World::tile_of(double x_m) const { return static_cast<int>(std::floor(x_m / kTileLength)); }

TriangleMesh World::build(int tile) const {
  TriangleMesh mesh;
  if (kind != SceneKind::street) {
    build_rooms(*this, mesh);
  } else {
    for (int near = tile - 3; near <= tile + 3; ++near) build_street_tile(*this, near, tile * kTileLength, mesh);
  }
  return mesh;
}

double World::ground_height_m(double x_m, double y_m) const {
  if (kind != SceneKind::street) return 0;
  const double side = std::abs(y_m);
  double height = 0.25 * value_noise(x_m / 60, y_m / 60, seed + 1) + 0.012 * value_noise(x_m / 4, y_m / 4, seed + 2);
  if (side <= style.half_road) return height - 0.02 * side;
  height += style.kerb - 0.02 * style.half_road;
  const double beyond = side - style.half_road - style.sidewalk;
  if (beyond <= 0) return height;
  const double slope = style.bank * value_noise(x_m / 80, y_m > 0 ? 7 : -7, seed + 3);
  return height + slope * beyond * (beyond / (beyond + 3)) + 0.06 * fractal_noise(x_m / 3, y_m / 3, seed + 4) * std::min(1.0, beyond);
}

World make_world(SceneKind kind, uint64_t seed) {
  World world;
  world.kind = kind;
  world.seed = seed;
  Random random(hash(seed, 11));
  StreetStyle& style = world.style;
  const bool town = random.chance(0.4), country = !town && random.chance(0.5);
  style.half_road = random.between(3.2, country ? 6 : 8);
  style.sidewalk = random.between(1.5, 4);
  style.setback = town ? random.between(0, 3) : random.between(3, 15);
  style.bank = country ? 0.25 : random.between(0, 0.12);
  style.building_height = town ? random.between(9, 22) : random.between(4, 9);
  style.building_share = town ? random.between(0.7, 0.95) : country ? 0.15 : random.between(0.4, 0.8);
  style.tree_density = country ? random.between(0.15, 0.4) : random.between(0.04, 0.25);
  style.bush_density = town ? random.between(0, 0.2) : random.between(0.15, country ? 1.4 : 0.8);
  style.parked_density = country ? 0.01 : random.between(0.02, 0.14);
  style.fence_share = random.between(0.1, 0.8);
  style.wetness = random.chance(0.3) ? random.between(0.1, 0.9) : 0;
  style.leaves = random.chance(0.8);
  style.gables = !town;
  style.tall_grass = random.chance(0.6);
  world.moving = kind == SceneKind::street ? street_traffic(world) : indoor_people(world);
  return world;
}

}  // namespace dew::sim
