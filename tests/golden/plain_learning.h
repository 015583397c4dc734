// SPDX-License-Identifier: Apache-2.0
/// Networks that learn, as pointcloud/FORMAT.md section 10.19 gives them, written from that page alone.
///
///   plain::Learning learning(network_file);
///   learning.start_row();
///   const std::vector<int64_t> outputs = learning.outputs(inputs);
///   learning.learn(outputs, centres, range);
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/golden/plain_coders.h"

namespace plain {

/// Two .inet files where one is passed on.
inline Octets with_second(Octets first, const Octets& second) {
  const size_t size = first.size();
  first.insert(first.end(), second.begin(), second.end());
  for (unsigned i = 0; i < 4; ++i) first.push_back(static_cast<uint8_t>(size >> (8 * i)));
  return first;
}
inline Octets second_of(const Octets& both) {
  size_t size = 0;
  for (unsigned i = 0; i < 4; ++i) size |= size_t{both[both.size() - 4 + i]} << (8 * i);
  return Octets(both.begin() + static_cast<ptrdiff_t>(size), both.end() - 4);
}

class Learning {
 public:
  /// A sound .inet file without embeddings.
  explicit Learning(const Octets& file) {
    size_t at = 6;
    const auto number = [&](unsigned size) {
      uint64_t value = 0;
      for (unsigned i = 0; i < size; ++i) value |= uint64_t{file.at(at++)} << (8 * i);
      return static_cast<int64_t>(value << (64 - 8 * size)) >> (64 - 8 * size);
    };
    size_t inputs = static_cast<size_t>(number(2) & 0xffff);
    number(2), number(1);
    layers.resize(static_cast<size_t>(number(1)));
    std::vector<float> scale;
    for (Layer& layer : layers) {
      layer.used = static_cast<size_t>(number(2) & 0xffff);
      number(1);
      scale.push_back(std::exp2(static_cast<float>(-8 - number(1))));
      layer.most = static_cast<float>(number(2) & 0xffff) / 256;
    }
    for (size_t l = 0; l < layers.size(); ++l) {
      Layer& layer = layers[l];
      layer.y.resize((layer.used + 15) / 16 * 16);
      layer.b = layer.mean_g = layer.y;
      layer.w.assign(inputs, layer.y);
      layer.x.resize(inputs);
      layer.mean_x = layer.x;
      for (size_t o = 0; o < layer.used; ++o) layer.b[o] = static_cast<float>(number(4)) * scale[l];
      const size_t stored = l == 0 ? inputs : layers[l - 1].used;
      for (size_t o = 0; o < layer.used; ++o)
        for (size_t i = 0; i < stored; ++i) layer.w[i][o] = static_cast<float>(number(1)) * (scale[l] * (l == 0 ? 64 : 256));
      inputs = layer.y.size();
    }
  }
  void start_row() { shift.assign(layers.back().used, 0); }
  std::vector<int64_t> outputs(const std::vector<int64_t>& inputs) {
    for (size_t i = 0; i < inputs.size(); ++i) layers[0].x[i] = static_cast<float>(inputs[i]) / 64;
    for (size_t l = 0; l < layers.size(); ++l) {
      Layer& layer = layers[l];
      for (size_t o = 0; o < layer.y.size(); ++o) {
        volatile float sum = layer.b[o];
        for (size_t i = 0; i < layer.x.size(); ++i) {
          volatile const float product = layer.x[i] * layer.w[i][o];
          if (layer.x[i] != 0) sum = sum + product;
        }
        layer.y[o] = sum;
      }
      if (l + 1 == layers.size()) break;
      for (size_t o = 0; o < layer.y.size(); ++o) layers[l + 1].x[o] = layer.y[o] > 0 ? std::min(layer.y[o], layer.most) : 0;
    }
    constexpr float kMost = 32767 / 256.0F;
    std::vector<int64_t> out;
    for (size_t o = 0; o < shift.size(); ++o) {
      const float v = layers.back().y[o] + shift[o], kept = v > -kMost ? std::min(v, kMost) : -kMost;
      out.push_back(static_cast<int64_t>((kept + kMost) * 256 + 0.5F) - 32767);
    }
    return out;
  }
  void learn(const std::vector<int64_t>& out, const std::vector<int64_t>& centres, int64_t range) {
    std::vector<float> g = slopes(out, centres, range);
    for (size_t o = 0; o < g.size(); ++o) shift[o] -= g[o] / 128;
    unseen -= unseen / 1024;
    const float seen = 1 / (1 - unseen);
    for (size_t l = layers.size(); l-- > 0;) {
      Layer& layer = layers[l];
      g.resize(layer.y.size(), 0);
      const std::vector<float> steps = by_usual(g, 0x1p-13F, 0x1p-10F, seen, layer.mean_g),
                               values = by_usual(layer.x, 1, 0x1p-6F, seen, layer.mean_x);
      std::vector<float> before(layer.x.size(), 0);
      for (size_t o = 0; o < steps.size(); ++o) layer.b[o] -= steps[o];
      for (size_t i = 0; i < before.size(); ++i) {
        if (layer.x[i] == 0) continue;
        float parts[16] = {};
        for (size_t o = 0; o < g.size(); ++o) {
          volatile const float product = layer.w[i][o] * g[o];
          parts[o % 16] += product;
        }
        for (size_t half = 8; half > 0; half /= 2)
          for (size_t k = 0; k < half; ++k) parts[k] += parts[k + half];
        if (l > 0 && layer.x[i] < layers[l - 1].most) before[i] = parts[0];
        for (size_t o = 0; o < g.size(); ++o) {
          volatile const float step = values[i] * steps[o];
          layer.w[i][o] -= step;
        }
      }
      g = before;
    }
  }

