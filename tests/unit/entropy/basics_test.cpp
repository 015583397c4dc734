// SPDX-License-Identifier: Apache-2.0
// Checked arithmetic, checksums, SHA-256 and header tables.
#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

#include "entropy/bytes.h"
#include "entropy/checked.h"
#include "entropy/checksum.h"
#include "entropy/header_table.h"
#include "entropy/sha256.h"

namespace dew {
namespace {

// ---- checked.h ----

TEST(Checked, RefusesExactlyWhatOverflows) {
  constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
  EXPECT_EQ(*checked_add(kMost - 1, 1), kMost);
  EXPECT_FALSE(checked_add(kMost, 1).ok());
  EXPECT_EQ(*checked_multiply(uint64_t{0xffffffff}, 0x100000001), kMost);
  EXPECT_FALSE(checked_multiply(uint64_t{1} << 32, uint64_t{1} << 32).ok());
  EXPECT_FALSE(checked_multiply(std::numeric_limits<int64_t>::min(), -1).ok());
  EXPECT_EQ(*checked_narrow<uint8_t>(255), 255);
  EXPECT_FALSE(checked_narrow<uint8_t>(256).ok());
  EXPECT_FALSE(checked_narrow<uint64_t>(-1).ok());
  EXPECT_EQ(*checked_narrow<int8_t>(int64_t{-128}), -128);
}

TEST(Checked, AgreesWith128BitArithmetic) {
  __extension__ using Wide = __int128;
  std::mt19937_64 random(7);
  for (int i = 0; i < 100000; ++i) {
    const int64_t a = static_cast<int64_t>(random()) >> (random() % 64), b = static_cast<int64_t>(random()) >> (random() % 64);
    const auto fits = [](Wide value) { return value == static_cast<int64_t>(value); };
    const Result<int64_t> sum = checked_add(a, b), product = checked_multiply(a, b);
    ASSERT_EQ(sum.ok(), fits(Wide{a} + b));
    ASSERT_EQ(product.ok(), fits(Wide{a} * b));
    if (sum.ok()) {
      ASSERT_EQ(*sum, a + b);
    }
    if (product.ok()) {
      ASSERT_EQ(*product, a * b);
    }
  }
}

TEST(Checked, ErrorsCarryTheOffset) {
  const Result<uint64_t> product = checked_multiply(uint64_t{1} << 63, 2, 77);
  ASSERT_FALSE(product.ok());
  EXPECT_EQ(product.error().code, Code::limit_exceeded);
  EXPECT_EQ(product.error().offset, 77u);
}

// ---- checksum.h ----

TEST(Checksum, IsXxh3WithSeedZero) {
  // Of the XXH3 specification's test generator: no bytes; one byte 0.
  EXPECT_EQ(checksum({}), 0x2d06800538d394c2u);
  EXPECT_EQ(checksum(Bytes(1)), 0xc44bdff4074eecdbu);
}

TEST(Checksum, DependsOnEveryBit) {
  std::mt19937_64 random(11);
  for (const size_t size : {1u, 3u, 4u, 8u, 9u, 16u, 17u, 128u, 129u, 240u, 241u, 1024u, 1025u}) {
    Bytes bytes(size);
    for (std::byte& b : bytes) b = static_cast<std::byte>(random());
    const uint64_t whole = checksum(bytes);
    for (size_t bit = 0; bit < 8 * size; ++bit) {
      bytes[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
      ASSERT_NE(checksum(bytes), whole) << size << " bytes, bit " << bit;
      bytes[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
    }
  }
}

// ---- sha256.h ----

std::string sha256_of(const std::string& text) { return to_hex(sha256(as_bytes(text))); }

TEST(Sha256, GivesTheVectorsOfNistWithoutInstructionsToo) {
  Sha256 hash(Sha256::Plain::yes);
  hash.update(as_bytes("abc"));
  EXPECT_EQ(to_hex(hash.finish()), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, GivesTheVectorsOfNist) {
  EXPECT_EQ(sha256_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_of("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(sha256_of(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnHowTheBytesArriveNorOnInstructions) {
  std::mt19937 random(3);
  for (size_t size = 0; size < 300; ++size) {
    Bytes bytes(size);
    for (std::byte& b : bytes) b = static_cast<std::byte>(random());
    Sha256 hash, plain_hash(Sha256::Plain::yes);
    plain_hash.update(bytes);
    ASSERT_EQ(plain_hash.finish(), sha256(bytes)) << size;
    for (ByteSpan rest = bytes; !rest.empty();) {
      const size_t part = random() % 100 % (rest.size() + 1);
      hash.update(rest.first(part));
      rest = rest.subspan(part);
    }
    ASSERT_EQ(hash.finish(), sha256(bytes)) << size;
  }
}

// ---- header_table.h ----

struct SampleHeader {
  uint64_t points = 0;
  int64_t first_column = 0;
  double tick_m = 0;
  uint64_t any = 0;
  int64_t any_signed = 0;
  bool operator==(const SampleHeader&) const = default;
};

constexpr HeaderField<SampleHeader> kSampleHeader[] = {
    {"points", &SampleHeader::points, 1, 1u << 20, "points in the slice"},
    {"first_column", &SampleHeader::first_column, -4096, 4096, "column of the first point"},
    {"tick_m", &SampleHeader::tick_m, 1e-6, 1.0, "range tick in m"},
    {"any", &SampleHeader::any, 0, UINT64_MAX, "anything"},
    {"any_signed", &SampleHeader::any_signed, INT64_MIN, INT64_MAX, "anything signed"},
};

TEST(HeaderTable, ReadsBackWhatItWrites) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 10000; ++i) {
    const SampleHeader header = sample_header(kSampleHeader, random);
    ByteWriter writer;
    ASSERT_TRUE(write_header(kSampleHeader, header, writer).ok());
    ByteReader reader(writer.bytes());
    const Result<SampleHeader> back = read_header(kSampleHeader, reader);
    ASSERT_TRUE(back.ok()) << back.error().message;
    ASSERT_EQ(*back, header);
    ASSERT_EQ(reader.remaining(), 0u);
    for (size_t size = 0; size < writer.size(); ++size) {
      ByteReader short_reader(ByteSpan(writer.bytes()).first(size));
      ASSERT_FALSE(read_header(kSampleHeader, short_reader).ok());
    }
  }
}

TEST(HeaderTable, RefusesValuesOutOfRangeBothWays) {
  const SampleHeader good = {1, 0, 0.5, 0, 0};
  SampleHeader bad[] = {good, good, good, good, good};
  bad[0].points = 0;
  bad[1].points = (1u << 20) + 1;
  bad[2].first_column = -4097;
  bad[3].tick_m = 1.5;
  bad[4].tick_m = std::numeric_limits<double>::quiet_NaN();
  for (const SampleHeader& header : bad) {
    ByteWriter refused;
    const Status status = write_header(kSampleHeader, header, refused);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, Code::invalid_argument);
    ByteWriter forged;
    forged.varint(header.points), forged.signed_varint(header.first_column), forged.f64(header.tick_m), forged.varint(0), forged.varint(0);
    ByteReader reader(forged.bytes(), 100);
    const Result<SampleHeader> back = read_header(kSampleHeader, reader);
    ASSERT_FALSE(back.ok());
    EXPECT_EQ(back.error().code, Code::corrupt);
    EXPECT_GE(back.error().offset, 100u);
    EXPECT_NE(back.error().message.find("must be"), std::string::npos);
  }
}

TEST(HeaderTable, SamplesReachBothEndsOfEveryRange) {
  std::mt19937_64 random(9);
  bool least[3] = {}, most[3] = {};
  for (int i = 0; i < 1000; ++i) {
    const SampleHeader header = sample_header(kSampleHeader, random);
    least[0] |= header.points == 1, most[0] |= header.points == 1u << 20;
    least[1] |= header.first_column == -4096, most[1] |= header.first_column == 4096;
    least[2] |= header.tick_m == 1e-6, most[2] |= header.tick_m == 1.0;
  }
  for (int field = 0; field < 3; ++field) EXPECT_TRUE(least[field] && most[field]) << field;
}

TEST(HeaderTable, ListsAndDocumentsEveryField) {
  const auto list = list_header(kSampleHeader, SampleHeader{7, -3, 0.004, 0, 0});
  ASSERT_EQ(list.size(), 5u);
  EXPECT_STREQ(list[2].name, "tick_m");
  EXPECT_EQ(header_value_text(list[2].value), "0.004");
  EXPECT_EQ(header_value_text(list[1].value), "-3");
  EXPECT_NE(header_table_markdown(kSampleHeader).find("| tick_m | f64 | 1e-06 | 1 | range tick in m |\n"), std::string::npos);
}

}  // namespace
}  // namespace dew
