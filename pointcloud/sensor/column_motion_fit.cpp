// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/column_motion_fit.h"

#include <algorithm>
#include <cmath>

#include "entropy/exact_math.h"

namespace dew {
namespace {

double wrapped_turn(double ticks, double turn) { return ticks - turn * std::floor(ticks / turn); }

Int3 in_units(const Vec3& v, double unit) { return {std::llround(v.x / unit), std::llround(v.y / unit), std::llround(v.z / unit)}; }

}  // namespace

MotionFit::MotionFit(const PointsView& points, uint32_t lasers, std::span<const ColumnOrigin> origins, const RoundedFrame& frame)
    : points_(points),
      lasers_(lasers),
      columns_(static_cast<uint32_t>(points.size() / lasers)),
      origins_(origins),
      frame_(frame),
      frame_back_(rotation_matrix({})),
      pieces_(fit_origin_pieces(origins, frame)),
      place_(columns_),
      angle_(columns_),
      distance_(points.size()) {
  if (frame.present) {
    const double unit = kFrameRotationUnit_rad;
    frame_back_ = transposed(rotation_matrix({static_cast<double>(frame.rotation[0]) * unit, static_cast<double>(frame.rotation[1]) * unit,
                                              static_cast<double>(frame.rotation[2]) * unit}));
  }
  for (size_t axis = 0; axis < 3; ++axis) {
    // Rounding to steps s leaves s^2 / 12; without a frame, the errors of a sensor table.
    const double step = frame.present ? std::exp2(std::floor(std::log2(std::abs(frame.origin_m[axis]))) - 23) : 1e-4;
    variance_[axis] = step * step / 12 + 1e-14;
  }
  set_places();
}

size_t MotionFit::piece_of(uint32_t column) const {
  size_t k = 0;
  while (k + 1 < pieces_.size() && pieces_[k + 1].first_column <= column) ++k;
  return k;
}

Vec3 MotionFit::relative(size_t cell) const { return Vec3{points_.x[cell], points_.y[cell], points_.z[cell]} - place_[cell / lasers_]; }

void MotionFit::set_places() {
  for (uint32_t c = 0; c < columns_; ++c) {
    const FittedPiece& piece = pieces_[piece_of(c)];
    place_[c] = frame_back_ * (piece.position + piece.velocity * static_cast<double>(c - piece.first_column));
  }
  for (size_t i = 0; i < distance_.size(); ++i) {
    const double distance = length(relative(i));
    distance_[i] = distance < kFar_m ? distance : 0;  // 0 for NaN, too: no return that could tell anything
  }
}

/// Makes the attitudes of each piece a straight line.
void MotionFit::straighten() {
  for (size_t k = 0; k < pieces_.size(); ++k) {
    const uint32_t first = pieces_[k].first_column;
    const uint32_t end = k + 1 < pieces_.size() ? pieces_[k + 1].first_column : columns_;
    NormalEquations<2> fx, fy, fz;
    for (uint32_t c = first; c < end; ++c) {
      const std::array<double, 2> row{1.0, static_cast<double>(c - first)};
      fx.add(row, angle_[c].x);
      fy.add(row, angle_[c].y);
      fz.add(row, angle_[c].z);
    }
    std::array<double, 2> x, y, z;
    if (end - first > 3 && fx.solve(x) && fy.solve(y) && fz.solve(z)) {
      pieces_[k].angle = {x[0], y[0], z[0]};
      pieces_[k].rate = {x[1], y[1], z[1]};
    } else {
      pieces_[k].angle = angle_[first];
      pieces_[k].rate = {};
    }
  }
}

bool MotionFit::fit_azimuths(ColumnSensorTable& sensor) {
  const double turn = sensor.azimuth_ticks_per_turn;
  std::vector<double> real(distance_.size());
  std::vector<int32_t> tick(distance_.size());
  std::vector<uint8_t> use(distance_.size());
  const bool rule_known = !sensor.rule.firing_position.empty();
  for (uint32_t c = 0; c < columns_; ++c) {
    const FittedPiece& piece = pieces_[piece_of(c)];
    const Mat3 back = transposed(rotation_matrix(piece.angle + piece.rate * static_cast<double>(c - piece.first_column)));
    for (uint32_t l = 0; l < lasers_; ++l) {
      const size_t i = static_cast<size_t>(c) * lasers_ + l;
      if (!(distance_[i] > 1.0)) continue;
      const Vec3 p = relative(i);
      real[i] = wrapped_turn(std::atan2(dot(back.row[1], p), dot(back.row[0], p)) / kTurn_rad * turn, turn);
      tick[i] = static_cast<int32_t>(std::lround(real[i]));
      // Close by, rounding of the coordinates is as large as a tick.
      use[i] = std::abs(real[i] - tick[i]) < 0.3 && (rule_known || distance_[i] > 3.0);
    }
  }
  if (!rule_known) sensor.rule = find_firing_rule(real, use, lasers_, static_cast<int32_t>(turn));
  if (sensor.rule.firing_position.empty()) return false;
  azimuths_ = fit_column_azimuths(sensor.rule, tick, use, lasers_, static_cast<int32_t>(turn));
  return true;
}

bool MotionFit::run(ColumnSensorTable& sensor) {
  const bool known = sensor.known();
  if (known && (sensor.elevation_mdeg.size() != lasers_ || sensor.rule.firing_position.size() != lasers_)) return false;
  if (!known && (!find_range_tick(sensor) || !find_elevations(sensor))) return false;
  if (!known) sensor.azimuth_ticks_per_turn = 36000;
  std::vector<double> elevation;
  for (const int32_t e : sensor.elevation_mdeg) elevation.push_back(e * kTurn_rad / 360000);
  fit_tilt(elevation, kMostKnots);
  if (!fit_yaw(sensor.azimuth_ticks_per_turn)) return false;
  sensor_ = sensor;
  lattice_.emplace(FiringLatticeTable{sensor.range_tick_um, sensor.azimuth_ticks_per_turn, sensor.single_precision, sensor.elevation_mdeg});
  straighten();
  refine(true, false);
  if (!known) refine(false, false);
  if (!fit_azimuths(sensor)) return false;
  sensor_.rule = sensor.rule;
  if (refine(false, true) < 0.5) return false;
  if (move_cuts()) {
    if (!fit_azimuths(sensor)) return false;
    refine(false, true);
  }
  split_pieces();
  refine(false, true);
  if (!known) choose_precision(sensor);
  return refine(false, true) > 0.7;
}

ColumnMotion MotionFit::motion() const {
  ColumnMotion result{frame_, {}};
  for (const FittedPiece& piece : pieces_) {
    result.pieces.push_back({piece.first_column, in_units(piece.position, kPositionUnit_m), in_units(piece.velocity, kVelocityUnit_m),
                             in_units(piece.angle, kAngleUnit_rad), in_units(piece.rate, kAngularRateUnit_rad)});
  }
  return result;
}

}  // namespace dew
