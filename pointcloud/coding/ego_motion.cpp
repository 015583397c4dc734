// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/ego_motion.h"

#include <algorithm>
#include <cmath>

#include "pointcloud/coding/picture_geometry.h"
#include "pointcloud/sensor/small_matrix.h"

namespace dew {
namespace {

constexpr int32_t kMostMotion = 1 << 23;

std::optional<int32_t> whole(double value) {
  if (!(std::abs(value) < kMostMotion)) return std::nullopt;
  return static_cast<int32_t>(std::lround(value));
}

Mat3 rotation_of(const Pose& pose) { return {{{pose[0], pose[1], pose[2]}, {pose[4], pose[5], pose[6]}, {pose[8], pose[9], pose[10]}}}; }

}  // namespace

void write_ego_motion(const EgoMotion& motion, ByteWriter& writer) {
  for (const int32_t number : motion.rotation_urad) writer.signed_varint(number);
  for (const int32_t number : motion.translation_mm) writer.signed_varint(number);
}

Result<EgoMotion> read_ego_motion(ByteReader& reader) {
  EgoMotion motion;
  for (std::array<int32_t, 3>* numbers : {&motion.rotation_urad, &motion.translation_mm}) {
    for (int32_t& number : *numbers) {
      DEW_ASSIGN(const int64_t value, reader.signed_varint());
      if (value < -kMostMotion || value > kMostMotion) return Error{Code::corrupt, reader.offset(), "a motion is out of range"};
      number = static_cast<int32_t>(value);
    }
  }
  return motion;
}

std::optional<EgoMotion> motion_between(const Pose& before, const Pose& now) {
  const Mat3 from_world = transposed(rotation_of(now));
  const Mat3 turn = from_world * rotation_of(before);
  const Vec3 moved = from_world * Vec3{before[3] - now[3], before[7] - now[7], before[11] - now[11]};
  // The axis times twice the sine: good for the small turns between frames.
  const Vec3 sine{(turn.row[2].y - turn.row[1].z) / 2, (turn.row[0].z - turn.row[2].x) / 2, (turn.row[1].x - turn.row[0].y) / 2};
  const double size = length(sine), trace = turn.row[0].x + turn.row[1].y + turn.row[2].z;
  const double angle = std::atan2(size, (trace - 1) / 2);
  const Vec3 rotation = size > 1e-12 ? sine * (angle / size) : Vec3{0, 0, 0};
  EgoMotion motion;
  const double numbers[] = {rotation.x * 1e6, rotation.y * 1e6, rotation.z * 1e6, moved.x * 1e3, moved.y * 1e3, moved.z * 1e3};
  for (size_t i = 0; i < 6; ++i) {
    const std::optional<int32_t> number = whole(numbers[i]);
    if (!number) return std::nullopt;
    (i < 3 ? motion.rotation_urad : motion.translation_mm)[i % 3] = *number;
  }
  return motion;
}

namespace {

/// A cell without a return, as far away as this when the picture is moved.
constexpr double kFar_m = 150;

/// Calls visit(row, column, cell).
template <class Visit>
void for_each_cell(const DecodedPicture& picture, Visit&& visit) {
  for (uint32_t row = 0; row < picture.rows; ++row) {
    for (uint32_t column = 0; column < picture.columns(); ++column) visit(row, column, size_t{row} * picture.columns() + column);
  }
}

}  // namespace

namespace {

/// Surfaces of a picture: where a beam that points elsewhere would meet what a cell met.
class Surfaces {
 public:
  Surfaces(const FramePicture& picture, const PictureGeometry& geometry)
      : cells_(picture.cells), geometry_(geometry), tick_m_(picture.tick_um * 1e-6) {}

