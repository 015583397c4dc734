// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/picture_geometry.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace dew {
namespace {

/// Rows farther from a beam than this many spacings of rows see nothing of it.
constexpr double kRowReach = 0.75;
/// Neighbouring columns farther apart than so many even steps have a gap between them.
constexpr double kColumnReach = 4;
/// Two inverse distances that differ by less are of one surface, whatever lies around; three on a line within kBent are too.
constexpr double kOneSurface = 0.03, kBent = 0.04;
/// Bins of a column in the table of the ring.
constexpr size_t kBinsPerColumn = 4;

/// A number that rises with the direction, from 0 at x to 4 around the turn.
double place_of(double x, double y) {
  const double size = std::abs(x) + std::abs(y);
  if (y >= 0) return x >= 0 ? y / size : 1 - x / size;
  return x < 0 ? 2 - y / size : 3 + x / size;
}

}  // namespace

bool PictureGeometry::has(const FramePicture& picture) {
  const auto fits = [&](const auto& of_rows) { return of_rows.empty() || of_rows.size() == picture.cells.rows; };
  return picture.cells.azimuths.units_per_turn > 0 && picture.cells.columns() > 0 && picture.cells.rows > 1 &&
         picture.elevation_centidegrees.size() == picture.cells.rows && fits(picture.horizontal_offset_um) &&
         fits(picture.vertical_offset_um) &&
         std::all_of(picture.elevation_centidegrees.begin(), picture.elevation_centidegrees.end(),
                     [](int16_t elevation) { return std::abs(int{elevation}) < 9000; });
}

PictureGeometry::PictureGeometry(const FramePicture& picture) {
  for (uint32_t row = 0; row < picture.cells.rows; ++row) {
    const exact::SinCos e = exact::sincos(picture.elevation_centidegrees[row] * (kTurn_rad / 36000));
    const auto metres = [&](const std::vector<int32_t>& offsets_um) { return offsets_um.empty() ? 0.0 : offsets_um[row] * 1e-6; };
    rows_.push_back({e.cos, e.sin, e.sin / e.cos, metres(picture.horizontal_offset_um), metres(picture.vertical_offset_um)});
  }
  fill_ring(picture.cells.azimuths);
  fill_surface(picture);
}

void PictureGeometry::fill_ring(const GridAzimuths& azimuths) {
  const double units = azimuths.units_per_turn;
  const auto turn = static_cast<int64_t>(azimuths.units_per_turn);
  std::vector<std::pair<double, uint32_t>> sorted;
  for (uint32_t column = 0; column < azimuths.columns(); ++column) {
    columns_.push_back(exact::sincos(static_cast<double>(azimuths.column_azimuth[column] % turn) * (kTurn_rad / units)));
    sorted.emplace_back(place_of(columns_.back().cos, columns_.back().sin), column);
  }
  std::sort(sorted.begin(), sorted.end());
  for (const auto& [place, column] : sorted) {
    ring_place_.push_back(place);
    ring_.push_back(column);
  }
  const size_t bins = kBinsPerColumn * ring_.size();
  uint32_t below = 0;
  for (size_t bin = 0; bin <= bins; ++bin) {
    const double begin = 4 * static_cast<double>(bin) / static_cast<double>(bins);
    while (below < ring_.size() && ring_place_[below] < begin) ++below;
    ring_first_.push_back(below);
  }
}

void PictureGeometry::fill_surface(const FramePicture& picture) {
  const double tick_m = picture.tick_um * 1e-6;
  for (uint32_t row = 0; row < rows_.size(); ++row) {
    const uint32_t* ranges = picture.cells.range.data() + size_t{row} * ring_.size();
    const double flat_tick_m = tick_m * rows_[row].cos;
    for (const uint32_t column : ring_) {
      const uint32_t range = ranges[column];
      inverse_.push_back(range == 0 || range == kNothingKnown ? 0 : 1 / (range * flat_tick_m));
    }
  }
}

