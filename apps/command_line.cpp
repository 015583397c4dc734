// SPDX-License-Identifier: Apache-2.0
#include "apps/command_line.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace dew::app {
namespace {

Error wrong(std::string message) { return {Code::invalid_argument, 0, std::move(message)}; }

/// Error unless `value` is one of the choices of `option`.
Status check_choice(const Option& option, const std::string& value) {
  const std::vector<std::string> choices = split(option.choices, ' ');
  if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) return {};
  std::string list;
  for (const std::string& choice : choices) list += (list.empty() ? "" : ", ") + choice;
  return wrong(std::string(option.name) + " takes one of " + list + ", not '" + value + "'");
}

}  // namespace

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::string Arguments::text(std::string_view option, std::string_view fallback) const {
  const auto found = values_.find(option);
  return found == values_.end() ? std::string(fallback) : found->second;
}

Result<uint32_t> Arguments::number(std::string_view option, uint32_t fallback, uint32_t minimum, uint32_t maximum) const {
  const auto found = values_.find(option);
  if (found == values_.end()) return fallback;
  const std::string& text = found->second;
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < minimum || value > maximum) {
    return wrong(std::string(option) + " takes a whole number from " + std::to_string(minimum) + " to " + std::to_string(maximum) +
                 ", not '" + text + "'");
  }
  return value;
}

Result<Arguments> parse(std::span<const Option> options, std::span<const std::string> words) {
  Arguments arguments;
  bool options_ended = false;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (options_ended || word == "-" || !word.starts_with('-')) {
      arguments.operands_.push_back(word);
      continue;
    }
    if (word == "--") {
      options_ended = true;
      continue;
    }
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const auto option = std::find_if(options.begin(), options.end(), [&](const Option& row) { return name == row.name; });
    if (option == options.end()) return wrong("unknown option " + name);
    const bool takes_value = option->value[0] != '\0';
    std::string value;
    if (equals != std::string::npos) {
      if (!takes_value) return wrong(name + " takes no value");
      value = word.substr(equals + 1);
    } else if (takes_value) {
      if (i + 1 == words.size()) return wrong(name + " needs a value: " + name + " " + option->value);
      value = words[++i];
    }
    DEW_TRY(check_choice(*option, value));
    if (!arguments.values_.emplace(name, value).second) return wrong(name + " is given twice");
  }
  return arguments;
}

Result<double> parse_length_m(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  const double metres = unit == "m" ? 1 : unit == "cm" ? 1e-2 : unit == "mm" ? 1e-3 : unit == "um" ? 1e-6 : 0;
  // Rounding 5 * 1e-2 gives a bound that may be one step above 5 cm; division by the exact reciprocal is correctly rounded.
  const double length_m = metres == 0 ? 0 : value / std::round(1 / metres);
  if (error != std::errc{} || !(length_m > 0) || !std::isfinite(length_m)) {
    return wrong("'" + std::string(text) + "' is no length; write a number and m, cm, mm or um, as in 1cm");
  }
  return length_m;
}

}  // namespace dew::app
