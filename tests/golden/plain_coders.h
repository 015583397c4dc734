// SPDX-License-Identifier: Apache-2.0
/// A second decoder of all coders and networks, written from entropy/FORMAT.md sections 10 and 11 alone: slow, short, no code of entropy/.
/// Section numbers are those of the page. Tables are computed from their formulas with libm, which the page allows: none is close to a
/// half.
///
///   plain::RangeReader reader(bytes);
///   const uint64_t value = reader.raw(20);
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace plain {

using Octets = std::vector<uint8_t>;

inline int64_t nearest(double x) { return std::llround(x); }

/// 10.1
class RangeReader {
 public:
  explicit RangeReader(Octets octets) : bytes(std::move(octets)) {
    for (int i = 0; i < 8; ++i) offset = offset << 8 | next();
  }
  bool bit(uint64_t p1) {
    const uint64_t bound = (range >> 16) * p1;
    const bool result = offset < bound;
    if (result) {
      range = bound;
    } else {
      offset -= bound;
      range -= bound;
    }
    refill();
    return result;
  }
  uint64_t target(unsigned total_bits) {
    step = range >> total_bits;
    return std::min(offset / step, (uint64_t{1} << total_bits) - 1);
  }
  void take(uint64_t start, uint64_t size) {
    offset -= step * start;
    range = step * size;
    refill();
  }
  uint64_t raw(unsigned n) {
    uint64_t value = 0;
    while (n > 0) {
      // The topmost 16 bits first; what is left over comes last.
      const unsigned part = n > 16 ? 16 : n;
      const uint64_t bits = target(part);
      take(bits, 1);
      value = value << part | bits;
      n -= part;
    }
    return value;
  }
  bool at_end() const { return read >= bytes.size() + 6 && read <= bytes.size() + 8; }

 private:
  uint8_t next() { return read < bytes.size() ? bytes[read++] : (++read, uint8_t{0}); }
  void refill() {
    while (range < uint64_t{1} << 48) {
      range <<= 16;
      offset = offset << 8 | next();
      offset = offset << 8 | next();
    }
  }
  Octets bytes;
  size_t read = 0;
  uint64_t range = ~uint64_t{0}, offset = 0, step = 0;
};

/// 10.2
struct Adaptive {
  int64_t p = 1 << 21, n = 0, f = 1 << 15;
  int64_t slow() const { return p >> 6; }
  bool code(RangeReader& reader, int64_t history) {
    const bool bit = reader.bit(static_cast<uint64_t>(std::clamp<int64_t>((3 * f + 5 * slow()) >> 3, 32, 65504)));
    update(bit, history);
    return bit;
  }
  void update(bool bit, int64_t history) {
    const int64_t s = 131072 / (2 * n + 3), g = std::max<int64_t>(s, 10922);
    p += bit ? (((1 << 22) - 1 - p) * s) >> 16 : -((p * s) >> 16);
    f += bit ? ((65535 - f) * g) >> 16 : -((f * g) >> 16);
    if (n < history) ++n;
  }
};

/// 10.3; `bit(node)` decodes one decision.
inline int64_t residual(RangeReader& reader, const std::function<bool(unsigned)>& bit) {
  if (bit(0)) return 0;
  const bool negative = bit(1);
  unsigned top = 0;
  while (top < 62 && bit(2 + top)) ++top;
  uint64_t size = 1;
  unsigned left = top;
  if (left > 0) --left, size = 2 * size + bit(65 + top);
  if (left > 0) --left, size = 2 * size + bit(128 + 2 * top + static_cast<unsigned>(size & 1));
  if (left > 0) size = size << left | reader.raw(left);
  return negative ? -static_cast<int64_t>(size) : static_cast<int64_t>(size);
}

/// 10.4
inline int64_t stretch(int64_t p1) {
  const double q = (16 * static_cast<double>(p1 >> 4) + 8) / 65536;
  return nearest(256 * std::log(q / (1 - q)));
}
inline int64_t squash(int64_t x) {
  x = std::clamp<int64_t>(x, -2815, 2815);
  if (x < 0) return 65536 - squash(-x);
  return std::min<int64_t>(65535, nearest(65536 / (1 + std::exp(-static_cast<double>(x) / 256))));
}
struct Mixed {
  std::vector<int64_t> w, node;
  int64_t c = 0;
  explicit Mixed(int64_t contexts) : w(static_cast<size_t>(2 * contexts), 39321 / contexts) {
    w.push_back(0);
    for (int64_t j = 0; j < 33; ++j) node.push_back(squash(176 * j - 2816));
  }
  bool code(RangeReader& reader, const std::vector<Adaptive*>& contexts) {
    return step([&](uint64_t p1) { return reader.bit(p1); }, contexts);
  }
  /// Learns a bit that is known already.
  bool told(bool bit, const std::vector<Adaptive*>& contexts) {
    return step([&](uint64_t) { return bit; }, contexts);
  }
  bool step(const std::function<bool(uint64_t)>& bit_under, const std::vector<Adaptive*>& contexts) {
    std::vector<int64_t> input;
    for (const Adaptive* context : contexts) {
      input.push_back(stretch(context->f));
      input.push_back(stretch(context->slow()));
    }
    input.push_back(256);
    int64_t sum = 0;
    for (size_t i = 0; i < w.size(); ++i) sum += input[i] * w[i];
    const int64_t x = std::clamp<int64_t>(sum >> 16, -2815, 2815), m = squash(x);
    const int64_t u = x + 2816, r = u % 176;
    const size_t j = static_cast<size_t>(u / 176);
    const int64_t between = (node[j] * (176 - r) + node[j + 1] * r) / 176;
    const bool bit = bit_under(static_cast<uint64_t>(std::clamp<int64_t>((m + between + 1) >> 1, 1, 65535)));
    const int k = 16 - (c < 128 ? 2 : c < 1024 ? 1 : 0);
    if (c < 1024) ++c;
    const int64_t e = (bit ? 65536 : 0) - m;
    for (size_t i = 0; i < w.size(); ++i) {
      w[i] = std::clamp<int64_t>(w[i] + ((input[i] * e + (int64_t{1} << (k - 1))) >> k), -(1 << 20), 1 << 20);
    }
    int64_t& nearest_node = node[r * 2 >= 176 ? j + 1 : j];
    nearest_node += bit ? (65535 - nearest_node) >> 6 : -(nearest_node >> 6);
    for (Adaptive* context : contexts) context->update(bit, 1023);
    return bit;
  }
};

/// 10.5
struct Component {
  int64_t c, l, g;
};
class Mixture {
 public:
  Mixture(std::vector<Component> parts, int64_t first, int64_t last) : components(std::move(parts)), lo(first), hi(last) {
    size_t top = 0;
    for (size_t k = 1; k < components.size(); ++k) top = components[k].g > components[top].g ? k : top;
    int64_t sum = 0, left = 65536;
    for (const Component& part : components) {
      w.push_back(weight(components[top].g - part.g));
      sum += w.back();
    }
    for (int64_t& weight : w) left -= weight = (weight * ((int64_t{1} << 32) / sum)) >> 16;
    w[top] += left;
    const int64_t count = hi - lo + 1;
    int bits = 0;
    while (count >> bits != 0) ++bits;
    floor = std::max<int64_t>(1, (1 << 18) >> bits);
    spread = (int64_t{1} << 30) - count * floor;
  }
  int64_t start(int64_t x) const {
    if (x == lo) return 0;
    if (x == hi + 1) return int64_t{1} << 30;
    int64_t sum = 0;
    for (size_t k = 0; k < components.size(); ++k) {
      const int64_t a = 256 * x - 128 - components[k].c, l = std::clamp<int64_t>(components[k].l, -128, 768);
      const int64_t inverse = nearest(65536 * std::exp2(-static_cast<double>(l & 31) / 32));
      const int64_t z = std::min<int64_t>(((a < 0 ? -a : a) * inverse) >> ((l >> 5) + 7), 768 * 4096);
      const int64_t t = tail(z >> 12) - (((tail(z >> 12) - tail((z >> 12) + 1)) * (z & 4095)) >> 12);
      sum += w[k] * (a < 0 ? t : (int64_t{1} << 30) - t);
    }
    return (x - lo) * floor + (((sum >> 16) * spread) >> 30);
  }
  int64_t code(RangeReader& reader) const {
    return code_by(reader, [&](int64_t x) { return start(x); });
  }
  /// Of a component whose logit is so much less than the largest.
  static int64_t weight(int64_t less) {
    const int64_t d = std::min<int64_t>(less, 3071), coarse = nearest(65536 * std::exp(-static_cast<double>(d / 64) / 4));
    return (coarse * nearest(65536 * std::exp(-static_cast<double>(d % 64) / 256))) >> 16;
  }
  static int64_t tail(int64_t i) { return i >= 768 ? 0 : nearest(1073741824.0 / (1 + std::exp(static_cast<double>(i) / 32))); }
  /// The same under other places where symbols start.
  template <class Start>
  int64_t code_by(RangeReader& reader, Start starts) const {
    const int64_t target = static_cast<int64_t>(reader.target(30));
    int64_t a = lo, b = hi + 1;
    while (b - a > 1) (starts(a + (b - a) / 2) <= target ? a : b) = a + (b - a) / 2;
    reader.take(static_cast<uint64_t>(starts(a)), static_cast<uint64_t>(starts(a + 1) - starts(a)));
    return a;
  }

 private:
  std::vector<Component> components;
  std::vector<int64_t> w;
  int64_t lo, hi, floor = 0, spread = 0;
};

/// 10.6 and 10.7; the bytes must be sound.
inline uint64_t varint(const Octets& bytes, size_t& at) {
  uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const uint64_t byte = bytes.at(at++);
    value |= (byte & 127) << shift;
    if (byte < 128) return value;
  }
}
inline std::vector<uint32_t> frequencies(const Octets& bytes, size_t& at) {
  std::vector<uint32_t> result;
  for (uint64_t sum = 0; sum < 4096; sum += result.back()) {
    result.push_back(static_cast<uint32_t>(varint(bytes, at)));
    if (result.back() == 0) result.insert(result.end(), varint(bytes, at), 0);
    if (result.empty()) break;
  }
  result.resize(256);
  return result;
}
inline Octets rans(const Octets& bytes, const std::vector<uint32_t>& frequency, size_t count) {
  const size_t lanes = size_t{1} << bytes.at(0);
  std::vector<uint32_t> state(lanes);
  size_t at = 1;
  for (uint32_t& x : state) {
    for (unsigned shift = 0; shift < 32; shift += 8) x |= uint32_t{bytes.at(at++)} << shift;
  }
  Octets symbols;
  for (size_t i = 0; i < count; ++i) {
    uint32_t& x = state[i % lanes];
    uint32_t symbol = 0, start = 0;
    while (start + frequency[symbol] <= (x & 4095)) start += frequency[symbol++];
    x = frequency[symbol] * (x >> 12) + (x & 4095) - start;
    if (x < 65536) {
      x = x << 16 | bytes.at(at) | uint32_t{bytes.at(at + 1)} << 8;
      at += 2;
    }
    symbols.push_back(static_cast<uint8_t>(symbol));
  }
  const bool sound = at == bytes.size() && std::all_of(state.begin(), state.end(), [](uint32_t x) { return x == 65536; });
  return sound ? symbols : Octets{};
}

