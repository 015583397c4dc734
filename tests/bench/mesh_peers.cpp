// SPDX-License-Identifier: Apache-2.0
/// dew-mesh-peers: the mesh codec beside Draco and meshoptimizer at the same error.
///
///   dew-mesh-peers [--bits 11,14] [--only rms|vertex|attributes] [--fast] FILE...
///   dew-mesh-peers --weld FILE OUT.ply
///
/// Each mesh is welded first (vertices at the very same place become one, those in no triangle go; glTF where its nodes put it), as Draco's
/// own tool does; then Draco codes it at levels 7 and 10, and dew
///   rms         places and connectivity alone, at the rms distance between the surfaces that the smaller of Draco's files has
///   vertex      likewise, at its largest distance from a vertex to the nearest decoded one
///   attributes  with normals, texture coordinates and colours, at its rms distance and the errors of Draco's 8 and 10 (10 and 12) bits
/// Prints one JSON object a line, then figures over all meshes. --weld writes what is measured, for other programs.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <map>
#include <unordered_map>

#include "apps/command_line.h"
#include "apps/files.h"
#include "apps/report.h"
#include "mesh/codec.h"
#include "mesh/gltf/gltf.h"
#include "mesh/io/read_mesh.h"
#include "mesh/io/write_mesh.h"
#include "mesh/metrics.h"
#include "tests/bench/mesh_peer_codecs.h"
#include "tests/bench/mesh_views.h"

