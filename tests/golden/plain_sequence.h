// SPDX-License-Identifier: Apache-2.0
/// A second decoder of files of many scans, written from pointcloud/FORMAT.md alone (9.8, 10.13, 10.14): slow, short, no code of
/// pointcloud/. The bytes must be sound, and all frames of kind 3.
///
///   const std::vector<plain::Frame> frames = plain::read_sequence_of_scans(file, find_network);
///   frames[2].lrf;                                          // the .lrf file of frame 2
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/golden/plain_container.h"
#include "tests/golden/plain_exact.h"
#include "tests/golden/plain_firing.h"
#include "tests/golden/plain_inter.h"

namespace plain {

/// 9.8: what a frame leaves.
struct Left {
  Picture picture;
  double tick = 0;
  std::vector<int64_t> elevation;
};

/// 10.14
class Moved {
 public:
  Moved(const Left& left, const std::array<int64_t, 3>& turned_urad, const std::array<int64_t, 3>& step_mm)
      : from(left), picture(left.picture) {
    const Angles& angles = picture.angles;
    const int64_t columns = angles.columns();
    if (angles.turn == 0 || picture.rows < 2 || columns == 0) return;
    fill_bins();
    R = rotation({static_cast<double>(turned_urad[0]) * 1e-6, static_cast<double>(turned_urad[1]) * 1e-6,
                  static_cast<double>(turned_urad[2]) * 1e-6});
    for (size_t i = 0; i < 3; ++i) t[i] = static_cast<double>(step_mm[i]) * 1e-3;
    std::fill(picture.range.begin(), picture.range.end(), -1);
    for (const bool returns : {true, false}) {
      for (int64_t row = 0; row < picture.rows; ++row) {
        for (int64_t column = 0; column < columns; ++column) put(row, column, returns);
      }
    }
  }
  Picture take() { return picture; }

