// SPDX-License-Identifier: Apache-2.0
#include "gaussians/significance/views.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "gaussians/median.h"
#include "gaussians/render/projection.h"
#include "gaussians/significance/extent.h"
#include "gaussians/significance/glance.h"

namespace dew {
namespace {

constexpr double kFocalByWidth = 0.9;  // a field of view of 58 degrees
constexpr uint32_t kGlanceWidth_px = 48, kGlanceHeight_px = 36, kFace_px = 24;
constexpr double kMostBlocked = 0.25;    // share of the picture that something close may cover
constexpr double kLeastCoverage = 0.03;  // of a picture that shows something
constexpr double kSurrounded = 0.75;     // share of all directions covered: the scene was captured from its midst
constexpr double kRoomToNear = 0.12;     // of the radius: no closer to matter than this
constexpr double kRoomToStand = 0.35;    // of the radius: half of what is seen to each side is further away
constexpr size_t kGrid = 3;              // places to stand, along each axis
constexpr double kTrainedShare = 0.6;    // of the 90th percentile of colour changes: below, the side was hardly seen in training

/// A place to look from, and how much the colours there differ from the constant ones, on average over what is covered: where SH was
/// trained it is, sides that no photograph shows keep theirs small.
struct Candidate {
  Camera camera;
  double colour_change = 0;
};

/// A place in the midst of the scene.
struct Place {
  Point position;
  double coverage;  ///< of all directions
  double room;      ///< distance that most directions are free for
};

double distance(const Point& a, const Point& b) { return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]); }

Point along(const Point& from, const Point& direction, double length) {
  return {from[0] + length * direction[0], from[1] + length * direction[1], from[2] + length * direction[2]};
}

/// The axis along which the scene is flattest: which of its two ends is up does not matter here.
Point flat_axis(const Extent& extent) {
  size_t flat = 2;
  for (size_t k = 0; k < 2; ++k) {
    if (extent.high[k] - extent.low[k] < extent.high[flat] - extent.low[flat]) flat = k;
  }
  Point up{};
  up[flat] = 1;
  return up;
}

class Surveyor {
 public:
  Surveyor(const Splats& judged, const Extent& extent, const MadeViewsOptions& options)
      : judged_(judged), extent_(extent), options_(options), up_(flat_axis(extent)) {
    like_.width = options.width;
    like_.height = options.height;
    like_.fx = like_.fy = kFocalByWidth * std::max(options.width, options.height);
    like_.cx = 0.5 * options.width;
    like_.cy = 0.5 * options.height;
    like_.background = options.background;
  }

  /// Cameras around the centre that see it: `distance_in_radii` from it, looking inwards; those that see enough, with nothing close before
  /// them: nearer than `near` of the distance.
  Result<std::vector<Candidate>> shell(size_t count, double distance_in_radii, double near) const {
    const auto [distance, camera] = stand_off(distance_in_radii);
    std::vector<Candidate> out;
    // Among parts nearer than the near plane, a picture would show the inside of matter.
    if (distance_in_radii <= 1 && near * distance < kNearPlane) return out;
    for (const Point& direction : even_directions(count)) {
      DEW_TRY(consider(looking_at(camera, along(extent_.centre, direction, distance), extent_.centre, up_), near * distance, out));
    }
    return out;
  }

  /// Whether six sides that go on like `place` from the first `sides` on may still make one to stand.
  bool may_be_stood_at(const Place& place, size_t sides) const {
    const double still = static_cast<double>(6 - sides) / 6 * (1 + 1e-9);
    return place.coverage + still >= kSurrounded && place.room > kRoomToStand * extent_.radius;
  }

  /// Places of a grid in the box of the scene that it surrounds, the freest first.
  Result<std::vector<Place>> places() const {
    std::vector<Place> out;
    for (size_t at = 0; at < kGrid * kGrid * kGrid; ++at) {
      const std::array<size_t, 3> step = {at % kGrid, at / kGrid % kGrid, at / kGrid / kGrid};
      Point position;
      for (size_t k = 0; k < 3; ++k) {
        const double share = (static_cast<double>(step[k]) + 0.5) / static_cast<double>(kGrid);
        position[k] = extent_.low[k] + share * (extent_.high[k] - extent_.low[k]);
      }
      DEW_ASSIGN(const Place place, look_around(position));
      if (may_be_stood_at(place, 6)) out.push_back(place);
    }
    std::stable_sort(out.begin(), out.end(), [](const Place& a, const Place& b) { return a.room > b.room; });
    return out;
  }

