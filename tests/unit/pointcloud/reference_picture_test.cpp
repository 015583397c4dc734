// SPDX-License-Identifier: Apache-2.0
// A frame resampled onto another's grid is the frame where both look alike, and nothing known where it did not look; whatever a reference
// says, a grid coded beside it comes back.
#include "pointcloud/coding/reference_picture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "entropy/models.h"
#include "pointcloud/coding/grid_codec.h"
#include "pointcloud/coding/network_range_model.h"
#include "pointcloud/coding/range_networks.h"
#include "pointcloud/coding/reference_logs.h"

namespace dew {
namespace {

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  uint32_t operator()() { return static_cast<uint32_t>(engine_()); }
  uint32_t below(uint32_t bound) { return (*this)() % bound; }

 private:
  std::mt19937 engine_;
};

/// A room seen by `rows` lasers at the given angles: what a laser sees depends on row and angle alone.
DecodedPicture room(uint32_t rows, std::vector<int32_t> azimuth, std::vector<uint32_t> row_shift = {}) {
  DecodedPicture picture;
  picture.rows = rows;
  picture.azimuths = {36000, std::move(azimuth), std::move(row_shift)};
  const uint32_t columns = picture.columns();
  picture.range.assign(size_t{rows} * columns, 0);
  picture.intensity.assign(picture.range.size(), 0);
  for (uint32_t row = 0; row < rows; ++row) {
    for (uint32_t column = 0; column < columns; ++column) {
      const int32_t angle = ((picture.azimuths.column_azimuth[picture.azimuths.firing_column(row, column)] % 36000) + 36000) % 36000;
      const size_t cell = size_t{row} * columns + column;
      if ((angle / 700 + static_cast<int32_t>(row)) % 5 == 0) continue;
      picture.range[cell] = 2000 + 300 * row + static_cast<uint32_t>(std::abs(angle - 18000)) / 10;
      picture.intensity[cell] = static_cast<uint8_t>(angle / 200);
    }
  }
  return picture;
}

std::vector<int32_t> angles(uint32_t count, int32_t first, int32_t step) {
  std::vector<int32_t> all;
  for (uint32_t i = 0; i < count; ++i) all.push_back(first + static_cast<int32_t>(i) * step);
  return all;
}

uint32_t cell_range(const DecodedPicture& picture, uint32_t row, uint32_t column) {
  return picture.range[size_t{row} * picture.columns() + column];
}

TEST(ReferencePicture, OfTheSameAnglesIsThePicture) {
  const DecodedPicture picture = room(4, angles(1800, 7, 20), {0, 3, 1799, 900});
  const ReferencePicture reference = resample(picture, nullptr, picture.azimuths, 4, {});
  for (uint32_t row = 0; row < 4; ++row) {
    for (uint32_t column = 0; column < 1800; ++column) {
      const size_t at = reference.at(row, column);
      ASSERT_EQ(reference.left[at], static_cast<int32_t>(16 * cell_range(picture, row, column)));
      ASSERT_EQ(reference.left_intensity[at], picture.intensity[size_t{row} * 1800 + column]);
      ASSERT_EQ(reference.place[at], 0);
      ASSERT_EQ(reference.guess[at], reference.left[at] > 0 ? reference.left[at] : reference.guess[at]);
    }
  }
}

TEST(ReferencePicture, TurnedCopiesAlignByAngle) {
  // The same turn begun elsewhere, counted in other turns, with other shifts of rows: every cell finds its own direction.
  const DecodedPicture picture = room(3, angles(1800, 0, 20));
  for (const int32_t begin : {20, 4000, 35980, -36000 * 3 + 60, 360000}) {
    GridAzimuths now{36000, angles(1800, begin, 20), {5, 0, 1700}};
    const ReferencePicture reference = resample(picture, nullptr, now, 3, {});
    for (uint32_t row = 0; row < 3; ++row) {
      for (uint32_t column = 0; column < 1800; ++column) {
        const int32_t angle = ((now.column_azimuth[now.firing_column(row, column)] % 36000) + 36000) % 36000;
        ASSERT_EQ(reference.left[reference.at(row, column)],
                  static_cast<int32_t>(16 * cell_range(picture, row, static_cast<uint32_t>(angle / 20))))
            << begin;
      }
    }
  }
}

TEST(ReferencePicture, OfFallingAnglesHasItsLeftOnTheSideCodedFirst) {
  const DecodedPicture rising = room(1, angles(1800, 10, 20));
  const GridAzimuths falling{36000, angles(1800, 35995, -20), {}};
  const ReferencePicture reference = resample(rising, nullptr, falling, 1, {});
  for (uint32_t column = 1; column < 1799; ++column) {
    // 35995 - 20 c lies 15 above the picture's angle 35980 - 20 c ..., which is what comes later.
    const uint32_t below = (35995 - 20 * column - 10) / 20;
    ASSERT_EQ(reference.right[reference.at(0, column)], static_cast<int32_t>(16 * cell_range(rising, 0, below)));
    ASSERT_EQ(reference.left[reference.at(0, column)], static_cast<int32_t>(16 * cell_range(rising, 0, (below + 1) % 1800)));
  }
}

TEST(ReferencePicture, GoesOnAroundTheTurn) {
  const DecodedPicture picture = room(2, angles(1800, 0, 20), {0, 11});
  const ReferencePicture reference = resample(picture, nullptr, picture.azimuths, 2, {});
  for (uint32_t row = 0; row < 2; ++row) {
    const size_t first = reference.at(row, 0);
    for (uint32_t i = 1; i <= ReferencePicture::kMargin; ++i) {
      EXPECT_EQ(reference.left[first - i], reference.left[first + 1800 - i]);
      EXPECT_EQ(reference.guess[first + 1799 + i], reference.guess[first + i - 1]);
    }
  }
}

TEST(ReferencePicture, OfHalfATurnKnowsNothingOfTheOther) {
  std::vector<int32_t> half = angles(450, 27000, 20);
  const std::vector<int32_t> rest = angles(455, 0, 20);
  half.insert(half.end(), rest.begin(), rest.end());
  const DecodedPicture picture = room(2, half);
  const ReferencePicture same = resample(picture, nullptr, picture.azimuths, 2, {});
  for (uint32_t column = 0; column < picture.columns(); ++column) {
    EXPECT_EQ(same.left[same.at(1, column)], static_cast<int32_t>(16 * cell_range(picture, 1, column)));
  }
  const ReferencePicture whole = resample(picture, nullptr, {36000, angles(1800, 0, 20), {}}, 2, {});
  for (uint32_t column = 460; column < 1345; ++column) {
    ASSERT_EQ(whole.left[whole.at(0, column)], kReferenceUnknown) << column;
    ASSERT_EQ(whole.guess[whole.at(0, column)], kReferenceUnknown) << column;
  }
}

TEST(ReferencePicture, OfOtherSizesAndNothingKnown) {
  const GridAzimuths now{36000, angles(100, 0, 360), {}};
  std::vector<DecodedPicture> useless = {DecodedPicture{}, room(3, angles(100, 0, 360)), room(2, angles(100, 0, 360)),
                                         room(2, angles(100, 0, 360)), room(2, angles(100, 0, 360))};
  useless[2].azimuths.units_per_turn = 1024;
  useless[3].range.pop_back();
  useless[4].azimuths.row_shift = {0, 100};
  for (const DecodedPicture& picture : useless) {
    const ReferencePicture reference = resample(picture, nullptr, now, 2, {});
    EXPECT_TRUE(std::all_of(reference.guess.begin(), reference.guess.end(), [](int32_t range) { return range == kReferenceUnknown; }));
  }
  DecodedPicture holes = room(2, angles(50, 0, 720));
  std::fill(holes.range.begin(), holes.range.begin() + 25, kNothingKnown);
  const ReferencePicture reference = resample(holes, nullptr, now, 2, {});
  EXPECT_EQ(reference.guess[reference.at(0, 10)], kReferenceUnknown);
  EXPECT_NE(reference.guess[reference.at(1, 10)], kReferenceUnknown);
}

TEST(ReferencePicture, CountsInTheStepsOfNow) {
  DecodedPicture picture = room(1, angles(100, 0, 360));
  std::fill(picture.range.begin(), picture.range.end(), 1000u);
  picture.range[5] = 0xFFFFFFF0;
  const ReferencePicture reference = resample(picture, nullptr, picture.azimuths, 1, {.range_step = 50});
  // A coded range is one more than what it stands for.
  EXPECT_EQ(reference.left[reference.at(0, 3)], 16 * 21);
  EXPECT_LT(reference.left[reference.at(0, 5)], 1 << 24);
}

TEST(Background, IsTheMeanOfWhatStands) {
  Random random(5);
  Background background(2, 1800, 36000);
  DecodedPicture picture;
  for (int frame = 0; frame < 40; ++frame) {
    picture = room(2, angles(1800, static_cast<int32_t>(random.below(20)), 20));
    for (uint32_t& range : picture.range) range = range == 0 ? 0 : 5000 + random.below(21);
    // One thing passes by: three frames in all.
    if (frame >= 20 && frame < 22) std::fill(picture.range.begin() + 200, picture.range.begin() + 240, 1500u);
    background.add(picture);
  }
  const ReferencePicture reference = resample(picture, &background, picture.azimuths, 2, {});
  size_t known = 0;
  for (uint32_t column = 0; column < 1800; ++column) {
    const int32_t mean = reference.background[reference.at(0, column)];
    if (mean <= 0) continue;
    ++known;
    EXPECT_NEAR(mean / 16.0, 5010, 6) << column;
    if (reference.background_seen[reference.at(0, column)] > 8) {
      EXPECT_GT(reference.background_spread[reference.at(0, column)], 0);
    }
  }
  EXPECT_GT(known, 1200u);
}

TEST(Background, GivesWayToWhatStays) {
  Background background(1, 100, 36000);
  DecodedPicture picture = room(1, angles(100, 180, 360));
  std::fill(picture.range.begin(), picture.range.end(), 9000u);
  for (int i = 0; i < 50; ++i) background.add(picture);
  std::fill(picture.range.begin(), picture.range.end(), 3000u);
  for (int i = 0; i < 4; ++i) background.add(picture);
  const ReferencePicture reference = resample(picture, &background, picture.azimuths, 1, {});
  EXPECT_EQ(reference.background[reference.at(0, 50)], 16 * 3000);
}

// Grids coded beside references.

/// nullptr: none is compiled in.
const IntNet* inter_network() {
  const Result<const IntNet*> net = choose_inter_network("");
  return net.ok() ? *net : nullptr;
}
const IntNet* intra_network() {
  const Result<const IntNet*> net = choose_range_network(Effort::normal, "");
  return net.ok() ? *net : nullptr;
}

RangeGrid random_grid(Random& random) {
  RangeGrid grid;
  grid.rows = 1 + random.below(8);
  grid.columns = 4 + random.below(120);
  for (uint32_t row = 0; row < grid.rows; ++row) grid.geometry.elevation_centidegrees.push_back(static_cast<int16_t>(1000 - 130 * row));
  const bool noise = random.below(3) == 0;
  for (size_t i = 0; i < size_t{grid.rows} * grid.columns; ++i) {
    const uint32_t range = noise ? 1 + random.below(kMaxCodedRange) : 4000 + static_cast<uint32_t>(i % grid.columns) * 9 + random.below(4);
    grid.range.push_back(random.below(100) < 15 ? 0 : range);
    grid.intensity.push_back(static_cast<uint8_t>(random()));
  }
  return grid;
}

/// The grid itself, nearly; or any numbers, as a hostile file could bring about.
ReferencePicture random_reference(Random& random, const RangeGrid& grid) {
  const auto any_range = [&]() -> uint32_t {
    const uint32_t kind = random.below(5);
    return kind == 0 ? 0 : kind == 1 ? kNothingKnown : kind == 2 ? random() : random.below(1 << 20);
  };
  DecodedPicture picture{
      grid.rows, {36000, angles(grid.columns, 0, static_cast<int32_t>(36000 / grid.columns)), {}}, grid.range, grid.intensity};
  const uint32_t kind = random.below(4);
  for (uint32_t& range : picture.range) {
    if (kind == 0) range = any_range();
    if (kind == 1 && random.below(30) == 0) range = any_range();
  }
  if (kind == 2) picture.azimuths.column_azimuth.assign(grid.columns, static_cast<int32_t>(random()));
  if (kind == 3 && random.below(2) == 0) picture.intensity.clear();
  Background background(grid.rows, 1 + random.below(2 * grid.columns), 36000);
  for (uint32_t i = random.below(6); i > 0; --i) background.add(picture);
  GridAzimuths now = picture.azimuths;
  for (int32_t& azimuth : now.column_azimuth) azimuth += static_cast<int32_t>(random.below(40));
  return resample(picture, random.below(2) == 0 ? nullptr : &background, now, grid.rows, {1 + random.below(60), 1 + random.below(40)});
}

void expect_grids_back(const IntNet* intra, const IntNet* inter) {
  Random random(17);
  for (int trial = 0; trial < 60; ++trial) {
    const RangeGrid grid = random_grid(random);
    const ReferencePicture reference = random_reference(random, grid);
    GridCoding coding{.slices = 1 + random.below(3), .max_range = kMaxCodedRange, .range_network = intra, .intensity_bits = 8};
    coding.intensity_of_all_cells = random.below(2) == 0;
    coding.reference = &reference;
    coding.inter_network = inter;
    RangeGrid back = grid;
    back.range.assign(grid.range.size(), 0);
    back.intensity.assign(grid.range.size(), 0);
    for (uint32_t i = 0; i < coding.slices; ++i) {
      const GridSlice slice = encode_grid_slice(grid, coding, i);
      Budget budget{DecodeLimits{}};
      ASSERT_TRUE(decode_grid_ranges(slice.ranges, coding, i, back, budget, 0).ok());
      ASSERT_TRUE(decode_grid_intensity(slice.intensity, coding, i, back, budget, 0).ok());
    }
    ASSERT_EQ(back.range, grid.range) << trial;
    for (size_t cell = 0; cell < grid.range.size(); ++cell) {
      const bool coded = coding.intensity_of_all_cells || grid.range[cell] != 0;
      ASSERT_EQ(back.intensity[cell], coded ? grid.intensity[cell] : 0) << trial;
    }
  }
}

TEST(InterGrid, ComesBackUnderContexts) { expect_grids_back(nullptr, nullptr); }
TEST(InterGrid, ComesBackUnderNetworks) {
  const IntNet* intra = intra_network();
  if (intra == nullptr || inter_network() == nullptr) GTEST_SKIP() << "no networks are compiled in";
  expect_grids_back(intra, inter_network());
}

TEST(InterGrid, HostileBytesStayWithinBounds) {
  Random random(23);
  const IntNet* intra = intra_network();
  for (int trial = 0; trial < 40; ++trial) {
    RangeGrid grid = random_grid(random);
    const ReferencePicture reference = random_reference(random, grid);
    GridCoding coding{.slices = 1, .max_range = 1 + random.below(kMaxCodedRange), .intensity_bits = 8};
    coding.reference = &reference;
    if (trial % 2 == 0 && intra != nullptr && inter_network() != nullptr) {
      coding.range_network = intra;
      coding.inter_network = inter_network();
    }
    Bytes bytes(random.below(400));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    Budget budget{DecodeLimits{}};
    // Whatever it says of the bytes, cells are within the range.
    (void)decode_grid_ranges(bytes, coding, 0, grid, budget, 0);
    (void)decode_grid_intensity(bytes, coding, 0, grid, budget, 0);
    for (const uint32_t range : grid.range) ASSERT_LE(range, coding.max_range);
  }
}

TEST(InterGrid, ChargesItsWork) {
  Random random(3);
  RangeGrid grid = random_grid(random);
  const ReferencePicture reference = random_reference(random, grid);
  GridCoding coding{.slices = 1, .max_range = kMaxCodedRange};
  coding.reference = &reference;
  const GridSlice slice = encode_grid_slice(grid, coding, 0);
  DecodeLimits limits;
  limits.work_units = 10;
  Budget budget(limits);
  const Status status = decode_grid_ranges(slice.ranges, coding, 0, grid, budget, 0);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::limit_exceeded);
}