 private:
  struct Layer {
    size_t used = 0;
    float most = 0;
    std::vector<std::vector<float>> w;  // [input][output]
    std::vector<float> b, x, y, mean_x, mean_g;
  };

  static std::vector<float> by_usual(const std::vector<float>& numbers, float rate, float least, float seen, std::vector<float>& mean) {
    std::vector<float> result;
    for (size_t i = 0; i < numbers.size(); ++i) {
      volatile const float square = numbers[i] * numbers[i];
      volatile const float away = (square - mean[i]) / 1024;
      mean[i] += away;
      volatile const float usual = std::sqrt(mean[i] * seen);
      result.push_back(rate * numbers[i] / (usual + least));
    }
    return result;
  }

  static std::vector<float> slopes(const std::vector<int64_t>& out, const std::vector<int64_t>& centres, int64_t range) {
    const size_t count = centres.size();
    const int64_t least = count == 7 ? -512 : -1024;
    const double ln2 = 0.69314718055994530942;
    const int64_t top = *std::max_element(out.begin(), out.begin() + static_cast<ptrdiff_t>(count));
    std::vector<double> w, m, by_scale, by_offset;
    double sum = 0, weighted = 0;
    for (size_t k = 0; k < count; ++k) {
      const int64_t l = std::clamp<int64_t>(out[count + k], least, 3584) >> 3, o = std::clamp<int64_t>(out[2 * count + k], -1024, 1024);
      const int64_t factor = nearest(65536 * std::exp2(static_cast<double>(l & 31) / 32));
      const int64_t c = std::clamp<int64_t>(16 * centres[k] + ((o * factor * (int64_t{1} << ((l + 128) >> 5))) >> 20), 0, int64_t{1} << 30);
      int64_t below[2];
      double density[2], scales[2];
      for (int e = 0; e < 2; ++e) {
        const int64_t a = 256 * (range + e) - 128 - c, inverse = nearest(65536 * std::exp2(-static_cast<double>(l & 31) / 32));
        const int64_t z = std::min<int64_t>((std::abs(a) * inverse) >> ((l >> 5) + 7), 768 * 4096);
        const int64_t t = Mixture::tail(z >> 12) - (((Mixture::tail(z >> 12) - Mixture::tail((z >> 12) + 1)) * (z & 4095)) >> 12);
        const double beyond = static_cast<double>(t) * 0x1p-30;
        below[e] = a < 0 ? t : (int64_t{1} << 30) - t;
        density[e] = beyond * (1 - beyond);
        scales[e] = (a < 0 ? -1 : 1) * static_cast<double>(z) * 0x1p-17;
      }
      const double offset = static_cast<double>(o) / 256;
      m.push_back(static_cast<double>(below[1] - below[0]) * 0x1p-30);
      by_offset.push_back(density[0] - density[1]);
      by_scale.push_back(ln2 * (density[0] * (scales[0] + offset) - density[1] * (scales[1] + offset)));
      w.push_back(static_cast<double>(Mixture::weight(top - out[k])));
      sum += w[k];
      weighted += w[k] * m[k];
    }
    const double mass = weighted / sum, total = (mass + 0x1p-28) * sum;
    const auto within = [](int64_t value, int64_t low, int64_t high) { return value >= low && value <= high ? 1.0 : 0.0; };
    std::vector<float> result;
    for (size_t k = 0; k < count; ++k) result.push_back(static_cast<float>(w[k] / total * (mass - m[k])));
    for (size_t k = 0; k < count; ++k)
      result.push_back(static_cast<float>(-(w[k] / total) * by_scale[k] * within(out[count + k], least, 3584)));
    for (size_t k = 0; k < count; ++k)
      result.push_back(static_cast<float>(-(w[k] / total) * by_offset[k] * within(out[2 * count + k], -1024, 1024)));
    return result;
  }

  std::vector<Layer> layers;
  std::vector<float> shift;
  float unseen = 1;
};

}  // namespace plain
