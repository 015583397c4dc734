// SPDX-License-Identifier: Apache-2.0
/// Three levels of the biorthogonal 9/7 wavelet on a grid, in place: even places hold the coarser grid, odd ones details.
///
///   transform_level(field, 0, Direction::forward);       // strides 1, then 2, then 4
///
/// Scaled so that the coarser grid keeps the field's unit. Computes with + - * alone, in a fixed order. Source: A. Cohen, I. Daubechies,
/// J.-C. Feauveau, "Biorthogonal bases of compactly supported wavelets", 1992; lifting: I. Daubechies and W. Sweldens, 1998.
#pragma once

#include "mesh/implicit/field.h"

namespace dew {

inline constexpr size_t kWaveletLevels = 3;
/// Sizes are multiples of it.
inline constexpr size_t kWaveletBlock = size_t{1} << kWaveletLevels;

enum class Direction : uint8_t { forward, backward };

/// Level 0 is the finest. REQUIRES: sizes are multiples of kWaveletBlock.
void transform_level(DistanceField& field, size_t level, Direction direction);

}  // namespace dew
