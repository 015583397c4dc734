// SPDX-License-Identifier: Apache-2.0
/// Meshes to files of other formats.
///
///   DEW_ASSIGN(const MeshOutput output, write_mesh(mesh, MeshFormat::obj));
///   for (const std::string& loss : output.losses) say(loss);
///   save(output.file);
#pragma once

#include <string>
#include <vector>

#include "entropy/bytes.h"
#include "mesh/mesh.h"

namespace dew {

struct MeshOutput {
  Bytes file;
  std::vector<std::string> losses;  ///< what the format cannot hold
};

/// PLY: binary, little-endian; values of corners go to vertices, which are repeated along seams. OBJ: text, floats in the shortest form
/// that reads back as the same bits. STL: binary. OFF: text. Errors: invalid_argument (check_shape), unsupported_feature (other formats).
Result<MeshOutput> write_mesh(const Mesh& mesh, MeshFormat format);

/// By the end of the name: .ply, .obj, .stl, .off; none for others.
MeshFormat mesh_format_of_name(const std::string& name);

/// The same mesh with all values at vertices, which are repeated where corners of one vertex differ.
Mesh with_vertex_attributes(const Mesh& mesh);

}  // namespace dew
