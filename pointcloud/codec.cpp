// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/codec.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "entropy/container.h"
#include "entropy/metadata.h"
#include "entropy/models.h"
#include "pointcloud/coding/capture_file.h"
#include "pointcloud/coding/coarse_intensity.h"
#include "pointcloud/coding/frame_codec.h"
#include "pointcloud/coding/near_order.h"
#include "pointcloud/coding/range_networks.h"
#include "pointcloud/coding/sensor_facts.h"
#include "pointcloud/coding/sequence_file.h"
#include "pointcloud/coding/slice_boxes.h"
#include "pointcloud/coding/slice_memo.h"
#include "pointcloud/content.h"
#include "pointcloud/sequence.h"

namespace dew {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

/// The frame cut into slices of about so many bytes: their models learn anew, so that a frame of n slices takes about a + b n bytes, of
/// which each coded frame tells more. Cost: up to three times that of coding it once.
Result<CodedFrame> aim_at_slice_bytes(const Content& content, const Recognised& found, FrameOptions options, uint32_t slice_bytes,
                                      CodedFrame frame) {
  constexpr int kTries = 3;
  double last_slices = 0, last_bytes = 0;
  for (int i = 0; i < kTries; ++i) {
    const double slices = static_cast<double>(frame.slices.size()), bytes = static_cast<double>(bytes_of_slices(frame));
    const double of_each = i == 0 || slices == last_slices ? 0 : (bytes - last_bytes) / (slices - last_slices);
    const double wanted = of_each < 0.9 * slice_bytes ? (bytes - of_each * slices) / (slice_bytes - of_each) : 2 * slices;
    options.slices = static_cast<uint32_t>(std::clamp(std::round(wanted), 1.0, 4096.0));
    if (static_cast<double>(options.slices) == slices) break;
    last_slices = slices;
    last_bytes = bytes;
    DEW_ASSIGN(frame, code_frame(content, found, options));
    // They cannot be narrower, or are near enough.
    if (frame.slices.size() < options.slices) break;
    if (std::abs(static_cast<double>(bytes_of_slices(frame)) / static_cast<double>(frame.slices.size()) - slice_bytes) < 0.05 * slice_bytes)
      break;
  }
  return frame;
}

Result<Bytes> write_file(const FrameChunk& chunk, const CodedFrame& frame, const EncodeOptions& options,
                         const std::optional<Sha256Digest>& hash, ByteSpan boxes = {}) {
  ContainerWriter writer(Kind::cloud);
  if (options.embed_models && chunk.network) {
    DEW_TRY(writer.append(kNetworkChunk, kRequired, network_file(*chunk.network)));
    if (chunk.second_network) DEW_TRY(writer.append(kNetworkChunk, kRequired, network_file(*chunk.second_network)));
  }
  DEW_ASSIGN(const Bytes payload, write_frame_chunk(chunk, frame.head));
  DEW_TRY(writer.append(kFrameChunk, kRequired, payload));
  for (const Bytes& slice : frame.slices) DEW_TRY(writer.append(kSliceChunk, kRequired, slice));
  if (!boxes.empty()) DEW_TRY(writer.append(kBoxChunk, kOptional, boxes));
  DEW_TRY(writer.finish(hash));
  return writer.take();
}

/// One decoded frame chunk with its slices.
struct FrameParts {
  FrameChunk chunk;
  FrameInput input;
};

Result<FrameParts> frame_parts(const ContainerReader& container, const DecodeOptions& options, const DecodeLimits& limits,
                               std::vector<std::string>& warnings) {
  const Chunk* first = container.find(kFrameChunk);
  if (first == nullptr) return Error{Code::corrupt, 0, "the file holds no frame"};
  FrameParts parts;
  DEW_ASSIGN(parts.chunk, read_frame_chunk(first->payload, first->payload_offset, limits));
  const uint64_t count = parts.chunk.numbers.slices;
  // A slice chunk takes at least ten bytes.
  if (count > first->payload.size() + container.chunks().size() + 4096)
    return Error{Code::corrupt, first->file_offset, "the frame names more slices than the file can hold"};
  parts.input.slices.resize(count);
  uint64_t next = 0;
  for (const Chunk& chunk : container.chunks()) {
    if (chunk.type != kSliceChunk) continue;
    const uint64_t index = chunk.ordinal && first->ordinal ? *chunk.ordinal - *first->ordinal - 1 : next;
    next = index + 1;
    if (index >= count) return Error{Code::corrupt, chunk.file_offset, "more slices than the frame names"};
    if (!options.slice || *options.slice == index) parts.input.slices[index] = SliceView{chunk.payload, chunk.payload_offset};
  }
  if (options.slice && *options.slice >= count)
    return Error{Code::invalid_argument, 0, "the frame has " + std::to_string(count) + " slices, counted from 0"};
  const auto lost = std::count_if(parts.input.slices.begin(), parts.input.slices.end(), [](const auto& slice) { return !slice; });
  if (!options.slice && lost > 0) {
    if (!options.salvage) return Error{Code::truncated, 0, std::to_string(lost) + " slices are missing; salvage gives the others"};
    warnings.push_back(std::to_string(lost) + " of " + std::to_string(count) + " slices are lost");
  }
  parts.input.threads = options.threads;
  parts.input.bits = options.bits;
  parts.input.limits = limits;
  return parts;
}

/// Leaves out slices that have no point in the box, if there is one, where the file says where they lie. Frames on a grid keep points in
/// their head, whose places depend on all slices: they are decoded whole.
Status leave_out_slices(const ContainerReader& container, const std::optional<Box>& box, FrameParts& parts) {
  const Chunk* boxes = container.find(kBoxChunk);
  if (boxes == nullptr || static_cast<FrameKind>(parts.chunk.numbers.kind) != FrameKind::points) return {};
  DEW_ASSIGN(const std::vector<Box> of_slices, read_slice_boxes(boxes->payload, boxes->payload_offset, parts.input.slices.size()));
  for (size_t i = 0; i < of_slices.size(); ++i) {
    if (box && !of_slices[i].meets(*box)) parts.input.slices[i].reset();
  }
  return {};
}

/// The content against the hash that the file carries; a part of it has none.
Status check_hash(const ContainerReader& container, const Content& content, const DecodeOptions& options) {
  if (!container.content_hash() || options.slice || options.box || options.salvage || content_hash(content) == *container.content_hash())
    return {};
  return Error{Code::corrupt, 0, "the decoded content is not what was encoded: its SHA-256 differs from the file's"};
}

void add_damage(const ContainerReader& container, std::vector<std::string>& warnings) {
  for (const ByteRange& range : container.damaged()) {
    warnings.push_back("bytes " + std::to_string(range.begin) + " to " + std::to_string(range.end) + " are damaged");
  }
}

/// One frame of a sequence: the one that is asked for, or the only one.
Result<Decoded> decode_of_sequence(ByteSpan bytes, const DecodeOptions& options, const DecodeLimits& limits) {
  DEW_ASSIGN(SequenceDecoder decoder, SequenceDecoder::open(bytes, {options.threads, options.salvage}, limits));
  if (!options.slice && decoder.frames() != 1)
    return Error{Code::invalid_argument, 0,
                 "the file holds " + std::to_string(decoder.frames()) + " frames: decode them into a folder, or one by its number"};
  Decoded decoded;
  DEW_ASSIGN(SequenceFrame frame, decoder.decode(options.slice.value_or(0), options.bits));
  decoded.content = std::move(frame.content);
  decoded.warnings = decoder.warnings();
  return decoded;
}

}  // namespace

