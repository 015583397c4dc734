// SPDX-License-Identifier: Apache-2.0
#include "viewer/inspect/errors.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pointcloud/metrics.h"
#include "pointcloud/nearest.h"
#include "viewer/inspect/field_values.h"

namespace dew::viewer {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Attribute empty_attribute(std::string name, std::string unit, size_t count) {
  return {std::move(name), std::move(unit), std::vector<float>(count, std::numeric_limits<float>::quiet_NaN())};
}

/// The same as in pointcloud/metrics.h: 0 for two NaNs, infinite for one.
double difference(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  return std::isnan(a) || std::isnan(b) ? kInfinity : std::fabs(a - b);
}

/// Fields other than coordinates that both have and that differ somewhere.
void add_field_errors(const Cloud& a, const Cloud& b, PairErrors& errors) {
  for (const Field& field : a.fields) {
    const Field* other = b.find(field.name);
    if (is_coordinate(field.name) || field.count != 1 || other == nullptr || other->count != 1) continue;
    if (field.type == other->type && field.data == other->data) continue;
    Attribute attribute = empty_attribute("error " + field.name, "", a.points);
    for (size_t i = 0; i < a.points; ++i) attribute.values[i] = static_cast<float>(difference(value_at(field, i), value_at(*other, i)));
    errors.of_decoded.push_back(std::move(attribute));
  }
}

void measure_in_order(std::span<const Vec3> a, std::span<const Vec3> b, PairErrors& errors) {
  Attribute attribute = empty_attribute(kError, "m", a.size());
  for (size_t i = 0; i < a.size(); ++i) attribute.values[i] = static_cast<float>(point_errors(a.subspan(i, 1), b.subspan(i, 1)).max_m);
  const PointErrors all = point_errors(a, b);
  errors.max = all.max_m;
  errors.rms = all.rms_m;
  errors.of_decoded.push_back(std::move(attribute));
}

/// Points with finite coordinates and where they came from.
struct FinitePoints {
  std::vector<Vec3> points;
  std::vector<uint32_t> index;

