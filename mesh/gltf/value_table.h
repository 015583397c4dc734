// SPDX-License-Identifier: Apache-2.0
/// Values by their bits, each kept once.
///
///   ValueTable table(3);
///   const uint32_t index = table.add(values);        // of three floats
///   use(table.take());
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace dew {

class ValueTable {
 public:
  explicit ValueTable(size_t width) : width_(width) {}

  /// Number of the value, which is new or one with the same bits.
  uint32_t add(std::span<const float> value) {
    uint64_t hash = 0;
    for (const float x : value) hash = (hash ^ std::bit_cast<uint32_t>(x)) * 0x9e3779b97f4a7c15u + (hash >> 29);
    const uint32_t next = static_cast<uint32_t>(values_.size() / width_);
    const auto [begin, end] = known_.equal_range(hash);
    size_t looked = 0;
    for (auto at = begin; at != end && ++looked < kMostAlike; ++at) {
      bool same = true;
      for (size_t k = 0; k < width_; ++k)
        same = same && std::bit_cast<uint32_t>(values_[at->second * width_ + k]) == std::bit_cast<uint32_t>(value[k]);
      if (same) return at->second;
    }
    if (looked < kMostAlike) known_.emplace(hash, next);
    values_.insert(values_.end(), value.begin(), value.end());
    return next;
  }
  std::vector<float> take() { return std::move(values_); }

 private:
  /// Values that were made to collide must not cost their square.
  static constexpr size_t kMostAlike = 8;
  size_t width_;
  std::vector<float> values_;
  std::unordered_multimap<uint64_t, uint32_t> known_;
};

}  // namespace dew
