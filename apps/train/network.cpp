// SPDX-License-Identifier: Apache-2.0
#include "apps/train/network.h"

#include <cmath>

namespace dew::train {
namespace {

using at::Tensor;

constexpr double kPi = 3.14159265358979323846;
constexpr int64_t kHiddenClip = 32767;
constexpr int kLeastWeightShift = 3, kMostWeightShift = 9;

/// `rounded` in the value, `smooth` in the gradient.
Tensor straight_through(const Tensor& smooth, const Tensor& rounded) { return smooth + (rounded - smooth).detach(); }

Tensor int8_weights(const Tensor& weights, int shift) { return (weights * std::exp2(shift)).round().clamp(-127, 127); }

double rate_at(const Schedule& schedule, uint32_t step) {
  const double up = 0.3 * schedule.steps;
  const auto between = [](double from, double to, double share) { return to + (from - to) * (1 + std::cos(kPi * share)) / 2; };
  const double peak = schedule.peak_rate;
  return step < up ? between(peak / 25, peak, step / up) : between(peak, peak / 250'000, (step - up) / (schedule.steps - up));
}

void clip_gradients(const std::vector<Tensor>& parameters) {
  double square = 0;
  for (const Tensor& parameter : parameters) square += parameter.grad().square().sum().item<double>();
  if (square <= 1) return;
  for (const Tensor& parameter : parameters) parameter.mutable_grad().mul_(1 / std::sqrt(square));
}

}  // namespace

double uniform(std::mt19937_64& random) { return static_cast<double>(random() >> 11) * 0x1p-53; }

Network::Network(const std::vector<uint32_t>& widths, std::mt19937_64& random) {
  const std::vector<int64_t> sizes(widths.begin(), widths.end());
  for (size_t i = 0; i + 1 < sizes.size(); ++i) {
    const double bound = 1 / std::sqrt(static_cast<double>(sizes[i]));
    const auto fill = [&](at::IntArrayRef shape) {
      Tensor tensor = at::zeros(shape);
      float* values = tensor.data_ptr<float>();
      for (int64_t k = 0; k < tensor.numel(); ++k) values[k] = static_cast<float>((2 * uniform(random) - 1) * bound);
      return tensor;
    };
    Layer layer{fill({sizes[i + 1], sizes[i]}), fill({sizes[i + 1]}), i == 0 ? kInputUnit : kHiddenUnit};
    layers_.push_back(layer);
  }
  for (const Tensor& parameter : parameters()) parameter.set_requires_grad(true);
}

std::vector<Tensor> Network::parameters() const {
  std::vector<Tensor> all;
  for (const Layer& layer : layers_) all.insert(all.end(), {layer.weights, layer.bias});
  return all;
}

Tensor Network::run(const Tensor& inputs, bool rounded) const {
  Tensor values = inputs;
  for (const Layer& layer : layers_) {
    values = rounded ? rounded_sums(layer, values) : at::linear(values / layer.input_unit, layer.weights, layer.bias) * kHiddenUnit;
    if (&layer != &layers_.back()) values = values.clamp(0, kHiddenClip);
  }
  return values;
}

void Network::choose_shifts() {
  for (Layer& layer : layers_) {
    double best = INFINITY;
    for (int shift = kLeastWeightShift; shift <= kMostWeightShift; ++shift) {
      const Tensor weights = layer.weights.detach();
      const double error = (int8_weights(weights, shift) / std::exp2(shift) - weights).square().sum().item<double>();
      if (error >= best) continue;
      best = error;
      layer.weight_shift = shift;
    }
  }
}

IntNetSpec Network::spec(uint16_t input_limit) const {
  IntNetSpec spec;
  spec.input_count = static_cast<uint32_t>(layers_.front().weights.size(1));
  spec.input_limit = input_limit;
  for (const Layer& layer : layers_) {
    const bool last = &layer == &layers_.back();
    IntNetLayer out;
    out.outputs = static_cast<uint32_t>(layer.weights.size(0));
    out.activation = last ? Activation::linear : Activation::clipped_relu;
    out.clip = last ? 0 : static_cast<uint16_t>(kHiddenClip);
    out.shift = static_cast<uint8_t>(std::lround(std::log2(sum_unit(layer) / kHiddenUnit)));
    const Tensor weights = int8_weights(layer.weights.detach(), layer.weight_shift).to(at::kChar).contiguous();
    const Tensor bias = (layer.bias.detach() * sum_unit(layer)).round().to(at::kInt).contiguous();
    out.weights.assign(weights.data_ptr<int8_t>(), weights.data_ptr<int8_t>() + weights.numel());
    out.bias.assign(bias.data_ptr<int32_t>(), bias.data_ptr<int32_t>() + bias.numel());
    spec.layers.push_back(std::move(out));
  }
  return spec;
}

double Network::sum_unit(const Layer& layer) { return layer.input_unit * std::exp2(layer.weight_shift); }

Tensor Network::rounded_sums(const Layer& layer, const Tensor& values) {
  const Tensor weights = straight_through(layer.weights * std::exp2(layer.weight_shift), int8_weights(layer.weights, layer.weight_shift));
  const Tensor bias = layer.bias * sum_unit(layer);
  const Tensor sums = at::linear(values, weights, straight_through(bias, bias.round())) / (sum_unit(layer) / kHiddenUnit);
  return straight_through(sums, (sums + 0.5).floor());
}

Optimiser::Optimiser(const std::vector<Tensor>& parameters, const Schedule& schedule) : parameters_(parameters), schedule_(schedule) {
  for (const Tensor& parameter : parameters) {
    means_.push_back(at::zeros_like(parameter));
    squares_.push_back(at::zeros_like(parameter));
  }
}

void Optimiser::step(uint32_t step) {
  clip_gradients(parameters_);
  const double rate = rate_at(schedule_, step), t = step + 1;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor gradient = parameters_[i].grad().detach();
    means_[i].mul_(0.9).add_(gradient, 0.1);
    squares_[i].mul_(0.999).addcmul_(gradient, gradient, 0.001);
    const double mean_scale = 1 / (1 - std::pow(0.9, t)), square_scale = 1 / (1 - std::pow(0.999, t));
    parameters_[i].data().addcdiv_(means_[i] * mean_scale, (squares_[i] * square_scale).sqrt().add_(1e-8), -rate);
    parameters_[i].mutable_grad().zero_();
  }
}

}  // namespace dew::train
