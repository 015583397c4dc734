// SPDX-License-Identifier: Apache-2.0
/// Splats without any loss: every bit of every property, in their order. Chunks stand on their own.
///
///   DEW_ASSIGN(const Bytes coded, encode_lossless_chunk(scene, first, count));        // at most kLosslessChunkSplats
///   Splats back; back.sh_degree = scene.sh_degree; back.extra = ...;                  // names and types; arrays of the full size
///   Budget budget(limits);
///   DEW_TRY(decode_lossless_chunk(coded, back, first, count, budget));
///
/// What a decoder must know beforehand: sh_degree, and name and type of each extra property. `source` is no part of a chunk.
/// Method: positions by a tree in file order; then attributes along a curve through them, each predicted by least squares that learn on the
/// way, with an adaptive density around the prediction. Bytes: gaussians/FORMAT.md, section 11. Integers and IEEE + - * / sqrt only:
/// the same bytes on every machine. Threads: any, one chunk each. Cost: about 15 us a splat of degree 3 in either direction; memory about
/// 300 bytes a splat of the chunk (50 more to encode what lies on its source's lattices), and 2 MiB.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "entropy/result.h"
#include "gaussians/coding/metered_decoder.h"
#include "gaussians/splats.h"

namespace dew {

/// Most splats of a chunk. The larger the chunk the nearer the neighbours: cut in two by number, lego (66,000 splats) costs 1.4 % more.
/// Where threads or damage that stays local matter more, take fewer.
inline constexpr size_t kLosslessChunkSplats = 262144;

/// Errors: invalid_argument where the arrays have no sound shape, the splats aren't there or are too many.
Result<Bytes> encode_lossless_chunk(const Splats& splats, size_t first, size_t count);

/// Fills the splats [first, first + count) of `into`, whose arrays and extra properties have their sizes already. `chunk` may be hostile;
/// it must be used up exactly. Errors: invalid_argument (as above), truncated, corrupt, limit_exceeded, out_of_memory; then the splats are
/// as they were or half written.
Status decode_lossless_chunk(ByteSpan chunk, Splats& into, size_t first, size_t count, Budget& budget);

/// Adds the bits of each part of the splats; those of repeats and extra properties to SplatPart::classes. Errors and cost as for decoding;
/// of `shape` only what a decoder must know is looked at. `each`: where wanted, the bits of each splat.
Status measure_lossless_chunk(ByteSpan chunk, const Splats& shape, size_t first, size_t count, Budget& budget, SplatPartBits& bits,
                              EachSplat each = {});

/// Where the bits of a chunk go, as its encoder sees it.
struct LosslessCosts {
  double facts_bits = 0;  ///< the head of the chunk
  double positions_bits = 0;
  double repeats_bits = 0;  ///< which splats repeat their neighbour
  std::vector<std::string> plane_names;
  std::vector<double> plane_bits;
};
/// Errors as for encode_lossless_chunk.
Result<LosslessCosts> lossless_chunk_costs(const Splats& splats, size_t first, size_t count);

}  // namespace dew
