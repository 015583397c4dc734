// SPDX-License-Identifier: Apache-2.0
/// The name of a scene's content.
///
///   const Sha256Digest digest = hash_of(scene);
///
/// SHA-256 of u64 count, u8 degree; the arrays position, log_scale, rotation, opacity_logit, dc, sh; then each extra property: sized name,
/// u8 type, values; then the source's sized header and sized trailer.
#pragma once

#include "entropy/sha256.h"
#include "gaussians/splats.h"

namespace dew {

inline Sha256Digest hash_of(const Splats& splats) {
  Sha256 hash;
  ByteWriter head;
  head.u64(splats.count());
  head.u8(static_cast<uint8_t>(splats.sh_degree));
  hash.update(head.bytes());
  for (const std::vector<float>* values :
       {&splats.position, &splats.log_scale, &splats.rotation, &splats.opacity_logit, &splats.dc, &splats.sh}) {
    hash.update(std::as_bytes(std::span(*values)));
  }
  for (const ExtraProperty& property : splats.extra) {
    ByteWriter name;
    name.sized_bytes(as_bytes(property.name));
    name.u8(static_cast<uint8_t>(property.type));
    hash.update(name.bytes());
    hash.update(property.data);
  }
  ByteWriter source;
  source.sized_bytes(splats.source.header);
  source.sized_bytes(splats.source.trailer);
  hash.update(source.bytes());
  return hash.finish();
}

}  // namespace dew
