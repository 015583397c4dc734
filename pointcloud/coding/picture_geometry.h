// SPDX-License-Identifier: Apache-2.0
/// Where the cells of a decoded picture look, in a frame that turns with no sensor: x where the azimuth is 0, y a quarter turn on, z up.
/// Whether azimuths go round to the left or to the right does not matter: the motion between two such frames is what counts.
///
///   const PictureGeometry geometry(picture);                     // REQUIRES: PictureGeometry::has(picture)
///   const Vec3 p = geometry.point(row, column, range_m);
///   if (const auto cell = geometry.cell(moved)) ...              // which cell sees a point
///   if (const auto share = geometry.nearness(moved)) ...         // and what all around it measured
///
/// A column of the grid is a direction: that of the firing column of its number, for all rows. Bit-exact: + - * / sqrt and
/// entropy/exact_math.h. Bytes: none; pointcloud/FORMAT.md, "Motion". Cost: about 50 ns a cell to make, 50 ns a question.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "entropy/exact_math.h"
#include "pointcloud/coding/ego_motion.h"
#include "pointcloud/sensor/small_matrix.h"

namespace dew {

/// Directions of a picture's cells, which cell sees a point, and the surface that they measured.
class PictureGeometry {
 public:
  explicit PictureGeometry(const FramePicture& picture);
  static bool has(const FramePicture& picture);

  Vec3 point(uint32_t row, uint32_t column, double range_m) const {
    const Row& beam = rows_[row];
    const exact::SinCos& a = columns_[column];
    const double flat = range_m * beam.cos;
    return {flat * a.cos + beam.beside_m * a.sin, flat * a.sin - beam.beside_m * a.cos, range_m * beam.sin + beam.above_m};
  }
  /// The cell that looks at `p`; nothing above, below or beside all beams, or at the axis.
  std::optional<size_t> cell(const Vec3& p) const;

  /// How far away `p` is in parts of how far away the picture's surface is in that direction: 1 on it, below 1 before it.
  struct Nearness {
    double share;
    bool inside;  ///< between rows that see one surface; else what the nearest row saw
  };
  std::optional<Nearness> nearness(const Vec3& p) const;

 private:
  struct Row {
    double cos, sin, tan, beside_m, above_m;
  };
  /// Columns of the ring to both sides of a direction, and where it lies between them: 0 at the left one, 1 at the right one.
  struct Between {
    uint32_t left, right;
    double place;
  };
  void fill_ring(const GridAzimuths& azimuths);
  void fill_surface(const FramePicture& picture);
  /// The first row that looks below `p`; as many as there are rows where none does.
  uint32_t row_below(const Vec3& p, double flat_m) const;
  std::optional<Between> columns_around(const Row& row, const Vec3& p, double flat_m) const;
  /// columns_around of the row that was asked last: rows whose lasers begin at one distance from the axis, mostly all, have them in common.
  struct LastAround {
    std::optional<double> beside_m;
    std::optional<Between> columns;
  };
  /// One by the surface's horizontal distance, as a row saw it in the direction of `p`; 0: not seen. `last` is of the same point.
  double inverse_of_row(uint32_t row, const Vec3& p, double flat_m, LastAround& last) const;
  bool is_straight(uint32_t top, const std::array<double, 3>& inverse) const;

  std::vector<Row> rows_;
  std::vector<exact::SinCos> columns_;  ///< a column of the grid
  std::vector<uint32_t> ring_;          ///< columns by direction
  std::vector<double> ring_place_;      ///< their directions, rising, 0 to 4
  std::vector<uint32_t> ring_first_;    ///< by quarter of a usual column: how many of the ring lie below it
  std::vector<double> inverse_;         ///< 1 / horizontal distance, row after row, columns as in the ring; 0: no return
};

/// Points of the frame before in the frame of now, and back.
struct PictureMover {
  explicit PictureMover(const EgoMotion& motion)
      : turn(rotation_matrix({motion.rotation_urad[0] * 1e-6, motion.rotation_urad[1] * 1e-6, motion.rotation_urad[2] * 1e-6})),
        back_turn(transposed(turn)),
        step{motion.translation_mm[0] * 1e-3, motion.translation_mm[1] * 1e-3, motion.translation_mm[2] * 1e-3} {}
  Vec3 operator()(const Vec3& p) const { return turn * p + step; }
  Vec3 back(const Vec3& p) const { return back_turn * (p - step); }
  Mat3 turn, back_turn;
  Vec3 step;
};

}  // namespace dew
