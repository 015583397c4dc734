// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/coarse_intensity.h"

#include <algorithm>

#include "pointcloud/coding/attributes.h"

namespace dew {
namespace {

/// The nearest multiple of 2 error + 1, but no more than the largest value and no less than the smallest.
void make_coarse(std::vector<int64_t>& values, int64_t error) {
  if (values.empty()) return;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const int64_t least = *low, most = *high, step = 2 * error + 1;
  for (int64_t& value : values) {
    const int64_t multiple = (value + (value < 0 ? -error : error)) / step * step;
    value = std::clamp(multiple, least, most);
  }
}

}  // namespace

Content with_coarse_intensity(const Content& content, uint32_t error) {
  Content coarse = content;
  if (Cloud* cloud = std::get_if<Cloud>(&coarse)) {
    for (Field& field : cloud->fields) {
      if (part_of_field(field.name) != Part::intensity) continue;
      const IntegerView view = find_integer_view(field);
      // Floats of any bits have no steps.
      if (view.kind != ViewKind::integer && !is_comb(view.kind)) continue;
      std::vector<int64_t> values = to_integers(field, view);
      make_coarse(values, error);
      field.data = from_integers(values, field.type, view);
    }
  }
  if (Scan* scan = std::get_if<Scan>(&coarse)) {
    std::vector<int64_t> values(scan->intensity.begin(), scan->intensity.end());
    make_coarse(values, error);
    std::transform(values.begin(), values.end(), scan->intensity.begin(), [](int64_t v) { return static_cast<uint8_t>(v); });
  }
  return coarse;
}

}  // namespace dew
