// SPDX-License-Identifier: Apache-2.0
/// A second decoder of the models of pointcloud/FORMAT.md section 10, written from that page alone: slow, short, no code of pointcloud/.
/// Section numbers are those of the page.
///
///   plain::Grid grid{.rows = 16, .columns = 900, ...};
///   plain::decode_ranges(octets, grid, 0, 900, network_file);     // fills grid.range
#pragma once

#include <bit>
#include <cstdlib>
#include <functional>
#include <vector>

#include "tests/golden/plain_coders.h"
#include "tests/golden/plain_learning.h"

namespace plain {

/// Section 2.
inline int64_t log_of(int64_t v) {
  const uint64_t x = static_cast<uint64_t>(v) + 1;
  int64_t t = 0;
  while (x >> (t + 1) != 0) ++t;
  const uint64_t m = t >= 8 ? x >> (t - 8) & 255 : x << (8 - t) & 255;
  return 16 * t + static_cast<int64_t>(std::floor(16 * std::log2(1 + static_cast<double>(m) / 256)));
}
inline int64_t slog(int64_t v) { return v < 0 ? -log_of(-v) : log_of(v); }

/// 10.1
class Sequence {
 public:
  explicit Sequence(size_t channels) : state(channels) {}
  std::vector<int64_t> point(RangeReader& reader) {
    std::vector<int64_t> values;
    int64_t e = 0;
    for (size_t i = 0; i < state.size(); ++i) {
      Channel& c = state[i];
      const int64_t a = c.v[0] - c.v[1], b = c.v[1] - c.v[2], d = c.v[2] - c.v[3];
      const int64_t median = std::max(std::min(a, b), std::min(std::max(a, b), d));
      const int64_t guess[2] = {c.v[0], std::clamp(c.v[0] + median, -kMost, kMost)};
      const int64_t j = c.m[1] < c.m[0] ? 1 : 0;
      const int64_t contexts[3] = {2 * std::min<int64_t>(c.l[0], 23) + j, std::min<int64_t>((c.l[0] + c.l[1] + c.l[2]) / 2, 47),
                                   24 * std::min<int64_t>(e, 23) + std::min<int64_t>(c.l[1], 23)};
      const int64_t model = static_cast<int64_t>(std::min<size_t>(i, 7)), set = static_cast<int64_t>(std::min<size_t>(i, 2));
      const int64_t error = residual(reader, [&](unsigned node) {
        std::vector<Adaptive*> bits;
        for (int64_t k = 0; k < 3; ++k) bits.push_back(&adaptive[{model, k, contexts[k], node}]);
        return mixed.try_emplace({model, set, 0, node}, 3).first->second.code(reader, bits);
      });
      const int64_t value = std::clamp(static_cast<int64_t>(static_cast<uint64_t>(guess[j]) + static_cast<uint64_t>(error)), -kMost, kMost);
      for (int k = 0; k < 2; ++k) c.m[k] += (16 * log_of(std::abs(value - guess[k])) - c.m[k]) / 8;
      c.v = {value, c.v[0], c.v[1], c.v[2]};
      c.l = {log_of(std::abs(error)) / 16, c.l[0], c.l[1]};
      e = std::max(e / 2, c.l[0]);
      values.push_back(value);
    }
    return values;
  }

