// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/beam_kept.h"

#include <algorithm>
#include <cmath>

#include "pointcloud/sensor/beam_cycle.h"
#include "pointcloud/sensor/beam_head_fit.h"
#include "pointcloud/sensor/beam_lasers.h"

namespace dew {
namespace {

/// The head with so much motion a frame that stands where it stood when its piece began.
BeamHead moving(const BeamHead& kept, const std::array<double, 3>& motion, double begins) {
  BeamHead head = kept;
  head.motion = motion;
  for (size_t axis = 0; axis < 3; ++axis) head.origin[axis] -= motion[axis] * begins;
  return head;
}

/// How fast the car went is new in each frame: of the kept motion in eighths, and of speeds straight ahead, that under which elevations
/// gather best.
BeamHead find_speed(std::span<const Vec3> points, size_t first, size_t end, const BeamHead& kept) {
  std::vector<std::array<double, 3>> motions;
  for (int k = 0; k <= 16; ++k) motions.push_back({kept.motion[0] * k / 8, kept.motion[1] * k / 8, kept.motion[2] * k / 8});
  for (int k = -12; k <= 12; ++k) motions.push_back({0.25 * k, 0, 0});
  BeamHead best = kept;
  double sharpest = -1;
  for (const std::array<double, 3>& motion : motions) {
    const BeamHead head = moving(kept, motion, place_of(points, first));
    std::vector<double> elevations;
    for (size_t i = first; i < end; i += 7) elevations.push_back(elevation_from(head, points[i], place_of(points, i)));
    const double sharp = sharpness(elevations);
    if (sharp > sharpest) best = head, sharpest = sharp;
  }
  return best;
}

}  // namespace

std::optional<BeamFit> fit_by_kept(std::span<const Vec3> points, const KeptBeams& kept) {
  BeamFit fit;
  if (kept.heads.empty() || kept.heads.size() > 2) return {};
  if (kept.heads.size() == 2) {
    const std::optional<size_t> leap = find_leap(points);
    if (!leap) return {};
    fit.beams.pieces.push_back(*leap);
  }
  size_t lasers = 0;
  for (const KeptHead& head : kept.heads) lasers += head.elevations.size();
  if (lasers > kMostBeamLabels) return {};
  fit.beams.head_of_label.assign(lasers, 0);
  fit.labels.resize(points.size());
  const std::vector<size_t> ends = ends_of(fit.beams, points.size());
  constexpr double kNear = 0.06;
  size_t near = 0, first_label = 0;
  for (size_t k = 0; k < kept.heads.size(); ++k) {
    const std::vector<double>& of_lasers = kept.heads[k].elevations;
    if (of_lasers.empty()) return {};
    BeamHead head = find_speed(points, ends[k], ends[k + 1], kept.heads[k].head);
    std::vector<size_t> chosen;
    for (size_t i = ends[k]; i < ends[k + 1]; i += std::max<size_t>(1, points.size() / 20000)) chosen.push_back(i);
    for (int pass = 0; pass < 3; ++pass) {
      const std::vector<double> elevations = elevations_of(points, ends[k], ends[k + 1], head);
      const std::vector<uint8_t> labels = nearest_lasers(elevations, of_lasers);
      for (size_t i = 0; i < labels.size(); ++i) fit.labels[ends[k] + i] = static_cast<uint8_t>(first_label + labels[i]);
      if (pass < 2) {
        head = HeadFitter(points, fit.labels, chosen, lasers).refine(head).head;
        continue;
      }
      for (size_t i = 0; i < labels.size(); ++i) near += std::abs(elevations[i] - of_lasers[labels[i]]) < kNear;
    }
    fit.beams.heads.push_back(head);
    first_label += of_lasers.size();
  }
  if (near * 2 < points.size()) return {};
  find_order(fit.labels, fit.beams);
  return fit;
}

std::optional<KeptBeams> kept_beams(std::span<const Vec3> points, const BeamFit& fit) {
  if (fit.beams.firing_order.empty() || fit.beams.heads_of_piece() != 1) return {};
  KeptBeams kept;
  const std::vector<size_t> ends = ends_of(fit.beams, points.size());
  for (size_t k = 0; k + 1 < ends.size(); ++k) {
    std::vector<std::array<double, 2>> sums(fit.beams.labels());
    BeamHead head = fit.beams.heads[k];
    for (size_t i = ends[k]; i < ends[k + 1]; ++i) {
      const Vec3 p = from_head(head, points[i], place_of(points, i));
      const double flat = std::sqrt(p.x * p.x + p.y * p.y);
      if (!(flat > 3)) continue;
      sums[fit.labels[i]][0] += elevation_from(head, points[i], place_of(points, i));
      sums[fit.labels[i]][1] += 1;
    }
    for (size_t axis = 0; axis < 3; ++axis) head.origin[axis] += head.motion[axis] * place_of(points, ends[k]);
    KeptHead& one = kept.heads.emplace_back(KeptHead{head, {}});
    for (const auto& [sum, count] : sums) {
      if (count > 0) one.elevations.push_back(sum / count);
    }
    std::sort(one.elevations.begin(), one.elevations.end());
  }
  return kept;
}

}  // namespace dew
