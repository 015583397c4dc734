// SPDX-License-Identifier: Apache-2.0
// What stands in for the SIMD kernels in a build without Highway.
#include "entropy/kernel/dispatch.h"
#include "entropy/kernel/packed_net.h"

namespace dew::kernel {

void run_packed(const PackedNet& net, NetBuffers& buffers) { for_each_layer(net, buffers, run_layer_plain); }

std::vector<std::string> simd_targets() { return {}; }
bool use_simd_target(const std::string& name) { return name.empty(); }

}  // namespace dew::kernel
