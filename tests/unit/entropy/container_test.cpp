// SPDX-License-Identifier: Apache-2.0
#include "entropy/container.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "entropy/checksum.h"
#include "entropy/metadata.h"
#include "tests/golden/plain_container.h"

namespace dew {
namespace {

struct Part {
  uint32_t type;
  Need need;
  Bytes payload;
};

using Random = std::mt19937_64;

Bytes random_bytes(Random& random, size_t size) {
  Bytes bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random());
  return bytes;
}

std::vector<Part> random_parts(Random& random, size_t count, size_t largest) {
  std::vector<Part> parts;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t type = random() % 4 == 0 ? 16 + static_cast<uint32_t>(random() % 1000000) : 2 + static_cast<uint32_t>(random() % 40);
    parts.push_back({type, random() % 2 == 0 ? kRequired : kOptional, random_bytes(random, random() % (largest + 1))});
  }
  return parts;
}

Bytes write_file(Kind kind, const std::vector<Part>& parts, const std::optional<Sha256Digest>& hash = std::nullopt) {
  ContainerWriter writer(kind);
  for (const Part& part : parts) EXPECT_TRUE(writer.append(part.type, part.need, part.payload).ok());
  EXPECT_TRUE(writer.finish(hash).ok());
  return writer.take();
}

/// The file that most tests damage: 5 chunks, about 150 bytes.
std::vector<Part> small_parts() {
  return {{kMetadataChunk, kOptional, write_metadata({{metadata_key::kUnits, "metre"}})},
          {16, kRequired, Bytes(20, std::byte{7})},
          {17, kOptional, {}},
          {16, kRequired, Bytes(9, std::byte{0xff})},
          {2000, kOptional, Bytes(3)}};
}
Bytes small_file() { return write_file(Kind::cloud, small_parts(), sha256(as_bytes("content"))); }

Result<ContainerReader> open(const Bytes& file, Damage damage = Damage::refuse) { return ContainerReader::open(file, DecodeLimits{}, damage); }

bool same(const Chunk& chunk, const Part& part) {
  return chunk.type == part.type && chunk.need == part.need && std::ranges::equal(chunk.payload, part.payload);
}

std::optional<plain::Container> read_plainly(ByteSpan file) {
  std::vector<uint8_t> bytes(file.size());
  std::transform(file.begin(), file.end(), bytes.begin(), [](std::byte b) { return std::to_integer<uint8_t>(b); });
  return plain::read_container(bytes);
}

void expect_plain_reader_agrees(const Bytes& file, const ContainerReader& container) {
  const std::optional<plain::Container> other = read_plainly(file);
  ASSERT_TRUE(other.has_value());
  EXPECT_EQ(other->kind, static_cast<unsigned>(container.kind()));
  ASSERT_EQ(other->chunks.size(), container.chunks().size());
  for (size_t i = 0; i < other->chunks.size(); ++i) {
    const Chunk& chunk = container.chunks()[i];
    EXPECT_EQ(other->chunks[i].type, chunk.type);
    EXPECT_EQ(other->chunks[i].required, chunk.need == kRequired);
    EXPECT_EQ(other->chunks[i].file_offset, chunk.file_offset);
    EXPECT_TRUE(std::ranges::equal(std::as_bytes(std::span(other->chunks[i].payload)), chunk.payload));
  }
  EXPECT_EQ(other->content_hash.size(), container.content_hash() ? 32u : 0u);
  const Sha256Digest hash = container.content_hash().value_or(Sha256Digest{});
  EXPECT_TRUE(other->content_hash.empty() || std::ranges::equal(std::as_bytes(std::span(other->content_hash)), hash));
}

TEST(Container, ReadsBackWhatItWritesAndThePlainReaderAgrees) {
  Random random(1);
  for (size_t round = 0; round < 300; ++round) {
    const Kind kind = static_cast<Kind>(1 + random() % 4);
    const std::vector<Part> parts = random_parts(random, round % 12, round % 3 == 0 ? 5000 : 50);
    std::optional<Sha256Digest> hash;
    if (random() % 2 == 0) hash = sha256(random_bytes(random, 10));
    const Bytes file = write_file(kind, parts, hash);
    const Result<ContainerReader> container = open(file);
    ASSERT_TRUE(container.ok()) << container.error().message;
    EXPECT_EQ(container->kind(), kind);
    EXPECT_EQ(container->content_hash(), hash);
    EXPECT_TRUE(container->damaged().empty());
    ASSERT_EQ(container->chunks().size(), parts.size());
    for (size_t i = 0; i < parts.size(); ++i) {
      const Chunk& chunk = container->chunks()[i];
      EXPECT_TRUE(same(chunk, parts[i]));
      EXPECT_EQ(chunk.ordinal, i);
      EXPECT_EQ(chunk.payload.data(), file.data() + chunk.payload_offset);
    }
    expect_plain_reader_agrees(file, *container);
  }
}

