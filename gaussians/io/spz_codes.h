// SPDX-License-Identifier: Apache-2.0
/// Header and codes of .spz files, shared by reader and writer.
///
///   DEW_ASSIGN(const spz::Header header, spz::read_header(bytes));
///   log_scale = spz::log_scale_of(byte);
#pragma once

#include <cmath>
#include <cstdint>

#include "entropy/bytes.h"
#include "gaussians/io/axes.h"
#include "gaussians/io/quantised.h"
#include "gaussians/io/smallest_three.h"

namespace dew::spz {

inline constexpr uint32_t kMagic = 0x5053474e;  // "NGSP"
inline constexpr size_t kHeaderBytes = 16;      // versions 1 to 3
inline constexpr size_t kHeaderBytesV4 = 32;
inline constexpr int kMaxFractionalBits = 24;
inline constexpr uint8_t kHasExtensions = 2;         // flag
inline constexpr uint32_t kAxesRecord = 0xadbe0003;  // extension: which way the axes point

struct Header {
  uint32_t version = 4;
  uint32_t count = 0;
  uint8_t sh_degree = 0;
  uint8_t fractional_bits = 12;
  uint8_t flags = 0;        ///< 1: trained with anti-aliasing; 2: has extension records
  uint8_t streams = 0;      ///< version 4
  uint32_t toc_offset = 0;  ///< version 4: where the table of stream sizes begins
};

/// Of the plain header. Errors: truncated, corrupt (magic), unsupported_version, unsupported_feature.
Result<Header> read_header(ByteSpan bytes);

/// The axes that an extension record among `records` names; right, up, back where none does. Errors: unsupported_feature for axes that
/// are not along those of COLMAP (y and z exchanged), corrupt.
Result<Axes> axes_of_records(ByteSpan records, uint64_t offset);

/// Coefficients of one channel, degree 4 included.
constexpr uint32_t stored_coefficients(uint32_t degree) { return (degree + 1) * (degree + 1) - 1; }

inline constexpr double kColourScale = 0.15;
inline float log_scale_of(uint8_t byte) { return static_cast<float>(byte) / 16 - 10; }
inline float dc_of(uint8_t byte) { return static_cast<float>((byte / 255.0 - 0.5) / kColourScale); }
inline float sh_of(uint8_t byte) { return static_cast<float>(byte - 128) / 128; }

inline constexpr uint32_t kMagnitude = 511;  // 9 bits; the tenth is the sign
inline constexpr uint32_t kLastComponent = 2 * kMagnitude;
/// As a lattice has it: from 0 for the least to kLastComponent for the largest; one more for -0.
inline uint32_t lattice_code(uint32_t code) {
  if (code == 512) return kLastComponent + 1;
  return code & 512 ? kMagnitude - (code & kMagnitude) : kMagnitude + code;
}
inline double component_of(uint32_t code) { return lattice_component(std::sqrt(0.5), lattice_code(code), kLastComponent); }

/// The file names components in the order x y z w, dew in that of w x y z.
inline SmallestThree scalar_first(const SmallestThree& packed) {
  const auto& [x, y, z] = packed.code;
  return packed.largest == 3 ? SmallestThree{0, {x, y, z}} : SmallestThree{packed.largest + 1, {z, x, y}};
}
inline SmallestThree scalar_last(const SmallestThree& packed) {
  const auto& [w, x, y] = packed.code;
  return packed.largest == 0 ? SmallestThree{3, {w, x, y}} : SmallestThree{packed.largest - 1, {x, y, w}};
}
inline uint32_t code_of_component(double value) {
  const uint32_t magnitude = code_of(std::fabs(value) / std::sqrt(0.5) * kMagnitude, kMagnitude);
  return value < 0 && magnitude > 0 ? magnitude | 512 : magnitude;
}

/// Version 2: x y z in bytes, w from the length of 1.
inline float byte_component(uint8_t byte) { return static_cast<float>(byte / 127.5 - 1); }

}  // namespace dew::spz