 private:
  static constexpr int64_t kMost = int64_t{1} << 60;
  struct Channel {
    std::array<int64_t, 4> v{};
    std::array<int64_t, 3> l{};
    int64_t m[2] = {};
  };
  std::vector<Channel> state;
  std::map<std::array<int64_t, 4>, Adaptive> adaptive;
  std::map<std::array<int64_t, 4>, Mixed> mixed;
};

/// 10.9
inline std::vector<int64_t> column_numbers(const Octets& octets, uint64_t count) {
  constexpr int64_t kMost = int64_t{1} << 40;
  RangeReader reader(octets);
  std::map<std::array<int64_t, 3>, Adaptive> adaptive;
  std::map<std::array<int64_t, 2>, Mixed> mixed;
  int64_t last = 0, step = 0, position = 0, slope = 0, r[3] = {2, 2, 2}, miss[24][2] = {};
  std::vector<int64_t> values;
  for (uint64_t n = 0; n < count; ++n) {
    const int64_t p = static_cast<int64_t>(n % 24), line = position + slope;
    const int64_t guess[2] = {std::clamp(last + step, -kMost, kMost), std::clamp((line + 2048) >> 12, -kMost, kMost)};
    const int64_t j = miss[p][1] < miss[p][0] ? 1 : 0;
    const int64_t contexts[4] = {25 * ((line >> 8) & 15) + 5 * r[0] + r[1], 2 * p + j, 2 * (25 * (p % 2) + 5 * r[0] + r[1]) + j,
                                 25 * r[0] + 5 * r[1] + r[2]};
    const int64_t error = residual(reader, [&](unsigned node) {
      std::vector<Adaptive*> bits;
      for (int64_t k = 0; k < 4; ++k) bits.push_back(&adaptive[{k, contexts[k], node}]);
      return mixed.try_emplace({j, node}, 4).first->second.code(reader, bits);
    });
    const int64_t value = std::clamp(static_cast<int64_t>(static_cast<uint64_t>(guess[j]) + static_cast<uint64_t>(error)), -kMost, kMost);
    for (int k = 0; k < 2; ++k) miss[p][k] += (16 * log_of(std::abs(value - guess[k])) - miss[p][k]) / 4;
    r[2] = r[1], r[1] = r[0], r[0] = std::clamp<int64_t>(error, -2, 2) + 2;
    step = n == 0 ? 0 : std::clamp(value - last, -kMost, kMost);
    last = value;
    const int64_t off = 4096 * value - line;
    if (n < 2 || std::abs(off) > 32768) {
      position = 4096 * value;
      if (n == 1) slope = 4096 * step;
    } else {
      position = line + off / 3;
      slope += off / 64;
    }
    values.push_back(value);
  }
  return values;
}

/// 10.10
struct Quick {
  int64_t p = 1 << 15;
  bool code(RangeReader& reader, int rate) {
    const bool bit = reader.bit(static_cast<uint64_t>(p));
    p += bit ? (65535 - p) >> rate : -(p >> rate);
    return bit;
  }
};
struct QuickSymbol {
  std::vector<int64_t> starts;
  int64_t seen = 0;
  explicit QuickSymbol(int64_t values, int64_t likely) {
    for (int64_t s = 0; s < values; ++s) starts.push_back(4 * s + std::min(s, likely) * (32768 - 4 * values) / likely);
  }
  int64_t code(RangeReader& reader, int64_t rate) {
    const int64_t number = static_cast<int64_t>(reader.target(15)), values = static_cast<int64_t>(starts.size());
    size_t value = 0;
    while (value + 1 < starts.size() && starts[value + 1] <= number) ++value;
    const int64_t end = value + 1 < starts.size() ? starts[value + 1] : 32768;
    reader.take(static_cast<uint64_t>(starts[value]), static_cast<uint64_t>(end - starts[value]));
    rate = std::min<int64_t>(rate, std::bit_width(static_cast<uint64_t>(seen + 4)));
    for (size_t s = 1; s < starts.size(); ++s)
      starts[s] += (4 * static_cast<int64_t>(s) + (s > value ? 32768 - 4 * values : 0) - starts[s]) >> rate;
    ++seen;
    return static_cast<int64_t>(value);
  }
};
struct QuickContext {
  int64_t p = 1 << 15, rate = 32767;
  static int64_t log_of_odds(int64_t x) {
    int64_t t = 0;
    while (x >> (t + 1) != 0) ++t;
    return (t << 23) + ((x << (23 - t)) - (1 << 23));
  }
  int64_t input() const {
    const int64_t a = (log_of_odds(p) - log_of_odds(65536 - p)) >> 15;
    return a - ((a * rate) >> 16);
  }
  void update(bool bit, int64_t history) {
    p += bit ? ((65535 - p) * rate) >> 16 : -((p * rate) >> 16);
    rate = std::max(rate - ((rate * rate) >> 16), 65536 / history);
  }
};
struct QuickMixed {
  std::vector<int64_t> w;
  int64_t count = 0;
  explicit QuickMixed(int64_t contexts) : w(static_cast<size_t>(contexts), 9830 / contexts) { w.push_back(0); }
  static int64_t odds(int64_t i) {
    if (i == -2048) return 16;
    const double power = std::exp2(static_cast<double>(std::abs(i)) / 128);
    const int64_t p1 = std::min<int64_t>(static_cast<int64_t>(65536 * power / (1 + power) + 0.5), 65520);
    return i < 0 ? 65536 - p1 : p1;
  }
  bool code(RangeReader& reader, const std::vector<QuickContext*>& contexts, const std::vector<int64_t>& histories) {
    std::vector<int64_t> x;
    int64_t sum = 0;
    for (const QuickContext* context : contexts) x.push_back(context->input());
    x.push_back(256);
    for (size_t i = 0; i < x.size(); ++i) sum += x[i] * w[i];
    const int64_t p1 = odds(std::clamp<int64_t>(sum >> 13, -4096, 4095) >> 1);
    const bool bit = reader.bit(static_cast<uint64_t>(p1));
    int64_t e = ((bit ? 65535 : 0) - p1) >> 2;
    if (count < 128) ++count, e *= 2;
    for (size_t i = 0; i < x.size(); ++i) w[i] = std::clamp<int64_t>(w[i] + ((((x[i] * e) >> 16) + 1) >> 1), -32768, 32767);
    for (size_t i = 0; i < contexts.size(); ++i) contexts[i]->update(bit, histories[i]);
    return bit;
  }
};

/// 5.1; ranges and intensities are row-major.
struct Grid {
  int64_t rows = 0, columns = 0, slices = 0, max_range = 0, range_step = 0, intensity_bits = 0, flags = 0, tick_um = 0,
          column_millidegrees = 0;
  std::vector<int64_t> elevation;
  std::vector<int64_t> range, intensity;
  int64_t cell(int64_t row, int64_t column) const { return row * columns + column; }
};

/// 10.3: one row of flags. `above` and `above2` give ranges by column.
class Flags {
 public:
  template <class Above, class Above2>
  std::vector<int64_t> row(RangeReader& reader, bool by_network, int64_t first, int64_t end, Above&& above, Above2&& above2) {
    std::vector<int64_t> flags;
    int64_t h = 0, run = 0, density = 2048;
    for (int64_t x = first; x < end; ++x) {
      const auto u = [&](int64_t k) { return above(x + k) != 0 ? int64_t{1} : int64_t{0}; };
      const auto u2 = [&](int64_t k) { return above2(x + k) != 0 ? int64_t{1} : int64_t{0}; };
      const int64_t a5 = u(2) + 2 * u(1) + 4 * u(0) + 8 * u(-1) + 16 * u(-2), a = a5 >> 1 & 7, a2 = u2(1) + 2 * u2(0) + 4 * u2(-1),
                    l = h & 1;
      const int64_t range_above = u(0)   ? above(x)
                                  : u(1) ? above(x + 1)
                                         : above(x - 1),
                    far = std::min<int64_t>(15, log_of(range_above) / 20);
      bool flag = false;
      if (!by_network) {
        flag = quick[a5 + 32 * a2 + 256 * (h & 7)].code(reader, 5);
      } else if ((a5 == 31 && a2 == 7 && (h & 255) == 255) || (a5 == 0 && a2 == 0 && (h & 255) == 0)) {
        flag = calm[2 * far + l].code(reader, 1023);
      } else {
        const int64_t contexts[6] = {(h & 127) + 128 * u(0) + 256 * u(1),
                                     a5 + 32 * (h & 3) + 128 * u2(0),
                                     a + 8 * a2 + 64 * (h & 3),
                                     far + 16 * a + 128 * l,
                                     std::min<int64_t>(run, 31) + 32 * l + 64 * u(0) + 128 * u2(0),
                                     (density >> 8) + 16 * l + 32 * u(0) + 64 * u(1)};
        std::vector<QuickContext*> bits;
        for (int64_t i = 0; i < 6; ++i) bits.push_back(&contexts_of[{i, contexts[i]}]);
        flag = mixed.try_emplace(l + 2 * u(0) + 4 * u(1), 6).first->second.code(reader, bits, {64, 64, 64, 64, 16, 64});
      }
      run = flag == (l != 0) ? run + 1 : 0;
      density += flag ? (4095 - density) / 16 : -(density / 16);
      h = 2 * h + (flag ? 1 : 0);
      flags.push_back(flag ? 1 : 0);
    }
    return flags;
  }

