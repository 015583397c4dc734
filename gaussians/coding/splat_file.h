// SPDX-License-Identifier: Apache-2.0
/// The chunks of a splat file: written, read, counted.
///
///   DEW_ASSIGN(const Bytes file, write_lossy_file({scene, targets, quality, options}, splats));
///   DEW_ASSIGN(const SplatDecoded decoded, read_splat_file(file, {}, limits));
///
/// Order of chunks: scene; then bases of groups, the most significant layer first; then their directional colours in the same order; then
/// order and extra properties. So whatever the first bytes of a file are, they render.
#pragma once

#include "entropy/result.h"
#include "gaussians/codec.h"
#include "gaussians/coding/splat_targets.h"

namespace dew {

struct LossyFile {
  const Splats& splats;  ///< that the targets index
  const SceneTargets& targets;
  SplatQuality quality;
  const SplatEncodeOptions& options;
  uint64_t splats_original = 0;
};

/// `kept`: how many splats are in the file.
Result<Bytes> write_lossy_file(const LossyFile& file, uint64_t& kept);
/// Bytes of that file or some more, whatever the quality turns out to be.
Result<uint64_t> lossy_file_size(const LossyFile& file);
/// Errors: as encode_lossless_chunk.
Result<Bytes> write_lossless_file(const Splats& splats, unsigned threads);

/// As decode_splats, options being in range.
Result<SplatDecoded> read_splat_file(ByteSpan bytes, const SplatDecodeOptions& options, const DecodeLimits& limits);
Result<SplatFileInfo> describe_splat_file(ByteSpan bytes, const DecodeLimits& limits, SplatBits* of_splats);

}  // namespace dew
