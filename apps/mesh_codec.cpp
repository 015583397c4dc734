// SPDX-License-Identifier: Apache-2.0
#include "apps/mesh_codec.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "apps/content.h"
#include "entropy/container.h"
#include "mesh/gltf/gltf.h"
#include "mesh/io/write_mesh.h"

namespace dew::app {
namespace {

constexpr const char* kFormatNames[] = {"none", "ply", "obj", "stl", "off", "gltf", "draco"};
constexpr const char* kModeNames[] = {"surface", "vertex", "lossless", "rms", "lossless_reordered", "implicit"};

const char* extension_of(MeshFormat format) {
  switch (format) {
    case MeshFormat::obj: return ".obj";
    case MeshFormat::stl: return ".stl";
    case MeshFormat::off: return ".off";
    case MeshFormat::gltf: return ".glb";
    default: return ".ply";
  }
}

std::string number_text(double value) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.4g", value);
  return digits;
}

void print_note(const std::string& path, const std::string& note) {
  if (!note.empty()) std::fprintf(stderr, "dew: %s: %s\n", display_name(path).c_str(), note.c_str());
}

Result<MeshEncodeOptions> mesh_encode_options(const Arguments& arguments) {
  for (const char* option : {"--lattice", "--slices", "--slice-bytes", "--calibration", "--sensor", "--save-sensor", "--model", "--quality",
                             "--budget", "--cameras", "--only-these-views"}) {
    if (arguments.has(option)) return Error{Code::invalid_argument, 0, std::string(option) + " is not for meshes"};
  }
  MeshEncodeOptions options;
  options.verify = true;
  int given = 0;
  const auto bound = [&](const char* option, MeshMode mode) -> Status {
    if (!arguments.has(option)) return {};
    ++given;
    options.mode = mode;
    DEW_ASSIGN(options.max_error, parse_mesh_length(arguments.text(option)));
    return {};
  };
  DEW_TRY(bound("--max-error", MeshMode::surface));
  DEW_TRY(bound("--vertex-error", MeshMode::vertex));
  DEW_TRY(bound("--rms-error", MeshMode::rms));
  if (arguments.has("--lossless")) {
    ++given;
    options.mode = arguments.has("--reorder") ? MeshMode::lossless_reordered : MeshMode::lossless;
  } else if (arguments.has("--reorder")) {
    return Error{Code::invalid_argument, 0, "--reorder goes with --lossless"};
  }
  if (arguments.has("--implicit")) {
    ++given;
    options.mode = MeshMode::implicit;
    DEW_ASSIGN(options.implicit_bytes, arguments.number("--implicit", 4096, 400, 1u << 24));
  }
  if (given > 1)
    return Error{Code::invalid_argument, 0, "--max-error, --vertex-error, --rms-error, --lossless and --implicit exclude one another"};
  options.fast = arguments.text("--effort", "normal") == "fast";
  DEW_ASSIGN(options.threads, thread_count(arguments));
  return options;
}

/// Other formats than glTF have no nodes: there the mesh is written where the nodes put it.
Result<MeshOutput> write_as(const Mesh& mesh, MeshFormat format) {
  if (format == MeshFormat::gltf) {
    DEW_ASSIGN(Bytes file, write_mesh_gltf(mesh, {}));
    MeshOutput output{std::move(file), {}};
    if (!mesh.face_attributes.empty()) output.losses.push_back("values of faces are left out");
    return output;
  }
  DEW_ASSIGN(const Mesh placed, placed_mesh(mesh, {}));
  DEW_ASSIGN(MeshOutput output, write_mesh(placed, format));
  if (!mesh.rest.empty()) output.losses.push_back("nodes, materials, pictures, skins and animations are left out");
  return output;
}

Status write_as_named(const Mesh& mesh, const std::string& path, MeshFormat otherwise, bool force, size_t& bytes_out) {
  const bool is_glb = extension(path) == ".glb";
  const MeshFormat format = path == "-" ? otherwise : is_glb ? MeshFormat::gltf : mesh_format_of_name(path);
  if (format == MeshFormat::none) {
    return Error{Code::invalid_argument, 0, "a name that ends in .ply, .obj, .stl, .off or .glb says how a mesh is to be written"};
  }
  DEW_ASSIGN(const MeshOutput output, write_as(mesh, format));
  print_warnings(path, output.losses);
  bytes_out = output.file.size();
  return write_file(path, output.file, force ? Overwrite::yes : Overwrite::no);
}

Json errors_json(const MeshErrors& errors) {
  Json json = {{"rms_error_m", errors.surface_rms},
               {"max_error_m", errors.surface_max},
               {"normal_rms_deg", errors.normal_rms_deg},
               {"diagonal_m", errors.diagonal}};
  json["vertex_max_error_m"] = errors.vertex_max ? Json(*errors.vertex_max) : Json(nullptr);
  json["vertex_rms_error_m"] = errors.vertex_rms ? Json(*errors.vertex_rms) : Json(nullptr);
  return json;
}

std::string report_text(const Job& job, size_t bytes_in, const MeshEncoded& encoded, const MeshFileInfo& info, double encode_ms) {
  const double share = encoded.errors.diagonal > 0 ? 100 / encoded.errors.diagonal : 0;
  return display_name(job.input) + ": " + std::to_string(info.vertices) + " vertices, " + std::to_string(info.faces) + " faces, " +
         std::to_string(bytes_in) + " to " + std::to_string(info.bytes) + " bytes, " + fixed(bits_per(info.bytes, info.vertices), 2) +
         " bits a vertex, surfaces at most " + number_text(encoded.errors.surface_max) + " apart (" +
         number_text(share * encoded.errors.surface_max) + " % of the diagonal), rms " + number_text(encoded.errors.surface_rms) + ", " +
         fixed(encode_ms, 0) + " ms";
}

/// What the file promises, measured.
Result<double> measure(const MeshFileInfo& info, const Mesh& original, const Mesh& decoded, uint32_t threads) {
  DEW_ASSIGN(const MeshErrors errors, mesh_errors(original, decoded, {50000, true, threads}));
  return info.mode == MeshMode::rms ? errors.surface_rms : errors.surface_max;
}

}  // namespace

