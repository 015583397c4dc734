// SPDX-License-Identifier: Apache-2.0
/// Integer arithmetic that answers with an error where it would overflow; for every size that is computed from input.
///
///   DEW_ASSIGN(const uint64_t cells, checked_multiply(rows, columns, reader.offset()));
///   DEW_ASSIGN(const uint64_t end, checked_add(start, cells, reader.offset()));
///   DEW_ASSIGN(const uint32_t index, checked_narrow<uint32_t>(end, reader.offset()));
///
/// `offset` is the input byte that the numbers came from. Errors: limit_exceeded.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "entropy/result.h"

namespace dew {

template <class T>
Result<T> checked_add(T a, std::type_identity_t<T> b, uint64_t offset = 0) {
  static_assert(std::is_integral_v<T>);
  T sum;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return Error{Code::limit_exceeded, offset, "the sum of " + std::to_string(a) + " and " + std::to_string(b) + " does not fit its type"};
}

template <class T>
Result<T> checked_multiply(T a, std::type_identity_t<T> b, uint64_t offset = 0) {
  static_assert(std::is_integral_v<T>);
  T product;
  if (!__builtin_mul_overflow(a, b, &product)) return product;
  return Error{Code::limit_exceeded, offset,
               "the product of " + std::to_string(a) + " and " + std::to_string(b) + " does not fit its type"};
}

/// `value` as a T, which may be smaller or of the other signedness.
template <class T, class From>
Result<T> checked_narrow(From value, uint64_t offset = 0) {
  static_assert(std::is_integral_v<T> && std::is_integral_v<From>);
  if (std::in_range<T>(value)) return static_cast<T>(value);
  return Error{Code::limit_exceeded, offset, "the number " + std::to_string(value) + " does not fit its type"};
}

}  // namespace dew
