// SPDX-License-Identifier: Apache-2.0
/// .splat files: 32 bytes a splat without a header, no spherical harmonics.
///
///   DEW_ASSIGN(const Splats scene, read_splat_records(bytes, {}));
///   const SplatOutput output = write_splat_records(scene);          // the very file
///
/// A record: position as 3 f32, scale (no logarithm) as 3 f32, red green blue opacity as bytes of 1/255, quaternion w x y z as bytes of
/// (byte - 128) / 128. A scale is rounded when its logarithm becomes a float; source.trailer holds how many floats the exponential of that
/// is off (an i8 for each), so that the file can come back. Source: the web viewer antimatter15/splat, which defined the format by its use.
#pragma once

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "entropy/result.h"
#include "gaussians/io/write_splats.h"
#include "gaussians/splats.h"

namespace dew {

/// True where the size is that of whole records and the values are those of splats: finite positions, scales of zero to 10^6, unit
/// quaternions within the step of a byte. Looks at 1000 records at most.
bool could_be_splat_records(ByteSpan bytes);

/// Errors: truncated (a record is cut), limit_exceeded, out_of_memory.
Result<Splats> read_splat_records(ByteSpan bytes, const DecodeLimits& limits);

/// A file that was read comes back byte for byte unless a scale in it is negative or NaN. REQUIRES: check_shape(splats).
SplatOutput write_splat_records(const Splats& splats);

}  // namespace dew
