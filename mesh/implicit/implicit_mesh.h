// SPDX-License-Identifier: Apache-2.0
/// A closed surface in a few kilobytes: its distance field in a narrow band, from which a new mesh is made. Vertices, triangles and
/// attributes of the source do not come back; the shape does.
///
///   DEW_ASSIGN(const ImplicitMesh coded, encode_implicit_mesh(mesh, {.bytes = 4096}));
///   DEW_ASSIGN(const Mesh shape, decode_implicit_mesh(coded.payload, budget));
#pragma once

#include "entropy/limits.h"
#include "mesh/metrics.h"

namespace dew {

struct ImplicitOptions {
  uint64_t bytes = 4096;  ///< of the payload at most; at least 200
  unsigned threads = 1;   ///< never changes a byte
};

struct ImplicitMesh {
  Bytes payload;
  Mesh mesh;          ///< what a decoder makes
  MeshErrors errors;  ///< of it against the source
  size_t cells = 0;   ///< along the largest side
};

/// Tries grids from coarse to fine, each as exact as the bytes allow, and keeps the one with the smallest rms distance. Holes are closed as
/// rays see them. Errors: invalid_argument where the mesh is empty, flat or not finite, or the bytes are too few for it.
Result<ImplicitMesh> encode_implicit_mesh(const Mesh& mesh, const ImplicitOptions& options);

/// Errors: truncated, corrupt, limit_exceeded, out_of_memory.
Result<Mesh> decode_implicit_mesh(ByteSpan payload, Budget& budget);

}  // namespace dew