  /// Twice `count` views from the places, outwards in turn.
  Result<std::vector<Candidate>> outwards(const std::vector<Place>& places, size_t count) const {
    std::vector<Candidate> out;
    const size_t used = std::min(places.size(), std::max<size_t>(1, count / 4));
    const std::vector<Point> directions = even_directions(2 * count);
    for (size_t i = 0; i < directions.size(); ++i) {
      const Point& position = places[i % used].position;
      DEW_TRY(consider(looking_at(like_, position, along(position, directions[i], 1), up_), kRoomToNear * extent_.radius, out));
    }
    return out;
  }

 private:
  /// Appends a camera that sees enough with nothing before it nearer than `near`.
  Status consider(const Camera& camera, double near, std::vector<Candidate>& out) const {
    const Camera small = resized(camera, kGlanceWidth_px, kGlanceHeight_px);
    const bool directional = judged_.sh_degree > 0;
    DEW_ASSIGN(const Glance seen,
               directional ? glance_at_colours(judged_, small, near, options_.threads) : glance(judged_, small, near, options_.threads));
    if (seen.blocked > kMostBlocked || seen.coverage < kLeastCoverage) return {};
    Candidate candidate = {camera, seen.colour_change / seen.coverage};
    out.push_back(std::move(candidate));
    return {};
  }

  /// How far away, and with what lens: where a scene is so small that the near plane would cut it, from further with a longer one.
  std::pair<double, Camera> stand_off(double distance_in_radii) const {
    const double wanted = distance_in_radii * extent_.radius;
    const double least = extent_.radius + 1.5 * kNearPlane;
    Camera camera = like_;
    if (distance_in_radii <= 1 || wanted >= least) return {wanted, camera};
    camera.fx *= least / wanted;
    camera.fy *= least / wanted;
    return {least, camera};
  }

  /// Looks to six sides, or to so many that it is known to be no place.
  Result<Place> look_around(const Point& position) const {
    Place out = {position, 0, extent_.radius};
    Camera face;
    face.width = face.height = kFace_px;
    face.fx = face.fy = face.cx = face.cy = 0.5 * kFace_px;
    size_t tight = 0;
    for (size_t side = 0; side < 6 && may_be_stood_at(out, side); ++side) {
      Point direction{};
      direction[side / 2] = side % 2 == 0 ? 1 : -1;
      const Camera camera = looking_at(face, position, along(position, direction, 1), {0, 0, 1});
      DEW_ASSIGN(const Glance seen, glance(judged_, camera, kRoomToNear * extent_.radius, options_.threads));
      out.coverage += seen.coverage / 6;
      if (seen.blocked > kMostBlocked) ++tight;
      if (seen.median_depth > 0) out.room = std::min(out.room, seen.median_depth);
      if (tight > 1) out.room = 0;
    }
    return out;
  }

  const Splats& judged_;
  const Extent& extent_;
  const MadeViewsOptions& options_;
  Point up_;
  Camera like_;
};

/// Appends `count` of the cameras, each as far from those already chosen here as can be, in place and in axis.
void spread(const std::vector<Camera>& cameras, size_t count, double unit, std::vector<Camera>& out) {
  std::vector<double> apart(cameras.size(), 1e300);
  size_t next = 0;
  for (size_t chosen = 0; chosen < std::min(count, cameras.size()); ++chosen) {
    out.push_back(cameras[next]);
    apart[next] = -1;
    for (size_t i = 0; i < cameras.size(); ++i) {
      double turn = 0;
      for (size_t row = 0; row < 3; ++row) turn += std::pow(cameras[i].rotation[3 * row + 2] - cameras[next].rotation[3 * row + 2], 2);
      apart[i] = std::min(apart[i], distance(cameras[i].position, cameras[next].position) / unit + std::sqrt(turn));
    }
    next = static_cast<size_t>(std::max_element(apart.begin(), apart.end()) - apart.begin());
  }
}

/// Three quarters of `count` from sides that training saw, the others from the other sides; what one kind lacks comes from the other.
void choose(const std::vector<Candidate>& candidates, size_t count, double unit, std::vector<Camera>& out) {
  if (candidates.empty()) return;
  std::vector<double> changes;
  for (const Candidate& candidate : candidates) changes.push_back(candidate.colour_change);
  std::sort(changes.begin(), changes.end());
  const double least = kTrainedShare * changes[changes.size() * 9 / 10];
  std::vector<Camera> trained, others;
  for (const Candidate& candidate : candidates) (candidate.colour_change >= least ? trained : others).push_back(candidate.camera);
  const size_t from_others = std::min(others.size(), std::max(count / 4, count - std::min(count, trained.size())));
  spread(trained, count - from_others, unit, out);
  spread(others, from_others, unit, out);
}

}  // namespace

