// SPDX-License-Identifier: Apache-2.0
#include "data/generate/random.h"

#include <cmath>

namespace dew::sim {

double Random::normal() {
  const double u = uniform(), v = uniform();
  return std::sqrt(-2 * std::log(1 - u)) * std::cos(6.283185307179586 * v);
}

namespace {
double lattice_value(int64_t i, int64_t j, uint64_t seed) {
  const uint64_t cell = static_cast<uint64_t>(i) * 0x9e3779b97f4a7c15u ^ static_cast<uint64_t>(j) * 0xc2b2ae3d27d4eb4fu;
  return static_cast<double>(hash(cell ^ seed) >> 11) * 0x1p-52 - 1;
}
double smooth(double t) { return t * t * (3 - 2 * t); }
}  // namespace

double value_noise(double x, double y, uint64_t seed) {
  const double fx = std::floor(x), fy = std::floor(y);
  const int64_t i = static_cast<int64_t>(fx), j = static_cast<int64_t>(fy);
  const double u = smooth(x - fx), v = smooth(y - fy);
  const double low = (1 - u) * lattice_value(i, j, seed) + u * lattice_value(i + 1, j, seed);
  const double high = (1 - u) * lattice_value(i, j + 1, seed) + u * lattice_value(i + 1, j + 1, seed);
  return (1 - v) * low + v * high;
}

double fractal_noise(double x, double y, uint64_t seed) {
  return (value_noise(x, y, seed) + 0.5 * value_noise(2 * x, 2 * y, seed + 1) + 0.25 * value_noise(4 * x, 4 * y, seed + 2)) / 1.75;
}

}  // namespace dew::sim