TEST(Container, IndexAndSingleChunksAgreeWithTheWalk) {
  Random random(2);
  const Bytes file = write_file(Kind::capture, random_parts(random, 50, 300));
  const Result<ContainerReader> container = open(file);
  ASSERT_TRUE(container.ok());
  const Result<std::vector<Chunk>> index = read_index(file, DecodeLimits{});
  ASSERT_TRUE(index.ok()) << index.error().message;
  ASSERT_EQ(index->size(), 50u);
  for (size_t i = 0; i < index->size(); ++i) {
    const Chunk& entry = (*index)[i];
    EXPECT_EQ(entry.ordinal, i);
    const Result<Chunk> chunk = read_chunk(file, entry.file_offset);
    ASSERT_TRUE(chunk.ok());
    EXPECT_EQ(chunk->file_size, entry.file_size);
    EXPECT_EQ(chunk->type, entry.type);
    EXPECT_EQ(chunk->need, entry.need);
    EXPECT_TRUE(std::ranges::equal(chunk->payload, container->chunks()[i].payload));
  }
  EXPECT_FALSE(read_chunk(file, file.size()).ok());
  EXPECT_FALSE(read_chunk(file, file.size() + 1).ok());
}

TEST(Container, ASinkGetsTheSameBytes) {
  Bytes streamed;
  ContainerWriter writer(Kind::cloud, [&](ByteSpan bytes) -> Status {
    streamed.insert(streamed.end(), bytes.begin(), bytes.end());
    return {};
  });
  for (const Part& part : small_parts()) ASSERT_TRUE(writer.append(part.type, part.need, part.payload).ok());
  ASSERT_TRUE(writer.finish(sha256(as_bytes("content"))).ok());
  EXPECT_EQ(streamed, small_file());
  EXPECT_EQ(writer.size_bytes(), streamed.size());
  EXPECT_TRUE(writer.take().empty());
}

TEST(Container, AFailingSinkEndsTheWriting) {
  ContainerWriter writer(Kind::cloud, [](ByteSpan) -> Status { return Error{Code::io, 0, "disk full"}; });
  const Status status = writer.append(16, kRequired, {});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::io);
}

TEST(Container, OverheadIsAsDocumented) {
  const auto size_of = [](const std::vector<Part>& parts, bool hash) {
    return write_file(Kind::cloud, parts, hash ? std::optional(sha256({})) : std::nullopt).size();
  };
  EXPECT_EQ(size_of({}, false), 24u);
  EXPECT_EQ(size_of({}, true), 56u);
  EXPECT_EQ(size_of({{16, kRequired, Bytes(100)}}, true), 56u + 14u + 100u);
  const size_t one = size_of({{16, kRequired, Bytes(1200)}}, true);
  EXPECT_EQ(size_of({{16, kRequired, Bytes(1200)}, {16, kRequired, Bytes(1200)}}, true) - one, 1200u + 16u);
}

TEST(Container, RefusesTypesThatAreNotTheCodecsAndWritingAfterTheEnd) {
  ContainerWriter writer(Kind::mesh);
  for (const uint32_t type : {0u, kEndChunk, kLastChunkType + 1}) EXPECT_FALSE(writer.append(type, kOptional, {}).ok());
  EXPECT_TRUE(writer.append(kLastChunkType, kOptional, {}).ok());
  EXPECT_TRUE(writer.finish().ok());
  EXPECT_FALSE(writer.finish().ok());
  EXPECT_FALSE(writer.append(16, kOptional, {}).ok());
  EXPECT_TRUE(open(writer.take()).ok());
}

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

TEST(Container, TellsOtherFilesVersionsAndKindsApart) {
  const auto with_header = [](uint8_t version, uint8_t kind) {
    ByteWriter writer;
    writer.bytes(as_bytes("DEW"));
    writer.u8(version);
    writer.u8(kind);
    writer.u16(static_cast<uint16_t>(checksum(writer.bytes())));
    Bytes file = small_file();
    std::copy(writer.bytes().begin(), writer.bytes().end(), file.begin());
    return file;
  };
  EXPECT_TRUE(open(with_header(0, 1)).ok());
  for (const Damage damage : {Damage::refuse, Damage::salvage}) {
    EXPECT_EQ(open(with_header(1, 1), damage).error().code, Code::unsupported_version);
    EXPECT_EQ(open(with_header(0, 5), damage).error().code, Code::unsupported_feature);
  }
  EXPECT_EQ(open(with_header(0, 2)).error().code, Code::corrupt);  // the end chunk names another kind
  Bytes text(200, std::byte{'x'});
  EXPECT_EQ(open(text).error().message, "not a .dew file");
  EXPECT_FALSE(open(text, Damage::salvage).ok());
}

