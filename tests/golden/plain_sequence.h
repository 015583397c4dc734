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

#include "tests/golden/plain_chain.h"
#include "tests/golden/plain_container.h"
#include "tests/golden/plain_exact.h"
#include "tests/golden/plain_firing.h"

namespace plain {

/// 9.8: what a frame leaves.
struct Left {
  Picture picture;
  double tick = 0;
  std::vector<int64_t> elevation;
};

/// 10.14, of sensors whose beams begin on the axis.
class Moved {
 public:
  Moved(const Left& left, const std::array<int64_t, 3>& turned_urad, const std::array<int64_t, 3>& step_mm)
      : from(left), picture(left.picture), columns(left.picture.angles.columns()) {
    const Angles& angles = picture.angles;
    if (angles.turn == 0 || picture.rows < 2 || columns == 0) return;
    for (const int64_t e : from.elevation) {
      if (std::abs(e) >= 9000) return;
      rows.push_back(sincos(static_cast<double>(e) * (kTurn / 36000)));
    }
    for (int64_t c = 0; c < columns; ++c) {
      directions.push_back(
          sincos(static_cast<double>(angles.azimuth[static_cast<size_t>(c)] % angles.turn) * (kTurn / static_cast<double>(angles.turn))));
      ring.emplace_back(place(directions.back().second, directions.back().first), c);
    }
    std::sort(ring.begin(), ring.end());
    R = rotation({static_cast<double>(turned_urad[0]) * 1e-6, static_cast<double>(turned_urad[1]) * 1e-6,
                  static_cast<double>(turned_urad[2]) * 1e-6});
    for (size_t i = 0; i < 3; ++i) t[i] = static_cast<double>(step_mm[i]) * 1e-3;
    std::fill(picture.range.begin(), picture.range.end(), -1);
    for (const int step : {1, 2, 3}) {
      fallen = picture;
      for (int64_t row = 0; row < picture.rows; ++row) {
        for (int64_t column = 0; column < columns; ++column) {
          if (step == 1) put(row, column, true);
          if (step == 2) put(row, column, false);
          if (step == 3) meet(row, column);
        }
      }
    }
  }
  Picture take() { return picture; }

