// SPDX-License-Identifier: Apache-2.0
#include "viewer/web/json_text.h"

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace dew::viewer {
namespace {

/// Bytes of the UTF-8 sequence at the start of `text`; 0 where there is none.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  const size_t length = lead < 0x80                   ? 1
                        : lead >= 0xC2 && lead < 0xE0 ? 2
                        : lead >= 0xE0 && lead < 0xF0 ? 3
                        : lead >= 0xF0 && lead < 0xF5 ? 4
                                                      : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong_or_surrogate = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F) ||
                                     (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F);
  return overlong_or_surrogate ? 0 : length;
}

}  // namespace

void JsonText::begin_value() {
  if (comma_) out_ += ',';
  comma_ = true;
}

JsonText& JsonText::open(char bracket) {
  begin_value();
  out_ += bracket;
  comma_ = false;
  return *this;
}

JsonText& JsonText::close(char bracket) {
  out_ += bracket;
  comma_ = true;
  return *this;
}

JsonText& JsonText::key(std::string_view name) {
  text(name);
  out_ += ':';
  comma_ = false;
  return *this;
}

JsonText& JsonText::text(std::string_view value) {
  begin_value();
  out_ += '"';
  while (!value.empty()) {
    const size_t length = utf8_length(value);
    const char first = value.front();
    if (length == 0) {
      out_ += "\xEF\xBF\xBD";
    } else if (first == '"' || first == '\\') {
      out_ += '\\';
      out_ += first;
    } else if (static_cast<uint8_t>(first) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(first));
      out_ += escaped;
    } else {
      out_ += value.substr(0, length);
    }
    value.remove_prefix(length == 0 ? 1 : length);
  }
  out_ += '"';
  return *this;
}

JsonText& JsonText::number(double value) {
  begin_value();
  if (!std::isfinite(value)) {
    out_ += "null";
    return *this;
  }
  char digits[40];
  std::snprintf(digits, sizeof digits, "%.17g", value);
  out_ += digits;
  return *this;
}

JsonText& JsonText::boolean(bool value) {
  begin_value();
  out_ += value ? "true" : "false";
  return *this;
}

JsonText& JsonText::null() {
  begin_value();
  out_ += "null";
  return *this;
}

std::string JsonText::take() {
  comma_ = false;
  return std::exchange(out_, {});
}

}  // namespace dew::viewer
