// SPDX-License-Identifier: Apache-2.0
/// dew-mesh-peers: the mesh codec beside Draco at the same rms distance between surfaces.
///
///   dew-mesh-peers [--bits 11,14] FILE...
///
/// Each mesh is welded first (vertices at the very same place become one, those in no triangle go), as Draco's own tool does; then Draco
/// codes it at levels 7 and 10, and dew at the rms error of the better one. Prints one JSON object a line, and the geometric means.
#include <draco/compression/decode.h>
#include <draco/compression/encode.h>
#include <draco/mesh/triangle_soup_mesh_builder.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <map>
#include <optional>

#include "apps/files.h"
#include "mesh/codec.h"
#include "mesh/io/read_mesh.h"
#include "mesh/metrics.h"

namespace dew::bench {
namespace {

double cpu_ms() { return 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Places and triangles alone.
Mesh welded(const Mesh& mesh) {
  Mesh out;
  std::map<std::array<float, 3>, uint32_t> known;
  for (size_t t = 0; t < mesh.triangles(); ++t) {
    uint32_t corners[3];
    for (size_t k = 0; k < 3; ++k) {
      const float* p = &mesh.position[3 * size_t{mesh.triangle[3 * t + k]}];
      // Adding zero makes one of both zeros.
      const auto [at, added] =
          known.emplace(std::array<float, 3>{p[0] + 0.0f, p[1] + 0.0f, p[2] + 0.0f}, static_cast<uint32_t>(out.vertices()));
      if (added) out.position.insert(out.position.end(), p, p + 3);
      corners[k] = at->second;
    }
    if (corners[0] == corners[1] || corners[1] == corners[2] || corners[2] == corners[0]) continue;
    out.triangle.insert(out.triangle.end(), corners, corners + 3);
  }
  return out;
}

struct DracoRun {
  size_t bytes = 0;
  double encode_ms = 0, decode_ms = 0;
  Mesh mesh;
};

std::optional<DracoRun> run_draco(const Mesh& mesh, int level, int bits) {
  draco::TriangleSoupMeshBuilder builder;
  builder.Start(static_cast<int>(mesh.triangles()));
  const int attribute = builder.AddAttribute(draco::GeometryAttribute::POSITION, 3, draco::DT_FLOAT32);
  for (uint32_t t = 0; t < mesh.triangles(); ++t) {
    const float* p[3];
    for (size_t k = 0; k < 3; ++k) p[k] = &mesh.position[3 * size_t{mesh.triangle[3 * size_t{t} + k]}];
    builder.SetAttributeValuesForFace(attribute, draco::FaceIndex(t), p[0], p[1], p[2]);
  }
  const std::unique_ptr<draco::Mesh> input = builder.Finalize();
  if (!input) return {};
  DracoRun run;
  draco::Encoder encoder;
  encoder.SetSpeedOptions(10 - level, 10 - level);
  encoder.SetEncodingMethod(draco::MESH_EDGEBREAKER_ENCODING);
  encoder.SetAttributeQuantization(draco::GeometryAttribute::POSITION, bits);
  draco::EncoderBuffer buffer;
  double start = cpu_ms();
  if (!encoder.EncodeMeshToBuffer(*input, &buffer).ok()) return {};
  run.encode_ms = cpu_ms() - start;
  run.bytes = buffer.size();
  draco::DecoderBuffer coded;
  coded.Init(buffer.data(), buffer.size());
  draco::Decoder decoder;
  start = cpu_ms();
  auto decoded = decoder.DecodeMeshFromBuffer(&coded);
  run.decode_ms = cpu_ms() - start;
  if (!decoded.ok()) return {};
  const std::unique_ptr<draco::Mesh> back = std::move(decoded).value();
  const draco::PointAttribute* places = back->GetNamedAttribute(draco::GeometryAttribute::POSITION);
  for (uint32_t i = 0; i < back->num_points(); ++i) {
    float p[3];
    places->GetMappedValue(draco::PointIndex(i), p);
    run.mesh.position.insert(run.mesh.position.end(), p, p + 3);
  }
  for (uint32_t f = 0; f < back->num_faces(); ++f) {
    for (const draco::PointIndex& index : back->face(draco::FaceIndex(f))) run.mesh.triangle.push_back(index.value());
  }
  return run;
}

/// Prints the row of one mesh at one number of bits; the ratio of bytes, or nothing.
std::optional<double> measure(const std::string& name, const Mesh& mesh, int bits) {
  const auto seven = run_draco(mesh, 7, bits), ten = run_draco(mesh, 10, bits);
  if (!seven || !ten) return {};
  const DracoRun& better = seven->bytes < ten->bytes ? *seven : *ten;
  const auto theirs = mesh_errors(mesh, better.mesh, {});
  if (!theirs.ok()) return {};
  MeshEncodeOptions options;
  options.mode = MeshMode::rms;
  options.max_error = theirs->surface_rms;
  double start = cpu_ms();
  const auto encoded = encode_mesh(mesh, options);
  const double encode_ms = cpu_ms() - start;
  if (!encoded.ok()) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), encoded.error().message.c_str());
    return {};
  }
  start = cpu_ms();
  const auto decoded = decode_mesh(encoded->bytes, {});
  const double decode_ms = cpu_ms() - start;
  const auto info = inspect_mesh(encoded->bytes, {});
  if (!decoded.ok() || !info.ok()) return {};
  const auto ours = mesh_errors(mesh, decoded->mesh, {});
  if (!ours.ok()) return {};
  const double ratio = static_cast<double>(encoded->bytes.size()) / static_cast<double>(better.bytes), scale = 1e5 / theirs->diagonal;
  std::printf(
      "{\"mesh\": \"%s\", \"bits\": %d, \"vertices\": %zu, \"draco7_bytes\": %zu, \"draco10_bytes\": %zu, \"dew_bytes\": %zu, \"ratio\": "
      "%.3f, "
      "\"scheme\": \"%s\", \"connectivity_bits\": %.2f, \"position_bits\": %.2f, \"rms_draco\": %.2f, \"rms_dew\": %.2f, \"max_draco\": "
      "%.1f, "
      "\"max_dew\": %.1f, \"normal_deg_draco\": %.2f, \"normal_deg_dew\": %.2f, \"encode_ms_draco\": %.1f, \"encode_ms_dew\": %.1f, "
      "\"decode_ms_draco\": %.1f, \"decode_ms_dew\": %.1f}\n",
      name.c_str(), bits, mesh.vertices(), seven->bytes, ten->bytes, encoded->bytes.size(), ratio, info->scheme.c_str(),
      8 * info->parts.connectivity / static_cast<double>(mesh.vertices()), 8 * info->parts.positions / static_cast<double>(mesh.vertices()),
      scale * theirs->surface_rms, scale * ours->surface_rms, scale * theirs->surface_max, scale * ours->surface_max,
      theirs->normal_rms_deg, ours->normal_rms_deg, better.encode_ms, encode_ms, better.decode_ms, decode_ms);
  std::fflush(stdout);
  return ratio;
}

