// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/write_splats.h"

namespace dew {

Result<SplatOutput> write_splats(const Splats& /*splats*/, SplatFormat /*format*/) {
  return Error{Code::unsupported_feature, 0, "no splat format is written yet"};
}

}  // namespace dew
