// SPDX-License-Identifier: Apache-2.0
/// `dew compare` for splat scenes: how far two of them look apart from given cameras, and how far their values are.
///
///   SplatCompareOptions options;
///   options.photos_folder = "images";                                          // "": no photographs
///   options.threads = 2;
///   DEW_ASSIGN(const SplatComparison compared, compare_splats(a, b, views, options));
///   print_json(splat_comparison_json(compared));
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/report.h"
#include "apps/views.h"
#include "gaussians/metrics.h"
#include "gaussians/splats.h"

namespace dew::app {

inline constexpr Option kPhotosOption = {"--photos", "DIR", "", "photographs of the views, found by the names in the file of cameras"};

struct SplatCompareOptions {
  std::string photos_folder;  ///< empty: no photographs
  unsigned threads = 1;       ///< never changes a figure
};

/// Figures of one view; PSNR in dB, infinite where the pictures are equal.
struct ViewComparison {
  std::string view;
  double psnr_db = 0;                                      ///< of B's picture against A's
  std::optional<double> ssim;                              ///< nothing below 11 pixels a side
  std::optional<double> psnr_photo_a_db, psnr_photo_b_db;  ///< against the photograph, where there is one
};

struct SplatComparison {
  uint64_t splats_a = 0, splats_b = 0;
  bool order_kept = false;            ///< same count, and the centres lie where those of the other's order do
  std::optional<SplatErrors> errors;  ///< where the order is kept
  std::vector<ViewComparison> views;
};

/// Draws both scenes from each view. Views are spread over the threads. Errors: those of render; io and corrupt for photographs that are
/// there but can't be read. Memory: some 100 bytes a splat, and 60 bytes a pixel, for each thread.
Result<SplatComparison> compare_splats(const Splats& a, const Splats& b, const std::vector<View>& views,
                                       const SplatCompareOptions& options);

/// {"splats_a", "splats_b", "order_kept", "psnr_mean", "psnr_min", "ssim_mean", "psnr_photos_a", "psnr_photos_b", "views": [...], "errors":
/// {...}}. Means are over views, those against photographs over the views that have one; keys without a figure are left out. Infinite
/// figures print as null.
Json splat_comparison_json(const SplatComparison& comparison);

/// The same for people.
std::string splat_comparison_text(const SplatComparison& comparison);

}  // namespace dew::app
