// SPDX-License-Identifier: Apache-2.0
/// The codes of compressed .ply files, shared by reader and writer.
///
///   const double y = value_of(range, code >> 11 & 1023, 1023);
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "gaussians/io/quantised.h"
#include "gaussians/io/smallest_three.h"

namespace dew::compressed_ply {

inline constexpr size_t kChunk = 256;

/// The property of an end ("min", "max") of a channel: "min_x", "max_scale_y", "min_r". Channels are x y z, log-scales x y z, red green
/// blue.
inline constexpr const char* kAxes[] = {"x", "y", "z", "x", "y", "z", "r", "g", "b"};
inline std::string range_name(const char* end, size_t channel) {
  return std::string(end) + "_" + (channel >= 3 && channel < 6 ? "scale_" : "") + kAxes[channel];
}

struct Range {
  float low = 0;
  float high = 1;
};
using ChunkRanges = std::array<Range, 9>;  ///< one a channel

/// Bits of a channel: 11, 10, 11 for positions and log-scales, 8 for colours; as the largest code, and where it lies in its word.
inline constexpr std::array<uint32_t, 9> kLast{2047, 1023, 2047, 2047, 1023, 2047, 255, 255, 255};
inline constexpr std::array<uint32_t, 9> kShift{21, 11, 0, 21, 11, 0, 24, 16, 8};

inline double value_of(const Range& range, uint32_t code, uint32_t last) { return lattice_point({range.low, range.high}, code, last); }

inline constexpr uint32_t kLastRotation = 1023;
inline double component_of(uint32_t code) { return lattice_component(std::sqrt(0.5), code, kLastRotation); }
inline uint32_t code_of_component(double value) { return code_of((value * std::sqrt(0.5) + 0.5) * kLastRotation, kLastRotation); }

inline float sh_of(uint8_t byte) {
  const double unit = byte == 0 ? 0 : byte == 255 ? 1 : (byte + 0.5) / 256;
  return static_cast<float>((unit - 0.5) * 8);
}
/// Cells of 1/32 from -4 to 4: the cell that the value lies in.
inline uint8_t sh_byte(float value) { return std::isnan(value) ? 128 : byte_of(std::floor((value / 8 + 0.5) * 256)); }

}  // namespace dew::compressed_ply
