// SPDX-License-Identifier: Apache-2.0
/// What the integers of a coded scene cost by simpler means: under one context, under none, by zstd.
///
///   for (const IntegerCost& cost : costs_of_integers(targets)) say(cost.name, cost.bits, cost.encode_ms);
///
/// Integers are all that mixed_integer.h codes. The rest (the tree of places, levels within boxes, rotations) is the codec's own
/// everywhere, and counted.
#pragma once

#include <vector>

#include "gaussians/coding/splat_targets.h"

namespace dew {

struct IntegerCost {
  const char* name;
  double bits = 0;  ///< of the scene
  double encode_ms = 0;
};

/// The first row is the codec itself. Without zstd (DEW_HAS_ZSTD) its row is left out.
std::vector<IntegerCost> costs_of_integers(const SceneTargets& targets);

}  // namespace dew