 private:
  std::map<int64_t, Quick> quick;
  std::map<int64_t, Adaptive> calm;
  std::map<std::array<int64_t, 2>, QuickContext> contexts_of;
  std::map<int64_t, QuickMixed> mixed;
};

/// 10.4. Rows and history are kept as in the page; columns are counted from the slice's first.
class NetworkRanges {
 public:
  NetworkRanges(const Grid& of, int64_t slice_width, Octets network) : grid(of), width(slice_width), file(std::move(network)) {
    for (auto& cells : u) cells.assign(static_cast<size_t>(width + 10), 0);
  }
  /// 10.19: one or two.
  std::vector<Learning> learning;
  void start_row(int64_t r) {
    row = r;
    for (Learning& each : learning) each.start_row();
    u[3] = u[2];
    u[2] = u[1];
    const std::vector<int64_t> coded = u[0];
    u[1] = coded;
    for (size_t i = 5; i < static_cast<size_t>(width + 5); ++i) {
      if (coded[i] == 0) u[1][i] = coded[i - 1] != 0 ? coded[i - 1] : coded[i + 1];
    }
    u[0].assign(u[0].size(), 0);
    h.fill(0);
    at.fill(-1);
  }
  /// Further inputs and centres of 10.13, from base and column of the slice.
  std::function<void(int64_t base, int64_t x, std::vector<int64_t>& centres, std::vector<int64_t>& inputs)> further;

