// SPDX-License-Identifier: Apache-2.0
// Slices that refer to an earlier frame, decoded by tests/golden/plain_inter.h, which knows FORMAT.md and no code of pointcloud/: the same
// cells as were coded.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "entropy/models.h"
#include "pointcloud/coding/grid_codec.h"
#include "pointcloud/coding/grid_frame.h"
#include "pointcloud/coding/range_networks.h"
#include "tests/golden/plain_inter.h"

namespace dew {
namespace {

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  uint32_t below(uint32_t bound) { return static_cast<uint32_t>(engine_()) % bound; }

 private:
  std::mt19937 engine_;
};

struct World {
  uint32_t rows = 6, columns = 90;
  uint32_t turn = 36000;
  bool falls = false, shifted = false, holes = false, has_intensity = true;
  uint32_t step = 1;
};

/// One turn in a room with noise, a passer-by and holes.
DecodedPicture turn_of(const World& world, Random& random) {
  DecodedPicture picture;
  picture.rows = world.rows;
  picture.range_step = world.step;
  picture.azimuths.units_per_turn = world.turn;
  const uint32_t columns = world.columns + random.below(3);
  const int32_t width = static_cast<int32_t>(36000 / world.columns), begin = static_cast<int32_t>(random.below(400));
  for (uint32_t c = 0; c < columns; ++c) {
    const int32_t angle = begin + static_cast<int32_t>(c) * width + static_cast<int32_t>(random.below(20));
    picture.azimuths.column_azimuth.push_back(world.falls ? 36000 - angle : angle);
  }
  if (world.shifted) {
    for (uint32_t row = 0; row < world.rows; ++row) picture.azimuths.row_shift.push_back(random.below(columns));
  }
  const uint32_t passer_by = random.below(columns);
  for (uint32_t row = 0; row < world.rows; ++row) {
    for (uint32_t column = 0; column < columns; ++column) {
      const int32_t angle = (picture.azimuths.column_azimuth[picture.azimuths.firing_column(row, column)] + 72000) % 36000;
      const bool empty = (angle / 1500 + static_cast<int32_t>(row) / 2) % 4 == 0 && random.below(8) != 0;
      const bool near = column >= passer_by && column < passer_by + 4;
      const uint32_t range = near ? 900 : 3000 + 400 * row + static_cast<uint32_t>(std::abs(angle - 17000)) / 9;
      const uint32_t native = empty ? 0 : range + random.below(30);
      picture.range.push_back(native_range(coded_range(native, world.step), world.step));
      picture.intensity.push_back(static_cast<uint8_t>(empty ? random.below(2) : angle / 300 + static_cast<int32_t>(random.below(5))));
    }
  }
  return picture;
}

plain::Angles plain_angles(const GridAzimuths& azimuths) {
  return {azimuths.units_per_turn,
          {azimuths.column_azimuth.begin(), azimuths.column_azimuth.end()},
          {azimuths.row_shift.begin(), azimuths.row_shift.end()}};
}

plain::Picture plain_picture(const DecodedPicture& picture) {
  plain::Picture plain{
      picture.rows, picture.range_step, plain_angles(picture.azimuths), {}, {picture.intensity.begin(), picture.intensity.end()}};
  for (const uint32_t range : picture.range) plain.range.push_back(range == kNothingKnown ? -1 : static_cast<int64_t>(range));
  return plain;
}

RangeGrid grid_of(const DecodedPicture& picture, const World& world) {
  RangeGrid grid;
  grid.rows = picture.rows;
  grid.columns = picture.columns();
  grid.geometry.tick_um = 2000 * world.step;
  grid.geometry.column_millidegrees = 4000;
  for (uint32_t row = 0; row < grid.rows; ++row) grid.geometry.elevation_centidegrees.push_back(static_cast<int16_t>(1000 - 150 * row));
  for (const uint32_t range : picture.range) grid.range.push_back(coded_range(range, world.step));
  grid.intensity = picture.intensity;
  return grid;
}

plain::Octets octets(ByteSpan bytes) {
  plain::Octets all;
  for (const std::byte byte : bytes) all.push_back(static_cast<uint8_t>(byte));
  return all;
}

/// Four frames, each beside the one before and the background of all before it.
void expect_the_same_cells(const World& world, uint32_t seed, const IntNet* intra, const IntNet* inter) {
  Random random(seed);
  DecodedPicture before = turn_of(world, random);
  const uint32_t bins = before.columns(), unit = world.turn == 0 ? bins : world.turn;
  Background background(world.rows, bins, unit);
  plain::LongTerm plain_background(world.rows, bins, unit);
  for (uint32_t frame = 1; frame < 4; ++frame) {
    if (world.holes) std::fill_n(before.range.begin() + 7, 40, kNothingKnown);
    if (!world.has_intensity) before.intensity.clear();
    const bool has_background = frame != 2;
    background.add(before);
    plain_background.add(plain_picture(before));
    const DecodedPicture now = turn_of(world, random);
    const RangeGrid grid = grid_of(now, world);
    const ReferencePicture reference =
        resample(before, has_background ? &background : nullptr, now.azimuths, world.rows, {world.step, frame});
    GridCoding coding{.slices = 2, .max_range = 1 + *std::max_element(grid.range.begin(), grid.range.end()), .range_network = intra};
    coding.intensity_bits = 8;
    coding.intensity_of_all_cells = frame % 2 == 0;
    coding.reference = &reference;
    coding.inter_network = inter;

    const plain::Reference plain_reference(plain_picture(before), has_background ? &plain_background : nullptr, plain_angles(now.azimuths),
                                           world.step, frame);
    const auto& elevation = grid.geometry.elevation_centidegrees;
    plain::Grid decoded;
    decoded.rows = grid.rows;
    decoded.columns = grid.columns;
    decoded.slices = 2;
    decoded.max_range = coding.max_range;
    decoded.range_step = world.step;
    decoded.intensity_bits = 8;
    decoded.flags = coding.intensity_of_all_cells ? 2 : 0;
    decoded.tick_um = grid.geometry.tick_um;
    decoded.column_millidegrees = grid.geometry.column_millidegrees;
    decoded.elevation.assign(elevation.begin(), elevation.end());
    decoded.range.assign(grid.range.size(), 0);
    decoded.intensity.assign(grid.range.size(), 0);
    const plain::Octets network = inter == nullptr ? plain::Octets{} : octets(network_file(network_id(*inter)));
    for (uint32_t i = 0; i < 2; ++i) {
      const GridSlice slice = encode_grid_slice(grid, coding, i);
      const auto [first, end] = slice_columns(grid.columns, 2, i);
      plain::decode_inter_ranges(octets(slice.ranges), decoded, plain_reference, first, end, network);
      plain::decode_inter_intensities(octets(slice.intensity), decoded, plain_reference, first, end, inter != nullptr);
    }
    for (size_t cell = 0; cell < grid.range.size(); ++cell) {
      ASSERT_EQ(decoded.range[cell], grid.range[cell]) << "frame " << frame << ", cell " << cell;
      const bool has = grid.range[cell] != 0 || coding.intensity_of_all_cells;
      ASSERT_EQ(decoded.intensity[cell], has ? grid.intensity[cell] : 0) << "frame " << frame << ", cell " << cell;
    }
    before = now;
  }
}

const World kWorlds[] = {
    {},
    {.rows = 9, .columns = 120, .falls = true, .shifted = true},
    {.shifted = true, .holes = true, .step = 24},
    {.rows = 1, .columns = 60, .turn = 0, .has_intensity = false},
};

TEST(SlicesThatRefer, UnderContextsAreWhatThePageSays) {
  for (uint32_t seed = 0; seed < 8; ++seed) expect_the_same_cells(kWorlds[seed % 4], seed, nullptr, nullptr);
}

TEST(SlicesThatRefer, UnderNetworksAreWhatThePageSays) {
  const Result<const IntNet*> intra = choose_range_network(Effort::normal, ""), inter = choose_inter_network("");
  ASSERT_TRUE(intra.ok() && inter.ok());
  if (*intra == nullptr || *inter == nullptr) GTEST_SKIP() << "no networks are compiled in";
  for (uint32_t seed = 0; seed < 4; ++seed) expect_the_same_cells(kWorlds[seed], seed, *intra, *inter);
}

}  // namespace
}  // namespace dew
