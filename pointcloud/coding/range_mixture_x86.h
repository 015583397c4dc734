// SPDX-License-Identifier: Apache-2.0
/// range_interval with AVX-512: all components of the mixture at once, and both ends of a symbol. Internal to
/// range_mixture.cpp.
///
///   if (range_mixture_x86::available()) interval = range_mixture_x86::interval<7>(outputs, centres, range, max_range);
#pragma once

#include <cstddef>
#include <cstdint>

#include "pointcloud/coding/range_mixture.h"

namespace dew::range_mixture_x86 {

bool available();

/// REQUIRES: available(); 3 * kCentres outputs, kCentres centres, and what range_interval requires.
template <size_t kCentres>
CdfInterval interval(const int32_t* outputs, const int32_t* centres, uint32_t range, uint32_t max_range);

}  // namespace dew::range_mixture_x86
