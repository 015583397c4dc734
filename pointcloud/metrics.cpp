// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "pointcloud/nearest.h"

namespace dew {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// In order, an error is at least the distance to the nearest point, and not much more unless points lie closer than the error.
constexpr double kOrderKeptRatio = 4.0;
constexpr double kOrderKeptShare = 0.9;

/// |a - b|, 0 for two NaNs or equal infinities, infinite for one NaN.
double difference(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0.0;
  return std::isnan(a) || std::isnan(b) ? kInfinity : std::fabs(a - b);
}

template <class T>
double difference_of(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) return difference(a, b);
  // Unsigned, because the difference of two 64-bit integers may not fit a signed one.
  else
    return static_cast<double>(a > b ? static_cast<uint64_t>(a) - static_cast<uint64_t>(b)
                                     : static_cast<uint64_t>(b) - static_cast<uint64_t>(a));
}

template <class T>
double largest_difference(std::span<const T> a, std::span<const T> b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, difference_of(a[i], b[i]));
  return largest;
}

double largest_difference_of_fields(const Field& a, const Field& b) {
  if (a.type == FieldType::u64 && b.type == FieldType::u64) return largest_difference(a.values<uint64_t>(), b.values<uint64_t>());
  if (a.type == FieldType::i64 && b.type == FieldType::i64) return largest_difference(a.values<int64_t>(), b.values<int64_t>());
  const size_t values = a.data.size() / field_type_size(a.type);
  double largest = 0;
  for (size_t i = 0; i < values; ++i) largest = std::max(largest, difference(value_at(a, i), value_at(b, i)));
  return largest;
}

FieldDifference compare_fields(const Field& a, const Field* b) {
  FieldDifference result{a.name, false, {}};
  if (b == nullptr || a.data.size() / field_type_size(a.type) != b->data.size() / field_type_size(b->type) || a.count != b->count)
    return result;
  const bool same_bits = a.type == b->type && a.data == b->data;
  result.max_abs = same_bits ? 0.0 : largest_difference_of_fields(a, *b);
  result.equal = same_bits || (a.type != b->type && *result.max_abs == 0.0);
  return result;
}

/// The field of `b` that belongs to field `i` of `a`: the one at the same place if it has the same name (padding fields share theirs).
const Field* partner(const Cloud& a, size_t i, const Cloud& b) {
  const std::string& name = a.fields[i].name;
  return i < b.fields.size() && b.fields[i].name == name ? &b.fields[i] : b.find(name);
}

bool is_coordinate(const std::string& name) { return name == "x" || name == "y" || name == "z"; }

bool is_constant(const Field& field) {
  const size_t bytes = field.bytes_per_point();
  return field.data.size() <= bytes ||
         std::equal(field.data.begin() + static_cast<std::ptrdiff_t>(bytes), field.data.end(), field.data.begin());
}

/// True if the fields beside the coordinates all agree, and one of them tells points apart.
bool other_fields_vouch(const Cloud& a, const std::vector<FieldDifference>& fields) {
  bool varied = false;
  for (const FieldDifference& difference : fields) {
    if (is_coordinate(difference.name)) continue;
    if (!difference.equal) return false;
    varied = varied || !is_constant(*a.find(difference.name));
  }
  return varied;
}

/// True if the errors in order are about those between nearest points: over all, and at nine of ten points each for itself.
bool nearest_points_vouch(const std::vector<Vec3>& a, const std::vector<Vec3>& b, double rms_in_order, double rms_nearest) {
  if (!(rms_in_order <= kOrderKeptRatio * rms_nearest)) return false;
  std::vector<Vec3> finite_a, finite_b;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!is_finite(a[i]) || !is_finite(b[i])) continue;
    finite_a.push_back(a[i]);
    finite_b.push_back(b[i]);
  }
  const KdTree tree(finite_b);
  uint64_t near = 0;
  for (size_t i = 0; i < finite_a.size(); ++i) {
    const double in_order = squared_distance(finite_a[i], finite_b[i]);
    near += in_order <= kOrderKeptRatio * kOrderKeptRatio * tree.nearest(finite_a[i]).squared_distance ? 1u : 0u;
  }
  return static_cast<double>(near) >= kOrderKeptShare * static_cast<double>(finite_a.size());
}

