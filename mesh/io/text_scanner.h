// SPDX-License-Identifier: Apache-2.0
/// Words and numbers of text files, line by line.
///
///   TextScanner scanner(bytes);
///   while (scanner.next_line()) { const std::string_view first = scanner.word(); float x; if (!scanner.number(x)) ... }
#pragma once

#include <charconv>
#include <string_view>

#include "entropy/bytes.h"

namespace dew {

class TextScanner {
 public:
  explicit TextScanner(ByteSpan bytes, size_t at = 0) : text_(as_text(bytes)), next_(at) {}

  /// Goes to the next line; false at the end.
  bool next_line() {
    if (next_ >= text_.size()) return false;
    const size_t end = std::min(text_.find('\n', next_), text_.size());
    line_ = text_.substr(next_, end - next_);
    line_offset_ = next_;
    next_ = end + 1;
    at_ = 0;
    return true;
  }
  /// Goes on until a line has a word that does not begin with '#'.
  bool next_filled_line() {
    while (next_line()) {
      const size_t before = at_;
      const std::string_view first = word();
      at_ = before;
      if (!first.empty() && first[0] != '#') return true;
    }
    return false;
  }
  /// The next word of the line; empty where there is none.
  std::string_view word() {
    while (at_ < line_.size() && is_blank(line_[at_])) ++at_;
    const size_t begin = at_;
    while (at_ < line_.size() && !is_blank(line_[at_])) ++at_;
    return line_.substr(begin, at_ - begin);
  }
  /// All of the line after the words read, without blanks around.
  std::string_view rest() {
    while (at_ < line_.size() && is_blank(line_[at_])) ++at_;
    size_t end = line_.size();
    while (end > at_ && is_blank(line_[end - 1])) --end;
    return line_.substr(at_, end - at_);
  }
  template <class T>
  bool number(T& value) {
    return parse(word(), value);
  }
  /// The next word of this line, or of lines after it.
  template <class T>
  bool number_anywhere(T& value) {
    for (;;) {
      const std::string_view text = word();
      if (!text.empty()) return parse(text, value);
      if (!next_line()) return false;
    }
  }
  template <class T>
  static bool parse(std::string_view text, T& value) {
    if (!text.empty() && text[0] == '+') text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size() || text.empty()) return false;
    // Too small or too large for the type: the nearest there is.
    if (error == std::errc::result_out_of_range) {
      value = 0;
      return true;
    }
    return error == std::errc();
  }
  uint64_t offset() const { return line_offset_ + at_; }
  /// Where the next line begins.
  size_t next_offset() const { return next_; }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
  std::string_view text_, line_;
  size_t next_, line_offset_ = 0, at_ = 0;
};

/// What is wrong, and where.
inline Error at(const TextScanner& scanner, const char* what) { return {Code::corrupt, scanner.offset(), what}; }

}  // namespace dew
