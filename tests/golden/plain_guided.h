// SPDX-License-Identifier: Apache-2.0
/// Numbers that guesses surround (section 10.17 of pointcloud/FORMAT.md), written from that page alone: slow, short, no code of
/// pointcloud/.
///
///   plain::Guided model(slots);   error = model.number(reader, set, contexts, bells);
#pragma once

#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <vector>

#include "tests/golden/plain_coders.h"

namespace plain {

struct Bell {
  double g = 0, scale = 1;
  static double above(double x) {
    const double r = std::sqrt(2 + x * x);
    return x > 0 ? 1 / (r * (r + x)) : 1 - 1 / (r * (r - x));
  }
  double mass(double a, double h) const {
    const double ua = (a - g) / scale, uh = (h - g) / scale;
    if (ua > 0) return above(ua) - above(uh);
    if (uh < 0) return above(-uh) - above(-ua);
    return 1 - above(-ua) - above(uh);
  }
};
/// Of 256 log2.
inline double scale_of(int64_t log) {
  const int64_t octave = static_cast<int64_t>(std::floor(static_cast<double>(log) / 256)), fraction = (log - 256 * octave) / 8;
  return std::ldexp(1.2 * static_cast<double>(nearest(65536 * std::exp2(static_cast<double>(fraction) / 32))) / 65536,
                    static_cast<int>(octave));
}
inline int64_t odds(double yes, double no) {
  if (!(yes + no > 1e-290)) return 0;
  return stretch(static_cast<int64_t>(std::clamp(65536 * (yes / (yes + no)), 1.0, 65535.0)));
}

/// E 10.4 with the odds of guesses before the constant.
struct MixedWithOdds {
  std::vector<int64_t> w, node;
  int64_t c = 0;
  MixedWithOdds(size_t contexts, size_t guesses) : w(2 * contexts, 65536 / 4 / static_cast<int64_t>(contexts)) {
    w.insert(w.end(), guesses, 65536 / 2 / static_cast<int64_t>(guesses));
    w.push_back(0);
    for (int64_t j = 0; j < 33; ++j) node.push_back(squash(176 * j - 2816));
  }
  bool code(RangeReader& reader, const std::vector<Adaptive*>& contexts, const std::vector<int64_t>& extra) {
    std::vector<int64_t> input;
    for (const Adaptive* context : contexts) {
      input.push_back(stretch(context->f));
      input.push_back(stretch(context->slow()));
    }
    input.insert(input.end(), extra.begin(), extra.end());
    input.push_back(256);
    int64_t sum = 0;
    for (size_t i = 0; i < w.size(); ++i) sum += input[i] * w[i];
    const int64_t x = std::clamp<int64_t>(sum >> 16, -2815, 2815), m = squash(x);
    const int64_t u = x + 2816, r = u % 176;
    const size_t j = static_cast<size_t>(u / 176);
    const int64_t between = (node[j] * (176 - r) + node[j + 1] * r) / 176;
    const bool bit = reader.bit(static_cast<uint64_t>(std::clamp<int64_t>((m + between + 1) >> 1, 1, 65535)));
    const int k = 17 - (c < 128 ? 2 : c < 1024 ? 1 : 0);
    if (c < 1024) ++c;
    const int64_t e = (bit ? 65536 : 0) - m;
    for (size_t i = 0; i < w.size(); ++i)
      w[i] = std::clamp<int64_t>(w[i] + ((input[i] * e + (int64_t{1} << (k - 1))) >> k), -(1 << 20), 1 << 20);
    int64_t& nearest_node = node[r * 2 >= 176 ? j + 1 : j];
    nearest_node += bit ? (65535 - nearest_node) >> 6 : -(nearest_node >> 6);
    for (Adaptive* context : contexts) context->update(bit, 1023);
    return bit;
  }
};

class Guided {
 public:
  using Contexts = std::vector<uint32_t>;
  using Bells = std::vector<Bell>;
  explicit Guided(uint64_t slots_) : slots(slots_) {}

  /// Whether a number lies in [m, h) rather than in [a, m).
  bool half(RangeReader& reader, unsigned set, unsigned node, const Contexts& t, const Bells& bells, double a, double m, double h) {
    return decision(reader, set, node, t, bells, [&](const Bell& bell) { return odds(bell.mass(m, h), bell.mass(a, m)); });
  }
  int64_t number(RangeReader& reader, unsigned set, const Contexts& t, Bells bells) {
    if (decision(reader, set, 0, t, bells, [](const Bell& bell) {
          const double yes = bell.mass(-0.5, 0.5);
          return odds(yes, 1 - yes);
        }))
      return 0;
    const bool negative =
        decision(reader, set, 1, t, bells, [](const Bell& bell) { return odds(bell.mass(-1e19, -0.5), bell.mass(0.5, 1e19)); });
    for (Bell& bell : bells) bell.g = negative ? -bell.g : bell.g;
    const auto at_least = [&](unsigned node, double a, double m, double h) {
      return half(reader, set, node, t, bells, a - 0.5, m - 0.5, h - 0.5);
    };
    unsigned top = 0;
    double low = 1;
    while (top < 62 && at_least(2 + top, low, 2 * low, 1e19)) ++top, low *= 2;
    uint64_t size = 1;
    unsigned left = top;
    double width = low;
    for (unsigned i = 0; i < 4 && left > 0; ++i) {
      constexpr unsigned kFirst[4] = {65, 128, 256, 384};
      const unsigned node = i == 0 ? kFirst[0] + top : kFirst[i] + 2 * top + static_cast<unsigned>(size & 1);
      width /= 2;
      const bool upper = at_least(node, low, low + width, low + 2 * width);
      if (upper) low += width;
      size = 2 * size + upper;
      --left;
    }
    if (left > 0) size = size << left | reader.raw(left);
    return negative ? -static_cast<int64_t>(size) : static_cast<int64_t>(size);
  }

 private:
  bool decision(RangeReader& reader, unsigned set, unsigned node, const Contexts& t, const Bells& bells,
                const std::function<int64_t(const Bell&)>& odds_of) {
    std::vector<Adaptive*> contexts;
    for (size_t i = 0; i < t.size(); ++i) {
      const uint32_t place = ((t[i] * 0x9e3779b1u >> 8) ^ (node * 0x85ebca6bu >> 12)) & static_cast<uint32_t>(slots - 1);
      contexts.push_back(&bits[{i, place}]);
    }
    std::vector<int64_t> extra;
    for (const Bell& bell : bells) extra.push_back(odds_of(bell));
    return mixed.try_emplace({set, node}, t.size(), bells.size()).first->second.code(reader, contexts, extra);
  }

  uint64_t slots;
  std::map<std::pair<size_t, uint32_t>, Adaptive> bits;
  std::map<std::pair<unsigned, unsigned>, MixedWithOdds> mixed;
};

}  // namespace plain
