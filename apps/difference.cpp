// SPDX-License-Identifier: Apache-2.0
#include "apps/difference.h"

#include <algorithm>
#include <cmath>

namespace dew::app {
namespace {

Json optional_json(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

bool carries_geometry(const std::string& field) { return field == "x" || field == "y" || field == "z" || field == "range"; }

/// All planes of all frames as one: the largest error, and each field equal where it is equal everywhere.
Result<Difference> capture_difference(const Capture& a, const Capture& b) {
  if (a.frames.size() != b.frames.size()) return Error{Code::invalid_argument, 0, "the captures have different numbers of frames"};
  Difference total{0, 0, true, 0.0, 0.0, {}, std::nullopt};
  double squares = 0;
  for (size_t i = 0; i < a.frames.size(); ++i) {
    if (a.frames[i].planes.size() != b.frames[i].planes.size())
      return Error{Code::invalid_argument, 0, "the captures have different returns"};
    for (size_t k = 0; k < a.frames[i].planes.size(); ++k) {
      if (a.frames[i].planes[k].range.empty() && b.frames[i].planes[k].range.empty()) continue;
      const ScanComparison c = compare_scans(a.frames[i].planes[k], b.frames[i].planes[k]);
      total.points_a += c.points_a;
      total.points_b += c.points_b;
      total.order_kept &= c.order_kept;
      total.max_error_m = std::max(*total.max_error_m, c.max_error_m.value_or(INFINITY));
      squares += c.rms_error_m.value_or(INFINITY) * c.rms_error_m.value_or(INFINITY) * static_cast<double>(c.points_a);
      for (const FieldDifference& field : c.fields) {
        const auto same_name = [&](const FieldDifference& other) { return other.name == field.name; };
        auto known = std::find_if(total.fields.begin(), total.fields.end(), same_name);
        if (known == total.fields.end()) {
          total.fields.push_back(field);
          continue;
        }
        known->equal &= field.equal;
        if (known->max_abs && field.max_abs) known->max_abs = std::max(*known->max_abs, *field.max_abs);
      }
    }
  }
  if (total.points_a > 0) total.rms_error_m = std::sqrt(squares / static_cast<double>(total.points_a));
  return total;
}

}  // namespace

bool Difference::all_fields_equal() const {
  return std::all_of(fields.begin(), fields.end(), [](const FieldDifference& field) { return field.equal; });
}

bool Difference::other_fields_equal() const {
  return std::all_of(fields.begin(), fields.end(),
                     [](const FieldDifference& field) { return field.equal || carries_geometry(field.name); });
}

Result<Difference> difference(const Content& a, const Content& b, const CompareOptions& options) {
  if (a.index() != b.index())
    return Error{Code::invalid_argument, 0, "one file holds points and the other ranges; they cannot be compared"};
  if (const Capture* capture = std::get_if<Capture>(&a)) return capture_difference(*capture, std::get<Capture>(b));
  if (const Scan* scan = std::get_if<Scan>(&a)) {
    ScanComparison c = compare_scans(*scan, std::get<Scan>(b));
    return Difference{c.points_a, c.points_b, c.order_kept, c.max_error_m, c.rms_error_m, std::move(c.fields), std::nullopt};
  }
  CloudComparison c = compare_clouds(std::get<Cloud>(a), std::get<Cloud>(b), options);
  return Difference{c.points_a, c.points_b, c.order_kept, c.max_error_m, c.rms_error_m, std::move(c.fields), c.surface};
}

Json difference_json(const Difference& d) {
  Json fields = Json::object();
  for (const FieldDifference& field : d.fields) fields[field.name] = {{"equal", field.equal}, {"max_abs", optional_json(field.max_abs)}};
  Json json = {{"points_a", d.points_a},
               {"points_b", d.points_b},
               {"order_kept", d.order_kept},
               {"max_error_m", optional_json(d.max_error_m)},
               {"rms_error_m", optional_json(d.rms_error_m)},
               {"fields", fields}};
  if (d.surface) {
    json["d1"] = {{"mse_m2", d.surface->point_to_point.mse_m2}, {"psnr_db", d.surface->point_to_point.psnr_db}};
    json["d2"] = {{"mse_m2", d.surface->point_to_plane.mse_m2}, {"psnr_db", d.surface->point_to_plane.psnr_db}};
    json["peak_m"] = d.surface->peak_m;
    json["chamfer_m"] = d.surface->chamfer_m;
    json["hausdorff_m"] = d.surface->hausdorff_m;
  }
  return json;
}

}  // namespace dew::app
