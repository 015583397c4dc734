// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/codec.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <set>

#include "entropy/container.h"
#include "entropy/metadata.h"
#include "entropy/models.h"
#include "pointcloud/coding/capture_file.h"
#include "pointcloud/coding/firing_order_frame.h"
#include "pointcloud/coding/frame_chunk.h"
#include "pointcloud/coding/kept_sensor.h"
#include "pointcloud/coding/laser_sorted_frame.h"
#include "pointcloud/coding/organised_frame.h"
#include "pointcloud/coding/point_lists.h"
#include "pointcloud/coding/points_frame.h"
#include "pointcloud/coding/range_networks.h"
#include "pointcloud/coding/scan_frame.h"
#include "pointcloud/coding/sensor_facts.h"
#include "pointcloud/content.h"
#include "pointcloud/io/fields.h"
#include "pointcloud/sensor/scan_layout.h"

namespace dew {
namespace {

using Clock = std::chrono::steady_clock;

/// Slices of a frame where the caller names no number.
constexpr uint64_t kPointsPerSlice = 32768, kMostSlices = 8;

double ms_since(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

/// What recognition found, if anything; at most one of the sweeps.
struct Recognised {
  std::optional<LaserSortedSweep> laser_sorted;
  std::optional<FiringOrderSweep> firing_order;
  std::optional<OrganisedSweep> organised;
  std::optional<ScanLayout> layout;
};

Recognised recognise(const Content& content, const KeptSensor& known) {
  Recognised found;
  if (const Scan* scan = std::get_if<Scan>(&content)) {
    found.layout = known.layout && fits(*known.layout, *scan) ? *known.layout : find_scan_layout(*scan);
    return found;
  }
  const Cloud& cloud = std::get<Cloud>(content);
  const PointsView points = points_view(cloud);
  if (points.size() == 0) return found;
  const OrganisedModel* known_organised = known.organised ? &*known.organised : nullptr;
  if (cloud.height > 1) {
    found.organised = fit_organised(points, cloud.width, cloud.height, known_organised);
    if (found.organised) return found;
  }
  const std::optional<std::vector<uint16_t>> ring = ring_numbers(cloud);
  if (ring) {
    found.firing_order = fit_firing_order(points, *ring, known.firing_order ? &*known.firing_order : nullptr);
    if (found.firing_order) return found;
    // Every shot of as many lasers as there are numbers, in a file that does not say so.
    const uint64_t lasers = std::set<uint16_t>(ring->begin(), ring->end()).size();
    if (cloud.height <= 1 && lasers > 1 && points.size() % lasers == 0) {
      found.organised =
          fit_organised(points, static_cast<uint32_t>(points.size() / lasers), static_cast<uint32_t>(lasers), known_organised);
      if (found.organised) return found;
    }
  }
  found.laser_sorted = recognise_laser_sorted(points, known.laser_sorted ? &*known.laser_sorted : nullptr);
  if (!found.laser_sorted && ring) found.organised = fit_listed(points, *ring, known_organised);
  return found;
}

Result<CodedFrame> code_recognised(const Content& content, const Recognised& found, const FrameOptions& options) {
  if (const Scan* scan = std::get_if<Scan>(&content)) return encode_scan(*scan, *found.layout, options);
  const Cloud& cloud = std::get<Cloud>(content);
  if (found.firing_order) return encode_firing_order(cloud, *found.firing_order, options);
  if (found.laser_sorted) return encode_laser_sorted(cloud, *found.laser_sorted, options);
  if (found.organised) return encode_organised(cloud, *found.organised, options);
  return encode_points(cloud, options);
}

uint64_t bytes_of_slices(const CodedFrame& frame) {
  return std::accumulate(frame.slices.begin(), frame.slices.end(), uint64_t{0},
                         [](uint64_t sum, const Bytes& slice) { return sum + slice.size(); });
}

uint64_t coded_bytes(const CodedFrame& frame) { return frame.head.size() + bytes_of_slices(frame); }

/// Whether so much of the frame was not on its model that it may be smaller as points.
bool is_doubtful(const CodedFrame& frame) {
  constexpr uint64_t kBits = 20;
  return frame.part_bytes[static_cast<size_t>(Part::geometry)] * 8 > kBits * frame.returns;
}

/// A model that does not fit the coders is no reason to fail: points can always be coded.
Result<CodedFrame> code_frame(const Content& content, const Recognised& found, const FrameOptions& options) {
  Result<CodedFrame> frame = code_recognised(content, found, options);
  if (!std::holds_alternative<Cloud>(content)) return frame;
  if (frame.ok() && !(found.organised && is_doubtful(*frame))) return frame;
  Result<CodedFrame> points = encode_points(std::get<Cloud>(content), options);
  return frame.ok() && (!points.ok() || coded_bytes(*frame) <= coded_bytes(*points)) ? std::move(frame) : std::move(points);
}

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

KeptSensor sensor_of(const Recognised& found) {
  KeptSensor sensor;
  if (found.laser_sorted) sensor.laser_sorted = found.laser_sorted->model;
  if (found.firing_order) sensor.firing_order = found.firing_order->model.sensor;
  if (found.organised) sensor.organised = found.organised->model;
  sensor.layout = found.layout;
  return sensor;
}

FrameChunk frame_chunk(const Content& content, const CodedFrame& frame, const EncodeOptions& options, const IntNet* network) {
  FrameChunk chunk;
  FrameNumbers& numbers = chunk.numbers;
  numbers.kind = static_cast<uint64_t>(frame.kind);
  numbers.mode = static_cast<uint64_t>(options.mode);
  numbers.effort = static_cast<uint64_t>(options.effort);
  numbers.slices = frame.slices.size();
  numbers.returns = frame.returns;
  if (const Cloud* cloud = std::get_if<Cloud>(&content)) {
    numbers.points = cloud->points;
    numbers.width = cloud->width;
    numbers.height = cloud->height;
    chunk.source = cloud->source;
  } else {
    const Scan& scan = std::get<Scan>(content);
    numbers.points = uint64_t{scan.columns} * scan.lasers;
    numbers.width = scan.lasers;
    numbers.height = scan.columns;
  }
  numbers.intensity_bytes = frame.part_bytes[static_cast<size_t>(Part::intensity)];
  numbers.ring_bytes = frame.part_bytes[static_cast<size_t>(Part::ring)];
  numbers.time_bytes = frame.part_bytes[static_cast<size_t>(Part::time)];
  numbers.other_bytes = frame.part_bytes[static_cast<size_t>(Part::other)];
  if (network != nullptr && frame.kind != FrameKind::points) chunk.network = network_id(*network);
  return chunk;
}

Result<Bytes> write_file(const FrameChunk& chunk, const CodedFrame& frame, const EncodeOptions& options,
                         const std::optional<Sha256Digest>& hash) {
  ContainerWriter writer(Kind::cloud);
  if (options.embed_models && chunk.network) {
    DEW_TRY(writer.append(kNetworkChunk, kRequired, network_file(*chunk.network)));
  }
  DEW_ASSIGN(const Bytes payload, write_frame_chunk(chunk, frame.head));
  DEW_TRY(writer.append(kFrameChunk, kRequired, payload));
  for (const Bytes& slice : frame.slices) DEW_TRY(writer.append(kSliceChunk, kRequired, slice));
  DEW_TRY(writer.finish(hash));
  return writer.take();
}

/// The decoded file against what went in. Error internal: a mistake of ours, and no file is given out.
Result<double> verified_error(const Content& original, const Content& decoded, const EncodeOptions& options) {
  DEW_ASSIGN(const ContentError error, content_error(original, decoded));
  const double bound = options.mode == Mode::lossless ? 0 : options.max_error_m;
  if (!error.other_fields_equal || (options.mode == Mode::lossless && !error.identical) || error.max_error_m > bound) {
    return Error{Code::internal, 0,
                 "the encoder's own decode differs from the input by " + std::to_string(error.max_error_m) + " m; no file was made"};
  }
  return error.max_error_m;
}

/// Models learn anew in every slice: a slice of fewer points costs several per cent.
uint32_t slice_count(const Content& content, const EncodeOptions& options) {
  if (options.slice_count > 0) return options.slice_count;
  const uint64_t points = std::holds_alternative<Cloud>(content) ? std::get<Cloud>(content).points : std::get<Scan>(content).range.size();
  return static_cast<uint32_t>(std::clamp<uint64_t>(points / kPointsPerSlice, 1, kMostSlices));
}

/// Coders trust the sizes that a content claims.
Status check_content(const Content& content) {
  if (const Cloud* cloud = std::get_if<Cloud>(&content)) {
    if (cloud->fields.size() > kMaxFields) return Error{Code::limit_exceeded, 0, "more than 256 fields"};
    for (const Field& field : cloud->fields) {
      if (field.count == 0 || field.count > kMaxValuesPerPoint)
        return Error{Code::limit_exceeded, 0, "a field has no or more than 4,096 values a point"};
    }
    return check_cloud(*cloud);
  }
  if (const Scan* scan = std::get_if<Scan>(&content)) {
    const size_t cells = size_t{scan->columns} * scan->lasers;
    if (cells == 0 || scan->range.size() != cells || scan->intensity.size() != cells || scan->azimuth.size() != scan->columns ||
        scan->time_us.size() != scan->columns) {
      return Error{Code::invalid_argument, 0, "the scan's arrays do not fit its columns and lasers"};
    }
  }
  return {};
}

Status check_options(const EncodeOptions& options) {
  if (options.mode != Mode::lossless && !(options.max_error_m > 0 && options.max_error_m <= 1e6)) {
    return Error{Code::invalid_argument, 0, "the error bound must be above 0 and at most 1,000 km"};
  }
  if (options.slice_count > 4096) return Error{Code::invalid_argument, 0, "at most 4096 slices can be made"};
  return {};
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

/// The content against the hash that the file carries; a part of it has none.
Status check_hash(const ContainerReader& container, const Content& content, const DecodeOptions& options) {
  if (!container.content_hash() || options.slice || options.salvage || content_hash(content) == *container.content_hash()) return {};
  return Error{Code::corrupt, 0, "the decoded content is not what was encoded: its SHA-256 differs from the file's"};
}

void add_damage(const ContainerReader& container, std::vector<std::string>& warnings) {
  for (const ByteRange& range : container.damaged()) {
    warnings.push_back("bytes " + std::to_string(range.begin) + " to " + std::to_string(range.end) + " are damaged");
  }
}

Result<Content> decode_content(const FrameParts& parts, const DecodeOptions& options) {
  ByteReader head(parts.chunk.head, parts.chunk.head_offset);
  if (static_cast<FrameKind>(parts.chunk.numbers.kind) == FrameKind::scan) {
    DEW_ASSIGN(Scan scan, decode_scan(head, parts.input));
    return Content(std::move(scan));
  }
  Result<Cloud> decoded =
      static_cast<FrameKind>(parts.chunk.numbers.kind) == FrameKind::laser_sorted   ? decode_laser_sorted(head, parts.input)
      : static_cast<FrameKind>(parts.chunk.numbers.kind) == FrameKind::firing_order ? decode_firing_order(head, parts.input)
      : static_cast<FrameKind>(parts.chunk.numbers.kind) == FrameKind::organised    ? decode_organised(head, parts.input)
                                                                                    : decode_points(head, parts.input);
  if (!decoded.ok()) return decoded.error();
  Cloud cloud = *std::move(decoded);
  const FrameNumbers& numbers = parts.chunk.numbers;
  if (cloud.points == numbers.points) {
    cloud.width = static_cast<uint32_t>(numbers.width);
    cloud.height = static_cast<uint32_t>(numbers.height);
    cloud.source = parts.chunk.source;
  } else if (!options.slice && !options.salvage) {
    return Error{Code::corrupt, 0, "the frame holds another number of points than it says"};
  } else {
    cloud.width = static_cast<uint32_t>(std::min<uint64_t>(cloud.points, 0xFFFFFFFF));
    cloud.height = 1;
  }
  return Content(std::move(cloud));
}

}  // namespace

Result<Encoded> encode(const Content& content, const EncodeOptions& options) {
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
  encoded.sensor = write_sensor(sensor_of(found));

  const IntNet* network = nullptr;
  if (options.effort != Effort::fast) {
    DEW_ASSIGN(network, choose_range_network(options.effort, options.model));
  }
  FrameOptions frame_options{options.mode,    options.mode == Mode::lossless ? 0 : options.max_error_m,
                             options.effort,  slice_count(content, options),
                             options.threads, network};
  DEW_ASSIGN(CodedFrame frame, code_frame(content, found, frame_options));
  if (options.slice_bytes > 0) {
    DEW_ASSIGN(frame, aim_at_slice_bytes(content, found, frame_options, options.slice_bytes, std::move(frame)));
  }
  FrameChunk chunk = frame_chunk(content, frame, options, network);
  chunk.numbers.max_error_m = options.mode == Mode::lossless ? 0 : options.max_error_m;
  DEW_ASSIGN(encoded.bytes, write_file(chunk, frame, options, std::nullopt));
  if (options.verify) {
    DecodeOptions decode_options;
    decode_options.threads = options.threads;
    DEW_ASSIGN(const Decoded decoded, decode(encoded.bytes, decode_options, {}));
    DEW_ASSIGN(chunk.numbers.max_error_m, verified_error(content, decoded.content, options));
    DEW_ASSIGN(encoded.bytes, write_file(chunk, frame, options, content_hash(decoded.content)));
  }
  const double total_ms = ms_since(start);
  encoded.fit_ms = options.sensor.empty() ? recognise_ms : 0;
  encoded.encode_ms = total_ms - encoded.fit_ms;
  return encoded;
}

Result<Decoded> decode(ByteSpan bytes, const DecodeOptions& options, const DecodeLimits& limits) {
  DEW_ASSIGN(const ContainerReader container, ContainerReader::open(bytes, limits, options.salvage ? Damage::salvage : Damage::refuse));
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
  std::optional<IntNet> embedded;
  DEW_ASSIGN(parts.input.range_network, network_for(parts.chunk.network, container, embedded));
  DEW_ASSIGN(decoded.content, decode_content(parts, options));
  DEW_TRY(check_hash(container, decoded.content, options));
  return decoded;
}

Result<FileInfo> inspect(ByteSpan bytes, const DecodeLimits& limits) {
  DEW_ASSIGN(const ContainerReader container, ContainerReader::open(bytes, limits, Damage::salvage));
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
  if (const Chunk* metadata = container.find(kMetadataChunk)) {
    DEW_ASSIGN(const Metadata pairs, read_metadata(metadata->payload, metadata->payload_offset, limits));
    info.metadata.assign(pairs.begin(), pairs.end());
  }
  return info;
}

const char* frame_kind_name(FrameKind kind) {
  switch (kind) {
    case FrameKind::points: return "points";
    case FrameKind::laser_sorted: return "laser-sorted";
    case FrameKind::firing_order: return "firing order";
    case FrameKind::scan: return "scan";
    case FrameKind::organised: return "organised";
  }
  return "unknown";
}

}  // namespace dew
