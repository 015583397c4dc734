// SPDX-License-Identifier: Apache-2.0
/// Bytes of any kind, as Mesh::rest: text and numbers under mixed contexts, pictures as they are.
///
///   const Bytes coded = encode_rest(mesh.rest);
///   DEW_ASSIGN(mesh.rest, decode_rest(coded, budget));
#pragma once

#include "entropy/bytes.h"
#include "entropy/limits.h"

namespace dew {

/// Blocks of 64 KiB, each raw where coding saves less than a sixteenth. Cost: 1 us a coded byte; 5 MiB of memory.
Bytes encode_rest(ByteSpan bytes);
/// Errors: corrupt, truncated, limit_exceeded, out_of_memory.
Result<Bytes> decode_rest(ByteSpan bytes, Budget& budget);

}  // namespace dew
