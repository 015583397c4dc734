// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/capture_codec.h"

#include <algorithm>

#include "entropy/pool.h"
#include "pointcloud/coding/cell_bits.h"
#include "pointcloud/coding/frame_reference.h"
#include "pointcloud/coding/further_return.h"
#include "pointcloud/coding/grid_frame.h"
#include "pointcloud/coding/layout_numbers.h"
#include "pointcloud/coding/packet_stream.h"
#include "pointcloud/coding/scan_cells.h"
#include "pointcloud/coding/sequence_chain.h"

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
  FramePicture picture;
};

Result<CodedKind> encode_kind(const CaptureFrame& frame, const PacketKind& kind, const KindPlan& plan, const FrameOptions& options,
                              ReferenceChoice& choice) {
  CodedKind coded;
  const Scan& base = frame.planes[kind.first_plane + plan.base];
  if (base.columns == 0) return coded;
  uint32_t referring = 0;
  DEW_ASSIGN(CodedFrame cells,
             choice.smaller(
                 options_for(base, options), [&](const FrameOptions& of_cells) { return encode_scan_cells(base, plan.layout, of_cells); },
                 referring));
  coded.picture = std::move(cells.picture);
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
  // As it will be coded but for networks that learn: quick models would choose otherwise.
  FrameOptions trial = options;
  trial.effort = std::min(options.effort, Effort::normal);
  for (uint32_t base = 0; base < kind.layout.planes && kind.layout.planes > 1; ++base) {
    KindPlan candidate = plan;
    candidate.base = base;
    ReferenceChoice choice;
    DEW_ASSIGN(const CodedKind coded, encode_kind(*widest, kind, candidate, trial, choice));
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

/// Cells of the planes before this one.
size_t first_cell(const CaptureFrame& frame, uint32_t plane) {
  size_t cells = 0;
  for (uint32_t i = 0; i < plane; ++i) cells += frame.planes[i].range.size();
  return cells;
}

/// What the cells of a grid took, to the cells of the plane that it is.
void add_bits(const FrameBits& grid, size_t first, FrameBits& frame) {
  for (size_t part = 0; part < kParts; ++part) {
    if (grid.of_cells[part].empty()) continue;
    for (size_t cell = 0; cell < grid.cell_of_point.size(); ++cell) {
      frame.of_cells[part][first + cell] += grid.of_cells[part][grid.cell_of_point[cell]];
    }
  }
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
  FrameBits grid_bits;
  if (input.bits != nullptr) cells.bits = &grid_bits;
  cells.threads = 1;
  cells.slices.clear();
  for (uint64_t i = 0; i < slice_count; ++i) {
    DEW_ASSIGN(const ByteSpan slice, reader.sized_bytes());
    cells.slices.push_back(SliceView{slice, reader.offset() - slice.size()});
  }
  ByteReader head(head_bytes, head_offset);
  DEW_TRY(decode_scan_cells(head, cells, plan.layout, base));
  DEW_TRY(head.expect_end());
  if (input.bits != nullptr) add_bits(grid_bits, first_cell(frame, kind.first_plane + plan.base), *input.bits);
  for (uint32_t i = 0; i < kind.layout.planes; ++i) {
    if (i == plan.base) continue;
    DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
    Scan& plane = frame.planes[kind.first_plane + i];
    std::span<float> bits = cells_of(input.bits, Part::geometry);
    if (!bits.empty()) bits = bits.subspan(first_cell(frame, kind.first_plane + i), plane.range.size());
    DEW_TRY(decode_further_return(coded, base, plane, budget, bits));
  }
  return {};
}

bool has_cells(const PacketKind& kind) { return kind.layout.columns > 0 && kind.layout.planes > 0; }

/// Part of the format.
constexpr uint8_t kFrameRefers = 1;

SequenceFrameHeader chain_header(bool refers) {
  SequenceFrameHeader header;
  header.refers = refers;
  header.background = true;
  return header;
}

/// One frame, coded; its sums are in `sums`.
struct CodedCaptureFrame {
  Bytes bytes;
  CodedCapture sums;
};

/// Encoder: frames one after the other, from one that needs no other on.
class CaptureGroup {
 public:
  CaptureGroup(const Capture& capture, const RestCoder& rest, const std::vector<KindPlan>& plans, const FrameOptions& options,
               bool may_refer)
      : capture_(capture),
        rest_(rest),
        plans_(plans),
        options_(options),
        may_refer_(may_refer),
        chains_(plans.size()),
        choices_(plans.size()) {}

  Result<CodedCaptureFrame> encode(const CaptureFrame& frame) {
    const SequenceFrameHeader header = chain_header(!first_);
    CodedCaptureFrame coded;
    ByteWriter writer;
    if (may_refer_) writer.u8(header.refers ? kFrameRefers : 0);
    DEW_ASSIGN(const RestBits bits, rest_.measure_frame(frame, state_));
    DEW_ASSIGN(const Bytes rest_bytes, rest_.encode_frame(frame, state_));
    writer.sized_bytes(rest_bytes);
    // Times are the rest's other part; what is neither is geometry: angles, headers, counters.
    coded.sums.part_bytes[static_cast<size_t>(Part::time)] += std::min<uint64_t>(rest_bytes.size(), static_cast<uint64_t>(bits.time / 8));
    for (size_t k = 0; k < plans_.size(); ++k) {
      if (!has_cells(capture_.kinds[k])) continue;
      FrameOptions options = options_;
      DEW_ASSIGN(options.reference, chains_[k].refer(header, {}));
      DEW_ASSIGN(CodedKind kind, encode_kind(frame, capture_.kinds[k], plans_[k], options, choices_[k]));
      writer.bytes(kind.bytes);
      coded.sums.part_bytes[static_cast<size_t>(Part::intensity)] += kind.part_bytes[static_cast<size_t>(Part::intensity)];
      coded.sums.returns += kind.returns;
      if (may_refer_) DEW_TRY(chains_[k].advance(header, std::move(kind.picture), {}));
    }
    for (const Scan& plane : frame.planes) coded.sums.cells += plane.range.size();
    first_ = false;
    coded.bytes = writer.take();
    return coded;
  }

 private:
  const Capture& capture_;
  const RestCoder& rest_;
  const std::vector<KindPlan>& plans_;
  const FrameOptions& options_;
  bool may_refer_, first_ = true;
  RestState state_;
  std::vector<SequenceChain> chains_;  ///< a kind
  std::vector<ReferenceChoice> choices_;
};

/// Decoder: the same.
class DecodedGroup {
 public:
  DecodedGroup(const Capture& shared, const RestDecoder& rest, const std::vector<KindPlan>& plans, const FrameInput& input, bool may_refer)
      : shared_(shared), rest_(rest), plans_(plans), input_(input), may_refer_(may_refer), chains_(plans.size()) {}

  Result<CaptureFrame> decode(const SliceView& view) {
    Budget budget(input_.limits);
    ByteReader reader(view.payload, view.offset);
    uint8_t flags = 0;
    if (may_refer_) {
      DEW_ASSIGN(flags, reader.u8());
      if (flags > kFrameRefers) return Error{Code::corrupt, reader.offset(), "unknown flag of a capture's frame"};
    }
    const SequenceFrameHeader header = chain_header(flags != 0);
    if (!header.refers) state_ = nullptr;
    DEW_ASSIGN(const ByteSpan rest_bytes, reader.sized_bytes());
    DEW_ASSIGN(CaptureFrame frame, rest_.decode_frame(rest_bytes, input_.limits, state_));
    if (input_.bits != nullptr) input_.bits->allocate(first_cell(frame, static_cast<uint32_t>(frame.planes.size())));
    for (size_t k = 0; k < plans_.size(); ++k) {
      if (!has_cells(shared_.kinds[k])) continue;
      FrameInput input = input_;
      FramePicture picture;
      input.picture = may_refer_ ? &picture : nullptr;
      DEW_ASSIGN(input.reference, chains_[k].refer(header, input_.limits));
      DEW_TRY(decode_kind(reader, shared_.kinds[k], plans_[k], input, frame, budget));
      if (may_refer_) DEW_TRY(chains_[k].advance(header, std::move(picture), input_.limits));
    }
    DEW_TRY(reader.expect_end());
    return frame;
  }

 private:
  const Capture& shared_;
  const RestDecoder& rest_;
  const std::vector<KindPlan>& plans_;
  const FrameInput& input_;
  bool may_refer_;
  RestState state_;
  std::vector<SequenceChain> chains_;
};

/// Frames [first, end) that are coded one after the other.
struct FrameGroup {
  size_t first = 0, end = 0;
};

}  // namespace

Result<CodedCapture> encode_capture(const Capture& capture, const FrameOptions& options, const std::optional<ScanLayout>& known,
                                    uint32_t intra_every) {
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

  const size_t count = capture.frames.size(), every = std::max<size_t>(1, intra_every);
  std::vector<CodedCaptureFrame> frames(count);
  const Status status = parallel_for((count + every - 1) / every, options.threads, [&](size_t group) -> Status {
    CaptureGroup coder(capture, rest, plans, options, intra_every > 1);
    for (size_t i = group * every; i < std::min(count, (group + 1) * every); ++i) {
      DEW_ASSIGN(frames[i], coder.encode(capture.frames[i]));
    }
    return {};
  });
  DEW_TRY(status);
  for (CodedCaptureFrame& frame : frames) {
    for (size_t part = 0; part < kParts; ++part) coded.part_bytes[part] += frame.sums.part_bytes[part];
    coded.cells += frame.sums.cells;
    coded.returns += frame.sums.returns;
    coded.frames.push_back(std::move(frame.bytes));
  }
  return coded;
}

bool capture_frame_refers(const SliceView& frame) { return !frame.payload.empty() && frame.payload[0] != std::byte{0}; }

Result<Capture> decode_capture(const SliceView& head_view, const std::vector<std::optional<SliceView>>& frames, bool may_refer,
                               const FrameInput& input, size_t first_kept) {
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

  std::vector<FrameGroup> groups;
  for (size_t i = 0; i < frames.size(); ++i) {
    const bool goes_on = may_refer && (!frames[i] || capture_frame_refers(*frames[i])) && !groups.empty();
    if (!goes_on) groups.push_back({i, i});
    groups.back().end = i + 1;
  }
  std::vector<std::optional<CaptureFrame>> decoded(frames.size());
  const Status status = parallel_for(groups.size(), input.threads, [&](size_t group) -> Status {
    DecodedGroup decoder(capture, rest, plans, input, may_refer);
    for (size_t i = groups[group].first; i < groups[group].end; ++i) {
      // What follows refers to this one; and a group that begins so has lost its first frame.
      if (!frames[i] || (may_refer && i == groups[group].first && capture_frame_refers(*frames[i]))) return {};
      DEW_ASSIGN(decoded[i], decoder.decode(*frames[i]));
    }
    return {};
  });
  DEW_TRY(status);
  for (size_t i = first_kept; i < decoded.size(); ++i) {
    if (decoded[i]) capture.frames.push_back(*std::move(decoded[i]));
  }
  return capture;
}

}  // namespace dew
