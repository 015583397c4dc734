// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/kept_sensor.h"

#include <cmath>

#include "pointcloud/coding/layout_numbers.h"
#include "pointcloud/coding/organised_model.h"
#include "pointcloud/scan.h"

namespace dew {
namespace {

constexpr uint64_t kMagic = 0x30524F534E455344;  // "DSENSOR0"
constexpr uint8_t kLaserSorted = 1, kFiringOrder = 2, kLayout = 4, kOrganised = 8, kBeamHeads = 16;

void write_kept_beams(const KeptBeams& beams, ByteWriter& writer) {
  writer.varint(beams.heads.size());
  for (const auto& [head, elevations] : beams.heads) {
    for (const double v : head.origin) writer.f64(v);
    for (const double v : head.motion) writer.f64(v);
    for (const double v : head.tilt) writer.f64(v);
    writer.varint(elevations.size());
    for (const double elevation : elevations) writer.f64(elevation);
  }
}

Result<KeptBeams> read_kept_beams(ByteReader& reader) {
  KeptBeams beams;
  const auto read = [&](double& value, double most) -> Status {
    DEW_ASSIGN(value, reader.f64());
    if (!(std::abs(value) <= most)) return Error{Code::corrupt, reader.offset(), "a head of lasers is out of range"};
    return {};
  };
  DEW_ASSIGN(const uint64_t heads, reader.varint());
  if (heads > 16) return Error{Code::corrupt, reader.offset(), "more than 16 heads of lasers"};
  for (uint64_t i = 0; i < heads; ++i) {
    KeptHead one;
    for (double& v : one.head.origin) DEW_TRY(read(v, 1e3));
    for (double& v : one.head.motion) DEW_TRY(read(v, 1e3));
    for (double& v : one.head.tilt) DEW_TRY(read(v, 1));
    DEW_ASSIGN(const uint64_t lasers, reader.varint());
    if (lasers > kMostBeamLabels) return Error{Code::corrupt, reader.offset(), "too many lasers"};
    for (uint64_t k = 0; k < lasers; ++k) {
      double elevation = 0;
      DEW_TRY(read(elevation, 90));
      if (k > 0 && !(elevation >= one.elevations.back())) return Error{Code::corrupt, reader.offset(), "lasers are not in order"};
      one.elevations.push_back(elevation);
    }
    beams.heads.push_back(std::move(one));
  }
  return beams;
}

}  // namespace

Bytes write_sensor(const KeptSensor& sensor) {
  ByteWriter writer;
  writer.u64(kMagic);
  writer.u8(static_cast<uint8_t>((sensor.laser_sorted ? kLaserSorted : 0) | (sensor.firing_order ? kFiringOrder : 0) |
                                 (sensor.layout ? kLayout : 0) | (sensor.organised ? kOrganised : 0) | (sensor.beams ? kBeamHeads : 0)));
  if (sensor.laser_sorted) write_model(*sensor.laser_sorted, writer);
  if (sensor.firing_order) {
    // The model's own bytes, of a frame without columns and motion.
    FiringOrderModel model;
    model.sensor = *sensor.firing_order;
    write_firing_order(model, writer);
  }
  if (sensor.layout) {
    writer.varint(sensor.layout->laser_of_row.size());
    write_layout(*sensor.layout, writer);
  }
  if (sensor.organised) write_organised_model(*sensor.organised, writer);
  if (sensor.beams) write_kept_beams(*sensor.beams, writer);
  return writer.take();
}

Result<KeptSensor> read_sensor(ByteSpan bytes) {
  ByteReader reader(bytes);
  DEW_ASSIGN(const uint64_t magic, reader.u64());
  if (magic != kMagic) return Error{Code::corrupt, 0, "this is no sensor file that dew wrote"};
  DEW_ASSIGN(const uint8_t parts, reader.u8());
  if (parts > 31) return Error{Code::corrupt, 8, "unknown part of a sensor file"};
  KeptSensor sensor;
  if (parts & kLaserSorted) {
    DEW_ASSIGN(sensor.laser_sorted, read_model(reader));
  }
  if (parts & kFiringOrder) {
    DEW_ASSIGN(const FiringOrderModel model, read_firing_order(reader));
    sensor.firing_order = model.sensor;
  }
  if (parts & kLayout) {
    Budget budget{DecodeLimits{}};
    DEW_ASSIGN(const uint64_t rows, reader.varint());
    if (rows == 0 || rows > kMostGridRows) return Error{Code::corrupt, reader.offset(), "a layout's rows are out of range"};
    DEW_ASSIGN(sensor.layout, read_layout(reader, static_cast<uint32_t>(rows), budget));
  }
  if (parts & kOrganised) {
    Budget budget(DecodeLimits{});
    DEW_ASSIGN(sensor.organised, read_organised_model(reader, bytes.size(), budget));
  }
  if (parts & kBeamHeads) {
    DEW_ASSIGN(sensor.beams, read_kept_beams(reader));
  }
  DEW_TRY(reader.expect_end());
  return sensor;
}

}  // namespace dew
