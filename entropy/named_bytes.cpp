// SPDX-License-Identifier: Apache-2.0
#include "entropy/named_bytes.h"

namespace dew {

bool is_plain_name(const std::string& name) {
  if (name.empty() || name.size() > 255 || name.front() == '/' || name.back() == '/') return false;
  for (const char c : name) {
    if (c < ' ' || c > '~' || c == '\\' || c == ':') return false;
  }
  const std::string framed = '/' + name + '/';
  return framed.find("/../") == std::string::npos && framed.find("/./") == std::string::npos && framed.find("//") == std::string::npos;
}

}  // namespace dew
