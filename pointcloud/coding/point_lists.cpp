// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/point_lists.h"

#include <bit>

namespace dew {

void write_loose_points(const std::vector<LoosePoint>& points, ByteWriter& writer) {
  writer.varint(points.size());
  uint32_t next = 0;
  for (const LoosePoint& point : points) {
    writer.varint(point.index - next);
    next = point.index + 1;
    for (const float value : point.position) writer.f32(value);
  }
}

Result<std::vector<LoosePoint>> read_loose_points(ByteReader& reader, uint64_t point_count, Budget& budget) {
  DEW_ASSIGN(const uint64_t count, reader.varint());
  if (count > point_count || count > reader.remaining()) return Error{Code::corrupt, reader.offset(), "more listed points than points"};
  DEW_TRY(budget.take_memory(count * sizeof(LoosePoint), reader.offset()));
  std::vector<LoosePoint> points;
  uint64_t next = 0;
  for (uint64_t i = 0; i < count; ++i) {
    DEW_ASSIGN(const uint64_t step, reader.varint());
    if (step >= point_count || next + step >= point_count)
      return Error{Code::corrupt, reader.offset(), "a listed point lies beyond the last point"};
    LoosePoint point;
    point.index = static_cast<uint32_t>(next + step);
    next = point.index + uint64_t{1};
    for (float& value : point.position) {
      DEW_ASSIGN(value, reader.f32());
    }
    points.push_back(point);
  }
  return points;
}

std::vector<LoosePoint> points_beyond(const PointsView& original, const std::vector<Float3>& decoded, double max_error_m) {
  std::vector<LoosePoint> beyond;
  for (size_t i = 0; i < decoded.size(); ++i) {
    const Float3 wanted = {original.x[i], original.y[i], original.z[i]};
    double sum = 0;
    for (size_t axis = 0; axis < 3; ++axis) {
      const double away = static_cast<double>(decoded[i][axis]) - static_cast<double>(wanted[axis]);
      sum += away * away;
    }
    // Not "greater": a NaN is beyond every bound.
    if (!(sum <= max_error_m * max_error_m) &&
        std::bit_cast<std::array<uint32_t, 3>>(decoded[i]) != std::bit_cast<std::array<uint32_t, 3>>(wanted)) {
      beyond.push_back({static_cast<uint32_t>(i), wanted});
    }
  }
  return beyond;
}

PointsView points_view(const Cloud& cloud) {
  const Field* x = cloud.find("x");
  const Field* y = cloud.find("y");
  const Field* z = cloud.find("z");
  for (const Field* field : {x, y, z}) {
    if (field == nullptr || field->type != FieldType::f32 || field->count != 1) return {};
    // Coders go by name: of two fields of one name neither is the coordinate.
    for (const Field& other : cloud.fields) {
      if (&other != field && other.name == field->name) return {};
    }
  }
  return {x->values<float>(), y->values<float>(), z->values<float>()};
}

}  // namespace dew
