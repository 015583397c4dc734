// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/write_splats.h"

#include "gaussians/io/compressed_ply.h"
#include "gaussians/io/gltf.h"
#include "gaussians/io/ply.h"
#include "gaussians/io/sog.h"
#include "gaussians/io/splat.h"
#include "gaussians/io/spz.h"

namespace dew {

Result<SplatOutput> write_splats(const Splats& splats, SplatFormat format, const SplatWriteOptions& options) {
  DEW_TRY(check_shape(splats));
  switch (format) {
    case SplatFormat::ply: {
      DEW_ASSIGN(Bytes file, write_splat_ply(splats));
      return SplatOutput{std::move(file), {}, {}};
    }
    case SplatFormat::compressed_ply: return write_compressed_ply(splats);
    case SplatFormat::splat: return write_splat_records(splats);
    case SplatFormat::spz: return write_spz(splats, options);
    case SplatFormat::sog: return write_sog(splats, options);
    case SplatFormat::gltf: return write_splat_gltf(splats, options);
    case SplatFormat::ksplat:
    case SplatFormat::none: break;
  }
  return Error{Code::invalid_argument, 0, "dew does not write this splat format"};
}

}  // namespace dew
