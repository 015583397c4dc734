// SPDX-License-Identifier: Apache-2.0
#include "gaussians/source_lattice.h"

#include <algorithm>
#include <cmath>

#include "entropy/exact_math.h"

namespace dew {

bool ValueLattice::describes(size_t count) const {
  if (curve == LatticeCurve::none || curve > LatticeCurve::colour || run == 0) return false;
  if (ends.size() != 3 * ((count + run - 1) / run)) return false;
  const auto in_range = [](uint32_t code) { return code >= 1 && code <= kMaxLatticeCode; };
  const auto finite = [](const LatticeEnds& pair) { return std::isfinite(pair.low) && std::isfinite(pair.high); };
  return std::all_of(last.begin(), last.end(), in_range) && std::all_of(ends.begin(), ends.end(), finite);
}

bool QuaternionLattice::describes() const { return last >= 1 && last < kMaxLatticeCode && std::isfinite(end); }

float lattice_value(LatticeCurve curve, const LatticeEnds& ends, uint32_t code, uint32_t last) {
  const double point = lattice_point(ends, code, last);
  switch (curve) {
    case LatticeCurve::exponential: return static_cast<float>(std::copysign(exact::exp(std::fabs(point)) - 1, point));
    case LatticeCurve::colour: return static_cast<float>((point - 0.5) / kShConstant);
    case LatticeCurve::linear:
    case LatticeCurve::none: break;
  }
  return static_cast<float>(point);
}

std::array<float, 4> lattice_quaternion(const QuaternionLattice& lattice, uint32_t largest, const std::array<uint32_t, 3>& codes) {
  std::array<float, 4> out{};
  double rest = 1;
  for (size_t i = 0, next = 0; i < 4; ++i) {
    if (i == largest) continue;
    const double component = lattice_component(lattice.end, codes[next++], lattice.last);
    out[i] = static_cast<float>(component);
    rest -= component * component;
  }
  out[largest] = static_cast<float>(std::sqrt(rest > 0 ? rest : 0));
  for (size_t i = 0; i < 4; ++i) out[i] = lattice.negated[i] ? -out[i] : out[i];
  return out;
}

}  // namespace dew
