// SPDX-License-Identifier: Apache-2.0
/// Section 10.13 of pointcloud/FORMAT.md, written from that page alone: slices that refer to an earlier frame.
///
///   const plain::Reference reference(picture, &background, now, step, 1);
///   plain::decode_inter_ranges(octets, grid, reference, 0, 900, network_file);       // fills grid.range
///   plain::decode_inter_intensities(octets, grid, reference, 0, 900, by_network);
#pragma once

#include "tests/golden/plain_intensity.h"

namespace plain {

/// Angles of firing columns, and how rows are shifted.
struct Angles {
  int64_t turn = 0;
  std::vector<int64_t> azimuth, shift;
  int64_t columns() const { return static_cast<int64_t>(azimuth.size()); }
  int64_t angle(int64_t column) const {
    const int64_t turns = turn == 0 ? columns() : turn, a = turn == 0 ? column : azimuth[static_cast<size_t>(column)];
    return (a % turns + turns) % turns;
  }
  int64_t unit() const { return turn == 0 ? columns() : turn; }
};

/// Native ranges by row and grid column; -1 where nothing is known.
struct Picture {
  int64_t rows = 0, step = 1;
  Angles angles;
  std::vector<int64_t> range, intensity;
};

struct Around {
  int64_t low = 0, high = 0, place = 0;
  bool has_low = false, has_high = false;
};

inline Around around(const Angles& angles, int64_t a) {
  const int64_t turn = angles.unit();
  std::vector<std::pair<int64_t, int64_t>> ring;
  for (int64_t c = 0; c < angles.columns(); ++c) ring.emplace_back(angles.angle(c), c);
  std::sort(ring.begin(), ring.end());
  std::vector<int64_t> steps;
  for (size_t i = 1; i < ring.size(); ++i) steps.push_back(ring[i].first - ring[i - 1].first);
  std::sort(steps.begin(), steps.end());
  const int64_t reach = 3 * std::max<int64_t>(1, steps.empty() ? 1 : steps[steps.size() / 2]);
  size_t above = 0;
  while (above < ring.size() && ring[above].first <= a) ++above;
  const auto low = ring[(above + ring.size() - 1) % ring.size()], high = ring[above % ring.size()];
  const int64_t dl = (a - low.first + turn) % turn, dh = a == high.first ? 0 : (high.first - a + turn) % turn;
  Around found{low.second, high.second, 255, dl <= reach, dh <= reach};
  if (found.has_low) found.place = found.has_high ? dl * 255 / std::max<int64_t>(1, dl + dh) : 0;
  return found;
}

inline int64_t between(int64_t l, int64_t r, int64_t place, int64_t s) {
  if (l <= 0 || r <= 0) return std::max(l, r);
  if (std::abs(l - r) < std::max({l / 32, int64_t{320}, 2 * s})) return l + (r - l) * place / 255;
  return place < 128 ? l : r;
}

inline int64_t native_q(const Picture& picture, int64_t row, int64_t firing_column) {
  const int64_t columns = picture.angles.columns();
  const int64_t shift = picture.angles.shift.empty() ? 0 : picture.angles.shift[static_cast<size_t>(row)];
  const int64_t r = picture.range[static_cast<size_t>(row * columns + (firing_column + shift) % columns)];
  return r < 0 ? -1 : 16 * std::min<int64_t>(r, 1 << 24);
}

class LongTerm {
 public:
  struct Bin {
    int64_t mean = 0, spread = 0, seen = 0, missed = 0, empty = 128, looks = 0;
  };
  LongTerm(int64_t rows, int64_t bin_count, int64_t unit) : bins(bin_count), turn(unit), all(static_cast<size_t>(rows * bin_count)) {}
  void add(const Picture& picture) {
    if (picture.angles.unit() != turn) return;
    const int64_t s = 16 * std::min<int64_t>(picture.step, 1 << 20);
    for (int64_t bin = 0; bin < bins; ++bin) {
      const Around at = around(picture.angles, (2 * bin + 1) * turn / (2 * bins));
      for (int64_t row = 0; row < picture.rows; ++row) {
        const int64_t l = at.has_low ? native_q(picture, row, at.low) : -1, r = at.has_high ? native_q(picture, row, at.high) : -1;
        learn(all[static_cast<size_t>(row * bins + bin)], between(l, r, at.place, s), s);
      }
    }
  }
  const Bin& bin(int64_t row, int64_t i) const { return all[static_cast<size_t>(row * bins + i)]; }

