// SPDX-License-Identifier: Apache-2.0
/// Integers in file order, one or more channels a point (x, y, z; or one attribute): each predicted from the points before, its error
/// coded under mixed contexts. What every cloud can be coded with, and what attributes that fit nothing else are coded with.
///
///   SequenceModel model(3);
///   for each point: std::array<int64_t, 3> q = ...;  model.code(coder, q);     // a decoder fills q
///
/// One object a slice and thread. Values within +-2^60. Cost: about 250 ns a value.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "entropy/mixer.h"
#include "pointcloud/coding/log_scale.h"

namespace dew {

class SequenceModel {
 public:
  explicit SequenceModel(size_t channels) : channels_(channels), state_(channels) {
    models_.reserve(std::min(channels, kModels));
    for (size_t i = 0; i < std::min(channels, kModels); ++i) models_.emplace_back(kSizes, kSets);
  }

  /// About what an object takes.
  static uint64_t memory_bytes(size_t channels) { return channels * 64 + std::min(channels, kModels) * (uint64_t{2} << 20); }

  /// Codes one point. REQUIRES: values.size() == channels.
  template <class Coder>
  void code(Coder& coder, std::span<int64_t> values) {
    int32_t earlier = 0;  // size of the errors of this point's channels so far
    for (size_t i = 0; i < channels_; ++i) {
      Channel& channel = state_[i];
      const size_t chosen = channel.miss[1] < channel.miss[0] ? 1 : 0;
      const std::array<int64_t, 2> guesses = channel.guesses();
      const std::array<size_t, 3> contexts = {
          std::min<size_t>(static_cast<size_t>(channel.last_size[0]), kClasses - 1) * 2 + chosen,
          std::min<size_t>(static_cast<size_t>(channel.last_size[0] + channel.last_size[1] + channel.last_size[2]) / 2, 2 * kClasses - 1),
          std::min<size_t>(static_cast<size_t>(earlier), kClasses - 1) * kClasses +
              std::min<size_t>(static_cast<size_t>(channel.last_size[1]), kClasses - 1)};
      const int64_t error =
          models_[std::min(i, kModels - 1)].code(coder, values[i] - guesses[chosen], contexts, std::min<size_t>(i, kSets - 1));
      // Unsigned: a hostile stream may ask for sums beyond 64 bits.
      const int64_t value = static_cast<int64_t>(static_cast<uint64_t>(guesses[chosen]) + static_cast<uint64_t>(error));
      values[i] = std::clamp(value, -kLimit, kLimit);
      channel.step(values[i], guesses, error);
      earlier = std::max(earlier / 2, channel.last_size[0]);
    }
  }

 private:
  static constexpr int64_t kLimit = int64_t{1} << 60;
  static constexpr size_t kClasses = 24;
  static constexpr size_t kModels = 8;  ///< channels beyond share the last one
  static constexpr size_t kSets = 3;
  static constexpr std::array<size_t, 3> kSizes = {2 * kClasses, 2 * kClasses, kClasses* kClasses};

  struct Channel {
    std::array<int64_t, 4> last{};       ///< newest first
    std::array<int32_t, 3> last_size{};  ///< log2 classes of the last errors
    std::array<int32_t, 2> miss{};       ///< running size of each predictor's errors

    std::array<int64_t, 2> guesses() const {
      const int64_t a = last[0] - last[1], b = last[1] - last[2], c = last[2] - last[3];
      const int64_t median = std::max(std::min(a, b), std::min(std::max(a, b), c));
      return {last[0], std::clamp(last[0] + median, -kLimit, kLimit)};
    }
    void step(int64_t value, const std::array<int64_t, 2>& guesses, int64_t error) {
      for (size_t k = 0; k < 2; ++k) {
        const uint64_t away = static_cast<uint64_t>(value > guesses[k] ? value - guesses[k] : guesses[k] - value);
        miss[k] += (log_q4(away) * 16 - miss[k]) / 8;
      }
      last = {value, last[0], last[1], last[2]};
      const uint64_t size = error < 0 ? 0 - static_cast<uint64_t>(error) : static_cast<uint64_t>(error);
      last_size = {log_q4(size) / 16, last_size[0], last_size[1]};
    }
  };

  size_t channels_;
  std::vector<Channel> state_;
  std::vector<MixedResidual<3>> models_;
};

}  // namespace dew
