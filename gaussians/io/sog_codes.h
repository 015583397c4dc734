// SPDX-License-Identifier: Apache-2.0
/// The codes of .sog files, shared by reader and writer.
///
///   position = sog::position_of(code, range);
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "entropy/documents/json_value.h"
#include "gaussians/io/quantised.h"
#include "gaussians/io/smallest_three.h"

namespace dew::sog {

inline constexpr uint32_t kPaletteColumns = 64;  ///< entries side by side in the picture of the palette
inline constexpr uint32_t kMaxPalette = 65536;
inline constexpr uint8_t kFirstTag = 252;  ///< alpha of a rotation: this plus the index of the largest component, w x y z

inline double log_of_position(double x) { return std::copysign(std::log1p(std::fabs(x)), x); }

inline constexpr uint32_t kLastPosition = 65535;
inline float position_of(uint32_t code, const LatticeEnds& range) {
  return lattice_value(LatticeCurve::exponential, range, code, kLastPosition);
}

inline constexpr uint32_t kLastComponent = 255;
inline double component_of(uint32_t code) { return lattice_component(std::sqrt(0.5), code, kLastComponent); }
inline uint32_t code_of_component(double value) { return byte_of((value * std::sqrt(2.0) + 1) * 127.5); }

/// What a meta.json says beside its pictures, so that it is said again where it is written anew; an empty object where that is nothing.
/// `text`: of which it was parsed.
Json other_members(Json&& meta, ByteSpan text);

}  // namespace dew::sog
