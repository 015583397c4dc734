// SPDX-License-Identifier: Apache-2.0
// Files of many frames as the format is, in tests/golden/v0/sequences: every build must decode them to the same frames. `make golden` (this
// program with DEW_GOLDEN_WRITE=1 too) writes them anew, and the seeds of sequence_decode_fuzz. Contents are crops of data/samples.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "entropy/sha256.h"
#include "pointcloud/coding/sequence_chunks.h"
#include "tests/support/sequences.h"

namespace dew::test {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(DEW_SOURCE_DIR) / "tests/golden/v0/sequences";
const std::filesystem::path kSeeds = std::filesystem::path(DEW_SOURCE_DIR) / "tests/fuzz/corpus/sequence_decode_fuzz";

struct Golden {
  std::string name;
  std::vector<SequenceFrame> frames;
  SequenceOptions options;
};

std::vector<Golden> goldens() {
  Random random(21);
  EncodeOptions lattice_fast;
  lattice_fast.effort = Effort::fast;
  const auto options = [](EncodeOptions frame, uint32_t every) {
    SequenceOptions of;
    of.frame = frame;
    of.frame.slice_count = 2;
    of.intra_every = every;
    return of;
  };
  return {{"scans_fast", scan_sequence(random, 4, 40), options(lossless(Effort::fast), 3)},
          {"scans", scan_sequence(random, 3, 50), options(lossless(), 50)},
          {"scans_5cm", scan_sequence(random, 3, 50), options(within(0.05), 50)},
          {"laser_sorted", laser_sorted_sequence(2), options(within(0.02), 50)},
          {"firing_order_fast", firing_order_sequence(2), options(lattice_fast, 50)},
          {"organised", organised_sequence(random, 2), options(lossless(), 50)},
          {"scans_max", scan_sequence(random, 3, 40), options(lossless(Effort::max), 50)}};
}

void write_bytes(const std::filesystem::path& path, ByteSpan bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(file.good()) << path;
}

/// As sequence_decode_fuzz takes it.
Bytes fuzz_seed(ByteSpan file) {
  const Result<ContainerReader> container = ContainerReader::open(file, {});
  ByteWriter seed;
  seed.u8(0);
  for (const Chunk& chunk : container->chunks()) {
    seed.u8(chunk.type == kNetworkChunk ? 4 : static_cast<uint8_t>(chunk.type - kSequenceChunk));
    for (int shift = 0; shift < 24; shift += 8) seed.u8(static_cast<uint8_t>(chunk.payload.size() >> shift));
    seed.bytes(chunk.payload);
  }
  return seed.take();
}

/// Of the decoded frames, one after the other; empty where one cannot be decoded.
std::string hash_of(ByteSpan file, uint32_t threads) {
  Result<SequenceDecoder> decoder = SequenceDecoder::open(file, {.threads = threads}, {});
  if (!decoder.ok()) return decoder.error().message;
  Sha256 hash;
  for (uint64_t i = 0; i < decoder->frames(); ++i) {
    const Result<SequenceFrame> frame = decoder->decode(i);
    if (!frame.ok()) return frame.error().message;
    hash.update(content_hash(frame->content));
  }
  if (const Status status = decoder->check_content(); !status.ok()) return status.error().message;
  return to_hex(hash.finish());
}

void write_goldens() {
  std::filesystem::create_directories(kGolden);
  std::filesystem::create_directories(kSeeds);
  std::ofstream list(kGolden / "list.txt");
  for (const Golden& golden : goldens()) {
    const Result<Bytes> file = encoded_sequence(golden.frames, golden.options);
    ASSERT_TRUE(file.ok()) << golden.name;
    write_bytes(kGolden / (golden.name + ".dew"), *file);
    write_bytes(kSeeds / golden.name, fuzz_seed(*file));
    list << golden.name << ' ' << hash_of(*file, 1) << '\n';
  }
}

class SequenceGolden : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (std::getenv("DEW_GOLDEN_WRITE") != nullptr) write_goldens();
  }
};

TEST_F(SequenceGolden, FilesDecodeToTheirFrames) {
  std::ifstream list(kGolden / "list.txt");
  size_t files = 0;
  for (std::string name, expected; list >> name >> expected; ++files) {
    const Bytes file = read_whole_file(kGolden / (name + ".dew"));
    for (const uint32_t threads : {1u, 3u}) EXPECT_EQ(hash_of(file, threads), expected) << name;
  }
  EXPECT_EQ(files, goldens().size());
}

TEST_F(SequenceGolden, LosslessFilesHoldTheSamples) {
  for (const Golden& golden : goldens()) {
    if (golden.options.frame.mode != Mode::lossless) continue;
    const Bytes file = read_whole_file(kGolden / (golden.name + ".dew"));
    Result<SequenceDecoder> decoder = SequenceDecoder::open(file, {}, {});
    ASSERT_TRUE(decoder.ok()) << golden.name;
    for (size_t i = 0; i < golden.frames.size(); ++i) {
      const Result<SequenceFrame> frame = decoder->decode(i);
      ASSERT_TRUE(frame.ok()) << golden.name << frame.error().message;
      EXPECT_TRUE(same_content(golden.frames[i].content, frame->content)) << golden.name << i;
    }
  }
}

}  // namespace
}  // namespace dew::test
