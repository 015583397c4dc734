// SPDX-License-Identifier: Apache-2.0
/// Walks over a surface triangle by triangle and codes connectivity and places in one pass, the same way in encoder and decoder.
///
///   SurfaceCoder<RangeEncoder> walk(coder, header, &original);
///   DEW_TRY(walk.run(budget));
///   use(walk.grown());                                   // what a decoder has after the same walk
///
/// The walk keeps a border of gates. At each gate it says what lies across (connectivity_model.h). Places of new vertices wait until the
/// walk has gone around the vertex where it met them, so that more triangles predict them. Vertices where the mesh is no manifold are met
/// again as "an earlier vertex".
#pragma once

#include <optional>

#include "entropy/limits.h"
#include "mesh/coding/connectivity_model.h"
#include "mesh/coding/manifold_pieces.h"
#include "mesh/coding/metered_coder.h"
#include "mesh/coding/open_gates.h"
#include "mesh/coding/position_model.h"
#include "mesh/coding/surface_input.h"

namespace dew {

template <class Coder>
class SurfaceCoder {
 public:
  /// `original`: null where the coder decodes.
  SurfaceCoder(Coder& coder, const SurfaceHeader& header, const SurfaceOriginal* original)
      : coder_(coder),
        header_(header),
        original_(original),
        steps_(header.closed, header.positions.fast, plans<Coder>),
        places_(header.positions, plans<Coder>) {
    if constexpr (!Coder::kDecodes) {
      visited_.assign(original->pieces.triangles(), false);
      gate_of_corner_.assign(original->pieces.vertex.size(), kNoCorner);
      fan_known_.assign(original->pieces.fans, kNoCorner);
      vertex_known_.assign(original->position.size() / 3, kNoCorner);
    }
  }

  /// Errors: corrupt, limit_exceeded, out_of_memory; internal where an encoder does not understand its own mesh.
  Status run(Budget& budget) {
    const uint64_t likely = std::min(header_.likely, header_.triangles);
    DEW_TRY(budget.take_memory(likely * kTriangleBytes, 0));
    grown_.reserve(static_cast<size_t>(likely));
    places_.reserve(static_cast<size_t>(likely / 2 + likely / 16));
    while (grown_.triangles() < header_.triangles) {
      DEW_TRY(start_piece(budget));
      while (current_ != kNoCorner) {
        DEW_TRY(cross_gate(budget));
      }
    }
    return {};
  }

  const GrowingMesh& grown() const { return grown_; }
  GrowingMesh& grown() { return grown_; }
  PositionModel& places() { return places_; }
  /// Encoder: the mesh's vertex for each of the walk, and the pieces' triangle for each of the walk.
  const std::vector<uint32_t>& vertex_order() const { return vertex_order_; }
  const std::vector<uint32_t>& piece_order() const { return piece_order_; }

 private:
  Error corrupt(const char* what) const { return {Coder::kDecodes ? Code::corrupt : Code::internal, 0, what}; }

  static constexpr uint64_t kTriangleBytes = 400, kPaidAtOnce = 256;

  Status pay(Budget& budget) {
    if (grown_.triangles() < paid_) [[likely]]
      return {};
    return pay_for_many(budget);
  }
  [[gnu::noinline]] Status pay_for_many(Budget& budget) {
    if constexpr (Coder::kDecodes) {
      if (coder_.overrun()) return Error{Code::truncated, 0, "the coded surface ends too early"};
    }
    const uint64_t triangles = grown_.triangles();
    if (triangles >= header_.triangles) return corrupt("there are more triangles than the header says");
    // For many at once: asking takes time.
    const uint64_t next = std::min<uint64_t>(kPaidAtOnce, header_.triangles - triangles);
    DEW_TRY(budget.take_elements(next, 0));
    DEW_TRY(budget.take_work(64 * next, 0));
    const uint64_t unlikely = triangles + next > header_.likely ? std::min(next, triangles + next - header_.likely) : 0;
    DEW_TRY(budget.take_memory(unlikely * kTriangleBytes, 0));
    paid_ = triangles + next;
    return {};
  }

  // --- vertices

  /// The fan at a corner of the original that the walk meets for the first time.
  Result<uint32_t> meet_fan(uint32_t corner, std::initializer_list<uint32_t> near) {
    uint32_t earlier = kNoCorner;
    if constexpr (!Coder::kDecodes) earlier = vertex_known_[original_->pieces.vertex[corner]];
    uint32_t vertex = kNoCorner;
    if (header_.stitched && !grown_.vertex.empty() && is_stitched_.code(coder_, earlier != kNoCorner)) {
      DEW_ASSIGN(vertex, code_earlier(earlier, near));
    }
    const bool fresh = vertex == kNoCorner;
    if (fresh) vertex = grown_.add_vertex();
    const uint32_t fan = grown_.add_fan(vertex);
    if constexpr (!Coder::kDecodes) {
      fan_known_[original_->pieces.fan[corner]] = fan;
      if (fresh) {
        vertex_known_[original_->pieces.vertex[corner]] = vertex;
        vertex_order_.push_back(original_->pieces.vertex[corner]);
      }
    }
    if (fresh) waiting_.push_back(fan);
    return fan;
  }