namespace {

Result<Encoded> encode_in_order(const Content& content, const EncodeOptions& options);
/// decode(), with the memo of the encoder that it checks, or nullptr.
Result<Decoded> decode_checking(ByteSpan bytes, const DecodeOptions& options, const DecodeLimits& limits, FrameMemo* memo);

}  // namespace

Result<Encoded> encode(const Content& content, const EncodeOptions& options) {
  if (options.intensity_error > 0) {
    if (options.mode == Mode::lossless || options.intensity_error > 1'000'000 || std::holds_alternative<Capture>(content))
      return Error{Code::invalid_argument, 0, "intensities may be off by up to 1,000,000, in no lossless file and in no capture"};
    EncodeOptions exact = options;
    exact.intensity_error = 0;
    return encode(with_coarse_intensity(content, options.intensity_error), exact);
  }
  DEW_ASSIGN(Encoded encoded, encode_in_order(content, options));
  const Cloud* cloud = std::get_if<Cloud>(&content);
  if (!options.may_reorder || cloud == nullptr) return encoded;
  std::optional<Cloud> near = in_near_order(*cloud, options.mode, options.max_error_m);
  if (!near) return encoded;
  EncodeOptions of_near = options;
  // An octree's models learn slowly: slices of the usual size would cost 5 to 15 %.
  if (of_near.slice_count == 0) of_near.slice_count = static_cast<uint32_t>(std::clamp<uint64_t>(cloud->points / 262144, 1, 4096));
  DEW_ASSIGN(Encoded reordered, encode_in_order(Content(*std::move(near)), of_near));
  reordered.fit_ms += encoded.fit_ms;
  reordered.encode_ms += encoded.encode_ms;
  return reordered.bytes.size() < encoded.bytes.size() ? std::move(reordered) : std::move(encoded);
}

