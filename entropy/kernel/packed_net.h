// SPDX-License-Identifier: Apache-2.0
/// The order in which the SIMD twins of entropy/intnet.h read a network. Internal.
///
///   PackedNet net = ...;                              // IntNet::create makes it
///   alignas(64) NetBuffers buffers;
///   run_packed(net, buffers);                         // buffers.inputs, first_sums -> buffers.outputs
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "entropy/intnet.h"

namespace dew::kernel {

/// Outputs are padded to a multiple of this: one vector of int32 of the widest machine.
inline constexpr size_t kOutputPadding = 16;

/// A vector of the widest machine. One that crosses a line of the cache takes twice as long to load, and there is little else to do.
struct alignas(64) WeightVector {
  int16_t weights[2 * kOutputPadding];
};

struct PackedLayer {
  std::vector<WeightVector> weight_vectors;  ///< [input pair][padded output][2]; zero where padded
  std::vector<int32_t> bias;                 ///< [padded output]
  size_t pairs;
  size_t padded_outputs;
  int32_t half;  ///< added before the shift
  int shift;
  int32_t low, high;  ///< of the activation; the whole int32 range where linear

  const int16_t* weights() const { return weight_vectors.data()->weights; }
  int16_t* weights() { return weight_vectors.data()->weights; }
};

struct PackedNet {
  std::vector<PackedLayer> layers;
};

/// One symbol's numbers. Both activation buffers must hold zeros past the real inputs up to an even count.
struct alignas(64) NetBuffers {
  int32_t first_sums[kMaxNetWidth];      ///< bias and embeddings of the first layer
  int16_t activations[2][kMaxNetWidth];  ///< [0] holds the inputs
  int32_t outputs[kMaxNetWidth];         ///< of the last layer
};

/// One layer in plain loops, for machines and builds without SIMD. `activations` may be null for the last layer, `outputs` for the others.
inline void run_layer_plain(const PackedLayer& layer, const int32_t* first, const int16_t* inputs, int16_t* activations, int32_t* outputs) {
  int32_t sums[kMaxNetWidth];
  std::copy_n(first, layer.padded_outputs, sums);
  const int16_t* weights = layer.weights();
  for (size_t p = 0; p < layer.pairs; ++p, weights += 2 * layer.padded_outputs) {
    for (size_t o = 0; o < layer.padded_outputs; ++o) sums[o] += inputs[2 * p] * weights[2 * o] + inputs[2 * p + 1] * weights[2 * o + 1];
  }
  for (size_t o = 0; o < layer.padded_outputs; ++o) {
    const int32_t value = std::clamp((sums[o] + layer.half) >> layer.shift, layer.low, layer.high);
    if (outputs != nullptr) {
      outputs[o] = value;
    } else {
      activations[o] = static_cast<int16_t>(value);
    }
  }
}

/// Calls run_layer(layer, first sums, inputs, activations or null, outputs or null) for one layer after the other.
template <class RunLayer>
void for_each_layer(const PackedNet& net, NetBuffers& buffers, RunLayer&& run_layer) {
  const size_t count = net.layers.size();
  for (size_t i = 0; i < count; ++i) {
    const PackedLayer& layer = net.layers[i];
    const bool last = i + 1 == count;
    run_layer(layer, i == 0 ? buffers.first_sums : layer.bias.data(), buffers.activations[i % 2],
              last ? nullptr : buffers.activations[(i + 1) % 2], last ? buffers.outputs : nullptr);
  }
}

/// Symbols that run_packed_four computes together.
inline constexpr size_t kSymbolsAtOnce = 4;

/// Where one layer of four symbols reads and writes; as for run_layer_plain.
struct LayerOfFour {
  const int32_t* first[kSymbolsAtOnce];
  const int16_t* inputs[kSymbolsAtOnce];
  int16_t* activations[kSymbolsAtOnce];
  int32_t* outputs[kSymbolsAtOnce];
};

/// for_each_layer for four symbols: run_layer(layer, where it reads and writes).
template <class RunLayer>
void for_each_layer_of_four(const PackedNet& net, NetBuffers* buffers, RunLayer&& run_layer) {
  const size_t count = net.layers.size();
  for (size_t l = 0; l < count; ++l) {
    const bool last = l + 1 == count;
    LayerOfFour of;
    for (size_t i = 0; i < kSymbolsAtOnce; ++i) {
      of.first[i] = l == 0 ? buffers[i].first_sums : net.layers[l].bias.data();
      of.inputs[i] = buffers[i].activations[l % 2];
      of.activations[i] = last ? nullptr : buffers[i].activations[(l + 1) % 2];
      of.outputs[i] = last ? buffers[i].outputs : nullptr;
    }
    run_layer(net.layers[l], of);
  }
}

/// REQUIRES: as above, sums that cannot overflow. Cannot fail. Uses the best instructions the machine has.
void run_packed(const PackedNet& net, NetBuffers& buffers);
/// The same for kSymbolsAtOnce symbols, each in its buffers: two thirds of the time.
void run_packed_four(const PackedNet& net, NetBuffers* buffers);

}  // namespace dew::kernel
