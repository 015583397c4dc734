// SPDX-License-Identifier: Apache-2.0
/// Scans whose slices refer to the one before (sections 8, 9.8 and 10.13 of pointcloud/FORMAT.md), written from that page alone: slow,
/// short, no code of pointcloud/.
///
///   plain::Chain chain;
///   plain::decode_scan_slices(slices, grid, chain.reference(refers, angles, grid), networks);
///   chain.end(refers, plain::picture_of(grid, angles));
#pragma once

#include <array>
#include <optional>

#include "tests/golden/plain_cloud.h"
#include "tests/golden/plain_inter.h"

namespace plain {

/// 10.13: fills the grid. `networks`: of slices that stand alone, and of those that refer.
inline void decode_scan_slices(const std::vector<Octets>& slices, Grid& grid, const std::optional<Reference>& reference,
                               const std::array<Octets, 2>& networks) {
  const bool by_network = (grid.flags & 1) != 0;
  for (int64_t s = 0; s < grid.slices; ++s) {
    const int64_t first = grid.columns * s / grid.slices, end = grid.columns * (s + 1) / grid.slices;
    Input slice(slices.at(static_cast<size_t>(s)));
    const uint64_t refers = (grid.flags & 4) != 0 ? slice.fixed(1) : 0;
    if (refers == 1 || refers == 2)
      decode_inter_ranges(slice.sized(), grid, *reference, first, end, by_network ? networks[1] : Octets{});
    else
      decode_ranges(slice.sized(), grid, first, end, by_network ? networks[0] : Octets{});
    if (grid.intensity_bits == 0) continue;
    if (refers == 1 || refers == 3)
      decode_inter_intensities(slice.sized(), grid, *reference, first, end, by_network);
    else if (by_network)
      Intensities(slice.sized(), grid, first, end).decode();
    else
      decode_quick_intensities(slice.sized(), grid, first, end);
  }
}

/// The encoder angles of a scan, as a grid of those rows has them.
inline Angles scan_angles(const ScanRows& rows, int64_t units, const std::vector<int64_t>& azimuth) {
  Angles angles{units <= 65536 ? units : 0, azimuth, {}};
  const auto columns = static_cast<int64_t>(azimuth.size());
  for (const int64_t shift : rows.shift) angles.shift.push_back((shift % columns + columns) % columns);
  return angles;
}

inline int64_t native_ticks(const Grid& grid, int64_t coded) { return grid.range_step == 1 ? coded : (coded - 1) * grid.range_step; }

/// 9.8: the picture that a frame leaves.
inline Picture picture_of(const Grid& grid, const Angles& angles) {
  Picture picture{static_cast<int64_t>(grid.elevation.size()), grid.range_step, angles, {}, grid.intensity};
  for (const int64_t coded : grid.range) picture.range.push_back(coded == 0 ? 0 : std::max<int64_t>(1, native_ticks(grid, coded)));
  return picture;
}

/// 8: cells as the scan has them.
inline ScanCells scan_cells_of(const Grid& grid, const ScanRows& rows, size_t columns, uint64_t range_bytes) {
  ScanCells cells{std::vector<int64_t>(grid.range.size()), std::vector<int64_t>(grid.range.size())};
  const size_t lasers = rows.laser.size();
  const auto turn = static_cast<int64_t>(columns);
  for (size_t row = 0; row < lasers; ++row) {
    for (size_t column = 0; column < columns; ++column) {
      const size_t from = row * columns + column;
      const int64_t from_column = ((static_cast<int64_t>(column) - rows.shift[row]) % turn + turn) % turn;
      const size_t to = static_cast<size_t>(from_column) * lasers + static_cast<size_t>(rows.laser[row]);
      const int64_t coded = grid.range[from];
      cells.range[to] = coded == 0 ? 0 : std::clamp<int64_t>(native_ticks(grid, coded), 1, range_bytes == 2 ? 0xffff : 0xffffffff);
      cells.intensity[to] = grid.intensity.empty() ? 0 : grid.intensity[from];
    }
  }
  return cells;
}

/// 9.1 and 9.8: what frames with a background and without motion refer to.
class Chain {
 public:
  std::optional<Reference> reference(bool refers, const Angles& now, const Grid& grid) const {
    if (!refers || !last || (grid.flags & 4) == 0) return std::nullopt;
    return Reference(*last, background ? &*background : nullptr, now, grid.range_step, 1);
  }
  void end(bool refers, Picture picture) {
    last = std::move(picture);
    if (!refers) background.reset();
    const Angles& angles = last->angles;
    if (!background && !refers && angles.turn > 0)
      background.emplace(last->rows, std::min<int64_t>(2 * angles.columns(), 65536), angles.turn);
    if (background) background->add(*last);
  }
  /// The frame had nothing of this.
  void break_off() {
    last.reset();
    background.reset();
  }

 private:
  std::optional<Picture> last;
  std::optional<LongTerm> background;
};

}  // namespace plain
