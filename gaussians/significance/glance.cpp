// SPDX-License-Identifier: Apache-2.0
#include "gaussians/significance/glance.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "gaussians/render/render.h"

namespace dew {
namespace {

constexpr size_t kMostJudged = 200'000;  // splats; a small picture shows no more

double length(const Point& a) { return std::sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]); }

Point cross(const Point& a, const Point& b) { return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]}; }

double median(std::vector<float>& values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return double{*middle};
}

}  // namespace

Result<Glance> glance(const Splats& splats, const Camera& camera, double near, unsigned threads) {
  RenderOptions options;
  options.threads = threads;
  options.depth_and_alpha = true;
  DEW_ASSIGN(const Rendered drawn, render(splats, camera, options));
  Glance out;
  std::vector<float> all, middle;
  for (uint32_t y = 0; y < camera.height; ++y) {
    for (uint32_t x = 0; x < camera.width; ++x) {
      const size_t at = size_t{y} * camera.width + x;
      out.coverage += double{drawn.alpha[at]};
      if (drawn.alpha[at] < 0.5f) continue;
      if (double{drawn.depth[at]} < near) ++out.blocked;
      all.push_back(drawn.depth[at]);
      if (x >= camera.width / 3 && 3 * x < 2 * camera.width && y >= camera.height / 3 && 3 * y < 2 * camera.height) {
        middle.push_back(drawn.depth[at]);
      }
    }
  }
  const double pixels = static_cast<double>(drawn.alpha.size());
  out.coverage /= pixels;
  out.blocked /= pixels;
  out.median_depth = median(middle.empty() ? all : middle);
  return out;
}

Result<double> picture_difference(const Splats& a, const Splats& b, const Camera& camera, unsigned threads) {
  RenderOptions options;
  options.threads = threads;
  DEW_ASSIGN(const Rendered first, render(a, camera, options));
  DEW_ASSIGN(const Rendered second, render(b, camera, options));
  double sum = 0;
  for (size_t k = 0; k < first.colour.pixels.size(); ++k) {
    sum += std::abs(double{first.colour.pixels[k]} - double{second.colour.pixels[k]});
  }
  return sum / static_cast<double>(std::max<size_t>(1, first.colour.pixels.size()));
}

Camera resized(const Camera& camera, uint32_t width, uint32_t height) {
  Camera out = camera;
  const double scale = std::hypot(width, height) / std::hypot(camera.width, camera.height);
  out.width = width;
  out.height = height;
  out.fx *= scale;
  out.fy *= scale;
  out.cx = 0.5 * width;
  out.cy = 0.5 * height;
  return out;
}

Camera looking_at(const Camera& like, const Point& position, const Point& target, const Point& up) {
  Camera out = like;
  out.position = position;
  Point z;
  for (size_t k = 0; k < 3; ++k) z[k] = target[k] - position[k];
  const double distance = length(z);
  for (double& value : z) value /= distance;
  Point x = cross(z, up);
  if (!(length(x) > 1e-3 * length(up))) x = cross(z, std::abs(z[0]) < 0.7 ? Point{1, 0, 0} : Point{0, 1, 0});
  const double width = length(x);
  for (double& value : x) value /= width;
  const Point y = cross(z, x);
  for (size_t row = 0; row < 3; ++row) {
    out.rotation[3 * row] = x[row];
    out.rotation[3 * row + 1] = y[row];
    out.rotation[3 * row + 2] = z[row];
  }
  return out;
}

std::vector<Point> even_directions(size_t count) {
  const double golden_rad = std::numbers::pi * (3 - std::sqrt(5.0));
  std::vector<Point> out(count);
  for (size_t i = 0; i < count; ++i) {
    const double z = 1 - (2 * static_cast<double>(i) + 1) / static_cast<double>(count);
    const double ring = std::sqrt(1 - z * z);
    const double turn = golden_rad * static_cast<double>(i);
    out[i] = {ring * std::cos(turn), ring * std::sin(turn), z};
  }
  return out;
}

Splats judged_splats(const Splats& splats, const std::vector<double>& matter) {
  std::vector<uint32_t> order(splats.count());
  std::iota(order.begin(), order.end(), 0u);
  if (order.size() > kMostJudged) {
    const auto cut = order.begin() + static_cast<std::ptrdiff_t>(kMostJudged);
    std::nth_element(order.begin(), cut, order.end(),
                     [&](uint32_t a, uint32_t b) { return matter[a] != matter[b] ? matter[a] > matter[b] : a < b; });
    order.resize(kMostJudged);
    std::sort(order.begin(), order.end());
  }
  return select(splats, order);
}

}  // namespace dew
