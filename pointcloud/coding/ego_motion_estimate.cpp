// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <vector>

#include "pointcloud/coding/ego_motion.h"
#include "pointcloud/coding/picture_geometry.h"
#include "pointcloud/sensor/small_matrix.h"

namespace dew {
namespace {

/// A point of the frame of now, and how far it lies behind the surface of the frame before, square to that.
struct Match {
  Vec3 point, normal;  ///< in the frame of now
  double behind_m;
};

/// Matches points with the surface of the frame before.
class Matcher {
 public:
  explicit Matcher(const FramePicture& before) : geometry_(before) {}

  /// Nothing where the surface is not flat around, or too far away.
  std::optional<Match> match(const Vec3& p, const Mat3& turn, const Vec3& step, double most_m) const {
    const Vec3 q = transposed(turn) * (p - step);
    const std::optional<double> here = inside(q);
    if (!here) return std::nullopt;
    const double distance = length(q), reach = kReach_rad * distance, flat_m = std::sqrt(q.x * q.x + q.y * q.y);
    if (std::abs(*here - 1) * distance > kMostAlong * most_m) return std::nullopt;
    const Vec3 ahead = q * (1 / distance), left{-q.y / flat_m, q.x / flat_m, 0}, up = cross(ahead, left);
    const std::optional<double> on_left = inside(q + left * reach), on_right = inside(q - left * reach), above = inside(q + up * reach),
                                below = inside(q - up * reach);
    if (!on_left || !on_right || !above || !below) return std::nullopt;
    if (std::abs(*on_left + *on_right - 2 * *here) > kBentAcross || std::abs(*above + *below - 2 * *here) > kBentAlong) return std::nullopt;
    const Vec3 rise = ahead * (*here / distance) + left * ((*on_left - *on_right) / (2 * reach)) + up * ((*above - *below) / (2 * reach));
    const double steepness = length(rise), behind = (*here - 1) / steepness;
    if (!(std::abs(behind) <= most_m)) return std::nullopt;
    return Match{p, turn * (rise * (1 / steepness)), behind};
  }

 private:
  /// Where slopes are taken, and how much a surface may bend there.
  static constexpr double kReach_rad = 0.004, kBentAcross = 0.01, kBentAlong = 0.02;
  static constexpr double kMostAlong = 6;

  std::optional<double> inside(const Vec3& p) const {
    const auto near = geometry_.nearness(p);
    return near && near->inside ? std::optional(near->share) : std::nullopt;
  }
  PictureGeometry geometry_;
};

/// A part of the returns, evenly spread.
std::vector<Vec3> sampled_points(const FramePicture& picture) {
  constexpr size_t kWanted = 4000;
  constexpr double kNearest_m = 1.5;
  const PictureGeometry geometry(picture);
  const uint32_t columns = picture.cells.columns();
  const size_t step = (picture.cells.range.size() / kWanted) | 1;
  std::vector<Vec3> points;
  for (size_t cell = step / 2; cell < picture.cells.range.size(); cell += step) {
    const uint32_t range = picture.cells.range[cell];
    const double range_m = range == kNothingKnown ? 0 : range * (picture.tick_um * 1e-6);
    if (range_m > kNearest_m)
      points.push_back(geometry.point(static_cast<uint32_t>(cell / columns), static_cast<uint32_t>(cell % columns), range_m));
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
  constexpr size_t kLeastMatches = 200, kOfRoughRounds = 4;
  constexpr int kMostRounds = 30;
  constexpr double kFirstReach_m = 2.0, kReachOfAGuess_m = 0.6, kSettled = 0.05, kLastReach_m = 0.1, kFinestScale_m = 0.02, kDone_m = 5e-4,
                   kLever_m = 20;
  if (!PictureGeometry::has(before) || !PictureGeometry::has(now) || before.cells.rows != now.cells.rows) return std::nullopt;
  const Matcher matcher(before);
  const std::vector<Vec3> points = sampled_points(now);
  const PictureMover start(guess);
  Mat3 turn = start.turn;
  Vec3 step = start.step;
  double most_m = guess.is_still() ? kFirstReach_m : kReachOfAGuess_m;
  for (int round = 0; round < kMostRounds; ++round) {
    NormalEquations<6> equations;
    size_t matches = 0;
    const double scale = std::max(kFinestScale_m, most_m / 4);
    // While much is still wrong, a part of the points says as much.
    const size_t stride = most_m > kLastReach_m ? kOfRoughRounds : 1;
    for (size_t i = 0; i < points.size(); i += stride) {
      const std::optional<Match> match = matcher.match(points[i], turn, step, most_m);
      if (!match) continue;
      ++matches;
      const Vec3 lever = cross(match->point, match->normal);
      const Vec3& n = match->normal;
      const double r = match->behind_m / scale, doubt = 1 + r * r;
      equations.add({lever.x, lever.y, lever.z, n.x, n.y, n.z}, match->behind_m, 1 / (doubt * doubt));
    }
    std::array<double, 6> x{};
    if (matches * stride < kLeastMatches || !equations.solve(x)) return std::nullopt;
    add_step(x, turn, step);
    const double moved = length({x[3], x[4], x[5]}) + kLever_m * length({x[0], x[1], x[2]});
    if (most_m <= kLastReach_m && moved < kDone_m) break;
    if (moved < most_m * kSettled) most_m = std::max(kLastReach_m, most_m * 0.6);
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
