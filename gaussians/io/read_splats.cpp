// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/read_splats.h"

#include "gaussians/io/ply.h"

namespace dew {

bool looks_like_splats(ByteSpan bytes, const std::string& /*extension*/) { return is_splat_ply(bytes); }

Result<SplatInput> read_splats(ByteSpan bytes, const DecodeLimits& limits, const std::string& /*extension*/) {
  if (!is_splat_ply(bytes)) return Error{Code::unsupported_feature, 0, "the file is no splat scene that dew reads"};
  DEW_ASSIGN(Splats splats, read_splat_ply(bytes, limits));
  return SplatInput{std::move(splats), {}};
}

}  // namespace dew
