// SPDX-License-Identifier: Apache-2.0
#include <numeric>

#include "pointcloud/codec.h"
#include "pointcloud/coding/cell_attributes.h"
#include "pointcloud/coding/cell_bits.h"

namespace dew {
namespace {

/// Records of a cloud, cells of a scan, cells of the only frame of a capture.
uint64_t count_of(const Content& content) {
  if (const Cloud* cloud = std::get_if<Cloud>(&content)) return cloud->points;
  if (const Scan* scan = std::get_if<Scan>(&content)) return scan->range.size();
  const Capture& capture = *std::get_if<Capture>(&content);
  uint64_t cells = 0;
  if (capture.frames.size() == 1) {
    for (const Scan& plane : capture.frames[0].planes) cells += plane.range.size();
  }
  return cells;
}

/// The bits of the points' own cells, and how much of the part they hold. A cell that several points share counts for each by its share.
std::vector<float> of_points(const FrameBits& bits, const std::vector<float>& cells, uint64_t count) {
  std::vector<float> out(count, 0);
  std::vector<uint32_t> sharers(cells.size(), 0);
  const auto cell_of = [&](size_t i) { return bits.cell_of_point.empty() ? static_cast<uint32_t>(i) : bits.cell_of_point[i]; };
  for (size_t i = 0; i < count; ++i) {
    if (cell_of(i) < cells.size()) ++sharers[cell_of(i)];
  }
  for (size_t i = 0; i < count; ++i) {
    if (cell_of(i) < cells.size()) out[i] = cells[cell_of(i)] / static_cast<float>(sharers[cell_of(i)]);
  }
  return out;
}

}  // namespace

PointBits point_bits(const FrameBits& measured, uint64_t count, uint64_t bytes) {
  PointBits out;
  if (count == 0) return out;
  out.total.assign(count, 0);
  double sum = 0;
  for (size_t part = 0; part < kParts; ++part) {
    if (measured.of_cells[part].empty() || (!measured.cell_of_point.empty() && measured.cell_of_point.size() != count)) continue;
    std::vector<float> bits = of_points(measured, measured.of_cells[part], count);
    double of_part = 0;
    for (size_t i = 0; i < count; ++i) {
      of_part += static_cast<double>(bits[i]);
      out.total[i] += bits[i];
    }
    sum += of_part;
    if (of_part > 0) out.parts.emplace_back(part_name(static_cast<Part>(part)), std::move(bits));
  }
  // Cells without a point (no-returns of formats that leave them out) are in here too.
  const auto rest = static_cast<float>((8.0 * static_cast<double>(bytes) - sum) / static_cast<double>(count));
  for (float& point : out.total) point += rest;
  return out;
}

Result<PointBits> measure_bits(ByteSpan bytes, const DecodeLimits& limits) {
  FrameBits measured;
  DecodeOptions options;
  options.bits = &measured;
  DEW_ASSIGN(const Decoded decoded, decode(bytes, options, limits));
  const uint64_t count = std::holds_alternative<Capture>(decoded.content) ? 0 : count_of(decoded.content);
  if (count == 0) return Error{Code::unsupported_feature, 0, "bits of points are told of files of one frame, and of a frame of others"};
  return point_bits(measured, count, bytes.size());
}

Result<PointBits> measure_bits_of_frame(ByteSpan bytes, uint32_t frame, const DecodeLimits& limits) {
  DEW_ASSIGN(const FileInfo info, inspect(bytes, limits));
  if (frame >= info.frame_facts.size())
    return Error{Code::invalid_argument, 0, "the file has " + std::to_string(info.frame_facts.size()) + " frames, counted from 0"};
  FrameBits measured;
  DecodeOptions options;
  options.slice = frame;
  options.bits = &measured;
  DEW_ASSIGN(const Decoded decoded, decode(bytes, options, limits));
  const uint64_t count = count_of(decoded.content);
  if (count == 0) return Error{Code::unsupported_feature, 0, "the frame has no cells"};
  return point_bits(measured, count, info.frame_facts[frame].bytes);
}

}  // namespace dew
