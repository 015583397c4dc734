// SPDX-License-Identifier: Apache-2.0
/// Splat scenes for the verbs that know frames too: encode, decode, info, verify.
///
///   if (is_splat_file(bytes, path)) return encode_splats_to(job, bytes, arguments);
///   if (is_splat_dew(bytes)) return decode_splats_to(job, bytes, arguments);
#pragma once

#include <array>
#include <optional>
#include <string>

#include "apps/command_line.h"
#include "apps/files.h"
#include "apps/report.h"
#include "gaussians/codec.h"
#include "gaussians/io/read_splats.h"

namespace dew::app {

inline constexpr Option kQualityOption = {"--quality", "DB", "",
                                          "splats: PSNR of the decoded scene's renders against the original's, 20 to 80 (default: 42)"};
inline constexpr Option kBudgetOption = {"--budget", "BYTES", "", "splats: the best file of at most BYTES"};
inline constexpr Option kOnlyTheseViewsOption = {"--only-these-views", "", "",
                                                 "splats: other views than those given may lose more than 2 dB beyond the quality"};
inline constexpr Option kKeepOrderOption = {"--keep-order", "", "",
                                            "splats: give them back in the order of the file; some 16 bits a splat"};
inline constexpr Option kFractionOption = {"--fraction", "F", "", "splats: decode what lies in the first F (0 to 1) of the file"};
inline constexpr Option kBoxOption = {"--box", "X,Y,Z,X,Y,Z", "", "points, or splats by their centres: only those between two corners"};
/// The two corners of --box, the low one first. Errors: invalid_argument.
Result<std::array<double, 6>> parse_box(const std::string& text);

/// True for a .dew file of splats.
bool is_splat_dew(ByteSpan bytes);
/// True for a scene that load_splats takes: of any format, .dew included.
bool is_splat_scene(ByteSpan bytes, const std::string& path);

/// Encodes a splat scene and prints what came of it. Returns an exit code.
int encode_splats_to(const Job& job, const Bytes& bytes, const Arguments& arguments);
/// Decodes a .dew file of splats; with `into_folder` the output's name lacks the extension. Returns an exit code.
int decode_splats_to(Job job, const Bytes& bytes, bool into_folder, const Arguments& arguments);

/// A scene of any format, .dew included. Errors: io, and those of the readers.
Result<SplatInput> load_splats(const std::string& path, const Bytes& bytes, uint32_t threads);

/// The object that `dew info --json` prints.
Json splat_info_json(const SplatFileInfo& info);

/// What `dew verify` does for splats: decodes, and with a source compares what a lossless file promises. Errors: corrupt and those of
/// decode.
Status verify_splats(const Bytes& bytes, const std::optional<std::string>& source, uint32_t threads, Json& report);

}  // namespace dew::app
