// SPDX-License-Identifier: Apache-2.0
/// What the head of a points frame says, and which fields its slices code together.
///
///   const std::vector<Group> groups = group_plans(plans, quantised);     // x, y, z first
///   interleave(groups[0], integers, slice_points(points, slices, 0));    // of the first slice, point after point
///   DEW_ASSIGN(const PointsHead head, read_points_head(reader, slices, budget));
///
/// Bytes: pointcloud/FORMAT.md, "Points frames".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/coding/absent_points.h"
#include "pointcloud/coding/attributes.h"
#include "pointcloud/coding/beam_points.h"
#include "pointcloud/coding/coordinate_scale.h"
#include "pointcloud/coding/octree_points.h"
#include "pointcloud/coding/point_lists.h"
#include "pointcloud/coding/record_model.h"

namespace dew {

/// Flags of a head, part of the format. The coordinates are whole steps of head.step_m, else they are fields like the others; some points
/// are absent; the coordinates are ends of beams; all fields are coded together; the coordinates are an octree.
inline constexpr uint8_t kQuantised = 1, kAbsent = 2, kBeams = 4, kRecords = 8, kOctree = 16;

/// Points [first, end) of slice `index`.
struct PointSpan {
  uint64_t first, end;
};
PointSpan slice_points(uint64_t points, uint32_t slices, uint32_t index);
/// As many slices as `wanted`, or as the number of points allows and asks for.
uint32_t slice_count(uint64_t points, uint32_t wanted);

/// Integers of all fields that are coded together: x, y, z as one group where they are alike, every other field on its own.
struct Group {
  std::vector<size_t> plans;  ///< fields, in order
  size_t channels = 0;
  Part part = Part::other;
};
std::vector<Group> group_plans(const std::vector<AttributePlan>& plans, bool quantised);
inline bool is_geometry(const Group& group) { return group.part == Part::geometry; }

/// What integers of x, y and z mean, for beams; nothing where the first group is not these three.
std::optional<std::array<CoordinateScale, 3>> beam_scales(const std::vector<AttributePlan>& plans, const std::vector<Group>& groups,
                                                          bool quantised, double step_m);

/// A group's values of the points of one slice, point after point.
std::vector<int64_t> interleave(const Group& group, const std::vector<std::vector<int64_t>>& integers, PointSpan span);

/// One channel of the record model: the group's channel, and what the model is told of it.
struct RecordPlace {
  size_t group = 0, channel = 0;
  RecordChannel is;
};

struct PointsHead {
  uint64_t points = 0;
  uint8_t flags = 0;
  double step_m = 0;
  std::vector<AttributePlan> plans;
  AbsentPoints absent;  ///< its flags come with the slices
  std::vector<LoosePoint> patches;
  std::vector<Group> groups;
  std::optional<BeamsHead> beams;
  std::vector<RecordPlace> records;       ///< in the order in which they are coded
  std::array<CoordinateScale, 3> scales;  ///< of beams
  std::optional<OctreeLow> octree;
  bool quantised() const { return (flags & kQuantised) != 0; }
  bool has_absent() const { return (flags & kAbsent) != 0; }
};

/// Errors: truncated, corrupt, limits.
Result<PointsHead> read_points_head(ByteReader& reader, uint64_t slices, Budget& budget);

}  // namespace dew
