// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/mesh_peer_codecs.h"

#if defined(DEW_HAS_MESHOPTIMIZER)
#include <meshoptimizer.h>
#include <zstd.h>

#include <algorithm>
#include <cmath>
#endif

namespace dew::bench {

#if defined(DEW_HAS_MESHOPTIMIZER)
std::optional<PeerRun> run_meshoptimizer(const Mesh& mesh, int bits) {
  struct Vertex {
    uint16_t place[4];
  };
  const MeshBox box = bounding_box(mesh);
  const double scale = ((1 << bits) - 1) / std::max(box.largest_side(), 1e-30);
  PeerRun run;
  double start = cpu_ms();
  std::vector<Vertex> vertices(mesh.vertices());
  for (size_t v = 0; v < vertices.size(); ++v) {
    for (size_t k = 0; k < 3; ++k) {
      const double steps = std::floor((static_cast<double>(mesh.position[3 * v + k]) - box.low[k]) * scale + 0.5);
      vertices[v].place[k] = static_cast<uint16_t>(steps);
    }
    vertices[v].place[3] = 0;
  }
  std::vector<unsigned> indices(mesh.triangle.begin(), mesh.triangle.end());
  meshopt_optimizeVertexCacheStrip(indices.data(), indices.data(), indices.size(), vertices.size());
  meshopt_optimizeVertexFetch(vertices.data(), indices.data(), indices.size(), vertices.data(), vertices.size(), sizeof(Vertex));
  std::vector<unsigned char> coded(meshopt_encodeVertexBufferBound(vertices.size(), sizeof(Vertex)) +
                                   meshopt_encodeIndexBufferBound(indices.size(), vertices.size()));
  const size_t vertex_bytes = meshopt_encodeVertexBuffer(coded.data(), coded.size(), vertices.data(), vertices.size(), sizeof(Vertex));
  const size_t index_bytes =
      meshopt_encodeIndexBuffer(coded.data() + vertex_bytes, coded.size() - vertex_bytes, indices.data(), indices.size());
  std::vector<unsigned char> packed(ZSTD_compressBound(vertex_bytes + index_bytes));
  packed.resize(ZSTD_compress(packed.data(), packed.size(), coded.data(), vertex_bytes + index_bytes, 19));
  run.encode_ms = cpu_ms() - start;
  run.bytes = packed.size();
  run.decode_ms = 1e30;
  for (int i = 0; i < 3; ++i) {
    start = cpu_ms();
    ZSTD_decompress(coded.data(), coded.size(), packed.data(), packed.size());
    const int failed = meshopt_decodeVertexBuffer(vertices.data(), vertices.size(), sizeof(Vertex), coded.data(), vertex_bytes) +
                       meshopt_decodeIndexBuffer(indices.data(), indices.size(), coded.data() + vertex_bytes, index_bytes);
    run.decode_ms = std::min(run.decode_ms, cpu_ms() - start);
    if (failed != 0) return {};
  }
  return run;
}
#else
std::optional<PeerRun> run_meshoptimizer(const Mesh& /*mesh*/, int /*bits*/) { return {}; }
#endif

}  // namespace dew::bench
