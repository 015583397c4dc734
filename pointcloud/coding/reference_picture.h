// SPDX-License-Identifier: Apache-2.0
/// Frames decoded earlier, as a frame that is coded now sees them: resampled onto its grid by encoder angle.
///
///   Background background(picture.rows, bins, picture.azimuths.units_per_turn);      // standing sensors; optional
///   background.add(picture);                                                         // of every frame, in coded order
///   const ReferencePicture reference = resample(picture, &background, azimuths, {.range_step = 1, .frame_distance = 1});
///   coding.reference = &reference;                                                   // grid_codec.h
///
/// Of a moving sensor the picture is first warped to the pose of now by whoever knows the motion; what no point fell on is kNothingKnown.
/// A row is the same laser in all of them, ranges are native ticks of the same size. All integers: encoder and decoder compute the same
/// on every machine, from the same pictures. Threads: a ReferencePicture may be read by many. Cost: about 10 ns a cell to resample, 10 ns a
/// bin to add. Bytes: none; pointcloud/FORMAT.md, "Reference pictures", says what is computed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dew {

/// Where the cells of a grid look. Cell (row, column) was fired in firing column (column - row_shift[row]) modulo columns.
struct GridAzimuths {
  uint32_t units_per_turn = 36000;      ///< 0: columns are told apart by their number alone
  std::vector<int32_t> column_azimuth;  ///< encoder angle of a firing column, any number of turns; rising or falling
  std::vector<uint32_t> row_shift;      ///< columns, a row; below the number of columns. Empty: no row is shifted
  bool operator==(const GridAzimuths&) const = default;

  uint32_t columns() const { return static_cast<uint32_t>(column_azimuth.size()); }
  /// REQUIRES: column < columns().
  uint32_t firing_column(uint32_t row, uint32_t column) const {
    const uint32_t shift = row_shift.empty() ? 0 : row_shift[row];
    return column >= shift ? column - shift : column + columns() - shift;
  }
  uint32_t grid_column(uint32_t row, uint32_t firing_column) const {
    const uint32_t column = firing_column + (row_shift.empty() ? 0 : row_shift[row]);
    return column < columns() ? column : column - columns();
  }
};

/// Range of a cell of which nothing is known: a lost slice, or a hole of a warped picture.
inline constexpr uint32_t kNothingKnown = 0xFFFFFFFF;

/// A frame decoded earlier. Cells row after row, as in RangeGrid.
struct DecodedPicture {
  uint32_t rows = 0;
  GridAzimuths azimuths;
  std::vector<uint32_t> range;     ///< native ticks a cell; 0: no return; kNothingKnown. More than 2^24 counts as 2^24
  std::vector<uint8_t> intensity;  ///< a cell; empty: none
  uint32_t range_step = 1;         ///< native ticks in the steps that it was coded in: ranges may be off by half of that
  bool operator==(const DecodedPicture&) const = default;

  uint32_t columns() const { return azimuths.columns(); }
};

/// Ranges of reference cells that are no ranges.
inline constexpr int32_t kReferenceEmpty = 0, kReferenceUnknown = -1;

/// What the frame that is coded now may look at. Arrays of cells have kMargin columns more on each side of a row, which go on around the
/// turn: cell (row, column) is at row * stride() + kMargin + column.
struct ReferencePicture {
  static constexpr uint32_t kMargin = 4;

  uint32_t rows = 0;
  uint32_t columns = 0;
  uint32_t frame_distance = 1;  ///< frames since the reference; 1 and more
  bool has_background = false;

  /// Of the same laser, the nearest firings of the reference to the left (the side that is coded first) and to the right:
  /// 1/16 of a range step of now; kReferenceEmpty, kReferenceUnknown.
  std::vector<int32_t> left, right;
  /// What the reference says of this cell: between the two where they are one surface, else the nearer one that has a return.
  std::vector<int32_t> guess;
  /// Where this cell lies between the two: 0 at the left one, 255 at the right one.
  std::vector<uint8_t> place;
  /// Of the left and of the right one; 0 without a return. Empty where the reference has none.
  std::vector<uint8_t> left_intensity, right_intensity;
  /// Long-term mean, 1/16 of a range step of now; kReferenceEmpty: mostly no return; kReferenceUnknown. Empty without a background.
  std::vector<int32_t> background;
  std::vector<uint8_t> background_spread;  ///< 4 log2(1 + mean distance from the mean in 1/16 steps), 0 to 255
  std::vector<uint8_t> background_seen;    ///< frames that agreed with the mean, at most 255
  std::vector<uint8_t> background_empty;   ///< share of frames lately without a return, 1/256; 128 where nothing is known

  size_t stride() const { return size_t{columns} + 2 * kMargin; }
  size_t at(uint32_t row, uint32_t column) const { return row * stride() + kMargin + column; }
};

/// The long-term picture of a standing sensor: for each laser and bin of azimuth the mean range of what stands there, how far ranges lie
/// from it, how often it was seen. A range that contradicts it for some frames replaces it.
class Background {
 public:
  static constexpr uint32_t kMostBins = 1u << 22;

  /// `bins`: of a turn, 1 to kMostBins; as many as a frame has columns, or a few times that. `units_per_turn` as in GridAzimuths; where
  /// that is 0, the number of columns.
  Background(uint32_t rows, uint32_t bins, uint32_t units_per_turn);

  /// Learns from a decoded frame. Pictures of other rows or units are ignored.
  void add(const DecodedPicture& picture);

  uint32_t rows() const { return rows_; }
  uint32_t bins() const { return bins_; }
  uint32_t units_per_turn() const { return units_per_turn_; }
  bool operator==(const Background&) const = default;
  /// What a decoder charges to its budget.
  static uint64_t memory_bytes(uint32_t rows, uint32_t bins) { return uint64_t{rows} * bins * sizeof(Cell); }

 private:
  friend struct BackgroundReader;
  struct Cell {
    int32_t mean = 0;     ///< 1/16 tick; meaningless where seen is 0
    int32_t spread = 0;   ///< mean distance from the mean, 1/16 tick
    uint8_t seen = 0;     ///< agreed with the mean
    uint8_t missed = 0;   ///< contradicted it, one after the other
    uint8_t empty = 128;  ///< share of frames without a return lately, 1/256
    uint8_t looks = 0;    ///< frames that knew anything, at most 255
    bool operator==(const Cell&) const = default;
  };
  static void learn(Cell& cell, int32_t range_q4, int32_t step_q4);

  uint32_t rows_, bins_, units_per_turn_;
  std::vector<Cell> cells_;  ///< row after row
};

struct ReferenceOptions {
  uint32_t range_step = 1;      ///< native ticks in a range step of the frame that is coded now
  uint32_t frame_distance = 1;  ///< frames since the picture
  bool operator==(const ReferenceOptions&) const = default;
};

/// The picture, and the background where there is one, on the grid of `now`. A picture or background of other rows, units or no columns
/// counts as nothing known: the reference is then legal and useless. REQUIRES: `now` of `rows` rows has at least one column, range_step >
/// 0.
ReferencePicture resample(const DecodedPicture& picture, const Background* background, const GridAzimuths& now, uint32_t rows,
                          const ReferenceOptions& options);

/// What a decoder charges to its budget before resample().
uint64_t reference_memory_bytes(uint32_t rows, uint32_t columns);

}  // namespace dew
