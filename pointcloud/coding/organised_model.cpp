// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/organised_model.h"

#include <array>

#include "pointcloud/coding/attributes.h"
#include "pointcloud/coding/column_numbers.h"
#include "pointcloud/coding/frame.h"
#include "pointcloud/scan.h"

namespace dew {
namespace {

constexpr uint8_t kFlagSinglePrecision = 1, kFlagColumnMajor = 1;
/// Numbers of a laser, in the order in which they are coded.
constexpr std::array<int64_t OrganisedLaser::*, 7> kNumbers = {
    &OrganisedLaser::elevation, &OrganisedLaser::beam_azimuth, &OrganisedLaser::forward,   &OrganisedLaser::side,
    &OrganisedLaser::vertical,  &OrganisedLaser::range_offset, &OrganisedLaser::file_shift};

Error corrupt(uint64_t offset, const char* message) { return Error{Code::corrupt, offset, message}; }

/// A varint within bounds.
Result<uint64_t> number_within(ByteReader& reader, uint64_t low, uint64_t high) {
  DEW_ASSIGN(const uint64_t value, reader.varint());
  if (value < low || value > high) return corrupt(reader.offset(), "a number of an organised cloud's model is out of range");
  return value;
}

void write_sensor_numbers(const OrganisedSensor& sensor, ByteWriter& writer) {
  writer.varint(sensor.lasers.size());
  writer.u8(sensor.single_precision ? kFlagSinglePrecision : 0);
  writer.varint(sensor.range_tick_um);
  writer.varint(sensor.length_unit_nm);
  writer.varint(sensor.angle_units_per_turn);
  for (const auto number : kNumbers) {
    std::vector<int64_t> values;
    for (const OrganisedLaser& laser : sensor.lasers) values.push_back(laser.*number);
    writer.sized_bytes(encode_sequence(values, 1));
  }
  writer.sized_bytes(encode_sequence(std::vector<int64_t>(sensor.file_row.begin(), sensor.file_row.end()), 1));
}

Result<OrganisedSensor> read_sensor_numbers(ByteReader& reader, Budget& budget) {
  OrganisedSensor sensor;
  DEW_ASSIGN(const uint64_t lasers, number_within(reader, 1, kMostGridRows));
  DEW_ASSIGN(const uint8_t flags, reader.u8());
  if (flags > kFlagSinglePrecision) return corrupt(reader.offset(), "unknown flag of an organised cloud's sensor");
  sensor.single_precision = flags != 0;
  DEW_ASSIGN(const uint64_t tick, number_within(reader, 1, 1'000'000));
  DEW_ASSIGN(const uint64_t length_unit, number_within(reader, 1, 1'000'000));
  DEW_ASSIGN(sensor.angle_units_per_turn, number_within(reader, 1, uint64_t{1} << 44));
  sensor.range_tick_um = static_cast<uint32_t>(tick);
  sensor.length_unit_nm = static_cast<uint32_t>(length_unit);
  sensor.lasers.resize(lasers);
  for (const auto number : kNumbers) {
    DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
    DEW_ASSIGN(const std::vector<int64_t> values, decode_sequence(coded, lasers, 1, budget, reader.offset()));
    for (size_t i = 0; i < lasers; ++i) sensor.lasers[i].*number = values[i];
  }
  DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
  DEW_ASSIGN(const std::vector<int64_t> rows, decode_sequence(coded, lasers, 1, budget, reader.offset()));
  for (const int64_t row : rows) {
    if (row < 0 || row >= static_cast<int64_t>(lasers)) return corrupt(reader.offset(), "a row of an organised cloud is out of range");
    sensor.file_row.push_back(static_cast<uint16_t>(row));
  }
  return sensor;
}

}  // namespace

void write_organised_model(const OrganisedModel& model, ByteWriter& writer) {
  writer.varint(model.columns);
  writer.u8(model.column_major ? kFlagColumnMajor : 0);
  writer.u8(static_cast<uint8_t>(model.rounding.kind));
  writer.varint(model.rounding.number);
  writer.varint(model.azimuth_units_per_turn);
  writer.signed_varint(model.column_step);
  writer.signed_varint(model.azimuth_zero);
  writer.sized_bytes(encode_column_numbers(std::vector<int64_t>(model.column_azimuth.begin(), model.column_azimuth.end())));
  write_sensor_numbers(model.sensor, writer);
}

Result<OrganisedModel> read_organised_model(ByteReader& reader, uint64_t coded_bytes, Budget& budget) {
  OrganisedModel model;
  DEW_ASSIGN(const uint64_t columns, number_within(reader, 1, kMostGridColumns));
  if (columns > max_cells(coded_bytes)) return corrupt(reader.offset(), "more columns than the file's bytes can hold");
  model.columns = static_cast<uint32_t>(columns);
  DEW_ASSIGN(const uint8_t flags, reader.u8());
  DEW_ASSIGN(const uint8_t kind, reader.u8());
  if (flags > kFlagColumnMajor || kind > static_cast<uint8_t>(RoundingKind::offsets))
    return corrupt(reader.offset(), "unknown flag or rounding of an organised cloud");
  model.column_major = flags != 0;
  model.rounding.kind = static_cast<RoundingKind>(kind);
  DEW_ASSIGN(const uint64_t rounding, number_within(reader, 0, 1'000'000));
  DEW_ASSIGN(const uint64_t units, number_within(reader, 1, uint64_t{1} << 30));
  model.rounding.number = static_cast<uint32_t>(rounding);
  model.azimuth_units_per_turn = static_cast<uint32_t>(units);
  DEW_ASSIGN(const int64_t step, reader.signed_varint());
  if (step < -(int64_t{1} << 30) || step > (int64_t{1} << 30)) return corrupt(reader.offset(), "the step of columns is out of range");
  model.column_step = static_cast<int32_t>(step);
  DEW_ASSIGN(model.azimuth_zero, reader.signed_varint());
  DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
  DEW_ASSIGN(const std::vector<int64_t> azimuths, decode_column_numbers(coded, columns, budget, reader.offset()));
  DEW_TRY(budget.take_memory(columns * 40, reader.offset()));
  for (const int64_t azimuth : azimuths) {
    if (azimuth < -(int64_t{1} << 30) || azimuth > (int64_t{1} << 30))
      return corrupt(reader.offset(), "a column's azimuth is out of range");
    model.column_azimuth.push_back(static_cast<int32_t>(azimuth));
  }
  DEW_ASSIGN(model.sensor, read_sensor_numbers(reader, budget));
  DEW_TRY(check_organised(model));
  return model;
}

}  // namespace dew
