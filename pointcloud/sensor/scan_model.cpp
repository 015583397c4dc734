// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/scan_model.h"

#include "entropy/exact_math.h"

namespace dew {

Lattice::LaserTerms Lattice::terms_of(const LaserModel& laser) {
  const exact::SinCos elevation = exact::sincos(laser.elevation_rad);
  const exact::SinCos offset = exact::sincos(laser.azimuth_offset_rad);
  return {elevation.sin, elevation.cos, offset.sin, offset.cos, laser.horizontal_offset_m, laser.vertical_offset_m, laser.range_offset_m};
}

Lattice::Lattice(const ScanModel& model, uint32_t azimuth_ticks_per_turn) : range_tick_m_(model.range_tick_m) {
  lasers_.reserve(model.lasers.size());
  for (const LaserModel& laser : model.lasers) lasers_.push_back(terms_of(laser));
  turn_.reserve(azimuth_ticks_per_turn);
  for (uint32_t tick = 0; tick < azimuth_ticks_per_turn; ++tick) {
    const exact::SinCos direction = exact::sincos(tick * model.azimuth_tick_rad);
    turn_.push_back({direction.sin, direction.cos});
  }
}

void Lattice::points(uint32_t laser, Block& block) const {
  const LaserTerms terms = lasers_[laser];
  std::array<double, kBlock> sines, cosines;
  for (size_t j = 0; j < kBlock; ++j) {
    sines[j] = turn_[block.azimuth[j]].sin;
    cosines[j] = turn_[block.azimuth[j]].cos;
  }
  for (size_t j = 0; j < kBlock; ++j) {
    const Vec3 point = place(terms, {sines[j], cosines[j]}, block.range[j]);
    block.x[j] = point.x;
    block.y[j] = point.y;
    block.z[j] = point.z;
  }
}

Vec3 lattice_point(const ScanModel& model, uint32_t laser, int32_t azimuth, int32_t range) {
  // A turn of one tick, which is the one asked for.
  Lattice lattice({model.range_tick_m, model.azimuth_tick_rad, {model.lasers[laser]}}, 1);
  const exact::SinCos direction = exact::sincos(azimuth * model.azimuth_tick_rad);
  lattice.turn_[0] = {direction.sin, direction.cos};
  return lattice.point(0, 0, range);
}

}  // namespace dew
