// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/predicted_fields.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <optional>
#include <utility>

#include "pointcloud/coding/attributes.h"
#include "pointcloud/coding/column_numbers.h"

namespace dew {
namespace {

constexpr uint8_t kReturnsOnly = 1, kOfColumn = 2;

int64_t plus(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); }
int64_t minus(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b)); }
int64_t times(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b)); }

int64_t prediction(const PredictedField& field, const PointCell& cell) {
  if (cell.range == 0 && field.returns_only) return field.empty_value;
  const int64_t even = plus(field.base, times(field.range_factor, cell.range));
  const int64_t of_cell =
      field.of_column.empty() ? field.of_row[cell.row] : plus(field.of_row[cell.row], field.of_column[cell.firing_column]);
  return plus(even, times(field.unit, of_cell));
}

/// The integers that a prediction adds to: those of the view, or, without one that is whole, the bits of 8-byte values as they are.
std::vector<int64_t> integers_of(const Field& field, const IntegerView& view) {
  if (view.kind != ViewKind::integer || field_type_size(field.type) != 8) return to_integers(field, view);
  std::vector<int64_t> bits(field.data.size() / sizeof(int64_t));
  std::memcpy(bits.data(), field.data.data(), bits.size() * sizeof(int64_t));
  return bits;
}

/// The value that more than half of them have, if there is one; else any of them; 0 of none. Source: Boyer and Moore, "MJRTY", 1981.
int64_t majority(std::span<const int64_t> values) {
  int64_t candidate = 0;
  size_t lead = 0;
  for (const int64_t value : values) {
    if (lead == 0) candidate = value;
    lead += value == candidate ? 1 : static_cast<size_t>(-1);
  }
  return candidate;
}

/// Units of the field in a range tick: what most pairs of neighbouring returns of a laser say; 0: none.
int64_t find_range_factor(std::span<const int64_t> values, std::span<const PointCell> cells, uint32_t rows) {
  std::vector<int64_t> factors;
  std::vector<size_t> last(rows, cells.size());
  for (size_t i = 0; i < cells.size() && factors.size() < 4096; ++i) {
    if (cells[i].range == 0) continue;
    const size_t before = std::exchange(last[cells[i].row], i);
    if (before == cells.size() || cells[before].range == cells[i].range) continue;
    const int64_t ticks = int64_t{cells[i].range} - int64_t{cells[before].range}, units = minus(values[i], values[before]);
    factors.push_back(ticks != -1 && units % ticks == 0 ? units / ticks : ticks == -1 ? minus(0, units) : 0);
  }
  const int64_t factor = majority(factors);
  return static_cast<size_t>(std::count(factors.begin(), factors.end(), factor)) * 10 >= factors.size() * 9 ? factor : 0;
}

/// Cells grouped by row or column, what most of each group's `rest` is, into `of`.
void learn(std::span<const int64_t> rest, std::span<const PointCell> cells, bool returns_only, uint32_t PointCell::*group,
           std::vector<int64_t>& of) {
  std::vector<std::vector<int64_t>> groups(of.size());
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].range != 0 || !returns_only) groups[cells[i].*group].push_back(rest[i]);
  }
  for (size_t g = 0; g < of.size(); ++g) {
    const int64_t before = g > 0 ? of[g - 1] : 0;
    of[g] = groups[g].empty() ? before : majority(groups[g]);
  }
}

std::vector<int64_t> rest_of(std::span<const int64_t> values, const PredictedField& field, std::span<const PointCell> cells) {
  std::vector<int64_t> rest(values.size());
  for (size_t i = 0; i < values.size(); ++i) rest[i] = minus(values[i], prediction(field, cells[i]));
  return rest;
}

bool mostly_zero(std::span<const int64_t> rest) {
  return static_cast<size_t>(std::count(rest.begin(), rest.end(), 0)) * 10 >= rest.size() * 9;
}

void move_to_base(std::vector<int64_t>& numbers, int64_t& base) {
  const int64_t first = numbers.front();
  base = plus(base, first);
  for (int64_t& number : numbers) number = minus(number, first);
}

