// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "entropy/exact_math.h"
#include "pointcloud/sensor/organised_fit.h"

namespace dew {
namespace {

constexpr uint32_t kFewestRows = 4, kMostRows = 1024, kFewestColumns = 64;

/// Sums of a weighted straight line y = a + b t.
struct LineSums {
  double w = 0, t = 0, tt = 0, y = 0, ty = 0, z = 0, tz = 0;
  void add(double weight, double at, double side, double up) {
    w += weight;
    t += weight * at;
    tt += weight * at * at;
    y += weight * side;
    ty += weight * at * side;
    z += weight * up;
    tz += weight * at * up;
  }
};

/// How far the points of a row are from one laser's line, as angles: the median over some points; infinite of too few.
double unevenness_of_row(const ShotGrid& grid, uint32_t row) {
  constexpr uint32_t kLooks = 64;
  constexpr double kMostVertical_m = 0.3;
  struct Look {
    double along, up;
  };
  std::vector<Look> looks;
  LineSums sums;
  const uint32_t stride = std::max(1u, grid.columns / (4 * kLooks));
  for (uint32_t column = 0; column < grid.columns && looks.size() < kLooks; column += stride) {
    if (!grid.valid(row, column)) continue;
    const Vec3 p = grid.at(row, column);
    looks.push_back({std::sqrt(p.x * p.x + p.y * p.y) + 1e-3, p.z});
    sums.add(1 / (looks.back().along * looks.back().along + 0.25), looks.back().along, 0, p.z);
  }
  if (looks.size() < kFewestPoints) return 1e9;
  const double determinant = sums.w * sums.tt - sums.t * sums.t;
  double rise = determinant > 1e-6 * sums.w * sums.tt ? (sums.w * sums.tz - sums.t * sums.z) / determinant : 1e9;
  double begin = (sums.z - rise * sums.t) / sums.w;
  // A floor is a line, too, but begins far below the sensor: then the beam is one through the origin.
  if (!(std::abs(begin) < kMostVertical_m)) {
    begin = 0;
    rise = sums.tz / sums.tt;
  }
  std::vector<double> off;
  for (const Look& look : looks) off.push_back(std::abs(look.up - begin - rise * look.along) / look.along);
  return median(off);
}

/// The median over rows; infinite where too few have points.
double unevenness(const ShotGrid& grid) {
  std::vector<double> of_rows;
  for (uint32_t row = 0; row < grid.rows; ++row) {
    const double uneven = unevenness_of_row(grid, row);
    if (uneven < 1e9) of_rows.push_back(uneven);
  }
  if (of_rows.size() < kFewestRows || of_rows.size() * 4 < grid.rows) return 1e9;
  return median(of_rows);
}

/// Median over neighbouring returns of a row, at most some columns apart, of the azimuth step; 0 where there are too few.
double median_step(const ShotGrid& grid, const std::vector<double>& azimuth) {
  constexpr uint32_t kMostApart = 8;
  std::vector<double> steps;
  for (uint32_t row = 0; row < grid.rows; ++row) {
    const double* a = azimuth.data() + size_t{row} * grid.columns;
    uint32_t last = grid.columns;
    for (uint32_t column = 0; column < grid.columns; ++column) {
      if (a[column] > 100) continue;
      if (last < column && column - last <= kMostApart) steps.push_back(wrapped_angle(a[column] - a[last]) / (column - last));
      last = column;
    }
  }
  return steps.size() < 64 ? 0 : median(steps);
}

struct Turned {
  double along, side, up;
};
Turned turned(const Vec3& p, double cosine, double sine) { return {p.x * cosine + p.y * sine, p.y * cosine - p.x * sine, p.z}; }

/// Cosines and sines of the columns, made once a pass.
struct Columns {
  std::vector<double> cosine, sine;
  explicit Columns(const std::vector<double>& azimuth_rad) {
    for (const double a : azimuth_rad) {
      cosine.push_back(std::cos(a));
      sine.push_back(std::sin(a));
    }
  }
};

/// One laser's line from all its points that are near its present one. `reach`: of a point's distance; 0: take all.
void fit_laser(const ShotGrid& grid, const Columns& columns, uint32_t row, double reach, LaserLine& line) {
  const double c0 = std::cos(line.azimuth_rad), s0 = std::sin(line.azimuth_rad), slope = std::tan(line.elevation_rad);
  LineSums sums;
  uint32_t count = 0;
  for (uint32_t column = 0; column < grid.columns; ++column) {
    if (!grid.valid(row, column)) continue;
    const Turned q = turned(grid.at(row, column), columns.cosine[column] * c0 - columns.sine[column] * s0,
                            columns.sine[column] * c0 + columns.cosine[column] * s0);
    if (q.along < 0.05) continue;
    const double most = reach * (q.along + 1) + grid.rounding_m;
    if (reach > 0 && (std::abs(q.side - line.side_m) > most || std::abs(q.up - line.vertical_m - slope * q.along) > most)) continue;
    // Roundings of floats grow with the distance.
    sums.add(1 / (q.along * q.along + 0.25), q.along, q.side, q.up);
    ++count;
  }
  line.points = count;
  const double determinant = sums.w * sums.tt - sums.t * sums.t;
  if (count < kFewestPoints || determinant < 1e-9 * sums.w * sums.tt) {
    line.points = std::min(count, kFewestPoints - 1);
    return;
  }
  const double turn = (sums.w * sums.ty - sums.t * sums.y) / determinant;
  line.side_m = (sums.y - turn * sums.t) / sums.w;
  line.azimuth_rad += std::atan(turn);
  line.side_m *= std::cos(std::atan(turn));
  const double rise = (sums.w * sums.tz - sums.t * sums.z) / determinant;
  // Along the beam after the small turn the distance is longer by 1 / cos(turn): rise follows at the next pass.
  line.elevation_rad = std::atan(rise);
  line.vertical_m = (sums.z - rise * sums.t) / sums.w;
}

/// By how much columns' azimuths grow with another number of theirs, once a straight line in the column is taken out of both.
double slope_of_columns(const LineFit& fit, const std::vector<double>& weight, const std::vector<double>& other) {
  double n = 0, x = 0, xx = 0, y = 0, xy = 0, z = 0, xz = 0, yz = 0, zz = 0;
  for (size_t c = 0; c < weight.size(); ++c) {
    if (weight[c] <= 0) continue;
    const double at = static_cast<double>(c) / static_cast<double>(weight.size()),
                 azimuth = fit.column_azimuth_rad[c] - static_cast<double>(c) * fit.step_rad;
    n += 1;
    x += at;
    xx += at * at;
    y += azimuth;
    xy += at * azimuth;
    z += other[c];
    xz += at * other[c];
    yz += azimuth * other[c];
    zz += other[c] * other[c];
  }
  const double spread = xx - x * x / n;
  if (n < 16 || spread <= 0) return 0;
  const double both = yz - y * z / n - (xy - x * y / n) * (xz - x * z / n) / spread;
  const double square = zz - z * z / n - (xz - x * z / n) * (xz - x * z / n) / spread;
  return square > 1e-6 * zz ? both / square : 0;
}

/// Calls visit(column, along, angle, weight) for every shot of known lasers: how far along its beam it is, and by which angle it is off its
/// laser's line, within `reach`.
template <class Visit>
void for_each_angle(const ShotGrid& grid, const LineFit& fit, double reach, Visit&& visit) {
  const Columns columns(fit.column_azimuth_rad);
  for (uint32_t row = 0; row < grid.rows; ++row) {
    const LaserLine& line = fit.lasers[row];
    if (line.points < kFewestPoints) continue;
    const double c0 = std::cos(line.azimuth_rad), s0 = std::sin(line.azimuth_rad);
    for (uint32_t column = 0; column < grid.columns; ++column) {
      if (!grid.valid(row, column)) continue;
      const Turned q = turned(grid.at(row, column), columns.cosine[column] * c0 - columns.sine[column] * s0,
                              columns.sine[column] * c0 + columns.cosine[column] * s0);
      const double angle = (q.side - line.side_m) / q.along;
      if (q.along >= 0.05 && std::abs(angle) <= reach + grid.rounding_m)
        visit(column, q.along, angle, q.along * q.along / (q.along * q.along + 0.25));
    }
  }
}

/// Each column's azimuth from all lasers, as a correction. A sideways offset of all lasers looks like columns that turn where things are
/// near, unless lasers see different distances: at first the columns are taken to be as even as they can be, later that difference decides.
void fit_columns(const ShotGrid& grid, double reach, LineFit& fit) {
  constexpr double kCoarse = 0.003;
  std::vector<double> weight(grid.columns, 0.0), sum(grid.columns, 0.0), nearness(grid.columns, 0.0);
  for_each_angle(grid, fit, reach, [&](uint32_t column, double along, double angle, double w) {
    weight[column] += w;
    sum[column] += w * angle;
    nearness[column] += w / along;
  });
  for (uint32_t column = 0; column < grid.columns; ++column) {
    if (weight[column] <= 0) continue;
    fit.column_azimuth_rad[column] += sum[column] / weight[column];
    nearness[column] /= weight[column];
  }
  double side = 0;
  if (reach >= kCoarse) {
    side = slope_of_columns(fit, weight, nearness);
  } else {
    double both = 0, square = 0;
    for_each_angle(grid, fit, reach, [&](uint32_t column, double along, double angle, double w) {
      const double nearer = 1 / along - nearness[column];
      both += w * angle * nearer;
      square += w * nearer * nearer;
    });
    if (square > 0) side = both / square;
  }
  for (LaserLine& line : fit.lasers) line.side_m += side;
  for (uint32_t column = 0; column < grid.columns; ++column) fit.column_azimuth_rad[column] -= side * nearness[column];
}

/// First azimuths, by medians: of lasers and of columns in turn.
bool rough_azimuths(const ShotGrid& grid, LineFit& fit) {
  std::vector<double> azimuth(size_t{grid.rows} * grid.columns, 1e9);
  for (uint32_t row = 0; row < grid.rows; ++row) {
    for (uint32_t column = 0; column < grid.columns; ++column) {
      if (!grid.valid(row, column)) continue;
      const Vec3 p = grid.at(row, column);
      azimuth[size_t{row} * grid.columns + column] = std::atan2(p.y, p.x);
    }
  }
  fit.step_rad = median_step(grid, azimuth);
  if (std::abs(fit.step_rad) < 1e-5 || std::abs(fit.step_rad) > 0.2) return false;
  std::vector<double> shift(grid.columns, 0.0);
  fit.column_known.assign(grid.columns, false);
  for (int pass = 0; pass < 3; ++pass) {
    for (uint32_t row = 0; row < grid.rows; ++row) {
      std::vector<double> off;
      double anchor = 1e9;
      for (uint32_t column = 0; column < grid.columns; ++column) {
        const double a = azimuth[size_t{row} * grid.columns + column];
        if (a > 100) continue;
        const double turned_back = a - column * fit.step_rad - shift[column];
        if (anchor > 100) anchor = pass == 0 ? turned_back : fit.lasers[row].azimuth_rad;
        off.push_back(anchor + wrapped_angle(turned_back - anchor));
      }
      fit.lasers[row].points = static_cast<uint32_t>(off.size());
      if (!off.empty()) fit.lasers[row].azimuth_rad = median(off);
    }
    for (uint32_t column = 0; column < grid.columns; ++column) {
      std::vector<double> off;
      for (uint32_t row = 0; row < grid.rows; ++row) {
        const double a = azimuth[size_t{row} * grid.columns + column];
        if (a < 100 && fit.lasers[row].points >= kFewestPoints)
          off.push_back(wrapped_angle(a - column * fit.step_rad - fit.lasers[row].azimuth_rad));
      }
      fit.column_known[column] = !off.empty();
      if (!off.empty()) shift[column] = median(off);
    }
  }
  fit.column_azimuth_rad.resize(grid.columns);
  double last = 0;
  for (uint32_t column = 0; column < grid.columns; ++column) {
    if (fit.column_known[column]) last = shift[column];
    fit.column_azimuth_rad[column] = column * fit.step_rad + last;
  }
  return true;
}

/// Columns as a straight line in their number, if they lie on one to a microradian. The line's constant goes to the lasers.
void find_even_step(double rounding_m, LineFit& fit) {
  double n = 0, sx = 0, sxx = 0, sy = 0, sxy = 0;
  for (size_t column = 0; column < fit.column_azimuth_rad.size(); ++column) {
    if (!fit.column_known[column]) continue;
    const double x = static_cast<double>(column), y = fit.column_azimuth_rad[column] - x * fit.step_rad;
    n += 1;
    sx += x;
    sxx += x * x;
    sy += y;
    sxy += x * y;
  }
  const double determinant = n * sxx - sx * sx;
  if (determinant <= 0) return;
  const double slope = (n * sxy - sx * sy) / determinant, constant = (sy - slope * sx) / n;
  std::vector<double> off;
  for (size_t column = 0; column < fit.column_azimuth_rad.size(); ++column) {
    if (fit.column_known[column])
      off.push_back(std::abs(fit.column_azimuth_rad[column] - static_cast<double>(column) * (fit.step_rad + slope) - constant));
  }
  if (median(off) > 3e-6 + 0.05 * rounding_m) return;
  fit.uniform = true;
  fit.step_rad += slope;
  const double turn_columns = std::round(kTurn_rad / std::abs(fit.step_rad));
  const double even = std::copysign(kTurn_rad / turn_columns, fit.step_rad);
  if (std::abs(even - fit.step_rad) * static_cast<double>(off.size()) < 1e-5) fit.step_rad = even;
  for (LaserLine& line : fit.lasers) line.azimuth_rad += constant;
  for (size_t column = 0; column < fit.column_azimuth_rad.size(); ++column)
    fit.column_azimuth_rad[column] = static_cast<double>(column) * fit.step_rad;
}

/// How far points may be from their lines, of a metre a metre away, pass after pass: from centimetres to the roundings of floats.
constexpr std::array kReaches = {0.0, 0.01, 0.003, 0.001, 3e-4, 1e-4, 3e-5};

void fit_all_lasers(const ShotGrid& grid, double reach, LineFit& fit) {
  const Columns columns(fit.column_azimuth_rad);
  for (uint32_t row = 0; row < grid.rows; ++row) fit_laser(grid, columns, row, reach, fit.lasers[row]);
}

/// The fit with all columns a whole part of a turn apart, if most points are then on lines.
std::optional<LineFit> with_even_columns(const ShotGrid& grid, LineFit fit) {
  fit.step_rad = std::copysign(kTurn_rad / std::round(kTurn_rad / std::abs(fit.step_rad)), fit.step_rad);
  double constant = 0;
  for (uint32_t column = 0; column < grid.columns; ++column) constant += fit.column_azimuth_rad[column] - column * fit.step_rad;
  constant /= grid.columns;
  for (LaserLine& line : fit.lasers) line.azimuth_rad += constant;
  for (uint32_t column = 0; column < grid.columns; ++column) fit.column_azimuth_rad[column] = column * fit.step_rad;
  fit.uniform = true;
  size_t all = 0, on = 0;
  for (const double reach : kReaches) {
    fit_all_lasers(grid, reach, fit);
    on = 0;
    for (const LaserLine& line : fit.lasers) on += line.points;
    if (reach == 0) all = on;
    if (on * 10 < all * 8) return std::nullopt;
  }
  refit_lasers(grid, fit);
  return fit;
}

}  // namespace

std::optional<ShotGrid> find_shot_grid(const PointsView& points, uint32_t width, uint32_t height) {
  constexpr double kLevel_rad = 0.003, kMostUneven_rad = 0.01;
  if (uint64_t{width} * height != points.size() || points.size() == 0) return std::nullopt;
  std::optional<ShotGrid> best;
  double least = kMostUneven_rad;
  for (const auto& [rows, columns] :
       {std::array{std::min(width, height), std::max(width, height)}, std::array{std::max(width, height), std::min(width, height)}}) {
    if (rows < kFewestRows || rows > kMostRows || columns < kFewestColumns) continue;
    for (const bool column_major : {false, true}) {
      const ShotGrid grid{points, rows, columns, column_major, 0};
      const double uneven = unevenness(grid);
      if (uneven < least) {
        least = uneven;
        best = grid;
      }
    }
    // Parts of a laser's row are level, too: fewer rows come first.
    if (least < kLevel_rad) break;
  }
  return best;
}

void refit_lasers(const ShotGrid& grid, LineFit& fit) {
  const Columns columns(fit.column_azimuth_rad);
  for (uint32_t row = 0; row < grid.rows; ++row) {
    for (int pass = 0; pass < 2; ++pass) fit_laser(grid, columns, row, 3e-5, fit.lasers[row]);
  }
}

void refit_offsets(const ShotGrid& grid, LineFit& fit) {
  const Columns columns(fit.column_azimuth_rad);
  for (uint32_t row = 0; row < grid.rows; ++row) {
    LaserLine& line = fit.lasers[row];
    const double c0 = std::cos(line.azimuth_rad), s0 = std::sin(line.azimuth_rad), slope = std::tan(line.elevation_rad);
    double weight = 0, side = 0, vertical = 0;
    for (uint32_t column = 0; column < grid.columns; ++column) {
      if (!grid.valid(row, column)) continue;
      const Turned q = turned(grid.at(row, column), columns.cosine[column] * c0 - columns.sine[column] * s0,
                              columns.sine[column] * c0 + columns.cosine[column] * s0);
      const double most = 3e-5 * (q.along + 1) + grid.rounding_m;
      if (q.along < 0.05 || std::abs(q.side - line.side_m) > most || std::abs(q.up - line.vertical_m - slope * q.along) > most) continue;
      const double w = 1 / (q.along * q.along + 0.25);
      weight += w;
      side += w * q.side;
      vertical += w * (q.up - slope * q.along);
    }
    if (weight <= 0) continue;
    line.side_m = side / weight;
    line.vertical_m = vertical / weight;
  }
}

std::optional<LineFit> fit_lines(const ShotGrid& grid, bool even) {
  LineFit fit;
  fit.lasers.resize(grid.rows);
  if (!rough_azimuths(grid, fit)) return std::nullopt;
  if (even) return with_even_columns(grid, fit);
  for (const double reach : kReaches) {
    fit_all_lasers(grid, reach, fit);
    fit_columns(grid, reach == 0 ? 0.02 : reach, fit);
  }
  // Lasers and columns pull at one another: some more rounds.
  for (int pass = 0; pass < 5; ++pass) {
    fit_all_lasers(grid, kReaches.back(), fit);
    fit_columns(grid, kReaches.back(), fit);
  }
  find_even_step(grid.rounding_m, fit);
  refit_lasers(grid, fit);
  return fit;
}

}  // namespace dew
