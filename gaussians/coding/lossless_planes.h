// SPDX-License-Identifier: Apache-2.0
/// A chunk of splats as planes: columns of 32-bit words, all but some extra properties the bits of floats.
///
///   const PlaneLayout layout = plane_layout(scene, first, count);         // encoder: from the values
///   std::vector<uint32_t> plane = gather_plane(scene, layout[k], first, count);
///   scatter_plane(into, layout[k], first, plane);                         // decoder
///
/// Planes come in the order in which they are coded: log_scale, rotation, opacity, dc, SH (red, green and blue of each coefficient next to
/// each other), extra properties. Small numbers of any type become floats of the same value; others are cut into words of 16 bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/result.h"
#include "gaussians/splats.h"

namespace dew {

/// How the values of a property become floats.
enum class PlaneKind : uint8_t {
  floats,   ///< the bits of a 32-bit float
  numbers,  ///< the same number as a float, which holds it exactly
  words,    ///< one 16-bit word of the value's bits, as a float
};

struct Plane {
  PlaneKind kind = PlaneKind::floats;
  PropertyType type = PropertyType::f32;
  int extra = -1;     ///< index of the extra property, or -1
  size_t array = 0;   ///< 0 log_scale, 1 rotation, 2 opacity, 3 dc, 4 sh
  size_t stride = 1;  ///< values of the array for each splat
  size_t offset = 0;  ///< which of them
  unsigned word = 0;  ///< words: number of the word, from the lowest
  bool is_sh = false;
};

/// The planes of 3DGS and, for each extra property, its own: as numbers where `as_numbers` says so.
std::vector<Plane> plane_layout(const Splats& splats, const std::vector<bool>& as_numbers);

/// For each extra property whether all its values in the chunk are numbers that a float holds exactly. REQUIRES: check_lossless_shape.
std::vector<bool> extras_as_numbers(const Splats& splats, size_t first, size_t count);

std::vector<uint32_t> gather_plane(const Splats& splats, const Plane& plane, size_t first, size_t count);
/// Sets the values of the plane; a float that is no such number becomes the nearest (hostile files only).
void scatter_plane(Splats& splats, const Plane& plane, size_t first, std::span<const uint32_t> values);

}  // namespace dew