bool is_mesh_dew(ByteSpan bytes) { return stated_kind(bytes) == Kind::mesh; }

bool is_mesh_file(ByteSpan bytes, const std::string& path) {
  return !is_dew(bytes) && (is_mesh_gltf(bytes) || is_draco_file(bytes) || mesh_format(bytes, path) != MeshFormat::none);
}

Result<double> parse_mesh_length(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool alone = error == std::errc() && end == text.data() + text.size();
  if (!alone) return parse_length_m(text);
  if (!(value > 0) || !std::isfinite(value)) return Error{Code::invalid_argument, 0, "'" + text + "' is no length"};
  return value;
}

int encode_mesh_to(const Job& job, const Bytes& bytes, const Arguments& arguments) {
  const bool as_json = arguments.has("--json");
  const auto options = mesh_encode_options(arguments);
  if (!options.ok()) return refuse("encode", options.error(), as_json);
  const auto input = load_mesh(job.input, bytes);
  if (!input.ok()) return fail(job.input, input.error(), as_json);
  print_note(job.input, input->note);
  const auto start = std::chrono::steady_clock::now();
  const auto encoded = encode_mesh(input->mesh, *options);
  const std::chrono::duration<double, std::milli> encode_ms = std::chrono::steady_clock::now() - start;
  if (!encoded.ok()) return fail(job.input, encoded.error(), as_json);
  const Status written = write_file(job.output, encoded->bytes, arguments.has("--force") ? Overwrite::yes : Overwrite::no);
  if (!written.ok()) return fail(job.output, written.error(), as_json);
  print_warnings(job.input, encoded->warnings);
  const auto info = inspect_mesh(encoded->bytes, {});
  if (!info.ok()) return fail(job.output, info.error(), as_json);
  if (!as_json) {
    print_line(report_text(job, bytes.size(), *encoded, *info, encode_ms.count()), job.output == "-");
    return kDone;
  }
  Json json = {{"file", job.input}, {"out", job.output}, {"bytes_in", bytes.size()}};
  json.update(mesh_info_json(*info));
  json.update(errors_json(encoded->errors));
  json["ratio"] = static_cast<double>(bytes.size()) / static_cast<double>(encoded->bytes.size());
  json["encode_ms"] = encode_ms.count();
  json["warnings"] = encoded->warnings;
  print_line(json_text(json), job.output == "-");
  return kDone;
}

