// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/slice_boxes.h"

#include <cmath>

#include "pointcloud/coding/points_layout.h"

namespace dew {
namespace {

/// Corners are rounded outwards to tenths of a metre: two or three bytes each.
constexpr double kUnits = 10, kMost = 1e15;

}  // namespace

Bytes write_slice_boxes(const Cloud& cloud, uint32_t slices) {
  const Result<std::vector<Vec3>> points = positions_m(cloud);
  if (slices < 2 || !points.ok()) return {};
  ByteWriter writer;
  for (uint32_t i = 0; i < slices; ++i) {
    const PointSpan span = slice_points(cloud.points, slices, i);
    const Box box = bounds_of(std::span(*points).subspan(span.first, span.end - span.first));
    const bool is_empty = !(box.low.x <= box.high.x);
    for (const double v : {box.low.x, box.low.y, box.low.z}) {
      if (std::abs(v) * kUnits > kMost && !is_empty) return {};
      writer.signed_varint(is_empty ? 1 : static_cast<int64_t>(std::floor(v * kUnits)));
    }
    for (const double v : {box.high.x, box.high.y, box.high.z}) {
      if (std::abs(v) * kUnits > kMost && !is_empty) return {};
      writer.signed_varint(is_empty ? 0 : static_cast<int64_t>(std::ceil(v * kUnits)));
    }
  }
  return writer.take();
}

Result<std::vector<Box>> read_slice_boxes(ByteSpan payload, uint64_t offset, uint64_t slices) {
  ByteReader reader(payload, offset);
  std::vector<Box> boxes;
  if (slices > payload.size()) return Error{Code::corrupt, offset, "boxes of more slices than their bytes can hold"};
  for (uint64_t i = 0; i < slices; ++i) {
    Box box;
    for (double* v : {&box.low.x, &box.low.y, &box.low.z, &box.high.x, &box.high.y, &box.high.z}) {
      DEW_ASSIGN(const int64_t tenths, reader.signed_varint());
      *v = static_cast<double>(tenths) / kUnits;
    }
    boxes.push_back(box);
  }
  DEW_TRY(reader.expect_end());
  return boxes;
}

}  // namespace dew
