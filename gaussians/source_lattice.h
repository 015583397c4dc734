// SPDX-License-Identifier: Apache-2.0
/// How the floats of a quantised scene follow from the whole numbers of its source file, so that a lossless coder codes those instead.
///
///   scene.source.lattices.position = {LatticeCurve::linear, 256, {2047, 1023, 2047}, ends};     // what a reader of such files notes down
///   const LatticeEnds ends = scene.source.lattices.position.ends_of(splat, axis);
///   const float x = lattice_value(LatticeCurve::linear, ends, code, 2047);                        // the very float that the reader gives
///
/// A note, no promise: a splat that was changed since may lie beside its lattice, which whoever uses it has to find out. Only IEEE
/// + - * / sqrt: the same floats on every machine. Bytes: gaussians/FORMAT.md, section 4.3. Threads: any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace dew {

/// The constant spherical harmonic, sqrt(1 / (4 pi)): colour = 0.5 + kShConstant dc.
inline constexpr double kShConstant = 0.28209479177387814;

/// Largest code of any lattice.
inline constexpr uint32_t kMaxLatticeCode = 65535;

/// What becomes of the point v between the ends. Stored in files; never renumber.
enum class LatticeCurve : uint8_t {
  none = 0,         ///< there is no lattice
  linear = 1,       ///< v
  exponential = 2,  ///< exp(|v|) - 1, with the sign of v
  colour = 3,       ///< (v - 0.5) / kShConstant
};

struct LatticeEnds {
  double low = 0;   ///< code 0
  double high = 0;  ///< the largest code
  bool operator==(const LatticeEnds&) const = default;
};

/// Of a property with three values a splat.
struct ValueLattice {
  LatticeCurve curve = LatticeCurve::none;
  uint32_t run = 0;                ///< so many splats, from the first on, share their ends
  std::array<uint32_t, 3> last{};  ///< largest code of each value; 1 to kMaxLatticeCode
  std::vector<LatticeEnds> ends;   ///< three a run

  /// REQUIRES: there is a lattice for so many splats.
  const LatticeEnds& ends_of(size_t splat, size_t value) const { return ends[splat / run * 3 + value]; }
  /// Whether it describes `count` splats: its numbers are in range, finite, and as many as they must be.
  bool describes(size_t count) const;
  bool operator==(const ValueLattice&) const = default;
};

/// Of quaternions w x y z of which three components have codes and the fourth follows from the length of 1.
struct QuaternionLattice {
  uint32_t last = 0;              ///< largest code of a component; 0: there is no lattice
  double end = 0;                 ///< components lie between -end and end
  std::array<bool, 4> negated{};  ///< components whose sign was changed since
  bool describes() const;
  bool operator==(const QuaternionLattice&) const = default;
};

struct SourceLattices {
  ValueLattice position, log_scale, dc;
  QuaternionLattice rotation;
  bool operator==(const SourceLattices&) const = default;
};

/// The point of a code between the ends.
inline double lattice_point(const LatticeEnds& ends, uint32_t code, uint32_t last) {
  const double t = static_cast<double>(code) / last;
  return ends.low * (1 - t) + ends.high * t;
}
/// REQUIRES: curve is not none, code <= last.
float lattice_value(LatticeCurve curve, const LatticeEnds& ends, uint32_t code, uint32_t last);

/// A component by its code; last + 1 stands for -0.
inline double lattice_component(double end, uint32_t code, uint32_t last) {
  return code > last ? -0.0 : lattice_point({-end, end}, code, last);
}
/// The quaternion of which component `largest` follows from the codes of the three others, in their order.
/// REQUIRES: largest < 4, codes <= last + 1.
std::array<float, 4> lattice_quaternion(const QuaternionLattice& lattice, uint32_t largest, const std::array<uint32_t, 3>& codes);

}  // namespace dew
