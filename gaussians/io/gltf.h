// SPDX-License-Identifier: Apache-2.0
/// glTF 2.0 with the extension KHR_gaussian_splatting, as binary (.glb) and as text (.gltf).
///
///   if (is_splat_gltf(bytes)) DEW_ASSIGN(const SplatInput input, read_splat_gltf(bytes, read_sibling, {}));
///   DEW_ASSIGN(const SplatOutput output, write_splat_gltf(scene, {}));
///
/// Floats throughout: scales without logarithm (with one in drafts of the extension: told by negative values), opacity from 0 to 1,
/// rotation x y z w. All primitives with the extension become one scene, in file order. Transforms of nodes are not applied; the note says
/// so where there are some. Source: KhronosGroup/glTF, extensions/2.0/Khronos/KHR_gaussian_splatting.
#pragma once

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "entropy/named_bytes.h"
#include "entropy/result.h"
#include "gaussians/io/read_splats.h"
#include "gaussians/io/write_splats.h"
#include "gaussians/splats.h"

namespace dew {

/// True for a .glb or JSON text that names the extension.
bool is_splat_gltf(ByteSpan bytes);

/// Buffers may be in the file, in base64, or beside it. A primitive without SH takes its colour from COLOR_0. Compressed variants are not
/// read. Errors: truncated, corrupt, unsupported_version, unsupported_feature, limit_exceeded, out_of_memory; those of read_sibling.
Result<SplatInput> read_splat_gltf(ByteSpan bytes, const ReadSibling& read_sibling, const DecodeLimits& limits);

/// REQUIRES: check_shape(splats). Errors: invalid_argument for no splat (glTF has no empty accessors) or 4 GiB and more.
Result<SplatOutput> write_splat_gltf(const Splats& splats, const SplatWriteOptions& options);

}  // namespace dew
