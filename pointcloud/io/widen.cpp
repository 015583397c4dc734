// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/io/widen.h"

#include "pointcloud/half.h"

namespace dew {
namespace {

Field widen_half(const Field& field) {
  Field wide{field.name, FieldType::f32, field.count, Bytes(field.data.size() * 2)};
  const auto halves = field.values<uint16_t>();
  const auto floats = wide.values<float>();
  for (size_t i = 0; i < floats.size(); ++i) floats[i] = static_cast<float>(half_to_double(halves[i]));
  return wide;
}

template <class Integer>
Result<Field> widen_integer(const Field& field) {
  constexpr auto kLargestExact = static_cast<Integer>(int64_t{1} << 53);
  Field wide{field.name, FieldType::f64, field.count, Bytes(field.data.size())};
  const auto integers = field.values<Integer>();
  const auto doubles = wide.values<double>();
  for (size_t i = 0; i < doubles.size(); ++i) {
    const bool exact = integers[i] <= kLargestExact && (std::is_unsigned_v<Integer> || integers[i] >= Integer{0} - kLargestExact);
    if (!exact) {
      return Error{Code::unsupported_feature, 0,
                   "field '" + field.name + "' holds " + std::to_string(integers[i]) + ", which no PLY type can hold; write a PCD"};
    }
    doubles[i] = static_cast<double>(integers[i]);
  }
  return wide;
}

}  // namespace

Cloud with_wide_halves(const Cloud& cloud) {
  Cloud wide;
  wide.points = cloud.points;
  wide.width = cloud.width;
  wide.height = cloud.height;
  for (const Field& field : cloud.fields) wide.fields.push_back(field.type == FieldType::f16 ? widen_half(field) : field);
  return wide;
}

Result<Cloud> with_doubles_for_int64(const Cloud& cloud) {
  Cloud wide = cloud;
  for (Field& field : wide.fields) {
    if (field.type == FieldType::i64) {
      DEW_ASSIGN(field, widen_integer<int64_t>(field));
    } else if (field.type == FieldType::u64) {
      DEW_ASSIGN(field, widen_integer<uint64_t>(field));
    }
  }
  return wide;
}

Status check_names(const Cloud& cloud) {
  for (const Field& field : cloud.fields) {
    if (field.name.empty() || field.name.find_first_of(" \t\r\n") != std::string::npos) {
      return Error{Code::invalid_argument, 0, "field name '" + field.name + "' is empty or holds a blank; no text header can carry it"};
    }
  }
  return {};
}

}  // namespace dew
