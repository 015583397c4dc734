// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/points_frame.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "entropy/pool.h"
#include "pointcloud/coding/absent_points.h"
#include "pointcloud/coding/point_lists.h"

namespace dew {
namespace {

constexpr uint32_t kMinSlicePoints = 64;
constexpr uint32_t kMaxSlicePoints = 1u << 20;
/// Part of the format. The coordinates are whole steps of head.step_m, else they are fields like the others; some points are absent.
constexpr uint8_t kQuantised = 1, kAbsent = 2;

/// Points [first, end) of slice `index`.
struct PointSpan {
  uint64_t first, end;
};
PointSpan slice_points(uint64_t points, uint32_t slices, uint32_t index) { return {points * index / slices, points * (index + 1) / slices}; }

uint32_t slice_count(uint64_t points, uint32_t wanted) {
  const uint64_t most = std::max<uint64_t>(1, points / kMinSlicePoints);
  const uint64_t least = (points + kMaxSlicePoints - 1) / kMaxSlicePoints;
  return static_cast<uint32_t>(std::max(std::min<uint64_t>(wanted, most), std::max<uint64_t>(least, 1)));
}

/// Integers of all fields that are coded together: x, y, z as one group where they are alike, every other field on its own.
struct Group {
  std::vector<size_t> plans;   ///< fields, in order
  size_t channels = 0;
  Part part = Part::other;
};

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

/// A group's values of the points of one slice, point after point.
std::vector<int64_t> interleave(const Group& group, const std::vector<std::vector<int64_t>>& integers, PointSpan span) {
  if (group.plans.size() == 1) {
    const auto& all = integers[group.plans[0]];
    return {all.begin() + static_cast<ptrdiff_t>(span.first * group.channels), all.begin() + static_cast<ptrdiff_t>(span.end * group.channels)};
  }
  std::vector<int64_t> out;
  out.reserve((span.end - span.first) * group.channels);
  for (uint64_t i = span.first; i < span.end; ++i) {
    for (const size_t plan : group.plans) out.push_back(integers[plan][i]);
  }
  return out;
}

/// Whole steps of a coordinate field, or nothing where a value is not finite or too far out.
bool quantise(const Field& field, double step_m, std::vector<int64_t>& out) {
  for (const float value : field.values<float>()) {
    const double steps = static_cast<double>(value) / step_m;
    if (!(std::abs(steps) < 1e15)) return false;
    out.push_back(static_cast<int64_t>(std::floor(steps + 0.5)));
  }
  return true;
}

Bytes dequantise(const std::vector<int64_t>& steps, double step_m) {
  Bytes out(steps.size() * sizeof(float));
  for (size_t i = 0; i < steps.size(); ++i) {
    const float value = static_cast<float>(static_cast<double>(steps[i]) * step_m);
    std::memcpy(out.data() + i * sizeof(float), &value, sizeof(float));
  }
  return out;
}

/// Points whose dequantised place is beyond the bound: float rounding far from the origin.
std::vector<LoosePoint> find_patches(const Cloud& cloud, const std::vector<std::vector<int64_t>>& integers, std::span<const uint8_t> absent, double step_m, double max_error_m) {
  const PointsView original = points_view(cloud);
  std::vector<Float3> decoded(cloud.points);
  for (size_t f = 0; f < cloud.fields.size(); ++f) {
    const std::string& name = cloud.fields[f].name;
    const size_t axis = name == "x" ? 0 : name == "y" ? 1 : name == "z" ? 2 : 3;
    if (axis == 3) continue;
    const std::span<const float> wanted = axis == 0 ? original.x : axis == 1 ? original.y : original.z;
    size_t next = 0;
    for (size_t i = 0; i < decoded.size(); ++i) {
      const bool is_absent = !absent.empty() && absent[i];
      decoded[i][axis] = is_absent ? wanted[i] : static_cast<float>(static_cast<double>(integers[f][next++]) * step_m);
    }
  }
  return points_beyond(original, decoded, max_error_m);
}

/// Points of [0, end) that are not absent.
std::vector<uint64_t> count_present(std::span<const uint8_t> absent) {
  std::vector<uint64_t> before(absent.size() + 1, 0);
  for (size_t i = 0; i < absent.size(); ++i) before[i + 1] = before[i] + (absent[i] ? 0 : 1);
  return before;
}

/// The fields as they are coded: coordinates without those of absent points.
std::vector<Field> coded_fields(const Cloud& cloud, const AbsentPoints& absent) {
  std::vector<Field> fields = cloud.fields;
  if (absent.absent.empty()) return fields;
  for (const size_t f : absent.fields) fields[f].data = without_absent(cloud.fields[f], absent.absent);
  return fields;
}

}  // namespace

Result<CodedFrame> encode_points(const Cloud& cloud, const FrameOptions& options) {
  const AbsentPoints absent = find_absent_points(cloud);
  const bool has_absent = !absent.absent.empty();
  Cloud coded;
  coded.fields = coded_fields(cloud, absent);
  std::vector<AttributePlan> plans = plan_attributes(coded, {}, 0);
  // A cube of half this edge reaches the bound at its corners; a thousandth is left for float rounding.
  const double step_m = 2 * options.max_error_m / std::sqrt(3.0) * 0.999;
  bool quantised = options.mode == Mode::max_error && points_view(cloud).size() == cloud.points && cloud.points > 0;
  std::vector<std::vector<int64_t>> integers(plans.size());
  if (quantised) {
    for (size_t f = 0; f < plans.size() && quantised; ++f) {
      if (part_of_field(plans[f].name) == Part::geometry) quantised = quantise(coded.fields[f], step_m, integers[f]);
    }
  }
  for (size_t f = 0; f < plans.size(); ++f) {
    const bool whole_steps = quantised && part_of_field(plans[f].name) == Part::geometry;
    if (whole_steps) plans[f].method = AttributeMethod::sequence, plans[f].values.clear();
    if (!whole_steps) integers[f] = to_integers(coded.fields[f], plans[f].view);
  }
  // Constants take no bytes, and a decoder makes no more points than bytes pay for: one field is then coded point by point.
  const bool all_constant = std::all_of(plans.begin(), plans.end(), [](const AttributePlan& plan) { return plan.method == AttributeMethod::constant; });
  if (all_constant && !plans.empty() && cloud.points > max_cells(0)) plans[0].method = AttributeMethod::sequence, plans[0].values.clear();
  const std::vector<Group> groups = group_plans(plans, quantised);
  const uint32_t slices = slice_count(cloud.points, options.slices);

  CodedFrame frame;
  frame.kind = FrameKind::points;
  const std::vector<uint64_t> present = count_present(absent.absent);
  frame.returns = has_absent ? present.back() : cloud.points;
  ByteWriter head;
  head.varint(cloud.points);
  head.varint(slices);
  head.u8(static_cast<uint8_t>((quantised ? kQuantised : 0) | (has_absent ? kAbsent : 0)));
  if (quantised) head.f64(step_m);
  write_plans(plans, head);
  if (has_absent) write_absent_value(absent, head);
  write_loose_points(quantised ? find_patches(cloud, integers, absent.absent, step_m, options.max_error_m) : std::vector<LoosePoint>{}, head);
  frame.part_bytes[static_cast<size_t>(Part::geometry)] += head.size();
  frame.head = head.take();

  std::vector<SliceWriter> writers(slices);
  parallel_for(slices, options.threads, [&](size_t i) {
    const PointSpan span = slice_points(cloud.points, slices, static_cast<uint32_t>(i));
    if (has_absent) writers[i].add(Part::geometry, encode_absent(std::span(absent.absent).subspan(span.first, span.end - span.first)));
    for (const Group& group : groups) {
      const bool is_sparse = has_absent && group.part == Part::geometry;
      const PointSpan coded_span = is_sparse ? PointSpan{present[span.first], present[span.end]} : span;
      writers[i].add(group.part, encode_sequence(interleave(group, integers, coded_span), group.channels));
    }
  });
  for (SliceWriter& writer : writers) {
    for (size_t part = 0; part < kParts; ++part) frame.part_bytes[part] += writer.sizes()[part];
    frame.slices.push_back(writer.take());
  }
  return frame;
}

Result<Cloud> decode_points(ByteReader& reader, const FrameInput& input) {
  Budget budget(input.limits);
  DEW_ASSIGN(const uint64_t points, reader.varint());
  DEW_ASSIGN(const uint64_t slices, reader.varint());
  DEW_ASSIGN(const uint8_t flags, reader.u8());
  if (slices != input.slices.size() || slices == 0 || flags > (kQuantised | kAbsent)) return Error{Code::corrupt, reader.offset(), "a points frame's numbers disagree with its slices"};
  double step_m = 0;
  if (flags & kQuantised) {
    DEW_ASSIGN(step_m, reader.f64());
    if (!(step_m > 0 && step_m < 1e6)) return Error{Code::corrupt, reader.offset(), "the coordinate step is out of range"};
  }
  DEW_ASSIGN(const std::vector<AttributePlan> plans, read_plans(reader, 0, budget));
  AbsentPoints absent;
  if (flags & kAbsent) {
    DEW_ASSIGN(absent, read_absent_value(reader, plans));
  }
  DEW_ASSIGN(const std::vector<LoosePoint> patches, read_loose_points(reader, points, budget));
  DEW_TRY(reader.expect_end());
  DEW_TRY(budget.take_elements(points, reader.offset()));
  const std::vector<Group> groups = group_plans(plans, flags & kQuantised);

  uint64_t coded_bytes = reader.position();
  for (const auto& slice : input.slices) coded_bytes += slice ? slice->payload.size() : 0;
  if (points > max_cells(coded_bytes)) return Error{Code::corrupt, reader.offset(), std::to_string(points) + " points are more than the file's bytes can hold"};

  // Here and not in the slices, whose budgets are their own: the integers twice, and the field.
  for (const AttributePlan& plan : plans) DEW_TRY(budget.take_memory(points * plan.values_per_point() * 3 * sizeof(int64_t), reader.offset()));

  // [slice][group], joined in order afterwards.
  std::vector<std::vector<std::vector<int64_t>>> decoded(slices);
  std::vector<std::vector<uint8_t>> absent_of_slice(slices);
  const Status status = parallel_for(slices, input.threads, [&](size_t i) -> Status {
    if (!input.slices[i]) return {};
    const PointSpan span = slice_points(points, static_cast<uint32_t>(slices), static_cast<uint32_t>(i));
    Budget slice_budget(input.limits);
    ByteReader slice(input.slices[i]->payload, input.slices[i]->offset);
    uint64_t present = span.end - span.first;
    if (flags & kAbsent) {
      DEW_ASSIGN(const ByteSpan coded, slice.sized_bytes());
      DEW_ASSIGN(absent_of_slice[i], decode_absent(coded, span.end - span.first, slice_budget, slice.offset()));
      present = static_cast<uint64_t>(std::count(absent_of_slice[i].begin(), absent_of_slice[i].end(), 0));
    }
    for (const Group& group : groups) {
      DEW_ASSIGN(const ByteSpan coded, slice.sized_bytes());
      const uint64_t in_group = group.part == Part::geometry ? present : span.end - span.first;
      DEW_ASSIGN(std::vector<int64_t> values, decode_sequence(coded, in_group, group.channels, slice_budget, slice.offset()));
      decoded[i].push_back(std::move(values));
    }
    return slice.expect_end();
  });
  DEW_TRY(status);

  Cloud cloud;
  bool missing = false;
  for (uint32_t i = 0; i < slices; ++i) {
    const PointSpan span = slice_points(points, static_cast<uint32_t>(slices), i);
    if (input.slices[i]) cloud.points += span.end - span.first;
    missing |= !input.slices[i];
    absent.absent.insert(absent.absent.end(), absent_of_slice[i].begin(), absent_of_slice[i].end());
  }
  const uint64_t present = static_cast<uint64_t>(std::count(absent.absent.begin(), absent.absent.end(), 0));
  for (size_t f = 0; f < plans.size(); ++f) {
    const AttributePlan& plan = plans[f];
    const size_t per_point = plan.values_per_point();
    const auto axis = std::find(absent.fields.begin(), absent.fields.end(), f);
    const bool is_sparse = (flags & kAbsent) && axis != absent.fields.end();
    const uint64_t in_field = is_sparse ? present : cloud.points;
    std::vector<int64_t> integers;
    integers.reserve(in_field * per_point);
    if (plan.method == AttributeMethod::constant) {
      for (uint64_t i = 0; i < in_field; ++i) integers.insert(integers.end(), plan.values.begin(), plan.values.end());
    }
    for (size_t g = 0; g < groups.size(); ++g) {
      const auto place = std::find(groups[g].plans.begin(), groups[g].plans.end(), f);
      if (place == groups[g].plans.end()) continue;
      const size_t channel = groups[g].plans.size() == 1 ? 0 : static_cast<size_t>(place - groups[g].plans.begin());
      for (const auto& slice : decoded) {
        if (slice.empty()) continue;
        for (size_t i = channel; i < slice[g].size(); i += groups[g].channels) {
          integers.insert(integers.end(), slice[g].begin() + static_cast<ptrdiff_t>(i), slice[g].begin() + static_cast<ptrdiff_t>(i + per_point));
        }
      }
    }
    Field field{plan.name, plan.type, plan.count, {}};
    const bool whole_steps = (flags & kQuantised) && part_of_field(plan.name) == Part::geometry;
    if (whole_steps && (plan.type != FieldType::f32 || plan.count != 1)) return Error{Code::corrupt, reader.offset(), "quantised coordinates are not floats"};
    field.data = whole_steps ? dequantise(integers, step_m) : from_integers(integers, plan.type, plan.view);
    if (is_sparse && field.data.size() == in_field * field.bytes_per_point()) {
      field.data = with_absent(field.data, absent.value[static_cast<size_t>(axis - absent.fields.begin())], absent.absent);
    }
    if (field.data.size() != cloud.points * field.bytes_per_point()) return Error{Code::corrupt, reader.offset(), "a field does not hold all points"};
    cloud.fields.push_back(std::move(field));
  }
  if (missing) return cloud;
  for (const LoosePoint& patch : patches) {
    for (Field& field : cloud.fields) {
      const size_t axis = field.name == "x" ? 0 : field.name == "y" ? 1 : field.name == "z" ? 2 : 3;
      if (axis < 3 && field.type == FieldType::f32 && field.count == 1) field.values<float>()[patch.index] = patch.position[axis];
    }
  }
  return cloud;
}

}  // namespace dew
