// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/cloud.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "pointcloud/half.h"

namespace dew {
namespace {

struct TypeRow {
  const char* name;
  size_t size;
};
constexpr std::array<TypeRow, 11> kTypes = {
    {{"u8", 1}, {"u16", 2}, {"u32", 4}, {"u64", 8}, {"i8", 1}, {"i16", 2}, {"i32", 4}, {"i64", 8}, {"f16", 2}, {"f32", 4}, {"f64", 8}}};

template <class T>
void copy_axis(const Field& field, double Vec3::*axis, std::vector<Vec3>& out) {
  const auto values = field.values<T>();
  for (size_t i = 0; i < out.size(); ++i) out[i].*axis = static_cast<double>(values[i * field.count]);
}

void copy_half_axis(const Field& field, double Vec3::*axis, std::vector<Vec3>& out) {
  const auto values = field.values<uint16_t>();
  for (size_t i = 0; i < out.size(); ++i) out[i].*axis = half_to_double(values[i * field.count]);
}

void copy_any_axis(const Field& field, double Vec3::*axis, std::vector<Vec3>& out) {
  switch (field.type) {
    case FieldType::u8: return copy_axis<uint8_t>(field, axis, out);
    case FieldType::u16: return copy_axis<uint16_t>(field, axis, out);
    case FieldType::u32: return copy_axis<uint32_t>(field, axis, out);
    case FieldType::u64: return copy_axis<uint64_t>(field, axis, out);
    case FieldType::i8: return copy_axis<int8_t>(field, axis, out);
    case FieldType::i16: return copy_axis<int16_t>(field, axis, out);
    case FieldType::i32: return copy_axis<int32_t>(field, axis, out);
    case FieldType::i64: return copy_axis<int64_t>(field, axis, out);
    case FieldType::f16: return copy_half_axis(field, axis, out);
    case FieldType::f32: return copy_axis<float>(field, axis, out);
    case FieldType::f64: return copy_axis<double>(field, axis, out);
  }
}

}  // namespace

size_t field_type_size(FieldType type) { return kTypes[static_cast<size_t>(type)].size; }

const char* field_type_name(FieldType type) { return kTypes[static_cast<size_t>(type)].name; }

Result<FieldType> field_type_from_name(std::string_view name) {
  for (size_t i = 0; i < kTypes.size(); ++i) {
    if (name == kTypes[i].name) return static_cast<FieldType>(i);
  }
  return Error{Code::invalid_argument, 0, "unknown field type '" + std::string(name) + "'; known: u8 to u64, i8 to i64, f16, f32, f64"};
}

// Bytes of a vector compare one after the other.
bool Field::operator==(const Field& other) const {
  return name == other.name && type == other.type && count == other.count && data.size() == other.data.size() &&
         (data.empty() || std::memcmp(data.data(), other.data.data(), data.size()) == 0);
}

const Field* Cloud::find(std::string_view name) const {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

Field* Cloud::find(std::string_view name) { return const_cast<Field*>(std::as_const(*this).find(name)); }

double value_at(const Field& field, size_t i) {
  switch (field.type) {
    case FieldType::u8: return field.values<uint8_t>()[i];
    case FieldType::u16: return field.values<uint16_t>()[i];
    case FieldType::u32: return field.values<uint32_t>()[i];
    case FieldType::u64: return static_cast<double>(field.values<uint64_t>()[i]);
    case FieldType::i8: return field.values<int8_t>()[i];
    case FieldType::i16: return field.values<int16_t>()[i];
    case FieldType::i32: return field.values<int32_t>()[i];
    case FieldType::i64: return static_cast<double>(field.values<int64_t>()[i]);
    case FieldType::f16: return half_to_double(field.values<uint16_t>()[i]);
    case FieldType::f32: return static_cast<double>(field.values<float>()[i]);
    case FieldType::f64: return field.values<double>()[i];
  }
  return 0;
}

Result<std::vector<Vec3>> positions_m(const Cloud& cloud) {
  std::vector<Vec3> out(cloud.points);
  const std::array<std::pair<const char*, double Vec3::*>, 3> axes = {{{"x", &Vec3::x}, {"y", &Vec3::y}, {"z", &Vec3::z}}};
  for (const auto& [name, axis] : axes) {
    const Field* field = cloud.find(name);
    if (field == nullptr) return Error{Code::invalid_argument, 0, std::string("the cloud has no field '") + name + "'"};
    copy_any_axis(*field, axis, out);
  }
  return out;
}

}  // namespace dew
