// SPDX-License-Identifier: Apache-2.0
/// Clouds and scans of random shape for the tests of readers and writers.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "pointcloud/cloud.h"
#include "pointcloud/io/fields.h"
#include "pointcloud/scan.h"

namespace dew::test {

using Random = std::mt19937_64;

inline uint64_t below(Random& random, uint64_t bound) { return random() % bound; }

inline Bytes to_bytes(std::string_view text) {
  const ByteSpan span = as_bytes(text);
  return {span.begin(), span.end()};
}

inline Bytes random_bytes(Random& random, size_t size) {
  Bytes bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

/// Fields of any bits: NaN payloads, infinities, negative zeros, denormals.
inline Cloud random_cloud(Random& random, uint64_t points, bool halves = true, bool counts = true, bool int64 = true) {
  Cloud cloud;
  cloud.points = points;
  cloud.width = static_cast<uint32_t>(points);
  const size_t fields = 1 + below(random, 8);
  while (cloud.fields.size() < fields) {
    const auto type = static_cast<FieldType>(below(random, 11));
    if ((type == FieldType::f16 && !halves) || ((type == FieldType::u64 || type == FieldType::i64) && !int64)) continue;
    Field field{"field" + std::to_string(cloud.fields.size()), type, counts && below(random, 4) == 0 ? 3u : 1u, {}};
    field.data = random_bytes(random, field.bytes_per_point() * static_cast<size_t>(points));
    cloud.fields.push_back(std::move(field));
  }
  return cloud;
}

inline Scan random_scan(Random& random, uint32_t columns, uint32_t lasers, uint32_t range_bytes) {
  Scan scan;
  scan.columns = columns;
  scan.lasers = lasers;
  scan.range_bytes = range_bytes;
  scan.tick_um = 2000;
  scan.azimuth_units_per_turn = 36000;
  for (uint32_t i = 0; i < columns; ++i) {
    scan.azimuth.push_back(static_cast<uint16_t>(random()));
    scan.time_us.push_back(static_cast<uint32_t>(random()));
  }
  for (uint32_t i = 0; i < columns * lasers; ++i) {
    scan.range.push_back(static_cast<uint32_t>(random()) & (range_bytes == 2 ? 0xffffu : 0xffffffffu));
    scan.intensity.push_back(static_cast<uint8_t>(random()));
  }
  return scan;
}

inline Bytes read_whole_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return to_bytes(text);
}

/// A cloud of floats, one vector a field.
inline Cloud float_cloud(const std::vector<std::pair<std::string, std::vector<float>>>& columns) {
  Cloud cloud;
  for (const auto& [name, values] : columns) {
    const ByteSpan bytes = std::as_bytes(std::span(values));
    cloud.fields.push_back({name, FieldType::f32, 1, Bytes(bytes.begin(), bytes.end())});
    cloud.points = values.size();
  }
  cloud.width = static_cast<uint32_t>(cloud.points);
  return cloud;
}

/// What a reader made of damaged bytes holds together: every field has its values.
inline bool consistent(const Cloud& cloud) { return check_cloud(cloud).ok() && uint64_t{cloud.width} * cloud.height == cloud.points; }

}  // namespace dew::test
