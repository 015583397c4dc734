// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/packet_stream.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "pointcloud/coding/packet_stream_record.h"

namespace dew {
namespace {

/// All records of a frame through a coder that does not decode; what their times cost.
template <class Coder>
uint64_t code_records(Coder& coder, const Capture& shared, PacketModel& model, const CaptureFrame& frame) {
  Bytes packet;
  std::vector<uint32_t> offsets;
  uint64_t time_cost = 0;
  for (CaptureRecord record : frame.records) {
    code_kind(coder, model, record.kind);
    const auto kept = frame.bytes.begin() + static_cast<std::ptrdiff_t>(record.offset);
    const ByteSpan source(kept, record.size);
    packet.assign(record.size, std::byte{0});
    RecordCoder<Coder> one(coder, model, shared, record.kind);
    if (record.kind == kOtherKind) {
      code_steady(coder, model, model.kinds[kOtherKind].size, record.size, kUseSize, kOtherKind);
      offsets.resize(record.size);
      std::iota(offsets.begin(), offsets.end(), 0u);
      one.code_plain(offsets, source, packet);
    }
    one.code(record, source, packet);
    time_cost += one.time_cost();
  }
  return time_cost;
}

Bytes encode_records(const Capture& shared, PacketModel& model, const CaptureFrame& frame) {
  RangeEncoder coder;
  code_records(coder, shared, model, frame);
  ByteWriter writer;
  writer.varint(frame.records.size());
  writer.sized_bytes(coder.finish());
  return writer.take();
}

/// Bytes of a record without a layout, grown with what was really decoded: the size alone buys nothing.
Status decode_other(RangeDecoder& coder, PacketModel& model, const Capture& shared, uint64_t size, uint64_t offset, Bytes& bytes,
                    Budget& budget) {
  if (size > UINT32_MAX) return Error{Code::corrupt, offset, "a record is longer than 4 GiB"};
  RecordCoder<RangeDecoder> one(coder, model, shared, kOtherKind);
  const size_t begin = bytes.size();
  std::vector<uint32_t> offsets;
  for (uint64_t at = 0; at < size; at += kChunkBytes) {
    const size_t count = std::min<uint64_t>(kChunkBytes, size - at);
    DEW_TRY(budget.take_memory(count, offset));
    bytes.resize(begin + at + count);
    offsets.resize(count);
    std::iota(offsets.begin(), offsets.end(), static_cast<uint32_t>(at));
    one.code_plain(offsets, {}, std::span(bytes).subspan(begin));
    if (coder.overrun()) return Error{Code::truncated, offset, "packet records end early"};
  }
  return {};
}

Status decode_records(const Capture& shared, PacketModel& model, ByteReader& reader, CaptureFrame& frame, Budget& budget) {
  const uint64_t offset = reader.offset();
  DEW_ASSIGN(const uint64_t count, reader.varint());
  DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
  DEW_TRY(reader.expect_end());
  RangeDecoder coder(coded);
  for (uint64_t i = 0; i < count; ++i) {
    if (coder.overrun()) return Error{Code::truncated, offset, "packet records end early"};
    CaptureRecord record;
    record.kind = code_kind(coder, model, 0);
    if (record.kind >= shared.kinds.size()) return Error{Code::corrupt, offset, "a packet of a kind that the head does not list"};
    record.offset = frame.bytes.size();
    uint64_t size = shared.kinds[record.kind].layout.packet_bytes;
    DEW_TRY(budget.take_elements(1, offset));
    DEW_TRY(budget.take_memory(sizeof(CaptureRecord), offset));
    if (record.kind == kOtherKind) {
      size = code_steady(coder, model, model.kinds[kOtherKind].size, 0, kUseSize, kOtherKind);
      DEW_TRY(budget.take_work(size, offset));
      DEW_TRY(decode_other(coder, model, shared, size, offset, frame.bytes, budget));
    } else {
      DEW_TRY(budget.take_work(size, offset));
      DEW_TRY(budget.take_memory(size, offset));
      frame.bytes.resize(frame.bytes.size() + size);
    }
    record.size = static_cast<uint32_t>(size);
    RecordCoder<RangeDecoder>(coder, model, shared, record.kind).code(record, {}, std::span(frame.bytes).subspan(record.offset));
    frame.records.push_back(record);
  }
  if (!coder.at_end())
    return Error{coder.overrun() ? Code::truncated : Code::corrupt, offset, "packet records do not end with their bytes"};
  return {};
}

/// Records that every frame starts from: the first few of each kind.
CaptureFrame sample_records(const Capture& capture) {
  constexpr uint32_t kSamplesOfKind = 4;
  constexpr uint32_t kLongestSample = 2048;  // longer packets hold more than headers beside ranges: not worth sending twice
  CaptureFrame sample;
  std::vector<uint32_t> taken(capture.kinds.size(), 0);
  taken[kOtherKind] = kSamplesOfKind;  // whatever they are, they need not come again
  for (const CaptureFrame& frame : capture.frames) {
    for (CaptureRecord record : frame.records) {
      if (record.size > kLongestSample || taken[record.kind]++ >= kSamplesOfKind) continue;
      const auto bytes = ByteSpan(frame.bytes).subspan(record.offset, record.size);
      record.offset = sample.bytes.size();
      sample.bytes.insert(sample.bytes.end(), bytes.begin(), bytes.end());
      sample.records.push_back(record);
    }
  }
  return sample;
}

Status check_records(const Capture& shared, const CaptureFrame& frame) {
  for (const CaptureRecord& record : frame.records) {
    if (record.kind >= shared.kinds.size()) return Error{Code::invalid_argument, 0, "a record of a kind that the capture does not list"};
    if (record.offset > frame.bytes.size() || record.size > frame.bytes.size() - record.offset) {
      return Error{Code::invalid_argument, 0, "a record lies outside the bytes of its frame"};
    }
    if (record.kind != kOtherKind && record.size != shared.kinds[record.kind].layout.packet_bytes) {
      return Error{Code::invalid_argument, 0, "a record has another size than its kind"};
    }
  }
  return {};
}

/// What a PacketModel takes: its contexts, and the plan and state of each kind.
uint64_t model_memory(const std::vector<PacketKind>& kinds) {
  uint64_t bytes = uint64_t{3} << 19;
  for (const PacketKind& kind : kinds) bytes += uint64_t{kind.layout.packet_bytes} * 32 + kind.layout.fields.size() * 128 + (1 << 18);
  return bytes;
}

/// A capture without packets of a known kind: what bytes of the head are coded with.
Capture capture_without_kinds() {
  Capture capture;
  capture.kinds.resize(1);
  return capture;
}

Bytes encode_layouts(const std::vector<PacketKind>& kinds) {
  ByteWriter layouts;
  layouts.varint(kinds.size() - 1);
  for (size_t kind = 1; kind < kinds.size(); ++kind) write_layout(kinds[kind].layout, layouts);
  const Capture shared = capture_without_kinds();
  PacketModel model(shared.kinds);
  RangeEncoder coder;
  std::vector<uint32_t> offsets(layouts.size());
  std::iota(offsets.begin(), offsets.end(), 0u);
  Bytes copy(layouts.size());
  RecordCoder<RangeEncoder>(coder, model, shared, kOtherKind).code_plain(offsets, layouts.bytes(), copy);
  ByteWriter writer;
  writer.varint(layouts.size());
  writer.sized_bytes(coder.finish());
  return writer.take();
}

Result<std::vector<PacketKind>> decode_layouts(ByteReader& reader, Budget& budget) {
  const uint64_t offset = reader.offset();
  DEW_ASSIGN(const uint64_t size, reader.varint());
  DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
  const Capture shared = capture_without_kinds();
  DEW_TRY(budget.take_memory(model_memory(shared.kinds), offset));
  PacketModel model(shared.kinds);
  RangeDecoder coder(coded);
  Bytes bytes;
  DEW_TRY(budget.take_work(size, offset));
  DEW_TRY(decode_other(coder, model, shared, size, offset, bytes, budget));
  ByteReader layouts(bytes, offset);
  DEW_ASSIGN(const uint64_t count, layouts.varint());
  if (count >= kMaxKinds) return Error{Code::corrupt, offset, "too many kinds of packets"};
  std::vector<PacketKind> kinds(1);
  uint32_t planes = 0;
  for (uint64_t i = 0; i < count; ++i) {
    PacketKind kind;
    DEW_ASSIGN(kind.layout, read_layout(layouts));
    kind.first_plane = planes;
    planes += kind.layout.planes;
    kinds.push_back(std::move(kind));
  }
  DEW_TRY(layouts.expect_end());
  return kinds;
}

}  // namespace

Result<RestCoder> RestCoder::learn(const Capture& capture) {
  if (capture.kinds.empty() || capture.kinds.size() > kMaxKinds || capture.header.size() != kPcapFileHeaderBytes) {
    return Error{Code::invalid_argument, 0, "a capture has 1 to 64 kinds of records and a header of 24 bytes"};
  }
  for (const CaptureFrame& frame : capture.frames) DEW_TRY(check_records(capture, frame));
  RestCoder coder;
  Capture shared;
  shared.format = capture.format;
  shared.header = capture.header;
  shared.kinds = capture.kinds;
  shared.trailer = capture.trailer;
  shared.frames.push_back(sample_records(capture));
  coder.shared_ = std::make_shared<const Capture>(std::move(shared));
  auto model = std::make_shared<PacketModel>(coder.shared_->kinds);
  (void)encode_records(*coder.shared_, *model, coder.shared_->frames[0]);
  coder.model_ = std::move(model);
  return coder;
}

Bytes RestCoder::encode_head() const {
  ByteWriter writer;
  writer.bytes(shared_->header);
  writer.sized_bytes(shared_->trailer);
  writer.bytes(encode_layouts(shared_->kinds));
  PacketModel model(shared_->kinds);
  writer.bytes(encode_records(*shared_, model, shared_->frames[0]));
  return writer.take();
}

Result<Bytes> RestCoder::encode_frame(const CaptureFrame& frame) const {
  RestState state;
  return encode_frame(frame, state);
}

Result<Bytes> RestCoder::encode_frame(const CaptureFrame& frame, RestState& state) const {
  DEW_TRY(check_records(*shared_, frame));
  auto model = std::make_shared<PacketModel>(state ? *state : *model_);
  Bytes bytes = encode_records(*shared_, *model, frame);
  state = std::move(model);
  return bytes;
}

Result<RestBits> RestCoder::measure_frame(const CaptureFrame& frame, const RestState& from) const {
  DEW_TRY(check_records(*shared_, frame));
  PacketModel model = from ? *from : *model_;
  CostMeter meter;
  const uint64_t time_cost = code_records(meter, *shared_, model, frame);
  RestBits bits;
  bits.time = static_cast<double>(time_cost) / static_cast<double>(kCostOfOneBit);
  bits.other = meter.bits() - bits.time;
  return bits;
}

Result<RestDecoder> decode_rest_head(ByteSpan bytes, const DecodeLimits& limits) {
  Budget budget(limits);
  ByteReader reader(bytes);
  Capture shared;
  DEW_ASSIGN(const ByteSpan header, reader.bytes(kPcapFileHeaderBytes));
  DEW_ASSIGN(shared.format, read_pcap_format(header));
  shared.header.assign(header.begin(), header.end());
  DEW_ASSIGN(const ByteSpan trailer, reader.sized_bytes());
  shared.trailer.assign(trailer.begin(), trailer.end());
  DEW_ASSIGN(shared.kinds, decode_layouts(reader, budget));
  DEW_TRY(budget.take_memory(model_memory(shared.kinds), reader.offset()));
  auto model = std::make_shared<PacketModel>(shared.kinds);
  CaptureFrame sample;
  DEW_TRY(decode_records(shared, *model, reader, sample, budget));
  RestDecoder decoder;
  decoder.shared_ = std::make_shared<const Capture>(std::move(shared));
  decoder.model_ = std::move(model);
  return decoder;
}

Result<CaptureFrame> RestDecoder::decode_frame(ByteSpan bytes, const DecodeLimits& limits) const {
  RestState state;
  return decode_frame(bytes, limits, state);
}

Result<CaptureFrame> RestDecoder::decode_frame(ByteSpan bytes, const DecodeLimits& limits, RestState& state) const {
  Budget budget(limits);
  DEW_TRY(budget.take_memory(model_memory(shared_->kinds), 0));
  auto model = std::make_shared<PacketModel>(state ? *state : *model_);
  ByteReader reader(bytes);
  CaptureFrame frame;
  DEW_TRY(decode_records(*shared_, *model, reader, frame, budget));
  DEW_TRY(shape_planes(shared_->kinds, frame, budget));
  state = std::move(model);
  return frame;
}

}  // namespace dew
