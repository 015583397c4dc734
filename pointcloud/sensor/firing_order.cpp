// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/firing_order.h"

#include <cmath>

namespace dew {
namespace {

constexpr uint32_t kMostLasers = 1024;
constexpr uint32_t kMostAzimuthTicks = 1u << 18;
constexpr uint32_t kMostDivisor = 4096;
constexpr int64_t kMostExactUnits = int64_t{1} << 52;  // exact as a double

Error wrong(const char* what) { return {Code::corrupt, 0, std::string("firing-order model: ") + what}; }

bool small(const Int3& v) {
  for (const int64_t value : v) {
    if (value > kMostExactUnits || value < -kMostExactUnits) return false;
  }
  return true;
}

void write_int3(const Int3& v, ByteWriter& writer) {
  for (const int64_t value : v) writer.signed_varint(value);
}

Status read_int3(ByteReader& reader, Int3& v) {
  for (int64_t& value : v) {
    DEW_ASSIGN(value, reader.signed_varint());
  }
  return {};
}

template <class T>
Status read_number(ByteReader& reader, T& number, uint64_t most, const char* what) {
  const uint64_t at = reader.offset();
  DEW_ASSIGN(const uint64_t value, reader.varint());
  if (value > most) return Error{Code::corrupt, at, std::string("firing-order model: ") + what};
  number = static_cast<T>(value);
  return {};
}

/// Predicts a piece as the one before continued.
MotionPiece continued(const MotionPiece& before, uint32_t first_column) {
  MotionPiece piece = before;
  piece.first_column = first_column;
  const int64_t columns = static_cast<int64_t>(first_column) - before.first_column;
  // 2^-10 is the ratio of both pairs of units. Unsigned: files may hold any numbers, which then wrap the same way everywhere.
  for (size_t axis = 0; axis < 3; ++axis) {
    const auto on = [&](int64_t rate) {
      return static_cast<uint64_t>(static_cast<int64_t>(static_cast<uint64_t>(rate) * static_cast<uint64_t>(columns)) >> 10);
    };
    piece.position[axis] = static_cast<int64_t>(static_cast<uint64_t>(piece.position[axis]) + on(piece.velocity[axis]));
    piece.angle[axis] = static_cast<int64_t>(static_cast<uint64_t>(piece.angle[axis]) + on(piece.rate[axis]));
  }
  return piece;
}

Int3 difference(const Int3& a, const Int3& b) {
  Int3 result;
  for (size_t k = 0; k < 3; ++k) result[k] = static_cast<int64_t>(static_cast<uint64_t>(a[k]) - static_cast<uint64_t>(b[k]));
  return result;
}

Int3 sum(const Int3& a, const Int3& b) {
  Int3 result;
  for (size_t k = 0; k < 3; ++k) result[k] = static_cast<int64_t>(static_cast<uint64_t>(a[k]) + static_cast<uint64_t>(b[k]));
  return result;
}

Status read_frame(ByteReader& reader, RoundedFrame& frame) {
  DEW_TRY(read_number(reader, frame.present, 1, "flag of the rounded frame"));
  if (!frame.present) return {};
  DEW_TRY(read_int3(reader, frame.rotation));
  for (double& origin : frame.origin_m) {
    DEW_ASSIGN(origin, reader.f64());
  }
  for (int8_t& exponent : frame.floor_exponent) {
    uint8_t negative = 0;
    DEW_TRY(read_number(reader, negative, 60, "exponent of the rounded frame"));
    exponent = static_cast<int8_t>(-negative);
  }
  return {};
}

}  // namespace

FiringOrderPoints::FiringOrderPoints(const FiringOrderModel& model)
    : lattice_(
          {model.sensor.range_tick_um, model.sensor.azimuth_ticks_per_turn, model.sensor.single_precision, model.sensor.elevation_mdeg}),
      poses_(model.motion, model.columns),
      turn_(static_cast<int32_t>(model.sensor.azimuth_ticks_per_turn)) {}

Status check_firing_order(const FiringOrderModel& model) {
  const FiringOrderSensor& sensor = model.sensor;
  const size_t lasers = sensor.place_of_laser.size();
  if (lasers == 0 || lasers > kMostLasers) return wrong("1 to 1,024 lasers expected");
  if (sensor.elevation_mdeg.size() != lasers || sensor.rule.firing_position.size() != lasers) return wrong("tables of different sizes");
  if (sensor.range_tick_um == 0 || sensor.range_tick_um > 1000000) return wrong("range tick of 1 um to 1 m expected");
  if (sensor.azimuth_ticks_per_turn == 0 || sensor.azimuth_ticks_per_turn > kMostAzimuthTicks) return wrong("azimuth ticks out of range");
  if (sensor.rule.divisor == 0 || sensor.rule.divisor > kMostDivisor) return wrong("divisor of the firing rule out of range");
  std::vector<bool> seen(lasers, false);
  for (const uint16_t place : sensor.place_of_laser) {
    if (place >= lasers || seen[place]) return wrong("places of the lasers are no permutation");
    seen[place] = true;
  }
  for (const int32_t elevation : sensor.elevation_mdeg) {
    if (elevation < -90000 || elevation > 90000) return wrong("elevation beyond 90 degrees");
  }
  const RoundedFrame& frame = model.motion.frame;
  if (!small(frame.rotation)) return wrong("rotation of the rounded frame out of range");
  for (size_t axis = 0; axis < 3; ++axis) {
    if (!(std::abs(frame.origin_m[axis]) < 0x1p40)) return wrong("origin of the rounded frame out of range");
    if (frame.floor_exponent[axis] > 0 || frame.floor_exponent[axis] < -60) return wrong("exponent of the rounded frame out of range");
  }
  if (!model.motion.pieces.empty() && model.motion.pieces.front().first_column != 0) return wrong("first motion piece is not at column 0");
  for (size_t k = 0; k < model.motion.pieces.size(); ++k) {
    const MotionPiece& piece = model.motion.pieces[k];
    if (k > 0 && piece.first_column <= model.motion.pieces[k - 1].first_column) return wrong("motion pieces out of order");
    if (piece.first_column >= model.columns) return wrong("motion piece beyond the last column");
    if (!small(piece.position) || !small(piece.velocity) || !small(piece.angle) || !small(piece.rate)) return wrong("motion out of range");
  }
  return {};
}

void write_firing_order(const FiringOrderModel& model, ByteWriter& writer) {
  const FiringOrderSensor& sensor = model.sensor;
  writer.varint(model.columns);
  writer.varint(sensor.place_of_laser.size());
  writer.varint(sensor.range_tick_um);
  writer.varint(sensor.azimuth_ticks_per_turn);
  writer.varint(sensor.single_precision);
  writer.varint(sensor.rule.divisor);
  int32_t elevation = 0;
  for (size_t laser = 0; laser < sensor.place_of_laser.size(); ++laser) {
    writer.varint(sensor.place_of_laser[laser]);
    writer.signed_varint(sensor.elevation_mdeg[laser] - elevation);
    writer.varint(sensor.rule.firing_position[laser]);
    elevation = sensor.elevation_mdeg[laser];
  }
  const RoundedFrame& frame = model.motion.frame;
  writer.varint(frame.present);
  if (frame.present) {
    write_int3(frame.rotation, writer);
    for (const double origin : frame.origin_m) writer.f64(origin);
    for (const int8_t exponent : frame.floor_exponent) writer.varint(static_cast<uint64_t>(-exponent));
  }
  writer.varint(model.motion.pieces.size());
  MotionPiece before;
  for (const MotionPiece& piece : model.motion.pieces) {
    const MotionPiece expected = continued(before, piece.first_column);
    writer.varint(piece.first_column - before.first_column);
    write_int3(difference(piece.position, expected.position), writer);
    write_int3(difference(piece.velocity, expected.velocity), writer);
    write_int3(difference(piece.angle, expected.angle), writer);
    write_int3(difference(piece.rate, expected.rate), writer);
    before = piece;
  }
}

Result<FiringOrderModel> read_firing_order(ByteReader& reader) {
  const uint64_t start = reader.offset();
  FiringOrderModel model;
  FiringOrderSensor& sensor = model.sensor;
  uint64_t lasers = 0, pieces = 0;
  DEW_TRY(read_number(reader, model.columns, UINT32_MAX, "column count out of range"));
  DEW_TRY(read_number(reader, lasers, kMostLasers, "laser count out of range"));
  DEW_TRY(read_number(reader, sensor.range_tick_um, UINT32_MAX, "range tick out of range"));
  DEW_TRY(read_number(reader, sensor.azimuth_ticks_per_turn, UINT32_MAX, "azimuth ticks out of range"));
  DEW_TRY(read_number(reader, sensor.single_precision, 1, "flag of single precision"));
  DEW_TRY(read_number(reader, sensor.rule.divisor, UINT32_MAX, "divisor out of range"));
  int64_t elevation = 0;
  for (uint64_t laser = 0; laser < lasers; ++laser) {
    uint16_t place = 0, position = 0;
    DEW_TRY(read_number(reader, place, UINT16_MAX, "place of a laser out of range"));
    DEW_ASSIGN(const int64_t change, reader.signed_varint());
    DEW_TRY(read_number(reader, position, UINT16_MAX, "firing position out of range"));
    if (change > 360000 || change < -360000) return Error{Code::corrupt, reader.offset(), "firing-order model: elevation out of range"};
    elevation += change;
    sensor.place_of_laser.push_back(place);
    sensor.elevation_mdeg.push_back(static_cast<int32_t>(elevation));
    sensor.rule.firing_position.push_back(position);
  }
  DEW_TRY(read_frame(reader, model.motion.frame));
  DEW_TRY(read_number(reader, pieces, UINT32_MAX, "piece count out of range"));
  MotionPiece before;
  for (uint64_t k = 0; k < pieces; ++k) {  // ends with the bytes: a piece takes 13 at least
    uint32_t columns = 0;
    DEW_TRY(read_number(reader, columns, UINT32_MAX - before.first_column, "motion piece out of range"));
    const MotionPiece expected = continued(before, before.first_column + columns);
    MotionPiece piece = expected, change;
    DEW_TRY(read_int3(reader, change.position));
    DEW_TRY(read_int3(reader, change.velocity));
    DEW_TRY(read_int3(reader, change.angle));
    DEW_TRY(read_int3(reader, change.rate));
    piece.position = sum(expected.position, change.position);
    piece.velocity = sum(expected.velocity, change.velocity);
    piece.angle = sum(expected.angle, change.angle);
    piece.rate = sum(expected.rate, change.rate);
    model.motion.pieces.push_back(piece);
    before = piece;
  }
  if (const Status status = check_firing_order(model); !status.ok()) {
    Error error = status.error();
    error.offset = start;
    return error;
  }
  return model;
}

}  // namespace dew
