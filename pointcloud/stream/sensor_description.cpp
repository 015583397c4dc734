// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/stream/sensor_description.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "entropy/checksum.h"
#include "pointcloud/coding/layout_numbers.h"
#include "pointcloud/coding/network_range_model.h"
#include "pointcloud/coding/range_networks.h"
#include "pointcloud/scan.h"

namespace dew {
namespace {

constexpr size_t kMostNameBytes = 64;
constexpr uint8_t kHasNetwork = 1, kHasCalibration = 2, kHasFiringTimes = 4, kHasInterNetwork = 8;

double LaserModel::*const kLaserNumbers[] = {&LaserModel::elevation_rad, &LaserModel::azimuth_offset_rad, &LaserModel::vertical_offset_m,
                                             &LaserModel::horizontal_offset_m, &LaserModel::range_offset_m};

/// One number a laser; said once where all are equal.
void write_numbers(const std::vector<double>& numbers, ByteWriter& writer) {
  const bool equal = std::all_of(numbers.begin(), numbers.end(), [&](double number) { return number == numbers[0]; });
  writer.u8(equal ? 1 : 0);
  for (size_t i = 0; i < (equal ? 1 : numbers.size()); ++i) writer.f64(numbers[i]);
}

Result<std::vector<double>> read_numbers(ByteReader& reader, uint32_t lasers) {
  DEW_ASSIGN(const uint8_t equal, reader.u8());
  if (equal > 1) return Error{Code::corrupt, reader.offset(), "numbers of lasers are neither equal nor different"};
  std::vector<double> numbers;
  for (uint32_t i = 0; i < (equal != 0 ? 1 : lasers); ++i) {
    DEW_ASSIGN(const double number, reader.f64());
    // Angles, metres and nanoseconds of real sensors are far below.
    if (!(std::abs(number) <= 1e9)) return Error{Code::corrupt, reader.offset(), "a number of the sensor's calibration is out of range"};
    numbers.push_back(number);
  }
  numbers.resize(lasers, numbers[0]);
  return numbers;
}

void write_calibration(const SensorCalibration& calibration, ByteWriter& writer) {
  writer.f64(calibration.beam_origin_m);
  writer.f64(calibration.column_ns);
  std::vector<double> numbers(calibration.lasers.size());
  for (double LaserModel::*const number : kLaserNumbers) {
    std::transform(calibration.lasers.begin(), calibration.lasers.end(), numbers.begin(),
                   [&](const LaserModel& laser) { return laser.*number; });
    write_numbers(numbers, writer);
  }
  if (!calibration.firing_ns.empty()) write_numbers(calibration.firing_ns, writer);
}

Result<SensorCalibration> read_calibration_numbers(ByteReader& reader, uint32_t lasers, bool has_firing_times) {
  SensorCalibration calibration;
  DEW_ASSIGN(calibration.beam_origin_m, reader.f64());
  DEW_ASSIGN(calibration.column_ns, reader.f64());
  if (!(std::abs(calibration.beam_origin_m) <= 1e3) || !(std::abs(calibration.column_ns) <= 1e12))
    return Error{Code::corrupt, reader.offset(), "a number of the sensor's calibration is out of range"};
  calibration.lasers.resize(lasers);
  for (double LaserModel::*const number : kLaserNumbers) {
    DEW_ASSIGN(const std::vector<double> numbers, read_numbers(reader, lasers));
    for (uint32_t i = 0; i < lasers; ++i) calibration.lasers[i].*number = numbers[i];
  }
  if (has_firing_times) {
    DEW_ASSIGN(calibration.firing_ns, read_numbers(reader, lasers));
  }
  return calibration;
}

}  // namespace

Result<SensorDescription> describe_sensor(const Scan& turn, std::string name, std::optional<SensorCalibration> calibration, Effort effort,
                                          uint32_t planes_left_out, uint32_t columns_per_turn) {
  if (turn.columns == 0 || turn.lasers == 0 || turn.lasers > kMostGridRows)
    return Error{Code::invalid_argument, 0, "a sensor of no or more than 4,096 lasers cannot be streamed"};
  SensorDescription sensor;
  sensor.lasers = turn.lasers;
  sensor.tick_um = turn.tick_um;
  sensor.azimuth_units_per_turn = turn.azimuth_units_per_turn;
  sensor.range_bytes = turn.range_bytes;
  sensor.columns_per_turn = columns_per_turn != 0 ? columns_per_turn : turn.columns;
  sensor.planes_left_out = planes_left_out;
  sensor.layout = find_scan_layout(turn);
  sensor.name = name.substr(0, kMostNameBytes);
  if (!calibration) {
    if (const SensorCalibration* known = find_calibration(name)) calibration = *known;
  }
  if (calibration && calibration->lasers.size() == turn.lasers) sensor.calibration = std::move(calibration);
  if (effort != Effort::fast) {
    DEW_ASSIGN(const IntNet* network, choose_range_network(effort, ""));
    if (network != nullptr) {
      sensor.network = network_id(*network);
      if (const IntNet* beside = inter_network_beside(*network)) sensor.inter_network = network_id(*beside);
    }
  }
  sensor.id = static_cast<uint32_t>(checksum(write_description(sensor)));
  return sensor;
}

Bytes write_description(const SensorDescription& description) {
  ByteWriter writer;
  writer.varint(description.lasers);
  writer.varint(description.tick_um);
  writer.varint(description.azimuth_units_per_turn);
  writer.u8(static_cast<uint8_t>(description.range_bytes));
  writer.varint(description.columns_per_turn);
  writer.varint(description.planes_left_out);
  writer.sized_bytes(as_bytes(description.name));
  write_layout(description.layout, writer);
  const bool has_times = description.calibration && !description.calibration->firing_ns.empty();
  writer.u8(static_cast<uint8_t>((description.network ? kHasNetwork : 0) | (description.calibration ? kHasCalibration : 0) |
                                 (has_times ? kHasFiringTimes : 0) | (description.inter_network ? kHasInterNetwork : 0)));
  if (description.network) writer.bytes(*description.network);
  if (description.inter_network) writer.bytes(*description.inter_network);
  if (description.calibration) write_calibration(*description.calibration, writer);
  return writer.take();
}

Result<SensorDescription> read_description(ByteSpan message, const DecodeLimits& limits) {
  Budget budget(limits);
  ByteReader reader(message);
  SensorDescription sensor;
  sensor.id = static_cast<uint32_t>(checksum(message));
  const auto number = [&](uint32_t& to, uint64_t least, uint64_t most, const char* what) -> Status {
    DEW_ASSIGN(const uint64_t value, reader.varint());
    if (value < least || value > most)
      return Error{Code::corrupt, reader.offset(), std::string(what) + " of the stream's sensor is out of range: " + std::to_string(value)};
    to = static_cast<uint32_t>(value);
    return {};
  };
  DEW_TRY(number(sensor.lasers, 1, kMostGridRows, "the number of lasers"));
  DEW_TRY(number(sensor.tick_um, 1, 1'000'000, "the range tick"));
  DEW_TRY(number(sensor.azimuth_units_per_turn, 1, 65536, "the turn"));
  DEW_ASSIGN(sensor.range_bytes, reader.u8());
  if (sensor.range_bytes != 2 && sensor.range_bytes != 4) return Error{Code::corrupt, reader.offset(), "ranges have 2 or 4 bytes"};
  DEW_TRY(number(sensor.columns_per_turn, 0, 1u << 24, "the number of columns"));
  DEW_TRY(number(sensor.planes_left_out, 0, 255, "the number of planes"));
  DEW_ASSIGN(const ByteSpan name, reader.sized_bytes());
  if (name.size() > kMostNameBytes) return Error{Code::corrupt, reader.offset(), "the sensor's name is longer than 64 bytes"};
  sensor.name = as_text(name);
  DEW_TRY(budget.take_memory(uint64_t{sensor.lasers} * 64, reader.offset()));
  DEW_ASSIGN(sensor.layout, read_layout(reader, sensor.lasers, budget));
  DEW_ASSIGN(const uint8_t flags, reader.u8());
  if (flags > (kHasNetwork | kHasCalibration | kHasFiringTimes | kHasInterNetwork) ||
      (flags & (kHasCalibration | kHasFiringTimes)) == kHasFiringTimes || (flags & (kHasNetwork | kHasInterNetwork)) == kHasInterNetwork)
    return Error{Code::corrupt, reader.offset(), "unknown flags in the description of the sensor"};
  for (const auto& [flag, to] : {std::pair{kHasNetwork, &sensor.network}, std::pair{kHasInterNetwork, &sensor.inter_network}}) {
    if ((flags & flag) == 0) continue;
    ModelId id;
    DEW_ASSIGN(const ByteSpan bytes, reader.bytes(id.size()));
    std::copy(bytes.begin(), bytes.end(), id.begin());
    *to = id;
  }
  if ((flags & kHasCalibration) != 0) {
    DEW_ASSIGN(sensor.calibration, read_calibration_numbers(reader, sensor.lasers, (flags & kHasFiringTimes) != 0));
    sensor.calibration->sensor = sensor.name;
  }
  DEW_TRY(reader.expect_end());
  return sensor;
}

namespace {

template <class Takes>
Result<const IntNet*> network_called(const std::optional<ModelId>& id, Takes&& takes) {
  if (!id) return nullptr;
  const IntNet* network = find_model(*id);
  if (network == nullptr || !takes(*network))
    return Error{Code::unsupported_feature, 0, "the stream needs network " + to_hex(*id) + ", which this dew does not have"};
  return network;
}

}  // namespace

Result<const IntNet*> network_of(const SensorDescription& description) {
  return network_called(description.network, [](const IntNet& network) { return NetworkRangeModel::takes(network); });
}

Result<const IntNet*> inter_network_of(const SensorDescription& description) {
  return network_called(description.inter_network, [](const IntNet& network) { return InterRangeModel::takes(network); });
}

}  // namespace dew
