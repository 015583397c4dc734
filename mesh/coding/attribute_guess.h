// SPDX-License-Identifier: Apache-2.0
/// What the decoded surface says of normals and texture coordinates.
///
///   const NormalGuesses guesses(mesh, corner_values, count, NormalWeight::angle);
///   guesses.normal(value), guesses.bend(value)
///   const TexcoordGuess guess = guess_texcoord(mesh, corners_of_values, corner_values, c, value, known);
///
/// Computes with + - * / sqrt and entropy/exact_math.h on doubles alone. Sources of the weights: H. Gouraud, 1971 (area); G. Thuermer and
/// C. Wuethrich, "Computing Vertex Normals from Polygonal Facets", 1998 (angle).
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "entropy/exact_math.h"
#include "mesh/coding/attribute_structure.h"
#include "mesh/coding/vector_math.h"

namespace dew {

/// How much a triangle says of the normal at its corner. Stored in files; never renumber.
enum class NormalWeight : uint8_t { area = 0, angle = 1, both = 2 };
inline constexpr uint8_t kNormalWeights = 3;

inline MeshPoint place_of_vertex(const Mesh& mesh, uint32_t vertex) {
  const float* p = &mesh.position[3 * size_t{vertex}];
  return {static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
}

/// For each value the weighed mean of the normals of the triangles that have it at a corner.
class NormalGuesses {
 public:
  NormalGuesses() = default;
  NormalGuesses(const Mesh& mesh, const std::vector<uint32_t>& corner, size_t count, NormalWeight weight)
      : sum_(count, MeshPoint{0, 0, 0}), weight_(count, 0), area_(count, 0) {
    using namespace vector_math;
    for (size_t c = 0; c < corner.size(); c += 3) {
      MeshPoint p[3];
      for (size_t k = 0; k < 3; ++k) p[k] = place_of_vertex(mesh, mesh.triangle[c + k]);
      const MeshPoint sides[3] = {minus(p[1], p[0]), minus(p[2], p[1]), minus(p[0], p[2])};
      const MeshPoint n = cross(sides[0], minus(p[2], p[0]));
      const double area = length(n);
      if (!(area > 0) || !(area < 1e300)) continue;
      for (size_t k = 0; k < 3; ++k) {
        const MeshPoint &out = sides[k], &in = sides[(k + 2) % 3];
        double w = weight == NormalWeight::angle ? 1 : area;
        if (weight != NormalWeight::area) {
          const double scale = std::sqrt(dot(out, out) * dot(in, in));
          w *= scale > 0 ? exact::acos(std::clamp(-dot(out, in) / scale, -1.0, 1.0)) : 0;
        }
        const uint32_t v = corner[c + k];
        sum_[v] = plus(sum_[v], times(n, w / area));
        weight_[v] += w;
        area_[v] += area;
      }
    }
    for (size_t v = 0; v < count; ++v) {
      mean_area_ += area_[v];
      const double size = length(sum_[v]);
      bend_.push_back(weight_[v] > 0 ? 1 - size / weight_[v] : 0);
      sum_[v] = size > 0 ? times(sum_[v], 1 / size) : MeshPoint{0, 0, 1};
    }
    mean_area_ /= static_cast<double>(std::max<size_t>(count, 1));
  }

  const MeshPoint& normal(uint32_t value) const { return sum_[value]; }
  /// 0 where the triangles lie in a plane, 1 where they cancel out.
  double bend(uint32_t value) const { return bend_[value]; }
  /// Of the triangles around, beside that of other values.
  double size(uint32_t value) const { return mean_area_ > 0 ? area_[value] / mean_area_ : 0; }

 private:
  std::vector<MeshPoint> sum_;
  std::vector<double> weight_, area_, bend_;
  double mean_area_ = 0;
};

using TexcoordPlace = std::array<double, 2>;

/// Where a value lies in the picture.
struct TexcoordGuess {
  TexcoordPlace similar{};   ///< if its triangle has the same shape there
  TexcoordPlace mirrored{};  ///< likewise, turned the other way
  /// From the triangle across the edge: if the picture is as stretched as there, and if both make a parallelogram.
  std::optional<TexcoordPlace> stretched, parallelogram;
};

/// `value_at(v)` tells the values below `value`, which are known. REQUIRES: the other corners of corner c's triangle are.
template <class ValueAt>
std::optional<TexcoordGuess> guess_texcoord(const Mesh& mesh, const CornersOf& corners, const std::vector<uint32_t>& corner, uint32_t c,
                                            const ValueAt& value_at) {
  using namespace vector_math;
  constexpr size_t kMostLooked = 64;
  const uint32_t first = next_corner(c), second = previous_corner(c);
  const MeshPoint a = place_of_vertex(mesh, mesh.triangle[first]), b = place_of_vertex(mesh, mesh.triangle[second]);
  const MeshPoint along = minus(b, a);
  const double size = dot(along, along);
  if (!(size > 0)) return {};
  /// A place beside the edge: along it, and away from it, in lengths of it.
  const auto beside = [&](uint32_t vertex) -> TexcoordPlace {
    const MeshPoint to = minus(place_of_vertex(mesh, vertex), a);
    const double s = dot(to, along) / size;
    const MeshPoint off = minus(to, times(along, s));
    return {s, std::sqrt(dot(off, off) / size)};
  };
  const auto fits = [](const TexcoordPlace& p) { return std::abs(p[0]) < 1e12 && std::abs(p[1]) < 1e12; };
  const TexcoordPlace from = value_at(corner[first]), to = value_at(corner[second]), d = {to[0] - from[0], to[1] - from[1]};
  const auto [s, h] = beside(mesh.triangle[c]);
  TexcoordGuess out;
  out.similar = {from[0] + s * d[0] - h * d[1], from[1] + s * d[1] + h * d[0]};
  out.mirrored = {from[0] + s * d[0] + h * d[1], from[1] + s * d[1] - h * d[0]};
  if (!fits(out.similar) || !fits(out.mirrored)) return {};
  // The triangle across the edge, where it is of the same part of the picture.
  size_t looked = 0;
  for (const uint32_t* at = corners.begin(corner[first]); at != corners.end(corner[first]); ++at) {
    if (++looked > kMostLooked) break;
    if (*at / 3 == c / 3) continue;
    const bool turned = corner[previous_corner(*at)] == corner[second];
    if (!turned && corner[next_corner(*at)] != corner[second]) continue;
    const uint32_t beyond = turned ? next_corner(*at) : previous_corner(*at);
    if (corner[beyond] >= corner[c]) continue;
    const TexcoordPlace there = value_at(corner[beyond]);
    const auto [s2, h2] = beside(mesh.triangle[beyond]);
    out.parallelogram = TexcoordPlace{from[0] + to[0] - there[0], from[1] + to[1] - there[1]};
    if (!(h2 > 0.01)) break;
    const TexcoordPlace away = {(there[0] - from[0] - s2 * d[0]) / h2, (there[1] - from[1] - s2 * d[1]) / h2};
    const TexcoordPlace stretched = {from[0] + s * d[0] - h * away[0], from[1] + s * d[1] - h * away[1]};
    if (fits(stretched)) out.stretched = stretched;
    break;
  }
  return out;
}

}  // namespace dew
