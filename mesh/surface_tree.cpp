// SPDX-License-Identifier: Apache-2.0
#include "mesh/surface_tree.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "mesh/coding/vector_math.h"

namespace dew {
namespace {

constexpr uint32_t kLeafTriangles = 4;

using vector_math::dot;
using vector_math::minus;

MeshPoint along(const MeshPoint& a, const MeshPoint& direction, double t) {
  return {a[0] + t * direction[0], a[1] + t * direction[1], a[2] + t * direction[2]};
}

MeshPoint nearest_on_segment(const MeshPoint& p, const MeshPoint& a, const MeshPoint& b) {
  const MeshPoint ab = minus(b, a);
  const double length = dot(ab, ab);
  return length > 0 ? along(a, ab, std::clamp(dot(minus(p, a), ab) / length, 0.0, 1.0)) : a;
}

double distance_squared(const MeshPoint& p, const MeshPoint& q) {
  const MeshPoint d = minus(p, q);
  return dot(d, d);
}

/// By the regions of the plane that the triangle's corners, edges and face are nearest to.
double triangle_distance_squared(const MeshPoint& p, const std::array<MeshPoint, 3>& t) {
  const MeshPoint ab = minus(t[1], t[0]), ac = minus(t[2], t[0]);
  const MeshPoint ap = minus(p, t[0]), bp = minus(p, t[1]), cp = minus(p, t[2]);
  const double d1 = dot(ab, ap), d2 = dot(ac, ap), d3 = dot(ab, bp), d4 = dot(ac, bp), d5 = dot(ab, cp), d6 = dot(ac, cp);
  const double va = d3 * d6 - d5 * d4, vb = d5 * d2 - d1 * d6, vc = d1 * d4 - d3 * d2;
  const double sum = va + vb + vc;
  if (va > 0 && vb > 0 && vc > 0 && sum > 0) return distance_squared(p, along(along(t[0], ab, vb / sum), ac, vc / sum));
  // Not above the face: the nearest of the edges. Slower than telling the regions apart, and right for slivers too.
  return std::min({distance_squared(p, nearest_on_segment(p, t[0], t[1])), distance_squared(p, nearest_on_segment(p, t[1], t[2])),
                   distance_squared(p, nearest_on_segment(p, t[2], t[0]))});
}

}  // namespace

SurfaceTree::SurfaceTree(const Mesh& mesh) {
  for (uint32_t t = 0; t < mesh.triangles(); ++t) {
    std::array<MeshPoint, 3> corners;
    bool finite = true;
    for (size_t k = 0; k < 3; ++k) {
      for (size_t axis = 0; axis < 3; ++axis) {
        corners[k][axis] = static_cast<double>(mesh.position[3 * size_t{mesh.triangle[3 * size_t{t} + k]} + axis]);
        finite = finite && std::isfinite(corners[k][axis]);
      }
    }
    if (!finite) continue;
    corners_.push_back(corners);
    source_.push_back(t);
  }
  order_.resize(corners_.size());
  std::iota(order_.begin(), order_.end(), 0u);
  if (!order_.empty()) build(0, static_cast<uint32_t>(order_.size()));
}

uint32_t SurfaceTree::build(uint32_t begin, uint32_t end) {
  const uint32_t at = static_cast<uint32_t>(nodes_.size());
  nodes_.emplace_back();
  Node node;
  node.low.fill(std::numeric_limits<double>::infinity());
  node.high.fill(-std::numeric_limits<double>::infinity());
  for (uint32_t i = begin; i < end; ++i) {
    for (const MeshPoint& corner : corners_[order_[i]]) {
      for (size_t axis = 0; axis < 3; ++axis) {
        node.low[axis] = std::min(node.low[axis], corner[axis]);
        node.high[axis] = std::max(node.high[axis], corner[axis]);
      }
    }
  }
  if (end - begin <= kLeafTriangles) {
    node.first = begin;
    node.count = end - begin;
    nodes_[at] = node;
    return at;
  }
  size_t axis = 0;
  for (size_t other = 1; other < 3; ++other) {
    if (node.high[other] - node.low[other] > node.high[axis] - node.low[axis]) axis = other;
  }
  const uint32_t middle = (begin + end) / 2;
  const auto centre = [&](uint32_t i) { return corners_[i][0][axis] + corners_[i][1][axis] + corners_[i][2][axis]; };
  std::nth_element(order_.begin() + begin, order_.begin() + middle, order_.begin() + end,
                   [&](uint32_t i, uint32_t j) { return centre(i) < centre(j); });
  build(begin, middle);
  node.first = build(middle, end);
  nodes_[at] = node;
  return at;
}

double SurfaceTree::box_distance_squared(uint32_t node, const MeshPoint& point) const {
  double sum = 0;
  for (size_t axis = 0; axis < 3; ++axis) {
    const double out = std::max({nodes_[node].low[axis] - point[axis], 0.0, point[axis] - nodes_[node].high[axis]});
    sum += out * out;
  }
  return sum;
}

SurfacePoint SurfaceTree::nearest(const MeshPoint& point, double at_most) const {
  SurfacePoint best;
  if (nodes_.empty()) return best;
  double best_squared = at_most * at_most;
  struct Visit {
    uint32_t node;
    double squared;
  };
  std::array<Visit, 64> stack;  // halving leaves fewer than 32 levels
  size_t depth = 0;
  stack[depth++] = {0, box_distance_squared(0, point)};
  while (depth > 0) {
    const Visit visit = stack[--depth];
    if (visit.squared > best_squared) continue;
    const Node& node = nodes_[visit.node];
    for (uint32_t i = node.first; i < node.first + node.count; ++i) {
      const double squared = triangle_distance_squared(point, corners_[order_[i]]);
      if (squared > best_squared) continue;
      best_squared = squared;
      best = {0, source_[order_[i]]};
    }
    if (node.count > 0) continue;
    Visit near{visit.node + 1, box_distance_squared(visit.node + 1, point)};
    Visit far{node.first, box_distance_squared(node.first, point)};
    if (far.squared < near.squared) std::swap(near, far);
    stack[depth++] = far;
    stack[depth++] = near;
  }
  if (best.triangle != UINT32_MAX) best.distance = std::sqrt(best_squared);
  return best;
}

}  // namespace dew
