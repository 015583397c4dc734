// SPDX-License-Identifier: Apache-2.0
#include "entropy/kernel/packed_net.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "entropy/kernel/intnet_hwy.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come first.
#include <hwy/highway.h>

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace dew::kernel::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

void run_layer(const PackedLayer& layer, const int32_t* first, const int16_t* inputs, int16_t* activations, int32_t* outputs) {
  run_layer_plain(layer, first, inputs, activations, outputs);
}
void run_layer_of_four(const PackedLayer& layer, const LayerOfFour& of) {
  for (size_t i = 0; i < kSymbolsAtOnce; ++i) run_layer_plain(layer, of.first[i], of.inputs[i], of.activations[i], of.outputs[i]);
}

#else

/// `kVectors` vectors of outputs from output `o` on. Pairs of inputs are multiplied and added in one instruction; the order of sums
/// does not matter because none can overflow.
template <size_t kVectors>
HWY_INLINE void run_block(const PackedLayer& layer, size_t o, const int32_t* HWY_RESTRICT first, const int16_t* HWY_RESTRICT inputs,
                          int16_t* HWY_RESTRICT activations, int32_t* HWY_RESTRICT outputs) {
  const hn::ScalableTag<int32_t> d32;
  const hn::Repartition<int16_t, decltype(d32)> d16;
  const hn::Rebind<int16_t, decltype(d32)> d16_half;
  using Sum = hn::Vec<decltype(d32)>;
  const size_t lanes = hn::Lanes(d32);
  Sum even[kVectors], odd[kVectors];
  for (size_t v = 0; v < kVectors; ++v) {
    even[v] = hn::Zero(d32);
    odd[v] = hn::Zero(d32);
  }
  const int16_t* HWY_RESTRICT weights = layer.weights() + o * 2;
  for (size_t p = 0; p < layer.pairs; ++p, weights += layer.padded_outputs * 2) {
    int32_t pair;
    std::memcpy(&pair, inputs + 2 * p, sizeof(pair));
    const auto input = hn::BitCast(d16, hn::Set(d32, pair));
    for (size_t v = 0; v < kVectors; ++v) {
      even[v] = hn::ReorderWidenMulAccumulate(d32, input, hn::LoadU(d16, weights + v * lanes * 2), even[v], odd[v]);
    }
  }
  const Sum half = hn::Set(d32, layer.half), low = hn::Set(d32, layer.low), high = hn::Set(d32, layer.high);
  for (size_t v = 0; v < kVectors; ++v) {
    // Only after the rearrangement does lane i belong to output i.
    const Sum products = hn::RearrangeToOddPlusEven(even[v], odd[v]);
    const Sum sum = hn::Add(hn::Add(products, hn::LoadU(d32, first + o + v * lanes)), half);
    const Sum value = hn::Min(hn::Max(hn::ShiftRightSame(sum, layer.shift), low), high);
    if (outputs != nullptr) {
      hn::StoreU(value, d32, outputs + o + v * lanes);
    } else {
      hn::StoreU(hn::DemoteTo(d16_half, value), d16_half, activations + o + v * lanes);
    }
  }
}

void run_layer(const PackedLayer& layer, const int32_t* first, const int16_t* inputs, int16_t* activations, int32_t* outputs) {
  const size_t lanes = hn::Lanes(hn::ScalableTag<int32_t>());
  size_t o = 0;
  for (; o + 4 * lanes <= layer.padded_outputs; o += 4 * lanes) run_block<4>(layer, o, first, inputs, activations, outputs);
  for (; o + 2 * lanes <= layer.padded_outputs; o += 2 * lanes) run_block<2>(layer, o, first, inputs, activations, outputs);
  for (; o < layer.padded_outputs; o += lanes) run_block<1>(layer, o, first, inputs, activations, outputs);
}

/// Two vectors of outputs of four symbols: the weights are loaded once, and eight sums do not wait for one another.
template <size_t kVectors>
HWY_INLINE void run_block_of_four(const PackedLayer& layer, size_t o, const LayerOfFour& of) {
  const hn::ScalableTag<int32_t> d32;
  const hn::Repartition<int16_t, decltype(d32)> d16;
  const hn::Rebind<int16_t, decltype(d32)> d16_half;
  using Sum = hn::Vec<decltype(d32)>;
  const size_t lanes = hn::Lanes(d32);
  Sum even[kSymbolsAtOnce][kVectors], odd[kSymbolsAtOnce][kVectors];
  for (size_t i = 0; i < kSymbolsAtOnce; ++i) {
    for (size_t v = 0; v < kVectors; ++v) even[i][v] = odd[i][v] = hn::Zero(d32);
  }
  const int16_t* HWY_RESTRICT weights = layer.weights() + o * 2;
  for (size_t p = 0; p < layer.pairs; ++p, weights += layer.padded_outputs * 2) {
    for (size_t i = 0; i < kSymbolsAtOnce; ++i) {
      int32_t pair;
      std::memcpy(&pair, of.inputs[i] + 2 * p, sizeof(pair));
      const auto input = hn::BitCast(d16, hn::Set(d32, pair));
      for (size_t v = 0; v < kVectors; ++v) {
        even[i][v] = hn::ReorderWidenMulAccumulate(d32, input, hn::LoadU(d16, weights + v * lanes * 2), even[i][v], odd[i][v]);
      }
    }
  }
  const Sum half = hn::Set(d32, layer.half), low = hn::Set(d32, layer.low), high = hn::Set(d32, layer.high);
  for (size_t i = 0; i < kSymbolsAtOnce; ++i) {
    for (size_t v = 0; v < kVectors; ++v) {
      const Sum products = hn::RearrangeToOddPlusEven(even[i][v], odd[i][v]);
      const Sum sum = hn::Add(hn::Add(products, hn::LoadU(d32, of.first[i] + o + v * lanes)), half);
      const Sum value = hn::Min(hn::Max(hn::ShiftRightSame(sum, layer.shift), low), high);
      if (of.outputs[i] != nullptr) {
        hn::StoreU(value, d32, of.outputs[i] + o + v * lanes);
      } else {
        hn::StoreU(hn::DemoteTo(d16_half, value), d16_half, of.activations[i] + o + v * lanes);
      }
    }
  }
}

void run_layer_of_four(const PackedLayer& layer, const LayerOfFour& of) {
  const size_t lanes = hn::Lanes(hn::ScalableTag<int32_t>());
  size_t o = 0;
  for (; o + 2 * lanes <= layer.padded_outputs; o += 2 * lanes) run_block_of_four<2>(layer, o, of);
  for (; o < layer.padded_outputs; o += lanes) run_block_of_four<1>(layer, o, of);
}

#endif

void run_packed(const PackedNet& net, NetBuffers& buffers) { for_each_layer(net, buffers, run_layer); }
void run_packed_four(const PackedNet& net, NetBuffers* buffers) { for_each_layer_of_four(net, buffers, run_layer_of_four); }

}  // namespace dew::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dew::kernel {
HWY_EXPORT(run_packed);
HWY_EXPORT(run_packed_four);
void run_packed(const PackedNet& net, NetBuffers& buffers) { HWY_DYNAMIC_DISPATCH(run_packed)(net, buffers); }
void run_packed_four(const PackedNet& net, NetBuffers* buffers) { HWY_DYNAMIC_DISPATCH(run_packed_four)(net, buffers); }
}  // namespace dew::kernel
#endif
