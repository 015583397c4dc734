// SPDX-License-Identifier: Apache-2.0
#include "data/generate/simulate.h"

#include <algorithm>
#include <thread>

#include "data/generate/returns.h"

namespace dew::sim {

Result<Simulator> Simulator::create(const SimulatorOptions& options) {
  DEW_ASSIGN(SensorSpec spec, sensor_spec(options.sensor));
  if (options.rotation_hz > 0) spec.rotation_hz = options.rotation_hz;
  if (options.columns > 0) {
    if (spec.columns_per_turn == 0)
      return Error{Code::invalid_argument, 0, spec.name + " fires by the clock; choose its columns by --rotation-hz"};
    if (options.columns > spec.azimuth_units_per_turn * 2)
      return Error{Code::invalid_argument, 0, "more columns than the encoder has angles"};
    if (spec.azimuth_units_per_turn == spec.columns_per_turn) spec.azimuth_units_per_turn = options.columns;
    if (spec.azimuth_units_per_turn % options.columns != 0)
      return Error{Code::invalid_argument, 0, "columns must divide the encoder's units a turn"};
    spec.columns_per_turn = options.columns;
  }
  Simulator simulator(options);
  simulator.unit_ = make_unit(spec, options.seed);
  simulator.world_ = std::make_unique<World>(make_world(options.scene, options.seed));
  simulator.ego_ = std::make_unique<Trajectory>(make_trajectory(*simulator.world_, options.ego_speed_m_per_s, options.seed));
  return simulator;
}

TriangleMesh Simulator::moving_mesh(double time_s, double anchor_x_m) const {
  TriangleMesh mesh;
  const Pose ego = ego_->at(time_s);
  for (const MovingObject& thing : world_->moving) {
    Pose pose = thing.pose_at(time_s, ego.position.x);
    pose.position.x -= anchor_x_m;
    mesh.append(thing.shape, pose);
  }
  if (options_.own_roof) {
    TriangleMesh roof;
    Random random(hash(options_.seed, 131));
    const double top = -random.between(0.32, 0.5), half_width = random.between(0.65, 0.8);
    roof.add_box({-random.between(1.2, 2.2), -half_width, -1.2}, {random.between(0.5, 1.1), half_width, top}, Material::car_paint);
    roof.add_box({-0.5, -half_width - 0.1, top - 0.05}, {-0.42, half_width + 0.1, top + 0.04}, Material::dark_metal);
    mesh.append(roof, Pose{ego.rotation, ego.position - Vec3{anchor_x_m, 0, 0}});
  }
  return mesh;
}

namespace {

struct SweepRays {
  const SensorUnit& unit;
  const Sweep& sweep;
  const Trajectory& ego;
  SceneRays scene;
  double anchor_x_m;
};

// The shot in the meshes' frame. Columns are short: within one the sensor moves on in a straight line.
Beam beam_of(const SweepRays& rays, size_t column, size_t laser, const Pose& pose, Vec3 velocity) {
  const SensorUnit& unit = rays.unit;
  const double azimuth = shot_azimuth_rad(unit, rays.sweep, column, laser), elevation = radians(unit.spec.elevation_deg[laser]);
  const double c = std::cos(azimuth), s = std::sin(azimuth), ce = std::cos(elevation), se = std::sin(elevation);
  const Vec3 direction{ce * c, ce * s, se}, across{-s, c, 0}, up{-se * c, -se * s, ce};
  const double side = unit.horizontal_offset_m[laser], out = unit.spec.beam_origin_m;
  const Vec3 origin{out * c + side * s, out * s - side * c, unit.vertical_offset_m[laser]};
  const double late_s = unit.spec.fire_time_us[laser] * 1e-6;
  const double since = rays.sweep.time_s[column] + late_s - rays.sweep.time_s.front();
  Beam beam;
  beam.origin = pose.apply(origin) + late_s * velocity - Vec3{rays.anchor_x_m, 0, 0};
  beam.direction = rotate(pose.rotation, direction);
  beam.across = rotate(pose.rotation, across);
  beam.up = rotate(pose.rotation, up);
  beam.time = static_cast<float>(std::clamp(since / rays.sweep.period_s, 0.0, 1.0));
  return beam;
}

bool fires(const SensorSpec& spec, size_t laser, size_t column) {
  if (spec.fires_in.empty() || spec.fires_in[laser] == FiresIn::all_columns) return true;
  return (spec.fires_in[laser] == FiresIn::even_columns) == (column % 2 == 0);
}

void measure_columns(const SweepRays& rays, size_t first, size_t last, uint64_t seed, Scan& scan) {
  const uint32_t lasers = scan.lasers;
  for (size_t column = first; column < last; ++column) {
    const double time = rays.sweep.time_s[column];
    const Pose pose = rays.ego.at(time), later = rays.ego.at(time + 1e-3);
    const Vec3 velocity = 1e3 * (later.position - pose.position);
    for (size_t laser = 0; laser < lasers; ++laser) {
      if (!fires(rays.unit.spec, laser, column)) continue;
      Random random(hash(seed, column, laser));
      const Return found = measure(rays.scene, beam_of(rays, column, laser, pose, velocity), rays.unit, laser, random);
      scan.range[column * lasers + laser] = found.range_ticks;
      scan.intensity[column * lasers + laser] = found.intensity;
    }
  }
}

std::array<double, static_cast<size_t>(Material::count)> albedo_factors(uint64_t seed) {
  std::array<double, static_cast<size_t>(Material::count)> factors;
  Random random(hash(seed, 121));
  for (double& factor : factors) factor = std::clamp(std::exp(0.35 * random.normal()), 0.4, 1.9);
  return factors;
}

Scan empty_scan(const SensorUnit& unit, const Sweep& sweep) {
  Scan scan;
  scan.columns = static_cast<uint32_t>(sweep.time_s.size());
  scan.lasers = unit.lasers();
  scan.tick_um = unit.spec.tick_um;
  scan.azimuth_units_per_turn = unit.spec.azimuth_units_per_turn;
  scan.range_bytes = unit.spec.range_bytes;
  scan.time_us = sweep.time_us;
  const int32_t units = static_cast<int32_t>(unit.spec.azimuth_units_per_turn);
  for (const int32_t encoder : sweep.encoder) scan.azimuth.push_back(static_cast<uint16_t>(((encoder % units) + units) % units));
  scan.range.resize(size_t{scan.columns} * scan.lasers);
  scan.intensity.resize(scan.range.size());
  return scan;
}

}  // namespace

Frame Simulator::frame(uint32_t index) {
  Frame frame;
  frame.sweep = make_sweep(unit_, {index / unit_.spec.rotation_hz, options_.start_turn, options_.seed});
  frame.scan = empty_scan(unit_, frame.sweep);
  const double begin = frame.sweep.time_s.front(), end = frame.sweep.time_s.back();
  const int tile = world_->tile_of(ego_->at(begin).position.x);
  if (!standing_ || tile != tile_) {
    standing_ = std::make_unique<RayCaster>(world_->build(tile));
    tile_ = tile;
  }
  const double anchor = world_->kind == SceneKind::street ? tile_ * World::kTileLength : 0;
  const TriangleMesh at_begin = moving_mesh(begin, anchor), at_end = moving_mesh(end, anchor);
  const RayCaster moving(at_begin, at_end);
  const SweepRays rays{unit_, frame.sweep, *ego_, {standing_.get(), &moving, {anchor, 0, 0}, albedo_factors(options_.seed)}, anchor};
  const uint64_t seed = hash(options_.seed, 101, index);

  const size_t columns = frame.scan.columns, threads = std::max(1u, options_.threads);
  std::vector<std::thread> workers;
  for (size_t t = 1; t < threads; ++t)
    workers.emplace_back([&, t] { measure_columns(rays, columns * t / threads, columns * (t + 1) / threads, seed, frame.scan); });
  measure_columns(rays, 0, columns / threads, seed, frame.scan);
  for (std::thread& worker : workers) worker.join();
  return frame;
}

}  // namespace dew::sim
