// SPDX-License-Identifier: Apache-2.0
/// A header described once: from one table of fields it is written, read with its ranges checked, printed, documented and fuzzed.
///
///   struct SliceHeader { uint64_t points = 0; int64_t first_column = 0; double tick_m = 0; };
///   constexpr HeaderField<SliceHeader> kSliceHeader[] = {{"points", &SliceHeader::points, 0, 1u << 20, "points in the slice"},
///       {"first_column", &SliceHeader::first_column, -4096, 4096, "column of the first"}, {"tick_m", &SliceHeader::tick_m, 1e-6, 1, "range
///       tick"}};
///   DEW_TRY(write_header(kSliceHeader, header, writer));
///   DEW_ASSIGN(const SliceHeader back, read_header(kSliceHeader, reader));
///
/// In files, field after field: uint64_t as varint, int64_t as zigzag varint, double as f64. No count, no padding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/result.h"

namespace dew {

/// A value of one field, of one of the three types that headers have. As std::variant index: 0 varint, 1 signed varint, 2 f64.
using HeaderValue = std::variant<uint64_t, int64_t, double>;

/// What a table says of a field, without the member it goes to. `low` and `high` are allowed too and have the field's type.
struct HeaderRule {
  const char* name;
  HeaderValue low;
  HeaderValue high;
  const char* meaning;  ///< one line, with the unit
};

/// A rule and the member of H that it is for.
template <class H>
struct HeaderField {
  constexpr HeaderField(const char* name, uint64_t H::*to, uint64_t low, uint64_t high, const char* meaning)
      : rule{name, low, high, meaning}, member(to) {}
  constexpr HeaderField(const char* name, int64_t H::*to, int64_t low, int64_t high, const char* meaning)
      : rule{name, low, high, meaning}, member(to) {}
  constexpr HeaderField(const char* name, double H::*to, double low, double high, const char* meaning)
      : rule{name, low, high, meaning}, member(to) {}

  HeaderValue get(const H& header) const {
    return std::visit([&](auto to) -> HeaderValue { return header.*to; }, member);
  }
  void set(H& header, const HeaderValue& value) const {
    std::visit([&](auto to) { header.*to = *std::get_if<std::remove_reference_t<decltype(header.*to)>>(&value); }, member);
  }

  HeaderRule rule;
  std::variant<uint64_t H::*, int64_t H::*, double H::*> member;
};

/// Errors: invalid_argument if the value is out of the rule's range (NaN always is).
Status write_header_value(const HeaderRule& rule, const HeaderValue& value, ByteWriter& writer);
/// Errors: truncated; corrupt if out of the rule's range.
Result<HeaderValue> read_header_value(const HeaderRule& rule, ByteReader& reader);
/// A value within the range, the ends being likely; `random` is any 64 bits. The same bits give the same value.
HeaderValue sample_header_value(const HeaderRule& rule, uint64_t random);
/// Decimal; a double in the shortest form that reads back as the same bits.
std::string header_value_text(const HeaderValue& value);
/// One row of the table in a FORMAT.md: "| name | type | low | high | meaning |".
std::string header_rule_row(const HeaderRule& rule);

/// Writes nothing that read_header would refuse.
template <class H, size_t N>
Status write_header(const HeaderField<H> (&fields)[N], const H& header, ByteWriter& writer) {
  for (const HeaderField<H>& field : fields) DEW_TRY(write_header_value(field.rule, field.get(header), writer));
  return {};
}

template <class H, size_t N>
Result<H> read_header(const HeaderField<H> (&fields)[N], ByteReader& reader) {
  H header{};
  for (const HeaderField<H>& field : fields) {
    DEW_ASSIGN(const HeaderValue value, read_header_value(field.rule, reader));
    field.set(header, value);
  }
  return header;
}

/// A valid header for tests and fuzzers; `random()` gives 64 bits.
template <class H, size_t N, class Random>
H sample_header(const HeaderField<H> (&fields)[N], Random&& random) {
  H header{};
  for (const HeaderField<H>& field : fields) field.set(header, sample_header_value(field.rule, random()));
  return header;
}

struct NamedHeaderValue {
  const char* name;
  HeaderValue value;
  const char* meaning;
};

/// All fields by name, for `dew info`.
template <class H, size_t N>
std::vector<NamedHeaderValue> list_header(const HeaderField<H> (&fields)[N], const H& header) {
  std::vector<NamedHeaderValue> list;
  for (const HeaderField<H>& field : fields) list.push_back({field.rule.name, field.get(header), field.rule.meaning});
  return list;
}

/// The field table of a FORMAT.md, heading included.
template <class H, size_t N>
std::string header_table_markdown(const HeaderField<H> (&fields)[N]) {
  std::string page = "| field | type | least | most | meaning |\n|---|---|---|---|---|\n";
  for (const HeaderField<H>& field : fields) page += header_rule_row(field.rule);
  return page;
}

}  // namespace dew