int decode_mesh_to(Job job, const Bytes& bytes, bool into_folder, const Arguments& arguments) {
  const bool as_json = arguments.has("--json");
  for (const char* option : {"--slice", "--calibration", "--fraction", "--box", "--salvage"}) {
    if (arguments.has(option)) return usage_error("decode", std::string(option) + " is not for meshes");
  }
  const auto start = std::chrono::steady_clock::now();
  const auto decoded = decode_mesh(bytes, {});
  const std::chrono::duration<double, std::milli> decode_ms = std::chrono::steady_clock::now() - start;
  if (!decoded.ok()) return fail(job.input, decoded.error(), as_json);
  const std::string source = extension_of(decoded->mesh.source);
  if (into_folder && !job.output.ends_with(source)) job.output += source;
  size_t bytes_out = 0;
  const Status written = write_as_named(decoded->mesh, job.output, decoded->mesh.source, arguments.has("--force"), bytes_out);
  if (!written.ok()) return fail(job.output, written.error(), as_json);
  const Json report = {{"file", job.input},
                       {"out", job.output},
                       {"vertices", decoded->mesh.vertices()},
                       {"faces", decoded->mesh.triangles()},
                       {"bytes_out", bytes_out},
                       {"decode_ms", decode_ms.count()}};
  const std::string text = display_name(job.input) + ": " + std::to_string(decoded->mesh.vertices()) + " vertices, " +
                           std::to_string(decoded->mesh.triangles()) + " faces to " + display_name(job.output) + ", " +
                           fixed(decode_ms.count(), 0) + " ms";
  print_line(as_json ? json_text(report) : text, job.output == "-");
  return kDone;
}

int convert_mesh_to(const Job& job, const Bytes& bytes, const Arguments& arguments) {
  const bool as_json = arguments.has("--json");
  const auto input = load_mesh(job.input, bytes);
  if (!input.ok()) return fail(job.input, input.error(), as_json);
  print_note(job.input, input->note);
  size_t bytes_out = 0;
  const Status written = write_as_named(input->mesh, job.output, input->mesh.source, arguments.has("--force"), bytes_out);
  if (!written.ok()) return fail(job.output, written.error(), as_json);
  const Json report = {
      {"file", job.input},      {"out", job.output},  {"vertices", input->mesh.vertices()}, {"faces", input->mesh.triangles()},
      {"bytes_out", bytes_out}, {"note", input->note}};
  const std::string text = display_name(job.input) + ": " + std::to_string(input->mesh.vertices()) + " vertices, " +
                           std::to_string(input->mesh.triangles()) + " faces to " + display_name(job.output) + ", " +
                           std::to_string(bytes_out) + " bytes";
  print_line(as_json ? json_text(report) : text, job.output == "-");
  return kDone;
}

int compare_meshes(const Arguments& arguments, const std::vector<Bytes>& files, uint32_t threads) {
  const bool as_json = arguments.has("--json");
  std::vector<Mesh> meshes;
  for (size_t i = 0; i < files.size(); ++i) {
    auto input = load_mesh(arguments.operands()[i], files[i]);
    if (!input.ok()) return fail(arguments.operands()[i], input.error(), as_json);
    print_note(arguments.operands()[i], input->note);
    meshes.push_back(std::move(input->mesh));
  }
  const auto errors = mesh_errors(meshes[0], meshes[1], {50000, true, threads});
  if (!errors.ok()) return fail(arguments.operands()[1], errors.error(), as_json);
  Json json = {{"vertices_a", meshes[0].vertices()},
               {"vertices_b", meshes[1].vertices()},
               {"faces_a", meshes[0].triangles()},
               {"faces_b", meshes[1].triangles()},
               {"order_kept", errors->vertex_max.has_value()}};
  json.update(errors_json(*errors));
  if (as_json) {
    print_json(json);
    return kDone;
  }
  std::printf("vertices     %zu and %zu, order %s\n", meshes[0].vertices(), meshes[1].vertices(), errors->vertex_max ? "kept" : "not kept");
  std::printf("faces        %zu and %zu\n", meshes[0].triangles(), meshes[1].triangles());
  std::printf("surfaces     at most %s apart, rms %s, in the unit of the files\n", number_text(errors->surface_max).c_str(),
              number_text(errors->surface_rms).c_str());
  if (errors->diagonal > 0) {
    std::printf("             %s %% and %s %% of the diagonal\n", number_text(100 * errors->surface_max / errors->diagonal).c_str(),
                number_text(100 * errors->surface_rms / errors->diagonal).c_str());
  }
  std::printf("normals      rms %s degrees\n", number_text(errors->normal_rms_deg).c_str());
  if (errors->vertex_max)
    std::printf("vertices     at most %s apart, rms %s\n", number_text(*errors->vertex_max).c_str(),
                number_text(*errors->vertex_rms).c_str());
  return kDone;
}

