// SPDX-License-Identifier: Apache-2.0
/// All numbers of a splat but its directional colour: how they are predicted, quantised and coded.
///
///   SplatModel model(screen_variance, false);
///   model.code(coder, target, box, splat);         // encoder: quantises `target`; decoder: ignores it
///   use(splat.position, splat.rotation);           // what both sides now know
///
/// Each number is predicted from nearby splats and from what is known of its own; the difference is divided by the step that the splat's
/// class asks for (splat_shape.h), rounded, and coded under mixed contexts. What is added back is known to both sides, so errors do not
/// add up. Everything has the same bits on every machine.
#pragma once

#include "entropy/exact_math.h"
#include "gaussians/coding/metered_decoder.h"
#include "gaussians/coding/mixed_integer.h"
#include "gaussians/coding/recent_splats.h"

namespace dew {

/// What an encoder wants a splat to be: CodedSplat before quantisation.
struct SplatTarget {
  int alpha_class = 0;
  int colour_class = 0;
  double log_opacity = 0;
  std::array<double, 3> spread{};
  SplatFrame frame{};
  std::array<double, 3> position{};
  std::array<double, 3> colour{};
};

/// The box that a splat is known to lie in.
struct SplatBox {
  std::array<double, 3> low{};
  std::array<double, 3> size{};
};

inline constexpr int kClasses = 32;  ///< of alpha and of colour, 0 to 31

class SplatModel {
 public:
  /// `one_context`: each number has one context instead of five that are mixed: fast.
  SplatModel(double screen_variance, bool one_context)
      : screen_variance_(screen_variance), least_spread_(0.5 * exact::log(0.5 * screen_variance)), one_context_(one_context) {}

  /// `splat` is what was coded before it in other streams: nothing. Cost: some 3 us, 1 us with one context.
  template <class Coder>
  void code(Coder& coder, const SplatTarget& target, const SplatBox& box, CodedSplat& splat);

 private:
  using Integer = MixedInteger<5>;

  /// What the parts of one splat share.
  struct Scope {
    const SplatTarget& target;
    const SplatBox& box;
    const Neighbours& near;
    double cell = 0;  ///< mean size of the box
  };

  template <class Coder>
  void code_classes(Coder& coder, const Scope& scope, CodedSplat& splat);
  template <class Coder>
  void code_opacity(Coder& coder, const Scope& scope, CodedSplat& splat);
  template <class Coder>
  void code_spreads(Coder& coder, const Scope& scope, CodedSplat& splat);
  template <class Coder>
  void code_rotation(Coder& coder, const Scope& scope, CodedSplat& splat);
  template <class Coder>
  void code_position(Coder& coder, const Scope& scope, CodedSplat& splat);
  template <class Coder>
  void code_colour(Coder& coder, const Scope& scope, CodedSplat& splat);

  double screen_variance_;
  double least_spread_;  ///< of a splat that is smaller than a pixel
  bool one_context_;
  RecentSplats recent_;
  Integer alpha_class_ = integer({64, 256, 256, 64, 1}, 0);
  Integer colour_class_ = integer({64, 64, 512, 128, 1}, 0);
  Integer log_opacity_ = integer({64, 256, 512, 32, 512}, 2);
  std::array<Integer, 3> spread_{make_spread(2), make_spread(2), make_spread(4)};
  std::array<Integer, 3> colour_{make_colour(1), make_colour(4), make_colour(4)};
  std::array<AdaptiveTree<2>, 4> face_;
  std::array<AdaptiveTree<3>, 27> u_, v_;
  static constexpr size_t kSpinAlone = 9;  ///< of splats whose direction is free
  std::array<AdaptiveTree<3>, 10> spin_;

