// SPDX-License-Identifier: Apache-2.0
/// .spz files of Niantic: one quantised stream an attribute, in gzip (versions 2 and 3) or zstd (version 4).
///
///   if (is_spz(bytes)) DEW_ASSIGN(const SplatInput input, read_spz(bytes, {}));
///   DEW_ASSIGN(const SplatOutput output, write_spz(scene, {}));
///
/// Position in 24 bits with a binary point chosen for the file, opacity in a byte of 1/255, colour in a byte (0.15 dc + 0.5) 255,
/// log-scale in a byte of 1/16 from -10, rotation as x y z in bytes of 1/127.5 (version 2) or smallest three of 10 bits, SH in bytes of
/// 1/128. source.header holds the bytes before the streams: version and flags of a file come back with it.
/// Source: the description and library of nianticlabs/spz.
#pragma once

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "entropy/result.h"
#include "gaussians/io/read_splats.h"
#include "gaussians/io/write_splats.h"
#include "gaussians/splats.h"

namespace dew {

/// True for the magic of .spz, and for a gzip stream that begins with it.
bool is_spz(ByteSpan bytes);

/// SH of degree 4, which version 4 allows, is cut to degree 3; the note says so.
/// Errors: truncated, corrupt, unsupported_version (1, above 4), unsupported_feature, limit_exceeded, out_of_memory.
Result<SplatInput> read_spz(ByteSpan bytes, const DecodeLimits& limits);

/// The version of the source, otherwise 4 (3 where dew was built without zstd). 12 bits after the binary point, fewer where coordinates
/// are 2048 and more, more where the scene came from a finer grid. Values that lie on the grid of the format already stay as they are.
/// REQUIRES: check_shape(splats). Errors: unsupported_feature, invalid_argument for 2^32 splats and more.
Result<SplatOutput> write_spz(const Splats& splats, const SplatWriteOptions& options);

}  // namespace dew
