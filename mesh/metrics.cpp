// SPDX-License-Identifier: Apache-2.0
#include "mesh/metrics.h"

#include <algorithm>
#include <cmath>

#include "entropy/pool.h"
#include "mesh/surface_samples.h"
#include "mesh/surface_tree.h"

namespace dew {
namespace {

constexpr size_t kSamplesPerTask = 4096;

MeshPoint area_of(const Mesh& mesh, size_t t) {
  return area_vector(corner_place(mesh, t, 0), corner_place(mesh, t, 1), corner_place(mesh, t, 2));
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
  const std::vector<SurfaceSample> samples = spread_samples(from, options.samples);
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
      const double angle = hit.triangle == UINT32_MAX ? 0 : angle_deg(area_of(from, samples[i].triangle), area_of(to, hit.triangle));
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
