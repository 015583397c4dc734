// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "data/generate/objects.h"
#include "data/generate/scene.h"

namespace dew::sim {

namespace {

constexpr double kDoor = 1.0, kDoorHeight = 2.1;

struct Floor {
  std::vector<double> x, y;  // wall lines
  double ceiling = 2.7;
};

Floor plan_floor(uint64_t seed, bool bench) {
  Random random(hash(seed, 51));
  Floor floor;
  floor.ceiling = random.between(2.4, 4);
  const bool hall = !bench && random.chance(0.3);
  const double least = hall ? 6 : bench ? 0.7 : 1.2, most = hall ? 14 : bench ? 2.2 : 4;
  for (auto* lines : {&floor.x, &floor.y}) {
    const double first = random.between(least, most);
    lines->push_back(-first - random.between(3, 8));
    lines->push_back(-first);
    lines->push_back(random.between(least, most));
    lines->push_back(lines->back() + random.between(3, 8));
  }
  return floor;
}

// A wall from a to b (along x or y) with an opening; outer walls have windows in place of doors.
void add_wall(TriangleMesh& mesh, Vec3 a, Vec3 b, double ceiling, bool outer, Random& random) {
  const double total = length(b - a);
  const Vec3 along = (1 / total) * (b - a);
  const double width = outer ? random.between(0.2, 0.75) * total : kDoor, low = outer ? 0.9 : 0,
               high = outer ? ceiling - 0.35 : kDoorHeight;
  const double from = random.between(0.2, std::max(0.25, total - width - 0.2)), to = std::min(total, from + width);
  auto panel = [&](double s0, double s1, double z0, double z1, Material material) {
    if (s1 <= s0 || z1 <= z0) return;
    const Vec3 p = a + s0 * along, q = a + s1 * along;
    mesh.add_quad({p.x, p.y, z0}, {q.x, q.y, z0}, {q.x, q.y, z1}, {p.x, p.y, z1}, material);
  };
  panel(0, from, 0, ceiling, Material::plaster);
  panel(to, total, 0, ceiling, Material::plaster);
  panel(from, to, 0, low, Material::plaster);
  panel(from, to, high, ceiling, Material::plaster);
  if (outer) panel(from, to, low, high, Material::window_pane);
  if (outer) panel(0.5 * (from + to) - 0.03, 0.5 * (from + to) + 0.03, low, high, Material::wood);
  if (!outer && random.chance(0.5)) {  // a door, ajar
    const double angle = random.between(0, kPi / 2);
    const Vec3 hinge = a + from * along, across{-along.y, along.x, 0};
    const Vec3 tip = hinge + kDoor * (std::cos(angle) * along + std::sin(angle) * across);
    mesh.add_quad(hinge, tip, {tip.x, tip.y, kDoorHeight}, {hinge.x, hinge.y, kDoorHeight}, Material::wood);
  }
}

TriangleMesh any_furniture(Random& random) {
  switch (random.integer(0, 6)) {
    case 0: return make_table(random);
    case 1: return make_sofa(random);
    case 2: return make_plant(random);
    case 3: return make_bench_or_bin(random);
    case 4: return make_person(random);
    default: return make_chair(random);
  }
}

void furnish(TriangleMesh& mesh, double x0, double x1, double y0, double y1, Random& random) {
  const double area = (x1 - x0) * (y1 - y0);
  for (double s = x0 + 0.2; s < x1 - 2.6; s += random.between(1.2, 4))  // along the two walls of constant y
    if (random.chance(0.6))
      mesh.append(random.chance(0.5) ? make_shelf(random) : make_cabinet(random), Pose{rotation_zyx(0, 0, 0), {s, y1 - 0.62, 0}});
  for (double s = x0 + 2.6; s < x1 - 0.2; s += random.between(1.2, 4))
    if (random.chance(0.5))
      mesh.append(random.chance(0.4) ? make_shelf(random) : make_cabinet(random), Pose{rotation_zyx(kPi, 0, 0), {s, y0 + 0.62, 0}});
  for (int n = static_cast<int>(area * random.between(0.12, 0.3)); n > 0; --n) {
    const Vec3 at{random.between(x0 + 0.6, x1 - 0.6), random.between(y0 + 0.9, y1 - 0.9), 0};
    if (length(at) < 0.9) continue;  // the sensor stands here
    mesh.append(any_furniture(random), Pose{rotation_zyx(random.between(-kPi, kPi), 0, 0), at});
  }
  if (area > 60) {
    for (double x = x0 + 4; x < x1 - 2; x += 6)
      mesh.add_cylinder({x, 0.5 * (y0 + y1) + 1.5, 0}, {x, 0.5 * (y0 + y1) + 1.5, 4}, 0.25, 0.25, 20, Material::concrete);
  }
}

// What stands around a sensor on a bench: boxes, screens, walls, within an arm's reach.
void add_near_things(TriangleMesh& mesh, int things, Random& random) {
  constexpr std::array kSurfaces = {Material::dark_metal,  Material::dark_paint,  Material::dark_cloth,
                                    Material::black_gloss, Material::plaster,     Material::paper,
                                    Material::wood,        Material::black_gloss, Material::metal};
  for (int n = things; n > 0; --n) {
    const double angle = random.between(-kPi, kPi), away = random.between(0.35, 1.8), half = random.between(0.05, 0.4),
                 low = random.between(0, 0.8);
    const Vec3 at{away * std::cos(angle), away * std::sin(angle), 0};
    TriangleMesh thing;
    thing.add_box({0, -half, low}, {random.between(0.02, 0.5), half, low + random.between(0.2, 1.6)},
                  kSurfaces[static_cast<size_t>(random.integer(0, 8))]);
    mesh.append(thing, Pose{rotation_zyx(angle + 0.5 * random.normal(), 0, 0), at});
  }
}

}  // namespace

void build_rooms(const World& world, TriangleMesh& mesh) {
  const bool bench = world.kind == SceneKind::bench;
  const Floor floor = plan_floor(world.seed, bench);
  Random random(hash(world.seed, 52));
  const double x_low = floor.x.front(), x_high = floor.x.back(), y_low = floor.y.front(), y_high = floor.y.back();
  mesh.add_quad({x_low, y_low, 0}, {x_high, y_low, 0}, {x_high, y_high, 0}, {x_low, y_high, 0},
                random.chance(0.5) ? Material::carpet : Material::tile_floor);
  mesh.add_quad({x_low, y_low, floor.ceiling}, {x_high, y_low, floor.ceiling}, {x_high, y_high, floor.ceiling},
                {x_low, y_high, floor.ceiling}, Material::plaster);
  for (size_t i = 0; i < 4; ++i) {
    for (size_t j = 0; j + 1 < 4; ++j) {
      const bool outer = i == 0 || i == 3;
      add_wall(mesh, {floor.x[i], floor.y[j], 0}, {floor.x[i], floor.y[j + 1], 0}, floor.ceiling, outer, random);
      add_wall(mesh, {floor.x[j], floor.y[i], 0}, {floor.x[j + 1], floor.y[i], 0}, floor.ceiling, outer, random);
    }
  }
  if (bench || random.chance(0.6)) add_near_things(mesh, bench ? random.integer(5, 20) : random.integer(2, 9), random);
  for (size_t i = 0; i + 1 < 4; ++i)
    for (size_t j = 0; j + 1 < 4; ++j) furnish(mesh, floor.x[i], floor.x[i + 1], floor.y[j], floor.y[j + 1], random);
  for (double x = x_low + 1.5; x < x_high - 1; x += 2.4)  // lamps under the ceiling
    for (double y = y_low + 1.2; y < y_high - 1; y += 2.4)
      mesh.add_box({x, y, floor.ceiling - 0.1}, {x + 1.2, y + 0.15, floor.ceiling - 0.02}, Material::metal);
  for (int building = random.integer(0, 3); building < 4; ++building) {  // seen through the windows
    const double far = random.between(14, 30);
    const Pose pose{rotation_zyx(building * kPi / 2, 0, 0), Vec3{}};
    mesh.append(make_building(random, 24, 10, 12, false), Pose{pose.rotation, pose.apply({-12, far + std::max(x_high, y_high), -3})});
  }
}

std::vector<MovingObject> indoor_people(const World& world) {
  Random random(hash(world.seed, 61));
  std::vector<MovingObject> people;
  for (int n = random.integer(0, 3); n > 0; --n) {
    MovingObject person;
    person.shape = make_person(random);
    const bool back = random.chance(0.5);
    person.start = {random.between(-2, 2), random.chance(0.5) ? random.between(0.8, 2) : random.between(-2, -0.8), 0};
    person.yaw_rad = back ? kPi : 0;
    person.speed_m_per_s = (back ? -1 : 1) * random.between(0.2, 1.2);
    person.loop_m = 5;
    people.push_back(std::move(person));
  }
  return people;
}

}  // namespace dew::sim
