// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "entropy/pool.h"
#include "pointcloud/coding/cell_bits.h"
#include "pointcloud/coding/point_records.h"
#include "pointcloud/coding/points_frame.h"
#include "pointcloud/coding/points_layout.h"
#include "pointcloud/coding/points_quantise.h"
#include "pointcloud/half.h"

namespace dew {
namespace {

/// What one slice holds; nothing where it is missing.
struct DecodedSlice {
  std::vector<uint8_t> absent;  ///< a point; empty where no point of the frame is absent
  std::vector<std::vector<int64_t>> of_group;
};

/// Labels from the integers of a field.
Result<std::vector<uint8_t>> labels_of(std::span<const int64_t> integers, size_t labels, uint64_t offset) {
  std::vector<uint8_t> out;
  for (const int64_t value : integers) {
    if (value < 0 || value >= static_cast<int64_t>(labels))
      return Error{Code::corrupt, offset, "a laser number that is none of the frame's"};
    out.push_back(static_cast<uint8_t>(value));
  }
  return out;
}

/// The fields first, then the coordinates as beams; of_group keeps the order of groups.
Result<DecodedSlice> decode_beam_slice(const SliceView& view, const PointsHead& head, PointSpan span, const DecodeLimits& limits,
                                       FrameBits* bits) {
  const uint64_t points = span.end - span.first;
  Budget budget(limits);
  ByteReader reader(view.payload, view.offset);
  DecodedSlice slice;
  slice.of_group.resize(head.groups.size());
  const auto cells = [&](Part part) { return bits == nullptr ? std::span<float>() : cells_of(bits, part).subspan(span.first, points); };
  std::vector<uint8_t> labels;
  const Beams& beams = head.beams->beams;
  for (size_t g = 1; g < head.groups.size(); ++g) {
    const Group& group = head.groups[g];
    DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
    DEW_ASSIGN(slice.of_group[g], decode_sequence(coded, points, group.channels, budget, reader.offset(), cells(group.part)));
    if (head.beams->label_field == group.plans[0]) {
      DEW_ASSIGN(labels, labels_of(slice.of_group[g], beams.labels(), reader.offset()));
    }
  }
  if (!head.beams->label_field) {
    DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
    DEW_ASSIGN(labels, decode_labels(beams, coded, points, budget, reader.offset(), cells(Part::geometry)));
  }
  DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
  DEW_ASSIGN(slice.of_group[0], decode_beam_points(beams, head.scales, labels, {span.first, head.points}, coded, budget, reader.offset(),
                                                   cells(Part::geometry)));
  DEW_TRY(reader.expect_end());
  return slice;
}

Result<DecodedSlice> decode_slice(const SliceView& view, const PointsHead& head, PointSpan span, const DecodeLimits& limits,
                                  FrameBits* bits) {
  if (head.beams) return decode_beam_slice(view, head, span, limits, bits);
  const uint64_t points = span.end - span.first;
  Budget budget(limits);
  ByteReader reader(view.payload, view.offset);
  DecodedSlice slice;
  if (!head.records.empty()) {
    DEW_ASSIGN(slice.of_group, decode_records(reader, head.records, head.groups, span, budget, bits));
    DEW_TRY(reader.expect_end());
    return slice;
  }
  uint64_t present = points;
  if (head.has_absent()) {
    DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
    DEW_ASSIGN(slice.absent, decode_absent(coded, points, budget, reader.offset()));
    present = static_cast<uint64_t>(std::count(slice.absent.begin(), slice.absent.end(), 0));
  }
  for (const Group& group : head.groups) {
    DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
    if (head.octree && slice.of_group.empty()) {
      const auto shares = bits == nullptr ? std::span<float>() : cells_of(bits, group.part).subspan(span.first, points);
      DEW_ASSIGN(std::vector<int64_t> xyz, decode_octree(coded, points, *head.octree, budget, reader.offset(), shares));
      slice.of_group.push_back(std::move(xyz));
      continue;
    }
    // Where some points are absent, those that are there have other numbers.
    const bool counted = bits != nullptr && (group.part != Part::geometry || present == points);
    const std::span<float> cells = counted ? cells_of(bits, group.part).subspan(span.first, points) : std::span<float>();
    DEW_ASSIGN(std::vector<int64_t> values,
               decode_sequence(coded, group.part == Part::geometry ? present : points, group.channels, budget, reader.offset(), cells));
    slice.of_group.push_back(std::move(values));
  }
  DEW_TRY(reader.expect_end());
  return slice;
}

/// The integers of field f, of `points` points in all slices that are there.
std::vector<int64_t> join_integers(const PointsHead& head, size_t f, uint64_t points, const std::vector<DecodedSlice>& slices) {
  const AttributePlan& plan = head.plans[f];
  const size_t per_point = plan.values_per_point();
  std::vector<int64_t> integers;
  integers.reserve(points * per_point);
  if (plan.method == AttributeMethod::constant) {
    for (uint64_t i = 0; i < points; ++i) integers.insert(integers.end(), plan.values.begin(), plan.values.end());
  }
  for (size_t g = 0; g < head.groups.size(); ++g) {
    const Group& group = head.groups[g];
    const auto place = std::find(group.plans.begin(), group.plans.end(), f);
    if (place == group.plans.end()) continue;
    const size_t channel = group.plans.size() == 1 ? 0 : static_cast<size_t>(place - group.plans.begin());
    for (const DecodedSlice& slice : slices) {
      if (slice.of_group.empty()) continue;
      const std::vector<int64_t>& values = slice.of_group[g];
      for (size_t i = channel; i < values.size(); i += group.channels) {
        integers.insert(integers.end(), values.begin() + static_cast<ptrdiff_t>(i), values.begin() + static_cast<ptrdiff_t>(i + per_point));
      }
    }
  }
  return integers;
}

/// Field f of a cloud of so many points, of which head.absent says which are absent.
Result<Field> join_field(const PointsHead& head, size_t f, uint64_t points, const std::vector<DecodedSlice>& slices) {
  const AttributePlan& plan = head.plans[f];
  const auto axis = std::find(head.absent.fields.begin(), head.absent.fields.end(), f);
  const bool is_sparse = head.has_absent() && axis != head.absent.fields.end();
  const std::vector<uint8_t>& absent = head.absent.absent;
  const uint64_t present = is_sparse ? static_cast<uint64_t>(std::count(absent.begin(), absent.end(), 0)) : points;
  const std::vector<int64_t> integers = join_integers(head, f, present, slices);
  Field field{plan.name, plan.type, plan.count, {}};
  const bool whole_steps = head.quantised() && part_of_field(plan.name) == Part::geometry;
  const bool is_float = plan.type == FieldType::f16 || plan.type == FieldType::f32 || plan.type == FieldType::f64;
  if (whole_steps && (!is_float || plan.count != 1)) return Error{Code::corrupt, 0, "quantised coordinates are not floats"};
  field.data = whole_steps ? dequantise(integers, head.step_m, plan.type) : from_integers(integers, plan.type, plan.view);
  if (field.data.size() != present * field.bytes_per_point()) return Error{Code::corrupt, 0, "a field does not hold all points"};
  if (is_sparse) field.data = with_absent(field.data, head.absent.value[static_cast<size_t>(axis - head.absent.fields.begin())], absent);
  return field;
}

void apply_patches(const std::vector<LoosePoint>& patches, Cloud& cloud) {
  for (const LoosePoint& patch : patches) {
    for (Field& field : cloud.fields) {
      const size_t axis = field.name == "x" ? 0 : field.name == "y" ? 1 : field.name == "z" ? 2 : 3;
      if (axis == 3 || field.count != 1) continue;
      if (field.type == FieldType::f32) field.values<float>()[patch.index] = patch.position[axis];
      if (field.type == FieldType::f16) field.values<uint16_t>()[patch.index] = double_to_half(static_cast<double>(patch.position[axis]));
    }
  }
}

}  // namespace

Result<Cloud> decode_points(ByteReader& reader, const FrameInput& input) {
  Budget budget(input.limits);
  const uint64_t slices = input.slices.size();
  DEW_ASSIGN(PointsHead head, read_points_head(reader, slices, budget));
  uint64_t coded_bytes = reader.position() - std::min<uint64_t>(input.shared_bytes, reader.position());
  for (const auto& slice : input.slices) coded_bytes += slice ? slice->payload.size() : 0;
  if (head.points > max_cells(coded_bytes))
    return Error{Code::corrupt, reader.offset(), std::to_string(head.points) + " points are more than the file's bytes can hold"};
  // Here and not in the slices, whose budgets are their own: the integers twice, and the field.
  for (const AttributePlan& plan : head.plans)
    DEW_TRY(budget.take_memory(head.points * plan.values_per_point() * 3 * sizeof(int64_t), reader.offset()));

  const auto span_of = [&](size_t i) { return slice_points(head.points, static_cast<uint32_t>(slices), static_cast<uint32_t>(i)); };
  FrameBits* bits = allocated_bits(input.bits, head.points);
  std::vector<DecodedSlice> decoded(slices);
  DEW_TRY(parallel_for(slices, input.threads, [&](size_t i) -> Status {
    if (!input.slices[i]) return {};
    DEW_ASSIGN(decoded[i], decode_slice(*input.slices[i], head, span_of(i), input.limits, bits));
    return {};
  }));

  Cloud cloud;
  std::vector<std::optional<uint64_t>> first_of_slice(slices);
  for (size_t i = 0; i < slices; ++i) {
    if (!input.slices[i]) continue;
    first_of_slice[i] = cloud.points;
    cloud.points += span_of(i).end - span_of(i).first;
    head.absent.absent.insert(head.absent.absent.end(), decoded[i].absent.begin(), decoded[i].absent.end());
  }
  for (size_t f = 0; f < head.plans.size(); ++f) {
    DEW_ASSIGN(Field field, join_field(head, f, cloud.points, decoded));
    cloud.fields.push_back(std::move(field));
  }
  size_t slice = 0;
  std::vector<LoosePoint> patches;
  for (const LoosePoint& patch : head.patches) {
    while (span_of(slice).end <= patch.index) ++slice;
    if (first_of_slice[slice])
      patches.push_back({static_cast<uint32_t>(*first_of_slice[slice] + patch.index - span_of(slice).first), patch.position});
  }
  apply_patches(patches, cloud);
  return cloud;
}

}  // namespace dew
