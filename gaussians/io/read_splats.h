// SPDX-License-Identifier: Apache-2.0
/// Reads a splat scene of any format: what the file is comes from its content.
///
///   if (looks_like_splats(bytes)) {
///     DEW_ASSIGN(const SplatInput input, read_splats(bytes, {}));
///     use(input.splats, input.note);
///   }
#pragma once

#include <string>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "entropy/named_bytes.h"
#include "entropy/result.h"
#include "gaussians/splats.h"

namespace dew {

struct SplatInput {
  Splats splats;
  std::string note;  ///< what the reader left out or guessed, for people; empty if nothing
};

/// True where `bytes` are a splat scene and no point cloud or mesh: by magic and header alone. A .splat file has neither: it is told by
/// its length and its values, and only where `extension` (lower case, with the dot; may be empty) does not say otherwise.
bool looks_like_splats(ByteSpan bytes, const std::string& extension = {});

/// `bytes` may be hostile. `read_sibling` gives the files beside it that a meta.json (unpacked .sog) or a .gltf names; null: there are
/// none. Axes, activations and order of the result are those of Splats, whatever the format has. Errors: truncated, corrupt,
/// unsupported_feature (also where dew was built without zlib, zstd or libwebp and the file needs it), unsupported_version, limit_exceeded,
/// out_of_memory, and those of read_sibling.
Result<SplatInput> read_splats(ByteSpan bytes, const DecodeLimits& limits, const std::string& extension = {},
                               const ReadSibling& read_sibling = {});

}  // namespace dew
