// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/io/las.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pointcloud/io/las_header.h"
#include "pointcloud/io/widen.h"

namespace dew {
namespace {

constexpr double kLargest = 2147483647.0;

template <class T>
void put(Bytes& bytes, size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(T));
}
template <class T>
void append(Bytes& bytes, T value) {
  bytes.resize(bytes.size() + sizeof(T));
  put(bytes, bytes.size() - sizeof(T), value);
}

double place(int32_t steps, double scale, double offset) { return static_cast<double>(steps) * scale + offset; }

/// A field of integers as coordinates.
Field to_coordinates(const Field& steps, double scale, double offset) {
  Field out{steps.name, FieldType::f64, 1, Bytes(steps.data.size() * 2)};
  const auto from = steps.values<int32_t>();
  const auto to = out.values<double>();
  for (size_t i = 0; i < to.size(); ++i) to[i] = place(from[i], scale, offset);
  return out;
}

/// The integers nearest to coordinates; false where one does not fit 32 bits.
bool to_steps(std::span<const double> values, double scale, double offset, std::span<int32_t> out) {
  for (size_t i = 0; i < values.size(); ++i) {
    const double steps = std::round((values[i] - offset) / scale);
    if (!(std::abs(steps) <= kLargest)) return false;
    out[i] = static_cast<int32_t>(steps);
  }
  return true;
}

bool all_on_grid(std::span<const double> values, std::span<const int32_t> steps, double scale, double offset) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (place(steps[i], scale, offset) != values[i]) return false;
  }
  return true;
}

/// Box of the values; an empty one where there are none.
std::pair<double, double> range_of(std::span<const double> values) {
  if (values.empty()) return {0, 0};
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return {*low, *high};
}

/// A tenth, a hundredth, ... of `scale`, as fine as 31 bits hold the values from `offset` on.
double finer_scale(std::span<const double> values, double scale, double offset) {
  const auto [low, high] = range_of(values);
  const double reach = std::max(std::abs(low - offset), std::abs(high - offset));
  double finer = std::abs(scale);
  while (finer > 1e-9 && reach / (finer / 10) < kLargest / 2) finer /= 10;
  return finer;
}

struct Coordinates {
  std::array<std::vector<double>, 3> of_axis;
  std::array<Bytes, 3> steps;
  LasGrid grid;
  bool grid_changed = false;

  std::span<int32_t> integers(size_t axis) { return {reinterpret_cast<int32_t*>(steps[axis].data()), steps[axis].size() / 4}; }
};

/// Finds the integers of all coordinates: on the grid given if that holds them exactly, else on a finer one.
Result<Coordinates> coordinates_of(const Cloud& cloud, std::optional<LasGrid> grid) {
  DEW_ASSIGN(const std::vector<Vec3> points, positions_m(cloud));
  Coordinates out;
  for (const Vec3& point : points) {
    if (!std::isfinite(point.x) || !std::isfinite(point.y) || !std::isfinite(point.z))
      return Error{Code::invalid_argument, 0, "LAS cannot hold points without a place (NaN or infinite coordinates)"};
    out.of_axis[0].push_back(point.x);
    out.of_axis[1].push_back(point.y);
    out.of_axis[2].push_back(point.z);
  }
  for (size_t axis = 0; axis < 3; ++axis) {
    const std::vector<double>& values = out.of_axis[axis];
    out.steps[axis].resize(values.size() * sizeof(int32_t));
    double& scale = out.grid.scale[axis] = grid ? grid->scale[axis] : 1e-6;
    double& offset = out.grid.offset[axis] = grid ? grid->offset[axis] : 0;
    if (grid && to_steps(values, scale, offset, out.integers(axis)) && all_on_grid(values, out.integers(axis), scale, offset)) continue;
    if (!grid) {
      const auto [low, high] = range_of(values);
      offset = high - low < 2000 && std::abs(high) < 2000 ? 0 : std::floor(low + (high - low) / 2);
      scale = 1000;
    }
    scale = finer_scale(values, scale, offset);
    if (!grid) scale = std::max(scale, 1e-6);
    out.grid_changed = true;
    if (!to_steps(values, scale, offset, out.integers(axis)))
      return Error{Code::invalid_argument, 0, "coordinates reach further than LAS can hold"};
  }
  return out;
}

