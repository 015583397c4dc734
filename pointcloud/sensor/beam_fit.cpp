// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/beam_fit.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pointcloud/sensor/beam_cycle.h"
#include "pointcloud/sensor/small_matrix.h"

namespace dew {
namespace {

constexpr double kDegree = 3.14159265358979323846 / 180;

/// Where a point lies, seen from a head at its place in the frame.
Vec3 from_head(const BeamHead& head, const Vec3& point, double place) {
  return {point.x - head.origin[0] - head.motion[0] * place, point.y - head.origin[1] - head.motion[1] * place,
          point.z - head.origin[2] - head.motion[2] * place};
}

/// One head's fit: cones of all its labels share an origin, a motion and a tilt.
struct HeadFit {
  BeamHead head;
  double error = 0;  ///< mean of the capped relative residual
};

class HeadFitter {
 public:
  HeadFitter(std::span<const Vec3> points, std::span<const uint8_t> labels, const std::vector<size_t>& chosen, size_t label_count)
      : points_(points), labels_(labels), chosen_(chosen), slope_(label_count), sums_(label_count) {}

  HeadFit fit(const BeamHead& start = {}) {
    HeadFit fit{start};
    for (int i = 0; i < 25; ++i) step(fit, i < 8 ? 0.05 : i < 16 ? 0.01 : 0.003);
    return fit;
  }
  /// From a start that is off by centimetres.
  HeadFit refine(const BeamHead& start) {
    HeadFit fit{start};
    for (int i = 0; i < 8; ++i) step(fit, i < 3 ? 0.01 : 0.003);
    return fit;
  }

 private:
  double place(size_t i) const { return static_cast<double>(i) / static_cast<double>(std::max<size_t>(points_.size() - 1, 1)); }

  /// Slopes of all labels by means of weighted ratios.
  void find_slopes(const BeamHead& head, double cap) {
    for (int pass = 0; pass < 2; ++pass) {
      std::fill(sums_.begin(), sums_.end(), std::array<double, 2>{});
      for (const size_t i : chosen_) {
        const Vec3 p = from_head(head, points_[i], place(i));
        const double flat = std::sqrt(p.x * p.x + p.y * p.y);
        if (!(flat > 1)) continue;
        const double ratio = (p.z - head.tilt[0] * p.x - head.tilt[1] * p.y) / flat;
        const double off = has_slopes_ ? ratio - slope_[labels_[i]] : 0;
        const double weight = 1 / (1 + off * off / (cap * cap));
        sums_[labels_[i]][0] += weight * ratio;
        sums_[labels_[i]][1] += weight;
      }
      for (size_t label = 0; label < slope_.size(); ++label) {
        if (sums_[label][1] > 0) slope_[label] = sums_[label][0] / sums_[label][1];
      }
      has_slopes_ = true;
    }
  }

  /// One step of Gauss and Newton on relative residuals, each label's slope taken out.
  void step(HeadFit& fit, double cap) {
    find_slopes(fit.head, cap);
    constexpr size_t kUnknowns = 8;
    NormalEquations<kUnknowns> equations;
    std::vector<std::array<double, kUnknowns + 2>> mean(slope_.size());
    const auto row_of = [&](size_t i, std::array<double, kUnknowns>& row, double& value, double& weight) {
      const double t = place(i);
      const Vec3 p = from_head(fit.head, points_[i], t);
      const double flat = std::sqrt(p.x * p.x + p.y * p.y);
      if (!(flat > 1) || !(flat < 1e6)) return false;
      const double slope = slope_[labels_[i]];
      value = (p.z - fit.head.tilt[0] * p.x - fit.head.tilt[1] * p.y) / flat - slope;
      weight = 1 / (1 + value * value / (cap * cap));
      const double dx = (-slope * p.x / flat - fit.head.tilt[0]) / flat, dy = (-slope * p.y / flat - fit.head.tilt[1]) / flat,
                   dz = 1 / flat;
      row = {dx, dy, dz, dx * t, dy * t, dz * t, p.x / flat, p.y / flat};
      return true;
    };
    std::array<double, kUnknowns> row;
    double value, weight, capped = 0, count = 0;
    for (const size_t i : chosen_) {
      if (!row_of(i, row, value, weight)) continue;
      auto& of_label = mean[labels_[i]];
      for (size_t k = 0; k < kUnknowns; ++k) of_label[k] += weight * row[k];
      of_label[kUnknowns] += weight * value;
      of_label[kUnknowns + 1] += weight;
      capped += std::min(std::abs(value), 0.01);
      count += 1;
    }
    fit.error = count > 0 ? capped / count : 1;
    for (const size_t i : chosen_) {
      if (!row_of(i, row, value, weight)) continue;
      const auto& of_label = mean[labels_[i]];
      for (size_t k = 0; k < kUnknowns; ++k) row[k] -= of_label[k] / of_label[kUnknowns + 1];
      equations.add(row, value - of_label[kUnknowns] / of_label[kUnknowns + 1], weight);
    }
    // A weak pull towards what is there, since a motion in height or a tilt may not show.
    for (size_t k = 0; k < kUnknowns; ++k) {
      std::array<double, kUnknowns> stay{};
      stay[k] = 1;
      equations.add(stay, 0, k < 6 ? 1e-3 : 1e-1);
    }
    std::array<double, kUnknowns> move;
    if (!equations.solve(move)) return;
    for (size_t k = 0; k < 3; ++k) {
      fit.head.origin[k] = std::clamp(fit.head.origin[k] + std::clamp(move[k], -0.5, 0.5), -20.0, 20.0);
      fit.head.motion[k] = std::clamp(fit.head.motion[k] + std::clamp(move[3 + k], -0.5, 0.5), -10.0, 10.0);
    }
    for (size_t k = 0; k < 2; ++k) fit.head.tilt[k] = std::clamp(fit.head.tilt[k] + move[6 + k], -0.3, 0.3);
  }

