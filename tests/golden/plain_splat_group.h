// SPDX-License-Identifier: Apache-2.0
/// Groups of splats as gaussians/FORMAT.md sections 5 to 8 give them, written from that page alone: slow, short, no code of gaussians/.
/// Section numbers are those of the page. Groups must be sound.
///
///   const plain::Scene scene{variance, deviations, rows};
///   std::vector<plain::Splat> splats = plain::read_group(chunk, scene);
///   plain::read_directional(other_chunk, scene, splats);
#pragma once

#include <string>

#include "tests/golden/plain_splat_numbers.h"

namespace plain {

using Triple = std::array<double, 3>;

/// What the scene chunk says to groups.
struct Scene {
  double variance = 1;  ///< V
  std::vector<int64_t> deviation;
  std::vector<std::vector<int64_t>> row;
  bool one_context = false;
};

struct Splat {
  int64_t alpha_class = 0, colour_class = 0;
  double opacity = 0;
  Triple spread{}, position{}, colour{}, variance{};
  int64_t directions = 1, spins = 1;  ///< D and N
  int64_t face = 0, u = 0, v = 0, spin = 0;
  std::array<Triple, 3> frame{};  ///< longest, middle, thinnest
  std::vector<int64_t> steps;
};

/// 6.1
class Near {
 public:
  Near(const std::vector<Splat>& before, const Triple& middle, double cell) {
    std::vector<std::pair<double, const Splat*>> all;
    for (size_t i = before.size(); i > 0 && i + 12 > before.size(); --i) {
      double d = 0;
      for (size_t k = 0; k < 3; ++k) d += (before[i - 1].position[k] - middle[k]) * (before[i - 1].position[k] - middle[k]);
      all.emplace_back(d, &before[i - 1]);
    }
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    if (all.size() > 4) all.resize(4);
    double sum = 0;
    for (const auto& [d, splat] : all) {
      splats.push_back(splat);
      weights.push_back(1 / (std::sqrt(d) + 0.5 * cell));
      sum += weights.back();
    }
    for (double& w : weights) w /= sum;
  }
  const Splat* first() const { return splats.empty() ? nullptr : splats[0]; }
  template <class F>
  double mean(F f, double without) const {
    if (splats.empty()) return without;
    double sum = 0;
    for (size_t i = 0; i < splats.size(); ++i) sum += weights[i] * f(*splats[i]);
    return sum;
  }
  template <class F>
  double spread(F f, double c) const {
    if (splats.size() < 2) return 1;
    double sum = 0;
    for (size_t i = 0; i < splats.size(); ++i) sum += weights[i] * std::fabs(f(*splats[i]) - c);
    return sum;
  }

