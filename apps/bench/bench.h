// SPDX-License-Identifier: Apache-2.0
/// The parts of `dew bench`: rows are JSON objects, so that what one process measures, another prints.
///
///   Json row = measure_dew("scan.bin", {Mode::lossless, 0, "lossless"}, Effort::fast, options);
///   row["bytes"], row["encode_ms"], ... or row["error"]
#pragma once

#include <string>
#include <vector>

#include "apps/report.h"

namespace dew::app {

/// A mode as the user names it.
struct BenchMode {
  Mode mode = Mode::lattice;
  double max_error_m = 0;  ///< for Mode::max_error
  std::string name;        ///< "lattice", "1cm", ...
};

struct BenchOptions {
  std::string fields;  ///< as --fields
  std::string model;   ///< as --model; of sequences
  uint32_t threads = 1;
  uint32_t runs = 3;  ///< times are medians of so many
};

/// Encodes, decodes and compares one file in a process of its own, whose peak memory is then that of this measurement.
/// Keys: file, codec, mode, effort, points, returns, bytes_in, bytes, bits_per_point, bits_per_return, max_error_m, order_kept,
/// fit_ms (finding the scan model, where none is given), encode_ms (scan model given, verification included), decode_ms, peak_mb; or error.
Json measure_dew(const std::string& file, const BenchMode& mode, Effort effort, const BenchOptions& options);

/// The peers' rows for one file and mode: general compressors on the file itself for lossless, point codecs on an integer grid of the same
/// largest error otherwise. `absent` collects what could not run, once each, with the reason.
std::vector<Json> measure_peers(const std::string& file, const BenchMode& mode, const BenchOptions& options,
                                std::vector<std::string>& absent);

/// Rows of codecs that were measured on frames of the folder `folder` on another machine; empty for unknown folders and modes other than
/// 1mm and 1cm. Every row has "measured": "elsewhere".
std::vector<Json> figures_from_elsewhere(const std::string& folder, const BenchMode& mode);

}  // namespace dew::app
