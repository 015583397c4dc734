// SPDX-License-Identifier: Apache-2.0
/// Trains the network of pointcloud/coding/network_range_model.h and rounds it to integers.
///
///   RangeTraining training{.seed = 1, .steps = 3000, .hidden = {32, 32}};
///   DEW_ASSIGN(TrainedNetwork trained, train_range_network(samples, training, {}));
///   trained.spec.metadata = "range_all ...";
///   DEW_ASSIGN(const Bytes file, write_intnet(trained.spec));
///
/// Loss: bits a return under the mixture. The first 60 % of the steps train in float; the rest train what the integers will compute:
/// weights rounded to int8 with a power of two a layer, sums shifted with rounding, clipped ReLU. Gradients pass through roundings
/// unchanged. One thread; the same samples, options, libtorch and kind of CPU give the same bytes. Cost: about 4 ms a step of 2048 samples
/// at 32, 32.
#pragma once

#include <functional>
#include <vector>

#include "apps/train/range_samples.h"
#include "entropy/intnet.h"
#include "entropy/result.h"

namespace dew::train {

struct RangeTraining {
  uint64_t seed = 1;
  uint32_t steps = 3000;
  uint32_t batch = 2048;
  double peak_rate = 1e-2;  ///< of Adam; rises to this over 30 % of the steps, then falls to nothing, both as cosines
  std::vector<uint32_t> hidden = {32, 32};
};

struct TrainedNetwork {
  IntNetSpec spec;             ///< without metadata
  std::vector<double> losses;  ///< bits a return, mean over each twentieth of the steps
  double rounded_bits = 0;     ///< over the first samples (100,000 at most): with the arithmetic of the integers, in float, as trained
  double float_bits = 0;       ///< over the same: without any rounding
};

/// Called now and then with the steps done and the loss lately.
using TrainingProgress = std::function<void(uint32_t steps, double bits)>;

/// Errors: invalid_argument (no samples, fewer than 20 steps, a shape that is no .inet), internal (libtorch failed).
Result<TrainedNetwork> train_range_network(const RangeSamples& samples, const RangeTraining& training, const TrainingProgress& progress);

}  // namespace dew::train
