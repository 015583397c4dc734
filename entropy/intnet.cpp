// SPDX-License-Identifier: Apache-2.0
#include "entropy/intnet.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "entropy/kernel/packed_net.h"

namespace dew {
namespace {

Error refused(const std::string& what) { return {Code::invalid_argument, 0, "network: " + what}; }

std::string layer_name(size_t index) { return "layer " + std::to_string(index); }

Status check_embeddings(const IntNetSpec& spec) {
  if (spec.embeddings.size() > kMaxNetEmbeddings) return refused("more than " + std::to_string(kMaxNetEmbeddings) + " embeddings");
  for (const IntNetEmbedding& embedding : spec.embeddings) {
    if (embedding.rows < 1 || embedding.rows > 65536) return refused("an embedding of " + std::to_string(embedding.rows) + " rows");
    if (embedding.shift > 15) return refused("an embedding shift above 15");
    if (embedding.values.size() != uint64_t{embedding.rows} * spec.layers[0].outputs) return refused("an embedding of the wrong size");
  }
  return {};
}

Status check_layer(const IntNetLayer& layer, uint32_t inputs, size_t index, bool last) {
  const std::string name = layer_name(index);
  if (layer.outputs < 1 || layer.outputs > kMaxNetWidth) return refused(name + " has " + std::to_string(layer.outputs) + " outputs");
  if (layer.shift > kMaxNetShift) return refused(name + " shifts by more than " + std::to_string(kMaxNetShift));
  switch (layer.activation) {
    case Activation::linear:
      if (!last || layer.clip != 0) return refused(name + " is linear, which only the last layer may be, without a clip");
      break;
    case Activation::clipped_relu:
    case Activation::clipped:
      if (layer.clip < 1 || layer.clip > 32767) return refused(name + " has a clip outside 1 .. 32767");
      break;
    default: return refused(name + " has an unknown activation");
  }
  if (layer.bias.size() != layer.outputs) return refused(name + " has the wrong number of biases");
  if (layer.weights.size() != uint64_t{layer.outputs} * inputs) return refused(name + " has the wrong number of weights");
  return {};
}

Status check_shape(const IntNetSpec& spec) {
  if (spec.input_count < 1 || spec.input_count > kMaxNetWidth) return refused(std::to_string(spec.input_count) + " inputs");
  if (spec.input_limit < 1 || spec.input_limit > 32767) return refused("an input limit outside 1 .. 32767");
  if (spec.layers.empty() || spec.layers.size() > kMaxNetLayers) return refused(std::to_string(spec.layers.size()) + " layers");
  uint32_t inputs = spec.input_count;
  for (size_t i = 0; i < spec.layers.size(); ++i) {
    DEW_TRY(check_layer(spec.layers[i], inputs, i, i + 1 == spec.layers.size()));
    inputs = spec.layers[i].outputs;
  }
  return check_embeddings(spec);
}

/// The largest size that embeddings can add to output `o` of the first layer.
uint64_t largest_embedding(const IntNetSpec& spec, uint32_t o) {
  uint64_t sum = 0;
  for (const IntNetEmbedding& embedding : spec.embeddings) {
    uint64_t largest = 0;
    for (uint32_t row = 0; row < embedding.rows; ++row) {
      const int32_t value = embedding.values[uint64_t{row} * spec.layers[0].outputs + o];
      largest = std::max(largest, static_cast<uint64_t>(std::abs(value)) << embedding.shift);
    }
    sum += largest;
  }
  return sum;
}

int32_t half_of(const IntNetLayer& layer) { return layer.shift == 0 ? 0 : int32_t{1} << (layer.shift - 1); }

/// |sum| <= |bias| + |embeddings| + sum of |weight| * largest |input| + half, and so for every partial sum in any order.
/// All terms fit 64 bits easily: 1024 inputs of 2^15 times 2^7, 8 embeddings of 2^30, one bias of 2^31.
Status prove_sums_fit(const IntNetSpec& spec) {
  uint64_t largest_input = spec.input_limit;
  size_t inputs = spec.input_count;
  for (size_t i = 0; i < spec.layers.size(); ++i) {
    const IntNetLayer& layer = spec.layers[i];
    for (uint32_t o = 0; o < layer.outputs; ++o) {
      uint64_t bound = static_cast<uint64_t>(std::abs(int64_t{layer.bias[o]})) + static_cast<uint64_t>(half_of(layer));
      if (i == 0) bound += largest_embedding(spec, o);
      for (size_t k = 0; k < inputs; ++k) bound += static_cast<uint64_t>(std::abs(int32_t{layer.weights[o * inputs + k]})) * largest_input;
      if (bound > static_cast<uint64_t>(std::numeric_limits<int32_t>::max())) {
        return Error{Code::corrupt, 0,
                     "network: the sum of output " + std::to_string(o) + " of " + layer_name(i) + " could reach " + std::to_string(bound) +
                         ", more than 32 bits hold; make weights, clips or the input limit smaller"};
      }
    }
    largest_input = layer.clip;
    inputs = layer.outputs;
  }
  return {};
}

int32_t activate(const IntNetLayer& layer, int32_t sum) {
  const int32_t value = (sum + half_of(layer)) >> layer.shift;
  switch (layer.activation) {
    case Activation::linear: return value;
    case Activation::clipped_relu: return std::clamp<int32_t>(value, 0, layer.clip);
    case Activation::clipped: return std::clamp<int32_t>(value, -layer.clip, layer.clip);
  }
  return value;
}

/// Weights of inputs 2p and 2p + 1 side by side for all outputs, so that one instruction multiplies and adds both for a vector of outputs.
kernel::PackedLayer pack(const IntNetLayer& layer, size_t inputs) {
  kernel::PackedLayer packed;
  packed.pairs = (inputs + 1) / 2;
  packed.padded_outputs = (layer.outputs + kernel::kOutputPadding - 1) / kernel::kOutputPadding * kernel::kOutputPadding;
  packed.bias = layer.bias;
  packed.bias.resize(packed.padded_outputs);
  packed.weight_vectors.resize(packed.pairs * packed.padded_outputs / kernel::kOutputPadding);
  for (size_t o = 0; o < layer.outputs; ++o) {
    for (size_t i = 0; i < inputs; ++i) packed.weights()[(i / 2 * packed.padded_outputs + o) * 2 + i % 2] = layer.weights[o * inputs + i];
  }
  packed.half = half_of(layer);
  packed.shift = layer.shift;
  const bool linear = layer.activation == Activation::linear;
  packed.high = linear ? std::numeric_limits<int32_t>::max() : layer.clip;
  packed.low = linear ? std::numeric_limits<int32_t>::min() : layer.activation == Activation::clipped_relu ? 0 : -packed.high;
  return packed;
}

/// Bias and embeddings of the first layer: where its sums begin.
void start_sums(const IntNetSpec& spec, std::span<const uint32_t> rows, int32_t* sums) {
  const IntNetLayer& layer = spec.layers[0];
  std::copy(layer.bias.begin(), layer.bias.end(), sums);
  for (size_t e = 0; e < spec.embeddings.size(); ++e) {
    const IntNetEmbedding& embedding = spec.embeddings[e];
    const int16_t* values = &embedding.values[size_t{std::min(rows[e], embedding.rows - 1)} * layer.outputs];
    const int32_t factor = int32_t{1} << embedding.shift;
    for (uint32_t o = 0; o < layer.outputs; ++o) sums[o] += values[o] * factor;
  }
}

}  // namespace

IntNet::IntNet(IntNetSpec spec) : spec_(std::move(spec)), packed_(std::make_unique<kernel::PackedNet>()) {
  size_t inputs = spec_.input_count;
  for (const IntNetLayer& layer : spec_.layers) {
    packed_->layers.push_back(pack(layer, inputs));
    inputs = layer.outputs;
  }
}
IntNet::IntNet(IntNet&&) noexcept = default;
IntNet& IntNet::operator=(IntNet&&) noexcept = default;
IntNet::~IntNet() = default;

Result<IntNet> IntNet::create(IntNetSpec spec) {
  DEW_TRY(check_shape(spec));
  DEW_TRY(prove_sums_fit(spec));
  return IntNet(std::move(spec));
}

Result<IntNet> IntNet::read(ByteSpan bytes, const IntNetLimits& limits) {
  DEW_ASSIGN(IntNetSpec spec, read_intnet(bytes, limits));
  Result<IntNet> net = create(std::move(spec));
  if (!net.ok() && net.error().code == Code::invalid_argument) return Error{Code::corrupt, 0, net.error().message};
  return net;
}

void IntNet::load(std::span<const int16_t> inputs, std::span<const uint32_t> rows, kernel::NetBuffers& buffers) const {
  const int16_t limit = static_cast<int16_t>(spec_.input_limit);
  for (size_t i = 0; i < inputs.size(); ++i) {
    buffers.activations[0][i] = std::clamp<int16_t>(inputs[i], static_cast<int16_t>(-limit), limit);
  }
  // Pairs read one number past an odd count; layers after the first find the zeros of padded outputs there.
  if (inputs.size() % 2 != 0) buffers.activations[0][inputs.size()] = 0;
  start_sums(spec_, rows, buffers.first_sums);
  for (size_t o = spec_.layers[0].outputs; o < packed_->layers[0].padded_outputs; ++o) buffers.first_sums[o] = 0;
}

void IntNet::run(std::span<const int16_t> inputs, std::span<const uint32_t> rows, std::span<int32_t> outputs) const {
  kernel::NetBuffers buffers;
  load(inputs, rows, buffers);
  kernel::run_packed(*packed_, buffers);
  std::copy_n(buffers.outputs, outputs.size(), outputs.begin());
}

void IntNet::run_many(std::span<const int16_t> inputs, std::span<int32_t> outputs) const {
  const size_t width = input_count(), depth = output_count(), count = inputs.size() / width;
  kernel::NetBuffers buffers[kernel::kSymbolsAtOnce];
  size_t i = 0;
  for (; i + kernel::kSymbolsAtOnce <= count; i += kernel::kSymbolsAtOnce) {
    for (size_t k = 0; k < kernel::kSymbolsAtOnce; ++k) load(inputs.subspan((i + k) * width, width), {}, buffers[k]);
    kernel::run_packed_four(*packed_, buffers);
    for (size_t k = 0; k < kernel::kSymbolsAtOnce; ++k) {
      std::copy_n(buffers[k].outputs, depth, outputs.begin() + static_cast<ptrdiff_t>((i + k) * depth));
    }
  }
  for (; i < count; ++i) run(inputs.subspan(i * width, width), {}, outputs.subspan(i * depth, depth));
}

void IntNet::run_plain(std::span<const int16_t> inputs, std::span<const uint32_t> rows, std::span<int32_t> outputs) const {
  std::vector<int32_t> values(inputs.begin(), inputs.end());
  for (int32_t& value : values) value = std::clamp<int32_t>(value, -spec_.input_limit, spec_.input_limit);
  for (size_t i = 0; i < spec_.layers.size(); ++i) {
    const IntNetLayer& layer = spec_.layers[i];
    std::vector<int32_t> sums = layer.bias;
    if (i == 0) start_sums(spec_, rows, sums.data());
    for (uint32_t o = 0; o < layer.outputs; ++o) {
      for (size_t k = 0; k < values.size(); ++k) sums[o] += layer.weights[o * values.size() + k] * values[k];
      sums[o] = activate(layer, sums[o]);
    }
    values = std::move(sums);
  }
  std::copy(values.begin(), values.end(), outputs.begin());
}

uint64_t IntNet::operations() const {
  uint64_t sum = 0;
  for (const IntNetLayer& layer : spec_.layers) sum += layer.weights.size();
  return sum;
}

uint64_t IntNet::parameters() const {
  uint64_t sum = operations();
  for (const IntNetLayer& layer : spec_.layers) sum += layer.bias.size();
  for (const IntNetEmbedding& embedding : spec_.embeddings) sum += embedding.values.size();
  return sum;
}

}  // namespace dew
