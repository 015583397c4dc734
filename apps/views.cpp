// SPDX-License-Identifier: Apache-2.0
#include "apps/views.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "apps/files.h"
#include "apps/pictures.h"
#include "gaussians/io/cameras_lens.h"

namespace dew::app {
namespace {

namespace fs = std::filesystem;

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

Result<std::vector<View>> load_colmap(const fs::path& folder, const CameraDefaults& defaults) {
  for (const char* extension : {".bin", ".txt"}) {
    const fs::path cameras = folder / (std::string("cameras") + extension), images = folder / (std::string("images") + extension);
    if (!is_file(cameras) || !is_file(images)) continue;
    DEW_ASSIGN(const Bytes camera_bytes, read_file(cameras.string()));
    DEW_ASSIGN(const Bytes image_bytes, read_file(images.string()));
    return read_colmap(camera_bytes, image_bytes, defaults, {});
  }
  return Error{Code::io, 0, "the folder has neither cameras.bin and images.bin nor cameras.txt and images.txt"};
}

bool is_chosen(const View& view, size_t index, const std::string& word) {
  if (word == "held-out") return view.held_out;
  if (word == "training") return !view.held_out;
  return view.camera.name == word || view.photo == word || std::to_string(index) == word;
}

/// True if all of `text` is a number.
template <class T>
bool parse_number(const std::string& text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

Result<CameraDefaults> camera_defaults(const Arguments& arguments) {
  CameraDefaults defaults;
  if (arguments.has("--size")) {
    const std::vector<std::string> sides = split(arguments.text("--size"), 'x');
    if (sides.size() != 2 || !parse_number(sides[0], defaults.width) || !parse_number(sides[1], defaults.height)) {
      return Error{Code::invalid_argument, 0, "--size takes two numbers of pixels, as in 800x600"};
    }
  }
  if (arguments.has("--background")) {
    const std::vector<std::string> channels = split(arguments.text("--background"), ',');
    bool good = channels.size() == 3;
    for (size_t c = 0; good && c < 3; ++c)
      good = parse_number(channels[c], defaults.background[c]) && std::isfinite(defaults.background[c]);
    if (!good) return Error{Code::invalid_argument, 0, "--background takes three numbers, as in 1,1,1"};
  }
  return defaults;
}

Result<std::vector<View>> load_views(const std::string& path, const CameraDefaults& defaults) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return load_colmap(path, defaults);
  DEW_ASSIGN(const Bytes bytes, read_file(path));
  return read_views(bytes, defaults, {});
}

Result<std::vector<View>> choose_views(std::vector<View> views, const std::string& list) {
  const std::vector<std::string> words = split(list, ',');
  if (words.empty()) return views;
  std::vector<bool> chosen(views.size());
  for (const std::string& word : words) {
    bool found = false;
    for (size_t i = 0; i < views.size(); ++i) {
      if (!is_chosen(views[i], i, word)) continue;
      found = true;
      chosen[i] = true;
    }
    if (!found) return Error{Code::invalid_argument, 0, "no view is called '" + word + "'"};
  }
  std::vector<View> out;
  for (size_t i = 0; i < views.size(); ++i) {
    if (chosen[i]) out.push_back(std::move(views[i]));
  }
  return out;
}

Result<std::optional<Image>> load_photo(const View& view, const std::string& folder) {
  if (view.photo.empty()) return std::optional<Image>();
  const fs::path photo = view.photo;
  for (const fs::path& place : {fs::path(folder) / photo, fs::path(folder) / photo.filename()}) {
    for (const char* extension : {"", ".jpg", ".jpeg", ".png", ".ppm", ".JPG", ".JPEG", ".PNG"}) {
      const std::string path = place.string() + extension;
      if (!is_file(path)) continue;
      DEW_ASSIGN(const Bytes bytes, read_file(path));
      DEW_ASSIGN(const Image picture, decode_picture(bytes, view.camera.background));
      DEW_ASSIGN(Image straight, undistort(picture, view));
      return std::optional<Image>(std::move(straight));
    }
  }
  return std::optional<Image>();
}

}  // namespace dew::app
