// SPDX-License-Identifier: Apache-2.0
/// implicit-bench: a shape in so many bytes, as a distance field and as fewer triangles.
///
///   implicit-bench [--bytes N,...] FILE...
///
/// For 1 to 16 KB: rms distance both ways (1e-5 of the diagonal) and intersection over union of the insides of the implicit mode, and of
/// meshoptimizer's simplification to fewer triangles, coded with dew at the rms error that suits them, at about as many bytes.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "apps/files.h"
#include "mesh/codec.h"
#include "mesh/implicit/implicit_mesh.h"
#include "mesh/implicit/signed_distance.h"
#include "mesh/io/read_mesh.h"
#include "tests/bench/mesh_peer_codecs.h"

#if defined(DEW_HAS_MESHOPTIMIZER)
#include <meshoptimizer.h>
#endif

namespace dew::bench {
namespace {

struct Rival {
  size_t bytes = 0, triangles = 0;
  double rms = 1e300;
  Mesh mesh;
};

/// The smallest rms that fewer triangles and the codec have within the bytes.
Rival simplified(const Mesh& mesh, size_t bytes) {
  Rival best;
#if defined(DEW_HAS_MESHOPTIMIZER)
  const double diagonal = bounding_box(mesh).diagonal();
  // Files hold some 8 to 16 bits a vertex.
  for (const double bits : {9.0, 11.0, 13.0, 15.0, 18.0}) {
    const size_t triangles = static_cast<size_t>(16 * static_cast<double>(bytes) / bits);
    Mesh fewer;
    fewer.position = mesh.position;
    fewer.triangle.resize(mesh.triangle.size());
    fewer.triangle.resize(meshopt_simplify(fewer.triangle.data(), mesh.triangle.data(), mesh.triangle.size(), mesh.position.data(),
                                           mesh.vertices(), 12, 3 * triangles, 1.0f, 0u, nullptr));
    std::vector<uint32_t> number(mesh.vertices(), UINT32_MAX);
    std::vector<float> kept;
    for (uint32_t& v : fewer.triangle) {
      if (number[v] == UINT32_MAX) {
        number[v] = static_cast<uint32_t>(kept.size() / 3);
        kept.insert(kept.end(), {mesh.position[3 * size_t{v}], mesh.position[3 * size_t{v} + 1], mesh.position[3 * size_t{v} + 2]});
      }
      v = number[v];
    }
    fewer.position = kept;
    double low = 1e-5 * diagonal, high = 0.02 * diagonal;
    for (int i = 0; i < 6; ++i) {
      MeshEncodeOptions options;
      options.mode = MeshMode::rms;
      options.max_error = std::sqrt(low * high);
      const auto encoded = encode_mesh(fewer, options);
      if (!encoded.ok() || encoded->bytes.size() > bytes) {
        low = options.max_error;
        continue;
      }
      high = options.max_error;
      const auto decoded = decode_mesh(encoded->bytes, {});
      const auto errors = decoded.ok() ? mesh_errors(mesh, decoded->mesh, {20000, false, 1}) : Result<MeshErrors>(decoded.error());
      if (!errors.ok() || errors->surface_rms >= best.rms) continue;
      best = {encoded->bytes.size(), fewer.triangles(), errors->surface_rms, decoded->mesh};
    }
  }
#else
  (void)mesh;
  (void)bytes;
#endif
  return best;
}

int run(int argc, char** argv) {
  std::printf(
      "| mesh | bytes | cells | rms | max | inside | fewer triangles | bytes | rms | inside "
      "|\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
  std::vector<uint64_t> targets = {1024, 2048, 4096, 8192, 16384};
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--bytes" && i + 1 < argc) {
      targets.clear();
      for (char* at = argv[++i]; *at != 0; at += *at == ',') targets.push_back(std::strtoull(at, &at, 10));
      continue;
    }
    const auto bytes = app::read_file(argv[i]);
    const auto input = bytes.ok() ? read_mesh(*bytes, argv[i], {}) : Result<MeshInput>(bytes.error());
    if (!input.ok()) return 1;
    const Mesh& mesh = input->mesh;
    for (const uint64_t target : targets) {
      const auto coded = encode_implicit_mesh(mesh, {target, 2});
      if (!coded.ok()) {
        std::printf("| %s | %llu | %s |\n", app::base_name(argv[i]).c_str(), static_cast<unsigned long long>(target),
                    coded.error().message.c_str());
        continue;
      }
      const double scale = 1e5 / coded->errors.diagonal;
      std::printf("| %s | %zu | %zu | %.1f | %.0f | %.4f |", app::base_name(argv[i]).c_str(), coded->payload.size(), coded->cells,
                  scale * coded->errors.surface_rms, scale * coded->errors.surface_max, inside_overlap(mesh, coded->mesh, 160));
      std::fflush(stdout);
      const Rival rival = simplified(mesh, target);
      if (rival.bytes > 0)
        std::printf(" %zu | %zu | %.1f | %.4f |\n", rival.triangles, rival.bytes, scale * rival.rms, inside_overlap(mesh, rival.mesh, 160));
      else
        std::printf(" | | | |\n");
      std::fflush(stdout);
    }
  }
  return 0;
}

}  // namespace
}  // namespace dew::bench

int main(int argc, char** argv) { return dew::bench::run(argc, argv); }
