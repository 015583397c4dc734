// SPDX-License-Identifier: Apache-2.0
#include "mesh/implicit/signed_distance.h"

#include <algorithm>
#include <cmath>

#include "entropy/pool.h"
#include "mesh/implicit/wavelets.h"
#include "mesh/surface_tree.h"

namespace dew {
namespace {

/// Where lines along `axis` through the nodes of the grid cross the mesh; in cells from the origin.
std::vector<std::vector<float>> crossings(const Mesh& mesh, const DistanceField& grid, size_t axis) {
  const size_t u = (axis + 1) % 3, v = (axis + 2) % 3;
  std::vector<std::vector<float>> lines(grid.size[u] * grid.size[v]);
  // Off the nodes by a little, so that no line meets an edge.
  constexpr double kOffU = 1.234567e-6, kOffV = 2.345678e-6;
  for (size_t t = 0; t < mesh.triangles(); ++t) {
    double p[3][3];
    for (size_t k = 0; k < 3; ++k) {
      for (size_t i = 0; i < 3; ++i) {
        const float x = mesh.position[3 * size_t{mesh.triangle[3 * t + k]} + i];
        p[k][i] = (static_cast<double>(x) - grid.origin[i]) / grid.cell;
      }
    }
    const double area = (p[1][u] - p[0][u]) * (p[2][v] - p[0][v]) - (p[1][v] - p[0][v]) * (p[2][u] - p[0][u]);
    if (!(std::abs(area) > 0)) continue;
    const auto first = [](double x) { return static_cast<size_t>(std::max(0.0, std::ceil(x - 1e-5))); };
    const auto last = [](double x, size_t size) { return std::min(static_cast<double>(size) - 1, std::floor(x)); };
    const double low_u = std::min({p[0][u], p[1][u], p[2][u]}), high_u = last(std::max({p[0][u], p[1][u], p[2][u]}), grid.size[u]);
    const double low_v = std::min({p[0][v], p[1][v], p[2][v]}), high_v = last(std::max({p[0][v], p[1][v], p[2][v]}), grid.size[v]);
    for (size_t j = first(low_v); static_cast<double>(j) <= high_v; ++j) {
      for (size_t i = first(low_u); static_cast<double>(i) <= high_u; ++i) {
        const double x = static_cast<double>(i) + kOffU, y = static_cast<double>(j) + kOffV;
        const double b = ((x - p[0][u]) * (p[2][v] - p[0][v]) - (y - p[0][v]) * (p[2][u] - p[0][u])) / area;
        const double c = ((p[1][u] - p[0][u]) * (y - p[0][v]) - (p[1][v] - p[0][v]) * (x - p[0][u])) / area;
        if (b < 0 || c < 0 || b + c > 1) continue;
        lines[i + grid.size[u] * j].push_back(
            static_cast<float>(p[0][axis] + b * (p[1][axis] - p[0][axis]) + c * (p[2][axis] - p[0][axis])));
      }
    }
  }
  return lines;
}

}  // namespace

DistanceField grid_around(const Mesh& mesh, size_t cells) {
  const MeshBox box = bounding_box(mesh);
  const double side = std::max(box.largest_side(), 1e-30), cell = side / static_cast<double>(cells);
  GridSize size;
  MeshPoint origin;
  for (size_t k = 0; k < 3; ++k) {
    const double wide = (box.high[k] - box.low[k]) / cell;
    size[k] = (static_cast<size_t>(std::ceil(wide)) + 5 + kWaveletBlock - 1) / kWaveletBlock * kWaveletBlock;
    origin[k] = (box.low[k] + box.high[k]) / 2 - cell * static_cast<double>(size[k] - 1) / 2;
  }
  return DistanceField(size, origin, cell);
}

std::vector<uint8_t> inside_nodes(const Mesh& mesh, const DistanceField& grid) {
  std::vector<uint8_t> votes(grid.size[0] * grid.size[1] * grid.size[2], 0);
  const size_t stride[3] = {1, grid.size[0], grid.size[0] * grid.size[1]};
  for (size_t axis = 0; axis < 3; ++axis) {
    const size_t u = (axis + 1) % 3, v = (axis + 2) % 3;
    std::vector<std::vector<float>> lines = crossings(mesh, grid, axis);
    for (size_t line = 0; line < lines.size(); ++line) {
      std::vector<float>& at = lines[line];
      std::sort(at.begin(), at.end());
      size_t passed = 0, node = line % grid.size[u] * stride[u] + line / grid.size[u] * stride[v];
      for (size_t i = 0; i < grid.size[axis]; ++i, node += stride[axis]) {
        while (passed < at.size() && at[passed] <= static_cast<float>(i)) ++passed;
        votes[node] = static_cast<uint8_t>(votes[node] + passed % 2);
      }
    }
  }
  for (uint8_t& vote : votes) vote = vote >= 2 ? 1 : 0;
  return votes;
}

void fill_signed_distance(const Mesh& mesh, DistanceField& field, unsigned threads) {
  const std::vector<uint8_t> inside = inside_nodes(mesh, field);
  const SurfaceTree tree(mesh);
  parallel_for(field.size[2], threads, [&](size_t z) {
    for (size_t y = 0; y < field.size[1]; ++y) {
      double before = 1e300;
      for (size_t x = 0; x < field.size[0]; ++x) {
        MeshPoint at = field.origin;
        at[0] += field.cell * static_cast<double>(x);
        at[1] += field.cell * static_cast<double>(y);
        at[2] += field.cell * static_cast<double>(z);
        // One cell on, nothing is further away than a cell more.
        const double distance = tree.nearest(at, (before + 1.001) * field.cell).distance / field.cell;
        before = distance;
        field.at(x, y, z) = inside[field.index(x, y, z)] != 0 ? -distance : distance;
      }
    }
  });
}

double inside_overlap(const Mesh& a, const Mesh& b, size_t cells) {
  const DistanceField grid = grid_around(a, cells);
  const std::vector<uint8_t> of_a = inside_nodes(a, grid), of_b = inside_nodes(b, grid);
  uint64_t both = 0, either = 0;
  for (size_t i = 0; i < of_a.size(); ++i) {
    both += of_a[i] & of_b[i];
    either += of_a[i] | of_b[i];
  }
  return either == 0 ? 1 : static_cast<double>(both) / static_cast<double>(either);
}

}  // namespace dew
