// SPDX-License-Identifier: Apache-2.0
/// Colours that depend on where one looks from, and the spherical harmonics nearest to them.
///
///   ShFit fit;                                           // keeps what it has computed for a normal
///   const ShColour sh = fit.nearest(normal, [&](const Vec3& direction) { return shaded(lights, texture, colour, normal, direction); });
///   // colour seen along `direction` = 0.5 + sum over i of sh[i] * sh_basis(3, direction)[i]   (gaussians/render/spherical_harmonics.h)
#pragma once

#include <array>
#include <functional>
#include <unordered_map>
#include <vector>

#include "data/generate/splats/texture.h"

namespace dew::sim {

inline constexpr size_t kShTerms = 16;  ///< of degree 3, the constant one included

using ShColour = std::array<Rgb, kShTerms>;

struct Light {
  Vec3 towards;  ///< unit vector from the scene to the light
  Rgb colour;
};

struct Lighting {
  std::vector<Light> lights;
  Rgb ambient{0.45, 0.45, 0.48};
  Rgb above{0.8, 0.85, 0.95}, below{0.25, 0.22, 0.2};  ///< what mirrors show of ceiling or sky, and of the floor
};

/// `albedo` under the lights, without anything that depends on the view.
Rgb lit(const Lighting& lighting, const Rgb& albedo, const Vec3& normal);

/// What shine adds, seen along `direction` (from the eye to the surface): highlights and a reflection that grows at grazing angles.
Rgb gloss(const Lighting& lighting, const Texture& texture, const Vec3& normal, const Vec3& direction);

/// Least squares over directions from which a surface can be seen, regularised as if training had ended early.
class ShFit {
 public:
  ShFit();
  /// `colour` is asked for directions from the eye to the surface, at most 90 degrees off `normal`.
  ShColour nearest(const Vec3& normal, const std::function<Rgb(const Vec3& direction)>& colour);

 private:
  struct Solver {
    std::vector<size_t> seen;                            ///< directions
    std::vector<std::array<double, kShTerms>> to_terms;  ///< one row a direction seen: what its colour adds to each term
  };
  const Solver& solver(const Vec3& normal);

  std::vector<Vec3> directions_;
  std::vector<std::array<double, kShTerms>> basis_;
  std::unordered_map<int, Solver> solvers_;
};

}  // namespace dew::sim
