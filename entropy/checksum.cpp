// SPDX-License-Identifier: Apache-2.0
#include "entropy/checksum.h"

#define XXH_INLINE_ALL  // the header alone: nothing to link
#include <xxhash.h>

namespace dew {

uint64_t checksum(ByteSpan bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace dew
