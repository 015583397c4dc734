// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/mesh_views.h"

#include <algorithm>
#include <cmath>

#include "mesh/coding/vector_math.h"

namespace dew::bench {
namespace {

using namespace vector_math;

struct Axes {
  MeshPoint right, up, towards;
};

std::vector<Axes> view_axes() {
  std::vector<Axes> all;
  for (int x = -1; x <= 1; ++x) {
    for (int y = -1; y <= 1; ++y) {
      for (int z = -1; z <= 1; ++z) {
        const int parts = std::abs(x) + std::abs(y) + std::abs(z);
        if (parts != 1 && parts != 3) continue;
        // A little off the axes: grids would stand on edge.
        const MeshPoint towards = {x + 0.11, y + 0.07, z + 0.05};
        const MeshPoint t = times(towards, 1 / length(towards));
        const MeshPoint right = cross(std::abs(t[2]) < 0.9 ? MeshPoint{0, 0, 1} : MeshPoint{0, 1, 0}, t);
        const MeshPoint r = times(right, 1 / length(right));
        all.push_back({r, cross(t, r), t});
      }
    }
  }
  return all;
}

const MeshAttribute* find(const Mesh& mesh, AttributeKind kind) {
  for (const MeshAttribute& attribute : mesh.attributes) {
    if (attribute.kind == kind) return &attribute;
  }
  return nullptr;
}

MeshPoint value_at(const Mesh& mesh, const MeshAttribute& attribute, size_t corner) {
  const size_t index = attribute.corner.empty() ? mesh.triangle[corner] : attribute.corner[corner];
  MeshPoint out{};
  for (size_t k = 0; k < std::min<size_t>(attribute.components, 3); ++k)
    out[k] = static_cast<double>(attribute.value[index * attribute.components + k]);
  return out;
}

MeshPoint blend(const std::array<MeshPoint, 3>& of, const double weight[3]) {
  return plus(plus(times(of[0], weight[0]), times(of[1], weight[1])), times(of[2], weight[2]));
}

struct Drawing {
  const Mesh& mesh;
  const MeshAttribute *normals, *texcoords;
  Axes axes;
  MeshPoint middle;
  double scale;  ///< pixels for each unit
  MeshView view;
  std::vector<double> depth;

  MeshPoint on_screen(size_t corner) const {
    const float* p = &mesh.position[3 * size_t{mesh.triangle[corner]}];
    const MeshPoint at = minus({static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])}, middle);
    return {kViewSide / 2 + scale * dot(at, axes.right), kViewSide / 2 + scale * dot(at, axes.up), dot(at, axes.towards)};
  }

  MeshPoint colour(size_t triangle, const MeshPoint& flat, const double weight[3]) const {
    MeshPoint normal = flat;
    const auto corners = [&](const MeshAttribute& attribute) {
      return std::array<MeshPoint, 3>{value_at(mesh, attribute, 3 * triangle), value_at(mesh, attribute, 3 * triangle + 1),
                                      value_at(mesh, attribute, 3 * triangle + 2)};
    };
    if (normals != nullptr) normal = blend(corners(*normals), weight);
    const double size = length(normal), light = size > 0 ? 0.2 + 0.8 * std::abs(dot(normal, axes.towards)) / size : 0.2;
    MeshPoint out = {light, light, light};
    if (texcoords == nullptr) return out;
    const MeshPoint at = blend(corners(*texcoords), weight);
    constexpr double kWaves = 100.53096491487338;  // 16 turns
    out[0] *= 0.5 + 0.5 * std::sin(kWaves * at[0]);
    out[1] *= 0.5 + 0.5 * std::sin(kWaves * at[1]);
    out[2] *= 0.5 + 0.5 * std::sin(kWaves * (at[0] + at[1]) / 2);
    return out;
  }

  void draw(size_t triangle) {
    const MeshPoint a = on_screen(3 * triangle), b = on_screen(3 * triangle + 1), c = on_screen(3 * triangle + 2);
    const double area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    if (!(std::abs(area) > 1e-12)) return;
    const auto flat_of = [&](size_t k) {
      const float* p = &mesh.position[3 * size_t{mesh.triangle[3 * triangle + k]}];
      return MeshPoint{static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
    };
    const MeshPoint flat = cross(minus(flat_of(1), flat_of(0)), minus(flat_of(2), flat_of(0)));
    const int left = std::max(0, static_cast<int>(std::ceil(std::min({a[0], b[0], c[0]}) - 0.5))),
              right = std::min(kViewSide - 1, static_cast<int>(std::floor(std::max({a[0], b[0], c[0]}) - 0.5))),
              top = std::max(0, static_cast<int>(std::ceil(std::min({a[1], b[1], c[1]}) - 0.5))),
              bottom = std::min(kViewSide - 1, static_cast<int>(std::floor(std::max({a[1], b[1], c[1]}) - 0.5)));
    for (int y = top; y <= bottom; ++y) {
      for (int x = left; x <= right; ++x) {
        const double px = x + 0.5, py = y + 0.5;
        double weight[3];
        weight[1] = ((px - a[0]) * (c[1] - a[1]) - (py - a[1]) * (c[0] - a[0])) / area;
        weight[2] = ((b[0] - a[0]) * (py - a[1]) - (b[1] - a[1]) * (px - a[0])) / area;
        weight[0] = 1 - weight[1] - weight[2];
        if (weight[0] < 0 || weight[1] < 0 || weight[2] < 0) continue;
        const double near = weight[0] * a[2] + weight[1] * b[2] + weight[2] * c[2];
        const size_t pixel = static_cast<size_t>(y) * kViewSide + static_cast<size_t>(x);
        if (near <= depth[pixel]) continue;
        depth[pixel] = near;
        const MeshPoint painted = colour(triangle, flat, weight);
        for (size_t k = 0; k < 3; ++k) view.colour[3 * pixel + k] = static_cast<float>(painted[k]);
      }
    }
  }
};

}  // namespace

std::vector<MeshView> mesh_views(const Mesh& mesh, const MeshBox& box) {
  std::vector<MeshView> views;
  MeshPoint middle;
  for (size_t k = 0; k < 3; ++k) middle[k] = (box.low[k] + box.high[k]) / 2;
  for (const Axes& axes : view_axes()) {
    Drawing drawing{mesh,
                    find(mesh, AttributeKind::normal),
                    find(mesh, AttributeKind::texcoord),
                    axes,
                    middle,
                    0.98 * kViewSide / std::max(box.diagonal(), 1e-30),
                    {},
                    std::vector<double>(kViewSide * kViewSide, -1e300)};
    drawing.view.colour.assign(3 * kViewSide * kViewSide, 0);
    for (size_t t = 0; t < mesh.triangles(); ++t) drawing.draw(t);
    views.push_back(std::move(drawing.view));
  }
  return views;
}

double psnr_of_views(const std::vector<MeshView>& a, const std::vector<MeshView>& b) {
  double squared = 0;
  uint64_t count = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t p = 0; p < a[i].colour.size(); p += 3) {
      double shown = 0, off = 0;
      for (size_t k = 0; k < 3; ++k) {
        const double x = static_cast<double>(a[i].colour[p + k]), y = static_cast<double>(b[i].colour[p + k]);
        shown += x + y;
        off += (x - y) * (x - y);
      }
      if (shown == 0) continue;
      squared += off;
      count += 3;
    }
  }
  return squared > 0 ? -10 * std::log10(squared / static_cast<double>(count)) : 99;
}

}  // namespace dew::bench
