// SPDX-License-Identifier: Apache-2.0
// Captures through the whole codec: the very file back in lossless mode, the bound otherwise, threads, damage.
#include <gtest/gtest.h>

#include "packets_test_captures.h"
#include "pointcloud/codec.h"
#include "pointcloud/io/read_cloud.h"

namespace dew {
namespace {

using test::all_layouts;
using test::CaptureRecipe;
using test::make_pcap;

Content capture_of(const Bytes& pcap) {
  const Result<Input> input = read_cloud(pcap, {}, {});
  EXPECT_TRUE(input.ok()) << input.error().message;
  return input->content;
}

Bytes encoded(const Content& content, Mode mode, double max_error_m = 0.0005, Effort effort = Effort::fast, uint32_t threads = 1) {
  EncodeOptions options;
  options.mode = mode;
  options.max_error_m = max_error_m;
  options.effort = effort;
  options.threads = threads;
  const Result<Encoded> result = encode(content, options);
  EXPECT_TRUE(result.ok()) << result.error().message;
  return result.ok() ? result->bytes : Bytes{};
}

TEST(CodecCapture, LosslessGivesTheVeryFileForEverySensor) {
  uint64_t seed = 100;
  for (const KnownLayout* known : all_layouts()) {
    CaptureRecipe recipe;
    recipe.seed = ++seed;
    recipe.vlan = seed % 2 == 0;
    const Bytes pcap = make_pcap(*known, recipe);
    const Effort effort = seed % 3 == 0 ? Effort::normal : Effort::fast;
    const Bytes file = encoded(capture_of(pcap), Mode::lossless, 0, effort);
    const Result<Decoded> decoded = decode(file, {}, {});
    ASSERT_TRUE(decoded.ok()) << known->sensor << ": " << decoded.error().message;
    EXPECT_EQ(*write_capture(std::get<Capture>(decoded->content)), pcap) << known->sensor;
    const Result<FileInfo> info = inspect(file, {});
    ASSERT_TRUE(info.ok());
    EXPECT_EQ(info->kind, "capture");
    EXPECT_EQ(info->frames, std::get<Capture>(decoded->content).frames.size());
    uint64_t sum = 0;
    for (const PartBytes& part : info->parts) sum += part.bytes;
    EXPECT_EQ(sum, file.size());
  }
}

TEST(CodecCapture, RangesStayWithinTheBoundAndAllElseIsExact) {
  for (const KnownLayout* known : all_layouts()) {
    const Content original = capture_of(make_pcap(*known, {}));
    const Bytes file = encoded(original, Mode::max_error, 0.05);
    const Result<Decoded> decoded = decode(file, {}, {});
    ASSERT_TRUE(decoded.ok()) << known->sensor << ": " << decoded.error().message;
    const Result<ContentError> error = content_error(original, decoded->content);
    ASSERT_TRUE(error.ok());
    EXPECT_LE(error->max_error_m, 0.05) << known->sensor;
    EXPECT_TRUE(error->other_fields_equal) << known->sensor;
  }
}

TEST(CodecCapture, ThreadsNeverChangeAByte) {
  const Content capture = capture_of(make_pcap(*all_layouts().front(), {.packets = 40}));
  EXPECT_EQ(encoded(capture, Mode::lossless, 0, Effort::normal, 1), encoded(capture, Mode::lossless, 0, Effort::normal, 5));
}

TEST(CodecCapture, EveryPrefixIsRefusedAndFlippedBytesAreFound) {
  const Bytes file = encoded(capture_of(make_pcap(*all_layouts().front(), {.packets = 4})), Mode::lossless);
  const size_t step = std::max<size_t>(1, file.size() / 400);
  for (size_t size = 0; size < file.size(); size += step) {
    EXPECT_FALSE(decode(ByteSpan(file).first(size), {}, {}).ok()) << size;
  }
  for (size_t at = 0; at < file.size(); at += step) {
    Bytes damaged = file;
    damaged[at] ^= std::byte{0x10};
    EXPECT_FALSE(decode(damaged, {}, {}).ok()) << at;
  }
}

TEST(CodecCapture, SalvageCostsTheDamagedFrameOnly) {
  const Content original = capture_of(make_pcap(*all_layouts().front(), {.packets = 60}));
  const size_t frames = std::get<Capture>(original).frames.size();
  ASSERT_GT(frames, 3u);
  Bytes file = encoded(original, Mode::lossless);
  file[file.size() / 2] ^= std::byte{1};
  EXPECT_FALSE(decode(file, {}, {}).ok());
  DecodeOptions options;
  options.salvage = true;
  const Result<Decoded> rest = decode(file, options, {});
  ASSERT_TRUE(rest.ok()) << rest.error().message;
  EXPECT_EQ(std::get<Capture>(rest->content).frames.size(), frames - 1);
  EXPECT_FALSE(rest->warnings.empty());
}

TEST(CodecCapture, OneFrameDecodesAlone) {
  const Content original = capture_of(make_pcap(*all_layouts().front(), {.packets = 60}));
  const std::vector<CaptureFrame>& frames = std::get<Capture>(original).frames;
  const Bytes file = encoded(original, Mode::lossless);
  for (uint32_t k = 0; k < frames.size(); ++k) {
    DecodeOptions options;
    options.slice = k;
    const Result<Decoded> one = decode(file, options, {});
    ASSERT_TRUE(one.ok()) << one.error().message;
    ASSERT_EQ(std::get<Capture>(one->content).frames.size(), 1u);
    EXPECT_EQ(std::get<Capture>(one->content).frames[0].planes, frames[k].planes);
  }
}

TEST(CodecCapture, SomeFramesDecodeAloneThoughOthersAreReferredTo) {
  const Content original = capture_of(make_pcap(*all_layouts().front(), {.packets = 90}));
  const std::vector<CaptureFrame>& frames = std::get<Capture>(original).frames;
  ASSERT_GT(frames.size(), 4u);
  EncodeOptions encode_options;
  encode_options.mode = Mode::lossless;
  encode_options.effort = Effort::fast;
  encode_options.intra_every = 3;
  const Result<Encoded> file = encode(original, encode_options);
  ASSERT_TRUE(file.ok());
  for (uint32_t first = 0; first < frames.size(); ++first) {
    for (uint32_t count = 1; count <= frames.size() + 1 - first; ++count) {
      DecodeOptions options;
      options.slice = first;
      options.frames = count;
      const Result<Decoded> some = decode(file->bytes, options, {});
      ASSERT_EQ(some.ok(), first + count <= frames.size()) << first << ' ' << count;
      if (!some.ok()) continue;
      const std::vector<CaptureFrame>& got = std::get<Capture>(some->content).frames;
      ASSERT_EQ(got.size(), count);
      for (uint32_t i = 0; i < count; ++i) EXPECT_EQ(got[i].planes, frames[first + i].planes) << first << ' ' << i;
    }
  }
}

}  // namespace
}  // namespace dew
