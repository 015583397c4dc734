// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/nearest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace dew {
namespace {

constexpr uint32_t kLeafPoints = 12;

constexpr std::array<double Vec3::*, 3> kAxes = {&Vec3::x, &Vec3::y, &Vec3::z};

uint8_t widest_axis(std::span<const uint32_t> indices, std::span<const Vec3> points) {
  uint8_t widest = 0;
  double widest_extent = -1;
  for (uint8_t axis = 0; axis < 3; ++axis) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const uint32_t index : indices) {
      low = std::min(low, points[index].*kAxes[axis]);
      high = std::max(high, points[index].*kAxes[axis]);
    }
    if (high - low > widest_extent) {
      widest_extent = high - low;
      widest = axis;
    }
  }
  return widest;
}

struct One {
  KdTree::Neighbour best;
  double bound() const { return best.squared_distance; }
  void offer(KdTree::Neighbour neighbour) {
    if (neighbour.squared_distance < best.squared_distance) best = neighbour;
  }
};

/// Keeps the k best sorted; k is small, so that insertion is cheaper than a heap.
struct Several {
  size_t k;
  std::vector<KdTree::Neighbour>& best;
  double bound() const { return best.size() < k ? std::numeric_limits<double>::infinity() : best.back().squared_distance; }
  void offer(KdTree::Neighbour neighbour) {
    if (!(neighbour.squared_distance < bound())) return;
    if (best.size() == k) best.pop_back();
    const auto place = std::upper_bound(best.begin(), best.end(), neighbour.squared_distance,
                                        [](double distance, const KdTree::Neighbour& other) { return distance < other.squared_distance; });
    best.insert(place, neighbour);
  }
};

}  // namespace

double squared_distance(const Vec3& a, const Vec3& b) {
  const double dx = a.x - b.x, dy = a.y - b.y, dz = a.z - b.z;
  return dx * dx + dy * dy + dz * dz;
}

bool is_finite(const Vec3& point) { return std::isfinite(point.x) && std::isfinite(point.y) && std::isfinite(point.z); }

KdTree::KdTree(std::span<const Vec3> points) : order_(points.size()) {
  std::iota(order_.begin(), order_.end(), 0u);
  if (!points.empty()) build(0, static_cast<uint32_t>(points.size()), points);
  points_.reserve(points.size());
  for (const uint32_t index : order_) points_.push_back(points[index]);
}

uint32_t KdTree::build(uint32_t begin, uint32_t end, std::span<const Vec3> points) {
  const auto node_index = static_cast<uint32_t>(nodes_.size());
  nodes_.push_back({0, begin, end, 0, 0});
  if (end - begin <= kLeafPoints) return node_index;
  const uint8_t axis = widest_axis(std::span(order_).subspan(begin, end - begin), points);
  const uint32_t middle = begin + (end - begin) / 2;
  const auto less = [&](uint32_t a, uint32_t b) { return points[a].*kAxes[axis] < points[b].*kAxes[axis]; };
  std::nth_element(order_.begin() + begin, order_.begin() + middle, order_.begin() + end, less);
  const double split = points[order_[middle]].*kAxes[axis];
  build(begin, middle, points);
  const uint32_t right = build(middle, end, points);
  nodes_[node_index] = {split, begin, end, right, axis};
  return node_index;
}

template <class Found>
void KdTree::search(uint32_t node_index, const Vec3& query, Found& found) const {
  const Node& node = nodes_[node_index];
  if (node.right == 0) {
    for (uint32_t i = node.begin; i < node.end; ++i) found.offer({order_[i], squared_distance(points_[i], query)});
    return;
  }
  const double beyond = query.*kAxes[node.axis] - node.split;
  const uint32_t left = node_index + 1;
  search(beyond < 0 ? left : node.right, query, found);
  if (beyond * beyond < found.bound()) search(beyond < 0 ? node.right : left, query, found);
}

KdTree::Neighbour KdTree::nearest(const Vec3& query) const {
  One found;
  if (!nodes_.empty()) search(0, query, found);
  return found.best;
}

void KdTree::nearest_k(const Vec3& query, size_t k, std::vector<Neighbour>& out) const {
  out.clear();
  Several found{k, out};
  if (!nodes_.empty() && k > 0) search(0, query, found);
}

}  // namespace dew
