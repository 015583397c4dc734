// SPDX-License-Identifier: Apache-2.0
#include "entropy/header_table.h"

#include <charconv>

namespace dew {

namespace {

enum FieldType : size_t { kVarint, kSignedVarint, kF64 };

std::string range_text(const HeaderRule& rule) { return header_value_text(rule.low) + " to " + header_value_text(rule.high); }

/// Written so that NaN is outside.
bool in_range(const HeaderRule& rule, const HeaderValue& value) {
  return value.index() == rule.low.index() && value >= rule.low && value <= rule.high;
}

/// `random` scaled to [low, high], every eighth time one of the ends.
template <class T>
uint64_t pick(T low, T high, uint64_t random) {
  const uint64_t span = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
  const uint64_t step = random % 16 == 0 ? 0 : random % 16 == 1 ? span : span == UINT64_MAX ? random : random / 16 % (span + 1);
  return static_cast<uint64_t>(low) + step;
}

}  // namespace

Status write_header_value(const HeaderRule& rule, const HeaderValue& value, ByteWriter& writer) {
  if (!in_range(rule, value)) {
    return Error{Code::invalid_argument, writer.size(),
                 std::string("header field ") + rule.name + " is " + header_value_text(value) + ", must be " + range_text(rule)};
  }
  switch (value.index()) {
    case kVarint: writer.varint(*std::get_if<kVarint>(&value)); break;
    case kSignedVarint: writer.signed_varint(*std::get_if<kSignedVarint>(&value)); break;
    default: writer.f64(*std::get_if<kF64>(&value)); break;
  }
  return {};
}

Result<HeaderValue> read_header_value(const HeaderRule& rule, ByteReader& reader) {
  const uint64_t offset = reader.offset();
  HeaderValue value;
  switch (rule.low.index()) {
    case kVarint: {
      DEW_ASSIGN(value, reader.varint());
      break;
    }
    case kSignedVarint: {
      DEW_ASSIGN(value, reader.signed_varint());
      break;
    }
    default: {
      DEW_ASSIGN(value, reader.f64());
      break;
    }
  }
  if (in_range(rule, value)) return value;
  return Error{Code::corrupt, offset,
               std::string("header field ") + rule.name + " is " + header_value_text(value) + ", must be " + range_text(rule)};
}

HeaderValue sample_header_value(const HeaderRule& rule, uint64_t random) {
  switch (rule.low.index()) {
    case kVarint: return pick(*std::get_if<kVarint>(&rule.low), *std::get_if<kVarint>(&rule.high), random);
    case kSignedVarint:
      return static_cast<int64_t>(pick(*std::get_if<kSignedVarint>(&rule.low), *std::get_if<kSignedVarint>(&rule.high), random));
    default: {
      const double low = *std::get_if<kF64>(&rule.low), high = *std::get_if<kF64>(&rule.high);
      const double share = random % 16 == 0 ? 0.0 : random % 16 == 1 ? 1.0 : static_cast<double>(random >> 11) * 0x1p-53;
      const double value = low * (1.0 - share) + high * share;
      return value < low ? low : value > high ? high : value;
    }
  }
}

std::string header_value_text(const HeaderValue& value) {
  char text[32];
  const std::to_chars_result end = std::visit([&](auto number) { return std::to_chars(text, text + sizeof(text), number); }, value);
  return std::string(text, end.ptr);
}

std::string header_rule_row(const HeaderRule& rule) {
  constexpr const char* kTypeNames[] = {"varint", "signed varint", "f64"};
  return std::string("| ") + rule.name + " | " + kTypeNames[rule.low.index()] + " | " + header_value_text(rule.low) + " | " +
         header_value_text(rule.high) + " | " + rule.meaning + " |\n";
}

}  // namespace dew
