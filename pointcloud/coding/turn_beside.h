// SPDX-License-Identifier: Apache-2.0
/// Of files that hold one laser's turn after the other: what the laser beside met in the direction of the next point, and just before.
///
///   TurnBeside turns(labels);
///   turns.begin(label, beside);                       // a laser's turn begins, that of `beside` is known
///   turns.look(azimuth, step);  if (turns.here()) use(turns.range(), turns.range_before());
///   turns.add(label, azimuth, range);
///
/// Bit-exact, part of the format. Cost: a few comparisons a point, 16 bytes of memory each.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "entropy/exact_math.h"

namespace dew {

class TurnBeside {
 public:
  explicit TurnBeside(size_t labels) : turns_(labels) {}

  void begin(size_t label, size_t beside) {
    turns_[label].clear();
    beside_ = beside == label ? nullptr : &turns_[beside];
    at_ = 0;
    has_range_ = has_before_ = false;
  }
  /// Finds what was met within `reach` radians of a direction. Files turn one way: the search goes on from where it was.
  void look(double azimuth, double reach) {
    has_before_ = has_range_;
    before_ = range_;
    has_range_ = false;
    if (beside_ == nullptr || beside_->empty()) return;
    for (int i = 0; i < kMostSteps && at_ + 1 < beside_->size() && away(at_ + 1, azimuth) <= away(at_, azimuth); ++i) ++at_;
    has_range_ = away(at_, azimuth) <= reach;
    if (has_range_) range_ = (*beside_)[at_].range;
  }
  bool here() const { return has_range_; }
  bool both() const { return has_range_ && has_before_; }
  double range() const { return range_; }
  double range_before() const { return before_; }  ///< at the last look

  void add(size_t label, double azimuth, double range) { turns_[label].push_back({azimuth, range}); }

 private:
  static constexpr int kMostSteps = 64;
  struct Met {
    double azimuth, range;
  };
  double away(size_t i, double azimuth) const {
    const double off = azimuth - (*beside_)[i].azimuth;
    return std::abs(off - kTurn_rad * std::floor(off / kTurn_rad + 0.5));
  }

  std::vector<std::vector<Met>> turns_;
  const std::vector<Met>* beside_ = nullptr;
  size_t at_ = 0;
  double range_ = 0, before_ = 0;
  bool has_range_ = false, has_before_ = false;
};

}  // namespace dew
