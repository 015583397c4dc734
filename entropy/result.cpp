// SPDX-License-Identifier: Apache-2.0
#include "entropy/result.h"

namespace dew {

const char* code_name(Code code) {
  switch (code) {
    case Code::truncated: return "truncated";
    case Code::corrupt: return "corrupt";
    case Code::limit_exceeded: return "limit_exceeded";
    case Code::unsupported_version: return "unsupported_version";
    case Code::unsupported_feature: return "unsupported_feature";
    case Code::invalid_argument: return "invalid_argument";
    case Code::out_of_memory: return "out_of_memory";
    case Code::io: return "io";
    case Code::internal: return "internal";
  }
  return "internal";
}

}  // namespace dew
