// SPDX-License-Identifier: Apache-2.0
/// What the tests and fuzzers of the frame codec share: contents of every shape, and checks that owe nothing to the codec's own comparison.
///
///   Random random(1);
///   const Cloud cloud = any_cloud(random, 100, true);
///   EXPECT_TRUE(same_bits(cloud, std::get<Cloud>(round_trip(cloud, options))));
#pragma once

#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "entropy/container.h"
#include "pointcloud/codec.h"
#include "pointcloud/io/read_cloud.h"
#include "tests/unit/pointcloud/io_support.h"

namespace dew::test {

/// One of the values that break coders, or any bits.
inline uint64_t awkward_bits(Random& random, FieldType type) {
  switch (type) {
    case FieldType::f16: {
      constexpr uint16_t kBits[] = {0, 0x8000, 1, 0x8001, 0x7c00, 0xfc00, 0x7e00, 0x7c01, 0xffff, 0x3c00};
      return below(random, 3) == 0 ? random() : kBits[below(random, 10)];
    }
    case FieldType::f32: {
      constexpr uint32_t kBits[] = {0,          0x80000000, 1,          0x80000001, 0x7f800000, 0xff800000,
                                    0x7fc00000, 0x7f800001, 0xffffffff, 0x3f800000, 0x7f7fffff, 0x42c80000};
      return below(random, 3) == 0 ? random() : kBits[below(random, 12)];
    }
    case FieldType::f64: {
      constexpr uint64_t kBits[] = {0,
                                    uint64_t{1} << 63,
                                    1,
                                    0x7ff0000000000000,
                                    0xfff0000000000000,
                                    0x7ff8000000000000,
                                    0x7ff0000000000001,
                                    ~uint64_t{0},
                                    0x3ff0000000000000,
                                    0x7fefffffffffffff};
      return below(random, 3) == 0 ? random() : kBits[below(random, 10)];
    }
    default: {
      constexpr uint64_t kBits[] = {0,    1,      ~uint64_t{0}, uint64_t{1} << 63, (uint64_t{1} << 63) - 1, (uint64_t{1} << 60) + 1,
                                    0x80, 0x8000, 0x80000000};
      return below(random, 3) == 0 ? random() : kBits[below(random, 9)];
    }
  }
}

inline Field any_field(Random& random, std::string name, FieldType type, uint32_t count, uint64_t points) {
  Field field{std::move(name), type, count, {}};
  const size_t width = field_type_size(type);
  field.data.resize(static_cast<size_t>(points) * count * width);
  const uint64_t style = below(random, 4);  // awkward values, constant, small steps, decimals
  uint64_t walk = random();
  for (size_t i = 0; i < field.data.size(); i += width) {
    uint64_t bits = style == 0 ? awkward_bits(random, type) : style == 1 ? walk : (walk += below(random, 5));
    if (style == 3 && type == FieldType::f32)
      bits = std::bit_cast<uint32_t>(static_cast<float>(static_cast<double>(below(random, 1000)) / 100));
    std::memcpy(field.data.data() + i, &bits, width);
  }
  return field;
}

inline Field floats(std::string name, const std::vector<float>& values) {
  const ByteSpan bytes = std::as_bytes(std::span(values));
  return {std::move(name), FieldType::f32, 1, Bytes(bytes.begin(), bytes.end())};
}

/// Random numbers of fields of random types, counts and values; `coordinates`: x, y and z among them, as floats within a kilometre.
inline Cloud any_cloud(Random& random, uint64_t points, bool coordinates) {
  Cloud cloud;
  cloud.points = points;
  cloud.width = static_cast<uint32_t>(points);
  if (coordinates) {
    std::uniform_real_distribution<float> metres(-1000, 1000);
    for (const char* name : {"x", "y", "z"}) {
      std::vector<float> values(static_cast<size_t>(points));
      for (float& value : values) value = metres(random);
      cloud.fields.push_back(floats(name, values));
    }
  }
  constexpr const char* kNames[] = {"intensity", "ring", "timestamp", "label", "normal", "rgb", ""};
  const uint64_t others = (coordinates ? 0 : 1) + below(random, 5);
  for (uint64_t i = 0; i < others; ++i) {
    const uint32_t count = below(random, 4) == 0 ? 2 + static_cast<uint32_t>(below(random, 9)) : 1;
    cloud.fields.push_back(any_field(random, kNames[i], static_cast<FieldType>(below(random, 11)), count, points));
  }
  return cloud;
}

inline bool same_bits(const Cloud& a, const Cloud& b) {
  return a.points == b.points && a.width == b.width && a.height == b.height && a.fields == b.fields && a.source == b.source;
}

/// All but x, y and z.
inline bool same_other_fields(const Cloud& a, const Cloud& b) {
  if (a.points != b.points || a.fields.size() != b.fields.size()) return false;
  for (size_t f = 0; f < a.fields.size(); ++f) {
    const std::string& name = a.fields[f].name;
    if (name != b.fields[f].name || a.fields[f].type != b.fields[f].type || a.fields[f].count != b.fields[f].count) return false;
    if (name != "x" && name != "y" && name != "z" && a.fields[f].data != b.fields[f].data) return false;
  }
  return true;
}

/// Largest Euclidean distance of points at the same place; infinite where a value that is not finite did not come back as it was.
inline double largest_error_m(const Cloud& a, const Cloud& b) {
  if (a.points != b.points) return std::numeric_limits<double>::infinity();
  double largest = 0;
  std::vector<double> sums(static_cast<size_t>(a.points), 0.0);
  for (const char* axis : {"x", "y", "z"}) {
    const Field* from = a.find(axis);
    const Field* to = b.find(axis);
    if (from == nullptr || to == nullptr || from->type != FieldType::f32 || from->count != 1) continue;
    for (size_t i = 0; i < sums.size(); ++i) {
      const double was = static_cast<double>(from->values<float>()[i]), is = static_cast<double>(to->values<float>()[i]);
      if (std::isfinite(was)) {
        sums[i] += (was - is) * (was - is);
      } else if (!(std::isnan(was) && std::isnan(is)) && was != is) {
        sums[i] = std::numeric_limits<double>::infinity();
      }
    }
  }
  for (const double sum : sums) largest = std::max(largest, std::isnan(sum) ? std::numeric_limits<double>::infinity() : std::sqrt(sum));
  return largest;
}

inline Content sample(const std::string& name) {
  const Bytes bytes = read_whole_file(std::filesystem::path(DEW_SOURCE_DIR) / "data/samples" / name);
  Result<Input> input = read_cloud(bytes, {}, {});
  if (!input.ok()) std::abort();
  if (Scan* scan = std::get_if<Scan>(&input->content)) return *scan;
  return std::get<Cloud>(input->content);
}

/// The points [first, end).
inline Cloud crop(const Cloud& cloud, uint64_t first, uint64_t end) {
  Cloud part = cloud;
  part.points = end - first;
  part.width = static_cast<uint32_t>(part.points);
  part.height = 1;
  for (Field& field : part.fields) {
    const size_t width = field.bytes_per_point();
    field.data.assign(field.data.begin() + static_cast<ptrdiff_t>(first * width), field.data.begin() + static_cast<ptrdiff_t>(end * width));
  }
  return part;
}

/// Every so many groups of points: a whole turn of fewer columns.
inline Cloud thinned(const Cloud& cloud, uint64_t group_points, uint64_t every) {
  Cloud thin = crop(cloud, 0, 0);
  for (uint64_t first = 0; first + group_points <= cloud.points; first += group_points * every) {
    const Cloud group = crop(cloud, first, first + group_points);
    for (size_t f = 0; f < thin.fields.size(); ++f)
      thin.fields[f].data.insert(thin.fields[f].data.end(), group.fields[f].data.begin(), group.fields[f].data.end());
    thin.points += group_points;
  }
  thin.width = static_cast<uint32_t>(thin.points);
  return thin;
}

/// The first columns.
inline Scan crop(const Scan& scan, uint32_t columns) {
  Scan part = scan;
  part.columns = columns;
  part.azimuth.resize(columns);
  part.time_us.resize(columns);
  part.range.resize(size_t{columns} * scan.lasers);
  part.intensity.resize(part.range.size());
  return part;
}

inline EncodeOptions lossless(Effort effort = Effort::normal) {
  EncodeOptions options;
  options.mode = Mode::lossless;
  options.effort = effort;
  return options;
}
inline EncodeOptions within(double max_error_m, Effort effort = Effort::normal) {
  EncodeOptions options;
  options.mode = Mode::max_error;
  options.max_error_m = max_error_m;
  options.effort = effort;
  return options;
}

/// A file with the payload of chunk `index` replaced and all checksums right: what gets past the container into the decoder.
inline Bytes with_payload(ByteSpan file, size_t index, ByteSpan payload) {
  const Result<ContainerReader> container = ContainerReader::open(file, {});
  if (!container.ok()) std::abort();
  ContainerWriter writer(container->kind());
  for (size_t i = 0; i < container->chunks().size(); ++i) {
    const Chunk& chunk = container->chunks()[i];
    if (!writer.append(chunk.type, chunk.need, i == index ? payload : chunk.payload).ok()) std::abort();
  }
  if (!writer.finish(container->content_hash()).ok()) std::abort();
  return writer.take();
}

/// What a decoder made holds together: every field has the values of every point, every array of a scan its cells.
inline bool consistent_content(const Content& content) {
  if (const Cloud* cloud = std::get_if<Cloud>(&content)) return check_cloud(*cloud).ok();
  const Scan* scan = std::get_if<Scan>(&content);
  if (scan == nullptr) return true;
  const size_t cells = size_t{scan->columns} * scan->lasers;
  return scan->azimuth.size() == scan->columns && scan->time_us.size() == scan->columns && scan->range.size() == cells &&
         scan->intensity.size() == cells;
}

}  // namespace dew::test
