// SPDX-License-Identifier: Apache-2.0
/// Files of many frames at the command line: encoding several inputs as one, decoding into a folder, checking against the sources.
///
///   if (const auto inputs = sequence_inputs(arguments); inputs.ok() && !inputs->empty()) return encode_sequence(*inputs, ...);
///   if (is_sequence(bytes)) return decode_sequence(job, bytes, task, arguments);
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/command_line.h"
#include "apps/content.h"
#include "apps/files.h"
#include "apps/report.h"
#include "pointcloud/sequence.h"

namespace dew::app {

inline constexpr Option kIntraEveryOption = {"--intra-every", "N", "",
                                             "many frames: one that needs no other at least every N frames (default: 50; 1: all)"};
inline constexpr Option kPosesOption = {
    "--poses", "FILE", "",
    "many frames: keep the sensor's poses, a line each: 3x4 matrices (KITTI, Ouster) or time, quaternion "
    "and place (Argoverse 2)"};
inline constexpr Option kRateOption = {"--rate-hz", "R", "", "many frames: R a second, where they carry no time of their own"};
inline constexpr Option kReferencesOption = {
    "--references", "WHAT", "none last moved all",
    "many frames: what each may look at: nothing, the frame before, that moved as the sensor moved, and the background too (default: all)"};

/// Inputs that become one file: several, or a folder, before an output that names a .dew file. Empty: they do not. Errors: io.
Result<std::vector<std::string>> sequence_inputs(const std::vector<std::string>& operands);

/// Options beyond those of each frame. Errors: invalid_argument.
Result<SequenceOptions> sequence_options(const Arguments& arguments, const EncodeOptions& frame);

/// Encodes and prints what came of it. Returns an exit code.
int encode_sequence(const std::vector<std::string>& inputs, const std::string& output, const SequenceOptions& options,
                    const Arguments& arguments);

/// A part of a sequence: [first, end).
struct FrameSpan {
  uint64_t first = 0, end = 0;
};
/// "10:20" (frames 10 to 19), "10:", ":20" or "7", of `frames`. Errors: invalid_argument.
Result<FrameSpan> parse_frame_span(const std::string& text, uint64_t frames);

/// Decodes frames into the folder `folder`, under the names they had, and prints what came of it. Returns an exit code.
int decode_sequence(const std::string& input, const Bytes& file, const std::string& folder, const SequenceDecodeOptions& options,
                    const SensorCalibration* calibration, const Arguments& arguments);

/// Name of a frame's file: the one it had, if that is a plain one, else its number.
std::string frame_file_name(const std::string& name, uint64_t number, const Content& content);

/// Decodes all; with a folder of sources compares each frame with the file of its name. Fills the report of `dew verify`.
Status verify_sequence(const std::string& path, const Bytes& file, const std::optional<std::string>& sources, const Arguments& arguments,
                       uint32_t threads, Json& report);

/// Whether a path is a folder, or a file of many frames.
bool holds_many_frames(const std::string& path);

/// Compares frame by frame; each side a sequence or a folder. Returns an exit code.
int compare_sequences(const Arguments& arguments, uint32_t threads);

}  // namespace dew::app
