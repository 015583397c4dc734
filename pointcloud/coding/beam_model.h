// SPDX-License-Identifier: Apache-2.0
/// Points as the ends of beams: where the laser of each point is known, its direction is predicted from where that laser and the points
/// just before looked, its range from what lasers nearby met, and all three coordinates follow from the first one.
///
///   BeamModel model(beams, scales);                      // beams: heads, origins, tilt; scales: what an integer of each axis means
///   for each point: model.code(coder, label, piece, place, q);  // place: 0 at the frame's first point, 1 at its last; a decoder fills q
///
/// Nothing of lasers is in the file but where their heads stand: elevations and angles are learned from the points. One object a slice and
/// thread. Doubles with + - * / sqrt and exact functions only. Cost: about 3 us a point.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "entropy/exact_math.h"
#include "entropy/mixer.h"
#include "pointcloud/coding/coordinate_scale.h"
#include "pointcloud/coding/guided_residual.h"
#include "pointcloud/coding/log_scale.h"
#include "pointcloud/coding/turn_beside.h"
#include "pointcloud/sensor/beams.h"

namespace dew {

class BeamModel {
 public:
  using Point = std::array<int64_t, 3>;

  BeamModel(const Beams& beams, const std::array<CoordinateScale, 3>& scales)
      : beams_(beams),
        scales_(scales),
        lasers_(beams.labels()),
        heads_(beams.heads.size()),
        first_(kSlots, kGuesses),
        turns_(beams.labels()) {
    for (size_t i = 0; i < 2; ++i) others_.emplace_back(kOtherSizes, 2);
    pair_step_.assign(beams.labels() * beams.labels(), beams.column_step);
    pair_seen_.assign(pair_step_.size(), 0);
  }

  static uint64_t memory_bytes() { return uint64_t{16} << 20; }

