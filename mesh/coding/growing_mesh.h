// SPDX-License-Identifier: Apache-2.0
/// The part of a mesh that encoder and decoder both know already: triangles side by side, and the border where it grows.
///
///   GrowingMesh grown;
///   const uint32_t v = grown.add_fan(vertex);
///   const uint32_t corner = grown.add_triangle(v, a, b);      // its first corner, at v
///   grown.join(corner, other);                                // the edges that face them are one
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "mesh/coding/manifold_pieces.h"
#include "mesh/coding/vector_math.h"

namespace dew {

/// An edge of the border, with the unknown on its left: `from` to `to` is how a triangle across it would hold it.
struct Gate {
  uint32_t from = 0, to = 0;        ///< fans
  uint32_t corner = kNoCorner;      ///< that faces the edge from within
  uint32_t previous = 0, next = 0;  ///< gates of the same loop
  uint32_t born = 0;                ///< how many gates there were before it
  bool open = true;                 ///< something may still lie across; false: a border of the mesh
  bool alive = true;                ///< on the border at all
};

/// A corner of a known triangle; three in a row are one.
struct GrownCorner {
  uint32_t fan = 0;
  uint32_t opposite = kNoCorner;     ///< that faces the same edge from the other side
  uint32_t next_of_fan = kNoCorner;  ///< an older one
  uint32_t vertex = 0;               ///< of the fan
};
/// What triangles hang together by.
struct GrownFan {
  uint32_t vertex = 0;
  uint32_t first_corner = kNoCorner;  ///< the youngest; kNoCorner: none yet
  uint32_t degree = 0;                ///< triangles around it so far
  uint32_t previous_fan = kNoCorner;  ///< another one of the same vertex
};
struct GrownVertex {
  MeshPoint place{};  ///< in steps
  uint32_t last_fan = kNoCorner;
  bool known = false;  ///< its place is
};

class GrowingMesh {
 public:
  std::vector<GrownCorner> corner;
  std::vector<GrownFan> fan;
  std::vector<GrownVertex> vertex;  ///< numbered as they came
  std::vector<Gate> gates;          ///< the border; places of those that left it are taken again

  /// Room for so many triangles, where that many are likely: growing by and by takes longer.
  void reserve(size_t count) {
    const size_t vertices = count / 2 + count / 16;
    corner.reserve(3 * count);
    fan.reserve(vertices);
    vertex.reserve(vertices);
  }

  size_t triangles() const { return corner.size() / 3; }
  size_t vertices() const { return vertex.size(); }

  uint32_t add_vertex() {
    vertex.emplace_back();
    return static_cast<uint32_t>(vertex.size()) - 1;
  }
  uint32_t add_fan(uint32_t of_vertex) {
    const uint32_t f = static_cast<uint32_t>(fan.size());
    fan.push_back({of_vertex, kNoCorner, 0, vertex[of_vertex].last_fan});
    vertex[of_vertex].last_fan = f;
    return f;
  }
  /// Corners at the three fans; the first of them is returned.
  uint32_t add_triangle(uint32_t a, uint32_t b, uint32_t c) {
    const uint32_t first = static_cast<uint32_t>(corner.size());
    for (const uint32_t f : {a, b, c}) {
      GrownFan& around = fan[f];
      // Field by field: what is written in parts and read as a whole is read late. Likewise below.
      GrownCorner& added = corner.emplace_back();
      added.fan = f;
      added.next_of_fan = around.first_corner;
      added.vertex = around.vertex;
      around.first_corner = static_cast<uint32_t>(corner.size()) - 1;
      ++around.degree;
    }
    return first;
  }
  void join(uint32_t a, uint32_t b) {
    corner[a].opposite = b;
    corner[b].opposite = a;
  }
  uint32_t add_gate(uint32_t from, uint32_t to, uint32_t facing) {
    uint32_t at = static_cast<uint32_t>(gates.size());
    if (free_gates_.empty()) {
      gates.emplace_back();
    } else {
      at = free_gates_.back();
      free_gates_.pop_back();
    }
    renew_gate(at, from, to, facing);
    return at;
  }
  /// A new gate in the place of one that leaves the border.
  void renew_gate(uint32_t at, uint32_t from, uint32_t to, uint32_t facing) {
    Gate& gate = gates[at];
    gate.from = from;
    gate.to = to;
    gate.corner = facing;
    gate.born = gates_born_++;
    gate.open = gate.alive = true;
  }
  /// A gate as it is now.
  Gate gate_now(uint32_t gate) const {
    const Gate& g = gates[gate];
    return {g.from, g.to, g.corner, g.previous, g.next, g.born, g.open, g.alive};
  }
  void drop_gate(uint32_t gate) {
    gates[gate].alive = false;
    free_gates_.push_back(gate);
  }
  uint32_t gates_born() const { return gates_born_; }
  /// The gate on the border that was born then; kNoCorner where there is none. Cost: looks at all.
  uint32_t find_gate(uint64_t born) const {
    const auto at = std::find_if(gates.begin(), gates.end(), [&](const Gate& gate) { return gate.alive && gate.born == born; });
    return at == gates.end() ? kNoCorner : static_cast<uint32_t>(at - gates.begin());
  }
  void link(uint32_t gate, uint32_t after) {
    gates[gate].next = after;
    gates[after].previous = gate;
  }
  uint32_t vertex_of_corner(uint32_t c) const { return corner[c].vertex; }
  const MeshPoint& place_of_fan(uint32_t f) const { return vertex[fan[f].vertex].place; }
  const MeshPoint& place(uint32_t v) const { return vertex[v].place; }
  void set_place(uint32_t v, const MeshPoint& place) {
    GrownVertex& at = vertex[v];
    for (size_t axis = 0; axis < 3; ++axis) at.place[axis] = place[axis];
    at.known = true;
  }
  bool knows_fan(uint32_t f) const { return vertex[fan[f].vertex].known; }

