// SPDX-License-Identifier: Apache-2.0
/// Corners of polygons on their way to triangles.
///
///   PolygonFan fan(mesh);
///   fan.add(vertices_of_one_face);
///   input.note = fan.note();
#pragma once

#include <span>
#include <string>

#include "mesh/mesh.h"

namespace dew {

class PolygonFan {
 public:
  explicit PolygonFan(Mesh& mesh) : mesh_(mesh) {}

  /// Appends the triangles of one polygon; fewer than three corners make none.
  void add(std::span<const uint32_t> corners) {
    if (corners.size() < 3) ++dropped_;
    if (corners.size() > 3) ++polygons_;
    for (size_t i = 2; i < corners.size(); ++i) {
      mesh_.triangle.push_back(corners[0]);
      mesh_.triangle.push_back(corners[i - 1]);
      mesh_.triangle.push_back(corners[i]);
    }
  }
  std::string note() const {
    std::string note;
    if (polygons_ > 0) note = std::to_string(polygons_) + " polygons were cut into triangles";
    if (dropped_ > 0) note += (note.empty() ? "" : "; ") + std::to_string(dropped_) + " faces with fewer than three corners were left out";
    return note;
  }

 private:
  Mesh& mesh_;
  uint64_t polygons_ = 0, dropped_ = 0;
};

/// Adds a sentence to a note.
inline void add_note(std::string& note, const std::string& text) {
  if (!text.empty()) note += (note.empty() ? "" : "; ") + text;
}

}  // namespace dew
