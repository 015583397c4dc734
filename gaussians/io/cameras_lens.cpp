// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/cameras_lens.h"

#include <algorithm>
#include <cmath>

namespace dew {
namespace {

constexpr double kMostZoom = 8;
constexpr int kBorderSamples = 64;  // a side; lenses are smooth

std::array<double, 2> opencv_lens(const Lens& lens, double x, double y) {
  const double r2 = x * x + y * y;
  const auto [k0, k1, k2, k3] = lens.radial;
  const auto [p0, p1] = lens.tangential;
  const double stretch = 1 + r2 * (k0 + r2 * (k1 + r2 * k2));
  return {x * stretch + 2 * p0 * x * y + p1 * (r2 + 2 * x * x), y * stretch + p0 * (r2 + 2 * y * y) + 2 * p1 * x * y};
}

std::array<double, 2> fisheye_lens(const Lens& lens, double x, double y) {
  const double r = std::sqrt(x * x + y * y);
  if (r < 1e-12) return {x, y};
  const double t = std::atan(r);
  const double t2 = t * t;
  const auto [k0, k1, k2, k3] = lens.radial;
  const double stretch = t * (1 + t2 * (k0 + t2 * (k1 + t2 * (k2 + t2 * k3)))) / r;
  return {x * stretch, y * stretch};
}

/// Whether the pixel centres of the border of the picture lie among those of the photograph, for focal lengths `zoom` times those of the
/// lens.
bool border_is_inside(const Lens& lens, const Camera& camera, double zoom) {
  constexpr double kRounding = 1e-6;  // pixels
  const auto inside = [&](double px, double py) {
    const auto [x, y] = through_lens(lens, (px - lens.cx) / (zoom * lens.fx), (py - lens.cy) / (zoom * lens.fy));
    return x >= 0.5 - kRounding && x <= camera.width - 0.5 + kRounding && y >= 0.5 - kRounding && y <= camera.height - 0.5 + kRounding;
  };
  const double right = camera.width - 0.5, bottom = camera.height - 0.5;
  for (int i = 0; i <= kBorderSamples; ++i) {
    const double part = i / double{kBorderSamples};
    const double x = 0.5 + part * (right - 0.5), y = 0.5 + part * (bottom - 0.5);
    if (!inside(x, 0.5) || !inside(x, bottom) || !inside(0.5, y) || !inside(right, y)) return false;
  }
  return true;
}

/// Bilinear, with the border going on beyond itself.
void sample(const Image& image, double x, double y, float* out) {
  const double left = std::clamp(x - 0.5, 0.0, image.width - 1.0), top = std::clamp(y - 0.5, 0.0, image.height - 1.0);
  const size_t x0 = static_cast<size_t>(left), y0 = static_cast<size_t>(top);
  const size_t x1 = std::min<size_t>(x0 + 1, image.width - 1), y1 = std::min<size_t>(y0 + 1, image.height - 1);
  const float fx = static_cast<float>(left - static_cast<double>(x0)), fy = static_cast<float>(top - static_cast<double>(y0));
  const auto pixel = [&](size_t column, size_t row) { return &image.pixels[3 * (row * image.width + column)]; };
  for (size_t c = 0; c < 3; ++c) {
    const float upper = pixel(x0, y0)[c] * (1 - fx) + pixel(x1, y0)[c] * fx;
    const float lower = pixel(x0, y1)[c] * (1 - fx) + pixel(x1, y1)[c] * fx;
    out[c] = upper * (1 - fy) + lower * fy;
  }
}

}  // namespace

std::array<double, 2> through_lens(const Lens& lens, double x_by_z, double y_by_z) {
  const auto [x, y] = lens.model == LensModel::fisheye ? fisheye_lens(lens, x_by_z, y_by_z) : opencv_lens(lens, x_by_z, y_by_z);
  return {lens.fx * x + lens.cx, lens.fy * y + lens.cy};
}

Status set_lens(View& view, const Lens& lens) {
  Camera& camera = view.camera;
  camera.fx = lens.fx;
  camera.fy = lens.fy;
  camera.cx = lens.cx;
  camera.cy = lens.cy;
  view.lens.reset();
  const bool straight =
      lens.model == LensModel::opencv && lens.radial == decltype(lens.radial){} && lens.tangential == decltype(lens.tangential){};
  if (straight) return {};
  double zoom = 1;
  if (!border_is_inside(lens, camera, zoom)) {
    double low = 1;
    for (zoom = 1.01; zoom < kMostZoom && !border_is_inside(lens, camera, zoom); zoom *= 1.1) low = zoom;
    if (!border_is_inside(lens, camera, zoom)) {
      return Error{Code::unsupported_feature, 0, "the lens of camera '" + camera.name + "' bends too much for a pinhole"};
    }
    for (int step = 0; step < 20; ++step) {
      const double middle = (low + zoom) / 2;
      (border_is_inside(lens, camera, middle) ? zoom : low) = middle;
    }
  }
  camera.fx *= zoom;
  camera.fy *= zoom;
  view.lens = lens;
  return {};
}

Result<Image> undistort(const Image& photo, const View& view) {
  const Camera& camera = view.camera;
  if (photo.width != camera.width || photo.height != camera.height || photo.pixels.size() != 3 * size_t{photo.width} * photo.height) {
    return Error{Code::invalid_argument, 0,
                 "the photograph has " + std::to_string(photo.width) + " x " + std::to_string(photo.height) + " pixels, its camera " +
                     std::to_string(camera.width) + " x " + std::to_string(camera.height)};
  }
  if (!view.lens) return photo;
  Image straight{photo.width, photo.height, std::vector<float>(photo.pixels.size())};
  for (uint32_t row = 0; row < photo.height; ++row) {
    for (uint32_t column = 0; column < photo.width; ++column) {
      const auto [x, y] = through_lens(*view.lens, (column + 0.5 - camera.cx) / camera.fx, (row + 0.5 - camera.cy) / camera.fy);
      sample(photo, x, y, &straight.pixels[3 * (size_t{row} * photo.width + column)]);
    }
  }
  return straight;
}

}  // namespace dew