  explicit FinitePoints(std::span<const Vec3> all) {
    for (size_t i = 0; i < all.size(); ++i) {
      if (!is_finite(all[i])) continue;
      points.push_back(all[i]);
      index.push_back(static_cast<uint32_t>(i));
    }
  }
};

/// Distances from each point of one side to the nearest of the other.
struct Matches {
  Attribute error;
  std::vector<uint32_t> partner;
  double max = 0, sum_of_squares = 0;
};

Matches match(const FinitePoints& from, size_t count, const FinitePoints& to, const KdTree& tree, const char* unit) {
  Matches out{empty_attribute(kError, unit, count), std::vector<uint32_t>(count, kNoPartner)};
  if (to.points.empty()) return out;
  for (size_t i = 0; i < from.points.size(); ++i) {
    const KdTree::Neighbour nearest = tree.nearest(from.points[i]);
    out.error.values[from.index[i]] = static_cast<float>(std::sqrt(nearest.squared_distance));
    out.partner[from.index[i]] = to.index[nearest.index];
    out.max = std::max(out.max, nearest.squared_distance);
    out.sum_of_squares += nearest.squared_distance;
  }
  out.max = std::sqrt(out.max);
  return out;
}

double mean_square(const Matches& matches, size_t count) { return count == 0 ? 0 : matches.sum_of_squares / static_cast<double>(count); }

/// Fills the errors by nearest points; returns the finite points of the original with their tree for further questions.
void measure_nearest(const FinitePoints& a, size_t count_a, const FinitePoints& b, size_t count_b, const char* unit, PairErrors& errors) {
  errors.matching = Matching::nearest;
  Matches of_b = match(b, count_b, a, KdTree(a.points), unit);
  Matches of_a = match(a, count_a, b, KdTree(b.points), unit);
  errors.max = std::max(of_a.max, of_b.max);
  errors.rms = std::sqrt(std::max(mean_square(of_a, a.points.size()), mean_square(of_b, b.points.size())));
  errors.of_decoded.push_back(std::move(of_b.error));
  errors.of_original.push_back(std::move(of_a.error));
  errors.partner_of_decoded = std::move(of_b.partner);
  errors.partner_of_original = std::move(of_a.partner);
}

/// The part of the errors along the normals of the original's points.
void add_plane_errors(std::span<const Vec3> a, const FinitePoints& finite_a, std::span<const Vec3> b, PairErrors& errors) {
  const std::vector<Vec3> normals = surface_normals(finite_a.points, SurfaceOptions{}.normal_neighbours);
  std::vector<Vec3> normal_of(a.size());
  for (size_t i = 0; i < normals.size(); ++i) normal_of[finite_a.index[i]] = normals[i];
  Attribute attribute = empty_attribute("error plane", "m", b.size());
  for (size_t i = 0; i < b.size(); ++i) {
    const uint32_t partner = errors.partner_of_decoded[i];
    if (partner == kNoPartner) continue;
    attribute.values[i] = static_cast<float>(std::fabs(dot(b[i] - a[partner], normal_of[partner])));
  }
  errors.of_decoded.push_back(std::move(attribute));
}

Result<PairErrors> cloud_errors(const Cloud& a, const Cloud& b) {
  PairErrors errors;
  DEW_ASSIGN(const std::vector<Vec3> points_a, positions_m(a));
  DEW_ASSIGN(const std::vector<Vec3> points_b, positions_m(b));
  if (compare_clouds(a, b, {}).order_kept) {
    measure_in_order(points_a, points_b, errors);
    add_field_errors(a, b, errors);
    return errors;
  }
  const FinitePoints finite_a(points_a), finite_b(points_b);
  measure_nearest(finite_a, points_a.size(), finite_b, points_b.size(), "m", errors);
  if (!finite_a.points.empty()) add_plane_errors(points_a, finite_a, points_b, errors);
  return errors;
}

/// Differences of intensities; nothing where they all agree.
void add_intensity_errors(std::span<const Scan> a, std::span<const Scan> b, PairErrors& errors) {
  Attribute intensity{"error intensity", "", {}};
  bool differs = false;
  for (size_t plane = 0; plane < a.size(); ++plane) {
    for (size_t i = 0; i < a[plane].range.size(); ++i) {
      const bool has = i < a[plane].intensity.size() && i < b[plane].intensity.size();
      const float error = has ? std::fabs(static_cast<float>(a[plane].intensity[i]) - static_cast<float>(b[plane].intensity[i])) : 0;
      differs = differs || error > 0;
      intensity.values.push_back(error);
    }
  }
  if (differs) errors.of_decoded.push_back(std::move(intensity));
}

Result<PairErrors> scan_errors(std::span<const Scan> a, std::span<const Scan> b) {
  if (a.empty() || a.size() != b.size())
    return Error{Code::invalid_argument, 0, "there is no such frame on both sides, or with other returns"};
  PairErrors errors;
  Attribute error{kError, "m", {}};
  double sum = 0, returns = 0;
  for (size_t plane = 0; plane < a.size(); ++plane) {
    if (a[plane].range.size() != b[plane].range.size() || a[plane].lasers != b[plane].lasers)
      return Error{Code::invalid_argument, 0, "the scans have different numbers of columns or lasers"};
    for (size_t i = 0; i < a[plane].range.size(); ++i) {
      const double error_um =
          std::fabs(double{1} * a[plane].range[i] * a[plane].tick_um - double{1} * b[plane].range[i] * b[plane].tick_um);
      error.values.push_back(static_cast<float>(error_um * 1e-6));
      errors.max = std::max(errors.max, error_um * 1e-6);
      sum += error_um * error_um;
      returns += a[plane].range[i] != 0 || b[plane].range[i] != 0 ? 1 : 0;
    }
  }
  if (returns > 0) errors.rms = std::sqrt(sum / returns) * 1e-6;
  errors.of_decoded.push_back(std::move(error));
  add_intensity_errors(a, b, errors);
  return errors;
}

}  // namespace

Result<PairErrors> error_fields(const Content& original, const Content& decoded, size_t frame) {
  if (original.index() != decoded.index())
    return Error{Code::invalid_argument, 0, "one file holds points and the other ranges; they cannot be compared"};
  if (const Cloud* cloud = std::get_if<Cloud>(&original)) return cloud_errors(*cloud, std::get<Cloud>(decoded));
  return scan_errors(scans_of(original, frame), scans_of(decoded, frame));
}

Attribute attribute_of_layer(const Attribute& of_content, std::span<const uint32_t> source_index) {
  if (source_index.empty()) return of_content;
  Attribute out{of_content.name, of_content.unit, std::vector<float>(source_index.size())};
  for (size_t i = 0; i < source_index.size(); ++i) {
    out.values[i] =
        source_index[i] < of_content.values.size() ? of_content.values[source_index[i]] : std::numeric_limits<float>::quiet_NaN();
  }
  return out;
}

void set_attributes(Layer& layer, std::span<const Attribute> of_content) {
  for (const Attribute& attribute : of_content) {
    if (PointLayer* points = std::get_if<PointLayer>(&layer)) {
      if (points->count() > 0) points->set(attribute_of_layer(attribute, points->source_index));
    } else if (MeshLayer* mesh = std::get_if<MeshLayer>(&layer)) {
      mesh->set(attribute);
    } else {
      std::get_if<SplatLayer>(&layer)->set(attribute);
    }
  }
}

}  // namespace dew::viewer
