// SPDX-License-Identifier: Apache-2.0
/// Coordinates as the ends of beams (sections 6 and 10.15 of pointcloud/FORMAT.md), written from that page alone: slow, short, no code of
/// pointcloud/. The bytes must be sound.
///
///   plain::BeamPoints model(beams, scales);  for each point: q = model.point(reader, label, i, place);
#pragma once

#include <array>
#include <cstring>
#include <functional>
#include <map>
#include <vector>

#include "tests/golden/plain_exact.h"
#include "tests/golden/plain_grid.h"
#include "tests/golden/plain_guided.h"

namespace plain {

/// 6
struct BeamNumbers {
  std::vector<uint64_t> pieces = {0};
  std::vector<std::array<double, 8>> heads;
  std::vector<size_t> head_of, order;
  double step = 0;
  unsigned kind = 0;
  size_t field = 0;
};

/// 10.15: what an integer of an axis is.
struct AxisNumbers {
  double unit = 1, origin = 0;
  bool floats = false;
  unsigned shift = 0;
  int64_t limited(int64_t q) const {
    const int64_t most = floats ? 0x4e6e6b28 >> shift : int64_t{1} << 46;
    return std::clamp(q, -most, most);
  }
  double value(int64_t q) const {
    q = limited(q);
    if (!floats) return static_cast<double>(q) * unit + origin;
    const uint32_t bits = static_cast<uint32_t>(q < 0 ? -1 - q : q) << shift;
    float size;
    std::memcpy(&size, &bits, 4);
    return (q < 0 ? -1 : 1) * (static_cast<double>(size) * unit);
  }
  int64_t integer(double v) const {
    if (!floats) return static_cast<int64_t>(std::clamp(std::floor((v - origin) / unit + 0.5), -0x1p46, 0x1p46));
    const float size = static_cast<float>(std::min(std::fabs(v) / unit, 1e9));
    uint32_t bits;
    std::memcpy(&bits, &size, 4);
    const int64_t q = static_cast<int64_t>((uint64_t{bits} + ((uint64_t{1} << shift) >> 1)) >> shift);
    return limited(v < 0 ? -1 - q : q);
  }
};

/// Mixed decisions by any contexts.
class MixedNumbers {
 public:
  int64_t code(RangeReader& reader, int64_t set, const std::vector<int64_t>& contexts) {
    return residual(reader, [&](unsigned node) { return bit(reader, set, contexts, node); });
  }
  bool bit(RangeReader& reader, int64_t set, const std::vector<int64_t>& contexts, unsigned node = 0) {
    std::vector<Adaptive*> bits;
    for (size_t k = 0; k < contexts.size(); ++k) bits.push_back(&adaptive[{static_cast<int64_t>(k), contexts[k], node}]);
    return mixed.try_emplace({set, node}, static_cast<int64_t>(contexts.size())).first->second.code(reader, bits);
  }

 private:
  std::map<std::array<int64_t, 3>, Adaptive> adaptive;
  std::map<std::array<int64_t, 2>, Mixed> mixed;
};

/// 10.15
inline std::vector<int64_t> read_labels(const Octets& coded, const BeamNumbers& beams, uint64_t points) {
  RangeReader reader(coded);
  MixedNumbers model;
  const size_t count = beams.head_of.size();
  std::vector<size_t> place(count);
  for (size_t i = 0; i < count; ++i) place[beams.order[i]] = i;
  std::vector<int64_t> history(count), labels;
  int64_t recent = 0, skipped_before = 0;
  for (uint64_t p = 0; p < points; ++p) {
    size_t at = labels.empty() ? 0 : (place[static_cast<size_t>(labels.back())] + (beams.kind == 1 ? 0 : 1)) % count;
    int64_t skipped = 0;
    for (; skipped + 1 < static_cast<int64_t>(count); ++skipped, at = (at + 1) % count) {
      const size_t c = beams.order[at];
      const int64_t own = history[c], next = history[beams.order[(at + 1) % count]], some = std::min<int64_t>(skipped, 3);
      const bool hit =
          model.bit(reader, (own & 3) * 4 + some,
                    {static_cast<int64_t>(c) * 16 + (own & 15),
                     (own & 63) * 64 + (next & 3) * 16 + some * 4 + std::min<int64_t>(skipped_before, 3), (own & 3) * 1024 + recent});
      history[c] = (2 * own + hit) % 256;
      recent = (2 * recent + hit) % 1024;
      if (hit) break;
    }
    skipped_before = skipped;
    labels.push_back(static_cast<int64_t>(beams.order[at]));
  }
  return labels;
}

/// 10.15
class BeamPoints {
 public:
  BeamPoints(const BeamNumbers& numbers, const std::array<AxisNumbers, 3>& axes_)
      : beams(numbers), axes(axes_), lasers(numbers.head_of.size()), heads(numbers.heads.size()) {}