  /// REQUIRES: label < beams.labels(), piece < beams.pieces.size(), 0 <= place <= 1.
  template <class Coder>
  void code(Coder& coder, size_t label, size_t piece, double place, Point& q) {
    const size_t number = piece * beams_.heads_of_piece() + beams_.head_of_label[label];
    const BeamHead& pose = beams_.heads[number];
    Head& head = heads_[number];
    Laser& laser = lasers_[label];
    std::array<double, 3> origin;
    for (size_t i = 0; i < 3; ++i) origin[i] = pose.origin[i] + pose.motion[i] * place;

    // Where it looks.
    const size_t pair = head.last * beams_.labels() + label;
    double clock = head.clock + (head.seen ? pair_step_[pair] : 0.0);
    double azimuth = wrapped(clock + laser.azimuth);
    if (beams_.column_step != 0) {
      const double left_out = code_left_out(coder, azimuth, origin, label == head.last, q) * beams_.column_step;
      clock = wrapped(clock + left_out);
      azimuth = wrapped(azimuth + left_out);
    }
    const exact::SinCos turn = exact::sincos(azimuth);
    const double slope = laser.slope + pose.tilt[0] * turn.cos + pose.tilt[1] * turn.sin;
    const std::array<double, 3> ray = {turn.cos, turn.sin, slope};

    // How far: what this laser met, and the lasers beside it.
    const size_t axis = std::abs(turn.cos) >= std::abs(turn.sin) ? 0 : 1;
    if (beams_.stays) {
      if (!head.seen || label != head.last) turns_.begin(label, laser_beside(label)), ratio_ = 1;
      turns_.look(azimuth, kReach * std::abs(beams_.column_step));
    }
    const Ranges ranges = candidates(label, laser);
    std::array<int64_t, kGuesses> guesses;
    for (size_t k = 0; k < kGuesses; ++k) guesses[k] = scales_[axis].to_integer(origin[axis] + ranges.of[k] * ray[axis]);
    const int64_t sign = ray[axis] < 0 ? -1 : 1;
    size_t chosen = 0;
    for (size_t k = 1; k < kGuesses; ++k) chosen = laser.miss[k] < laser.miss[chosen] ? k : chosen;
    const int32_t spread0 = signed_log_q4(sign * (guesses[(chosen + 1) % kGuesses] - guesses[chosen])) / 16;
    const int32_t spread1 = signed_log_q4(sign * (guesses[(chosen + 2) % kGuesses] - guesses[chosen])) / 16;
    const size_t beside = ranges.beside;
    const std::array<size_t, 6> classes = {
        size_class(laser.size[0], 4) * kGuesses + chosen,
        size_class(laser.size[0] + laser.size[1], 8) * kSizeClasses + size_class(lasers_[beside].size[0], 8),
        static_cast<size_t>(std::clamp(spread0, -15, 15) + 15) * 31 + static_cast<size_t>(std::clamp(spread1, -15, 15) + 15),
        static_cast<size_t>(std::clamp(spread0, -15, 15) + 15) * 24 + size_class(laser.size[0], 16),
        label,
        size_class(head.size, 4) * kGuesses + chosen};
    First::Contexts contexts;
    std::transform(classes.begin(), classes.end(), contexts.begin(), [](size_t c) { return static_cast<uint32_t>(c); });
    First::Guesses around;
    for (size_t k = 0; k < kGuesses; ++k)
      around[k] = {static_cast<double>(sign * (guesses[k] - guesses[chosen])), scale_of_log(laser.miss[k])};
    const int64_t error = sign * first_.code(coder, sign * (q[axis] - guesses[chosen]), contexts, around, chosen);
    q[axis] = scales_[axis].limited(add(guesses[chosen], error));
    for (size_t k = 0; k < kGuesses; ++k) {
      const int64_t away = q[axis] - guesses[k];
      laser.miss[k] += (log_q4(magnitude(away)) * 16 - laser.miss[k]) / 8;
    }
    const int32_t size = log_q4(magnitude(error));
    laser.size = {size, laser.size[0]};
    head.size += (size * 4 - head.size) / 4;

    // The others follow.
    const double first = scales_[axis].to_value(q[axis]) - origin[axis];
    const double range = first / ray[axis];
    code_other(coder, laser, 0, 1 - axis, origin[1 - axis] + range * ray[1 - axis], range, head, q);
    const double other = scales_[1 - axis].to_value(q[1 - axis]) - origin[1 - axis];
    const double flat = std::sqrt(first * first + other * other);
    const double dx = axis == 0 ? first : other, dy = axis == 0 ? other : first;
    const double height = laser.slope * flat + laser.above.offset() + pose.tilt[0] * dx + pose.tilt[1] * dy;
    code_other(coder, laser, 1, 2, origin[2] + height, flat, head, q);
    learn(label, pair, clock, dx, dy, scales_[2].to_value(q[2]) - origin[2] - pose.tilt[0] * dx - pose.tilt[1] * dy, flat, head);
  }

 private:
  static constexpr int64_t kMostShots = 1 << 16;
  static constexpr size_t kSizeClasses = 24, kGuesses = 5;
  static constexpr double kReach = 1.5, kRatioShare = 0.25;
  static constexpr uint64_t kSlots = 1 << 16;
  using First = GuidedResidual<6, kGuesses>;
  static constexpr std::array<size_t, 4> kOtherSizes = {128, kSizeClasses* kSizeClasses, 512, kMostBeamLabels};

  /// By how much a laser's beam begins above its head's axis: what its slope does as inverse ranges change.
  struct Above {
    double sum = 0, weight = 0, slope = 0, inverse = 0;
    bool any = false;
    double offset() const { return sum / (weight + kAbovePrior); }
    void learn(double new_slope, double new_inverse) {
      const double by_slope = new_slope - slope, by_inverse = new_inverse - inverse;
      if (any && std::abs(by_slope) < 0.01) {
        sum = sum * kAboveMemory + by_slope * by_inverse;
        weight = weight * kAboveMemory + by_inverse * by_inverse;
      }
      slope = new_slope, inverse = new_inverse, any = true;
    }
  };
  static constexpr double kAbovePrior = 1e-2, kAboveMemory = 0.999;

