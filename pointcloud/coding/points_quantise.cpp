// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/points_quantise.h"

#include <cmath>

#include "pointcloud/coding/attributes.h"

namespace dew {
namespace {

/// Whole steps of a coordinate field, or nothing where a value is not finite or too far out: what 2^40 steps lose as a double is nothing
/// beside the thousandth of a step that is left.
template <class T>
bool quantise_values(std::span<const T> values, double step_m, std::vector<int64_t>& out) {
  for (const T value : values) {
    const double steps = static_cast<double>(value) / step_m;
    if (!(std::abs(steps) < 0x1p40)) return false;
    out.push_back(static_cast<int64_t>(std::floor(steps + 0.5)));
  }
  return true;
}
}  // namespace

double step_of_bound(double max_error_m) { return 2 * max_error_m / std::sqrt(3.0) * 0.999; }

bool can_quantise(const Cloud& cloud) {
  if (cloud.points == 0) return false;
  if (points_view(cloud).size() == cloud.points) return true;
  size_t doubles = 0, coordinates = 0;
  for (const Field& field : cloud.fields) {
    if (part_of_field(field.name) != Part::geometry) continue;
    ++coordinates;
    doubles += field.type == FieldType::f64 && field.count == 1;
  }
  return coordinates == 3 && doubles == 3 && cloud.find("x") && cloud.find("y") && cloud.find("z");
}

bool quantise(const Field& field, double step_m, std::vector<int64_t>& out) {
  return field.type == FieldType::f64 ? quantise_values(field.values<double>(), step_m, out)
                                      : quantise_values(field.values<float>(), step_m, out);
}

std::vector<LoosePoint> find_patches(const Cloud& cloud, const std::vector<std::vector<int64_t>>& integers, std::span<const uint8_t> absent,
                                     double step_m, double max_error_m) {
  const PointsView original = points_view(cloud);
  if (original.size() != cloud.points) return {};
  std::vector<Float3> decoded(cloud.points);
  for (size_t f = 0; f < cloud.fields.size(); ++f) {
    const std::string& name = cloud.fields[f].name;
    const size_t axis = name == "x" ? 0 : name == "y" ? 1 : name == "z" ? 2 : 3;
    if (axis == 3) continue;
    const std::span<const float> wanted = axis == 0 ? original.x : axis == 1 ? original.y : original.z;
    size_t next = 0;
    for (size_t i = 0; i < decoded.size(); ++i) {
      const bool is_absent = !absent.empty() && absent[i];
      decoded[i][axis] = is_absent ? wanted[i] : static_cast<float>(static_cast<double>(integers[f][next++]) * step_m);
    }
  }
  return points_beyond(original, decoded, max_error_m);
}

bool has_short_coordinates(const Cloud& cloud) {
  Cloud shape;
  shape.source.format = cloud.source.format;
  shape.source.header = cloud.source.header;
  for (const Field& field : cloud.fields) {
    if (part_of_field(field.name) == Part::geometry) shape.fields.push_back(field);
  }
  for (const AttributePlan& plan : plan_attributes(shape, {}, 0)) {
    const bool is_any_float = plan.view.kind == ViewKind::ordered_bits && plan.type == FieldType::f32;
    if (is_any_float || plan.view.kind == ViewKind::halves) return false;
  }
  return true;
}

}  // namespace dew
