// SPDX-License-Identifier: Apache-2.0
#include "apps/train/trainer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "pointcloud/coding/network_range_model.h"

namespace dew::train {
namespace {

using at::Tensor;

constexpr double kPi = 3.14159265358979323846;
constexpr auto kCentres = static_cast<int64_t>(kRangeCentres);
/// What stands for 1.0: inputs, hidden values, outputs.
constexpr double kInputUnit = 64, kHiddenUnit = 256;
constexpr int64_t kHiddenClip = 32767;
/// The least probability of a symbol: 2^-12 shared among some 2^16 symbols, as MixtureCdf does.
constexpr double kFloor = 0x1p-28;
constexpr int kLeastWeightShift = 3, kMostWeightShift = 9;
constexpr size_t kMeasuredSamples = 100'000;
/// log2 scale that the untrained network says.
constexpr double kFirstLogScale = 1.5;

/// Uniform in [0, 1), the same with every standard library.
double uniform(std::mt19937_64& random) { return static_cast<double>(random() >> 11) * 0x1p-53; }

struct Layer {
  Tensor weights, bias;  // [output][input], [output]
  double input_unit;
  int weight_shift = -1;  // weights are stored as round(weight * 2^weight_shift); -1: float
};

/// Adam (Kingma and Ba, 2015) on one tensor.
struct AdamState {
  Tensor mean, square;
  explicit AdamState(const Tensor& parameter) : mean(at::zeros_like(parameter)), square(at::zeros_like(parameter)) {}
  void step(Tensor& parameter, double rate, uint32_t t) {
    const Tensor gradient = parameter.grad().detach();
    mean.mul_(0.9).add_(gradient, 0.1);
    square.mul_(0.999).addcmul_(gradient, gradient, 0.001);
    const double mean_scale = 1 / (1 - std::pow(0.9, t)), square_scale = 1 / (1 - std::pow(0.999, t));
    parameter.data().addcdiv_(mean * mean_scale, (square * square_scale).sqrt().add_(1e-8), -rate);
    parameter.mutable_grad().zero_();
  }
};

/// `rounded` in the value, `smooth` in the gradient.
Tensor straight_through(const Tensor& smooth, const Tensor& rounded) { return smooth + (rounded - smooth).detach(); }

class Network {
 public:
  Network(const std::vector<uint32_t>& hidden, std::mt19937_64& random) {
    std::vector<int64_t> sizes = {static_cast<int64_t>(kRangeInputs)};
    sizes.insert(sizes.end(), hidden.begin(), hidden.end());
    sizes.push_back(static_cast<int64_t>(kRangeOutputs));
    for (size_t i = 0; i + 1 < sizes.size(); ++i) {
      const double bound = 1 / std::sqrt(static_cast<double>(sizes[i]));
      const auto fill = [&](at::IntArrayRef shape) {
        Tensor tensor = at::zeros(shape);
        float* values = tensor.data_ptr<float>();
        for (int64_t k = 0; k < tensor.numel(); ++k) values[k] = static_cast<float>((2 * uniform(random) - 1) * bound);
        return tensor;
      };
      Layer layer{fill({sizes[i + 1], sizes[i]}), fill({sizes[i + 1]}), i == 0 ? kInputUnit : kHiddenUnit};
      if (i + 2 == sizes.size()) layer.bias.slice(0, kCentres, 2 * kCentres).add_(kFirstLogScale);
      layer.weights.set_requires_grad(true);
      layer.bias.set_requires_grad(true);
      layers_.push_back(layer);
    }
  }

  std::vector<Tensor> parameters() const {
    std::vector<Tensor> all;
    for (const Layer& layer : layers_) all.insert(all.end(), {layer.weights, layer.bias});
    return all;
  }

  /// Inputs and outputs in integer units (64 and 256 are 1.0).
  Tensor run(const Tensor& inputs, bool rounded) const {
    Tensor values = inputs;
    for (const Layer& layer : layers_) {
      values = rounded ? rounded_sums(layer, values) : at::linear(values / layer.input_unit, layer.weights, layer.bias) * kHiddenUnit;
      if (&layer != &layers_.back()) values = values.clamp(0, kHiddenClip);
    }
    return values;
  }

