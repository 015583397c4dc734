// SPDX-License-Identifier: Apache-2.0
#include "entropy/range_coder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "coder_testing.h"
#include "entropy/coder.h"

namespace dew {
namespace {

/// One random symbol of any kind; the same calls whatever the coder does.
struct Event {
  uint32_t kind, start, size, total_bits, p1;
  uint64_t value;
};

std::vector<Event> random_events(uint64_t seed, size_t count) {
  TestRandom random(seed);
  std::vector<Event> events(count);
  for (Event& e : events) {
    e.kind = random.below(3);
    e.total_bits = 1 + random.below(32);
    const uint64_t total = uint64_t{1} << e.total_bits;
    // Sharp and flat intervals, and both ends of the range.
    const uint64_t size = 1 + (random.next() % total >> random.below(e.total_bits));
    const uint64_t start = random.below(4) == 0 ? (random.bit(32768) ? 0 : total - size) : random.next() % (total - size + 1);
    e.start = static_cast<uint32_t>(start);
    e.size = static_cast<uint32_t>(size < total ? size : total - 1);
    const uint32_t edge = random.below(3);
    e.p1 = edge == 0 ? 1 : edge == 1 ? 65535 : 1 + random.below(65535);
    const unsigned bits = random.below(65);
    e.value = e.kind == 0 ? (random.bit(e.p1) ? 1 : 0) : bits == 64 ? random.next() : random.next() & ((uint64_t{1} << bits) - 1);
    if (e.kind == 2) e.total_bits = bits;
  }
  return events;
}

template <class Coder>
void encode_events(Coder& coder, const std::vector<Event>& events) {
  for (const Event& e : events) {
    if (e.kind == 0) coder.code_bit(e.value != 0, e.p1);
    if (e.kind == 1) coder.encode_interval(e.start, e.size, e.total_bits);
    if (e.kind == 2) coder.code_raw(e.value, e.total_bits);
  }
}

void expect_events(ByteSpan coded, const std::vector<Event>& events) {
  RangeDecoder decoder(coded);
  for (size_t i = 0; i < events.size(); ++i) {
    const Event& e = events[i];
    if (e.kind == 0) {
      ASSERT_EQ(decoder.code_bit(false, e.p1), e.value != 0) << "event " << i;
    } else if (e.kind == 1) {
      const uint32_t target = decoder.decode_target(e.total_bits);
      ASSERT_GE(target, e.start) << "event " << i;
      ASSERT_LT(target - e.start, e.size) << "event " << i;
      decoder.consume(e.start, e.size);
    } else {
      ASSERT_EQ(decoder.code_raw(0, e.total_bits), e.value) << "event " << i;
    }
  }
  EXPECT_FALSE(decoder.overrun());
  EXPECT_TRUE(decoder.at_end());
}

TEST(RangeCoder, GivesBackRandomEventsOfEveryLength) {
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    const std::vector<Event> events = random_events(seed, seed % 40);
    RangeEncoder encoder;
    encode_events(encoder, events);
    const Bytes coded = encoder.finish();
    expect_events(coded, events);
    if (HasFatalFailure()) FAIL() << "seed " << seed;
  }
}

TEST(RangeCoder, CarriesRunThroughLongRunsOfOnes) {
  // Always the topmost interval: low creeps up to all ones, and a last event may carry through the whole file.
  for (uint32_t length = 1; length < 400; ++length) {
    RangeEncoder encoder;
    std::vector<Event> events;
    for (uint32_t i = 0; i < length; ++i) events.push_back({1, (1u << 24) - 1, 1, 24, 0, 0});
    events.push_back({1, 1u << 23, 1u << 23, 24, 0, 0});
    for (int i = 0; i < 5; ++i) events.push_back({2, 0, 0, 16, 0, 0xffff});
    encode_events(encoder, events);
    expect_events(encoder.finish(), events);
    if (HasFatalFailure()) FAIL() << "length " << length;
  }
}

TEST(RangeCoder, WritesWhatTheCostMeterSays) {
  for (uint64_t seed = 1; seed < 6; ++seed) {
    const std::vector<Event> events = random_events(seed, 50000);
    RangeEncoder encoder;
    CostMeter meter;
    encode_events(encoder, events);
    encode_events(meter, events);
    const double coded_bits = 8.0 * static_cast<double>(encoder.finish().size());
    EXPECT_LT(coded_bits, meter.bits() * 1.00001 + 16) << "seed " << seed;
    EXPECT_GT(coded_bits, meter.bits() * 0.99999 - 8) << "seed " << seed;
  }
}

TEST(RangeCoder, SharpProbabilitiesCostWhatTheyShould) {
  // 1,000,000 certain bits at 65535/65536 are 22 bits of information.
  RangeEncoder encoder;
  for (int i = 0; i < 1000000; ++i) encoder.code_bit(true, 65535);
  EXPECT_LE(encoder.finish().size(), 4u);
}

TEST(RangeCoder, EmptyStreamIsEmpty) {
  RangeEncoder encoder;
  EXPECT_TRUE(encoder.finish().empty());
  RangeDecoder decoder(ByteSpan{});
  EXPECT_TRUE(decoder.at_end());
}

TEST(RangeCoder, EncoderIsAsNewAfterFinish) {
  RangeEncoder encoder;
  encoder.code_raw(12345, 20);
  const Bytes first = encoder.finish();
  encoder.code_raw(12345, 20);
  EXPECT_EQ(encoder.finish(), first);
}

TEST(RangeCoder, DecodesAnyBytesWithoutReadingOutside) {
  // Exact-size buffers, so that a sanitizer sees one byte too far.
  for (uint64_t seed = 0; seed < 300; ++seed) {
    TestRandom random(seed);
    Bytes bytes(random.below(30));
    for (std::byte& byte : bytes) byte = seed % 3 == 0 ? std::byte{0xff} : static_cast<std::byte>(random.next());
    RangeDecoder decoder(bytes);
    for (const Event& e : random_events(seed + 1000, 200)) {
      if (e.kind == 0) decoder.code_bit(false, e.p1);
      if (e.kind == 1) {
        const uint64_t target = decoder.decode_target(e.total_bits);
        ASSERT_LT(target, uint64_t{1} << e.total_bits);
        decoder.consume(static_cast<uint32_t>(target), 1);
      }
      if (e.kind == 2 && e.total_bits < 64) {
        ASSERT_EQ(decoder.code_raw(0, e.total_bits) >> e.total_bits, 0u);
      }
    }
    EXPECT_TRUE(decoder.overrun()) << "seed " << seed;
  }
}

TEST(RangeCoder, NoticesTruncationByMoreThanTheEncoderLeavesOut) {
  const std::vector<Event> events = random_events(7, 2000);
  RangeEncoder encoder;
  encode_events(encoder, events);
  const Bytes coded = encoder.finish();
  // Raw bits read the same number of bytes whatever they hold.
  RangeEncoder raw;
  for (int i = 0; i < 100; ++i) raw.code_raw(0x5555, 16);
  const Bytes raw_coded = raw.finish();
  for (size_t cut = 4; cut <= raw_coded.size(); ++cut) {
    const Bytes part(raw_coded.begin(), raw_coded.end() - static_cast<ptrdiff_t>(cut));
    RangeDecoder decoder(part);
    for (int i = 0; i < 100; ++i) decoder.code_raw(0, 16);
    EXPECT_TRUE(decoder.overrun()) << cut;
  }
  Bytes longer = raw_coded;
  longer.resize(longer.size() + 4, std::byte{1});
  RangeDecoder decoder(longer);
  for (int i = 0; i < 100; ++i) decoder.code_raw(0, 16);
  EXPECT_FALSE(decoder.at_end());
}

TEST(CostMeter, IsMinusLog2) {
  for (unsigned bits = 1; bits <= 32; ++bits) {
    TestRandom random(bits);
    for (int i = 0; i < 2000; ++i) {
      const uint64_t total = uint64_t{1} << bits;
      uint64_t size = 1 + (random.next() % total >> random.below(bits));
      if (size == total && bits == 32) --size;
      const double expected = static_cast<double>(bits) - std::log2(static_cast<double>(size));
      const double got = static_cast<double>(code_length(static_cast<uint32_t>(size), bits)) / static_cast<double>(kCostOfOneBit);
      ASSERT_NEAR(got, expected, 4e-6) << size << " of 2^" << bits;
    }
  }
}

/// A staircase with steep and flat parts.
struct StairCdf {
  static constexpr unsigned kBits = 24;
  std::vector<uint32_t> starts;
  int64_t lo;
  uint32_t operator()(int64_t x) const { return starts[static_cast<size_t>(x - lo)]; }
};

StairCdf random_stair(TestRandom& random, int64_t lo, int64_t hi) {
  const size_t count = static_cast<size_t>(hi - lo + 1);
  std::vector<uint64_t> weights(count);
  uint64_t sum = 0;
  for (uint64_t& weight : weights) sum += (weight = uint64_t{1} << random.below(30));
  StairCdf cdf{{}, lo};
  uint64_t so_far = 0;
  for (size_t i = 0; i < count; ++i) {
    cdf.starts.push_back(static_cast<uint32_t>(
        i + static_cast<uint64_t>(static_cast<double>(so_far) / static_cast<double>(sum) * ((1 << 24) - static_cast<double>(count)))));
    so_far += weights[i];
  }
  return cdf;
}

TEST(CodeByCdf, FindsEverySymbolOfASteepStair) {
  TestRandom random(3);
  for (int round = 0; round < 60; ++round) {
    const int64_t lo = random.between(-1000, 1000);
    const int64_t hi = lo + random.below(round < 20 ? 3 : 600);
    const StairCdf cdf = random_stair(random, lo, hi);
    RangeEncoder encoder;
    for (int64_t x = lo; x <= hi; ++x) EXPECT_EQ(code_by_cdf(encoder, cdf, x, lo, hi), x);
    const Bytes coded = encoder.finish();
    RangeDecoder decoder(coded);
    for (int64_t x = lo; x <= hi; ++x) ASSERT_EQ(code_by_cdf(decoder, cdf, 0, lo, hi), x);
    EXPECT_TRUE(decoder.at_end());
  }
}

}  // namespace
}  // namespace dew
