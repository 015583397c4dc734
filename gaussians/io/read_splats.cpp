// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/read_splats.h"

#include "gaussians/io/compressed_ply.h"
#include "gaussians/io/gltf.h"
#include "gaussians/io/ksplat.h"
#include "gaussians/io/ply.h"
#include "gaussians/io/sog.h"
#include "gaussians/io/splat.h"
#include "gaussians/io/spz.h"

namespace dew {
namespace {

Result<SplatInput> without_note(Result<Splats> splats) {
  if (!splats.ok()) return splats.error();
  return SplatInput{*std::move(splats), {}};
}

}  // namespace

bool looks_like_splats(ByteSpan bytes, const std::string& extension) {
  if (is_splat_ply(bytes) || is_compressed_ply(bytes) || is_spz(bytes) || is_sog_bundle(bytes) || is_splat_gltf(bytes) ||
      is_sog_meta(bytes) || is_ksplat(bytes)) {
    return true;
  }
  if (extension == ".splat") return bytes.size() % 32 == 0;
  return extension.empty() && could_be_splat_records(bytes);
}

Result<SplatInput> read_splats(ByteSpan bytes, const DecodeLimits& limits, const std::string& extension, const ReadSibling& read_sibling) {
  if (bytes.size() > limits.input_bytes) {
    return Error{Code::limit_exceeded, 0, std::to_string(bytes.size()) + " bytes are more than the limit allows"};
  }
  if (is_splat_ply(bytes)) return without_note(read_splat_ply(bytes, limits));
  if (is_compressed_ply(bytes)) return without_note(read_compressed_ply(bytes, limits));
  if (is_spz(bytes)) return read_spz(bytes, limits);
  if (is_sog_bundle(bytes)) return read_sog_bundle(bytes, limits);
  if (is_splat_gltf(bytes)) return read_splat_gltf(bytes, read_sibling, limits);
  if (is_sog_meta(bytes)) return read_sog_folder(bytes, read_sibling, limits);
  if (is_ksplat(bytes)) return without_note(read_ksplat(bytes, limits));
  if (extension == ".splat" || (extension.empty() && could_be_splat_records(bytes))) return without_note(read_splat_records(bytes, limits));
  return Error{Code::unsupported_feature, 0, "the file is no splat scene that dew reads"};
}

}  // namespace dew
