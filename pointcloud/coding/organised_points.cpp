// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/organised_points.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>

#include "entropy/range_coder.h"
#include "pointcloud/coding/cell_bits.h"
#include "pointcloud/coding/coordinate_residue_model.h"
#include "pointcloud/coding/grid_frame.h"

namespace dew {
namespace {

using Bits3 = std::array<uint32_t, 3>;

/// Which of the listed no-returns a cell has, under the signs that zeros of its direction have and what the cell before had.
class NoReturnModel {
 public:
  template <class Coder>
  uint32_t code(Coder& coder, uint32_t which, uint32_t octant) {
    const uint32_t before = std::min(last_, kKinds - 1);
    last_ = trees_[octant * kKinds + before].code(coder, which);
    return last_;
  }

 private:
  static constexpr uint32_t kOctants = 8, kKinds = 3;
  std::array<AdaptiveTree<6>, kOctants * kKinds> trees_;
  uint32_t last_ = 0;
};

bool within(const std::array<RoundedCoordinate, 3>& near, const Float3& wanted, double bound_m) {
  double sum = 0;
  for (size_t axis = 0; axis < 3; ++axis) {
    const double off = static_cast<double>(static_cast<float>(near[axis].exact)) - static_cast<double>(wanted[axis]);
    sum += off * off;
  }
  return sum <= bound_m * bound_m;
}

}  // namespace

template <class Coder>
void OrganisedPoints::code(Coder& coder, const RangeGrid& grid, uint32_t range_step, ColumnSpan span, const PointsView& wanted,
                           double bound_m, std::span<Float3> positions) const {
  CoordinateResidueModel residue_model;
  NoReturnModel no_return_model;
  const auto wanted_at = [&](size_t i) -> Float3 { return {wanted.x[i], wanted.y[i], wanted.z[i]}; };
  for (uint32_t row = 0; row < grid.rows; ++row) {
    for (uint32_t column = span.first; column < span.end; ++column) {
      const size_t i = point_of_cell_[size_t{row} * grid.columns + column];
      if (i == kNoPoint) continue;
      probe_cell(coder, size_t{row} * grid.columns + column);
      const uint32_t firing = geometry_.firing_column(row, column);
      const uint32_t range = std::min(native_range(grid.range_row(row)[column], range_step), kMostOrganisedTicks - 1);
      if (range == 0) {
        uint32_t which = 0;
        if (no_returns_.size() > 1) {
          if constexpr (!Coder::kDecodes) {
            const Bits3 bits = std::bit_cast<Bits3>(wanted_at(i));
            while (which + 1 < no_returns_.size() && std::bit_cast<Bits3>(no_returns_[which]) != bits) ++which;
          }
          which = no_return_model.code(coder, which, geometry_.octant(row, firing));
        }
        positions[i] = which < no_returns_.size() ? no_returns_[which] : Float3{};
        continue;
      }
      const Vec3 p = geometry_.point(row, firing, range);
      const double distance_m = geometry_.distance_m(row, range);
      const std::array<RoundedCoordinate, 3> near = {rounding_.round(p.x, distance_m), rounding_.round(p.y, distance_m),
                                                     rounding_.round(p.z, distance_m)};
      CoordinateResidueModel::Residues residues{};
      if (with_residues_) {
        if constexpr (!Coder::kDecodes) {
          const Float3 target = wanted_at(i);
          const bool stays = rounding_.kind == RoundingKind::offsets && within(near, target, bound_m);
          for (size_t axis = 0; axis < 3 && !stays; ++axis) {
            const std::optional<int64_t> steps = rounding_.steps_of(near[axis], target[axis]);
            if (steps) residues[axis] = *steps - near[axis].steps;
          }
        }
        residue_model.code(coder, near, residues);
      }
      // Unsigned: a hostile stream may ask for sums beyond 64 bits.
      for (size_t axis = 0; axis < 3; ++axis) {
        positions[i][axis] = rounding_.value(
            near[axis], static_cast<int64_t>(static_cast<uint64_t>(near[axis].steps) + static_cast<uint64_t>(residues[axis])));
      }
    }
  }
}

Bytes OrganisedPoints::encode(const RangeGrid& grid, uint32_t range_step, ColumnSpan span, const PointsView& wanted, double bound_m,
                              std::span<Float3> positions) const {
  RangeEncoder encoder;
  code(encoder, grid, range_step, span, wanted, bound_m, positions);
  return encoder.finish();
}

Status OrganisedPoints::decode(ByteSpan coded, const RangeGrid& grid, uint32_t range_step, ColumnSpan span, std::span<Float3> positions,
                               Budget& budget, uint64_t offset) const {
  DEW_TRY(budget.take_work(uint64_t{span.end - span.first} * grid.rows * 64, offset));
  DEW_TRY(budget.take_memory(uint64_t{1} << 20, offset));
  ProbedDecoder decoder(coded, cells_of(grid.bits, Part::geometry));
  code(decoder, grid, range_step, span, {}, 0, positions);
  if (has_stream() && decoder.overrun()) return Error{Code::corrupt, offset, "a slice ends before its cells do"};
  return {};
}

std::vector<Float3> find_no_returns(std::span<const uint32_t> point_of_cell, const RangeGrid& grid, const PointsView& points) {
  std::map<Bits3, size_t> counts;
  for (size_t cell = 0; cell < grid.range.size(); ++cell) {
    const size_t i = point_of_cell[cell];
    if (grid.range[cell] != 0 || i == kNoPoint) continue;
    const Bits3 bits = std::bit_cast<Bits3>(Float3{points.x[i], points.y[i], points.z[i]});
    // More values than are listed: the map stays small.
    if (counts.size() < 4096 || counts.contains(bits)) ++counts[bits];
  }
  std::vector<std::pair<Bits3, size_t>> values(counts.begin(), counts.end());
  std::stable_sort(values.begin(), values.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<Float3> listed;
  for (const auto& [bits, count] : values) {
    if (listed.size() < kMostNoReturns && (count > 1 || listed.empty())) listed.push_back(std::bit_cast<Float3>(bits));
  }
  return listed;
}

}  // namespace dew
