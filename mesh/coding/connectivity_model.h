// SPDX-License-Identifier: Apache-2.0
/// What lies across a gate of the border, coded under degrees, angles and what came before.
///
///   ConnectivityModel model;
///   step = model.code(coder, step, view_gate(grown, gate, first, fresh));      // the same line in encoder and decoder
///
/// A gate from x to p has a triangle x, p, v across it; what v is, is the step. Sources: S. Gumhold and W. Strasser, "Real Time
/// Compression of Triangle Mesh Connectivity", 1998 (steps); H. Lee, P. Alliez, M. Desbrun, "Angle-Analyzer", 2002 (geometry helps).
#pragma once

#include "mesh/coding/fresh_memory.h"
#include "mesh/coding/growing_mesh.h"
#include "mesh/coding/quick_mix.h"
#include "mesh/coding/vector_math.h"

namespace dew {

/// Stored in files; never renumber.
enum class Step : uint8_t {
  fresh = 0,     ///< v is new
  next = 1,      ///< v is where the next gate ends
  previous = 2,  ///< v is where the previous gate begins
  close = 3,     ///< both at once
  border = 4,    ///< there is no triangle
  jump = 5,      ///< v is elsewhere on the border
};

/// What is known at a gate.
struct GateView {
  static constexpr size_t kAngles = 18;  ///< 16 parts of a turn; 16: flat or unknown
  size_t degree_p = 0, degree_q = 0;
  size_t angle_p = 16, angle_x = 16;  ///< of the gap between the gate and its neighbours
  size_t fresh = 0;                   ///< steps of that kind around p just now
  bool next_open = true, previous_open = true, of_three = false;
};

namespace detail {

/// Sixteenths of a turn from `from` to `to`, the axis of the turn being `normal`.
inline size_t turn_bucket(const MeshPoint& from, const MeshPoint& to, const MeshPoint& normal) {
  using namespace vector_math;
  const double scale = dot(from, from) * dot(to, to);
  if (!(scale > 0)) return 16;
  const double along = dot(from, to), squared = along * std::abs(along);
  // Squares of the cosines of 22.5, 45 and 67.5 degrees, on the side of `along`. Without branches: which part it is cannot be guessed.
  const double side = along < 0 ? -scale : scale;
  size_t part = along < 0 ? 4 : 0;
  for (const double square : {0.85355339059327373, 0.5, 0.14644660940672627}) part += squared < square * side ? 1 : 0;
  return dot(cross(from, to), normal) >= 0 ? part : 15 - part;
}

}  // namespace detail

/// `first`: the gate that the walk around its end began with; `fresh`: new vertices since then; `brief`: what the first context needs.
inline GateView view_gate(GrowingMesh& grown, uint32_t gate, uint32_t first, size_t fresh, bool brief = false) {
  using namespace vector_math;
  GateView view;
  const Gate &g = grown.gates[gate], &next = grown.gates[g.next], &previous = grown.gates[g.previous];
  view.degree_p = grown.fan[g.to].degree;
  view.degree_q = grown.fan[next.to].degree;
  view.fresh = fresh;
  view.next_open = next.open;
  view.previous_open = previous.open;
  view.of_three = grown.gates[next.next].next == gate;
  const bool known_x = grown.knows_fan(g.from);
  const uint32_t base = known_x ? g.from : first;
  if (!grown.knows_fan(g.to) || !grown.knows_fan(next.to) || !grown.knows_fan(base)) return view;
  const MeshPoint &p = grown.place_of_fan(g.to), &q = grown.place_of_fan(next.to), &x = grown.place_of_fan(base);
  const MeshPoint at_gate = grown.normal(g.corner);
  view.angle_p = detail::turn_bucket(minus(q, p), minus(x, p), plus(at_gate, grown.normal(next.corner)));
  if (!known_x || brief) return view;
  if (!grown.knows_fan(previous.from)) return view;
  view.angle_x =
      detail::turn_bucket(minus(p, x), minus(grown.place_of_fan(previous.from), x), plus(at_gate, grown.normal(previous.corner)));
  return view;
}

class ConnectivityModel {
 public:
  /// `closed`: no step is a border; `fast`: decisions are under one context each; `unused`: nothing is coded, and there is no need for
  /// memory.
  explicit ConnectivityModel(bool closed, bool fast = false, bool unused = false) : closed_(closed), mixed_(unused ? 0 : kNodes * 4, fast) {
    if (unused) return;
    constexpr size_t kSizes[kContexts] = {18 * 4 * 12 * 8, 18 * 18 * 12, 216 * 8};
    for (size_t i = 0; i < kContexts; ++i) bits_[i] = FreshMemory<CountedBit>(kSizes[i] * kNodes);
  }

  template <class Coder>
  Step code(Coder& coder, Step step, const GateView& view) {
    const std::array<size_t, kContexts> contexts = contexts_of(view);
    const size_t set = std::min<size_t>(view.fresh, 3);
    std::array<CountedBit*, kContexts> rows;
    for (size_t i = 0; i < kContexts; ++i) rows[i] = &bits_[i][contexts[i] * kNodes];
    const auto is = [&](Step asked, uint32_t at) { return mixed_.code(coder, step == asked, rows, at, set * kNodes + at); };
    step = is(Step::fresh, 0)                                           ? Step::fresh
           : view.next_open && is(Step::next, 1)                        ? Step::next
           : view.previous_open && is(Step::previous, 2)                ? Step::previous
           : !closed_ && is(Step::border, 3)                            ? Step::border
           : view.next_open && view.previous_open && is(Step::close, 4) ? Step::close
                                                                        : Step::jump;
    history_ = (history_ * 6 + static_cast<size_t>(step)) % 216;
    return step;
  }

 private:
  static constexpr size_t kContexts = 3;
  static constexpr uint32_t kNodes = 5;

  std::array<size_t, kContexts> contexts_of(const GateView& view) const {
    const size_t fresh = std::min<size_t>(view.fresh, 3), p = std::min<size_t>(view.degree_p, 11), q = std::min<size_t>(view.degree_q, 11);
    const size_t loop = (view.of_three ? 4u : 0u) + (view.next_open ? 2u : 0u) + (view.previous_open ? 1u : 0u);
    return {((view.angle_p * 4 + fresh) * 12 + p) * 8 + loop, (view.angle_p * 18 + view.angle_x) * 12 + q, history_ * 8 + loop};
  }

  bool closed_;
  std::array<FreshMemory<CountedBit>, kContexts> bits_;
  QuickMix<kContexts> mixed_;
  size_t history_ = 0;
};

}  // namespace dew
