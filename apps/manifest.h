// SPDX-License-Identifier: Apache-2.0
/// Many files on many machines: `dew encode --manifest jobs.jsonl --shard i/n` does every n-th line of a list, and can be started again at
/// any time: what is done is left alone, what was cut short leaves nothing behind.
///
///   {"in": "drive/000.bin", "out": "small/000.dew"}
///   {"in": "a.las", "out": "a.dew", "options": ["--lossless"]}        // options of one file, after those of the command line
///
/// A line of JSON a file on standard output: what `dew encode --json` prints, or {"file", "out", "kept": true}, or {"file", "error"}.
#pragma once

#include "apps/command_line.h"

namespace dew::app {

inline constexpr Option kManifestOption = {"--manifest", "FILE", "",
                                           "encode the files that FILE lists, a JSON object a line: \"in\", \"out\" and, if wanted, "
                                           "\"options\"; outputs that are there and whole are left alone"};
inline constexpr Option kShardOption = {"--shard", "I/N", "", "of a manifest every N-th line only, from line I on (counted from 0)"};

/// Runs the verb once for each line. Returns the largest of their exit codes.
int run_manifest(const Arguments& arguments, const Verb& verb);

}  // namespace dew::app
