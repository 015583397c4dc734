// SPDX-License-Identifier: Apache-2.0
#include "entropy/container.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "entropy/checksum.h"
#include "entropy/metadata.h"
#include "tests/golden/plain_container.h"
#include "tests/unit/entropy/container_testing.h"

namespace dew {
namespace {

using namespace container_testing;

void expect_plain_reader_agrees(const Bytes& file, const ContainerReader& container) {
  const std::optional<plain::Container> other = read_plainly(file);
  EXPECT_EQ(stated_kind(file), container.kind());
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

TEST(Container, StatesNoKindOfWhatIsTooShortOrNoFileOfOurs) {
  const Bytes file = write_file(Kind::mesh, {});
  for (size_t size = 0; size <= file.size(); ++size) {
    EXPECT_EQ(stated_kind(ByteSpan(file).first(size)).has_value(), size > 4) << size;
    EXPECT_EQ(is_dew(ByteSpan(file).first(size)), size >= 3) << size;
  }
  for (size_t at = 0; at < 3; ++at) {
    Bytes other = file;
    other[at] ^= std::byte{1};
    EXPECT_FALSE(stated_kind(other)) << at;
  }
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
