// SPDX-License-Identifier: Apache-2.0
#include "viewer/web/page.h"

#include <algorithm>
#include <cstdint>

#include "viewer/web/json_text.h"

namespace dew::viewer {
namespace {

constexpr std::string_view kPlaceForFiles = "<!-- dew: files -->";

JsonText& add_vector(JsonText& json, const Vec3& v) { return json.number(v.x).number(v.y).number(v.z); }

/// The 23 numbers of the module's camera.
void add_camera(JsonText& json, const PageStart& start) {
  const Viewpoint& eye = start.eye;
  json.key("camera").open('[');
  for (const Vec3& v : {eye.position, eye.right, eye.up, eye.forward}) add_vector(json, v);
  for (const double number : {eye.focal, eye.pixel_aspect, eye.centre_x, eye.centre_y, eye.parallel_height}) json.number(number);
  add_vector(add_vector(json, start.pivot), start.up).close(']');
}

std::string start_text(const PageStart& start, std::span<const PageFile> files) {
  JsonText json;
  json.open('{');
  add_camera(json, start);
  json.key("aspect").number(start.aspect).key("mode").text(start.mode).key("colour").text(start.colour);
  json.key("pointPx").number(start.point_px).key("frame").number(static_cast<double>(start.frame)).key("errorLimit");
  start.error_limit_m ? json.number(*start.error_limit_m) : json.null();
  json.key("files").open('[');
  for (const PageFile& file : files) json.open('{').key("name").text(file.name).key("location").text(file.location).close('}');
  return json.close(']').close('}').take();
}

/// JSON that may stand in a script element: there only a tag can end it.
std::string without_tags(std::string json) {
  for (size_t at = json.find('<'); at != std::string::npos; at = json.find('<', at)) json.replace(at, 1, "\\u003c");
  return json;
}

}  // namespace

std::string base64(ByteSpan bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t have = std::min<size_t>(3, bytes.size() - i);
    uint32_t three = 0;
    for (size_t k = 0; k < 3; ++k) three = three << 8 | (k < have ? std::to_integer<uint32_t>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) text += k <= have ? kDigits[three >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

Result<std::string> make_page(std::string_view page_template, const PageStart& start, std::span<const PageFile> files) {
  if (files.empty() || files.size() > 2) return Error{Code::invalid_argument, 0, "a page shows one file or two"};
  const size_t place = page_template.find(kPlaceForFiles);
  if (place == std::string_view::npos) return Error{Code::corrupt, 0, "the page's template has no place for files"};
  std::string page(page_template.substr(0, place));
  page += "<script type=\"application/json\" id=\"start\">" + without_tags(start_text(start, files)) + "</script>\n";
  for (size_t i = 0; i < files.size(); ++i) {
    if (!files[i].location.empty()) continue;
    page += "<script type=\"text/plain\" id=\"file-" + std::to_string(i) + "\">" + base64(files[i].bytes) + "</script>\n";
  }
  page += page_template.substr(place + kPlaceForFiles.size());
  return page;
}

}  // namespace dew::viewer
