// SPDX-License-Identifier: Apache-2.0
#include "mesh/coding/manifold_pieces.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace dew {
namespace {

/// Corners sorted by key; equal keys keep their order. By the smallest vertex at once, and the few that share it among themselves.
std::vector<uint32_t> sorted_by(const std::vector<std::array<uint32_t, 3>>& keys, size_t vertices) {
  std::vector<uint32_t> begin(vertices + 1, 0), order(keys.size());
  for (const auto& key : keys) ++begin[key[0] + 1];
  for (size_t v = 0; v < vertices; ++v) begin[v + 1] += begin[v];
  std::vector<uint32_t> next(begin.begin(), begin.end() - 1);
  for (uint32_t i = 0; i < keys.size(); ++i) order[next[keys[i][0]]++] = i;
  for (size_t v = 0; v < vertices; ++v) {
    // Numbers rise within a run, so that they may break ties.
    std::sort(order.begin() + begin[v], order.begin() + begin[v + 1],
              [&](uint32_t i, uint32_t j) { return keys[i] != keys[j] ? keys[i] < keys[j] : i < j; });
  }
  return order;
}

/// True where b goes round the same way as a, both having the same vertices.
bool same_turn(const uint32_t* a, const uint32_t* b) {
  const size_t k = static_cast<size_t>(std::find(b, b + 3, a[0]) - b);
  return b[(k + 1) % 3] == a[1];
}

void take_triangles(const Mesh& mesh, size_t vertices, ManifoldPieces& pieces) {
  std::vector<std::array<uint32_t, 3>> keys;
  std::vector<uint32_t> proper;
  for (uint32_t t = 0; t < mesh.triangles(); ++t) {
    std::array<uint32_t, 3> key = {mesh.triangle[3 * t], mesh.triangle[3 * t + 1], mesh.triangle[3 * t + 2]};
    if (key[0] == key[1] || key[1] == key[2] || key[2] == key[0]) {
      pieces.degenerate.push_back(t);
      continue;
    }
    std::sort(key.begin(), key.end());
    keys.push_back(key);
    proper.push_back(t);
  }
  const std::vector<uint32_t> order = sorted_by(keys, vertices);
  std::vector<uint32_t> first(keys.size());
  for (size_t i = 0; i < order.size(); ++i)
    first[order[i]] = i > 0 && keys[order[i]] == keys[order[i - 1]] ? first[order[i - 1]] : order[i];
  std::vector<uint32_t> place(keys.size());
  for (uint32_t i = 0; i < keys.size(); ++i) {
    const uint32_t* corners = &mesh.triangle[3 * size_t{proper[i]}];
    if (first[i] != i) {
      pieces.repeated.push_back({proper[i], place[first[i]], !same_turn(&mesh.triangle[3 * size_t{proper[first[i]]}], corners)});
      continue;
    }
    place[i] = static_cast<uint32_t>(pieces.triangles());
    pieces.triangle.push_back(proper[i]);
    pieces.vertex.insert(pieces.vertex.end(), corners, corners + 3);
  }
}

/// Pairs corners that face the same edge from both sides. Where more than two triangles meet, or some lie the wrong way round, those that
/// can be paired in their order are.
void pair_edges(ManifoldPieces& pieces, size_t vertices) {
  const size_t corners = pieces.vertex.size();
  std::vector<std::array<uint32_t, 3>> keys(corners);
  for (uint32_t c = 0; c < corners; ++c) {
    const uint32_t a = pieces.vertex[next_corner(c)], b = pieces.vertex[previous_corner(c)];
    keys[c] = {std::min(a, b), std::max(a, b), 0};
  }
  const std::vector<uint32_t> order = sorted_by(keys, vertices);
  pieces.opposite.assign(corners, kNoCorner);
  for (size_t begin = 0, end = 0; begin < corners; begin = end) {
    while (end < corners && keys[order[end]] == keys[order[begin]]) ++end;
    for (size_t i = begin; i < end; ++i) {
      const uint32_t c = order[i];
      for (size_t j = i + 1; j < end && pieces.opposite[c] == kNoCorner; ++j) {
        const uint32_t d = order[j];
        const bool faces = pieces.vertex[next_corner(c)] == pieces.vertex[previous_corner(d)];
        if (!faces || pieces.opposite[d] != kNoCorner) continue;
        pieces.opposite[c] = d;
        pieces.opposite[d] = c;
      }
      // Edges of very many triangles must not cost their square.
      if (end - begin > 64) break;
    }
  }
}

uint32_t root_of(std::vector<uint32_t>& parent, uint32_t i) {
  while (parent[i] != i) i = parent[i] = parent[parent[i]];
  return i;
}

void number_fans(ManifoldPieces& pieces) {
  const size_t corners = pieces.vertex.size();
  std::vector<uint32_t> parent(corners);
  std::iota(parent.begin(), parent.end(), 0u);
  for (uint32_t c = 0; c < corners; ++c) {
    const uint32_t d = pieces.opposite[c];
    if (d == kNoCorner) continue;
    parent[root_of(parent, next_corner(c))] = root_of(parent, previous_corner(d));
    parent[root_of(parent, previous_corner(c))] = root_of(parent, next_corner(d));
  }
  pieces.fan.assign(corners, kNoCorner);
  for (uint32_t c = 0; c < corners; ++c) {
    const uint32_t root = root_of(parent, c);
    if (pieces.fan[root] == kNoCorner) pieces.fan[root] = pieces.fans++;
    pieces.fan[c] = pieces.fan[root];
  }
}

}  // namespace

ManifoldPieces manifold_pieces(const Mesh& mesh) {
  ManifoldPieces pieces;
  take_triangles(mesh, mesh.vertices(), pieces);
  pair_edges(pieces, mesh.vertices());
  number_fans(pieces);
  return pieces;
}

}  // namespace dew
