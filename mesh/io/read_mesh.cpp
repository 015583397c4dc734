// SPDX-License-Identifier: Apache-2.0
#include "mesh/io/read_mesh.h"

#include "mesh/io/text_scanner.h"
#include "mesh/io/write_mesh.h"

namespace dew {
namespace {

/// True for a PLY file whose header announces faces; one without is a cloud of points or a splat scene.
bool has_faces(ByteSpan bytes) {
  TextScanner scanner(bytes);
  while (scanner.next_line()) {
    const std::string_view word = scanner.word();
    if (word == "end_header") return false;
    uint64_t count = 0;
    if (word == "element" && scanner.word() == "face" && scanner.number(count)) return count > 0;
  }
  return false;
}

}  // namespace

MeshFormat mesh_format(ByteSpan bytes, const std::string& name) {
  const std::string_view text = as_text(bytes);
  if (text.starts_with("ply\n") || text.starts_with("ply\r")) return has_faces(bytes) ? MeshFormat::ply : MeshFormat::none;
  for (const std::string_view magic : {"OFF", "NOFF", "COFF", "STOFF", "CNOFF", "STCNOFF", "STCOFF", "STNOFF"}) {
    if (text.starts_with(magic) && (text.size() == magic.size() || text[magic.size()] <= ' ')) return MeshFormat::off;
  }
  const MeshFormat named = mesh_format_of_name(name);
  if (named == MeshFormat::obj || named == MeshFormat::stl) return named;
  return text.starts_with("solid ") ? MeshFormat::stl : MeshFormat::none;
}

Result<MeshInput> read_mesh(ByteSpan bytes, const std::string& name, const DecodeLimits& limits) {
  if (bytes.size() > limits.input_bytes) return Error{Code::limit_exceeded, 0, "the file is larger than allowed"};
  switch (mesh_format(bytes, name)) {
    case MeshFormat::ply: return read_mesh_ply(bytes, limits);
    case MeshFormat::obj: return read_mesh_obj(bytes, limits);
    case MeshFormat::stl: return read_mesh_stl(bytes, limits);
    case MeshFormat::off: return read_mesh_off(bytes, limits);
    default: return Error{Code::unsupported_feature, 0, "the file is no mesh that dew reads: a .ply with faces, .obj, .stl or .off"};
  }
}

}  // namespace dew
