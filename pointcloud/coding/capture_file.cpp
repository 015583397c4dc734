// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/capture_file.h"

#include <algorithm>
#include <chrono>

#include "entropy/sha256.h"
#include "pointcloud/coding/capture_codec.h"
#include "pointcloud/coding/packet_stream.h"
#include "pointcloud/coding/range_networks.h"
#include "pointcloud/coding/sensor_facts.h"
#include "pointcloud/content.h"

namespace dew {
namespace {

using Clock = std::chrono::steady_clock;

/// Part of the format, beside the number of networks.
constexpr uint8_t kFramesMayRefer = 4;

struct Header {
  CaptureNumbers numbers;
  std::optional<ModelId> network, inter_network;
  bool may_refer = false;  ///< frames say whether they refer to the one before
  SliceView head;
};

/// The networks of a capture, and whether its frames refer.
struct Naming {
  std::vector<ModelId> networks;
  bool may_refer = false;
};

Result<Bytes> write_file(const CaptureNumbers& numbers, const Naming& naming, const CodedCapture& coded, bool embed,
                         const std::optional<Sha256Digest>& hash) {
  ContainerWriter writer(Kind::capture);
  for (const ModelId& network : naming.networks) {
    if (embed) DEW_TRY(writer.append(kNetworkChunk, kRequired, network_file(network)));
  }
  ByteWriter head;
  DEW_TRY(write_header(kCaptureNumbers, numbers, head));
  head.u8(static_cast<uint8_t>(naming.networks.size() | (naming.may_refer ? kFramesMayRefer : 0)));
  for (const ModelId& network : naming.networks) head.bytes(network);
  head.bytes(coded.head);
  DEW_TRY(writer.append(kCaptureChunk, kRequired, head.bytes()));
  for (const Bytes& frame : coded.frames) DEW_TRY(writer.append(kCaptureFrameChunk, kRequired, frame));
  DEW_TRY(writer.finish(hash));
  return writer.take();
}

Result<Header> read_capture_header(const ContainerReader& container) {
  const Chunk* chunk = container.find(kCaptureChunk);
  if (chunk == nullptr) return Error{Code::corrupt, 0, "the file holds no capture"};
  ByteReader reader(chunk->payload, chunk->payload_offset);
  Header header;
  DEW_ASSIGN(header.numbers, read_header(kCaptureNumbers, reader));
  DEW_ASSIGN(const uint8_t flags, reader.u8());
  const uint8_t networks = flags & 3;
  if (flags > 7 || networks > 2) return Error{Code::corrupt, reader.offset(), "unknown flag of a capture"};
  header.may_refer = (flags & kFramesMayRefer) != 0;
  for (uint8_t i = 0; i < networks; ++i) {
    ModelId id;
    DEW_ASSIGN(const ByteSpan bytes, reader.bytes(id.size()));
    std::copy(bytes.begin(), bytes.end(), id.begin());
    (i == 0 ? header.network : header.inter_network) = id;
  }
  header.head.offset = reader.offset();
  DEW_ASSIGN(header.head.payload, reader.bytes(reader.remaining()));
  return header;
}

}  // namespace

Result<Encoded> encode_capture_file(const Content& content, const EncodeOptions& options, const KeptSensor& known) {
  const Clock::time_point start = Clock::now();
  const IntNet* network = nullptr;
  if (options.effort != Effort::fast) {
    DEW_ASSIGN(network, choose_range_network(options.effort, options.model));
  }
  FrameOptions frame_options{options.mode,    options.mode == Mode::lossless ? 0 : options.max_error_m,
                             options.effort,  options.slice_count,
                             options.threads, network};
  if (options.intra_every == 0) return Error{Code::invalid_argument, 0, "every 0th frame cannot stand alone"};
  Naming naming;
  naming.may_refer = options.intra_every > 1;
  if (network != nullptr) naming.networks.push_back(network_id(*network));
  if (network != nullptr && naming.may_refer) frame_options.inter_network = inter_network_beside(*network);
  if (frame_options.inter_network != nullptr) naming.networks.push_back(network_id(*frame_options.inter_network));
  DEW_ASSIGN(const CodedCapture coded, encode_capture(std::get<Capture>(content), frame_options, known.layout, options.intra_every));
  CaptureNumbers numbers;
  numbers.mode = static_cast<uint64_t>(options.mode);
  numbers.effort = static_cast<uint64_t>(options.effort);
  numbers.max_error_m = frame_options.max_error_m;
  numbers.frames = coded.frames.size();
  numbers.cells = coded.cells;
  numbers.returns = coded.returns;
  numbers.intensity_bytes = coded.part_bytes[static_cast<size_t>(Part::intensity)];
  numbers.time_bytes = coded.part_bytes[static_cast<size_t>(Part::time)];

  Encoded encoded;
  DEW_ASSIGN(encoded.bytes, write_file(numbers, naming, coded, options.embed_models, std::nullopt));
  if (options.verify) {
    DEW_ASSIGN(const ContainerReader container, ContainerReader::open(encoded.bytes, {}));
    DecodeOptions decode_options;
    decode_options.threads = options.threads;
    DEW_ASSIGN(const Decoded decoded, decode_capture_file(container, decode_options, {}));
    DEW_ASSIGN(const ContentError error, content_error(content, decoded.content));
    if (!error.other_fields_equal || error.max_error_m > frame_options.max_error_m) {
      return Error{Code::internal, 0,
                   "the encoder's own decode differs from the input by " + std::to_string(error.max_error_m) + " m; no file was made"};
    }
    numbers.max_error_m = error.max_error_m;
    DEW_ASSIGN(encoded.bytes, write_file(numbers, naming, coded, options.embed_models, content_hash(decoded.content)));
  }
  KeptSensor sensor = known;
  if (!coded.layouts.empty()) sensor.layout = coded.layouts.front();
  encoded.sensor = write_sensor(sensor);
  encoded.encode_ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  return encoded;
}

namespace {

/// Takes away all frames but [wanted, end) and those that these need.
void keep_only(size_t wanted, size_t end, bool may_refer, std::vector<std::optional<SliceView>>& frames) {
  size_t first = wanted;
  while (may_refer && first > 0 && (!frames[first] || capture_frame_refers(*frames[first]))) --first;
  for (size_t i = 0; i < frames.size(); ++i) {
    if (i < first || i >= end) frames[i].reset();
  }
}

}  // namespace

Result<Decoded> decode_capture_file(const ContainerReader& container, const DecodeOptions& options, const DecodeLimits& limits) {
  DEW_TRY(container.refuse_unknown({kCaptureChunk, kCaptureFrameChunk}));
  DEW_ASSIGN(const Header header, read_capture_header(container));
  const Chunk* first = container.find(kCaptureChunk);
  const uint64_t count = header.numbers.frames;
  if (count > container.chunks().size() + 4096)
    return Error{Code::corrupt, first->file_offset, "the capture names more frames than the file can hold"};
  std::vector<std::optional<SliceView>> frames(count);
  uint64_t next = 0, found = 0;
  for (const Chunk& chunk : container.chunks()) {
    if (chunk.type != kCaptureFrameChunk) continue;
    const uint64_t index = chunk.ordinal && first->ordinal ? *chunk.ordinal - *first->ordinal - 1 : next;
    next = index + 1;
    if (index >= count) return Error{Code::corrupt, chunk.file_offset, "more frames than the capture names"};
    ++found;
    frames[index] = SliceView{chunk.payload, chunk.payload_offset};
  }
  const uint64_t wanted = options.slice.value_or(0), end = options.slice ? wanted + std::max(1u, options.frames) : count;
  if (options.slice && end > count)
    return Error{Code::invalid_argument, 0, "the capture has " + std::to_string(count) + " frames, counted from 0"};
  Decoded decoded;
  if (found < count) {
    const std::string lost = std::to_string(count - found) + " of " + std::to_string(count) + " frames are lost";
    if (!options.salvage && !options.slice) return Error{Code::truncated, 0, lost + "; salvage gives the others"};
    decoded.warnings.push_back(lost);
  }
  if (options.slice) keep_only(wanted, end, header.may_refer, frames);
  FrameInput input;
  input.threads = options.threads;
  // Frames are decoded side by side, unless one alone is asked for.
  input.bits = options.slice && options.frames <= 1 ? options.bits : nullptr;
  input.limits = limits;
  std::optional<IntNet> embedded, embedded_inter;
  DEW_ASSIGN(input.range_network, network_for(header.network, container, embedded));
  DEW_ASSIGN(input.inter_network, network_for(header.inter_network, container, embedded_inter, RangeNetworkKind::inter));
  const auto there = static_cast<size_t>(
      std::count_if(frames.begin() + static_cast<ptrdiff_t>(wanted), frames.end(), [](const auto& frame) { return frame.has_value(); }));
  DEW_ASSIGN(Capture capture, decode_capture(header.head, frames, header.may_refer, input, wanted));
  if (capture.frames.size() < there)
    decoded.warnings.push_back(std::to_string(there - capture.frames.size()) + " frames refer to lost ones and are lost too");
  decoded.content = std::move(capture);
  return decoded;
}

Result<FileInfo> inspect_capture_file(const ContainerReader& container, uint64_t file_bytes, const DecodeLimits& limits) {
  DEW_ASSIGN(const Header header, read_capture_header(container));
  const CaptureNumbers& numbers = header.numbers;
  FileInfo info;
  info.kind = "capture";
  info.points = numbers.cells;
  info.returns = numbers.returns;
  info.frames = numbers.frames;
  info.bytes = file_bytes;
  info.mode = static_cast<Mode>(numbers.mode);
  info.effort = static_cast<Effort>(numbers.effort);
  info.max_error_m = numbers.max_error_m;
  info.slices = static_cast<uint32_t>(numbers.frames);
  const uint64_t named = numbers.intensity_bytes + numbers.time_bytes;
  info.parts = {{"geometry", file_bytes > named ? file_bytes - named : 0},
                {"intensity", numbers.intensity_bytes},
                {"ring", 0},
                {"time", numbers.time_bytes},
                {"other", 0}};
  ByteReader head(header.head.payload, header.head.offset);
  const Result<ByteSpan> rest_head = head.sized_bytes();
  const Result<RestDecoder> rest = rest_head.ok() ? decode_rest_head(*rest_head, limits) : Result<RestDecoder>(rest_head.error());
  info.sensor = sensor_facts(rest.ok() ? rest->shared().kinds : std::vector<PacketKind>{});
  if (header.network) info.models.push_back(to_hex(*header.network));
  if (header.inter_network) info.models.push_back(to_hex(*header.inter_network));
  for (const Chunk& chunk : container.chunks()) {
    if (chunk.type != kCaptureFrameChunk) continue;
    FrameFacts facts;
    facts.bytes = chunk.file_size;
    facts.intra = !header.may_refer || !capture_frame_refers({chunk.payload, chunk.payload_offset});
    info.frame_facts.push_back(facts);
  }
  return info;
}

}  // namespace dew
