// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/io/header_text.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "pointcloud/io/fields.h"

namespace dew {

Result<std::vector<std::string_view>> HeaderLines::next() {
  line_offset_ = next_;
  const std::string_view rest = text_.substr(0, std::min(text_.size(), kMaxHeaderBytes)).substr(std::min(next_, text_.size()));
  const size_t end = rest.find('\n');
  if (end == std::string_view::npos) {
    if (text_.size() > kMaxHeaderBytes) return Error{Code::corrupt, next_, "the header does not end within 64 KiB"};
    return Error{Code::truncated, text_.size(), "the header does not end"};
  }
  const std::string_view line = rest.substr(0, end);
  next_ += end + 1;

  std::vector<std::string_view> words;
  size_t at = 0;
  while ((at = line.find_first_not_of(" \t\r", at)) != std::string_view::npos) {
    const size_t word_end = std::min(line.find_first_of(" \t\r", at), line.size());
    words.push_back(line.substr(at, word_end - at));
    at = word_end;
  }
  return words;
}

Result<uint64_t> parse_count(std::string_view word, uint64_t offset) {
  uint64_t value = 0;
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), value);
  if (parsed.ec == std::errc{} && parsed.ptr == word.data() + word.size()) return value;
  return Error{Code::corrupt, offset, quoted(word) + " is no count"};
}

}  // namespace dew
