// SPDX-License-Identifier: Apache-2.0
/// Codes a second (third, ...) return of a dual-return capture given the first: most cells are equal, the others follow their neighbours.
///
///   Bytes coded = *encode_further_return(frame.planes[1], frame.planes[0]);
///   DEW_TRY(decode_further_return(coded, frame.planes[0], frame.planes[1], budget));   // planes[1] shaped as by shape_planes
///
/// Only ranges and intensities are coded; angles and times are those of the packets. Exact.
/// Which return should be "first" is the caller's choice: the farther one is smoother and makes both cheaper.
/// Method: one decision a cell (equal or not) under mixed contexts of the neighbours' decisions and of steps in the first return; where it
/// differs, range and intensity as differences from the further return of the column before, or of the laser before.
#pragma once

#include <span>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/scan.h"

namespace dew {

/// Errors: invalid_argument where the planes differ in shape.   Cost: about 100 ns a cell.
Result<Bytes> encode_further_return(const Scan& plane, const Scan& first);

/// Fills range and intensity of `plane`, which has the shape of `first`. Trust: `bytes` may be hostile.
/// Errors: truncated, corrupt, limit_exceeded, invalid_argument.
/// `bits`: where wanted, what each cell takes is added; as many as there are cells.
Status decode_further_return(ByteSpan bytes, const Scan& first, Scan& plane, Budget& budget, std::span<float> bits = {});

}  // namespace dew