int run(int argc, char** argv) {
  std::vector<int> bits = {11, 14};
  std::map<int, std::pair<double, int>> sums;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--bits" && i + 1 < argc) {
      bits.clear();
      for (const char* at = argv[++i]; *at != 0; at += *at == ',') {
        char* end = nullptr;
        bits.push_back(static_cast<int>(std::strtol(at, &end, 10)));
        if (end == at) return 2;
        at = end;
        if (*at == 0) break;
      }
      continue;
    }
    const auto bytes = app::read_file(word);
    const auto input = bytes.ok() ? read_mesh(*bytes, word, {}) : Result<MeshInput>(bytes.error());
    if (!input.ok()) {
      std::fprintf(stderr, "%s: %s\n", word.c_str(), input.error().message.c_str());
      continue;
    }
    const Mesh mesh = welded(input->mesh);
    for (const int b : bits) {
      const auto ratio = measure(app::base_name(word), mesh, b);
      if (!ratio) continue;
      sums[b].first += std::log(*ratio);
      ++sums[b].second;
    }
  }
  for (const auto& [b, sum] : sums) {
    std::printf("{\"bits\": %d, \"meshes\": %d, \"geometric_mean_ratio\": %.4f}\n", b, sum.second, std::exp(sum.first / sum.second));
  }
  return sums.empty() ? 1 : 0;
}

}  // namespace
}  // namespace dew::bench

int main(int argc, char** argv) { return dew::bench::run(argc, argv); }
