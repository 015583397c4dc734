// SPDX-License-Identifier: Apache-2.0
/// Random numbers that depend on nothing but a seed: the same on every machine and for every number of threads.
///
///   Random random(hash(seed, object_number));
///   double height_m = random.between(3, 12);
///   double bump = value_noise(x_m / 0.3, y_m / 0.3, seed);   // smooth, -1..1, the same for the same place
#pragma once

#include <cstdint>

namespace dew::sim {

/// Mixes any number of integers into 64 well-mixed bits (the finaliser of splitmix64 after each).
constexpr uint64_t hash(uint64_t a) {
  a += 0x9e3779b97f4a7c15u;
  a = (a ^ (a >> 30)) * 0xbf58476d1ce4e5b9u;
  a = (a ^ (a >> 27)) * 0x94d049bb133111ebu;
  return a ^ (a >> 31);
}
template <class... Rest>
constexpr uint64_t hash(uint64_t a, uint64_t b, Rest... rest) {
  return hash(hash(a) ^ b, static_cast<uint64_t>(rest)...);
}

/// splitmix64.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t bits() { return hash(state_++); }
  /// [0, 1)
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  double between(double low, double high) { return low + (high - low) * uniform(); }
  /// low..high, both included
  int integer(int low, int high) { return low + static_cast<int>(bits() % static_cast<uint64_t>(high - low + 1)); }
  bool chance(double probability) { return uniform() < probability; }
  /// Standard normal (Box and Muller; one of the pair is thrown away).
  double normal();

 private:
  uint64_t state_;
};

/// Smooth noise in -1..1 over the plane; features have a size of about 1.
double value_noise(double x, double y, uint64_t seed);
/// Three octaves of it, each twice as fine and half as strong; about -1..1.
double fractal_noise(double x, double y, uint64_t seed);

}  // namespace dew::sim
