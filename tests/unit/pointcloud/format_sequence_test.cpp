// SPDX-License-Identifier: Apache-2.0
// Files of many scans, decoded by tests/golden/plain_sequence.h, which knows FORMAT.md and no code of pointcloud/: the same frames.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "entropy/models.h"
#include "pointcloud/coding/range_networks.h"
#include "pointcloud/coding/sequence_file.h"
#include "pointcloud/io/lrf.h"
#include "tests/golden/plain_sequence.h"
#include "tests/support/sequences.h"

namespace dew::test {
namespace {

plain::Octets octets(ByteSpan bytes) {
  plain::Octets all;
  for (const std::byte byte : bytes) all.push_back(static_cast<uint8_t>(byte));
  return all;
}

plain::Octets compiled_in(const plain::Octets& id) {
  ModelId name;
  for (size_t i = 0; i < name.size(); ++i) name[i] = static_cast<std::byte>(id[i]);
  return octets(network_file(name));
}

/// A room with a pillar as a VLP-16 sees it that drives and turns.
std::vector<SequenceFrame> driving(size_t frames) {
  constexpr int kElevations[] = {-15, 1, -13, 3, -11, 5, -9, 7, -7, 9, -5, 11, -3, 13, -1, 15};
  std::vector<SequenceFrame> sequence;
  for (size_t f = 0; f < frames; ++f) {
    const double x = 0.3 * static_cast<double>(f), y = 0.05 * static_cast<double>(f), turned = 0.01 * static_cast<double>(f);
    Scan scan;
    scan.columns = 600;
    scan.lasers = 16;
    scan.tick_um = 2000;
    scan.azimuth_units_per_turn = 36000;
    scan.time_us.assign(600, 0);
    for (uint32_t column = 0; column < 600; ++column) {
      scan.azimuth.push_back(static_cast<uint16_t>(column * 60));
      for (const int elevation : kElevations) {
        const double a = column * 2 * std::numbers::pi / 600 + turned, e = elevation * std::numbers::pi / 180;
        const double dx = std::cos(e) * std::cos(a), dy = std::cos(e) * std::sin(a), dz = std::sin(e);
        double range = std::min(std::min(((dx > 0 ? 10 : -10) - x) / dx, ((dy > 0 ? 6 : -6) - y) / dy), (dz > 0 ? 2.5 : -1.5) / dz);
        const double px = 4 - x, py = 2 - y, along = px * std::cos(a) + py * std::sin(a), beside = px * px + py * py - along * along;
        if (along > 0 && beside < 0.25) range = std::min(range, (along - std::sqrt(0.25 - beside)) / std::cos(e));
        scan.range.push_back(range < 14 ? static_cast<uint32_t>(range / 0.002) : 0);
        scan.intensity.push_back(static_cast<uint8_t>(column / 10));
      }
    }
    sequence.push_back(named(std::move(scan), f, ".lrf"));
  }
  return sequence;
}

void expect_plainly(const std::vector<SequenceFrame>& frames, SequenceOptions options, bool with_motion) {
  options.use_motion = with_motion;
  const Result<Bytes> file = encoded_sequence(frames, options);
  ASSERT_TRUE(file.ok()) << file.error().message;
  const Result<ContainerReader> container = ContainerReader::open(*file, {});
  const Result<SequenceFile> chunks = read_sequence_file(*container, false, {});
  ASSERT_TRUE(chunks.ok());
  size_t moved = 0, referring = 0;
  for (const SequenceFrameChunks& frame : chunks->frames) {
    moved += frame.header.motion.has_value();
    referring += frame.header.refers;
  }
  EXPECT_GT(referring, 0u) << "nothing refers";
  EXPECT_EQ(moved > 0, with_motion);
  const std::vector<plain::Frame> plainly = plain::read_sequence_of_scans(octets(*file), compiled_in);
  ASSERT_EQ(plainly.size(), frames.size());
  Result<SequenceDecoder> decoder = SequenceDecoder::open(*file, {}, {});
  for (size_t i = 0; i < frames.size(); ++i) {
    const Result<SequenceFrame> frame = decoder->decode(i);
    ASSERT_TRUE(frame.ok());
    EXPECT_EQ(plainly[i].lrf, octets(*write_lrf(std::get<Scan>(frame->content)))) << i;
  }
}

SequenceOptions options_of(EncodeOptions frame, uint32_t slices) {
  SequenceOptions options;
  options.frame = frame;
  options.frame.slice_count = slices;
  options.intra_every = 4;
  return options;
}

TEST(SequenceFormat, OfASensorThatStandsIsWhatThePageSays) {
  Random random(31);
  const std::vector<SequenceFrame> frames = scan_sequence(random, 6, 70);
  expect_plainly(frames, options_of(lossless(Effort::fast), 2), false);
  expect_plainly(frames, options_of(within(0.05, Effort::fast), 1), false);
  if (*choose_inter_network("") != nullptr) expect_plainly(frames, options_of(lossless(), 1), false);
}

TEST(SequenceFormat, OfASensorThatDrivesIsWhatThePageSays) {
  expect_plainly(driving(4), options_of(lossless(Effort::fast), 1), true);
  expect_plainly(driving(3), options_of(within(0.05, Effort::fast), 2), true);
  if (*choose_inter_network("") != nullptr) expect_plainly(driving(3), options_of(lossless(), 1), true);
}

}  // namespace
}  // namespace dew::test