namespace dew::bench {
namespace {

Result<Mesh> load(const std::string& path) {
  DEW_ASSIGN(const Bytes bytes, app::read_file(path));
  if (!is_mesh_gltf(bytes)) {
    DEW_ASSIGN(MeshInput input, read_mesh(bytes, path, {}));
    return std::move(input.mesh);
  }
  DEW_ASSIGN(const MeshInput input, read_mesh_gltf(bytes, {}, {}));
  return placed_mesh(input.mesh, {});
}

/// Places and triangles; with `attributes` also normals, texture coordinates and colours, at corners.
Mesh welded(const Mesh& mesh, bool attributes) {
  Mesh out;
  std::map<std::array<float, 3>, uint32_t> known;
  std::vector<size_t> kept;  // corners
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
    kept.insert(kept.end(), {3 * t, 3 * t + 1, 3 * t + 2});
  }
  for (const MeshAttribute& attribute : mesh.attributes) {
    if (!attributes || attribute.kind == AttributeKind::generic) continue;
    MeshAttribute moved = attribute;
    moved.corner.clear();
    for (const size_t c : kept) moved.corner.push_back(attribute.corner.empty() ? mesh.triangle[c] : attribute.corner[c]);
    out.attributes.push_back(std::move(moved));
  }
  return out;
}

/// The largest distance from a vertex of `a` to the nearest one of `b`, which is expected within `near`.
double vertex_distance(const Mesh& a, const Mesh& b, double near) {
  using Cell = std::array<int64_t, 3>;
  const auto cell_of = [&](const float* p) {
    Cell cell;
    for (size_t k = 0; k < 3; ++k) cell[k] = static_cast<int64_t>(std::floor(static_cast<double>(p[k]) / near));
    return cell;
  };
  std::map<Cell, std::vector<uint32_t>> cells;
  for (uint32_t v = 0; v < b.vertices(); ++v) cells[cell_of(&b.position[3 * size_t{v}])].push_back(v);
  double largest = 0;
  for (size_t v = 0; v < a.vertices(); ++v) {
    const float* p = &a.position[3 * v];
    const Cell middle = cell_of(p);
    double least = 1e300;
    for (int64_t i = 0; i < 27; ++i) {
      const auto found = cells.find({middle[0] + i % 3 - 1, middle[1] + i / 3 % 3 - 1, middle[2] + i / 9 - 1});
      if (found == cells.end()) continue;
      for (const uint32_t w : found->second) {
        double sum = 0;
        for (size_t k = 0; k < 3; ++k) {
          const double off = static_cast<double>(p[k]) - static_cast<double>(b.position[3 * size_t{w} + k]);
          sum += off * off;
        }
        least = std::min(least, sum);
      }
    }
    largest = std::max(largest, std::sqrt(least));
  }
  return largest;
}

/// Of dew: MeshEncodeOptions::fast.
bool g_fast = false;

struct DewRun {
  MeshEncoded encoded;
  Mesh mesh;
  MeshFileInfo info;
  double encode_ms = 0, decode_ms = 1e30;
};

Result<DewRun> run_dew(const Mesh& mesh, MeshEncodeOptions options) {
  options.fast = g_fast;
  DewRun run;
  double start = cpu_ms();
  DEW_ASSIGN(run.encoded, encode_mesh(mesh, options));
  run.encode_ms = cpu_ms() - start;
  for (int i = 0; i < 3; ++i) {
    start = cpu_ms();
    DEW_ASSIGN(MeshDecoded decoded, decode_mesh(run.encoded.bytes, {}));
    run.decode_ms = std::min(run.decode_ms, cpu_ms() - start);
    run.mesh = std::move(decoded.mesh);
  }
  DEW_ASSIGN(run.info, inspect_mesh(run.encoded.bytes, {}));
  return run;
}

/// Ratios by name, for the figures at the end.
std::map<std::string, std::vector<double>> g_ratios;

struct Draco {
  PeerRun seven, ten;
  const PeerRun& better() const { return seven.bytes < ten.bytes ? seven : ten; }
};

std::optional<Draco> run_both(const Mesh& mesh, const DracoBits& bits) {
  auto seven = run_draco(mesh, 7, bits), ten = run_draco(mesh, 10, bits);
  if (!seven || !ten) return {};
  return Draco{*std::move(seven), *std::move(ten)};
}

/// Prints a row, and notes its ratios.
Status report(const std::string& name, const std::string& at, int bits, const Mesh& mesh, const Draco& draco, const DewRun& dew) {
  const PeerRun& better = draco.better();
  DEW_ASSIGN(const MeshErrors theirs, mesh_errors(mesh, better.mesh, {}));
  DEW_ASSIGN(const MeshErrors ours, mesh_errors(mesh, dew.mesh, {}));
  const double step = bounding_box(mesh).largest_side() / ((1 << bits) - 1), scale = 1e5 / theirs.diagonal;
  const auto views = mesh_views(mesh, bounding_box(mesh));
  const double psnr_draco = psnr_of_views(views, mesh_views(better.mesh, bounding_box(mesh))),
               psnr_dew = psnr_of_views(views, mesh_views(dew.mesh, bounding_box(mesh)));
  const double bytes = static_cast<double>(dew.encoded.bytes.size()), ratio = bytes / static_cast<double>(better.bytes),
               vertices = static_cast<double>(mesh.vertices());
  const std::string key = at + " " + std::to_string(bits);
  g_ratios["bytes, " + key].push_back(ratio);
  g_ratios["decode, " + key].push_back(dew.decode_ms / better.decode_ms);
  g_ratios["encode, " + key].push_back(dew.encode_ms / better.encode_ms);
  app::Json row = {{"mesh", name},
                   {"at", at},
                   {"bits", bits},
                   {"vertices", mesh.vertices()},
                   {"draco7_bytes", draco.seven.bytes},
                   {"draco10_bytes", draco.ten.bytes},
                   {"dew_bytes", dew.encoded.bytes.size()},
                   {"ratio", ratio},
                   {"scheme", dew.info.scheme},
                   {"connectivity_bits", 8 * dew.info.parts.connectivity / vertices},
                   {"position_bits", 8 * dew.info.parts.positions / vertices},
                   {"normals_bytes", dew.info.parts.normals},
                   {"texcoords_bytes", dew.info.parts.texcoords},
                   {"colours_bytes", dew.info.parts.colours},
                   {"rms_draco", scale * theirs.surface_rms},
                   {"rms_dew", scale * ours.surface_rms},
                   {"max_draco", scale * theirs.surface_max},
                   {"max_dew", scale * ours.surface_max},
                   {"vertex_max_draco", scale * vertex_distance(mesh, better.mesh, 2 * step)},
                   {"vertex_max_dew", scale * dew.encoded.errors.vertex_max.value_or(0)},
                   {"normal_deg_draco", theirs.normal_rms_deg},
                   {"normal_deg_dew", ours.normal_rms_deg},
                   {"views_db_draco", psnr_draco},
                   {"views_db_dew", psnr_dew},
                   {"encode_ms_draco", better.encode_ms},
                   {"encode_ms_dew", dew.encode_ms},
                   {"decode_ms_draco", better.decode_ms},
                   {"decode_ms_dew", dew.decode_ms}};
  if (at == "rms") {
    if (const auto other = run_meshoptimizer(mesh, bits)) {
      row["meshoptimizer_bytes"] = other->bytes;
      row["decode_ms_meshoptimizer"] = other->decode_ms;
      g_ratios["bytes beside meshoptimizer and zstd, " + key].push_back(bytes / static_cast<double>(other->bytes));
    }
  }
  std::printf("%s\n", row.dump().c_str());
  std::fflush(stdout);
  return {};
}

Status measure_places(const std::string& name, const std::string& at, int bits, const Mesh& mesh) {
  const auto draco = run_both(mesh, {bits, 8, 10});
  if (!draco) return Error{Code::internal, 0, "Draco does not code it"};
  MeshEncodeOptions options;
  if (at == "vertex") {
    options.mode = MeshMode::vertex;
    options.max_error = vertex_distance(mesh, draco->better().mesh, 2 * bounding_box(mesh).largest_side() / ((1 << bits) - 1));
  } else {
    options.mode = MeshMode::rms;
    DEW_ASSIGN(const MeshErrors errors, mesh_errors(mesh, draco->better().mesh, {}));
    options.max_error = errors.surface_rms;
  }
  DEW_ASSIGN(const DewRun dew, run_dew(mesh, options));
  return report(name, at, bits, mesh, *draco, dew);
}

/// Half of Draco's step, which is the largest range of an axis over 2^bits - 1.
double texcoord_error(const MeshAttribute& attribute, int bits) {
  double widest = 0;
  for (size_t k = 0; k < 2; ++k) {
    float low = attribute.value[k], high = low;
    for (size_t i = k; i < attribute.value.size(); i += 2) {
      low = std::min(low, attribute.value[i]);
      high = std::max(high, attribute.value[i]);
    }
    widest = std::max(widest, static_cast<double>(high) - static_cast<double>(low));
  }
  return widest / ((1 << bits) - 1) / 2;
}

Status measure_attributes(const std::string& name, int bits, const Mesh& mesh) {
  const DracoBits draco_bits = bits <= 11 ? DracoBits{bits, 8, 10} : DracoBits{bits, 10, 12};
  const auto draco = run_both(mesh, draco_bits);
  if (!draco) return Error{Code::internal, 0, "Draco does not code it"};
  MeshEncodeOptions options;
  options.mode = MeshMode::rms;
  DEW_ASSIGN(const MeshErrors errors, mesh_errors(mesh, draco->better().mesh, {}));
  options.max_error = errors.surface_rms;
  for (const MeshAttribute& attribute : mesh.attributes) {
    // A square of steps has a rms angle of 0.577 of its half diagonal, which is what the option says.
    if (attribute.kind == AttributeKind::normal) options.normal_error_deg = draco_normal_error_deg(attribute, draco_bits.normals) / 0.57735;
    if (attribute.kind == AttributeKind::texcoord && attribute.components == 2)
      options.texcoord_error = texcoord_error(attribute, draco_bits.texcoords);
  }
  DEW_ASSIGN(const DewRun dew, run_dew(mesh, options));
  return report(name, "attributes", bits, mesh, *draco, dew);
}

void print_figures() {
  for (auto& [name, ratios] : g_ratios) {
    double logs = 0;
    for (const double ratio : ratios) logs += std::log(ratio);
    std::sort(ratios.begin(), ratios.end());
    const app::Json row = {{"figure", name},
                           {"meshes", ratios.size()},
                           {"mean", std::exp(logs / static_cast<double>(ratios.size()))},
                           {"median", ratios[ratios.size() / 2]},
                           {"most", ratios.back()}};
    std::printf("%s\n", row.dump().c_str());
  }
}

int weld(const std::string& from, const std::string& to) {
  const auto mesh = load(from);
  const auto output = mesh.ok() ? write_mesh(welded(*mesh, false), MeshFormat::ply) : Result<MeshOutput>(mesh.error());
  if (!output.ok() || !app::write_file(to, output->file, app::Overwrite::yes).ok()) {
    std::fprintf(stderr, "%s is not welded\n", from.c_str());
    return 1;
  }
  return 0;
}

int run(const std::vector<std::string>& words) {
  std::vector<int> bits = {11, 14};
  std::string only;
  std::vector<std::string> files;
  if (words.size() == 3 && words[0] == "--weld") return weld(words[1], words[2]);
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--bits" && i + 1 < words.size()) {
      bits.clear();
      for (const std::string& word : app::split(words[++i], ',')) bits.push_back(std::clamp(std::atoi(word.c_str()), 1, 20));
    } else if (words[i] == "--fast") {
      g_fast = true;
    } else if (words[i] == "--only" && i + 1 < words.size()) {
      only = words[++i];
    } else {
      files.push_back(words[i]);
    }
  }
  int failed = 0;
  for (const std::string& file : files) {
    const auto note = [&](const Status& status) {
      if (!status.ok()) std::fprintf(stderr, "%s: %s\n", file.c_str(), status.error().message.c_str());
      failed += status.ok() ? 0 : 1;
    };
    const auto mesh = load(file);
    if (!mesh.ok()) {
      note(mesh.error());
      continue;
    }
    const Mesh places = welded(*mesh, false), whole = welded(*mesh, true);
    for (const int b : bits) {
      for (const char* at : {"rms", "vertex"}) {
        if (only.empty() || only == at) note(measure_places(app::base_name(file), at, b, places));
      }
      if (!whole.attributes.empty() && (only.empty() || only == "attributes")) note(measure_attributes(app::base_name(file), b, whole));
    }
  }
  print_figures();
  return files.empty() || failed > 0 ? 1 : 0;
}

}  // namespace
}  // namespace dew::bench

int main(int argc, char** argv) { return dew::bench::run({argv + 1, argv + argc}); }
