// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/laser_sorted_model.h"

#include <bit>
#include <cstdlib>
#include <limits>
#include <numbers>

#include "pointcloud/sensor/laser_runs.h"

namespace dew {
namespace {

/// Exponential Golomb codes of order k, most significant bit first: for value v, with w = v + 2^k of n bits, n - 1 - k zeros and then w.
/// Worked example: k = 2, v = 5: w = 9 = 1001b, 4 bits, so one zero: 01001.
class BitWriter {
 public:
  void put(uint64_t value, unsigned order) {
    const uint64_t shifted = value + (uint64_t{1} << order);
    const unsigned size = static_cast<unsigned>(std::bit_width(shifted));
    for (unsigned i = 0; i < size - 1 - order; ++i) bit(false);
    for (unsigned i = size; i-- > 0;) bit((shifted >> i) & 1);
  }
  static uint64_t cost(uint64_t value, unsigned order) {
    return 2 * static_cast<uint64_t>(std::bit_width(value + (uint64_t{1} << order))) - 1 - order;
  }
  const Bytes& bytes() const { return bytes_; }

 private:
  void bit(bool set) {
    if (used_ % 8 == 0) bytes_.push_back(std::byte{0});
    if (set) bytes_.back() |= std::byte{0x80} >> (used_ % 8);
    ++used_;
  }
  Bytes bytes_;
  size_t used_ = 0;
};

class BitReader {
 public:
  BitReader(ByteSpan bytes, uint64_t offset) : bytes_(bytes), offset_(offset) {}
  Result<uint64_t> get(unsigned order) {
    constexpr unsigned kMaxZeros = 36;
    unsigned zeros = 0;
    for (;;) {
      DEW_ASSIGN(const bool set, bit());
      if (set) break;
      if (++zeros > kMaxZeros) return Error{Code::corrupt, at(), "a number of the scan model has too many digits"};
    }
    uint64_t shifted = 1;
    for (unsigned i = 0; i < zeros + order; ++i) {
      DEW_ASSIGN(const bool set, bit());
      shifted = shifted << 1 | static_cast<uint64_t>(set);
    }
    return shifted - (uint64_t{1} << order);
  }
  uint64_t at() const { return offset_ + next_ / 8; }
  /// The last byte reached, and nothing but zeros after the last code.
  bool at_end() const { return (next_ + 7) / 8 == bytes_.size() && (next_ % 8 == 0 || (bytes_.back() << (next_ % 8)) == std::byte{0}); }

