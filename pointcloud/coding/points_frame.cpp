// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/points_frame.h"

#include <algorithm>

#include "entropy/pool.h"
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

/// Where the octree of the coordinates begins; nothing where they are not three whole numbers in its order.
std::optional<OctreeLow> plan_octree(const std::vector<Group>& groups, const std::vector<std::vector<int64_t>>& integers) {
  if (groups.empty() || !is_geometry(groups[0]) || groups[0].channels != 3) return {};
  const std::vector<int64_t> xyz = interleave(groups[0], integers, {0, integers[groups[0].plans[0]].size()});
  const std::optional<OctreeLow> low = octree_low(xyz);
  return low && in_octree_order(xyz, *low) ? low : std::nullopt;
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

/// How points are coded: field by field, as beams (what is known of them taken from there and left there), all fields of a point
/// together, or coordinates that come in the order of an octree as one.
struct PointsWay {
  std::optional<FittedBeams>* beams = nullptr;
  bool as_records = false;
  bool as_octree = false;
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
  DEW_TRY(try_as(options, {nullptr, false, true}));
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
  std::optional<OctreeLow> octree;
  if (way.as_octree && !has_absent) octree = plan_octree(groups, integers);
  if (way.as_octree && !octree) return CodedFrame{};
  CodedFrame frame;
  frame.kind = FrameKind::points;
  const std::vector<uint64_t> present = count_present(absent.absent);
  frame.returns = has_absent ? present.back() : cloud.points;
  ByteWriter head;
  head.varint(cloud.points);
  head.varint(slices);
  head.u8(static_cast<uint8_t>((quantised ? kQuantised : 0) | (has_absent ? kAbsent : 0) | (beams ? kBeams : 0) |
                               (records.empty() ? 0 : kRecords) | (octree ? kOctree : 0)));
  if (quantised) head.f64(step_m);
  write_plans(plans, head);
  if (beams) write_beams(beams->head, head);
  if (!records.empty()) write_records(records, groups, head);
  if (octree) {
    for (const int64_t low : *octree) head.signed_varint(low);
  }
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
      if (octree && &group == &groups[0]) {
        writers[i].add(group.part, encode_octree(interleave(group, integers, span), *octree));
        continue;
      }
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

}  // namespace
}  // namespace dew
