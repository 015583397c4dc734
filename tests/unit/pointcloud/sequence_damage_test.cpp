// SPDX-License-Identifier: Apache-2.0
// Files of many frames that are cut, damaged or lie: an answer each time, and salvage gives what nothing lost refers to.
#include <gtest/gtest.h>

#include <algorithm>

#include "pointcloud/coding/sequence_chunks.h"
#include "tests/support/sequences.h"

namespace dew::test {
namespace {

struct Example {
  std::vector<SequenceFrame> frames;
  Bytes file;
};

/// Seven frames of three slices, intra frames 0, 3 and 6 at least.
const Example& example() {
  static const Example made = [] {
    Random random(11);
    Example example;
    example.frames = scan_sequence(random, 7, 60);
    SequenceOptions options;
    options.frame = lossless(Effort::fast);
    options.frame.slice_count = 3;
    options.intra_every = 3;
    example.file = *encoded_sequence(example.frames, options);
    return example;
  }();
  return made;
}

/// Frames that salvage gives to the bit.
std::vector<size_t> salvaged(ByteSpan file) {
  Result<SequenceDecoder> decoder = SequenceDecoder::open(file, {.salvage = true}, {});
  std::vector<size_t> whole;
  for (size_t i = 0; decoder.ok() && i < decoder->frames(); ++i) {
    const Result<SequenceFrame> frame = decoder->decode(i);
    if (frame.ok() && same_content(frame->content, example().frames[i].content)) whole.push_back(i);
  }
  return whole;
}

Bytes with_damage(size_t offset) {
  Bytes file = example().file;
  file[offset] ^= std::byte{0x55};
  return file;
}

TEST(SequenceDamage, EveryPrefixIsRefused) {
  const Bytes& file = example().file;
  for (size_t size = 0; size < file.size(); size += 1 + size / 97) {
    const Bytes prefix(file.begin(), file.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_FALSE(SequenceDecoder::open(prefix, {}, {}).ok()) << size;
  }
}

TEST(SequenceDamage, SalvagedPrefixesGiveTheFramesThatAreThere) {
  const Bytes& file = example().file;
  const auto container = ContainerReader::open(file, {});
  size_t before = 0;
  for (const Chunk& chunk : container->chunks()) {
    const Bytes prefix(file.begin(), file.begin() + static_cast<ptrdiff_t>(chunk.file_offset + chunk.file_size));
    const size_t whole = salvaged(prefix).size();
    EXPECT_GE(whole, before);
    before = whole;
  }
  EXPECT_EQ(before, example().frames.size());
}

TEST(SequenceDamage, ALostPartCostsWhatRefersToItAndNoMore) {
  const auto container = ContainerReader::open(example().file, {});
  ASSERT_TRUE(container.ok());
  const std::vector<FrameFacts> facts = SequenceDecoder::open(example().file, {}, {})->facts();
  EXPECT_GE(std::count_if(facts.begin(), facts.end(), [](const FrameFacts& of) { return !of.intra; }), 2) << "nothing to lose";
  size_t frame = 0, looked_at = 0;
  bool first = true;
  for (const Chunk& chunk : container->chunks()) {
    if (chunk.type == kSequenceFrameChunk) frame = first ? 0 : frame + 1;
    if (chunk.type == kSequenceFrameChunk) first = false;
    if (chunk.type != kSequenceFrameChunk && chunk.type != kSequenceSliceChunk) continue;
    const Bytes damaged = with_damage(chunk.payload_offset + chunk.payload.size() / 2);
    EXPECT_FALSE(SequenceDecoder::open(damaged, {}, {}).ok());
    std::vector<size_t> wanted;
    bool lost = false;
    for (size_t i = 0; i < example().frames.size(); ++i) {
      lost = i == frame || (lost && !facts[i].intra);
      if (!lost) wanted.push_back(i);
    }
    EXPECT_EQ(salvaged(damaged), wanted) << "frame " << frame;
    Result<SequenceDecoder> decoder = SequenceDecoder::open(damaged, {.salvage = true}, {});
    ASSERT_TRUE(decoder.ok());
    for (size_t i = 0; i < decoder->frames(); ++i) (void)decoder->decode(i);
    EXPECT_FALSE(decoder->warnings().empty());
    ++looked_at;
  }
  EXPECT_EQ(looked_at, 28u);
}

TEST(SequenceDamage, NoByteIsTrusted) {
  for (size_t offset = 0; offset < example().file.size(); offset += 229) {
    const Bytes damaged = with_damage(offset);
    Result<SequenceDecoder> decoder = SequenceDecoder::open(damaged, {}, {});
    EXPECT_FALSE(decoder.ok()) << offset;
    salvaged(damaged);
  }
}

TEST(SequenceDamage, PayloadsThatLieAreAnswers) {
  const auto container = ContainerReader::open(example().file, {});
  Random random(12);
  size_t index = 0;
  for (const Chunk& chunk : container->chunks()) {
    for (int i = 0; i < 10; ++i) {
      Bytes payload(chunk.payload.begin(), chunk.payload.end());
      // Heads are looked at more closely than what is under a range coder.
      const size_t reach = std::min<size_t>(payload.size(), chunk.type == kSequenceSliceChunk ? payload.size() : 120);
      for (uint64_t n = 0; n <= below(random, 3); ++n) payload[below(random, reach)] = static_cast<std::byte>(random());
      if (below(random, 4) == 0) payload.resize(below(random, payload.size()));
      const Bytes file = with_payload(example().file, index, payload);
      for (const bool salvage : {false, true}) {
        Result<SequenceDecoder> decoder = SequenceDecoder::open(file, {.salvage = salvage}, {});
        for (size_t k = 0; decoder.ok() && k < decoder->frames() && k < 10; ++k) {
          const Result<SequenceFrame> frame = decoder->decode(k);
          if (frame.ok())
            EXPECT_TRUE(consistent_content(frame->content));
          else
            EXPECT_NE(frame.error().code, Code::internal);
        }
      }
    }
    ++index;
  }
}

TEST(SequenceDamage, LimitsHold) {
  DecodeLimits limits;
  limits.elements = 100;
  Result<SequenceDecoder> decoder = SequenceDecoder::open(example().file, {}, limits);
  ASSERT_TRUE(decoder.ok()) << "chunks alone are few";
  EXPECT_FALSE(decoder->decode(0).ok());
  limits = {};
  limits.memory_bytes = 3000;
  decoder = SequenceDecoder::open(example().file, {}, limits);
  EXPECT_TRUE(!decoder.ok() || !decoder->decode(0).ok());
}

}  // namespace
}  // namespace dew::test