 private:
  Result<bool> bit() {
    if (next_ / 8 >= bytes_.size()) return Error{Code::corrupt, at(), "the numbers of the scan model end early"};
    const bool set = (bytes_[next_ / 8] & (std::byte{0x80} >> (next_ % 8))) != std::byte{0};
    ++next_;
    return set;
  }
  ByteSpan bytes_;
  uint64_t offset_;
  size_t next_ = 0;
};

/// The numbers in the order of the file.
constexpr int32_t LaserNumbers::*kNumbers[] = {&LaserNumbers::elevation,       &LaserNumbers::azimuth_offset,
                                               &LaserNumbers::vertical_offset, &LaserNumbers::horizontal_offset,
                                               &LaserNumbers::range_offset,    &LaserNumbers::azimuth_shift};
constexpr unsigned kMaxOrder = 24;

/// What a number is expected to be, from the lasers before it and the numbers of this laser before it.
/// Vertical offsets go on along the line through the last two lasers, over elevation: a sensor's lasers sit on a curve.
int64_t predicted(const std::vector<LaserNumbers>& lasers, size_t laser, int32_t LaserNumbers::*number) {
  if (number == &LaserNumbers::azimuth_offset || number == &LaserNumbers::range_offset || laser == 0) return 0;
  const LaserNumbers& last = lasers[laser - 1];
  if (number == &LaserNumbers::horizontal_offset) return laser < 2 ? -int64_t{last.*number} : int64_t{lasers[laser - 2].*number};
  if (number == &LaserNumbers::vertical_offset && laser >= 2) {
    const LaserNumbers& before = lasers[laser - 2];
    const int64_t run = int64_t{last.elevation} - before.elevation;
    const int64_t rise = int64_t{last.*number} - before.*number;
    const int64_t step = int64_t{lasers[laser].elevation} - last.elevation;
    constexpr int64_t kSane = 100'000'000;
    if (run != 0 && std::abs(rise) < kSane && std::abs(step) < kSane) return last.*number + rise * step / run;
  }
  return last.*number;
}

Result<uint32_t> bounded(ByteReader& reader, uint64_t least, uint64_t most, const char* what) {
  const uint64_t at = reader.offset();
  DEW_ASSIGN(const uint64_t value, reader.varint());
  if (value < least || value > most) {
    return Error{Code::corrupt, at,
                 std::string(what) + " " + std::to_string(value) + " is not in " + std::to_string(least) + " to " + std::to_string(most)};
  }
  return static_cast<uint32_t>(value);
}

}  // namespace

ScanModel scan_model(const LaserSortedModel& model) {
  ScanModel result;
  result.range_tick_m = model.range_tick_um / 1e6;
  result.azimuth_tick_rad = 2 * std::numbers::pi / model.azimuth_ticks_per_turn;
  for (const LaserNumbers& laser : model.lasers) {
    const auto metres = [](int32_t length) { return length / kLengthUnitsPerMetre; };
    result.lasers.push_back({laser.elevation / kAngleUnitsPerRad, laser.azimuth_offset / kAngleUnitsPerRad, metres(laser.vertical_offset),
                             metres(laser.horizontal_offset), metres(laser.range_offset)});
  }
  return result;
}

void write_model(const LaserSortedModel& model, ByteWriter& writer) {
  writer.varint(model.units_per_metre);
  writer.varint(model.range_tick_um);
  writer.varint(model.azimuth_ticks_per_turn);
  writer.varint(model.lasers.size());
  BitWriter bits;
  for (const auto number : kNumbers) {
    std::vector<uint64_t> values;
    for (size_t k = 0; k < model.lasers.size(); ++k)
      values.push_back(zigzag(int64_t{model.lasers[k].*number} - predicted(model.lasers, k, number)));
    unsigned best = 0;
    uint64_t least = std::numeric_limits<uint64_t>::max();
    for (unsigned order = 0; order <= kMaxOrder; ++order) {
      uint64_t cost = 0;
      for (const uint64_t value : values) cost += BitWriter::cost(value, order);
      if (cost < least) {
        least = cost;
        best = order;
      }
    }
    bits.put(best, 2);
    for (const uint64_t value : values) bits.put(value, best);
  }
  for (size_t run = 0; run < model.run_laser.size(); ++run)
    bits.put(zigzag(static_cast<int64_t>(model.run_laser[run]) - static_cast<int64_t>(run)), 0);
  writer.sized_bytes(bits.bytes());
}

Result<LaserSortedModel> read_model(ByteReader& reader) {
  LaserSortedModel model;
  DEW_ASSIGN(model.units_per_metre, bounded(reader, 1, 1'000'000, "coordinate units a metre"));
  DEW_ASSIGN(model.range_tick_um, bounded(reader, 1, 1'000'000, "range tick (um)"));
  DEW_ASSIGN(model.azimuth_ticks_per_turn, bounded(reader, 1, 1u << 20, "azimuth ticks a turn"));
  DEW_ASSIGN(const uint32_t lasers, bounded(reader, 1, kMaxLasers, "laser count"));
  DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
  BitReader bits(coded, reader.offset() - coded.size());
  model.lasers.resize(lasers);
  for (const auto number : kNumbers) {
    DEW_ASSIGN(const uint64_t order, bits.get(2));
    if (order > kMaxOrder)
      return Error{Code::corrupt, bits.at(), "a code of the scan model has an order above " + std::to_string(kMaxOrder)};
    for (size_t k = 0; k < lasers; ++k) {
      DEW_ASSIGN(const uint64_t difference, bits.get(static_cast<unsigned>(order)));
      const int64_t value = unzigzag(difference) + predicted(model.lasers, k, number);
      if (value < std::numeric_limits<int32_t>::min() || value > std::numeric_limits<int32_t>::max()) {
        return Error{Code::corrupt, bits.at(), "a number of laser " + std::to_string(k) + " needs more than 32 bits"};
      }
      model.lasers[k].*number = static_cast<int32_t>(value);
    }
  }
  std::vector<bool> seen(lasers, false);
  for (size_t run = 0; run < lasers; ++run) {
    DEW_ASSIGN(const uint64_t difference, bits.get(0));
    const int64_t laser = unzigzag(difference) + static_cast<int64_t>(run);
    if (laser < 0 || laser >= lasers || seen[static_cast<size_t>(laser)]) {
      return Error{Code::corrupt, bits.at(), "the laser of run " + std::to_string(run) + " is out of range or named twice"};
    }
    seen[static_cast<size_t>(laser)] = true;
    model.run_laser.push_back(static_cast<uint16_t>(laser));
  }
  if (!bits.at_end()) return Error{Code::corrupt, bits.at(), "bytes follow the numbers of the scan model"};
  return model;
}

}  // namespace dew
