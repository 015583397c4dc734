// SPDX-License-Identifier: Apache-2.0
// From scenes to chunks and back; what is in the chunks is the business of gaussians/coding.
#include "gaussians/codec.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "gaussians/coding/quality_search.h"
#include "gaussians/coding/splat_file.h"

namespace dew {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

Status check_options(const SplatEncodeOptions& options) {
  if (!(options.quality_db >= 20 && options.quality_db <= 80)) return Error{Code::invalid_argument, 0, "the quality must be 20 to 80 dB"};
  if (options.mode == SplatMode::budget && options.budget_bytes == 0) return Error{Code::invalid_argument, 0, "the budget is empty"};
  return {};
}

/// Splats that renderers draw: every number is finite, but for logits of infinity (opaque) and log-scales of -infinity (flat).
std::vector<uint32_t> drawable_splats(const Splats& splats) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto all = [](const std::vector<float>& values, size_t i, size_t stride, auto&& sound) {
    return std::all_of(values.begin() + static_cast<std::ptrdiff_t>(i * stride),
                       values.begin() + static_cast<std::ptrdiff_t>((i + 1) * stride), sound);
  };
  const auto finite = [](float value) { return std::isfinite(value); };
  std::vector<uint32_t> kept;
  for (size_t i = 0; i < splats.count(); ++i) {
    const bool whole = all(splats.position, i, 3, finite) && all(splats.log_scale, i, 3, [](float value) { return value < kInfinity; }) &&
                       all(splats.rotation, i, 4, finite) && !std::isnan(splats.opacity_logit[i]) && all(splats.dc, i, 3, finite) &&
                       all(splats.sh, i, splats.sh_stride(), finite);
    if (whole) kept.push_back(static_cast<uint32_t>(i));
  }
  return kept;
}

SplatQuality quality_of(const SceneViews& views, const ViewQuality& quality) {
  return {quality.mean_db, quality.worst_db, static_cast<uint32_t>(views.judged_on_path()), views.made()};
}

/// What an encoder must say about what it did not keep or reach.
void add_warnings(const Splats& original, size_t drawable, const SplatEncodeOptions& options, const ViewQuality& quality,
                  SplatEncoded& encoded) {
  if (drawable < original.count()) {
    encoded.warnings.push_back(std::to_string(original.count() - drawable) + " splats with values that are not finite are left out");
  }
  if (!original.source.trailer.empty()) {
    encoded.warnings.push_back(std::to_string(original.source.trailer.size()) + " bytes after the last splat of the source are left out");
  }
  const double margin = options.mode == SplatMode::quality ? quality.margin_db(options.quality_db) : 0;
  if (margin < 0) {
    char text[96];
    std::snprintf(text, sizeof text, "the quality asked for is missed by %.2f dB on some of the views", -margin);
    encoded.warnings.emplace_back(text);
  }
}

Result<SplatEncoded> encode_lossy(const Splats& original, const SplatEncodeOptions& options) {
  const Clock::time_point start = Clock::now();
  const std::vector<uint32_t> drawable = drawable_splats(original);
  const bool all = drawable.size() == original.count();
  const Splats chosen = all ? Splats() : select(original, drawable);
  const Splats& splats = all ? original : chosen;
  DEW_ASSIGN(SceneViews views, choose_views(splats, options));
  DEW_ASSIGN(const Sensitivity sensitivity, views.look_at(splats, options.threads));
  DEW_ASSIGN(std::optional<ViewQuality> first, views.keep_hardest(first_decoded(splats, views, sensitivity, options), options.threads));
  SplatEncoded encoded;
  encoded.score_ms = milliseconds_since(start);
  const Clock::time_point searching = Clock::now();
  const auto size_of = [&](const Splats& scene, const SceneTargets& targets) {
    return lossy_file_size({scene, targets, quality_of(views, {}), options, original.count()});
  };
  DEW_ASSIGN(const SearchedScene found, options.mode == SplatMode::budget
                                            ? search_budget(splats, views, sensitivity, options, size_of)
                                            : search_quality(splats, views, sensitivity, options, std::move(first)));
  const SceneTrial& trial = found.best;
  const Splats& coded = found.fewer ? *found.fewer : splats;
  encoded.quality = quality_of(views, trial.quality);
  DEW_ASSIGN(encoded.bytes, write_lossy_file({coded, trial.targets, *encoded.quality, options, original.count()}, encoded.splats));
  add_warnings(original, drawable.size(), options, trial.quality, encoded);
  encoded.encode_ms = milliseconds_since(searching);
  return encoded;
}

Result<SplatEncoded> encode_lossless(const Splats& splats, const SplatEncodeOptions& options) {
  const Clock::time_point start = Clock::now();
  SplatEncoded encoded;
  DEW_ASSIGN(encoded.bytes, write_lossless_file(splats, options.threads));
  encoded.splats = splats.count();
  encoded.encode_ms = milliseconds_since(start);
  return encoded;
}

}  // namespace

Result<SplatEncoded> encode_splats(const Splats& splats, const SplatEncodeOptions& options) {
  DEW_TRY(check_shape(splats));
  DEW_TRY(check_options(options));
  if (splats.count() > UINT32_MAX) return Error{Code::invalid_argument, 0, "a scene of more than 2^32 splats"};
  return options.mode == SplatMode::lossless ? encode_lossless(splats, options) : encode_lossy(splats, options);
}

Result<SplatDecoded> decode_splats(ByteSpan bytes, const SplatDecodeOptions& options, const DecodeLimits& limits) {
  if (!(options.fraction >= 0 && options.fraction <= 1)) return Error{Code::invalid_argument, 0, "the fraction must be 0 to 1"};
  return read_splat_file(bytes, options, limits);
}

Result<SplatFileInfo> inspect_splats(ByteSpan bytes, const DecodeLimits& limits, SplatBits* of_splats) {
  return describe_splat_file(bytes, limits, of_splats);
}

}  // namespace dew
