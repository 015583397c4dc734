// SPDX-License-Identifier: Apache-2.0
/// Fields of a point coded together (section 10.16 of pointcloud/FORMAT.md), written from that page alone: slow, short, no code of
/// pointcloud/. The bytes must be sound.
///
///   plain::Records model(numbers, points);   values = model.point(reader_of);    // in the order of groups
#pragma once

#include <array>
#include <cmath>
#include <functional>
#include <vector>

#include "tests/golden/plain_grid.h"
#include "tests/golden/plain_guided.h"

namespace plain {

struct RecordNumber {
  size_t number = 0;
  unsigned bits = 0;
  int64_t low = 0;
};

class LeastSquares {
 public:
  LeastSquares(size_t count, double memory_) : memory(memory_), r(count), w(count), p(count, std::vector<double>(count)) {}
  double operator()(const std::vector<double>& f) const {
    double sum = 0;
    for (size_t i = 0; i < f.size(); ++i) sum += w[i] * f[i];
    return sum;
  }
  void learn(const std::vector<double>& f, double value, double weight) {
    const size_t n = f.size();
    for (size_t i = 0; i < n; ++i) {
      const double weighed = weight * f[i];
      for (size_t j = 0; j <= i; ++j) p[i][j] = p[i][j] * memory + weighed * f[j];
      r[i] = r[i] * memory + weighed * value;
    }
    if (learned < 64 || learned % 8 == 0) solve(n);
    ++learned;
  }

 private:
  void solve(size_t n) {
    std::vector<std::vector<double>> l(n, std::vector<double>(n));
    std::vector<double> y(n);
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j <= i; ++j) {
        double sum = i == j ? p[i][i] * (1 + 1e-5) + 1e-3 : p[i][j];
        for (size_t k = 0; k < j; ++k) sum -= l[i][k] * l[j][k];
        l[i][j] = i == j ? (sum > 0 ? std::sqrt(sum) : 1e-9) : sum / l[j][j];
      }
      double sum = r[i];
      for (size_t k = 0; k < i; ++k) sum -= l[i][k] * y[k];
      y[i] = sum / l[i][i];
    }
    for (size_t i = n; i-- > 0;) {
      double sum = y[i];
      for (size_t k = i + 1; k < n; ++k) sum -= l[k][i] * w[k];
      w[i] = sum / l[i][i];
    }
  }
  double memory;
  std::vector<double> r, w;
  std::vector<std::vector<double>> p;
  uint64_t learned = 0;
};

/// One integer of a point.
class RecordInteger {
 public:
  struct Beside {
    uint32_t hash = 0, newest = 0, first = 0;
    int64_t error = 0;
    bool any = false;
  };
  RecordInteger(const RecordNumber& which, size_t others, uint64_t slots_)
      : is(which), k(others), guided(slots_), a(others + 3, 0.995), m(others + 3, 0.998) {
    logs.fill(is.bits != 0 ? 4 * 256 : 10 * 256);
  }
  int64_t code(RangeReader& reader, const std::vector<int64_t>& now, const std::vector<int64_t>& before, Beside& beside) {
    const size_t from = now.size() - k;
    if (points == 0) first.assign(now.end() - static_cast<std::ptrdiff_t>(k), now.end());
    std::vector<double> fa, fm;
    for (size_t j = 0; j < k; ++j) {
      fa.push_back(static_cast<double>(now[from + j] - first[j]));
      fm.push_back(static_cast<double>(now[from + j] - before[from + j]));
    }
    for (const double f : {1.0, static_cast<double>(v[0] - o), static_cast<double>(v[1] - o)}) fa.push_back(f);
    for (const double f : {1.0, static_cast<double>(v[0] - v[1]), static_cast<double>(v[1] - v[2])}) fm.push_back(f);
    std::array<int64_t, 3> d = {v[0] - v[1], v[1] - v[2], v[2] - v[3]};
    std::sort(d.begin(), d.end());
    const double last = static_cast<double>(v[0]);
    const double centres[4] = {last, last + static_cast<double>(d[1]), static_cast<double>(o) + a(fa), last + m(fm)};
    b = 0;
    for (size_t i = 0; i < 4; ++i) {
      bells[i] = {std::fabs(centres[i]) < 0x1p60 ? centres[i] : last, scale_of(logs[i])};
      if (logs[i] < logs[b]) b = i;
    }
    const double base = std::floor(bells[b].g + 0.5);
    const int64_t value = is.bits != 0 ? symbol(reader, beside) : number(reader, base, beside);
    learn(value, base, fa, fm);
    const uint32_t low = static_cast<uint32_t>(value);
    beside.newest = low % 256;
    if (!beside.any) beside.first = low;
    beside.any = true;
    if (is.bits != 0)
      beside.hash = (31 * beside.hash + low + 1) * 2654435761u;
    else
      beside.error = std::max(beside.error / 2, s[0]);
    return value;
  }

