// SPDX-License-Identifier: Apache-2.0
/// The things of which splat scenes are made: surfaces, thin strands and clouds, from which places can be drawn.
///
///   std::vector<Surface> surfaces;
///   add_box(surfaces, {0, 0, 0}, {1, 0.6, 0.7}, wood, 1);
///   const Surfel surfel = surfaces[0].sample(random);
///
/// Metres, z up.
#pragma once

#include <vector>

#include "data/generate/random.h"
#include "data/generate/splats/texture.h"

namespace dew::sim {

/// A place on a surface. For strands the tangent runs along them; in clouds normal and tangent are random.
struct Surfel {
  Vec3 place, normal, tangent;
  double u_m = 0, v_m = 0;  ///< for the texture
  double size_m = 0;        ///< across strands: their radius there; 0 elsewhere
};

enum class Shape {
  quad,       ///< origin + [0,1] edge_a + [0,1] edge_b; the normal is edge_a x edge_b
  ellipsoid,  ///< origin is the centre, radii are edge_a.x, .y, .z
  tube,       ///< from origin to origin + edge_a, radii radius_a and radius_b, without caps
  strand,     ///< the same, too thin to have sides, bent by edge_b
  cloud,      ///< as ellipsoid, filled, dense in the middle
};

struct Surface {
  Shape shape = Shape::quad;
  Vec3 origin, edge_a, edge_b;
  double radius_a = 0, radius_b = 0;
  Texture texture;
  double detail = 1;    ///< splats an area, beside other surfaces
  double opacity = 0;   ///< added to the opacity logits
  bool inside = false;  ///< of an ellipsoid: it is seen from within (a sky)

  /// Square metres; for strands and clouds what a surface of that many splats would have.
  double area_m2() const;
  Surfel sample(Random& random) const;
};

void add_quad(std::vector<Surface>& to, Vec3 origin, Vec3 edge_a, Vec3 edge_b, const Texture& texture, double detail);
/// Five sides, or six with `bottom`; normals point outwards.
void add_box(std::vector<Surface>& to, Vec3 low, Vec3 high, const Texture& texture, double detail, bool bottom = false);
void add_ball(std::vector<Surface>& to, Vec3 centre, Vec3 radii, const Texture& texture, double detail);
void add_tube(std::vector<Surface>& to, Vec3 from, Vec3 along, double radius_a, double radius_b, const Texture& texture, double detail);
/// `strands` thin needles out of one place, bent down by their weight.
void add_plant(std::vector<Surface>& to, Vec3 foot, double height_m, int strands, const Texture& texture, double detail, Random& random);
void add_cloud(std::vector<Surface>& to, Vec3 centre, Vec3 radii, Rgb colour, double detail, double opacity);

}  // namespace dew::sim
