// SPDX-License-Identifier: Apache-2.0
#include "mesh/coding/paired_surfaces.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "mesh/coding/vector_math.h"
#include "mesh/surface_samples.h"
#include "mesh/surface_tree.h"

namespace dew {
namespace {

using namespace vector_math;

/// What of a triangle is nearest.
struct Foot {
  enum Feature : uint8_t { face, edge, corner };
  double squared;
  Feature feature = face;
  uint8_t k = 0;  ///< the corner, or the one that the edge faces
};

double share(double part, double whole) { return whole > 0 ? std::clamp(part / whole, 0.0, 1.0) : 0; }

double apart_squared(const MeshPoint& p, const MeshPoint& a, const MeshPoint& u, double s, const MeshPoint& v, double t) {
  const MeshPoint off = {p[0] - a[0] - s * u[0] - t * v[0], p[1] - a[1] - s * u[1] - t * v[1], p[2] - a[2] - s * u[2] - t * v[2]};
  return dot(off, off);
}

Foot foot_on(const MeshPoint& p, const MeshPoint& a, const MeshPoint& b, const MeshPoint& c) {
  const MeshPoint ab = minus(b, a), ac = minus(c, a), ap = minus(p, a), bp = minus(p, b), cp = minus(p, c);
  const double d1 = dot(ab, ap), d2 = dot(ac, ap);
  if (d1 <= 0 && d2 <= 0) return {dot(ap, ap), Foot::corner, 0};
  const double d3 = dot(ab, bp), d4 = dot(ac, bp);
  if (d3 >= 0 && d4 <= d3) return {dot(bp, bp), Foot::corner, 1};
  const double vc = d1 * d4 - d3 * d2;
  if (vc <= 0 && d1 >= 0 && d3 <= 0) return {apart_squared(p, a, ab, share(d1, d1 - d3), ac, 0), Foot::edge, 2};
  const double d5 = dot(ab, cp), d6 = dot(ac, cp);
  if (d6 >= 0 && d5 <= d6) return {dot(cp, cp), Foot::corner, 2};
  const double vb = d5 * d2 - d1 * d6;
  if (vb <= 0 && d2 >= 0 && d6 <= 0) return {apart_squared(p, a, ab, 0, ac, share(d2, d2 - d6)), Foot::edge, 1};
  const double va = d3 * d6 - d5 * d4, sum = va + vb + vc;
  if (va <= 0 || !(sum > 0)) {
    const double s = share(d4 - d3, (d4 - d3) + (d5 - d6));
    return {apart_squared(p, b, minus(c, b), s, ab, 0), Foot::edge, 0};
  }
  // Kept on the triangle however flat it is: another point of it would only be further.
  const double s = share(vb, sum), t = std::min(share(vc, sum), 1 - s);
  return {apart_squared(p, a, ab, s, ac, t), Foot::face, 0};
}

}  // namespace

PairedSurfaces::Nearest PairedSurfaces::nearest(Side side, uint32_t from, const MeshPoint& point, double far) const {
  constexpr int kMostSteps = 24, kMostTurns = 24;
  const std::span<const MeshPoint> place = place_[side];
  const auto look = [&](uint32_t t) {
    const uint32_t* v = &pieces_.vertex[3 * size_t{t}];
    return foot_on(point, place[v[0]], place[v[1]], place[v[2]]);
  };
  uint32_t at = from;
  Foot foot = look(at);
  for (int step = 0; step < kMostSteps && foot.feature != Foot::face; ++step) {
    // Across the edge; at a corner, across every edge that ends there, one way round and then the other.
    const uint32_t here = 3 * at + foot.k;
    bool moved = false;
    const auto try_across = [&](uint32_t corner, uint32_t& across) {
      across = pieces_.opposite[corner];
      if (across == kNoCorner) return;
      const Foot other = look(across / 3);
      if (!(other.squared < foot.squared)) return;
      foot = other;
      at = across / 3;
      moved = true;
    };
    uint32_t across = kNoCorner;
    if (foot.feature == Foot::edge) {
      try_across(here, across);
    } else {
      uint32_t corner = here;
      int turns = 0;
      for (; turns < kMostTurns && !moved; ++turns) {
        try_across(next_corner(corner), across);
        if (across == kNoCorner) break;
        corner = next_corner(across);
        if (corner == here) break;
      }
      corner = here;
      for (; turns < kMostTurns && !moved && across == kNoCorner; ++turns) {
        uint32_t beyond = kNoCorner;
        try_across(previous_corner(corner), beyond);
        if (beyond == kNoCorner) break;
        corner = previous_corner(beyond);
      }
    }
    if (!moved) break;
  }
  return foot.squared > far * far ? look_around(side, at, point, {foot.squared, at}) : Nearest{foot.squared, at};
}

/// The nearest of the triangles that are a few steps away, where the walk has ended in a fold.
PairedSurfaces::Nearest PairedSurfaces::look_around(Side side, uint32_t from, const MeshPoint& point, Nearest best) const {
  constexpr size_t kMost = 24;
  const std::span<const MeshPoint> place = place_[side];
  std::array<uint32_t, kMost> met;
  met[0] = from;
  size_t count = 1;
  for (size_t i = 0; i < count; ++i) {
    for (uint32_t k = 0; k < 3 && count < kMost; ++k) {
      const uint32_t across = pieces_.opposite[3 * met[i] + k];
      if (across == kNoCorner || std::find(met.begin(), met.begin() + count, across / 3) != met.begin() + count) continue;
      const uint32_t t = across / 3, *v = &pieces_.vertex[3 * size_t{t}];
      met[count++] = t;
      const double squared = foot_on(point, place[v[0]], place[v[1]], place[v[2]]).squared;
      if (squared < best.squared) best = {squared, t};
    }
  }
  return best;
}

PairedSurfaces::MeanSquare PairedSurfaces::mean_square(size_t every, double far) const {
  MeanSquare out;
  const auto area_of = [&](size_t side, uint32_t t) {
    const uint32_t* v = &pieces_.vertex[3 * size_t{t}];
    return area_vector(place_[side][v[0]], place_[side][v[1]], place_[side][v[2]]);
  };
  std::vector<double> times_there;
  if (!pieces_.repeated.empty()) {
    times_there.assign(pieces_.triangles(), 1);
    for (const RepeatedTriangle& repeated : pieces_.repeated) times_there[repeated.first] += 1;
  }
  for (uint32_t t = 0; t < pieces_.triangles(); t += static_cast<uint32_t>(every)) {
    const uint32_t* v = &pieces_.vertex[3 * size_t{t}];
    const MeshPoint areas[2] = {area_of(0, t), area_of(1, t)};
    const double between = angle_deg(areas[0], areas[1]);
    const double twice_area = length(areas[before]);
    if (twice_area > 0 && twice_area < 1e300) {
      double along[3];
      for (size_t k = 0; k < 3; ++k) along[k] = dot(minus(place_[after][v[k]], place_[before][v[k]]), areas[before]) / twice_area;
      const auto [x, y, z] = along;
      // The mean square of what is linear over a triangle, on either side.
      out.estimate += 2 * twice_area * (times_there.empty() ? 1 : times_there[t]) * (x * x + y * y + z * z + x * y + y * z + z * x) / 6;
    }
    for (const Side side : {before, after}) {
      const double area = length(areas[side]) * (times_there.empty() ? 1 : times_there[t]);
      if (!(area > 0) || !(area < 1e300)) continue;
      const MeshPoint &a = place_[side][v[0]], &b = place_[side][v[1]], &c = place_[side][v[2]];
      const MeshPoint sum = times(plus(plus(a, b), c), 1.0 / 6);
      for (const MeshPoint* corner : {&a, &b, &c}) {
        const Side other = side == before ? after : before;
        const Nearest hit = nearest(other, t, plus(sum, times(*corner, 0.5)), far);
        const double angle = hit.triangle == t ? between : angle_deg(areas[side], area_of(other, hit.triangle));
        out.squared += area * hit.squared / 3;
        out.angle_squared += area * angle * angle / 3;
        out.largest = std::max(out.largest, hit.squared);
      }
      out.area += area;
    }
  }
  out.largest = std::sqrt(out.largest);
  return out;
}

/// Vertices, each on one of its triangles.
std::vector<PairedSurfaces::Point> PairedSurfaces::vertices_of(Side side) const {
  std::vector<Point> points;
  std::vector<bool> met(place_[side].size(), false);
  for (uint32_t c = 0; c < pieces_.vertex.size(); ++c) {
    const uint32_t v = pieces_.vertex[c];
    if (!met[v]) points.push_back({place_[side][v], c / 3});
    met[v] = true;
  }
  return points;
}

double PairedSurfaces::at_most(Side side, uint32_t triangle, const MeshPoint& point) const {
  const uint32_t* v = &pieces_.vertex[3 * size_t{triangle}];
  return foot_on(point, place_[side][v[0]], place_[side][v[1]], place_[side][v[2]]).squared;
}

double PairedSurfaces::largest_of(const std::vector<Point>& points, Side to, const Mesh& there, double limit) const {
  double most = 0;
  std::vector<std::pair<double, size_t>> beyond;
  for (size_t i = 0; i < points.size(); ++i) {
    if (at_most(to, points[i].triangle, points[i].place) <= most) continue;
    const double squared = nearest(to, points[i].triangle, points[i].place, limit).squared;
    if (squared > limit * limit) {
      beyond.emplace_back(squared, i);
    } else {
      most = std::max(most, squared);
    }
  }
  most = std::sqrt(most);
  if (beyond.empty()) return most;
  // The furthest first: where it is really beyond the limit, the rest need not be looked at.
  std::sort(beyond.rbegin(), beyond.rend());
  const SurfaceTree tree(there);
  for (const auto& [squared, i] : beyond) {
    most = std::max(most, tree.nearest(points[i].place, std::sqrt(squared) * 1.000001).distance);
    if (most > limit) break;
  }
  return most;
}

double PairedSurfaces::largest_of_vertices(double far, double least) const {
  double most = least * least;
  for (const Side side : {before, after}) {
    const Side other = side == before ? after : before;
    for (const Point& point : vertices_of(side)) {
      // Its own triangle on the other side is mostly near enough to say that it is not the furthest.
      if (at_most(other, point.triangle, point.place) > most)
        most = std::max(most, nearest(other, point.triangle, point.place, far).squared);
    }
  }
  return std::sqrt(most);
}

double PairedSurfaces::largest_of_samples(const Mesh& original, const Mesh& decoded, const std::vector<uint32_t>& triangle_order,
                                          uint64_t samples, double limit) const {
  std::vector<uint32_t> piece_of(original.triangles(), kNoCorner);
  for (uint32_t t = 0; t < pieces_.triangles(); ++t) piece_of[pieces_.triangle[t]] = t;
  for (const RepeatedTriangle& repeated : pieces_.repeated) piece_of[repeated.triangle] = repeated.first;
  double most = 0;
  for (const Side side : {before, after}) {
    std::vector<Point> points = vertices_of(side);
    for (const SurfaceSample& sample : spread_samples(side == before ? original : decoded, samples)) {
      const uint32_t piece = piece_of[side == before ? sample.triangle : triangle_order[sample.triangle]];
      if (piece != kNoCorner) points.push_back({sample.point, piece});
    }
    most = std::max(most, side == before ? largest_of(points, after, decoded, limit) : largest_of(points, before, original, limit));
  }
  return most;
}

}  // namespace dew
