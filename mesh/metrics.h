// SPDX-License-Identifier: Apache-2.0
/// How far two meshes are apart: between their surfaces, between vertices where the order is kept, between normals.
///
///   DEW_ASSIGN(const MeshErrors errors, mesh_errors(original, decoded, {}));
///   say(errors.surface_rms, errors.surface_max);         // the file's own unit
#pragma once

#include <cstdint>
#include <optional>

#include "mesh/mesh.h"

namespace dew {

struct MeshErrorOptions {
  /// Points spread evenly over the area of each mesh, from which the distance to the other one is measured; vertices come on top.
  uint64_t samples = 50000;
  bool vertices = true;  ///< look from every vertex too, which surface_max needs
  unsigned threads = 1;  ///< never changes a result
};

struct MeshErrors {
  double diagonal = 0;               ///< of the first mesh's box
  double surface_rms = 0;            ///< of the distances of samples of each mesh to the surface of the other, both ways together
  double surface_max = 0;            ///< the largest of these and of the distances of the vertices that triangles use (Hausdorff)
  double normal_rms_deg = 0;         ///< between the normal at a sample and that of the triangle nearest to it, both ways
  std::optional<double> vertex_rms;  ///< where both have the same triangles, which means the same order
  std::optional<double> vertex_max;
};

/// Meshes without triangles: distances between vertices where counts agree. Errors: invalid_argument where that is not so, or where one
/// mesh alone has no surface. Samples are drawn by a fixed rule: the same meshes give the same figures.
Result<MeshErrors> mesh_errors(const Mesh& a, const Mesh& b, const MeshErrorOptions& options);

}  // namespace dew
