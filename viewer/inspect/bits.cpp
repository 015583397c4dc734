// SPDX-License-Identifier: Apache-2.0
#include "viewer/inspect/bits.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numbers>
#include <optional>

#include "entropy/container.h"
#include "pointcloud/codec.h"
#include "pointcloud/coding/cell_bits.h"
#include "pointcloud/coding/frame_chunk.h"
#include "viewer/inspect/bits_rows.h"
#include "viewer/inspect/field_values.h"

namespace dew::viewer {
namespace {

constexpr uint32_t kSectors = 12;

std::vector<BitsRow> rows_of_frames(const FileInfo& info) {
  std::vector<BitsRow> rows;
  double sum = 0;
  for (const FrameFacts& frame : info.frame_facts) {
    rows.push_back(
        {"frame " + std::to_string(rows.size()) + (frame.intra ? "" : ", refers"), static_cast<double>(frame.bytes), frame.points});
    sum += rows.back().bytes;
  }
  rows.push_back({"all else", static_cast<double>(info.bytes) - sum, 0});
  return rows;
}

/// Laser of each record or cell, where the content names them.
std::function<std::optional<int64_t>(size_t)> lasers_of(const Content& content, size_t frame) {
  if (const std::span<const Scan> planes = scans_of(content, frame); !planes.empty()) {
    return [planes](size_t i) -> std::optional<int64_t> {
      const CellPlace place = cell_of(planes, i);
      if (place.scan == nullptr) return std::nullopt;
      return static_cast<int64_t>(place.cell % std::max(1u, place.scan->lasers));
    };
  }
  const Cloud* cloud = std::get_if<Cloud>(&content);
  for (const char* name : {"ring", "laser", "laser_number", "laser_id", "channel", "line"}) {
    const Field* field = cloud != nullptr ? cloud->find(name) : nullptr;
    if (field == nullptr || field->count != 1) continue;
    return [field](size_t i) -> std::optional<int64_t> {
      const double laser = value_at(*field, i);
      if (!(std::fabs(laser) < 1e6)) return std::nullopt;
      return static_cast<int64_t>(laser);
    };
  }
  return [](size_t) { return std::optional<int64_t>(); };
}

/// Sector of each record or cell; kSectors where there is none.
std::vector<uint32_t> sectors_of(const Content& content, size_t frame, size_t count) {
  std::vector<uint32_t> sectors(count, kSectors);
  const auto sector = [](double turns) { return static_cast<uint32_t>((turns - std::floor(turns)) * kSectors) % kSectors; };
  size_t first = 0;
  for (const Scan& scan : scans_of(content, frame)) {
    const size_t end = std::min(count, first + scan.range.size());
    for (size_t i = first; i < end && scan.azimuth_units_per_turn > 0 && scan.lasers > 0; ++i) {
      // Encoders turn clockwise.
      sectors[i] = sector(-static_cast<double>(scan.azimuth[(i - first) / scan.lasers]) / scan.azimuth_units_per_turn);
    }
    first = end;
  }
  const Cloud* cloud = std::get_if<Cloud>(&content);
  if (cloud == nullptr) return sectors;
  if (const auto places = positions_m(*cloud); places.ok()) {
    for (size_t i = 0; i < count; ++i) {
      const Vec3& p = (*places)[i];
      if (std::isfinite(p.x) && std::isfinite(p.y)) sectors[i] = sector(std::atan2(p.y, p.x) / (2 * std::numbers::pi));
    }
  }
  return sectors;
}

std::vector<BitsRow> by_ring(const Content& content, size_t frame, const std::vector<float>& bits) {
  const auto laser_of = lasers_of(content, frame);
  std::map<int64_t, BitsRow> rows;
  for (size_t i = 0; i < bits.size(); ++i) {
    const std::optional<int64_t> laser = laser_of(i);
    if (!laser) return {};
    BitsRow& row = rows[*laser];
    row.bytes += static_cast<double>(bits[i]) / 8;
    ++row.points;
  }
  std::vector<BitsRow> out;
  for (auto& [laser, row] : rows) {
    row.name = "laser " + std::to_string(laser);
    out.push_back(std::move(row));
  }
  return out;
}

std::vector<BitsRow> by_region(const Content& content, size_t frame, const std::vector<float>& bits) {
  std::vector<BitsRow> rows(kSectors + 1);
  for (uint32_t i = 0; i < kSectors; ++i)
    rows[i].name = std::to_string(i * 360 / kSectors) + " to " + std::to_string((i + 1) * 360 / kSectors) + " deg";
  rows[kSectors].name = "nowhere";
  const std::vector<uint32_t> sectors = sectors_of(content, frame, bits.size());
  for (size_t i = 0; i < bits.size(); ++i) {
    rows[sectors[i]].bytes += static_cast<double>(bits[i]) / 8;
    ++rows[sectors[i]].points;
  }
  if (rows.back().points == 0) rows.pop_back();
  return rows;
}

/// Records or cells of a frame.
size_t count_of(const Content& content, size_t frame) {
  if (const Cloud* cloud = std::get_if<Cloud>(&content)) return cloud->points;
  size_t cells = 0;
  for (const Scan& plane : scans_of(content, frame)) cells += plane.range.size();
  return cells;
}

Result<CodedBits> tables_of(const FileInfo& info, std::vector<BitsRow> by_slice, const Content& decoded, size_t frame, PointBits measured) {
  if (measured.total.size() != count_of(decoded, frame)) return Error{Code::invalid_argument, 0, "the content is not what the file holds"};
  CodedBits out;
  for (const PartBytes& part : info.parts) out.by_part.push_back({part.name, static_cast<double>(part.bytes), 0});
  out.by_slice = std::move(by_slice);
  out.by_ring = by_ring(decoded, frame, measured.total);
  out.by_region = by_region(decoded, frame, measured.total);
  out.of_points.push_back({kBits, "bit", std::move(measured.total)});
  for (auto& [name, bits] : measured.parts) out.of_points.push_back({std::string(kBits) + " " + name, "bit", std::move(bits)});
  return out;
}

}  // namespace

Result<CodedBits> coded_bits(ByteSpan file, const Content& decoded, const DecodeLimits& limits, size_t frame) {
  DEW_ASSIGN(const ContainerReader container, ContainerReader::open(file, limits));
  DEW_ASSIGN(const FileInfo info, inspect(file, limits));
  if (info.kind == "capture") {
    DEW_ASSIGN(PointBits measured, measure_bits_of_frame(file, static_cast<uint32_t>(frame), limits));
    return tables_of(info, rows_of_frames(info), decoded, frame, std::move(measured));
  }
  DEW_ASSIGN(PointBits measured, measure_bits(file, limits));
  return tables_of(info, rows_of_chunks(container, file.size(), kSliceChunk, "slice"), decoded, frame, std::move(measured));
}

Result<CodedBits> coded_bits(ByteSpan file, const Content& decoded, const FrameBits& measured, size_t frame, const DecodeLimits& limits) {
  DEW_ASSIGN(const FileInfo info, inspect(file, limits));
  if (frame >= info.frame_facts.size()) return Error{Code::invalid_argument, 0, "there is no such frame in the file"};
  return tables_of(info, rows_of_frames(info), decoded, 0, point_bits(measured, count_of(decoded, 0), info.frame_facts[frame].bytes));
}

}  // namespace dew::viewer
