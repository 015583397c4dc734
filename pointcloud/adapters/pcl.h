// SPDX-License-Identifier: Apache-2.0
/// Clouds to and from PCL. Header only, for programs that link PCL; dew itself never does.
///
///   DEW_ASSIGN(const pcl::PCLPointCloud2 message, dew::to_pcl(cloud));        // every field, every bit
///   DEW_ASSIGN(const dew::Cloud cloud, dew::from_pcl(message));
///   DEW_ASSIGN(pcl::PointCloud<pcl::PointXYZI> points, dew::to_pcl_points<pcl::PointXYZI>(cloud));
///   const dew::Result<dew::Cloud> back = dew::from_pcl_points(points);
#pragma once

#include <pcl/PCLPointCloud2.h>
#include <pcl/conversions.h>
#include <pcl/point_cloud.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <optional>
#include <utility>

#include "pointcloud/io/fields.h"
#include "pointcloud/io/widen.h"

namespace dew {
namespace pcl_adapter {

struct TypeRow {
  FieldType ours;
  uint8_t theirs;
};
inline constexpr TypeRow kTypes[] = {
    {FieldType::i8, pcl::PCLPointField::INT8},     {FieldType::u8, pcl::PCLPointField::UINT8},
    {FieldType::i16, pcl::PCLPointField::INT16},   {FieldType::u16, pcl::PCLPointField::UINT16},
    {FieldType::i32, pcl::PCLPointField::INT32},   {FieldType::u32, pcl::PCLPointField::UINT32},
    {FieldType::f32, pcl::PCLPointField::FLOAT32}, {FieldType::f64, pcl::PCLPointField::FLOAT64},
    {FieldType::i64, pcl::PCLPointField::INT64},   {FieldType::u64, pcl::PCLPointField::UINT64},
};

inline std::optional<uint8_t> their_type(FieldType type) {
  for (const TypeRow& row : kTypes) {
    if (row.ours == type) return row.theirs;
  }
  return std::nullopt;
}

inline std::optional<FieldType> our_type(uint8_t type) {
  for (const TypeRow& row : kTypes) {
    if (row.theirs == type) return row.ours;
  }
  return std::nullopt;
}

}  // namespace pcl_adapter

/// All fields in their order, organised if the cloud is; f16 becomes f32, which holds every value. The source of the cloud is not carried.
/// Errors: invalid_argument where a field does not hold one value a point; unsupported_feature for no field, or above 2^32 - 1 points.
inline Result<pcl::PCLPointCloud2> to_pcl(const Cloud& cloud) {
  DEW_TRY(check_cloud(cloud));
  const Cloud wide = with_wide_halves(cloud);
  const bool organised = uint64_t{cloud.width} * cloud.height == cloud.points;
  if (!organised && cloud.points > UINT32_MAX) return Error{Code::unsupported_feature, 0, "PCL counts points in 32 bits"};
  DEW_ASSIGN(const uint32_t record_bytes, record_size(field_specs(wide), 0));
  pcl::PCLPointCloud2 out;
  out.width = organised ? cloud.width : static_cast<uint32_t>(cloud.points);
  out.height = organised ? cloud.height : 1;
  out.point_step = record_bytes;
  out.row_step = record_bytes * out.width;
  out.is_dense = false;
  uint32_t offset = 0;
  for (const Field& field : wide.fields) {
    pcl::PCLPointField description;
    description.name = field.name;
    description.offset = offset;
    description.datatype = *pcl_adapter::their_type(field.type);
    description.count = field.count;
    out.fields.push_back(description);
    offset += static_cast<uint32_t>(field.bytes_per_point());
  }
  Bytes records;
  append_records(wide, records);
  out.data.resize(records.size());
  std::memcpy(out.data.data(), records.data(), records.size());
  return out;
}

/// The fields in their order; padding between them and at the end of rows is left out.
/// Errors: corrupt where fields, steps and data do not fit one another; unsupported_feature for other types and big-endian data.
inline Result<Cloud> from_pcl(const pcl::PCLPointCloud2& cloud) {
  if (cloud.is_bigendian) return Error{Code::unsupported_feature, 0, "big-endian PCL clouds are not read"};
  const uint64_t row_bytes = uint64_t{cloud.width} * cloud.point_step;
  const uint64_t rows_end = cloud.height == 0 ? 0 : (cloud.height - 1) * uint64_t{cloud.row_step} + row_bytes;
  if (cloud.row_step < row_bytes || cloud.data.size() < rows_end)
    return Error{Code::corrupt, 0, "the PCL cloud has less data than its steps ask for"};
  std::vector<FieldSpec> specs;
  std::vector<uint32_t> offsets;
  for (const pcl::PCLPointField& field : cloud.fields) {
    const auto type = pcl_adapter::our_type(field.datatype);
    if (!type) return Error{Code::unsupported_feature, 0, "field " + field.name + " has a type that dew does not know"};
    const uint32_t count = std::max<uint32_t>(field.count, 1);
    if (uint64_t{field.offset} + field_type_size(*type) * count > cloud.point_step) {
      return Error{Code::corrupt, 0, "field " + field.name + " reaches past the end of a point"};
    }
    specs.push_back({field.name, *type, count});
    offsets.push_back(field.offset);
  }
  Budget budget{DecodeLimits{}};
  DEW_ASSIGN(Cloud out, allocate_cloud(specs, uint64_t{cloud.width} * cloud.height, budget, 0));
  out.width = cloud.width;
  out.height = cloud.height;
  Bytes records(row_bytes * cloud.height);
  for (uint64_t row = 0; row < cloud.height && row_bytes > 0; ++row) {
    std::memcpy(records.data() + row * row_bytes, cloud.data.data() + row * cloud.row_step, row_bytes);
  }
  out.source.record_bytes = cloud.point_step;
  out.source.field_offsets = std::move(offsets);
  split_records(records, out);
  out.source = {};
  return out;
}

/// As points of PCL's own kind. Fields that PointT lacks are lost, fields that the cloud lacks keep PointT's defaults, types must be equal.
/// Errors: as to_pcl; unsupported_feature where PCL refuses.
template <class PointT>
Result<pcl::PointCloud<PointT>> to_pcl_points(const Cloud& cloud) {
  DEW_ASSIGN(const pcl::PCLPointCloud2 message, to_pcl(cloud));
  pcl::PointCloud<PointT> points;
  try {
    pcl::fromPCLPointCloud2(message, points);
  } catch (const std::exception& failure) {
    return Error{Code::unsupported_feature, 0, std::string("PCL: ") + failure.what()};
  }
  return points;
}

/// Errors: as from_pcl.
template <class PointT>
Result<Cloud> from_pcl_points(const pcl::PointCloud<PointT>& points) {
  pcl::PCLPointCloud2 message;
  try {
    pcl::toPCLPointCloud2(points, message);
  } catch (const std::exception& failure) {
    return Error{Code::unsupported_feature, 0, std::string("PCL: ") + failure.what()};
  }
  return from_pcl(message);
}

}  // namespace dew