  /// `best`: of the contexts, where there is to be one; found on trained scenes.
  Integer integer(const std::array<size_t, 5>& sizes, size_t best) const { return Integer(sizes, 1, one_context_ ? best : Integer::kAll); }
  Integer make_spread(size_t best) const { return integer({64, 512, 512, 512, 512}, best); }
  Integer make_colour(size_t best) const { return integer({64, 512, 512, 64, 512}, best); }
};

namespace detail {

/// The number of steps from `guess` to `value`, as an encoder chooses it.
template <class Coder>
int64_t steps_between(double guess, double value, double step) {
  if constexpr (Coder::kDecodes) return 0;
  constexpr double kFarthest = 1e12;
  const double steps = (value - guess) / step;
  return std::llrint(steps > kFarthest ? kFarthest : steps >= -kFarthest ? steps : -kFarthest);
}

/// One of `count` equally likely values.
template <class Coder>
uint32_t code_uniform(Coder& coder, uint32_t value, uint32_t count) {
  constexpr unsigned kBits = 24;
  if (count <= 1) return 0;
  const auto start = [&](uint64_t v) { return static_cast<uint32_t>((v << kBits) / count); };
  if constexpr (Coder::kDecodes) {
    const uint64_t target = coder.decode_target(kBits);
    uint64_t v = (target * count) >> kBits;
    if (v + 1 < count && start(v + 1) <= target) ++v;
    coder.consume(start(v), start(v + 1) - start(v));
    return static_cast<uint32_t>(v);
  } else {
    coder.encode_interval(start(value), start(uint64_t{value} + 1) - start(value), kBits);
    return value;
  }
}

inline size_t eighth(uint32_t level, uint32_t levels) { return static_cast<size_t>((uint64_t{level} * 8) / levels); }

/// One of `levels`: which eighth of them under a model, the rest evenly.
template <class Coder>
uint32_t code_level(Coder& coder, AdaptiveTree<3>& eighths, uint32_t level, uint32_t levels) {
  if (levels < 8) return code_uniform(coder, level, levels);
  const uint32_t part = eighths.code(coder, static_cast<uint32_t>(eighth(level, levels)), 1023);
  const uint32_t begin = (part * levels + 7) / 8, end = ((part + 1) * levels + 7) / 8;
  return begin + code_uniform(coder, level - begin, end - begin);
}

inline size_t capped(int64_t value, size_t buckets) {
  return static_cast<size_t>(std::clamp<int64_t>(value, 0, static_cast<int64_t>(buckets) - 1));
}

}  // namespace detail

template <class Coder>
void SplatModel::code(Coder& coder, const SplatTarget& target, const SplatBox& box, CodedSplat& splat) {
  std::array<double, 3> middle;
  for (size_t k = 0; k < 3; ++k) middle[k] = box.low[k] + 0.5 * box.size[k];
  const double cell = (box.size[0] + box.size[1] + box.size[2]) / 3;
  const Neighbours near = recent_.nearest(middle, 0.5 * cell);
  const Scope scope{target, box, near, cell};
  code_classes(coder, scope, splat);
  code_opacity(coder, scope, splat);
  code_spreads(coder, scope, splat);
  code_rotation(coder, scope, splat);
  code_position(coder, scope, splat);
  code_colour(coder, scope, splat);
  announce(coder, SplatPart::position);
  recent_.add(splat);
}

template <class Coder>
void SplatModel::code_classes(Coder& coder, const Scope& scope, CodedSplat& splat) {
  announce(coder, SplatPart::classes);
  const Neighbours& near = scope.near;
  const auto alpha = [](const CodedSplat& s) { return static_cast<double>(s.alpha_class); };
  const auto colour_beyond = [](const CodedSplat& s) { return static_cast<double>(s.colour_class - s.alpha_class); };
  const double mean = near.mean(alpha, 6);
  const int guess = static_cast<int>(mean + 0.5);
  const int first = near.count() > 0 ? near.first().alpha_class - guess : 0;
  const size_t shown = linear_bucket(4 * near.spread(alpha, mean, 1), 16) * 16 + linear_bucket(mean + 4, 16);
  const int64_t difference =
      alpha_class_.code(coder, scope.target.alpha_class - guess,
                        {detail::capped(guess, 64), shown, detail::capped(first + 4, 8) * 32 + detail::capped(guess, 32),
                         log2_bucket(scope.cell, -32, 1, 64), 0});
  splat.alpha_class = static_cast<int>(detail::capped(guess + difference, kClasses));

  const double beyond_mean = near.mean(colour_beyond, 0);
  const int beyond = static_cast<int>(std::floor(beyond_mean + 0.5));
  const int first_beyond = near.count() > 0 ? near.first().colour_class - near.first().alpha_class : 0;
  const size_t alpha_class = static_cast<size_t>(splat.alpha_class);
  const int64_t beyond_difference =
      colour_class_.code(coder, scope.target.colour_class - splat.alpha_class - beyond,
                         {detail::capped(beyond + 32, 64), alpha_class, alpha_class * 16 + linear_bucket(beyond_mean + 8, 16),
                          detail::capped(first_beyond + 64, 128), 0});
  splat.colour_class = static_cast<int>(detail::capped(splat.alpha_class + beyond + beyond_difference, kClasses));
}

template <class Coder>
void SplatModel::code_opacity(Coder& coder, const Scope& scope, CodedSplat& splat) {
  announce(coder, SplatPart::opacity);
  const auto opacity = [](const CodedSplat& s) { return s.log_opacity; };
  const double step = std::ldexp(1.0, -splat.alpha_class);
  const double guess = scope.near.mean(opacity, -1.5);
  const size_t spread = log2_bucket(scope.near.spread(opacity, guess, 1) / step, -4, 2, 32);
  const size_t alpha_class = static_cast<size_t>(splat.alpha_class);
  const size_t room = log2_bucket(-guess / step, -1, 2, 16);
  const int64_t steps = log_opacity_.code(
      coder, detail::steps_between<Coder>(guess, scope.target.log_opacity, step),
      {alpha_class, spread * 8 + linear_bucket(-guess / step / 4 + 1, 8), alpha_class * 16 + room,
       detail::capped(splat.colour_class - splat.alpha_class + 10, 32), (alpha_class & 15) * 32 + linear_bucket(-6 * guess, 32)});
  splat.log_opacity = std::clamp(guess + static_cast<double>(steps) * step, kLeastLogOpacity, kLargestLogOpacity);
}

template <class Coder>
void SplatModel::code_spreads(Coder& coder, const Scope& scope, CodedSplat& splat) {
  announce(coder, SplatPart::scale);
  const double step = spread_step(std::ldexp(1.0, -splat.alpha_class));
  const size_t alpha_class = static_cast<size_t>(splat.alpha_class) & 15;
  const double log_cell = exact::log(scope.cell);
  int64_t last_steps = 0;
  for (size_t k = 0; k < 3; ++k) {
    const auto own = [k](const CodedSplat& s) { return s.spread[k]; };
    const auto below = [k](const CodedSplat& s) { return s.spread[k] - s.spread[k - 1]; };
    const double near = scope.near.mean(own, log_cell);
    double guess = near;
    if (k > 0) {
      const double before = splat.spread[k - 1];
      guess = std::min(0.6 * near + 0.4 * (before + scope.near.mean(below, -0.5)), before);
    }
    const double base = k == 0 ? log_cell : splat.spread[k - 1];
    const size_t spread = log2_bucket(scope.near.spread(own, near, 1) / step, -4, 2, 32);
    const size_t last = k == 0 ? linear_bucket(-4 * splat.log_opacity, 32)
                               : log2_bucket(static_cast<double>(std::abs(last_steps)), 0, 2, 15) * 2 + (last_steps < 0 ? 1 : 0);
    const int64_t steps = spread_[k].code(coder, detail::steps_between<Coder>(guess, scope.target.spread[k], step),
                                          {alpha_class, spread * 16 + linear_bucket(0.25 * (guess - least_spread_) / step, 16),
                                           linear_bucket((base - guess) / step + 8, 32) * 16 + alpha_class, last * 16 + alpha_class,
                                           linear_bucket(4 * (guess - least_spread_), 32) * 16 + alpha_class});
    splat.spread[k] = std::clamp(guess + static_cast<double>(steps) * step, kLeastSpread, kLargestSpread);
    last_steps = steps;
  }
}

template <class Coder>
void SplatModel::code_rotation(Coder& coder, const Scope& scope, CodedSplat& splat) {
  announce(coder, SplatPart::rotation);
  const SplatShape shape(splat.spread, screen_variance_);
  splat.levels = rotation_levels(shape.rotation_steps(std::ldexp(1.0, -splat.alpha_class)));
  RotationCode wanted;
  if constexpr (!Coder::kDecodes) wanted = rotation_code(scope.target.frame, splat.levels);
  splat.rotation = {};
  const CodedSplat* first = scope.near.count() > 0 ? &scope.near.first() : nullptr;
  if (splat.levels.direction == 1) {
    splat.rotation.spin = detail::code_level(coder, spin_[kSpinAlone], wanted.spin, splat.levels.spin);
    return;
  }
  const uint32_t face = std::min(face_[first != nullptr ? first->rotation.face + 1 : 0].code(coder, wanted.face), 2u);
  splat.rotation.face = face;
  const bool alike = first != nullptr && first->levels.direction > 1 && first->rotation.face == face;
  // The eighth in which the nearest splat lies, or 0 where it says nothing.
  const auto known = [&](uint32_t RotationCode::*level, uint32_t RotationLevels::*levels) -> size_t {
    return alike && first->levels.*levels > 1 ? 1 + detail::eighth(first->rotation.*level, first->levels.*levels) : 0;
  };
  const size_t u = face * 9 + known(&RotationCode::u, &RotationLevels::direction);
  const size_t v = face * 9 + known(&RotationCode::v, &RotationLevels::direction);
  splat.rotation.u = detail::code_level(coder, u_[u], wanted.u, splat.levels.direction);
  splat.rotation.v = detail::code_level(coder, v_[v], wanted.v, splat.levels.direction);
  const size_t spin = known(&RotationCode::spin, &RotationLevels::spin);
  splat.rotation.spin = detail::code_level(coder, spin_[spin], wanted.spin, splat.levels.spin);
}

template <class Coder>
void SplatModel::code_position(Coder& coder, const Scope& scope, CodedSplat& splat) {
  announce(coder, SplatPart::position);
  constexpr double kMostLevels = 1 << 20;
  const SplatShape shape(splat.spread, screen_variance_);
  const SplatFrame frame = rotation_frame(splat.rotation, splat.levels);
  const std::array<double, 3> steps = shape.position_steps(frame, std::ldexp(1.0, -splat.alpha_class));
  for (size_t axis = 0; axis < 3; ++axis) {
    const double levels = std::clamp(std::floor(scope.box.size[axis] / steps[axis] + 0.5), 1.0, kMostLevels);
    uint32_t level = 0;
    if constexpr (!Coder::kDecodes) {
      const double share = (scope.target.position[axis] - scope.box.low[axis]) / scope.box.size[axis];
      level = static_cast<uint32_t>(std::clamp(std::floor(share * levels), 0.0, levels - 1));
    }
    level = detail::code_uniform(coder, level, static_cast<uint32_t>(levels));
    splat.position[axis] = scope.box.low[axis] + (level + 0.5) / levels * scope.box.size[axis];
  }
}

template <class Coder>
void SplatModel::code_colour(Coder& coder, const Scope& scope, CodedSplat& splat) {
  announce(coder, SplatPart::colour);
  constexpr double kBrightest = 1e6;
  const double step = std::ldexp(1.0, -splat.colour_class);
  const size_t colour_class = static_cast<size_t>(splat.colour_class);
  std::array<int64_t, 3> taken{};
  for (size_t k = 0; k < 3; ++k) {
    const auto own = [k](const CodedSplat& s) { return s.colour[k]; };
    const double guess = scope.near.mean(own, 0);
    const size_t spread = log2_bucket(scope.near.spread(own, guess, 1) / step, -4, 2, 32);
    const auto size_of = [&](size_t channel) { return log2_bucket(static_cast<double>(std::abs(taken[channel]) + 1), 0, 2, 8); };
    const size_t before = k == 0 ? 0 : size_of(0) * 8 + (k > 1 ? size_of(1) : 0);
    const size_t last = k == 0 ? 0 : size_of(k - 1) * 2 + (taken[k - 1] > 0 ? 1 : 0);
    taken[k] = colour_[k].code(coder, detail::steps_between<Coder>(guess, scope.target.colour[k], step),
                               {colour_class, spread * 16 + (colour_class & 15), spread * 16 + linear_bucket(-5 * splat.log_opacity, 16),
                                before, last * 32 + colour_class});
    splat.colour[k] = std::clamp(guess + static_cast<double>(taken[k]) * step, -kBrightest, kBrightest);
  }
}

}  // namespace dew
