// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/frame_codec.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "pointcloud/coding/firing_order_frame.h"
#include "pointcloud/coding/laser_sorted_frame.h"
#include "pointcloud/coding/organised_frame.h"
#include "pointcloud/coding/point_lists.h"
#include "pointcloud/coding/points_frame.h"
#include "pointcloud/coding/range_networks.h"
#include "pointcloud/coding/scan_frame.h"
#include "pointcloud/io/fields.h"

namespace dew {
namespace {

/// Slices of a frame where the caller names no number.
constexpr uint64_t kMostPointsWithMemo = 400'000;
constexpr uint64_t kPointsPerSlice = 32768, kPointsPerSliceAtMax = 8 * kPointsPerSlice, kMostSlices = 8;

Result<CodedFrame> code_recognised(const Content& content, const Recognised& found, const FrameOptions& options) {
  if (const Scan* scan = std::get_if<Scan>(&content)) return encode_scan(*scan, *found.layout, options);
  const Cloud& cloud = std::get<Cloud>(content);
  if (found.firing_order) return encode_firing_order(cloud, *found.firing_order, options);
  if (found.laser_sorted) return encode_laser_sorted(cloud, *found.laser_sorted, options);
  if (found.organised) return encode_organised(cloud, *found.organised, options);
  return encode_points(cloud, options);
}

uint64_t points_of(const Content& content) {
  return std::holds_alternative<Cloud>(content) ? std::get<Cloud>(content).points : std::get<Scan>(content).range.size();
}

uint64_t coded_bytes(const CodedFrame& frame) { return frame.head.size() + bytes_of_slices(frame); }

/// Whether so much of the frame was not on its model that it may be smaller as points.
bool is_doubtful(const CodedFrame& frame) {
  constexpr uint64_t kBits = 20;
  return frame.part_bytes[static_cast<size_t>(Part::geometry)] * 8 > kBits * frame.returns;
}

}  // namespace

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

uint64_t bytes_of_slices(const CodedFrame& frame) {
  return std::accumulate(frame.slices.begin(), frame.slices.end(), uint64_t{0},
                         [](uint64_t sum, const Bytes& slice) { return sum + slice.size(); });
}

Result<CodedFrame> code_frame(const Content& content, const Recognised& found, const FrameOptions& options) {
  Result<CodedFrame> frame = code_recognised(content, found, options);
  if (!std::holds_alternative<Cloud>(content)) return frame;
  if (frame.ok() && !(found.organised && is_doubtful(*frame))) return frame;
  Result<CodedFrame> points = encode_points(std::get<Cloud>(content), options);
  return frame.ok() && (!points.ok() || coded_bytes(*frame) <= coded_bytes(*points)) ? std::move(frame) : std::move(points);
}

KeptSensor sensor_of(const Recognised& found, const CodedFrame& frame) {
  KeptSensor sensor;
  if (found.laser_sorted) sensor.laser_sorted = found.laser_sorted->model;
  if (found.firing_order) sensor.firing_order = found.firing_order->model.sensor;
  if (found.organised) sensor.organised = found.organised->model;
  sensor.layout = found.layout;
  sensor.beams = frame.beams;
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

Result<double> verified_error(const Content& original, const Content& decoded, const EncodeOptions& options) {
  DEW_ASSIGN(const ContentError error, content_error(original, decoded));
  const double bound = options.mode == Mode::lossless ? 0 : options.max_error_m;
  if (!error.other_fields_equal || (options.mode == Mode::lossless && !error.identical) || error.max_error_m > bound) {
    return Error{Code::internal, 0,
                 "the encoder's own decode differs from the input by " + std::to_string(error.max_error_m) + " m; no file was made"};
  }
  return error.max_error_m;
}

bool worth_a_memo(const Content& content) { return points_of(content) <= kMostPointsWithMemo; }

uint32_t slice_count(const Content& content, const EncodeOptions& options) {
  if (options.slice_count > 0) return options.slice_count;
  const uint64_t points = points_of(content);
  const uint64_t points_per_slice = options.effort == Effort::max ? kPointsPerSliceAtMax : kPointsPerSlice;
  return static_cast<uint32_t>(std::clamp<uint64_t>(points / points_per_slice, 1, kMostSlices));
}

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

Result<Content> decode_frame(const FrameChunk& chunk, const FrameInput& input, bool partial) {
  ByteReader head(chunk.head, chunk.head_offset);
  if (static_cast<FrameKind>(chunk.numbers.kind) == FrameKind::scan) {
    DEW_ASSIGN(Scan scan, decode_scan(head, input));
    return Content(std::move(scan));
  }
  Result<Cloud> decoded = static_cast<FrameKind>(chunk.numbers.kind) == FrameKind::laser_sorted   ? decode_laser_sorted(head, input)
                          : static_cast<FrameKind>(chunk.numbers.kind) == FrameKind::firing_order ? decode_firing_order(head, input)
                          : static_cast<FrameKind>(chunk.numbers.kind) == FrameKind::organised    ? decode_organised(head, input)
                                                                                                  : decode_points(head, input);
  if (!decoded.ok()) return decoded.error();
  Cloud cloud = *std::move(decoded);
  const FrameNumbers& numbers = chunk.numbers;
  if (cloud.points == numbers.points) {
    cloud.width = static_cast<uint32_t>(numbers.width);
    cloud.height = static_cast<uint32_t>(numbers.height);
    cloud.source = chunk.source;
  } else if (!partial) {
    return Error{Code::corrupt, 0, "the frame holds another number of points than it says"};
  } else {
    cloud.width = static_cast<uint32_t>(std::min<uint64_t>(cloud.points, 0xFFFFFFFF));
    cloud.height = 1;
  }
  return Content(std::move(cloud));
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
