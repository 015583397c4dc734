// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/coordinate_rounding.h"

#include <algorithm>
#include <array>

#include "pointcloud/sensor/laser_sorted.h"

namespace dew {
namespace {

constexpr uint32_t kFewestDigits = 4, kMostDigits = 7;
constexpr uint32_t kMostUnits = 1'000'000;
constexpr std::array<double, 13> kPowers = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12};

/// Steps a metre with which |value| has at most so many digits.
double decimal_scale(double value, uint32_t digits) {
  const double size = std::abs(value);
  size_t k = kPowers.size() - 1;
  while (k > 0 && size * kPowers[k] >= kPowers[digits]) --k;
  return kPowers[k];
}

/// Mantissas of floats hold a number to 2^-24 of itself.
uint8_t fineness_class(double steps_of_distance) {
  // The exponent alone, from the bits: the same on every machine.
  const int exponent = static_cast<int>(std::bit_cast<uint64_t>(steps_of_distance) >> 52 & 0x7ff) - 1023;
  return static_cast<uint8_t>(std::clamp<int>(exponent - 22, 0, static_cast<int>(kFinenessClasses) - 1));
}

}  // namespace

RoundedCoordinate CoordinateRounding::round(double value, double distance_m) const {
  RoundedCoordinate result;
  result.exact = value;
  result.negative = value < 0;
  double away = 0;
  if (kind == RoundingKind::to_float) {
    const float nearest = static_cast<float>(value);
    result.steps = float_place(nearest);
    // Away from zero: between -0 and +0 there is nothing.
    const float next = std::bit_cast<float>(std::bit_cast<uint32_t>(nearest) + 1);
    const double gap = std::abs(static_cast<double>(next) - static_cast<double>(nearest));
    away = (value - static_cast<double>(nearest)) / gap;
    result.fineness = fineness_class(distance_m / gap);
  } else if (kind == RoundingKind::offsets) {
    result.steps_per_metre = number;
    result.fineness = fineness_class(distance_m * number * 256);
  } else {
    result.steps_per_metre = kind == RoundingKind::comb ? number : decimal_scale(value, number);
    const double scaled = value * result.steps_per_metre;
    result.steps = round_to_int(scaled);
    away = scaled - static_cast<double>(result.steps);
    // Combs are coarse: at some distance all that is left is rounding.
    result.fineness = fineness_class(distance_m * result.steps_per_metre * (kind == RoundingKind::comb ? 256 : 1));
  }
  const Rounded margin = round_with_margin(away);
  result.margin = margin.margin;
  result.toward = away < 0 ? -1 : 1;
  return result;
}

std::optional<int64_t> CoordinateRounding::steps_of(const RoundedCoordinate& near, float wanted) const {
  if (kind == RoundingKind::to_float) return float_place(wanted);
  const double scaled = (static_cast<double>(wanted) - (kind == RoundingKind::offsets ? near.exact : 0)) * near.steps_per_metre;
  if (!(std::abs(scaled) < 0x1p50)) return std::nullopt;
  if (kind == RoundingKind::offsets) return round_to_int(scaled);
  const int64_t steps = round_to_int(scaled);
  if (std::bit_cast<uint32_t>(value(near, steps)) != std::bit_cast<uint32_t>(wanted)) return std::nullopt;
  return steps;
}

bool CoordinateRounding::valid() const {
  switch (kind) {
    case RoundingKind::to_float: return number == 0;
    case RoundingKind::offsets:
    case RoundingKind::comb: return number >= 1 && number <= kMostUnits;
    case RoundingKind::digits: return number >= kFewestDigits && number <= kMostDigits;
  }
  return false;
}

CoordinateRounding find_rounding(const PointsView& points) {
  constexpr size_t kLooks = 1024;
  const auto fits = [&](const CoordinateRounding& rounding) {
    size_t seen = 0, on = 0;
    const size_t stride = std::max<size_t>(1, points.size() / kLooks);
    for (const std::span<const float> axis : {points.x, points.y, points.z}) {
      for (size_t i = 0; i < axis.size(); i += stride) {
        if (!std::isfinite(axis[i]) || axis[i] == 0) continue;
        ++seen;
        const double value = static_cast<double>(axis[i]);
        on += rounding.steps_of(rounding.round(value, 1), axis[i]).has_value();
      }
    }
    return seen > 0 && on * 100 >= seen * 98;
  };
  for (const uint32_t units : {100u, 1000u, 10'000u, 100'000u}) {
    if (fits({RoundingKind::comb, units})) return {RoundingKind::comb, units};
  }
  for (uint32_t digits = kFewestDigits; digits <= kMostDigits; ++digits) {
    if (fits({RoundingKind::digits, digits})) return {RoundingKind::digits, digits};
  }
  // Last, because far points are on it whatever they are.
  if (fits({RoundingKind::comb, kMostUnits})) return {RoundingKind::comb, kMostUnits};
  return {};
}

}  // namespace dew