uint32_t PictureGeometry::row_below(const Vec3& p, double flat_m) const {
  uint32_t low = 0, high = static_cast<uint32_t>(rows_.size());
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    if (rows_[middle].tan * flat_m > p.z - rows_[middle].above_m) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::optional<PictureGeometry::Between> PictureGeometry::columns_around(const Row& row, const Vec3& p, double flat_m) const {
  const double aside = row.beside_m / flat_m;
  const double x = p.x - aside * p.y, y = p.y + aside * p.x;
  const double place = place_of(x, y);
  // Not a number where p is far out of all bounds.
  if (!(place >= 0)) return std::nullopt;
  const size_t bins = ring_first_.size() - 1;
  const size_t bin = std::min(static_cast<size_t>(place * static_cast<double>(bins) / 4), bins - 1);
  const auto begin = ring_place_.begin();
  const auto after = std::upper_bound(begin + (bin == 0 ? 0 : ring_first_[bin - 1]), begin + ring_first_[std::min(bin + 2, bins)], place);
  const auto count = static_cast<uint32_t>(ring_.size()), above = static_cast<uint32_t>(after - begin);
  const Between found{above == 0 ? count - 1 : above - 1, above == count ? 0 : above, 0};
  const exact::SinCos &l = columns_[ring_[found.left]], &r = columns_[ring_[found.right]];
  const double gap = l.cos * r.sin - l.sin * r.cos;
  if (!(gap > 0) || gap > kColumnReach * kTurn_rad / count) return std::nullopt;
  const double from_left = l.cos * y - l.sin * x, to_right = x * r.sin - y * r.cos;
  if (!(from_left + to_right > 0)) return std::nullopt;
  return Between{found.left, found.right, from_left / (from_left + to_right)};
}

std::optional<size_t> PictureGeometry::cell(const Vec3& p) const {
  const double flat_m = std::sqrt(p.x * p.x + p.y * p.y);
  if (!(flat_m > 0)) return std::nullopt;
  const auto count = static_cast<uint32_t>(rows_.size());
  const uint32_t below = row_below(p, flat_m);
  const auto over = [&](uint32_t row) { return p.z - rows_[row].above_m - rows_[row].tan * flat_m; };
  uint32_t row = below;
  if (below == 0) {
    if (over(0) > kRowReach * (rows_[0].tan - rows_[1].tan) * flat_m) return std::nullopt;
  } else if (below == count) {
    row = count - 1;
    if (-over(row) > kRowReach * (rows_[row - 1].tan - rows_[row].tan) * flat_m) return std::nullopt;
  } else if (-over(below - 1) < over(below)) {
    row = below - 1;
  }
  const std::optional<Between> columns = columns_around(rows_[row], p, flat_m);
  if (!columns) return std::nullopt;
  return size_t{row} * ring_.size() + ring_[columns->place < 0.5 ? columns->left : columns->right];
}

double PictureGeometry::inverse_of_row(uint32_t row, const Vec3& p, double flat_m, LastAround& last) const {
  if (last.beside_m != rows_[row].beside_m) last = {rows_[row].beside_m, columns_around(rows_[row], p, flat_m)};
  const std::optional<Between>& columns = last.columns;
  if (!columns) return 0;
  const double *of_row = inverse_.data() + size_t{row} * ring_.size(), left = of_row[columns->left], right = of_row[columns->right];
  if (left > 0 && right > 0 && std::abs(left - right) <= kOneSurface * std::max(left, right)) return left + (right - left) * columns->place;
  if (left > 0 && right > 0) return columns->place < 0.5 ? left : right;
  return std::max(left, right);
}

/// Whether what rows top, top + 1 and top + 2 saw lies on one line, nearly.
bool PictureGeometry::is_straight(uint32_t top, const std::array<double, 3>& inverse) const {
  double height[3];
  for (uint32_t i = 0; i < 3; ++i) {
    if (inverse[i] == 0) return false;
    height[i] = rows_[top + i].tan + rows_[top + i].above_m * inverse[i];
  }
  const double place = (height[1] - height[0]) / (height[2] - height[0]);
  return std::abs(inverse[0] + (inverse[2] - inverse[0]) * place - inverse[1]) < kBent * inverse[1];
}

std::optional<PictureGeometry::Nearness> PictureGeometry::nearness(const Vec3& p) const {
  const double flat_m = std::sqrt(p.x * p.x + p.y * p.y);
  if (!(flat_m > 0)) return std::nullopt;
  const auto count = static_cast<uint32_t>(rows_.size());
  const uint32_t below = row_below(p, flat_m);
  LastAround last;
  const auto seen = [&](double inverse, bool inside) -> std::optional<Nearness> {
    if (!(inverse > 0)) return std::nullopt;
    return Nearness{flat_m * inverse, inside};
  };
  const auto over = [&](uint32_t row) { return p.z - rows_[row].above_m - rows_[row].tan * flat_m; };
  if (below == 0 || below == count) {
    const uint32_t row = below == 0 ? 0 : count - 1, beside = below == 0 ? 1 : count - 2;
    if (std::abs(over(row)) > kRowReach * std::abs(rows_[row].tan - rows_[beside].tan) * flat_m) return std::nullopt;
    return seen(inverse_of_row(row, p, flat_m, last), false);
  }
  const double under_upper = -over(below - 1), over_lower = over(below);
  const double place = under_upper / (under_upper + over_lower);
  const double upper = inverse_of_row(below - 1, p, flat_m, last), lower = inverse_of_row(below, p, flat_m, last);
  if (!(upper > 0) || !(lower > 0)) return seen(place < 0.5 ? upper : lower, false);
  const bool one_surface = std::abs(upper - lower) < kOneSurface * std::max(upper, lower) ||
                           (below >= 2 && is_straight(below - 2, {inverse_of_row(below - 2, p, flat_m, last), upper, lower})) ||
                           (below + 1 < count && is_straight(below - 1, {upper, lower, inverse_of_row(below + 1, p, flat_m, last)}));
  if (!one_surface) return seen(place < 0.5 ? upper : lower, false);
  return seen(upper + (lower - upper) * place, true);
}

}  // namespace dew
