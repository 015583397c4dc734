// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/points_frame.h"

#include <algorithm>

#include "entropy/pool.h"
#include "pointcloud/coding/cell_bits.h"
#include "pointcloud/coding/firing_order_frame.h"
#include "pointcloud/coding/point_records.h"
#include "pointcloud/coding/points_layout.h"
#include "pointcloud/coding/points_quantise.h"
#include "pointcloud/sensor/beam_fit.h"

namespace dew {
namespace {

/// The field whose integers can be labels of beams.
std::optional<size_t> label_field(const std::vector<AttributePlan>& plans, std::span<const uint16_t> ring) {
  for (size_t i = 0; i < plans.size(); ++i) {
    const AttributePlan& plan = plans[i];
    if (part_of_field(plan.name) != Part::ring || plan.count != 1) continue;
    if (plan.method != AttributeMethod::sequence || ring.empty()) return {};
    return i;
  }
  return {};
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

/// How the frame's coordinates are coded as beams, where they can be.
struct BeamPlan {
  BeamsHead head;
  std::vector<uint8_t> labels;
  std::array<CoordinateScale, 3> scales;
};

/// What was found of a cloud's lasers: the same however its coordinates are coded, and by far what takes longest.
struct FittedBeams {
  bool by_field = false;  ///< a field gave the lasers
  std::optional<BeamFit> fit;
};

std::optional<BeamPlan> plan_beams(const Cloud& cloud, const std::vector<AttributePlan>& plans, const std::vector<Group>& groups,
                                   const std::vector<std::vector<int64_t>>& integers, bool quantised, double step_m,
                                   std::optional<FittedBeams>& fitted) {
  const auto scales = beam_scales(plans, groups, quantised, step_m);
  const Result<std::vector<Vec3>> points = positions_m(cloud);
  if (!scales || !points.ok()) return {};
  for (size_t axis = 0; axis < 3; ++axis) {
    for (const int64_t q : integers[groups[0].plans[axis]]) {
      if ((*scales)[axis].limited(q) != q) return {};
    }
  }
  const std::optional<std::vector<uint16_t>> ring = ring_numbers(cloud);
  const auto field = ring ? label_field(plans, *ring) : std::nullopt;
  if (!fitted || fitted->by_field != field.has_value())
    fitted = FittedBeams{field.has_value(), fit_beams(*points, field ? std::span<const uint16_t>(*ring) : std::span<const uint16_t>())};
  if (!fitted->fit) return {};
  return BeamPlan{{fitted->fit->beams, field}, fitted->fit->labels, *scales};
}

/// A slice of a frame of beams: the fields that may give labels first.
void add_beam_slice(const BeamPlan& beams, const std::vector<Group>& groups, const std::vector<std::vector<int64_t>>& integers,
                    PointSpan span, uint64_t points, SliceWriter& writer) {
  for (const Group& group : groups) {
    if (!is_geometry(group)) writer.add(group.part, encode_sequence(interleave(group, integers, span), group.channels));
  }
  const auto labels = std::span(beams.labels).subspan(span.first, span.end - span.first);
  if (!beams.head.label_field) writer.add(Part::geometry, encode_labels(beams.head.beams, labels));
  writer.add(Part::geometry,
             encode_beam_points(beams.head.beams, beams.scales, labels, {span.first, points}, interleave(groups[0], integers, span)));
}

uint64_t all_bytes(const CodedFrame& frame) {
  uint64_t sum = frame.head.size();
  for (const Bytes& slice : frame.slices) sum += slice.size();
  return sum;
}

/// How points are coded: field by field, as beams (what is known of them taken from there and left there), or all fields of a point
/// together.
struct PointsWay {
  std::optional<FittedBeams>* beams = nullptr;
  bool as_records = false;
};

/// A frame without slices where the cloud cannot be coded this way.
Result<CodedFrame> encode_points_as(const Cloud& cloud, const FrameOptions& options, const PointsWay& way);

/// Whether fields may tell so much of one another that it is worth the time to look: a file of surveyors, or points with three attributes
/// or more.
bool may_be_records(const Cloud& cloud, const FrameOptions& options) {
  return options.effort == Effort::max || cloud.source.format == CloudFormat::las || cloud.fields.size() >= 6;
}

}  // namespace

Result<CodedFrame> encode_points(const Cloud& cloud, const FrameOptions& options) {
  DEW_ASSIGN(CodedFrame best, encode_points_as(cloud, options, {}));
  if (cloud.points == 0) return best;
  std::optional<FittedBeams> fitted;
  const auto try_as = [&](const FrameOptions& how, const PointsWay& way) -> Status {
    DEW_ASSIGN(CodedFrame frame, encode_points_as(cloud, how, way));
    if (!frame.slices.empty() && all_bytes(frame) < all_bytes(best)) best = std::move(frame);
    return {};
  };
  DEW_TRY(try_as(options, {&fitted}));
  const bool try_records = may_be_records(cloud, options) && !(fitted && fitted->fit);
  if (try_records) DEW_TRY(try_as(options, {nullptr, true}));
  // What the file itself holds may be coarser than the bound.
  if (options.mode != Mode::max_error || !has_short_coordinates(cloud)) return best;
  FrameOptions exact = options;
  exact.mode = Mode::lossless;
  DEW_TRY(try_as(exact, {}));
  DEW_TRY(try_as(exact, {&fitted}));
  if (try_records) DEW_TRY(try_as(exact, {nullptr, true}));
  return best;
}

namespace {

Result<CodedFrame> encode_points_as(const Cloud& cloud, const FrameOptions& options, const PointsWay& way) {
  const AbsentPoints absent = find_absent_points(cloud);
  const bool has_absent = !absent.absent.empty();
  Cloud coded;
  coded.fields = coded_fields(cloud, absent);
  coded.source.format = cloud.source.format;
  coded.source.header = cloud.source.header;
  std::vector<AttributePlan> plans = plan_attributes(coded, {}, 0);
  const double step_m = step_of_bound(options.max_error_m);
  bool quantised = options.mode == Mode::max_error && can_quantise(cloud);
  std::vector<std::vector<int64_t>> integers(plans.size());
  if (quantised) {
    for (size_t f = 0; f < plans.size() && quantised; ++f) {
      if (part_of_field(plans[f].name) == Part::geometry) quantised = quantise(coded.fields[f], step_m, integers[f]);
    }
  }
  for (size_t f = 0; f < plans.size(); ++f) {
    const bool whole_steps = quantised && part_of_field(plans[f].name) == Part::geometry;
    if (whole_steps) plans[f].method = AttributeMethod::sequence, plans[f].values.clear();
    // One integer a point.
    if (whole_steps && integers_per_value(plans[f].view.kind) != 1) plans[f].view = {ViewKind::comb, 1};
    if (!whole_steps) integers[f] = to_integers(coded.fields[f], plans[f].view);
  }
  // Constants take no bytes, and a decoder makes no more points than bytes pay for: one field is then coded point by point.
  const bool all_constant =
      std::all_of(plans.begin(), plans.end(), [](const AttributePlan& plan) { return plan.method == AttributeMethod::constant; });
  if (all_constant && !plans.empty() && cloud.points > max_cells(0)) plans[0].method = AttributeMethod::sequence, plans[0].values.clear();
  const std::vector<Group> groups = group_plans(plans, quantised);
  const uint32_t slices = slice_count(cloud.points, options.slices);

  std::optional<BeamPlan> beams;
  if (way.beams != nullptr && !has_absent) beams = plan_beams(cloud, plans, groups, integers, quantised, step_m, *way.beams);
  if (way.beams != nullptr && !beams) return CodedFrame{};
  std::vector<RecordPlace> records;
  if (way.as_records && !has_absent) records = plan_records(plans, groups, integers);
  if (way.as_records && records.empty()) return CodedFrame{};
  CodedFrame frame;
  frame.kind = FrameKind::points;
  const std::vector<uint64_t> present = count_present(absent.absent);
  frame.returns = has_absent ? present.back() : cloud.points;
  ByteWriter head;
  head.varint(cloud.points);
  head.varint(slices);
  head.u8(static_cast<uint8_t>((quantised ? kQuantised : 0) | (has_absent ? kAbsent : 0) | (beams ? kBeams : 0) |
                               (records.empty() ? 0 : kRecords)));
  if (quantised) head.f64(step_m);
  write_plans(plans, head);
  if (beams) write_beams(beams->head, head);
  if (!records.empty()) write_records(records, groups, head);
  if (has_absent) write_absent_value(absent, head);
  write_loose_points(quantised ? find_patches(cloud, integers, absent.absent, step_m, options.max_error_m) : std::vector<LoosePoint>{},
                     head);
  frame.part_bytes[static_cast<size_t>(Part::geometry)] += head.size();
  frame.head = head.take();

  std::vector<SliceWriter> writers(slices);
  parallel_for(slices, options.threads, [&](size_t i) {
    const PointSpan span = slice_points(cloud.points, slices, static_cast<uint32_t>(i));
    if (beams) return add_beam_slice(*beams, groups, integers, span, cloud.points, writers[i]);
    if (!records.empty()) return encode_records(records, groups, integers, span, writers[i]);
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
  const bool is_double = plan.type == FieldType::f64;
  if (whole_steps && ((plan.type != FieldType::f32 && !is_double) || plan.count != 1))
    return Error{Code::corrupt, 0, "quantised coordinates are not floats"};
  field.data = !whole_steps ? from_integers(integers, plan.type, plan.view)
               : is_double  ? dequantise<double>(integers, head.step_m)
                            : dequantise<float>(integers, head.step_m);
  if (field.data.size() != present * field.bytes_per_point()) return Error{Code::corrupt, 0, "a field does not hold all points"};
  if (is_sparse) field.data = with_absent(field.data, head.absent.value[static_cast<size_t>(axis - head.absent.fields.begin())], absent);
  return field;
}

void apply_patches(const std::vector<LoosePoint>& patches, Cloud& cloud) {
  for (const LoosePoint& patch : patches) {
    for (Field& field : cloud.fields) {
      const size_t axis = field.name == "x" ? 0 : field.name == "y" ? 1 : field.name == "z" ? 2 : 3;
      if (axis < 3 && field.type == FieldType::f32 && field.count == 1) field.values<float>()[patch.index] = patch.position[axis];
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
