// SPDX-License-Identifier: Apache-2.0
// dew-picture BEFORE AFTER OUT.png: a frame before and after, seen from above and coloured by height, and the error of each point in
// colour.
#include <png.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "apps/files.h"
#include "pointcloud/io/read_cloud.h"

namespace dew::app {
namespace {

constexpr int kPanelPixels = 640;
constexpr int kGapPixels = 8;
constexpr int kCaptionPixels = 40;
constexpr double kHalfWidthM = 32;  // what a panel shows to each side of the sensor

struct Colour {
  uint8_t red, green, blue;
};

/// Eight-bit RGB, rows from the top.
class Image {
 public:
  Image(int width, int height)
      : width_(width), height_(height), pixels_(static_cast<size_t>(width) * static_cast<size_t>(height), Colour{16, 18, 24}) {}
  void set(int x, int y, Colour colour) {
    if (x >= 0 && x < width_ && y >= 0 && y < height_)
      pixels_[static_cast<size_t>(y) * static_cast<size_t>(width_) + static_cast<size_t>(x)] = colour;
  }
  bool write(const std::string& path) const {
    png_image png{};
    png.version = PNG_IMAGE_VERSION;
    png.width = static_cast<png_uint_32>(width_);
    png.height = static_cast<png_uint_32>(height_);
    png.format = PNG_FORMAT_RGB;
    return png_image_write_to_file(&png, path.c_str(), 0, pixels_.data(), 0, nullptr) != 0;
  }

