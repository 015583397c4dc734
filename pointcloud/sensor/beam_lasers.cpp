// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/beam_lasers.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dew {
namespace {

constexpr double kDegree = 3.14159265358979323846 / 180;

}  // namespace

Vec3 from_head(const BeamHead& head, const Vec3& point, double place) {
  return {point.x - head.origin[0] - head.motion[0] * place, point.y - head.origin[1] - head.motion[1] * place,
          point.z - head.origin[2] - head.motion[2] * place};
}

double place_of(std::span<const Vec3> points, size_t i) {
  return static_cast<double>(i) / static_cast<double>(std::max<size_t>(points.size() - 1, 1));
}

std::vector<size_t> ends_of(const Beams& beams, size_t points) {
  std::vector<size_t> ends(beams.pieces.begin(), beams.pieces.end());
  ends.push_back(points);
  return ends;
}

double elevation_from(const BeamHead& head, const Vec3& point, double place) {
  const Vec3 p = from_head(head, point, place);
  const double flat = std::sqrt(p.x * p.x + p.y * p.y);
  return flat > 1 ? std::atan((p.z - head.tilt[0] * p.x - head.tilt[1] * p.y) / flat) / kDegree : -90;
}

std::vector<double> elevations_of(std::span<const Vec3> points, size_t first, size_t end, const BeamHead& head) {
  std::vector<double> elevations;
  for (size_t i = first; i < end; ++i) elevations.push_back(elevation_from(head, points[i], place_of(points, i)));
  return elevations;
}

double sharpness(std::span<const double> elevations) {
  std::vector<double> count(2400);
  for (const double elevation : elevations) {
    if (std::abs(elevation) < 60) count[static_cast<size_t>((elevation + 60) * 20)] += 1;
  }
  return std::inner_product(count.begin(), count.end(), count.begin(), 0.0) / std::pow(static_cast<double>(elevations.size()), 2);
}

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

double share_following(const std::vector<uint8_t>& labels, size_t lasers) {
  std::vector<uint32_t> follows(lasers * lasers);
  for (size_t i = 1; i < labels.size(); ++i) follows[labels[i - 1] * lasers + labels[i]] += 1;
  double sum = 0;
  for (size_t laser = 0; laser < lasers; ++laser) {
    const auto row = follows.begin() + static_cast<ptrdiff_t>(laser * lasers);
    sum += *std::max_element(row, row + static_cast<ptrdiff_t>(lasers));
  }
  return sum / static_cast<double>(std::max<size_t>(labels.size(), 1));
}

}  // namespace dew
