// SPDX-License-Identifier: Apache-2.0
/// Mesh codecs of others, run once: bytes, times, and what comes back.
///
///   if (const auto run = run_draco(mesh, 10, {11, 8, 10})) say(run->bytes, run->decode_ms);
#pragma once

#include <ctime>
#include <optional>

#include "mesh/mesh.h"

namespace dew::bench {

/// CPU time of the process, in milliseconds.
inline double cpu_ms() { return 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct PeerRun {
  size_t bytes = 0;
  double encode_ms = 0, decode_ms = 0;  ///< decoding: the least of three
  Mesh mesh;                            ///< decoded
};

/// Bits of places, normals and texture coordinates.
struct DracoBits {
  int places = 11, normals = 8, texcoords = 10;
};

/// Edgebreaker at a compression level. Attributes of the mesh go along.
std::optional<PeerRun> run_draco(const Mesh& mesh, int level, const DracoBits& bits);

/// The angle, in degrees and root mean square over the values, that Draco's normals of so many bits are off by; the same of texture
/// coordinates is a uniform step of their largest range over 2^bits - 1.
double draco_normal_error_deg(const MeshAttribute& normals, int bits);

/// meshoptimizer's vertex and index codecs and zstd 19 on both, places as 16-bit numbers on Draco's grid; nothing where dew-mesh-peers was
/// built without them. Its `mesh` is empty: on the same grid the error is Draco's.
std::optional<PeerRun> run_meshoptimizer(const Mesh& mesh, int bits);

}  // namespace dew::bench
