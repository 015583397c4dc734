// SPDX-License-Identifier: Apache-2.0
/// Places of vertices, coded against what the triangles around them predict.
///
///   PositionModel model(scheme);
///   const MeshPoint place = model.code(coder, wanted, grown, fan);       // the same line in encoder and decoder
///
/// Places are in steps. The prediction is the mean of the parallelograms that known triangles span with the edges that face the vertex; the
/// residual is split along the normal of these triangles, the edge, and across both (PositionScheme::frame), or along the axes, where it is
/// a whole number and coordinates may be copied (PositionScheme::lattice). Sources: C. Touma and C. Gotsman, "Triangle Mesh Compression",
/// 1998; D. Cohen-Or et al., "Multi-way geometry encoding", 2002. Computes with + - * / and sqrt on doubles alone.
#pragma once

#include <algorithm>
#include <cmath>

#include "mesh/coding/copied_values.h"
#include "mesh/coding/estimating_coder.h"
#include "mesh/coding/growing_mesh.h"
#include "mesh/coding/mixed_number.h"
#include "mesh/coding/number_table.h"
#include "mesh/coding/online_fit.h"
#include "mesh/coding/sized_number.h"
#include "mesh/coding/vector_math.h"

namespace dew {

/// Stored in files; never renumber.
enum class PositionScheme : uint8_t { lattice = 0, frame = 1, copy = 2 };

struct PositionSettings {
  PositionScheme scheme = PositionScheme::frame;
  double tangent_step = 1;         ///< of residuals within the surface, in steps; PositionScheme::frame
  bool one_parallelogram = false;  ///< predict from the first triangle alone: better where edges are sharp
  bool fitted = false;             ///< correct predictions by what residuals followed so far; PositionScheme::frame
  bool body_centred = false;       ///< residuals are all even or all odd; not PositionScheme::copy
  bool fast = false;               ///< decisions are under one context each
  bool sized = false;              ///< residuals are SizedNumbers: nearly the bits of mixed ones, in half of the time
};

namespace detail {

/// 0 for what is below `lowest`, 1 from there on, one more after each 2^-`bits_of_octave` of an octave. Without branches: sizes cannot be
/// guessed.
inline size_t bucket_from(double lowest, unsigned bits_of_octave, double size, size_t buckets) {
  const int64_t shift = 52 - bits_of_octave, first = (std::bit_cast<int64_t>(lowest) >> shift) - 1;
  const int64_t bucket = (std::bit_cast<int64_t>(size > 0 ? size : 0.0) >> shift) - first;
  return static_cast<size_t>(std::clamp<int64_t>(bucket, 0, static_cast<int64_t>(buckets) - 1));
}
/// Bucket of a size on a scale of half octaves: 0 below 1/8 of a step, 1 for [1/8, 3/16), 2 for [3/16, 1/4), ...
inline size_t size_bucket(double size, size_t buckets) { return bucket_from(1.0 / 8, 1, size, buckets); }
/// Likewise of a size that is given by its square, in octaves of that: 0 below 1/64, 1 for [1/64, 1/32), ...
inline size_t square_bucket(double square, size_t buckets) { return bucket_from(1.0 / 64, 0, square, buckets); }

/// Class (MixedNumber) that half of the numbers exceed whose mean size falls into the bucket.
inline unsigned expected_class(size_t bucket) { return bucket < 8 ? 0 : static_cast<unsigned>(bucket / 2 - 3); }

}  // namespace detail

/// The triangles that say where a vertex lies: which they are depends on nothing but connectivity.
struct PlaceSources {
  static constexpr size_t kMost = 6;
  size_t count = 0, bends = 0;
  std::array<std::array<uint32_t, 3>, kMost> from;  ///< vertices: two of the edge that faces the one to be placed, the one beyond it
  std::array<uint32_t, kMost> across;               ///< corner at the one beyond
  /// Beyond the other two edges of the first triangle: the edge, the corner that faces it, the vertex across.
  std::array<std::array<uint32_t, 4>, 2> bend;
};

/// Of a waiting fan's triangles those whose other places, and that of the vertex across, are known.
inline PlaceSources sources_of(const GrowingMesh& grown, uint32_t fan, size_t most, bool with_bends) {
  PlaceSources out;
  // The chain begins with the youngest triangle; the oldest, through whose gate the vertex came, is its end.
  std::array<uint32_t, 16> corners;
  size_t count = 0;
  for (uint32_t c = grown.fan[fan].first_corner; c != kNoCorner && count < corners.size(); c = grown.corner[c].next_of_fan)
    corners[count++] = c;
  const auto known = [&](uint32_t vertex) { return grown.vertex[vertex].known; };
  while (count-- > 0 && out.count < most) {
    const uint32_t c = corners[count], across = grown.corner[c].opposite;
    if (across == kNoCorner) continue;
    const std::array<uint32_t, 3> from = {grown.vertex_of_corner(next_corner(c)), grown.vertex_of_corner(previous_corner(c)),
                                          grown.vertex_of_corner(across)};
    if (!known(from[0]) || !known(from[1]) || !known(from[2])) continue;
    out.from[out.count] = from;
    out.across[out.count++] = across;
  }
  if (!with_bends || out.count == 0) return out;
  for (const uint32_t corner : {next_corner(out.across[0]), previous_corner(out.across[0])}) {
    const uint32_t other = grown.corner[corner].opposite;
    if (other == kNoCorner) continue;
    const std::array<uint32_t, 4> bend = {grown.vertex_of_corner(next_corner(corner)), grown.vertex_of_corner(previous_corner(corner)),
                                          grown.vertex_of_corner(corner), grown.vertex_of_corner(other)};
    if (known(bend[0]) && known(bend[1]) && known(bend[2]) && known(bend[3])) out.bend[out.bends++] = bend;
  }
  return out;
}

/// What these triangles say.
struct PlaceGuess {
  std::array<MeshPoint, PlaceSources::kMost> guess;  ///< one for each parallelogram
  MeshPoint mean{}, normal{}, edge{};
  MeshPoint bend{};  ///< from the plane of the first triangle to the vertices across its other two edges, in the mean
};

class PositionModel {
 public:
  /// `estimated`: an EstimatingCoder will be given, which needs no models but for copies.
  explicit PositionModel(const PositionSettings& settings, bool estimated = false) : settings_(settings) {
    if (settings.scheme == PositionScheme::copy) {
      for (size_t k = 0; k < 3; ++k) copied_.emplace_back(settings.fast);
    }
    start_.emplace_back(std::array<size_t, 1>{3}, 1, true);
    if (estimated || settings.scheme == PositionScheme::copy) return;
    if (settings.sized) {
      sized_.resize(3);
      return;
    }
    const size_t ways = settings.body_centred ? 2 : 1;
    for (size_t k = 0; k < 3; ++k) {
      numbers_.emplace_back(std::array<size_t, kContexts>{kSizes * kSizes, kSizes * 8 * ways, kSizes * 3 * ways}, 4 * ways, settings.fast);
    }
  }

