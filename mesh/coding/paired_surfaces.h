// SPDX-License-Identifier: Apache-2.0
/// How far apart two surfaces are that have the same triangles, vertex for vertex: an original and what a decoder makes of it.
///
///   const PairedSurfaces pair(pieces, before, after);          // places of the original's vertices
///   const auto mean = pair.mean_square(1, far);
///   std::sqrt(mean.squared / mean.area)                     // rms distance both ways
///   pair.nearest(PairedSurfaces::after, triangle, point, far);   // of a point on a triangle of the original
///
/// The point that is nearest lies mostly on the triangle's twin or near it, so the search walks there from the twin and stops where no
/// neighbour is nearer. Distances are therefore never less than the true ones; mostly they are those, some thirty times as fast as with
/// a tree of boxes (surface_tree.h). Threads: const methods from any number.
/// Source of the distance to a triangle: C. Ericson, "Real-Time Collision Detection", 2004, section 5.1.5.
#pragma once

#include <cmath>
#include <span>

#include "mesh/coding/manifold_pieces.h"
#include "mesh/mesh.h"

namespace dew {

class PairedSurfaces {
 public:
  enum Side : size_t { before = 0, after = 1 };

  /// Everything given must outlive this. Places: one for each vertex that the pieces name, finite.
  PairedSurfaces(const ManifoldPieces& pieces, std::span<const MeshPoint> places_before, std::span<const MeshPoint> places_after)
      : pieces_(pieces), place_{places_before, places_after} {}

  struct Nearest {
    double squared;
    uint32_t triangle;  ///< of the pieces
  };
  /// From `point`, which lies on triangle `from` of the pieces, to the surface on `side`. Where the walk ends further than `far` away, some
  /// triangles more are looked at.
  Nearest nearest(Side side, uint32_t from, const MeshPoint& point, double far) const;

  struct MeanSquare {
    double area = 0;           ///< twice that of both surfaces together
    double squared = 0;        ///< integral of squared distances over that, both ways
    double largest = 0;        ///< of the distances, not squared
    double angle_squared = 0;  ///< integral of the squared angles between normals, in degrees
    double estimate = 0;       ///< of `squared`: that of the moves of the vertices along the normals before

    /// Root of the squares over that of the estimate; 1 where there is none.
    double of_estimate() const { return estimate > 0 && squared > 0 ? std::sqrt(squared / estimate) : 1; }
  };
  /// Three points of every `every`-th triangle of each side, by weights with which the squares of what is linear come out exactly.
  MeanSquare mean_square(size_t every, double far) const;

  /// The largest distance from the vertices of each side to the surface of the other, or `least` if that is larger.
  double largest_of_vertices(double far, double least) const;

  /// Likewise from `samples` points of spread_samples on each side, too: mesh_errors with as many finds no larger one. `decoded`: the mesh
  /// of the side `after`, whose triangles are those of `original` in the order `triangle_order`. What seems further than `limit` is looked
  /// up in a tree.
  double largest_of_samples(const Mesh& original, const Mesh& decoded, const std::vector<uint32_t>& triangle_order, uint64_t samples,
                            double limit) const;

 private:
  /// One way, of points and the triangles of the pieces that they lie on.
  struct Point {
    MeshPoint place;
    uint32_t triangle;
  };
  /// Squared distance to that triangle of a side: no less than to the side.
  double at_most(Side side, uint32_t triangle, const MeshPoint& point) const;
  double largest_of(const std::vector<Point>& points, Side to, const Mesh& there, double limit) const;
  Nearest look_around(Side side, uint32_t from, const MeshPoint& point, Nearest best) const;
  std::vector<Point> vertices_of(Side side) const;

  const ManifoldPieces& pieces_;
  std::span<const MeshPoint> place_[2];
};

}  // namespace dew
