// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/stream/slice_store.h"

#include <algorithm>
#include <utility>

#include "pointcloud/coding/scan_cells.h"
#include "pointcloud/stream/sector.h"

namespace dew {

void SliceStore::forget(std::map<SliceName, Kept>::iterator slice) {
  cells_ -= slice->second.columns.range.size();
  slices_.erase(slice);
}

void SliceStore::add(const SliceName& name, Scan columns, uint32_t range_step) {
  // Frames count modulo 2^32, and hostile ones jump: what is not of the last few goes.
  for (auto slice = slices_.begin(); slice != slices_.end();) {
    const auto next = std::next(slice);
    if (name.frame - slice->first.frame > kMostFramesBack && slice->first.frame - name.frame > kMostFramesBack) forget(slice);
    slice = next;
  }
  if (slices_.contains(name)) return;
  cells_ += columns.range.size();
  slices_.emplace(name, Kept{std::move(columns), range_step});
  while (cells_ > most_cells_) forget(slices_.begin());
}

const Scan* SliceStore::find(const SliceName& name) const {
  const auto slice = slices_.find(name);
  return slice == slices_.end() ? nullptr : &slice->second.columns;
}

bool SliceStore::has(std::span<const SliceName> names) const {
  return std::all_of(names.begin(), names.end(), [&](const SliceName& name) { return slices_.contains(name); });
}

Result<FramePicture> SliceStore::picture(std::span<const SliceName> names, const ScanLayout& layout, uint32_t intensity_shift,
                                         Budget& budget) const {
  if (names.empty() || names.size() > kMostReferences || !has(names))
    return Error{Code::invalid_argument, 0, "a slice refers to one that is not there"};
  size_t cells = 0;
  for (const SliceName& name : names) cells += find(name)->range.size();
  DEW_TRY(budget.take_memory(cells * 24, 0));
  DEW_TRY(budget.take_work(cells * 8, 0));
  Scan joined = *find(names[0]);
  uint32_t range_step = slices_.at(names[0]).range_step;
  for (const SliceName& name : names.subspan(1)) {
    const Kept& kept = slices_.at(name);
    append_columns(joined, kept.columns);
    range_step = std::max(range_step, kept.range_step);
  }
  for (uint8_t& intensity : joined.intensity) intensity = static_cast<uint8_t>(intensity >> intensity_shift);
  FrameOptions options;
  options.mode = Mode::lossless;
  options.picture_only = true;
  DEW_ASSIGN(CodedFrame seen, encode_scan_cells(joined, layout, options));
  seen.picture.cells.range_step = range_step;
  return std::move(seen.picture);
}

}  // namespace dew
