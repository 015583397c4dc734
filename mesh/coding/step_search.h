// SPDX-License-Identifier: Apache-2.0
/// The largest step, and the scheme of places, with which a mesh keeps a promised error.
///
///   DEW_ASSIGN(const FoundSurface found, find_surface(mesh, pieces, options));
///   found.coded.bytes, found.errors
#pragma once

#include "mesh/codec.h"
#include "mesh/coding/mesh_surface.h"

namespace dew {

struct FoundSurface {
  MeshNumbers numbers;
  CodedSurface coded;
  MeshErrors errors;  ///< of coded.mesh against the mesh
};

/// REQUIRES: options.max_error > 0, unless the mode asks for none. Errors: internal. Cost: some ten times that of encoding, and as much
/// again for measuring distances.
Result<FoundSurface> find_surface(const Mesh& mesh, const ManifoldPieces& pieces, const MeshEncodeOptions& options);

}  // namespace dew
