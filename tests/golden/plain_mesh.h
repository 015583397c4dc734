// SPDX-License-Identifier: Apache-2.0
/// A second decoder of the surface of mesh files (connectivity and places), written from mesh/FORMAT.md alone: slow, short, no code of
/// mesh/. Sections are named by their titles. Payloads must be sound.
///
///   const plain::Surface surface = plain::read_surface(payload_of_chunk_16);
#pragma once

#include <cstring>
#include <set>
#include <stdexcept>

#include "tests/golden/plain_mesh_numbers.h"

namespace plain {

using Point = std::array<double, 3>;
inline Point operator+(const Point& a, const Point& b) { return {a[0] + b[0], a[1] + b[1], a[2] + b[2]}; }
inline Point operator-(const Point& a, const Point& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
inline Point operator*(const Point& a, double s) { return {a[0] * s, a[1] * s, a[2] * s}; }
inline double dot(const Point& a, const Point& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
inline Point cross(const Point& a, const Point& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

struct Surface {
  std::vector<float> position;
  std::vector<uint32_t> triangle;
};

struct SurfaceNumbers {
  uint64_t mode, scheme, one, fitted, body, decisions, quarters, closed, stitched, source, triangles, isolated, repeated, degenerate;
  double step, origin[3], max_error;
};

constexpr size_t kNo = ~size_t{0};
inline size_t turn_next(size_t c) { return c - c % 3 + (c + 1) % 3; }
inline size_t turn_back(size_t c) { return c - c % 3 + (c + 2) % 3; }

/// What the walk knows.
struct Grown {
  struct Gate {
    size_t x, p, corner, previous = 0, next = 0;
    bool open = true, alive = true;
  };
  std::vector<size_t> fan_of_corner, opposite, vertex_of_fan;
  std::vector<std::vector<size_t>> corners_of_fan;  ///< oldest first
  std::vector<Point> place;                         ///< of vertices
  std::vector<bool> known;
  std::vector<Gate> gates;  ///< all there ever were

  size_t vertex(size_t corner) const { return vertex_of_fan[fan_of_corner[corner]]; }
  bool knows(size_t fan) const { return known[vertex_of_fan[fan]]; }
  const Point& at(size_t fan) const { return place[vertex_of_fan[fan]]; }
  size_t degree(size_t fan) const { return corners_of_fan[fan].size(); }
  Point normal(size_t corner) const {
    const size_t a = vertex(corner - corner % 3), b = vertex(corner - corner % 3 + 1), c = vertex(corner - corner % 3 + 2);
    return known[a] && known[b] && known[c] ? cross(place[b] - place[a], place[c] - place[a]) : Point{};
  }
};

/// "Places".
class Places {
 public:
  Places(RangeReader& reader, const SurfaceNumbers& numbers)
      : head(numbers),
        start(reader, 400, true),
        copies(3, Decisions(reader, 30, numbers.decisions % 2 != 0)),
        ranks(3, Decisions(reader, 30, numbers.decisions % 2 != 0)),
        steps(3, Decisions(reader, 30, numbers.decisions % 2 != 0)),
        residuals(3, Decisions(reader, 400, numbers.decisions % 2 != 0)),
        sized(3, Sized(reader)),
        corrections(12) {}

  void place(Grown& grown, size_t fan) {
    const size_t vertex = grown.vertex_of_fan[fan];
    residual.resize(grown.place.size());
    way.resize(grown.place.size());
    const std::vector<Source> sources = sources_of(grown, fan);
    grown.place[vertex] = sources.empty() ? first() : last = guessed(grown, sources, vertex);
    grown.known[vertex] = true;
  }
  Point first() {
    for (size_t axis = 0; axis < 3; ++axis) last[axis] = std::floor(last[axis] + 0.5) + static_cast<double>(start.number({axis}, 0, 0));
    return last;
  }

 private:
  struct Source {
    size_t a, b, beyond, across;
  };
  struct Guess {
    std::vector<Point> each;
    Point mean{}, normal{}, edge{}, bend{};
  };

  std::vector<Source> sources_of(const Grown& grown, size_t fan) const {
    std::vector<Source> out;
    const std::vector<size_t>& all = grown.corners_of_fan[fan];
    for (size_t i = all.size() > 16 ? all.size() - 16 : 0; i < all.size() && out.size() < (head.one != 0 ? 1u : 6u); ++i) {
      const size_t across = grown.opposite[all[i]];
      if (across == kNo) continue;
      const Source s = {grown.vertex(turn_next(all[i])), grown.vertex(turn_back(all[i])), grown.vertex(across), across};
      if (grown.known[s.a] && grown.known[s.b] && grown.known[s.beyond]) out.push_back(s);
    }
    return out;
  }

  Guess guess_from(const Grown& grown, const std::vector<Source>& sources) const {
    Guess out;
    for (const Source& s : sources) {
      const Point &a = grown.place[s.a], &b = grown.place[s.b];
      if (out.each.empty()) out.edge = b - a;
      out.normal = out.normal - grown.normal(s.across);
      out.each.push_back(a + b - grown.place[s.beyond]);
      out.mean = out.mean + out.each.back();
    }
    out.mean = out.mean * (1 / static_cast<double>(sources.size()));
    double bends = 0;
    for (const size_t corner : {turn_next(sources[0].across), turn_back(sources[0].across)}) {
      const size_t other = grown.opposite[corner];
      if (head.fitted == 0 || other == kNo) continue;
      const size_t p = grown.vertex(turn_next(corner)), q = grown.vertex(turn_back(corner)), r = grown.vertex(corner),
                   s = grown.vertex(other);
      if (!grown.known[p] || !grown.known[q] || !grown.known[r] || !grown.known[s]) continue;
      out.bend = out.bend + (grown.place[s] - (grown.place[p] + grown.place[q] - grown.place[r]));
      ++bends;
    }
    if (bends > 0) out.bend = out.bend * (1 / bends);
    return out;
  }

  Point guessed(const Grown& grown, const std::vector<Source>& sources, size_t vertex) {
    const Guess guess = guess_from(grown, sources);
    return head.scheme == 0   ? on_lattice(guess, sources, vertex)
           : head.scheme == 1 ? in_frame(guess, sources, vertex)
                              : copied(grown, guess, sources[0], vertex);
  }

  static size_t bucket(double size) {
    if (!(size >= 0.125)) return 0;
    int exponent = 0;
    const double fraction = std::frexp(size, &exponent);  // 0.5 to 1
    return std::min<size_t>(static_cast<size_t>(2 * (exponent + 2) + (fraction >= 0.75 ? 1 : 0)) + 1, 23);
  }

  static size_t square_bucket(double square) {
    if (!(square >= 1.0 / 64)) return 0;
    int exponent = 0;
    std::frexp(square, &exponent);  // 0.5 to 1
    return std::min<size_t>(static_cast<size_t>(exponent + 6), 23);
  }

  int64_t component(const std::vector<Source>& sources, size_t k, double spread, double edge, const std::array<int64_t, 3>& coded) {
    const size_t used = std::min<size_t>(sources.size(), 3), many = std::min<size_t>(sources.size(), 4) - 1;
    double around = 0, before = 0;
    for (size_t i = 0; i < used; ++i) {
      for (const size_t v : {sources[i].a, sources[i].b, sources[i].beyond}) around += std::abs(static_cast<double>(residual[v][k]));
    }
    around *= 1 / static_cast<double>(3 * used);
    for (size_t j = 0; j < k; ++j) before += std::abs(static_cast<double>(coded[j]));
    const size_t size = bucket(around), odd = head.body != 0 && k > 0 && coded[0] % 2 != 0 ? 1 : 0;
    const bool half = head.body != 0 && k > 0;
    const size_t expects = half && size >= 2 ? size - 2 : size;
    const int64_t n =
        head.decisions >= 2
            ? sized[k].number(around, size, square_bucket(spread), bucket(before), square_bucket(edge / 64), many)
            : residuals[k].number({size * 24 + square_bucket(spread), bucket(before) * 8 + std::min<size_t>(size / 2, 7) + odd * 192,
                                   square_bucket(edge / 64) * 3 + std::min<size_t>(many, 2) + odd * 72},
                                  many + 4 * odd, expects < 8 ? 0 : static_cast<unsigned>(expects / 2 - 3));
    return !half ? n : odd != 0 ? 2 * n - (n > 0 ? 1 : -1) : 2 * n;
  }
  void remember(size_t vertex, size_t k, int64_t value) { residual[vertex][k] = std::clamp<int64_t>(value, -1000000, 1000000); }

  Point on_lattice(const Guess& guess, const std::vector<Source>& sources, size_t vertex) {
    Point out{};
    std::array<int64_t, 3> coded{};
    for (size_t k = 0; k < 3; ++k) {
      const double spread = sources.size() < 2 ? 0 : guess.each[1][k] - guess.each[0][k];
      coded[k] = component(sources, k, spread * spread, dot(guess.edge, guess.edge), coded);
      out[k] = std::floor(guess.mean[k] + 0.5) + static_cast<double>(coded[k]);
      remember(vertex, k, coded[k]);
    }
    return out;
  }

  static std::array<Point, 3> frame_of(const Guess& guess) {
    const std::array<Point, 3> unknown = {{{0, 0, 1}, {1, 0, 0}, {0, 1, 0}}};
    const double normal = dot(guess.normal, guess.normal), edge = dot(guess.edge, guess.edge);
    if (!(normal > 0) || !(edge > 0)) return unknown;
    const Point n = guess.normal * (1 / std::sqrt(normal)), t = guess.edge - n * dot(guess.edge, n);
    if (!(dot(t, t) > 1e-12 * edge)) return unknown;
    const Point along = t * (1 / std::sqrt(dot(t, t)));
    return {{n, along, cross(along, n)}};
  }

  Point in_frame(const Guess& guess, const std::vector<Source>& sources, size_t vertex) {
    const std::array<Point, 3> axes = frame_of(guess);
    const double tangent = static_cast<double>(head.quarters) / 4, share = 1 / (tangent * tangent);
    const double length = dot(guess.edge, guess.edge), normal = dot(guess.normal, guess.normal);
    const Point apart = sources.size() < 2 ? Point{} : guess.each[1] - guess.each[0];
    Point out = guess.mean;
    std::array<int64_t, 3> coded{};
    for (size_t k = 0; k < 3; ++k) {
      const double step = k == 0 ? 1 : tangent;
      Correction& correction = corrections[4 * k + std::min<size_t>(sources.size(), 4) - 1];
      const Source& s = sources[0];
      const Correction::Row features = {dot(guess.bend, axes[k]), step * static_cast<double>(residual[s.a][k] + residual[s.b][k]),
                                        step * static_cast<double>(residual[s.beyond][k]), dot(guess.each[0] - guess.mean, axes[k])};
      const double more = head.fitted != 0 ? correction.predict(features) : 0;
      const double off = dot(apart, k == 0 ? guess.normal : axes[k]);
      const double spread = k > 0 ? off * off * share : normal > 0 ? off * off / normal : 0;
      coded[k] = component(sources, k, spread, k == 0 ? length : length * share, coded);
      const double moved = static_cast<double>(coded[k]) * step + more;
      out = out + axes[k] * moved;
      if (head.fitted != 0) correction.learn(features, moved);
      remember(vertex, k, coded[k]);
    }
    return out;
  }

  Point copied(const Grown& grown, const Guess& guess, const Source& s, size_t vertex) {
    Point out{};
    size_t before = 0;
    for (size_t k = 0; k < 3; ++k) {
      const auto whole = [&](size_t v) { return static_cast<int64_t>(grown.place[v][k]); };
      const int64_t a = whole(s.a), b = whole(s.b), beyond = whole(s.beyond), base = static_cast<int64_t>(std::floor(guess.mean[k] + 0.5));
      const auto alike = [&](size_t axis, int64_t otherwise) {
        if (axis >= k) return otherwise;
        const auto found = youngest[axis].find(static_cast<int64_t>(out[axis]));
        return found == youngest[axis].end() ? otherwise : whole(found->second);
      };
      const std::array<int64_t, 6> candidates = {a, b, base, beyond, alike(0, a), alike(1, b)};
      double size = 0;
      size_t around = 0;
      for (const size_t v : {s.a, s.b, s.beyond}) {
        size += std::abs(static_cast<double>(residual[v][k]));
        around += way[v][k] < 6 ? 1 : 0;
      }
      const size_t flat = (a == b ? 4u : 0u) + (a == beyond ? 2u : 0u) + (b == beyond ? 1u : 0u);
      size_t taken = 0;
      const int64_t value = code_copy(k, candidates, base, before, around, bucket(size / 3), flat, taken);
      before = (before * 8 + taken) % 64;
      way[vertex][k] = taken;
      out[k] = static_cast<double>(value);
      remember(vertex, k, value - base);
    }
    for (size_t axis = 0; axis < 2; ++axis) youngest[axis][static_cast<int64_t>(out[axis])] = vertex;
    return out;
  }

  int64_t code_copy(size_t k, const std::array<int64_t, 6>& candidates, int64_t base, size_t before, size_t around, size_t size,
                    size_t flat, size_t& taken) {
    size_t pattern = 0;
    for (size_t i = 1; i < 6; ++i) {
      if (candidates[i] == candidates[0]) pattern |= size_t{1} << (i - 1);
      if (i > 1 && candidates[i] == candidates[1]) pattern ^= size_t{1} << (i - 1) | 32;
    }
    const auto flag = [&](size_t node) {
      return copies[k].code({before * 4 + around, pattern * 16 + std::min<size_t>(size, 15), size * 8 + flat}, 0, node);
    };
    const auto note = [&](int64_t value) {
      if (seen[k].size() < 4096) seen[k].insert(value);
      return value;
    };
    for (taken = 0; taken < 6; ++taken) {
      const auto begin = candidates.begin(), at = begin + static_cast<std::ptrdiff_t>(taken);
      if (std::find(begin, at, *at) == at && flag(taken)) return note(*at);
    }
    if (!seen[k].empty() && flag(6)) {
      const int64_t near = std::distance(seen[k].begin(), seen[k].lower_bound(base)), most = static_cast<int64_t>(seen[k].size()) - 1;
      const int64_t rank = std::clamp<int64_t>(near + ranks[k].number({size, before}, 0, 0), 0, most);
      return *std::next(seen[k].begin(), rank);
    }
    taken = 7;
    return note(base + steps[k].number({size, size * 4 + around}, 0, 0));
  }

  const SurfaceNumbers& head;
  Decisions start;
  std::vector<Decisions> copies, ranks, steps, residuals;
  std::vector<Sized> sized;
  std::vector<Correction> corrections;
  std::vector<std::array<int64_t, 3>> residual;
  std::vector<std::array<size_t, 3>> way;
  std::array<std::set<int64_t>, 3> seen;
  std::array<std::map<int64_t, size_t>, 2> youngest;
  Point last{};
};

/// "The walk".
class Walk {
 public:
  Walk(RangeReader& coder, const SurfaceNumbers& numbers)
      : reader(coder), head(numbers), places(coder, numbers), steps(coder, 400, numbers.decisions % 2 != 0), jumps(coder, 400, false) {}

  Grown run() {
    while (grown.fan_of_corner.size() < 3 * head.triangles) {
      start_piece();
      while (current != kNo) cross_gate();
    }
    for (uint64_t i = 0; i < head.isolated; ++i) {
      add_vertex();
      grown.place.back() = places.first();
    }
    return std::move(grown);
  }

 private:
  void add_vertex() {
    grown.place.emplace_back();
    grown.known.push_back(false);
  }
  size_t meet(const std::vector<size_t>& near) {
    size_t vertex = kNo;
    if (head.stitched != 0 && !grown.place.empty() && stitched.code(reader, 255)) vertex = earlier(near);
    const bool is_new = vertex == kNo;
    if (is_new) {
      vertex = grown.place.size();
      add_vertex();
    }
    grown.vertex_of_fan.push_back(vertex);
    grown.corners_of_fan.emplace_back();
    if (is_new) waiting.push_back(grown.vertex_of_fan.size() - 1);
    return grown.vertex_of_fan.size() - 1;
  }
  size_t earlier(const std::vector<size_t>& near) {
    std::vector<size_t> candidates;
    for (const size_t fan : near) {
      size_t looked = 0;
      for (size_t f = grown.vertex_of_fan.size(); f-- > 0 && looked <= 256;) {
        if (grown.vertex_of_fan[f] != grown.vertex_of_fan[fan]) continue;
        const std::vector<size_t>& corners = grown.corners_of_fan[f];
        for (size_t i = corners.size(); i-- > 0 && ++looked <= 256;) {
          for (const size_t v : {grown.vertex(turn_next(corners[i])), grown.vertex(turn_back(corners[i]))}) {
            if (candidates.size() < 64 && std::find(candidates.begin(), candidates.end(), v) == candidates.end()) candidates.push_back(v);
          }
        }
      }
    }
    size_t i = 0;
    while (i < candidates.size() && later[std::min<size_t>(i, 15)].code(reader, 255)) ++i;
    if (i < candidates.size()) return candidates[i];
    return grown.place.size() - 1 - reader.raw(bits_of(grown.place.size() - 1));
  }
  static unsigned bits_of(size_t n) {
    unsigned bits = 0;
    while (n >> bits != 0) ++bits;
    return bits;
  }

  size_t add_triangle(size_t a, size_t b, size_t c) {
    const size_t corner = grown.fan_of_corner.size();
    for (const size_t fan : {a, b, c}) {
      grown.corners_of_fan[fan].push_back(grown.fan_of_corner.size());
      grown.fan_of_corner.push_back(fan);
      grown.opposite.push_back(kNo);
    }
    return corner;
  }
  void join(size_t a, size_t b) { grown.opposite[a] = b, grown.opposite[b] = a; }
  size_t add_gate(size_t x, size_t p, size_t corner) {
    grown.gates.push_back({x, p, corner});
    return grown.gates.size() - 1;
  }
  void link(size_t a, size_t b) { grown.gates[a].next = b, grown.gates[b].previous = a; }
  void place_waiting() {
    for (const size_t fan : waiting) places.place(grown, fan);
    waiting.clear();
  }
  void turn_to(size_t gate) {
    current = gate;
    fresh = 0;
    if (gate != kNo) first = grown.gates[gate].x;
  }
  /// The youngest that is open: gates are pushed as they are born.
  void turn_to_open() {
    size_t gate = grown.gates.size();
    while (gate-- > 0 && !(grown.gates[gate].alive && grown.gates[gate].open)) {
    }
    turn_to(gate);  // past the last one this is kNo
  }

  void start_piece() {
    const size_t a = meet({}), b = meet({a}), c = meet({b, a});
    const size_t corner = add_triangle(a, b, c);
    place_waiting();
    const size_t ba = add_gate(b, a, corner + 2), ac = add_gate(a, c, corner + 1), cb = add_gate(c, b, corner);
    link(ba, ac), link(ac, cb), link(cb, ba);
    turn_to(cb);
  }

  static size_t turn(const Point& from, const Point& to, const Point& normal) {
    const double scale = dot(from, from) * dot(to, to);
    if (!(scale > 0)) return 16;
    const double along = dot(from, to), squared = along * std::abs(along);
    size_t part = along < 0 ? 4 : 0;
    for (const double s : {0.85355339059327373, 0.5, 0.14644660940672627}) part += squared < (along < 0 ? -(s * scale) : s * scale) ? 1 : 0;
    return dot(cross(from, to), normal) >= 0 ? part : 15 - part;
  }

  size_t code_step() {
    const Grown::Gate &g = grown.gates[current], &n = grown.gates[g.next], &m = grown.gates[g.previous];
    size_t angle_p = 16, angle_x = 16;
    const bool known_x = grown.knows(g.x);
    const size_t base = known_x ? g.x : first;
    if (grown.knows(g.p) && grown.knows(n.p) && grown.knows(base)) {
      const Point &p = grown.at(g.p), &q = grown.at(n.p), &x = grown.at(base);
      angle_p = turn(q - p, x - p, grown.normal(g.corner) + grown.normal(n.corner));
      if (known_x && head.decisions % 2 == 0 && grown.knows(m.x))
        angle_x = turn(p - x, grown.at(m.x) - x, grown.normal(g.corner) + grown.normal(m.corner));
    }
    const auto most = [](size_t value, size_t limit) { return std::min(value, limit); };
    const size_t f = most(fresh, 3), p = most(grown.degree(g.p), 11), q = most(grown.degree(n.p), 11);
    const size_t loop = (grown.gates[n.next].next == current ? 4u : 0u) + (n.open ? 2u : 0u) + (m.open ? 1u : 0u);
    const std::vector<size_t> contexts = {((angle_p * 4 + f) * 12 + p) * 8 + loop, (angle_p * 18 + angle_x) * 12 + q, history * 8 + loop};
    const auto is = [&](size_t node) { return steps.code(contexts, f, node); };
    const size_t step = is(0)                       ? 0
                        : n.open && is(1)           ? 1
                        : m.open && is(2)           ? 2
                        : head.closed == 0 && is(3) ? 4
                        : n.open && m.open && is(4) ? 3
                                                    : 5;
    history = (history * 6 + step) % 216;
    return step;
  }

  void cross_gate() {
    const size_t gate = current, step = code_step();
    const Grown::Gate g = grown.gates[gate], n = grown.gates[g.next], m = grown.gates[g.previous];
    grown.gates[gate].alive = step == 4;
    if (step == 0) {  // fresh
      const size_t v = meet({g.p, g.x}), corner = add_triangle(v, g.x, g.p);
      join(corner, g.corner);
      const size_t left = add_gate(g.x, v, corner + 2), right = add_gate(v, g.p, corner + 1);
      link(left, right), link(g.previous, left), link(right, g.next);
      ++fresh;
      current = right;
    } else if (step == 1) {  // next
      const size_t corner = add_triangle(n.p, g.x, g.p);
      join(corner, g.corner), join(corner + 1, n.corner);
      grown.gates[g.next].alive = false;
      const size_t bridge = add_gate(g.x, n.p, corner + 2);
      link(g.previous, bridge), link(bridge, n.next);
      place_waiting();
      turn_to(bridge);
    } else if (step == 2) {  // previous
      const size_t corner = add_triangle(m.x, g.x, g.p);
      join(corner, g.corner), join(corner + 2, m.corner);
      grown.gates[g.previous].alive = false;
      const size_t bridge = add_gate(m.x, g.p, corner + 1);
      link(m.previous, bridge), link(bridge, g.next);
      current = bridge;
    } else if (step == 3) {  // close
      const size_t corner = add_triangle(n.p, g.x, g.p);
      join(corner, g.corner), join(corner + 1, n.corner), join(corner + 2, m.corner);
      grown.gates[g.previous].alive = grown.gates[g.next].alive = false;
      link(m.previous, n.next);
      place_waiting();
      turn_to_open();
    } else if (step == 4) {  // border
      grown.gates[gate].open = false;
      place_waiting();
      if (n.open)
        turn_to(g.next);
      else
        turn_to_open();
    } else {
      jump(gate, g);
    }
  }

  void jump(size_t gate, const Grown::Gate& g) {
    place_waiting();
    const int64_t way = jumps.number({0}, 0, 0);
    size_t to = gate;
    for (int64_t i = 0; i < std::abs(way); ++i) to = way > 0 ? grown.gates[to].next : grown.gates[to].previous;
    if (way == 0) to = grown.gates.size() - 1 - reader.raw(bits_of(grown.gates.size() - 1));
    const size_t v = grown.gates[to].x, corner = add_triangle(v, g.x, g.p);
    join(corner, g.corner);
    const size_t left = add_gate(g.x, v, corner + 2), right = add_gate(v, g.p, corner + 1), before = grown.gates[to].previous;
    link(g.previous, left), link(before, right), link(right, g.next), link(left, to);
    turn_to(right);
  }

  RangeReader& reader;
  const SurfaceNumbers& head;
  Grown grown;
  Places places;
  Decisions steps, jumps;
  Adaptive stitched;
  std::array<Adaptive, 16> later;
  std::vector<size_t> waiting;
  size_t current = kNo, first = 0, fresh = 0, history = 0;
};

/// "Header of the surface".
inline SurfaceNumbers read_surface_numbers(const Octets& bytes, size_t& at) {
  SurfaceNumbers out{};
  for (uint64_t* number : {&out.mode, &out.scheme, &out.one, &out.fitted, &out.body, &out.decisions, &out.quarters, &out.closed,
                           &out.stitched, &out.source, &out.triangles, &out.isolated, &out.repeated, &out.degenerate})
    *number = varint(bytes, at);
  for (double* number : {&out.step, &out.origin[0], &out.origin[1], &out.origin[2], &out.max_error}) {
    uint64_t bits = 0;
    for (unsigned shift = 0; shift < 64; shift += 8) bits |= uint64_t{bytes.at(at++)} << shift;
    std::memcpy(number, &bits, 8);
  }
  return out;
}

inline Surface read_surface(const Octets& payload) {
  size_t at = 0;
  const SurfaceNumbers head = read_surface_numbers(payload, at);
  RangeReader reader(Octets(payload.begin() + static_cast<std::ptrdiff_t>(at), payload.end()));
  const Grown grown = Walk(reader, head).run();
  Surface out;
  for (const Point& place : grown.place) {
    for (size_t axis = 0; axis < 3; ++axis)
      out.position.push_back(static_cast<float>(std::clamp(head.origin[axis] + head.step * place[axis], -3e38, 3e38)));
  }
  for (size_t c = 0; c < grown.fan_of_corner.size(); ++c) out.triangle.push_back(static_cast<uint32_t>(grown.vertex(c)));
  Decisions again(reader, 400, false), steps(reader, 400, false);
  Adaptive turned;
  int64_t last = 0;
  for (uint64_t i = 0; i < head.repeated; ++i) {
    last += again.number({0}, 0, 0);
    const bool turn = turned.code(reader, 255);
    const size_t c = 3 * static_cast<size_t>(last);
    for (const size_t k : {c, c + (turn ? 2 : 1), c + (turn ? 1 : 2)}) out.triangle.push_back(out.triangle.at(k));
  }
  last = 0;
  for (uint64_t i = 0; i < 3 * head.degenerate; ++i) out.triangle.push_back(static_cast<uint32_t>(last += steps.number({i % 3}, 0, 0)));
  if (!reader.at_end()) throw std::runtime_error("bytes after the surface");
  return out;
}

}  // namespace plain