  /// Codes the place of the fan's vertex, which no triangle with two known vertices needs to face. `wanted` where the coder encodes.
  template <class Coder>
  void code(Coder& coder, const MeshPoint& wanted, GrowingMesh& grown, uint32_t fan) {
    const uint32_t vertex = grown.fan[fan].vertex;
    const PlaceSources sources = sources_of(grown, fan, most_sources(), settings_.fitted);
    grown.set_place(vertex, code(coder, wanted, grown, sources, vertex));
  }
  /// Room for so many vertices.
  void reserve(size_t vertices) { residual_.reserve(vertices); }
  size_t most_sources() const { return settings_.one_parallelogram ? 1 : PlaceSources::kMost; }

  /// Likewise, with its sources; `known` tells places and normals.
  template <class Coder, class Known>
  MeshPoint code(Coder& coder, const MeshPoint& wanted, Known& known, const PlaceSources& sources, uint32_t vertex) {
    if (residual_.size() <= vertex) {
      residual_.resize(std::max<size_t>(vertex + 1, std::min(residual_.size() + 1024, residual_.capacity())));
      if (settings_.scheme == PositionScheme::copy) way_.resize(residual_.size());
    }
    if (sources.count == 0) return code_start(coder, wanted);
    last_ = code_guessed(coder, wanted, known, sources, vertex);
    return last_;
  }

