// SPDX-License-Identifier: Apache-2.0
/// Meshes of the kinds that codecs meet: dense surfaces, drawings, terrain, scans, each with the attributes its writers give it.
///
///   const Mesh mesh = displaced_sphere(3, seed);
///   for (const auto& [name, mesh] : generated_meshes(seed)) ...
#pragma once

#include <cmath>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "mesh/implicit/surface_nets.h"
#include "tests/support/any_mesh.h"

namespace dew {

/// Normals of vertices, weighed by the angle at each corner, as most exporters do.
inline MeshAttribute angle_normals(const Mesh& mesh) {
  std::vector<std::array<double, 3>> sums(mesh.vertices());
  const auto place = [&](size_t c, size_t k) { return static_cast<double>(mesh.position[3 * size_t{mesh.triangle[c]} + k]); };
  for (size_t t = 0; t < mesh.triangle.size(); t += 3) {
    for (size_t i = 0; i < 3; ++i) {
      const size_t a = t + i, b = t + (i + 1) % 3, c = t + (i + 2) % 3;
      std::array<double, 3> u, v;
      for (size_t k = 0; k < 3; ++k) u[k] = place(b, k) - place(a, k), v[k] = place(c, k) - place(a, k);
      const std::array<double, 3> n = {u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]};
      const double area = std::hypot(n[0], n[1], n[2]), along = u[0] * v[0] + u[1] * v[1] + u[2] * v[2];
      if (!(area > 0)) continue;
      for (size_t k = 0; k < 3; ++k) sums[mesh.triangle[a]][k] += n[k] / area * std::atan2(area, along);
    }
  }
  MeshAttribute normals{"normal", AttributeKind::normal, AttributeType::f32, 3, {}, {}};
  for (const auto& sum : sums) {
    const double size = std::hypot(sum[0], sum[1], sum[2]);
    for (size_t k = 0; k < 3; ++k) normals.value.push_back(static_cast<float>(size > 0 ? sum[k] / size : k == 2));
  }
  return normals;
}

/// An octahedron whose triangles are cut in four `levels` times, on a sphere with hills; texture coordinates with a seam.
inline Mesh displaced_sphere(uint32_t levels, uint64_t seed) {
  Mesh mesh;
  mesh.position = {1, 0, 0, -1, 0, 0, 0, 1, 0, 0, -1, 0, 0, 0, 1, 0, 0, -1};
  mesh.triangle = {0, 2, 4, 2, 1, 4, 1, 3, 4, 3, 0, 4, 2, 0, 5, 1, 2, 5, 3, 1, 5, 0, 3, 5};
  for (uint32_t level = 0; level < levels; ++level) {
    std::map<std::pair<uint32_t, uint32_t>, uint32_t> middle;
    const auto between = [&](uint32_t a, uint32_t b) {
      const auto [at, added] = middle.emplace(std::minmax(a, b), static_cast<uint32_t>(mesh.vertices()));
      for (size_t k = 0; added && k < 3; ++k) mesh.position.push_back(mesh.position[3 * size_t{a} + k] + mesh.position[3 * size_t{b} + k]);
      return at->second;
    };
    std::vector<uint32_t> finer;
    for (size_t t = 0; t < mesh.triangle.size(); t += 3) {
      const uint32_t a = mesh.triangle[t], b = mesh.triangle[t + 1], c = mesh.triangle[t + 2];
      const uint32_t ab = between(a, b), bc = between(b, c), ca = between(c, a);
      finer.insert(finer.end(), {a, ab, ca, ab, b, bc, ca, bc, c, ab, bc, ca});
    }
    mesh.triangle = std::move(finer);
  }
  const double phase = static_cast<double>(seed % 7);
  MeshAttribute picture{"texcoord", AttributeKind::texcoord, AttributeType::f32, 2, {}, {}};
  for (size_t v = 0; v < mesh.vertices(); ++v) {
    float* p = &mesh.position[3 * v];
    const double x = static_cast<double>(p[0]), y = static_cast<double>(p[1]), z = static_cast<double>(p[2]), size = std::hypot(x, y, z);
    const double r = (1 + 0.1 * std::sin(5 * x / size + phase) * std::cos(4 * y / size) + 0.03 * std::sin(17 * z / size)) / size;
    for (size_t k = 0; k < 3; ++k) p[k] = static_cast<float>(static_cast<double>(p[k]) * r);
    picture.value.push_back(static_cast<float>(0.5 + std::atan2(y, x) / 6.283185307179586));
    picture.value.push_back(static_cast<float>(0.5 + std::asin(z / size) / 3.141592653589793));
  }
  // Beyond the seam the first coordinate goes on above 1.
  for (size_t t = 0; t < mesh.triangle.size(); t += 3) {
    float high = 0;
    for (size_t k = 0; k < 3; ++k) high = std::max(high, picture.value[2 * size_t{mesh.triangle[t + k]}]);
    for (size_t k = 0; k < 3; ++k) {
      const uint32_t v = mesh.triangle[t + k];
      if (high - picture.value[2 * size_t{v}] < 0.5f) {
        picture.corner.push_back(v);
        continue;
      }
      picture.corner.push_back(static_cast<uint32_t>(picture.count()));
      picture.value.insert(picture.value.end(), {picture.value[2 * size_t{v}] + 1, picture.value[2 * size_t{v} + 1]});
    }
  }
  mesh.attributes = {angle_normals(mesh), picture};
  return mesh;
}

