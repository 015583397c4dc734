// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>

#include "entropy/pool.h"
#include "gaussians/render/projection.h"
#include "gaussians/significance/glance.h"
#include "gaussians/significance/guess.h"
#include "gaussians/significance/guess_grid.h"

namespace dew {
namespace {

constexpr size_t kDirections = 14;
constexpr size_t kBlock = 2048;

/// Appends inputs in fixed point.
class Writer {
 public:
  explicit Writer(std::span<int16_t> to) : to_(to) {}
  void add(double value) {
    if (at_ == to_.size()) return;
    const double scaled = std::isnan(value) ? 0 : value * kGuessInputUnit;
    to_[at_++] = static_cast<int16_t>(std::lround(std::clamp(scaled, -1.0 * kGuessInputLimit, 1.0 * kGuessInputLimit)));
  }

 private:
  std::span<int16_t> to_;
  size_t at_ = 0;
};

double log2_above(double value, double least) { return std::log2(std::max(value, least)); }

/// Share of the splats of the same cell with less matter; equal ones count half.
std::vector<float> ranks_of(const std::vector<uint32_t>& cell_of_splat, const std::vector<double>& matter) {
  std::vector<uint32_t> order(matter.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return cell_of_splat[a] != cell_of_splat[b] ? cell_of_splat[a] < cell_of_splat[b] : matter[a] < matter[b];
  });
  const auto end_of = [&](size_t first, const auto& equal) {
    size_t end = first;
    while (end < order.size() && equal(order[end], order[first])) ++end;
    return end;
  };
  std::vector<float> ranks(matter.size());
  for (size_t cell = 0, next = 0; cell < order.size(); cell = next) {
    next = end_of(cell, [&](uint32_t a, uint32_t b) { return cell_of_splat[a] == cell_of_splat[b]; });
    for (size_t first = cell, end = 0; first < next; first = end) {
      end = end_of(first, [&](uint32_t a, uint32_t b) { return cell_of_splat[a] == cell_of_splat[b] && matter[a] == matter[b]; });
      const float middle = static_cast<float>(first + end) / 2 - static_cast<float>(cell);
      for (size_t i = first; i < end; ++i) ranks[order[i]] = middle / static_cast<float>(next - cell);
    }
  }
  return ranks;
}

struct Level {
  GuessGrid grid;
  std::vector<float> ranks;
};

class Inputs {
 public:
  Inputs(const Splats& splats) : splats_(splats), matter_(matter_of(splats)), directions_(even_directions(kDirections)) {
    extent_ = extent_of(splats, matter_).value_or(Extent{.radius = 1});
    const double side = std::clamp(std::sqrt(static_cast<double>(splats.count()) / 6), 8.0, 120.0);
    for (const double share : {1.0, 0.5, 0.2}) {
      GuessGrid grid(splats, matter_, extent_, std::max(static_cast<uint32_t>(side * share), 4u));
      std::vector<float> ranks = ranks_of(grid.cell_of_splat, matter_);
      levels_.push_back({std::move(grid), std::move(ranks)});
    }
    for (const Point& direction : directions_) from_middle_ += std::exp(-levels_[0].grid.optical_depth({}, direction, INFINITY));
    from_middle_ /= kDirections;
  }

  void write(size_t i, std::span<int16_t> to) const {
    Writer out(to);
    const Point place = place_of(splats_, i, extent_);
    out.add(from_middle_);
    out.add(log2_above(static_cast<double>(splats_.count()), 1) / 2 - 7);
    write_own(i, place, out);
    for (const Level& level : levels_) write_level(i, place, level, out);
    write_rays(i, place, out);
  }

 private:
  double opacity(size_t i) const { return 1 / (1 + std::exp(-double{splats_.opacity_logit[i]})); }

  void write_own(size_t i, const Point& place, Writer& out) const {
    out.add(log2_above(opacity(i), 1e-6));
    out.add(opacity(i) * 2 - 1);
    std::array<double, 3> scale;
    for (size_t k = 0; k < 3; ++k) scale[k] = double{splats_.log_scale[3 * i + k]} / std::log(2.0) - std::log2(extent_.radius);
    if (std::isnan(scale[0] + scale[1] + scale[2])) scale = {};
    std::sort(scale.begin(), scale.end());
    for (const double log2_scale : scale) out.add((log2_scale + 7) / 2);
    const std::array<double, 3> colour = colour_of(splats_, i);
    for (const double channel : colour) out.add(2 * channel - 1);
    double sh = 0;
    for (size_t k = 0; k < splats_.sh_stride(); ++k) sh += std::pow(double{splats_.sh[i * splats_.sh_stride() + k]}, 2);
    out.add(log2_above(sh, 1e-4) / 2 + 2);
    out.add(log2_above(std::hypot(place[0], place[1], place[2]), 1e-3));
  }

