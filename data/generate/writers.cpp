// SPDX-License-Identifier: Apache-2.0
#include "data/generate/writers.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "pointcloud/io/pcd.h"

namespace dew::sim {

namespace {

// Sensor frame: x forward, y left, z up. The formula of LaserModel.
Vec3 calibrated_point(const SensorUnit& unit, size_t laser, double encoder_units, uint32_t range_ticks) {
  const SensorSpec& spec = unit.spec;
  const double d = range_ticks * (spec.tick_um * 1e-6) + unit.range_offset_m[laser], elevation = radians(spec.elevation_deg[laser]);
  const double turned = 2 * kPi * encoder_units / spec.azimuth_units_per_turn + radians(spec.azimuth_offset_deg[laser]);
  const double azimuth = spec.clockwise ? -turned : turned, c = std::cos(azimuth), s = std::sin(azimuth);
  const double side = unit.horizontal_offset_m[laser], out = spec.beam_origin_m;
  const double h = (d - out) * std::cos(elevation);
  Vec3 point = {h * c + side * s, h * s - side * c, (d - out) * std::sin(elevation) + unit.vertical_offset_m[laser]};
  if (out != 0) {  // in the encoder's direction, not the beam's
    const double axis = azimuth - (spec.clockwise ? -1 : 1) * radians(spec.azimuth_offset_deg[laser]);
    point.x += out * std::cos(axis);
    point.y += out * std::sin(axis);
  }
  return point;
}

std::vector<size_t> lasers_from_above(const SensorUnit& unit) {
  std::vector<size_t> order(unit.lasers());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return unit.spec.elevation_deg[a] > unit.spec.elevation_deg[b]; });
  return order;
}

struct KittiPoint {
  float x, y, z, reflectance;
};

float whole_millimetres(double metres) { return static_cast<float>(static_cast<double>(std::llround(metres * 1000)) / 1000.0); }

// 0..1, zero straight ahead, counter-clockwise.
double azimuth_turns(const KittiPoint& point) {
  const double turns = std::atan2(static_cast<double>(point.y), static_cast<double>(point.x)) / (2 * kPi);
  return turns < 0 ? turns + 1 : turns;
}

std::vector<KittiPoint> kitti_points(const SensorUnit& unit, const Frame& frame) {
  std::vector<KittiPoint> points;
  const Scan& scan = frame.scan;
  for (const size_t laser : lasers_from_above(unit)) {
    const size_t first = points.size();
    for (size_t column = 0; column < scan.columns; ++column) {
      const size_t cell = column * scan.lasers + laser;
      if (scan.range[cell] == 0) continue;
      const Vec3 p = calibrated_point(unit, laser, frame.sweep.encoder[column], scan.range[cell]);
      const int hundredths = scan.intensity[cell] * 100 / 256;
      points.push_back({whole_millimetres(p.x), whole_millimetres(p.y), whole_millimetres(p.z), static_cast<float>(hundredths / 100.0)});
    }
    // By the azimuth of the coordinates: next to edges in depth the lasers' horizontal offsets change the order of shots.
    std::stable_sort(points.begin() + static_cast<ptrdiff_t>(first), points.end(),
                     [](const KittiPoint& a, const KittiPoint& b) { return azimuth_turns(a) < azimuth_turns(b); });
  }
  return points;
}

Bytes record_bytes(const std::vector<KittiPoint>& points) {
  const auto bytes = std::as_bytes(std::span(points));
  return {bytes.begin(), bytes.end()};
}

struct FloatPose {  // rows of a 3 x 4 matrix
  float m[3][4];
};

FloatPose to_float(const Pose& pose) {
  FloatPose f;
  const std::array<double, 3> place = {pose.position.x, pose.position.y, pose.position.z};
  for (size_t row = 0; row < 3; ++row) {
    const Vec3& r = pose.rotation[row];
    f.m[row][0] = static_cast<float>(r.x);
    f.m[row][1] = static_cast<float>(r.y);
    f.m[row][2] = static_cast<float>(r.z);
    f.m[row][3] = static_cast<float>(place[row]);
  }
  return f;
}

// x right, y forward, z up, as the maker's manual draws it; our frame has x forward and y left.
Pose in_makers_axes(const Pose& pose) {
  const Rotation axes = {Vec3{0, -1, 0}, Vec3{1, 0, 0}, Vec3{0, 0, 1}};
  return {multiplied(multiplied(axes, pose.rotation), transposed(axes)), rotate(axes, pose.position)};
}

Pose relative(const Pose& reference, const Pose& pose) {
  return {multiplied(transposed(reference.rotation), pose.rotation), reference.inverse_apply(pose.position)};
}

}  // namespace

