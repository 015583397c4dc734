// SPDX-License-Identifier: Apache-2.0
#include "viewer/camera/saved_views.h"

#include <cmath>

#include "entropy/documents/json_value.h"

namespace dew::viewer {
namespace {

constexpr size_t kLongestText = size_t{1} << 20;

Json numbers(const Vec3& v) { return Json::array({v.x, v.y, v.z}); }

Result<Vec3> vector_of(const Json& view, const char* part) {
  DEW_ASSIGN(const std::vector<double> values, json_numbers(view, part));
  if (values.size() != 3) return Error{Code::corrupt, 0, std::string(part) + " of a view is not three numbers"};
  return Vec3{values[0], values[1], values[2]};
}

/// A finite number, or `fallback` where the view says nothing.
Result<double> number_or(const Json& view, const char* part, double fallback) {
  const Json& value = json_member(view, part);
  if (value.is_null()) return fallback;
  if (!value.is_number()) return Error{Code::corrupt, 0, std::string(part) + " of a view is no number"};
  const double number = value.get<double>();
  if (!std::isfinite(number)) return Error{Code::corrupt, 0, std::string(part) + " of a view is not finite"};
  return number;
}

Result<SavedView> view_of(const Json& view) {
  DEW_ASSIGN(const Vec3 position, vector_of(view, "position"));
  DEW_ASSIGN(const Vec3 forward, vector_of(view, "forward"));
  DEW_ASSIGN(const Vec3 up, vector_of(view, "up"));
  if (!(length(cross(forward, up)) > 1e-9 * length(forward) * length(up))) {
    return Error{Code::corrupt, 0, "forward and up of a view make no axes"};
  }
  SavedView saved{json_text(view, "name"), look_at({}, forward, up)};
  saved.eye.position = position;
  DEW_ASSIGN(saved.eye.focal, number_or(view, "focal", saved.eye.focal));
  DEW_ASSIGN(saved.eye.pixel_aspect, number_or(view, "pixel_aspect", 1));
  DEW_ASSIGN(saved.eye.centre_x, number_or(view, "centre_x", 0));
  DEW_ASSIGN(saved.eye.centre_y, number_or(view, "centre_y", 0));
  DEW_ASSIGN(saved.eye.parallel_height, number_or(view, "parallel_height", 0));
  if (!(saved.eye.focal > 0) || !(saved.eye.pixel_aspect > 0) || saved.eye.parallel_height < 0) {
    return Error{Code::corrupt, 0, "focal and pixel_aspect of a view are not above 0, or parallel_height is below"};
  }
  return saved;
}

}  // namespace

std::string saved_views_text(std::span<const SavedView> views) {
  Json list = Json::array();
  for (const auto& [name, eye] : views) {
    list.push_back({{"name", name},
                    {"position", numbers(eye.position)},
                    {"forward", numbers(eye.forward)},
                    {"up", numbers(eye.up)},
                    {"focal", eye.focal},
                    {"pixel_aspect", eye.pixel_aspect},
                    {"centre_x", eye.centre_x},
                    {"centre_y", eye.centre_y},
                    {"parallel_height", eye.parallel_height}});
  }
  return Json{{"dew_views", list}}.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<std::vector<SavedView>> read_saved_views(std::string_view text) {
  if (text.size() > kLongestText) return Error{Code::limit_exceeded, 0, "a text of views above 1 MiB"};
  Budget budget{DecodeLimits{}};
  DEW_ASSIGN(const Json document, parse_json(std::as_bytes(std::span(text)), budget, 0));
  const Json& list = json_member(document, "dew_views");
  if (!list.is_array() || list.empty()) return Error{Code::corrupt, 0, "no list dew_views with a view in it"};
  std::vector<SavedView> views;
  for (const Json& entry : list) {
    DEW_ASSIGN(SavedView view, view_of(entry));
    views.push_back(std::move(view));
  }
  return views;
}

}  // namespace dew::viewer