  int64_t code(RangeReader& reader, int64_t x) {
    const auto up = [&](size_t k, int64_t offset) { return u[k][static_cast<size_t>(x + offset + 5)]; };
    int64_t base = h[0] != 0 && x - at[0] < 12 ? h[0] : 0;
    for (const int64_t k : {0, 1, -1, 2, -2}) base = base != 0 ? base : up(1, k);
    if (base == 0) base = h[0] != 0 ? h[0] : std::clamp<int64_t>(4000000 / grid.tick_um, 1, 1 << 20);
    const int64_t last = h[0] != 0 ? h[0] : base, n = up(1, 0) != 0 ? up(1, 0) : base, t = std::max<int64_t>(30, base / 256);
    const auto near = [&](int64_t v) { return base / 2 < v && v < 2 * base; };
    const auto mean_of = [&](int64_t a, std::initializer_list<int64_t> others) {
      int64_t sum = a, count = 1;
      for (const int64_t other : others) {
        if (other > 0 && std::abs(other - a) < t) sum += other, ++count;
      }
      return sum * 16 / count;
    };
    const int64_t line = line_of(x, base), mean = mean_of(last, {h[1], h[2], h[3]});
    int64_t plane = line, profile = line;
    const int64_t b = x - at[0];
    if (up(1, 0) != 0 && h[0] != 0 && b <= 4 && up(1, -b) != 0) {
      const int64_t c = up(1, -b), d = n * c + last * c - last * n, p = d > 0 ? last * n * c / d * 16 : 0;
      plane = 16 * (near(p / 16) ? p / 16 : base);
      const int64_t there = mean_of(c, {b < 4 ? up(1, -b - 1) : 0, b > 1 ? up(1, -b + 1) : 0});
      const int64_t m = mean * mean_of(n, {up(1, -1), up(1, 1)}) / std::max<int64_t>(1, there);
      profile = near(m / 16) ? m : 16 * base;
    }
    std::vector<int64_t> centres = {16 * last, line, mean, plane, 16 * n, 16 * (up(1, 1) != 0 ? up(1, 1) : base), profile};

    std::vector<int64_t> in;
    const auto step = [](int64_t p, int64_t q) { return p != 0 && q != 0 ? slog(p - q) : 0; };
    const auto place = [&](int64_t v) { in.insert(in.end(), {v != 0 ? slog(v - base) : 0, v != 0 ? int64_t{64} : int64_t{0}}); };
    for (size_t k = 0; k < 5; ++k) in.push_back(h[k] != 0 ? slog(h[k] - base) : 0);
    for (size_t k = 0; k < 3; ++k) in.push_back(8 * std::min<int64_t>(15, (k == 0 ? x : at[k - 1]) - at[k]));
    for (int64_t k = -3; k <= 4; ++k) place(up(1, k));
    for (int64_t k = -1; k <= 1; ++k) place(up(2, k));
    place(up(3, 0));
    for (const int64_t c : {line, mean, plane, profile}) in.push_back(slog((c - 16 * base) / 4));
    for (size_t k = 0; k < 3; ++k) in.push_back(step(h[k], h[k + 1]));
    for (const int64_t k : {0, 1, 2, -1}) in.push_back(step(up(1, k), up(1, k - 1)));
    in.insert(in.end(), {2 * (log_of(base * grid.tick_um / 1000) - 200), log_of(base) - 176});
    in.insert(in.end(), {4 * (log_of(grid.tick_um) - log_of(2000)), grid.column_millidegrees / 8});
    const size_t r = static_cast<size_t>(row);
    in.insert(in.end(), {r == 0 ? 0 : (grid.elevation[r - 1] - grid.elevation[r]) / 2, grid.elevation[r] / 32, density >> 6});
    in.insert(in.end(), {trackers[0].last, trackers[1].last});
    for (const auto& [tracker, rate] : {std::pair<int, int>{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 0}, {3, 0}}) {
      in.insert(in.end(), {trackers[tracker].mean[rate] >> 7, trackers[tracker].size[rate] >> 8});
    }
    if (further) further(base, x, centres, in);
    for (int64_t& value : in) value = std::clamp<int64_t>(value, -2047, 2047);

    std::vector<std::vector<int64_t>> outputs;
    for (Learning& each : learning) outputs.push_back(each.outputs(in));
    if (learning.empty()) outputs.push_back(run_inet(file, in, {}));
    const std::vector<Component> parts = parts_of(outputs[0], centres);
    const Mixture mixture(parts, 1, std::max<int64_t>(1, grid.max_range));
    int64_t range = 0;
    if (outputs.size() == 2) {
      range = code_blended(reader, mixture, Mixture(parts_of(outputs[1], centres), 1, std::max<int64_t>(1, grid.max_range)));
    } else {
      range =
          further && learning.empty() && grid.max_range <= 4095 ? code_likely(reader, mixture, parts, centres, x) : mixture.code(reader);
    }
    for (size_t i = 0; i < learning.size(); ++i) learning[i].learn(outputs[i], centres, range);
    learn(x, range, {mean, centres[4], profile, centres[0]});
    return range;
  }

