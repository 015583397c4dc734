// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "entropy/exact_math.h"
#include "pointcloud/sensor/column_motion_fit.h"

namespace dew {
namespace {

constexpr double kExplained_m = 3e-4;  // a lattice point nearer than this explains the point

}  // namespace

int32_t MotionFit::nearest_azimuth(const Vec3& measured) const {
  const double turn = sensor_.azimuth_ticks_per_turn;
  const int32_t tick = static_cast<int32_t>(std::lround(std::atan2(measured.y, measured.x) / kTurn_rad * turn));
  return tick < 0 ? tick + static_cast<int32_t>(turn) : tick;  // lround(pi) is half a turn at most
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

}  // namespace dew
