// SPDX-License-Identifier: Apache-2.0
/// Meshes for tests: surfaces of known shape, and random ones with every defect a mesh can have.
///
///   const Mesh mesh = any_mesh(seed);
#pragma once

#include <cmath>
#include <random>

#include "mesh/mesh.h"

namespace dew {

/// A bumpy sphere of `rings` x `sectors` quads, each cut into two triangles, poles closed.
inline Mesh bumpy_sphere(uint32_t rings, uint32_t sectors, double bump = 0.1) {
  Mesh mesh;
  const auto add = [&](double polar, double turn) {
    const double r = 1 + bump * std::sin(5 * polar) * std::cos(3 * turn);
    mesh.position.push_back(static_cast<float>(r * std::sin(polar) * std::cos(turn)));
    mesh.position.push_back(static_cast<float>(r * std::sin(polar) * std::sin(turn)));
    mesh.position.push_back(static_cast<float>(r * std::cos(polar)));
  };
  constexpr double kPi = 3.14159265358979323846;
  add(0, 0);
  for (uint32_t i = 1; i < rings; ++i) {
    for (uint32_t j = 0; j < sectors; ++j) add(kPi * i / rings, 2 * kPi * j / sectors);
  }
  add(kPi, 0);
  const uint32_t last = static_cast<uint32_t>(mesh.vertices()) - 1;
  const auto at = [&](uint32_t i, uint32_t j) { return i == 0 ? 0 : i == rings ? last : 1 + (i - 1) * sectors + j % sectors; };
  for (uint32_t i = 0; i < rings; ++i) {
    for (uint32_t j = 0; j < sectors; ++j) {
      const uint32_t a = at(i, j), b = at(i + 1, j), c = at(i + 1, j + 1), d = at(i, j + 1);
      if (i + 1 < rings) mesh.triangle.insert(mesh.triangle.end(), {a, b, c});
      if (i > 0) mesh.triangle.insert(mesh.triangle.end(), {a, c, d});
    }
  }
  return mesh;
}

/// A flat sheet with waves, open at its rim.
inline Mesh wavy_sheet(uint32_t columns, uint32_t rows) {
  Mesh mesh;
  for (uint32_t j = 0; j < rows; ++j) {
    for (uint32_t i = 0; i < columns; ++i) {
      mesh.position.push_back(static_cast<float>(i));
      mesh.position.push_back(static_cast<float>(j));
      mesh.position.push_back(static_cast<float>(std::sin(0.3 * i) * std::cos(0.2 * j)));
    }
  }
  for (uint32_t j = 0; j + 1 < rows; ++j) {
    for (uint32_t i = 0; i + 1 < columns; ++i) {
      const uint32_t a = j * columns + i, b = a + 1, c = b + columns, d = a + columns;
      mesh.triangle.insert(mesh.triangle.end(), {a, b, c, a, c, d});
    }
  }
  return mesh;
}

inline void append(Mesh& mesh, const Mesh& other, float shift) {
  const uint32_t base = static_cast<uint32_t>(mesh.vertices());
  for (size_t i = 0; i < other.position.size(); ++i) mesh.position.push_back(other.position[i] + (i % 3 == 0 ? shift : 0));
  for (const uint32_t v : other.triangle) mesh.triangle.push_back(base + v);
}

/// Holes, triangles on edges that have two already, turned, repeated and degenerate ones, vertices that meet at a point, vertices in no
/// triangle, several components, in random measure.
inline Mesh any_mesh(uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](uint64_t n) { return static_cast<uint32_t>(random() % n); };
  Mesh mesh;
  const uint32_t components = 1 + below(3);
  for (uint32_t i = 0; i < components; ++i) {
    append(mesh, below(2) == 0 ? bumpy_sphere(3 + below(8), 3 + below(9)) : wavy_sheet(2 + below(9), 2 + below(9)),
           3.0f * static_cast<float>(i));
  }
  // Holes.
  for (uint32_t i = below(8); i > 0 && mesh.triangles() > 2; --i) {
    const uint32_t t = below(mesh.triangles());
    mesh.triangle.erase(mesh.triangle.begin() + 3 * t, mesh.triangle.begin() + 3 * t + 3);
  }
  const uint32_t vertices = static_cast<uint32_t>(mesh.vertices());
  for (uint32_t i = below(6); i > 0; --i) {
    const uint32_t t = below(mesh.triangles());
    const uint32_t a = mesh.triangle[3 * t], b = mesh.triangle[3 * t + 1], c = mesh.triangle[3 * t + 2];
    switch (below(6)) {
      case 0: mesh.triangle.insert(mesh.triangle.end(), {a, b, c}); break;
      case 1: mesh.triangle.insert(mesh.triangle.end(), {b, a, c}); break;
      case 2: mesh.triangle.insert(mesh.triangle.end(), {a, a, below(vertices)}); break;
      case 3: mesh.triangle.insert(mesh.triangle.end(), {a, b, below(vertices)}); break;
      case 4: mesh.triangle.insert(mesh.triangle.end(), {below(vertices), below(vertices), below(vertices)}); break;
      default: std::swap(mesh.triangle[3 * t], mesh.triangle[3 * t + 1]); break;
    }
  }
  // Vertices that become one.
  for (uint32_t i = below(4); i > 0; --i) {
    const uint32_t from = below(vertices), to = below(vertices);
    for (uint32_t& v : mesh.triangle) v = v == from ? to : v;
  }
  for (uint32_t i = below(4); i > 0; --i) mesh.position.insert(mesh.position.end(), {0.5f, static_cast<float>(i), -1});
  return mesh;
}

}  // namespace dew