/// A plate of cells of one size with some left out, its sides closed: few coordinates that come again and again, as in drawings.
inline Mesh plate_with_holes(uint32_t columns, uint32_t rows, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<bool> there(size_t{columns} * rows);
  for (size_t i = 0; i < there.size(); ++i) there[i] = random() % 6 != 0;
  const auto is = [&](int64_t x, int64_t y) {
    return x >= 0 && y >= 0 && x < columns && y < rows && there[static_cast<size_t>(x) + static_cast<size_t>(y) * columns];
  };
  Mesh mesh;
  std::map<std::array<int64_t, 3>, uint32_t> known;
  const auto corner = [&](int64_t x, int64_t y, int64_t z) {
    const auto [at, added] = known.emplace(std::array<int64_t, 3>{x, y, z}, static_cast<uint32_t>(mesh.vertices()));
    if (added)
      mesh.position.insert(mesh.position.end(),
                           {2.5f * static_cast<float>(x), 2.5f * static_cast<float>(y), 1.25f * static_cast<float>(z)});
    return at->second;
  };
  const auto quad = [&](uint32_t a, uint32_t b, uint32_t c, uint32_t d) { mesh.triangle.insert(mesh.triangle.end(), {a, b, c, a, c, d}); };
  for (int64_t y = 0; y < rows; ++y) {
    for (int64_t x = 0; x < columns; ++x) {
      if (!is(x, y)) continue;
      quad(corner(x, y, 1), corner(x + 1, y, 1), corner(x + 1, y + 1, 1), corner(x, y + 1, 1));
      quad(corner(x, y, 0), corner(x, y + 1, 0), corner(x + 1, y + 1, 0), corner(x + 1, y, 0));
      if (!is(x, y - 1)) quad(corner(x, y, 0), corner(x + 1, y, 0), corner(x + 1, y, 1), corner(x, y, 1));
      if (!is(x + 1, y)) quad(corner(x + 1, y, 0), corner(x + 1, y + 1, 0), corner(x + 1, y + 1, 1), corner(x + 1, y, 1));
      if (!is(x, y + 1)) quad(corner(x + 1, y + 1, 0), corner(x, y + 1, 0), corner(x, y + 1, 1), corner(x + 1, y + 1, 1));
      if (!is(x - 1, y)) quad(corner(x, y + 1, 0), corner(x, y, 0), corner(x, y, 1), corner(x, y + 1, 1));
    }
  }
  return mesh;
}

/// A grid of heights with waves and noise, in metres; colours of four kinds of ground.
inline Mesh terrain(uint32_t columns, uint32_t rows, uint64_t seed) {
  std::mt19937_64 random(seed);
  Mesh mesh = wavy_sheet(columns, rows);
  MeshAttribute ground{"color", AttributeKind::colour, AttributeType::u8, 3, {}, {}};
  for (size_t v = 0; v < mesh.vertices(); ++v) {
    float* p = &mesh.position[3 * v];
    p[2] = 4 * p[2] + static_cast<float>(random() % 1000) * 0.0003f;
    const float shade = p[2] < -2 ? 40.0f : p[2] < 0 ? 90.0f : p[2] < 2 ? 140.0f : 220.0f;
    ground.value.insert(ground.value.end(), {shade, shade / 2, 30});
  }
  mesh.attributes = {ground};
  return mesh;
}

/// What a scanner of volumes gives: the zero surface of a field of spheres and noise.
inline Mesh scanned(size_t nodes, uint64_t seed) {
  std::mt19937_64 random(seed);
  DistanceField field({nodes, nodes, nodes}, {-1, -1, -1}, 2.0 / static_cast<double>(nodes - 1));
  const double lean = 0.1 * static_cast<double>(seed % 5);
  for (size_t z = 0; z < nodes; ++z) {
    for (size_t y = 0; y < nodes; ++y) {
      for (size_t x = 0; x < nodes; ++x) {
        const double p[3] = {-1 + field.cell * static_cast<double>(x), -1 + field.cell * static_cast<double>(y),
                             -1 + field.cell * static_cast<double>(z)};
        const double first = std::hypot(p[0] + 0.3, p[1] - lean, p[2]) - 0.45, second = std::hypot(p[0] - 0.3, p[1], p[2] + lean) - 0.4;
        field.at(x, y, z) = (std::min(first, second) + 0.01 * static_cast<double>(random() % 100) / 100) / field.cell;
      }
    }
  }
  return zero_surface(field);
}

/// One of each kind, and one with every defect.
inline std::vector<std::pair<std::string, Mesh>> generated_meshes(uint64_t seed) {
  return {{"displaced sphere", displaced_sphere(3, seed)},
          {"plate with holes", plate_with_holes(12, 9, seed)},
          {"terrain", terrain(17, 14, seed)},
          {"scanned", scanned(18, seed)},
          {"defects", any_mesh(seed)}};
}

}  // namespace dew