  std::span<const Vec3> points_;
  std::span<const uint8_t> labels_;
  const std::vector<size_t>& chosen_;
  std::vector<double> slope_;
  std::vector<std::array<double, 2>> sums_;
  bool has_slopes_ = false;
};

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

double place_of(std::span<const Vec3> points, size_t i) {
  return static_cast<double>(i) / static_cast<double>(std::max<size_t>(points.size() - 1, 1));
}
/// Degrees above a head's plane; what is too near to have one is below all others.
double elevation_from(const BeamHead& head, const Vec3& point, double place) {
  const Vec3 p = from_head(head, point, place);
  const double flat = std::sqrt(p.x * p.x + p.y * p.y);
  return flat > 1 ? std::atan((p.z - head.tilt[0] * p.x - head.tilt[1] * p.y) / flat) / kDegree : -90;
}

/// Elevations around which those of the points gather, from below; empty where less than a share of them does. `reach` and
/// `apart`, in bins of 0.005 degrees: how wide one is, and how near the next may be.
std::vector<double> find_elevations(std::span<const double> of_points, double share, int reach, int apart) {
  constexpr double kBin = 0.005;
  constexpr int kBins = static_cast<int>(120 / kBin);
  std::vector<double> count(static_cast<size_t>(kBins));
  for (const double elevation : of_points) {
    const int bin = static_cast<int>((std::max(elevation, -60.0) + 60) / kBin);
    if (bin > 0 && bin < kBins) count[static_cast<size_t>(bin)] += 1;
  }
  std::vector<double> smooth(count.size());
  for (int i = reach; i < kBins - reach; ++i) {
    for (int k = -reach; k <= reach; ++k) smooth[static_cast<size_t>(i)] += count[static_cast<size_t>(i + k)] * (reach + 1 - std::abs(k));
  }
  std::vector<size_t> order(count.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return smooth[a] != smooth[b] ? smooth[a] > smooth[b] : a < b; });
  std::vector<uint8_t> taken(count.size());
  std::vector<double> elevations;
  double within = 0;
  for (const size_t bin : order) {
    if (taken[bin]) continue;
    if (smooth[bin] < 2e-4 * static_cast<double>(of_points.size()) * (reach + 1) || elevations.size() == kMostBeamLabels - 1) break;
    elevations.push_back((static_cast<double>(bin) + 0.5) * kBin - 60);
    for (int k = -apart; k <= apart; ++k) {
      const int other = static_cast<int>(bin) + k;
      if (other < 0 || other >= kBins || taken[static_cast<size_t>(other)]) continue;
      taken[static_cast<size_t>(other)] = 1;
      if (std::abs(k) <= reach) within += count[static_cast<size_t>(other)];
    }
  }
  std::sort(elevations.begin(), elevations.end());
  if (elevations.size() < 4 || within < share * static_cast<double>(of_points.size())) elevations.clear();
  return elevations;
}

/// Labels in the order in which they follow each other most often.
void find_order(const std::vector<uint8_t>& labels, Beams& beams) {
  const size_t count = beams.labels();
  std::vector<uint32_t> follows(count * count);
  size_t same = 0;
  for (size_t i = 1; i < labels.size(); ++i) {
    follows[labels[i - 1] * count + labels[i]] += 1;
    same += labels[i - 1] == labels[i];
  }
  beams.stays = same * 2 > labels.size();
  std::vector<bool> used(count);
  size_t at = labels.empty() ? 0 : labels[0];
  while (true) {
    used[at] = true;
    beams.firing_order.push_back(static_cast<uint8_t>(at));
    if (beams.firing_order.size() == count) return;
    size_t best = count;
    for (size_t next = 0; next < count; ++next) {
      if (!used[next] && (best == count || follows[at * count + next] > follows[at * count + best])) best = next;
    }
    at = best;
  }
}

std::vector<uint8_t> nearest_lasers(std::span<const double> elevations, const std::vector<double>& lasers) {
  std::vector<uint8_t> labels;
  for (const double elevation : elevations) {
    const auto above = std::lower_bound(lasers.begin(), lasers.end(), elevation);
    size_t label = static_cast<size_t>(above - lasers.begin());
    if (label == lasers.size() || (label > 0 && elevation - lasers[label - 1] < lasers[label] - elevation)) --label;
    labels.push_back(static_cast<uint8_t>(label));
  }
  return labels;
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

std::vector<double> elevations_of(std::span<const Vec3> points, size_t first, size_t end, const BeamHead& head) {
  std::vector<double> elevations;
  for (size_t i = first; i < end; ++i) elevations.push_back(elevation_from(head, points[i], place_of(points, i)));
  return elevations;
}

/// How well elevations gather: the mean share of all that lies within the same twentieth of a degree.
double sharpness(std::span<const double> elevations) {
  std::vector<double> count(2400);
  for (const double elevation : elevations) {
    if (std::abs(elevation) < 60) count[static_cast<size_t>((elevation + 60) * 20)] += 1;
  }
  return std::inner_product(count.begin(), count.end(), count.begin(), 0.0) / std::pow(static_cast<double>(elevations.size()), 2);
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

/// The first points of the pieces and the end of the last.
std::vector<size_t> ends_of(const Beams& beams, size_t points) {
  std::vector<size_t> ends(beams.pieces.begin(), beams.pieces.end());
  ends.push_back(points);
  return ends;
}

/// Labels of their own for each piece: its head fires in another order. Only those that some point has.
void separate_pieces(BeamFit& fit, size_t points) {
  const size_t lasers = fit.beams.labels();
  const std::vector<size_t> ends = ends_of(fit.beams, points);
  if (ends.size() < 3) return;
  std::vector<uint16_t> number((ends.size() - 1) * lasers);
  for (size_t k = 0; k + 1 < ends.size(); ++k) {
    for (size_t i = ends[k]; i < ends[k + 1]; ++i) number[k * lasers + fit.labels[i]] = 1;
  }
  uint16_t used = 0;
  for (uint16_t& n : number) n = n != 0 ? used++ : uint16_t{0};
  if (used > kMostBeamLabels) return;
  for (size_t k = 0; k + 1 < ends.size(); ++k) {
    for (size_t i = ends[k]; i < ends[k + 1]; ++i) fit.labels[i] = static_cast<uint8_t>(number[k * lasers + fit.labels[i]]);
  }
  fit.beams.head_of_label.assign(used, 0);
}

/// Files in firing order whose heads stand elsewhere than at the origin, one or two turns after each other.
std::optional<BeamFit> fit_by_cycle(std::span<const Vec3> points) {
  BeamFit fit;
  if (const std::optional<size_t> leap = find_leap(points)) fit.beams.pieces.push_back(*leap);
  fit.beams.heads = fit_pieces(points, fit.beams.pieces);
  if (fit.beams.heads.empty()) return {};
  // Now elevations gather around those of the lasers, which are then known better, and so are the heads.
  for (int pass = 0; pass < 3; ++pass) {
    std::vector<double> elevations;
    size_t piece = 0;
    for (size_t i = 0; i < points.size(); ++i) {
      piece = fit.beams.piece_of(i, piece);
      elevations.push_back(elevation_from(fit.beams.heads[piece], points[i], place_of(points, i)));
    }
    const std::vector<double> lasers = find_elevations(elevations, 0.5, pass == 0 ? 16 : 10, pass == 0 ? 32 : 26);
    if (lasers.empty()) return {};
    fit.labels = nearest_lasers(elevations, lasers);
    fit.beams.head_of_label.assign(lasers.size(), 0);
    for (size_t k = 0; k < fit.beams.pieces.size() && pass < 2; ++k) {
      const size_t end = k + 1 < fit.beams.pieces.size() ? fit.beams.pieces[k + 1] : points.size();
      std::vector<size_t> chosen;
      for (size_t i = fit.beams.pieces[k]; i < end; i += std::max<size_t>(1, points.size() / 40000)) chosen.push_back(i);
      fit.beams.heads[k] = HeadFitter(points, fit.labels, chosen, lasers.size()).fit(fit.beams.heads[k]).head;
    }
  }
  separate_pieces(fit, points.size());
  find_order(fit.labels, fit.beams);
  return fit;
}

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

/// A frame of lasers that are known; nothing where points are not where these would measure them.
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
