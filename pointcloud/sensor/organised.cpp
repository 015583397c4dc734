// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/organised.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "entropy/exact_math.h"
#include "pointcloud/scan.h"
#include "pointcloud/sensor/firing_lattice.h"

namespace dew {
namespace {

constexpr int64_t kMostNumber = int64_t{1} << 44;

int64_t modulo(int64_t value, int64_t of) { return ((value % of) + of) % of; }

/// Columns from a laser's firing column to the grid's: as many as its beam's azimuth is steps of a column.
int64_t grid_shift(const OrganisedModel& model, const OrganisedLaser& laser) {
  const double turns = static_cast<double>(laser.beam_azimuth) / static_cast<double>(model.sensor.angle_units_per_turn);
  return static_cast<int64_t>(std::floor(turns * model.azimuth_units_per_turn / model.column_step + 0.5));
}

}  // namespace

OrganisedGeometry::OrganisedGeometry(const OrganisedModel& model)
    : tick_m_(model.sensor.range_tick_um * 1e-6), single_precision_(model.sensor.single_precision), column_major_(model.column_major) {
  const auto direction = [](double angle_rad) -> Direction {
    const exact::SinCos both = exact::sincos(angle_rad);
    return {both.sin, both.cos};
  };
  const double azimuth_unit_rad = kTurn_rad / model.azimuth_units_per_turn,
               zero_rad = static_cast<double>(model.azimuth_zero) * (kTurn_rad * 0x1p-48);
  for (const int32_t azimuth : model.column_azimuth) {
    columns_.push_back(direction(static_cast<double>(modulo(azimuth, model.azimuth_units_per_turn)) * azimuth_unit_rad + zero_rad));
  }
  const double angle_unit_rad = kTurn_rad / static_cast<double>(model.sensor.angle_units_per_turn),
               metre = model.sensor.length_unit_nm * 1e-9;
  for (size_t i = 0; i < model.sensor.lasers.size(); ++i) {
    const OrganisedLaser& laser = model.sensor.lasers[i];
    Row row;
    row.beam = direction(static_cast<double>(laser.beam_azimuth) * angle_unit_rad);
    row.elevation = direction(static_cast<double>(laser.elevation) * angle_unit_rad);
    row.forward_m = static_cast<double>(laser.forward) * metre;
    row.side_m = static_cast<double>(laser.side) * metre;
    row.vertical_m = static_cast<double>(laser.vertical) * metre;
    row.range_offset_m = static_cast<double>(laser.range_offset) * metre;
    row.grid_shift = static_cast<uint32_t>(modulo(grid_shift(model, laser), model.columns));
    row.file_shift = static_cast<uint32_t>(modulo(laser.file_shift, model.columns));
    row.file_row = model.sensor.file_row[i];
    rows_.push_back(row);
  }
}

Vec3 OrganisedGeometry::point(uint32_t row, uint32_t firing_column, uint32_t range) const {
  const Row& r = rows_[row];
  const Direction& c = columns_[firing_column];
  const double cos_a = c.cos * r.beam.cos - c.sin * r.beam.sin;
  const double sin_a = c.sin * r.beam.cos + c.cos * r.beam.sin;
  const Vec3 along = {r.elevation.cos * cos_a, r.elevation.cos * sin_a, r.elevation.sin};
  const Vec3 origin = {r.forward_m * c.cos - r.side_m * sin_a, r.forward_m * c.sin + r.side_m * cos_a, r.vertical_m};
  if (single_precision_) {
    const auto axis = [&](double u, double o) {
      const double product = rounded_to_float(static_cast<double>(range) * rounded_to_float(u * tick_m_));
      return product + rounded_to_float(u * r.range_offset_m + o);
    };
    return {axis(along.x, origin.x), axis(along.y, origin.y), axis(along.z, origin.z)};
  }
  const double d = static_cast<double>(range) * tick_m_ + r.range_offset_m;
  return {d * along.x + origin.x, d * along.y + origin.y, d * along.z + origin.z};
}

uint32_t OrganisedGeometry::octant(uint32_t row, uint32_t firing_column) const {
  const Row& r = rows_[row];
  const Direction& c = columns_[firing_column];
  return (c.cos * r.beam.cos - c.sin * r.beam.sin < 0 ? 1u : 0u) + (c.sin * r.beam.cos + c.cos * r.beam.sin < 0 ? 2u : 0u) +
         (r.elevation.sin < 0 ? 4u : 0u);
}

OrganisedModel coarser(OrganisedModel model) {
  constexpr int64_t kAngleFactor = 128, kLengthFactor = 10000;
  constexpr int32_t kAzimuthFactor = 64;
  const auto rounded = [](auto value, auto factor) { return (value + (value < 0 ? -factor : factor) / 2) / factor; };
  OrganisedSensor& sensor = model.sensor;
  if (sensor.angle_units_per_turn == kFineAngleUnits) {
    sensor.angle_units_per_turn /= kAngleFactor;
    for (OrganisedLaser& laser : sensor.lasers) {
      for (int64_t* angle : {&laser.elevation, &laser.beam_azimuth}) *angle = rounded(*angle, kAngleFactor);
    }
  }
  if (sensor.length_unit_nm == kFineLengthUnit_nm) {
    sensor.length_unit_nm *= static_cast<uint32_t>(kLengthFactor);
    for (OrganisedLaser& laser : sensor.lasers) {
      for (int64_t* length : {&laser.forward, &laser.side, &laser.vertical, &laser.range_offset}) *length = rounded(*length, kLengthFactor);
    }
  }
  if (model.azimuth_units_per_turn == kFineAzimuthUnits) {
    model.azimuth_units_per_turn /= static_cast<uint32_t>(kAzimuthFactor);
    model.column_step = rounded(model.column_step, kAzimuthFactor);
    for (int32_t& azimuth : model.column_azimuth) azimuth = rounded(azimuth, kAzimuthFactor);
  }
  return model;
}

Status check_organised(const OrganisedModel& model) {
  const auto corrupt = [](const char* what) {
    return Error{Code::corrupt, 0, std::string(what) + " of an organised cloud is out of range"};
  };
  const OrganisedSensor& sensor = model.sensor;
  if (model.columns == 0 || model.columns > kMostGridColumns || model.column_azimuth.size() != model.columns)
    return corrupt("the number of columns");
  if (!model.rounding.valid()) return corrupt("the rounding");
  if (model.azimuth_units_per_turn == 0 || model.azimuth_units_per_turn > (1u << 30) || model.column_step == 0)
    return corrupt("the column azimuth");
  if (std::abs(static_cast<double>(model.azimuth_zero)) > 0x1p49) return corrupt("the azimuth zero");
  if (sensor.range_tick_um == 0 || sensor.range_tick_um > 1'000'000 || sensor.length_unit_nm == 0 || sensor.length_unit_nm > 1'000'000)
    return corrupt("a unit");
  if (sensor.angle_units_per_turn == 0 || sensor.angle_units_per_turn > (uint64_t{1} << 44)) return corrupt("a unit");
  if (sensor.lasers.empty() || sensor.lasers.size() > kMostGridRows || sensor.file_row.size() != sensor.lasers.size())
    return corrupt("the number of lasers");
  std::vector<bool> taken(sensor.lasers.size(), false);
  for (size_t i = 0; i < sensor.lasers.size(); ++i) {
    const OrganisedLaser& laser = sensor.lasers[i];
    // Sums stay below 1e9 m, angles below a few turns.
    for (const int64_t length : {laser.forward, laser.side, laser.vertical, laser.range_offset}) {
      if (std::abs(static_cast<double>(length)) * sensor.length_unit_nm > 1e17) return corrupt("an offset");
    }
    for (const int64_t angle : {laser.elevation, laser.beam_azimuth}) {
      if (std::abs(static_cast<double>(angle)) > 2 * static_cast<double>(sensor.angle_units_per_turn)) return corrupt("an angle");
    }
    if (laser.file_shift > kMostNumber || laser.file_shift < -kMostNumber) return corrupt("a shift");
    if (sensor.file_row[i] >= taken.size() || taken[sensor.file_row[i]]) return corrupt("the order of rows");
    taken[sensor.file_row[i]] = true;
  }
  return {};
}

}  // namespace dew
