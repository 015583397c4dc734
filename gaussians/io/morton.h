// SPDX-License-Identifier: Apache-2.0
/// An order in which splats that are near in space are near in the file.
///
///   for (uint32_t i : morton_order(splats)) append(splats, i);
#pragma once

#include <cstdint>
#include <vector>

#include "gaussians/splats.h"

namespace dew {

/// Indices of the splats by the Morton code of their position, 21 bits an axis over the finite range; equal codes in file order,
/// coordinates that are not finite as the lower end. Cost: some 100 ns a splat.
std::vector<uint32_t> morton_order(const Splats& splats);

}  // namespace dew
