// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/stream/rate_control.h"

#include <algorithm>
#include <cmath>

namespace dew {
namespace {

constexpr uint32_t kNoIntensities = 8;

/// A guess to begin with: each doubling of the bound takes a bit from a return's six to ten, each bit of intensity most of one.
double first_guess(const SliceCoding& rung) {
  const double range_bits = std::max(0.8, 7.0 - std::log2(1.0 + 2.0 * rung.error_ticks));
  const double intensity_bits = 3.0 * std::max(0.0, 1.0 - rung.intensity_shift / 6.0);
  return (range_bits + intensity_bits) / 10.0;
}

}  // namespace

RateControl::RateControl(const RateLimits& limits) {
  const uint32_t most = std::max(limits.least_error_ticks, limits.most_error_ticks);
  std::vector<uint32_t> errors{limits.least_error_ticks};
  while (errors.back() < most) errors.push_back(std::min(most, std::max(errors.back() + 1, errors.back() * 3 / 2)));
  // Each doubling of the bound from 2 mm on takes a bit of the intensities too: at some centimetres they would else cost more than ranges.
  for (const uint32_t error : errors) {
    const double doublings = std::log2(std::max(1.0, static_cast<double>(error) * limits.tick_um / 2000));
    ladder_.push_back({error, limits.keep_intensity ? 0 : std::min(7u, static_cast<uint32_t>(doublings)), 0, {}});
  }
  if (!limits.keep_intensity) {
    for (uint32_t shift = ladder_.back().intensity_shift + 1; shift <= kNoIntensities; ++shift) ladder_.push_back({most, shift, 0, {}});
  }
  for (const SliceCoding& rung : ladder_) log_size_.push_back(std::log(first_guess(rung) / first_guess(ladder_[0])));
}

double RateControl::expected(size_t place, size_t rung) const {
  const Place& last = places_[place];
  return std::exp(last.log_bytes + log_size_[rung] - log_size_[last.rung]);
}

/// The first rung from `rung` on with which the slice is expected to fit; the last one if none is.
size_t RateControl::fits(size_t place, size_t rung, double budget_bytes) const {
  while (rung + 1 < rungs() && places_[place].known && expected(place, rung) > budget_bytes) ++rung;
  return rung;
}

size_t RateControl::choose(size_t place, double turn_budget_bytes, double slice_budget_bytes) const {
  size_t rung = 0;
  for (; rung + 1 < rungs(); ++rung) {
    double turn = 0;
    size_t known = 0;
    for (size_t i = 0; i < kPlaces; ++i) {
      if (!places_[i].known) continue;
      turn += expected(i, rung);
      ++known;
    }
    if (known == 0 || turn * kPlaces / static_cast<double>(known) <= turn_budget_bytes) break;
  }
  return fits(place, rung, slice_budget_bytes);
}

size_t RateControl::coarser(size_t place, size_t rung, double slice_budget_bytes) const {
  return rung + 1 >= rungs() ? rungs() : fits(place, rung + 1, slice_budget_bytes);
}

void RateControl::measured(size_t place, size_t rung, double bytes, bool again) {
  constexpr double kLeastStep = 0.002;
  Place& last = places_[place];
  const double now = std::log(std::max(bytes, 1.0));
  if (last.known && last.rung != rung) {
    // The steps between the two rungs share the surprise; of the same slice it says more than of the turn before.
    const double surprise = (now - std::log(expected(place, rung))) * (again ? 0.5 : 0.1);
    const auto [low, high] = std::minmax(last.rung, rung);
    const double share = (rung > last.rung ? surprise : -surprise) / static_cast<double>(high - low);
    std::vector<double> steps(rungs(), 0);
    for (size_t i = 1; i < rungs(); ++i) steps[i] = log_size_[i] - log_size_[i - 1];
    for (size_t i = low + 1; i <= high; ++i) steps[i] = std::min(-kLeastStep, steps[i] + share);  // a coarser rung is never larger
    for (size_t i = 1; i < rungs(); ++i) log_size_[i] = log_size_[i - 1] + steps[i];
  }
  last = {true, rung, now};
}

}  // namespace dew
