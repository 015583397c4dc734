// SPDX-License-Identifier: Apache-2.0
/// How coarse slices must be to fit: a ladder of bounds and bits of intensity, and what each rung costs where in the turn.
///
///   RateControl control({.least_error_ticks = 0, .most_error_ticks = 25});
///   const size_t rung = control.choose(place, turn_budget_bytes, slice_budget_bytes);   // one rung for the whole turn, if it may be
///   control.measured(place, rung, coded_bytes);                                         // what control.coding(rung) took
///
/// Rungs coarsen ranges up to the bound that the user allows, intensities with them; beyond it only intensities, until there are none. A
/// sector's size at another rung follows from its last one and from steps between rungs, which are learned from sectors that changed rungs.
#pragma once

#include <cstdint>
#include <vector>

#include "pointcloud/stream/slice.h"

namespace dew {

struct RateLimits {
  uint32_t least_error_ticks = 0;
  uint32_t most_error_ticks = 0;
  uint32_t tick_um = 2000;
  bool keep_intensity = false;  ///< intensities stay exact; only ranges are coarsened
};

class RateControl {
 public:
  explicit RateControl(const RateLimits& limits);

  size_t rungs() const { return ladder_.size(); }
  const SliceCoding& coding(size_t rung) const { return ladder_[rung]; }

  /// Sizes are bytes for a sixteenth of a turn, whatever a slice's width; place is 0 to 15. The finest rung with which a turn is expected
  /// to fit its budget and this slice its own.
  size_t choose(size_t place, double turn_budget_bytes, double slice_budget_bytes) const;
  /// The same, at least one rung coarser than `rung`, after it did not fit; rungs() if there is none.
  size_t coarser(size_t place, size_t rung, double slice_budget_bytes) const;
  /// What a slice took. `again`: it is the same slice as in the call before, coded with another rung.
  void measured(size_t place, size_t rung, double bytes, bool again);

  static constexpr size_t kPlaces = 16;

 private:
  struct Place {
    bool known = false;
    size_t rung = 0;
    double log_bytes = 0;
  };
  double expected(size_t place, size_t rung) const;
  size_t fits(size_t place, size_t rung, double budget_bytes) const;

  std::vector<SliceCoding> ladder_;
  std::vector<double> log_size_;  ///< of a rung, less that of rung 0
  std::vector<Place> places_ = std::vector<Place>(kPlaces);
};

}  // namespace dew