  template <class Coder, class Known>
  MeshPoint code_guessed(Coder& coder, const MeshPoint& wanted, Known& known, const PlaceSources& sources, uint32_t vertex) {
    const PlaceGuess guess = guess_from(known, sources);
    switch (settings_.scheme) {
      case PositionScheme::lattice: return code_on_lattice(coder, wanted, guess, sources, vertex);
      case PositionScheme::copy: return code_copied(coder, wanted, known, guess, sources, vertex);
      case PositionScheme::frame: break;
    }
    return code_in_frame(coder, wanted, guess, sources, vertex);
  }

  /// A vertex that nothing predicts but the one before it.
  template <class Coder>
  MeshPoint code_start(Coder& coder, const MeshPoint& wanted) {
    MeshPoint place;
    for (size_t axis = 0; axis < 3; ++axis) {
      const double base = std::floor(last_[axis] + 0.5);
      int64_t step = 0;
      if constexpr (!Coder::kDecodes) step = whole(wanted[axis] - base);
      place[axis] = base + static_cast<double>(start_[0].code(coder, step, {axis}));
    }
    last_ = place;
    return place;
  }

  /// Sums over the known triangles; the bend is the mean over two edges of what the vertex across is away from a parallelogram.
  template <class Known>
  PlaceGuess guess_from(Known& known, const PlaceSources& sources) const {
    using namespace vector_math;
    PlaceGuess out;
    for (size_t i = 0; i < sources.count; ++i) {
      const MeshPoint &a = known.place(sources.from[i][0]), &b = known.place(sources.from[i][1]), &beyond = known.place(sources.from[i][2]);
      if (i == 0) out.edge = minus(b, a);
      out.normal = minus(out.normal, known.normal_beyond(sources, i));
      out.guess[i] = minus(plus(a, b), beyond);
      out.mean = plus(out.mean, out.guess[i]);
    }
    out.mean = times(out.mean, kShare[sources.count]);
    for (size_t i = 0; i < sources.bends; ++i) {
      const auto& [p, q, r, there] = sources.bend[i];
      out.bend = plus(out.bend, minus(known.place(there), minus(plus(known.place(p), known.place(q)), known.place(r))));
    }
    if (sources.bends > 0) out.bend = times(out.bend, 1 / static_cast<double>(sources.bends));
    return out;
  }

 private:
  using Fit = OnlineFit<4>;
  using FourInts [[gnu::vector_size(16)]] = int32_t;
  struct Residual {
    FourInts k = {};  ///< the fourth is nothing
  };
  static constexpr size_t kContexts = 3;
  static constexpr size_t kSizes = 24;
  /// 1 / n: divisions take long where the next number waits for them.
  static constexpr std::array<double, 10> kShare = {0, 1.0, 1.0 / 2, 1.0 / 3, 1.0 / 4, 1.0 / 5, 1.0 / 6, 1.0 / 7, 1.0 / 8, 1.0 / 9};

  static int64_t whole(double value) { return static_cast<int64_t>(std::floor(std::clamp(value, -1e15, 1e15) + 0.5)); }

  struct Frame {
    std::array<MeshPoint, 3> axis;
  };
  [[gnu::always_inline]] static Frame frame_of(const PlaceGuess& guess) {
    using namespace vector_math;
    constexpr Frame kUnknown = {{{{0, 0, 1}, {1, 0, 0}, {0, 1, 0}}}};
    const double normal_squared = dot(guess.normal, guess.normal), edge_squared = dot(guess.edge, guess.edge);
    if (!(normal_squared > 0) || !(edge_squared > 0)) return kUnknown;
    const MeshPoint n = times(guess.normal, 1 / std::sqrt(normal_squared));
    const MeshPoint t = minus(guess.edge, times(n, dot(guess.edge, n)));
    const double flat_squared = dot(t, t);
    if (!(flat_squared > 1e-12 * edge_squared)) return kUnknown;
    const MeshPoint along = times(t, 1 / std::sqrt(flat_squared));
    return {{n, along, cross(along, n)}};
  }

