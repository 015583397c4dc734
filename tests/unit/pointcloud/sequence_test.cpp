// SPDX-License-Identifier: Apache-2.0
// Files of many frames: what goes in comes out, in any order, whole or in part, by any number of threads.
#include <gtest/gtest.h>

#include <numeric>

#include "pointcloud/coding/sequence_chunks.h"
#include "pointcloud/io/poses.h"
#include "tests/support/sequences.h"

namespace dew::test {
namespace {

SequenceOptions sequence_options(EncodeOptions frame, uint32_t intra_every = 50) {
  SequenceOptions options;
  options.frame = frame;
  options.intra_every = intra_every;
  return options;
}

Bytes made(const std::vector<SequenceFrame>& frames, const SequenceOptions& options) {
  const Result<Bytes> bytes = encoded_sequence(frames, options);
  EXPECT_TRUE(bytes.ok()) << (bytes.ok() ? "" : bytes.error().message);
  return bytes.ok() ? *bytes : Bytes{};
}

SequenceDecoder opened(ByteSpan file, SequenceDecodeOptions options = {}) {
  Result<SequenceDecoder> decoder = SequenceDecoder::open(file, options, {});
  if (!decoder.ok()) {
    ADD_FAILURE() << decoder.error().message;
    std::abort();
  }
  return *std::move(decoder);
}

void expect_frame(const SequenceFrame& wanted, const Result<SequenceFrame>& is) {
  ASSERT_TRUE(is.ok()) << is.error().message;
  EXPECT_TRUE(same_content(wanted.content, is->content)) << wanted.name;
  EXPECT_EQ(wanted.name, is->name);
  EXPECT_EQ(wanted.time_ns, is->time_ns);
  EXPECT_EQ(wanted.pose, is->pose);
}

struct Kind {
  const char* name;
  std::vector<SequenceFrame> frames;
};
std::vector<Kind> all_kinds() {
  Random random(3);
  return {{"scan", scan_sequence(random, 4)},         {"laser-sorted", laser_sorted_sequence(3)},
          {"firing order", firing_order_sequence(3)}, {"organised", organised_sequence(random, 3)},
          {"points", points_sequence(random, 3)},     {"mixed", mixed_sequence(random)}};
}

TEST(Sequence, GivesEveryFrameBackInEveryModeAndEffort) {
  for (const Kind& kind : all_kinds()) {
    for (const Effort effort : {Effort::fast, Effort::normal}) {
      SCOPED_TRACE(kind.name);
      const Bytes file = made(kind.frames, sequence_options(lossless(effort), 3));
      ASSERT_TRUE(is_sequence(file));
      SequenceDecoder decoder = opened(file);
      ASSERT_EQ(decoder.frames(), kind.frames.size());
      for (size_t i = 0; i < kind.frames.size(); ++i) expect_frame(kind.frames[i], decoder.decode(i));
      EXPECT_TRUE(decoder.check_content().ok());
      EXPECT_TRUE(decoder.warnings().empty());
    }
  }
}

TEST(Sequence, KeepsTheBoundInEveryFrame) {
  EncodeOptions lattice;
  for (const Kind& kind : all_kinds()) {
    for (const EncodeOptions& frame : {lattice, within(0.05)}) {
      SCOPED_TRACE(kind.name);
      const Bytes file = made(kind.frames, sequence_options(frame));
      SequenceDecoder decoder = opened(file);
      for (size_t i = 0; i < kind.frames.size(); ++i) {
        const Result<SequenceFrame> is = decoder.decode(i);
        ASSERT_TRUE(is.ok());
        const Result<ContentError> error = content_error(kind.frames[i].content, is->content);
        ASSERT_TRUE(error.ok());
        EXPECT_LE(error->max_error_m, frame.max_error_m);
        EXPECT_TRUE(error->other_fields_equal);
      }
    }
  }
}

TEST(Sequence, DecodesAnyFrameWithoutTheOthers) {
  Random random(5);
  const std::vector<SequenceFrame> frames = scan_sequence(random, 9, 60);
  const Bytes file = made(frames, sequence_options(lossless(Effort::fast), 4));
  for (size_t i = 0; i < frames.size(); ++i) expect_frame(frames[i], opened(file).decode(i));
  SequenceDecoder decoder = opened(file);
  for (const size_t i : {8, 1, 2, 0, 3, 7, 7, 4, 6, 5}) expect_frame(frames[i], decoder.decode(i));
  EXPECT_FALSE(decoder.decode(9).ok());
  EXPECT_TRUE(decoder.check_content().ok());
  EXPECT_FALSE(opened(file).check_content().ok()) << "none was decoded";
}

TEST(Sequence, HasAnIntraFrameAtLeastSoOften) {
  Random random(6);
  const std::vector<SequenceFrame> frames = scan_sequence(random, 11, 40);
  for (const uint32_t every : {1u, 2u, 3u, 5u}) {
    const Bytes file = made(frames, sequence_options(lossless(Effort::fast), every));
    const SequenceDecoder decoder = opened(file);
    uint32_t since = 0;
    for (const FrameFacts& facts : decoder.facts()) {
      since = facts.intra ? 0 : since + 1;
      EXPECT_LT(since, every);
    }
    EXPECT_TRUE(decoder.facts()[0].intra);
  }
}

TEST(Sequence, IsTheSameForAnyNumberOfThreads) {
  Random random(7);
  for (const std::vector<SequenceFrame>& frames : {mixed_sequence(random), scan_sequence(random, 4)}) {
    SequenceOptions one = sequence_options(lossless()), many = one;
    one.frame.slice_count = many.frame.slice_count = 3;
    many.frame.threads = 5;
    const Bytes file = made(frames, one);
    EXPECT_EQ(file, made(frames, many));
    SequenceDecoder decoder = opened(file, {.threads = 4});
    for (size_t i = 0; i < frames.size(); ++i) expect_frame(frames[i], decoder.decode(i));
  }
}

TEST(Sequence, DoesNotDependOnVerification) {
  Random random(8);
  const std::vector<SequenceFrame> frames = mixed_sequence(random);
  SequenceOptions options = sequence_options(lossless());
  options.frame.verify = false;
  const Bytes file = made(frames, options);
  SequenceDecoder decoder = opened(file);
  for (size_t i = 0; i < frames.size(); ++i) expect_frame(frames[i], decoder.decode(i));
}

TEST(Sequence, SaysWhatItsFramesAre) {
  Random random(9);
  const std::vector<SequenceFrame> frames = mixed_sequence(random);
  const Bytes file = made(frames, sequence_options(lossless(Effort::fast)));
  const Result<FileInfo> info = inspect(file, {});
  ASSERT_TRUE(info.ok());
  EXPECT_EQ(info->kind, "sequence");
  EXPECT_EQ(info->frames, frames.size());
  ASSERT_EQ(info->frame_facts.size(), frames.size());
  uint64_t points = 0, bytes = 0;
  for (size_t i = 0; i < frames.size(); ++i) {
    const FrameFacts& facts = info->frame_facts[i];
    EXPECT_EQ(facts.name, frames[i].name);
    EXPECT_EQ(facts.time_ns, frames[i].time_ns);
    EXPECT_EQ(facts.has_pose, frames[i].pose.has_value());
    points += facts.points;
    bytes += facts.bytes;
  }
  EXPECT_EQ(points, info->points);
  EXPECT_LT(bytes, file.size());
  EXPECT_EQ(std::accumulate(info->parts.begin(), info->parts.end(), uint64_t{0},
                            [](uint64_t sum, const PartBytes& part) { return sum + part.bytes; }),
            file.size());
  // As one frame of a file of many.
  DecodeOptions third;
  third.slice = 2;
  const Result<Decoded> decoded = decode(file, third, {});
  ASSERT_TRUE(decoded.ok());
  EXPECT_TRUE(same_content(frames[2].content, decoded->content));
  EXPECT_FALSE(decode(file, {}, {}).ok()) << "which frame?";
}

TEST(Sequence, OfNoFramesIsAFile) {
  const Bytes file = made({}, sequence_options(lossless()));
  SequenceDecoder decoder = opened(file);
  EXPECT_EQ(decoder.frames(), 0u);
  EXPECT_FALSE(decoder.decode(0).ok());
  EXPECT_TRUE(decoder.check_content().ok());
}

TEST(Sequence, RefusesWhatItCannotTake) {
  SequenceEncoder encoder(sequence_options(lossless()));
  EXPECT_FALSE(encoder.push({Capture{}, "", {}, {}}).ok());
  EXPECT_FALSE(encoder.push({Cloud{}, std::string(5000, 'x'), {}, {}}).ok());
  Random random(1);
  const std::vector<SequenceFrame> frames = scan_sequence(random, 1);
  EXPECT_TRUE(encoder.push(frames[0]).ok()) << "errors leave the encoder as it was";
  const Result<Encoded> encoded = encoder.finish();
  ASSERT_TRUE(encoded.ok());
  EXPECT_EQ(opened(encoded->bytes).frames(), 1u);
  EXPECT_FALSE(encoder.push(frames[0]).ok());
  EXPECT_FALSE(encoder.finish().ok());
  EXPECT_FALSE(SequenceEncoder(sequence_options(lossless(), 0)).push(frames[0]).ok());
}

TEST(Sequence, NamesComeBackWhateverTheyAre) {
  const std::vector<std::string> names = {"000001.bin", "000002.bin", "",     "x",  "000010.bin",
                                          "000011.bin", "\xff/../\0", "aaaa", "aa", "aaaaaa"};
  const Bytes bytes = write_sequence_names(names);
  const auto read = read_sequence_names(bytes, 0, names.size());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, names);
  EXPECT_FALSE(read_sequence_names(bytes, 0, names.size() - 1).ok());
}

TEST(Poses, OfBothKindsOfFilesAreRead) {
  const std::string text = "# a comment\n1 0 0 4 0 1 0 5.5 0 0 1 -6e-3\n\nup_lidar 1 2 3\n315966265259836000 0.5 0.5 0.5 0.5 1 2 3\n";
  const auto poses = read_poses(std::as_bytes(std::span(text)), {});
  ASSERT_TRUE(poses.ok()) << poses.error().message;
  ASSERT_EQ(poses->size(), 2u);
  EXPECT_EQ((*poses)[0].pose, (Pose{1, 0, 0, 4, 0, 1, 0, 5.5, 0, 0, 1, -6e-3}));
  EXPECT_EQ((*poses)[1].time_ns, 315966265259836000);
  EXPECT_EQ((*poses)[1].pose, (Pose{0, 0, 1, 1, 1, 0, 0, 2, 0, 1, 0, 3}));
  const std::string again = write_poses({(*poses)[0].pose});
  EXPECT_EQ((*read_poses(std::as_bytes(std::span(again)), {}))[0].pose, (*poses)[0].pose);
  for (const std::string wrong : {"1 2 3\n", "1 0 0 4 0 1 0 5 0 0 1 nan", "1 0 0 4 0 1 0 5 0 0 1 2 3", "5 0 0 0 0 1 2 3", "1 2 3x"})
    EXPECT_FALSE(read_poses(std::as_bytes(std::span(wrong)), {}).ok()) << wrong;
}

}  // namespace
}  // namespace dew::test
