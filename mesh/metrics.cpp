// SPDX-License-Identifier: Apache-2.0
#include "mesh/metrics.h"

#include <algorithm>
#include <cmath>

#include "entropy/pool.h"
#include "mesh/coding/vector_math.h"
#include "mesh/surface_tree.h"

namespace dew {
namespace {

constexpr double kDegreesPerRadian = 57.29577951308232;
constexpr size_t kSamplesPerTask = 4096;

MeshPoint corner_of(const Mesh& mesh, size_t t, size_t k) {
  const float* p = &mesh.position[3 * size_t{mesh.triangle[3 * t + k]}];
  return {static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
}

MeshPoint area_vector(const Mesh& mesh, size_t t) {
  const MeshPoint a = corner_of(mesh, t, 0), b = corner_of(mesh, t, 1), c = corner_of(mesh, t, 2);
  const MeshPoint u = {b[0] - a[0], b[1] - a[1], b[2] - a[2]}, v = {c[0] - a[0], c[1] - a[1], c[2] - a[2]};
  return {(u[1] * v[2] - u[2] * v[1]) / 2, (u[2] * v[0] - u[0] * v[2]) / 2, (u[0] * v[1] - u[1] * v[0]) / 2};
}

using vector_math::length;

double angle_deg(const MeshPoint& a, const MeshPoint& b) {
  const double scale = length(a) * length(b);
  if (!(scale > 0)) return 0;
  return kDegreesPerRadian * std::acos(std::clamp((a[0] * b[0] + a[1] * b[1] + a[2] * b[2]) / scale, -1.0, 1.0));
}

struct Sample {
  MeshPoint point;
  uint32_t triangle;
};

/// A number in [0, 1) that looks random.
double fraction(uint64_t i, uint64_t salt) {
  uint64_t x = i * 0x9e3779b97f4a7c15u + salt;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return static_cast<double>((x ^ (x >> 31)) >> 11) * 0x1p-53;
}

/// One sample in each of `count` equal shares of the area.
std::vector<Sample> spread(const Mesh& mesh, uint64_t count) {
  std::vector<double> sums(mesh.triangles());
  double sum = 0;
  for (size_t t = 0; t < sums.size(); ++t) {
    const double area = length(area_vector(mesh, t));
    if (std::isfinite(area)) sum += area;
    sums[t] = sum;
  }
  std::vector<Sample> samples;
  if (!(sum > 0)) return samples;
  samples.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    const double place = sum * (static_cast<double>(i) + fraction(i, 1)) / static_cast<double>(count);
    const size_t t =
        std::min<size_t>(static_cast<size_t>(std::upper_bound(sums.begin(), sums.end(), place) - sums.begin()), sums.size() - 1);
    const double root = std::sqrt(fraction(i, 2)), share = fraction(i, 3);
    const double w[3] = {1 - root, root * (1 - share), root * share};
    Sample sample{{0, 0, 0}, static_cast<uint32_t>(t)};
    for (size_t k = 0; k < 3; ++k) {
      const MeshPoint corner = corner_of(mesh, t, k);
      for (size_t axis = 0; axis < 3; ++axis) sample.point[axis] += w[k] * corner[axis];
    }
    samples.push_back(sample);
  }
  return samples;
}

struct Sums {
  double squared = 0, angle_squared = 0, largest = 0;
  uint64_t count = 0;
  void add(const Sums& other) {
    squared += other.squared;
    angle_squared += other.angle_squared;
    largest = std::max(largest, other.largest);
    count += other.count;
  }
};

/// Vertices that triangles use, for the largest distance.
std::vector<uint32_t> used_vertices(const Mesh& mesh) {
  std::vector<uint32_t> used = mesh.triangle;
  std::sort(used.begin(), used.end());
  used.erase(std::unique(used.begin(), used.end()), used.end());
  return used;
}

Sums one_way(const Mesh& from, const Mesh& to, const MeshErrorOptions& options) {
  const SurfaceTree tree(to);
  const std::vector<Sample> samples = spread(from, options.samples);
  const std::vector<uint32_t> used = options.vertices ? used_vertices(from) : std::vector<uint32_t>{};
  const size_t sample_tasks = (samples.size() + kSamplesPerTask - 1) / kSamplesPerTask;
  const size_t vertex_tasks = (used.size() + kSamplesPerTask - 1) / kSamplesPerTask;
  std::vector<Sums> sums(sample_tasks + vertex_tasks);
  parallel_for(sums.size(), options.threads, [&](size_t task) {
    Sums& sum = sums[task];
    if (task >= sample_tasks) {
      const size_t begin = (task - sample_tasks) * kSamplesPerTask, end = std::min(begin + kSamplesPerTask, used.size());
      for (size_t i = begin; i < end; ++i) {
        const float* p = &from.position[3 * size_t{used[i]}];
        const MeshPoint point = {static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
        if (std::isfinite(point[0] + point[1] + point[2])) sum.largest = std::max(sum.largest, tree.nearest(point).distance);
      }
      return;
    }
    const size_t begin = task * kSamplesPerTask, end = std::min(begin + kSamplesPerTask, samples.size());
    for (size_t i = begin; i < end; ++i) {
      const SurfacePoint hit = tree.nearest(samples[i].point);
      const double angle =
          hit.triangle == UINT32_MAX ? 0 : angle_deg(area_vector(from, samples[i].triangle), area_vector(to, hit.triangle));
      sum.squared += hit.distance * hit.distance;
      sum.angle_squared += angle * angle;
      sum.largest = std::max(sum.largest, hit.distance);
      ++sum.count;
    }
  });
  Sums total;
  for (const Sums& sum : sums) total.add(sum);
  return total;
}

void measure_vertices(const Mesh& a, const Mesh& b, MeshErrors& errors) {
  double squared = 0, largest = 0;
  for (size_t v = 0; v < a.vertices(); ++v) {
    double sum = 0;
    for (size_t axis = 0; axis < 3; ++axis) {
      const double d = static_cast<double>(a.position[3 * v + axis]) - static_cast<double>(b.position[3 * v + axis]);
      sum += d * d;
    }
    if (!std::isfinite(sum)) continue;
    squared += sum;
    largest = std::max(largest, std::sqrt(sum));
  }
  errors.vertex_max = largest;
  errors.vertex_rms = a.vertices() == 0 ? 0 : std::sqrt(squared / static_cast<double>(a.vertices()));
}

}  // namespace

Result<MeshErrors> mesh_errors(const Mesh& a, const Mesh& b, const MeshErrorOptions& options) {
  DEW_TRY(check_shape(a));
  DEW_TRY(check_shape(b));
  MeshErrors errors;
  errors.diagonal = bounding_box(a).diagonal();
  if (a.vertices() == b.vertices() && a.triangle == b.triangle) measure_vertices(a, b, errors);
  Sums sums = one_way(a, b, options);
  const Sums back = one_way(b, a, options);
  if ((sums.count == 0) != (back.count == 0)) return Error{Code::invalid_argument, 0, "one of the meshes has no surface"};
  if (sums.count == 0 && !errors.vertex_max)
    return Error{Code::invalid_argument, 0, "the meshes have neither surfaces nor the same vertices"};
  sums.add(back);
  if (sums.count == 0) return errors;
  errors.surface_rms = std::sqrt(sums.squared / static_cast<double>(sums.count));
  errors.surface_max = sums.largest;
  errors.normal_rms_deg = std::sqrt(sums.angle_squared / static_cast<double>(sums.count));
  return errors;
}

}  // namespace dew
