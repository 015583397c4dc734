// SPDX-License-Identifier: Apache-2.0
/// What fuzz targets share: a check that stays on in every build, and limits that keep one input cheap.
#pragma once

#include <cstdlib>

#include "entropy/limits.h"

#define DEW_FUZZ_CHECK(condition)   \
  do {                              \
    if (!(condition)) std::abort(); \
  } while (false)

namespace dew {

inline DecodeLimits fuzz_limits() {
  DecodeLimits limits;
  limits.elements = 1u << 20;
  limits.memory_bytes = 64u << 20;
  limits.work_units = 1u << 26;
  return limits;
}

}  // namespace dew
