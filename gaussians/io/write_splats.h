// SPDX-License-Identifier: Apache-2.0
/// Writes a splat scene in any format that dew writes.
///
///   DEW_ASSIGN(const SplatOutput output, write_splats(scene, SplatFormat::spz));
///   for (const std::string& loss : output.losses) warn(loss);    // "spz: extra properties are left out: transform"
///   for (const NamedBytes& file : output.siblings) save(file);   // empty unless options.unpacked
#pragma once

#include <string>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/named_bytes.h"
#include "entropy/result.h"
#include "gaussians/splats.h"

namespace dew {

struct SplatWriteOptions {
  /// sog: a meta.json with pictures beside it instead of one archive. gltf: text (.gltf) with its data in it instead of binary (.glb).
  bool unpacked = false;
  /// spz: all 8 bits of each SH coefficient instead of 5 (degree 1) and 4 (beyond); some twice the size.
  bool spz_full_sh = false;
};

struct SplatOutput {
  Bytes file;
  std::vector<std::string> losses;   ///< a sentence for each thing that the format can't hold, values out of its ranges included
  std::vector<NamedBytes> siblings;  ///< files that belong beside `file`
};

/// `format` ply gives back the very file where splats.source came from one and the splats are still those; so does splat. What was read
/// from compressed_ply, spz or sog and is written as the same again decodes to the same values.
/// Errors: invalid_argument for a format that dew does not write (ksplat, none), or that cannot hold the scene at all;
/// unsupported_feature where dew was built without the library that it takes.
Result<SplatOutput> write_splats(const Splats& splats, SplatFormat format, const SplatWriteOptions& options = {});

}  // namespace dew
