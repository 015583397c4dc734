// SPDX-License-Identifier: Apache-2.0
/// Writes a splat scene in any format that dew writes.
///
///   DEW_ASSIGN(const SplatOutput output, write_splats(scene, SplatFormat::spz));
///   for (const std::string& loss : output.losses) warn(loss);    // "spz holds no extra properties: transform is left out"
#pragma once

#include <string>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/result.h"
#include "gaussians/splats.h"

namespace dew {

struct SplatOutput {
  Bytes file;
  std::vector<std::string> losses;  ///< a sentence for each thing that the format can't hold, values out of its ranges included
};

/// `format` ply gives back the very file where splats.source came from one and the splats are still those.
/// Errors: invalid_argument for a format that dew does not write (ksplat, none), or that cannot hold the scene at all.
Result<SplatOutput> write_splats(const Splats& splats, SplatFormat format);

}  // namespace dew
