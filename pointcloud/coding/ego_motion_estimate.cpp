// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <span>
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

  /// Calls take(match) for each of some points, at most ManyPoints::kCount, but not where the surface is not flat around, or too far away.
  template <class Take>
  void match(std::span<const Vec3> points, const Mat3& turn, const Vec3& step, double most_m, Take&& take) const {
    const Mat3 back = transposed(turn);
    std::array<Looked, ManyPoints::kCount> looked;
    ManyPoints asked;
    for (size_t i = 0; i < points.size(); ++i) {
      looked[i].at = back * (points[i] - step);
      asked.set(i, looked[i].at);
    }
    const ManyPoints::Numbers here = inside(asked);
    for (size_t i = 0; i < points.size(); ++i) {
      if ((asked.asked >> i & 1) == 0) continue;
      look_around(looked[i]);
      if (std::abs(here[i] - 1) * looked[i].distance_m > kMostAlong * most_m) asked.asked &= ~(1u << i);
    }
    const auto beside = [&](double left, double up) {
      for (size_t i = 0; i < points.size(); ++i) {
        if (asked.asked >> i & 1)
          asked.set(i, looked[i].at + looked[i].left * (left * looked[i].reach_m) + looked[i].up * (up * looked[i].reach_m));
      }
      return inside(asked);
    };
    const ManyPoints::Numbers on_left = beside(1, 0), on_right = beside(-1, 0), above = beside(0, 1), below = beside(0, -1);
    for (size_t i = 0; i < points.size(); ++i) {
      if ((asked.asked >> i & 1) == 0) continue;
      const Looked& of = looked[i];
      if (std::abs(on_left[i] + on_right[i] - 2 * here[i]) > kBentAcross || std::abs(above[i] + below[i] - 2 * here[i]) > kBentAlong)
        continue;
      const Vec3 rise = of.ahead * (here[i] / of.distance_m) + of.left * ((on_left[i] - on_right[i]) / (2 * of.reach_m)) +
                        of.up * ((above[i] - below[i]) / (2 * of.reach_m));
      const double steepness = length(rise), behind = (here[i] - 1) / steepness;
      if (std::abs(behind) <= most_m) take(Match{points[i], turn * (rise * (1 / steepness)), behind});
    }
  }

 private:
  /// Where slopes are taken, and how much a surface may bend there.
  static constexpr double kReach_rad = 0.004, kBentAcross = 0.01, kBentAlong = 0.02;
  static constexpr double kMostAlong = 6;

  /// A point in the frame before, and directions square to where it is seen.
  struct Looked {
    Vec3 at, ahead, left, up;
    double distance_m, reach_m;
  };
  static void look_around(Looked& point) {
    const Vec3& q = point.at;
    point.distance_m = length(q);
    point.reach_m = kReach_rad * point.distance_m;
    const double flat_m = std::sqrt(q.x * q.x + q.y * q.y);
    point.ahead = q * (1 / point.distance_m);
    point.left = {-q.y / flat_m, q.x / flat_m, 0};
    point.up = cross(point.ahead, point.left);
  }
  /// Nearness; points that are not between rows of one surface are no longer asked.
  ManyPoints::Numbers inside(ManyPoints& points) const {
    if (points.asked == 0) return {};
    const NearnessOfMany near = geometry_.nearness(points);
    points.asked &= near.inside;
    return near.share;
  }
  PictureGeometry geometry_;
};

