// SPDX-License-Identifier: Apache-2.0
/// Intensities rounded to a coarser grid, where exact ones are not wanted.
///
///   const Content coarse = with_coarse_intensity(content, 2);       // no intensity moves by more than two of its steps
#pragma once

#include "pointcloud/content.h"

namespace dew {

/// Fields of a cloud that hold intensities, or those of a scan; a step is what find_integer_view finds (1, 0.01, 1/255, ...). Captures stay
/// as they are.
Content with_coarse_intensity(const Content& content, uint32_t error);

}  // namespace dew