 private:
  int64_t symbol(RangeReader& reader, const Beside& beside) {
    const uint32_t p = static_cast<uint32_t>(v[0] - is.low), q = static_cast<uint32_t>(v[1] - is.low);
    const Guided::Contexts t = {0, 1 + p, 37 * p + 1001 * q + 7, beside.hash, 17 * beside.newest + 3 * p + 11};
    const double begin = static_cast<double>(is.low) - 0.5, end = begin + static_cast<double>(1u << is.bits);
    double from = begin, to = end;
    unsigned node = 1;
    for (unsigned i = 0; i < is.bits; ++i) {
      const double middle = (from + to) / 2, low = from == begin ? -1e19 : from, high = to == end ? 1e19 : to;
      const bool upper = guided.half(reader, 0, node, t, bells, low, middle, high);
      (upper ? from : to) = middle;
      node = 2 * node + upper;
    }
    return is.low + node - (1u << is.bits);
  }
  int64_t number(RangeReader& reader, double base, const Beside& beside) {
    const auto some = [](int64_t x, int64_t most) { return static_cast<uint32_t>(std::min(x, most)); };
    const Guided::Contexts t = {static_cast<uint32_t>(64 * b) + some(s[0], 63), some(s[0] + s[1] + s[2], 190),
                                256 * some(beside.error, 15) + some(s[0], 63), 1 + 4 * (beside.first % 256) + static_cast<uint32_t>(b), 0};
    Guided::Bells away = bells;
    for (Bell& bell : away) bell.g -= base;
    const uint64_t sum = static_cast<uint64_t>(static_cast<int64_t>(base)) + static_cast<uint64_t>(guided.number(reader, 0, t, away));
    return std::clamp(static_cast<int64_t>(sum), -(int64_t{1} << 60), int64_t{1} << 60);
  }
  void learn(int64_t value, double base, const std::vector<double>& fa, const std::vector<double>& fm) {
    const double x = static_cast<double>(value);
    const auto weight = [&](const Bell& g) {
      const double d = std::fabs(x - g.g) / (6 * g.scale + 1);
      return points == 0 || !(d > 1) ? 1.0 : 1 / (d * d);
    };
    if (points == 0) o = value;
    a.learn(fa, x - static_cast<double>(o), weight(bells[2]));
    m.learn(fm, points == 0 ? 0 : x - static_cast<double>(v[0]), weight(bells[3]));
    for (size_t i = 0; i < 4; ++i) {
      const int64_t away = log_of(static_cast<int64_t>(std::min(4 * std::fabs(x - bells[i].g), 0x1p62)));
      logs[i] += ((away - 32) * 16 - logs[i]) / static_cast<int64_t>(std::min<uint64_t>(20, points + 2));
    }
    s = {log_of(static_cast<int64_t>(std::min(std::fabs(x - base), 0x1p62))) / 16, s[0], s[1]};
    v = points == 0 ? std::array<int64_t, 4>{value, value, value, value} : std::array<int64_t, 4>{value, v[0], v[1], v[2]};
    ++points;
  }

  RecordNumber is;
  size_t k, b = 0;
  Guided guided;
  uint64_t points = 0;
  LeastSquares a, m;
  std::array<int64_t, 4> v{}, logs{};
  std::array<int64_t, 3> s{};
  int64_t o = 0;
  std::vector<int64_t> first;
  Guided::Bells bells = Guided::Bells(4);
};

class Records {
 public:
  Records(const std::vector<RecordNumber>& numbers_, uint64_t points) : numbers(numbers_), before(numbers_.size()) {
    uint64_t slots = 4096;
    while (slots < 8 * std::min<uint64_t>(points, 65536) && slots < 65536) slots *= 2;
    for (size_t i = 0; i < numbers.size(); ++i) integers.emplace_back(numbers[i], std::min<size_t>(i, 9), slots);
  }
  /// `reader_of(number)`: of the integer with this number among those of all groups.
  std::vector<int64_t> point(const std::function<RangeReader&(size_t)>& reader_of) {
    RecordInteger::Beside beside;
    std::vector<int64_t> now, placed(numbers.size());
    for (size_t i = 0; i < numbers.size(); ++i) {
      const std::vector<int64_t> known(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(i));
      now.push_back(integers[i].code(reader_of(numbers[i].number), now, known, beside));
      placed[numbers[i].number] = now.back();
    }
    before = now;
    return placed;
  }

 private:
  std::vector<RecordNumber> numbers;
  std::vector<RecordInteger> integers;
  std::vector<int64_t> before;
};

}  // namespace plain
