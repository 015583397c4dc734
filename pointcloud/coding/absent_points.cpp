// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/absent_points.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "entropy/binary_coder.h"
#include "entropy/range_coder.h"

namespace dew {
namespace {

/// Zeros are told apart from places only where they are one in so many points; less does not pay for the flags.
constexpr uint64_t kFewestZeros = 64;

bool is_float(FieldType type) { return type == FieldType::f16 || type == FieldType::f32 || type == FieldType::f64; }

/// Places of x, y, z in a list of named, typed things, in its order; nothing unless each is there once, a single float, all of one type.
template <class Named>
std::optional<std::array<size_t, 3>> find_coordinates(const std::vector<Named>& fields) {
  std::array<size_t, 3> places{};
  size_t found = 0;
  unsigned axes = 0;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (part_of_field(fields[i].name) != Part::geometry) continue;
    if (found == 3 || fields[i].count != 1 || !is_float(fields[i].type)) return std::nullopt;
    axes |= 1u << (fields[i].name[0] - 'x');
    places[found++] = i;
  }
  if (found != 3 || axes != 7 || fields[places[0]].type != fields[places[1]].type || fields[places[0]].type != fields[places[2]].type)
    return std::nullopt;
  return places;
}

template <class T>
bool any_nan(const Cloud& cloud, const std::array<size_t, 3>& fields, uint64_t point) {
  return std::any_of(fields.begin(), fields.end(), [&](size_t f) { return std::isnan(cloud.fields[f].values<T>()[point]); });
}

bool point_has_nan(const Cloud& cloud, const std::array<size_t, 3>& fields, uint64_t point) {
  switch (cloud.fields[fields[0]].type) {
    case FieldType::f32: return any_nan<float>(cloud, fields, point);
    case FieldType::f64: return any_nan<double>(cloud, fields, point);
    default:
      return std::any_of(fields.begin(), fields.end(),
                         [&](size_t f) { return (cloud.fields[f].values<uint16_t>()[point] & 0x7fff) > 0x7c00; });
  }
}

/// Which points hold the three values; how many.
uint64_t mark(const Cloud& cloud, AbsentPoints& points) {
  points.absent.assign(cloud.points, 0);
  const size_t width = points.value[0].size();
  uint64_t count = 0;
  for (uint64_t i = 0; i < cloud.points; ++i) {
    bool same = true;
    for (size_t k = 0; k < 3 && same; ++k)
      same = std::memcmp(cloud.fields[points.fields[k]].data.data() + i * width, points.value[k].data(), width) == 0;
    points.absent[i] = same;
    count += same;
  }
  return count;
}

/// One flag after the other, under the eight before it.
class AbsentModel {
 public:
  template <class Coder>
  bool code(Coder& coder, bool absent) {
    absent = bits_[history_].code(coder, absent);
    history_ = (2 * history_ + absent) & 0xff;
    return absent;
  }

 private:
  std::array<AdaptiveBit, 256> bits_;
  unsigned history_ = 0;
};

}  // namespace

AbsentPoints find_absent_points(const Cloud& cloud) {
  AbsentPoints points;
  const std::optional<std::array<size_t, 3>> fields = find_coordinates(cloud.fields);
  if (!fields || cloud.points == 0) return points;
  points.fields = *fields;
  const size_t width = cloud.fields[(*fields)[0]].bytes_per_point();
  for (Bytes& value : points.value) value.assign(width, std::byte{0});
  uint64_t first_nan = 0;
  while (first_nan < cloud.points && !point_has_nan(cloud, *fields, first_nan)) ++first_nan;
  if (first_nan < cloud.points) {
    for (size_t k = 0; k < 3; ++k) std::memcpy(points.value[k].data(), cloud.fields[(*fields)[k]].data.data() + first_nan * width, width);
  }
  const uint64_t count = mark(cloud, points);
  // A cloud that is nothing but zeros is constant, which costs less.
  if (first_nan == cloud.points && (count * kFewestZeros < cloud.points || count == cloud.points)) points.absent.clear();
  return points;
}

Bytes without_absent(const Field& field, std::span<const uint8_t> absent) {
  const size_t width = field.bytes_per_point();
  Bytes out;
  for (size_t i = 0; i < absent.size(); ++i) {
    if (!absent[i])
      out.insert(out.end(), field.data.begin() + static_cast<ptrdiff_t>(i * width),
                 field.data.begin() + static_cast<ptrdiff_t>((i + 1) * width));
  }
  return out;
}

Bytes with_absent(ByteSpan present, ByteSpan value, std::span<const uint8_t> absent) {
  Bytes out(absent.size() * value.size());
  size_t next = 0;
  for (size_t i = 0; i < absent.size(); ++i) {
    const ByteSpan from = absent[i] ? value : present.subspan(value.size() * next++, value.size());
    std::memcpy(out.data() + i * value.size(), from.data(), value.size());
  }
  return out;
}

void write_absent_value(const AbsentPoints& points, ByteWriter& writer) {
  for (const Bytes& value : points.value) writer.bytes(value);
}

Result<AbsentPoints> read_absent_value(ByteReader& reader, const std::vector<AttributePlan>& plans) {
  const std::optional<std::array<size_t, 3>> fields = find_coordinates(plans);
  if (!fields) return Error{Code::corrupt, reader.offset(), "absent points without coordinates of one float type"};
  AbsentPoints points;
  points.fields = *fields;
  for (size_t k = 0; k < 3; ++k) {
    DEW_ASSIGN(const ByteSpan value, reader.bytes(field_type_size(plans[(*fields)[k]].type)));
    points.value[k].assign(value.begin(), value.end());
  }
  return points;
}

Bytes encode_absent(std::span<const uint8_t> absent) {
  RangeEncoder encoder;
  AbsentModel model;
  for (const uint8_t flag : absent) model.code(encoder, flag != 0);
  Bytes coded = encoder.finish();
  coded.resize(std::max<size_t>(coded.size(), absent.size() / kCellsPerByte));
  return coded;
}

Result<std::vector<uint8_t>> decode_absent(ByteSpan coded, uint64_t points, Budget& budget, uint64_t offset) {
  // The caller has seen that the file's bytes pay for so many points.
  DEW_TRY(budget.take_work(points, offset));
  DEW_TRY(budget.take_memory(points, offset));
  RangeDecoder decoder(coded);
  AbsentModel model;
  std::vector<uint8_t> absent(points);
  for (uint8_t& flag : absent) flag = model.code(decoder, false);
  if (decoder.overrun()) return Error{Code::corrupt, offset, "the flags of absent points end too early"};
  return absent;
}

}  // namespace dew
