// SPDX-License-Identifier: Apache-2.0
#include "mesh/coding/manifold_pieces.h"

#include <algorithm>

namespace dew {
namespace {

/// Vertices of a triangle or an edge, the smallest first.
struct Key {
  uint32_t smallest = 0;
  uint64_t rest = 0;
  bool operator==(const Key&) const = default;
};
Key key_of_edge(uint32_t a, uint32_t b) { return {std::min(a, b), std::max(a, b)}; }
Key key_of_triangle(uint32_t a, uint32_t b, uint32_t c) {
  const uint32_t low = std::min({a, b, c}), high = std::max({a, b, c}), middle = a ^ b ^ c ^ low ^ high;
  return {low, uint64_t{middle} << 32 | high};
}

/// Keys by their numbers, sorted; equal ones keep their order. By the smallest vertex at once, and the few that share it among themselves.
std::vector<uint32_t> sorted(const std::vector<Key>& keys, size_t vertices) {
  struct Item {
    uint64_t rest;
    uint32_t number;
    bool operator<(const Item& other) const { return rest != other.rest ? rest < other.rest : number < other.number; }
  };
  std::vector<uint32_t> begin(vertices + 2, 0);
  for (const Key& key : keys) ++begin[key.smallest + 2];
  for (size_t v = 0; v < vertices; ++v) begin[v + 2] += begin[v + 1];
  std::vector<Item> items(keys.size());
  for (uint32_t i = 0; i < keys.size(); ++i) items[begin[keys[i].smallest + 1]++] = {keys[i].rest, i};
  std::vector<uint32_t> order(keys.size());
  for (size_t v = 0; v < vertices; ++v) {
    std::sort(items.begin() + begin[v], items.begin() + begin[v + 1]);
    for (size_t i = begin[v]; i < begin[v + 1]; ++i) order[i] = items[i].number;
  }
  return order;
}

/// True where b goes round the same way as a, both having the same vertices.
bool same_turn(const uint32_t* a, const uint32_t* b) {
  const size_t k = static_cast<size_t>(std::find(b, b + 3, a[0]) - b);
  return b[(k + 1) % 3] == a[1];
}

void take_triangles(const Mesh& mesh, size_t vertices, ManifoldPieces& pieces) {
  std::vector<Key> keys;
  std::vector<uint32_t> proper;
  keys.reserve(mesh.triangles());
  proper.reserve(mesh.triangles());
  for (uint32_t t = 0; t < mesh.triangles(); ++t) {
    const uint32_t* v = &mesh.triangle[3 * size_t{t}];
    if (v[0] == v[1] || v[1] == v[2] || v[2] == v[0]) {
      pieces.degenerate.push_back(t);
      continue;
    }
    keys.push_back(key_of_triangle(v[0], v[1], v[2]));
    proper.push_back(t);
  }
  const std::vector<uint32_t> order = sorted(keys, vertices);
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
  std::vector<Key> keys(corners);
  for (uint32_t c = 0; c < corners; ++c) keys[c] = key_of_edge(pieces.vertex[next_corner(c)], pieces.vertex[previous_corner(c)]);
  const std::vector<uint32_t> order = sorted(keys, vertices);
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

/// Fans are numbered by their first corners: round each the one way, and where it ends there the other.
void number_fans(ManifoldPieces& pieces) {
  const size_t corners = pieces.vertex.size();
  pieces.fan.assign(corners, kNoCorner);
  for (uint32_t first = 0; first < corners; ++first) {
    if (pieces.fan[first] != kNoCorner) continue;
    const uint32_t fan = pieces.fans++;
    uint32_t c = first;
    while (c != kNoCorner && pieces.fan[c] == kNoCorner) {
      pieces.fan[c] = fan;
      const uint32_t across = pieces.opposite[next_corner(c)];
      c = across == kNoCorner ? kNoCorner : next_corner(across);
    }
    if (c != kNoCorner) continue;
    for (c = pieces.opposite[previous_corner(first)]; c != kNoCorner; c = pieces.opposite[previous_corner(c)]) {
      c = previous_corner(c);
      pieces.fan[c] = fan;
    }
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
