// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/points_quantise.h"

#include <cmath>
#include <cstring>

#include "pointcloud/coding/attributes.h"
#include "pointcloud/half.h"

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

/// Halves: of the steps around, the one that comes nearest once it is a half again.
bool quantise_halves(std::span<const uint16_t> halves, double step_m, std::vector<int64_t>& out) {
  for (const uint16_t half : halves) {
    const double value = half_to_double(half);
    if (!std::isfinite(value) || !(std::abs(value) / step_m < 0x1p40)) return false;
    const int64_t nearest = static_cast<int64_t>(std::floor(value / step_m + 0.5));
    int64_t best = nearest;
    double least = INFINITY;
    for (const int64_t steps : {nearest, nearest - 1, nearest + 1}) {
      const double error = std::abs(half_to_double(double_to_half(static_cast<double>(steps) * step_m)) - value);
      if (error < least) best = steps, least = error;
    }
    out.push_back(best);
  }
  return true;
}

template <class T, class Round>
Bytes dequantise_as(std::span<const int64_t> steps, double step_m, Round&& round) {
  Bytes out(steps.size() * sizeof(T));
  for (size_t i = 0; i < steps.size(); ++i) {
    const T value = round(static_cast<double>(steps[i]) * step_m);
    std::memcpy(out.data() + i * sizeof(T), &value, sizeof(T));
  }
  return out;
}

/// The coordinates as single floats, which hold them to the bit.
Cloud single_coordinates(const Cloud& cloud) {
  Cloud single;
  single.points = cloud.points;
  single.width = cloud.width;
  single.height = cloud.height;
  for (const Field& field : cloud.fields) {
    if (part_of_field(field.name) != Part::geometry) continue;
    Field floats{field.name, FieldType::f32, 1, field.data};
    if (field.type == FieldType::f16) {
      floats.data.resize(cloud.points * sizeof(float));
      const std::span<const uint16_t> halves = field.values<uint16_t>();
      for (size_t i = 0; i < halves.size(); ++i) {
        const float value = static_cast<float>(half_to_double(halves[i]));
        std::memcpy(floats.data.data() + i * sizeof(float), &value, sizeof(float));
      }
    }
    single.fields.push_back(std::move(floats));
  }
  return single;
}

}  // namespace

double step_of_bound(double max_error_m) { return 2 * max_error_m / std::sqrt(3.0) * 0.999; }

bool can_quantise(const Cloud& cloud) {
  if (cloud.points == 0) return false;
  if (points_view(cloud).size() == cloud.points) return true;
  size_t doubles = 0, halves = 0, coordinates = 0;
  for (const Field& field : cloud.fields) {
    if (part_of_field(field.name) != Part::geometry) continue;
    ++coordinates;
    doubles += field.type == FieldType::f64 && field.count == 1;
    halves += field.type == FieldType::f16 && field.count == 1;
  }
  return coordinates == 3 && (doubles == 3 || halves == 3) && cloud.find("x") && cloud.find("y") && cloud.find("z");
}

bool quantise(const Field& field, double step_m, std::vector<int64_t>& out) {
  if (field.type == FieldType::f16) return quantise_halves(field.values<uint16_t>(), step_m, out);
  return field.type == FieldType::f64 ? quantise_values(field.values<double>(), step_m, out)
                                      : quantise_values(field.values<float>(), step_m, out);
}

Bytes dequantise(std::span<const int64_t> steps, double step_m, FieldType type) {
  if (type == FieldType::f16) return dequantise_as<uint16_t>(steps, step_m, double_to_half);
  if (type == FieldType::f64) return dequantise_as<double>(steps, step_m, [](double value) { return value; });
  return dequantise_as<float>(steps, step_m, [](double value) { return static_cast<float>(value); });
}

std::vector<LoosePoint> find_patches(const Cloud& cloud, const std::vector<std::vector<int64_t>>& integers, std::span<const uint8_t> absent,
                                     double step_m, double max_error_m) {
  const bool has_halves = cloud.find("x") && cloud.find("x")->type == FieldType::f16;
  const Cloud single = has_halves ? single_coordinates(cloud) : Cloud{};
  const PointsView original = points_view(has_halves ? single : cloud);
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
      if (is_absent) {
        decoded[i][axis] = wanted[i];
        continue;
      }
      const double value = static_cast<double>(integers[f][next++]) * step_m;
      decoded[i][axis] = static_cast<float>(has_halves ? half_to_double(double_to_half(value)) : value);
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