  /// A power of two for each layer, with the least square error of its weights.
  void choose_shifts() {
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

  IntNetSpec spec() const {
    IntNetSpec spec;
    spec.input_count = kRangeInputs;
    spec.input_limit = 2047;  // RangeFeatures gives no larger ones
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

 private:
  static Tensor int8_weights(const Tensor& weights, int shift) { return (weights * std::exp2(shift)).round().clamp(-127, 127); }
  /// What stands for 1.0 in the layer's sums.
  static double sum_unit(const Layer& layer) { return layer.input_unit * std::exp2(layer.weight_shift); }

  static Tensor rounded_sums(const Layer& layer, const Tensor& values) {
    const Tensor weights = straight_through(layer.weights * std::exp2(layer.weight_shift), int8_weights(layer.weights, layer.weight_shift));
    const Tensor bias = layer.bias * sum_unit(layer);
    const Tensor sums = at::linear(values, weights, straight_through(bias, bias.round())) / (sum_unit(layer) / kHiddenUnit);
    return straight_through(sums, (sums + 0.5).floor());
  }

  std::vector<Layer> layers_;
};

struct Batch {
  Tensor inputs, centres, ranges;
};

Batch gather(const RangeSamples& samples, const std::vector<size_t>& chosen) {
  const auto count = static_cast<int64_t>(chosen.size());
  Batch batch{at::empty({count, static_cast<int64_t>(kRangeInputs)}), at::empty({count, kCentres}), at::empty({count, 1})};
  float* input = batch.inputs.data_ptr<float>();
  float* centre = batch.centres.data_ptr<float>();
  float* range = batch.ranges.data_ptr<float>();
  for (const size_t i : chosen) {
    for (size_t k = 0; k < kRangeInputs; ++k) *input++ = samples.inputs[i * kRangeInputs + k];
    for (size_t k = 0; k < kRangeCentres; ++k) *centre++ = static_cast<float>(samples.centres[i * kRangeCentres + k]) / (1 << kCentreBits);
    *range++ = static_cast<float>(samples.ranges[i]);
  }
  return batch;
}

/// Bits a return, as range_mixture and MixtureCdf will have them but for their rounding.
Tensor mean_bits_of(const Tensor& outputs, const Batch& batch) {
  const Tensor values = outputs / kHiddenUnit;
  const Tensor weights = values.slice(1, 0, kCentres).softmax(1);
  const Tensor scales = at::exp2(values.slice(1, kCentres, 2 * kCentres).clamp(kMinRangeLogScale_q8 / 256.0, kMaxRangeLogScale_q8 / 256.0));
  const double farthest = kMaxRangeOffset_q8 / 256.0;
  const Tensor offsets = values.slice(1, 2 * kCentres, 3 * kCentres).clamp(-farthest, farthest) * scales;
  // The distance without its sign: both sigmoids are small far away, and their difference keeps its digits.
  const Tensor distance = (batch.ranges - batch.centres - offsets).abs();
  const Tensor mass = ((0.5 - distance) / scales).sigmoid() - ((-0.5 - distance) / scales).sigmoid();
  return -((weights * mass).sum(1) + kFloor).log2().mean();
}

class Sampler {
 public:
  explicit Sampler(const RangeSamples& samples) : samples_(samples) {
    double sum = 0;
    for (const SampleGroup& group : samples.groups)
      ends_.push_back(sum += group.weight * std::sqrt(static_cast<double>(group.end - group.first)));
  }
  std::vector<size_t> draw(uint32_t count, std::mt19937_64& random) const {
    std::vector<size_t> chosen(count);
    for (size_t& i : chosen) {
      const double at = uniform(random) * ends_.back();
      const auto k =
          std::min<size_t>(static_cast<size_t>(std::upper_bound(ends_.begin(), ends_.end(), at) - ends_.begin()), ends_.size() - 1);
      const SampleGroup& group = samples_.groups[k];
      i = group.first + static_cast<size_t>(uniform(random) * static_cast<double>(group.end - group.first));
    }
    return chosen;
  }

 private:
  const RangeSamples& samples_;
  std::vector<double> ends_;
};

/// One cycle (Smith and Topin, 2019): up from 1/25 of the peak, down to 1/250,000 of it.
double rate_at(const RangeTraining& training, uint32_t step) {
  const double up = 0.3 * training.steps;
  const auto between = [](double from, double to, double share) { return to + (from - to) * (1 + std::cos(kPi * share)) / 2; };
  const double peak = training.peak_rate;
  return step < up ? between(peak / 25, peak, step / up) : between(peak, peak / 250'000, (step - up) / (training.steps - up));
}

void clip_gradients(const std::vector<Tensor>& parameters) {
  double square = 0;
  for (const Tensor& parameter : parameters) square += parameter.grad().square().sum().item<double>();
  if (square <= 1) return;
  for (const Tensor& parameter : parameters) parameter.mutable_grad().mul_(1 / std::sqrt(square));
}

void measure(const Network& network, const RangeSamples& samples, TrainedNetwork& trained) {
  std::vector<size_t> chosen(std::min(samples.size(), kMeasuredSamples));
  for (size_t i = 0; i < chosen.size(); ++i) chosen[i] = i;
  const Batch batch = gather(samples, chosen);
  trained.rounded_bits = mean_bits_of(network.run(batch.inputs, true), batch).item<double>();
  trained.float_bits = mean_bits_of(network.run(batch.inputs, false), batch).item<double>();
}

TrainedNetwork train(const RangeSamples& samples, const RangeTraining& training, const TrainingProgress& progress) {
  at::set_num_threads(1);
  std::mt19937_64 random(training.seed);
  Network network(training.hidden, random);
  std::vector<Tensor> parameters = network.parameters();
  std::vector<AdamState> adam(parameters.begin(), parameters.end());
  const Sampler sampler(samples);
  const uint32_t rounded_from = training.steps * 6 / 10;
  TrainedNetwork trained;
  double sum = 0;
  uint32_t summed = 0;
  for (uint32_t step = 0; step < training.steps; ++step) {
    if (step == rounded_from) network.choose_shifts();
    const Batch batch = gather(samples, sampler.draw(training.batch, random));
    const Tensor loss = mean_bits_of(network.run(batch.inputs, step >= rounded_from), batch);
    loss.backward();
    clip_gradients(parameters);
    for (size_t i = 0; i < parameters.size(); ++i) adam[i].step(parameters[i], rate_at(training, step), step + 1);
    sum += loss.item<double>();
    ++summed;
    if ((step + 1) % (training.steps / 20) != 0) continue;
    trained.losses.push_back(sum / summed);
    if (progress) progress(step + 1, trained.losses.back());
    sum = 0;
    summed = 0;
  }
  measure(network, samples, trained);
  trained.spec = network.spec();
  return trained;
}

}  // namespace

Result<TrainedNetwork> train_range_network(const RangeSamples& samples, const RangeTraining& training, const TrainingProgress& progress) {
  if (samples.groups.empty()) return Error{Code::invalid_argument, 0, "there is nothing to train on"};
  if (training.steps < 20 || training.batch < 1)
    return Error{Code::invalid_argument, 0, "training takes at least 20 steps and 1 sample a step"};
  for (const uint32_t width : training.hidden) {
    if (width < 1 || width > kMaxNetWidth)
      return Error{Code::invalid_argument, 0, "a hidden layer has 1 to " + std::to_string(kMaxNetWidth) + " outputs"};
  }
  if (training.hidden.size() + 1 > kMaxNetLayers) return Error{Code::invalid_argument, 0, "too many hidden layers"};
  try {
    return train(samples, training, progress);
  } catch (const std::exception& failed) {
    return Error{Code::internal, 0, std::string("libtorch: ") + failed.what()};
  }
}

}  // namespace dew::train
