// SPDX-License-Identifier: Apache-2.0
/// `dew bench --sequence`: folders of frames as files of many, beside the same frames one by one.
///
///   Json row = measure_sequence(files, {Mode::lossless, 0, "lossless"}, Effort::fast, options);
///   row["intra"]["bits_per_return"], row["inter"]["bits_per_return"], row["saved"], ... or row["error"]
#pragma once

#include "apps/bench/bench.h"
#include "apps/sequences.h"

namespace dew::app {

/// Encodes the frames twice, in order: each alone (`alone`), and with a look at the one before. Bits and times are those of the frames that
/// refer, in both; bits are of all chunks of a frame, by its returns. Keys: file, mode, effort, references, frames, inter_frames, bytes,
/// bytes_alone, bits_per_return, bits_per_return_alone, ratio, encode_ms, encode_ms_alone, decode_ms, decode_ms_alone (a frame).
Json measure_sequence(const std::vector<std::string>& files, const BenchMode& mode, Effort effort, const std::string& references,
                      const BenchOptions& options);

/// All folders in all modes and efforts; prints the table or --json, --csv. Returns an exit code.
int run_sequence_bench(const std::vector<std::vector<std::string>>& folders, const std::vector<BenchMode>& modes,
                       const std::vector<Effort>& efforts, const BenchOptions& options, const Arguments& arguments);

}  // namespace dew::app
