// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <vector>

#include "pointcloud/coding/ego_motion.h"
#include "pointcloud/coding/picture_geometry.h"
#include "pointcloud/sensor/small_matrix.h"

namespace dew {
namespace {

/// Where a point of the frame before should lie: on a plane of the frame of now.
struct Match {
  Vec3 point, on, normal;
  double away;
};

double range_m(const FramePicture& picture, size_t cell) {
  const uint32_t range = picture.cells.range[cell];
  return range == kNothingKnown ? 0 : range * (picture.tick_um * 1e-6);
}

/// Planes through a cell and its neighbours in the frame of now.
class Planes {
 public:
  explicit Planes(const FramePicture& now) : now_(now), geometry_(now) {}

  /// The match of a point, moved by the motion so far; nothing where there is no plane, or it is too far.
  std::optional<Match> match(const Vec3& p, double most_m) const {
    const double distance = length(p);
    if (!(distance > 0.5)) return std::nullopt;
    const std::optional<size_t> cell = geometry_.cell(p, distance);
    if (!cell) return std::nullopt;
    const uint32_t columns = now_.cells.columns(), row = static_cast<uint32_t>(*cell / columns),
                   column = static_cast<uint32_t>(*cell % columns);
    if (row == 0 || row + 1 >= now_.cells.rows) return std::nullopt;
    const std::optional<Vec3> here = at(row, column), left = at(row, (column + columns - 2) % columns),
                              right = at(row, (column + 2) % columns), up = at(row - 1, column), down = at(row + 1, column);
    if (!here || !left || !right || !up || !down) return std::nullopt;
    const Vec3 across = *right - *left, along = *down - *up;
    const double reach = 0.1 * length(*here) + 0.3;
    if (length(across) > reach || length(along) > 4 * reach) return std::nullopt;
    const Vec3 square = cross(across, along);
    const double size = length(square);
    if (!(size > 1e-9)) return std::nullopt;
    Match match{p, *here, square * (1 / size), 0};
    match.away = dot(match.normal, p - *here);
    if (std::abs(match.away) > most_m || length(p - *here) > 4 * most_m + 0.02 * distance) return std::nullopt;
    return match;
  }

 private:
  std::optional<Vec3> at(uint32_t row, uint32_t column) const {
    const double range = range_m(now_, size_t{row} * now_.cells.columns() + column);
    if (range <= 0) return std::nullopt;
    return geometry_.point(row, column, range);
  }
  const FramePicture& now_;
  PictureGeometry geometry_;
};

/// A part of the returns, evenly spread.
std::vector<Vec3> sampled_points(const FramePicture& picture) {
  constexpr size_t kWanted = 6000;
  const PictureGeometry geometry(picture);
  const uint32_t columns = picture.cells.columns();
  const size_t step = std::max<size_t>(1, picture.cells.range.size() / kWanted);
  std::vector<Vec3> points;
  for (size_t cell = step / 2; cell < picture.cells.range.size(); cell += step) {
    const double range = range_m(picture, cell);
    if (range > 0.5) points.push_back(geometry.point(static_cast<uint32_t>(cell / columns), static_cast<uint32_t>(cell % columns), range));
  }
  return points;
}

/// Applies a small turn and step after the motion so far.
void add_step(const std::array<double, 6>& x, Mat3& turn, Vec3& step) {
  const Mat3 more = rotation_matrix({x[0], x[1], x[2]});
  turn = more * turn;
  step = more * step + Vec3{x[3], x[4], x[5]};
}

std::optional<EgoMotion> rounded(const Mat3& turn, const Vec3& step) {
  const Pose before{turn.row[0].x, turn.row[0].y, turn.row[0].z, step.x,        turn.row[1].x, turn.row[1].y,
                    turn.row[1].z, step.y,        turn.row[2].x, turn.row[2].y, turn.row[2].z, step.z};
  return motion_between(before, Pose{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0});
}

}  // namespace

std::optional<EgoMotion> estimate_ego_motion(const FramePicture& before, const FramePicture& now, const EgoMotion& guess) {
  constexpr size_t kLeastMatches = 200;
  constexpr int kRounds = 12;
  if (!PictureGeometry::has(before) || !PictureGeometry::has(now) || before.cells.rows != now.cells.rows) return std::nullopt;
  const Planes planes(now);
  const std::vector<Vec3> points = sampled_points(before);
  const PictureMover start(guess);
  Mat3 turn = start.turn;
  Vec3 step = start.step;
  double most_m = 1.0;
  for (int i = 0; i < kRounds; ++i) {
    NormalEquations<6> equations;
    size_t matches = 0;
    const double scale = most_m / 3;
    for (const Vec3& p : points) {
      const std::optional<Match> match = planes.match(turn * p + step, most_m);
      if (!match) continue;
      ++matches;
      const Vec3 lever = cross(match->point, match->normal);
      const Vec3& n = match->normal;
      const double r = match->away / scale;
      equations.add({lever.x, lever.y, lever.z, n.x, n.y, n.z}, -match->away, 1 / (1 + r * r));
    }
    std::array<double, 6> x{};
    if (matches < kLeastMatches || !equations.solve(x)) return std::nullopt;
    add_step(x, turn, step);
    most_m = std::max(0.15, most_m * 0.75);
  }
  // Less than this is noise: the sensor stands.
  const std::optional<EgoMotion> motion = rounded(turn, step);
  if (!motion) return std::nullopt;
  const bool stands =
      std::all_of(motion->translation_mm.begin(), motion->translation_mm.end(), [](int32_t mm) { return std::abs(mm) <= 15; }) &&
      std::all_of(motion->rotation_urad.begin(), motion->rotation_urad.end(), [](int32_t urad) { return std::abs(urad) <= 600; });
  return stands ? std::nullopt : motion;
}

}  // namespace dew
