// SPDX-License-Identifier: Apache-2.0
// Slices: independent, never dependent on threads, lost one by one.
#include <gtest/gtest.h>

#include "pointcloud/coding/frame_chunk.h"
#include "tests/support/codec_suite.h"
#include "tests/support/organised_clouds.h"

namespace dew::test {
namespace {

struct Named {
  const char* name;
  Content content;
};

/// One content of each way of coding, small.
std::vector<Named> contents() {
  Random random(1);
  return {{"points", any_cloud(random, 30'000, true)},
          {"laser-sorted", crop(std::get<Cloud>(sample("kitti_raw.bin")), 0, 20'000)},
          {"firing order", sample("nuscenes.bin")},
          {"organised", sample("xt32_organised.pcd")},
          {"organised, other fields", organised_cloud(random, {})},
          {"listed", listed_cloud(random, {}, 4)},
          {"scan", sample("vlp16_indoor.lrf")}};
}

EncodeOptions sliced(uint32_t slices, uint32_t threads = 1) {
  EncodeOptions options = lossless(Effort::fast);
  options.slice_count = slices;
  options.threads = threads;
  options.verify = false;
  return options;
}

Bytes encoded(const Content& content, const EncodeOptions& options) {
  Result<Encoded> result = encode(content, options);
  EXPECT_TRUE(result.ok()) << result.error().message;
  return result.ok() ? result->bytes : Bytes{};
}

Bytes found_sensor(const Content& content) {
  const Result<Encoded> result = encode(content, sliced(1));
  EXPECT_TRUE(result.ok());
  return result.ok() ? result->sensor : Bytes{};
}

bool same(const Content& a, const Content& b) {
  if (a.index() != b.index()) return false;
  if (const Cloud* cloud = std::get_if<Cloud>(&a)) return same_bits(*cloud, std::get<Cloud>(b));
  return std::get<Scan>(a) == std::get<Scan>(b);
}

TEST(CodecSlices, BytesNeverDependOnThreadsAndRepeat) {
  for (const auto& [name, content] : contents()) {
    const Bytes sensor = found_sensor(content);
    for (const Effort effort : {Effort::fast, Effort::normal}) {
      EncodeOptions options = sliced(8);
      options.effort = effort;
      options.sensor = sensor;
      const Bytes first = encoded(content, options);
      EXPECT_EQ(first, encoded(content, options)) << name;
      for (const uint32_t threads : {3u, 8u}) {
        options.threads = threads;
        EXPECT_EQ(first, encoded(content, options)) << name << " in " << threads << " threads";
        DecodeOptions decode_options;
        decode_options.threads = threads;
        const Result<Decoded> decoded = decode(first, decode_options, {});
        ASSERT_TRUE(decoded.ok()) << decoded.error().message;
        EXPECT_TRUE(same(content, decoded->content)) << name;
      }
    }
  }
}

/// A found model and a kept one give the same file.
TEST(CodecSlices, FindingTheSensorRepeats) {
  for (const auto& [name, content] : contents()) {
    const Result<Encoded> first = encode(content, sliced(2)), second = encode(content, sliced(2, 3));
    ASSERT_TRUE(first.ok() && second.ok());
    EXPECT_EQ(first->bytes, second->bytes) << name;
    EXPECT_EQ(first->sensor, second->sensor) << name;
  }
}

TEST(CodecSlices, AnyNumberOfSlices) {
  for (const auto& [name, content] : contents()) {
    const Bytes sensor = found_sensor(content);
    for (const uint32_t slices : {1u, 2u, 3u, 7u, 16u, 40u, 4096u}) {
      EncodeOptions options = sliced(slices, 2);
      options.sensor = sensor;
      const Result<Decoded> decoded = decode(encoded(content, options), {}, {});
      ASSERT_TRUE(decoded.ok()) << name << slices << decoded.error().message;
      EXPECT_TRUE(same(content, decoded->content)) << name << slices;
    }
  }
}

TEST(CodecSlices, SizesAreAimedAt) {
  for (const auto& [name, content] : contents()) {
    const Bytes sensor = found_sensor(content);
    EncodeOptions options = sliced(0);
    options.sensor = sensor;
    for (const uint32_t asked : {1200u, 2400u, 4800u}) {
      options.slice_bytes = asked;
      const Bytes file = encoded(content, options);
      const Result<ContainerReader> container = ContainerReader::open(file, {});
      ASSERT_TRUE(container.ok());
      uint64_t slices = 0, bytes = 0;
      for (const Chunk& chunk : container->chunks()) {
        if (chunk.type != kSliceChunk) continue;
        ++slices;
        bytes += chunk.payload.size();
      }
      if (bytes > 2 * asked) {
        ASSERT_GE(slices, 2u) << name << asked;
      }
      // Of fewer slices one more or less is further than that.
      if (slices >= 4) {
        EXPECT_NEAR(static_cast<double>(bytes) / static_cast<double>(slices), asked, 0.15 * asked) << name;
      }
    }
  }
}

/// Bytes of each point of a cloud, all fields.
std::vector<std::string> records(const Cloud& cloud) {
  std::vector<std::string> out(static_cast<size_t>(cloud.points));
  for (const Field& field : cloud.fields) {
    const size_t width = field.bytes_per_point();
    for (size_t i = 0; i < out.size(); ++i) out[i].append(reinterpret_cast<const char*>(field.data.data()) + i * width, width);
  }
  return out;
}

/// Whether `part` is `whole` with points left out. Order is not asked for: what a file says of points out of order is lost with a slice.
bool is_part_of(std::vector<std::string> part, std::vector<std::string> whole) {
  std::sort(part.begin(), part.end());
  std::sort(whole.begin(), whole.end());
  return std::includes(whole.begin(), whole.end(), part.begin(), part.end());
}

/// Every slice alone gives points of the whole; together (points off the grid aside) all of them.
TEST(CodecSlices, OneSliceDecodesToTheSamePoints) {
  for (const auto& [name, content] : contents()) {
    const Bytes sensor = found_sensor(content);
    EncodeOptions options = sliced(5);
    options.sensor = sensor;
    const Bytes file = encoded(content, options);
    uint64_t points = 0;
    Scan sum;
    for (uint32_t slice = 0; slice < 5; ++slice) {
      DecodeOptions decode_options;
      decode_options.slice = slice;
      const Result<Decoded> decoded = decode(file, decode_options, {});
      ASSERT_TRUE(decoded.ok()) << name << decoded.error().message;
      if (const Cloud* cloud = std::get_if<Cloud>(&decoded->content)) {
        EXPECT_TRUE(check_cloud(*cloud).ok());
        EXPECT_GT(cloud->points, 0u) << name;
        EXPECT_TRUE(is_part_of(records(*cloud), records(std::get<Cloud>(content)))) << name << slice;
        points += cloud->points;
      } else {
        const Scan& part = std::get<Scan>(decoded->content);
        const Scan& whole = std::get<Scan>(content);
        ASSERT_EQ(part.range.size(), whole.range.size());
        for (size_t i = 0; i < part.range.size(); ++i) {
          if (part.range[i] != 0) points += part.range[i] == whole.range[i] && part.intensity[i] == whole.intensity[i];
        }
      }
    }
    if (const Cloud* cloud = std::get_if<Cloud>(&content)) {
      EXPECT_LE(points, cloud->points) << name;
      EXPECT_GE(static_cast<double>(points), 0.98 * static_cast<double>(cloud->points)) << name;
    } else {
      const Scan& whole = std::get<Scan>(content);
      EXPECT_EQ(points,
                static_cast<uint64_t>(whole.range.size()) - static_cast<uint64_t>(std::count(whole.range.begin(), whole.range.end(), 0u)));
    }
    DecodeOptions beyond;
    beyond.slice = 5;
    EXPECT_EQ(decode(file, beyond, {}).error().code, Code::invalid_argument);
  }
}

/// The file without chunk `left_out` (and with an index that tells it), or with one of its bytes changed.
TEST(CodecSlices, SalvageGivesTheOtherSlices) {
  for (const auto& [name, content] : contents()) {
    const Bytes sensor = found_sensor(content);
    EncodeOptions options = sliced(6);
    options.sensor = sensor;
    const Bytes file = encoded(content, options);
    const Result<ContainerReader> container = ContainerReader::open(file, {});
    ASSERT_TRUE(container.ok());
    for (size_t i = 0; i < container->chunks().size(); ++i) {
      const Chunk& chunk = container->chunks()[i];
      Bytes damaged = file;
      damaged[static_cast<size_t>(chunk.payload_offset) + chunk.payload.size() / 2] ^= std::byte{0x40};
      EXPECT_EQ(decode(damaged, {}, {}).error().code, Code::corrupt) << name;
      DecodeOptions salvage;
      salvage.salvage = true;
      const Result<Decoded> decoded = decode(damaged, salvage, {});
      if (i == 0) {
        EXPECT_FALSE(decoded.ok()) << "without its head a frame is lost";
        continue;
      }
      ASSERT_TRUE(decoded.ok()) << name << i << decoded.error().message;
      EXPECT_FALSE(decoded->warnings.empty());
      EXPECT_TRUE(consistent_content(decoded->content));
      if (const Cloud* cloud = std::get_if<Cloud>(&decoded->content)) {
        const Cloud& whole = std::get<Cloud>(content);
        EXPECT_LT(cloud->points, whole.points);
        EXPECT_GT(cloud->points, whole.points / 2) << name;
        EXPECT_TRUE(is_part_of(records(*cloud), records(whole))) << name;
      }
    }
  }
}

TEST(CodecSlices, SalvageOfAnUndamagedFileIsTheWhole) {
  for (const auto& [name, content] : contents()) {
    DecodeOptions salvage;
    salvage.salvage = true;
    const Result<Decoded> decoded = decode(encoded(content, sliced(4)), salvage, {});
    ASSERT_TRUE(decoded.ok());
    EXPECT_TRUE(decoded->warnings.empty()) << name;
    EXPECT_TRUE(same(content, decoded->content)) << name;
  }
}

}  // namespace
}  // namespace dew::test
