// SPDX-License-Identifier: Apache-2.0
// Chunks of splats without loss: every bit of every property and the order; hostile bytes are refused or decode to something.
#include "gaussians/coding/lossless_splats.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>

#include "entropy/checksum.h"
#include "entropy/pool.h"

namespace dew {
namespace {

/// Numbers from integers alone, the same on every machine.
class Source {
 public:
  explicit Source(uint32_t seed) : state_(seed * 2654435761u + 12345u) {}
  uint32_t next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state_ >> 32);
  }
  uint32_t below(uint32_t limit) { return static_cast<uint32_t>((uint64_t{next()} * limit) >> 32); }
  /// Bell-shaped about 0, within +-2.
  float bell() {
    int32_t sum = 0;
    for (int i = 0; i < 4; ++i) sum += static_cast<int32_t>(next() >> 8) - (1 << 23);
    return static_cast<float>(sum) * 0x1p-24f;
  }

 private:
  uint64_t state_;
};

void set_bits(std::vector<float>& array, size_t i, uint32_t bits) { std::memcpy(&array[i], &bits, 4); }

std::vector<std::vector<float>*> arrays_of(Splats& splats) {
  return {&splats.position, &splats.log_scale, &splats.rotation, &splats.opacity_logit, &splats.dc, &splats.sh};
}

enum class Kind { smooth, wild, bits, lattice, repeats, constant };

void fill_array(std::vector<float>& array, Kind kind, Source& source) {
  constexpr uint32_t kSpecial[] = {0, 0x80000000, 1, 0x807fffff, 0x00800000, 0x7f7fffff, 0xff800000, 0x7fc00000, 0x7f800001, 0xffffffff};
  for (size_t i = 0; i < array.size(); ++i) {
    switch (kind) {
      case Kind::smooth: array[i] = source.bell(); break;
      case Kind::wild:
        set_bits(array, i, source.below(5) == 0 ? kSpecial[source.below(10)] : std::bit_cast<uint32_t>(source.bell()));
        break;
      case Kind::bits: set_bits(array, i, source.next()); break;
      case Kind::lattice: array[i] = static_cast<float>(source.below(256)) / 128 - 1; break;
      case Kind::repeats: array[i] = source.below(3) == 0 ? -1.7724539f : source.bell(); break;
      case Kind::constant: set_bits(array, i, 0x7fc12345); break;
    }
  }
}

ExtraProperty make_extra(PropertyType type, size_t count, bool small, Source& source) {
  ExtraProperty extra{"extra", type, Bytes(count * property_type_size(type))};
  for (std::byte& byte : extra.data) byte = static_cast<std::byte>(source.next() >> 11);
  if (!small) return extra;
  for (size_t i = 0; i < count; ++i) {
    std::byte* at = extra.data.data() + i * property_type_size(type);
    const int32_t number = static_cast<int32_t>(source.below(100));
    const double real = number;
    const float single = static_cast<float>(number);
    if (type == PropertyType::f64) {
      std::memcpy(at, &real, 8);
    } else if (type == PropertyType::f32) {
      std::memcpy(at, &single, 4);
    } else {
      std::memcpy(at, &number, property_type_size(type));
    }
  }
  return extra;
}

Splats make_scene(uint32_t seed, uint32_t degree, size_t count, Kind kind, bool with_extras) {
  Source source(seed);
  Splats splats;
  splats.sh_degree = degree;
  splats.resize(count);
  for (std::vector<float>* array : arrays_of(splats)) fill_array(*array, kind, source);
  // Some splats are others again.
  for (size_t i = 1; i < count; ++i) {
    if (source.below(8) != 0) continue;
    const size_t from = source.below(static_cast<uint32_t>(i));
    for (std::vector<float>* array : arrays_of(splats)) {
      const size_t stride = array->size() / count;
      if (stride > 0) std::memcpy(&(*array)[i * stride], &(*array)[from * stride], 4 * stride);
    }
  }
  for (uint8_t type = 0; with_extras && type < 8; ++type) {
    splats.extra.push_back(make_extra(static_cast<PropertyType>(type), count, false, source));
    splats.extra.push_back(make_extra(static_cast<PropertyType>(type), count, true, source));
  }
  return splats;
}

/// What a decoder knows before it starts.
Splats shape_of(const Splats& splats) {
  Splats shape;
  shape.sh_degree = splats.sh_degree;
  shape.resize(splats.count());
  for (const ExtraProperty& extra : splats.extra) shape.extra.push_back({extra.name, extra.type, Bytes(extra.data.size())});
  return shape;
}

bool same_bits(Splats a, Splats b) {
  const auto left = arrays_of(a), right = arrays_of(b);
  for (size_t k = 0; k < left.size(); ++k) {
    if (left[k]->size() != right[k]->size()) return false;
    if (!left[k]->empty() && std::memcmp(left[k]->data(), right[k]->data(), 4 * left[k]->size()) != 0) return false;
  }
  return a.extra == b.extra;
}