  /// Normal of the triangle of a corner, as long as twice its area, counted from the triangle's first corner; zero while one of its places
  /// is not known. Those asked for last are kept.
  MeshPoint normal(uint32_t c) {
    const uint32_t triangle = c / 3;
    TriangleNormal& kept = normals_[triangle % kKeptNormals];
    if (kept.triangle == triangle) return kept.value;
    MeshPoint value{};
    if (count_normal(3 * triangle, value)) {
      for (size_t axis = 0; axis < 3; ++axis) kept.value[axis] = value[axis];
      kept.triangle = triangle;
    }
    return value;
  }
  /// Of the i-th triangle of PlaceSources.
  template <class Sources>
  MeshPoint normal_beyond(const Sources& sources, size_t i) {
    return normal(sources.across[i]);
  }

  /// Vertices that share a triangle with `of_vertex`, at most 64 of at most 256 triangles, youngest triangles first.
  void add_neighbours(uint32_t of_vertex, std::vector<uint32_t>& out) const {
    constexpr size_t kMost = 64, kMostLooked = 256;
    size_t looked = 0;
    for (uint32_t f = vertex[of_vertex].last_fan; f != kNoCorner; f = fan[f].previous_fan) {
      for (uint32_t c = fan[f].first_corner; c != kNoCorner; c = corner[c].next_of_fan) {
        if (++looked > kMostLooked) return;
        for (const uint32_t other : {vertex_of_corner(next_corner(c)), vertex_of_corner(previous_corner(c))}) {
          if (out.size() >= kMost) return;
          if (std::find(out.begin(), out.end(), other) == out.end()) out.push_back(other);
        }
      }
    }
  }

 private:
  struct TriangleNormal {
    MeshPoint value{};
    uint32_t triangle = kNoCorner;
  };
  static constexpr size_t kKeptNormals = 256;

  /// False while one of the places is not known.
  bool count_normal(uint32_t first, MeshPoint& normal) const {
    using namespace vector_math;
    const GrownVertex &a = vertex[vertex_of_corner(first)], &b = vertex[vertex_of_corner(first + 1)],
                      &c = vertex[vertex_of_corner(first + 2)];
    if (!a.known || !b.known || !c.known) return false;
    normal = cross(minus(b.place, a.place), minus(c.place, a.place));
    return true;
  }

  std::vector<TriangleNormal> normals_ = std::vector<TriangleNormal>(kKeptNormals);
  std::vector<uint32_t> free_gates_;
  uint32_t gates_born_ = 0;
};

}  // namespace dew
