// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/attributes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "entropy/range_coder.h"
#include "pointcloud/coding/cell_bits.h"
#include "pointcloud/coding/sequence_model.h"
#include "pointcloud/io/las.h"

namespace dew {
namespace {

constexpr unsigned kMaxSymbolBits = 8;

bool one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The row's value where all its points agree; false where some row does not agree with itself.
bool find_row_values(std::span<const int64_t> integers, std::span<const int32_t> rows, uint32_t row_count, std::vector<int64_t>& values) {
  values.assign(row_count, 0);
  std::vector<bool> seen(row_count, false);
  for (size_t i = 0; i < integers.size(); ++i) {
    if (rows[i] < 0) continue;
    const size_t row = static_cast<size_t>(rows[i]);
    if (seen[row] && values[row] != integers[i]) return false;
    values[row] = integers[i];
    seen[row] = true;
  }
  return true;
}

bool is_constant(std::span<const int64_t> integers, size_t channels) {
  for (size_t i = channels; i < integers.size(); ++i) {
    if (integers[i] != integers[i - channels]) return false;
  }
  return integers.size() >= channels;
}

bool is_coordinate(const Field& field) { return field.count == 1 && one_of(field.name, {"x", "y", "z"}); }

/// How the field's values are integers: those of the source where it says so.
IntegerView view_of(const Cloud& cloud, const Field& field, bool has_grid) {
  if (cloud.source.format == CloudFormat::las && is_coordinate(field)) {
    const size_t axis = static_cast<size_t>(field.name[0] - 'x');
    const std::optional<LasGrid> grid = las_grid(cloud.source.header);
    if (const auto view = grid ? steps_view(field, grid->scale[axis], grid->offset[axis]) : std::nullopt) return *view;
  }
  return has_grid ? find_integer_view(field) : find_close_view(field);
}

bool has_denominator(ViewKind kind) { return is_comb(kind) || kind == ViewKind::near_comb || kind == ViewKind::multiples; }

bool fits_type(ViewKind kind, FieldType type) {
  const bool is_float = type == FieldType::f16 || type == FieldType::f32 || type == FieldType::f64;
  switch (kind) {
    case ViewKind::integer:
    case ViewKind::multiples: return !is_float;
    case ViewKind::comb:
    case ViewKind::signed_comb:
    case ViewKind::steps:
    case ViewKind::short_bits: return type == FieldType::f32 || type == FieldType::f64;
    case ViewKind::ordered_bits: return type == FieldType::f16 || type == FieldType::f32;
    case ViewKind::halves: return field_type_size(type) == 8;
    case ViewKind::near_comb:
    case ViewKind::from_first: return type == FieldType::f64;
  }
  return false;
}

}  // namespace

const char* part_name(Part part) {
  constexpr std::array<const char*, kParts> kNames = {"geometry", "intensity", "ring", "time", "other"};
  return kNames[static_cast<size_t>(part)];
}

Part part_of_field(std::string_view name) {
  if (one_of(name, {"x", "y", "z"})) return Part::geometry;
  if (one_of(name, {"intensity", "Intensity", "reflectance", "reflectivity", "remission", "i"})) return Part::intensity;
  if (one_of(name, {"ring", "laser", "laser_number", "laser_id", "channel", "line"})) return Part::ring;
  if (one_of(name, {"time", "timestamp", "t", "offset_ns", "offset_time", "gps_time", "stamp"})) return Part::time;
  return Part::other;
}

std::vector<AttributePlan> plan_attributes(const Cloud& cloud, std::span<const int32_t> rows, uint32_t row_count) {
  std::vector<AttributePlan> plans;
  bool has_symbols = false;
  for (const Field& field : cloud.fields) {
    AttributePlan plan;
    plan.name = field.name;
    plan.type = field.type;
    plan.count = field.count;
    if (!rows.empty() && is_coordinate(field)) {
      plan.method = AttributeMethod::coordinate;
      plans.push_back(std::move(plan));
      continue;
    }
    plan.view = view_of(cloud, field, !rows.empty());
    const std::vector<int64_t> integers = to_integers(field, plan.view);
    const size_t channels = plan.values_per_point();
    if (is_constant(integers, channels)) {
      plan.method = AttributeMethod::constant;
      plan.values.assign(integers.begin(), integers.begin() + static_cast<ptrdiff_t>(channels));
    } else if (!rows.empty() && channels == 1 && find_row_values(integers, rows, row_count, plan.values)) {
      plan.method = AttributeMethod::by_row;
    } else if (!rows.empty() && channels == 1 && !has_symbols && !integers.empty() &&
               *std::min_element(integers.begin(), integers.end()) >= 0 &&
               *std::max_element(integers.begin(), integers.end()) < (1 << kMaxSymbolBits)) {
      plan.method = AttributeMethod::symbols;
      const int64_t highest = *std::max_element(integers.begin(), integers.end());
      plan.symbol_bits = std::max(1u, static_cast<unsigned>(std::bit_width(static_cast<uint64_t>(highest))));
      has_symbols = true;
    }
    if (plan.method != AttributeMethod::by_row && plan.method != AttributeMethod::constant) plan.values.clear();
    plans.push_back(std::move(plan));
  }
  return plans;
}

void write_plans(const std::vector<AttributePlan>& plans, ByteWriter& writer) {
  writer.varint(plans.size());
  for (const AttributePlan& plan : plans) {
    writer.sized_bytes(as_bytes(plan.name));
    writer.u8(static_cast<uint8_t>(static_cast<unsigned>(plan.type) | static_cast<unsigned>(plan.method) << 4));
    writer.varint(plan.count);
    if (plan.method == AttributeMethod::coordinate) continue;
    writer.u8(static_cast<uint8_t>(plan.view.kind));
    if (has_denominator(plan.view.kind)) writer.varint(plan.view.denominator);
    if (plan.view.kind == ViewKind::steps) writer.f64(plan.view.step), writer.f64(plan.view.origin);
    if (plan.view.kind == ViewKind::from_first) writer.u64(static_cast<uint64_t>(plan.view.first));
    if (plan.view.kind == ViewKind::short_bits) writer.u8(static_cast<uint8_t>(plan.view.shift));
    if (plan.method == AttributeMethod::symbols) writer.u8(static_cast<uint8_t>(plan.symbol_bits));
    int64_t last = 0;
    for (const int64_t value : plan.values) {
      writer.signed_varint(value - last);
      last = value;
    }
  }
}

Result<std::vector<AttributePlan>> read_plans(ByteReader& reader, uint32_t row_count, Budget& budget) {
  const auto corrupt = [&](const char* message) { return Error{Code::corrupt, reader.offset(), message}; };
  DEW_ASSIGN(const uint64_t count, reader.varint());
  if (count > kMaxFields) return corrupt("more than 256 fields");
  std::vector<AttributePlan> plans;
  for (uint64_t i = 0; i < count; ++i) {
    AttributePlan plan;
    DEW_ASSIGN(const ByteSpan name, reader.sized_bytes());
    plan.name = as_text(name);
    DEW_ASSIGN(const uint8_t codes, reader.u8());
    if ((codes & 15) > static_cast<unsigned>(FieldType::f64) || (codes >> 4) > static_cast<unsigned>(AttributeMethod::sequence))
      return corrupt("unknown field type or method");
    plan.type = static_cast<FieldType>(codes & 15);
    plan.method = static_cast<AttributeMethod>(codes >> 4);
    DEW_ASSIGN(const uint64_t values, reader.varint());
    if (values == 0 || values > kMaxValuesPerPoint) return corrupt("a field's count is out of range");
    plan.count = static_cast<uint32_t>(values);
    if (plan.method == AttributeMethod::coordinate) {
      if (row_count == 0 || plan.count != 1 || plan.type != FieldType::f32)
        return corrupt("a coordinate field without a grid, or no floats");
      plans.push_back(std::move(plan));
      continue;
    }
    DEW_ASSIGN(const uint8_t kind, reader.u8());
    plan.view.kind = static_cast<ViewKind>(kind);
    if (!fits_type(plan.view.kind, plan.type)) return corrupt("a field's integers do not fit its type");
    if (has_denominator(plan.view.kind)) {
      DEW_ASSIGN(const uint64_t denominator, reader.varint());
      if (denominator == 0 || denominator > (1u << 30)) return corrupt("a comb's denominator is out of range");
      plan.view.denominator = static_cast<uint32_t>(denominator);
    }
    if (plan.view.kind == ViewKind::steps) {
      DEW_ASSIGN(plan.view.step, reader.f64());
      DEW_ASSIGN(plan.view.origin, reader.f64());
      if (!std::isfinite(plan.view.step) || !std::isfinite(plan.view.origin)) return corrupt("a field's steps are no numbers");
    }
    if (plan.view.kind == ViewKind::from_first) {
      DEW_ASSIGN(const uint64_t first, reader.u64());
      plan.view.first = static_cast<int64_t>(first);
    }
    if (plan.view.kind == ViewKind::short_bits) {
      DEW_ASSIGN(plan.view.shift, reader.u8());
      if (plan.view.shift < 1 || plan.view.shift >= 8 * field_type_size(plan.type))
        return corrupt("a field's short floats are out of range");
    }
    const bool on_grid = plan.method == AttributeMethod::by_row || plan.method == AttributeMethod::symbols;
    if (on_grid && (row_count == 0 || plan.values_per_point() != 1)) return corrupt("a field's method needs a grid and one value a point");
    if (plan.method == AttributeMethod::symbols) {
      DEW_ASSIGN(const uint8_t bits, reader.u8());
      if (bits < 1 || bits > kMaxSymbolBits) return corrupt("a field's symbols are wider than 8 bits");
      plan.symbol_bits = bits;
    }
    const size_t kept = plan.method == AttributeMethod::by_row     ? row_count
                        : plan.method == AttributeMethod::constant ? plan.values_per_point()
                                                                   : 0;
    DEW_TRY(budget.take_memory(kept * sizeof(int64_t), reader.offset()));
    uint64_t last = 0;
    for (size_t k = 0; k < kept; ++k) {
      DEW_ASSIGN(const int64_t step, reader.signed_varint());
      last += static_cast<uint64_t>(step);
      plan.values.push_back(static_cast<int64_t>(last));
    }
    plans.push_back(std::move(plan));
  }
  return plans;
}

Bytes encode_sequence(std::span<const int64_t> integers, size_t channels) {
  RangeEncoder encoder;
  SequenceModel model(channels);
  std::vector<int64_t> point(channels);
  for (size_t i = 0; i + channels <= integers.size(); i += channels) {
    std::copy_n(integers.begin() + static_cast<ptrdiff_t>(i), channels, point.begin());
    model.code(encoder, point);
  }
  Bytes coded = encoder.finish();
  // Decoders read zeros past the end anyway.
  coded.resize(std::max<size_t>(coded.size(), integers.size() / channels / kCellsPerByte));
  return coded;
}

Result<std::vector<int64_t>> decode_sequence(ByteSpan coded, uint64_t points, size_t channels, Budget& budget, uint64_t offset,
                                             std::span<float> bits) {
  DEW_TRY(budget.take_work(points * channels * 64, offset));
  DEW_TRY(budget.take_memory(SequenceModel::memory_bytes(channels), offset));
  ProbedDecoder decoder(coded, bits);
  SequenceModel model(channels);
  std::vector<int64_t> integers;
  std::vector<int64_t> point(channels);
  constexpr uint64_t kStep = 65536;
  for (uint64_t i = 0; i < points; ++i) {
    // Grows with what is decoded: a wrong count ends at the first look at the end of the bytes.
    if (i % kStep == 0) {
      if (decoder.overrun()) return Error{Code::corrupt, offset, "a field's values end too early"};
      DEW_TRY(budget.take_memory(std::min(kStep, points - i) * channels * sizeof(int64_t), offset));
    }
    probe_cell(decoder, i);
    model.code(decoder, point);
    integers.insert(integers.end(), point.begin(), point.end());
  }
  if (decoder.overrun()) return Error{Code::corrupt, offset, "a field's values end too early"};
  return integers;
}

}  // namespace dew