Result<std::vector<Camera>> made_views(const Splats& splats, const MadeViewsOptions& options) {
  DEW_TRY(check_shape(splats));
  const std::vector<double> matter = matter_of(splats);
  const std::optional<Extent> extent = extent_of(splats, matter);
  if (!extent || options.count == 0) return std::vector<Camera>();
  const Splats judged = judged_splats(splats, matter, options.judged_splats);
  const Surveyor surveyor(judged, *extent, options);

  // From its midst where it surrounds one, from among its parts, closer by, and the whole; where one kind has no place the others have
  // more.
  std::vector<std::vector<Candidate>> kinds;
  DEW_ASSIGN(const std::vector<Place> places, surveyor.places());
  const size_t tried = options.count;
  if (!places.empty()) {
    DEW_ASSIGN(std::vector<Candidate> midst, surveyor.outwards(places, (tried + 1) / 2));
    kinds.push_back(std::move(midst));
  }
  struct Shell {
    double radii, near;
  };
  for (const Shell& shell : {Shell{0.8, 0.35}, Shell{1.5, 0.2}, Shell{2.4, 0.2}}) {
    if (!places.empty() && shell.radii > 2) continue;
    DEW_ASSIGN(std::vector<Candidate> around, surveyor.shell(tried, shell.radii, shell.near));
    kinds.push_back(std::move(around));
  }
  std::erase_if(kinds, [&](const std::vector<Candidate>& kind) { return kind.size() < std::max<size_t>(1, tried / 4); });
  std::vector<Camera> out;
  for (size_t k = 0; k < kinds.size(); ++k) choose(kinds[k], (options.count - out.size()) / (kinds.size() - k), extent->radius, out);
  for (size_t i = 0; i < out.size(); ++i) out[i].name = "made" + std::to_string(i);
  return out;
}

Result<std::vector<Camera>> off_path_views(std::span<const Camera> given, const Splats& splats, const MadeViewsOptions& options) {
  DEW_TRY(check_shape(splats));
  std::vector<Camera> out;
  if (given.empty()) return out;
  const Splats judged = judged_splats(splats, matter_of(splats), options.judged_splats);
  std::vector<double> focal_by_diagonal;
  for (const Camera& camera : given) focal_by_diagonal.push_back(camera.fx / std::hypot(camera.width, camera.height));
  const double focal = median(std::move(focal_by_diagonal)) * std::hypot(options.width, options.height);

  struct Move {
    const char* name;
    double x, y, z;  // in depths, along the camera's axes
  };
  constexpr double kAside = 0.4;
  static constexpr Move kMoves[] = {{"near", 0, 0, 0.5},     {"left", -kAside, 0, 0}, {"far", 0, 0, -1},      {"above", 0, -kAside, 0},
                                    {"right", kAside, 0, 0}, {"behind", 0, 0, 2},     {"below", 0, kAside, 0}};
  for (size_t i = 0; i < options.count; ++i) {
    const Move& move = kMoves[i % std::size(kMoves)];
    const Camera& from = given[i * given.size() / options.count];
    DEW_TRY(check_camera(from));
    DEW_ASSIGN(const Glance ahead, glance(judged, resized(from, kGlanceWidth_px, kGlanceHeight_px), 0, options.threads));
    if (!(ahead.median_depth > 0)) continue;
    const auto& axes = from.rotation;
    Point position, target;
    for (size_t row = 0; row < 3; ++row) {
      position[row] =
          from.position[row] + ahead.median_depth * (move.x * axes[3 * row] + move.y * axes[3 * row + 1] + move.z * axes[3 * row + 2]);
      target[row] = from.position[row] + ahead.median_depth * axes[3 * row + 2];
    }
    Camera camera = looking_at(resized(from, options.width, options.height), position, target, {-axes[1], -axes[4], -axes[7]});
    camera.fx = camera.fy = focal;
    camera.name = from.name + "-" + move.name;
    DEW_ASSIGN(const Glance seen,
               glance(judged, resized(camera, kGlanceWidth_px, kGlanceHeight_px), 0.2 * distance(position, target), options.threads));
    if (seen.blocked <= kMostBlocked && seen.coverage >= kLeastCoverage) out.push_back(camera);
  }
  return out;
}

}  // namespace dew
