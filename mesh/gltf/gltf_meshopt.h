// SPDX-License-Identifier: Apache-2.0
/// Views under EXT_meshopt_compression, made plain.
///
///   DEW_TRY(expand_compressed_views(document, budget));       // before anything looks at accessors
///
/// Trust: bytes may be hostile; what they expand to is charged to the budget first. Source: Khronos, "EXT_meshopt_compression". Decodes
/// with meshoptimizer (version 0 of vertices, 1 of indices: all that the extension has).
#pragma once

#include "entropy/documents/gltf_document.h"

namespace dew {

/// "EXT_meshopt_compression".
extern const char* const kMeshopt;

/// Each such view becomes one of a buffer of its own, and forgets the extension. Buffers that stand in for those who cannot read it are
/// not looked at. Errors: corrupt, truncated, out_of_memory; unsupported_feature where there is such a view and dew was built without
/// meshoptimizer.
Status expand_compressed_views(GltfDocument& document, Budget& budget);

}  // namespace dew