/// Times in nanoseconds that are whole microseconds, and the like.
void find_unit(PredictedField& field) {
  int64_t unit = 0;
  for (const std::vector<int64_t>* numbers : {&field.of_row, &field.of_column}) {
    for (const int64_t number : *numbers) unit = std::gcd(unit, number);
  }
  if (unit <= 1) return;
  field.unit = unit;
  for (int64_t& number : field.of_row) number /= unit;
  for (int64_t& number : field.of_column) number /= unit;
}

bool fits_coders(const PredictedField& field) {
  const auto within = [](const std::vector<int64_t>& numbers) {
    return std::all_of(numbers.begin(), numbers.end(),
                       [](int64_t number) { return number > -(int64_t{1} << 38) && number < (int64_t{1} << 38); });
  };
  return within(field.of_row) && within(field.of_column);
}

/// The rule for one field, if there is one that pays: by range and laser, or by column and laser.
bool find_rule(std::span<const int64_t> values, std::span<const PointCell> cells, uint32_t rows, uint32_t columns, PredictedField& field) {
  std::vector<int64_t> empty;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].range == 0) empty.push_back(values[i]);
  }
  field.empty_value = majority(empty);
  const int64_t factor = find_range_factor(values, cells, rows);
  for (const bool returns_only : {false, true}) {
    field.returns_only = returns_only;
    field.base = 0;
    field.unit = 1;
    field.of_row.assign(rows, 0);
    if (factor != 0) {
      field.range_factor = factor;
      field.of_column.clear();
      learn(rest_of(values, field, cells), cells, true, &PointCell::row, field.of_row);
    } else {
      field.of_column.assign(columns, 0);
      learn(values, cells, returns_only, &PointCell::firing_column, field.of_column);
      learn(rest_of(values, field, cells), cells, returns_only, &PointCell::row, field.of_row);
      move_to_base(field.of_column, field.base);
    }
    move_to_base(field.of_row, field.base);
    if (!fits_coders(field)) return false;
    find_unit(field);
    if (mostly_zero(rest_of(values, field, cells))) return true;
  }
  return false;
}

bool one_group_value(std::span<const int64_t> values, std::span<const PointCell> cells, uint32_t rows) {
  std::vector<std::optional<int64_t>> first(rows);
  for (size_t i = 0; i < values.size(); ++i) {
    std::optional<int64_t>& value = first[cells[i].row];
    if (value && *value != values[i]) return false;
    value = values[i];
  }
  return true;
}

void write_field(const PredictedField& field, ByteWriter& writer) {
  writer.varint(field.field);
  writer.u8(static_cast<uint8_t>(field.type));
  writer.u8(static_cast<uint8_t>(field.view.kind));
  if (field.view.kind == ViewKind::comb) writer.varint(field.view.denominator);
  writer.signed_varint(field.base);
  writer.signed_varint(field.range_factor);
  writer.signed_varint(field.unit);
  writer.u8(static_cast<uint8_t>((field.returns_only ? kReturnsOnly : 0) | (field.of_column.empty() ? 0 : kOfColumn)));
  writer.signed_varint(field.empty_value);
  writer.sized_bytes(encode_sequence(field.of_row, 1));
  if (!field.of_column.empty()) writer.sized_bytes(encode_column_numbers(field.of_column));
}