  int64_t bins, turn;

 private:
  static void learn(Bin& b, int64_t v, int64_t s) {
    if (v == -1) return;
    b.looks = std::min<int64_t>(255, b.looks + 1);
    const int64_t k = b.looks < 8 ? 2 : 3;
    if (v == 0) {
      b.empty += (255 - b.empty) >> k;
      return;
    }
    b.empty -= b.empty >> k;
    const int64_t d = std::abs(v - b.mean);
    if (b.seen > 0 && d <= std::max({8 * std::min<int64_t>(b.spread, 1 << 24), b.mean / 64, int64_t{640}, 2 * s})) {
      b.seen = std::min<int64_t>(255, b.seen + 1);
      b.missed = 0;
      b.mean += (v - b.mean) / std::min<int64_t>(b.seen, 24);
      b.spread += (d - b.spread) / std::min<int64_t>(b.seen, 8);
    } else {
      b.missed += 1;
      if (!(b.seen > b.missed && b.missed < 3)) b = {v, 0, 1, 0, b.empty, b.looks};
    }
  }
  std::vector<Bin> all;
};

/// Everything a cell can ask, by row and grid column; columns go on around the turn.
class Reference {
 public:
  struct Cell {
    int64_t l = -1, r = -1, g = -1, place = 0, il = 0, ir = 0, b = -1, s = 0, n = 0, e = 128;
  };
  bool has_background = false;
  Reference(const Picture& picture, const LongTerm* background, const Angles& now, int64_t range_step, int64_t frames)
      : rows(picture.rows), columns(now.columns()), distance(frames) {
    const bool usable = picture.angles.unit() == now.unit();
    has_intensity = usable && !picture.intensity.empty();
    if (background != nullptr && background->turn != now.unit()) background = nullptr;
    has_background = background != nullptr;
    const int64_t turn = now.unit();
    int64_t falling = 0;
    for (int64_t c = 1; c < columns; ++c) {
      const int64_t step = (now.angle(c) - now.angle(c - 1) + turn) % turn;
      falling += step == 0 ? 0 : 2 * step > turn ? 1 : -1;
    }
    const auto scaled = [&](int64_t v) {
      constexpr int64_t kMost = 16 * ((1 << 20) - 1);
      return v <= 0 ? v : std::min(range_step == 1 ? v : v / range_step + 16, kMost);
    };
    cells.resize(static_cast<size_t>(rows * columns));
    for (int64_t fired = 0; fired < columns; ++fired) {
      Around at = usable ? around(picture.angles, now.angle(fired)) : Around{};
      if (falling > 0) at = {at.high, at.low, 255 - at.place, at.has_high, at.has_low};
      for (int64_t row = 0; row < rows; ++row) {
        const int64_t shift = now.shift.empty() ? 0 : now.shift[static_cast<size_t>(row)];
        Cell& cell = cells[static_cast<size_t>(row * columns + (fired + shift) % columns)];
        const int64_t l = at.has_low ? native_q(picture, row, at.low) : -1, r = at.has_high ? native_q(picture, row, at.high) : -1;
        cell.l = scaled(l);
        cell.r = scaled(r);
        cell.g = scaled(between(l, r, at.place, 16 * std::min<int64_t>(picture.step, 1 << 20)));
        cell.place = at.place;
        const auto intensity_of = [&](int64_t column) {
          const int64_t of_picture = picture.angles.columns(),
                        aside = picture.angles.shift.empty() ? 0 : picture.angles.shift[static_cast<size_t>(row)];
          return picture.intensity[static_cast<size_t>(row * of_picture + (column + aside) % of_picture)];
        };
        if (has_intensity && l > 0) cell.il = intensity_of(at.low);
        if (has_intensity && r > 0) cell.ir = intensity_of(at.high);
        if (background != nullptr) long_term(*background, row, now.angle(fired), range_step, scaled, cell);
      }
    }
  }
  const Cell& at(int64_t row, int64_t x) const { return cells[static_cast<size_t>(row * columns + (x % columns + columns) % columns)]; }

