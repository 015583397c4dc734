// SPDX-License-Identifier: Apache-2.0
#include "apps/train/significance_trainer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cstdio>
#include <random>

#include "apps/train/network.h"
#include "gaussians/significance/guess.h"

namespace dew::train {
namespace {

using at::Tensor;

static_assert(kGuessInputUnit == kInputUnit && kGuessOutputUnit == kHiddenUnit);
constexpr auto kInputs = static_cast<int64_t>(kGuessInputs);

/// How much dearer it is to guess too low, which takes away what is seen, than too high: exp(bend x) - bend x - 1 (Varian 1975) has its
/// least value at the logarithm of the mean of errors^0.5 instead of the mean of logarithms.
constexpr double kBend = 0.35, kMostBent = 5;

/// A scene as the network sees it.
struct Lesson {
  std::vector<int16_t> inputs;
  const std::vector<double>* log2_error = nullptr;
};

struct SplatBatch {
  Tensor inputs, wanted;
};

SplatBatch draw(const Lesson& lesson, uint32_t count, std::mt19937_64& random) {
  SplatBatch batch{at::empty({count, kInputs}), at::empty({count, 1})};
  float* input = batch.inputs.data_ptr<float>();
  float* wanted = batch.wanted.data_ptr<float>();
  for (uint32_t n = 0; n < count; ++n) {
    const auto i = static_cast<size_t>(uniform(random) * static_cast<double>(lesson.log2_error->size()));
    for (size_t k = 0; k < kGuessInputs; ++k) *input++ = lesson.inputs[i * kGuessInputs + k];
    *wanted++ = static_cast<float>((*lesson.log2_error)[i]);
  }
  return batch;
}

Tensor loss_of(const Tensor& outputs, const SplatBatch& batch) {
  const Tensor error = batch.wanted - outputs / kHiddenUnit;
  const Tensor mean = error.mean();
  const Tensor bent = (error - mean) * kBend;
  // A little of the mean stays in, so that the outputs do not drift away.
  return (bent.clamp_max(kMostBent).exp() - bent - 1).mean() / (kBend * kBend) + 0.01 * mean.square();
}

IntNetSpec train(const std::vector<Lesson>& lessons, const SignificanceTraining& training) {
  at::set_num_threads(1);
  std::mt19937_64 random(training.seed);
  std::vector<uint32_t> widths = {static_cast<uint32_t>(kGuessInputs)};
  widths.insert(widths.end(), training.hidden.begin(), training.hidden.end());
  widths.push_back(1);
  Network network(widths, random);
  Optimiser optimiser(network.parameters(), {training.steps, training.peak_rate});
  const uint32_t rounded_from = training.steps * 6 / 10;
  double sum = 0;
  for (uint32_t step = 0; step < training.steps; ++step) {
    if (step == rounded_from) network.choose_shifts();
    const auto chosen = static_cast<size_t>(uniform(random) * static_cast<double>(lessons.size()));
    const SplatBatch batch = draw(lessons[chosen], training.batch, random);
    const Tensor loss = loss_of(network.run(batch.inputs, step >= rounded_from), batch);
    loss.backward();
    optimiser.step(step);
    sum += loss.item<double>();
    const uint32_t twentieth = training.steps / 20;
    if ((step + 1) % twentieth != 0) continue;
    std::fprintf(stderr, "step %u: loss %.3f\n", step + 1, sum / twentieth);
    sum = 0;
  }
  return network.spec(kGuessInputLimit);
}

}  // namespace

Result<IntNetSpec> train_significance_network(std::span<const ScoredScene> scenes, const SignificanceTraining& training) {
  if (scenes.empty()) return Error{Code::invalid_argument, 0, "there is nothing to train on"};
  if (training.steps < 20 || training.batch < 2) return Error{Code::invalid_argument, 0, "training takes at least 20 steps of 2 splats"};
  for (const uint32_t width : training.hidden) {
    if (width < 1 || width > kMaxNetWidth) return Error{Code::invalid_argument, 0, "a hidden layer is too narrow or too wide"};
  }
  if (training.hidden.size() + 1 > kMaxNetLayers) return Error{Code::invalid_argument, 0, "too many hidden layers"};
  std::vector<Lesson> lessons;
  for (const ScoredScene& scene : scenes) {
    if (scene.splats.count() == 0 || scene.log2_error.size() != scene.splats.count())
      return Error{Code::invalid_argument, 0, scene.name + " has no splats, or not a score for each"};
    lessons.push_back({guess_inputs(scene.splats, 1), &scene.log2_error});
  }
  try {
    return train(lessons, training);
  } catch (const std::exception& failed) {
    return Error{Code::internal, 0, std::string("libtorch: ") + failed.what()};
  }
}

}  // namespace dew::train