  /// Which vertex that was met before: mostly a neighbour of those at hand.
  Result<uint32_t> code_earlier(uint32_t earlier, std::initializer_list<uint32_t> near) {
    std::vector<uint32_t>& candidates = candidates_;
    candidates.clear();
    for (const uint32_t fan : near) grown_.add_neighbours(grown_.fan[fan].vertex, candidates);
    uint64_t rank = candidates.size();
    if constexpr (!Coder::kDecodes) {
      rank = static_cast<uint64_t>(std::find(candidates.begin(), candidates.end(), earlier) - candidates.begin());
    }
    uint64_t i = 0;
    while (i < candidates.size() && is_later_[std::min<uint64_t>(i, 15)].code(coder_, rank > i)) ++i;
    if (i < candidates.size()) return candidates[i];
    const unsigned bits = static_cast<unsigned>(std::bit_width(grown_.vertices() - 1));
    const uint64_t back = coder_.code_raw(Coder::kDecodes ? 0 : grown_.vertices() - 1 - earlier, bits);
    if (back >= grown_.vertices()) return corrupt("a stitch leads nowhere");
    return static_cast<uint32_t>(grown_.vertices() - 1 - back);
  }

  void place_waiting() {
    meter(coder_, MeshMeter::positions);
    for (const uint32_t fan : waiting_) {
      MeshPoint wanted{};
      if constexpr (!Coder::kDecodes) wanted = original_->place(vertex_order_[grown_.fan[fan].vertex]);
      meter_vertex(coder_, grown_.fan[fan].vertex);
      if constexpr (plans<Coder>)
        coder_.place(grown_, fan, vertex_order_[grown_.fan[fan].vertex]);
      else
        places_.code(coder_, wanted, grown_, fan);
    }
    waiting_.clear();
    meter(coder_, MeshMeter::connectivity);
  }

  // --- the border

  uint32_t add_gate(uint32_t from, uint32_t to, uint32_t corner) {
    const uint32_t gate = grown_.add_gate(from, to, corner);
    if constexpr (!Coder::kDecodes) gate_of_corner_[source_corner_[corner]] = gate;
    open_.push(grown_, gate);
    return gate;
  }

  /// Likewise in the place of one that leaves the border; what comes before and after it stays.
  void renew_gate(uint32_t gate, uint32_t from, uint32_t to, uint32_t corner) {
    grown_.renew_gate(gate, from, to, corner);
    if constexpr (!Coder::kDecodes) gate_of_corner_[source_corner_[corner]] = gate;
    open_.push(grown_, gate);
  }

  /// A triangle whose first corner is at fan a; `source`: the corner of the original there.
  uint32_t add_triangle(uint32_t a, uint32_t b, uint32_t c, uint32_t source) {
    if constexpr (!Coder::kDecodes) {
      source_corner_.insert(source_corner_.end(), {source, next_corner(source), previous_corner(source)});
      visited_[source / 3] = true;
      piece_order_.push_back(source / 3);
    }
    return grown_.add_triangle(a, b, c);
  }

  Status start_piece(Budget& budget) {
    DEW_TRY(pay(budget));
    uint32_t source = 0;
    if constexpr (!Coder::kDecodes) {
      while (visited_[next_unvisited_]) ++next_unvisited_;
      source = 3 * next_unvisited_;
    }
    DEW_ASSIGN(const uint32_t a, meet_fan(source, {}));
    DEW_ASSIGN(const uint32_t b, meet_fan(source + 1, {a}));
    DEW_ASSIGN(const uint32_t c, meet_fan(source + 2, {b, a}));
    const uint32_t corner = add_triangle(a, b, c, source);
    place_waiting();
    // Seen from outside, the loop runs the other way round.
    const uint32_t ba = add_gate(b, a, corner + 2), ac = add_gate(a, c, corner + 1), cb = add_gate(c, b, corner);
    grown_.link(ba, ac);
    grown_.link(ac, cb);
    grown_.link(cb, ba);
    turn_to(cb);
    return {};
  }

  /// Goes on at `gate`, around where it ends.
  void turn_to(uint32_t gate) {
    current_ = gate;
    fresh_ = 0;
    first_ = gate == kNoCorner ? 0 : grown_.gates[gate].from;
  }

