// SPDX-License-Identifier: Apache-2.0
/// Draco on integer positions: kd-tree at compression level 10, and sequential.
///
///   for (const Peer& peer : draco_peers()) peers.push_back(peer);
#pragma once

#include <vector>

#include "tests/bench/peer_program.h"

namespace dew::bench {

std::vector<Peer> draco_peers();

}  // namespace dew::bench
