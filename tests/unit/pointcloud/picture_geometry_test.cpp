// SPDX-License-Identifier: Apache-2.0
// Questions asked of eight points at once are answered as those of one: on even pictures and on wild ones, for points near and far.
#include "pointcloud/coding/picture_geometry.h"

#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <random>

namespace dew::test {
namespace {

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  uint32_t below(uint32_t bound) { return static_cast<uint32_t>(engine_()) % bound; }
  double between(double low, double high) { return low + (high - low) * (static_cast<double>(engine_()) / 4294967295.0); }

 private:
  std::mt19937 engine_;
};

/// Surfaces with edges and gaps, lasers beside the axis and above it; `wild`: rows and columns in any order, some alike.
FramePicture random_picture(Random& random, uint32_t rows, uint32_t columns, bool wild) {
  FramePicture picture;
  picture.tick_um = 1000 + random.below(4000);
  picture.cells.rows = rows;
  picture.cells.azimuths.units_per_turn = 36000;
  const bool has_offsets = random.below(2) == 0, few_places = random.below(2) == 0;
  for (uint32_t column = 0; column < columns; ++column) {
    const int32_t even = static_cast<int32_t>(column * 36000 / columns);
    picture.cells.azimuths.column_azimuth.push_back(!wild ? even : few_places ? 9000 : static_cast<int32_t>(random.below(72000)) - 36000);
  }
  for (uint32_t row = 0; row < rows; ++row) {
    const int even = 1000 - static_cast<int>(row * 4000 / rows);
    picture.elevation_centidegrees.push_back(static_cast<int16_t>(wild ? static_cast<int>(random.below(17000)) - 8500 : even));
    if (!has_offsets) continue;
    picture.horizontal_offset_um.push_back(random.below(2) == 0 ? 26000 : -26000);
    picture.vertical_offset_um.push_back(static_cast<int32_t>(100000 + random.below(100000)));
  }
  uint32_t range = 4000;
  for (uint32_t cell = 0; cell < rows * columns; ++cell) {
    if (random.below(60) == 0) range = 500 + random.below(20000);
    picture.cells.range.push_back(random.below(12) == 0 ? 0 : random.below(40) == 0 ? kNothingKnown : range + random.below(30));
  }
  return picture;
}

Vec3 random_point(Random& random) {
  const double reach = random.below(20) == 0 ? 1e9 : random.below(8) == 0 ? 0.3 : 60;
  const auto one = [&] {
    return random.below(200) == 0 ? 0 : random.below(500) == 0 ? std::numeric_limits<double>::quiet_NaN() : random.between(-reach, reach);
  };
  return {one(), one(), one() / 4};
}

uint64_t bits_of(double value) { return std::bit_cast<uint64_t>(value); }

/// Returns how many of the questions have an answer.
size_t ask_all(const PictureGeometry& geometry, Random& random) {
  ManyPoints points;
  const Vec3 first = random_point(random);
  const bool side_by_side = random.below(2) == 0;
  for (size_t i = 0; i < ManyPoints::kCount; ++i) {
    if (random.below(6) != 0) points.set(i, side_by_side ? first + Vec3{0.02, 0.03, 0.005} * static_cast<double>(i) : random_point(random));
  }
  const NearnessOfMany near = geometry.nearness(points);
  const CellsOfMany cells = geometry.cells(points);
  size_t answers = 0;
  for (size_t i = 0; i < ManyPoints::kCount; ++i) {
    const bool asked = points.asked >> i & 1, is_near = near.known >> i & 1, has_cell = cells.known >> i & 1;
    const auto one = asked ? geometry.nearness(points[i]) : std::nullopt;
    const auto cell = asked ? geometry.cell(points[i]) : std::nullopt;
    EXPECT_EQ(is_near, one.has_value());
    EXPECT_EQ(has_cell, cell.has_value());
    EXPECT_EQ(near.inside >> i & 1, one && one->inside ? 1u : 0u);
    if (one && is_near) {
      EXPECT_EQ(bits_of(near.share[i]), bits_of(one->share));
    }
    if (cell && has_cell) {
      EXPECT_EQ(cells.cell[i], *cell);
    }
    answers += is_near + has_cell;
  }
  return answers;
}

TEST(PictureGeometry, ManyPointsAreAnsweredAsOne) {
  Random random(3);
  for (int trial = 0; trial < 60; ++trial) {
    const bool wild = trial % 3 == 2;
    const FramePicture picture = random_picture(random, 2 + random.below(40), 1 + random.below(700), wild);
    ASSERT_TRUE(PictureGeometry::has(picture));
    const PictureGeometry geometry(picture);
    size_t answers = 0;
    for (int i = 0; i < 400; ++i) answers += ask_all(geometry, random);
    if (!wild && picture.cells.columns() > 100) {
      EXPECT_GT(answers, 300u);
    }
    if (HasFailure()) return;
  }
}

TEST(PictureGeometry, APointOfACellIsSeenByIt) {
  Random random(4);
  const FramePicture picture = random_picture(random, 16, 500, false);
  const PictureGeometry geometry(picture);
  for (uint32_t row = 0; row < 16; ++row) {
    ManyPoints points;
    for (uint32_t i = 0; i < ManyPoints::kCount; ++i) points.set(i, geometry.point(row, 100 + i, 30));
    const CellsOfMany cells = geometry.cells(points);
    ASSERT_EQ(cells.known, 255u);
    for (uint32_t i = 0; i < ManyPoints::kCount; ++i) EXPECT_EQ(cells.cell[i], row * 500 + 100 + i);
  }
}

}  // namespace
}  // namespace dew::test
