// SPDX-License-Identifier: Apache-2.0
/// Motion compensation of column-ordered spinning lidars: each column of a sweep has its own pose, and the points went through a far-away
/// coordinate frame in single precision on their way into the file. This is what a decoder computes.
///
///   const ColumnPoses poses(motion, columns);
///   Float3 p = poses.point(column, measured);                  // measured: lattice point, metres, sensor frame
///   Float3 very = poses.point(column, measured, residue);      // the very floats of the file
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "pointcloud/sensor/comb.h"
#include "pointcloud/sensor/small_matrix.h"

namespace dew {

/// Units of the integers below: powers of two, so that the doubles made of them are exact. Part of the format.
inline constexpr double kFrameRotationUnit_rad = 0x1p-44;
inline constexpr double kPositionUnit_m = 0x1p-36;
inline constexpr double kVelocityUnit_m = 0x1p-46;  // a column
inline constexpr double kAngleUnit_rad = 0x1p-40;
inline constexpr double kAngularRateUnit_rad = 0x1p-50;  // a column

using Int3 = std::array<int64_t, 3>;

/// A coordinate frame in which the points were once single-precision numbers (a map, say, hundreds of metres away): there they lie on a
/// grid of some 10 to 100 micrometres. v = rotation * p + origin; v was rounded to a float, or to 2^floor_exponent where that is coarser.
struct RoundedFrame {
  bool present = false;                    ///< false: v = p, nothing was rounded
  Int3 rotation{};                         ///< rotation vector in kFrameRotationUnit_rad
  std::array<double, 3> origin_m{};        ///< |origin| < 2^40
  std::array<int8_t, 3> floor_exponent{};  ///< -60 to 0
  bool operator==(const RoundedFrame&) const = default;
};

/// The pose from column `first_column` to the next piece: a constant velocity and turn rate.
/// At k columns after the first: turn = rotation vector (angle + rate k), place = position + velocity k, in the axes of the rounded frame.
struct MotionPiece {
  uint32_t first_column = 0;
  Int3 position{};  ///< kPositionUnit_m
  Int3 velocity{};  ///< kVelocityUnit_m
  Int3 angle{};     ///< kAngleUnit_rad
  Int3 rate{};      ///< kAngularRateUnit_rad
  bool operator==(const MotionPiece&) const = default;
};

/// Pieces in order of first_column, the first at column 0; none: no motion.
struct ColumnMotion {
  RoundedFrame frame;
  std::vector<MotionPiece> pieces;
  bool operator==(const ColumnMotion&) const = default;
};

/// What is left between a computed point and the file's floats.
struct PointResidue {
  std::array<int32_t, 3> frame{};  ///< steps of the rounded frame's grid
  std::array<int32_t, 3> file{};   ///< steps from float to next float, in the file
  bool operator==(const PointResidue&) const = default;
  bool zero() const { return *this == PointResidue{}; }
};

/// The poses of all columns. Immutable, so any number of threads may use one. Any numbers are taken; wild ones give wild points.
/// Bit-exact: part of the format. Cost: 0.3 us a column; 30 ns a point.
class ColumnPoses {
 public:
  ColumnPoses(const ColumnMotion& motion, uint32_t columns);

  uint32_t columns() const { return static_cast<uint32_t>(poses_.size()); }
  /// Requires column < columns().
  Float3 point(uint32_t column, const Vec3& measured_m) const { return point(column, measured_m, PointResidue{}); }
  Float3 point(uint32_t column, const Vec3& measured_m, const PointResidue& residue) const;
  /// The residue under which point() gives `wanted`, bit for bit, or nothing (not finite, or more than 2^20 steps away). Encoders.
  std::optional<PointResidue> residue(uint32_t column, const Vec3& measured_m, const Float3& wanted) const;
  /// Where a point of the file was measured, to 1e-7 m. Encoders.
  Vec3 measured(uint32_t column, const Vec3& point_m) const;

 private:
  struct Pose {
    Mat3 turn;  // sensor to rounded frame
    Vec3 place_m;
  };
  Vec3 rounded(const Vec3& v, const std::array<int32_t, 3>& steps) const;
  Float3 filed(const Vec3& rounded_m, const std::array<int32_t, 3>& steps) const;

  bool rounds_ = false;
  Mat3 frame_;
  Mat3 frame_back_;
  Vec3 origin_m_;
  std::array<int, 3> floor_exponent_{};
  std::vector<Pose> poses_;
};

}  // namespace dew
