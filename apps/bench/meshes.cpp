// SPDX-License-Identifier: Apache-2.0
#include "apps/bench/meshes.h"

#include <algorithm>
#include <cstdio>

#include "apps/bench/run.h"
#include "apps/bench/times.h"
#include "apps/mesh_codec.h"

namespace dew::app {
namespace {

const std::vector<std::string> kMeshExtensions = {".ply", ".obj", ".stl", ".off", ".glb", ".gltf", ".drc"};
const std::vector<std::string> kFrameExtensions = {".bin", ".pcd", ".lrf", ".pcap"};

/// One mesh with the default bound.
Json measure_mesh(const std::string& file, uint32_t threads) {
  Json row = {{"file", file}, {"codec", "dew"}};
  const auto bytes = read_file(file);
  const auto input = bytes.ok() ? load_mesh(file, *bytes) : Result<MeshInput>(bytes.error());
  if (!input.ok()) {
    row["error"] = input.error().message;
    return row;
  }
  MeshEncodeOptions options;
  options.threads = threads;
  Result<MeshEncoded> encoded = Error{};
  row["encode_ms"] = milliseconds([&] { encoded = encode_mesh(input->mesh, options); });
  if (!encoded.ok()) {
    row["error"] = encoded.error().message;
    return row;
  }
  Result<MeshDecoded> decoded = Error{};
  row["decode_ms"] = milliseconds([&] { decoded = decode_mesh(encoded->bytes, {}); });
  const auto info = inspect_mesh(encoded->bytes, {});
  if (!decoded.ok() || !info.ok()) {
    row["error"] = "what was encoded is not decoded";
    return row;
  }
  row["bytes_in"] = bytes->size();
  row.update(mesh_info_json(*info));
  row["rms_of_diagonal"] = encoded->errors.diagonal > 0 ? encoded->errors.surface_rms / encoded->errors.diagonal : 0;
  row["max_of_diagonal"] = encoded->errors.diagonal > 0 ? encoded->errors.surface_max / encoded->errors.diagonal : 0;
  return row;
}

/// The rows of dew-mesh-peers, or why there are none.
std::vector<Json> measure_mesh_peers(const std::vector<std::string>& files, std::string& absent) {
  std::vector<Json> rows;
  const std::string program = find_program("dew-mesh-peers");
  if (program.empty()) {
    absent = "dew-mesh-peers (Draco): not built";
    return rows;
  }
  const ScratchFolder scratch;
  std::string command = quoted(program);
  for (const std::string& file : files) command += " " + quoted(file);
  const std::string list = scratch.path() + "/rows";
  const Ran ran = run_command(command + " > " + quoted(list), ".");
  const auto text = read_file(list);
  if (!ran.ok || !text.ok()) {
    absent = "dew-mesh-peers failed";
    return rows;
  }
  for (const std::string& line : split(as_text(*text), '\n')) {
    Json row = Json::parse(line, nullptr, false);
    if (row.is_object()) rows.push_back(std::move(row));
  }
  return rows;
}

std::string cell(const Json& row, const char* key, int digits, double scale = 1) {
  return row.contains(key) && row[key].is_number() ? fixed(scale * row[key].get<double>(), digits) : "";
}

void print_own(const std::vector<Json>& rows) {
  Table table({"mesh", "vertices", "faces", "bytes", "bits/vertex", "connectivity", "positions", "scheme", "rms 1e-5", "max 1e-5",
               "encode ms", "decode ms"},
              1);
  for (const Json& row : rows) {
    if (row.contains("error")) {
      table.add({base_name(row["file"]), "error: " + row["error"].get<std::string>()});
      continue;
    }
    const Json& bits = row["bits_per_vertex"];
    table.add({base_name(row["file"]), cell(row, "vertices", 0), cell(row, "faces", 0), cell(row, "bytes", 0), cell(bits, "total", 2),
               cell(bits, "connectivity", 2), cell(bits, "positions", 2), row["scheme"], cell(row, "rms_of_diagonal", 2, 1e5),
               cell(row, "max_of_diagonal", 2, 1e5), cell(row, "encode_ms", 0), cell(row, "decode_ms", 1)});
  }
  table.print();
}

void print_peers(const std::vector<Json>& rows) {
  Table table({"mesh",        "at",          "bits",      "Draco cl 7",   "Draco cl 10", "meshopt+zstd", "dew",        "ratio",
               "scheme",      "rms Draco",   "rms dew",   "max Draco",    "max dew",     "vertex Draco", "vertex dew", "normals Draco",
               "normals dew", "views Draco", "views dew", "decode Draco", "decode dew"},
              1);
  for (const Json& row : rows) {
    if (!row.contains("mesh")) continue;
    table.add({row["mesh"],
               row["at"],
               cell(row, "bits", 0),
               cell(row, "draco7_bytes", 0),
               cell(row, "draco10_bytes", 0),
               cell(row, "meshoptimizer_bytes", 0),
               cell(row, "dew_bytes", 0),
               cell(row, "ratio", 3),
               row["scheme"],
               cell(row, "rms_draco", 2),
               cell(row, "rms_dew", 2),
               cell(row, "max_draco", 1),
               cell(row, "max_dew", 1),
               cell(row, "vertex_max_draco", 1),
               cell(row, "vertex_max_dew", 1),
               cell(row, "normal_deg_draco", 2),
               cell(row, "normal_deg_dew", 2),
               cell(row, "views_db_draco", 1),
               cell(row, "views_db_dew", 1),
               cell(row, "decode_ms_draco", 1),
               cell(row, "decode_ms_dew", 1)});
  }
  table.print();
  Table figures({"over all meshes, dew over the other", "meshes", "geometric mean", "median", "most"}, 1);
  for (const Json& row : rows) {
    if (row.contains("figure"))
      figures.add({row["figure"], cell(row, "meshes", 0), cell(row, "mean", 3), cell(row, "median", 3), cell(row, "most", 3)});
  }
  std::printf("\n");
  figures.print();
}

}  // namespace

std::vector<std::string> mesh_bench_files(const std::vector<std::string>& paths) {
  const auto frames = expand_folders(paths, kFrameExtensions);
  if (!frames.ok()) return {};
  for (const std::string& file : *frames) {
    if (std::find(kFrameExtensions.begin(), kFrameExtensions.end(), extension(file)) != kFrameExtensions.end()) return {};
  }
  const auto files = expand_folders(paths, kMeshExtensions);
  std::vector<std::string> meshes;
  for (const std::string& file : files.ok() ? *files : std::vector<std::string>{}) {
    const auto bytes = read_file(file);
    if (bytes.ok() && is_mesh_file(*bytes, file)) meshes.push_back(file);
  }
  return meshes;
}

int run_mesh_bench(const std::vector<std::string>& files, const Arguments& arguments) {
  const auto threads = arguments.number("--threads", 1, 1, 1024);
  if (!threads.ok()) return usage_error("bench", threads.error().message);
  std::vector<Json> own, peers;
  std::string absent;
  Progress progress(files.size() + 1, false);
  for (const std::string& file : files) {
    progress.step(file);
    own.push_back(measure_mesh(file, *threads));
  }
  progress.step("peers");
  if (arguments.has("--peers")) peers = measure_mesh_peers(files, absent);
  if (arguments.has("--json")) {
    print_json({{"rows", own}, {"peers", peers}, {"absent", absent}});
  } else {
    print_own(own);
    if (!peers.empty())
      std::printf(
          "\nAt Draco's rms error (rms), its largest vertex error (vertex), and at the former with attributes; errors are 1e-5 of the "
          "diagonal, "
          "normals degrees, views dB PSNR:\n");
    if (!peers.empty()) print_peers(peers);
    if (!absent.empty()) std::printf("absent: %s\n", absent.c_str());
  }
  const bool failed = std::any_of(own.begin(), own.end(), [](const Json& row) { return row.contains("error"); });
  return failed ? kFailed : kDone;
}

}  // namespace dew::app
