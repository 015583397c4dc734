// SPDX-License-Identifier: Apache-2.0
/// Integer networks on a GPU, many symbols at once: the bits of IntNet::run_plain. Built with -DDEW_WITH_CUDA=ON (library
/// dew::entropy_cuda).
///
///   if (gpu::available()) {
///     DEW_ASSIGN(std::vector<int32_t> outputs, gpu::run_network(net, inputs));      // [symbol][output]
///   }
///
/// For encoders and training, where all inputs of a slice are known; a decoder knows one symbol at a time. Threads: any.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "entropy/intnet.h"

namespace dew::gpu {

/// Whether this machine has a device that the driver knows.
bool available();

/// `inputs`: [symbol][input], as IntNet::run takes them. Errors: invalid_argument where they are no whole symbols; unsupported_feature
/// without a device, for networks with embeddings, or with what CUDA says. Cost: the weights and inputs are copied to the device each time.
Result<std::vector<int32_t>> run_network(const IntNet& net, std::span<const int16_t> inputs);

}  // namespace dew::gpu