 private:
  int width_;
  int height_;
  std::vector<Colour> pixels_;
};

/// Colours on the way from dark blue over green to yellow; `t` from 0 to 1.
Colour shade(double t) {
  constexpr std::array<std::array<double, 3>, 5> stops = {{{48, 48, 140}, {40, 110, 170}, {40, 170, 140}, {130, 210, 80}, {250, 230, 60}}};
  const double place = std::clamp(t, 0.0, 1.0) * (stops.size() - 1);
  const size_t low = std::min(static_cast<size_t>(place), stops.size() - 2);
  const double part = place - static_cast<double>(low);
  const auto mix = [&](size_t i) { return static_cast<uint8_t>(stops[low][i] * (1 - part) + stops[low + 1][i] * part); };
  return {mix(0), mix(1), mix(2)};
}

/// Colours on the way from grey over orange to red.
Colour heat(double t) {
  const double part = std::clamp(t, 0.0, 1.0);
  return {static_cast<uint8_t>(90 + 165 * part), static_cast<uint8_t>(90 + 80 * std::sin(part * 3)),
          static_cast<uint8_t>(100 * (1 - part))};
}

/// Letters of 3 x 5 dots, a row in three bits, top row first; only those of the captions.
struct Letter {
  char name;
  std::array<uint8_t, 5> rows;
};
constexpr Letter kLetters[] = {
    {'0', {7, 5, 5, 5, 7}}, {'1', {2, 6, 2, 2, 7}}, {'2', {7, 1, 7, 4, 7}}, {'3', {7, 1, 7, 1, 7}}, {'4', {5, 5, 7, 1, 1}},
    {'5', {7, 4, 7, 1, 7}}, {'6', {7, 4, 7, 5, 7}}, {'7', {7, 1, 2, 2, 2}}, {'8', {7, 5, 7, 5, 7}}, {'9', {7, 5, 7, 1, 7}},
    {'.', {0, 0, 0, 0, 2}}, {'A', {2, 5, 7, 5, 5}}, {'B', {6, 5, 6, 5, 6}}, {'E', {7, 4, 6, 4, 7}}, {'F', {7, 4, 6, 4, 4}},
    {'M', {5, 7, 7, 5, 5}}, {'O', {2, 5, 5, 5, 2}}, {'R', {6, 5, 6, 5, 5}}, {'T', {7, 2, 2, 2, 2}},
};

void draw_text(Image& image, int x, int y, const std::string& text) {
  constexpr int scale = 4;
  for (const char c : text) {
    for (const Letter& letter : kLetters) {
      if (letter.name != c) continue;
      for (int dot = 0; dot < 15 * scale * scale; ++dot) {
        const int column = dot % (3 * scale);
        const int row = dot / (3 * scale);
        if (letter.rows[static_cast<size_t>(row / scale)] >> (2 - column / scale) & 1) image.set(x + column, y + row, {220, 220, 220});
      }
    }
    x += 4 * scale;
  }
}

/// Draws each point as a dot of 2 x 2 pixels, seen from above, x up; later points cover earlier ones.
template <class ColourOf>
void draw_panel(Image& image, int panel, const std::vector<Vec3>& points, const std::vector<size_t>& order, ColourOf colour_of) {
  const int left = panel * (kPanelPixels + kGapPixels);
  for (const size_t i : order) {
    const Vec3& p = points[i];
    if (!(std::abs(p.x) < kHalfWidthM) || !(std::abs(p.y) < kHalfWidthM)) continue;
    const int column = static_cast<int>((kHalfWidthM - p.y) / (2 * kHalfWidthM) * (kPanelPixels - 2));
    const int row = static_cast<int>((kHalfWidthM - p.x) / (2 * kHalfWidthM) * (kPanelPixels - 2));
    for (int dot = 0; dot < 4; ++dot) image.set(left + column + dot % 2, kCaptionPixels + row + dot / 2, colour_of(i));
  }
}

std::vector<size_t> sorted_by(const std::vector<double>& key) {
  std::vector<size_t> order(key.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return key[a] < key[b]; });
  return order;
}

Result<std::vector<Vec3>> read_points(const std::string& path) {
  DEW_ASSIGN(const Bytes bytes, read_file(path));
  DEW_ASSIGN(const Input input, read_cloud(bytes, {}, {}));
  const Cloud* cloud = std::get_if<Cloud>(&input.content);
  if (cloud == nullptr) return Error{Code::invalid_argument, 0, "holds ranges; the picture needs points"};
  return positions_m(*cloud);
}

int run(const std::string& before_path, const std::string& after_path, const std::string& out_path) {
  const auto before = read_points(before_path);
  if (!before.ok()) return complain(before_path, before.error()), 1;
  const auto after = read_points(after_path);
  if (!after.ok()) return complain(after_path, after.error()), 1;
  if (before->size() != after->size()) return complain(after_path, {Code::invalid_argument, 0, "has another number of points"}), 1;

  std::vector<double> height(before->size());
  std::vector<double> error(before->size());
  for (size_t i = 0; i < height.size(); ++i) {
    const Vec3& a = (*before)[i];
    const Vec3& b = (*after)[i];
    height[i] = std::isfinite(a.z) ? a.z : 0;
    const double distance = std::hypot(a.x - b.x, a.y - b.y, a.z - b.z);
    error[i] = std::isfinite(distance) ? distance : 0;
  }
  const double largest = error.empty() ? 0 : *std::max_element(error.begin(), error.end());
  const double scale = largest > 0 ? largest : 1;

  Image image(3 * kPanelPixels + 2 * kGapPixels, kPanelPixels + kCaptionPixels);
  const std::vector<size_t> by_height = sorted_by(height);
  const auto height_colour = [&](size_t i) { return shade((height[i] + 2.5) / 6); };
  draw_panel(image, 0, *before, by_height, height_colour);
  draw_panel(image, 1, *after, by_height, height_colour);
  draw_panel(image, 2, *before, sorted_by(error), [&](size_t i) { return heat(error[i] / scale); });

  char largest_text[32];
  std::snprintf(largest_text, sizeof largest_text, "%.2f MM", largest * 1e3);
  const int error_left = 2 * (kPanelPixels + kGapPixels);
  draw_text(image, 8, 10, "BEFORE");
  draw_text(image, 8 + kPanelPixels + kGapPixels, 10, "AFTER");
  draw_text(image, error_left + 8, 10, "ERROR 0");
  constexpr int bar_pixels = 256;
  for (int i = 0; i < bar_pixels * 20; ++i)
    image.set(error_left + 130 + i % bar_pixels, 10 + i / bar_pixels, heat(i % bar_pixels / double{bar_pixels}));
  draw_text(image, error_left + 140 + bar_pixels, 10, largest_text);
  if (!image.write(out_path)) return complain(out_path, {Code::io, 0, "cannot write the picture"}), 1;
  return 0;
}

}  // namespace
}  // namespace dew::app

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: dew-picture BEFORE AFTER OUT.png\n", stderr);
    return 2;
  }
  return dew::app::run(argv[1], argv[2], argv[3]);
}
