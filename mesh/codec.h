// SPDX-License-Identifier: Apache-2.0
/// The mesh codec: a triangle mesh in, one .dew file out, and back within a stated distance.
///
///   DEW_ASSIGN(const MeshEncoded encoded, encode_mesh(mesh, {}));          // surfaces at most 1/4096 of the diagonal apart
///   DEW_ASSIGN(const MeshDecoded decoded, decode_mesh(encoded.bytes, {}));
///   say(encoded.bytes.size(), encoded.errors.surface_max, decoded.mesh.triangles());
///
/// Bytes: mesh/FORMAT.md. Method: mesh/README.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "entropy/result.h"
#include "mesh/mesh.h"
#include "mesh/metrics.h"

namespace dew {

/// What the encoder promises. Stored in files; never renumber.
enum class MeshMode : uint8_t {
  surface = 0,             ///< no point of either surface further than max_error from the other
  vertex = 1,              ///< no vertex moves further than max_error
  lossless = 2,            ///< every bit of every value, and the order of vertices and triangles
  rms = 3,                 ///< the root of the mean squared distance between the surfaces, both ways, is at most max_error
  lossless_reordered = 4,  ///< every bit of every value, in another order
  implicit = 5,            ///< the shape of a closed surface within so many bytes, by other vertices and triangles
};

/// True where every bit of every value comes back.
inline bool keeps_all_bits(MeshMode mode) { return mode == MeshMode::lossless || mode == MeshMode::lossless_reordered; }

struct MeshEncodeOptions {
  MeshMode mode = MeshMode::surface;
  double max_error = 0;                ///< in the mesh's unit; 0: 1/4096 of the diagonal; never more than 1/32 of it is used
  double normal_error_deg = 0.5;       ///< about how far normals may turn
  double texcoord_error = 1.0 / 4096;  ///< of texture coordinates, each axis
  double generic_error = 1.0 / 4096;   ///< of other attributes and of float colours, as a share of their range
  uint64_t implicit_bytes = 4096;      ///< of a file that is implicit, at most; no less than 400
  bool fast = false;                   ///< places and connectivity decode in 0.85 of the time, and take some 2 % more bytes
  /// The file is decoded once more and compared before it is given away. Without it this is done where every bit is promised, and where
  /// there is more than places and triangles.
  bool verify = false;
  unsigned threads = 1;  ///< never changes a byte
};

struct MeshEncoded {
  Bytes bytes;
  MeshErrors errors;                   ///< measured on what decode_mesh gives
  std::vector<uint32_t> vertex_order;  ///< of each decoded vertex the one of the original
  std::vector<std::string> warnings;   ///< what the file does not hold
};

struct MeshDecoded {
  Mesh mesh;
};

/// Where the bytes of a file go; they add up to the file.
struct MeshPartBytes {
  double connectivity = 0, positions = 0, normals = 0, texcoords = 0, colours = 0, other = 0;
};

/// Facts about a file.
struct MeshFileInfo {
  MeshMode mode = MeshMode::surface;
  uint64_t vertices = 0;
  uint64_t faces = 0;
  uint64_t bytes = 0;
  double max_error = 0;  ///< promised; 0 where lossless
  bool keeps_order = false;
  std::string scheme;  ///< of the positions: "lattice", "frame", "copy"; "field" where implicit
  MeshFormat source = MeshFormat::none;
  MeshPartBytes parts;
  std::vector<std::string> attributes;
};

/// Where the bits of a file go, vertex by vertex as decode_mesh gives them. Connectivity: what lies across an edge counts for a vertex at
/// its end. What belongs to no vertex (headers, palettes, order, parts) is in none.
struct MeshVertexBits {
  std::vector<double> connectivity, positions, attributes;
};

/// Errors: invalid_argument (check_shape, options out of range, a coordinate that is not finite), internal.
Result<MeshEncoded> encode_mesh(const Mesh& mesh, const MeshEncodeOptions& options);

/// `bytes` may be hostile. Errors: truncated, corrupt, limit_exceeded, out_of_memory, unsupported_version, unsupported_feature.
Result<MeshDecoded> decode_mesh(ByteSpan bytes, const DecodeLimits& limits);

/// Cost: that of decoding. `of_vertices`: where wanted, filled.
Result<MeshFileInfo> inspect_mesh(ByteSpan bytes, const DecodeLimits& limits, MeshVertexBits* of_vertices = nullptr);

}  // namespace dew
