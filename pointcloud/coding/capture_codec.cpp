// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/capture_codec.h"

#include <algorithm>

#include "entropy/pool.h"
#include "pointcloud/coding/further_return.h"
#include "pointcloud/coding/grid_frame.h"
#include "pointcloud/coding/layout_numbers.h"
#include "pointcloud/coding/packet_stream.h"
#include "pointcloud/coding/scan_cells.h"

namespace dew {
namespace {

constexpr uint64_t kCellsPerSlice = 32768, kMostSlices = 8;

/// How the planes of one kind of packet are coded in every frame.
struct KindPlan {
  bool has_layout = false;  ///< false: no frame has cells of this kind
  uint32_t base = 0;        ///< the plane that the others are coded against
  ScanLayout layout;
};

FrameOptions options_for(const Scan& plane, FrameOptions options) {
  options.slices = static_cast<uint32_t>(std::clamp<uint64_t>(plane.range.size() / kCellsPerSlice, 1, kMostSlices));
  options.threads = 1;
  return options;
}

/// Ranges as a decoder has them.
Scan coarse(Scan plane, uint32_t step) {
  if (step == 1) return plane;
  for (uint32_t& range : plane.range) {
    range = decoded_range(coded_range(range, step), step, plane.range_bytes);
  }
  return plane;
}

/// The bytes of one kind in one frame, and what of them are intensities.
struct CodedKind {
  Bytes bytes;
  PartSizes part_bytes{};
  uint64_t returns = 0;
};

Result<CodedKind> encode_kind(const CaptureFrame& frame, const PacketKind& kind, const KindPlan& plan, const FrameOptions& options) {
  CodedKind coded;
  const Scan& base = frame.planes[kind.first_plane + plan.base];
  if (base.columns == 0) return coded;
  DEW_ASSIGN(const CodedFrame cells, encode_scan_cells(base, plan.layout, options_for(base, options)));
  ByteWriter writer;
  writer.sized_bytes(cells.head);
  writer.varint(cells.slices.size());
  for (const Bytes& slice : cells.slices) writer.sized_bytes(slice);
  coded.part_bytes = cells.part_bytes;
  coded.returns = cells.returns;
  const uint32_t step = scan_range_step(base.tick_um, options);
  const Scan decoded_base = coarse(base, step);
  for (uint32_t i = 0; i < kind.layout.planes; ++i) {
    if (i == plan.base) continue;
    const Scan further = coarse(frame.planes[kind.first_plane + i], step);
    DEW_ASSIGN(const Bytes bytes, encode_further_return(further, decoded_base));
    writer.sized_bytes(bytes);
    coded.returns +=
        static_cast<uint64_t>(std::count_if(further.range.begin(), further.range.end(), [](uint32_t range) { return range != 0; }));
  }
  coded.bytes = writer.take();
  return coded;
}

/// Layout from the frame with the most columns; base plane by trying.
Result<KindPlan> plan_kind(const Capture& capture, const PacketKind& kind, const FrameOptions& options,
                           const std::optional<ScanLayout>& known) {
  KindPlan plan;
  const CaptureFrame* widest = nullptr;
  for (const CaptureFrame& frame : capture.frames) {
    if (kind.first_plane >= frame.planes.size() || frame.planes[kind.first_plane].range.empty()) continue;
    if (widest == nullptr || frame.planes[kind.first_plane].columns > widest->planes[kind.first_plane].columns) widest = &frame;
  }
  if (widest == nullptr) return plan;
  const Scan& scan = widest->planes[kind.first_plane];
  plan.has_layout = true;
  plan.layout = known && fits(*known, scan) ? *known : find_scan_layout(scan);
  size_t smallest = 0;
  FrameOptions trial = options;
  trial.range_network = nullptr;
  for (uint32_t base = 0; base < kind.layout.planes && kind.layout.planes > 1; ++base) {
    KindPlan candidate = plan;
    candidate.base = base;
    DEW_ASSIGN(const CodedKind coded, encode_kind(*widest, kind, candidate, trial));
    if (base == 0 || coded.bytes.size() < smallest) {
      smallest = coded.bytes.size();
      plan.base = base;
    }
  }
  return plan;
}

void write_plan(const KindPlan& plan, ByteWriter& head) {
  head.u8(plan.has_layout ? 1 : 0);
  if (!plan.has_layout) return;
  head.varint(plan.base);
  write_layout(plan.layout, head);
}

Result<KindPlan> read_plan(ByteReader& head, const PacketKind& kind, Budget& budget) {
  KindPlan plan;
  DEW_ASSIGN(const uint8_t has_layout, head.u8());
  if (has_layout > 1) return Error{Code::corrupt, head.offset(), "unknown flag of a capture's kind"};
  plan.has_layout = has_layout == 1;
  if (!plan.has_layout) return plan;
  DEW_ASSIGN(const uint64_t base, head.varint());
  if (base >= kind.layout.planes) return Error{Code::corrupt, head.offset(), "a capture's kind is out of range"};
  plan.base = static_cast<uint32_t>(base);
  DEW_ASSIGN(plan.layout, read_layout(head, kind.layout.lasers, budget));
  return plan;
}

Status decode_kind(ByteReader& reader, const PacketKind& kind, const KindPlan& plan, const FrameInput& input, CaptureFrame& frame,
                   Budget& budget) {
  Scan& base = frame.planes[kind.first_plane + plan.base];
  if (base.columns == 0) return {};
  if (!plan.has_layout) return Error{Code::corrupt, reader.offset(), "a frame has cells of a kind without a layout"};
  DEW_ASSIGN(const ByteSpan head_bytes, reader.sized_bytes());
  const uint64_t head_offset = reader.offset() - head_bytes.size();
  DEW_ASSIGN(const uint64_t slice_count, reader.varint());
  if (slice_count > reader.remaining()) return Error{Code::corrupt, reader.offset(), "more slices than bytes"};
  FrameInput cells = input;
  cells.threads = 1;
  cells.slices.clear();
  for (uint64_t i = 0; i < slice_count; ++i) {
    DEW_ASSIGN(const ByteSpan slice, reader.sized_bytes());
    cells.slices.push_back(SliceView{slice, reader.offset() - slice.size()});
  }
  ByteReader head(head_bytes, head_offset);
  DEW_TRY(decode_scan_cells(head, cells, plan.layout, base));
  DEW_TRY(head.expect_end());
  for (uint32_t i = 0; i < kind.layout.planes; ++i) {
    if (i == plan.base) continue;
    DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
    DEW_TRY(decode_further_return(coded, base, frame.planes[kind.first_plane + i], budget));
  }
  return {};
}

bool has_cells(const PacketKind& kind) { return kind.layout.columns > 0 && kind.layout.planes > 0; }

}  // namespace

Result<CodedCapture> encode_capture(const Capture& capture, const FrameOptions& options, const std::optional<ScanLayout>& known) {
  DEW_ASSIGN(const RestCoder rest, RestCoder::learn(capture));
  CodedCapture coded;
  std::vector<KindPlan> plans;
  for (const PacketKind& kind : capture.kinds) {
    DEW_ASSIGN(KindPlan plan, has_cells(kind) ? plan_kind(capture, kind, options, known) : Result<KindPlan>(KindPlan{}));
    if (plan.has_layout) coded.layouts.push_back(plan.layout);
    plans.push_back(std::move(plan));
  }
  ByteWriter head;
  head.sized_bytes(rest.encode_head());
  for (size_t k = 0; k < plans.size(); ++k) {
    if (has_cells(capture.kinds[k])) write_plan(plans[k], head);
  }
  coded.part_bytes[static_cast<size_t>(Part::geometry)] += head.size();
  coded.head = head.take();

  coded.frames.resize(capture.frames.size());
  std::vector<CodedCapture> frames(capture.frames.size());
  const Status status = parallel_for(capture.frames.size(), options.threads, [&](size_t i) -> Status {
    const CaptureFrame& frame = capture.frames[i];
    DEW_ASSIGN(const Bytes rest_bytes, rest.encode_frame(frame));
    DEW_ASSIGN(const RestBits bits, rest.measure_frame(frame));
    ByteWriter writer;
    writer.sized_bytes(rest_bytes);
    // Times are the rest's other part; what is neither is geometry: angles, headers, counters.
    const uint64_t time_bytes = std::min<uint64_t>(rest_bytes.size(), static_cast<uint64_t>(bits.time / 8));
    frames[i].part_bytes[static_cast<size_t>(Part::time)] += time_bytes;
    for (size_t k = 0; k < plans.size(); ++k) {
      if (!has_cells(capture.kinds[k])) continue;
      DEW_ASSIGN(const CodedKind kind, encode_kind(frame, capture.kinds[k], plans[k], options));
      writer.bytes(kind.bytes);
      frames[i].part_bytes[static_cast<size_t>(Part::intensity)] += kind.part_bytes[static_cast<size_t>(Part::intensity)];
      frames[i].returns += kind.returns;
    }
    for (const Scan& plane : frame.planes) frames[i].cells += plane.range.size();
    coded.frames[i] = writer.take();
    return {};
  });
  DEW_TRY(status);
  for (const CodedCapture& frame : frames) {
    for (size_t part = 0; part < kParts; ++part) coded.part_bytes[part] += frame.part_bytes[part];
    coded.cells += frame.cells;
    coded.returns += frame.returns;
  }
  return coded;
}

Result<Capture> decode_capture(const SliceView& head_view, const std::vector<std::optional<SliceView>>& frames, const FrameInput& input) {
  ByteReader head(head_view.payload, head_view.offset);
  DEW_ASSIGN(const ByteSpan rest_head, head.sized_bytes());
  DEW_ASSIGN(const RestDecoder rest, decode_rest_head(rest_head, input.limits));
  Capture capture = rest.shared();
  std::vector<KindPlan> plans;
  Budget head_budget(input.limits);
  for (const PacketKind& kind : capture.kinds) {
    DEW_ASSIGN(KindPlan plan, has_cells(kind) ? read_plan(head, kind, head_budget) : Result<KindPlan>(KindPlan{}));
    plans.push_back(std::move(plan));
  }
  DEW_TRY(head.expect_end());

  std::vector<CaptureFrame> decoded(frames.size());
  const Status status = parallel_for(frames.size(), input.threads, [&](size_t i) -> Status {
    if (!frames[i]) return {};
    Budget budget(input.limits);
    ByteReader reader(frames[i]->payload, frames[i]->offset);
    DEW_ASSIGN(const ByteSpan rest_bytes, reader.sized_bytes());
    DEW_ASSIGN(decoded[i], rest.decode_frame(rest_bytes, input.limits));
    for (size_t k = 0; k < plans.size(); ++k) {
      if (has_cells(capture.kinds[k])) DEW_TRY(decode_kind(reader, capture.kinds[k], plans[k], input, decoded[i], budget));
    }
    return reader.expect_end();
  });
  DEW_TRY(status);
  for (size_t i = 0; i < frames.size(); ++i) {
    if (frames[i]) capture.frames.push_back(std::move(decoded[i]));
  }
  return capture;
}

}  // namespace dew