  /// `i`: of the frame.
  std::array<int64_t, 3> point(RangeReader& reader, size_t label, uint64_t i, double place) {
    size_t piece = 0;
    while (piece + 1 < beams.pieces.size() && beams.pieces[piece + 1] <= i) ++piece;
    const size_t h = piece * (beams.heads.size() / beams.pieces.size()) + beams.head_of[label];
    const auto& pose = beams.heads[h];
    Head& head = heads[h];
    Laser& laser = lasers[label];
    double o[3];
    for (size_t k = 0; k < 3; ++k) o[k] = pose[k] + pose[3 + k] * place;
    auto& [turned, turns] = pairs.try_emplace({head.last, label}, beams.step, 0).first->second;
    double clock = head.clock + (head.seen ? turned : 0), azimuth = wrap(clock + laser.azimuth);
    if (beams.step != 0) {
      const int64_t context = (label == head.last ? 0 : 9) + std::min<int64_t>(out[0], 2) * 3 + std::min<int64_t>(out[1], 2);
      const int64_t shots = std::clamp<int64_t>(residual(reader,
                                                         [&](unsigned node) {
                                                           return shot_bits[{context, node}].code(reader, 255);
                                                         }),
                                                -65536, 65536);
      out[1] = out[0];
      out[0] = std::abs(shots);
      clock = wrap(clock + static_cast<double>(shots) * beams.step);
      azimuth = wrap(azimuth + static_cast<double>(shots) * beams.step);
    }
    const auto [sine, cosine] = sincos(azimuth);
    const double ray[2] = {cosine, sine};
    const size_t a = std::fabs(cosine) >= std::fabs(sine) ? 0 : 1, b = 1 - a;
    const size_t beside = beside_of(label);
    if (beams.kind == 1) look_beside(label, beside, !head.seen || label != head.last, azimuth);
    std::array<double, 5> ranges = ranges_of(laser, lasers[beside]);
    if (met_here) {
      if (met_before && std::fabs(met[0] - met[1]) < 0.1 * ranges[0]) ranges[1] = ranges[0] * met[0] / met[1];
      ranges[4] = met[0] * ratio;
    }
    int64_t guess[5];
    size_t j = 0;
    for (size_t k = 0; k < 5; ++k) {
      guess[k] = axes[a].integer(o[a] + ranges[k] * ray[a]);
      if (laser.miss[k] < laser.miss[j]) j = k;
    }
    const int64_t sign = ray[a] < 0 ? -1 : 1, J = static_cast<int64_t>(j);
    const auto spread = [&](size_t k) {
      const int64_t d = sign * (guess[(j + k) % 5] - guess[j]), s = d < 0 ? -log_of(-d) : log_of(d);
      return std::clamp<int64_t>(s / 16, -15, 15) + 15;
    };
    const int64_t s0 = laser.size[0];
    Guided::Contexts contexts;
    for (const int64_t t : {std::min<int64_t>(s0 / 4, 255) * 5 + J,
                            std::min<int64_t>((s0 + laser.size[1]) / 8, 23) * 24 + std::min<int64_t>(lasers[beside].size[0] / 8, 23),
                            spread(1) * 31 + spread(2), spread(1) * 24 + std::min<int64_t>(s0 / 16, 23), static_cast<int64_t>(label),
                            std::clamp<int64_t>(head.size / 4, 0, 255) * 5 + J})
      contexts.push_back(static_cast<uint32_t>(t));
    Guided::Bells bells;
    for (size_t k = 0; k < 5; ++k) bells.push_back({static_cast<double>(sign * (guess[k] - guess[j])), scale_of(laser.miss[k])});
    const int64_t error = sign * first.number(reader, static_cast<unsigned>(j), contexts, bells);
    std::array<int64_t, 3> q{};
    q[a] = axes[a].limited(sum(guess[j], error));
    for (size_t k = 0; k < 5; ++k) laser.miss[k] += (16 * log_of(std::abs(q[a] - guess[k])) - laser.miss[k]) / 8;
    laser.size[1] = laser.size[0];
    laser.size[0] = log_of(std::abs(error));
    head.size += (laser.size[0] * 4 - head.size) / 4;
    const double u = axes[a].value(q[a]) - o[a], range = u / ray[a];
    q[b] = other(reader, label, head, 0, axes[b], o[b] + range * ray[b], range, 0);
    const double v = axes[b].value(q[b]) - o[b], flat = std::sqrt(u * u + v * v), dx = a == 0 ? u : v, dy = a == 0 ? v : u;
    q[2] = other(reader, label, head, 1, axes[2], o[2] + (laser.slope * flat + laser.above() + pose[6] * dx + pose[7] * dy), flat, 1);
    // What was learned.
    laser.when = ++now;
    laser.range = {flat, laser.range[0]};
    if (laser.seen < 1 << 20) ++laser.seen;
    if (!(flat > 1e-3 && flat < 1e9)) return q;
    if (met_here && std::fabs(flat / met[0] - ratio) < 0.1 * ratio) ratio += (flat / met[0] - ratio) * 0.25;
    const double height = axes[2].value(q[2]) - o[2] - pose[6] * dx - pose[7] * dy;
    const double steep = std::clamp(height / flat, -100.0, 100.0), inverse = 1 / flat;
    laser.slope += (steep - laser.above() * inverse - laser.slope) * (1.0 / static_cast<double>(std::min<int64_t>(laser.seen, 24)));
    const double by_steep = steep - laser.steep, by_inverse = inverse - laser.inverse;
    if (laser.has_steep && std::fabs(by_steep) < 0.01) {
      laser.sum = laser.sum * 0.999 + by_steep * by_inverse;
      laser.weight = laser.weight * 0.999 + by_inverse * by_inverse;
    }
    laser.steep = steep;
    laser.inverse = inverse;
    laser.has_steep = true;
    const double looked = atan2(dy, dx);
    if (beams.kind == 1) turns_of[label].push_back({looked, flat});
    if (!head.seen) {
      head.clock = looked;
      laser.azimuth = 0;
    } else if (laser.seen == 1) {
      laser.azimuth = wrap(looked - clock);
      head.clock = wrap(clock);
    } else {
      const double off = wrap(looked - laser.azimuth - clock);
      laser.azimuth += off * 0.03;
      head.clock = wrap(clock + (std::fabs(off) < 0.02 ? off * (beams.step != 0 ? 0.1 : 0.4) : off));
      if (turns < 64) ++turns;
      turned = std::clamp(turned + off / static_cast<double>(turns + 1), -1.0, 1.0);
    }
    head.seen = true;
    head.last = label;
    return q;
  }

