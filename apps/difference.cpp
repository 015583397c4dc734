// SPDX-License-Identifier: Apache-2.0
#include "apps/difference.h"

#include <algorithm>
#include <cmath>

namespace dew::app {
namespace {

Json optional_json(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

bool carries_geometry(const std::string& field) { return field == "x" || field == "y" || field == "z" || field == "range"; }

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
