// SPDX-License-Identifier: Apache-2.0
/// Slices decoded lately, which later slices may refer to; both ends of a stream keep one.
///
///   SliceStore store;
///   store.add({header.frame, header.first_column}, columns, range_step);    // as a decoder has them
///   if (store.has(later.refers_to)) ...                                      // can be decoded
///   DEW_ASSIGN(const FramePicture picture, store.picture(later.refers_to, layout, 0, budget));
///
/// Slices are forgotten when they are more than kMostFramesBack frames old, or the cells are more than the store may hold. One object a
/// thread.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>

#include "entropy/limits.h"
#include "pointcloud/coding/frame.h"
#include "pointcloud/scan.h"
#include "pointcloud/sensor/scan_layout.h"

namespace dew {

/// What tells a slice from all others of its stream.
struct SliceName {
  uint32_t frame = 0;
  uint32_t first_column = 0;
  friend auto operator<=>(const SliceName&, const SliceName&) = default;
};

/// Slices that one slice refers to, at most, and how many frames back. Part of the format.
inline constexpr size_t kMostReferences = 4;
inline constexpr uint32_t kMostFramesBack = 16;

class SliceStore {
 public:
  explicit SliceStore(size_t most_cells = size_t{1} << 23) : most_cells_(most_cells) {}

  /// `range_step`: native ticks in the steps that it was coded in. A slice of a known name is kept as it is.
  void add(const SliceName& name, Scan columns, uint32_t range_step);
  const Scan* find(const SliceName& name) const;
  bool has(std::span<const SliceName> names) const;
  void clear() {
    slices_.clear();
    cells_ = 0;
  }

  /// What slices of that layout may refer to; intensities less their lowest bits, as the slice that refers has them. Errors:
  /// invalid_argument where a slice is not there or names are not 1 to kMostReferences; limits.
  Result<FramePicture> picture(std::span<const SliceName> names, const ScanLayout& layout, uint32_t intensity_shift, Budget& budget) const;

 private:
  struct Kept {
    Scan columns;
    uint32_t range_step = 1;
  };
  void forget(std::map<SliceName, Kept>::iterator slice);

  size_t most_cells_;
  size_t cells_ = 0;
  std::map<SliceName, Kept> slices_;
};

}  // namespace dew