void compare_positions(const Cloud& a, const Cloud& b, const CompareOptions& options, CloudComparison& result) {
  const auto points_a = positions_m(a);
  const auto points_b = positions_m(b);
  if (!points_a.ok() || !points_b.ok() || (a.points == 0 && b.points == 0)) return;
  const bool same_count = a.points == b.points;
  const PointErrors in_order = same_count ? point_errors(*points_a, *points_b) : PointErrors{kInfinity, kInfinity};
  result.order_kept = same_count && (in_order.max_m == 0 || other_fields_vouch(a, result.fields));
  if (!result.order_kept || options.always_surface) result.surface = surface_errors(*points_a, *points_b, options.surface);
  if (!result.order_kept && same_count && result.surface) {
    result.order_kept = nearest_points_vouch(*points_a, *points_b, in_order.rms_m, std::sqrt(result.surface->point_to_point.mse_m2));
  }
  if (same_count && (result.order_kept || !result.surface)) {
    result.max_error_m = in_order.max_m;
    result.rms_error_m = in_order.rms_m;
  } else if (result.surface) {
    result.max_error_m = result.surface->hausdorff_m;
    result.rms_error_m = std::sqrt(result.surface->point_to_point.mse_m2);
  }
  if (result.order_kept && !options.always_surface) result.surface.reset();
}

template <class T>
FieldDifference compare_arrays(const char* name, const std::vector<T>& a, const std::vector<T>& b) {
  FieldDifference result{name, a == b, {}};
  if (a.size() == b.size()) result.max_abs = largest_difference(std::span<const T>(a), std::span<const T>(b));
  return result;
}

uint64_t count_returns(const Scan& scan) {
  return static_cast<uint64_t>(std::count_if(scan.range.begin(), scan.range.end(), [](uint32_t range) { return range != 0; }));
}

}  // namespace

PointErrors point_errors(std::span<const Vec3> a, std::span<const Vec3> b) {
  double largest = 0, sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double dx = difference(a[i].x, b[i].x), dy = difference(a[i].y, b[i].y), dz = difference(a[i].z, b[i].z);
    const double squared = dx * dx + dy * dy + dz * dz;
    largest = std::max(largest, squared);
    sum += squared;
  }
  return {std::sqrt(largest), a.empty() ? 0.0 : std::sqrt(sum / static_cast<double>(a.size()))};
}

CloudComparison compare_clouds(const Cloud& a, const Cloud& b, const CompareOptions& options) {
  CloudComparison result;
  result.points_a = a.points;
  result.points_b = b.points;
  result.order_kept = a.points == b.points;
  for (size_t i = 0; i < a.fields.size(); ++i) result.fields.push_back(compare_fields(a.fields[i], partner(a, i, b)));
  for (const Field& field : b.fields) {
    if (a.find(field.name) == nullptr) result.fields.push_back({field.name, false, {}});
  }
  compare_positions(a, b, options, result);
  return result;
}

ScanComparison compare_scans(const Scan& a, const Scan& b) {
  ScanComparison result;
  result.points_a = a.range.size();
  result.points_b = b.range.size();
  result.returns_a = count_returns(a);
  result.returns_b = count_returns(b);
  result.order_kept = a.columns == b.columns && a.lasers == b.lasers && a.range.size() == b.range.size();
  result.fields = {compare_arrays("range", a.range, b.range), compare_arrays("intensity", a.intensity, b.intensity),
                   compare_arrays("azimuth", a.azimuth, b.azimuth), compare_arrays("time_us", a.time_us, b.time_us)};
  if (!result.order_kept) return result;
  double largest = 0, sum = 0;
  uint64_t returns = 0;
  for (size_t cell = 0; cell < a.range.size(); ++cell) {
    const double error_um = std::fabs(double{1} * a.range[cell] * a.tick_um - double{1} * b.range[cell] * b.tick_um);
    largest = std::max(largest, error_um);
    sum += error_um * error_um;
    returns += a.range[cell] != 0 || b.range[cell] != 0 ? 1u : 0u;
  }
  result.max_error_m = largest * 1e-6;
  result.rms_error_m = returns == 0 ? 0.0 : std::sqrt(sum / static_cast<double>(returns)) * 1e-6;
  return result;
}

}  // namespace dew
