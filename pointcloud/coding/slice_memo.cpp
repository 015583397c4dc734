// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/slice_memo.h"

#include <utility>

namespace dew {

std::shared_ptr<const ReferencePicture> FrameMemo::reference(const DecodedPicture& picture, const Background* background,
                                                             const GridAzimuths& now, uint32_t rows, const ReferenceOptions& options) {
  const auto is_same = [&] {
    return resampled_.rows == rows && resampled_.options == options && resampled_.now == now && resampled_.picture == picture &&
           (background == nullptr ? !resampled_.background : resampled_.background == *background);
  };
  if (reference_ && is_same()) return reference_;
  // What was noted beside another reference is void: a new one may lie where that one was.
  for (SliceMemo& slice : slices) slice.ranges[1].source.reset();
  // One by one, into memory that is there from the frame before.
  resampled_.picture = picture;
  if (background == nullptr) {
    resampled_.background.reset();
  } else {
    resampled_.background = *background;
  }
  resampled_.now = now;
  resampled_.rows = rows;
  resampled_.options = options;
  reference_ = std::make_shared<const ReferencePicture>(resample(picture, background, now, rows, options));
  return reference_;
}

}  // namespace dew
