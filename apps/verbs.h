// SPDX-License-Identifier: Apache-2.0
/// The verbs of dew, one file each, and the options that several of them share.
///
///   const Verb verb = encode_verb();      // its row in the table of the command line
#pragma once

#include "apps/command_line.h"

namespace dew::app {

Verb encode_verb();
Verb decode_verb();
Verb info_verb();
Verb compare_verb();
Verb verify_verb();
Verb bench_verb();
Verb prune_verb();
Verb render_verb();
Verb convert_verb();
Verb stream_verb();
Verb view_verb();

inline constexpr Option kHelpOption = {"--help", "", "", "print this help and stop"};
inline constexpr Option kJsonOption = {"--json", "", "", "print one JSON object a line instead of text; failures too"};
inline constexpr Option kForceOption = {"--force", "", "", "overwrite outputs that exist (without it they are an error)"};
inline constexpr Option kThreadsOption = {"--threads", "N", "", "use N threads, which never changes a byte (default: all cores)"};
inline constexpr Option kFieldsOption = {
    "--fields", "LIST", "",
    "layout of the records of a .bin, as name:type,name:type,... with types u8 to u64, i8 to i64, f16, f32, f64 "
    "(default: 16-byte KITTI or 20-byte nuScenes records, told apart by their content)"};

}  // namespace dew::app
