// SPDX-License-Identifier: Apache-2.0
#include "gaussians/significance/guess.h"

#include <algorithm>
#include <span>

#include "entropy/pool.h"

namespace dew {

bool is_guess_network(const IntNet& net) {
  return net.input_count() == kGuessInputs && net.output_count() == 1 && net.spec().embeddings.empty();
}

std::vector<double> guess_removal(const Splats& splats, const IntNet& net, unsigned threads) {
  constexpr size_t kBlock = 4096;
  const std::vector<int16_t> inputs = guess_inputs(splats, threads);
  std::vector<int32_t> outputs(splats.count());
  parallel_for((outputs.size() + kBlock - 1) / kBlock, threads, [&](size_t block) {
    const size_t first = block * kBlock, count = std::min(kBlock, outputs.size() - first);
    net.run_many(std::span(inputs).subspan(first * kGuessInputs, count * kGuessInputs), std::span(outputs).subspan(first, count));
  });
  std::vector<double> log2_error(outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) log2_error[i] = outputs[i] * (1.0 / kGuessOutputUnit);
  return log2_error;
}

}  // namespace dew
