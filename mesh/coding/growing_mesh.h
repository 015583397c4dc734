// SPDX-License-Identifier: Apache-2.0
/// The part of a mesh that encoder and decoder both know already: triangles side by side, and the border where it grows.
///
///   GrowingMesh grown;
///   const uint32_t v = grown.add_fan(vertex);
///   const uint32_t corner = grown.add_triangle(v, a, b);      // its first corner, at v
///   grown.join(corner, other);                                // the edges that face them are one
#pragma once

#include <cstdint>
#include <vector>

#include "mesh/coding/manifold_pieces.h"

namespace dew {

/// An edge of the border, with the unknown on its left: `from` to `to` is how a triangle across it would hold it.
struct Gate {
  uint32_t from = 0, to = 0;        ///< fans
  uint32_t corner = kNoCorner;      ///< that faces the edge from within
  uint32_t previous = 0, next = 0;  ///< gates of the same loop
  bool open = true;                 ///< something may still lie across; false: a border of the mesh
  bool alive = true;                ///< on the border at all
};

class GrowingMesh {
 public:
  // Of fans, which are what triangles hang together by.
  std::vector<uint32_t> vertex;        ///< vertex of the fan, numbered as they came
  std::vector<uint32_t> first_corner;  ///< kNoCorner: none yet
  std::vector<uint32_t> degree;        ///< triangles around it so far
  // Of corners.
  std::vector<uint32_t> fan, opposite, next_of_fan;
  // Of vertices.
  std::vector<MeshPoint> place;        ///< in steps
  std::vector<uint8_t> known;          ///< 1: its place is
  std::vector<uint32_t> last_fan;      ///< kNoCorner: none
  std::vector<uint32_t> previous_fan;  ///< of each fan: another one of the same vertex
  std::vector<Gate> gates;

  /// Room for so many triangles, where that many are likely: growing by and by takes longer.
  void reserve(size_t count) {
    for (std::vector<uint32_t>* corners : {&fan, &opposite, &next_of_fan}) corners->reserve(3 * count);
    for (std::vector<uint32_t>* fans : {&vertex, &first_corner, &degree, &previous_fan, &last_fan}) fans->reserve(count / 2 + count / 16);
    place.reserve(count / 2 + count / 16);
    known.reserve(count / 2 + count / 16);
    gates.reserve(count + count / 2 + count / 16);
  }

  size_t triangles() const { return fan.size() / 3; }
  size_t vertices() const { return place.size(); }

  uint32_t add_vertex() {
    place.push_back({0, 0, 0});
    known.push_back(0);
    last_fan.push_back(kNoCorner);
    return static_cast<uint32_t>(place.size()) - 1;
  }
  uint32_t add_fan(uint32_t of_vertex) {
    const uint32_t f = static_cast<uint32_t>(vertex.size());
    vertex.push_back(of_vertex);
    first_corner.push_back(kNoCorner);
    degree.push_back(0);
    previous_fan.push_back(last_fan[of_vertex]);
    last_fan[of_vertex] = f;
    return f;
  }
  /// Corners at the three fans; the first of them is returned.
  uint32_t add_triangle(uint32_t a, uint32_t b, uint32_t c) {
    const uint32_t corner = static_cast<uint32_t>(fan.size());
    for (const uint32_t f : {a, b, c}) {
      next_of_fan.push_back(first_corner[f]);
      first_corner[f] = static_cast<uint32_t>(fan.size());
      ++degree[f];
      fan.push_back(f);
      opposite.push_back(kNoCorner);
    }
    return corner;
  }
  void join(uint32_t a, uint32_t b) {
    opposite[a] = b;
    opposite[b] = a;
  }
  uint32_t add_gate(uint32_t from, uint32_t to, uint32_t corner) {
    gates.push_back({from, to, corner, 0, 0, true, true});
    return static_cast<uint32_t>(gates.size()) - 1;
  }
  void link(uint32_t gate, uint32_t after) {
    gates[gate].next = after;
    gates[after].previous = gate;
  }
  uint32_t vertex_of_corner(uint32_t corner) const { return vertex[fan[corner]]; }
  const MeshPoint& place_of_fan(uint32_t f) const { return place[vertex[f]]; }
  bool knows_fan(uint32_t f) const { return known[vertex[f]] != 0; }
};

}  // namespace dew
