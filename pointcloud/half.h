// SPDX-License-Identifier: Apache-2.0
/// IEEE 754 binary16 as it is stored in point files (FieldType::f16), to and from double.
///
///   double x = half_to_double(0x3c00);   // 1.0
///   uint16_t bits = double_to_half(x);   // 0x3c00
#pragma once

#include <cstdint>

namespace dew {

/// Exact. NaN payloads are not kept.
double half_to_double(uint16_t half);

/// The nearest half, ties to even; too large becomes infinity; the same bits on every machine.
uint16_t double_to_half(double value);

}  // namespace dew
