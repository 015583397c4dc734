// SPDX-License-Identifier: Apache-2.0
/// The command line as a table: parsing, --help, the man page and shell completion all read the same rows.
///
///   Result<Arguments> arguments = parse(verb, {"--effort", "fast", "in.bin", "out.dew"});
///   arguments->text("--effort");          // "fast"
///   arguments->operands();                // in.bin, out.dew
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "entropy/result.h"

namespace dew::app {

/// One row of a verb's options.
struct Option {
  const char* name;     ///< "--effort"
  const char* value;    ///< what follows it, as the help names it ("LEVEL"); empty: a switch. FILE and DIR complete to paths.
  const char* choices;  ///< the allowed values, separated by blanks; empty: any
  const char* help;     ///< one sentence without a full stop; the default in brackets
};

struct Example {
  const char* command;
  const char* meaning;
};

/// What the user typed after the verb, checked against its options.
class Arguments {
 public:
  bool has(std::string_view option) const { return values_.contains(option); }
  /// The value of an option, or `fallback` where it was not given.
  std::string text(std::string_view option, std::string_view fallback = {}) const;
  /// A whole number between the bounds. Errors: invalid_argument.
  Result<uint32_t> number(std::string_view option, uint32_t fallback, uint32_t minimum, uint32_t maximum) const;
  const std::vector<std::string>& operands() const { return operands_; }

 private:
  friend Result<Arguments> parse(std::span<const Option> options, std::span<const std::string> words);
  std::map<std::string, std::string, std::less<>> values_;
  std::vector<std::string> operands_;
};

struct Verb {
  const char* name;
  const char* operands;     ///< "IN... OUT"
  const char* summary;      ///< one line for the list of verbs
  const char* description;  ///< a paragraph for help and man page
  std::vector<Option> options;
  std::vector<Example> examples;
  size_t operands_min;
  size_t operands_max;           ///< 0: any number
  int (*run)(const Arguments&);  ///< returns an exit code
};

/// `--name value`, `--name=value`, `--` ends the options, a lone `-` is an operand.
/// Errors: invalid_argument for options that are unknown, given twice, lack a value or have one outside `choices`.
Result<Arguments> parse(std::span<const Option> options, std::span<const std::string> words);

/// A length with its unit, in metres: "1cm", "0.01mm", "20um", "0.5m". Positive and finite. Errors: invalid_argument.
Result<double> parse_length_m(std::string_view text);

/// The words of a list that is separated by `separator`; empty words are left out.
std::vector<std::string> split(std::string_view text, char separator);

}  // namespace dew::app
