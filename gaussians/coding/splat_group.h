// SPDX-License-Identifier: Apache-2.0
/// A group of splats that decodes on its own: a tree of places with the splats' numbers at its leaves, and their directional colours.
///
///   const CodedGroup coded = encode_group(targets, box, scene);               // at most kGroupSplats of them
///   DEW_ASSIGN(DecodedGroup group, decode_group(coded.base, offset, scene, budget));
///   DEW_TRY(decode_group_sh(coded.sh, offset, scene, group));
///
/// Bytes: gaussians/FORMAT.md. Threads: groups are independent.
#pragma once

#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "entropy/result.h"
#include "gaussians/coding/sh_basis.h"
#include "gaussians/coding/splat_model.h"

namespace dew {

/// Splats of a group at most.
inline constexpr size_t kGroupSplats = 65536;

/// What all groups of a file share.
struct GroupScene {
  double screen_variance = 1;  ///< scene units^2: 0.3 pixels^2 at a typical distance
  ShBasis basis;
  bool one_context = false;  ///< numbers are coded under one context each, not under five: a third of the time for some more bits
};

/// A cube in which the tree halves.
struct GroupBox {
  std::array<float, 3> low{};
  float size = 1;
};

/// The smallest cube that holds all places, as floats allow. REQUIRES: finite places.
GroupBox box_around(std::span<const SplatTarget> targets);

/// What the encoder gives: one entry a splat in `sh` for each of basis.components().
struct GroupTargets {
  std::vector<SplatTarget> splats;
  std::vector<int32_t> sh_steps;  ///< components of one splat side by side
};

/// A group as both sides know it.
struct DecodedGroup {
  std::vector<CodedSplat> splats;  ///< in coded order
  std::vector<int32_t> sh_steps;   ///< in coded order; empty until they were decoded
};

struct CodedGroup {
  Bytes base, sh;               ///< `sh` is empty where the scene has no directional colours
  std::vector<uint32_t> order;  ///< coded order: indices of the targets
  DecodedGroup decoded;         ///< what decoders will know
};

/// Targets become what a decoder will know of them, in coded order, and nothing is written: for choosing. Fast.
DecodedGroup quantise_group(const GroupTargets& targets, const GroupBox& box, const GroupScene& scene, std::vector<uint32_t>& order);

CodedGroup encode_group(const GroupTargets& targets, const GroupBox& box, const GroupScene& scene);

/// What a coded base says of itself, without decoding it.
struct GroupSummary {
  uint64_t splats = 0;
  GroupBox box;
};
/// Errors: truncated, corrupt.
Result<GroupSummary> read_group_summary(ByteSpan base, uint64_t offset);

/// Errors: truncated, corrupt, limit_exceeded, out_of_memory.
Result<DecodedGroup> decode_group(ByteSpan base, uint64_t offset, const GroupScene& scene, Budget& budget);
/// The same, with the bits of each part, and where wanted of each splat.
Result<DecodedGroup> measure_group(ByteSpan base, uint64_t offset, const GroupScene& scene, Budget& budget, SplatPartBits& bits,
                                   EachSplat each = {});
/// Errors: truncated.
Status decode_group_sh(ByteSpan sh, uint64_t offset, const GroupScene& scene, Budget& budget, DecodedGroup& group);
/// The same, with the bits of each splat.
Status measure_group_sh(ByteSpan sh, uint64_t offset, const GroupScene& scene, Budget& budget, DecodedGroup& group, EachSplat each);

/// Writes the splats of a group to places `first` and on of `splats`, which must be large enough.
void restore_group(const DecodedGroup& group, const GroupScene& scene, size_t first, Splats& splats);

}  // namespace dew
