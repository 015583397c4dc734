// SPDX-License-Identifier: Apache-2.0
/// Numbers of meshes, decoded a second time from the sections "Decisions", "Numbers" and "Sized numbers" of mesh/FORMAT.md alone.
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

/// "Sized numbers": a symbol of eight.
class Eight {
 public:
  /// `first`: the edges at first.
  Eight(RangeReader& coder, const std::array<int64_t, 7>& first, int64_t seen) : reader(&coder), n(seen) {
    std::copy(first.begin(), first.end(), x.begin());
    x[7] = 32704;
  }
  unsigned code() {
    const auto start = [&](size_t i) { return static_cast<uint64_t>(i == 0 ? 0 : x[i - 1] + 8 * static_cast<int64_t>(i)); };
    const uint64_t target = reader->target(15);
    unsigned symbol = 0;
    while (symbol < 7 && target >= start(symbol + 1)) ++symbol;
    reader->take(start(symbol), start(symbol + 1) - start(symbol));
    for (size_t i = 0; i < 8; ++i) x[i] += (((i < symbol ? 0 : 32704) - x[i]) * (131072 / (2 * n + 5)) + 32768) >> 16;
    n = std::min<int64_t>(n + 1, 253);
    return symbol;
  }

 private:
  RangeReader* reader;
  std::array<int64_t, 8> x{};
  int64_t n;
};

/// "Sized numbers".
class Sized {
 public:
  explicit Sized(RangeReader& coder) : reader(&coder) {}

  int64_t number(double around, size_t s, size_t d, size_t f, size_t e, size_t many) {
    Move* moves[3] = {&by[0][{s, d}], &by[1][{f, std::min<size_t>(s / 2, 7)}], &by[2][{e, many}]};
    const int64_t guess = logarithm(around) + moves[0]->move + moves[1]->move + moves[2]->move;
    const size_t row = row_of(guess), shape = d == 0 ? 0 : d + 3 < s ? 1 : d > s + 2 ? 3 : 2;
    const int64_t value = under(row, shape, many);
    const int64_t off = std::clamp<int64_t>(logarithm(std::abs(static_cast<double>(value))) - guess, -6144, 6144);
    for (Move* m : moves) {
      m->move = std::clamp<int64_t>(m->move + ((off * (32768 / (m->n + 2))) >> 16), -16384, 16384);
      m->n = std::min<int64_t>(m->n + 1, 23);
    }
    return value;
  }

 private:
  struct Move {
    int64_t move = 0, n = 0;
  };
  static int64_t logarithm(double size) {
    int exponent = 0;
    const double half = std::frexp(size + 0.25, &exponent);
    return 2048 * (int64_t{exponent} - 1) + static_cast<int64_t>(std::floor(2048 * (2 * half - 1)));
  }
  static size_t row_of(int64_t guess) {
    const int64_t fine = std::max<int64_t>((guess + 4608) >> 10, 0);
    return static_cast<size_t>(fine < 6 ? fine : std::min<int64_t>(6 + ((guess - 1024) >> 11), 19));
  }
  static int64_t expected(size_t row) { return row < 5 ? 0 : static_cast<int64_t>(row) - (row < 6 ? 4 : 5); }
  static std::array<int64_t, 7> edges(size_t row) {
    const double halves[] = {0.25, 0.35355339059327379, 0.5, 0.70710678118654757, 1, 1.4142135623730951};
    const double size = row < 6 ? halves[row] : std::ldexp(1.0, static_cast<int>(row) - 5);
    std::array<int64_t, 7> out{};
    for (int64_t i = 0; i < 7; ++i) {
      const int64_t least = expected(row) + i - 2;
      const double root = least > 0 ? 1 + (std::ldexp(1.0, static_cast<int>(least) - 1) - 0.5) / size / 2 : 1;
      out[static_cast<size_t>(i)] = static_cast<int64_t>((1 - 1 / (root * root)) * 32704);
    }
    return out;
  }
  bool ask(Counted& bit) {
    const bool one = reader->bit(static_cast<uint64_t>(std::clamp<int64_t>(bit.p >> 6, 32, 65504)));
    bit.update(one, 400);
    return one;
  }
  int64_t under(size_t row, size_t shape, size_t many) {
    const int64_t e = expected(row);
    const unsigned symbol = symbols.try_emplace({shape, row}, *reader, edges(row), 2).first->second.code();
    int64_t c = std::max<int64_t>(e + symbol - 3, 0);
    if (symbol == 7)
      for (size_t i = 0; c <= 60 && ask(above[i]); i = std::min<size_t>(i + 1, 7)) ++c;
    if (symbol == 0)
      for (size_t i = 0; c > 0 && ask(below[i]); i = std::min<size_t>(i + 1, 7)) --c;
    if (c == 0) return 0;
    const bool negative = ask(signs[{many, std::min<int64_t>(c, 3)}]);
    uint64_t size = 1;
    if (c > 1) size = 2 + (ask(first[std::min<int64_t>(c, 19)]) ? 1 : 0);
    if (c > 2) size = size << (c - 2) | reader->raw(static_cast<unsigned>(c - 2));
    return negative ? -static_cast<int64_t>(size) : static_cast<int64_t>(size);
  }

  RangeReader* reader;
  std::map<std::pair<size_t, size_t>, Move> by[3];
  std::map<std::pair<size_t, size_t>, Eight> symbols;
  std::map<std::pair<size_t, int64_t>, Counted> signs;
  std::map<int64_t, Counted> first;
  std::array<Counted, 8> above, below;
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
