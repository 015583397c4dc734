// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/column_motion_fit.h"

#include <algorithm>
#include <cmath>
#include <complex>

namespace dew {
namespace {

constexpr double kTurn = 6.283185307179586;
constexpr double kNear_m = 2.0;          // returns from here on tell attitudes
constexpr double kFar_m = 1000;
constexpr size_t kMostKnots = 16;        // of the tilt
constexpr uint32_t kYawWindow = 24;      // columns
constexpr double kExplained_m = 3e-4;    // a lattice point nearer than this explains the point

double median_of(std::vector<double>& values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double wrapped_turn(double ticks, double turn) { return ticks - turn * std::floor(ticks / turn); }

Int3 in_units(const Vec3& v, double unit) { return {std::llround(v.x / unit), std::llround(v.y / unit), std::llround(v.z / unit)}; }

/// Values given at rising places, linearly between and constant outside.
void interpolate(std::span<const double> at, std::span<const Vec3> values, std::span<Vec3> columns) {
  size_t k = 0;
  for (size_t c = 0; c < columns.size(); ++c) {
    const double x = static_cast<double>(c);
    while (k + 1 < at.size() && at[k + 1] < x) ++k;
    if (k + 1 >= at.size() || x <= at[k]) {
      columns[c] = values[k];
      continue;
    }
    const double share = std::clamp((x - at[k]) / (at[k + 1] - at[k]), 0.0, 1.0);
    columns[c] = values[k] + (values[k + 1] - values[k]) * share;
  }
}

/// Least squares of a turn that changes linearly: w = (s0, s1, s2) + (s3, s4, s5) t.
class TurnLine {
 public:
  void add(const TurnEquations& column, double t, double sign) {
    for (size_t k = 0; k < 6; ++k) {
      const double m = sign * column.matrix[k];
      matrix_[0][k] += m;
      matrix_[1][k] += t * m;
      matrix_[2][k] += t * t * m;
    }
    for (size_t k = 0; k < 3; ++k) {
      right_[0][k] += sign * column.right[k];
      right_[1][k] += sign * t * column.right[k];
    }
  }
  bool solve(bool with_rate, std::array<double, 6>& s) const {
    NormalEquations<6> equations;
    const size_t packed[3][3] = {{0, 1, 3}, {1, 2, 4}, {3, 4, 5}};
    for (size_t i = 0; i < 3; ++i) {
      for (size_t j = 0; j < 3; ++j) {
        if (j <= i) equations.add_to_matrix(i, j, matrix_[0][packed[i][j]]);
        equations.add_to_matrix(3 + i, j, matrix_[1][packed[i][j]]);
        if (j <= i) equations.add_to_matrix(3 + i, 3 + j, matrix_[2][packed[i][j]]);
      }
      equations.add_to_right(i, right_[0][i]);
      equations.add_to_right(3 + i, right_[1][i]);
      if (!with_rate) equations.damp(3 + i, 1e9 * (1 + matrix_[2][packed[i][i]]));
    }
    return equations.solve(s);
  }
  /// By how much the best line lowers the sum of weighted squares.
  double gain() const {
    std::array<double, 6> s;
    if (!solve(true, s)) return 0;
    double sum = 0;
    for (size_t k = 0; k < 3; ++k) sum += s[k] * right_[0][k] + s[3 + k] * right_[1][k];
    return sum;
  }

 private:
  double matrix_[3][6] = {};   // sums of 1, t, t^2 times the columns' matrices
  double right_[2][3] = {};
};

}  // namespace

MotionFit::MotionFit(const PointsView& points, uint32_t lasers, std::span<const ColumnOrigin> origins, const RoundedFrame& frame)
    : points_(points), lasers_(lasers), columns_(static_cast<uint32_t>(points.size() / lasers)), origins_(origins), frame_(frame),
      frame_back_(rotation_matrix({})), pieces_(fit_origin_pieces(origins, frame)), place_(columns_), angle_(columns_), distance_(points.size()) {
  if (frame.present) {
    const double unit = kFrameRotationUnit_rad;
    frame_back_ = transposed(rotation_matrix({static_cast<double>(frame.rotation[0]) * unit, static_cast<double>(frame.rotation[1]) * unit,
                                              static_cast<double>(frame.rotation[2]) * unit}));
  }
  for (size_t axis = 0; axis < 3; ++axis) {
    // Rounding to steps s leaves s^2 / 12; without a frame, the errors of a sensor table.
    const double step = frame.present ? std::exp2(std::floor(std::log2(std::abs(frame.origin_m[axis]))) - 23) : 1e-4;
    variance_[axis] = step * step / 12 + 1e-14;
  }
  set_places();
}

size_t MotionFit::piece_of(uint32_t column) const {
  size_t k = 0;
  while (k + 1 < pieces_.size() && pieces_[k + 1].first_column <= column) ++k;
  return k;
}

Vec3 MotionFit::relative(size_t cell) const {
  return Vec3{points_.x[cell], points_.y[cell], points_.z[cell]} - place_[cell / lasers_];
}

void MotionFit::set_places() {
  for (uint32_t c = 0; c < columns_; ++c) {
    const FittedPiece& piece = pieces_[piece_of(c)];
    place_[c] = frame_back_ * (piece.position + piece.velocity * static_cast<double>(c - piece.first_column));
  }
  for (size_t i = 0; i < distance_.size(); ++i) {
    const double distance = length(relative(i));
    distance_[i] = distance < kFar_m ? distance : 0;   // 0 for NaN, too: no return that could tell anything
  }
}

bool MotionFit::find_range_tick(ColumnSensorTable& sensor) const {
  for (const uint32_t tick_um : {10000u, 8000u, 5000u, 4000u, 2000u, 1000u}) {
    double re = 0, im = 0, count = 0;
    for (size_t i = 0; i < distance_.size(); i += 3) {
      if (distance_[i] < 0.3 || distance_[i] > 100) continue;
      const double phase = kTurn * distance_[i] / (tick_um * 1e-6);
      re += std::cos(phase);
      im += std::sin(phase);
      count += 1;
    }
    if (count > 200 && re > 0.8 * count && std::abs(im) < 0.3 * count) {
      sensor.range_tick_um = tick_um;
      return true;
    }
  }
  return false;
}

/// Turns of the sensor about its horizontal axes, linear between knots: the lasers' elevations must come out right. One window of columns alone
/// looks in one direction and tells one of the two turns; with its neighbours it tells both.
void MotionFit::fit_tilt(std::span<const double> elevation_rad, size_t knots) {
  std::vector<double> sines(lasers_);
  for (uint32_t l = 0; l < lasers_; ++l) sines[l] = std::sin(elevation_rad[l]);
  std::fill(angle_.begin(), angle_.end(), Vec3{});
  const double spacing = static_cast<double>(columns_ - 1) / static_cast<double>(knots - 1);
  constexpr uint32_t kStride = 3;   // a third of the points is plenty
  constexpr size_t kUnknowns = 2 * kMostKnots;
  double limit = 0.05;
  for (int round = 0; round < 6; ++round) {
    NormalEquations<kUnknowns> fit;
    std::vector<double> errors;
    for (uint32_t c = 0; c < columns_; ++c) {
      const size_t knot = std::min(knots - 2, static_cast<size_t>(c / spacing));
      const double t = c / spacing - static_cast<double>(knot);
      const Vec3 up = transposed(rotation_matrix(angle_[c])).row[2];
      for (uint32_t l = (c + static_cast<uint32_t>(round)) % kStride; l < lasers_; l += kStride) {
        const size_t i = static_cast<size_t>(c) * lasers_ + l;
        if (!(distance_[i] > kNear_m)) continue;
        const Vec3 d = relative(i) * (1.0 / distance_[i]);
        const double error = dot(up, d) - sines[l];
        errors.push_back(std::abs(error));
        if (std::abs(error) > limit) continue;
        fit.add_sparse<4>({2 * knot, 2 * knot + 1, 2 * knot + 2, 2 * knot + 3}, {(1 - t) * d.y, (t - 1) * d.x, t * d.y, -t * d.x}, error);
      }
    }
    for (size_t k = 0; k < kUnknowns; ++k) fit.damp(k, 1e-4);
    std::array<double, kUnknowns> s;
    if (errors.size() < 40 || !fit.solve(s)) return;
    for (uint32_t c = 0; c < columns_; ++c) {
      const size_t k = std::min(knots - 2, static_cast<size_t>(c / spacing));
      const double t = c / spacing - static_cast<double>(k);
      angle_[c].x += (1 - t) * s[2 * k] + t * s[2 * k + 2];
      angle_[c].y += (1 - t) * s[2 * k + 1] + t * s[2 * k + 3];
    }
    limit = std::max(1e-5, 5 * median_of(errors));
  }
}

bool MotionFit::find_elevations(ColumnSensorTable& sensor) {
  std::vector<double> elevation(lasers_, 0.0);
  std::fill(angle_.begin(), angle_.end(), Vec3{});
  for (int round = 0; round < 4; ++round) {
    std::vector<std::vector<double>> seen(lasers_);
    for (uint32_t c = 0; c < columns_; ++c) {
      const Mat3 back = transposed(rotation_matrix(angle_[c]));
      for (uint32_t l = 0; l < lasers_; ++l) {
        const size_t i = static_cast<size_t>(c) * lasers_ + l;
        if (distance_[i] > kNear_m) seen[l].push_back(std::asin(std::clamp(dot(back.row[2], relative(i)) / distance_[i], -1.0, 1.0)));
      }
    }
    for (uint32_t l = 0; l < lasers_; ++l) {
      if (seen[l].size() < 20) return false;
      elevation[l] = median_of(seen[l]);
    }
    if (round == 3) break;
    // Few knots: a tilt that turns with the head would look like a change of all elevations.
    fit_tilt(elevation, 3);
  }
  // Data sheets give hundredths of a degree. What all lasers are off those together is such a tilt; what is no such number stays.
  std::complex<double> phase = 0;
  for (const double e : elevation) phase += std::polar(1.0, e * 36000);
  const double common = std::arg(phase) / kTurn;
  sensor.elevation_mdeg.clear();
  for (const double e : elevation) {
    const double hundredths = e * 36000 / kTurn - common;
    const bool whole = std::abs(hundredths - std::round(hundredths)) < 0.35;
    sensor.elevation_mdeg.push_back(static_cast<int32_t>(whole ? 10 * std::lround(hundredths) : std::lround(10 * (hundredths + common))));
  }
  return true;
}

/// Yaw by window: azimuths have a common phase on the encoder's comb, which moves with the turn rate. Followed back from the last column.
bool MotionFit::fit_yaw(double ticks_per_turn) {
  constexpr double kMostRate = 0.3;   // ticks a column
  constexpr double kRateStep = 0.004;
  std::vector<std::complex<double>> phase(columns_);
  std::vector<int> count(columns_);
  for (uint32_t c = 0; c < columns_; ++c) {
    const Mat3 back = transposed(rotation_matrix(angle_[c]));
    for (uint32_t l = 0; l < lasers_; ++l) {
      const size_t i = static_cast<size_t>(c) * lasers_ + l;
      if (!(distance_[i] > kNear_m)) continue;
      const Vec3 d = relative(i);
      phase[c] += std::polar(1.0, ticks_per_turn * std::atan2(dot(back.row[1], d), dot(back.row[0], d)));
      ++count[c];
    }
  }
  std::vector<double> at, yaw, rate, quality;
  for (uint32_t start = 0; start + kYawWindow <= columns_; start += kYawWindow / 2) {
    int total = 0;
    for (uint32_t c = start; c < start + kYawWindow; ++c) total += count[c];
    if (total < 60) continue;
    std::complex<double> best = 0;
    double best_rate = 0;
    for (double r = -kMostRate; r <= kMostRate; r += kRateStep) {
      const std::complex<double> turn = std::polar(1.0, -kTurn * r);
      std::complex<double> sum = 0, now = std::polar(1.0, kTurn * r * (kYawWindow - 1) / 2.0);
      for (uint32_t c = start; c < start + kYawWindow; ++c, now *= turn) sum += phase[c] * now;
      if (std::abs(sum) > std::abs(best)) {
        best = sum;
        best_rate = r;
      }
    }
    at.push_back(start + (kYawWindow - 1) / 2.0);
    yaw.push_back(std::arg(best) / kTurn);
    rate.push_back(best_rate);
    quality.push_back(std::abs(best) / total);
  }
  if (at.size() < 4 || median_of(quality) < 0.6) return false;
  for (size_t k = yaw.size() - 1; k-- > 0;) {
    const double expected = yaw[k + 1] - (at[k + 1] - at[k]) * 0.5 * (rate[k] + rate[k + 1]);
    yaw[k] += std::round(expected - yaw[k]);
  }
  std::vector<Vec3> values;
  for (const double y : yaw) values.push_back({0, 0, (y - std::round(yaw.back())) * kTurn / ticks_per_turn});
  std::vector<Vec3> columns(columns_);
  interpolate(at, values, columns);
  for (uint32_t c = 0; c < columns_; ++c) angle_[c].z = columns[c].z;
  return true;
}

/// Makes the attitudes of each piece a straight line.
void MotionFit::straighten() {
  for (size_t k = 0; k < pieces_.size(); ++k) {
    const uint32_t first = pieces_[k].first_column;
    const uint32_t end = k + 1 < pieces_.size() ? pieces_[k + 1].first_column : columns_;
    NormalEquations<2> fx, fy, fz;
    for (uint32_t c = first; c < end; ++c) {
      const std::array<double, 2> row{1.0, static_cast<double>(c - first)};
      fx.add(row, angle_[c].x);
      fy.add(row, angle_[c].y);
      fz.add(row, angle_[c].z);
    }
    std::array<double, 2> x, y, z;
    if (end - first > 3 && fx.solve(x) && fy.solve(y) && fz.solve(z)) {
      pieces_[k].angle = {x[0], y[0], z[0]};
      pieces_[k].rate = {x[1], y[1], z[1]};
    } else {
      pieces_[k].angle = angle_[first];
      pieces_[k].rate = {};
    }
  }
}

int32_t MotionFit::nearest_azimuth(const Vec3& measured) const {
  const double turn = sensor_.azimuth_ticks_per_turn;
  const int32_t tick = static_cast<int32_t>(std::lround(std::atan2(measured.y, measured.x) / kTurn * turn));
  return tick < 0 ? tick + static_cast<int32_t>(turn) : tick;   // lround(pi) is half a turn at most
}

TurnEquations MotionFit::column_equations(uint32_t column, const FittedPiece& piece, bool wide, bool by_rule) const {
  TurnEquations sums;
  const double tick_m = sensor_.range_tick_um * 1e-6;
  const int32_t turn = static_cast<int32_t>(sensor_.azimuth_ticks_per_turn);
  const Mat3 axes = transposed(frame_back_);
  const Mat3 turned = rotation_matrix(piece.angle + piece.rate * static_cast<double>(column - piece.first_column));
  const Mat3 back = transposed(turned);
  for (uint32_t l = 0; l < lasers_; ++l) {
    const size_t i = static_cast<size_t>(column) * lasers_ + l;
    if (!(distance_[i] > 0.2)) continue;
    const Vec3 p = relative(i);
    int32_t azimuth;
    if (by_rule) {
      azimuth = sensor_.rule.azimuth(l, azimuths_.azimuth[column], azimuths_.step[column]) % turn;
      if (azimuth < 0) azimuth += turn;
    } else {
      azimuth = nearest_azimuth(back * p);
    }
    const Vec3 x = turned * lattice_->point(l, static_cast<uint32_t>(azimuth), static_cast<uint32_t>(std::lround(distance_[i] / tick_m)));
    const Vec3 error = p - x;
    const double worst = std::max({std::abs(error.x), std::abs(error.y), std::abs(error.z)});
    ++sums.returns;
    if (worst > (wide ? std::max(kExplained_m, 2e-5 * distance_[i]) : kExplained_m)) continue;
    ++sums.explained;
    // A turn by w moves x by w cross x, which is w . (x cross n) along an axis n of the rounded frame. Each axis counts by its precision;
    // errors beyond it count less and less, so that the fit closes in on the many good ones.
    for (size_t axis = 0; axis < 3; ++axis) {
      const Vec3& n = axes.row[axis];
      const double off = dot(error, n);
      const Vec3 lever = cross(x, n);
      const double expected = variance_[axis] + 1e-15 * distance_[i] * distance_[i];
      const double weight = 1.0 / (expected + off * off);
      if (axis == 2) sums.closeness += expected * weight;
      const Vec3 weighted = lever * weight;
      sums.matrix[0] += weighted.x * lever.x;
      sums.matrix[1] += weighted.x * lever.y;
      sums.matrix[2] += weighted.y * lever.y;
      sums.matrix[3] += weighted.x * lever.z;
      sums.matrix[4] += weighted.y * lever.z;
      sums.matrix[5] += weighted.z * lever.z;
      sums.right[0] += weighted.x * off;
      sums.right[1] += weighted.y * off;
      sums.right[2] += weighted.z * off;
    }
  }
  return sums;
}

/// One step of least squares on the distances from the lattice, all pieces. Returns the share of returns that are explained.
double MotionFit::refine(bool wide, bool by_rule) {
  uint64_t returns = 0, explained = 0;
  for (size_t k = 0; k < pieces_.size(); ++k) {
    FittedPiece& piece = pieces_[k];
    const uint32_t end = k + 1 < pieces_.size() ? pieces_[k + 1].first_column : columns_;
    const double span = std::max(1.0, static_cast<double>(end - piece.first_column));
    TurnLine line;
    uint64_t used = 0;
    for (uint32_t c = piece.first_column; c < end; ++c) {
      const TurnEquations column = column_equations(c, piece, wide, by_rule);
      returns += column.returns;
      used += column.explained;
      line.add(column, (c - piece.first_column) / span - 0.5, 1.0);
    }
    explained += used;
    std::array<double, 6> s;
    if (used < 12 || !line.solve(end - piece.first_column >= 3, s)) continue;
    const Vec3 rate = Vec3{s[3], s[4], s[5]} * (1.0 / span);
    piece.angle = piece.angle + Vec3{s[0], s[1], s[2]} - rate * (0.5 * span);
    piece.rate = piece.rate + rate;
  }
  return returns ? static_cast<double>(explained) / static_cast<double>(returns) : 0;
}

double MotionFit::closeness() const {
  double sum = 0;
  for (uint32_t c = 0; c < columns_; ++c) sum += column_equations(c, pieces_[piece_of(c)], false, true).closeness;
  return sum;
}

/// Whether the driver's arithmetic in single precision explains the points better than exact arithmetic.
void MotionFit::choose_precision(ColumnSensorTable& sensor) {
  const std::vector<FittedPiece> exact_pieces = pieces_;
  const double exact = closeness();
  FiringLattice exact_lattice = *lattice_;
  lattice_.emplace(FiringLatticeTable{sensor.range_tick_um, sensor.azimuth_ticks_per_turn, true, sensor.elevation_mdeg});
  refine(false, true);
  refine(false, true);
  sensor.single_precision = closeness() > exact;
  if (!sensor.single_precision) {
    lattice_ = std::move(exact_lattice);
    pieces_ = exact_pieces;
  }
}

/// Cuts a piece where two turn rates explain its columns much better than one; again in both parts.
void MotionFit::split_piece(std::span<const TurnEquations> columns, const FittedPiece& piece, std::vector<FittedPiece>& result) const {
  constexpr size_t kShortest = 16;     // columns
  constexpr double kWorthwhile = 800;  // squared errors in units of their variance; a piece takes some 300 bits
  TurnLine whole;
  const double span = static_cast<double>(columns.size());
  for (size_t c = 0; c < columns.size(); ++c) whole.add(columns[c], static_cast<double>(c) / span - 0.5, 1.0);
  TurnLine left, right = whole;
  double best = whole.gain() + kWorthwhile;
  size_t cut = 0;
  for (size_t c = 0; c + kShortest < columns.size(); ++c) {
    if (c >= kShortest && c % 2 == 0) {
      const double gain = left.gain() + right.gain();
      if (gain > best) {
        best = gain;
        cut = c;
      }
    }
    const double t = static_cast<double>(c) / span - 0.5;
    left.add(columns[c], t, 1.0);
    right.add(columns[c], t, -1.0);
  }
  if (cut == 0) {
    result.push_back(piece);
    return;
  }
  FittedPiece later = piece;
  const double k = static_cast<double>(cut);
  later.first_column += static_cast<uint32_t>(cut);
  later.position = later.position + later.velocity * k;
  later.angle = later.angle + later.rate * k;
  split_piece(columns.first(cut), piece, result);
  split_piece(columns.subspan(cut), later, result);
}

void MotionFit::split_pieces() {
  std::vector<FittedPiece> result;
  for (size_t k = 0; k < pieces_.size(); ++k) {
    const uint32_t end = k + 1 < pieces_.size() ? pieces_[k + 1].first_column : columns_;
    std::vector<TurnEquations> columns;
    for (uint32_t c = pieces_[k].first_column; c < end; ++c) columns.push_back(column_equations(c, pieces_[k], false, true));
    split_piece(columns, pieces_[k], result);
  }
  pieces_ = std::move(result);
}

bool MotionFit::fit_azimuths(ColumnSensorTable& sensor) {
  const double turn = sensor.azimuth_ticks_per_turn;
  std::vector<double> real(distance_.size());
  std::vector<int32_t> tick(distance_.size());
  std::vector<uint8_t> use(distance_.size());
  const bool rule_known = !sensor.rule.firing_position.empty();
  for (uint32_t c = 0; c < columns_; ++c) {
    const FittedPiece& piece = pieces_[piece_of(c)];
    const Mat3 back = transposed(rotation_matrix(piece.angle + piece.rate * static_cast<double>(c - piece.first_column)));
    for (uint32_t l = 0; l < lasers_; ++l) {
      const size_t i = static_cast<size_t>(c) * lasers_ + l;
      if (!(distance_[i] > 1.0)) continue;
      const Vec3 p = relative(i);
      real[i] = wrapped_turn(std::atan2(dot(back.row[1], p), dot(back.row[0], p)) / kTurn * turn, turn);
      tick[i] = static_cast<int32_t>(std::lround(real[i]));
      // Close by, rounding of the coordinates is as large as a tick.
      use[i] = std::abs(real[i] - tick[i]) < 0.3 && (rule_known || distance_[i] > 3.0);
    }
  }
  if (!rule_known) sensor.rule = find_firing_rule(real, use, lasers_, static_cast<int32_t>(turn));
  if (sensor.rule.firing_position.empty()) return false;
  azimuths_ = fit_column_azimuths(sensor.rule, tick, use, lasers_, static_cast<int32_t>(turn));
  return true;
}

double MotionFit::column_cost(uint32_t column, const FittedPiece& piece) const {
  const double tick_m = sensor_.range_tick_um * 1e-6;
  const double k = static_cast<double>(column) - piece.first_column;
  const Mat3 back = transposed(rotation_matrix(piece.angle + piece.rate * k));
  const Vec3 place = frame_back_ * (piece.position + piece.velocity * k);
  double cost = 0;
  for (uint32_t l = 0; l < lasers_; ++l) {
    const size_t i = static_cast<size_t>(column) * lasers_ + l;
    const Vec3 q = back * (Vec3{points_.x[i], points_.y[i], points_.z[i]} - place);
    const double d = length(q);
    if (!(d < kFar_m)) continue;
    const Vec3 x = lattice_->point(l, static_cast<uint32_t>(nearest_azimuth(q)), static_cast<uint32_t>(std::lround(d / tick_m)));
    cost += std::min(length(q - x), 1e-3);
  }
  return cost;
}

/// A cut between two pieces lies somewhere in the columns without a known origin; the returns there tell where.
bool MotionFit::move_cuts() {
  bool moved = false;
  for (size_t k = 1; k < pieces_.size(); ++k) {
    const uint32_t cut = pieces_[k].first_column;
    uint32_t first = cut;
    while (first > pieces_[k - 1].first_column + 1 && !origins_[first - 1].known) --first;
    if (first == cut) continue;
    // Total cost when the later piece begins at column c, for all c from first to cut.
    double cost = 0;
    for (uint32_t c = first; c < cut; ++c) cost += column_cost(c, pieces_[k]);
    double best = cost;
    uint32_t best_cut = first;
    for (uint32_t c = first; c < cut; ++c) {
      cost += column_cost(c, pieces_[k - 1]) - column_cost(c, pieces_[k]);
      if (cost < best) {
        best = cost;
        best_cut = c + 1;
      }
    }
    const double back = static_cast<double>(best_cut) - cut;
    pieces_[k].position = pieces_[k].position + pieces_[k].velocity * back;
    pieces_[k].angle = pieces_[k].angle + pieces_[k].rate * back;
    pieces_[k].first_column = best_cut;
    moved = moved || best_cut != cut;
  }
  if (moved) set_places();
  return moved;
}

bool MotionFit::run(ColumnSensorTable& sensor) {
  const bool known = sensor.known();
  if (known && (sensor.elevation_mdeg.size() != lasers_ || sensor.rule.firing_position.size() != lasers_)) return false;
  if (!known && (!find_range_tick(sensor) || !find_elevations(sensor))) return false;
  if (!known) sensor.azimuth_ticks_per_turn = 36000;
  std::vector<double> elevation;
  for (const int32_t e : sensor.elevation_mdeg) elevation.push_back(e * kTurn / 360000);
  fit_tilt(elevation, kMostKnots);
  if (!fit_yaw(sensor.azimuth_ticks_per_turn)) return false;
  sensor_ = sensor;
  lattice_.emplace(FiringLatticeTable{sensor.range_tick_um, sensor.azimuth_ticks_per_turn, sensor.single_precision, sensor.elevation_mdeg});
  straighten();
  refine(true, false);
  if (!known) refine(false, false);
  if (!fit_azimuths(sensor)) return false;
  sensor_.rule = sensor.rule;
  if (refine(false, true) < 0.5) return false;
  if (move_cuts()) {
    if (!fit_azimuths(sensor)) return false;
    refine(false, true);
  }
  split_pieces();
  refine(false, true);
  if (!known) choose_precision(sensor);
  return refine(false, true) > 0.7;
}

ColumnMotion MotionFit::motion() const {
  ColumnMotion result{frame_, {}};
  for (const FittedPiece& piece : pieces_) {
    result.pieces.push_back({piece.first_column, in_units(piece.position, kPositionUnit_m), in_units(piece.velocity, kVelocityUnit_m),
                             in_units(piece.angle, kAngleUnit_rad), in_units(piece.rate, kAngularRateUnit_rad)});
  }
  return result;
}

}  // namespace dew
