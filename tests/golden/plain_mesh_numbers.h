// SPDX-License-Identifier: Apache-2.0
/// Numbers of meshes, decoded a second time from the sections "Decisions" and "Numbers" of mesh/FORMAT.md alone.
#pragma once

#include "tests/golden/plain_coders.h"

namespace plain {

/// A counted bit.
struct Counted {
  int64_t p = 1 << 21, n = 0;
  void update(bool bit, int64_t history) {
    const int64_t s = 131072 / (2 * n + 3);
    p += bit ? (((1 << 22) - 1 - p) * s) >> 16 : -((p * s) >> 16);
    if (n < history) ++n;
  }
};

/// The decisions of one model: contexts are told by (which, value, node), sets of weights by (set, node).
class Decisions {
 public:
  Decisions(RangeReader& coder, int64_t bits_remember, bool fast) : reader(&coder), history(bits_remember), alone(fast) {}

  bool code(const std::vector<size_t>& contexts, size_t set, size_t node) {
    std::vector<Counted*> bits;
    for (size_t i = 0; i < contexts.size(); ++i) bits.push_back(&state[{i, contexts[i], node}]);
    if (alone) {
      const bool bit = reader->bit(static_cast<uint64_t>(std::clamp<int64_t>(bits[0]->p >> 6, 32, 65504)));
      bits[0]->update(bit, history);
      return bit;
    }
    const int64_t count = static_cast<int64_t>(contexts.size());
    Weights& weights = sets[{set, node}];
    if (weights.w.empty()) {
      weights.w.assign(contexts.size(), 19660 / count);
      weights.w.push_back(0);
    }
    std::vector<int64_t> input;
    for (const Counted* bit : bits) input.push_back(stretch(bit->p >> 6));
    input.push_back(256);
    int64_t sum = 0;
    for (size_t i = 0; i < input.size(); ++i) sum += input[i] * weights.w[i];
    const int64_t p1 = squash(sum >> 14);
    const bool bit = reader->bit(static_cast<uint64_t>(p1));
    const int64_t e = ((bit ? 65536 : 0) - p1) / 4;
    const int k = 15 - (weights.count < 128 ? 1 : 0) - (weights.count < 1024 ? 1 : 0);
    if (weights.count < 1024) ++weights.count;
    for (size_t i = 0; i < input.size(); ++i)
      weights.w[i] = std::clamp<int64_t>(weights.w[i] + ((input[i] * e + (int64_t{1} << (k - 1))) >> k), -32768, 32767);
    for (Counted* context : bits) context->update(bit, history);
    return bit;
  }

  /// A number.
  int64_t number(const std::vector<size_t>& contexts, size_t set, unsigned expected) {
    const auto ask = [&](unsigned node) { return code(contexts, set, node); };
    unsigned c = expected;
    if (ask(3 * c)) {
      ++c;
      while (c <= 60 && ask(3 * std::min(c, 19u))) ++c;
    } else {
      while (c > 0 && !ask(3 * c + 1)) --c;
    }
    if (c == 0) return 0;
    const bool negative = ask(1);
    uint64_t size = 1;
    unsigned left = c - 1;
    if (left > 0) --left, size = 2 * size + (ask(3 * std::min(c, 20u) - 1) ? 1 : 0);
    if (left > 0) size = size << left | reader->raw(left);
    return negative ? -static_cast<int64_t>(size) : static_cast<int64_t>(size);
  }

 private:
  struct Weights {
    std::vector<int64_t> w;
    int64_t count = 0;
  };
  RangeReader* reader;
  int64_t history;
  bool alone;
  std::map<std::array<size_t, 3>, Counted> state;
  std::map<std::pair<size_t, size_t>, Weights> sets;
};

/// "Corrections".
class Correction {
 public:
  using Row = std::array<double, 4>;
  Correction() {
    for (size_t i = 0; i < 4; ++i) inverse[i][i] = 2e-5;
  }
  double predict(const Row& f) const {
    double sum = 0;
    for (size_t i = 0; i < 4; ++i) sum += w[i] * f[i];
    return sum;
  }
  void learn(const Row& f, double truth) {
    Row gain{};
    double power = 0.9995;
    for (size_t i = 0; i < 4; ++i) {
      for (size_t j = 0; j < 4; ++j) gain[i] += inverse[i][j] * f[j];
      power += f[i] * gain[i];
    }
    if (!(power > 0) || !(power < 1e30)) return;
    const double scale = 1 / power, move = (truth - predict(f)) * scale;
    for (size_t i = 0; i < 4; ++i) w[i] += gain[i] * move;
    for (size_t i = 0; i < 4; ++i) {
      const double share = gain[i] * scale;
      for (size_t j = 0; j <= i; ++j) inverse[i][j] = inverse[j][i] = (inverse[i][j] - share * gain[j]) * (1 / 0.9995);
      if (!(inverse[i][i] > 0) || !(inverse[i][i] < 1e6)) return forget();
    }
    for (const double x : w) {
      if (std::abs(x) < 8) continue;
      w = {};
      return forget();
    }
  }

 private:
  void forget() {
    inverse = {};
    for (size_t i = 0; i < 4; ++i) inverse[i][i] = 2e-5;
  }
  Row w{};
  std::array<Row, 4> inverse{};
};

}  // namespace plain
