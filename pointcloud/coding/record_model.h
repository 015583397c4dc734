// SPDX-License-Identifier: Apache-2.0
/// All fields of a point together, in file order: each is predicted from what stood in the points before and from the fields of its own
/// point that are coded already. For airborne scans and other clouds with many fields, where no model of a sensor helps.
///
///   RecordModel model({{8, 0}, {0, 0}}, points);             // a field of 256 symbols, then one of any integers
///   for each point: model.code([&](size_t i) -> Coder& { return coder; }, values);      // a decoder fills values
///
/// One object a slice and thread. Values within +-2^60. Doubles with + - * / sqrt only: part of the format. Cost: about 1.5 us a value.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "pointcloud/coding/guided_residual.h"
#include "pointcloud/coding/log_scale.h"
#include "pointcloud/coding/running_regression.h"

namespace dew {

/// One integer of a point.
struct RecordChannel {
  unsigned symbol_bits = 0;  ///< 1 to 8: values low .. low + 2^symbol_bits - 1; 0: any
  int64_t low = 0;
};

class RecordModel {
 public:
  static constexpr int64_t kLimit = int64_t{1} << 60;
  static constexpr size_t kMostChannels = 64;

  RecordModel(std::span<const RecordChannel> channels, uint64_t points) : last_(channels.size()) {
    for (size_t i = 0; i < channels.size(); ++i) models_.emplace_back(channels[i], std::min(i, kMostOthers), slots(points));
  }

  static uint64_t memory_bytes(size_t channels, uint64_t points) { return channels * (Residual::memory_bytes(slots(points), 1) + 4096); }

  /// Codes one point; `coder_of(i)` is the coder of channel i. REQUIRES: values.size() is the number of channels.
  template <class CoderOf>
  void code(CoderOf&& coder_of, std::span<int64_t> values) {
    Beside beside;
    for (size_t i = 0; i < models_.size(); ++i) {
      ChannelModel& model = models_[i];
      model.look(values.first(i), std::span(last_).first(i), is_first_);
      values[i] = model.is_symbol() ? model.code_symbol(coder_of(i), values[i], beside) : model.code_number(coder_of(i), values[i], beside);
      model.learn(values[i], is_first_, beside);
    }
    std::copy(values.begin(), values.end(), last_.begin());
    is_first_ = false;
  }

 private:
  static constexpr size_t kContexts = 5, kGuesses = 4, kMostOthers = RunningRegression::kMost - 3;
  using Residual = GuidedResidual<kContexts, kGuesses>;
  static uint64_t slots(uint64_t points) {
    return std::clamp<uint64_t>(std::bit_ceil(std::min<uint64_t>(points, 1 << 16) * 8), 1 << 12, 1 << 16);
  }

  /// What the fields of this point that are coded already say to the contexts of the next.
  struct Beside {
    uint32_t hash = 0, newest = 0, first = 0;
    int32_t error = 0;
    bool any = false;
  };

  class ChannelModel {
   public:
    ChannelModel(const RecordChannel& channel, size_t others, uint64_t slots)
        : channel_(channel), others_(others), absolute_(others + 3, 0.995), moving_(others + 3, 0.998), residual_(slots, 1) {
      logs_.fill(channel.symbol_bits != 0 ? 4 * 256 : 10 * 256);
    }
    bool is_symbol() const { return channel_.symbol_bits != 0; }

    /// Makes the guesses. `now`, `before`: of the fields coded already, in this point and the one before.
    void look(std::span<const int64_t> now, std::span<const int64_t> before, bool is_first) {
      if (is_first) origins_.assign(now.end() - static_cast<ptrdiff_t>(others_), now.end());
      const size_t skipped = now.size() - others_;
      for (size_t j = 0; j < others_; ++j) {
        absolute_features_[j] = static_cast<double>(now[skipped + j] - origins_[j]);
        moving_features_[j] = static_cast<double>(now[skipped + j] - before[skipped + j]);
      }
      absolute_features_[others_] = moving_features_[others_] = 1;
      absolute_features_[others_ + 1] = static_cast<double>(values_[0] - origin_);
      absolute_features_[others_ + 2] = static_cast<double>(values_[1] - origin_);
      moving_features_[others_ + 1] = static_cast<double>(values_[0] - values_[1]);
      moving_features_[others_ + 2] = static_cast<double>(values_[1] - values_[2]);
      const int64_t a = values_[0] - values_[1], b = values_[1] - values_[2], c = values_[2] - values_[3];
      const double newest = static_cast<double>(values_[0]);
      const double median = static_cast<double>(std::max(std::min(a, b), std::min(std::max(a, b), c)));
      const std::array<double, kGuesses> centres = {newest, newest + median,
                                                    static_cast<double>(origin_) + absolute_.predict(absolute_features_),
                                                    newest + moving_.predict(moving_features_)};
      best_ = 0;
      for (size_t k = 0; k < kGuesses; ++k) {
        guesses_[k].centre = std::abs(centres[k]) < static_cast<double>(kLimit) ? centres[k] : newest;
        guesses_[k].scale = scale_of_log(logs_[k]);
        if (logs_[k] < logs_[best_]) best_ = k;
      }
    }