  /// Mean size of the residuals of the vertices of the first three triangles.
  [[gnu::always_inline]] MeshPoint around(const PlaceSources& sources) const {
    const size_t used = std::min<size_t>(sources.count, 3);
    FourInts sum = {};
    for (size_t i = 0; i < used; ++i) {
      for (size_t j = 0; j < 3; ++j) {
        const FourInts residual = residual_[sources.from[i][j]].k, sign = residual >> 31;
        sum += (residual ^ sign) - sign;
      }
    }
    MeshPoint mean;
    for (size_t k = 0; k < 3; ++k) mean[k] = static_cast<double>(sum[k]) * kShare[3 * used];
    return mean;
  }

  /// What is known of one component; squares, in steps, of how far guesses differ along it and of the length of the edge.
  SizeHints hints_of(const PlaceSources& sources, size_t k, double around, double spread, double edge,
                     const std::array<int64_t, 3>& coded) const {
    double before = 0;
    for (size_t j = 0; j < k; ++j) before += static_cast<double>(std::abs(coded[j]));
    return {around,
            detail::size_bucket(around, kSizes),
            detail::square_bucket(spread, kSizes),
            detail::size_bucket(before, kSizes),
            detail::square_bucket(edge / 64, kSizes),
            std::min<size_t>(sources.count, 4) - 1};
  }

  /// The whole numbers nearest to a residual: any, or with `body_centred` those that are all even or all odd.
  std::array<int64_t, 3> round_residual(const MeshPoint& residual) const {
    std::array<int64_t, 3> nearest;
    for (size_t k = 0; k < 3; ++k) nearest[k] = whole(residual[k]);
    if (!settings_.body_centred) return nearest;
    std::array<int64_t, 3> odd;
    double even_off = 0, odd_off = 0;
    for (size_t k = 0; k < 3; ++k) {
      nearest[k] = 2 * whole(residual[k] / 2);
      odd[k] = 2 * whole((residual[k] - 1) / 2) + 1;
      const double of_even = residual[k] - static_cast<double>(nearest[k]), of_odd = residual[k] - static_cast<double>(odd[k]);
      even_off += of_even * of_even;
      odd_off += of_odd * of_odd;
    }
    return even_off <= odd_off ? nearest : odd;
  }

  /// One component. With `body_centred` the first says whether the others are odd; what is left of these is half: even ones 0, 1, -1, odd
  /// ones 1 or -1 for the nearest to zero.
  template <class Coder>
  void code_residual(Coder& coder, const PlaceSources& sources, size_t k, double around, double spread, double edge,
                     std::array<int64_t, 3>& coded) {
    const bool half = settings_.body_centred && k > 0, odd = half && (coded[0] & 1) != 0;
    if constexpr (wants_places_alone<Coder>) return;
    const SizeHints hints = hints_of(sources, k, around, spread, edge, coded);
    int64_t number = coded[k];
    if (half) number = odd ? (number + (number > 0 ? 1 : -1)) / 2 : number / 2;
    if constexpr (estimates<Coder>)
      return coder.number(number, (k * 2 + (odd ? 1 : 0)) * kSizes + hints.around_bucket);
    else
      number = settings_.sized ? sized_[k].code(coder, number, hints) : code_mixed(coder, number, hints, k, half, odd);
    if (half) number = odd ? 2 * number - (number > 0 ? 1 : -1) : 2 * number;
    coded[k] = number;
  }

