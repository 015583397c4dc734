// SPDX-License-Identifier: Apache-2.0
/// Lines and words of the text headers of PCD and PLY files.
///
///   HeaderLines lines(bytes);
///   DEW_ASSIGN(const std::vector<std::string_view> words, lines.next());   // without the line's end
///   lines.line_offset();                                                   // where that line began
#pragma once

#include <string_view>
#include <vector>

#include "entropy/bytes.h"

namespace dew {

/// Longest header that is read. A longer one is no header: this bounds what a hostile file can make of words.
inline constexpr size_t kMaxHeaderBytes = 1u << 16;

/// Takes a header apart line by line; a line ends with "\n" or "\r\n".
class HeaderLines {
 public:
  explicit HeaderLines(ByteSpan bytes) : text_(as_text(bytes)) {}

  /// The words of the next line, none for an empty one. Errors: truncated (no further line end), corrupt (header too long).
  Result<std::vector<std::string_view>> next();
  uint64_t line_offset() const { return line_offset_; }
  /// Bytes of all lines read so far.
  size_t size_bytes() const { return next_; }

 private:
  std::string_view text_;
  size_t line_offset_ = 0;
  size_t next_ = 0;
};

/// A whole word as a number. Errors: corrupt.
Result<uint64_t> parse_count(std::string_view word, uint64_t offset);

}  // namespace dew