namespace {

Result<Encoded> encode_in_order(const Content& content, const EncodeOptions& options) {
  DEW_TRY(check_options(options));
  DEW_TRY(check_content(content));
  Encoded encoded;
  KeptSensor known;
  if (!options.sensor.empty()) {
    DEW_ASSIGN(known, read_sensor(options.sensor));
  }
  if (std::holds_alternative<Capture>(content)) return encode_capture_file(content, options, known);
  const Clock::time_point start = Clock::now();
  const Recognised found = recognise(content, known);
  const double recognise_ms = ms_since(start);

  const IntNet* network = nullptr;
  if (options.effort != Effort::fast) {
    DEW_ASSIGN(network, choose_range_network(options.effort, options.model));
  }
  FrameOptions frame_options{options.mode,    options.mode == Mode::lossless ? 0 : options.max_error_m,
                             options.effort,  slice_count(content, options),
                             options.threads, network};
  if (options.effort == Effort::max && network != nullptr) frame_options.second_network = second_network_beside(*network);
  frame_options.known_beams = known.beams ? &*known.beams : nullptr;
  FrameMemo memo;
  if (options.verify && worth_a_memo(content)) frame_options.memo = &memo;
  DEW_ASSIGN(CodedFrame frame, code_frame(content, found, frame_options));
  encoded.sensor = write_sensor(sensor_of(found, frame));
  if (options.slice_bytes > 0) {
    DEW_ASSIGN(frame, aim_at_slice_bytes(content, found, frame_options, options.slice_bytes, std::move(frame)));
  }
  FrameChunk chunk = frame_chunk(content, frame, options, network);
  if (chunk.network && frame_options.second_network != nullptr) chunk.second_network = network_id(*frame_options.second_network);
  chunk.numbers.max_error_m = options.mode == Mode::lossless ? 0 : options.max_error_m;
  DEW_ASSIGN(encoded.bytes, write_file(chunk, frame, options, std::nullopt));
  if (options.verify) {
    DecodeOptions decode_options;
    decode_options.threads = options.threads;
    DEW_ASSIGN(const Decoded decoded, decode_checking(encoded.bytes, decode_options, {}, frame_options.memo));
    DEW_ASSIGN(chunk.numbers.max_error_m, verified_error(content, decoded.content, options));
    Bytes boxes;
    if (frame.kind == FrameKind::points)
      boxes = write_slice_boxes(std::get<Cloud>(decoded.content), static_cast<uint32_t>(frame.slices.size()));
    DEW_ASSIGN(encoded.bytes, write_file(chunk, frame, options, content_hash(decoded.content), boxes));
  }
  const double total_ms = ms_since(start);
  encoded.fit_ms = options.sensor.empty() ? recognise_ms : 0;
  encoded.encode_ms = total_ms - encoded.fit_ms;
  return encoded;
}

Result<Decoded> decode_checking(ByteSpan bytes, const DecodeOptions& options, const DecodeLimits& limits, FrameMemo* memo) {
  DEW_ASSIGN(const ContainerReader container, ContainerReader::open(bytes, limits, options.salvage ? Damage::salvage : Damage::refuse));
  if (holds_sequence(container)) return decode_of_sequence(bytes, options, limits);
  if (container.kind() == Kind::capture) {
    DEW_ASSIGN(Decoded capture, decode_capture_file(container, options, limits));
    add_damage(container, capture.warnings);
    DEW_TRY(check_hash(container, capture.content, options));
    return capture;
  }
  if (container.kind() != Kind::cloud)
    return Error{Code::unsupported_feature, 0, std::string("a file of kind ") + kind_name(container.kind()) + " is no LiDAR frame"};
  DEW_TRY(container.refuse_unknown({kFrameChunk, kSliceChunk}));
  Decoded decoded;
  add_damage(container, decoded.warnings);
  DEW_ASSIGN(FrameParts parts, frame_parts(container, options, limits, decoded.warnings));
  DEW_TRY(leave_out_slices(container, options.box, parts));
  parts.input.memo = memo;
  std::optional<IntNet> embedded, embedded_second;
  DEW_ASSIGN(parts.input.range_network, network_for(parts.chunk.network, container, embedded));
  DEW_ASSIGN(parts.input.second_network, network_for(parts.chunk.second_network, container, embedded_second));
  DEW_ASSIGN(decoded.content, decode_frame(parts.chunk, parts.input, options.slice || options.box || options.salvage));
  if (const Cloud* cloud = std::get_if<Cloud>(&decoded.content); options.box && cloud != nullptr) {
    DEW_ASSIGN(Cloud inside, points_inside(*cloud, *options.box));
    decoded.content = std::move(inside);
  } else if (options.box) {
    return Error{Code::invalid_argument, 0, "a box is for points: native ranges have no places"};
  }
  DEW_TRY(check_hash(container, decoded.content, options));
  return decoded;
}

}  // namespace