/// What a header says of its points beside their layout: how many, of which return, where.
void put_summary(const Cloud& cloud, unsigned minor_version, unsigned format, const Coordinates& coordinates, Bytes& header) {
  const bool is_legacy = format < 6 && cloud.points <= UINT32_MAX;
  std::array<uint64_t, 15> of_return{};
  if (const Field* returns = cloud.find("returns"); returns != nullptr && returns->type == FieldType::u8) {
    for (const uint8_t value : returns->values<uint8_t>()) {
      const unsigned number = format >= 6 ? value & 15 : value & 7;
      if (number >= 1) of_return[number - 1] += 1;
    }
  }
  put<uint32_t>(header, las_offset::kLegacyCount, is_legacy ? static_cast<uint32_t>(cloud.points) : 0);
  for (size_t i = 0; i < 5; ++i)
    put<uint32_t>(header, las_offset::kLegacyReturns + 4 * i, is_legacy ? static_cast<uint32_t>(of_return[i]) : 0);
  for (size_t axis = 0; axis < 3; ++axis) {
    const auto [low, high] = range_of(coordinates.of_axis[axis]);
    put<double>(header, las_offset::kBox + 16 * axis, high);
    put<double>(header, las_offset::kBox + 16 * axis + 8, low);
  }
  if (minor_version < 4) return;
  put<uint64_t>(header, las_offset::kCount, cloud.points);
  for (size_t i = 0; i < 15; ++i) put<uint64_t>(header, las_offset::kReturns + 8 * i, of_return[i]);
}

void put_grid(const LasGrid& grid, Bytes& header) {
  for (size_t axis = 0; axis < 3; ++axis) {
    put<double>(header, las_offset::kScale + 8 * axis, grid.scale[axis]);
    put<double>(header, las_offset::kOffset + 8 * axis, grid.offset[axis]);
  }
}

/// The record's fields with the coordinates as integers.
Cloud record_cloud(const Cloud& cloud, const std::vector<FieldSpec>& fields, Coordinates& coordinates) {
  Cloud records;
  records.points = cloud.points;
  for (const FieldSpec& spec : fields) {
    const size_t axis = spec.name == "x" ? 0 : spec.name == "y" ? 1 : spec.name == "z" ? 2 : 3;
    Field field{spec.name, spec.type, spec.count, {}};
    const Field* known = cloud.find(spec.name);
    if (axis < 3) {
      field.data = std::move(coordinates.steps[axis]);
    } else if (known != nullptr) {
      field.data = known->data;
    } else {
      field.data.resize(static_cast<size_t>(cloud.points) * field.bytes_per_point());
    }
    records.fields.push_back(std::move(field));
  }
  return records;
}

std::vector<FieldSpec> with_doubles(std::vector<FieldSpec> fields) {
  for (size_t axis = 0; axis < 3; ++axis) fields[axis].type = FieldType::f64;
  return fields;
}

/// The source's own header if it still describes the fields of the cloud.
std::optional<LasHeader> kept_header(const Cloud& cloud) {
  if (cloud.source.format != CloudFormat::las) return {};
  Result<LasHeader> header = parse_las_header(cloud.source.header);
  if (!header.ok() || header->size_bytes != cloud.source.header.size()) return {};
  if (with_doubles(header->fields) != field_specs(cloud)) return {};
  return *std::move(header);
}

/// The first type of LAS's list of extra types is 1.
uint8_t extra_type(FieldType type) {
  switch (type) {
    case FieldType::u8: return 1;
    case FieldType::i8: return 2;
    case FieldType::u16: return 3;
    case FieldType::i16: return 4;
    case FieldType::u32: return 5;
    case FieldType::i32: return 6;
    case FieldType::u64: return 7;
    case FieldType::i64: return 8;
    case FieldType::f16:
    case FieldType::f32: return 9;
    case FieldType::f64: return 10;
  }
  return 1;
}

