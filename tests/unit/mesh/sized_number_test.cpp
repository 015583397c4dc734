// SPDX-License-Identifier: Apache-2.0
#include "mesh/coding/sized_number.h"

#include <gtest/gtest.h>

#include <random>

#include "entropy/range_coder.h"
#include "tests/golden/plain_mesh_numbers.h"

namespace dew {
namespace {

struct Asked {
  int64_t number;
  SizeHints hints;
};

/// Numbers of every size under hints that mostly say something of it.
std::vector<Asked> asked_numbers(uint32_t seed, size_t count) {
  std::mt19937 random(seed);
  std::vector<Asked> out;
  for (size_t i = 0; i < count; ++i) {
    const unsigned bits = i % 97 == 0 ? 59 : static_cast<unsigned>(random() % (i % 13 == 0 ? 30 : 6));
    const int64_t size = static_cast<int64_t>((uint64_t{random()} << 32 | random()) & ((uint64_t{1} << bits) - 1));
    const double around = i % 29 == 0 ? static_cast<double>(random()) : 0.25 * static_cast<double>(random() % (8u << bits % 20));
    out.push_back({random() % 2 == 0 ? size : -size, {around, random() % 24, random() % 24, random() % 24, random() % 24, random() % 4}});
  }
  return out;
}

TEST(SizedNumber, ComesBackAndAPlainDecoderReadsTheSame) {
  for (uint32_t seed = 1; seed <= 4; ++seed) {
    const std::vector<Asked> asked = asked_numbers(seed, 5000);
    RangeEncoder encoder;
    SizedNumber writing;
    for (const Asked& a : asked) writing.code(encoder, a.number, a.hints);
    const Bytes coded = encoder.finish();
    RangeDecoder decoder(coded);
    SizedNumber reading;
    plain::Octets octets;
    for (const std::byte byte : coded) octets.push_back(static_cast<uint8_t>(byte));
    plain::RangeReader reader(octets);
    plain::Sized plainly(reader);
    for (size_t i = 0; i < asked.size(); ++i) {
      const SizeHints& h = asked[i].hints;
      ASSERT_EQ(reading.code(decoder, 0, h), asked[i].number) << i;
      ASSERT_EQ(plainly.number(h.around, h.around_bucket, h.spread, h.before, h.edge, h.many), asked[i].number) << i;
    }
    EXPECT_FALSE(decoder.overrun());
  }
}

TEST(SizedNumber, ANumberThatWasExpectedTakesFewBits) {
  // All of one size: what is left is the sign, and the bits below the top bit.
  RangeEncoder encoder;
  SizedNumber model;
  constexpr int kCount = 4000;
  for (int i = 0; i < kCount; ++i) model.code(encoder, i % 2 == 0 ? 9 : -9, {9, 13, 10, 0, 5, 1});
  EXPECT_LT(8.0 * static_cast<double>(encoder.size_bytes()), 3.4 * kCount);
}

TEST(SizedNumber, AnyBytesDecodeToNumbers) {
  std::mt19937 random(3);
  Bytes noise(20000);
  for (std::byte& byte : noise) byte = static_cast<std::byte>(random());
  RangeDecoder decoder(noise);
  SizedNumber model;
  for (const Asked& a : asked_numbers(9, 20000)) {
    const int64_t number = model.code(decoder, 0, a.hints);
    ASSERT_LE(std::abs(number), int64_t{1} << 61);
  }
}

TEST(SymbolOfEight, SharesFollowWhatComes) {
  std::mt19937 random(11);
  RangeEncoder encoder;
  SymbolOfEight model;
  std::vector<uint32_t> symbols;
  for (int i = 0; i < 20000; ++i) symbols.push_back(static_cast<uint32_t>(random() % 10 < 8 ? 2 : random() % SymbolOfEight::kSymbols));
  for (const uint32_t symbol : symbols) model.code(encoder, symbol);
  const Bytes coded = encoder.finish();
  // 0.825 of one symbol and 0.025 of each other: 1.160 bits.
  EXPECT_LT(8.0 * static_cast<double>(coded.size()) / 20000, 1.19);
  RangeDecoder decoder(coded);
  SymbolOfEight reading;
  for (const uint32_t symbol : symbols) ASSERT_EQ(reading.code(decoder, 0), symbol);
}

}  // namespace
}  // namespace dew
