// SPDX-License-Identifier: Apache-2.0
/// The adaptive model behind packet_stream.h: numbers with a history, flags and bytes under mixed hashed contexts, record by record.
///
///   PacketModel model(kinds);
///   code_record(coder, model, frame, record_number);      // the same line encodes and decodes
///
/// Internal. All arithmetic is on integers. Memory: 1.5 MiB a model.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "entropy/binary_coder.h"
#include "entropy/mixer.h"
#include "pointcloud/sensor/packets_capture.h"

namespace dew {

/// Adaptive bits found by a hash of their context. Contexts may share a bit: that costs compression, nothing else.
class HashedBits {
 public:
  HashedBits() : bits_(size_t{1} << kLog2Size) {}
  AdaptiveBit* find(uint32_t context, uint32_t node) {
    const uint32_t hash = (context ^ node * 0x9e3779b1u) * 0x85ebca6bu;
    return &bits_[(hash ^ hash >> 15) >> (32 - kLog2Size)];
  }

 private:
  static constexpr unsigned kLog2Size = 17;
  std::vector<AdaptiveBit> bits_;
};

/// Hash of a few small numbers.
template <class... Parts>
uint32_t hash_context(Parts... parts) {
  uint32_t hash = 0x811c9dc5u;
  ((hash = (hash ^ static_cast<uint32_t>(parts)) * 0x01000193u, hash ^= hash >> 13), ...);
  return hash;
}

/// Moves a running cost (in 1/64 bits) towards the size of `residual`.
void add_cost(uint32_t& cost, int64_t residual);

/// Small number that says roughly how large a signed number is: exact to +-4, then by powers of two.
inline int32_t rough(int64_t value) {
  if (value >= -4 && value <= 4) return static_cast<int32_t>(value);
  const uint64_t size = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  const int32_t width = static_cast<int32_t>(std::bit_width(size)) + 2;
  return value < 0 ? -width : width;
}

/// Predicts the step of a number by the step seen most often and by a slow average, whichever has been nearer.
class StepPredictor {
 public:
  int64_t predict() const { return average_cost_ < usual_cost_ ? average_ / kOne : usual_; }
  void learn(int64_t step);

 private:
  static constexpr int64_t kOne = 16;
  int64_t usual_ = 0;
  int64_t average_ = 0;  // in 1 / kOne
  int64_t spread_ = 0;
  uint32_t votes_ = 0;
  uint32_t usual_cost_ = 0;
  uint32_t average_cost_ = 0;
  bool started_ = false;
};

/// The last values of one sequence.
struct Series {
  uint64_t value = 0;
  std::array<int32_t, 3> residuals{};  // rough, the latest first
  void push(int64_t residual) { residuals = {rough(residual), residuals[0], residuals[1]}; }
};

/// A byte of a cell that is neither range nor intensity: where it stands, and its neighbours in the grid.
struct CellByte {
  uint32_t offset = 0;
  uint32_t column_place = 0;  // index into KindState::last_column
  bool first_of_run = false;
};

/// When records of a kind came, in units of the record time, and how far that lags behind the time in the packet.
struct RecordTime {
  uint64_t record = 0;
  uint64_t packet_ns = 0;
  int64_t lag = 0;        // of the last record, since the first
  int64_t usual_lag = 0;  // near the smallest
  StepPredictor step;
  std::array<uint32_t, 3> costs{};  // of the three predictions, as StepPredictor counts them
  std::array<int32_t, 2> residuals{};
};

/// How the bytes of one kind are coded, from its layout, and what has been seen of it.
struct KindState {
  std::vector<uint32_t> plain;               // bytes that are in no field, cell or checksum
  std::vector<std::vector<CellByte>> cells;  // by byte of the cell, those not wholly taken by range and intensity
  std::vector<std::vector<uint8_t>> last_column;
  std::vector<Series> series;
  std::vector<StepPredictor> steps;      // one a field
  std::vector<int32_t> field_residuals;  // the last one of each field, rough
  Bytes before;                          // the packet before
  Series original_bytes, size;
  uint32_t computed = 0;
  uint32_t same_cells = 0;  // bit i: all bytes of cells[i] were as in the packet before
  std::vector<bool> same_chunks;
  RecordTime time;
};

/// Everything that adapts.
class PacketModel {
 public:
  explicit PacketModel(const std::vector<PacketKind>& kinds);

  template <class Coder>
  bool code_flag(Coder& coder, bool flag, const std::array<uint32_t, 3>& contexts) {
    std::array<AdaptiveBit*, 3> bits;
    for (size_t i = 0; i < 3; ++i) bits[i] = bits_.find(contexts[i] + static_cast<uint32_t>(i), 0);
    return flags_.code(coder, flag, bits, 0);
  }

  template <class Coder>
  int64_t code_signed(Coder& coder, int64_t value, const std::array<uint32_t, 4>& contexts) {
    return code_residual(coder, value, [&](bool bit, uint32_t node) {
      std::array<AdaptiveBit*, 4> bits;
      for (size_t i = 0; i < 4; ++i) bits[i] = bits_.find(contexts[i] + static_cast<uint32_t>(i), node);
      return numbers_.code(coder, bit, bits, std::min<uint32_t>(node, kNumberSets - 1));
    });
  }

  template <class Coder>
  uint8_t code_byte(Coder& coder, uint8_t byte, const std::array<uint32_t, 6>& contexts) {
    return static_cast<uint8_t>(code_tree(byte, 8, [&](bool bit, uint32_t node) {
      std::array<AdaptiveBit*, 6> bits;
      for (size_t i = 0; i < 6; ++i) bits[i] = bits_.find(contexts[i] + static_cast<uint32_t>(i), node);
      return bytes_.code(coder, bit, bits, node);
    }));
  }

  std::vector<KindState> kinds;
  std::array<uint32_t, 3> last_kinds{};
  uint32_t records_of_kind = 0;  // since the kind changed
  uint64_t record_time = 0;

 private:
  static constexpr size_t kNumberSets = 8;
  HashedBits bits_;
  MixedBit<3> flags_{1};
  MixedBit<4> numbers_{kNumberSets};
  MixedBit<6> bytes_{256};
};

}  // namespace dew
