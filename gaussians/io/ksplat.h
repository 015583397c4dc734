// SPDX-License-Identifier: Apache-2.0
/// .ksplat files, version 0.1: sections of splats in buckets, as floats or with 16-bit positions. Read only.
///
///   if (is_ksplat(bytes)) DEW_ASSIGN(const Splats scene, read_ksplat(bytes, {}));
///
/// A header of 4096 bytes, one of 1024 bytes for each section, then for each section the sizes of its partly filled buckets, the centres
/// of its buckets, and its splats: position (f32, or u16 from the centre of the bucket), scale and rotation (f32, or f16), colour and
/// opacity in bytes, SH (f32, f16, or bytes between two values of the header).
/// Source: mkkellogg/GaussianSplats3D (SplatBuffer) and the reader of playcanvas/splat-transform.
#pragma once

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "entropy/result.h"
#include "gaussians/splats.h"

namespace dew {

/// The format has no magic: a version of 0.1, a known compression, and headers that fit the size of the file.
bool is_ksplat(ByteSpan bytes);

/// Errors: truncated, corrupt, unsupported_version, unsupported_feature, limit_exceeded, out_of_memory.
Result<Splats> read_ksplat(ByteSpan bytes, const DecodeLimits& limits);

}  // namespace dew
