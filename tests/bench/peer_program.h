// SPDX-License-Identifier: Apache-2.0
/// The frame of a peer program: reads points, rounds them to the grid, times a codec, checks what comes back, prints one JSON object.
///
///   int main(int argc, char** argv) { return run_peer_program({{"name", encode, decode}}, "", {argv + 1, argv + argc}); }
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "entropy/bytes.h"

namespace dew::bench {

/// Grid steps from the origin on each axis.
using GridPoints = std::vector<std::array<int32_t, 3>>;

struct Peer {
  const char* name;
  Result<Bytes> (*encode)(const GridPoints& points);
  Result<GridPoints> (*decode)(const Bytes& bytes, size_t point_count);
};

/// Handles `--list` and `CODEC POINTS STEP_M`. `absent` is printed after the names: lines "NAME: reason". Returns an exit code.
int run_peer_program(const std::vector<Peer>& peers, const char* absent, const std::vector<std::string>& words);

}  // namespace dew::bench