  void write_level(size_t i, const Point& place, const Level& level, Writer& out) const {
    const GuessCell& cell = level.grid.cells[level.grid.cell_of_splat[i]];
    const double width = level.grid.width_at(place), own = matter_[i] / (extent_.radius * extent_.radius);
    out.add(log2_above(cell.count, 1) / 2 - 2);
    out.add(log2_above(cell.matter / (width * width), 1e-4) / 2);
    out.add(log2_above(own / std::max(cell.matter, 1e-12), 1e-6) / 2 + 2);
    out.add((log2_area_of(splats_, i, extent_.radius) - cell.log2_area) / 2);
    const std::array<double, 3> colour = colour_of(splats_, i);
    double difference = 0;
    for (size_t k = 0; k < 3; ++k) difference += std::pow(colour[k] - cell.colour[k], 2);
    out.add(log2_above(difference, 1e-4) / 2 + 3);
    out.add(2 * double{level.ranks[i]} - 1);
  }

  /// Deviations' products, two by two, times the own axes: what a direction sees of the splat is the length of its product with them.
  std::array<Point, 3> faces(size_t i) const {
    const std::array<double, 9> axes = rotation_matrix(double{splats_.rotation[4 * i]}, double{splats_.rotation[4 * i + 1]},
                                                       double{splats_.rotation[4 * i + 2]}, double{splats_.rotation[4 * i + 3]});
    std::array<double, 3> deviation;
    for (size_t k = 0; k < 3; ++k) deviation[k] = std::exp(std::clamp(double{splats_.log_scale[3 * i + k]}, -40.0, 40.0)) / extent_.radius;
    std::array<Point, 3> out;
    for (size_t k = 0; k < 3; ++k) {
      const double product = deviation[(k + 1) % 3] * deviation[(k + 2) % 3];
      for (size_t row = 0; row < 3; ++row) out[k][row] = product * axes[3 * row + k];
    }
    return out;
  }

  void write_rays(size_t i, const Point& place, Writer& out) const {
    const GuessGrid& grid = levels_[0].grid;
    const std::array<Point, 3> face = faces(i);
    double seen_area = 0, seen = 0, seen_faintly = 0, least = INFINITY;
    for (const Point& direction : directions_) {
      const double depth = grid.optical_depth(place, direction, INFINITY);
      double squares = 0;
      for (const Point& one : face) squares += std::pow(one[0] * direction[0] + one[1] * direction[1] + one[2] * direction[2], 2);
      seen_area += std::sqrt(squares) * std::exp(-depth);
      seen += std::exp(-depth) / kDirections;
      seen_faintly += std::exp(-depth / 4) / kDirections;
      least = std::min(least, depth);
    }
    out.add(log2_above(seen_area, 1e-12) / 2 + 8);
    out.add(log2_above(seen, 1e-5) / 2);
    out.add(log2_above(seen_faintly, 1e-5));
    out.add(log2_above(least, 1e-3) / 2);
    const double distance = std::hypot(place[0], place[1], place[2]);
    for (const double sign : {-1.0, 1.0}) {
      Point direction{};
      for (size_t k = 0; k < 3 && distance > 0; ++k) direction[k] = sign * place[k] / distance;
      const double depth = distance > 0 ? grid.optical_depth(place, direction, sign < 0 ? distance : INFINITY) : 0;
      out.add(log2_above(depth, 1e-3) / 2);
    }
    // Before and behind the flat side.
    size_t flat = 0;
    for (size_t k = 1; k < 3; ++k) flat = splats_.log_scale[3 * i + k] < splats_.log_scale[3 * i + flat] ? k : flat;
    const double length = std::hypot(face[flat][0], face[flat][1], face[flat][2]);
    Point normal{};
    for (size_t k = 0; k < 3 && length > 0; ++k) normal[k] = face[flat][k] / length;
    const double before = length > 0 ? grid.optical_depth(place, normal, INFINITY) : 0;
    for (double& component : normal) component = -component;
    const double behind = length > 0 ? grid.optical_depth(place, normal, INFINITY) : 0;
    out.add(log2_above(std::min(before, behind), 1e-3) / 2);
    out.add(log2_above(std::max(before, behind), 1e-3) / 2);
  }

  const Splats& splats_;
  std::vector<double> matter_;
  std::vector<Point> directions_;
  Extent extent_;
  std::vector<Level> levels_;
  double from_middle_ = 0;  // share of the directions in which the middle sees out
};

}  // namespace

std::vector<int16_t> guess_inputs(const Splats& splats, unsigned threads) {
  std::vector<int16_t> out(splats.count() * kGuessInputs);
  if (out.empty()) return out;
  const Inputs inputs(splats);
  parallel_for((splats.count() + kBlock - 1) / kBlock, threads, [&](size_t block) {
    for (size_t i = block * kBlock; i < std::min(splats.count(), (block + 1) * kBlock); ++i) {
      inputs.write(i, std::span(out).subspan(i * kGuessInputs, kGuessInputs));
    }
  });
  return out;
}

}  // namespace dew