 private:
  struct Laser {
    double azimuth = 0, slope = 0;
    double sum = 0, weight = 0, steep = 0, inverse = 0;
    bool has_steep = false;
    double above() const { return sum / (weight + 0.01); }
    std::array<double, 2> range{};
    std::array<int64_t, 5> miss{};
    std::array<int64_t, 2> size{}, reach{}, last{};
    int64_t seen = 0, when = 0;
  };
  struct Head {
    double clock = 0;
    size_t last = 0;
    int64_t size = 0;
    std::array<int64_t, 2> reach{};
    bool seen = false;
  };
  static int64_t sum(int64_t x, int64_t y) { return static_cast<int64_t>(static_cast<uint64_t>(x) + static_cast<uint64_t>(y)); }
  static double wrap(double x) { return x - 6.283185307179586 * std::floor(x / 6.283185307179586 + 0.5); }

  void look_beside(size_t label, size_t beside, bool begins, double azimuth) {
    if (begins) {
      turns_of[label].clear();
      turn_beside = beside;
      at = 0;
      ratio = 1;
      met_here = false;
    }
    met_before = met_here;
    met[1] = met[0];
    met_here = false;
    const auto& turn = turns_of[turn_beside];
    if (turn_beside == label || turn.empty()) return;
    const auto away = [&](size_t i) { return std::fabs(wrap(azimuth - turn[i][0])); };
    for (int i = 0; i < 64 && at + 1 < turn.size() && away(at + 1) <= away(at); ++i) ++at;
    met_here = away(at) <= 1.5 * std::fabs(beams.step);
    if (met_here) met[0] = turn[at][1];
  }
  size_t beside_of(size_t label) const {
    size_t best = label;
    double least = 1e300;
    for (size_t i = 0; i < lasers.size(); ++i) {
      if (i == label || lasers[i].seen == 0 || beams.head_of[i] != beams.head_of[label]) continue;
      const double away = std::fabs(lasers[i].slope - lasers[label].slope) * (lasers[i].when > lasers[label].when ? 1.0 : 2.0);
      if (away < least) least = away, best = i;
    }
    return best;
  }
  static std::array<double, 5> ranges_of(const Laser& l, const Laser& n) {
    const double r = l.seen > 0 ? l.range[0] : n.seen > 0 ? n.range[0] : 10.0;
    const double change = n.range[0] - n.range[1], step = l.seen > 1 ? l.range[0] - l.range[1] : 0.0;
    const bool newer = n.when > l.when && n.seen > 1 && l.seen > 0, calm = std::fabs(step) < 0.1 * r;
    const double inverse = 2 / r - 1 / l.range[1];
    return {r, newer && std::fabs(change) < 0.1 * r ? r + change : r, calm ? r + 0.5 * step : r,
            l.seen > 1 && calm && inverse > 0 ? 1 / inverse : r,
            newer && std::fabs(change) < 0.1 * r && n.range[1] > 1e-3 ? r * n.range[0] / n.range[1] : r};
  }
  int64_t other(RangeReader& reader, size_t label, Head& head, size_t w, const AxisNumbers& axis, double place, double range, int64_t set) {
    Laser& laser = lasers[label];
    const int64_t guess = axis.integer(place);
    const double step = std::fabs(axis.value(axis.limited(guess + 1)) - axis.value(guess));
    const int64_t far = log_of(static_cast<int64_t>(std::clamp(std::fabs(range) / (step > 1e-12 ? step : 1e-12), 0.0, 1e12)));
    const int64_t error =
        others[w].code(reader, set,
                       {std::min<int64_t>(far / 4, 127),
                        std::clamp<int64_t>((laser.reach[w] / 16 + far) / 16, 0, 23) * 24 + std::min<int64_t>(laser.last[w] / 8, 23),
                        std::clamp<int64_t>((head.reach[w] / 16 + far) / 4 + 128, 0, 511), static_cast<int64_t>(label)});
    const int64_t q = axis.limited(sum(guess, error));
    laser.last[w] = log_of(std::abs(q - guess));
    laser.reach[w] += ((laser.last[w] - far) * 16 - laser.reach[w]) / 8;
    head.reach[w] += ((laser.last[w] - far) * 16 - head.reach[w]) / 4;
    return q;
  }

  BeamNumbers beams;
  std::array<AxisNumbers, 3> axes;
  std::vector<Laser> lasers;
  std::vector<Head> heads;
  std::map<std::array<size_t, 2>, std::pair<double, int64_t>> pairs;
  std::map<std::array<int64_t, 2>, Adaptive> shot_bits;
  int64_t out[2] = {0, 0};
  Guided first{65536};
  std::array<MixedNumbers, 2> others;
  int64_t now = 0;
  std::map<size_t, std::vector<std::array<double, 2>>> turns_of;  // azimuth, range
  size_t turn_beside = 0, at = 0;
  double met[2] = {0, 0}, ratio = 1;
  bool met_here = false, met_before = false;
};

}  // namespace plain