/// Fields of a new file: those of its point format, then the others, one value each.
struct NewLayout {
  unsigned format = 6;
  std::vector<FieldSpec> fields;
  Bytes descriptions;
  Cloud scalar;  ///< the cloud with one value a field
};

Result<NewLayout> new_layout(const Cloud& cloud) {
  NewLayout layout;
  const Cloud wide = with_wide_halves(cloud);
  layout.scalar.points = cloud.points;
  const bool has_color = wide.find("red") != nullptr && wide.find("green") != nullptr && wide.find("blue") != nullptr;
  layout.format = wide.find("nir") != nullptr && has_color ? 8 : has_color ? 7 : 6;
  layout.fields = las_format_fields(layout.format);
  const size_t known = layout.fields.size();
  for (const Field& field : wide.fields) {
    if (field.name == "x" || field.name == "y" || field.name == "z") {
      layout.scalar.fields.push_back(field);
      continue;
    }
    const auto same =
        std::find_if(layout.fields.begin(), layout.fields.begin() + static_cast<ptrdiff_t>(known), [&](const FieldSpec& spec) {
          return spec == FieldSpec{field.name, field.type, field.count};
        });
    if (same != layout.fields.begin() + static_cast<ptrdiff_t>(known)) {
      layout.scalar.fields.push_back(field);
      continue;
    }
    for (uint32_t i = 0; i < field.count; ++i) {
      std::string name = field.count == 1 ? field.name : field.name + '_' + std::to_string(i);
      // A field of another type than the format's.
      while (std::any_of(layout.fields.begin(), layout.fields.end(), [&](const FieldSpec& spec) { return spec.name == name; })) name += '_';
      if (name.empty() || name.size() > 32)
        return Error{Code::invalid_argument, 0, "LAS names fields with 1 to 32 bytes, not " + quoted(name)};
      const size_t bytes = field_type_size(field.type);
      Field one{name, field.type, 1, Bytes(static_cast<size_t>(cloud.points) * bytes)};
      for (uint64_t point = 0; point < cloud.points; ++point)
        std::memcpy(one.data.data() + point * bytes, field.data.data() + (point * field.count + i) * bytes, bytes);
      layout.scalar.fields.push_back(std::move(one));
      layout.fields.push_back({name, field.type, 1});
      const size_t at = layout.descriptions.size();
      layout.descriptions.resize(at + kLasExtraBytes);
      put<uint8_t>(layout.descriptions, at + 2, extra_type(field.type));
      std::memcpy(layout.descriptions.data() + at + 4, name.data(), name.size());
      // At once: names are looked up among all others.
      if (layout.descriptions.size() > 65535) return Error{Code::unsupported_feature, 0, "more extra fields than LAS can describe"};
    }
  }
  return layout;
}

void put_text(Bytes& bytes, size_t offset, std::string_view text) { std::memcpy(bytes.data() + offset, text.data(), text.size()); }

Bytes new_header(const NewLayout& layout, uint32_t record_bytes) {
  const bool has_descriptions = !layout.descriptions.empty();
  Bytes header(las_offset::kSize14);
  put_text(header, 0, "LASF");
  put<uint8_t>(header, las_offset::kMinor - 1, 1);
  put<uint8_t>(header, las_offset::kMinor, 4);
  put<uint16_t>(header, 6, 16);  // coordinates' system, where one is named, as text
  put_text(header, 58, "dew");
  put<uint16_t>(header, las_offset::kHeaderBytes, static_cast<uint16_t>(las_offset::kSize14));
  put<uint32_t>(header, las_offset::kRecords, has_descriptions ? 1 : 0);
  put<uint8_t>(header, las_offset::kFormat, static_cast<uint8_t>(layout.format));
  put<uint16_t>(header, las_offset::kRecordBytes, static_cast<uint16_t>(record_bytes));
  if (has_descriptions) {
    const size_t at = header.size();
    header.resize(at + kLasRecordHeader);
    put_text(header, at + 2, "LASF_Spec");
    put<uint16_t>(header, at + 18, 4);
    put<uint16_t>(header, at + 20, static_cast<uint16_t>(layout.descriptions.size()));
    header.insert(header.end(), layout.descriptions.begin(), layout.descriptions.end());
  }
  put<uint32_t>(header, las_offset::kPoints, static_cast<uint32_t>(header.size()));
  return header;
}

