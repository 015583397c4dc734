// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/learning_network.h"

// Whole vectors pass between functions that are always inline: no other object file sees how.
#pragma GCC diagnostic ignored "-Wpsabi"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace dew {
namespace {

using Layer = LearningNetwork::Layer;
constexpr size_t kLearningLanes = LearningNetwork::kLanes;

// All of these are part of the format.
constexpr float kLearningRate = 0x1p-13F;
constexpr float kFollow = 0x1p-10F;        ///< of running means: what a symbol counts
constexpr float kLeastSlope = 0x1p-10F;    ///< added to the usual size
constexpr float kLeastInput = 0x1p-6F;     ///< likewise
constexpr float kInputUnit = 1 / 64.0F;    ///< of a network's inputs
constexpr float kHiddenUnit = 1 / 256.0F;  ///< of everything behind its first layer

// The kernels: loops over whole vectors, in which a lane never meets another but at the end of `sum_of_products`. Compiled once more for
// wider vectors, they compute the same.

using Lanes [[gnu::vector_size(sizeof(float) * kLearningLanes)]] = float;

[[gnu::always_inline]] inline Lanes load(const float* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof(lanes));
  return lanes;
}
[[gnu::always_inline]] inline void store(const Lanes& lanes, float* to) { std::memcpy(to, &lanes, sizeof(lanes)); }

/// The inputs of a layer that are not zero, and what they count.
struct Rows {
  std::array<size_t, kMaxNetWidth> input;
  std::array<float, kMaxNetWidth> value;
  size_t count = 0;
};
[[gnu::always_inline]] inline void rows_of(const std::vector<float>& inputs, const float* values, Rows& rows) {
  rows.count = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    rows.input[rows.count] = i;
    rows.value[rows.count] = values[i];
    rows.count += inputs[i] != 0 ? 1 : 0;
  }
}

/// Adds kRows inputs from `first` on, in turn: a sum is loaded and stored once for all.
template <size_t kRows>
[[gnu::always_inline]] inline void add_rows(const Layer& layer, const Rows& rows, size_t first, float* sums) {
  const float* weights[kRows];
  for (size_t r = 0; r < kRows; ++r) weights[r] = layer.weights.data() + rows.input[first + r] * layer.outputs;
  for (size_t o = 0; o < layer.outputs; o += kLearningLanes) {
    Lanes sum = load(sums + o);
    for (size_t r = 0; r < kRows; ++r) sum += rows.value[first + r] * load(weights[r] + o);
    store(sum, sums + o);
  }
}

[[gnu::always_inline]] inline void run_layer(const Layer& layer, float* sums) {
  Rows rows;
  rows_of(layer.values, layer.values.data(), rows);
  std::copy(layer.bias.begin(), layer.bias.end(), sums);
  size_t i = 0;
  for (; i + 4 <= rows.count; i += 4) add_rows<4>(layer, rows, i, sums);
  for (; i < rows.count; ++i) add_rows<1>(layer, rows, i, sums);
  // What is not a number is none of the three, and zero.
  for (size_t o = 0; o < layer.outputs && layer.most > 0; ++o) sums[o] = sums[o] > 0 ? (sums[o] < layer.most ? sums[o] : layer.most) : 0;
}

/// The weights of kRows inputs take their steps; `before`, unless it is null: what they gave with `slopes` until then.
template <size_t kRows, bool kIsFirst>
[[gnu::always_inline]] inline void step_rows(Layer& layer, const Rows& rows, size_t first, const float* steps, const float* slopes,
                                             float* before) {
  float* weights[kRows];
  for (size_t r = 0; r < kRows; ++r) weights[r] = layer.weights.data() + rows.input[first + r] * layer.outputs;
  Lanes parts[kRows] = {};
  for (size_t o = 0; o < layer.outputs; o += kLearningLanes) {
    const Lanes step = load(steps + o), slope = load(slopes + o);
    for (size_t r = 0; r < kRows; ++r) {
      const Lanes weight = load(weights[r] + o);
      if constexpr (!kIsFirst) parts[r] += weight * slope;
      store(weight - rows.value[first + r] * step, weights[r] + o);
    }
  }
  for (size_t r = 0; r < kRows && !kIsFirst; ++r) {
    for (size_t half = kLearningLanes / 2; half > 0; half /= 2) {
      for (size_t k = 0; k < half; ++k) parts[r][k] += parts[r][k + half];
    }
    before[rows.input[first + r]] = parts[r][0];
  }
}

/// Each number by its usual size, of which `squares` keep the mean; 1 / `seen` makes up for those that began at zero.
[[gnu::always_inline]] inline void divide_by_usual(const float* __restrict numbers, size_t count, float rate, float least, float seen,
                                                   float* __restrict squares, float* __restrict divided) {
  for (size_t i = 0; i < count; ++i) {
    squares[i] += kFollow * (numbers[i] * numbers[i] - squares[i]);
    divided[i] = rate * numbers[i] / (std::sqrt(squares[i] * seen) + least);
  }
}