 private:
  std::vector<Component> parts_of(const std::vector<int64_t>& out, const std::vector<int64_t>& centres) const {
    std::vector<Component> parts;
    const size_t count = centres.size();
    const int64_t heaviest = *std::max_element(out.begin(), out.begin() + static_cast<ptrdiff_t>(count)), least = further ? -1024 : -512;
    for (size_t k = 0; k < count; ++k) {
      if (out[k] <= heaviest - 1280) continue;
      const int64_t l = std::clamp<int64_t>(out[count + k], least, 3584) >> 3, o = std::clamp<int64_t>(out[2 * count + k], -1024, 1024);
      const int64_t factor = nearest(65536 * std::exp2(static_cast<double>(l & 31) / 32));
      const int64_t aside = (o * factor * (int64_t{1} << ((l + 128) >> 5))) >> 20;
      parts.push_back({std::clamp<int64_t>(16 * centres[k] + aside, 0, int64_t{1} << 30), l, out[k]});
    }
    return parts;
  }
  /// 10.19: two networks.
  int64_t code_blended(RangeReader& reader, const Mixture& one, const Mixture& two) {
    const int64_t weight = squash(static_cast<int64_t>(lean * 256));
    const int64_t range = one.code_by(reader, [&](int64_t y) { return (one.start(y) * weight + two.start(y) * (65536 - weight)) >> 16; });
    const auto mass = [&](const Mixture& of) { return static_cast<double>(of.start(range + 1) - of.start(range)); };
    const double a = static_cast<double>(weight) / 65536, p = mass(one), q = mass(two);
    lean = std::clamp(lean + 1 / 32.0 * (a * (1 - a) * (p - q) / (a * p + (1 - a) * q)), -8.0, 8.0);
    return range;
  }
  double lean = 0;

