// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "entropy/checksum.h"
#include "entropy/container.h"
#include "tests/unit/entropy/container_testing.h"

namespace dew {
namespace {

using namespace container_testing;

TEST(Container, EveryPrefixIsTruncated) {
  const Bytes file = small_file();
  for (size_t size = 0; size < file.size(); ++size) {
    const Bytes prefix(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));  // of its exact size, for address sanitizers
    const Result<ContainerReader> container = open(prefix);
    ASSERT_FALSE(container.ok()) << size;
    EXPECT_EQ(container.error().code, Code::truncated) << size;
    EXPECT_FALSE(read_index(prefix, DecodeLimits{}).ok()) << size;
    EXPECT_FALSE(read_plainly(prefix).has_value()) << size;
  }
}

TEST(Container, EveryFlippedBitIsSeen) {
  const Bytes file = small_file();
  for (size_t bit = 0; bit < 8 * file.size(); ++bit) {
    Bytes damaged = file;
    damaged[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
    EXPECT_FALSE(open(damaged).ok()) << bit;
    EXPECT_FALSE(read_plainly(damaged).has_value()) << bit;
  }
}

TEST(Container, BytesAfterTheEndAreCorrupt) {
  Bytes file = small_file();
  file.push_back(std::byte{0});
  const Result<ContainerReader> container = open(file);
  ASSERT_FALSE(container.ok());
  EXPECT_EQ(container.error().code, Code::corrupt);
  EXPECT_EQ(container.error().offset, file.size() - 1);
  EXPECT_FALSE(read_plainly(file).has_value());
}

/// A forged file with right checksums: `index_of` another list of chunks than the ones that stand in it.
Bytes spliced(const std::vector<Part>& chunks, const std::vector<Part>& index_of) {
  const Bytes a = write_file(Kind::cloud, chunks), b = write_file(Kind::cloud, index_of);
  const size_t end_a = a.size() - std::to_integer<size_t>(a[a.size() - 12]), end_b = b.size() - std::to_integer<size_t>(b[b.size() - 12]);
  Bytes file(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(end_a));
  file.insert(file.end(), b.begin() + static_cast<std::ptrdiff_t>(end_b), b.end());
  return file;
}

TEST(Container, RefusesAnIndexOfOtherChunks) {
  const Part one = {16, kRequired, Bytes(5)}, longer = {16, kRequired, Bytes(6)}, other = {17, kRequired, Bytes(5)};
  EXPECT_TRUE(open(spliced({one}, {one})).ok());
  for (const std::vector<Part>& index_of : std::vector<std::vector<Part>>{{}, {one, one}, {longer}, {other}}) {
    const Bytes file = spliced({one}, index_of);
    const Result<ContainerReader> container = open(file);
    ASSERT_FALSE(container.ok());
    EXPECT_EQ(container.error().code, Code::corrupt);
    EXPECT_FALSE(read_plainly(file).has_value());
  }
}

/// A chunk as FORMAT.md section 4 has it, with a right checksum over whatever its check is.
Bytes forged_chunk(uint64_t tag, ByteSpan payload, uint16_t flip_check = 0) {
  ByteWriter writer;
  writer.varint(tag);
  writer.varint(payload.size());
  writer.u16(static_cast<uint16_t>(checksum(writer.bytes())) ^ flip_check);
  writer.bytes(payload);
  writer.u64(checksum(writer.bytes()));
  return writer.take();
}

TEST(Container, RefusesAWrongHeaderCheckUnderARightChecksum) {
  EXPECT_TRUE(read_chunk(forged_chunk(33, as_bytes("abc")), 0).ok());
  for (int bit = 0; bit < 16; ++bit) {
    const Result<Chunk> chunk = read_chunk(forged_chunk(33, as_bytes("abc"), static_cast<uint16_t>(1u << bit)), 0);
    ASSERT_FALSE(chunk.ok()) << bit;
    EXPECT_EQ(chunk.error().code, Code::corrupt);
  }
}

TEST(Container, RefusesImpossibleTypesAndIndexEntries) {
  for (const uint64_t tag : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32, UINT64_MAX})
    EXPECT_FALSE(read_chunk(forged_chunk(tag, {}), 0).ok()) << tag;
  // An index of one chunk of 12 bytes (right), or of 7 and 5 bytes (adds up too, but no chunk is that small).
  const auto with_index = [](std::vector<uint8_t> entries, uint8_t end_size) {
    ByteWriter end;
    end.u8(2);
    for (const uint8_t byte : entries) end.u8(byte);
    end.u32(end_size);
    const Bytes chunk = forged_chunk(33, {}), end_chunk = forged_chunk(3, end.bytes());
    EXPECT_EQ(end_chunk.size(), end_size);
    Bytes file = small_file();
    file.resize(7);
    file.insert(file.end(), chunk.begin(), chunk.end());
    file.insert(file.end(), end_chunk.begin(), end_chunk.end());
    return file;
  };
  EXPECT_TRUE(read_index(with_index({33, 12}, 19), DecodeLimits{}).ok());
  EXPECT_TRUE(open(with_index({33, 12}, 19)).ok());
  EXPECT_FALSE(read_index(with_index({33, 7, 33, 5}, 21), DecodeLimits{}).ok());
  EXPECT_FALSE(read_index(with_index({0, 12}, 19), DecodeLimits{}).ok());
  EXPECT_FALSE(read_index(with_index({33, 13}, 19), DecodeLimits{}).ok());
}

// ---- salvage ----

void expect_ranges_are_sound(const ContainerReader& container, size_t file_size) {
  uint64_t at = 0;
  for (const ByteRange& range : container.damaged()) {
    EXPECT_LE(at, range.begin);
    EXPECT_LE(range.begin, range.end);
    EXPECT_LE(range.end, file_size);
    at = range.end;
    for (const Chunk& chunk : container.chunks()) {
      EXPECT_TRUE(chunk.file_offset >= range.end || chunk.file_offset + chunk.file_size <= range.begin);
    }
  }
}

TEST(ContainerSalvage, OfAnIntactFileIsThatFile) {
  const Bytes file = small_file();
  const Result<ContainerReader> container = open(file, Damage::salvage);
  ASSERT_TRUE(container.ok());
  EXPECT_TRUE(container->damaged().empty());
  EXPECT_EQ(container->content_hash(), sha256(as_bytes("content")));
  ASSERT_EQ(container->chunks().size(), 5u);
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(container->chunks()[i].ordinal, i);
}

TEST(ContainerSalvage, AFlippedBitCostsOneChunk) {
  const Bytes file = small_file();
  const std::vector<Part> parts = small_parts();
  const Result<ContainerReader> whole = open(file);
  ASSERT_TRUE(whole.ok());
  for (size_t bit = 0; bit < 8 * file.size(); ++bit) {
    Bytes damaged = file;
    damaged[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
    const Result<ContainerReader> container = open(damaged, Damage::salvage);
    ASSERT_TRUE(container.ok()) << bit << ": " << container.error().message;
    EXPECT_EQ(container->kind(), Kind::cloud);
    expect_ranges_are_sound(*container, file.size());
    ASSERT_EQ(container->damaged().size(), 1u) << bit;
    EXPECT_TRUE(container->damaged()[0].begin <= bit / 8 && bit / 8 < container->damaged()[0].end) << bit;
    size_t found = 0;
    for (size_t i = 0; i < parts.size(); ++i) {
      const Chunk& original = whole->chunks()[i];
      if (original.file_offset <= bit / 8 && bit / 8 < original.file_offset + original.file_size) continue;
      ASSERT_LT(found, container->chunks().size()) << bit;
      const Chunk& chunk = container->chunks()[found++];
      EXPECT_TRUE(same(chunk, parts[i])) << bit;
      const bool end_lost = bit / 8 >= whole->chunks()[4].file_offset + whole->chunks()[4].file_size;
      EXPECT_EQ(chunk.ordinal.value_or(i), i) << bit;
      EXPECT_TRUE(chunk.ordinal || end_lost) << bit;
    }
    EXPECT_EQ(found, container->chunks().size()) << bit;
  }
}

TEST(ContainerSalvage, FindsTheChunksAfterInsertedAndRemovedBytes) {
  Random random(4);
  const std::vector<Part> parts = random_parts(random, 20, 400);
  const Bytes file = write_file(Kind::splats, parts);
  const Result<ContainerReader> whole = open(file);
  ASSERT_TRUE(whole.ok());
  for (int round = 0; round < 200; ++round) {
    const size_t at = random() % file.size(), size = 1 + random() % 300, removed = round % 2 == 0 ? 0 : std::min(size, file.size() - at);
    Bytes changed(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(at));
    if (round % 2 == 0) {
      const Bytes inserted = random_bytes(random, size);
      changed.insert(changed.end(), inserted.begin(), inserted.end());
    }
    changed.insert(changed.end(), file.begin() + static_cast<std::ptrdiff_t>(at + removed), file.end());
    const Result<ContainerReader> container = open(changed, Damage::salvage);
    if (!container.ok()) {
      EXPECT_TRUE(at < 7) << at;  // without file header and end chunk the kind is unknown
      continue;
    }
    expect_ranges_are_sound(*container, changed.size());
    EXPECT_FALSE(container->damaged().empty());
    size_t found = 0;
    for (size_t i = 0; i < parts.size(); ++i) {
      const Chunk& original = whole->chunks()[i];
      const bool hit = original.file_offset < at + std::max<size_t>(removed, 1) && at < original.file_offset + original.file_size;
      const bool here = found < container->chunks().size() && same(container->chunks()[found], parts[i]);
      EXPECT_TRUE(hit || here) << round << " chunk " << i;
      if (here) ++found;
    }
    EXPECT_EQ(found, container->chunks().size());
  }
}

TEST(ContainerSalvage, OfEveryPrefixKeepsTheWholeChunksInIt) {
  const Bytes file = small_file();
  const Result<ContainerReader> whole = open(file);
  ASSERT_TRUE(whole.ok());
  for (size_t size = 7; size < file.size(); ++size) {
    const Bytes prefix(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    const Result<ContainerReader> container = open(prefix, Damage::salvage);
    ASSERT_TRUE(container.ok()) << size;
    size_t kept = 0;
    for (const Chunk& chunk : whole->chunks()) kept += chunk.file_offset + chunk.file_size <= size ? 1 : 0;
    EXPECT_EQ(container->chunks().size(), kept) << size;
    ASSERT_EQ(container->damaged().size(), 1u) << size;
    EXPECT_EQ(container->damaged()[0].end, size);
  }
}

TEST(ContainerSalvage, DoesNotLookInsideADamagedPayload) {
  const Bytes inner = small_file();
  Bytes file = write_file(Kind::capture, {{16, kRequired, inner}, {16, kRequired, Bytes(3)}});
  file[60] ^= std::byte{1};
  const Result<ContainerReader> container = open(file, Damage::salvage);
  ASSERT_TRUE(container.ok());
  ASSERT_EQ(container->chunks().size(), 1u);
  EXPECT_EQ(container->chunks()[0].ordinal, 1u);
}

TEST(ContainerSalvage, TellsThatAWholeChunkWasCutOut) {
  Bytes file = small_file();
  const Result<ContainerReader> whole = open(file);
  ASSERT_TRUE(whole.ok());
  const auto begin = file.begin() + static_cast<std::ptrdiff_t>(whole->chunks()[1].file_offset);
  file.erase(begin, begin + static_cast<std::ptrdiff_t>(whole->chunks()[1].file_size));
  const Result<ContainerReader> container = open(file, Damage::salvage);
  ASSERT_TRUE(container.ok());
  EXPECT_EQ(container->chunks().size(), 4u);
  EXPECT_FALSE(container->damaged().empty());
  EXPECT_EQ(container->chunks()[0].ordinal, 0u);
  EXPECT_FALSE(container->chunks()[1].ordinal.has_value());
}

TEST(ContainerSalvage, SearchingIsChargedAsWork) {
  // Headers that fit, each with a wrong checksum over the rest of the file: hashing all of them would be quadratic.
  ByteWriter header;
  header.varint(33);
  header.varint(100000);
  header.u16(static_cast<uint16_t>(checksum(header.bytes())));
  ByteWriter file;
  file.bytes(ByteSpan(small_file()).first(7));
  while (file.size() < 200000) file.bytes(header.bytes());
  DecodeLimits limits;
  limits.work_units = uint64_t{10} << 20;
  const Result<ContainerReader> container = ContainerReader::open(file.bytes(), limits, Damage::salvage);
  ASSERT_FALSE(container.ok());
  EXPECT_EQ(container.error().code, Code::limit_exceeded);
}

}  // namespace
}  // namespace dew
