// SPDX-License-Identifier: Apache-2.0
#include "gaussians/significance/glance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

#include "entropy/pool.h"
#include "gaussians/median.h"
#include "gaussians/render/projection.h"
#include "gaussians/render/render.h"
#include "gaussians/render/spherical_harmonics.h"

namespace dew {
namespace {

double length(const Point& a) { return std::sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]); }

Point cross(const Point& a, const Point& b) { return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]}; }

/// What directional colour adds to each splat's constant colour in this view, red green blue.
std::vector<float> directional_colours(const Splats& splats, const Camera& camera, unsigned threads) {
  constexpr size_t kBlock = 4096;
  std::vector<float> colours(3 * splats.count());
  const Projector projector(camera);
  parallel_for((splats.count() + kBlock - 1) / kBlock, threads, [&](size_t block) {
    for (size_t i = block * kBlock; i < std::min(splats.count(), (block + 1) * kBlock); ++i) {
      if (projector.is_surely_unseen(splats, i)) continue;
      const std::array<double, 3> seen = projector.colour(splats, i);
      for (size_t k = 0; k < 3; ++k) {
        const double constant = std::max(0.0, 0.5 + kShConstant * static_cast<double>(splats.dc[3 * i + k]));
        colours[3 * i + k] = static_cast<float>(seen[k] - constant);
      }
    }
  });
  return colours;
}

Result<Glance> glance_with(const Splats& splats, const Camera& camera, double near, const std::vector<float>& colours, unsigned threads) {
  RenderOptions options;
  options.threads = threads;
  options.depth_and_alpha = true;
  options.colours = &colours;
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
  for (const float value : drawn.colour.pixels) out.colour_change += std::abs(double{value});
  const double pixels = static_cast<double>(drawn.alpha.size());
  out.coverage /= pixels;
  out.blocked /= pixels;
  out.colour_change /= 3 * pixels;
  out.median_depth = double{median(std::move(middle.empty() ? all : middle))};
  return out;
}

}  // namespace

Result<Glance> glance(const Splats& splats, const Camera& camera, double near, unsigned threads) {
  Camera black = camera;
  black.background = {};
  return glance_with(splats, black, near, std::vector<float>(3 * splats.count()), threads);
}

Result<Glance> glance_at_colours(const Splats& splats, const Camera& camera, double near, unsigned threads) {
  // Pictures are linear in colours: one of the differences is the difference of two.
  Camera black = camera;
  black.background = {};
  return glance_with(splats, black, near, directional_colours(splats, black, threads), threads);
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

Splats judged_splats(const Splats& splats, const std::vector<double>& matter, size_t most) {
  std::vector<uint32_t> order(splats.count());
  std::iota(order.begin(), order.end(), 0u);
  if (order.size() > most) {
    const auto cut = order.begin() + static_cast<std::ptrdiff_t>(most);
    std::nth_element(order.begin(), cut, order.end(),
                     [&](uint32_t a, uint32_t b) { return matter[a] != matter[b] ? matter[a] > matter[b] : a < b; });
    order.resize(most);
    std::sort(order.begin(), order.end());
  }
  return select(splats, order);
}

}  // namespace dew
