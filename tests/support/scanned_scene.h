// SPDX-License-Identifier: Apache-2.0
/// The surface that a scanner on the road gives: frames of the LiDAR simulator fused in a truncated signed distance field, and marching
/// cubes over what rays have seen. Open where nothing was seen, two of three coordinates of each vertex on the grid, in many pieces.
///
///   const Mesh mesh = scanned_scene(points_of_sample("kitti_raw.bin"), 8.0, 0.25);      // metres around the sensor, of a cell
///
/// Sources: B. Curless and M. Levoy, "A Volumetric Method for Building Complex Models from Range Images", 1996; W. Lorensen and H. Cline,
/// "Marching Cubes", 1987, with the faces' own rule for cubes that can be cut in two ways, so that neighbours agree.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <string>

#include "mesh/implicit/field.h"

namespace dew {

/// Places of a sample in records of four floats, seen from (0, 0, 0); from a frame of our simulator.
inline std::vector<MeshPoint> points_of_sample(const std::string& name) {
  std::ifstream file(std::filesystem::path(DEW_SOURCE_DIR) / "data/samples" / name, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
  std::vector<MeshPoint> points;
  for (size_t at = 0; at + 16 <= bytes.size(); at += 16) {
    float p[3];
    std::memcpy(p, bytes.data() + at, sizeof p);
    points.push_back({static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])});
  }
  return points;
}

/// Distances along the rays to where they ended, in the mean, near where they did; NaN where no ray came.
inline DistanceField fuse(const std::vector<MeshPoint>& points, double within, double cell) {
  constexpr double kTruncated = 3;  // cells
  const size_t half = static_cast<size_t>(within / cell) + 2;
  DistanceField field({2 * half + 1, 2 * half + 1, half + 1},
                      {-cell * static_cast<double>(half), -cell * static_cast<double>(half), -cell * static_cast<double>(half / 2)}, cell);
  std::vector<uint32_t> rays(field.value.size(), 0);
  for (const MeshPoint& p : points) {
    const double range = std::hypot(p[0], p[1], p[2]);
    if (!(range > 1) || range > within) continue;
    size_t last = SIZE_MAX;
    for (double s = range - kTruncated * cell; s < range + kTruncated * cell; s += cell / 2) {
      std::array<size_t, 3> node;
      double squared = 0;
      bool inside = true;
      for (size_t k = 0; k < 3; ++k) {
        const double at = std::floor((p[k] * (s / range) - field.origin[k]) / cell + 0.5);
        inside = inside && at >= 0 && at < static_cast<double>(field.size[k]);
        node[k] = inside ? static_cast<size_t>(at) : 0;
        squared += (field.origin[k] + cell * at) * (field.origin[k] + cell * at);
      }
      const size_t i = field.index(node[0], node[1], node[2]);
      if (!inside || i == last) continue;
      last = i;
      field.value[i] += std::clamp((range - std::sqrt(squared)) / cell, -kTruncated, kTruncated);
      ++rays[i];
    }
  }
  for (size_t i = 0; i < rays.size(); ++i)
    field.value[i] = rays[i] > 0 ? field.value[i] / rays[i] : std::numeric_limits<double>::quiet_NaN();
  return field;
}

/// Of a cube with corners numbered by their bits (x 1, y 2, z 4): faces, seen from outside counter-clockwise.
inline constexpr std::array<std::array<uint32_t, 4>, 6> kCubeFaces = {
    {{0, 4, 6, 2}, {1, 3, 7, 5}, {0, 1, 5, 4}, {2, 6, 7, 3}, {0, 2, 3, 1}, {4, 5, 7, 6}}};

/// For each edge of the cube that the surface cuts, told by its two ends, the one that follows it around the piece of surface: on each face
/// from where one enters a run of corners inside to where one leaves it.
inline std::map<std::pair<uint32_t, uint32_t>, std::pair<uint32_t, uint32_t>> cuts_of_cube(const std::array<bool, 8>& inside) {
  std::map<std::pair<uint32_t, uint32_t>, std::pair<uint32_t, uint32_t>> next;
  for (const auto& face : kCubeFaces) {
    for (size_t i = 0; i < 4; ++i) {
      if (inside[face[i]] || !inside[face[(i + 1) % 4]]) continue;
      size_t j = i + 1;
      while (inside[face[(j + 1) % 4]]) ++j;
      next[std::minmax(face[i], face[(i + 1) % 4])] = std::minmax(face[j % 4], face[(j + 1) % 4]);
    }
  }
  return next;
}

/// The surface between nodes that are known.
inline Mesh marching_cubes(const DistanceField& field) {
  Mesh mesh;
  std::map<std::pair<size_t, size_t>, uint32_t> known;
  const auto node_of = [&](const std::array<size_t, 3>& cube, uint32_t corner) {
    return field.index(cube[0] + (corner & 1), cube[1] + (corner >> 1 & 1), cube[2] + (corner >> 2));
  };
  const auto place = [&](size_t node, size_t k) {
    const std::array<size_t, 3> at = {node % field.size[0], node / field.size[0] % field.size[1], node / field.size[0] / field.size[1]};
    return field.origin[k] + field.cell * static_cast<double>(at[k]);
  };
  const auto vertex_on = [&](size_t a, size_t b) {
    const auto [at, added] = known.emplace(std::pair(a, b), static_cast<uint32_t>(mesh.vertices()));
    const double share = field.value[a] / (field.value[a] - field.value[b]);
    for (size_t k = 0; added && k < 3; ++k) mesh.position.push_back(static_cast<float>(place(a, k) + share * (place(b, k) - place(a, k))));
    return at->second;
  };
  std::array<size_t, 3> cube;
  for (cube[2] = 0; cube[2] + 1 < field.size[2]; ++cube[2]) {
    for (cube[1] = 0; cube[1] + 1 < field.size[1]; ++cube[1]) {
      for (cube[0] = 0; cube[0] + 1 < field.size[0]; ++cube[0]) {
        std::array<bool, 8> inside;
        bool seen = true;
        for (uint32_t corner = 0; corner < 8; ++corner) {
          const double value = field.value[node_of(cube, corner)];
          seen = seen && !std::isnan(value);
          inside[corner] = value < 0;
        }
        if (!seen) continue;
        for (auto next = cuts_of_cube(inside); !next.empty();) {
          std::vector<uint32_t> loop;
          for (auto at = next.begin(); at != next.end();) {
            const auto [edge, after] = *at;
            loop.push_back(vertex_on(node_of(cube, edge.first), node_of(cube, edge.second)));
            next.erase(at);
            at = next.find(after);
          }
          for (size_t i = 2; i < loop.size(); ++i) mesh.triangle.insert(mesh.triangle.end(), {loop[0], loop[i - 1], loop[i]});
        }
      }
    }
  }
  return mesh;
}

inline Mesh scanned_scene(const std::vector<MeshPoint>& points, double within, double cell) {
  return marching_cubes(fuse(points, within, cell));
}

}  // namespace dew
