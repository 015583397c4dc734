// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/read_splats.h"

namespace dew {

bool looks_like_splats(ByteSpan /*bytes*/, const std::string& /*extension*/) { return false; }

Result<SplatInput> read_splats(ByteSpan /*bytes*/, const DecodeLimits& /*limits*/, const std::string& /*extension*/) {
  return Error{Code::unsupported_feature, 0, "no splat format is read yet"};
}

}  // namespace dew
