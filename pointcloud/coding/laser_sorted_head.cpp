// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/laser_sorted_head.h"

#include <limits>

namespace dew {
namespace {

void write_displaced(const std::vector<DisplacedPoint>& points, ByteWriter& head) {
  head.varint(points.size());
  for (const DisplacedPoint& point : points) {
    head.varint(point.index);
    head.varint(point.cell);
  }
}

Result<std::vector<DisplacedPoint>> read_displaced(ByteReader& head, uint64_t point_count, Budget& budget) {
  DEW_ASSIGN(const uint64_t count, head.varint());
  if (count > point_count || count > head.remaining()) return Error{Code::corrupt, head.offset(), "more displaced points than points"};
  DEW_TRY(budget.take_memory(count * sizeof(DisplacedPoint), head.offset()));
  std::vector<DisplacedPoint> points;
  for (uint64_t i = 0; i < count; ++i) {
    DEW_ASSIGN(const uint64_t index, head.varint());
    DEW_ASSIGN(const uint64_t cell, head.varint());
    if (index >= point_count || cell > 0xFFFFFFFE)
      return Error{Code::corrupt, head.offset(), "a displaced point lies beyond the last point"};
    points.push_back({static_cast<uint32_t>(index), static_cast<uint32_t>(cell)});
  }
  return points;
}

Result<Vec3> read_vec3(ByteReader& head) {
  Vec3 v;
  DEW_ASSIGN(v.x, head.f64());
  DEW_ASSIGN(v.y, head.f64());
  DEW_ASSIGN(v.z, head.f64());
  return v;
}

template <class T>
void write_narrow_sequence(const std::vector<T>& narrow, ByteWriter& head) {
  head.sized_bytes(encode_sequence(std::vector<int64_t>(narrow.begin(), narrow.end()), 1));
}

template <class T>
Result<std::vector<T>> read_narrow_sequence(ByteReader& head, uint64_t count, Budget& budget) {
  DEW_ASSIGN(const ByteSpan coded, head.sized_bytes());
  DEW_ASSIGN(const std::vector<int64_t> wide, decode_sequence(coded, count, 1, budget, head.offset()));
  std::vector<T> narrow;
  for (const int64_t value : wide) {
    if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max())
      return Error{Code::corrupt, head.offset(), "a number of the scan model is out of range"};
    narrow.push_back(static_cast<T>(value));
  }
  return narrow;
}

}  // namespace

void write_laser_sorted_head(const LaserSortedSweep& sweep, const GridHead& grid_head, uint32_t flags,
                             const std::vector<LoosePoint>& patches, const std::vector<AttributePlan>& plans, ByteWriter& head) {
  head.varint(sweep.points);
  head.u8(static_cast<uint8_t>(flags));
  write_model(sweep.model, head);
  if (sweep.motion) {
    for (const Vec3& v : {sweep.motion->translation_m, sweep.motion->rotation_rad}) {
      head.f64(v.x);
      head.f64(v.y);
      head.f64(v.z);
    }
  }
  write_grid_head(grid_head, head);
  write_narrow_sequence(sweep.grid.column_azimuth, head);
  write_narrow_sequence(sweep.start_column, head);
  write_loose_points(sweep.loose, head);
  write_displaced(sweep.displaced, head);
  write_loose_points(patches, head);
  write_plans(plans, head);
}

Result<LaserSortedHead> read_laser_sorted_head(ByteReader& reader, uint64_t coded_bytes, Budget& budget) {
  LaserSortedHead head;
  DEW_ASSIGN(const uint64_t points, reader.varint());
  DEW_ASSIGN(const uint8_t flags, reader.u8());
  if (points > 0xFFFFFFF0 || flags > 7) return Error{Code::corrupt, reader.offset(), "a laser-sorted frame's numbers are out of range"};
  head.sweep.points = static_cast<uint32_t>(points);
  head.flags = flags;
  DEW_ASSIGN(head.sweep.model, read_model(reader));
  if (flags & LaserSortedFlags::kMotion) {
    SweepMotion motion;
    DEW_ASSIGN(motion.translation_m, read_vec3(reader));
    DEW_ASSIGN(motion.rotation_rad, read_vec3(reader));
    head.sweep.motion = motion;
  }
  DEW_ASSIGN(head.grid, read_grid_head(reader, coded_bytes, budget));
  if (head.grid.rows != head.sweep.model.lasers.size())
    return Error{Code::corrupt, reader.offset(), "the grid has another number of rows than the model has lasers"};
  DEW_TRY(budget.take_elements(points, reader.offset()));
  DEW_TRY(budget.take_memory(points * 32, reader.offset()));
  DEW_ASSIGN(head.sweep.grid.column_azimuth, read_narrow_sequence<int32_t>(reader, head.grid.columns, budget));
  DEW_ASSIGN(head.sweep.start_column, read_narrow_sequence<uint32_t>(reader, head.grid.rows, budget));
  DEW_ASSIGN(head.sweep.loose, read_loose_points(reader, points, budget));
  DEW_ASSIGN(head.sweep.displaced, read_displaced(reader, points, budget));
  DEW_ASSIGN(head.patches, read_loose_points(reader, points, budget));
  DEW_ASSIGN(head.plans, read_plans(reader, head.grid.rows, budget));
  DEW_TRY(SweepGeometry::check(head.sweep.model, head.sweep.grid.column_azimuth, reader.offset()));
  if (points > uint64_t{head.grid.rows} * head.grid.columns + head.sweep.loose.size())
    return Error{Code::corrupt, reader.offset(), "more points than cells"};
  return head;
}

}  // namespace dew
