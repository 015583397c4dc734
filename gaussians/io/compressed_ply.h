// SPDX-License-Identifier: Apache-2.0
/// Compressed .ply files of PlayCanvas: chunks of 256 splats with their ranges, 16 bytes a splat, SH in bytes.
///
///   if (is_compressed_ply(bytes)) DEW_ASSIGN(const Splats scene, read_compressed_ply(bytes, {}));
///   const SplatOutput output = write_compressed_ply(scene);
///
/// Of a splat: position and log-scale in 11, 10 and 11 bits between the ends of its chunk, the rotation as its smallest three components
/// in 10 bits each, colour in bytes between the ends of the chunk (0 to 1 in older files), opacity in a byte of 1/255; an element `sh` of
/// bytes from -4 to 4. source.lattices hold the ranges.
/// Source: the reader and writer of playcanvas/splat-transform.
#pragma once

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "entropy/result.h"
#include "gaussians/io/write_splats.h"
#include "gaussians/splats.h"

namespace dew {

bool is_compressed_ply(ByteSpan bytes);

/// Errors: truncated, corrupt, unsupported_feature, limit_exceeded, out_of_memory.
Result<Splats> read_compressed_ply(ByteSpan bytes, const DecodeLimits& limits);

/// What was read from such a file keeps its order, and its values where they were not changed; other scenes are put in Morton order, as
/// ranges of near splats are narrow. REQUIRES: check_shape(splats).
SplatOutput write_compressed_ply(const Splats& splats);

}  // namespace dew