  /// The youngest gate that nothing is known of.
  void turn_to_open() { turn_to(open_.youngest(grown_)); }

  Status cross_gate(Budget& budget) {
    const uint32_t gate = current_;
    uint32_t source = kNoCorner, jump = kNoCorner;
    Step step = Step::border;
    if constexpr (!Coder::kDecodes) step = look_across(gate, source, jump);
    // What lies across a gate is counted for the vertex at its end.
    meter_vertex(coder_, grown_.fan[grown_.gates[gate].to].vertex);
    if constexpr (!plans<Coder>) step = steps_.code(coder_, step, view_gate(grown_, gate, first_, fresh_, header_.positions.fast));
    if (step == Step::border) {
      if constexpr (Coder::kDecodes) {
        if (coder_.overrun()) return Error{Code::truncated, 0, "the coded surface ends too early"};
      }
      grown_.gates[gate].open = false;
      place_waiting();
      const uint32_t next = grown_.gates[gate].next;
      if (grown_.gates[next].open)
        turn_to(next);
      else
        turn_to_open();
      return {};
    }
    DEW_TRY(pay(budget));
    switch (step) {
      case Step::fresh: return step_fresh(gate, source);
      case Step::next: return step_next(gate, source);
      case Step::previous: return step_previous(gate, source);
      case Step::close: return step_close(gate, source);
      default: return step_jump(gate, source, jump, budget);
    }
  }

  Status step_fresh(uint32_t gate, uint32_t source) {
    const Gate g = grown_.gate_now(gate);
    DEW_ASSIGN(const uint32_t v, meet_fan(source, {g.to, g.from}));
    const uint32_t corner = add_triangle(v, g.from, g.to, source);
    grown_.join(corner, g.corner);
    const uint32_t left = add_gate(g.from, v, corner + 2);
    renew_gate(gate, v, g.to, corner + 1);
    grown_.link(g.previous, left);
    grown_.link(left, gate);
    ++fresh_;
    return {};
  }

  Status step_next(uint32_t gate, uint32_t source) {
    const Gate g = grown_.gate_now(gate), n = grown_.gate_now(g.next);
    if (g.next == gate || g.previous == g.next) return corrupt("a loop of the border is too short");
    const uint32_t corner = add_triangle(n.to, g.from, g.to, source);
    grown_.join(corner, g.corner);
    grown_.join(corner + 1, n.corner);
    renew_gate(gate, g.from, n.to, corner + 2);
    grown_.link(gate, n.next);
    grown_.drop_gate(g.next);
    place_waiting();
    turn_to(gate);
    return {};
  }

  Status step_previous(uint32_t gate, uint32_t source) {
    const Gate g = grown_.gate_now(gate), p = grown_.gate_now(g.previous);
    if (g.next == gate || g.previous == g.next) return corrupt("a loop of the border is too short");
    const uint32_t corner = add_triangle(p.from, g.from, g.to, source);
    grown_.join(corner, g.corner);
    grown_.join(corner + 2, p.corner);
    renew_gate(gate, p.from, g.to, corner + 1);
    grown_.link(p.previous, gate);
    grown_.drop_gate(g.previous);
    return {};
  }

  Status step_close(uint32_t gate, uint32_t source) {
    const Gate g = grown_.gate_now(gate), p = grown_.gate_now(g.previous), n = grown_.gate_now(g.next);
    if (g.previous == g.next || p.from != n.to) return corrupt("a loop of the border does not close");
    const uint32_t corner = add_triangle(n.to, g.from, g.to, source);
    grown_.join(corner, g.corner);
    grown_.join(corner + 1, n.corner);
    grown_.join(corner + 2, p.corner);
    grown_.link(p.previous, n.next);
    for (const uint32_t closed : {gate, g.previous, g.next}) grown_.drop_gate(closed);
    place_waiting();
    turn_to_open();
    return {};
  }

  Status step_jump(uint32_t gate, uint32_t source, uint32_t jump, Budget& budget) {
    const Gate g = grown_.gate_now(gate);
    place_waiting();
    DEW_ASSIGN(const uint32_t to, code_jump(gate, jump, budget));
    const uint32_t v = grown_.gates[to].from;
    const uint32_t corner = add_triangle(v, g.from, g.to, source);
    grown_.join(corner, g.corner);
    const uint32_t left = add_gate(g.from, v, corner + 2), right = add_gate(v, g.to, corner + 1);
    const uint32_t before = grown_.gates[to].previous;
    grown_.link(g.previous, left);
    grown_.link(before, right);
    grown_.link(right, g.next);
    grown_.link(left, to);
    grown_.drop_gate(gate);
    turn_to(right);
    return {};
  }

