// SPDX-License-Identifier: Apache-2.0
/// Dense integer layers on a GPU, in the C++17 that nvcc and this program share. Internal to intnet_gpu.cpp.
#pragma once

#include <cstdint>
#include <vector>

namespace dew::gpu {

struct HostLayer {
  uint32_t inputs = 0, outputs = 0;
  int32_t shift = 0, half = 0;
  int32_t low = 0, high = 0;    ///< of the activation
  std::vector<int8_t> weights;  ///< [input][output]: threads side by side read bytes side by side
  std::vector<int32_t> bias;
};

/// Whether there is a device; asks the driver once a call, some ms at first.
bool device_present();

/// `inputs`: [symbol][input], clamped already. Fills [symbol][output]. Null, or what CUDA says went wrong.
/// REQUIRES: layers that fit together, at most 1,024 outputs each.
const char* run_layers(const std::vector<HostLayer>& layers, const int16_t* inputs, uint32_t symbols, int32_t* outputs);

}  // namespace dew::gpu
