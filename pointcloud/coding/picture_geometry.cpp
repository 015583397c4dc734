// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/picture_geometry.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "pointcloud/coding/picture_geometry_x86.h"

namespace dew {
namespace {

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

PictureGeometry::PictureGeometry(const FramePicture& picture, Of of) {
  for (uint32_t row = 0; row < picture.cells.rows; ++row) {
    const exact::SinCos e = exact::sincos(picture.elevation_centidegrees[row] * (kTurn_rad / 36000));
    const auto metres = [&](const std::vector<int32_t>& offsets_um) { return offsets_um.empty() ? 0.0 : offsets_um[row] * 1e-6; };
    beams_.push_back(e);
    tables_.row_tan.push_back(e.sin / e.cos);
    tables_.row_beside_m.push_back(metres(picture.horizontal_offset_um));
    tables_.row_above_m.push_back(metres(picture.vertical_offset_um));
  }
  fill_columns(picture.cells.azimuths);
  if (of == Of::beams) return;
  fill_ring();
  fill_surface(picture);
}

void PictureGeometry::fill_columns(const GridAzimuths& azimuths) {
  const double units = azimuths.units_per_turn;
  const auto turn = static_cast<int64_t>(azimuths.units_per_turn);
  for (const int32_t azimuth : azimuths.column_azimuth)
    columns_.push_back(exact::sincos(static_cast<double>(azimuth % turn) * (kTurn_rad / units)));
}

void PictureGeometry::fill_ring() {
  std::vector<std::pair<double, uint32_t>> sorted;
  for (uint32_t column = 0; column < columns_.size(); ++column)
    sorted.emplace_back(place_of(columns_[column].cos, columns_[column].sin), column);
  std::sort(sorted.begin(), sorted.end());
  const size_t count = sorted.size(), bins = kBinsPerColumn * count;
  sorted.push_back(sorted.front());
  GeometryTables& t = tables_;
  for (const auto& [place, column] : sorted) {
    t.ring_place.push_back(place);
    t.ring_cos.push_back(columns_[column].cos);
    t.ring_sin.push_back(columns_[column].sin);
    t.ring_column.push_back(column);
  }
  for (size_t i = 0; i < count; ++i) {
    const double gap = t.ring_cos[i] * t.ring_sin[i + 1] - t.ring_sin[i] * t.ring_cos[i + 1];
    t.ring_joins.push_back(gap > 0 && gap <= GeometryTables::kColumnReach * kTurn_rad / static_cast<double>(count) ? 1 : 0);
  }
  uint32_t below = 0;
  for (size_t bin = 0; bin <= bins; ++bin) {
    const double begin = 4 * static_cast<double>(bin) / static_cast<double>(bins);
    while (below < count && t.ring_place[below] < begin) ++below;
    t.ring_first.push_back(below);
  }
}

void PictureGeometry::fill_surface(const FramePicture& picture) {
  const double tick_m = picture.tick_um * 1e-6;
  const size_t columns = tables_.columns();
  tables_.inverse.resize(beams_.size() * columns);
  for (size_t row = 0; row < beams_.size(); ++row) {
    const uint32_t* ranges = picture.cells.range.data() + row * columns;
    double* inverse = tables_.inverse.data() + row * columns;
    const double flat_tick_m = tick_m * beams_[row].cos;
    for (size_t i = 0; i < columns; ++i) {
      const uint32_t range = ranges[tables_.ring_column[i]];
      inverse[i] = range == 0 || range == kNothingKnown ? 0 : 1 / (range * flat_tick_m);
    }
  }
}

uint32_t PictureGeometry::row_below(const Vec3& p, double flat_m) const {
  uint32_t low = 0, high = tables_.rows();
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    if (tables_.row_tan[middle] * flat_m > p.z - tables_.row_above_m[middle]) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::optional<PictureGeometry::Between> PictureGeometry::columns_around(uint32_t row, const Vec3& p, double flat_m) const {
  const GeometryTables& t = tables_;
  const double aside = t.row_beside_m[row] / flat_m;
  const double x = p.x - aside * p.y, y = p.y + aside * p.x;
  const double place = place_of(x, y);
  // Not a number where p is far out of all bounds.
  if (!(place >= 0)) return std::nullopt;
  const size_t bins = t.ring_first.size() - 1;
  const size_t bin = std::min(static_cast<size_t>(place * static_cast<double>(bins) / 4), bins - 1);
  const auto begin = t.ring_place.begin();
  const auto after = std::upper_bound(begin + (bin == 0 ? 0 : t.ring_first[bin - 1]), begin + t.ring_first[std::min(bin + 2, bins)], place);
  const uint32_t count = t.columns(), above = static_cast<uint32_t>(after - begin), left = above == 0 ? count - 1 : above - 1;
  if (t.ring_joins[left] == 0) return std::nullopt;
  const double from_left = t.ring_cos[left] * y - t.ring_sin[left] * x, to_right = x * t.ring_sin[left + 1] - y * t.ring_cos[left + 1];
  if (!(from_left + to_right > 0)) return std::nullopt;
  return Between{left, above == count ? 0 : above, from_left / (from_left + to_right)};
}

std::optional<size_t> PictureGeometry::cell(const Vec3& p) const {
  const double flat_m = std::sqrt(p.x * p.x + p.y * p.y);
  if (!(flat_m > 0)) return std::nullopt;
  const uint32_t count = tables_.rows(), below = row_below(p, flat_m);
  const auto reach = [&](uint32_t upper) {
    return GeometryTables::kRowReach * (tables_.row_tan[upper] - tables_.row_tan[upper + 1]) * flat_m;
  };
  uint32_t row = below;
  if (below == 0) {
    if (over(0, p, flat_m) > reach(0)) return std::nullopt;
  } else if (below == count) {
    row = count - 1;
    if (-over(row, p, flat_m) > reach(row - 1)) return std::nullopt;
  } else if (-over(below - 1, p, flat_m) < over(below, p, flat_m)) {
    row = below - 1;
  }
  const std::optional<Between> columns = columns_around(row, p, flat_m);
  if (!columns) return std::nullopt;
  return size_t{row} * tables_.columns() + tables_.ring_column[columns->place < 0.5 ? columns->left : columns->right];
}

double PictureGeometry::inverse_of_row(uint32_t row, const Vec3& p, double flat_m, LastAround& last) const {
  const double beside_m = tables_.row_beside_m[row];
  if (last.beside_m != beside_m) last = {beside_m, columns_around(row, p, flat_m)};
  const std::optional<Between>& columns = last.columns;
  if (!columns) return 0;
  const double *of_row = tables_.inverse.data() + size_t{row} * tables_.columns(), left = of_row[columns->left],
               right = of_row[columns->right];
  if (left > 0 && right > 0 && std::abs(left - right) <= GeometryTables::kOneSurface * std::max(left, right))
    return left + (right - left) * columns->place;
  if (left > 0 && right > 0) return columns->place < 0.5 ? left : right;
  return std::max(left, right);
}

/// Whether what rows top, top + 1 and top + 2 saw lies on one line, nearly.
bool PictureGeometry::is_straight(uint32_t top, const std::array<double, 3>& inverse) const {
  double height[3];
  for (uint32_t i = 0; i < 3; ++i) {
    if (inverse[i] == 0) return false;
    height[i] = tables_.row_tan[top + i] + tables_.row_above_m[top + i] * inverse[i];
  }
  const double place = (height[1] - height[0]) / (height[2] - height[0]);
  return std::abs(inverse[0] + (inverse[2] - inverse[0]) * place - inverse[1]) < GeometryTables::kBent * inverse[1];
}

std::optional<PictureGeometry::Nearness> PictureGeometry::nearness(const Vec3& p) const {
  const double flat_m = std::sqrt(p.x * p.x + p.y * p.y);
  if (!(flat_m > 0)) return std::nullopt;
  const uint32_t count = tables_.rows(), below = row_below(p, flat_m);
  LastAround last;
  const auto seen = [&](double inverse, bool inside) -> std::optional<Nearness> {
    if (!(inverse > 0)) return std::nullopt;
    return Nearness{flat_m * inverse, inside};
  };
  if (below == 0 || below == count) {
    const uint32_t row = below == 0 ? 0 : count - 1, beside = below == 0 ? 1 : count - 2;
    const double spacing = std::abs(tables_.row_tan[row] - tables_.row_tan[beside]);
    if (std::abs(over(row, p, flat_m)) > GeometryTables::kRowReach * spacing * flat_m) return std::nullopt;
    return seen(inverse_of_row(row, p, flat_m, last), false);
  }
  const double under_upper = -over(below - 1, p, flat_m), over_lower = over(below, p, flat_m);
  const double place = under_upper / (under_upper + over_lower);
  const double upper = inverse_of_row(below - 1, p, flat_m, last), lower = inverse_of_row(below, p, flat_m, last);
  if (!(upper > 0) || !(lower > 0)) return seen(place < 0.5 ? upper : lower, false);
  const bool one_surface = std::abs(upper - lower) < GeometryTables::kOneSurface * std::max(upper, lower) ||
                           (below >= 2 && is_straight(below - 2, {inverse_of_row(below - 2, p, flat_m, last), upper, lower})) ||
                           (below + 1 < count && is_straight(below - 1, {upper, lower, inverse_of_row(below + 1, p, flat_m, last)}));
  if (!one_surface) return seen(place < 0.5 ? upper : lower, false);
  return seen(upper + (lower - upper) * place, true);
}

CellsOfMany PictureGeometry::cells(const ManyPoints& points) const {
  CellsOfMany found;
  if (picture_geometry_x86::available() && picture_geometry_x86::cells(tables_, points, found)) return found;
  for (size_t i = 0; i < ManyPoints::kCount; ++i) {
    if ((points.asked >> i & 1) == 0) continue;
    const std::optional<size_t> one = cell(points[i]);
    found.known |= (one ? 1u : 0u) << i;
    found.cell[i] = static_cast<uint32_t>(one.value_or(0));
  }
  return found;
}

NearnessOfMany PictureGeometry::nearness(const ManyPoints& points) const {
  NearnessOfMany found;
  if (picture_geometry_x86::available() && picture_geometry_x86::nearness(tables_, points, found)) return found;
  for (size_t i = 0; i < ManyPoints::kCount; ++i) {
    if ((points.asked >> i & 1) == 0) continue;
    const std::optional<Nearness> one = nearness(points[i]);
    if (!one) continue;
    found.known |= 1u << i;
    found.inside |= (one->inside ? 1u : 0u) << i;
    found.share[i] = one->share;
  }
  return found;
}

}  // namespace dew