Bytes kitti_records(const SensorUnit& unit, const Frame& frame) { return record_bytes(kitti_points(unit, frame)); }

Bytes kitti_odometry_records(const SensorUnit& unit, const Frame& frame, const TurnMotion& motion) {
  std::vector<KittiPoint> points = kitti_points(unit, frame);
  for (KittiPoint& point : points) {
    const Vec3 q{static_cast<double>(point.x), static_cast<double>(point.y), static_cast<double>(point.z)};
    const double tau = std::atan2(q.y, q.x) / (2 * kPi);
    const Vec3 p = rotate(rotation_from_vector(tau * motion.rotation_rad), q) + tau * motion.translation_m;
    point = {static_cast<float>(p.x), static_cast<float>(p.y), static_cast<float>(p.z), point.reflectance};
  }
  return record_bytes(points);
}

Bytes nuscenes_records(const SensorUnit& unit, const Frame& frame, const Trajectory& ego, uint64_t seed) {
  const Scan& scan = frame.scan;
  const Sweep& sweep = frame.sweep;
  std::vector<size_t> order = lasers_from_above(unit);
  std::reverse(order.begin(), order.end());
  const Pose reference = ego.at(sweep.time_s.back());
  Random random(hash(seed, 111));
  ByteWriter writer;
  double packet_late_s = 0;
  const double tick_deg = 360.0 / unit.spec.azimuth_units_per_turn;
  for (size_t column = 0; column < scan.columns; ++column) {
    // Times of columns count from their packet's stamp, which is off by some microseconds.
    if (column % unit.spec.columns_per_packet == 0) packet_late_s = 8e-6 * random.normal();
    const FloatPose pose = to_float(in_makers_axes(relative(reference, ego.at(sweep.time_s[column] + packet_late_s))));
    const size_t pair = std::min<size_t>(column, scan.columns - 2);
    const double step = sweep.encoder[pair + 1] - sweep.encoder[pair];
    for (size_t ring = 0; ring < order.size(); ++ring) {
      const size_t laser = order[ring], cell = column * scan.lasers + laser;
      const double share = unit.spec.fire_time_us[laser] / unit.spec.column_period_us;
      const double angle = radians(tick_deg * static_cast<double>(std::lround(sweep.encoder[column] + share * step)));
      const double elevation = radians(unit.spec.elevation_deg[laser]);
      const float sine = static_cast<float>(std::sin(angle)), cosine = static_cast<float>(std::cos(angle));
      const float distance = static_cast<float>(scan.range[cell]) * static_cast<float>(scan.tick_um * 1e-6);
      const float level = distance * static_cast<float>(std::cos(elevation));
      const float p[3] = {level * sine, level * cosine, distance * static_cast<float>(std::sin(elevation))};
      for (const auto& row : pose.m) writer.f32(row[0] * p[0] + row[1] * p[1] + row[2] * p[2] + row[3]);
      writer.f32(static_cast<float>(scan.intensity[cell]));
      writer.f32(static_cast<float>(ring));
    }
  }
  return writer.take();
}

Result<Bytes> organised_pcd(const SensorUnit& unit, const Frame& frame) {
  const Scan& scan = frame.scan;
  ByteWriter x, y, z, intensity, ring, time;
  constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
  const std::vector<size_t> order = lasers_from_above(unit);
  for (size_t row = 0; row < order.size(); ++row) {
    for (size_t column = 0; column < scan.columns; ++column) {
      const size_t cell = column * scan.lasers + order[row];
      const Vec3 p = calibrated_point(unit, order[row], frame.sweep.encoder[column], scan.range[cell]);
      const bool none = scan.range[cell] == 0;
      x.f32(none ? kNone : static_cast<float>(p.x));
      y.f32(none ? kNone : static_cast<float>(p.y));
      z.f32(none ? kNone : static_cast<float>(p.z));
      intensity.f32(static_cast<float>(scan.intensity[cell]));
      ring.u16(static_cast<uint16_t>(row));
      time.u32(1000 * scan.time_us[column]);
    }
  }
  Cloud cloud;
  cloud.width = scan.columns;
  cloud.height = scan.lasers;
  cloud.points = uint64_t{scan.columns} * scan.lasers;
  cloud.fields = {{"x", FieldType::f32, 1, x.take()},       {"y", FieldType::f32, 1, y.take()},
                  {"z", FieldType::f32, 1, z.take()},       {"intensity", FieldType::f32, 1, intensity.take()},
                  {"ring", FieldType::u16, 1, ring.take()}, {"t", FieldType::u32, 1, time.take()}};
  return write_pcd(cloud, PcdEncoding::binary);
}

}  // namespace dew::sim