  struct Laser {
    Above above;
    double azimuth = 0, slope = 0;         ///< beside its head's clock; above its head's plane
    std::array<double, 2> range{};         ///< of its last points, newest first
    std::array<int32_t, kGuesses> miss{};  ///< of each candidate, running, 256 log2
    std::array<int32_t, 2> size{};         ///< of the last errors along the beam, 16 log2
    std::array<int32_t, 2> other_size{};   ///< running, 16 * 16 log2
    std::array<int32_t, 2> other_last{};
    int32_t seen = 0;
    int64_t when = 0;  ///< number of its last point
  };
  struct Head {
    double clock = 0;
    size_t last = 0;
    int32_t size = 0;
    std::array<int32_t, 2> other_size{};
    bool seen = false;
  };
  struct Ranges {
    std::array<double, kGuesses> of;
    size_t beside;
  };

  static size_t size_class(int32_t log, int32_t divisor) {
    return static_cast<size_t>(std::clamp(log / divisor, 0, divisor == 4 ? 255 : 23));
  }
  static uint64_t magnitude(int64_t v) { return v < 0 ? 0 - static_cast<uint64_t>(v) : static_cast<uint64_t>(v); }
  static int64_t add(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); }
  static double wrapped(double angle) { return angle - kTurn_rad * std::floor(angle / kTurn_rad + 0.5); }

  /// The last range of the laser, that range as the laser beside it went on, and the line through its last two.
  Ranges candidates(size_t label, const Laser& laser) const {
    Ranges ranges;
    ranges.beside = laser_beside(label);
    const Laser& other = lasers_[ranges.beside];
    const double last = laser.seen > 0 ? laser.range[0] : other.seen > 0 ? other.range[0] : 10.0;
    ranges.of[0] = last;
    // Only what the other met since.
    const bool is_newer = other.when > laser.when && other.seen > 1 && laser.seen > 0;
    const double change = other.range[0] - other.range[1];
    ranges.of[1] = is_newer ? last + (std::abs(change) < 0.1 * last ? change : 0.0) : last;
    const double step = laser.seen > 1 ? laser.range[0] - laser.range[1] : 0.0;
    ranges.of[2] = last + (std::abs(step) < 0.1 * last ? 0.5 * step : 0.0);
    // Inverse ranges of a plane are a line.
    const double inverse = 2 / last - 1 / laser.range[1];
    ranges.of[3] = laser.seen > 1 && std::abs(step) < 0.1 * last && inverse > 0 ? 1 / inverse : last;
    ranges.of[4] = is_newer && std::abs(change) < 0.1 * last && other.range[1] > 1e-3 ? last * other.range[0] / other.range[1] : last;
    if (turns_.here()) {
      if (turns_.both() && std::abs(turns_.range() - turns_.range_before()) < 0.1 * last)
        ranges.of[1] = last * turns_.range() / turns_.range_before();
      ranges.of[4] = turns_.range() * ratio_;
    }
    return ranges;
  }
  /// That of the same head with the nearest elevation, of which the newest point is wanted.
  size_t laser_beside(size_t label) const {
    size_t best = label;
    double least = 1e300;
    for (size_t other = 0; other < lasers_.size(); ++other) {
      if (other == label || lasers_[other].seen == 0 || beams_.head_of_label[other] != beams_.head_of_label[label]) continue;
      const double away = std::abs(lasers_[other].slope - lasers_[label].slope) * (lasers_[other].when > lasers_[label].when ? 1.0 : 2.0);
      if (away < least) least = away, best = other;
    }
    return best;
  }

  /// How many shots were left out before this one; an encoder finds them from the point.
  template <class Coder>
  double code_left_out(Coder& coder, double azimuth, const std::array<double, 3>& origin, bool same_laser, const Point& q) {
    const double dx = scales_[0].to_value(q[0]) - origin[0], dy = scales_[1].to_value(q[1]) - origin[1];
    const int64_t wanted = static_cast<int64_t>(std::floor(wrapped(exact::atan2(dy, dx) - azimuth) / beams_.column_step + 0.5));
    const size_t context = (same_laser ? 0u : 9u) + static_cast<size_t>(std::min<int64_t>(left_out_[0], 2)) * 3 +
                           static_cast<size_t>(std::min<int64_t>(left_out_[1], 2));
    const int64_t coded = std::clamp<int64_t>(shots_.code(coder, wanted, context), -kMostShots, kMostShots);
    left_out_ = {coded < 0 ? -coded : coded, left_out_[0]};
    return static_cast<double>(coded);
  }

