// SPDX-License-Identifier: Apache-2.0
/// Whole coordinates that come again: taken from a neighbour, or from those seen before on the axis.
///
///   CopiedValues values;                                             // one for each axis
///   x = values.code(coder, x, guess, candidates, expectation);       // the same line in encoder and decoder
///
/// Meshes from CAD, marching cubes and grids have few different coordinates, and neighbours share them. Memory: some 100 KiB.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "mesh/coding/mixed_number.h"

namespace dew {

/// What the caller knows beyond the candidates, as small numbers.
struct CopyContext {
  size_t before = 0;  ///< how earlier axes of the vertex were coded: below kWays * kWays
  size_t around = 0;  ///< how many of three neighbours were copied on this axis: 0 to 3
  size_t size = 0;    ///< of the neighbours' residuals: 0 to 23
  size_t flat = 0;    ///< 0 to 7
};

class CopiedValues {
 public:
  static constexpr size_t kCandidates = 6;
  /// How a value came: by a candidate, seen before, or new.
  static constexpr size_t kSeen = kCandidates, kNew = kSeen + 1, kWays = kNew + 1;

  /// Coordinates of one axis come in runs, which a short history follows.
  using Bit = BitOfHistory<30>;
  template <size_t kContexts>
  using Mix = QuickMixOf<kContexts, Bit>;

  /// `fast`: decisions are under one context each.
  explicit CopiedValues(bool fast)
      : flag_contexts_{FreshMemory<Bit>(kNodes * kWays * kWays * 4), FreshMemory<Bit>(kNodes * 64 * 16), FreshMemory<Bit>(kNodes * 24 * 8)},
        flags_(kNodes, fast),
        ranks_({24, kWays * kWays}, 1, fast),
        steps_({24, 24 * 4}, 1, fast) {}

  /// `way` becomes how the value was coded. `candidates`: kCandidates values, the likeliest first; `guess`: what is expected otherwise.
  template <class Coder>
  int64_t code(Coder& coder, int64_t value, int64_t guess, std::span<const int64_t, kCandidates> candidates, const CopyContext& context,
               size_t& way) {
    // Which candidates agree with the first three.
    size_t pattern = 0;
    for (size_t i = 1; i < kCandidates; ++i) {
      if (candidates[i] == candidates[0]) pattern |= size_t{1} << (i - 1);
      if (i > 1 && candidates[i] == candidates[1]) pattern ^= size_t{1} << (i - 1) | 32u;
    }
    for (size_t i = 0; i < kCandidates; ++i) {
      bool again = false;
      for (size_t j = 0; j < i; ++j) again = again || candidates[j] == candidates[i];
      if (again) continue;
      if (!flag(coder, value == candidates[i], i, context, pattern)) continue;
      way = i;
      return note(candidates[i]);
    }
    const int64_t near = static_cast<int64_t>(rank_of(guess));
    bool known = false;
    int64_t rank = 0;
    if constexpr (!Coder::kDecodes) {
      const size_t place = rank_of(value);
      known = place < seen_.size() && seen_[place] == value;
      rank = static_cast<int64_t>(place);
    }
    if (!seen_.empty() && flag(coder, known, kCandidates, context, pattern)) {
      way = kSeen;
      rank = near + ranks_.code(coder, rank - near, {context.size, context.before}, 0);
      return seen_[static_cast<size_t>(std::clamp<int64_t>(rank, 0, static_cast<int64_t>(seen_.size()) - 1))];
    }
    way = kNew;
    return note(guess + steps_.code(coder, value - guess, {context.size, context.size * 4 + context.around}, 0));
  }

 private:
  static constexpr size_t kNodes = kCandidates + 1;
  static constexpr size_t kMostSeen = 4096;

  template <class Coder>
  bool flag(Coder& coder, bool bit, size_t node, const CopyContext& context, size_t pattern) {
    const size_t place[3] = {context.before * 4 + context.around, pattern * 16 + std::min<size_t>(context.size, 15),
                             context.size * 8 + context.flat};
    std::array<Bit*, 3> rows;
    for (size_t i = 0; i < 3; ++i) rows[i] = &flag_contexts_[i][place[i] * kNodes];
    return flags_.code(coder, bit, rows, node, node);
  }

  /// How many values seen are smaller. Without branches: which way it goes cannot be guessed.
  size_t rank_of(int64_t value) const {
    size_t first = 0;
    for (size_t left = seen_.size(); left > 0;) {
      const size_t half = (left + 1) / 2;
      first += seen_[first + half - 1] < value ? half : 0;
      left -= half;
    }
    return first;
  }

  /// Remembers a value, in order.
  int64_t note(int64_t value) {
    // Mostly what came last comes again.
    int64_t& recent = recent_[static_cast<uint64_t>(value) % kRecent];
    if (recent == value && value != 0) return value;
    recent = value;
    const size_t place = rank_of(value);
    if ((place == seen_.size() || seen_[place] != value) && seen_.size() < kMostSeen)
      seen_.insert(seen_.begin() + static_cast<std::ptrdiff_t>(place), value);
    return value;
  }

  std::array<FreshMemory<Bit>, 3> flag_contexts_;
  Mix<3> flags_;
  MixedNumber<2, Mix, Bit> ranks_, steps_;
  std::vector<int64_t> seen_;
  static constexpr size_t kRecent = 256;
  std::array<int64_t, kRecent> recent_{};  ///< some that need no look up: they were seen, or nothing more is kept
};

}  // namespace dew