  template <class Coder>
  int64_t code_mixed(Coder& coder, int64_t number, const SizeHints& hints, size_t k, bool half, bool odd) {
    const size_t size = hints.around_bucket;
    const std::array<size_t, kContexts> contexts = {size * kSizes + hints.spread,
                                                    hints.before * 8 + std::min<size_t>(size / 2, 7) + (odd ? kSizes * 8 : 0),
                                                    hints.edge * 3 + std::min<size_t>(hints.many, 2) + (odd ? kSizes * 3 : 0)};
    return numbers_[k].code(coder, number, contexts, hints.many + (odd ? 4 : 0),
                            detail::expected_class(half && size >= 2 ? size - 2 : size));
  }

  template <class Coder>
  MeshPoint code_in_frame(Coder& coder, const MeshPoint& wanted, const PlaceGuess& guess, const PlaceSources& sources, uint32_t vertex) {
    using namespace vector_math;
    const Frame frame = frame_of(guess);
    const MeshPoint off = minus(wanted, guess.mean), step = {1, settings_.tangent_step, settings_.tangent_step};
    const double tangent_share = 1 / (settings_.tangent_step * settings_.tangent_step);
    const MeshPoint share = {1, tangent_share, tangent_share};
    const MeshPoint apart = sources.count < 2 ? MeshPoint{} : minus(guess.guess[1], guess.guess[0]);
    const double edge = dot(guess.edge, guess.edge), normal_squared = dot(guess.normal, guess.normal), along = dot(apart, guess.normal);
    std::array<Fit::Features, 3> features{};
    MeshPoint more{}, residual{};
    for (size_t k = 0; k < 3; ++k) {
      if (settings_.fitted) {
        features[k] = features_of(guess, sources, frame.axis[k], k, step[k]);
        more[k] = fit_of(sources, k).predict(features[k]);
      }
      if constexpr (!Coder::kDecodes) residual[k] = (dot(off, frame.axis[k]) - more[k]) / step[k];
    }
    std::array<int64_t, 3> coded{};
    const MeshPoint sizes = around(sources);
    if constexpr (!Coder::kDecodes) coded = round_residual(residual);
    MeshPoint place = guess.mean;
    for (size_t k = 0; k < 3; ++k) {
      // The first component need not wait until vectors are made unit.
      const double off_guess = k == 0 ? 0 : dot(apart, frame.axis[k]);
      const double spread = k > 0 ? off_guess * off_guess * share[k] : normal_squared > 0 ? along * along / normal_squared : 0;
      code_residual(coder, sources, k, sizes[k], spread, edge * share[k], coded);
      const double moved = static_cast<double>(coded[k]) * step[k] + more[k];
      place = plus(place, times(frame.axis[k], moved));
      if (settings_.fitted) fit_of(sources, k).learn(features[k], moved);
    }
    remember(vertex, coded);
    return place;
  }

  template <class Coder>
  MeshPoint code_on_lattice(Coder& coder, const MeshPoint& wanted, const PlaceGuess& guess, const PlaceSources& sources, uint32_t vertex) {
    using namespace vector_math;
    const double edge = dot(guess.edge, guess.edge);
    MeshPoint place{}, residual{};
    std::array<int64_t, 3> coded{};
    const MeshPoint sizes = around(sources);
    for (size_t k = 0; k < 3; ++k) {
      place[k] = std::floor(guess.mean[k] + 0.5);
      if constexpr (!Coder::kDecodes) residual[k] = wanted[k] - place[k];
    }
    if constexpr (!Coder::kDecodes) coded = round_residual(residual);
    for (size_t k = 0; k < 3; ++k) {
      const double apart = sources.count < 2 ? 0 : guess.guess[1][k] - guess.guess[0][k];
      code_residual(coder, sources, k, sizes[k], apart * apart, edge, coded);
      place[k] += static_cast<double>(coded[k]);
    }
    remember(vertex, coded);
    return place;
  }

