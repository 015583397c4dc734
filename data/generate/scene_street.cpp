// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "data/generate/objects.h"
#include "data/generate/scene.h"

namespace dew::sim {

namespace {

constexpr double kHalfWidth = 75;  // metres of ground at each side

// Everything of one tile is placed through here: world x, ground height, and the mesh's own origin.
struct Tile {
  const World& world;
  double start_x, origin_x;
  TriangleMesh& mesh;
  Random random;

  void place(const TriangleMesh& shape, double x, double y, double yaw) {
    mesh.append(shape, Pose{rotation_zyx(yaw, 0, 0), {x - origin_x, y, world.ground_height_m(x, y)}});
  }
  double any_x() { return start_x + random.between(0, World::kTileLength); }
};

// Lines along the street between which the ground is one material; finer near the road and at its paint.
std::vector<double> ground_lines(const StreetStyle& style) {
  const double road = style.half_road, walk = road + style.sidewalk;
  std::vector<double> half;
  for (double y = 0.06; y < road - 0.4; y += 0.5) half.push_back(y);
  for (const double y : {road - 0.30, road - 0.18, road, road + 0.001, road + 0.15}) half.push_back(y);
  for (double y = road + 0.6; y < walk; y += 0.5) half.push_back(y);
  for (double y = walk, step = 0.4; y < kHalfWidth; y += step, step = std::min(2.5, 1.06 * step)) half.push_back(y);
  std::vector<double> lines;
  for (size_t i = half.size(); i-- > 0;) lines.push_back(-half[i]);
  lines.insert(lines.end(), half.begin(), half.end());
  return lines;
}

Material ground_material(const World& world, double x, double y) {
  const StreetStyle& style = world.style;
  const double side = std::abs(y), road = style.half_road;
  if (side < 0.06 && x - 9 * std::floor(x / 9) < 3) return Material::lane_paint;
  if (side > road - 0.30 && side < road - 0.18) return Material::lane_paint;
  if (side < road)
    return 0.5 + 0.7 * value_noise(x / 5, y / 2, world.seed + 21) < style.wetness ? Material::wet_asphalt : Material::asphalt;
  if (side < road + 0.15) return Material::kerb;
  if (side < road + style.sidewalk) return Material::concrete;
  return value_noise(x / 7, y / 7, world.seed + 22) > 0.25 ? Material::soil : Material::grass;
}

void add_ground(Tile& tile) {
  const std::vector<double> lines = ground_lines(tile.world.style);
  constexpr int kSteps = 80;
  constexpr double kStep = World::kTileLength / kSteps;
  const uint32_t first = static_cast<uint32_t>(tile.mesh.vertices.size()), width = static_cast<uint32_t>(lines.size());
  for (int step = 0; step <= kSteps; ++step) {
    const double x = tile.start_x + step * kStep;
    for (const double y : lines) tile.mesh.add_vertex({x - tile.origin_x, y, tile.world.ground_height_m(x, y)});
  }
  for (uint32_t step = 0; step < kSteps; ++step) {
    const double x = tile.start_x + (step + 0.5) * kStep;
    for (uint32_t line = 0; line + 1 < width; ++line) {
      const Material material = ground_material(tile.world, x, 0.5 * (lines[line] + lines[line + 1]));
      const uint32_t a = first + step * width + line;
      tile.mesh.add_triangle(a, a + width, a + width + 1, material);
      tile.mesh.add_triangle(a, a + width + 1, a + 1, material);
    }
  }
}

void add_grass(Tile& tile, double side) {
  const StreetStyle& style = tile.world.style;
  const int tufts = style.tall_grass ? 2500 : 300;
  for (int tuft = 0; tuft < tufts; ++tuft) {
    const double x = tile.any_x(), y = side * (style.half_road + style.sidewalk + 12 * tile.random.uniform() * tile.random.uniform());
    const double height = tile.random.between(0.06, style.tall_grass ? 0.8 : 0.2), z = tile.world.ground_height_m(x, y);
    for (int blade = 0; blade < 5; ++blade) {
      const double bx = x - tile.origin_x + 0.08 * tile.random.normal(), by = y + 0.08 * tile.random.normal();
      const uint32_t a = tile.mesh.add_vertex({bx - 0.012, by, z});
      tile.mesh.add_vertex({bx + 0.012, by + 0.01, z});
      tile.mesh.add_vertex({bx + 0.3 * height * tile.random.normal(), by + 0.3 * height * tile.random.normal(), z + height});
      tile.mesh.add_triangle(a, a + 1, a + 2, Material::grass);
    }
  }
}

int count_for(Random& random, double expected) { return static_cast<int>(expected + random.uniform()); }

void add_kerbside(Tile& tile, double side) {
  const StreetStyle& style = tile.world.style;
  Random& random = tile.random;
  const double kerb = style.half_road, length = World::kTileLength, towards_road = side > 0 ? -kPi / 2 : kPi / 2;
  for (int slot = 0; slot < 6; ++slot) {  // parking places of 6.5 m
    if (!random.chance(6.5 * style.parked_density)) continue;
    const double x = tile.start_x + 6.5 * slot + random.between(2.5, 4), y = side * (kerb - random.between(1.05, 1.3));
    tile.place(random.chance(0.06) ? make_truck(random) : make_car(random), x, y, (side > 0 ? kPi : 0) + 0.03 * random.normal());
  }
  if (random.chance(0.7)) tile.place(make_pole(random), tile.any_x(), side * (kerb + 0.5), towards_road);
  if (random.chance(0.6)) tile.place(make_sign(random), tile.any_x(), side * (kerb + 0.4), random.chance(0.5) ? kPi : 0);
  for (int n = count_for(random, 0.5 * length * style.tree_density); n > 0; --n)
    tile.place(make_tree(random, style.leaves), tile.any_x(), side * (kerb + random.between(0.8, 1.6)), 0);
  for (int n = random.integer(0, 3); n > 0; --n)
    tile.place(make_person(random), tile.any_x(), side * (kerb + random.between(0.5, style.sidewalk)), random.between(-kPi, kPi));
  for (int n = random.integer(0, 2); n > 0; --n) tile.place(make_bench_or_bin(random), tile.any_x(), side * (kerb + 0.7), -towards_road);
  if (random.chance(0.3)) tile.place(make_bicycle(random), tile.any_x(), side * (kerb + 0.9), random.between(-kPi, kPi));
}

void add_plots(Tile& tile, double side) {
  const StreetStyle& style = tile.world.style;
  Random& random = tile.random;
  const double boundary = style.half_road + style.sidewalk, length = World::kTileLength, facing = side > 0 ? 0 : kPi;
  for (double x = 0; x < length - 5;) {
    const double width = std::min(random.between(8, 20), length - x), depth = random.between(8, 14);
    const double y = boundary + style.setback * random.between(0.8, 1.3), corner = side > 0 ? x : x + width;
    if (random.chance(style.building_share)) {
      tile.place(
          make_building(random, width - (style.setback > 3 ? 2 : 0), depth, style.building_height * random.between(0.7, 1.2), style.gables),
          tile.start_x + corner, side * y, facing);
    } else if (random.chance(0.5)) {  // a yard: cars across, trees
      for (double at = 1.5; at + 1 < width; at += 2.7)
        if (random.chance(0.6)) tile.place(make_car(random), tile.start_x + x + at, side * (y + 3), kPi / 2 + 0.04 * random.normal());
    }
    if (style.setback > 2 && random.chance(style.fence_share))
      tile.place(make_fence(random, width - 1.5), tile.start_x + corner, side * (boundary + 0.2), facing);
    x += width;
  }
  for (int n = count_for(random, length * style.tree_density); n > 0; --n)
    tile.place(make_tree(random, style.leaves), tile.any_x(), side * (boundary + random.between(1, style.setback + 30)), 0);
  for (int n = count_for(random, length * style.bush_density); n > 0; --n)
    tile.place(make_bush(random), tile.any_x(), side * (boundary + random.between(0.6, style.setback + 6)), 0);
  if (random.chance(0.8)) {  // a second row far behind
    const double width = random.between(12, 30);
    tile.place(make_building(random, width, 12, random.between(5, 18), false), tile.start_x + (side > 0 ? 0 : width),
               side * (boundary + random.between(32, 48)), facing);
  }
}

}  // namespace

void build_street_tile(const World& world, int tile_number, double origin_x_m, TriangleMesh& mesh) {
  Tile tile{world, tile_number * World::kTileLength, origin_x_m, mesh, Random(hash(world.seed, static_cast<uint64_t>(tile_number), 31))};
  add_ground(tile);
  for (const double side : {-1.0, 1.0}) {
    add_grass(tile, side);
    add_kerbside(tile, side);
    add_plots(tile, side);
    if (tile.random.chance(0.3)) {  // a wire along the street
      const double y = side * (world.style.half_road + 1), x = tile.start_x - tile.origin_x;
      mesh.add_cylinder({x, y, 6.5}, {x + World::kTileLength, y, 6.5}, 0.015, 0.015, 5, Material::rubber);
    }
  }
}

std::vector<MovingObject> street_traffic(const World& world) {
  Random random(hash(world.seed, 41));
  std::vector<MovingObject> traffic;
  constexpr double kLoop = 220;
  const double lane = 0.45 * world.style.half_road;
  const int vehicles = random.integer(2, 8);
  for (int n = 0; n < vehicles; ++n) {
    const bool oncoming = n % 3 != 2;
    MovingObject thing;
    thing.shape = random.chance(0.15) ? make_truck(random) : random.chance(0.12) ? make_bicycle(random) : make_car(random);
    thing.start = {random.between(-110, 110), (oncoming ? lane : -lane) + random.between(-0.3, 0.3), -0.04};
    if (!oncoming && std::abs(thing.start.x) < 14) thing.start.x += 30;
    thing.yaw_rad = oncoming ? kPi : 0;
    thing.speed_m_per_s = (oncoming ? -1 : 1) * random.between(3, 14);
    thing.loop_m = kLoop;
    traffic.push_back(std::move(thing));
  }
  const int walkers = random.integer(2, 8);
  for (int n = 0; n < walkers; ++n) {
    const bool back = random.chance(0.5);
    MovingObject thing;
    thing.shape = make_person(random);
    const double side = random.chance(0.5) ? 1 : -1;
    thing.start = {random.between(-60, 60), side * (world.style.half_road + random.between(0.4, world.style.sidewalk)), 0.05};
    thing.yaw_rad = back ? kPi : 0;
    thing.speed_m_per_s = (back ? -1 : 1) * random.between(0.8, 1.8);
    thing.loop_m = kLoop;
    traffic.push_back(std::move(thing));
  }
  return traffic;
}

}  // namespace dew::sim