  int64_t rows, columns, distance;
  bool has_intensity = false;

 private:
  template <class Scaled>
  static void long_term(const LongTerm& background, int64_t row, int64_t a, int64_t range_step, Scaled&& scaled, Cell& cell) {
    const int64_t t = a * background.bins * 256 / background.turn + 256 * background.bins - 128, f = t & 255;
    const int64_t low = (t >> 8) % background.bins, high = (low + 1) % background.bins;
    const auto &x = background.bin(row, low), &y = background.bin(row, high), &near = f < 128 ? x : y;
    const auto mean = [](const LongTerm::Bin& bin) { return bin.looks == 0 ? -1 : bin.seen == 0 || bin.empty > 192 ? 0 : bin.mean; };
    const int64_t m = between(mean(x), mean(y), f, 16);
    cell.b = scaled(m);
    cell.s = std::min<int64_t>(255, log_of(near.spread / range_step) / 4);
    cell.n = m > 0 ? std::max<int64_t>(1, near.seen) : 0;
    cell.e = (x.empty * (256 - f) + y.empty * f) >> 8;
  }
  std::vector<Cell> cells;
};

/// Flags of a row; `u` and `u2` give 1 for a return above.
class InterFlags {
 public:
  template <class U, class U2, class Far>
  std::vector<int64_t> row(RangeReader& reader, const Reference& reference, bool by_network, int64_t r, int64_t first, int64_t end,
                           U&& u_at, U2&& u2_at, Far&& range_above) {
    std::vector<int64_t> flags;
    int64_t h = 0, run = 0, ag = 15;
    for (int64_t x = first; x < end; ++x) {
      const auto u = [&](int64_t k) { return u_at(x + k); };
      const auto u2 = [&](int64_t k) { return u2_at(x + k); };
      const auto f = [&](int64_t v) { return v > 0 || (v == -1 && u(0) != 0) ? int64_t{1} : int64_t{0}; };
      const auto& cell = reference.at(r, x);
      const int64_t a5 = u(2) + 2 * u(1) + 4 * u(0) + 8 * u(-1) + 16 * u(-2), a = a5 >> 1 & 7, a2 = u2(1) + 2 * u2(0) + 4 * u2(-1),
                    l = h & 1;
      const int64_t ref = f(cell.l) + 2 * f(cell.r) + 4 * f(reference.at(r, x - 1).l) + 8 * f(reference.at(r, x + 1).r) +
                          16 * f(reference.at(std::min(r + 1, reference.rows - 1), x).g);
      const int64_t dist = std::min<int64_t>(15, log_of(std::max<int64_t>(0, cell.g)) / 24), i = (cell.il + cell.ir) / 2;
      const int64_t bright = i < 2 ? 0 : i < 6 ? 1 : i < 20 ? 2 : 3;
      bool flag = false;
      if (!by_network) {
        flag = quick[(ref & 15) + 16 * (ag & 3) + 64 * (h & 3) + 256 * a].code(reader, 5);
      } else if ((a5 == 31 && a2 == 7 && (h & 255) == 255 && ref == 31) || (a5 == 0 && a2 == 0 && (h & 255) == 0 && ref == 0)) {
        flag = calm[2 * std::min<int64_t>(15, log_of(range_above(x)) / 20) + l].code(reader, 1023);
      } else {
        const int64_t contexts[7] = {(h & 127) + 128 * u(0) + 256 * u(1),
                                     a5 + 32 * (h & 3) + 128 * u2(0),
                                     ref + 32 * ag + 512 * l,
                                     dist + 16 * (ref & 3) + 64 * l + 128 * u(0) + 256 * (ag & 1),
                                     std::min<int64_t>(run, 31) + 32 * l + 64 * u(0) + 128 * f(cell.g),
                                     (cell.e >> 4) + 16 * (ref & 3) + 64 * a + 512 * l,
                                     bright + 4 * (ref & 15) + 64 * (ag & 3) + 256 * (h & 3) + 1024 * u(0)};
        std::vector<QuickContext*> bits;
        for (int64_t k = 0; k < 7; ++k) bits.push_back(&contexts_of[{k, contexts[k]}]);
        flag = mixed.try_emplace(l + 2 * u(0) + 4 * (ref & 3), 7).first->second.code(reader, bits, {64, 64, 64, 64, 64, 64, 128});
      }
      run = flag == (l != 0) ? run + 1 : 0;
      ag = (2 * ag + (flag == (f(cell.g) != 0) ? 1 : 0)) & 15;
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

/// Further inputs and centres.
class Earlier {
 public:
  Earlier(const Reference& of, int64_t tick_um, int64_t first_column, int64_t slice_width)
      : reference(of), first(first_column), width(slice_width), least(std::max<int64_t>(24, 100000 / tick_um * 16)) {
    for (Guess* guess : {&of_g, &of_b}) guess->above.assign(static_cast<size_t>(width), kNone), guess->here = guess->above;
  }
  void start_row(int64_t r) {
    row = r;
    for (Guess* guess : {&of_g, &of_b}) {
      guess->above = guess->here;
      guess->here.assign(static_cast<size_t>(width), kNone);
      guess->e.fill(kNone);
    }
  }
  void further(int64_t base, int64_t x, std::vector<int64_t>& centres, std::vector<int64_t>& in) {
    constexpr int64_t kMost = 16 * ((1 << 20) - 1);
    const auto& cell = reference.at(row, first + x);
    const int64_t right = reference.at(row, first + x + 1).g, left = reference.at(row, first + x - 1).g,
                  below = reference.at(std::min(row + 1, reference.rows - 1), first + x).g;
    const int64_t t = std::max(least, base / 16), six = centres[6];
    int64_t last = 0, of_row = 0, in_row = 0;
    for (const int64_t e : of_g.e) {
      if (e != kNone && std::abs(e) < 4 * t) of_row += e, ++in_row;
    }
    if (of_g.e[0] != kNone && std::abs(of_g.e[0]) < 4 * t) last = of_g.e[0];
    const int64_t cell_b = reference.has_background ? cell.b : cell.g > 0 ? std::clamp<int64_t>(cell.g + last, 1, kMost) : cell.g;
    of_g.value = cell.g;
    of_b.value = cell_b;
    const auto c = [&](const Guess& guess) {
      int64_t sum = 0, count = 0;
      for (const int64_t e : {guess.e[0], guess.e[1], v(guess, x), v(guess, x - 1), v(guess, x + 1)}) {
        if (e != kNone && std::abs(e) < t) sum += e, ++count;
      }
      return count == 0 ? 0 : sum / count;
    };
    const auto at = [&](int64_t value, int64_t d) { return value > 0 ? std::clamp<int64_t>(value + d, 16, kMost) : six; };
    const int64_t mean = (in_row == 0 ? 0 : of_row / in_row) - last;
    const int64_t of_best = cell_b <= 0 ? c(of_g) : reference.has_background ? c(of_b) : mean;
    const int64_t other = cell.place < 128 ? cell.r : cell.l, best = cell_b > 0 ? cell_b : cell.g;
    for (const int64_t centre : {at(cell.g, 0), at(cell.g, c(of_g)), at(other > 0 ? other : cell.g, 0), at(best, 0), at(best, of_best)})
      centres.push_back(centre);
    const auto q = [](int64_t a, int64_t b, bool known) { return known ? slog((a - b) / 4) : 0; };
    const auto pair = [&](int64_t a, int64_t b) { return q(a, b, a > 0 && b > 0); };
    for (const int64_t value : {cell.l, cell.r, cell.g}) in.push_back(q(value, 16 * base, value > 0));
    in.push_back(q(cell.g, six, cell.g > 0));
    in.insert(in.end(), {pair(cell.r, cell.l), pair(right, cell.g), pair(cell.g, left), pair(below, cell.g)});
    in.insert(in.end(), {q(centres[8], 16 * base, cell.g > 0), q(cell_b, 16 * base, cell_b > 0), pair(cell_b, cell.g)});
    in.push_back(q(centres[11], 16 * base, cell_b > 0));
    for (const int64_t e : {of_g.e[0], of_g.e[1], of_g.e[2], v(of_g, x - 1), v(of_g, x), v(of_g, x + 1), of_b.e[0], v(of_b, x)})
      in.push_back(e == kNone ? 0 : slog(e / 4));
    const auto state = [](int64_t value) { return value > 0 ? int64_t{64} : value == 0 ? int64_t{-64} : int64_t{0}; };
    in.insert(in.end(), {state(cell.l), state(cell.r), cell.place / 4});
    in.insert(in.end(), {of_g.mean[0] >> 7, of_g.size[0] >> 8, of_g.size[1] >> 8, of_b.mean[0] >> 7, of_b.size[0] >> 8});
    in.insert(in.end(), {cell.s, log_of(cell.n), state(cell_b), 16 * std::min<int64_t>(16, reference.distance)});
  }
  void learn(int64_t x, int64_t range) {
    for (Guess* guess : {&of_g, &of_b}) {
      const int64_t e = guess->value > 0 ? 16 * range - guess->value : kNone;
      guess->e = {e, guess->e[0], guess->e[1], guess->e[2]};
      guess->here[static_cast<size_t>(x)] = e;
      if (e == kNone) continue;
      const int64_t size = slog(e / 4);
      for (int rate = 0; rate < 2; ++rate) {
        const int shift = rate == 0 ? 3 : 5;
        guess->mean[rate] += (256 * std::clamp<int64_t>(size, -160, 160) - guess->mean[rate]) >> shift;
        guess->size[rate] += (256 * std::min<int64_t>(std::abs(size), 192) - guess->size[rate]) >> shift;
      }
    }
  }

 private:
  static constexpr int64_t kNone = int64_t{1} << 40;
  struct Guess {
    int64_t value = 0;
    std::array<int64_t, 4> e{};
    std::vector<int64_t> here, above;
    int64_t mean[2] = {0, 0}, size[2] = {12288, 12288};
  };
  int64_t v(const Guess& guess, int64_t x) const { return x < 0 || x >= width ? kNone : guess.above[static_cast<size_t>(x)]; }

  const Reference& reference;
  int64_t first, width, least, row = 0;
  Guess of_g, of_b;
};

inline void decode_inter_ranges(const Octets& octets, Grid& grid, const Reference& reference, int64_t first, int64_t end,
                                const Octets& network) {
  RangeReader reader(octets);
  InterFlags flags;
  NetworkRanges by_network(grid, end - first, network);
  Earlier earlier(reference, grid.tick_um, first, end - first);
  if ((grid.flags & 8) != 0) by_network.learning.emplace_back(network);
  by_network.further = [&](int64_t base, int64_t x, auto& centres, auto& inputs) { earlier.further(base, x, centres, inputs); };
  AdaptiveRanges adaptive(std::max<int64_t>(1, grid.max_range));
  adaptive.beside = true;
  for (int64_t row = 0; row < grid.rows; ++row) {
    const auto above = [&](int64_t up, int64_t x) {
      return row < up || x < first || x >= end ? int64_t{0} : grid.range[static_cast<size_t>(grid.cell(row - up, x))];
    };
    const auto u = [&](int64_t x) { return above(1, x) != 0 ? int64_t{1} : int64_t{0}; };
    const auto u2 = [&](int64_t x) { return above(2, x) != 0 ? int64_t{1} : int64_t{0}; };
    const auto range_above = [&](int64_t x) {
      return above(1, x) != 0 ? above(1, x) : above(1, x + 1) != 0 ? above(1, x + 1) : above(1, x - 1);
    };
    const std::vector<int64_t> present = flags.row(reader, reference, !network.empty(), row, first, end, u, u2, range_above);
    if (!network.empty()) by_network.start_row(row);
    earlier.start_row(row);
    for (int64_t x = first; x < end; ++x) {
      if (present[static_cast<size_t>(x - first)] == 0) continue;
      int64_t& range = grid.range[static_cast<size_t>(grid.cell(row, x))];
      const auto& cell = reference.at(row, x);
      adaptive.b = cell.b > 0 ? cell.b : cell.g;
      range = network.empty() ? adaptive.code(reader, x, [&](int64_t at) { return above(1, at); }) : by_network.code(reader, x - first);
      earlier.learn(x - first, range);
    }
    adaptive.end_row();
  }
}

inline std::array<int64_t, 3> earlier_intensity(const Reference::Cell& cell, int64_t r, int64_t other) {
  const auto agrees = [&](int64_t side) { return side > 0 && std::abs(16 * r - side) <= std::max<int64_t>(16 * r / 32, 320); };
  const bool l = agrees(cell.l), right = agrees(cell.r);
  if (!l && !right) return {other, other, 0};
  if (!l || !right) return {l ? cell.il : cell.ir, l ? cell.il : cell.ir, 1};
  const int64_t trust = std::abs(cell.il - cell.ir) < 3 ? 3 : 2;
  return cell.place < 128 ? std::array<int64_t, 3>{cell.il, cell.ir, trust} : std::array<int64_t, 3>{cell.ir, cell.il, trust};
}

inline void decode_inter_intensities(const Octets& octets, Grid& grid, const Reference& reference, int64_t first, int64_t end,
                                     bool by_network) {
  if (by_network) {
    Intensities model(octets, grid, first, end);
    if (reference.has_intensity) {
      model.earlier = [&](int64_t row, int64_t x, int64_t mean) {
        return earlier_intensity(reference.at(row, x), grid.range[static_cast<size_t>(grid.cell(row, x))], mean);
      };
    }
    return model.decode();
  }
  if (!reference.has_intensity) return decode_quick_intensities(octets, grid, first, end);
  RangeReader reader(octets);
  QuickIntensities quick;
  const int64_t bits = grid.intensity_bits;
  for (int64_t row = 0; row < grid.rows; ++row) {
    int64_t left = 0;
    for (int64_t x = first; x < end; ++x) {
      const size_t here = static_cast<size_t>(grid.cell(row, x));
      const int64_t r = grid.range[here];
      if (r == 0 && (grid.flags & 2) == 0) continue;
      const auto [one, two, trust] = r == 0 ? std::array<int64_t, 3>{left, left, 0} : earlier_intensity(reference.at(row, x), r, left);
      const int64_t mean = std::min((int64_t{1} << bits) - 1, trust == 0 ? left : (left + 2 * one + two + 2) / 4),
                    state = r == 0 ? 0 : 1 + trust;
      left = grid.intensity[here] = quick.code(reader, bits, state, mean);
    }
  }
}

}  // namespace plain
