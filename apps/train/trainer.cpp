// SPDX-License-Identifier: Apache-2.0
#include "apps/train/trainer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "apps/train/network.h"
#include "pointcloud/coding/network_range_model.h"

namespace dew::train {
namespace {

using at::Tensor;

/// The least probability of a symbol: 2^-12 shared among some 2^16 symbols, as MixtureCdf does.
constexpr double kFloor = 0x1p-28;
constexpr size_t kMeasuredSamples = 100'000;
/// log2 scale that the untrained network says.
constexpr double kFirstLogScale = 1.5;

struct Batch {
  Tensor inputs, centres, ranges;
};

Batch gather(const RangeSamples& samples, const std::vector<size_t>& chosen) {
  const auto count = static_cast<int64_t>(chosen.size());
  const size_t input_count = samples.input_count, centre_count = samples.centre_count;
  Batch batch{at::empty({count, static_cast<int64_t>(input_count)}), at::empty({count, static_cast<int64_t>(centre_count)}),
              at::empty({count, 1})};
  float* input = batch.inputs.data_ptr<float>();
  float* centre = batch.centres.data_ptr<float>();
  float* range = batch.ranges.data_ptr<float>();
  for (const size_t i : chosen) {
    for (size_t k = 0; k < input_count; ++k) *input++ = samples.inputs[i * input_count + k];
    for (size_t k = 0; k < centre_count; ++k) *centre++ = static_cast<float>(samples.centres[i * centre_count + k]) / (1 << kCentreBits);
    *range++ = static_cast<float>(samples.ranges[i]);
  }
  return batch;
}

/// Bits a return, as range_mixture and MixtureCdf will have them but for their rounding.
Tensor mean_bits_of(const Tensor& outputs, const Batch& batch) {
  const Tensor values = outputs / kHiddenUnit;
  const int64_t count = batch.centres.size(1);
  const Tensor weights = values.slice(1, 0, count).softmax(1);
  const Tensor scales = at::exp2(
      values.slice(1, count, 2 * count).clamp(min_range_log_scale_q8(static_cast<size_t>(count)) / 256.0, kMaxRangeLogScale_q8 / 256.0));
  const double farthest = kMaxRangeOffset_q8 / 256.0;
  const Tensor offsets = values.slice(1, 2 * count, 3 * count).clamp(-farthest, farthest) * scales;
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
  std::vector<uint32_t> widths = {static_cast<uint32_t>(samples.input_count)};
  widths.insert(widths.end(), training.hidden.begin(), training.hidden.end());
  widths.push_back(static_cast<uint32_t>(3 * samples.centre_count));
  Network network(widths, random);
  const auto centres = static_cast<int64_t>(samples.centre_count);
  network.last_bias().data().slice(0, centres, 2 * centres).add_(kFirstLogScale);
  Optimiser optimiser(network.parameters(), {training.steps, training.peak_rate});
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
    optimiser.step(step);
    sum += loss.item<double>();
    ++summed;
    if ((step + 1) % (training.steps / 20) != 0) continue;
    trained.losses.push_back(sum / summed);
    if (progress) progress(step + 1, trained.losses.back());
    sum = 0;
    summed = 0;
  }
  measure(network, samples, trained);
  trained.spec = network.spec(2047);  // the features give no larger inputs
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
