// SPDX-License-Identifier: Apache-2.0
/// 3DGS .ply files: binary little-endian, SH degree 0 to 3, properties in any order, further properties kept.
///
///   if (is_splat_ply(bytes)) {
///     DEW_ASSIGN(const Splats scene, read_splat_ply(bytes, {}));
///     DEW_ASSIGN(const Bytes same, write_splat_ply(scene));        // the very file
///   }
///
/// Source: the files of the reference implementation of 3D Gaussian Splatting (Kerbl et al. 2023).
#pragma once

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "entropy/result.h"
#include "gaussians/splats.h"

namespace dew {

/// True for a PLY header whose vertices have positions, f_dc_0, opacity, scales and rotations. Looks at the header alone.
bool is_splat_ply(ByteSpan bytes);

/// Bytes after the last record are kept in source.trailer.
/// Errors: truncated, corrupt, unsupported_feature (text, big-endian, a 3DGS property that is no float), limit_exceeded, out_of_memory.
Result<Splats> read_splat_ply(ByteSpan bytes, const DecodeLimits& limits);

/// With source.header in place: that header and order of properties, and the trailer. Otherwise, or where the header does not fit the
/// scene any more, the order of the reference implementation, with normals of zero where the scene has none, extra properties last.
/// Errors: invalid_argument if check_shape fails, or an extra property has a name that no header can hold: empty, with blanks, twice, or
/// that of a 3DGS property.
Result<Bytes> write_splat_ply(const Splats& splats);

}  // namespace dew
