// SPDX-License-Identifier: Apache-2.0
#include "data/generate/splats/texture.h"

#include <algorithm>
#include <cmath>

#include "data/generate/random.h"

namespace dew::sim {
namespace {

/// 0 to 1, the same for the same cell.
double cell_value(double i, double j, uint64_t seed) {
  return Random(hash(seed, static_cast<uint64_t>(static_cast<int64_t>(i)), static_cast<uint64_t>(static_cast<int64_t>(j)))).uniform();
}

double fraction(double x) { return x - std::floor(x); }

/// Planks of eight times their width, each row shifted, each plank of its own tone, with grain and dark joints.
Rgb planks(const Texture& t, double u, double v) {
  const double row = std::floor(v / t.period_m), length = 8 * t.period_m;
  const double shifted = u + length * cell_value(row, 0, t.seed);
  const double plank = std::floor(shifted / length);
  const double joint = std::min(fraction(v / t.period_m) * t.period_m, fraction(shifted / length) * length);
  const double grain = fractal_noise(u / (6 * t.period_m), v / (0.12 * t.period_m), t.seed + 7);
  const double tone = cell_value(row, plank, t.seed + 1) * 0.6 + 0.2 * (grain + 1);
  return (joint < 0.006 ? 0.45 : 1.0) * blend(t.first, t.second, std::clamp(tone, 0.0, 1.0));
}

Rgb bricks(const Texture& t, double u, double v) {
  const double height = t.period_m, width = 2.6 * t.period_m, mortar = 0.1 * t.period_m;
  const double row = std::floor(v / height);
  const double shifted = u + (std::fmod(std::abs(row), 2) < 1 ? 0 : width / 2);
  if (fraction(v / height) * height < mortar || fraction(shifted / width) * width < mortar) return t.second;
  const double tone = 0.75 + 0.35 * cell_value(row, std::floor(shifted / width), t.seed);
  return (tone + 0.08 * fractal_noise(u / 0.02, v / 0.02, t.seed)) * t.first;
}

/// Rows of windows, some lit, in a plastered wall.
Rgb windows(const Texture& t, double u, double v) {
  const double a = fraction(u / t.period_m), b = fraction(v / (1.3 * t.period_m));
  const bool pane = a > 0.25 && a < 0.75 && b > 0.3 && b < 0.8;
  const bool frame = pane && (a < 0.29 || a > 0.71 || b < 0.33 || b > 0.77 || std::abs(a - 0.5) < 0.015);
  if (frame) return {0.9, 0.9, 0.88};
  if (pane) return blend({0.1, 0.13, 0.18}, {0.6, 0.62, 0.55}, cell_value(std::floor(u / t.period_m), std::floor(v / t.period_m), t.seed));
  return (1 + 0.08 * fractal_noise(u / 0.7, v / 0.7, t.seed)) * t.first;
}

/// Lines of dark blocks as of print, with headings, and pictures between them.
Rgb print(const Texture& t, double u, double v) {
  const double line = std::floor(v / t.period_m);
  const double kind = cell_value(std::floor(line / 6), 3, t.seed);
  if (kind < 0.3) return blend(t.first, {0.8 * kind + 0.3, 0.5, 0.9 - kind}, 0.5 + 0.5 * fractal_noise(u / 0.05, v / 0.05, t.seed));
  if (fraction(v / t.period_m) > 0.6) return t.first;
  return cell_value(std::floor(u / (0.4 * t.period_m)), line, t.seed + 1) < 0.7 ? t.second : t.first;
}

}  // namespace

double contrast(const Rgb& a, const Rgb& b) { return std::max({std::abs(a.x - b.x), std::abs(a.y - b.y), std::abs(a.z - b.z)}); }

Rgb Texture::at(double u, double v) const {
  const double x = u / period_m, y = v / period_m;
  switch (pattern) {
    case Pattern::plain: return first;
    case Pattern::plaster: return (1 + 0.05 * fractal_noise(x, y, seed) + 0.03 * value_noise(12 * x, 12 * y, seed + 3)) * first;
    case Pattern::planks: return planks(*this, u, v);
    case Pattern::checks: return (std::floor(x) + std::floor(y)) / 2 == std::floor((std::floor(x) + std::floor(y)) / 2) ? first : second;
    case Pattern::stripes: return fraction(x + 0.1 * value_noise(y, 0, seed)) < 0.5 ? first : second;
    case Pattern::bricks: return bricks(*this, u, v);
    case Pattern::windows: return windows(*this, u, v);
    case Pattern::print: return print(*this, u, v);
    case Pattern::leaf: return blend(first, second, std::clamp(0.5 + 0.7 * fractal_noise(x, y, seed), 0.0, 1.0));
    case Pattern::ground: {
      const double coarse = fractal_noise(x, y, seed), fine = value_noise(15 * x, 15 * y, seed + 5);
      return blend(first, second, std::clamp(0.5 + 0.5 * coarse + 0.35 * fine, 0.0, 1.0));
    }
    case Pattern::sky: return blend(first, second, std::clamp(0.4 + 0.9 * fractal_noise(x, y, seed), 0.0, 1.0));
  }
  return first;
}

}  // namespace dew::sim