 private:
  std::vector<const Splat*> splats;
  std::vector<double> weights;
};

/// 6.5: the axes of a code.
inline Triple cross(const Triple& a, const Triple& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
inline std::array<Triple, 3> frame_of(const Splat& s) {
  constexpr double kPi = 0x1.921fb54442d18p+1;
  const auto face_place = [&](int64_t i) {
    const double middle = (static_cast<double>(i) + 0.5) / static_cast<double>(s.directions);
    const Pair angle = sincos((2 * middle - 1) * (kPi / 4));
    return angle.first / angle.second;
  };
  Triple t{0, 0, 1}, z, l;
  if (s.directions > 1) {
    const double x = face_place(s.u), y = face_place(s.v), n = std::sqrt(1 + x * x + y * y);
    const size_t face = static_cast<size_t>(s.face);
    t[face] = 1 / n;
    t[(face + 1) % 3] = x / n;
    t[(face + 2) % 3] = y / n;
  }
  size_t j = 0;
  for (size_t k = 1; k < 3; ++k) j = std::fabs(t[k]) < std::fabs(t[j]) ? k : j;
  for (size_t k = 0; k < 3; ++k) z[k] = (k == j ? 1.0 : 0.0) - t[j] * t[k];
  const double length = std::sqrt(z[0] * z[0] + z[1] * z[1] + z[2] * z[2]);
  for (double& x : z) x /= length;
  const Triple q = cross(t, z);
  const auto [sine, cosine] = sincos((static_cast<double>(s.spin) + 0.5) / static_cast<double>(s.spins) * kPi);
  for (size_t k = 0; k < 3; ++k) l[k] = cosine * z[k] + sine * q[k];
  return {l, cross(t, l), t};
}

/// 5 and 6.
class GroupReader {
 public:
  GroupReader(const Octets& payload, const Scene& of) : scene(of), reader({}) {
    size_t at = 0;
    count = static_cast<int64_t>(varint(payload, at));
    const auto f32 = [&] {
      float value;
      std::memcpy(&value, &payload.at(at), 4);
      at += 4;
      return static_cast<double>(value);
    };
    for (double& x : low) x = f32();
    size = f32();
    reader = RangeReader(Octets(payload.begin() + static_cast<std::ptrdiff_t>(at), payload.end()));
    least = 0.5 * log(0.5 * scene.variance);
  }
  std::vector<Splat> read() {
    splats.reserve(static_cast<size_t>(count));
    visit(count, {}, {}, 0);
    return std::move(splats);
  }

 private:
  using Places = std::array<int64_t, 3>;

  /// 5.1
  void visit(int64_t n, Places place, Places bits, int depth) {
    if (n == 0) return;
    if (n == 1 || depth == 63) {
      for (int64_t i = 0; i < n; ++i) splat(place, bits);
      return;
    }
    const size_t a = static_cast<size_t>(depth % 3);
    const int64_t lower = lower_half(n, static_cast<int64_t>(a));
    bits[a] += 1;
    place[a] *= 2;
    visit(lower, place, bits, depth + 1);
    place[a] += 1;
    visit(n - lower, place, bits, depth + 1);
  }
  int64_t lower_half(int64_t n, int64_t a) {
    if (n <= 8) {
      int64_t i = 0;
      while (i < n && !few[{a, n, i}].code(reader, 255)) ++i;
      return i;
    }
    int o = 0;
    while (n >> (o + 1) != 0) ++o;
    const int64_t g = 32 * o + (((n - (int64_t{1} << o)) * 32) >> o);
    return Mixture({{128 * n, g / 2 - 59, 0}, {128 * n, g - 96, 0}}, 0, n).code(reader);
  }

  void splat(const Places& place, const Places& bits) {
    Triple middle;
    for (size_t k = 0; k < 3; ++k) {
      edge[k] = std::ldexp(size, -static_cast<int>(bits[k]));
      box[k] = low[k] + static_cast<double>(place[k]) * edge[k];
      middle[k] = box[k] + 0.5 * edge[k];
    }
    cell = (edge[0] + edge[1] + edge[2]) / 3;
    const Near near(splats, middle, cell);
    Splat s;
    classes(s, near);
    opacity(s, near);
    spreads(s, near);
    rotation(s, near);
    position(s);
    colour(s, near);
    splats.push_back(s);
  }

  /// 5.2
  int64_t number(const std::string& name, const std::vector<int64_t>& contexts) {
    const std::map<std::string, int64_t> one = {{"A", 0},  {"C", 0},  {"O", 2},  {"S0", 2}, {"S1", 2},
                                                {"S2", 4}, {"B0", 1}, {"B1", 4}, {"B2", 4}};
    return integer[name].code(reader, contexts, 0, scene.one_context ? one.at(name) : -1);
  }

  /// 6.2
  void classes(Splat& s, const Near& near) {
    const auto alpha = [](const Splat& x) { return static_cast<double>(x.alpha_class); };
    const auto more = [](const Splat& x) { return static_cast<double>(x.colour_class - x.alpha_class); };
    double m = near.mean(alpha, 6);
    int64_t g = static_cast<int64_t>(m + 0.5), first = near.first() ? near.first()->alpha_class - g : 0;
    s.alpha_class = cap(g + number("A", {cap(g, 64), 16 * linear(4 * near.spread(alpha, m), 16) + linear(m + 4, 16),
                                         32 * cap(first + 4, 8) + cap(g, 32), octaves(cell, -32, 1, 64), 0}),
                        32);
    m = near.mean(more, 0);
    g = static_cast<int64_t>(std::floor(m + 0.5));
    first = near.first() ? near.first()->colour_class - near.first()->alpha_class : 0;
    const int64_t a = s.alpha_class;
    s.colour_class = cap(a + g + number("C", {cap(g + 32, 64), a, 16 * a + linear(m + 8, 16), cap(first + 64, 128), 0}), 32);
  }

  /// 6.3
  void opacity(Splat& s, const Near& near) {
    const auto own = [](const Splat& x) { return x.opacity; };
    const int64_t a = s.alpha_class;
    const double step = std::ldexp(1.0, -static_cast<int>(a)), g = near.mean(own, -1.5), q = near.spread(own, g) / step;
    const int64_t i = number("O", {a, 8 * octaves(q, -4, 2, 32) + linear(-g / step / 4 + 1, 8), 16 * a + octaves(-g / step, -1, 2, 16),
                                   cap(s.colour_class - a + 10, 32), 32 * (a % 16) + linear(-6 * g, 32)});
    s.opacity = std::clamp(g + static_cast<double>(i) * step, -60.0, -0.0001);
  }

  /// 6.4
  void spreads(Splat& s, const Near& near) {
    const int64_t a = s.alpha_class % 16;
    const double step = 0.85 * std::ldexp(1.0, -static_cast<int>(s.alpha_class)), log_cell = log(cell);
    int64_t i = 0;
    for (size_t k = 0; k < 3; ++k) {
      const auto own = [k](const Splat& x) { return x.spread[k]; };
      const auto fall = [k](const Splat& x) { return x.spread[k] - x.spread[k - 1]; };
      const double n = near.mean(own, log_cell), base = k == 0 ? log_cell : s.spread[k - 1];
      const double g = k == 0 ? n : std::min(0.6 * n + 0.4 * (base + near.mean(fall, -0.5)), base);
      const int64_t q = octaves(near.spread(own, n) / step, -4, 2, 32);
      const int64_t last = k == 0 ? linear(-4 * s.opacity, 32) : 2 * octaves(std::fabs(static_cast<double>(i)), 0, 2, 15) + (i < 0);
      i = number("S" + std::to_string(k), {a, 16 * q + linear(0.25 * (g - least) / step, 16), 16 * linear((base - g) / step + 8, 32) + a,
                                           16 * last + a, 16 * linear(4 * (g - least), 32) + a});
      s.spread[k] = std::clamp(g + static_cast<double>(i) * step, -60.0, 60.0);
    }
  }

  /// 6.5
  void levels(Splat& s) {
    const double big = scene.variance;
    double inverse = 0;
    for (size_t k = 0; k < 3; ++k) {
      s.variance[k] = std::max(exp(2 * s.spread[k]) - 0.5 * big, 0.000001 * big);
      inverse += 1 / s.variance[k];
    }
    for (size_t k = 0; k < 3; ++k) {
      const double v = s.variance[k];
      shown[k] = std::max(0.15, 1 - 1 / (v * inverse)) * v / (v + big);
    }
    Triple t;
    for (size_t a = 0; a < 3; ++a) {
      const size_t k = (a + 1) % 3, l = (a + 2) % 3;
      const double r = std::sqrt(s.variance[k] / s.variance[l]), change = std::fabs(r - 1 / r) * std::sqrt(0.5 * shown[k] * shown[l]);
      t[a] = std::min(1.6, 0.7 * std::ldexp(1.0, -static_cast<int>(s.alpha_class)) / std::max(change, 0.000000001));
    }
    constexpr double kPi = 0x1.921fb54442d18p+1;
    const auto count_of = [](double whole, double step) { return static_cast<int64_t>(std::clamp(std::ceil(whole / step), 1.0, 32768.0)); };
    const double turn = std::min(t[0], t[1]);
    s.directions = turn < 1.5 ? count_of(kPi / 2, turn) : 1;
    s.spins = count_of(kPi, t[2]);
  }
  int64_t level(Trees& trees, int64_t context, int64_t n) {
    if (n < 8) return uniform(reader, n);
    const int64_t p = trees.code(reader, context), b = (p * n + 7) / 8, e = ((p + 1) * n + 7) / 8;
    return b + uniform(reader, e - b);
  }
  void rotation(Splat& s, const Near& near) {
    levels(s);
    const Splat* first = near.first();
    if (s.directions > 1) {
      s.face = std::min<int64_t>(faces.code(reader, first ? first->face + 1 : 0), 2);
      const bool same = first && first->directions > 1 && first->face == s.face;
      const auto eighth = [](int64_t i, int64_t n) { return 8 * i / n; };
      s.u = level(us, 9 * s.face + (same ? 1 + eighth(first->u, first->directions) : 0), s.directions);
      s.v = level(vs, 9 * s.face + (same ? 1 + eighth(first->v, first->directions) : 0), s.directions);
      s.spin = level(spins, same && first->spins > 1 ? 1 + eighth(first->spin, first->spins) : 0, s.spins);
    } else {
      s.spin = level(spins, 9, s.spins);
    }
    s.frame = frame_of(s);
  }

  /// 6.6
  void position(Splat& s) {
    for (size_t axis = 0; axis < 3; ++axis) {
      double change = 0;
      for (size_t k = 0; k < 3; ++k) change += s.frame[k][axis] * s.frame[k][axis] * shown[k] / s.variance[k];
      const double step = std::ldexp(1.0, -static_cast<int>(s.alpha_class)) / std::sqrt(change + 1e-30);
      const double n = std::clamp(std::floor(edge[axis] / step + 0.5), 1.0, 1048576.0);
      s.position[axis] = box[axis] + (static_cast<double>(uniform(reader, static_cast<int64_t>(n))) + 0.5) / n * edge[axis];
    }
  }

  /// 6.7
  void colour(Splat& s, const Near& near) {
    const int64_t c = s.colour_class;
    const double step = std::ldexp(1.0, -static_cast<int>(c));
    std::array<int64_t, 3> i{};
    const auto size_of = [](int64_t x) { return octaves(std::fabs(static_cast<double>(x)) + 1, 0, 2, 8); };
    for (size_t k = 0; k < 3; ++k) {
      const auto own = [k](const Splat& x) { return x.colour[k]; };
      const double g = near.mean(own, 0);
      const int64_t q = octaves(near.spread(own, g) / step, -4, 2, 32);
      const int64_t before = k == 0 ? 0 : k == 1 ? 8 * size_of(i[0]) : 8 * size_of(i[0]) + size_of(i[1]);
      const int64_t last = k == 0 ? 0 : 2 * size_of(i[k - 1]) + (i[k - 1] > 0);
      i[k] = number("B" + std::to_string(k), {c, 16 * q + c % 16, 16 * q + linear(-5 * s.opacity, 16), before, 32 * last + c});
      s.colour[k] = std::clamp(g + static_cast<double>(i[k]) * step, -1000000.0, 1000000.0);
    }
  }

  const Scene& scene;
  RangeReader reader;
  int64_t count = 0;
  Triple low{}, box{}, edge{}, shown{};
  double size = 0, cell = 0, least = 0;
  std::vector<Splat> splats;
  std::map<std::array<int64_t, 3>, Adaptive> few;
  std::map<std::string, MixedInteger> integer;
  Trees faces{2, 255}, us{3, 1023}, vs{3, 1023}, spins{3, 1023};
};

inline std::vector<Splat> read_group(const Octets& payload, const Scene& scene) { return GroupReader(payload, scene).read(); }

/// 8: sets `steps`.
inline void read_directional(const Octets& payload, const Scene& scene, std::vector<Splat>& splats) {
  RangeReader reader(payload);
  MixedInteger counts, components;
  const int64_t n = static_cast<int64_t>(scene.row.size());
  std::array<int64_t, 4> before{};
  for (Splat& s : splats) {
    const int64_t c = s.colour_class, recent = (before[0] + before[1] + before[2] + before[3]) / 4;
    const int64_t used = std::clamp<int64_t>(
        counts.code(reader, {c, 32 * recent + c, 16 * c + linear(-5 * s.opacity, 16)}, 0, scene.one_context ? 0 : -1), 0, (n + 2) / 3);
    before = {used, before[0], before[1], before[2]};
    s.steps.assign(scene.row.size(), 0);
    int64_t size = 0, zeros = 0;
    for (int64_t k = 0; k < std::min(3 * used, n); ++k) {
      const int64_t x = std::clamp<int64_t>(scene.deviation[static_cast<size_t>(k)] + 4 * c + 2 + 12, 0, 31);
      int64_t& steps = s.steps[static_cast<size_t>(k)];
      steps = std::clamp<int64_t>(components.code(reader, {32 * k + c, 16 * x + size, 48 * zeros + k, 16 * c + used, 16 * k + size}, x / 2,
                                                  scene.one_context ? 0 : -1),
                                  -(1 << 30), 1 << 30);
      const int64_t t = std::abs(steps);
      size = std::min<int64_t>((3 * size + 8 * std::min<int64_t>(t, 8) + 2) / 4, 15);
      zeros = t != 0 ? 0 : std::min<int64_t>(zeros + 1, 15);
    }
  }
}

}  // namespace plain