  /// 10.13: the mixture's likeliest range, as often as it came true lately.
  int64_t code_likely(RangeReader& reader, const Mixture& mixture, const std::vector<Component>& parts, const std::vector<int64_t>& centres,
                      int64_t x) {
    constexpr int64_t kAll = int64_t{1} << 30;
    if (came_true.empty()) {
      for (int64_t set = 0; set < 32; ++set)
        for (int64_t bin = 0; bin < 45; ++bin) came_true.push_back(squash(128 * bin - 2815));
    }
    size_t top = 0;
    for (size_t k = 1; k < parts.size(); ++k) top = parts[k].g > parts[top].g ? k : top;
    const int64_t symbol = std::clamp<int64_t>((parts[top].c + 128) >> 8, 1, std::max<int64_t>(1, grid.max_range));
    int64_t agree = 0;
    for (const size_t k : {7, 9, 10}) agree += (centres[k] + 8) / 16 == symbol;
    int64_t& above = hit_above.try_emplace(x, 1).first->second;
    const int64_t start = mixture.start(symbol), end = mixture.start(symbol + 1), p = std::min<int64_t>((end - start) >> 14, 65535);
    int64_t range = 0;
    if (p < 2048) {
      range = mixture.code(reader);
    } else {
      const int64_t place = std::clamp<int64_t>(stretch(p) + 2815, 0, 5630), share = place % 128;
      int64_t* bins = came_true.data() + 45 * (hits % 4 + 4 * above + 8 * agree) + place / 128;
      const int64_t learned = (bins[0] * (128 - share) + bins[1] * share) / 128;
      const int64_t mass = std::clamp<int64_t>((p + 7 * learned) / 8, 64, 65520) << 14;
      const int64_t ratio = std::clamp<int64_t>(((kAll - mass) << 24) / std::max<int64_t>(1, kAll - (end - start)), 1 << 20, 1 << 30);
      const auto scaled = [&](int64_t m) { return std::min((m * ratio) >> 24, kAll); };
      range = mixture.code_by(reader,
                              [&](int64_t y) { return y <= symbol ? scaled(mixture.start(y)) : kAll - scaled(kAll - mixture.start(y)); });
      const int64_t truth = range == symbol ? 65535 : 0;
      bins[0] += (truth - bins[0]) * (128 - share) >> 12;
      bins[1] += (truth - bins[1]) * share >> 12;
    }
    above = range == symbol;
    hits = (2 * hits + above) % 4;
    return range;
  }
  std::vector<int64_t> came_true;
  std::map<int64_t, int64_t> hit_above;
  int64_t hits = 0;

  int64_t line_of(int64_t x, int64_t base) const {
    if (h[0] == 0) return 16 * base;
    int64_t n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
    for (size_t k = 0; k < 6; ++k) {
      const int64_t dx = at[k] - x, dy = h[k] - h[0];
      if (h[k] == 0 || std::abs(dy) >= std::max<int64_t>(60, base / 50) || dx < -24) continue;
      n += 1, sx += dx, sy += dy, sxx += dx * dx, sxy += dx * dy;
    }
    const int64_t d = n * sxx - sx * sx;
    if (d == 0) return 16 * h[0];
    const int64_t v = 16 * h[0] + (sxx * sy - sx * sxy) * 16 / d;
    return 16 * base / 2 < v && v < 32 * base ? v : 16 * base;
  }
  void learn(int64_t x, int64_t range, const std::array<int64_t, 4>& tracked) {
    for (size_t k = 0; k < 4; ++k) {
      const int64_t e = (16 * range - tracked[k]) / 16;
      Tracker& tracker = trackers[k];
      tracker.last = slog(std::clamp<int64_t>(e, -200, 200));
      for (int rate = 0; rate < 2; ++rate) {
        const int shift = rate == 0 ? 3 : 5;
        tracker.mean[rate] += (256 * tracker.last - tracker.mean[rate]) >> shift;
        tracker.size[rate] += (256 * std::min<int64_t>(128, log_of(std::abs(e))) - tracker.size[rate]) >> shift;
      }
    }
    for (int64_t k = 0; k < std::min<int64_t>(16, x - at[0] - 1); ++k) density -= density >> 4;
    density += (4096 - density) >> 4;
    for (size_t k = 5; k > 0; --k) h[k] = h[k - 1], at[k] = at[k - 1];
    h[0] = range;
    at[0] = x;
    u[0][static_cast<size_t>(x + 5)] = range;
  }