TEST(Container, KeepsToTheLimits) {
  const Bytes file = small_file();
  const auto code = [&](auto set) {
    DecodeLimits limits;
    set(limits);
    const Result<ContainerReader> container = ContainerReader::open(file, limits);
    return container.ok() ? std::string("ok") : std::string(code_name(container.error().code));
  };
  EXPECT_EQ(code([](DecodeLimits&) {}), "ok");
  EXPECT_EQ(code([&](DecodeLimits& l) { l.input_bytes = file.size() - 1; }), "limit_exceeded");
  EXPECT_EQ(code([](DecodeLimits& l) { l.elements = 4; }), "limit_exceeded");
  EXPECT_EQ(code([&](DecodeLimits& l) { l.work_units = file.size() - 1; }), "limit_exceeded");
  EXPECT_EQ(code([](DecodeLimits& l) { l.memory_bytes = 100; }), "out_of_memory");
}

TEST(Container, UnknownRequiredChunksAreRefusedAndOptionalOnesSkipped) {
  const Bytes file = small_file();
  const Result<ContainerReader> container = open(file);
  ASSERT_TRUE(container.ok());
  EXPECT_TRUE(container->refuse_unknown({16}).ok());  // 17 and 2000 are optional
  const Status refused = container->refuse_unknown({17, 2000});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::unsupported_feature);
  EXPECT_EQ(refused.error().offset, container->chunks()[1].file_offset);
  const Bytes common = write_file(Kind::cloud, {{kMetadataChunk, kRequired, {}}, {kNetworkChunk, kRequired, {}}});
  EXPECT_TRUE(open(common)->refuse_unknown({}).ok());
  for (const uint32_t type : {3u, 5u, 15u}) {
    const Bytes reserved = write_file(Kind::cloud, {{type, kRequired, {}}});
    EXPECT_FALSE(open(reserved)->refuse_unknown({}).ok()) << type;
  }
  EXPECT_EQ(container->find(2000), &container->chunks()[4]);
  EXPECT_EQ(container->find(99), nullptr);
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
  for (const uint64_t tag : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32, UINT64_MAX}) EXPECT_FALSE(read_chunk(forged_chunk(tag, {}), 0).ok()) << tag;
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

// ---- metadata ----

TEST(Metadata, ReadsBackWhatItWrites) {
  const Metadata metadata = {{metadata_key::kUnits, "metre"}, {metadata_key::kSensor, "VLP-16"}, {"", ""}, {"a", std::string(1000, 'b')}};
  const Result<Metadata> back = read_metadata(write_metadata(metadata), 0, DecodeLimits{});
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, metadata);
  EXPECT_TRUE(read_metadata({}, 0, DecodeLimits{})->empty());
}

TEST(Metadata, RefusesWhatIsCutOutOfOrderOrTooMuch) {
  const Bytes payload = write_metadata({{"a", "1"}, {"b", "22"}});
  size_t good = 0;
  for (size_t size = 0; size < payload.size(); ++size) good += read_metadata(ByteSpan(payload).first(size), 0, DecodeLimits{}).ok() ? 1 : 0;
  EXPECT_EQ(good, 2u);  // of no pair, of one pair
  ByteWriter twice;
  for (int i = 0; i < 2; ++i) twice.sized_bytes(as_bytes("a")), twice.sized_bytes(as_bytes("1"));
  const Result<Metadata> repeated = read_metadata(twice.bytes(), 50, DecodeLimits{});
  ASSERT_FALSE(repeated.ok());
  EXPECT_EQ(repeated.error().code, Code::corrupt);
  EXPECT_EQ(repeated.error().offset, 54u);
  DecodeLimits limits;
  limits.elements = 1;
  EXPECT_EQ(read_metadata(payload, 0, limits).error().code, Code::limit_exceeded);
  limits = {};
  limits.memory_bytes = 200;
  EXPECT_EQ(read_metadata(payload, 0, limits).error().code, Code::out_of_memory);
}

}  // namespace
}  // namespace dew
