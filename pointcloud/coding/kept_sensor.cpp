// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/kept_sensor.h"

#include "pointcloud/coding/layout_numbers.h"
#include "pointcloud/coding/organised_model.h"
#include "pointcloud/scan.h"

namespace dew {
namespace {

constexpr uint64_t kMagic = 0x30524F534E455344;  // "DSENSOR0"
constexpr uint8_t kLaserSorted = 1, kFiringOrder = 2, kLayout = 4, kOrganised = 8;

}  // namespace

Bytes write_sensor(const KeptSensor& sensor) {
  ByteWriter writer;
  writer.u64(kMagic);
  writer.u8(static_cast<uint8_t>((sensor.laser_sorted ? kLaserSorted : 0) | (sensor.firing_order ? kFiringOrder : 0) |
                                 (sensor.layout ? kLayout : 0) | (sensor.organised ? kOrganised : 0)));
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
  return writer.take();
}

Result<KeptSensor> read_sensor(ByteSpan bytes) {
  ByteReader reader(bytes);
  DEW_ASSIGN(const uint64_t magic, reader.u64());
  if (magic != kMagic) return Error{Code::corrupt, 0, "this is no sensor file that dew wrote"};
  DEW_ASSIGN(const uint8_t parts, reader.u8());
  if (parts > 15) return Error{Code::corrupt, 8, "unknown part of a sensor file"};
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
  DEW_TRY(reader.expect_end());
  return sensor;
}

}  // namespace dew