  struct Tracker {
    int64_t last = 0, mean[2] = {0, 0}, size[2] = {12288, 12288};
  };
  const Grid& grid;
  int64_t width, row = 0, density = 2048;
  Octets file;
  std::array<std::vector<int64_t>, 4> u;
  std::array<int64_t, 6> h{}, at{};
  Tracker trackers[4];
};

/// 10.5
class AdaptiveRanges {
 public:
  explicit AdaptiveRanges(int64_t max_range) : most(max_range) {}
  /// 10.13: beside a reference, and what it says of the next cell, 1/16 steps.
  bool beside = false;
  int64_t b = 0;
  template <class Above>
  int64_t code(RangeReader& reader, int64_t x, Above&& above) {
    const int64_t up = above(x) != 0 ? above(x) : above(x + 1) != 0 ? above(x + 1) : above(x - 1);
    int64_t guess = up != 0 ? up : a != 0 ? a : most / 8, context = 47;
    if (l != 0) {
      int64_t activity = size + 48;
      guess = l;
      if (up != 0 && a != 0) {
        const int64_t d = log_of(std::abs(up - a));
        if (d < 96) guess += (up - a) / 2;
        activity = size + d;
      }
      context = std::min<int64_t>(activity / 10, 23) + (x - at > 1 ? 24 : 0);
      guess = std::clamp<int64_t>(guess, 1, most);
    }
    const int64_t inside = guess, earlier = std::clamp<int64_t>((b + 8) >> 4, 1, most);
    if (beside && b > 0 && m1 <= m0 + 32) {
      guess = std::clamp<int64_t>(earlier + z / 2, 1, most);
      const int64_t d = log_of(std::abs(guess - inside)) - (m1 >> 4);
      context = 48 + 24 * (d < 0 ? 0 : d < 24 ? 1 : d < 64 ? 2 : 3) + std::min<int64_t>(m1 / 96, 23);
    }
    const int64_t range = std::clamp<int64_t>(guess + error_of(reader, context), 1, most);
    size += (log_of(std::abs(range - inside)) - size) / 4;
    if (beside && b > 0) {
      const int64_t miss = log_of(std::abs(range - earlier));
      m0 += (16 * log_of(std::abs(range - inside)) - m0) / 8;
      m1 += (16 * miss - m1) / 8;
      z = miss < 96 ? range - earlier : 0;
    }
    l = range;
    a = up;
    at = x;
    return range;
  }
  void end_row() {
    z = 0;
    a = l;
    l = 0;
  }

 private:
  int64_t error_of(RangeReader& reader, int64_t context) {
    const auto symbol = [&](int64_t number, int64_t values, int64_t likely, int64_t rate) {
      return symbols.try_emplace({context, number}, values, likely).first->second.code(reader, rate);
    };
    int64_t leaf = symbol(0, 16, 16, 7) - 7;
    if (leaf == 8) {
      const int64_t longer = symbol(1, 16, 16, 7);
      int64_t n = longer % 8 + 8;
      if (n == 15) n += static_cast<int64_t>(reader.raw(3));
      leaf = longer < 8 ? n : -n;
    }
    const int64_t n = std::abs(leaf);
    if (n == 0) return 0;
    int64_t value = 1;
    if (n > 1) value = n == 2 ? 2 + symbol(2, 8, 2, 6) : 4 + symbol(std::min<int64_t>(n, 15), 8, 4, 6);
    if (n > 3) value = value << (n - 3) | static_cast<int64_t>(reader.raw(static_cast<unsigned>(n - 3)));
    return leaf < 0 ? -value : value;
  }

  int64_t most, l = 0, a = 0, at = 0, size = 48, m0 = 768, m1 = 768, z = 0;
  std::map<std::array<int64_t, 2>, QuickSymbol> symbols;
};

/// 10.2: columns first .. end - 1 of the grid. `network`: the .inet file, empty for none.
inline void decode_ranges(const Octets& octets, Grid& grid, int64_t first, int64_t end, const Octets& network) {
  RangeReader reader(octets);
  Flags flags;
  NetworkRanges by_network(grid, end - first, network);
  if ((grid.flags & 8) != 0) by_network.learning.emplace_back(network);
  if ((grid.flags & 16) != 0) by_network.learning.emplace_back(second_of(network));
  AdaptiveRanges adaptive(std::max<int64_t>(1, grid.max_range));
  for (int64_t row = 0; row < grid.rows; ++row) {
    const auto above_by = [&](int64_t up) {
      return [&grid, row, first, end, up](int64_t x) {
        return row < up || x < first || x >= end ? int64_t{0} : grid.range[static_cast<size_t>(grid.cell(row - up, x))];
      };
    };
    const std::vector<int64_t> present = flags.row(reader, !network.empty(), first, end, above_by(1), above_by(2));
    if (!network.empty()) by_network.start_row(row);
    for (int64_t x = first; x < end; ++x) {
      if (present[static_cast<size_t>(x - first)] == 0) continue;
      int64_t& range = grid.range[static_cast<size_t>(grid.cell(row, x))];
      range = network.empty() ? adaptive.code(reader, x, above_by(1)) : by_network.code(reader, x - first);
    }
    adaptive.end_row();
  }
}

}  // namespace plain
