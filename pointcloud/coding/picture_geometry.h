// SPDX-License-Identifier: Apache-2.0
/// Where the cells of a decoded picture look, in a frame that turns with no sensor: x where the azimuth is 0, y a quarter turn on, z up.
/// Whether azimuths go round to the left or to the right does not matter: the motion between two such frames is what counts.
///
///   const PictureGeometry geometry(picture);                     // REQUIRES: PictureGeometry::has(picture)
///   const Vec3 p = geometry.point(row, column, range_m);
///   if (const auto cell = geometry.cell(moved, length(moved))) ...
///
/// A column of the grid is a direction: that of the firing column of its number, for all rows. Offsets of lasers are left out: between two
/// frames they make a difference of second order. Bit-exact.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "entropy/exact_math.h"
#include "pointcloud/coding/ego_motion.h"
#include "pointcloud/sensor/small_matrix.h"

namespace dew {

inline constexpr double kTurn_rad = 6.283185307179586;
/// Rows farther from a beam than this many spacings of rows see nothing of it.
inline constexpr double kRowReach = 0.75;

/// Directions of a picture's cells, and which cell sees a point.
class PictureGeometry {
 public:
  explicit PictureGeometry(const FramePicture& picture) : azimuths_(picture.cells.azimuths), rows_(picture.cells.rows) {
    const double units = azimuths_.units_per_turn;
    const auto turn = static_cast<int64_t>(azimuths_.units_per_turn);
    for (const int32_t azimuth : azimuths_.column_azimuth)
      columns_.push_back(exact::sincos(static_cast<double>(azimuth % turn) * (kTurn_rad / units)));
    for (uint32_t row = 0; row < rows_; ++row)
      elevations_.push_back(exact::sincos(picture.elevation_centidegrees[row] * (kTurn_rad / 36000)));
    fill_bins(turn);
  }
  static bool has(const FramePicture& picture) {
    return picture.cells.azimuths.units_per_turn > 0 && picture.cells.columns() > 0 && picture.cells.rows > 1 &&
           picture.elevation_centidegrees.size() == picture.cells.rows;
  }

  Vec3 point(uint32_t row, uint32_t column, double range_m) const {
    const exact::SinCos& a = columns_[column];
    const double flat = range_m * elevations_[row].cos;
    return {flat * a.cos, flat * a.sin, range_m * elevations_[row].sin};
  }
  /// The cell that looks at `p`, whose distance is given; nothing above, below or beside all beams.
  std::optional<size_t> cell(const Vec3& p, double distance_m) const {
    const std::optional<uint32_t> row = row_of(p.z / distance_m);
    if (!row) return std::nullopt;
    const double turns = exact::atan2(p.y, p.x) / kTurn_rad;
    const auto bin = static_cast<size_t>((turns < 0 ? turns + 1 : turns) * static_cast<double>(bins_.size()));
    const uint32_t column = bins_[std::min(bin, bins_.size() - 1)];
    if (column == kNone) return std::nullopt;
    return size_t{*row} * azimuths_.columns() + column;
  }

 private:
  static constexpr uint32_t kNone = 0xFFFFFFFF;

  /// Four bins a column, each with the firing column nearest to it; bins farther than a few from any have none.
  void fill_bins(int64_t turn) {
    const size_t count = size_t{azimuths_.columns()} * 4;
    bins_.assign(count, kNone);
    for (uint32_t column = 0; column < azimuths_.columns(); ++column) {
      const int64_t azimuth = (azimuths_.column_azimuth[column] % turn + turn) % turn;
      bins_[static_cast<size_t>(azimuth * static_cast<int64_t>(count) / turn)] = column;
    }
    constexpr int kReach = 4;
    for (int pass = 0; pass < kReach; ++pass) {
      const std::vector<uint32_t> before = bins_;
      for (size_t i = 0; i < count; ++i) {
        if (before[i] != kNone) continue;
        const uint32_t left = before[(i + count - 1) % count], right = before[(i + 1) % count];
        bins_[i] = left != kNone ? left : right;
      }
    }
  }

  /// Rows fall; the one whose sine is nearest.
  std::optional<uint32_t> row_of(double sine) const {
    uint32_t low = 0, high = rows_ - 1;
    while (low < high) {
      const uint32_t middle = (low + high) / 2;
      if (elevations_[middle].sin > sine) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    uint32_t row = low;
    if (row > 0 && elevations_[row - 1].sin - sine < sine - elevations_[row].sin) --row;
    const double above = row > 0 ? elevations_[row - 1].sin - elevations_[row].sin : elevations_[0].sin - elevations_[1].sin;
    const double below = row + 1 < rows_ ? elevations_[row].sin - elevations_[row + 1].sin : above;
    const double away = sine - elevations_[row].sin;
    if (away > kRowReach * above || -away > kRowReach * below) return std::nullopt;
    return row;
  }

  const GridAzimuths& azimuths_;
  uint32_t rows_;
  std::vector<exact::SinCos> columns_, elevations_;
  std::vector<uint32_t> bins_;
};

/// Points of the frame before in the frame of now.
struct PictureMover {
  explicit PictureMover(const EgoMotion& motion)
      : turn(rotation_matrix({motion.rotation_urad[0] * 1e-6, motion.rotation_urad[1] * 1e-6, motion.rotation_urad[2] * 1e-6})),
        step{motion.translation_mm[0] * 1e-3, motion.translation_mm[1] * 1e-3, motion.translation_mm[2] * 1e-3} {}
  Vec3 operator()(const Vec3& p) const { return turn * p + step; }
  Mat3 turn;
  Vec3 step;
};

}  // namespace dew
