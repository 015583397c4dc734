// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "pointcloud/stream/seal.h"

namespace dew {
namespace {

StreamKey key_of(uint8_t number) {
  StreamKey key;
  key.fill(std::byte{number});
  return key;
}
Bytes text(size_t size) { return Bytes(size, std::byte{'x'}); }

class StreamSeal : public testing::Test {
 protected:
  void SetUp() override {
    if (!can_seal()) GTEST_SKIP() << "built without libsodium";
  }
};

TEST_F(StreamSeal, OpensWhatWasSealedOnceAndOnlyUnderTheKey) {
  Sealer sealer = *Sealer::create(key_of(1), Direction::to_receiver, 1000, 7);
  Opener opener = *Opener::create(key_of(1), Direction::to_receiver);
  Opener other_key = *Opener::create(key_of(2), Direction::to_receiver);
  Opener other_direction = *Opener::create(key_of(1), Direction::to_sender);
  for (size_t size = 0; size < 50; ++size) {
    const Bytes sealed = sealer.seal(text(size));
    EXPECT_EQ(sealed.size(), size + kSealBytes);
    EXPECT_FALSE(other_key.open(sealed));
    EXPECT_FALSE(other_direction.open(sealed));
    EXPECT_EQ(opener.open(sealed), text(size));
    EXPECT_FALSE(opener.open(sealed));  // a second time
  }
}

TEST_F(StreamSeal, NoChangedByteIsBelieved) {
  Sealer sealer = *Sealer::create(key_of(1), Direction::to_receiver, 1000, 7);
  Opener opener = *Opener::create(key_of(1), Direction::to_receiver);
  const Bytes sealed = sealer.seal(text(40));
  for (size_t at = 0; at < sealed.size(); ++at) {
    Bytes changed = sealed;
    changed[at] ^= std::byte{1};
    EXPECT_FALSE(opener.open(changed)) << at;
    EXPECT_FALSE(opener.open(ByteSpan(sealed).first(at)));
  }
  EXPECT_TRUE(opener.open(sealed));  // and none of it did harm
}

TEST_F(StreamSeal, ReorderedOnesAreOpenedOnceWithinTheWindow) {
  Sealer sealer = *Sealer::create(key_of(1), Direction::to_receiver, 1000, 7);
  Opener opener = *Opener::create(key_of(1), Direction::to_receiver);
  std::vector<Bytes> sealed;
  for (int i = 0; i < 3000; ++i) sealed.push_back(sealer.seal(text(3)));
  std::mt19937 random(1);
  // Shuffled within 500: all are opened; once.
  for (size_t first = 0; first < sealed.size(); first += 500)
    std::shuffle(sealed.begin() + static_cast<ptrdiff_t>(first), sealed.begin() + static_cast<ptrdiff_t>(first + 500), random);
  for (const Bytes& datagram : sealed) EXPECT_TRUE(opener.open(datagram));
  for (const Bytes& datagram : sealed) EXPECT_FALSE(opener.open(datagram));
}

TEST_F(StreamSeal, AnOlderSessionNeverComesBack) {
  Sealer before = *Sealer::create(key_of(1), Direction::to_receiver, 1000, 7);
  Sealer after = *Sealer::create(key_of(1), Direction::to_receiver, 2000, 7);
  const Bytes recorded = before.seal(text(5));
  Opener opener = *Opener::create(key_of(1), Direction::to_receiver);
  EXPECT_TRUE(opener.open(before.seal(text(5))));
  EXPECT_TRUE(opener.open(after.seal(text(5))));
  EXPECT_FALSE(opener.open(recorded));
  EXPECT_FALSE(opener.open(before.seal(text(5))));
  Opener late = *Opener::create(key_of(1), Direction::to_receiver, 1500);
  EXPECT_FALSE(late.open(recorded));
}

TEST(StreamKeyFile, IsSixtyFourDigits) {
  EXPECT_TRUE(read_stream_key(as_bytes("000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F\n")).ok());
  EXPECT_FALSE(read_stream_key(as_bytes("0001")).ok());
  EXPECT_FALSE(read_stream_key(as_bytes("000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1Fff")).ok());
  EXPECT_FALSE(read_stream_key(as_bytes("zz0102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F")).ok());
}

}  // namespace
}  // namespace dew
