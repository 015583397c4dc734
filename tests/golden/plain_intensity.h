// SPDX-License-Identifier: Apache-2.0
/// Section 10.6 of pointcloud/FORMAT.md, written from that page alone: the intensities of one slice, ranges being known.
///
///   plain::Intensities(octets, grid, first, end).decode();      // fills grid.intensity
#pragma once

#include "tests/golden/plain_grid.h"

namespace plain {

/// 10.6 without a network: an intensity under a state and what is expected
struct QuickIntensities {
  std::map<std::array<int64_t, 3>, QuickSymbol> high, low;
  int64_t code(RangeReader& reader, int64_t bits, int64_t state, int64_t expected) {
    const int64_t low_bits = std::min<int64_t>(bits, 4), above = int64_t{1} << (bits - low_bits);
    int64_t top = 0;
    if (above > 1) top = high.try_emplace({state, expected / 8, 0}, 16, above).first->second.code(reader, 4);
    const int64_t place = expected < 16 * top ? -1 : std::min<int64_t>(expected - 16 * top, 16);
    return 16 * top + low.try_emplace({state, place, top}, 16, int64_t{1} << low_bits).first->second.code(reader, 5);
  }
};
inline void decode_quick_intensities(const Octets& octets, Grid& grid, int64_t first, int64_t end) {
  RangeReader reader(octets);
  QuickIntensities quick;
  for (int64_t row = 0; row < grid.rows; ++row) {
    int64_t left = 0;
    for (int64_t x = first; x < end; ++x) {
      const size_t here = static_cast<size_t>(grid.cell(row, x)), above = static_cast<size_t>(grid.cell(std::max<int64_t>(0, row - 1), x));
      const int64_t r = grid.range[here];
      if (r == 0 && (grid.flags & 2) == 0) continue;
      const int64_t up = row > 0 ? grid.intensity[above] : left;
      const bool near = row > 0 && std::abs(grid.range[above] - r) <= r / 32;
      const int64_t mean = near ? (left + up + 1) / 2 : left;
      const int64_t state = r == 0 ? 3 : !near ? 0 : std::abs(left - up) < 8 ? 1 : 2;
      left = grid.intensity[here] = quick.code(reader, grid.intensity_bits, state, mean);
    }
  }
}

/// 10.6 with a network
class Intensities {
 public:
  Intensities(const Octets& octets, Grid& of, int64_t first_column, int64_t end_column)
      : reader(octets), grid(of), first(first_column), end(end_column) {}
  /// What the reference says (10.13): first, second, trust of a cell, whose `mean` is the third number.
  std::function<std::array<int64_t, 3>(int64_t row, int64_t x, int64_t mean)> earlier;

  void decode() {
    for (int64_t row = 0; row < grid.rows; ++row) {
      for (int64_t x = first; x < end; ++x) {
        int64_t& value = grid.intensity[static_cast<size_t>(grid.cell(row, x))];
        if (grid.range[static_cast<size_t>(grid.cell(row, x))] != 0) {
          value = of_return(row, x);
        } else if ((grid.flags & 2) != 0) {
          value = of_empty(row, x);
        }
      }
    }
  }

