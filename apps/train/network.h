// SPDX-License-Identifier: Apache-2.0
/// A feed-forward network in libtorch that learns to be an IntNet, and what it takes to train one. Internal to the trainers: the files that
/// include this one are those that include libtorch's headers.
///
///   Network network({64, 32, 21}, random);
///   Optimiser optimiser(network.parameters(), {.steps = 1000, .peak_rate = 1e-2});
///   for (uint32_t step = 0; step < 1000; ++step) {
///     if (step == 600) network.choose_shifts();
///     loss_of(network.run(inputs, step >= 600)).backward();
///     optimiser.step(step);
///   }
///   const IntNetSpec spec = network.spec(input_limit);
///
/// Inputs, hidden values and outputs are in integer units. The same calls, libtorch and kind of CPU give the same bits on one thread.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <random>
#include <vector>

#include "entropy/intnet.h"

namespace dew::train {

/// What stands for 1.0: inputs, hidden values and outputs.
inline constexpr double kInputUnit = 64, kHiddenUnit = 256;

/// Uniform in [0, 1), the same with every standard library.
double uniform(std::mt19937_64& random);

class Network {
 public:
  /// `widths`: inputs, outputs of each layer.
  Network(const std::vector<uint32_t>& widths, std::mt19937_64& random);

  std::vector<at::Tensor> parameters() const;
  /// Of the last layer.
  at::Tensor last_bias() const { return layers_.back().bias; }
  /// Inputs and outputs in integer units. `rounded`: with the arithmetic of the integers; choose_shifts comes first.
  at::Tensor run(const at::Tensor& inputs, bool rounded) const;
  /// A power of two for each layer, with the least square error of its weights.
  void choose_shifts();
  /// What it is as integers. REQUIRES: choose_shifts.
  IntNetSpec spec(uint16_t input_limit) const;

 private:
  struct Layer {
    at::Tensor weights, bias;  // [output][input], [output]
    double input_unit;
    int weight_shift = -1;  // weights are stored as round(weight * 2^weight_shift); -1: float
  };
  static double sum_unit(const Layer& layer);
  static at::Tensor rounded_sums(const Layer& layer, const at::Tensor& values);

  std::vector<Layer> layers_;
};

struct Schedule {
  uint32_t steps = 1;
  double peak_rate = 1e-2;
};

/// Adam (Kingma and Ba, 2015) over one cycle (Smith and Topin, 2019): up over 30 % of the steps from 1/25 of the peak, down to 1/250,000 of
/// it. Gradients are cut at norm 1.
class Optimiser {
 public:
  Optimiser(const std::vector<at::Tensor>& parameters, const Schedule& schedule);
  /// After backward(). Clears the gradients.
  void step(uint32_t step);

 private:
  std::vector<at::Tensor> parameters_, means_, squares_;
  Schedule schedule_;
};

}  // namespace dew::train
