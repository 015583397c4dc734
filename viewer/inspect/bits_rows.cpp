// SPDX-License-Identifier: Apache-2.0
#include "viewer/inspect/bits_rows.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dew::viewer {
namespace {

/// Half of the places lie on each side of it, along each axis.
std::array<float, 3> middle_of(const std::vector<float>& xyz) {
  std::array<float, 3> middle{};
  for (size_t axis = 0; axis < 3; ++axis) {
    std::vector<float> along;
    for (size_t i = axis; i < xyz.size(); i += 3) {
      if (std::isfinite(xyz[i])) along.push_back(xyz[i]);
    }
    if (along.empty()) continue;
    const auto half = along.begin() + static_cast<std::ptrdiff_t>(along.size() / 2);
    std::nth_element(along.begin(), half, along.end());
    middle[axis] = *half;
  }
  return middle;
}

}  // namespace

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

std::vector<Attribute> attributes_of(std::span<const NamedBits> parts, size_t count, uint64_t file_bytes) {
  std::vector<double> total(count, 0);
  double sum = 0;
  std::vector<Attribute> out(1);
  for (const auto& [name, bits] : parts) {
    double of_part = 0;
    for (size_t i = 0; i < count; ++i) {
      of_part += (*bits)[i];
      total[i] += (*bits)[i];
    }
    sum += of_part;
    if (of_part > 0) out.push_back({std::string(kBits) + " " + name, "bit", {bits->begin(), bits->end()}});
  }
  const double rest = count == 0 ? 0 : (8 * static_cast<double>(file_bytes) - sum) / static_cast<double>(count);
  out[0] = {kBits, "bit", {}};
  for (const double bits : total) out[0].values.push_back(static_cast<float>(bits + rest));
  return out;
}

std::vector<BitsRow> by_octant(const std::vector<float>& xyz, const std::vector<float>& bits) {
  const std::array<float, 3> middle = middle_of(xyz);
  std::vector<BitsRow> rows(8);
  for (size_t octant = 0; octant < 8; ++octant) {
    for (size_t axis = 0; axis < 3; ++axis)
      rows[octant].name += std::string(axis > 0 ? " " : "") + (octant >> axis & 1 ? "+" : "-") + "xyz"[axis];
  }
  for (size_t i = 0; i < bits.size(); ++i) {
    size_t octant = 0;
    for (size_t axis = 0; axis < 3; ++axis) octant |= size_t{xyz[3 * i + axis] >= middle[axis]} << axis;
    rows[octant].bytes += static_cast<double>(bits[i]) / 8;
    ++rows[octant].points;
  }
  return rows;
}

}  // namespace dew::viewer
