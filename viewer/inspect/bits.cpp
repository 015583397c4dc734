// SPDX-License-Identifier: Apache-2.0
#include "viewer/inspect/bits.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numbers>
#include <optional>

#include "entropy/container.h"
#include "gaussians/codec.h"
#include "gaussians/coding/scene_header.h"
#include "gaussians/coding/splat_group.h"
#include "pointcloud/codec.h"
#include "pointcloud/coding/frame_chunk.h"
#include "viewer/inspect/field_values.h"

namespace dew::viewer {
namespace {

constexpr uint32_t kSectors = 12;

std::vector<BitsRow> rows_of_chunks(const ContainerReader& container, uint64_t file_bytes, uint32_t type, const char* name) {
  std::vector<BitsRow> rows;
  double sum = 0;
  for (const Chunk& chunk : container.chunks()) {
    if (chunk.type != type) continue;
    rows.push_back({name + std::string(" ") + std::to_string(rows.size()), static_cast<double>(chunk.file_size), 0});
    sum += static_cast<double>(chunk.file_size);
  }
  rows.push_back({"all else", static_cast<double>(file_bytes) - sum, 0});
  return rows;
}

/// Laser of each record or cell, where the content names them.
std::function<std::optional<int64_t>(size_t)> lasers_of(const Content& content) {
  if (const Scan* scan = std::get_if<Scan>(&content)) {
    return [lasers = std::max(1u, scan->lasers)](size_t i) { return std::optional<int64_t>(static_cast<int64_t>(i % lasers)); };
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
std::vector<uint32_t> sectors_of(const Content& content, size_t count) {
  std::vector<uint32_t> sectors(count, kSectors);
  const auto sector = [](double turns) { return static_cast<uint32_t>((turns - std::floor(turns)) * kSectors) % kSectors; };
  if (const Scan* scan = std::get_if<Scan>(&content)) {
    for (size_t i = 0; i < count && scan->azimuth_units_per_turn > 0 && scan->lasers > 0; ++i) {
      // Encoders turn clockwise.
      sectors[i] = sector(-static_cast<double>(scan->azimuth[i / scan->lasers]) / scan->azimuth_units_per_turn);
    }
  } else if (const auto places = positions_m(std::get<Cloud>(content)); places.ok()) {
    for (size_t i = 0; i < count; ++i) {
      const Vec3& p = (*places)[i];
      if (std::isfinite(p.x) && std::isfinite(p.y)) sectors[i] = sector(std::atan2(p.y, p.x) / (2 * std::numbers::pi));
    }
  }
  return sectors;
}

std::vector<BitsRow> by_ring(const Content& content, const std::vector<float>& bits) {
  const auto laser_of = lasers_of(content);
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

std::vector<BitsRow> by_region(const Content& content, const std::vector<float>& bits) {
  std::vector<BitsRow> rows(kSectors + 1);
  for (uint32_t i = 0; i < kSectors; ++i)
    rows[i].name = std::to_string(i * 360 / kSectors) + " to " + std::to_string((i + 1) * 360 / kSectors) + " deg";
  rows[kSectors].name = "nowhere";
  const std::vector<uint32_t> sectors = sectors_of(content, bits.size());
  for (size_t i = 0; i < bits.size(); ++i) {
    rows[sectors[i]].bytes += static_cast<double>(bits[i]) / 8;
    ++rows[sectors[i]].points;
  }
  if (rows.back().points == 0) rows.pop_back();
  return rows;
}

}  // namespace

Result<CodedBits> coded_bits(ByteSpan file, const Content& decoded, const DecodeLimits& limits) {
  DEW_ASSIGN(const ContainerReader container, ContainerReader::open(file, limits));
  DEW_ASSIGN(const FileInfo info, inspect(file, limits));
  DEW_ASSIGN(PointBits measured, measure_bits(file, limits));
  const Scan* scan = std::get_if<Scan>(&decoded);
  const Cloud* cloud = std::get_if<Cloud>(&decoded);
  if (measured.total.size() != (scan != nullptr ? scan->range.size() : cloud != nullptr ? cloud->points : 0))
    return Error{Code::invalid_argument, 0, "the content is not what the file holds"};
  CodedBits out;
  for (const PartBytes& part : info.parts) out.by_part.push_back({part.name, static_cast<double>(part.bytes), 0});
  out.by_slice = rows_of_chunks(container, file.size(), kSliceChunk, "slice");
  out.by_ring = by_ring(decoded, measured.total);
  out.by_region = by_region(decoded, measured.total);
  out.of_points.push_back({kBits, "bit", std::move(measured.total)});
  for (auto& [name, bits] : measured.parts) out.of_points.push_back({std::string(kBits) + " " + name, "bit", std::move(bits)});
  return out;
}

Result<CodedBits> coded_bits(ByteSpan file, const Splats& decoded, const DecodeLimits& limits) {
  DEW_ASSIGN(const ContainerReader container, ContainerReader::open(file, limits));
  DEW_ASSIGN(const SplatFileInfo info, inspect_splats(file, limits));
  const SplatPartBytes& p = info.parts;
  CodedBits out;
  out.by_part = {{"position", p.position, 0}, {"colour", p.colour, 0},     {"sh", p.sh, 0},    {"opacity", p.opacity, 0},
                 {"scale", p.scale, 0},       {"rotation", p.rotation, 0}, {"side", p.side, 0}};
  out.by_slice = rows_of_chunks(container, file.size(), kGroupChunk, "group");
  const size_t count = decoded.count();
  const double evenly = count == 0 ? 0 : 8 * static_cast<double>(file.size()) / static_cast<double>(count);
  Attribute bits{kBits, "bit", std::vector<float>(count, static_cast<float>(evenly))};
  // Groups decode one after the other; where splats were given back in their own order, none can be told from another.
  if (!info.keeps_order && info.mode != SplatMode::lossless && count > 0) {
    size_t first = 0;
    double sum = 0;
    for (const Chunk& chunk : container.chunks()) {
      if (chunk.type != kGroupChunk) continue;
      DEW_ASSIGN(const GroupSummary summary, read_group_summary(chunk.payload, chunk.payload_offset));
      const size_t end = std::min<size_t>(count, first + static_cast<size_t>(summary.splats));
      const double each = end > first ? 8 * static_cast<double>(chunk.file_size) / static_cast<double>(end - first) : 0;
      std::fill(bits.values.begin() + static_cast<std::ptrdiff_t>(first), bits.values.begin() + static_cast<std::ptrdiff_t>(end),
                static_cast<float>(each));
      sum += each * static_cast<double>(end - first);
      first = end;
    }
    const auto rest = static_cast<float>((8 * static_cast<double>(file.size()) - sum) / static_cast<double>(count));
    for (float& value : bits.values) value += rest;
  }
  out.of_points.push_back(std::move(bits));
  return out;
}

}  // namespace dew::viewer
