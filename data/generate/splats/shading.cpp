// SPDX-License-Identifier: Apache-2.0
#include "data/generate/splats/shading.h"

#include <algorithm>
#include <cmath>

#include "gaussians/render/spherical_harmonics.h"

namespace dew::sim {
namespace {

constexpr int kDirections = 128;
/// Normals are told apart in so many steps of each component.
constexpr int kNormalSteps = 6;

using Matrix = std::array<std::array<double, kShTerms>, kShTerms>;

/// The inverse of a positive definite matrix, by Gauss and Jordan without pivots.
Matrix inverse(Matrix a) {
  Matrix b{};
  for (size_t i = 0; i < kShTerms; ++i) b[i][i] = 1;
  for (size_t i = 0; i < kShTerms; ++i) {
    const double scale = 1 / a[i][i];
    for (size_t j = 0; j < kShTerms; ++j) a[i][j] *= scale, b[i][j] *= scale;
    for (size_t k = 0; k < kShTerms; ++k) {
      if (k == i) continue;
      const double factor = a[k][i];
      for (size_t j = 0; j < kShTerms; ++j) a[k][j] -= factor * a[i][j], b[k][j] -= factor * b[i][j];
    }
  }
  return b;
}

int normal_key(const Vec3& normal) {
  const auto step = [](double value) { return static_cast<int>(std::lround((value + 1) / 2 * kNormalSteps)); };
  return (step(normal.x) * (kNormalSteps + 1) + step(normal.y)) * (kNormalSteps + 1) + step(normal.z);
}

Vec3 normal_of_key(int key) {
  const auto value = [](int step) { return 2.0 * step / kNormalSteps - 1; };
  const Vec3 normal{value(key / (kNormalSteps + 1) / (kNormalSteps + 1)), value(key / (kNormalSteps + 1) % (kNormalSteps + 1)),
                    value(key % (kNormalSteps + 1))};
  return length(normal) > 0 ? normalised(normal) : Vec3{0, 0, 1};
}

}  // namespace

Rgb lit(const Lighting& lighting, const Rgb& albedo, const Vec3& normal) {
  Rgb light = lighting.ambient;
  for (const Light& source : lighting.lights) light = light + std::max(0.0, dot(normal, source.towards)) * source.colour;
  return {albedo.x * light.x, albedo.y * light.y, albedo.z * light.z};
}

Rgb gloss(const Lighting& lighting, const Texture& texture, const Vec3& normal, const Vec3& direction) {
  const double facing = std::max(0.0, -dot(normal, direction));
  const Vec3 mirrored = direction + 2 * facing * normal;
  const double power = 2 / (texture.roughness * texture.roughness);
  Rgb sum;
  for (const Light& source : lighting.lights)
    sum = sum + std::exp(power * (dot(mirrored, source.towards) - 1)) * source.colour;  // a lobe on the sphere
  const double grazing = 0.3 + 0.7 * std::pow(1 - facing, 5);
  const double up = 0.5 + 0.5 * std::tanh(2 * mirrored.z / texture.roughness);
  return texture.shine * (sum + grazing * blend(lighting.below, lighting.above, up));
}

ShFit::ShFit() {
  const double golden = kPi * (3 - std::sqrt(5.0));
  for (int i = 0; i < kDirections; ++i) {
    const double z = 1 - (2.0 * i + 1) / kDirections, r = std::sqrt(1 - z * z);
    directions_.push_back({r * std::cos(golden * i), r * std::sin(golden * i), z});
    basis_.push_back(sh_basis(kMaxShDegree, {directions_.back().x, directions_.back().y, directions_.back().z}));
  }
}

const ShFit::Solver& ShFit::solver(const Vec3& normal) {
  const int key = normal_key(normal);
  const auto [found, added] = solvers_.try_emplace(key);
  Solver& solver = found->second;
  if (!added) return solver;
  const Vec3 rounded = normal_of_key(key);
  Matrix normal_equations{};
  for (size_t i = 0; i < directions_.size(); ++i) {
    if (dot(rounded, directions_[i]) > -0.05) continue;
    solver.seen.push_back(i);
    for (size_t a = 0; a < kShTerms; ++a)
      for (size_t b = 0; b < kShTerms; ++b) normal_equations[a][b] += basis_[i][a] * basis_[i][b];
  }
  for (size_t a = 0; a < kShTerms; ++a) normal_equations[a][a] += a == 0 ? 1e-6 : a < 4 ? 0.2 : a < 9 ? 0.4 : 0.6;
  const Matrix inverted = inverse(normal_equations);
  for (const size_t i : solver.seen) {
    std::array<double, kShTerms> row{};
    for (size_t a = 0; a < kShTerms; ++a)
      for (size_t b = 0; b < kShTerms; ++b) row[a] += inverted[a][b] * basis_[i][b];
    solver.to_terms.push_back(row);
  }
  return solver;
}

ShColour ShFit::nearest(const Vec3& normal, const std::function<Rgb(const Vec3& direction)>& colour) {
  const Solver& s = solver(normal);
  ShColour terms{};
  for (size_t i = 0; i < s.seen.size(); ++i) {
    const Rgb seen = colour(directions_[s.seen[i]]) - Rgb{0.5, 0.5, 0.5};
    for (size_t term = 0; term < kShTerms; ++term) terms[term] = terms[term] + s.to_terms[i][term] * seen;
  }
  return terms;
}

}  // namespace dew::sim
