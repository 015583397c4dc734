// SPDX-License-Identifier: Apache-2.0
#include "entropy/cuda/intnet_gpu.h"

#include <algorithm>
#include <limits>
#include <string>

#include "entropy/cuda/network_kernel.h"

namespace dew::gpu {
namespace {

HostLayer host_layer(const IntNetLayer& layer, uint32_t inputs) {
  HostLayer host;
  host.inputs = inputs;
  host.outputs = layer.outputs;
  host.shift = layer.shift;
  host.half = layer.shift == 0 ? 0 : int32_t{1} << (layer.shift - 1);
  const bool linear = layer.activation == Activation::linear;
  host.high = linear ? std::numeric_limits<int32_t>::max() : layer.clip;
  host.low = linear ? std::numeric_limits<int32_t>::min() : layer.activation == Activation::clipped_relu ? 0 : -host.high;
  host.bias = layer.bias;
  host.weights.resize(layer.weights.size());
  for (uint32_t o = 0; o < layer.outputs; ++o) {
    for (uint32_t i = 0; i < inputs; ++i) host.weights[size_t{i} * layer.outputs + o] = layer.weights[size_t{o} * inputs + i];
  }
  return host;
}

}  // namespace

bool available() { return device_present(); }

Result<std::vector<int32_t>> run_network(const IntNet& net, std::span<const int16_t> inputs) {
  const IntNetSpec& spec = net.spec();
  if (inputs.size() % spec.input_count != 0) return Error{Code::invalid_argument, 0, "the inputs are no whole number of symbols"};
  const size_t symbols = inputs.size() / spec.input_count;
  if (symbols > std::numeric_limits<int32_t>::max()) return Error{Code::invalid_argument, 0, "more than 2^31 - 1 symbols at once"};
  if (!spec.embeddings.empty()) return Error{Code::unsupported_feature, 0, "networks with embeddings do not run on a GPU"};
  if (!available()) return Error{Code::unsupported_feature, 0, "there is no GPU"};
  std::vector<HostLayer> layers;
  uint32_t width = spec.input_count;
  for (const IntNetLayer& layer : spec.layers) {
    layers.push_back(host_layer(layer, width));
    width = layer.outputs;
  }
  std::vector<int16_t> clamped(inputs.begin(), inputs.end());
  const int16_t limit = static_cast<int16_t>(spec.input_limit);
  for (int16_t& value : clamped) value = std::clamp<int16_t>(value, static_cast<int16_t>(-limit), limit);
  std::vector<int32_t> outputs(symbols * net.output_count());
  if (const char* message = run_layers(layers, clamped.data(), static_cast<uint32_t>(symbols), outputs.data())) {
    return Error{Code::unsupported_feature, 0, std::string("GPU: ") + message};
  }
  return outputs;
}

}  // namespace dew::gpu
