// SPDX-License-Identifier: Apache-2.0
/// A distance field as wavelet coefficients in a narrow band around the surface, coarse levels first.
///
///   const Bytes coded = encode_field(field, {.step = 0.5, .fall = 0.5});
///   DEW_ASSIGN(const DistanceField back, decode_field(coded, shape, steps, budget));      // shape: size, origin and cell
///
/// What the coarser grid says already of the distance to the surface decides where details are coded at all, and under which contexts.
#pragma once

#include "entropy/limits.h"
#include "mesh/implicit/field.h"

namespace dew {

struct FieldSteps {
  double step = 0.5;  ///< of the coarsest grid, in cells
  double fall = 0.5;  ///< of details, each level beside the coarser one
};

/// REQUIRES: sizes are multiples of kWaveletBlock, values finite.
Bytes encode_field(const DistanceField& field, const FieldSteps& steps);

/// `shape`: without values. Errors: truncated, limit_exceeded, out_of_memory.
Result<DistanceField> decode_field(ByteSpan bytes, const DistanceField& shape, const FieldSteps& steps, Budget& budget);

}  // namespace dew
