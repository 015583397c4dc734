// SPDX-License-Identifier: Apache-2.0
/// Nearest neighbours among points, by a k-d tree.
///
///   const KdTree tree(points);                     // keeps its own copy
///   KdTree::Neighbour n = tree.nearest(query);     // n.index into points, n.squared_distance
///   std::vector<KdTree::Neighbour> near;
///   tree.nearest_k(query, 12, near);               // the closest first
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "pointcloud/cloud.h"

namespace dew {

double squared_distance(const Vec3& a, const Vec3& b);
/// Neither NaN nor infinite in any coordinate.
bool is_finite(const Vec3& point);

/// Balanced by medians, so that building and asking never go deeper than log2(points), equal points included.
/// Points must be finite and fewer than 2^32. Asking is const and safe from many threads.
/// Cost: about 1 us to build a point, 1 us to ask for one neighbour (100,000 points).
class KdTree {
 public:
  struct Neighbour {
    uint32_t index = 0;
    double squared_distance = std::numeric_limits<double>::infinity();
  };

  explicit KdTree(std::span<const Vec3> points);

  size_t size() const { return points_.size(); }
  /// The closest point; which of several equally close ones is not said. Infinite distance if the tree is empty.
  Neighbour nearest(const Vec3& query) const;
  /// Replaces `out` by the min(k, size()) closest points, closest first.
  void nearest_k(const Vec3& query, size_t k, std::vector<Neighbour>& out) const;

 private:
  struct Node {
    double split = 0;
    uint32_t begin = 0, end = 0;  ///< its points
    uint32_t right = 0;           ///< its second child (the first one follows it); 0: a leaf
    uint8_t axis = 0;
  };

  uint32_t build(uint32_t begin, uint32_t end, std::span<const Vec3> points);
  template <class Found>
  void search(uint32_t node_index, const Vec3& query, Found& found) const;

  std::vector<Node> nodes_;
  std::vector<uint32_t> order_;  ///< index into the caller's points, in tree order
  std::vector<Vec3> points_;     ///< in tree order
};

}  // namespace dew