  template <class Coder, class Known>
  MeshPoint code_copied(Coder& coder, const MeshPoint& wanted, Known& known, const PlaceGuess& guess, const PlaceSources& sources,
                        uint32_t vertex) {
    const std::array<uint32_t, 3>& from = sources.from[0];
    MeshPoint place;
    if constexpr (wants_places_alone<Coder>) {
      for (size_t k = 0; k < 3; ++k) place[k] = static_cast<double>(whole(wanted[k]));
      return place;
    }
    size_t before = 0;
    std::array<int64_t, 3> coded{};
    for (size_t k = 0; k < 3; ++k) {
      const auto of = [&](const MeshPoint& p) { return static_cast<int64_t>(p[k]); };
      const int64_t a = of(known.place(from[0])), b = of(known.place(from[1])), beyond = of(known.place(from[2]));
      const int64_t base = whole(guess.mean[k]);
      const std::array<int64_t, CopiedValues::kCandidates> candidates = {
          a, b, base, beyond, alike(known, 0, k, place, a), alike(known, 1, k, place, b)};
      CopyContext context;
      double around = 0;
      for (const uint32_t v : from) {
        around += static_cast<double>(std::abs(residual_[v].k[k]));
        context.around += way_[v][k] < CopiedValues::kSeen;
      }
      context.before = before;
      context.size = detail::size_bucket(around / 3, kSizes);
      context.flat = (a == b ? 4u : 0u) + (a == beyond ? 2u : 0u) + (b == beyond ? 1u : 0u);
      size_t way = 0;
      const int64_t value = copied_[k].code(coder, whole(wanted[k]), base, candidates, context, way);
      way_[vertex][k] = static_cast<uint8_t>(way);
      before = (before * CopiedValues::kWays + way) % (CopiedValues::kWays * CopiedValues::kWays);
      place[k] = static_cast<double>(value);
      coded[k] = value - base;
    }
    remember(vertex, coded);
    for (size_t k = 0; k < 2; ++k) youngest_[k].set(static_cast<int64_t>(place[k]), vertex);
    return place;
  }

  /// What the youngest vertex that has the same coordinate on axis `same` has on axis k; `otherwise` where there is none.
  template <class Known>
  int64_t alike(Known& known, size_t same, size_t k, const MeshPoint& place, int64_t otherwise) const {
    if (same >= k) return otherwise;
    const uint32_t* youngest = youngest_[same].find(static_cast<int64_t>(place[same]));
    return youngest == nullptr ? otherwise : static_cast<int64_t>(known.place(*youngest)[k]);
  }

  /// At once: what is written number by number and read as a vector is read late.
  void remember(uint32_t vertex, const std::array<int64_t, 3>& residual) {
    const auto kept = [&](size_t k) { return static_cast<int32_t>(std::clamp<int64_t>(residual[k], -1000000, 1000000)); };
    residual_[vertex].k = FourInts{kept(0), kept(1), kept(2), 0};
  }

  /// What the residual may follow, along an axis: how the surface bends beyond the first triangle, what its corners were off by, how far
  /// the first parallelogram is from the mean of all.
  Fit::Features features_of(const PlaceGuess& guess, const PlaceSources& sources, const MeshPoint& axis, size_t k, double step) const {
    using namespace vector_math;
    const auto& from = sources.from[0];
    return {dot(guess.bend, axis), step * (residual_[from[0]].k[k] + residual_[from[1]].k[k]), step * residual_[from[2]].k[k],
            dot(minus(guess.guess[0], guess.mean), axis)};
  }
  Fit& fit_of(const PlaceSources& sources, size_t k) { return fits_[k * 4 + std::min<size_t>(sources.count, 4) - 1]; }

  PositionSettings settings_;
  std::array<Fit, 12> fits_;
  std::vector<MixedNumber<kContexts>> numbers_;
  std::vector<SizedNumber> sized_;
  std::vector<MixedNumber<1>> start_;
  std::vector<Residual> residual_;           ///< of vertices, in their own steps
  std::vector<std::array<uint8_t, 3>> way_;  ///< of vertices: how each coordinate was coded
  std::vector<CopiedValues> copied_;
  std::array<NumberTable, 2> youngest_;  ///< vertex with a coordinate, on the first two axes
  MeshPoint last_{};
};

}  // namespace dew
