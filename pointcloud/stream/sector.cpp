// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/stream/sector.h"

#include <algorithm>
#include <cstddef>

namespace dew {
namespace {

constexpr uint32_t kLeastWidth = 4;

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from, size_t first, size_t end) {
  to.insert(to.end(), from.begin() + static_cast<ptrdiff_t>(first), from.begin() + static_cast<ptrdiff_t>(end));
}

void append_part(Scan& to, const Scan& from, uint32_t first, uint32_t end) {
  append(to.azimuth, from.azimuth, first, end);
  append(to.time_us, from.time_us, first, end);
  append(to.range, from.range, size_t{first} * from.lasers, size_t{end} * from.lasers);
  append(to.intensity, from.intensity, size_t{first} * from.lasers, size_t{end} * from.lasers);
  to.columns += end - first;
}

Scan empty_like(const Scan& scan) {
  Scan empty;
  empty.lasers = scan.lasers;
  empty.tick_um = scan.tick_um;
  empty.azimuth_units_per_turn = scan.azimuth_units_per_turn;
  empty.range_bytes = scan.range_bytes;
  return empty;
}

}  // namespace

Scan columns_of(const Scan& scan, uint32_t first, uint32_t end) {
  Scan part = empty_like(scan);
  append_part(part, scan, first, end);
  return part;
}

void append_columns(Scan& scan, const Scan& more) {
  if (scan.columns == 0) scan = empty_like(more);
  append_part(scan, more, 0, more.columns);
}

SectorCutter::SectorCutter(uint32_t columns_per_turn, uint32_t sectors) : columns_per_turn_(columns_per_turn), width_(kLeastWidth) {
  set_width(columns_per_turn / std::max(1u, sectors));
}

void SectorCutter::set_width(uint32_t columns) { width_ = std::clamp(columns, kLeastWidth, std::max(kLeastWidth, columns_per_turn_)); }

std::vector<Sector> SectorCutter::begin_frame() {
  std::vector<Sector> out;
  if (!started_) {
    started_ = true;
    return out;
  }
  if (open_.columns > 0) out.push_back(take(true));
  ++frame_;
  columns_before_ = columns_of_frame_;
  columns_of_frame_ = 0;
  border_ = 0;
  return out;
}

std::vector<Sector> SectorCutter::add(const Scan& columns, uint64_t time_us) {
  std::vector<Sector> out;
  time_us_ = time_us;
  uint32_t next = 0;
  while (next < columns.columns) {
    // Near the end of a turn a sector waits for it; a turn that does not end is cut all the same.
    const uint32_t begin = columns_of_frame_ - open_.columns;
    const bool last = begin + width_ + width_ / 2 >= columns_per_turn_ && begin < columns_per_turn_;
    // After a pause the next border is where it would have been.
    if (border_ <= begin) border_ = begin + width_;
    const uint32_t wanted = last ? std::max(width_, columns_per_turn_ - begin) + width_ : border_ - begin;
    const uint32_t taken = std::min(columns.columns - next, wanted - std::min(wanted, open_.columns));
    append_columns(open_, columns_of(columns, next, next + taken));
    columns_of_frame_ += taken;
    next += taken;
    if (open_.columns >= wanted) out.push_back(take(false));
  }
  return out;
}

std::vector<Sector> SectorCutter::flush() {
  std::vector<Sector> out;
  if (open_.columns > 0) out.push_back(take(false));
  return out;
}

Sector SectorCutter::take(bool ends_frame) {
  Sector sector;
  sector.frame = frame_;
  sector.first_column = columns_of_frame_ - open_.columns;
  sector.ends_frame = ends_frame;
  sector.columns_before = columns_before_;
  sector.time_us = time_us_;
  sector.columns = std::move(open_);
  open_ = Scan();
  return sector;
}

}  // namespace dew