/// `slopes`: by the layer's outputs; `before`: by its inputs, of which those that reach `cut` have none. The first layer has null.
[[gnu::always_inline]] inline void learn_layer(Layer& layer, const float* __restrict slopes, float seen, float cut,
                                               float* __restrict before) {
  const size_t outputs = layer.outputs;
  float steps[kMaxNetWidth], values[kMaxNetWidth];
  divide_by_usual(slopes, outputs, kLearningRate, kLeastSlope, seen, layer.slope_square.data(), steps);
  divide_by_usual(layer.values.data(), layer.inputs, 1, kLeastInput, seen, layer.input_square.data(), values);
  for (size_t o = 0; o < outputs; ++o) layer.bias[o] -= steps[o];
  Rows rows;
  rows_of(layer.values, values, rows);
  size_t i = 0;
  if (before == nullptr) {
    for (; i + 4 <= rows.count; i += 4) step_rows<4, true>(layer, rows, i, steps, slopes, before);
    for (; i < rows.count; ++i) step_rows<1, true>(layer, rows, i, steps, slopes, before);
    return;
  }
  std::fill_n(before, layer.inputs, 0.0F);
  for (; i + 4 <= rows.count; i += 4) step_rows<4, false>(layer, rows, i, steps, slopes, before);
  for (; i < rows.count; ++i) step_rows<1, false>(layer, rows, i, steps, slopes, before);
  for (size_t k = 0; k < layer.inputs; ++k) before[k] = layer.values[k] < cut ? before[k] : 0;
}

void run_layer_plain(const Layer& layer, float* sums) { run_layer(layer, sums); }
void learn_layer_plain(Layer& layer, const float* slopes, float seen, float cut, float* before) {
  learn_layer(layer, slopes, seen, cut, before);
}

struct LearningKernels {
  void (*run)(const Layer&, float*) = run_layer_plain;
  void (*learn)(Layer&, const float*, float, float, float*) = learn_layer_plain;
};

#if defined(__x86_64__) && defined(__GNUC__)
__attribute__((target("avx2"))) void run_layer_avx2(const Layer& layer, float* sums) { run_layer(layer, sums); }
__attribute__((target("avx2"))) void learn_layer_avx2(Layer& layer, const float* slopes, float seen, float cut, float* before) {
  learn_layer(layer, slopes, seen, cut, before);
}
__attribute__((target("avx512f,avx512vl"))) void run_layer_avx512(const Layer& layer, float* sums) { run_layer(layer, sums); }
__attribute__((target("avx512f,avx512vl"))) void learn_layer_avx512(Layer& layer, const float* slopes, float seen, float cut,
                                                                    float* before) {
  learn_layer(layer, slopes, seen, cut, before);
}
LearningKernels choose_learning_kernels() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) return {run_layer_avx512, learn_layer_avx512};
  if (__builtin_cpu_supports("avx2")) return {run_layer_avx2, learn_layer_avx2};
  return {};
}
#else
LearningKernels choose_learning_kernels() { return {}; }
#endif

const LearningKernels& learning_kernels() {
  static const LearningKernels kernels = choose_learning_kernels();
  return kernels;
}

}  // namespace

bool LearningNetwork::takes(const IntNet& net) {
  const IntNetSpec& spec = net.spec();
  return spec.embeddings.empty() && std::all_of(spec.layers.begin(), spec.layers.end() - 1,
                                                [](const IntNetLayer& layer) { return layer.activation == Activation::clipped_relu; });
}

LearningNetwork::LearningNetwork(const IntNet& net) : output_count_(net.output_count()) {
  size_t inputs = net.input_count();
  float unit = kInputUnit;
  for (const IntNetLayer& from : net.spec().layers) {
    Layer layer;
    layer.inputs = inputs;
    layer.outputs = (from.outputs + kLanes - 1) / kLanes * kLanes;
    layer.weights.assign(layer.inputs * layer.outputs, 0);
    layer.bias.assign(layer.outputs, 0);
    const float sum_unit = kHiddenUnit / static_cast<float>(uint32_t{1} << from.shift);
    for (size_t o = 0; o < from.outputs; ++o) {
      layer.bias[o] = static_cast<float>(from.bias[o]) * sum_unit;
      // A layer's padded inputs have no weights, as they are always zero.
      for (size_t i = 0; i < from.weights.size() / from.outputs; ++i)
        layer.weights[i * layer.outputs + o] =
            static_cast<float>(from.weights[o * (from.weights.size() / from.outputs) + i]) * (sum_unit / unit);
    }
    layer.most = from.activation == Activation::linear ? 0 : static_cast<float>(from.clip) * kHiddenUnit;
    layer.values.assign(layer.inputs, 0);
    layer.input_square.assign(layer.inputs, 0);
    layer.slope_square.assign(layer.outputs, 0);
    inputs = layer.outputs;
    unit = kHiddenUnit;
    layers_.push_back(std::move(layer));
  }
  outputs_.assign(inputs, 0);
  slopes_.assign(kMaxNetWidth + kLanes, 0);
  slopes_before_ = slopes_;
}

std::span<const float> LearningNetwork::run(std::span<const int16_t> inputs) {
  for (size_t i = 0; i < inputs.size(); ++i) layers_.front().values[i] = static_cast<float>(inputs[i]) * kInputUnit;
  for (size_t l = 0; l < layers_.size(); ++l) {
    const bool last = l + 1 == layers_.size();
    std::vector<float>& to = last ? outputs_ : layers_[l + 1].values;
    learning_kernels().run(layers_[l], to.data());
  }
  return {outputs_.data(), output_count_};
}

void LearningNetwork::learn(std::span<const float> slopes) {
  std::fill(slopes_.begin(), slopes_.end(), 0.0F);
  std::copy(slopes.begin(), slopes.end(), slopes_.begin());
  unseen_ -= kFollow * unseen_;
  const float seen = 1 / (1 - unseen_);
  for (size_t l = layers_.size(); l-- > 0;) {
    Layer& layer = layers_[l];
    // Where a value was cut, more of it changes nothing.
    learning_kernels().learn(layer, slopes_.data(), seen, l > 0 ? layers_[l - 1].most : 0, l > 0 ? slopes_before_.data() : nullptr);
    std::swap(slopes_, slopes_before_);
  }
}

}  // namespace dew
