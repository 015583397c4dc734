// SPDX-License-Identifier: Apache-2.0
/// Meshes for the verbs that know frames and splats too: encode, decode, info, compare, convert, verify.
///
///   if (is_mesh_file(bytes, path)) return encode_mesh_to(job, bytes, arguments);
///   if (is_mesh_dew(bytes)) return decode_mesh_to(job, bytes, into_folder, arguments);
#pragma once

#include <optional>
#include <string>

#include "apps/command_line.h"
#include "apps/files.h"
#include "apps/report.h"
#include "mesh/codec.h"
#include "mesh/io/read_mesh.h"

namespace dew::app {

inline constexpr Option kVertexErrorOption = {"--vertex-error", "LENGTH", "", "meshes: move no vertex further than LENGTH"};
inline constexpr Option kRmsErrorOption = {"--rms-error", "LENGTH", "",
                                           "meshes: as --max-error, but for the root of the mean squared distance between the surfaces"};
inline constexpr Option kImplicitOption = {"--implicit", "BYTES", "",
                                           "meshes: the shape of a closed surface within so many bytes, with new vertices and faces"};

/// True for a .dew file of a mesh.
bool is_mesh_dew(ByteSpan bytes);
/// True for a mesh of another format.
bool is_mesh_file(ByteSpan bytes, const std::string& path);

/// A length in the unit of the mesh: a number alone, or with m, cm, mm or um where that unit is the metre. Errors: invalid_argument.
Result<double> parse_mesh_length(const std::string& text);

/// Each prints what came of it and returns an exit code; with `into_folder` the output's name lacks the extension.
int encode_mesh_to(const Job& job, const Bytes& bytes, const Arguments& arguments);
int decode_mesh_to(Job job, const Bytes& bytes, bool into_folder, const Arguments& arguments);
int convert_mesh_to(const Job& job, const Bytes& bytes, const Arguments& arguments);
int compare_meshes(const Arguments& arguments, const std::vector<Bytes>& files, uint32_t threads);

/// A mesh of any format, .dew included. Errors: those of the readers.
Result<MeshInput> load_mesh(const std::string& path, const Bytes& bytes);

/// The object that `dew info --json` prints.
Json mesh_info_json(const MeshFileInfo& info);

/// What `dew verify` does for meshes: decodes, and with a source measures what the file promises. Errors: corrupt and those of decode.
Status verify_mesh(const Bytes& bytes, const std::optional<std::string>& source, uint32_t threads, Json& report);

}  // namespace dew::app
