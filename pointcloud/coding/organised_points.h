// SPDX-License-Identifier: Apache-2.0
/// The coordinates of an organised frame's slices: of returns what is left between model and file, of the others which no-return value they
/// have.
///
///   const OrganisedPoints points(geometry, point_of_cell, rounding, no_returns, with_residues);
///   Bytes coded = points.encode(grid, range_step, span, view, bound_m, positions);      // positions: as a decoder will have them
///   DEW_TRY(points.decode(coded, grid, range_step, span, positions, budget, offset));
#pragma once

#include <span>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/coding/grid_codec.h"
#include "pointcloud/coding/range_grid.h"
#include "pointcloud/sensor/organised.h"

namespace dew {

inline constexpr uint32_t kNoPoint = 0xFFFFFFFF;
/// Values of no-returns that a frame may list. Part of the format.
inline constexpr size_t kMostNoReturns = 64;

/// Places of the points of a grid. Immutable; slices may be coded at once: `positions` is by place in the file.
class OrganisedPoints {
 public:
  /// `point_of_cell`: index in the file, kNoPoint for cells that it leaves out.
  OrganisedPoints(const OrganisedGeometry& geometry, std::span<const uint32_t> point_of_cell, const CoordinateRounding& rounding,
                  std::span<const Float3> no_returns, bool with_residues)
      : geometry_(geometry), point_of_cell_(point_of_cell), rounding_(rounding), no_returns_(no_returns), with_residues_(with_residues) {}

  /// Whether slices have a stream of coordinates at all.
  bool has_stream() const { return with_residues_ || no_returns_.size() > 1; }

  /// Writes the slice's decoded points to `positions`. Points that are neither reached nor listed come out as something else.
  /// `bound_m`: with offsets, points that are as near are not moved.
  Bytes encode(const RangeGrid& grid, uint32_t range_step, ColumnSpan span, const PointsView& wanted, double bound_m,
               std::span<Float3> positions) const;
  /// Errors: corrupt, limits.
  Status decode(ByteSpan coded, const RangeGrid& grid, uint32_t range_step, ColumnSpan span, std::span<Float3> positions, Budget& budget,
                uint64_t offset) const;

 private:
  template <class Coder>
  void code(Coder& coder, const RangeGrid& grid, uint32_t range_step, ColumnSpan span, const PointsView& wanted, double bound_m,
            std::span<Float3> positions) const;

  const OrganisedGeometry& geometry_;
  std::span<const uint32_t> point_of_cell_;
  CoordinateRounding rounding_;
  std::span<const Float3> no_returns_;
  bool with_residues_;
};

/// The values that points without a range have, the commonest first.
std::vector<Float3> find_no_returns(std::span<const uint32_t> point_of_cell, const RangeGrid& grid, const PointsView& points);

}  // namespace dew