Result<MeshInput> load_mesh(const std::string& path, const Bytes& bytes) {
  if (is_draco_file(bytes)) return read_mesh_draco(bytes, {});
  if (!is_dew(bytes) && is_mesh_gltf(bytes)) {
    ReadBeside beside;
    if (path != "-") beside = [folder = path.substr(0, path.rfind('/') + 1)](const std::string& name) { return read_file(folder + name); };
    return read_mesh_gltf(bytes, beside, {});
  }
  if (!is_mesh_dew(bytes)) return read_mesh(bytes, path, {});
  DEW_ASSIGN(MeshDecoded decoded, decode_mesh(bytes, {}));
  return MeshInput{std::move(decoded.mesh), {}};
}

Json mesh_info_json(const MeshFileInfo& info) {
  const auto bits = [&](double bytes) { return info.vertices == 0 ? 0.0 : 8 * bytes / static_cast<double>(info.vertices); };
  const MeshPartBytes& parts = info.parts;
  return {{"kind", "mesh"},
          {"mode", kModeNames[static_cast<size_t>(info.mode)]},
          {"vertices", info.vertices},
          {"faces", info.faces},
          {"bytes", info.bytes},
          {"max_error_m", info.max_error},
          {"bits_per_vertex",
           {{"total", bits(static_cast<double>(info.bytes))},
            {"connectivity", bits(parts.connectivity)},
            {"positions", bits(parts.positions)},
            {"normals", bits(parts.normals)},
            {"texcoords", bits(parts.texcoords)},
            {"colours", bits(parts.colours)},
            {"other", bits(parts.other)}}},
          {"scheme", info.scheme},
          {"keeps_order", info.keeps_order},
          {"source_format", kFormatNames[static_cast<size_t>(info.source)]},
          {"attributes", info.attributes}};
}

Status verify_mesh(const Bytes& bytes, const std::optional<std::string>& source, uint32_t threads, Json& report) {
  DEW_ASSIGN(const MeshFileInfo info, inspect_mesh(bytes, {}));
  // decode refuses every wrong checksum, and content that does not have the SHA-256 that the file carries.
  DEW_ASSIGN(const MeshDecoded decoded, decode_mesh(bytes, {}));
  report["ok"] = true;
  report["vertices"] = info.vertices;
  report["faces"] = info.faces;
  report["mode"] = kModeNames[static_cast<size_t>(info.mode)];
  if (!source) return {};
  DEW_ASSIGN(const Bytes original, read_file(*source));
  DEW_ASSIGN(const MeshInput input, load_mesh(*source, original));
  const Mesh& mesh = input.mesh;
  if (info.mode == MeshMode::implicit) {
    DEW_ASSIGN(const MeshErrors errors, mesh_errors(mesh, decoded.mesh, {50000, true, threads}));
    report.update(errors_json(errors));
    return {};
  }
  if (mesh.vertices() != info.vertices || mesh.triangles() != info.faces) {
    return Error{Code::corrupt, 0,
                 "the source has " + std::to_string(mesh.vertices()) + " vertices and " + std::to_string(mesh.triangles()) +
                     " faces, the file others"};
  }
  if (keeps_all_bits(info.mode))
    return (info.keeps_order ? same_mesh(decoded.mesh, mesh) : same_mesh_reordered(decoded.mesh, mesh))
               ? Status{}
               : Error{Code::corrupt, 0, "promises to be lossless, but differs from the source"};
  DEW_ASSIGN(const double error, measure(info, mesh, decoded.mesh, threads));
  report["max_error_m"] = error;
  report["bound_m"] = info.max_error;
  constexpr double kRounding = 1 + 1e-9;
  if (!(error <= info.max_error * kRounding)) {
    return Error{Code::corrupt, 0, "the surfaces are " + number_text(error) + " apart, the file promises " + number_text(info.max_error)};
  }
  return {};
}

}  // namespace dew::app
