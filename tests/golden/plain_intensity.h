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
    if ((grid.flags & 8) != 0 && !earlier) return deep_symbol({left, left2, up, right, mean, conf, far}, row, x);
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

  struct Near {
    int64_t left, left2, up, right, mean, conf, far;
  };
  /// 10.6, where networks learn.
  int64_t deep_symbol(const Near& near, int64_t row, int64_t x) {
    const int64_t bits = grid.intensity_bits, nodes = int64_t{1} << bits, r = grid.range[static_cast<size_t>(grid.cell(row, x))];
    int64_t shape = 0;
    constexpr int64_t kBeside[4][2] = {{0, -1}, {0, 1}, {-1, 0}, {1, 0}};
    for (int k = 0; k < 4; ++k) {
      const int64_t other_row = row + kBeside[k][0], other = x + kBeside[k][1];
      const bool inside = other_row >= 0 && other_row < grid.rows && other >= first && other < end;
      const int64_t to = inside ? grid.range[static_cast<size_t>(grid.cell(other_row, other))] : 0;
      shape |= (to == 0 ? 7 : std::min<int64_t>(6, log_of(std::abs(to - r)) / 20)) << (3 * k);
    }
    const int64_t fine = std::min<int64_t>(63, log_of(r) / 4);
    const int64_t sizes[16] = {nodes * nodes, grid.rows * nodes, (nodes * 4 + 1) * nodes, 1 << 13, 1 << 15,         1 << 14,
                               1 << 15,       64 * nodes,        nodes * nodes,           1 << 16, grid.rows * 256, 1 << 17,
                               1 << 15,       4096 * nodes,      grid.rows * 16 * nodes,  1 << 18};
    int64_t node = 1;
    for (int64_t depth = 0; depth < bits; ++depth) {
      const int64_t v = ((2 * node + 1) << (bits - 1 - depth)) - nodes;
      const int64_t l = step_class(v - near.left), l2 = step_class(v - near.left2), u = step_class(v - near.up),
                    right = step_class(v - near.right), m = step_class(v - near.mean);
      const uint32_t hash =
          (static_cast<uint32_t>(near.left * 256 + near.left2) * 0x9e3779b1u + static_cast<uint32_t>(node) * 0x85ebca6bu) >> 14;
      const int64_t numbers[16] = {near.left * nodes + node,
                                   row * nodes + node,
                                   (((near.far << bits) >> 2) + (near.mean >> 2)) * nodes + node,
                                   (l * 32 + l2) * 8 + depth,
                                   ((right * 32 + u) * 8 + depth) * 4 + near.conf,
                                   (m * 8 + depth) * 64 + near.far * 4 + near.conf,
                                   ((l * 32 + u) * 8 + depth) * 4 + near.conf,
                                   fine * nodes + node,
                                   near.up * nodes + node,
                                   ((m * 16 + l / 2) * 16 + u / 2) * 8 + depth,
                                   (row * 32 + m) * 8 + depth,
                                   shape * 32 + m,
                                   ((fine * 32 + l) * 8 + depth) * 2 + (near.conf > 1 ? 1 : 0),
                                   ((near.left >> 2) * 64 + (near.up >> 2)) * nodes + node,
                                   (row * 16 + (fine >> 2)) * nodes + node,
                                   static_cast<int64_t>(hash)};
      std::vector<Adaptive*> contexts;
      for (int64_t i = 0; i < 16; ++i) {
        int64_t slots = 1;
        while (slots < sizes[i] && slots < (1 << 20)) slots *= 2;
        contexts.push_back(&deep_contexts[{i, numbers[i] % slots}]);
      }
      const auto side = [](int64_t s) { return s < 14 ? 0 : s < 16 ? 1 : s < 18 ? 2 : 3; };
      const Context sets[3] = {{0, depth, near.conf, side(l)}, {1, row, depth}, {2, near.far, depth, side(m)}};
      std::vector<Mixed*> mixers;
      for (const Context& set : sets) mixers.push_back(&deep_mixed.try_emplace(set, 16).first->second);
      node = 2 * node + (deep_bit(reader, contexts, mixers) ? 1 : 0);
    }
    return node - nodes;
  }
  /// 10.20
  static bool deep_bit(RangeReader& reader, const std::vector<Adaptive*>& contexts, const std::vector<Mixed*>& mixers) {
    constexpr int64_t kSay[7] = {0, 90, 140, 180, 210, 235, 256};
    std::vector<int64_t> input;
    for (const Adaptive* context : contexts) {
      const int64_t say = kSay[std::min<int64_t>(context->n, 6)];
      for (const int64_t odds : {stretch(context->f), stretch(context->slow())}) input.push_back(odds * say / 256);
    }
    input.push_back(256);
    std::vector<int64_t> odds;
    int64_t all = 0;
    for (const Mixed* mixer : mixers) {
      int64_t sum = 0;
      for (size_t i = 0; i < input.size(); ++i) sum += input[i] * mixer->w[i];
      odds.push_back(std::clamp<int64_t>(sum >> 16, -2815, 2815));
      all += odds.back();
    }
    const int64_t mean = all / static_cast<int64_t>(mixers.size()), p = squash(mean), u = mean + 2816, share = u % 176;
    const size_t j = static_cast<size_t>(u / 176);
    int64_t both = 0;
    for (const Mixed* of : {mixers.front(), mixers.back()}) {
      const int64_t between = (of->node[j] * (176 - share) + of->node[j + 1] * share) / 176;
      both += std::clamp<int64_t>((p + between + 1) >> 1, 1, 65535);
    }
    const bool bit = reader.bit(static_cast<uint64_t>(both / 2));
    for (size_t k = 0; k < mixers.size(); ++k) {
      Mixed& mixer = *mixers[k];
      const int rate = 17 - (mixer.c < 128 ? 2 : mixer.c < 1024 ? 1 : 0);
      if (mixer.c < 1024) ++mixer.c;
      const int64_t e = (bit ? 65536 : 0) - squash(odds[k]);
      for (size_t i = 0; i < input.size(); ++i)
        mixer.w[i] = std::clamp<int64_t>(mixer.w[i] + ((input[i] * e + (int64_t{1} << (rate - 1))) >> rate), -(1 << 20), 1 << 20);
    }
    for (Mixed* of : {mixers.front(), mixers.back()}) {
      int64_t& nearest_node = of->node[share * 2 >= 176 ? j + 1 : j];
      nearest_node += bit ? (65535 - nearest_node) >> 6 : -(nearest_node >> 6);
    }
    for (Adaptive* context : contexts) context->update(bit, 1023);
    return bit;
  }

  RangeReader reader;
  Grid& grid;
  int64_t first, end;
  std::map<std::array<int64_t, 2>, Adaptive> deep_contexts;
  std::map<Context, Mixed> deep_mixed;
  std::map<Context, QuickContext> contexts_of;
  std::map<Context, QuickMixed> mixed;
};

}  // namespace plain
