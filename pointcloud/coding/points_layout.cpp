// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/points_layout.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "pointcloud/coding/point_records.h"

namespace dew {
namespace {

constexpr uint32_t kMinSlicePoints = 64;
constexpr uint32_t kMaxSlicePoints = 1u << 20;

}  // namespace

PointSpan slice_points(uint64_t points, uint32_t slices, uint32_t index) {
  return {points * index / slices, points * (index + 1) / slices};
}

uint32_t slice_count(uint64_t points, uint32_t wanted) {
  const uint64_t most = std::max<uint64_t>(1, points / kMinSlicePoints);
  const uint64_t least = (points + kMaxSlicePoints - 1) / kMaxSlicePoints;
  return static_cast<uint32_t>(std::max(std::min<uint64_t>(wanted, most), std::max<uint64_t>(least, 1)));
}

std::vector<Group> group_plans(const std::vector<AttributePlan>& plans, bool quantised) {
  std::vector<Group> groups;
  Group coordinates;
  coordinates.part = Part::geometry;
  for (size_t i = 0; i < plans.size(); ++i) {
    const bool is_coordinate = part_of_field(plans[i].name) == Part::geometry && plans[i].values_per_point() == 1;
    if (is_coordinate && coordinates.plans.size() < 3 && (quantised || plans[i].method == AttributeMethod::sequence)) {
      coordinates.plans.push_back(i);
      coordinates.channels += 1;
    }
  }
  if (!coordinates.plans.empty()) groups.push_back(coordinates);
  for (size_t i = 0; i < plans.size(); ++i) {
    if (plans[i].method != AttributeMethod::sequence) continue;
    if (std::find(coordinates.plans.begin(), coordinates.plans.end(), i) != coordinates.plans.end()) continue;
    groups.push_back({{i}, plans[i].values_per_point(), part_of_field(plans[i].name)});
  }
  return groups;
}

std::optional<std::array<CoordinateScale, 3>> beam_scales(const std::vector<AttributePlan>& plans, const std::vector<Group>& groups,
                                                          bool quantised, double step_m) {
  if (groups.empty() || !is_geometry(groups[0]) || groups[0].plans.size() != 3) return {};
  constexpr std::array<const char*, 3> kNames = {"x", "y", "z"};
  std::array<CoordinateScale, 3> scales;
  for (size_t axis = 0; axis < 3; ++axis) {
    const AttributePlan& plan = plans[groups[0].plans[axis]];
    if (plan.name != kNames[axis]) return {};
    scales[axis] = scale_of(plan.type, plan.view);
    if (quantised) scales[axis] = {step_m};
    if (scales[axis].is_float && plan.type == FieldType::f64) return {};
    const double unit = std::abs(scales[axis].unit);
    if (!scales[axis].is_float && !(unit >= 1e-12 && unit <= 1e6 && std::abs(scales[axis].origin) <= 1e12)) return {};
  }
  return scales;
}

std::vector<int64_t> interleave(const Group& group, const std::vector<std::vector<int64_t>>& integers, PointSpan span) {
  if (group.plans.size() == 1) {
    const auto& all = integers[group.plans[0]];
    return {all.begin() + static_cast<ptrdiff_t>(span.first * group.channels),
            all.begin() + static_cast<ptrdiff_t>(span.end * group.channels)};
  }
  std::vector<int64_t> out;
  out.reserve((span.end - span.first) * group.channels);
  for (uint64_t i = span.first; i < span.end; ++i) {
    for (const size_t plan : group.plans) out.push_back(integers[plan][i]);
  }
  return out;
}

Result<PointsHead> read_points_head(ByteReader& reader, uint64_t slices, Budget& budget) {
  PointsHead head;
  DEW_ASSIGN(head.points, reader.varint());
  DEW_ASSIGN(const uint64_t slice_count, reader.varint());
  DEW_ASSIGN(head.flags, reader.u8());
  const int of_one_kind = std::popcount(static_cast<unsigned>(head.flags & (kAbsent | kBeams | kRecords | kOctree)));
  if (slice_count != slices || slices == 0 || head.flags > (kQuantised | kAbsent | kBeams | kRecords | kOctree) || of_one_kind > 1)
    return Error{Code::corrupt, reader.offset(), "a points frame's numbers disagree with its slices"};
  if (head.quantised()) {
    DEW_ASSIGN(head.step_m, reader.f64());
    if (!(head.step_m > 0 && head.step_m < 1e6)) return Error{Code::corrupt, reader.offset(), "the coordinate step is out of range"};
  }
  DEW_ASSIGN(head.plans, read_plans(reader, 0, budget));
  head.groups = group_plans(head.plans, head.quantised());
  if ((head.flags & kBeams) != 0) {
    DEW_ASSIGN(head.beams, read_beams(reader));
    const auto scales = beam_scales(head.plans, head.groups, head.quantised(), head.step_m);
    const auto field = head.beams->label_field;
    if (!scales || (field && (*field >= head.plans.size() || head.plans[*field].method != AttributeMethod::sequence ||
                              head.plans[*field].values_per_point() != 1 || part_of_field(head.plans[*field].name) == Part::geometry)))
      return Error{Code::corrupt, reader.offset(), "beams without coordinates, or without a field of laser numbers"};
    head.scales = *scales;
  }
  if ((head.flags & kRecords) != 0) {
    DEW_ASSIGN(head.records, read_records(reader, head.groups));
  }
  if ((head.flags & kOctree) != 0) {
    if (head.groups.empty() || !is_geometry(head.groups[0]) || head.groups[0].channels != 3)
      return Error{Code::corrupt, reader.offset(), "an octree without three coordinates"};
    head.octree.emplace();
    for (int64_t& low : *head.octree) {
      DEW_ASSIGN(low, reader.signed_varint());
    }
  }
  if (head.has_absent()) {
    DEW_ASSIGN(head.absent, read_absent_value(reader, head.plans));
  }
  DEW_ASSIGN(head.patches, read_loose_points(reader, head.points, budget));
  DEW_TRY(reader.expect_end());
  DEW_TRY(budget.take_elements(head.points, reader.offset()));
  return head;
}

}  // namespace dew
