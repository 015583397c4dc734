// SPDX-License-Identifier: Apache-2.0
/// What each splat is worth to the pictures of a scene, guessed by a small network without drawing one.
///
///   DEW_ASSIGN(const IntNet net, IntNet::read(file_bytes));
///   if (!is_guess_network(net)) return Error{Code::invalid_argument, 0, "another network"};
///   const std::vector<double> log2_error = guess_removal(scene, net, threads);
///   // log2_error[i] stands for log2 of Sensitivity::removal[i], but for what is the same for all splats of the scene
///
/// Inputs: the splat's own attributes, what shares its cells of coarse grids, and how much matter lies around it in a few directions. Idea:
/// RAP (a rendering-free network on attributes and neighbourhood statistics). Training: apps/train/README.md.
#pragma once

#include <cstdint>
#include <vector>

#include "entropy/intnet.h"
#include "gaussians/splats.h"

namespace dew {

inline constexpr size_t kGuessInputs = 38;
/// What stands for 1.0 in the inputs, and the largest of them.
inline constexpr int kGuessInputUnit = 64, kGuessInputLimit = 2047;
/// What stands for 1.0 in the output, which is a logarithm to base 2.
inline constexpr int kGuessOutputUnit = 256;

/// [splat][kGuessInputs]. Any values of splats will do: what is not finite counts as 0. The same for any `threads`.
/// REQUIRES: a scene that check_shape accepts. Cost: some 10 us a splat. Memory: 200 bytes a splat, and 100 MB at most.
std::vector<int16_t> guess_inputs(const Splats& splats, unsigned threads);

/// Has it the inputs and output of a network of this kind?
bool is_guess_network(const IntNet& net);

/// log2 of the removal error of each splat up to one number for all. REQUIRES: is_guess_network(net), and as guess_inputs, whose cost it
/// has.
std::vector<double> guess_removal(const Splats& splats, const IntNet& net, unsigned threads);

}  // namespace dew