/// A part of the returns, evenly spread.
std::vector<Vec3> sampled_points(const FramePicture& picture) {
  constexpr size_t kWanted = 2000;
  constexpr double kNearest_m = 1.5;
  const PictureGeometry geometry(picture, PictureGeometry::Of::beams);
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

/// One step towards the motion under which the points lie on the surface.
class Fit {
 public:
  Fit(const FramePicture& before, const FramePicture& now, const EgoMotion& guess) : matcher_(before), points_(sampled_points(now)) {
    start_from(guess);
  }
  void start_from(const EgoMotion& guess) {
    const PictureMover mover(guess);
    turn_ = mover.turn;
    step_ = mover.step;
  }

  /// By every `stride`th point that is not farther off than `most_m`. Returns how far that moved points 20 m away at most; nothing where
  /// too few points match.
  std::optional<double> refine(double most_m, size_t stride) {
    constexpr size_t kLeastMatches = 200;
    constexpr double kFinestScale_m = 0.02, kLever_m = 20;
    NormalEquations<6> equations;
    size_t matches = 0;
    const double scale = std::max(kFinestScale_m, most_m / 4);
    std::vector<Vec3> some;
    const auto add = [&](const Match& match) {
      ++matches;
      const Vec3 lever = cross(match.point, match.normal);
      const Vec3& n = match.normal;
      const double r = match.behind_m / scale, doubt = 1 + r * r;
      equations.add({lever.x, lever.y, lever.z, n.x, n.y, n.z}, match.behind_m, 1 / (doubt * doubt));
    };
    for (size_t i = 0; i < points_.size(); i += stride) {
      some.push_back(points_[i]);
      if (some.size() < ManyPoints::kCount && i + stride < points_.size()) continue;
      matcher_.match(some, turn_, step_, most_m, add);
      some.clear();
    }
    std::array<double, 6> x{};
    if (matches * stride < kLeastMatches || !equations.solve(x)) return std::nullopt;
    add_step(x, turn_, step_);
    return length({x[3], x[4], x[5]}) + kLever_m * length({x[0], x[1], x[2]});
  }
  std::optional<EgoMotion> motion() const { return rounded(turn_, step_); }

 private:
  Matcher matcher_;
  std::vector<Vec3> points_;
  Mat3 turn_;
  Vec3 step_;
};

/// Less than this is noise: the sensor stands.
bool stands(const EgoMotion& motion) {
  const auto within = [](const std::array<int32_t, 3>& numbers, int32_t most) {
    return std::all_of(numbers.begin(), numbers.end(), [&](int32_t number) { return std::abs(number) <= most; });
  };
  return within(motion.translation_mm, 15) && within(motion.rotation_urad, 600);
}

}  // namespace

std::optional<EgoMotion> estimate_ego_motion(const FramePicture& before, const FramePicture& now, const EgoMotion& guess) {
  constexpr size_t kOfRoughRounds = 2;
  constexpr int kMostRounds = 30;
  constexpr double kFirstReach_m = 2.0, kReachOfAGuess_m = 0.3, kSettled = 0.05, kLastReach_m = 0.1, kDone_m = 1e-3, kStill_m = 0.02;
  if (!PictureGeometry::has(before) || !PictureGeometry::has(now) || before.cells.rows != now.cells.rows) return std::nullopt;
  Fit fit(before, now, guess);
  if (guess.is_still()) {
    // That a sensor stands shows at once.
    std::optional<double> moved = fit.refine(kLastReach_m, kOfRoughRounds);
    if (moved && *moved < kStill_m) moved = fit.refine(kLastReach_m, kOfRoughRounds);
    const std::optional<EgoMotion> motion = fit.motion();
    if (moved && *moved < kStill_m && motion && stands(*motion)) return std::nullopt;
    fit.start_from(guess);
  }
  double most_m = guess.is_still() ? kFirstReach_m : kReachOfAGuess_m;
  for (int round = 0; round < kMostRounds; ++round) {
    // While much is still wrong, a part of the points says as much.
    const std::optional<double> moved = fit.refine(most_m, most_m > kLastReach_m ? kOfRoughRounds : 1);
    if (!moved) return std::nullopt;
    if (most_m <= kLastReach_m && *moved < kDone_m) break;
    if (*moved < most_m * kSettled) most_m = std::max(kLastReach_m, most_m * 0.6);
  }
  const std::optional<EgoMotion> motion = fit.motion();
  return motion && !stands(*motion) ? motion : std::nullopt;
}

}  // namespace dew
