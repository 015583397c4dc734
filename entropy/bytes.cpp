// SPDX-License-Identifier: Apache-2.0
#include "entropy/bytes.h"

namespace dew {

Error ByteReader::truncated(uint64_t wanted) const {
  return {Code::truncated, offset(), std::to_string(wanted) + " bytes wanted, " + std::to_string(remaining()) + " left"};
}

Result<uint64_t> ByteReader::varint() {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    DEW_ASSIGN(const uint8_t byte, u8());
    const uint64_t bits = byte & 0x7f;
    // The tenth byte holds bit 63 only; a zero last byte would be a longer form of a shorter number.
    if ((shift == 63 && byte > 1) || (shift > 0 && byte == 0)) break;
    value |= bits << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return Error{Code::corrupt, offset(), "variable-length integer is too long"};
}

Result<int64_t> ByteReader::signed_varint() {
  DEW_ASSIGN(const uint64_t value, varint());
  return unzigzag(value);
}

Result<ByteSpan> ByteReader::bytes(uint64_t size) {
  if (size > remaining()) return truncated(size);
  const ByteSpan part = bytes_.subspan(position_, static_cast<size_t>(size));
  position_ += static_cast<size_t>(size);
  return part;
}

Result<ByteSpan> ByteReader::sized_bytes() {
  DEW_ASSIGN(const uint64_t size, varint());
  return bytes(size);
}

Status ByteReader::expect_end() const {
  if (remaining() == 0) return {};
  return Error{Code::corrupt, offset(), std::to_string(remaining()) + " bytes after the end"};
}

void ByteWriter::varint(uint64_t value) {
  while (value >= 0x80) {
    u8(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  u8(static_cast<uint8_t>(value));
}

}  // namespace dew
