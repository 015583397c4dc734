// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "pointcloud/sensor/column_motion_fit.h"

namespace dew {
namespace {

struct Line {
  double at_first = 0;
  double slope = 0;
};

/// Known columns and their origins in the rounded frame, one array an axis.
struct Track {
  std::vector<uint32_t> column;
  std::vector<double> axis[3];
  double tolerance_m[3] = {};
};

Line fit_line(const Track& track, size_t axis, size_t begin, size_t end) {
  const double first = track.column[begin];
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  const double y0 = track.axis[axis][begin];
  for (size_t i = begin; i < end; ++i) {
    const double x = track.column[i] - first, y = track.axis[axis][i] - y0;
    n += 1;
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
  }
  const double det = n * sxx - sx * sx;
  if (!(det > 0)) return {y0 + sy / n, 0};
  const double slope = (n * sxy - sx * sy) / det;
  return {y0 + (sy - slope * sx) / n, slope};
}

bool straight(const Track& track, size_t begin, size_t end) {
  for (size_t axis = 0; axis < 3; ++axis) {
    const Line line = fit_line(track, axis, begin, end);
    // Rounding leaves half a step; the line itself is off by less, the more columns it has.
    const double limit = track.tolerance_m[axis] * (0.5 + 1.0 / std::sqrt(static_cast<double>(end - begin)));
    for (size_t i = begin; i < end; ++i) {
      const double x = static_cast<double>(track.column[i]) - track.column[begin];
      if (std::abs(track.axis[axis][i] - line.at_first - line.slope * x) > limit) return false;
    }
  }
  return true;
}

/// Largest end such that [begin, end) is straight: doubling, then halving.
size_t reach(const Track& track, size_t begin) {
  const size_t size = track.column.size();
  size_t good = std::min(size, begin + 2), step = 4;
  while (good < size && straight(track, begin, std::min(size, good + step))) {
    good = std::min(size, good + step);
    step *= 2;
  }
  size_t low = good, high = std::min(size, good + step);
  while (low < high) {
    const size_t middle = (low + high + 1) / 2;
    if (straight(track, begin, middle))
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

double grid_step(double value, int floor_exponent) {
  if (value == 0) return std::ldexp(1.0, floor_exponent);
  return std::ldexp(1.0, std::max(std::ilogb(value) - 23, floor_exponent));
}

}  // namespace

std::vector<ColumnOrigin> find_origins(const PointsView& points, uint32_t lasers) {
  const size_t columns = points.size() / lasers;
  std::vector<ColumnOrigin> origins(columns);
  for (size_t c = 0; c < columns; ++c) {
    uint32_t best = 1;
    for (size_t a = c * lasers; a < (c + 1) * lasers; ++a) {
      if (!(std::abs(points.x[a]) < 100 && std::abs(points.y[a]) < 100 && std::abs(points.z[a]) < 100)) continue;
      uint32_t count = 0;
      for (size_t b = a; b < (c + 1) * lasers; ++b) {
        count += points.x[a] == points.x[b] && points.y[a] == points.y[b] && points.z[a] == points.z[b];
      }
      if (count > best) {
        best = count;
        origins[c] = {true, {points.x[a], points.y[a], points.z[a]}};
      }
    }
  }
  return origins;
}

std::vector<FittedPiece> fit_origin_pieces(std::span<const ColumnOrigin> origins, const RoundedFrame& frame) {
  constexpr double kUnroundedTolerance_m = 1e-4;
  Track track;
  Mat3 turn = rotation_matrix({});
  for (double& tolerance : track.tolerance_m) tolerance = kUnroundedTolerance_m;
  if (frame.present) {
    const double unit = kFrameRotationUnit_rad;
    turn = rotation_matrix({static_cast<double>(frame.rotation[0]) * unit, static_cast<double>(frame.rotation[1]) * unit,
                            static_cast<double>(frame.rotation[2]) * unit});
  }
  for (uint32_t c = 0; c < origins.size(); ++c) {
    if (!origins[c].known) continue;
    const Vec3 v = turn * origins[c].place_m;
    track.column.push_back(c);
    track.axis[0].push_back(v.x);
    track.axis[1].push_back(v.y);
    track.axis[2].push_back(v.z);
  }
  if (track.column.empty()) return {FittedPiece{}};
  if (frame.present) {
    for (size_t axis = 0; axis < 3; ++axis) {
      track.tolerance_m[axis] = 1.1 * grid_step(frame.origin_m[axis] + track.axis[axis][0], frame.floor_exponent[axis]) + 6e-8;
    }
  }
  std::vector<FittedPiece> pieces;
  for (size_t begin = 0; begin < track.column.size();) {
    const size_t end = reach(track, begin);
    FittedPiece piece;
    piece.first_column = track.column[begin];
    const Line x = fit_line(track, 0, begin, end), y = fit_line(track, 1, begin, end), z = fit_line(track, 2, begin, end);
    piece.position = {x.at_first, y.at_first, z.at_first};
    piece.velocity = {x.slope, y.slope, z.slope};
    pieces.push_back(piece);
    begin = end;
  }
  FittedPiece& first = pieces.front();
  first.position = first.position - first.velocity * static_cast<double>(first.first_column);
  first.first_column = 0;
  return pieces;
}

}  // namespace dew
