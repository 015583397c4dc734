// SPDX-License-Identifier: Apache-2.0
/// Two splats that are nearly one become one with the same mass, mean and covariance.
///
///   const std::vector<NearPair> pairs = near_pairs(scene, 0.05, threads);     // best first
///   for (const NearPair& pair : disjoint(pairs)) merge_into(scene, pair.first, pair.second);   // then take pair.second away
///
/// Mass is opacity times the product of the two longest axes; colours are means by mass. Sources: matching of moments as in NanoGS (2026)
/// and in the decimation of splat-transform (PlayCanvas).
#pragma once

#include <cstdint>
#include <vector>

#include "gaussians/splats.h"

namespace dew {

struct NearPair {
  uint32_t first = 0, second = 0;  ///< first below second
  /// Integral over space of the squared difference between both and the merged one, over that of both squared: opacity alone, and opacity
  /// times each colour. 0 for equal splats; about 1 where the merged one has nothing in common with both.
  double relative_error = 0;
};

/// Pairs of neighbours, found along a space-filling curve, with at most this relative error; best first, ties by index. Splats with values
/// that are not finite have none. The result does not depend on threads. Cost: some 10 us a splat.
std::vector<NearPair> near_pairs(const Splats& splats, double most_relative_error, unsigned threads);

/// Those of the pairs, first come first served, that share no splat.
std::vector<NearPair> disjoint(const std::vector<NearPair>& pairs, size_t count);

/// Makes `first` what both were together; `second` and the extra properties are left alone. REQUIRES: finite values.
void merge_into(Splats& splats, uint32_t first, uint32_t second);

}  // namespace dew
