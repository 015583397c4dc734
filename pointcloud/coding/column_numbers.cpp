// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/column_numbers.h"

#include <algorithm>
#include <array>

#include "entropy/mixer.h"
#include "entropy/range_coder.h"
#include "pointcloud/coding/log_scale.h"

namespace dew {
namespace {

/// A multiple of the columns in a packet for 1, 2, 3, 4, 6, 8, 12 and 24 of them.
constexpr size_t kPeriod = 24;
constexpr int64_t kLimit = int64_t{1} << 40;
/// A line is followed in 2^-12 of a unit.
constexpr unsigned kFraction = 12;

class ColumnModel {
 public:
  ColumnModel() : model_({16 * 25, kPeriod * 2, 2 * 25 * 2, 25 * 5}, 2) {}

  template <class Coder>
  int64_t code(Coder& coder, int64_t value) {
    const size_t phase = count_ % kPeriod;
    const int64_t line = (position_q12_ + slope_q12_ + (1 << (kFraction - 1))) >> kFraction;
    const std::array<int64_t, 2> guesses = {std::clamp(last_ + step_, -kLimit, kLimit), std::clamp(line, -kLimit, kLimit)};
    const size_t chosen = miss_[phase][1] < miss_[phase][0] ? 1 : 0;
    const size_t fraction = static_cast<size_t>((position_q12_ + slope_q12_) >> (kFraction - 4)) & 15;
    const std::array<size_t, 4> contexts = {fraction * 25 + recent_[0] * 5 + recent_[1], phase * 2 + chosen,
                                            ((phase % 2) * 25 + recent_[0] * 5 + recent_[1]) * 2 + chosen,
                                            (recent_[0] * 5 + recent_[1]) * 5 + recent_[2]};
    const int64_t error = model_.code(coder, value - guesses[chosen], contexts, chosen);
    value = std::clamp(static_cast<int64_t>(static_cast<uint64_t>(guesses[chosen]) + static_cast<uint64_t>(error)), -kLimit, kLimit);
    learn(value, guesses, phase, error);
    return value;
  }

 private:
  void learn(int64_t value, const std::array<int64_t, 2>& guesses, size_t phase, int64_t error) {
    for (size_t k = 0; k < 2; ++k) {
      const int64_t away = value > guesses[k] ? value - guesses[k] : guesses[k] - value;
      miss_[phase][k] += (16 * log_q4(static_cast<uint64_t>(away)) - miss_[phase][k]) / 4;
    }
    recent_ = {static_cast<size_t>(std::clamp<int64_t>(error, -2, 2) + 2), recent_[0], recent_[1]};
    step_ = count_ == 0 ? 0 : std::clamp(value - last_, -kLimit, kLimit);
    last_ = value;
    const int64_t value_q12 = value * (1 << kFraction);
    const int64_t expected = position_q12_ + slope_q12_;
    const int64_t off = value_q12 - expected;
    // A jump (a new sector, a lost packet) moves the line at once and leaves its slope; rounding moves it a little.
    constexpr int64_t kJump = int64_t{8} << kFraction;
    if (count_ < 2 || off > kJump || off < -kJump) {
      position_q12_ = value_q12;
      if (count_ == 1) slope_q12_ = step_ * (1 << kFraction);
    } else {
      position_q12_ = expected + off / 3;
      slope_q12_ += off / 64;
    }
    ++count_;
  }

  MixedResidual<4> model_;
  std::array<std::array<int32_t, 2>, kPeriod> miss_{};
  std::array<size_t, 3> recent_ = {2, 2, 2};
  uint64_t count_ = 0;
  int64_t last_ = 0, step_ = 0;
  int64_t position_q12_ = 0, slope_q12_ = 0;
};

}  // namespace

Bytes encode_column_numbers(std::span<const int64_t> values) {
  RangeEncoder encoder;
  ColumnModel model;
  for (const int64_t value : values) model.code(encoder, value);
  return encoder.finish();
}

Result<std::vector<int64_t>> decode_column_numbers(ByteSpan coded, uint64_t count, Budget& budget, uint64_t offset) {
  DEW_TRY(budget.take_work(count * 64, offset));
  RangeDecoder decoder(coded);
  ColumnModel model;
  std::vector<int64_t> values;
  constexpr uint64_t kStep = 65536;
  for (uint64_t i = 0; i < count; ++i) {
    if (i % kStep == 0) {
      if (decoder.overrun()) return Error{Code::corrupt, offset, "the numbers of columns end too early"};
      DEW_TRY(budget.take_memory(std::min(kStep, count - i) * sizeof(int64_t), offset));
    }
    values.push_back(model.code(decoder, 0));
  }
  if (decoder.overrun()) return Error{Code::corrupt, offset, "the numbers of columns end too early"};
  return values;
}

}  // namespace dew
