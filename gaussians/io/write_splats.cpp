// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/write_splats.h"

#include "gaussians/io/ply.h"

namespace dew {

Result<SplatOutput> write_splats(const Splats& splats, SplatFormat format) {
  if (format != SplatFormat::ply) return Error{Code::invalid_argument, 0, "dew does not write this splat format"};
  DEW_ASSIGN(Bytes file, write_splat_ply(splats));
  return SplatOutput{std::move(file), {}};
}

}  // namespace dew
