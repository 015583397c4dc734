// SPDX-License-Identifier: Apache-2.0
/// Meshes from files of any format that dew reads: PLY, OBJ, STL, OFF.
///
///   DEW_ASSIGN(const MeshInput input, read_mesh(bytes, "model.obj", {}));
///   if (!input.note.empty()) say(input.note);                 // what was changed or left out
///   use(input.mesh);
///
/// Trust: bytes may be hostile; memory grows with bytes.size() and is charged to the limits.
#pragma once

#include <string>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "mesh/mesh.h"

namespace dew {

struct MeshInput {
  Mesh mesh;
  std::string note;  ///< for people: polygons that were cut into triangles, properties that were left out; empty if nothing
};

/// By content, then by the end of `name`; MeshFormat::none for what is no mesh: a PLY without faces is none.
MeshFormat mesh_format(ByteSpan bytes, const std::string& name);

/// Polygons become fans of triangles. Errors: unsupported_feature (no mesh), truncated, corrupt, limit_exceeded, out_of_memory.
Result<MeshInput> read_mesh(ByteSpan bytes, const std::string& name, const DecodeLimits& limits);

/// One format each; errors as above. PLY: G. Turk, "The PLY Polygon File Format", 1994. OBJ: Wavefront, "Object Files", version 3.0;
/// v, vt, vn, f, o, g, usemtl and mtllib are read, with colours after the coordinates of v. STL: text and binary; corners at the very same
/// place become one vertex. OFF: also NOFF, COFF, STOFF and their like, as text.
Result<MeshInput> read_mesh_ply(ByteSpan bytes, const DecodeLimits& limits);
Result<MeshInput> read_mesh_obj(ByteSpan bytes, const DecodeLimits& limits);
Result<MeshInput> read_mesh_stl(ByteSpan bytes, const DecodeLimits& limits);
Result<MeshInput> read_mesh_off(ByteSpan bytes, const DecodeLimits& limits);

}  // namespace dew