 private:
  static constexpr double kTurn = 6.283185307179586;
  static double place(double x, double y) {
    const double size = std::fabs(x) + std::fabs(y);
    if (y >= 0) return x >= 0 ? y / size : 1 - x / size;
    return x < 0 ? 2 - y / size : 3 + x / size;
  }
  static double dot(const Three& a, const Three& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
  size_t cell(int64_t row, int64_t column) const { return static_cast<size_t>(row * columns + column); }
  double tan(int64_t row) const { return rows[static_cast<size_t>(row)].first / rows[static_cast<size_t>(row)].second; }
  Three point(int64_t row, int64_t column, double d) const {
    const auto [s, c] = directions[static_cast<size_t>(column)];
    const auto [se, ce] = rows[static_cast<size_t>(row)];
    const double flat = d * ce;
    return {flat * c, flat * s, d * se};
  }
  Three forth(const Three& p) const {
    Three q{};
    for (size_t i = 0; i < 3; ++i) q[i] = R[i][0] * p[0] + R[i][1] * p[1] + R[i][2] * p[2] + t[i];
    return q;
  }
  Three back(const Three& p) const {
    Three q{};
    for (size_t i = 0; i < 3; ++i) q[i] = R[0][i] * (p[0] - t[0]) + R[1][i] * (p[1] - t[1]) + R[2][i] * (p[2] - t[2]);
    return q;
  }
  int64_t row_below(const Three& q, double flat) const {
    int64_t low = 0, high = picture.rows;
    while (low < high) {
      const int64_t middle = (low + high) / 2;
      if (tan(middle) * flat > q[2])
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }
  /// Columns to both sides and the place between them; -1 for none.
  struct Between {
    int64_t left = -1, right = -1;
    double place = 0;
  };
  Between around(const Three& q) const {
    const double at = place(q[0], q[1]);
    if (!(at >= 0)) return {};
    size_t above = 0;
    while (above < ring.size() && ring[above].first <= at) ++above;
    Between found{ring[above == 0 ? ring.size() - 1 : above - 1].second, ring[above == ring.size() ? 0 : above].second, 0};
    const auto [ls, lc] = directions[static_cast<size_t>(found.left)];
    const auto [rs, rc] = directions[static_cast<size_t>(found.right)];
    const double gap = lc * rs - ls * rc, from_left = lc * q[1] - ls * q[0], to_right = q[0] * rs - q[1] * rc;
    if (!(gap > 0) || gap > 4 * kTurn / static_cast<double>(columns) || !(from_left + to_right > 0)) return {};
    found.place = from_left / (from_left + to_right);
    return found;
  }
  double inverse(int64_t row, int64_t column) const {
    const int64_t range = from.picture.range[cell(row, column)];
    return range <= 0 ? 0 : 1 / (static_cast<double>(range) * (from.tick * rows[static_cast<size_t>(row)].second));
  }
  double seen(int64_t row, const Three& q) const {
    const Between b = around(q);
    if (b.left < 0) return 0;
    const double l = inverse(row, b.left), r = inverse(row, b.right);
    if (l == 0 || r == 0) return std::max(l, r);
    if (std::fabs(l - r) <= 0.03 * std::max(l, r)) return l + (r - l) * b.place;
    return b.place < 0.5 ? l : r;
  }
  bool straight(int64_t top, const Three& q) const {
    if (top < 0 || top + 2 >= picture.rows) return false;
    const double u = seen(top, q), m = seen(top + 1, q), l = seen(top + 2, q);
    if (u == 0 || m == 0 || l == 0) return false;
    return std::fabs(u + (l - u) * ((tan(top + 1) - tan(top)) / (tan(top + 2) - tan(top))) - m) < 0.04 * m;
  }
  /// How far `q` is in parts of the surface there; 0: nothing seen.
  double share(const Three& q) const {
    const double flat = std::sqrt(q[0] * q[0] + q[1] * q[1]);
    if (!(flat > 0)) return 0;
    const int64_t below = row_below(q, flat);
    if (below == 0 || below == picture.rows) {
      const int64_t row = below == 0 ? 0 : below - 1, beside = below == 0 ? 1 : below - 2;
      if (std::fabs(q[2] - tan(row) * flat) > 0.75 * std::fabs(tan(row) - tan(beside)) * flat) return 0;
      return flat * seen(row, q);
    }
    const double up = -(q[2] - tan(below - 1) * flat), down = q[2] - tan(below) * flat, part = up / (up + down);
    const double upper = seen(below - 1, q), lower = seen(below, q);
    if (upper > 0 && lower > 0 &&
        (std::fabs(upper - lower) < 0.03 * std::max(upper, lower) || straight(below - 2, q) || straight(below - 1, q)))
      return flat * (upper + (lower - upper) * part);
    return flat * (part < 0.5 ? upper : lower);
  }
  /// The cell that sees a point.
  std::optional<size_t> seen_by(const Three& q) const {
    const double flat = std::sqrt(q[0] * q[0] + q[1] * q[1]);
    if (!(flat > 0)) return std::nullopt;
    const int64_t below = row_below(q, flat);
    const auto over = [&](int64_t row) { return q[2] - tan(row) * flat; };
    int64_t row = below;
    if (below == 0) {
      if (over(0) > 0.75 * (tan(0) - tan(1)) * flat) return std::nullopt;
    } else if (below == picture.rows) {
      row = below - 1;
      if (-over(row) > 0.75 * (tan(row - 1) - tan(row)) * flat) return std::nullopt;
    } else if (-over(below - 1) < over(below)) {
      row = below - 1;
    }
    const Between b = around(q);
    if (b.left < 0) return std::nullopt;
    return cell(row, b.place < 0.5 ? b.left : b.right);
  }
  int64_t ticks(double d) const { return static_cast<int64_t>(std::clamp(d / from.tick + 0.5, 1.0, 16777215.0)); }
  void set(size_t to, int64_t range, const Picture& of, size_t was) {
    picture.range[to] = range;
    if (!picture.intensity.empty()) picture.intensity[to] = of.intensity[was];
  }
  void put(int64_t row, int64_t column, bool returns) {
    const size_t was = cell(row, column);
    const int64_t range = from.picture.range[was];
    if (returns ? range <= 0 : range != 0) return;
    const Three q = forth(point(row, column, returns ? static_cast<double>(range) * from.tick : 150));
    const std::optional<size_t> to = seen_by(q);
    if (!to) return;
    const int64_t there = picture.range[*to], moved = returns ? ticks(std::sqrt(dot(q, q))) : 0;
    if (there == -1 || (returns && there > moved)) set(*to, moved, from.picture, was);
  }
  void meet(int64_t row, int64_t column) {
    const size_t to = cell(row, column);
    size_t start = to;
    if (fallen.range[to] == -1) {
      for (const size_t beside : {cell(row, (column + 1) % columns), cell(row, (column + columns - 1) % columns),
                                  cell(std::max<int64_t>(row - 1, 0), column), cell(std::min(row + 1, picture.rows - 1), column)}) {
        if (fallen.range[beside] <= 0) continue;
        start = beside;
        break;
      }
    }
    if (fallen.range[start] <= 0) return;
    double d = static_cast<double>(fallen.range[start]) * from.tick;
    for (int i = 0; i < 3; ++i) {
      const Three q = back(point(row, column, d));
      const double part = share(q);
      if (!(part > 0)) return;
      const double met = d + std::sqrt(dot(q, q)) * (1 / part - 1), step = std::fabs(met - d);
      if (!(met > 0.7 * d && met < 1.4 * d)) return;
      d = met;
      if (step < 0.05) break;
      if (i == 2 && step > 0.05 + 0.01 * d) return;
    }
    set(to, ticks(d), fallen, start);
  }

  const Left& from;
  Picture picture, fallen;
  int64_t columns;
  std::vector<std::pair<double, double>> rows, directions;
  std::vector<std::pair<double, int64_t>> ring;
  Matrix R{};
  Three t{};
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
  const Angles angles = scan_angles(rows, static_cast<int64_t>(units), azimuth);
  std::optional<Reference> reference;
  if ((grid.flags & 4) != 0 && before != nullptr) reference.emplace(*before, background, angles, grid.range_step, 1);
  decode_scan_slices(slices, grid, reference, networks);
  left = {picture_of(grid, angles), 0, rows.elevation};
  left.tick = static_cast<double>(std::max<int64_t>(1, grid.tick_um / grid.range_step)) * 1e-6;
  const ScanCells cells = scan_cells_of(grid, rows, columns, range_bytes);
  const auto put = [&](int64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) frame.lrf.push_back(static_cast<uint8_t>(value >> (8 * i)));
  };
  for (const char c : std::string("LRFRAME1")) put(c, 1);
  for (const size_t word : {columns, lasers, size_t{range_bytes}, size_t{tick_um}, size_t{1}, size_t{units}})
    put(static_cast<int64_t>(word), 4);
  for (const int64_t value : azimuth) put(value, 2);
  for (const int64_t value : time_us) put(value, 4);
  for (const int64_t value : cells.range) put(value, static_cast<unsigned>(range_bytes));
  for (const int64_t value : cells.intensity) put(value, 1);
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
