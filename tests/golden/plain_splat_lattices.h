// SPDX-License-Identifier: Apache-2.0
/// Lattices of source files as gaussians/FORMAT.md sections 4.3 and 11.9 give them, written from that page alone. Section numbers are
/// those of the page.
///
///   plain::Lattices lattices;
///   at = plain::read_lattices(bytes, at, splats, lattices);
///   const uint32_t word = plain::lattice_word(lattices.position, splat, axis, code);
#pragma once

#include <stdexcept>

#include "tests/golden/plain_splat_floats.h"

namespace plain {

/// 4.3
struct Lattice {
  int curve = 0;
  uint64_t run = 0;
  std::array<uint64_t, 3> last{};
  std::vector<std::array<double, 2>> ends;
};
struct Lattices {
  unsigned there = 0;
  Lattice position, log_scale, dc;
  uint64_t last = 0;
  double end = 0;
  unsigned negated = 0;
};

template <class T>
T read_little(const Octets& bytes, size_t& at) {
  T value;
  if (sizeof(T) > bytes.size() - at) throw std::runtime_error("lattices end early");
  std::memcpy(&value, &bytes[at], sizeof(T));
  at += sizeof(T);
  return value;
}

inline size_t read_lattices(const Octets& bytes, size_t at, uint64_t splats, Lattices& out) {
  out.there = bytes.at(at++);
  for (const auto& [flag, lattice] : {std::pair{1u, &out.position}, {2u, &out.log_scale}, {8u, &out.dc}}) {
    if ((out.there & flag) == 0) continue;
    const bool single = bytes.at(at) >= 16;
    lattice->curve = bytes.at(at++) % 16;
    lattice->run = varint(bytes, at);
    for (uint64_t& last : lattice->last) last = varint(bytes, at);
    lattice->ends.resize(3 * ((splats + lattice->run - 1) / lattice->run));
    for (auto& ends : lattice->ends) {
      for (double& end : ends) end = single ? static_cast<double>(read_little<float>(bytes, at)) : read_little<double>(bytes, at);
    }
  }
  if ((out.there & 4) == 0) return at;
  out.last = varint(bytes, at);
  out.end = read_little<double>(bytes, at);
  out.negated = bytes.at(at++);
  return at;
}

inline double lattice_point(double low, double high, uint64_t c, uint64_t last) {
  const double t = static_cast<double>(c) / static_cast<double>(last);
  return low * (1 - t) + high * t;
}

/// 11.9: the code of a word, and its float's word.
inline uint64_t code_of_word(uint32_t word, uint64_t last) {
  const float x = float_of(word);
  if (!(x > 0)) return 0;
  return x >= static_cast<float>(last) ? last : static_cast<uint64_t>(x);
}
inline uint32_t lattice_word(const Lattice& lattice, size_t splat, size_t k, uint32_t word) {
  const auto [low, high] = lattice.ends.at(splat / lattice.run * 3 + k);
  const double p = lattice_point(low, high, code_of_word(word, lattice.last[k]), lattice.last[k]);
  if (lattice.curve == 2) return word_of(static_cast<float>(std::copysign(exp(std::fabs(p)) - 1, p)));
  return word_of(static_cast<float>(lattice.curve == 3 ? (p - 0.5) / 0.28209479177387814 : p));
}
inline std::array<uint32_t, 4> lattice_rotation(const Lattices& lattices, const std::array<uint32_t, 4>& words) {
  const uint64_t out = code_of_word(words[0], 3);
  std::array<double, 4> q{};
  double rest = 1;
  size_t next = 1;
  for (size_t i = 0; i < 4; ++i) {
    if (i == out) continue;
    const uint64_t c = code_of_word(words[next++], lattices.last + 1);
    q[i] = c > lattices.last ? -0.0 : lattice_point(-lattices.end, lattices.end, c, lattices.last);
    rest -= q[i] * q[i];
  }
  q[out] = rest > 0 ? std::sqrt(rest) : 0;
  std::array<uint32_t, 4> floats;
  for (size_t i = 0; i < 4; ++i) floats[i] = word_of(static_cast<float>(q[i])) ^ (lattices.negated >> i & 1 ? 0x80000000u : 0u);
  return floats;
}

}  // namespace plain
