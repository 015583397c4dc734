// SPDX-License-Identifier: Apache-2.0
// pointcloud/FORMAT.md, section 9: a decoder of captures written from the page alone gives the pcap files that went in.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "pointcloud/codec.h"
#include "pointcloud/io/read_cloud.h"
#include "pointcloud/stream/sector.h"
#include "tests/golden/plain_capture.h"
#include "tests/unit/pointcloud/packets_test_captures.h"

namespace dew {
namespace {

plain::Octets octets(ByteSpan bytes) {
  plain::Octets result;
  for (const std::byte byte : bytes) result.push_back(static_cast<uint8_t>(byte));
  return result;
}

/// A network that is compiled in, by its id.
plain::Octets shipped_network(const plain::Octets& id) {
  std::string name;
  for (const uint8_t byte : id) name += {"0123456789abcdef"[byte / 16], "0123456789abcdef"[byte % 16]};
  std::ifstream file(DEW_SOURCE_DIR "/data/models/" + name + ".inet", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// `referring`: how many frames refer to another is added to it.
void expect_plainly(ByteSpan pcap, EncodeOptions options, const std::string& what, size_t* referring = nullptr) {
  const Result<Input> input = read_cloud(pcap, {}, {});
  ASSERT_TRUE(input.ok()) << what;
  const Result<Encoded> encoded = encode(input->content, options);
  ASSERT_TRUE(encoded.ok()) << what << ": " << encoded.error().message;
  const Result<Decoded> decoded = decode(encoded->bytes, {}, {});
  ASSERT_TRUE(decoded.ok()) << what;
  const plain::Octets wanted = octets(*write_capture(std::get<Capture>(decoded->content)));
  const plain::Octets plainly = plain::read_capture(octets(encoded->bytes), shipped_network);
  const auto [wrong, right] = std::mismatch(plainly.begin(), plainly.end(), wanted.begin(), wanted.end());
  EXPECT_TRUE(plainly == wanted) << what << ": byte " << right - wanted.begin() << " of " << wanted.size();
  EXPECT_TRUE(options.mode != Mode::lossless || wanted == octets(pcap)) << what;
  if (referring == nullptr) return;
  const Result<FileInfo> info = inspect(encoded->bytes, {});
  ASSERT_TRUE(info.ok());
  for (const FrameFacts& frame : info->frame_facts) *referring += frame.intra ? 0 : 1;
}

/// Every layout that is known: Velodyne, Hesai and Ouster, single and dual return.
TEST(PointcloudFormatCapture, PlainDecoderReadsEverySensor) {
  uint64_t seed = 40;
  size_t dual = 0;
  for (const KnownLayout* known : test::all_layouts()) {
    test::CaptureRecipe recipe;
    recipe.seed = ++seed;
    recipe.packets = 5;
    recipe.vlan = seed % 3 == 0;
    recipe.big_endian = seed % 2 == 0;
    recipe.nanoseconds = seed % 4 == 1;
    EncodeOptions options;
    options.mode = Mode::lossless;
    options.effort = seed % 5 == 0 ? Effort::normal : Effort::fast;
    expect_plainly(test::make_pcap(*known, recipe), options, known->sensor);
    dual += known->layout.planes > 1;
  }
  EXPECT_GE(dual, 3u);
}

/// Frames that refer to the one before: angles read off packets, models of the rest that go on, background, chains that break.
TEST(PointcloudFormatCapture, PlainDecoderReadsFramesThatRefer) {
  const Result<Input> sample = read_cloud(test::read_file(DEW_SOURCE_DIR "/data/samples/vlp16_indoor.lrf"), {}, {});
  ASSERT_TRUE(sample.ok());
  const Scan scene = columns_of(std::get<Scan>(sample->content), 0, 40);
  uint64_t seed = 70;
  size_t referring = 0;
  for (const KnownLayout* known : test::all_layouts()) {
    test::CaptureRecipe recipe;
    recipe.seed = ++seed;
    recipe.packets = 12;
    // Much the same in each turn, so that slices refer.
    recipe.scene = &scene;
    recipe.azimuth_step = known->layout.azimuth_units_per_turn / scene.columns;
    EncodeOptions options;
    options.mode = seed % 3 == 0 ? Mode::max_error : Mode::lossless;
    options.max_error_m = 0.05;
    options.effort = seed % 4 == 0 ? Effort::normal : Effort::fast;
    options.intra_every = seed % 2 == 0 ? 3 : 50;
    expect_plainly(test::make_pcap(*known, recipe), options, known->sensor, &referring);
  }
  EXPECT_GE(referring, 20u);
}

TEST(PointcloudFormatCapture, PlainDecoderReadsRoundedRangesAndSteadyPackets) {
  for (const KnownLayout* known : test::all_layouts()) {
    EncodeOptions options;
    options.mode = Mode::max_error;
    options.max_error_m = 0.05;
    options.effort = Effort::fast;
    expect_plainly(test::make_pcap(*known, {.packets = 3, .azimuth_step = 30, .other_traffic = false}), options, known->sensor);
  }
}

TEST(PointcloudFormatCapture, PlainDecoderReadsGoldens) {
  size_t read = 0;
  for (const auto& entry : std::filesystem::directory_iterator(DEW_SOURCE_DIR "/tests/golden/v0")) {
    if (!entry.path().filename().string().starts_with("capture_")) continue;
    const Bytes file = test::read_file(entry.path().string());
    const Result<Decoded> decoded = decode(file, {}, {});
    ASSERT_TRUE(decoded.ok()) << entry.path();
    EXPECT_TRUE(plain::read_capture(octets(file), shipped_network) == octets(*write_capture(std::get<Capture>(decoded->content))))
        << entry.path();
    ++read;
  }
  EXPECT_GE(read, 4u);
}

/// What real sensors send: surfaces, further returns that mostly equal the first, packets that come in bursts.
TEST(PointcloudFormatCapture, PlainDecoderReadsRealCaptures) {
  const std::filesystem::path folder = std::filesystem::path(DEW_SHARED_DATA) / "lidar";
  size_t read = 0;
  for (const char* name : {"velodyne_vlp32c/vlp32c.pcap", "hesai_xt32/xt32_packets.pcap", "ouster/OS-1-128_v2.3.0_1024x10_lb_n3.pcap"}) {
    const Bytes pcap = test::read_file((folder / name).string());
    if (pcap.empty()) continue;
    // The first packets are enough: a plain decoder takes its time.
    EncodeOptions options;
    options.mode = Mode::lossless;
    options.effort = Effort::fast;
    expect_plainly(ByteSpan(pcap).first(std::min<size_t>(pcap.size(), 150'000)), options, name);
    if (std::string_view(name).starts_with("velodyne")) {
      options.intra_every = 50;
      expect_plainly(ByteSpan(pcap).first(std::min<size_t>(pcap.size(), 320'000)), options, name);
    }
    ++read;
  }
  if (read == 0) GTEST_SKIP() << "needs ../shared/data";
}

}  // namespace
}  // namespace dew