 private:
  static constexpr double kTurn = 6.283185307179586;
  int64_t range(int64_t row, int64_t column) const {
    return from.picture.range[static_cast<size_t>(row * picture.angles.columns() + column)];
  }
  Three point(int64_t row, int64_t column, double d) const {
    const Angles& angles = picture.angles;
    const auto [s, c] =
        sincos(static_cast<double>(angles.azimuth[static_cast<size_t>(column)] % angles.turn) * (kTurn / static_cast<double>(angles.turn)));
    const auto [se, ce] = sincos(static_cast<double>(from.elevation[static_cast<size_t>(row)]) * (kTurn / 36000));
    const double flat = d * ce;
    return {flat * c, flat * s, d * se};
  }
  Three turned(const Three& p) const {
    Three q{};
    for (size_t i = 0; i < 3; ++i) q[i] = R[i][0] * p[0] + R[i][1] * p[1] + R[i][2] * p[2];
    return q;
  }
  static double dot(const Three& a, const Three& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
  double sine(int64_t row) const { return sincos(static_cast<double>(from.elevation[static_cast<size_t>(row)]) * (kTurn / 36000)).first; }

  void fill_bins() {
    const Angles& angles = picture.angles;
    const int64_t count = 4 * angles.columns();
    bins.assign(static_cast<size_t>(count), -1);
    for (int64_t c = 0; c < angles.columns(); ++c) {
      const int64_t a = (angles.azimuth[static_cast<size_t>(c)] % angles.turn + angles.turn) % angles.turn;
      bins[static_cast<size_t>(a * count / angles.turn)] = c;
    }
    for (int times = 0; times < 4; ++times) {
      const std::vector<int64_t> had = bins;
      for (int64_t i = 0; i < count; ++i) {
        if (had[static_cast<size_t>(i)] >= 0) continue;
        const int64_t l = had[static_cast<size_t>((i + count - 1) % count)], r = had[static_cast<size_t>((i + 1) % count)];
        bins[static_cast<size_t>(i)] = l >= 0 ? l : r;
      }
    }
  }
  /// Row and column that see a point, -1 for none.
  std::pair<int64_t, int64_t> seen_by(const Three& q, double distance) const {
    const double s = q[2] / distance;
    int64_t row = 0, high = picture.rows - 1;
    while (row < high) {
      const int64_t middle = (row + high) / 2;
      if (sine(middle) > s)
        row = middle + 1;
      else
        high = middle;
    }
    if (row > 0 && sine(row - 1) - s < s - sine(row)) --row;
    const double above = row > 0 ? sine(row - 1) - sine(row) : sine(0) - sine(1),
                 below = row + 1 < picture.rows ? sine(row) - sine(row + 1) : above;
    if (s - sine(row) > 0.75 * above || sine(row) - s > 0.75 * below) return {-1, -1};
    double part = atan2(q[1], q[0]) / kTurn;
    if (part < 0) part = part + 1;
    const auto bin = std::min(static_cast<size_t>(part * static_cast<double>(bins.size())), bins.size() - 1);
    return {row, bins[bin]};
  }
  std::optional<Three> normal(int64_t row, int64_t column) const {
    const int64_t columns = picture.angles.columns(), left = (column + columns - 1) % columns, right = (column + 1) % columns;
    if (row == 0 || row + 1 == picture.rows || columns < 3) return std::nullopt;
    const auto metres = [&](int64_t r, int64_t c) { return static_cast<double>(range(r, c)) * from.tick; };
    const auto bent = [&](int64_t ra, int64_t ca, int64_t rb, int64_t cb, double most) {
      if (range(ra, ca) <= 0 || range(rb, cb) <= 0) return true;
      return !(std::fabs(metres(row, column) / metres(ra, ca) + metres(row, column) / metres(rb, cb) - 2) < most);
    };
    if (bent(row, left, row, right, 0.02) || bent(row - 1, column, row + 1, column, 0.04)) return std::nullopt;
    const Three r = point(row, right, metres(row, right)), l = point(row, left, metres(row, left)),
                d = point(row + 1, column, metres(row + 1, column)), u = point(row - 1, column, metres(row - 1, column));
    const Three a{r[0] - l[0], r[1] - l[1], r[2] - l[2]}, b{d[0] - u[0], d[1] - u[1], d[2] - u[2]};
    return Three{a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
  }
  void put(int64_t row, int64_t column, bool returns) {
    const int64_t was = range(row, column), columns = picture.angles.columns();
    if (returns ? was <= 0 : was != 0) return;
    Three q = turned(point(row, column, returns ? static_cast<double>(was) * from.tick : 150));
    for (size_t i = 0; i < 3; ++i) q[i] = q[i] + t[i];
    double distance = std::sqrt(dot(q, q));
    if (returns && !(distance > from.tick)) return;
    const auto [to_row, to_column] = seen_by(q, distance);
    if (to_row < 0 || to_column < 0) return;
    int64_t& to = picture.range[static_cast<size_t>(to_row * columns + to_column)];
    if (!returns) {
      if (to != -1) return;
      to = 0;
    } else {
      if (const auto square = normal(row, column)) {
        const Three n = turned(*square), beam = point(to_row, to_column, 1);
        const double slope = dot(n, beam);
        if (std::fabs(slope) > 0.01 * std::sqrt(dot(n, n))) {
          const double met = dot(n, q) / slope;
          if (met > 0.8 * distance && met < 1.25 * distance) distance = met;
        }
      }
      const auto ticks = static_cast<int64_t>(std::min(distance / from.tick + 0.5, 16777215.0));
      if (to >= 0 && to <= ticks) return;
      to = ticks;
    }
    if (!picture.intensity.empty())
      picture.intensity[static_cast<size_t>(to_row * columns + to_column)] =
          from.picture.intensity[static_cast<size_t>(row * columns + column)];
  }

  const Left& from;
  Picture picture;
  Matrix R{};
  Three t{};
  std::vector<int64_t> bins;
};

/// 8 and 10.13: a scan, whose slices may refer.
inline void read_scan_in_sequence(Input& head, const std::vector<Octets>& slices, const std::array<Octets, 2>& networks,
                                  const Picture* before, const LongTerm* background, Frame& frame, Left& left) {
  const size_t columns = head.number(), lasers = head.number();
  const uint64_t tick_um = head.fixed(4), units = head.fixed(4), range_bytes = head.fixed(1);
  const ScanRows rows = read_scan_rows(head, lasers);
  const std::vector<int64_t> azimuth = column_numbers(head.sized(), columns), time_us = column_numbers(head.sized(), columns);
  Grid grid = read_grid_head(head);
  grid.elevation = rows.elevation;
  Angles angles{units <= 65536 ? static_cast<int64_t>(units) : 0, azimuth, {}};
  const auto turn = static_cast<int64_t>(columns);
  for (const int64_t shift : rows.shift) angles.shift.push_back((shift % turn + turn) % turn);
  std::optional<Reference> reference;
  if ((grid.flags & 4) != 0 && before != nullptr) reference.emplace(*before, background, angles, grid.range_step, 1);
  const bool by_network = (grid.flags & 1) != 0;
  for (int64_t s = 0; s < grid.slices; ++s) {
    const int64_t first = grid.columns * s / grid.slices, end = grid.columns * (s + 1) / grid.slices;
    Input slice(slices.at(static_cast<size_t>(s)));
    const bool refers = (grid.flags & 4) != 0 && slice.fixed(1) == 1;
    if (refers) {
      decode_inter_ranges(slice.sized(), grid, *reference, first, end, by_network ? networks[1] : Octets{});
      if (grid.intensity_bits > 0) decode_inter_intensities(slice.sized(), grid, *reference, first, end, by_network);
      continue;
    }
    decode_ranges(slice.sized(), grid, first, end, by_network ? networks[0] : Octets{});
    if (grid.intensity_bits > 0 && by_network) Intensities(slice.sized(), grid, first, end).decode();
    if (grid.intensity_bits > 0 && !by_network) decode_quick_intensities(slice.sized(), grid, first, end);
  }
  left = {{static_cast<int64_t>(lasers), grid.range_step, angles, {}, grid.intensity}, 0, rows.elevation};
  left.tick = static_cast<double>(std::max<int64_t>(1, grid.tick_um / grid.range_step)) * 1e-6;
  std::vector<int64_t> range(grid.range.size()), intensity(grid.range.size());
  for (size_t row = 0; row < lasers; ++row) {
    for (size_t column = 0; column < columns; ++column) {
      const size_t from = row * columns + column;
      const int64_t from_column = ((static_cast<int64_t>(column) - rows.shift[row]) % turn + turn) % turn;
      const size_t to = static_cast<size_t>(from_column) * lasers + static_cast<size_t>(rows.laser[row]);
      const int64_t coded = grid.range[from], ticks = grid.range_step == 1 ? coded : (coded - 1) * grid.range_step;
      range[to] = coded == 0 ? 0 : std::clamp<int64_t>(ticks, 1, range_bytes == 2 ? 0xffff : 0xffffffff);
      intensity[to] = grid.intensity.empty() ? 0 : grid.intensity[from];
      left.picture.range.push_back(coded == 0 ? 0 : std::max<int64_t>(1, ticks));
    }
  }
  const auto put = [&](int64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) frame.lrf.push_back(static_cast<uint8_t>(value >> (8 * i)));
  };
  for (const char c : std::string("LRFRAME1")) put(c, 1);
  for (const size_t word : {columns, lasers, size_t{range_bytes}, size_t{tick_um}, size_t{1}, size_t{units}})
    put(static_cast<int64_t>(word), 4);
  for (const int64_t value : azimuth) put(value, 2);
  for (const int64_t value : time_us) put(value, 4);
  for (const int64_t value : range) put(value, static_cast<unsigned>(range_bytes));
  for (const int64_t value : intensity) put(value, 1);
}

/// 9.8. `find_network` gives the .inet file of an id.
inline std::vector<Frame> read_sequence_of_scans(const Octets& file, const std::function<Octets(const Octets&)>& find_network) {
  const Container container = read_container(file).value();
  std::vector<Octets> templates;
  std::vector<Frame> frames;
  std::optional<Left> left;
  std::optional<LongTerm> background;
  for (size_t c = 0; c < container.chunks.size(); ++c) {
    if (container.chunks[c].type == 20) {
      Input in(container.chunks[c].payload);
      for (int i = 0; i < 2; ++i) in.number();
      in.f64();
      for (int i = 0; i < 7; ++i) in.number();
      for (uint64_t count = in.number(); count > 0; --count) templates.push_back(in.sized());
    }
    if (container.chunks[c].type != 21) continue;
    Input in(container.chunks[c].payload);
    in.number();
    const uint64_t flags = in.fixed(1);
    if ((flags & 4) != 0) in.signed_number();
    if ((flags & 8) != 0) in.take(96);
    std::array<int64_t, 3> turned{}, step{};
    if ((flags & 16) != 0) {
      for (int64_t& number : turned) number = in.signed_number();
      for (int64_t& number : step) number = in.signed_number();
    }
    if ((flags & 32) != 0) in.take(8);
    Octets first;
    const uint64_t copies = in.number(), which = copies > 0 ? in.number() : 0;
    for (uint64_t i = 0; i < copies; ++i) {
      const Octets own = in.sized();
      const uint64_t from = in.number(), size = in.number();
      first.insert(first.end(), own.begin(), own.end());
      const auto begin = templates[which].begin() + static_cast<std::ptrdiff_t>(from);
      first.insert(first.end(), begin, begin + static_cast<std::ptrdiff_t>(size));
    }
    const Octets rest = in.rest();
    first.insert(first.end(), rest.begin(), rest.end());
    Input head(first);
    Frame frame;
    frame.kind = head.number();
    for (int i = 0; i < 2; ++i) head.number();
    head.f64();
    const uint64_t slice_count = head.number();
    for (int i = 0; i < 8; ++i) head.number();
    head.fixed(1);  // a scan has no source
    std::array<Octets, 2> networks;
    for (uint64_t i = 0, count = head.fixed(1); i < count; ++i) networks[i] = find_network(head.take(16));
    std::vector<Octets> slices;
    for (uint64_t i = 0; i < slice_count; ++i) slices.push_back(container.chunks.at(c + 1 + i).payload);

    const bool refers = (flags & 1) != 0;
    std::optional<Picture> before;
    if (refers) before = (flags & 16) != 0 ? Moved(*left, turned, step).take() : left->picture;
    Left now;
    read_scan_in_sequence(head, slices, networks, before ? &*before : nullptr, (flags & 2) != 0 && background ? &*background : nullptr,
                          frame, now);
    left = std::move(now);
    if (!refers) background.reset();
    if ((flags & 2) != 0) {
      const Angles& angles = left->picture.angles;
      if (!background && !refers && angles.turn > 0)
        background.emplace(left->picture.rows, std::min<int64_t>(2 * angles.columns(), 65536), angles.turn);
      if (background) background->add(left->picture);
    }
    frames.push_back(std::move(frame));
  }
  return frames;
}

}  // namespace plain
