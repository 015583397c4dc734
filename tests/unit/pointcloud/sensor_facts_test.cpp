// SPDX-License-Identifier: Apache-2.0
// What `dew info` says of the sensor is what was coded, for every kind of file; damaged heads say less and nothing worse.
#include "pointcloud/coding/sensor_facts.h"

#include <gtest/gtest.h>

#include <map>

#include "pointcloud/coding/frame_chunk.h"
#include "tests/support/codec_suite.h"
#include "tests/unit/pointcloud/packets_test_captures.h"

namespace dew::test {
namespace {

std::map<std::string, std::string> facts_of(const Content& content) {
  const Result<Encoded> encoded = encode(content, lossless(Effort::fast));
  EXPECT_TRUE(encoded.ok());
  const Result<FileInfo> info = inspect(encoded->bytes, {});
  EXPECT_TRUE(info.ok() && info->sensor[0].first == "layout");
  return {info->sensor.begin(), info->sensor.end()};
}

TEST(SensorFacts, SayWhatWasCoded) {
  auto kitti = facts_of(sample("kitti_raw.bin"));
  EXPECT_EQ(kitti["layout"], "laser-sorted");
  EXPECT_EQ(kitti["lasers"], "64");
  EXPECT_EQ(kitti["range_tick_m"], "0.002");
  EXPECT_EQ(kitti["motion"], "no");
  auto nuscenes = facts_of(sample("nuscenes.bin"));
  EXPECT_EQ(nuscenes["layout"], "firing order");
  EXPECT_EQ(nuscenes["lasers"], "32");
  EXPECT_EQ(std::stoul(nuscenes["columns"]), std::get<Cloud>(sample("nuscenes.bin")).points / 32);
  EXPECT_EQ(nuscenes["motion"], "yes");
  EXPECT_GT(std::stoul(nuscenes["model_bytes"]), 32u);
  const Scan scan = std::get<Scan>(sample("vlp16_indoor.lrf"));
  auto vlp16 = facts_of(scan);
  EXPECT_EQ(vlp16["lasers"], "16");
  EXPECT_EQ(vlp16["columns"], std::to_string(scan.columns));
  EXPECT_EQ(vlp16["azimuth_ticks"], std::to_string(scan.azimuth_units_per_turn));
}

TEST(SensorFacts, CapturesNameTheirPackets) {
  for (const KnownLayout* known : all_layouts()) {
    if (known->layout.columns == 0) continue;
    const Result<Input> input = read_cloud(make_pcap(*known, {.packets = 2}), {}, {});
    ASSERT_TRUE(input.ok());
    auto facts = facts_of(input->content);
    EXPECT_EQ(facts["lasers"], std::to_string(known->layout.lasers)) << known->sensor;
    EXPECT_EQ(facts["returns_a_cell"], std::to_string(known->layout.planes)) << known->sensor;
  }
}

TEST(SensorFacts, CutHeadsKeepTheLayout) {
  for (const char* name : {"kitti_raw.bin", "nuscenes.bin", "vlp16_indoor.lrf"}) {
    const Result<Encoded> encoded = encode(sample(name), lossless(Effort::fast));
    const Result<ContainerReader> container = ContainerReader::open(encoded->bytes, {});
    const Chunk* first = container->find(kFrameChunk);
    const Result<FrameChunk> chunk = read_frame_chunk(first->payload, first->payload_offset, {});
    ASSERT_TRUE(chunk.ok());
    const auto kind = static_cast<FrameKind>(chunk->numbers.kind);
    const size_t facts = sensor_facts(kind, ByteReader(chunk->head)).size();
    EXPECT_GT(facts, 1u);
    for (size_t size = 0; size < std::min<size_t>(chunk->head.size(), 3000); ++size) {
      const SensorFacts cut = sensor_facts(kind, ByteReader(chunk->head.first(size)));
      EXPECT_TRUE(cut.size() == 1 || cut.size() == facts) << name << size;
      EXPECT_EQ(cut[0].second, frame_kind_name(kind));
    }
  }
}

}  // namespace
}  // namespace dew::test