  /// The gate that begins at the vertex: steps along the loop, or far away its number.
  Result<uint32_t> code_jump(uint32_t gate, uint32_t jump, Budget& budget) {
    constexpr int64_t kFar = 256;
    int64_t steps = 0;  // 0: far
    if constexpr (!Coder::kDecodes) {
      uint32_t ahead = gate, behind = gate;
      for (int64_t i = 1; i <= kFar && steps == 0; ++i) {
        ahead = grown_.gates[ahead].next;
        behind = grown_.gates[behind].previous;
        steps = ahead == jump ? i : behind == jump ? -i : 0;
      }
    }
    steps = jump_steps_.code(coder_, steps, {0});
    if (steps > kFar || steps < -kFar) return corrupt("a jump along the border is too long");
    if (steps != 0) {
      uint32_t to = gate;
      for (int64_t i = 0; i < std::abs(steps); ++i) to = steps > 0 ? grown_.gates[to].next : grown_.gates[to].previous;
      if (to == gate) return corrupt("a jump along the border leads back");
      return to;
    }
    const uint64_t youngest = grown_.gates_born() - 1;
    const uint64_t back =
        coder_.code_raw(Coder::kDecodes ? 0 : youngest - grown_.gates[jump].born, static_cast<unsigned>(std::bit_width(youngest)));
    if (back > youngest) return corrupt("a jump across the border leads nowhere");
    DEW_TRY(budget.take_work(grown_.gates.size(), 0));
    const uint32_t to = grown_.find_gate(youngest - back);
    if (to == kNoCorner || to == gate) return corrupt("a jump across the border leads to no gate");
    return to;
  }

  // --- the encoder's eyes

  bool visited(uint32_t corner) const { return corner != kNoCorner && visited_[corner / 3]; }

  Step look_across(uint32_t gate, uint32_t& source, uint32_t& jump) {
    const ManifoldPieces& pieces = original_->pieces;
    source = pieces.opposite[source_corner_[grown_.gates[gate].corner]];
    if (source == kNoCorner) return Step::border;
    if (fan_known_[pieces.fan[source]] == kNoCorner) return Step::fresh;
    const bool right = visited(pieces.opposite[next_corner(source)]), left = visited(pieces.opposite[previous_corner(source)]);
    if (right && left) return Step::close;
    if (right) return Step::next;
    if (left) return Step::previous;
    jump = gate_beside(source);
    return Step::jump;
  }

  /// The gate that begins at the fan of `corner`, at that side of its triangle which the walk has not met yet.
  uint32_t gate_beside(uint32_t corner) const {
    const ManifoldPieces& pieces = original_->pieces;
    // Around the fan, one way and, where the mesh ends there, the other.
    for (uint32_t c = corner;;) {
      const uint32_t across = pieces.opposite[next_corner(c)];
      if (across == kNoCorner) break;
      if (visited_[across / 3]) return beginning_at(across, corner);
      c = next_corner(across);
    }
    for (uint32_t c = corner;;) {
      const uint32_t across = pieces.opposite[previous_corner(c)];
      if (across == kNoCorner) return kNoCorner;
      if (visited_[across / 3]) return beginning_at(across, corner);
      c = previous_corner(across);
    }
  }

  /// Of the gate that faces `across`: itself if it begins at the fan of `corner`, else the one after it.
  uint32_t beginning_at(uint32_t across, uint32_t corner) const {
    const uint32_t gate = gate_of_corner_[across], fan = fan_known_[original_->pieces.fan[corner]];
    return grown_.gates[gate].from == fan ? gate : grown_.gates[gate].next;
  }

  Coder& coder_;
  SurfaceHeader header_;
  const SurfaceOriginal* original_;
  GrowingMesh grown_;
  ConnectivityModel steps_;
  PositionModel places_;
  AdaptiveBit is_stitched_;
  std::array<AdaptiveBit, 16> is_later_;
  MixedNumber<1> jump_steps_{{1}, 1};
  std::vector<uint32_t> candidates_;  ///< vertices that one met again may be
  std::vector<uint32_t> waiting_;     ///< fans whose vertices have no place yet
  OpenGates open_;
  uint32_t current_ = kNoCorner, first_ = 0;
  size_t fresh_ = 0;
  uint64_t paid_ = 0;  ///< triangles that the budget has been asked for

  std::vector<bool> visited_;                                        ///< triangles of the pieces
  std::vector<uint32_t> gate_of_corner_, fan_known_, vertex_known_;  ///< of corners, fans and vertices of the original
  std::vector<uint32_t> source_corner_;                              ///< of corners of the walk
  std::vector<uint32_t> vertex_order_, piece_order_;
  uint32_t next_unvisited_ = 0;
};

}  // namespace dew