Status decode_all(ByteSpan coded, Splats& into) {
  Budget budget{DecodeLimits{}};
  return decode_lossless_chunk(coded, into, 0, into.count(), budget);
}

Bytes encode_all(const Splats& splats) {
  Result<Bytes> coded = encode_lossless_chunk(splats, 0, splats.count());
  EXPECT_TRUE(coded.ok());
  return coded.ok() ? *std::move(coded) : Bytes{};
}

TEST(LosslessSplats, EveryBitComesBack) {
  uint32_t seed = 0;
  for (const Kind kind : {Kind::smooth, Kind::wild, Kind::bits, Kind::lattice, Kind::repeats, Kind::constant}) {
    for (const size_t count : {0u, 1u, 2u, 3u, 63u, 64u, 65u, 130u, 700u}) {
      ++seed;
      const Splats splats = make_scene(seed, seed % 4, count, kind, seed % 3 == 0);
      const Bytes coded = encode_all(splats);
      Splats back = shape_of(splats);
      const Status status = decode_all(coded, back);
      ASSERT_TRUE(status.ok()) << status.error().message << ", seed " << seed;
      ASSERT_TRUE(same_bits(splats, back)) << "seed " << seed << ", " << count << " splats";
    }
  }
}

TEST(LosslessSplats, LargerScenesOfEachDegreeComeBack) {
  for (uint32_t degree = 0; degree <= 3; ++degree) {
    const Splats splats = make_scene(100 + degree, degree, 6000, degree % 2 == 0 ? Kind::repeats : Kind::wild, degree == 3);
    Splats back = shape_of(splats);
    ASSERT_TRUE(decode_all(encode_all(splats), back).ok());
    EXPECT_TRUE(same_bits(splats, back)) << "degree " << degree;
  }
}

TEST(LosslessSplats, PositionsFarOutAndAtOnePlaceComeBack) {
  Splats splats = make_scene(5, 1, 900, Kind::smooth, false);
  for (size_t i = 0; i < 900; ++i) {
    if (i % 300 == 7) splats.position[3 * i] = 1e30f;
    if (i % 5 == 0) std::memcpy(&splats.position[3 * i], &splats.position[0], 12);
    if (i % 7 == 0) splats.position[3 * i + 1] = -0.0f;
    if (i % 450 == 9) set_bits(splats.position, 3 * i + 2, 0x7fc00001);
  }
  Splats back = shape_of(splats);
  ASSERT_TRUE(decode_all(encode_all(splats), back).ok());
  EXPECT_TRUE(same_bits(splats, back));
}

TEST(LosslessSplats, EveryPrefixIsRefused) {
  const Splats splats = make_scene(11, 1, 40, Kind::wild, true);
  const Bytes coded = encode_all(splats);
  for (size_t size = 0; size < coded.size(); ++size) {
    // In a buffer of its own, so that a read beyond it shows.
    const Bytes prefix(coded.begin(), coded.begin() + static_cast<ptrdiff_t>(size));
    Splats back = shape_of(splats);
    EXPECT_FALSE(decode_all(prefix, back).ok()) << size << " of " << coded.size() << " bytes";
  }
}

// The coder looks up to two bytes ahead: fewer than three more may go unseen.
TEST(LosslessSplats, MoreBytesThanNeededAreRefused) {
  for (const size_t count : {0u, 1u, 50u}) {
    const Splats splats = make_scene(12, 2, count, Kind::smooth, false);
    Bytes coded = encode_all(splats);
    coded.resize(coded.size() + 3);
    Splats back = shape_of(splats);
    EXPECT_FALSE(decode_all(coded, back).ok()) << count;
  }
}

TEST(LosslessSplats, DamageGivesAnErrorOrSplats) {
  for (const Kind kind : {Kind::wild, Kind::lattice, Kind::repeats}) {
    const Splats splats = make_scene(13, 1, 60, kind, true);
    const Bytes coded = encode_all(splats);
    Source source(14);
    for (int round = 0; round < 1500; ++round) {
      Bytes damaged = coded;
      const uint32_t hits = 1 + source.below(3);
      // Half of them in the facts at the head, where they hurt most.
      const uint32_t reach = static_cast<uint32_t>(round % 2 == 0 ? coded.size() : std::min<size_t>(coded.size(), 400));
      for (uint32_t i = 0; i < hits; ++i) damaged[source.below(reach)] ^= static_cast<std::byte>(1 + source.below(255));
      Splats back = shape_of(splats);
      if (decode_all(damaged, back).ok()) {
        EXPECT_EQ(back.count(), splats.count());
      }
    }
  }
}

TEST(LosslessSplats, NoiseGivesAnErrorOrSplats) {
  Source source(15);
  for (int round = 0; round < 400; ++round) {
    Bytes noise(source.below(600));
    for (std::byte& byte : noise) byte = static_cast<std::byte>(source.next() >> (round % 3 == 0 ? 24 : 29));
    Splats back = shape_of(make_scene(1, round % 2 == 0 ? 0 : 3, 80, Kind::constant, round % 4 == 1));
    (void)decode_all(noise, back);
  }
}

