// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/io/lzf.h"

#include <algorithm>

namespace dew {
namespace {

constexpr size_t kLongestLiteralRun = 32;
constexpr size_t kShortestMatch = 3;
constexpr size_t kLongestMatch = 3 * kLzfLargestExpansion;  // 7 + 255 + 2
constexpr size_t kLargestDistance = 8192;                   // 13 bits, plus one
constexpr unsigned kHashBits = 14;

uint32_t hash_of(const std::byte* at) {
  const uint32_t word = std::to_integer<uint32_t>(at[0]) | std::to_integer<uint32_t>(at[1]) << 8 | std::to_integer<uint32_t>(at[2]) << 16;
  return (word * 2654435761u) >> (32 - kHashBits);
}

void append_literals(ByteSpan bytes, size_t begin, size_t end, Bytes& out) {
  while (begin < end) {
    const size_t run = std::min(end - begin, kLongestLiteralRun);
    out.push_back(static_cast<std::byte>(run - 1));
    const ByteSpan literals = bytes.subspan(begin, run);
    out.insert(out.end(), literals.begin(), literals.end());
    begin += run;
  }
}

void append_match(size_t distance, size_t length, Bytes& out) {
  const size_t back = distance - 1;
  const size_t code = length - 2;
  out.push_back(static_cast<std::byte>((std::min<size_t>(code, 7) << 5) | (back >> 8)));
  if (code >= 7) out.push_back(static_cast<std::byte>(code - 7));
  out.push_back(static_cast<std::byte>(back & 255));
}

size_t match_length(ByteSpan bytes, size_t earlier, size_t at) {
  const size_t longest = std::min(kLongestMatch, bytes.size() - at);
  size_t length = 0;
  while (length < longest && bytes[earlier + length] == bytes[at + length]) ++length;
  return length;
}

}  // namespace

Result<Bytes> lzf_decompress(ByteSpan packed, uint64_t size, Budget& budget, uint64_t offset) {
  if (size / kLzfLargestExpansion > packed.size()) {
    return Error{Code::corrupt, offset, std::to_string(packed.size()) + " compressed bytes cannot hold " + std::to_string(size)};
  }
  DEW_TRY(budget.take_memory(size, offset));
  Bytes out(static_cast<size_t>(size));
  ByteReader reader(packed, offset);
  size_t filled = 0;
  while (reader.remaining() > 0) {
    DEW_ASSIGN(const uint8_t control, reader.u8());
    if (control < kLongestLiteralRun) {
      DEW_ASSIGN(const ByteSpan literals, reader.bytes(control + 1u));
      if (literals.size() > out.size() - filled)
        return Error{Code::corrupt, reader.offset(), "compressed body holds more than its size says"};
      std::copy(literals.begin(), literals.end(), out.begin() + static_cast<std::ptrdiff_t>(filled));
      filled += literals.size();
      continue;
    }
    size_t length = (control >> 5) + 2u;
    if (length == 9) {
      DEW_ASSIGN(const uint8_t more, reader.u8());
      length += more;
    }
    DEW_ASSIGN(const uint8_t low, reader.u8());
    const size_t distance = ((control & 31u) << 8 | low) + 1u;
    if (distance > filled) return Error{Code::corrupt, reader.offset(), "compressed body copies from before its beginning"};
    if (length > out.size() - filled) return Error{Code::corrupt, reader.offset(), "compressed body holds more than its size says"};
    // Byte by byte: a match may overlap what it writes.
    for (size_t i = 0; i < length; ++i, ++filled) out[filled] = out[filled - distance];
  }
  if (filled != out.size()) {
    return Error{Code::corrupt, reader.offset(),
                 "compressed body holds " + std::to_string(filled) + " bytes, its size says " + std::to_string(size)};
  }
  return out;
}

Bytes lzf_compress(ByteSpan bytes) {
  Bytes out;
  out.reserve(bytes.size() / 2);
  std::vector<size_t> last_seen(size_t{1} << kHashBits, SIZE_MAX);
  size_t at = 0;
  size_t literals_begin = 0;
  while (at + kShortestMatch <= bytes.size()) {
    size_t& slot = last_seen[hash_of(bytes.data() + at)];
    const size_t earlier = slot;
    slot = at;
    const bool near = earlier != SIZE_MAX && at - earlier <= kLargestDistance;
    const size_t length = near ? match_length(bytes, earlier, at) : 0;
    if (length < kShortestMatch) {
      ++at;
      continue;
    }
    append_literals(bytes, literals_begin, at, out);
    append_match(at - earlier, length, out);
    at += length;
    literals_begin = at;
  }
  append_literals(bytes, literals_begin, bytes.size(), out);
  return out;
}

}  // namespace dew
