// SPDX-License-Identifier: Apache-2.0
/// Splat scenes as files: which format a name asks for, and formats of several files.
///
///   DEW_ASSIGN(const SplatInput input, read_splat_file(bytes, "scan/meta.json"));
///   if (const auto target = splat_target("scene.spz")) {
///     DEW_ASSIGN(const SplatOutput output, write_splats(input.splats, target->format, target->options));
///     DEW_TRY(write_splat_file("scene.spz", output, Overwrite::no));
///   }
#pragma once

#include <optional>
#include <string>

#include "apps/files.h"
#include "gaussians/io/read_splats.h"
#include "gaussians/io/write_splats.h"

namespace dew::app {

struct SplatTarget {
  SplatFormat format = SplatFormat::none;
  SplatWriteOptions options;
};

/// By the end of the name: .compressed.ply, .ply, .splat, .spz, .sog, meta.json (an unpacked .sog), .glb, .gltf; nothing for others.
std::optional<SplatTarget> splat_target(const std::string& path);

/// Why a name is no target: which ends of names are, and which verb makes .dew files.
std::string no_splat_target(const std::string& path);

/// True where the bytes of `path` are a splat scene.
bool is_splat_file(ByteSpan bytes, const std::string& path);

/// Files beside `path` are read where the format names them. `bytes_read`: where wanted, of all of them. Errors: io, and those of
/// read_splats.
Result<SplatInput> read_splat_file(ByteSpan bytes, const std::string& path, uint64_t* bytes_read = nullptr);

/// Writes the file and those that belong beside it, the named one last; nothing where one of them may not be overwritten. Errors: io.
Status write_splat_file(const std::string& path, const SplatOutput& output, Overwrite overwrite);

}  // namespace dew::app
