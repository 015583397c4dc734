// SPDX-License-Identifier: Apache-2.0
/// Whole numbers, each with the vertex that had it last: a hash table that only grows.
///
///   NumberTable youngest;
///   youngest.set(coordinate, vertex);
///   if (const uint32_t* vertex = youngest.find(coordinate)) use(*vertex);
///
/// Where a number lies depends on where the table does in memory, so that no file can name numbers that all lie in one place; what is
/// found does not. Memory: 16 bytes for each of at most twice as many places as numbers. Threads: as a vector.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dew {

class NumberTable {
 public:
  /// Null where the number was never set.
  const uint32_t* find(int64_t number) const {
    const Entry& entry = entries_[place_of(number)];
    return entry.there ? &entry.vertex : nullptr;
  }
  void set(int64_t number, uint32_t vertex) {
    Entry& entry = entries_[place_of(number)];
    if (!entry.there) ++count_;
    entry = {number, vertex, true};
    if (2 * count_ > entries_.size()) grow();
  }

 private:
  struct Entry {
    int64_t number = 0;
    uint32_t vertex = 0;
    bool there = false;
  };

  /// Where the number is, or would be.
  size_t place_of(int64_t number) const {
    const uint64_t stirred = (static_cast<uint64_t>(number) ^ seed_) * 0x9e3779b97f4a7c15u;
    size_t place = static_cast<size_t>((stirred ^ (stirred >> 29)) * 0xbf58476d1ce4e5b9u >> shift_);
    while (entries_[place].there && entries_[place].number != number) place = (place + 1) & (entries_.size() - 1);
    return place;
  }
  void grow() {
    std::vector<Entry> before = std::move(entries_);
    entries_ = std::vector<Entry>(2 * before.size());
    seed_ = reinterpret_cast<uintptr_t>(entries_.data()) * 0x94d049bb133111ebu;
    --shift_;
    for (const Entry& entry : before) {
      if (entry.there) entries_[place_of(entry.number)] = entry;
    }
  }

  std::vector<Entry> entries_ = std::vector<Entry>(256);
  unsigned shift_ = 56;  ///< what is left of 64 bits numbers a place
  size_t count_ = 0;
  uint64_t seed_ = reinterpret_cast<uintptr_t>(entries_.data()) * 0x94d049bb133111ebu;
};

}  // namespace dew
