// SPDX-License-Identifier: Apache-2.0
/// mesh-bench: bits and milliseconds of the walk alone, at steps that do not depend on the coder.
///
///   mesh-bench FILE...
///
/// Each mesh is coded with residuals in frames (tangential step four times the normal one), on the lattice and with copies, at steps of
/// 1/3000 and 1/24000 of the diagonal; as what is coded stays the same, bits of two builds compare. Times are the least of several runs.
#include <cmath>
#include <cstdio>

#include "apps/files.h"
#include "mesh/coding/mesh_surface.h"
#include "mesh/io/read_mesh.h"
#include "tests/bench/mesh_peer_codecs.h"

namespace dew::bench {
namespace {

struct Setting {
  const char* name;
  uint64_t scheme, tangent_quarters;
};

struct Sum {
  double bits_log = 0, decode_us = 0;
  int count = 0;
};

/// False where the mesh does not come back.
bool measure(const std::string& file, const Mesh& mesh, const Setting& setting, double cells, Sum& sum) {
  const ManifoldPieces pieces = manifold_pieces(mesh);
  const MeshBox box = bounding_box(mesh);
  MeshNumbers numbers;
  numbers.scheme = setting.scheme;
  numbers.tangent_quarters = setting.tangent_quarters;
  numbers.step = box.diagonal() / cells;
  numbers.origin_x = box.low[0];
  numbers.origin_y = box.low[1];
  numbers.origin_z = box.low[2];
  describe_pieces(mesh, pieces, numbers);
  double start = cpu_ms();
  const auto coded = encode_surface(mesh, pieces, numbers);
  const double encode_ms = cpu_ms() - start;
  if (!coded.ok()) return false;
  double decode_ms = 1e9;
  for (int i = 0; i < 5; ++i) {
    Budget budget{DecodeLimits{}};
    start = cpu_ms();
    const auto decoded = decode_surface(coded->bytes, numbers, budget, nullptr);
    decode_ms = std::min(decode_ms, cpu_ms() - start);
    if (!decoded.ok() || decoded->mesh.position != coded->mesh.position) return false;
  }
  Budget budget{DecodeLimits{}};
  BitsOfEachVertex bits_of_each;
  const auto measured = decode_surface(coded->bytes, numbers, budget, &bits_of_each);
  if (!measured.ok()) return false;
  const double vertices = static_cast<double>(mesh.vertices()), us = 1e3 * decode_ms / vertices;
  std::printf("| %-18s | %-8s | %6.0f | %8zu | %6.3f | %6.3f | %6.1f | %6.2f | %5.3f |\n", app::base_name(file).c_str(), setting.name,
              cells, coded->bytes.size(), measured->connectivity_bits / vertices, measured->position_bits / vertices, encode_ms, decode_ms,
              us);
  sum.bits_log += std::log(8 * static_cast<double>(coded->bytes.size()) / vertices);
  sum.decode_us += std::log(us);
  ++sum.count;
  return true;
}

int run(int argc, char** argv) {
  constexpr Setting kSettings[] = {{"frame x4", 1, 16}, {"lattice", 0, 4}, {"copy", 2, 4}};
  Sum sums[3];
  std::printf("| mesh | scheme | cells | bytes | connectivity, bits a vertex | places | encode ms | decode ms | us a vertex |\n");
  std::printf("|---|---|---:|---:|---:|---:|---:|---:|---:|\n");
  for (int i = 1; i < argc; ++i) {
    const auto bytes = app::read_file(argv[i]);
    const auto input = bytes.ok() ? read_mesh(*bytes, argv[i], {}) : Result<MeshInput>(bytes.error());
    if (!input.ok()) {
      std::fprintf(stderr, "%s: %s\n", argv[i], input.error().message.c_str());
      return 1;
    }
    for (size_t s = 0; s < 3; ++s) {
      for (const double cells : {3000.0, 24000.0}) {
        if (!measure(argv[i], input->mesh, kSettings[s], cells, sums[s])) return 1;
      }
    }
  }
  for (size_t s = 0; s < 3; ++s) {
    if (sums[s].count == 0) continue;
    std::printf("geometric mean of %s: %.3f bits, %.3f us a vertex\n", kSettings[s].name, std::exp(sums[s].bits_log / sums[s].count),
                std::exp(sums[s].decode_us / sums[s].count));
  }
  return 0;
}

}  // namespace
}  // namespace dew::bench

int main(int argc, char** argv) { return dew::bench::run(argc, argv); }
