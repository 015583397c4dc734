// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/ply_header.h"

#include <algorithm>
#include <charconv>

namespace dew {
namespace {

using Words = std::vector<std::string_view>;

struct TypeNames {
  PropertyType type;
  const char* name;        // as it is written
  const char* sized_name;  // as newer programs write it
};
constexpr TypeNames kTypeNames[] = {{PropertyType::i8, "char", "int8"},      {PropertyType::u8, "uchar", "uint8"},
                                    {PropertyType::i16, "short", "int16"},   {PropertyType::u16, "ushort", "uint16"},
                                    {PropertyType::i32, "int", "int32"},     {PropertyType::u32, "uint", "uint32"},
                                    {PropertyType::f32, "float", "float32"}, {PropertyType::f64, "double", "float64"}};

constexpr size_t kLongestHeader = size_t{1} << 16;  // bounds what a hostile header can cost: names are compared pairwise

Words words_of(std::string_view line) {
  Words words;
  while (true) {
    const size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return words;
    const size_t end = std::min(line.find_first_of(" \t\r", begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

Result<PropertyType> type_of(std::string_view name, uint64_t offset) {
  for (const TypeNames& names : kTypeNames) {
    if (name == names.name || name == names.sized_name) return names.type;
  }
  return Error{Code::unsupported_feature, offset, "a property of type '" + std::string(name.substr(0, 40)) + "'"};
}

Status add_element(const Words& words, uint64_t offset, PlyHeader& header) {
  PlyElement element;
  const bool whole = words.size() == 3 && std::from_chars(words[2].data(), words[2].data() + words[2].size(), element.count).ptr ==
                                              words[2].data() + words[2].size();
  if (!whole) return Error{Code::corrupt, offset, "an element line takes a name and a count"};
  element.name = words[1];
  header.elements.push_back(std::move(element));
  return {};
}

Status add_property(const Words& words, uint64_t offset, PlyHeader& header) {
  if (header.elements.empty()) return Error{Code::corrupt, offset, "a property before the first element"};
  PlyElement& element = header.elements.back();
  if (words.size() > 1 && words[1] == "list") return Error{Code::unsupported_feature, offset, "a list property; splats have none"};
  if (words.size() != 3) return Error{Code::corrupt, offset, "a property line takes a type and a name"};
  DEW_ASSIGN(const PropertyType type, type_of(words[1], offset));
  if (find_property(element, words[2]) != nullptr) return Error{Code::corrupt, offset, "a property that is named twice"};
  element.properties.push_back({std::string(words[2]), type, element.record_bytes});
  element.record_bytes += property_type_size(type);
  return {};
}

Status add_line(std::string_view line, uint64_t offset, PlyHeader& header) {
  const Words words = words_of(line);
  if (words.empty() || words[0] == "comment" || words[0] == "obj_info") return {};
  if (words[0] == "element") return add_element(words, offset, header);
  if (words[0] == "property") return add_property(words, offset, header);
  if (words[0] == "format") {
    if (words.size() == 3 && words[1] == "binary_little_endian") return {};
    return Error{Code::unsupported_feature, offset, "a PLY file that is not binary_little_endian"};
  }
  return Error{Code::corrupt, offset, "a header line that is no PLY"};
}

}  // namespace

const PlyElement* PlyHeader::find(std::string_view element) const {
  const auto found = std::find_if(elements.begin(), elements.end(), [&](const PlyElement& e) { return e.name == element; });
  return found == elements.end() ? nullptr : &*found;
}

const PlyProperty* find_property(const PlyElement& element, std::string_view name) {
  const auto found =
      std::find_if(element.properties.begin(), element.properties.end(), [&](const PlyProperty& p) { return p.name == name; });
  return found == element.properties.end() ? nullptr : &*found;
}

Result<PlyHeader> parse_ply_header(ByteSpan bytes) {
  const std::string_view text = as_text(bytes.first(std::min(bytes.size(), kLongestHeader)));
  PlyHeader header;
  for (size_t begin = 0, line_number = 0;; ++line_number) {
    const size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) {
      const Code code = text.size() < kLongestHeader ? Code::truncated : Code::corrupt;
      return Error{code, begin, "the header has no end_header line"};
    }
    std::string_view line = text.substr(begin, end - begin);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line_number == 0 && line != "ply") return Error{Code::corrupt, 0, "the file does not begin with 'ply'"};
    if (line == "end_header") {
      header.size_bytes = end + 1;
      return header;
    }
    if (line_number > 0) DEW_TRY(add_line(line, begin, header));
    begin = end + 1;
  }
}

const char* ply_type_name(PropertyType type) {
  for (const TypeNames& names : kTypeNames) {
    if (names.type == type) return names.name;
  }
  return "";
}

}  // namespace dew