  Vec3 point(uint32_t row, uint32_t column) const { return geometry_.point(row, column, range_m(row, column)); }
  /// Square to the surface, of any length; nothing where the neighbours do not lie on one.
  std::optional<Vec3> normal(uint32_t row, uint32_t column) const {
    constexpr double kBentAcross = 0.02, kBentAlong = 0.04;
    const uint32_t columns = cells_.columns();
    if (row == 0 || row + 1 >= cells_.rows || columns < 3) return std::nullopt;
    const uint32_t left = column == 0 ? columns - 1 : column - 1, right = column + 1 == columns ? 0 : column + 1;
    if (!is_straight(row, left, row, column, row, right, kBentAcross) ||
        !is_straight(row - 1, column, row, column, row + 1, column, kBentAlong))
      return std::nullopt;
    return cross(point(row, right) - point(row, left), point(row + 1, column) - point(row - 1, column));
  }

 private:
  double range_m(uint32_t row, uint32_t column) const { return cells_.range[size_t{row} * cells_.columns() + column] * tick_m_; }
  /// Along a plane the inverse of the range is a straight line, nearly.
  bool is_straight(uint32_t row_a, uint32_t column_a, uint32_t row, uint32_t column, uint32_t row_b, uint32_t column_b, double bent) const {
    for (const size_t cell : {size_t{row_a} * cells_.columns() + column_a, size_t{row_b} * cells_.columns() + column_b}) {
      if (cells_.range[cell] == 0 || cells_.range[cell] == kNothingKnown) return false;
    }
    const double middle = range_m(row, column);
    return std::abs(middle / range_m(row_a, column_a) + middle / range_m(row_b, column_b) - 2) < bent;
  }

  const DecodedPicture& cells_;
  const PictureGeometry& geometry_;
  double tick_m_;
};

/// How far away a beam in the direction `beam` (of length 1) meets the plane through `p` square to `normal`; `distance`, that of p, where
/// it only grazes the plane or meets it elsewhere.
double distance_along(const Vec3& beam, const Vec3& p, const Vec3& normal, double distance) {
  constexpr double kGrazing = 0.01, kLeast = 0.8, kMost = 1.25;
  const double slope = dot(normal, beam);
  if (!(std::abs(slope) > kGrazing * length(normal))) return distance;
  const double met = dot(normal, p) / slope;
  return met > kLeast * distance && met < kMost * distance ? met : distance;
}

}  // namespace

DecodedPicture warp(const FramePicture& before, const EgoMotion& motion) {
  const DecodedPicture& cells = before.cells;
  if (!PictureGeometry::has(before)) return cells;
  const PictureGeometry geometry(before);
  const Surfaces surfaces(before, geometry);
  const PictureMover move(motion);
  const double tick_m = before.tick_um * 1e-6;
  DecodedPicture moved = cells;
  std::fill(moved.range.begin(), moved.range.end(), kNothingKnown);
  for_each_cell(cells, [&](uint32_t row, uint32_t column, size_t from) {
    const uint32_t range = cells.range[from];
    if (range == 0 || range == kNothingKnown) return;
    const Vec3 p = move(surfaces.point(row, column));
    double distance = length(p);
    if (!(distance > tick_m)) return;
    const std::optional<size_t> to = geometry.cell(p, distance);
    if (!to) return;
    if (const std::optional<Vec3> normal = surfaces.normal(row, column)) {
      const auto to_row = static_cast<uint32_t>(*to / cells.columns()), to_column = static_cast<uint32_t>(*to % cells.columns());
      distance = distance_along(geometry.point(to_row, to_column, 1), p, move.turn * *normal, distance);
    }
    const auto ticks = static_cast<uint32_t>(std::min(distance / tick_m + 0.5, 16777215.0));
    if (moved.range[*to] <= ticks) return;
    moved.range[*to] = ticks;
    if (!cells.intensity.empty()) moved.intensity[*to] = cells.intensity[from];
  });
  // Where nothing was seen, nothing is seen from here either, unless something moved there.
  for_each_cell(cells, [&](uint32_t row, uint32_t column, size_t from) {
    if (cells.range[from] != 0) return;
    const Vec3 p = move(geometry.point(row, column, kFar_m));
    const std::optional<size_t> to = geometry.cell(p, length(p));
    if (!to || moved.range[*to] != kNothingKnown) return;
    moved.range[*to] = 0;
    if (!cells.intensity.empty()) moved.intensity[*to] = cells.intensity[from];
  });
  return moved;
}

}  // namespace dew