 private:
  using Context = std::vector<int64_t>;
  /// `contexts(node, depth)` gives one list of numbers a context, `set(node, depth)` the weight set.
  template <class Contexts, class Set>
  int64_t symbol(const std::vector<int64_t>& histories, Contexts&& contexts, Set&& set) {
    int64_t node = 1;
    for (int64_t depth = 0; depth < grid.intensity_bits; ++depth) {
      const std::vector<Context> all = contexts(node, depth);
      std::vector<QuickContext*> bits;
      for (const Context& context : all) bits.push_back(&contexts_of[context]);
      const int64_t count = static_cast<int64_t>(all.size());
      node = 2 * node + (mixed.try_emplace(set(node, depth), count).first->second.code(reader, bits, histories) ? 1 : 0);
    }
    return node - (int64_t{1} << grid.intensity_bits);
  }
  static int64_t step_class(int64_t away) {
    int64_t level = std::min<int64_t>(std::abs(away), 6);
    for (const int64_t limit : {8, 11, 15, 20, 28, 40, 60, 90, 140}) level += std::abs(away) >= limit ? 1 : 0;
    return away < 0 ? 15 - level : 16 + level;
  }
  int64_t of_return(int64_t row, int64_t x) {
    constexpr int64_t kAround[6][3] = {{0, -1, 2048}, {0, -2, 1365}, {1, 0, 1638}, {1, -1, 1170}, {1, 1, 1170}, {2, 0, 1024}};
    const int64_t r = grid.range[static_cast<size_t>(grid.cell(row, x))];
    int64_t weights = 0, sum = 0, left = -1, left2 = -1, up = -1, right = -1;
    for (int k = 0; k < 6; ++k) {
      const int64_t other_row = row - kAround[k][0], other = x + kAround[k][1];
      if (other_row < 0 || other < first || other >= end) continue;
      const size_t cell = static_cast<size_t>(grid.cell(other_row, other));
      const int64_t value = grid.intensity[cell];
      if (grid.range[cell] == 0) continue;
      const int64_t share = std::min<int64_t>((std::abs(grid.range[cell] - r) * ((int64_t{1} << 44) / r)) >> 32, 1023);
      const int64_t weight = ((16 * 65536 / (16 + share)) * kAround[k][2]) >> 14;
      weights += weight;
      sum += weight * value;
      if (k < 2 && left < 0) left = value;
      if (k == 1) left2 = value;
      if (k >= 2 && k <= 4 && up < 0) up = value;
      if (k == 4) right = value;
    }
    const int64_t mean = weights > 0 ? (sum + weights / 2) / weights : 0, bits = grid.intensity_bits;
    if (left < 0) left = mean;
    if (left2 < 0) left2 = left;
    if (up < 0) up = mean;
    if (right < 0) right = up;
    const int64_t conf = weights < 4915 ? 0 : weights < 16384 ? 1 : weights < 32768 ? 2 : 3, far = std::min<int64_t>(15, log_of(r) / 16);
    const auto threshold = [&](int64_t node, int64_t depth) { return ((2 * node + 1) << (bits - 1 - depth)) - (int64_t{1} << bits); };
    const auto contexts = [&](int64_t node, int64_t depth) {
      const auto s = [&](int64_t value) { return step_class(threshold(node, depth) - value); };
      if (earlier) {
        const auto [one, two, trust] = earlier(row, x, mean);
        return std::vector<Context>{{0, left, node},
                                    {1, one, node},
                                    {2, ((far << bits) >> 2) + (mean >> 2), node},
                                    {3, s(one), s(two), depth, trust},
                                    {4, s(left), s(up), depth, conf},
                                    {5, s(mean), depth, far, conf},
                                    {10, s(one), s(left), depth, trust}};
      }
      return std::vector<Context>{{0, left, node},
                                  {1, row, node},
                                  {2, ((far << bits) >> 2) + (mean >> 2), node},
                                  {3, s(left), s(left2), depth},
                                  {4, s(right), s(up), depth, conf},
                                  {5, s(mean), depth, far, conf}};
    };
    const std::vector<int64_t> histories =
        earlier ? std::vector<int64_t>{64, 64, 8, 64, 32, 32, 64} : std::vector<int64_t>{64, 5, 8, 128, 16, 32};
    return symbol(histories, contexts, [&](int64_t node, int64_t depth) {
      const auto known = earlier ? earlier(row, x, mean) : std::array<int64_t, 3>{left, left, conf};
      const int64_t s = step_class(threshold(node, depth) - known[0]);
      return Context{0, depth, known[2], s < 14 ? 0 : s < 16 ? 1 : s < 18 ? 2 : 3};
    });
  }
  int64_t of_empty(int64_t row, int64_t x) {
    const auto beside = [&](int64_t dr, int64_t dx) { return static_cast<size_t>(grid.cell(row - dr, x - dx)); };
    const bool has_left = x > first, has_up = row > 0;
    const int64_t left = has_left ? grid.intensity[beside(0, 1)] : 0, up = has_up ? grid.intensity[beside(1, 0)] : 0;
    const int64_t conf = (has_left && grid.range[beside(0, 1)] != 0 ? 0 : 1) + (has_up && grid.range[beside(1, 0)] != 0 ? 0 : 2);
    const auto contexts = [&](int64_t node, int64_t) {
      return std::vector<Context>{{6, left, node}, {7, up, node}, {8, row, node}, {9, left >> 3, up >> 3, node}};
    };
    return symbol({64, 64, 5, 64}, contexts, [&](int64_t, int64_t depth) { return Context{1, depth, conf}; });
  }

  RangeReader reader;
  Grid& grid;
  int64_t first, end;
  std::map<Context, QuickContext> contexts_of;
  std::map<Context, QuickMixed> mixed;
};

}  // namespace plain
