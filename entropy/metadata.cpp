// SPDX-License-Identifier: Apache-2.0
#include "entropy/metadata.h"

namespace dew {

Bytes write_metadata(const Metadata& metadata) {
  ByteWriter writer;
  for (const auto& [key, value] : metadata) {
    writer.sized_bytes(as_bytes(key));
    writer.sized_bytes(as_bytes(value));
  }
  return writer.take();
}

Result<Metadata> read_metadata(ByteSpan payload, uint64_t offset, const DecodeLimits& limits) {
  constexpr uint64_t kNodeBytes = 128;  // of a map node with two short strings
  Budget budget(limits);
  ByteReader reader(payload, offset);
  Metadata metadata;
  while (reader.remaining() > 0) {
    const uint64_t pair_offset = reader.offset();
    DEW_ASSIGN(const ByteSpan key, reader.sized_bytes());
    DEW_ASSIGN(const ByteSpan value, reader.sized_bytes());
    if (!metadata.empty() && as_text(key) <= metadata.rbegin()->first) {
      return Error{Code::corrupt, pair_offset, "metadata keys are not in ascending order"};
    }
    DEW_TRY(budget.take_elements(1, pair_offset));
    DEW_TRY(budget.take_memory(kNodeBytes + key.size() + value.size(), pair_offset));
    metadata.emplace_hint(metadata.end(), as_text(key), as_text(value));
  }
  return metadata;
}

}  // namespace dew