TEST(LosslessSplats, BudgetIsKept) {
  const Splats splats = make_scene(16, 3, 500, Kind::smooth, false);
  const Bytes coded = encode_all(splats);
  Splats back = shape_of(splats);
  DecodeLimits limits;
  limits.memory_bytes = 100000;
  Budget little_memory(limits);
  const Status memory = decode_lossless_chunk(coded, back, 0, 500, little_memory);
  ASSERT_FALSE(memory.ok());
  EXPECT_EQ(memory.error().code, Code::out_of_memory);
  limits = {};
  limits.work_units = 1000;
  Budget little_work(limits);
  const Status work = decode_lossless_chunk(coded, back, 0, 500, little_work);
  ASSERT_FALSE(work.ok());
  EXPECT_EQ(work.error().code, Code::limit_exceeded);
}

TEST(LosslessSplats, ImpossibleRequestsAreRefused) {
  Splats splats = make_scene(17, 0, 10, Kind::smooth, false);
  EXPECT_FALSE(encode_lossless_chunk(splats, 5, 6).ok());
  EXPECT_FALSE(encode_lossless_chunk(splats, 11, 0).ok());
  splats.dc.pop_back();
  EXPECT_FALSE(encode_lossless_chunk(splats, 0, 10).ok());
}

TEST(LosslessSplats, ChunksStandAloneAndThreadsDoNotMatter) {
  const Splats splats = make_scene(18, 2, 1000, Kind::repeats, true);
  constexpr size_t kChunk = 270, kChunks = 4;
  const auto range = [&](size_t i) { return std::min(kChunk, 1000 - i * kChunk); };
  std::vector<Bytes> one(kChunks), many(kChunks);
  for (size_t i = 0; i < kChunks; ++i) one[i] = *encode_lossless_chunk(splats, i * kChunk, range(i));
  parallel_for(kChunks, 4, [&](size_t i) { many[i] = *encode_lossless_chunk(splats, i * kChunk, range(i)); });
  EXPECT_EQ(one, many);
  // Backwards, into the places of their own.
  Splats back = shape_of(splats);
  for (size_t i = kChunks; i-- > 0;) {
    Budget budget{DecodeLimits{}};
    ASSERT_TRUE(decode_lossless_chunk(many[i], back, i * kChunk, range(i), budget).ok());
  }
  EXPECT_TRUE(same_bits(splats, back));
}

TEST(LosslessSplats, ConstantColumnsCostAByteEach) {
  const Splats plain = make_scene(19, 0, 400, Kind::smooth, false);
  Splats padded = plain;
  padded.sh_degree = 3;
  padded.sh.assign(400 * padded.sh_stride(), 0.0f);
  padded.extra.push_back({"nx", PropertyType::f32, Bytes(1600)});
  EXPECT_LE(encode_all(padded).size(), encode_all(plain).size() + 46);
}

TEST(LosslessSplats, ValuesThatWereEightBitsCostEightBits) {
  constexpr size_t kCount = 8192;
  Splats splats = make_scene(20, 0, kCount, Kind::constant, false);
  const size_t without = encode_all(splats).size();
  Source source(21);
  for (float& value : splats.dc) {
    // A table of numbers on no lattice, as logarithms of bytes are.
    const float byte = static_cast<float>(source.below(256));
    value = 1 / (byte + 0.7f);
  }
  // 8 bits a value and 32 bits for each of the table.
  EXPECT_LT(encode_all(splats).size() - without, 3 * (kCount * 1.02 + 256 * 5));
}

TEST(LosslessSplats, RepeatedSplatsCostLittle) {
  Splats splats = make_scene(22, 3, 2000, Kind::smooth, false);
  const size_t once = encode_all(splats).size();
  Splats twice = select(splats, [] {
    std::vector<uint32_t> order;
    for (uint32_t i = 0; i < 4000; ++i) order.push_back(i / 2);
    return order;
  }());
  EXPECT_LT(encode_all(twice).size(), once * 11 / 10);
}

TEST(LosslessSplats, SplatsThatRepeatOnesFarAwayCostTheirPlaceAndOneValue) {
  const Splats splats = make_scene(24, 3, 2000, Kind::smooth, false);
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < 2300; ++i) order.push_back(i < 2000 ? i : i - 2000);
  Splats more = select(splats, order);
  Source source(25);
  for (size_t i = 3 * 2000; i < 3 * 2300; ++i) more.position[i] = source.bell();
  EXPECT_LT(encode_all(more).size(), encode_all(splats).size() + 300 * 20);
  Splats back = shape_of(more);
  ASSERT_TRUE(decode_all(encode_all(more), back).ok());
  EXPECT_TRUE(same_bits(more, back));
}

TEST(LosslessSplats, TheBytesAreTheSameOnEveryMachine) {
  Splats splats = make_scene(23, 3, 1500, Kind::repeats, true);
  const Bytes coded = encode_all(splats);
  EXPECT_EQ(coded.size(), 262279u);
  EXPECT_EQ(checksum(coded), 17765288251036793497u);
}

}  // namespace
}  // namespace dew
