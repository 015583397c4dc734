// SPDX-License-Identifier: Apache-2.0
/// Trains the network of gaussians/significance/guess.h and rounds it to integers.
///
///   DEW_ASSIGN(IntNetSpec spec, train_significance_network(scenes, {.seed = 1, .steps = 5000}));
///   spec.metadata = "significance ...";
///   DEW_ASSIGN(const Bytes file, write_intnet(spec));
///
/// Loss: how far log2 of the removal error is off, once the mean of a batch is taken away: a batch is of one scene, and ranks within it are
/// what counts. Guesses too low cost more than guesses too high: what is wrongly taken away is seen. Rounding as in trainer.h. One thread;
/// the same scenes, options, libtorch and kind of CPU give the same bytes. Cost: about 2 ms a step.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "apps/train/scored_scenes.h"
#include "entropy/intnet.h"
#include "entropy/result.h"

namespace dew::train {

struct SignificanceTraining {
  uint64_t seed = 1;
  uint32_t steps = 5000;
  uint32_t batch = 1024;
  double peak_rate = 5e-3;
  std::vector<uint32_t> hidden = {32, 32};
};

/// Errors: invalid_argument (no scenes, fewer than 20 steps, a shape that is no .inet), internal (libtorch failed).
Result<IntNetSpec> train_significance_network(std::span<const ScoredScene> scenes, const SignificanceTraining& training);

}  // namespace dew::train
