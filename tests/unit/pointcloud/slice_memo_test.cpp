// SPDX-License-Identifier: Apache-2.0
// A decoder with a memo gives what a decoder without one gives: for the file that the memo is of, for files of other grids, and for damaged
// bytes. With its own memo it makes use of it.
#include "pointcloud/coding/slice_memo.h"

#include <gtest/gtest.h>

#include <random>
#include <tuple>

#include "pointcloud/coding/cell_bits.h"
#include "pointcloud/coding/grid_codec.h"
#include "pointcloud/coding/network_range_model.h"
#include "pointcloud/coding/range_networks.h"

namespace dew {
namespace {

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  uint32_t below(uint32_t bound) { return static_cast<uint32_t>(engine_()) % bound; }

 private:
  std::mt19937 engine_;
};

/// Surfaces with edges, noise and gaps.
RangeGrid random_grid(Random& random) {
  RangeGrid grid;
  grid.rows = 6;
  grid.columns = 150;
  grid.geometry = {2000, 400, {300, 200, 100, 0, -100, -200}};
  uint32_t range = 3000;
  for (uint32_t cell = 0; cell < grid.rows * grid.columns; ++cell) {
    if (random.below(40) == 0) range = 500 + random.below(3000);
    grid.range.push_back(random.below(9) == 0 ? 0 : range + random.below(12));
    grid.intensity.push_back(static_cast<uint8_t>(range / 16 + random.below(4)));
  }
  return grid;
}

ReferencePicture reference_of(const RangeGrid& grid) {
  DecodedPicture picture{grid.rows, {36000, {}, {}}, grid.range, grid.intensity};
  for (uint32_t column = 0; column < grid.columns; ++column) picture.azimuths.column_azimuth.push_back(static_cast<int32_t>(column * 240));
  return resample(picture, nullptr, picture.azimuths, grid.rows, {});
}

GridCoding coding_for(uint32_t max_range, const ReferencePicture* reference, bool learns) {
  GridCoding coding{.slices = 2, .max_range = max_range, .intensity_bits = 8};
  coding.range_network = *choose_range_network(Effort::normal, "");
  coding.inter_network = *choose_inter_network("");
  coding.network_learns = learns;
  coding.second_network = learns ? *choose_range_network(Effort::max, "") : nullptr;
  coding.intensity_of_all_cells = true;
  coding.reference = reference;
  return coding;
}

struct DecodedSlice {
  bool ok;
  std::vector<uint32_t> range;
  std::vector<uint8_t> intensity;
  bool operator==(const DecodedSlice&) const = default;
};
DecodedSlice decode(const GridSlice& slice, const GridCoding& coding, uint32_t index, const RangeGrid& shape) {
  RangeGrid grid = shape;
  grid.range.assign(grid.range.size(), 0);
  grid.intensity.assign(grid.range.size(), 0);
  Budget budget{DecodeLimits{}};
  const bool ok = decode_grid_ranges(slice.ranges, coding, index, grid, budget, 0).ok() &&
                  decode_grid_intensity(slice.intensity, coding, index, grid, budget, 0).ok();
  return {ok, grid.range, grid.intensity};
}

/// Bound and reference: native ticks, and few enough steps for a second opinion on the likeliest; and whether the network learns.
class SliceMemoTest : public testing::TestWithParam<std::tuple<uint32_t, bool, bool>> {
 protected:
  void SetUp() override {
    const Result<const IntNet*> intra = choose_range_network(Effort::normal, ""), inter = choose_inter_network("");
    ASSERT_TRUE(intra.ok() && inter.ok());
    if (*intra == nullptr || *inter == nullptr) GTEST_SKIP() << "no networks are compiled in";
  }
};

TEST_P(SliceMemoTest, ChangesNothingThatIsDecoded) {
  Random random(5);
  FrameMemo memo;
  memo.slices.resize(2);
  std::vector<GridSlice> others;
  for (int trial = 0; trial < (std::get<2>(GetParam()) ? 3 : 8); ++trial) {  // networks that learn take their time
    const RangeGrid grid = random_grid(random);
    const ReferencePicture reference = reference_of(random_grid(random));
    const GridCoding plain = coding_for(std::get<0>(GetParam()), std::get<1>(GetParam()) ? &reference : nullptr, std::get<2>(GetParam()));
    GridCoding with_memo = plain;
    with_memo.memo = &memo;
    for (uint32_t index = 0; index < 2; ++index) {
      GridSlice slice = encode_grid_slice(grid, with_memo, index);
      const GridSlice same = encode_grid_slice(grid, plain, index);
      ASSERT_EQ(slice.ranges, same.ranges);
      ASSERT_EQ(slice.intensity, same.intensity);
      const DecodedSlice expected = decode(slice, plain, index, grid);
      ASSERT_TRUE(expected.ok);
      EXPECT_EQ(decode(slice, with_memo, index, grid), expected);
      for (const GridSlice& other : others) EXPECT_EQ(decode(other, with_memo, index, grid), decode(other, plain, index, grid));
      others.push_back(slice);
      for (int damage = 0; damage < 10; ++damage) {
        GridSlice damaged = slice;
        Bytes& bytes = random.below(2) == 0 ? damaged.ranges : damaged.intensity;
        bytes[random.below(static_cast<uint32_t>(bytes.size()))] ^= static_cast<std::byte>(1 + random.below(255));
        EXPECT_EQ(decode(damaged, with_memo, index, grid), decode(damaged, plain, index, grid));
      }
    }
  }
}

TEST_P(SliceMemoTest, IsFilledAndUsed) {
  Random random(6);
  const RangeGrid grid = random_grid(random);
  const ReferencePicture reference = reference_of(random_grid(random));
  GridCoding coding = coding_for(std::get<0>(GetParam()), std::get<1>(GetParam()) ? &reference : nullptr, std::get<2>(GetParam()));
  FrameMemo memo;
  memo.slices.resize(2);
  coding.memo = &memo;
  const GridSlice slice = encode_grid_slice(grid, coding, 0);
  const size_t refers = std::get<1>(GetParam()) ? 1 : 0;
  IntensityMemo& notes = memo.slices[0].intensities[refers];
  ASSERT_EQ(notes.cells.size(), grid.rows * grid.columns / 2);
  ASSERT_EQ(notes.p1.size(), notes.cells.size() * 8);
  ASSERT_EQ(memo.slices[0].ranges[refers].rows.size(), grid.rows);
  RecallingDecoder recalling(slice.intensity, notes);
  for (const SeenIntensity& seen : notes.cells) EXPECT_EQ(recalling.recall(seen, 8), seen.value);
  EXPECT_FALSE(recalling.differs());

  RecallingDecoder stopped(slice.intensity, notes);
  SeenIntensity other = notes.cells[0];
  other.around ^= 1;
  (void)stopped.recall(other, 8);
  EXPECT_TRUE(stopped.differs());
}

TEST_P(SliceMemoTest, EveryCellTakesBitsOfItsOwn) {
  Random random(7);
  const RangeGrid grid = random_grid(random);
  const ReferencePicture reference = reference_of(random_grid(random));
  GridCoding coding = coding_for(std::get<0>(GetParam()), std::get<1>(GetParam()) ? &reference : nullptr, std::get<2>(GetParam()));
  for (const bool quick : {false, true}) {
    if (quick) {
      coding.range_network = coding.inter_network = coding.second_network = nullptr;
      coding.network_learns = false;
    }
    FrameBits bits;
    bits.allocate(grid.range.size());
    RangeGrid decoded = grid;
    decoded.bits = &bits;
    Budget budget{DecodeLimits{}};
    for (uint32_t index = 0; index < 2; ++index) {
      const GridSlice slice = encode_grid_slice(grid, coding, index);
      ASSERT_TRUE(decode_grid_ranges(slice.ranges, coding, index, decoded, budget, 0).ok());
      ASSERT_TRUE(decode_grid_intensity(slice.intensity, coding, index, decoded, budget, 0).ok());
    }
    ASSERT_EQ(decoded.intensity, grid.intensity);
    for (const Part part : {Part::geometry, Part::intensity})
      for (const float of_cell : bits.of_cells[static_cast<size_t>(part)]) ASSERT_TRUE(of_cell > 0 && of_cell < 60);
  }
}

INSTANTIATE_TEST_SUITE_P(All, SliceMemoTest, testing::Combine(testing::Values(4000u, kMaxCodedRange), testing::Bool(), testing::Bool()));

}  // namespace
}  // namespace dew
