// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "pointcloud/metrics.h"
#include "pointcloud/nearest.h"
#include "pointcloud/sensor/small_matrix.h"

namespace dew {
namespace {

using Matrix3 = std::array<std::array<double, 3>, 3>;

Vec3 minus(const Vec3& a, const Vec3& b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
Vec3 scaled(const Vec3& a, double factor) { return {a.x * factor, a.y * factor, a.z * factor}; }

std::vector<Vec3> finite_points(std::span<const Vec3> points) {
  std::vector<Vec3> finite;
  finite.reserve(points.size());
  for (const Vec3& p : points) {
    if (is_finite(p)) finite.push_back(p);
  }
  return finite;
}

double longest_side(std::span<const Vec3> points) {
  Vec3 low = points[0], high = points[0];
  for (const Vec3& p : points) {
    low = {std::min(low.x, p.x), std::min(low.y, p.y), std::min(low.z, p.z)};
    high = {std::max(high.x, p.x), std::max(high.y, p.y), std::max(high.z, p.z)};
  }
  return std::max({high.x - low.x, high.y - low.y, high.z - low.z});
}

/// One Jacobi rotation: makes m[p][q] zero and turns the eigenvectors, the columns of v, along.
void rotate(Matrix3& m, Matrix3& v, size_t p, size_t q) {
  if (m[p][q] == 0) return;
  const double theta = (m[q][q] - m[p][p]) / (2 * m[p][q]);
  const double t = (theta < 0 ? -1.0 : 1.0) / (std::fabs(theta) + std::sqrt(theta * theta + 1));
  const double c = 1 / std::sqrt(t * t + 1), s = t * c;
  for (size_t i = 0; i < 3; ++i) {
    const double ip = m[i][p], iq = m[i][q];
    m[i][p] = c * ip - s * iq;
    m[i][q] = s * ip + c * iq;
  }
  for (size_t i = 0; i < 3; ++i) {
    const double pi = m[p][i], qi = m[q][i];
    m[p][i] = c * pi - s * qi;
    m[q][i] = s * pi + c * qi;
    const double vp = v[i][p], vq = v[i][q];
    v[i][p] = c * vp - s * vq;
    v[i][q] = s * vp + c * vq;
  }
}

/// The direction in which the points scatter least.
Vec3 least_scatter(Matrix3 m) {
  Matrix3 v = {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  // Five sweeps take a symmetric 3 x 3 matrix to the last bit.
  for (int sweep = 0; sweep < 5; ++sweep) {
    rotate(m, v, 0, 1);
    rotate(m, v, 0, 2);
    rotate(m, v, 1, 2);
  }
  size_t least = 0;
  for (size_t i = 1; i < 3; ++i) {
    if (m[i][i] < m[least][least]) least = i;
  }
  return {v[0][least], v[1][least], v[2][least]};
}

/// Each looks to the origin, where the sensor is, so that means of normals do not cancel.
std::vector<Vec3> fit_normals(std::span<const Vec3> points, const KdTree& tree, uint32_t neighbours) {
  std::vector<Vec3> normals(points.size());
  std::vector<KdTree::Neighbour> near;
  for (size_t i = 0; i < points.size(); ++i) {
    tree.nearest_k(points[i], neighbours, near);
    Vec3 mean;
    for (const auto& n : near) mean = {mean.x + points[n.index].x, mean.y + points[n.index].y, mean.z + points[n.index].z};
    mean = scaled(mean, 1.0 / static_cast<double>(near.size()));
    Matrix3 scatter = {};
    for (const auto& n : near) {
      const Vec3 d = minus(points[n.index], mean);
      const double axes[3] = {d.x, d.y, d.z};
      for (size_t row = 0; row < 3; ++row) {
        for (size_t column = 0; column < 3; ++column) scatter[row][column] += axes[row] * axes[column];
      }
    }
    const Vec3 normal = least_scatter(scatter);
    normals[i] = dot(normal, points[i]) > 0 ? scaled(normal, -1) : normal;
  }
  return normals;
}

/// From each point of one cloud to the nearest one of the other.
std::vector<uint32_t> match(std::span<const Vec3> from, const KdTree& to) {
  std::vector<uint32_t> nearest(from.size());
  for (size_t i = 0; i < from.size(); ++i) nearest[i] = to.nearest(from[i]).index;
  return nearest;
}

/// Normals of b: the mean over the points of a that it is nearest to; failing any, that of its own nearest point of a.
std::vector<Vec3> carry_normals(std::span<const Vec3> normals_a, std::span<const uint32_t> a_to_b, std::span<const uint32_t> b_to_a) {
  std::vector<Vec3> normals(b_to_a.size());
  for (size_t i = 0; i < a_to_b.size(); ++i) {
    Vec3& sum = normals[a_to_b[i]];
    sum = {sum.x + normals_a[i].x, sum.y + normals_a[i].y, sum.z + normals_a[i].z};
  }
  for (size_t i = 0; i < normals.size(); ++i) {
    const double length = std::sqrt(dot(normals[i], normals[i]));
    normals[i] = length > 0 ? scaled(normals[i], 1 / length) : normals_a[b_to_a[i]];
  }
  return normals;
}

/// Sums over one direction.
struct Directed {
  double point_mse = 0, plane_mse = 0, mean = 0, max = 0;
};

Directed measure(std::span<const Vec3> from, std::span<const Vec3> to, std::span<const uint32_t> nearest, std::span<const Vec3> normals) {
  Directed sums;
  for (size_t i = 0; i < from.size(); ++i) {
    const Vec3 error = minus(from[i], to[nearest[i]]);
    const double squared = dot(error, error);
    const double along = dot(error, normals[nearest[i]]);
    sums.point_mse += squared;
    sums.plane_mse += along * along;
    sums.mean += std::sqrt(squared);
    sums.max = std::max(sums.max, std::sqrt(squared));
  }
  const auto count = static_cast<double>(from.size());
  return {sums.point_mse / count, sums.plane_mse / count, sums.mean / count, sums.max};
}

NearestError symmetric(double mse_a, double mse_b, double peak) {
  const double mse = std::max(mse_a, mse_b);
  const double psnr = mse == 0 ? std::numeric_limits<double>::infinity() : 10 * std::log10(3 * peak * peak / mse);
  return {mse, psnr};
}

}  // namespace

std::vector<Vec3> surface_normals(std::span<const Vec3> points, uint32_t neighbours) {
  return fit_normals(points, KdTree(points), std::clamp(neighbours, 3u, 100u));
}

std::optional<SurfaceErrors> surface_errors(std::span<const Vec3> a, std::span<const Vec3> b, const SurfaceOptions& options) {
  const std::vector<Vec3> points_a = finite_points(a);
  const std::vector<Vec3> points_b = finite_points(b);
  if (points_a.empty() || points_b.empty()) return {};
  const KdTree tree_a(points_a), tree_b(points_b);
  const std::vector<uint32_t> a_to_b = match(points_a, tree_b);
  const std::vector<uint32_t> b_to_a = match(points_b, tree_a);
  const std::vector<Vec3> normals_a = fit_normals(points_a, tree_a, std::clamp(options.normal_neighbours, 3u, 100u));
  const std::vector<Vec3> normals_b = carry_normals(normals_a, a_to_b, b_to_a);
  const Directed forward = measure(points_a, points_b, a_to_b, normals_b);
  const Directed backward = measure(points_b, points_a, b_to_a, normals_a);

  SurfaceErrors result;
  result.peak_m = options.peak_m.value_or(longest_side(points_a));
  result.point_to_point = symmetric(forward.point_mse, backward.point_mse, result.peak_m);
  result.point_to_plane = symmetric(forward.plane_mse, backward.plane_mse, result.peak_m);
  result.chamfer_m = forward.mean + backward.mean;
  result.hausdorff_m = std::max(forward.max, backward.max);
  return result;
}

}  // namespace dew
