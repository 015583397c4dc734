// SPDX-License-Identifier: Apache-2.0
#include "entropy/documents/json_value.h"

#include <cmath>

namespace dew {
namespace {

const Json kNull;

Error lacks(const char* name, const char* what) { return {Code::corrupt, 0, std::string("the JSON has no ") + what + " \"" + name + "\""}; }

/// Values that a text can hold, at most: one more than it has separators.
uint64_t count_values(std::string_view text) {
  uint64_t values = 1;
  for (const char c : text) values += c == ',' || c == '[' || c == '{' || c == ':';
  return values;
}

}  // namespace

Result<Json> parse_json(ByteSpan text, Budget& budget, uint64_t offset) {
  // A value takes 16 bytes, an object or an array and the node it hangs on some 100 more.
  DEW_TRY(budget.take_memory(2 * text.size() + 128 * count_values(as_text(text)), offset));
  Json json = Json::parse(as_text(text), nullptr, false);
  if (json.is_discarded()) return Error{Code::corrupt, offset, "the JSON text is damaged"};
  return json;
}

const Json& json_member(const Json& object, const char* name) {
  if (!object.is_object()) return kNull;
  const auto found = object.find(name);
  return found == object.end() ? kNull : *found;
}

const Json& json_element(const Json& array, uint64_t index) {
  return array.is_array() && index < array.size() ? array[static_cast<size_t>(index)] : kNull;
}

Result<uint64_t> json_count(const Json& object, const char* name) {
  const Json& value = json_member(object, name);
  if (!value.is_number_unsigned()) return lacks(name, "count");
  return value.get<uint64_t>();
}

Result<uint64_t> json_count_or(const Json& object, const char* name, uint64_t fallback) {
  if (json_member(object, name).is_null()) return fallback;
  return json_count(object, name);
}

Result<std::vector<double>> json_numbers(const Json& object, const char* name) {
  const Json& array = json_member(object, name);
  if (!array.is_array()) return lacks(name, "numbers");
  std::vector<double> numbers;
  numbers.reserve(array.size());
  for (const Json& value : array) {
    if (!value.is_number() || !std::isfinite(value.get<double>())) return lacks(name, "finite numbers");
    numbers.push_back(value.get<double>());
  }
  return numbers;
}

std::string json_text(const Json& object, const char* name) {
  const Json& value = json_member(object, name);
  return value.is_string() ? value.get_ref<const std::string&>() : std::string();
}

}  // namespace dew
