// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/sequence_chain.h"

#include <algorithm>

namespace dew {
namespace {

/// Bins of a background are half as wide as columns; at most.
constexpr uint32_t kMostBins = 1u << 16;

}  // namespace

Result<const FrameReference*> SequenceChain::refer(const SequenceFrameHeader& header, const DecodeLimits& limits) {
  if (!header.refers || !can_refer()) return nullptr;
  Budget budget(limits);
  reference_ = {&last_.cells, header.background && background_ ? &*background_ : nullptr, 1};
  if (header.motion) {
    DEW_TRY(budget.take_memory(last_.cells.range.size() * 24, 0));
    DEW_TRY(budget.take_work(last_.cells.range.size() * 256, 0));
    if (warped_by_ != header.motion) warped_ = warp(last_, *header.motion);
    warped_by_ = header.motion;
    reference_.picture = &warped_;
  }
  return &reference_;
}

Status SequenceChain::advance(const SequenceFrameHeader& header, FramePicture picture, const DecodeLimits& limits) {
  last_ = std::move(picture);
  warped_by_.reset();
  if (!header.refers || !can_refer()) background_.reset();
  if (!header.background || !can_refer()) return {};
  const GridAzimuths& azimuths = last_.cells.azimuths;
  if (!background_ && !header.refers && azimuths.units_per_turn > 0 && azimuths.columns() > 0) {
    const uint32_t bins = static_cast<uint32_t>(std::min(2 * uint64_t{azimuths.columns()}, uint64_t{kMostBins}));
    Budget budget(limits);
    DEW_TRY(budget.take_memory(Background::memory_bytes(last_.cells.rows, bins), 0));
    background_.emplace(last_.cells.rows, bins, azimuths.units_per_turn);
  }
  if (background_) background_->add(last_.cells);
  return {};
}

}  // namespace dew
