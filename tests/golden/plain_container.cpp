// SPDX-License-Identifier: Apache-2.0
// Section numbers are those of entropy/FORMAT.md.
#include "tests/golden/plain_container.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace plain {
namespace {

/// Position in the file; `good` turns false for ever once something is wrong.
struct Cursor {
  const std::vector<uint8_t>& file;
  uint64_t at = 0;
  uint64_t end = 0;
  bool good = true;

  /// Section 2: unsigned number of `size` bytes, least significant first.
  uint64_t fixed(unsigned size) {
    uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) {
      if (at >= end) good = false;
      if (good) value |= uint64_t{file[at++]} << (8 * i);
    }
    return value;
  }

  /// Section 2: 7 bits a byte, least significant first; the shortest form only.
  uint64_t varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; good; shift += 7) {
      const uint64_t byte = fixed(1);
      if (shift == 63 && byte > 1) good = false;
      if (shift > 0 && byte == 0) good = false;
      if (!good) break;
      value |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    return value;
  }

  void require(bool condition) { good = good && condition; }
};

uint64_t xxh3(const std::vector<uint8_t>& file, uint64_t begin, uint64_t end) { return XXH3_64bits(file.data() + begin, end - begin); }

struct Range {
  uint64_t tag = 0;
  uint64_t begin = 0;
  uint64_t payload_begin = 0;
  uint64_t payload_end = 0;
  uint64_t end = 0;
};

/// Section 4.
Range read_chunk(Cursor& c) {
  Range r;
  r.begin = c.at;
  r.tag = c.varint();
  const uint64_t payload_size = c.varint();
  c.require(r.tag / 2 >= 1 && r.tag / 2 <= 0x7fffffff);
  const uint64_t header_end = c.at;
  const uint64_t check = c.fixed(2);
  c.require(c.good && check == (xxh3(c.file, r.begin, header_end) & 0xffff));
  c.require(c.end - c.at >= 8 && payload_size <= c.end - c.at - 8);
  if (!c.good) return r;
  r.payload_begin = c.at;
  r.payload_end = c.at += payload_size;
  const uint64_t checksum = c.fixed(8);
  c.require(checksum == xxh3(c.file, r.begin, r.payload_end));
  r.end = c.at;
  return r;
}

}  // namespace

std::optional<Container> read_container(const std::vector<uint8_t>& file) {
  Container container;
  Cursor c{file, 0, file.size()};

  // Section 3
  c.require(c.fixed(1) == 'D');
  c.require(c.fixed(1) == 'E');
  c.require(c.fixed(1) == 'W');
  c.require(c.fixed(1) == 0);
  container.kind = static_cast<unsigned>(c.fixed(1));
  c.require(container.kind >= 1 && container.kind <= 4);
  const uint64_t check = c.fixed(2);
  c.require(c.good && check == (xxh3(file, 0, 5) & 0xffff));

  // Section 4
  std::vector<Range> ranges;
  Range end;
  while (c.good) {
    const Range r = read_chunk(c);
    if (!c.good) break;
    if (r.tag / 2 == 1) {
      end = r;
      break;
    }
    ranges.push_back(r);
    container.chunks.push_back({r.tag / 2, r.tag % 2 == 1, r.begin, {}});
    for (uint64_t i = r.payload_begin; i < r.payload_end; ++i) container.chunks.back().payload.push_back(file[i]);
  }
  c.require(c.at == file.size());

  // Section 5
  c.require(end.tag == 3);
  Cursor e{file, end.payload_begin, end.payload_end, c.good};
  const uint64_t flags = e.fixed(1);
  e.require(flags / 2 == container.kind);
  for (int i = 0; i < 32 && flags % 2 == 1; ++i) container.content_hash.push_back(static_cast<uint8_t>(e.fixed(1)));
  for (const Range& r : ranges) {
    e.require(e.varint() == r.tag);
    e.require(e.varint() == r.end - r.begin);
  }
  e.require(e.fixed(4) == end.end - end.begin);
  e.require(e.at == e.end);
  if (!e.good) return std::nullopt;
  return container;
}

}  // namespace plain