  template <class Coder>
  void code_other(Coder& coder, Laser& laser, size_t which, size_t axis, double place, double range, Head& head, Point& q) {
    const int64_t guess = scales_[axis].to_integer(place);
    // How far the error of an angle reaches, in steps of the axis.
    const double step = std::abs(scales_[axis].to_value(scales_[axis].limited(guess + 1)) - scales_[axis].to_value(guess));
    const double reach = std::clamp(std::abs(range) / (step > 1e-12 ? step : 1e-12), 0.0, 1e12);
    const int32_t reach_log = log_q4(static_cast<uint64_t>(reach));
    const std::array<size_t, 4> contexts = {
        static_cast<size_t>(std::clamp(reach_log / 4, 0, 127)),
        size_class(laser.other_size[which] / 16 + reach_log, 16) * kSizeClasses + size_class(laser.other_last[which], 8),
        static_cast<size_t>(std::clamp((head.other_size[which] / 16 + reach_log) / 4 + 128, 0, 511)),
        static_cast<size_t>(&laser - lasers_.data())};
    const int64_t error = others_[which].code(coder, q[axis] - guess, contexts, axis == 2 ? 1 : 0);
    q[axis] = scales_[axis].limited(add(guess, error));
    const int32_t size = log_q4(magnitude(q[axis] - guess));
    laser.other_last[which] = size;
    laser.other_size[which] += ((size - reach_log) * 16 - laser.other_size[which]) / 8;
    head.other_size[which] += ((size - reach_log) * 16 - head.other_size[which]) / 4;
  }

  void learn(size_t label, size_t pair, double clock, double dx, double dy, double height, double flat, Head& head) {
    Laser& laser = lasers_[label];
    ++now_;
    laser.when = now_;
    laser.range = {flat, laser.range[0]};
    laser.seen += laser.seen < 1 << 20 ? 1 : 0;
    if (!(flat > 1e-3) || !(flat < 1e9)) return;
    if (turns_.here() && std::abs(flat / turns_.range() - ratio_) < 0.1 * ratio_) ratio_ += (flat / turns_.range() - ratio_) * kRatioShare;
    const double share = 1.0 / static_cast<double>(std::min(laser.seen, 24));
    const double steep = std::clamp(height / flat, -100.0, 100.0), inverse = 1 / flat;
    laser.slope += (steep - laser.above.offset() * inverse - laser.slope) * share;
    laser.above.learn(steep, inverse);
    const double azimuth = exact::atan2(dy, dx);
    if (beams_.stays) turns_.add(label, azimuth, flat);
    if (!head.seen || laser.seen == 1) {
      if (!head.seen) head.clock = azimuth;
      laser.azimuth = head.seen ? wrapped(azimuth - clock) : 0.0;
      if (head.seen) head.clock = wrapped(clock);
    } else {
      const double off = wrapped(azimuth - laser.azimuth - clock);
      laser.azimuth += off * kOffsetShare;
      const double used = std::abs(off) < 0.02 ? off * (beams_.column_step != 0 ? kStepShare : kClockShare) : off;
      head.clock = wrapped(clock + used);
      int32_t& seen = pair_seen_[pair];
      seen += seen < 64 ? 1 : 0;
      pair_step_[pair] = std::clamp(pair_step_[pair] + off / static_cast<double>(seen + 1), -1.0, 1.0);
    }
    head.seen = true;
    head.last = label;
  }

  static constexpr double kOffsetShare = 0.03, kClockShare = 0.4, kStepShare = 0.1;

  const Beams& beams_;
  std::array<CoordinateScale, 3> scales_;
  std::vector<Laser> lasers_;
  std::vector<Head> heads_;
  std::vector<double> pair_step_;  ///< how far a head turned between points of two labels
  std::vector<int32_t> pair_seen_;
  First first_;
  TurnBeside turns_;
  double ratio_ = 1;  ///< of ranges to those beside
  std::vector<MixedResidual<4>> others_;
  AdaptiveResidual shots_{18};
  std::array<int64_t, 2> left_out_{};  ///< of the last two points
  int64_t now_ = 0;
};

}  // namespace dew
