// SPDX-License-Identifier: Apache-2.0
#include "apps/splat_files.h"

#include <algorithm>
#include <cctype>

namespace dew::app {
namespace {

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// "a/b.json" to "a/", "b.json" to "".
std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

}  // namespace

std::optional<SplatTarget> splat_target(const std::string& path) {
  const std::string name = lower_case(base_name(path));
  if (name == "meta.json") return SplatTarget{SplatFormat::sog, {.unpacked = true}};
  if (name.ends_with(".compressed.ply")) return SplatTarget{SplatFormat::compressed_ply, {}};
  if (name.ends_with(".ply")) return SplatTarget{SplatFormat::ply, {}};
  if (name.ends_with(".splat")) return SplatTarget{SplatFormat::splat, {}};
  if (name.ends_with(".spz")) return SplatTarget{SplatFormat::spz, {}};
  if (name.ends_with(".sog")) return SplatTarget{SplatFormat::sog, {}};
  if (name.ends_with(".glb")) return SplatTarget{SplatFormat::gltf, {}};
  if (name.ends_with(".gltf")) return SplatTarget{SplatFormat::gltf, {.unpacked = true}};
  return std::nullopt;
}

std::string no_splat_target(const std::string& path) {
  if (extension(path) == ".dew") return ".dew files are made by `dew encode`";
  return "the name does not end as a splat format does: .ply, .compressed.ply, .splat, .spz, .sog, meta.json, .glb or .gltf";
}

bool is_splat_file(ByteSpan bytes, const std::string& path) { return looks_like_splats(bytes, extension(path)); }

Result<SplatInput> read_splat_file(ByteSpan bytes, const std::string& path, uint64_t* bytes_read) {
  uint64_t read = bytes.size();
  ReadSibling siblings;
  if (path != "-") {
    siblings = [&read, folder = folder_of(path)](const std::string& name) -> Result<Bytes> {
      DEW_ASSIGN(Bytes sibling, read_file(folder + name));
      read += sibling.size();
      return sibling;
    };
  }
  DEW_ASSIGN(SplatInput input, read_splats(bytes, {}, extension(path), siblings));
  if (bytes_read != nullptr) *bytes_read = read;
  return input;
}

Status write_splat_file(const std::string& path, const SplatOutput& output, Overwrite overwrite) {
  if (path == "-" && !output.siblings.empty()) return Error{Code::invalid_argument, 0, "several files do not go into a pipe"};
  for (const NamedBytes& file : output.siblings) DEW_TRY(check_output(folder_of(path) + file.name, overwrite));
  DEW_TRY(check_output(path, overwrite));
  for (const NamedBytes& file : output.siblings) DEW_TRY(write_file(folder_of(path) + file.name, file.bytes, overwrite));
  return write_file(path, output.file, overwrite);
}

}  // namespace dew::app
