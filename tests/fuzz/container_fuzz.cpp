// SPDX-License-Identifier: Apache-2.0
// The container's reader on any bytes, and on real files with damage that the input describes (bytes alone seldom get past a checksum).
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "entropy/container.h"
#include "entropy/metadata.h"
#include "tests/golden/plain_container.h"

namespace {

using namespace dew;

void require(bool condition) {
  if (!condition) std::abort();
}

DecodeLimits small_limits() {
  DecodeLimits limits;
  limits.memory_bytes = 64u << 20;
  limits.work_units = 64u << 20;
  return limits;
}

/// Chunks and damage lie in order, apart from one another, inside the file.
void require_sound(const ContainerReader& container, uint64_t file_size) {
  std::vector<ByteRange> ranges = container.damaged();
  for (const Chunk& chunk : container.chunks()) {
    require(chunk.payload_offset + chunk.payload.size() + 8 == chunk.file_offset + chunk.file_size);
    ranges.push_back({chunk.file_offset, chunk.file_offset + chunk.file_size});
  }
  std::sort(ranges.begin(), ranges.end(), [](const ByteRange& a, const ByteRange& b) { return a.begin < b.begin; });
  uint64_t at = 0;
  for (const ByteRange& range : ranges) {
    require(range.begin >= at && range.end >= range.begin && range.end <= file_size);
    at = range.end;
  }
}

bool same_chunks(const ContainerReader& a, const ContainerReader& b) {
  return std::equal(a.chunks().begin(), a.chunks().end(), b.chunks().begin(), b.chunks().end(), [](const Chunk& x, const Chunk& y) {
    return x.type == y.type && x.need == y.need && x.file_offset == y.file_offset && x.file_size == y.file_size;
  });
}

/// Every way to read `file`; those that succeed must agree.
void read_all_ways(const Bytes& file) {
  const Result<ContainerReader> strict = ContainerReader::open(file, small_limits());
  const Result<ContainerReader> salvaged = ContainerReader::open(file, small_limits(), Damage::salvage);
  const Result<std::vector<Chunk>> index = read_index(file, small_limits());
  std::vector<uint8_t> plain_bytes(file.size());
  std::transform(file.begin(), file.end(), plain_bytes.begin(), [](std::byte b) { return std::to_integer<uint8_t>(b); });
  require(plain::read_container(plain_bytes).has_value() == strict.ok());
  if (salvaged.ok()) require_sound(*salvaged, file.size());
  if (!strict.ok()) {
    require(!salvaged.ok() || !salvaged->damaged().empty());
    return;
  }
  require(salvaged.ok() && salvaged->damaged().empty() && same_chunks(*strict, *salvaged));
  require(index.ok() && index->size() == strict->chunks().size());
  ContainerWriter writer(strict->kind());
  for (const Chunk& chunk : strict->chunks()) {
    require(writer.append(chunk.type, chunk.need, chunk.payload).ok());
    const Result<Metadata> metadata = read_metadata(chunk.payload, chunk.payload_offset, small_limits());
    if (metadata.ok()) require(std::ranges::equal(write_metadata(*metadata), chunk.payload));
  }
  require(writer.finish(strict->content_hash()).ok());
  require(writer.take() == file);
}

uint8_t next_byte(ByteReader& input) {
  const Result<uint8_t> byte = input.u8();
  return byte.ok() ? *byte : uint8_t{0};
}

/// {type, size} pairs up to a 0, then {place, what, byte} damage.
Bytes damaged_file(ByteReader& input) {
  ContainerWriter writer(Kind::cloud);
  while (const uint8_t type = next_byte(input)) {
    const uint64_t size = next_byte(input);
    const Result<ByteSpan> payload = input.bytes(std::min<uint64_t>(size, input.remaining()));
    require(writer.append(type < 2 ? 2 : type, static_cast<Need>(type & 1), *payload).ok());
  }
  require(writer.finish().ok());
  Bytes file = writer.take();
  while (input.remaining() > 0 && !file.empty()) {
    const size_t place_high = next_byte(input), place_low = next_byte(input);
    const size_t place = (place_high * 256 + place_low) % file.size();
    const uint8_t what = next_byte(input);
    const auto at = file.begin() + static_cast<std::ptrdiff_t>(place);
    if (what < 128) {
      *at ^= static_cast<std::byte>(what);
    } else if (what < 192) {
      file.insert(at, static_cast<std::byte>(next_byte(input)));
    } else {
      file.erase(at, at + std::min<std::ptrdiff_t>(what - 191, file.end() - at));
    }
  }
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteSpan input = std::as_bytes(std::span(data, size));
  read_all_ways(Bytes(input.begin(), input.end()));
  ByteReader reader(input);
  read_all_ways(damaged_file(reader));
  return 0;
}