TEST(InterGrid, CostsLittleWhereNothingChanged) {
  Random random(9);
  DecodedPicture picture = room(16, angles(900, 0, 40));
  for (uint32_t& range : picture.range) range += range == 0 ? 0 : random.below(40);
  RangeGrid grid;
  grid.rows = 16;
  grid.columns = 900;
  grid.range = picture.range;
  grid.geometry.elevation_centidegrees.assign(16, 0);
  const ReferencePicture reference = resample(picture, nullptr, picture.azimuths, 16, {});
  GridCoding coding{.slices = 1, .max_range = 20000};
  const size_t intra = encode_grid_slice(grid, coding, 0).ranges.size();
  coding.reference = &reference;
  EXPECT_LT(encode_grid_slice(grid, coding, 0).ranges.size() * 5, intra);
}

TEST(ReferenceLogs, OfRegistersAreThoseOfTheDefinition) {
  Random random(12);
  for (int trial = 0; trial < 20000; ++trial) {
    const uint32_t size = 1u << (1 + random.below(24));
    const auto range = [&] {
      return random.below(5) == 0 ? -static_cast<int32_t>(random.below(2)) : static_cast<int32_t>(random.below(size));
    };
    const auto error = [&] {
      return random.below(5) == 0 ? ReferenceView::kNone : static_cast<int32_t>(random.below(size)) - static_cast<int32_t>(size / 2);
    };
    const std::array<int32_t, 4> history = {error(), error(), error(), error()};
    const std::array<int32_t, 3> up = {error(), error(), error()};
    const ReferenceView view{.left = range(),
                             .right = range(),
                             .guess = range(),
                             .before = range(),
                             .next = range(),
                             .below = range(),
                             .background = range(),
                             .corrected = range(),
                             .corrected_background = range(),
                             .base = range(),
                             .instead = range(),
                             .history = history.data(),
                             .up = up.data(),
                             .background_error = error(),
                             .background_error_above = error()};
    std::array<int16_t, kReferenceLogs> plain{}, fast{};
    PlainReferenceLogs::put(view, plain.data());
    FastReferenceLogs::put(view, fast.data());
    ASSERT_EQ(plain, fast);
  }
}

}  // namespace
}  // namespace dew