    template <class Coder>
    int64_t code_symbol(Coder& coder, int64_t value, const Beside& beside) {
      const uint32_t newest = static_cast<uint32_t>(values_[0] - channel_.low), older = static_cast<uint32_t>(values_[1] - channel_.low);
      const Residual::Contexts contexts = {0, 1 + newest, (newest * 37 + older * 1001 + 7), beside.hash,
                                           beside.newest * 17 + newest * 3 + 11};
      double low = static_cast<double>(channel_.low) - 0.5, size = static_cast<double>(1u << channel_.symbol_bits);
      const double end = low + size, begin = low;
      const uint32_t symbol = code_tree(static_cast<uint32_t>(value - channel_.low), channel_.symbol_bits, [&](bool bit, uint32_t node) {
        size /= 2;
        const double middle = low + size, high = middle + size;
        bit = residual_.code_half(coder, bit, contexts, guesses_, 0, node, low == begin ? -Residual::kFar : low, middle,
                                  high == end ? Residual::kFar : high);
        if (bit) low = middle;
        return bit;
      });
      return channel_.low + symbol;
    }

    /// As code_residual, each decision with the guesses' odds.
    template <class Coder>
    int64_t code_number(Coder& coder, int64_t value, const Beside& beside) {
      const int64_t base = static_cast<int64_t>(std::floor(guesses_[best_].centre + 0.5));
      const auto some = [](int32_t size, int32_t most) { return static_cast<uint32_t>(std::min(size, most)); };
      const Residual::Contexts contexts = {
          static_cast<uint32_t>(best_) * 64 + some(sizes_[0], 63), some(sizes_[0] + sizes_[1] + sizes_[2], 190),
          256u * some(beside.error, 15) + some(sizes_[0], 63), 1 + (beside.first & 255) * 4 + static_cast<uint32_t>(best_), 0};
      Residual::Guesses guesses = guesses_;
      for (Guess& guess : guesses) guess.centre -= static_cast<double>(base);
      const int64_t error = residual_.code(coder, value - base, contexts, guesses, 0);
      // Unsigned: a hostile stream may ask for sums beyond 64 bits.
      return std::clamp(static_cast<int64_t>(static_cast<uint64_t>(base) + static_cast<uint64_t>(error)), -kLimit, kLimit);
    }

    void learn(int64_t value, bool is_first, Beside& beside) {
      const double known = static_cast<double>(value);
      const auto importance = [&](size_t k) {
        const double away = std::abs(known - guesses_[k].centre) / (6 * guesses_[k].scale + 1);
        return away > 1 ? 1 / (away * away) : 1.0;
      };
      if (is_first) origin_ = value;
      absolute_.learn(absolute_features_, known - static_cast<double>(origin_), is_first ? 1.0 : importance(2));
      moving_.learn(moving_features_, is_first ? 0.0 : known - static_cast<double>(values_[0]), is_first ? 1.0 : importance(3));
      const int32_t share = std::clamp(seen_ + 2, 2, 20);
      for (size_t k = 0; k < kGuesses; ++k) {
        // Quarters: errors below one count.
        const double quarters = std::min(4 * std::abs(known - guesses_[k].centre), 0x1p62);
        logs_[k] += ((log_q4(static_cast<uint64_t>(quarters)) - 32) * 16 - logs_[k]) / share;
      }
      seen_ += seen_ < 64 ? 1 : 0;
      const double base = std::floor(guesses_[best_].centre + 0.5);
      sizes_ = {log_q4(static_cast<uint64_t>(std::min(std::abs(known - base), 0x1p62))) / 16, sizes_[0], sizes_[1]};
      values_ =
          is_first ? std::array<int64_t, 4>{value, value, value, value} : std::array<int64_t, 4>{value, values_[0], values_[1], values_[2]};
      const uint32_t low_bits = static_cast<uint32_t>(static_cast<uint64_t>(value));
      beside.newest = low_bits & 255;
      if (!beside.any) beside.first = low_bits;
      beside.any = true;
      if (is_symbol())
        beside.hash = (beside.hash * 31 + low_bits + 1) * 2654435761u;
      else
        beside.error = std::max(beside.error / 2, sizes_[0]);
    }

   private:
    RecordChannel channel_;
    size_t others_;                    ///< fields before this one that predict it
    std::array<int64_t, 4> values_{};  ///< newest first
    int64_t origin_ = 0;               ///< the first value
    std::vector<int64_t> origins_;     ///< of the others
    RunningRegression absolute_, moving_;
    RunningRegression::Features absolute_features_{}, moving_features_{};
    Residual::Guesses guesses_{};
    std::array<int32_t, kGuesses> logs_{};  ///< of their errors, running, 256 log2
    std::array<int32_t, 3> sizes_{};        ///< log2 of the last errors
    size_t best_ = 0;
    int32_t seen_ = 0;
    Residual residual_;
  };

  std::vector<ChannelModel> models_;
  std::vector<int64_t> last_;
  bool is_first_ = true;
};

}  // namespace dew
