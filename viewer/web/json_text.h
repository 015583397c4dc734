// SPDX-License-Identifier: Apache-2.0
/// JSON as the module answers it to the page.
///
///   JsonText json;
///   json.open('{').key("name").text(name).key("bits").number(1.5).close('}');
///   answer = json.take();
#pragma once

#include <string>
#include <string_view>

namespace dew::viewer {

/// Values in the order of calls; commas come by themselves.
class JsonText {
 public:
  /// '{' or '['.
  JsonText& open(char bracket);
  JsonText& close(char bracket);
  JsonText& key(std::string_view name);
  /// Bytes that are no UTF-8 become U+FFFD.
  JsonText& text(std::string_view value);
  /// All digits; null where it is not finite.
  JsonText& number(double value);
  JsonText& boolean(bool value);
  JsonText& null();
  std::string take();

 private:
  void begin_value();
  std::string out_;
  bool comma_ = false;
};

}  // namespace dew::viewer
