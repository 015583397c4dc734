// SPDX-License-Identifier: Apache-2.0
// Coordinates as an octree: whatever the points, they come back; whatever the bytes, an answer comes back; surfaces are cheap.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "pointcloud/codec.h"
#include "pointcloud/coding/octree_points.h"
#include "tests/support/codec_suite.h"

namespace dew::test {
namespace {

using Point = std::array<int64_t, 3>;

std::vector<int64_t> sorted(const std::vector<Point>& points) {
  std::vector<int64_t> xyz;
  for (const Point& p : points) xyz.insert(xyz.end(), p.begin(), p.end());
  const auto low = octree_low(xyz);
  EXPECT_TRUE(low);
  std::vector<int64_t> result;
  for (const uint64_t i : octree_order(xyz, *low)) result.insert(result.end(), points[i].begin(), points[i].end());
  return result;
}

Result<std::vector<int64_t>> decoded(ByteSpan coded, uint64_t points, const OctreeLow& low, const DecodeLimits& limits = {}) {
  Budget budget{limits};
  return decode_octree(coded, points, low, budget, 0);
}

void expect_back(const std::vector<Point>& points) {
  const std::vector<int64_t> xyz = sorted(points);
  const OctreeLow low = *octree_low(xyz);
  ASSERT_TRUE(in_octree_order(xyz, low));
  const Result<std::vector<int64_t>> back = decoded(encode_octree(xyz, low), points.size(), low);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(*back, xyz);
}

/// Cells of a sphere's surface.
std::vector<Point> sphere(int64_t radius) {
  std::vector<Point> points;
  for (int64_t x = -radius; x <= radius; ++x) {
    for (int64_t y = -radius; y <= radius; ++y) {
      for (int64_t z = -radius; z <= radius; ++z) {
        const int64_t away = x * x + y * y + z * z - radius * radius;
        if (std::abs(away) <= radius) points.push_back({x, y, z});
      }
    }
  }
  return points;
}

TEST(Octree, AnyPointsComeBack) {
  Random random(1);
  for (int round = 0; round < 60; ++round) {
    std::vector<Point> points(1 + static_cast<size_t>(below(random, 400)));
    const uint64_t bits = 1 + below(random, 32);
    const int64_t base = static_cast<int64_t>(random() >> 4) * (round % 2 == 0 ? 1 : -1);
    for (Point& p : points) {
      for (int64_t& v : p) v = base + static_cast<int64_t>(random() >> (64 - bits));
    }
    // Some of them twice or more.
    for (uint64_t i = below(random, 50); i-- > 0;) points.push_back(points[static_cast<size_t>(below(random, points.size()))]);
    expect_back(points);
  }
  expect_back({{7, -7, 7}});
  expect_back(std::vector<Point>(1000, {1, 2, 3}));
  expect_back({{0, 0, 0}, {0xffffffff, 0, 0}, {0, 0xffffffff, 0}, {0, 0, 0xffffffff}, {0xffffffff, 0xffffffff, 0xffffffff}});
  EXPECT_FALSE(octree_low(std::vector<int64_t>{0, 0, 0, int64_t{1} << 32, 0, 0}));
  EXPECT_FALSE(octree_low(std::vector<int64_t>{INT64_MIN, 0, 0, INT64_MAX, 0, 0}));
}

TEST(Octree, SurfacesAreCheapAndBoxesNearlyFree) {
  const std::vector<Point> shell = sphere(60);
  std::vector<int64_t> xyz = sorted(shell);
  EXPECT_LT(8.0 * static_cast<double>(encode_octree(xyz, *octree_low(xyz)).size()) / static_cast<double>(shell.size()), 1.5);
  std::vector<Point> box;
  for (int64_t i = 0; i < 64 * 64 * 64; ++i) box.push_back({i % 64, i / 64 % 64, i / 4096});
  xyz = sorted(box);
  const OctreeLow low = *octree_low(xyz);
  const Bytes coded = encode_octree(xyz, low);
  EXPECT_LT(coded.size(), 1000u);
  const auto back = decoded(coded, box.size(), low);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(*back, xyz);
}

TEST(Octree, DamageAndWrongCountsAreAnswered) {
  Random random(2);
  std::vector<Point> points = sphere(12);
  for (size_t i = 0; i < points.size(); i += 3) points.push_back(points[i]);
  const std::vector<int64_t> xyz = sorted(points);
  const OctreeLow low = *octree_low(xyz);
  const Bytes coded = encode_octree(xyz, low);
  for (const uint64_t wrong : {points.size() - 1, points.size() + 1, size_t{0}, size_t{1}}) EXPECT_FALSE(decoded(coded, wrong, low).ok());
  for (size_t size = 0; size < coded.size(); size += 1 + size / 9)
    EXPECT_FALSE(decoded(ByteSpan(coded).first(size), points.size(), low).ok()) << size;
  for (int round = 0; round < 300; ++round) {
    Bytes damaged = coded;
    damaged[static_cast<size_t>(below(random, damaged.size()))] ^= static_cast<std::byte>(1u << below(random, 8));
    const auto back = decoded(damaged, points.size(), low);
    if (back.ok()) {
      EXPECT_EQ(back->size(), xyz.size());
    }
  }
  DecodeLimits limits;
  limits.memory_bytes = 10000;
  EXPECT_EQ(decoded(coded, points.size(), low, limits).error().code, Code::out_of_memory);
  limits = {};
  limits.work_units = 1000;
  EXPECT_EQ(decoded(coded, points.size(), low, limits).error().code, Code::limit_exceeded);
}

/// Bytes of one point after the other, sorted.
std::vector<std::string> records(const Cloud& cloud) {
  std::vector<std::string> all(cloud.points);
  for (const Field& field : cloud.fields) {
    const size_t width = field.bytes_per_point();
    for (size_t i = 0; i < all.size(); ++i) all[i].append(reinterpret_cast<const char*>(field.data.data()) + i * width, width);
  }
  std::sort(all.begin(), all.end());
  return all;
}

TEST(Octree, CloudsInAnotherOrderKeepTheirPoints) {
  Random random(3);
  std::vector<Point> points = sphere(30);
  std::shuffle(points.begin(), points.end(), random);
  points.resize(points.size() * 3 / 4);
  Cloud cloud;
  cloud.points = points.size();
  cloud.width = static_cast<uint32_t>(points.size());
  std::array<std::vector<float>, 3> axes;
  for (const Point& p : points) {
    for (size_t axis = 0; axis < 3; ++axis) axes[axis].push_back(static_cast<float>(p[axis]) / 100);
  }
  Field colour{"colour", FieldType::u8, 3, {}};
  for (const Point& p : points) {
    for (const int64_t v : p) colour.data.push_back(static_cast<std::byte>(v + static_cast<int64_t>(below(random, 3))));
  }
  cloud.fields = {floats("x", axes[0]), colour, floats("y", axes[1]), floats("z", axes[2])};
  EncodeOptions options = lossless(Effort::normal);
  const Result<Encoded> kept = encode(cloud, options);
  options.may_reorder = true;
  for (const uint32_t slices : {0u, 3u}) {
    options.slice_count = slices;
    const Result<Encoded> reordered = encode(cloud, options);
    ASSERT_TRUE(kept.ok() && reordered.ok());
    // Order itself is worth log2(n!) bits: 1.3 bytes a point.
    EXPECT_LT(reordered->bytes.size() + points.size(), kept->bytes.size());
    const Result<Decoded> back = decode(reordered->bytes, {}, {});
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(records(std::get<Cloud>(back->content)), records(cloud));
  }
  options.mode = Mode::max_error;
  options.max_error_m = 0.05;
  const Result<Encoded> coarse = encode(cloud, options);
  ASSERT_TRUE(coarse.ok()) << coarse.error().message;
  const Result<Decoded> back = decode(coarse->bytes, {}, {});
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(std::get<Cloud>(back->content).points, cloud.points);
  EXPECT_LT(coarse->bytes.size(), kept->bytes.size());
}

}  // namespace
}  // namespace dew::test
