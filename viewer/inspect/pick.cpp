// SPDX-License-Identifier: Apache-2.0
#include "viewer/inspect/pick.h"

#include <algorithm>
#include <cmath>

#include "viewer/scene/level_of_detail.h"

namespace dew::viewer {
namespace {

/// Small enough that few points beside the ray are looked at, large enough that few blocks are.
constexpr uint32_t kBlockPoints = 1024;
/// Splats are seen to about so many standard deviations.
constexpr double kSeenDeviations = 3;
/// Depths of points of one surface under a mouse differ by this share.
constexpr double kSameDepth = 0.02;

/// A splat on the ray.
struct Crossing {
  uint32_t index = 0;
  double distance = 0;  ///< along the ray, where it is densest
  double alpha = 0;
};

double sigmoid(double logit) { return 1 / (1 + std::exp(-logit)); }

/// Whether a sphere can be within so many pixels of the ray: its distance to the ray against its radius and that of the cone.
bool meets(const Ray& ray, const Vec3& centre, double radius, double cone_slope, double cone_radius) {
  const Vec3 to = centre - ray.origin;
  const double along = dot(to, ray.direction);
  if (along < -radius) return false;
  const double reach = radius + cone_radius + std::fmax(0, along + radius) * cone_slope;
  return dot(to, to) - along * along <= reach * reach;
}

}  // namespace

Picker::Picker(const Layer& layer) {
  if (const PointLayer* points = std::get_if<PointLayer>(&layer)) {
    origin_ = points->origin;
    xyz_ = points->xyz;
  } else if (const MeshLayer* mesh = std::get_if<MeshLayer>(&layer)) {
    origin_ = mesh->origin;
    xyz_ = mesh->xyz;
  } else {
    const SplatLayer& splats = std::get<SplatLayer>(layer);
    xyz_ = splats.splats.position;
    // Splats without a place are never on a ray; blocks want finite places.
    for (float& value : xyz_) value = std::isfinite(value) ? value : 0;
    make_gaussians(splats);
  }
  const LevelOfDetail detail = make_level_of_detail(xyz_, kBlockPoints);
  order_ = detail.order;
  for (const PointBlock& block : detail.blocks) {
    Bounds bounds;
    double reach = 0;
    for (uint32_t i = block.first; i < block.first + block.count; ++i) bounds.add(position(order_[i]));
    Block mine{block.first, block.count, bounds.centre(), bounds.radius()};
    if (!gaussians_.empty()) {
      for (uint32_t i = block.first; i < block.first + block.count; ++i) {
        // The shortest row of the inverse belongs to the longest axis.
        const std::array<float, 9>& m = gaussians_[order_[i]].to_unit;
        for (size_t row = 0; row < 3; ++row) {
          const double scale =
              std::hypot(static_cast<double>(m[3 * row]), static_cast<double>(m[3 * row + 1]), static_cast<double>(m[3 * row + 2]));
          if (scale > 0) reach = std::fmax(reach, kSeenDeviations / scale);
        }
      }
    }
    mine.radius += reach;
    blocks_.push_back(mine);
  }
}

void Picker::make_gaussians(const SplatLayer& layer) {
  const Splats& splats = layer.splats;
  gaussians_.resize(splats.count());
  for (size_t i = 0; i < splats.count(); ++i) {
    const float* q = &splats.rotation[4 * i];
    const double norm =
        std::sqrt(double{q[0]} * double{q[0]} + double{q[1]} * double{q[1]} + double{q[2]} * double{q[2]} + double{q[3]} * double{q[3]});
    Gaussian& out = gaussians_[i];
    const float* p = &splats.position[3 * i];
    if (!std::isfinite(norm) || norm == 0 || !std::isfinite(p[0] + p[1] + p[2])) continue;
    const double w = double{q[0]} / norm, x = double{q[1]} / norm, y = double{q[2]} / norm, z = double{q[3]} / norm;
    const double rotation[9] = {1 - 2 * (y * y + z * z), 2 * (x * y - w * z),     2 * (x * z + w * y),
                                2 * (x * y + w * z),     1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
                                2 * (x * z - w * y),     2 * (y * z + w * x),     1 - 2 * (x * x + y * y)};
    for (size_t axis = 0; axis < 3; ++axis) {
      // Flat and endless splats stay within what floats hold.
      const double scale = std::exp(std::clamp(static_cast<double>(splats.log_scale[3 * i + axis]), -16.0, 16.0));
      for (size_t k = 0; k < 3; ++k) out.to_unit[3 * axis + k] = static_cast<float>(rotation[3 * k + axis] / scale);
    }
    out.opacity = static_cast<float>(sigmoid(static_cast<double>(splats.opacity_logit[i])));
  }
}

Vec3 Picker::position(uint32_t index) const {
  const float* p = &xyz_[3 * size_t{index}];
  return {origin_.x + static_cast<double>(p[0]), origin_.y + static_cast<double>(p[1]), origin_.z + static_cast<double>(p[2])};
}

std::optional<Picked> Picker::at(const Viewpoint& eye, PixelSize size, double x, double y, double radius_px) const {
  if (size.width == 0 || size.height == 0 || order_.empty()) return std::nullopt;
  return gaussians_.empty() ? point_at(eye, size, x, y, radius_px) : splat_at(eye, size, x, y);
}

std::optional<Picked> Picker::point_at(const Viewpoint& eye, PixelSize size, double x, double y, double radius_px) const {
  const Ray ray = ray_through(eye, size, x, y);
  // How wide the cone of the radius grows, at most: pixels beside the middle are seen at a slant, so twice.
  const double px_per_unit = eye.focal * std::fmin(1, eye.pixel_aspect) * size.height;
  const double slope = eye.parallel_height > 0 ? 0 : 2 * radius_px / px_per_unit;
  const double cone_radius = eye.parallel_height > 0 ? 2 * radius_px * eye.parallel_height / size.height : 0;
  std::vector<Picked> near;
  double front = INFINITY;
  for (const Block& block : blocks_) {
    if (!meets(ray, block.centre, block.radius, slope, cone_radius)) continue;
    for (uint32_t i = block.first; i < block.first + block.count; ++i) {
      const Vec3 p = position(order_[i]);
      const std::optional<Projected> place = project(eye, size, p);
      if (!place) continue;
      const double distance = std::hypot(place->x - x, place->y - y);
      if (distance > radius_px) continue;
      front = std::fmin(front, place->depth);
      near.push_back({order_[i], place->depth, distance, p});
    }
  }
  const Picked* best = nullptr;
  for (const Picked& candidate : near) {
    if (candidate.depth > front * (1 + kSameDepth)) continue;
    const bool better = best == nullptr || candidate.distance < best->distance ||
                        (candidate.distance == best->distance &&
                         (candidate.depth < best->depth || (candidate.depth == best->depth && candidate.index < best->index)));
    if (better) best = &candidate;
  }
  return best == nullptr ? std::nullopt : std::optional<Picked>(*best);
}

std::optional<Picked> Picker::splat_at(const Viewpoint& eye, PixelSize size, double x, double y) const {
  constexpr double kLeastAlpha = 1.0 / 255;
  const Ray ray = ray_through(eye, size, x, y);
  std::vector<Crossing> crossings;
  for (const Block& block : blocks_) {
    if (!meets(ray, block.centre, block.radius, 0, 0)) continue;
    for (uint32_t i = block.first; i < block.first + block.count; ++i) {
      const uint32_t index = order_[i];
      const Gaussian& g = gaussians_[index];
      if (static_cast<double>(g.opacity) < kLeastAlpha) continue;
      const Vec3 from = ray.origin - position(index);
      double o[3], d[3];
      for (size_t row = 0; row < 3; ++row) {
        const double a = static_cast<double>(g.to_unit[3 * row]), b = static_cast<double>(g.to_unit[3 * row + 1]),
                     c = static_cast<double>(g.to_unit[3 * row + 2]);
        o[row] = a * from.x + b * from.y + c * from.z;
        d[row] = a * ray.direction.x + b * ray.direction.y + c * ray.direction.z;
      }
      const double dd = d[0] * d[0] + d[1] * d[1] + d[2] * d[2], od = o[0] * d[0] + o[1] * d[1] + o[2] * d[2];
      if (!(dd > 0)) continue;
      const double t = -od / dd;
      const double squared = o[0] * o[0] + o[1] * o[1] + o[2] * o[2] - od * od / dd;
      const double alpha = static_cast<double>(g.opacity) * std::exp(-0.5 * std::fmax(0, squared));
      if (t > 0 && alpha >= kLeastAlpha) crossings.push_back({index, t, std::fmin(alpha, 0.99)});
    }
  }
  std::sort(crossings.begin(), crossings.end(),
            [](const Crossing& a, const Crossing& b) { return a.distance != b.distance ? a.distance < b.distance : a.index < b.index; });
  double through = 1, most = 0;
  std::optional<uint32_t> best;
  for (const Crossing& crossing : crossings) {
    if (through * crossing.alpha > most) {
      most = through * crossing.alpha;
      best = crossing.index;
    }
    through *= 1 - crossing.alpha;
    if (through < most) break;
  }
  if (!best) return std::nullopt;
  const Vec3 p = position(*best);
  const std::optional<Projected> place = project(eye, size, p);
  const double depth = dot(p - eye.position, eye.forward);
  return Picked{*best, depth, place ? std::hypot(place->x - x, place->y - y) : INFINITY, p};
}

}  // namespace dew::viewer
