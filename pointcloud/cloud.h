// SPDX-License-Identifier: Apache-2.0
/// A point cloud as it was read: named fields of any type, one value (or `count` values) a point, in file order; nothing converted.
///
///   Cloud cloud = *read_cloud(bytes, {});
///   if (const Field* x = cloud.find("x")) use(x->values<float>());
///   std::vector<Vec3> points = *positions_m(cloud);   // metres, double
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "entropy/bytes.h"

namespace dew {

/// Stored in files; never renumber.
enum class FieldType : uint8_t { u8 = 0, u16 = 1, u32 = 2, u64 = 3, i8 = 4, i16 = 5, i32 = 6, i64 = 7, f16 = 8, f32 = 9, f64 = 10 };

/// Bytes of one value of the type.
size_t field_type_size(FieldType type);
/// "u8", "f16", ... as in --fields, and back.
const char* field_type_name(FieldType type);
Result<FieldType> field_type_from_name(std::string_view name);

/// One named column of the cloud. `data` holds points * count values of `type`, little-endian, densely, in point order.
/// Every bit is kept: NaN payloads and negative zeros included.
struct Field {
  std::string name;
  FieldType type = FieldType::f32;
  uint32_t count = 1;
  Bytes data;

  size_t bytes_per_point() const { return field_type_size(type) * count; }
  /// The values as T. Requires sizeof(T) == field_type_size(type).
  template <class T>
  std::span<const T> values() const {
    return {reinterpret_cast<const T*>(data.data()), data.size() / sizeof(T)};
  }
  template <class T>
  std::span<T> values() {
    return {reinterpret_cast<T*>(data.data()), data.size() / sizeof(T)};
  }
  bool operator==(const Field& other) const;
};

/// Value `i` of the field as the nearest double. REQUIRES: i below the number of its values.
double value_at(const Field& field, size_t i);

/// File format a cloud came from. Stored in files; never renumber.
enum class CloudFormat : uint8_t { none = 0, records = 1, pcd = 2, ply = 3, las = 4 };

/// What of the source file is not in the fields: enough to write the very file again (binary formats) or an equal one (text).
/// A binary source file is: header, then `points` records of `record_bytes` in which field i starts at field_offsets[i], then trailer.
struct CloudSource {
  CloudFormat format = CloudFormat::none;
  Bytes header;                         ///< all bytes before the first record
  Bytes trailer;                        ///< all bytes after the last record
  uint32_t record_bytes = 0;            ///< 0: the body is no plain array of records (text, compressed, LAS)
  std::vector<uint32_t> field_offsets;  ///< one a field
  bool operator==(const CloudSource&) const = default;
};

/// points values in every field. Organised clouds have width * height == points, height > 1.
struct Cloud {
  uint64_t points = 0;
  uint32_t width = 0;
  uint32_t height = 1;
  std::vector<Field> fields;
  CloudSource source;

  const Field* find(std::string_view name) const;
  Field* find(std::string_view name);
};

struct Vec3 {
  double x = 0, y = 0, z = 0;
  bool operator==(const Vec3&) const = default;
};

/// x, y, z of every point as double (f16, f32, f64 or integers taken as they are), in the cloud's own unit, metres for all LiDAR sources.
/// Errors: invalid_argument where a coordinate field is missing.
Result<std::vector<Vec3>> positions_m(const Cloud& cloud);

}  // namespace dew