Result<Decoded> decode(ByteSpan bytes, const DecodeOptions& options, const DecodeLimits& limits) {
  return decode_checking(bytes, options, limits, nullptr);
}

Result<FileInfo> inspect(ByteSpan bytes, const DecodeLimits& limits) {
  DEW_ASSIGN(const ContainerReader container, ContainerReader::open(bytes, limits, Damage::salvage));
  if (holds_sequence(container)) return inspect_sequence_file(container, bytes.size(), limits);
  if (container.kind() == Kind::capture) return inspect_capture_file(container, bytes.size(), limits);
  const Chunk* first = container.find(kFrameChunk);
  if (first == nullptr) return Error{Code::corrupt, 0, "the file holds no frame"};
  DEW_ASSIGN(const FrameChunk chunk, read_frame_chunk(first->payload, first->payload_offset, limits));
  const FrameNumbers& numbers = chunk.numbers;
  FileInfo info;
  info.kind = static_cast<FrameKind>(numbers.kind) == FrameKind::scan ? "scan" : "cloud";
  info.points = numbers.points;
  info.returns = numbers.returns;
  info.bytes = bytes.size();
  info.mode = static_cast<Mode>(numbers.mode);
  info.effort = static_cast<Effort>(numbers.effort);
  info.max_error_m = numbers.max_error_m;
  info.slices = static_cast<uint32_t>(std::min<uint64_t>(numbers.slices, 0xFFFFFFFF));
  const uint64_t named = numbers.intensity_bytes + numbers.ring_bytes + numbers.time_bytes + numbers.other_bytes;
  info.parts = {{"geometry", bytes.size() > named ? bytes.size() - named : 0},
                {"intensity", numbers.intensity_bytes},
                {"ring", numbers.ring_bytes},
                {"time", numbers.time_bytes},
                {"other", numbers.other_bytes}};
  info.sensor = sensor_facts(static_cast<FrameKind>(numbers.kind), ByteReader(chunk.head, chunk.head_offset));
  if (chunk.network) info.models.push_back(to_hex(*chunk.network));
  if (chunk.second_network) info.models.push_back(to_hex(*chunk.second_network));
  if (const Chunk* metadata = container.find(kMetadataChunk)) {
    DEW_ASSIGN(const Metadata pairs, read_metadata(metadata->payload, metadata->payload_offset, limits));
    info.metadata.assign(pairs.begin(), pairs.end());
  }
  return info;
}

}  // namespace dew
