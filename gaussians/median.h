// SPDX-License-Identifier: Apache-2.0
/// The middle value. Internal.
///
///   const double typical = median(std::move(distances));
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace dew {

/// The upper of the two in the middle where their number is even; 0 of none. REQUIRES: no NaN.
template <class T>
T median(std::vector<T> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace dew
