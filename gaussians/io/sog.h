// SPDX-License-Identifier: Apache-2.0
/// .sog files of PlayCanvas, version 2: attributes as lossless WebP pictures and a meta.json, in a zip archive or side by side.
///
///   if (is_sog_bundle(bytes)) DEW_ASSIGN(const SplatInput input, read_sog_bundle(bytes, {}));
///   if (is_sog_meta(bytes)) DEW_ASSIGN(const SplatInput input, read_sog_folder(bytes, read_sibling, {}));
///
/// Position: sign(x) ln(1 + |x|) in 16 bits over the range of the file. Log-scale and colour: bytes into books of 256 values. Rotation: the
/// smallest three components in bytes. Opacity: a byte of 1/255. SH: a palette of at most 65,536 vectors whose numbers are bytes into a
/// third book. source.header holds what meta.json says beside these (its JSON without them), source.lattices the range of positions.
/// Source: the specification of SOG and the reader and writer of playcanvas/splat-transform.
#pragma once

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "entropy/named_bytes.h"
#include "entropy/result.h"
#include "gaussians/io/read_splats.h"
#include "gaussians/io/write_splats.h"
#include "gaussians/splats.h"

namespace dew {

/// True for a zip archive with an entry meta.json.
bool is_sog_bundle(ByteSpan bytes);
/// True for JSON text with the members that a meta.json of any SOG version has.
bool is_sog_meta(ByteSpan bytes);

/// Errors: truncated, corrupt, unsupported_version, unsupported_feature, limit_exceeded, out_of_memory; those of read_sibling.
Result<SplatInput> read_sog_bundle(ByteSpan bytes, const DecodeLimits& limits);
Result<SplatInput> read_sog_folder(ByteSpan meta, const ReadSibling& read_sibling, const DecodeLimits& limits);

/// What was read from such a file keeps its order and values; other scenes are put in Morton order, and SH get a palette of the largest
/// power of two of 1024 that is not above the count, 65,536 at most.
/// REQUIRES: check_shape(splats). Errors: invalid_argument for no splat or above 16,380^2; unsupported_feature.
Result<SplatOutput> write_sog(const Splats& splats, const SplatWriteOptions& options);

}  // namespace dew