/// 11: reads a sound .inet file and runs it.
inline std::vector<int64_t> run_inet(const Octets& bytes, std::vector<int64_t> values, const std::vector<uint64_t>& rows) {
  size_t at = 6;
  const auto number = [&](unsigned size) {
    uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) value |= uint64_t{bytes.at(at++)} << (8 * i);
    const unsigned unused = 64 - 8 * size;
    return static_cast<int64_t>(value << unused) >> unused;  // signed; the unsigned fields are masked below
  };
  struct Layer {
    int64_t outputs, activation, shift, clip;
  };
  const int64_t input_count = number(2) & 0xffff, limit = number(2) & 0xffff, embeddings = number(1), layer_count = number(1);
  std::vector<std::pair<int64_t, int64_t>> tables(static_cast<size_t>(embeddings));
  for (auto& [table_rows, shift] : tables) table_rows = number(4), shift = number(1);
  std::vector<Layer> layers(static_cast<size_t>(layer_count));
  for (Layer& layer : layers) layer = {number(2) & 0xffff, number(1), number(1), number(2) & 0xffff};
  std::vector<int64_t> sums(static_cast<size_t>(layers[0].outputs));
  for (size_t e = 0; e < tables.size(); ++e) {
    const int64_t chosen = std::min<int64_t>(static_cast<int64_t>(rows[e]), tables[e].first - 1);
    for (int64_t row = 0; row < tables[e].first; ++row) {
      for (int64_t& sum : sums) {
        const int64_t value = number(2);
        if (row == chosen) sum += value * (int64_t{1} << tables[e].second);
      }
    }
  }
  values.resize(static_cast<size_t>(input_count));
  for (int64_t& value : values) value = std::clamp(value, -limit, limit);
  for (const Layer& layer : layers) {
    sums.resize(static_cast<size_t>(layer.outputs));
    for (int64_t& sum : sums) sum += number(4);
    for (int64_t& sum : sums) {
      for (const int64_t value : values) sum += number(1) * value;
      sum = (sum + (layer.shift > 0 ? int64_t{1} << (layer.shift - 1) : 0)) >> layer.shift;
      if (layer.activation == 1) sum = std::clamp<int64_t>(sum, 0, layer.clip);
      if (layer.activation == 2) sum = std::clamp<int64_t>(sum, -layer.clip, layer.clip);
    }
    values = std::move(sums);
    sums.clear();
  }
  return values;
}

}  // namespace plain
