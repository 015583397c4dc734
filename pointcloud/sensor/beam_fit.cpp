// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/beam_fit.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pointcloud/sensor/beam_cycle.h"
#include "pointcloud/sensor/beam_head_fit.h"
#include "pointcloud/sensor/beam_kept.h"
#include "pointcloud/sensor/beam_lasers.h"

namespace dew {
namespace {

/// Heads of so many equal shares of the labels; the mean error of all.
double fit_heads(std::span<const Vec3> points, BeamFit& fit, size_t heads) {
  const size_t labels = fit.beams.head_of_label.size(), share = labels / heads;
  for (size_t label = 0; label < labels; ++label) fit.beams.head_of_label[label] = static_cast<uint8_t>(std::min(label / share, heads - 1));
  fit.beams.heads.clear();
  double error = 0;
  const size_t stride = std::max<size_t>(1, points.size() / 20000);
  for (size_t head = 0; head < heads; ++head) {
    std::vector<size_t> chosen;
    for (size_t i = 0; i < points.size(); i += stride) {
      if (fit.beams.head_of_label[fit.labels[i]] == head) chosen.push_back(i);
    }
    const HeadFit found = HeadFitter(points, fit.labels, chosen, labels).fit();
    fit.beams.heads.push_back(found.head);
    error += found.error / static_cast<double>(heads);
  }
  return error;
}

std::optional<BeamFit> fit_by_ring(std::span<const Vec3> points, std::span<const uint16_t> ring) {
  const uint16_t highest = *std::max_element(ring.begin(), ring.end());
  if (highest < 3 || highest >= kMostBeamLabels) return {};
  BeamFit fit;
  for (const uint16_t number : ring) fit.labels.push_back(static_cast<uint8_t>(number));
  fit.beams.head_of_label.assign(highest + size_t{1}, 0);
  const double one = fit_heads(points, fit, 1);
  if (highest % 2 == 0 || highest < 7) return fit;
  BeamFit two = fit;
  if (fit_heads(points, two, 2) < 0.8 * one) return two;
  return fit;
}

std::optional<BeamFit> fit_by_elevation(std::span<const Vec3> points) {
  std::vector<double> elevations;
  for (const Vec3& p : points) elevations.push_back(elevation_from({}, p, 0));
  const std::vector<double> lasers = find_elevations(elevations, 0.75, 4, 11);
  if (lasers.empty()) return {};
  BeamFit fit;
  fit.beams.heads.resize(1);
  fit.beams.head_of_label.assign(lasers.size(), 0);
  fit.labels = nearest_lasers(elevations, lasers);
  find_order(fit.labels, fit.beams);
  return fit;
}

struct PieceFit {
  BeamHead head;
  double sharpness = 0;
};

/// A piece's head, found by following the cycle in which its lasers fire, from a first guess of its origin.
PieceFit fit_piece(std::span<const Vec3> points, size_t first, size_t end, const BeamHead& start, size_t period) {
  PieceFit fit{start};
  std::vector<size_t> chosen;
  for (size_t i = first; i < end; i += std::max<size_t>(1, (end - first) / 5000)) chosen.push_back(i);
  std::vector<uint8_t> labels(points.size());
  for (int pass = 0; pass < 2; ++pass) {
    const BeamCycle cycle = follow_cycle(elevations_of(points, first, end, fit.head), period);
    std::copy(cycle.labels.begin(), cycle.labels.end(), labels.begin() + static_cast<ptrdiff_t>(first));
    fit.head = HeadFitter(points, labels, chosen, period).fit(fit.head).head;
  }
  fit.sharpness = sharpness(elevations_of(points, first, end, fit.head));
  return fit;
}

/// The head of each piece, from the best of the first guesses; empty where lasers fire in no cycle.
std::vector<BeamHead> fit_pieces(std::span<const Vec3> points, const std::vector<uint64_t>& pieces) {
  std::vector<std::array<size_t, 2>> spans;
  std::vector<BeamHead> starts;
  for (size_t i = 0; i < pieces.size(); ++i) {
    spans.push_back({static_cast<size_t>(pieces[i]), static_cast<size_t>(i + 1 < pieces.size() ? pieces[i + 1] : points.size())});
    const Vec3 origin = find_gathering_origin(points.subspan(spans[i][0], spans[i][1] - spans[i][0]));
    starts.push_back({{origin.x, origin.y, origin.z}, {}, {}});
  }
  std::vector<PieceFit> best(pieces.size());
  const auto attempt = [&](size_t piece, const BeamHead& start) {
    const auto [first, end] = spans[piece];
    for (const size_t period : likely_periods(elevations_of(points, first, end, start))) {
      const PieceFit fit = fit_piece(points, first, end, start, period);
      if (fit.sharpness > best[piece].sharpness) best[piece] = fit;
    }
  };
  for (size_t piece = 0; piece < pieces.size(); ++piece) {
    for (const BeamHead& start : starts) {
      if (best[piece].sharpness < 0.02) attempt(piece, start);
    }
  }
  // Where a first guess was too far off, another piece's head, as it stood when that began, is near.
  for (int round = 0; round < 2; ++round) {
    const size_t sharpest = static_cast<size_t>(
        std::max_element(best.begin(), best.end(), [](const PieceFit& a, const PieceFit& b) { return a.sharpness < b.sharpness; }) -
        best.begin());
    for (size_t piece = 0; piece < pieces.size(); ++piece) {
      if (best[piece].sharpness > 0.02 && best[piece].sharpness > 0.7 * best[sharpest].sharpness) continue;
      BeamHead start = best[sharpest].head;
      const double later = place_of(points, spans[sharpest][0]) - place_of(points, spans[piece][0]);
      for (size_t axis = 0; axis < 3; ++axis) start.origin[axis] += start.motion[axis] * later;
      attempt(piece, start);
    }
  }
  std::vector<BeamHead> heads;
  for (const PieceFit& fit : best) {
    if (!(fit.sharpness > 0)) return {};
    heads.push_back(fit.head);
  }
  return heads;
}

/// The lasers of one piece's head, which is then known better.
struct PieceLasers {
  BeamHead head;
  std::vector<double> elevations;
  std::vector<uint8_t> labels;  ///< of the piece's points
  double following = 0;         ///< share of points whose laser is the one that usually fires after the one before
};

/// Elevations gather around those of the lasers, and are known better pass by pass. `apart`: as for find_elevations.
PieceLasers find_lasers(std::span<const Vec3> points, size_t first, size_t end, const BeamHead& start, int apart) {
  PieceLasers found{start, {}, {}, 0};
  std::vector<size_t> chosen;
  for (size_t i = first; i < end; i += std::max<size_t>(1, points.size() / 40000)) chosen.push_back(i);
  std::vector<uint8_t> of_all(points.size());
  for (int pass = 0; pass < 3; ++pass) {
    const std::vector<double> elevations = elevations_of(points, first, end, found.head);
    found.elevations = find_elevations(elevations, 0.5, pass == 0 ? 16 : 10, pass == 0 ? apart + 6 : apart);
    if (found.elevations.empty()) return found;
    found.labels = nearest_lasers(elevations, found.elevations);
    std::copy(found.labels.begin(), found.labels.end(), of_all.begin() + static_cast<ptrdiff_t>(first));
    if (pass < 2) found.head = HeadFitter(points, of_all, chosen, found.elevations.size()).fit(found.head).head;
  }
  found.following = share_following(found.labels, found.elevations.size());
  return found;
}

/// Whether some lasers are closer than a fifth of a degree.
bool has_twins(const std::vector<double>& elevations) {
  for (size_t i = 1; i < elevations.size(); ++i) {
    if (elevations[i] - elevations[i - 1] < 0.2) return true;
  }
  return false;
}

/// Files in firing order whose heads stand elsewhere than at the origin, one or two turns after each other.
std::optional<BeamFit> fit_by_cycle(std::span<const Vec3> points) {
  BeamFit fit;
  if (const std::optional<size_t> leap = find_leap(points)) fit.beams.pieces.push_back(*leap);
  fit.beams.heads = fit_pieces(points, fit.beams.pieces);
  if (fit.beams.heads.empty()) return {};
  // Each piece has lasers of its own: its head fires them in another order.
  fit.labels.resize(points.size());
  const std::vector<size_t> ends = ends_of(fit.beams, points.size());
  size_t labels = 0;
  for (size_t k = 0; k < fit.beams.heads.size(); ++k) {
    PieceLasers found = find_lasers(points, ends[k], ends[k + 1], fit.beams.heads[k], 26);
    if (has_twins(found.elevations)) {
      // Lasers that look double belong to a head whose place is not right yet, unless there really are so many.
      PieceLasers fewer = find_lasers(points, ends[k], ends[k + 1], fit.beams.heads[k], 52);
      if (fewer.following > found.following) found = std::move(fewer);
    }
    if (found.elevations.empty() || labels + found.elevations.size() > kMostBeamLabels) return {};
    fit.beams.heads[k] = found.head;
    for (size_t i = 0; i < found.labels.size(); ++i) fit.labels[ends[k] + i] = static_cast<uint8_t>(labels + found.labels[i]);
    labels += found.elevations.size();
  }
  fit.beams.head_of_label.assign(labels, 0);
  find_order(fit.labels, fit.beams);
  return fit;
}

/// From one shot of a laser to its next, in files that go laser by laser: the middle one of all differences. 0 for others.
double find_column_step(std::span<const Vec3> points, const BeamFit& fit) {
  std::vector<double> steps;
  for (size_t i = 1; i < points.size(); ++i) {
    if (fit.labels[i] != fit.labels[i - 1]) continue;
    const BeamHead& head = fit.beams.heads[fit.beams.head_of_label[fit.labels[i]]];
    const Vec3 a = from_head(head, points[i - 1], 0), b = from_head(head, points[i], 0);
    steps.push_back(std::atan2(a.x * b.y - a.y * b.x, a.x * b.x + a.y * b.y));
  }
  if (steps.size() * 2 < points.size()) return 0;
  const auto middle = steps.begin() + static_cast<ptrdiff_t>(steps.size() / 2);
  std::nth_element(steps.begin(), middle, steps.end());
  return std::abs(*middle) > 1e-5 && std::abs(*middle) < 0.1 ? *middle : 0;
}

}  // namespace

std::optional<BeamFit> fit_beams(std::span<const Vec3> points, std::span<const uint16_t> ring, const KeptBeams* known) {
  constexpr size_t kFewest = 2000, kMostSearched = 1000000;
  if (points.size() < kFewest) return {};
  for (const Vec3& p : points) {
    if (!(std::abs(p.x) < 1e6 && std::abs(p.y) < 1e6 && std::abs(p.z) < 1e6)) return {};
  }
  std::optional<BeamFit> fit;
  if (ring.empty() && known != nullptr) fit = fit_by_kept(points, *known);
  if (!fit) fit = ring.size() == points.size() ? fit_by_ring(points, ring) : fit_by_elevation(points);
  if (!fit && ring.empty() && points.size() <= kMostSearched) fit = fit_by_cycle(points);
  if (fit) fit->beams.column_step = find_column_step(points, *fit);
  return fit;
}

}  // namespace dew