Bytes bytes_of(std::span<const int64_t> values) {
  const ByteSpan bytes = std::as_bytes(values);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

std::vector<PredictedField> find_predicted_fields(const Cloud& cloud, std::span<const PointCell> cells, uint32_t rows, uint32_t columns) {
  std::vector<PredictedField> found;
  for (size_t f = 0; f < cloud.fields.size(); ++f) {
    const Field& source = cloud.fields[f];
    if (source.count != 1 || part_of_field(source.name) == Part::geometry) continue;
    PredictedField field;
    field.field = static_cast<uint32_t>(f);
    field.type = source.type;
    field.view = find_integer_view(source);
    if (field.view.kind == ViewKind::halves) field.view = {};
    if (field.view.kind != ViewKind::integer && field.view.kind != ViewKind::comb) continue;
    const std::vector<int64_t> values = integers_of(source, field.view);
    // Constant, or one value a laser: a plan says that for less.
    if (one_group_value(values, cells, rows)) continue;
    if (find_rule(values, cells, rows, columns, field)) found.push_back(std::move(field));
  }
  return found;
}

Cloud without_predictions(const Cloud& cloud, std::span<const PredictedField> fields, std::span<const PointCell> cells) {
  Cloud rest;
  rest.points = cloud.points;
  rest.fields = cloud.fields;
  for (const PredictedField& field : fields) {
    Field& target = rest.fields[field.field];
    target.data = bytes_of(rest_of(integers_of(cloud.fields[field.field], field.view), field, cells));
    target.type = FieldType::i64;
  }
  return rest;
}

void add_predictions(std::span<const PredictedField> fields, std::span<const PointCell> cells, Cloud& rest) {
  for (const PredictedField& field : fields) {
    if (field.field >= rest.fields.size()) continue;
    Field& target = rest.fields[field.field];
    if (target.type != FieldType::i64 || target.data.size() != cells.size() * sizeof(int64_t)) continue;
    std::vector<int64_t> values(target.values<int64_t>().begin(), target.values<int64_t>().end());
    for (size_t i = 0; i < values.size(); ++i) values[i] = plus(values[i], prediction(field, cells[i]));
    target.data = from_integers(values, field.type, field.view);
    target.type = field.type;
  }
}

void write_predicted_fields(std::span<const PredictedField> fields, ByteWriter& writer) {
  writer.varint(fields.size());
  for (const PredictedField& field : fields) write_field(field, writer);
}

size_t predicted_field_bytes(const PredictedField& field) {
  ByteWriter writer;
  write_field(field, writer);
  return writer.size();
}

Result<std::vector<PredictedField>> read_predicted_fields(ByteReader& reader, uint32_t rows, uint32_t columns, Budget& budget) {
  const auto corrupt = [&](const char* message) { return Error{Code::corrupt, reader.offset(), message}; };
  DEW_ASSIGN(const uint64_t count, reader.varint());
  if (count > kMaxFields) return corrupt("more than 256 predicted fields");
  std::vector<PredictedField> fields;
  for (uint64_t i = 0; i < count; ++i) {
    PredictedField field;
    DEW_ASSIGN(const uint64_t index, reader.varint());
    if (index >= kMaxFields || (i > 0 && index <= fields.back().field)) return corrupt("predicted fields are out of order");
    field.field = static_cast<uint32_t>(index);
    DEW_ASSIGN(const uint8_t type, reader.u8());
    DEW_ASSIGN(const uint8_t kind, reader.u8());
    if (type > static_cast<uint8_t>(FieldType::f64) || kind > static_cast<uint8_t>(ViewKind::comb))
      return corrupt("unknown type or view of a predicted field");
    field.type = static_cast<FieldType>(type);
    field.view.kind = static_cast<ViewKind>(kind);
    const bool is_float = field.type == FieldType::f32 || field.type == FieldType::f64;
    const bool is_comb = field.view.kind == ViewKind::comb;
    // Doubles may be their bits.
    const bool fits = is_comb ? is_float : field.type != FieldType::f16 && field.type != FieldType::f32;
    if (!fits) return corrupt("a predicted field's integers do not fit its type");
    if (is_comb) {
      DEW_ASSIGN(const uint64_t denominator, reader.varint());
      if (denominator == 0 || denominator > (1u << 30)) return corrupt("a comb's denominator is out of range");
      field.view.denominator = static_cast<uint32_t>(denominator);
    }
    DEW_ASSIGN(field.base, reader.signed_varint());
    DEW_ASSIGN(field.range_factor, reader.signed_varint());
    DEW_ASSIGN(field.unit, reader.signed_varint());
    DEW_ASSIGN(const uint8_t flags, reader.u8());
    if (flags > (kReturnsOnly | kOfColumn)) return corrupt("unknown flag of a predicted field");
    field.returns_only = (flags & kReturnsOnly) != 0;
    DEW_ASSIGN(field.empty_value, reader.signed_varint());
    DEW_ASSIGN(const ByteSpan of_row, reader.sized_bytes());
    DEW_ASSIGN(field.of_row, decode_sequence(of_row, rows, 1, budget, reader.offset()));
    if (flags & kOfColumn) {
      DEW_ASSIGN(const ByteSpan of_column, reader.sized_bytes());
      DEW_ASSIGN(field.of_column, decode_column_numbers(of_column, columns, budget, reader.offset()));
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

}  // namespace dew
