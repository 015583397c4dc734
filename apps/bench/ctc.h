// SPDX-License-Identifier: Apache-2.0
/// `dew bench --ctc`: clouds of whole numbers as MPEG's common test conditions measure them: bits a point of the input, D1 and D2 at steps
/// of the grid, and what rate two curves differ by.
///
///   DEW_ASSIGN(rows, measure_ctc("longdress.ply", {1, 2, 4}, Effort::normal, threads));
///   bd_rate_percent(of_anchor, of_test);        // Bjontegaard's: how many per cent of the anchor's bits at equal PSNR
///
/// Source: ISO/IEC JTC1/SC29/WG7, "Common test conditions for G-PCC"; G. Bjontegaard, VCEG-M33.
#pragma once

#include <optional>
#include <span>

#include "apps/bench/bench.h"
#include "apps/command_line.h"

namespace dew::app {

struct RatePoint {
  double bits = 0, psnr_db = 0;
};

/// Per cent, negative where `test` takes fewer bits. Nothing with fewer than four finite points of either, or curves that do not overlap.
std::optional<double> bd_rate_percent(std::vector<RatePoint> anchor, std::vector<RatePoint> test);

/// One row a step (1: lossless): file, effort, step, points, bytes, bits_per_point, d1_db, d2_db, order may change. Errors: of reading, of
/// coordinates that are no whole numbers.
Result<std::vector<Json>> measure_ctc(const std::string& file, std::span<const uint32_t> steps, Effort effort, uint32_t threads);

/// The verb: all files at all efforts, with the rate of each against --anchor, or against effort normal.
int run_bench_ctc(const std::vector<std::string>& files, const std::vector<Effort>& efforts, uint32_t threads, const Arguments& arguments);

inline constexpr Option kCtcOption = {"--ctc", "", "",
                                      "clouds of whole numbers as MPEG measures them: bits, D1 and D2 PSNR at grid steps 1 to 32, BD-rate"};
inline constexpr Option kAnchorOption = {
    "--anchor", "FILE", "", "with --ctc: the curve to compare with, lines of FILE,bits a point,D1 dB,D2 dB (default: effort normal)"};

}  // namespace dew::app
