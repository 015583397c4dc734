// SPDX-License-Identifier: Apache-2.0
#include "apps/compare_splats.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "entropy/pool.h"
#include "gaussians/render/render.h"

namespace dew::app {
namespace {

constexpr uint32_t kSsimSide_px = 11;

Result<ViewComparison> compare_view(const Splats& a, const Splats& b, const View& view, const std::string& photos_folder) {
  ViewComparison out;
  out.view = view.camera.name;
  DEW_ASSIGN(const Rendered drawn_a, render(a, view.camera, {}));
  DEW_ASSIGN(const Rendered drawn_b, render(b, view.camera, {}));
  DEW_ASSIGN(out.psnr_db, image_psnr_db(drawn_a.colour, drawn_b.colour));
  if (std::min(view.camera.width, view.camera.height) >= kSsimSide_px) {
    DEW_ASSIGN(out.ssim, image_ssim(drawn_a.colour, drawn_b.colour));
  }
  if (photos_folder.empty()) return out;
  DEW_ASSIGN(const std::optional<Image> photo, load_photo(view, photos_folder));
  if (!photo) return out;
  DEW_ASSIGN(out.psnr_photo_a_db, image_psnr_db(drawn_a.colour, *photo));
  DEW_ASSIGN(out.psnr_photo_b_db, image_psnr_db(drawn_b.colour, *photo));
  return out;
}

/// What a comparison says as a whole; nothing where no view has the figure.
struct Summary {
  std::optional<double> psnr_mean, psnr_min, ssim_mean, photos_a, photos_b;
};

template <class Figure>
std::optional<double> mean(const std::vector<ViewComparison>& views, Figure figure) {
  double sum = 0;
  size_t count = 0;
  for (const ViewComparison& view : views) {
    const std::optional<double> value = figure(view);
    if (!value) continue;
    sum += *value;
    ++count;
  }
  return count == 0 ? std::nullopt : std::optional<double>(sum / static_cast<double>(count));
}

Summary summary(const std::vector<ViewComparison>& views) {
  Summary out;
  out.psnr_mean = mean(views, [](const ViewComparison& view) { return std::optional<double>(view.psnr_db); });
  for (const ViewComparison& view : views) out.psnr_min = std::min(out.psnr_min.value_or(view.psnr_db), view.psnr_db);
  out.ssim_mean = mean(views, [](const ViewComparison& view) { return view.ssim; });
  out.photos_a = mean(views, [](const ViewComparison& view) { return view.psnr_photo_a_db; });
  out.photos_b = mean(views, [](const ViewComparison& view) { return view.psnr_photo_b_db; });
  return out;
}

void add(Json& json, const char* name, const std::optional<double>& value) {
  if (value) json[name] = *value;
}

std::string decibels(double value) { return std::isinf(value) ? "equal" : fixed(value, 2) + " dB"; }

}  // namespace

Result<SplatComparison> compare_splats(const Splats& a, const Splats& b, const std::vector<View>& views,
                                       const SplatCompareOptions& options) {
  SplatComparison out;
  out.splats_a = a.count();
  out.splats_b = b.count();
  DEW_TRY(check_shape(a));
  DEW_TRY(check_shape(b));
  out.order_kept = same_order(a, b);
  if (out.order_kept) {
    DEW_ASSIGN(out.errors, splat_errors(a, b));
  }
  out.views.resize(views.size());
  DEW_TRY(parallel_for(views.size(), options.threads, [&](size_t i) -> Status {
    DEW_ASSIGN(out.views[i], compare_view(a, b, views[i], options.photos_folder));
    return {};
  }));
  return out;
}

Json splat_comparison_json(const SplatComparison& comparison) {
  const Summary whole = summary(comparison.views);
  Json json = {{"splats_a", comparison.splats_a}, {"splats_b", comparison.splats_b}, {"order_kept", comparison.order_kept}};
  add(json, "psnr_mean", whole.psnr_mean);
  add(json, "psnr_min", whole.psnr_min);
  add(json, "ssim_mean", whole.ssim_mean);
  add(json, "psnr_photos_a", whole.photos_a);
  add(json, "psnr_photos_b", whole.photos_b);
  Json& views = json["views"] = Json::array();
  for (const ViewComparison& view : comparison.views) {
    Json row = {{"view", view.view}, {"psnr", view.psnr_db}};
    add(row, "ssim", view.ssim);
    add(row, "psnr_photo_a", view.psnr_photo_a_db);
    add(row, "psnr_photo_b", view.psnr_photo_b_db);
    views.push_back(std::move(row));
  }
  if (!comparison.errors) return json;
  const SplatErrors& errors = *comparison.errors;
  json["errors"] = {{"position_rms", errors.position_rms},
                    {"position_max", errors.position_max},
                    {"opacity_rms", errors.opacity_rms},
                    {"log_scale_rms", errors.log_scale_rms},
                    {"rotation_rms_deg", errors.rotation_rms_deg},
                    {"dc_rms", errors.dc_rms},
                    {"sh_rms", errors.sh_rms}};
  return json;
}

std::string splat_comparison_text(const SplatComparison& comparison) {
  const Summary whole = summary(comparison.views);
  std::string text = "splats       " + std::to_string(comparison.splats_a) + " and " + std::to_string(comparison.splats_b) + ", order " +
                     (comparison.order_kept ? "kept" : "not kept") + "\n";
  for (const ViewComparison& view : comparison.views) {
    text += "view         " + view.view + ": " + decibels(view.psnr_db);
    if (view.ssim) text += ", SSIM " + fixed(*view.ssim, 4);
    if (view.psnr_photo_a_db)
      text += ", against the photograph " + decibels(*view.psnr_photo_a_db) + " and " + decibels(*view.psnr_photo_b_db);
    text += "\n";
  }
  if (whole.psnr_mean) text += "PSNR         " + decibels(*whole.psnr_mean) + " in the mean, " + decibels(*whole.psnr_min) + " at worst\n";
  if (whole.ssim_mean) text += "SSIM         " + fixed(*whole.ssim_mean, 5) + "\n";
  if (whole.photos_a) text += "photographs  " + decibels(*whole.photos_a) + " and " + decibels(*whole.photos_b) + "\n";
  if (!comparison.errors) return text;
  const SplatErrors& errors = *comparison.errors;
  const auto line = [&](const char* name, double value, const char* unit) {
    char figure[64];
    std::snprintf(figure, sizeof figure, "%-12s rms %.4g%s\n", name, value, unit);
    text += figure;
  };
  line("position", errors.position_rms, "");
  line("opacity", errors.opacity_rms, "");
  line("log scale", errors.log_scale_rms, "");
  line("rotation", errors.rotation_rms_deg, " degrees");
  line("colour (dc)", errors.dc_rms, "");
  line("SH", errors.sh_rms, "");
  return text;
}

}  // namespace dew::app
