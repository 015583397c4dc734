// SPDX-License-Identifier: Apache-2.0
/// An integer network that goes on learning while symbols are coded: its weights as floats, one step down the slope of the bits a symbol.
///
///   LearningNetwork network(net);                                // both sides begin with the weights of the .inet file
///   std::span<const float> outputs = network.run(features);
///   ...code the symbol...
///   network.learn(slopes);                                       // of its bits, by each output
///
/// Encoder and decoder see the same symbols and so keep the same weights, to the last bit: floats of 32 bits, + - * / and sqrt, never
/// fused, in an order that does not depend on how wide the machine's vectors are. pointcloud/FORMAT.md, "Networks that learn". One object a
/// slice and thread. Cost at 64-224-160-21: about 2 us for run() and 3 us for learn() with vectors of 512 bits. Method: stochastic gradient
/// descent whose steps are divided by the usual size of the input and of the slope that a weight stands between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "entropy/intnet.h"

namespace dew {

class LearningNetwork {
 public:
  /// Without embeddings, all layers but the last with clipped_relu.
  static bool takes(const IntNet& net);
  /// REQUIRES: takes(net).
  explicit LearningNetwork(const IntNet& net);

  /// Outputs as the integer network has them, but for its roundings; 1.0 stands for 256 of its units. REQUIRES: inputs.size() is its
  /// input_count. Valid until the next call.
  std::span<const float> run(std::span<const int16_t> inputs);
  /// REQUIRES: run() before; as many slopes as outputs, none of them NaN.
  void learn(std::span<const float> slopes);

  /// One layer, outputs padded with such that do nothing to a multiple of kLanes.
  struct Layer {
    size_t inputs = 0, outputs = 0;
    float most = 0;                   ///< of its outputs; 0: the last layer, which has no bounds
    std::vector<float> weights;       ///< [input][output]
    std::vector<float> bias;          ///< an output
    std::vector<float> values;        ///< its inputs in the last run()
    std::vector<float> input_square;  ///< running means, which begin at zero
    std::vector<float> slope_square;
  };
  static constexpr size_t kLanes = 16;

 private:
  std::vector<Layer> layers_;
  std::vector<float> outputs_, slopes_, slopes_before_;
  size_t output_count_;
  float unseen_ = 1;  ///< what a running mean still has of its zero
};

}  // namespace dew
