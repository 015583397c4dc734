// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/column_motion.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace dew {
namespace {

constexpr int kFloatMantissaBits = 23;
constexpr int32_t kMaxSteps = 1 << 20;

Vec3 scaled(const Int3& v, double unit) {
  return {static_cast<double>(v[0]) * unit, static_cast<double>(v[1]) * unit, static_cast<double>(v[2]) * unit};
}

/// Floats in order as integers: neighbours differ by 1, -0 is one below +0.
int32_t float_rank(float value) {
  const int32_t bits = std::bit_cast<int32_t>(value);
  return bits >= 0 ? bits : static_cast<int32_t>(~(static_cast<uint32_t>(bits) & 0x7FFFFFFFu));
}
float float_at_rank(int32_t rank) {
  const uint32_t bits = static_cast<uint32_t>(rank);
  return std::bit_cast<float>(rank >= 0 ? bits : (~bits | 0x80000000u));
}

/// Spacing of single-precision numbers about `value`, at least 2^floor_exponent. From the exponent bits, so that no library is asked.
double spacing(double value, int floor_exponent) {
  const int exponent = static_cast<int>((std::bit_cast<uint64_t>(value) >> 52) & 0x7FF) - 1023 - kFloatMantissaBits;
  const int used = std::clamp(std::max(exponent, floor_exponent), -1000, 900);
  return std::bit_cast<double>(static_cast<uint64_t>(used + 1023) << 52);
}

/// The nearest multiple of `step` (a power of two), then `steps` on. Doubles throughout: a detour through float could be optimised away.
double snapped(double value, double step, int32_t steps) {
  constexpr double kMagic = 6755399441055744.0;  // 1.5 * 2^52: adding it leaves no room for a fraction
  const double scaled_value = value / step;
  const double whole = std::abs(scaled_value) < 0x1p50 ? (scaled_value + kMagic) - kMagic : scaled_value;
  return (whole + steps) * step;
}

}  // namespace

ColumnPoses::ColumnPoses(const ColumnMotion& motion, uint32_t columns)
    : rounds_(motion.frame.present),
      frame_(rotation_matrix(rounds_ ? scaled(motion.frame.rotation, kFrameRotationUnit_rad) : Vec3{})),
      frame_back_(transposed(frame_)) {
  if (rounds_) {
    origin_m_ = {motion.frame.origin_m[0], motion.frame.origin_m[1], motion.frame.origin_m[2]};
    for (size_t axis = 0; axis < 3; ++axis) floor_exponent_[axis] = motion.frame.floor_exponent[axis];
  }
  poses_.reserve(columns);
  MotionPiece still;
  size_t next = 0;
  const MotionPiece* piece = &still;
  for (uint32_t column = 0; column < columns; ++column) {
    while (next < motion.pieces.size() && motion.pieces[next].first_column <= column) piece = &motion.pieces[next++];
    const double k = static_cast<double>(column) - piece->first_column;
    const Vec3 turn = scaled(piece->angle, kAngleUnit_rad) + scaled(piece->rate, kAngularRateUnit_rad) * k;
    const Vec3 place = scaled(piece->position, kPositionUnit_m) + scaled(piece->velocity, kVelocityUnit_m) * k;
    poses_.push_back({frame_ * rotation_matrix(turn), place});
  }
}

Vec3 ColumnPoses::rounded(const Vec3& v, const std::array<int32_t, 3>& steps) const {
  if (!rounds_) return v;
  const double x = v.x + origin_m_.x, y = v.y + origin_m_.y, z = v.z + origin_m_.z;
  return {snapped(x, spacing(x, floor_exponent_[0]), steps[0]) - origin_m_.x,
          snapped(y, spacing(y, floor_exponent_[1]), steps[1]) - origin_m_.y,
          snapped(z, spacing(z, floor_exponent_[2]), steps[2]) - origin_m_.z};
}

Float3 ColumnPoses::filed(const Vec3& rounded_m, const std::array<int32_t, 3>& steps) const {
  const Vec3 p = frame_back_ * rounded_m;
  Float3 result{static_cast<float>(p.x), static_cast<float>(p.y), static_cast<float>(p.z)};
  for (size_t axis = 0; axis < 3; ++axis) {
    if (steps[axis] == 0) continue;
    const uint32_t rank = static_cast<uint32_t>(float_rank(result[axis])) + static_cast<uint32_t>(steps[axis]);
    result[axis] = float_at_rank(static_cast<int32_t>(rank));
  }
  return result;
}

Float3 ColumnPoses::point(uint32_t column, const Vec3& measured_m, const PointResidue& residue) const {
  const Pose& pose = poses_[column];
  return filed(rounded(pose.turn * measured_m + pose.place_m, residue.frame), residue.file);
}

Vec3 ColumnPoses::measured(uint32_t column, const Vec3& point_m) const {
  const Pose& pose = poses_[column];
  return transposed(pose.turn) * (frame_ * point_m - pose.place_m);
}

std::optional<PointResidue> ColumnPoses::residue(uint32_t column, const Vec3& measured_m, const Float3& wanted) const {
  PointResidue result;
  const Pose& pose = poses_[column];
  const Vec3 v = pose.turn * measured_m + pose.place_m;
  if (!std::isfinite(wanted[0]) || !std::isfinite(wanted[1]) || !std::isfinite(wanted[2])) return std::nullopt;
  if (rounds_) {
    const Vec3 difference = frame_ * Vec3{wanted[0], wanted[1], wanted[2]} - rounded(v, result.frame);
    const double by_axis[3] = {difference.x, difference.y, difference.z};
    const double at[3] = {v.x + origin_m_.x, v.y + origin_m_.y, v.z + origin_m_.z};
    for (size_t axis = 0; axis < 3; ++axis) {
      const double steps = by_axis[axis] / spacing(at[axis], floor_exponent_[axis]);
      if (!(std::abs(steps) < kMaxSteps)) return std::nullopt;
      result.frame[axis] = static_cast<int32_t>(std::lround(steps));
    }
  }
  // The file's floats tell the last axis of the frame only to about a step: take the neighbour nearest to 0 that gives the very floats.
  const auto file_steps = [&](const std::array<int32_t, 3>& frame_steps, std::array<int64_t, 3>& steps) {
    const Float3 computed = filed(rounded(v, frame_steps), {0, 0, 0});
    int64_t sum = 0;
    for (size_t axis = 0; axis < 3; ++axis) {
      steps[axis] = static_cast<int64_t>(float_rank(wanted[axis])) - float_rank(computed[axis]);
      sum += std::abs(steps[axis]);
    }
    return sum;
  };
  std::array<int64_t, 3> best;
  int64_t best_sum = file_steps(result.frame, best);
  if (rounds_) {
    const std::array<int32_t, 3> nearest = result.frame;
    for (int32_t change = -2; change <= 2; ++change) {
      std::array<int32_t, 3> other = nearest;
      other[2] += change;
      std::array<int64_t, 3> steps;
      const int64_t sum = file_steps(other, steps);
      if (sum < best_sum || (sum == best_sum && std::abs(other[2]) < std::abs(result.frame[2]))) {
        best_sum = sum;
        best = steps;
        result.frame = other;
      }
    }
  }
  for (size_t axis = 0; axis < 3; ++axis) {
    if (std::abs(best[axis]) > kMaxSteps) return std::nullopt;
    result.file[axis] = static_cast<int32_t>(best[axis]);
  }
  return result;
}

}  // namespace dew
