// SPDX-License-Identifier: Apache-2.0
/// Where the cells of a decoded picture look, in a frame that turns with no sensor: x where the azimuth is 0, y a quarter turn on, z up.
/// Whether azimuths go round to the left or to the right does not matter: the motion between two such frames is what counts.
///
///   const PictureGeometry geometry(picture);                     // REQUIRES: PictureGeometry::has(picture)
///   const Vec3 p = geometry.point(row, column, range_m);
///   if (const auto cell = geometry.cell(moved)) ...              // which cell sees a point
///   if (const auto share = geometry.nearness(moved)) ...         // and what all around it measured
///   const NearnessOfMany near = geometry.nearness(points);       // of eight points at once
///
/// A column of the grid is a direction: that of the firing column of its number, for all rows. Bit-exact: + - * / sqrt and
/// entropy/exact_math.h. Bytes: none; pointcloud/FORMAT.md, "Motion". Cost: about 10 ns a cell to make, 80 ns a question, 20 where eight
/// are asked at once with AVX-512.
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

/// Points that are asked about at once. A bit of a mask stands for each; those without one are not looked at.
struct ManyPoints {
  static constexpr size_t kCount = 8;
  using Numbers = std::array<double, kCount>;

  Numbers x{}, y{}, z{};
  uint32_t asked = 0;

  void set(size_t i, const Vec3& p) {
    x[i] = p.x;
    y[i] = p.y;
    z[i] = p.z;
    asked |= 1u << i;
  }
  Vec3 operator[](size_t i) const { return {x[i], y[i], z[i]}; }
};
/// Of each: PictureGeometry::Nearness, where `known` says that there is one.
struct NearnessOfMany {
  ManyPoints::Numbers share;
  uint32_t known = 0, inside = 0;
};
/// Of each: the cell that looks at it, where `known` says that there is one.
struct CellsOfMany {
  std::array<uint32_t, ManyPoints::kCount> cell;
  uint32_t known = 0;
};

/// Numbers that all questions are answered from.
struct GeometryTables {
  /// Of rows, from the highest: tangent of the elevation; where the beam begins, beside the axis and above it.
  std::vector<double> row_tan, row_beside_m, row_above_m;
  /// Columns by direction: a number that rises with it from 0 to 4 around the turn, and the direction. The first one stands at the end
  /// once more.
  std::vector<double> ring_place, ring_cos, ring_sin;
  std::vector<double> ring_joins;     ///< 1: the next one is near enough to look between them; else 0
  std::vector<uint32_t> ring_column;  ///< of the grid
  std::vector<uint32_t> ring_first;   ///< by quarter of a usual column: how many of the ring lie below it
  std::vector<double> inverse;        ///< 1 / horizontal distance, row after row, columns as in the ring; 0: no return

  uint32_t rows() const { return static_cast<uint32_t>(row_tan.size()); }
  uint32_t columns() const { return static_cast<uint32_t>(ring_column.size() - 1); }

  /// Rows farther from a beam than this many spacings of rows see nothing of it.
  static constexpr double kRowReach = 0.75;
  /// Neighbouring columns farther apart than so many even steps have a gap between them.
  static constexpr double kColumnReach = 4;
  /// Two inverse distances that differ by less are of one surface, whatever lies around; three on a line within kBent are too.
  static constexpr double kOneSurface = 0.03, kBent = 0.04;
};

/// Directions of a picture's cells, which cell sees a point, and the surface that they measured.
class PictureGeometry {
 public:
  /// Of beams alone: point() is all that may be asked.
  enum class Of { beams, surface };
  explicit PictureGeometry(const FramePicture& picture, Of of = Of::surface);
  static bool has(const FramePicture& picture);

  Vec3 point(uint32_t row, uint32_t column, double range_m) const {
    const exact::SinCos &beam = beams_[row], &a = columns_[column];
    const double flat = range_m * beam.cos, beside_m = tables_.row_beside_m[row];
    return {flat * a.cos + beside_m * a.sin, flat * a.sin - beside_m * a.cos, range_m * beam.sin + tables_.row_above_m[row]};
  }
  /// The cell that looks at `p`; nothing above, below or beside all beams, or at the axis.
  std::optional<size_t> cell(const Vec3& p) const;
  CellsOfMany cells(const ManyPoints& points) const;

  /// How far away `p` is in parts of how far away the picture's surface is in that direction: 1 on it, below 1 before it.
  struct Nearness {
    double share;
    bool inside;  ///< between rows that see one surface; else what the nearest row saw
  };
  std::optional<Nearness> nearness(const Vec3& p) const;
  NearnessOfMany nearness(const ManyPoints& points) const;

 private:
  /// Columns of the ring to both sides of a direction, and where it lies between them: 0 at the left one, 1 at the right one.
  struct Between {
    uint32_t left, right;
    double place;
  };
  void fill_columns(const GridAzimuths& azimuths);
  void fill_ring();
  void fill_surface(const FramePicture& picture);
  /// The first row that looks below `p`; as many as there are rows where none does.
  uint32_t row_below(const Vec3& p, double flat_m) const;
  /// How far `p` lies above the beam of a row.
  double over(uint32_t row, const Vec3& p, double flat_m) const { return p.z - tables_.row_above_m[row] - tables_.row_tan[row] * flat_m; }
  std::optional<Between> columns_around(uint32_t row, const Vec3& p, double flat_m) const;
  /// columns_around of the row that was asked last: rows whose lasers begin at one distance from the axis, mostly all, have them in common.
  struct LastAround {
    std::optional<double> beside_m;
    std::optional<Between> columns;
  };
  /// One by the surface's horizontal distance, as a row saw it in the direction of `p`; 0: not seen. `last` is of the same point.
  double inverse_of_row(uint32_t row, const Vec3& p, double flat_m, LastAround& last) const;
  bool is_straight(uint32_t top, const std::array<double, 3>& inverse) const;

  std::vector<exact::SinCos> beams_;    ///< elevation of a row
  std::vector<exact::SinCos> columns_;  ///< a column of the grid
  GeometryTables tables_;
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