Result<Bytes> write_new(const Cloud& cloud) {
  DEW_ASSIGN(const NewLayout layout, new_layout(cloud));
  DEW_ASSIGN(const uint32_t record_bytes, record_size(layout.fields, 0));
  if (record_bytes > 65535) return Error{Code::unsupported_feature, 0, "LAS points have 65,535 bytes at most"};
  DEW_ASSIGN(Coordinates coordinates, coordinates_of(cloud, {}));
  Bytes out = new_header(layout, record_bytes);
  put_grid(coordinates.grid, out);
  put_summary(layout.scalar, 4, layout.format, coordinates, out);
  append_records(record_cloud(layout.scalar, layout.fields, coordinates), out);
  return out;
}

}  // namespace

Result<Cloud> read_las(ByteSpan bytes, const DecodeLimits& limits) {
  DEW_TRY(check_input_size(bytes, limits));
  DEW_ASSIGN(const LasHeader header, parse_las_header(bytes));
  const ByteSpan body = bytes.subspan(header.size_bytes);
  if (header.points > body.size() / header.record_bytes)
    return Error{Code::truncated, bytes.size(),
                 std::to_string(body.size()) + " bytes cannot hold " + std::to_string(header.points) + " points of " +
                     std::to_string(header.record_bytes) + " bytes"};
  Budget budget(limits);
  DEW_ASSIGN(Cloud cloud, allocate_cloud(header.fields, header.points, budget, 0));
  const size_t used = static_cast<size_t>(header.points) * header.record_bytes;
  split_records(body.first(used), cloud);
  DEW_TRY(budget.take_memory(header.points * 28 + header.size_bytes + body.size() - used, 0));
  for (size_t axis = 0; axis < 3; ++axis) {
    const Field steps = std::move(cloud.fields[axis]);
    cloud.fields[axis] = to_coordinates(steps, header.grid.scale[axis], header.grid.offset[axis]);
    Field again{steps.name, FieldType::i32, 1, Bytes(steps.data.size())};
    // An offset may be so large that doubles are coarser than the scale.
    if (!to_steps(std::as_const(cloud.fields[axis]).values<double>(), header.grid.scale[axis], header.grid.offset[axis],
                  again.values<int32_t>()) ||
        again.data != steps.data)
      return Error{Code::unsupported_feature, las_offset::kOffset + 8 * axis, "coordinates that are finer than doubles"};
  }
  const ByteSpan trailer = body.subspan(used);
  // The records hold other types than the fields.
  cloud.source = {CloudFormat::las,
                  Bytes(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(header.size_bytes)),
                  Bytes(trailer.begin(), trailer.end()),
                  0,
                  {}};
  return cloud;
}

Result<Bytes> write_las(const Cloud& cloud) {
  DEW_TRY(check_cloud(cloud));
  const std::optional<LasHeader> header = kept_header(cloud);
  if (!header) return write_new(cloud);
  DEW_ASSIGN(Coordinates coordinates, coordinates_of(cloud, header->grid));
  Bytes out = cloud.source.header;
  if (coordinates.grid_changed) put_grid(coordinates.grid, out);
  if (coordinates.grid_changed || header->points != cloud.points)
    put_summary(cloud, header->minor_version, header->format, coordinates, out);
  append_records(record_cloud(cloud, header->fields, coordinates), out);
  // What follows the points of a file of other points may speak of those.
  if (header->points == cloud.points) out.insert(out.end(), cloud.source.trailer.begin(), cloud.source.trailer.end());
  return out;
}

}  // namespace dew
