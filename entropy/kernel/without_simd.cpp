// SPDX-License-Identifier: Apache-2.0
// What stands in for the SIMD kernels in a build without Highway.
#include "entropy/kernel/dispatch.h"
#include "entropy/kernel/packed_net.h"
#include "entropy/kernel/rans_kernel.h"

namespace dew::kernel {

void run_packed(const PackedNet& net, NetBuffers& buffers) { for_each_layer(net, buffers, run_layer_plain); }
void run_packed_four(const PackedNet& net, NetBuffers* buffers) {
  for (size_t i = 0; i < kSymbolsAtOnce; ++i) run_packed(net, buffers[i]);
}

size_t decode_rans_rows(RansBlock& block, std::byte* symbols, size_t rows) { return decode_rans_rows_plain(block, symbols, rows); }

std::vector<std::string> simd_targets() { return {}; }
bool use_simd_target(const std::string& name) { return name.empty(); }

}  // namespace dew::kernel
