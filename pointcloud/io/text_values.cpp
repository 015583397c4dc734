// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/io/text_values.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "pointcloud/half.h"

namespace dew {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// A place in the text; takes it apart into words and lines.
struct Cursor {
  std::string_view text;
  uint64_t file_offset;
  size_t at = 0;

  void skip_blanks() {
    while (at < text.size() && is_blank(text[at])) ++at;
  }
  void skip_empty_lines() {
    while (at < text.size() && (is_blank(text[at]) || text[at] == '\n')) ++at;
  }
  std::string_view word() {
    skip_blanks();
    const size_t begin = at;
    while (at < text.size() && !is_blank(text[at]) && text[at] != '\n') ++at;
    return text.substr(begin, at - begin);
  }
  uint64_t offset() const { return file_offset + at; }
};

/// True if all of `word` is a number of type T. A leading plus is common and not known to from_chars.
template <class T>
bool parse_word(std::string_view word, T& value) {
  if (word.size() > 1 && word[0] == '+') word.remove_prefix(1);
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), value);
  return parsed.ec == std::errc{} && parsed.ptr == word.data() + word.size();
}

template <class T>
bool store_word(std::string_view word, std::byte* to) {
  T value;
  if (!parse_word(word, value)) return false;
  std::memcpy(to, &value, sizeof(T));
  return true;
}

/// Numbers below the smallest float are written by programs that compute in double; they become the nearest float.
bool store_float(std::string_view word, std::byte* to) {
  if (store_word<float>(word, to)) return true;
  double wide;
  if (!parse_word(word, wide) || std::fabs(wide) > 1.0) return false;
  const float value = static_cast<float>(wide);
  std::memcpy(to, &value, sizeof(value));
  return true;
}

bool store_half(std::string_view word, std::byte* to) {
  double wide;
  if (!parse_word(word, wide)) return false;
  const uint16_t value = double_to_half(wide);
  std::memcpy(to, &value, sizeof(value));
  return true;
}

bool store_value(FieldType type, std::string_view word, std::byte* to) {
  switch (type) {
    case FieldType::u8: return store_word<uint8_t>(word, to);
    case FieldType::u16: return store_word<uint16_t>(word, to);
    case FieldType::u32: return store_word<uint32_t>(word, to);
    case FieldType::u64: return store_word<uint64_t>(word, to);
    case FieldType::i8: return store_word<int8_t>(word, to);
    case FieldType::i16: return store_word<int16_t>(word, to);
    case FieldType::i32: return store_word<int32_t>(word, to);
    case FieldType::i64: return store_word<int64_t>(word, to);
    case FieldType::f16: return store_half(word, to);
    case FieldType::f32: return store_float(word, to);
    case FieldType::f64: return store_word<double>(word, to);
  }
  return false;
}

template <class T>
char* print_value(const std::byte* from, char* to, char* end) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return std::to_chars(to, end, value).ptr;
}

char* print_half(const std::byte* from, char* to, char* end) {
  uint16_t half;
  std::memcpy(&half, from, sizeof(half));
  return std::to_chars(to, end, static_cast<float>(half_to_double(half))).ptr;
}

char* print_any(FieldType type, const std::byte* from, char* to, char* end) {
  switch (type) {
    case FieldType::u8: return print_value<uint8_t>(from, to, end);
    case FieldType::u16: return print_value<uint16_t>(from, to, end);
    case FieldType::u32: return print_value<uint32_t>(from, to, end);
    case FieldType::u64: return print_value<uint64_t>(from, to, end);
    case FieldType::i8: return print_value<int8_t>(from, to, end);
    case FieldType::i16: return print_value<int16_t>(from, to, end);
    case FieldType::i32: return print_value<int32_t>(from, to, end);
    case FieldType::i64: return print_value<int64_t>(from, to, end);
    case FieldType::f16: return print_half(from, to, end);
    case FieldType::f32: return print_value<float>(from, to, end);
    case FieldType::f64: return print_value<double>(from, to, end);
  }
  return to;
}

Status read_line(Cursor& cursor, uint64_t point, Cloud& cloud) {
  for (Field& field : cloud.fields) {
    const size_t value_bytes = field_type_size(field.type);
    std::byte* to = field.data.data() + static_cast<size_t>(point) * field.bytes_per_point();
    for (uint32_t i = 0; i < field.count; ++i, to += value_bytes) {
      const std::string_view word = cursor.word();
      const uint64_t offset = cursor.offset() - word.size();
      if (word.empty()) {
        const Code code = cursor.at == cursor.text.size() ? Code::truncated : Code::corrupt;
        return Error{code, offset, "point " + std::to_string(point) + ": its line ends before field '" + field.name + "'"};
      }
      if (!store_value(field.type, word, to)) {
        return Error{Code::corrupt, offset,
                     "point " + std::to_string(point) + ": '" + std::string(word.substr(0, 40)) + "' is no " + field_type_name(field.type) +
                         " for field '" + field.name + "'"};
      }
    }
  }
  cursor.skip_blanks();
  if (cursor.at == cursor.text.size()) return {};
  if (cursor.text[cursor.at] != '\n')
    return Error{Code::corrupt, cursor.offset(), "point " + std::to_string(point) + ": its line holds more values than the header names"};
  ++cursor.at;
  return {};
}

}  // namespace

Status check_text_room(ByteSpan bytes, uint64_t offset, uint64_t points, uint64_t values_per_point) {
  const uint64_t values = bytes.size() / 2 + bytes.size() % 2;
  if (values_per_point == 0 || points <= values / values_per_point) return {};
  return Error{Code::truncated, offset + bytes.size(),
               std::to_string(bytes.size()) + " bytes of text cannot hold " + std::to_string(points) + " points of " +
                   std::to_string(values_per_point) + " values"};
}

Result<uint64_t> read_text_points(ByteSpan bytes, uint64_t offset, Cloud& cloud) {
  Cursor cursor{as_text(bytes), offset};
  for (uint64_t point = 0; point < cloud.points; ++point) {
    cursor.skip_empty_lines();
    DEW_TRY(read_line(cursor, point, cloud));
  }
  return cursor.at;
}

void append_text_points(const Cloud& cloud, Bytes& out) {
  std::array<char, 64> buffer;
  for (uint64_t point = 0; point < cloud.points; ++point) {
    for (const Field& field : cloud.fields) {
      const size_t value_bytes = field_type_size(field.type);
      const std::byte* from = field.data.data() + static_cast<size_t>(point) * field.bytes_per_point();
      for (uint32_t i = 0; i < field.count; ++i, from += value_bytes) {
        char* end = print_any(field.type, from, buffer.data(), buffer.data() + buffer.size() - 1);
        *end++ = ' ';
        const ByteSpan word = as_bytes({buffer.data(), static_cast<size_t>(end - buffer.data())});
        out.insert(out.end(), word.begin(), word.end());
      }
    }
    out.back() = std::byte{'\n'};
  }
}

}  // namespace dew
