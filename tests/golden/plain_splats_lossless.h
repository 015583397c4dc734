// SPDX-License-Identifier: Apache-2.0
/// Lossless chunks of splats, written from gaussians/FORMAT.md section 11 alone: slow, short, no code of gaussians/. Section numbers are
/// those of the page. Chunks must be sound.
///
///   plain::LosslessChunk chunk(payload, count, degree, {{6, "nx"}});
///   std::vector<uint32_t> words = chunk.position;
#pragma once

#include <stdexcept>
#include <string>

#include "tests/golden/plain_splat_lattices.h"

namespace plain {

/// 11.1 and 11.2
struct Plane {
  bool is_sh = false, constant = false;
  uint32_t value = 0;
  double centre = 0, unit = 1;
  int64_t lattice = -149;
  std::vector<uint32_t> palette, frequent;
  std::vector<uint32_t> words;  ///< by splat, in file order

  // 11.6
  FloatColumn column;
  SteadyBits own_shapes, number;
  std::map<int64_t, Adaptive> is_frequent;
  double m = 1, n = 4, a = 0, b = 1;
  std::array<double, 8> taps{0.2, 0.5, 0.1, 0.1, 0.1, 0, 0, 0};
};

/// 11.5 and 11.6: what is kept of a splat.
struct Told {
  std::array<float, 3> place{};
  size_t splat = 0;
  std::vector<float> z, errors;
  std::vector<int64_t> flags;
  double mean_error = 0;
};

class PlaneReader {
 public:
  PlaneReader(RangeReader& from, std::vector<Plane*> varying, bool with_copies)
      : reader(from),
        planes(std::move(varying)),
        copies(with_copies),
        regressed(std::min<size_t>(planes.size(), 80)),
        slow(regressed, regressed, 128, 0.97f, 2e-4),
        fast(0, regressed, 16, 0.8f, 1e-3) {}

  void read(size_t splat, const std::array<float, 3>& place) {
    find_near(place);
    Told now{place, splat, std::vector<float>(planes.size()), std::vector<float>(planes.size()), std::vector<int64_t>(planes.size()), 0};
    if (!near.empty() && twin[near_distance == 0].code(reader, 1023)) {
      const Told& first = *near[0];
      for (Plane* plane : planes) plane->words[splat] = plane->words[first.splat];
      now = first;
      now.place = place;
      now.splat = splat;
    } else {
      own_values(splat, now);
    }
    if (told.size() == 64) told.erase(told.begin());
    told.push_back(now);
  }

 private:
  void find_near(const std::array<float, 3>& place) {
    std::vector<std::pair<float, const Told*>> all;
    for (size_t i = told.size(); i-- > 0;) {
      const float dx = told[i].place[0] - place[0], dy = told[i].place[1] - place[1], dz = told[i].place[2] - place[2];
      all.emplace_back(dx * dx + dy * dy + dz * dz, &told[i]);
    }
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    if (all.size() > 3) all.resize(3);
    near.clear();
    weights.clear();
    float sum = 0;
    for (const auto& [square, other] : all) {
      const auto distance = [](float d) { return std::sqrt(std::min(d, 1e36f)); };
      near.push_back(other);
      weights.push_back(1 / (distance(square) + (0.3f * distance(all[0].first) + 1e-18f)));
      sum += weights.back();
    }
    for (float& w : weights) w /= sum;
    near_distance = all.empty() ? 1 : all[0].first;
  }

  void own_values(size_t splat, Told& now) {
    const size_t count = planes.size();
    near_z.assign(count, 0.0f);
    near_error.assign(count, near.empty() ? 1.0f : 0.0f);
    r_mean = near.empty() ? 1 : 0;
    const float share = near.empty() ? 0 : 1 / static_cast<float>(near.size());
    for (size_t i = 0; i < near.size(); ++i) {
      for (size_t k = 0; k < count; ++k) near_z[k] += weights[i] * near[i]->z[k];
      for (size_t k = 0; k < count; ++k) near_error[k] += share * near[i]->errors[k];
      r_mean += static_cast<double>(share) * near[i]->mean_error;
    }
    error_sum = error_count = 0;
    errors.assign(count, 0);
    slow.start(near_z);
    fast.start({});
    size_t source = splat;
    for (size_t k = 0; k < count; ++k) {
      uint32_t& word = planes[k]->words[splat];
      if (source != splat) {
        word = planes[k]->words[source];
        skip(k, word, now);
        continue;
      }
      word = value(k, now);
      if (k > 0 || !copies) continue;
      const auto [at, is_new] = last_of_word.try_emplace(word, splat);
      if (is_new) continue;
      if (copy.code(reader, 1023)) source = at->second;
      at->second = splat;
    }
    for (size_t k = 0; k < count; ++k) now.errors[k] = static_cast<float>(errors[k]);
    now.mean_error = (error_sum + 2) / (error_count + 2);
    const float w = static_cast<float>(1 / (0.1 + now.mean_error * now.mean_error));
    slow.learn(w);
    fast.learn(w);
  }

  static float z_of(const Plane& plane, uint32_t word) {
    const float x = float_of(word);
    if (!std::isfinite(x)) return 0;
    return static_cast<float>(std::clamp((static_cast<double>(x) - plane.centre) / plane.unit, -200.0, 200.0));
  }
  void show(size_t k, float z, Told& now) {
    now.z[k] = z;
    if (k >= regressed) return;
    const double missed = (static_cast<double>(z) - static_cast<double>(slow.prediction(k))) / planes[k]->m;
    slow.reveal(k, z);
    fast.reveal(k, static_cast<float>(std::clamp(missed, -20.0, 20.0)));
  }
  void skip(size_t k, uint32_t word, Told& now) {
    errors[k] = 1;
    error_sum += error_count > 0 ? error_sum / (2 * error_count) : 0.5;
    error_count += 0.5;
    show(k, z_of(*planes[k], word), now);
  }

  uint32_t value(size_t k, Told& now) {
    Plane& plane = *planes[k];
    if (!plane.frequent.empty()) {
      const auto flag = [&](size_t back) { return k >= back ? now.flags[k - back] : 0; };
      const int64_t context = flag(1) + 2 * flag(3) + 4 * flag(6) + 8 * (near.empty() ? 0 : near[0]->flags[k]);
      now.flags[k] = plane.is_frequent[context].code(reader, 1023);
      if (now.flags[k] != 0) {
        int64_t node = 1;
        for (int i = 0; i < 8 && plane.frequent.size() > 1; ++i) node = 2 * node + plane.number[{0, node}].code(reader);
        const size_t i = plane.frequent.size() > 1 ? static_cast<size_t>(node - 256) : 0;
        const uint32_t word = plane.frequent[std::min(i, plane.frequent.size() - 1)];
        skip(k, word, now);
        return word;
      }
    }
    double s = 0, c = 0, p = static_cast<double>(near_z[k]);
    if (k < regressed) {
      s = static_cast<double>(slow.prediction(k));
      c = static_cast<double>(fast.prediction(k)) * plane.m;
      p = s + std::clamp(plane.a / plane.b, 0.0, 1.0) * c;
    }
    const auto r = [&](size_t back) { return k >= back ? std::min(errors[k - back], 6.0) : 1.0; };
    const std::array<double, 8> u{1,
                                  (error_sum + 4 * r_mean) / (error_count + 4),
                                  r(1),
                                  r(2),
                                  r(3),
                                  std::min(r_mean, 6.0),
                                  std::min(static_cast<double>(near_error[k]), 6.0),
                                  r(6)};
    double h = 0;
    for (size_t i = 0; i < 8; ++i) h += plane.taps[i] * u[i];
    SteadyBits& shapes = plane.lattice > -149 ? plane.own_shapes : plane.is_sh ? sh_shapes : other_shapes;
    const uint32_t word =
        float_around(reader, plane.centre + p * plane.unit, plane.m * std::max(0.05, h) * plane.unit, plane.lattice, plane.column, shapes);
    const float z = z_of(plane, word);
    if (k < regressed) {
      const double bound = 5 * plane.m, error = std::clamp(static_cast<double>(z) - s, -bound, bound);
      c = std::clamp(c, -bound, bound);
      plane.a = 0.98 * plane.a + c * error;
      plane.b = 0.98 * plane.b + c * c + 1e-30;
    }
    const double d = std::fabs(static_cast<double>(z) - p), damping = std::max(h, 0.3);
    errors[k] = std::min(d / plane.m, 20.0);
    const double step = 0.002 * (std::min(errors[k], 6.0) - h) / (damping * damping);
    for (size_t i = 0; i < 8; ++i) plane.taps[i] = std::clamp(plane.taps[i] + step * u[i], -4.0, 4.0);
    error_sum += errors[k];
    error_count += 1;
    plane.n = std::min(plane.n + 1, 2000.0);
    plane.m += (std::min(d, 20 * plane.m) - plane.m) / plane.n;
    plane.m = std::max(plane.m, 1e-9);
    show(k, z, now);
    return word;
  }

  RangeReader& reader;
  std::vector<Plane*> planes;
  bool copies;
  size_t regressed;
  Regression slow, fast;
  SteadyBits sh_shapes, other_shapes;
  std::array<Adaptive, 2> twin;
  Adaptive copy;
  std::map<uint32_t, size_t> last_of_word;
  std::vector<Told> told;  // the last 64
  std::vector<const Told*> near;
  std::vector<float> weights, near_z, near_error;
  float near_distance = 1;
  std::vector<double> errors;
  double r_mean = 1, error_sum = 0, error_count = 0;
};

class LosslessChunk {
 public:
  std::vector<uint32_t> position;
  std::vector<Plane> planes;
  std::vector<size_t> planes_of_extra;  ///< of each extra property
  std::vector<bool> as_words;

  /// `types`: of the extra properties. `first_splat`: number of the first one in the scene.
  LosslessChunk(const Octets& payload, size_t splats, uint64_t degree, const std::vector<unsigned>& types, const Lattices& of_source,
                size_t first_splat)
      : bytes(payload), count(splats), lattices(of_source), first(first_splat) {
    if (count == 0) return;
    if (lattices.there != 0) uses = static_cast<unsigned>(number(1));
    const uint64_t shs = 3 * ((degree + 1) * (degree + 1) - 1);
    planes.resize(11 + shs);
    for (size_t k = 11; k < planes.size(); ++k) planes[k].is_sh = true;
    for (const unsigned type : types) {
      as_words.push_back(type != 6 && number(1) == 0);
      planes_of_extra.push_back(!as_words.back() ? 1 : std::array<size_t, 8>{1, 1, 1, 1, 2, 2, 2, 4}.at(type));
      planes.resize(planes.size() + planes_of_extra.back());
    }
    for (Plane& plane : planes) facts(plane);
    const bool copies = number(1) != 0;
    const int64_t e = signed_number();
    std::array<int64_t, 3> lattice;
    for (int64_t& m : lattice) m = signed_number();
    RangeReader reader(Octets(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end()));
    stream(reader, e, lattice, copies);
    if (reader.raw(16) != 0x5a5a || !reader.at_end()) throw std::runtime_error("a lossless chunk does not end as one does");
    for (Plane& plane : planes) {
      if (plane.constant) plane.words.assign(count, plane.value);
      for (uint32_t& word : plane.words) word = plane.palette.empty() ? word : plane.palette.at(static_cast<size_t>(float_of(word)));
    }
    floats_of_codes();
  }

 private:
  uint64_t number(unsigned size) {
    uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) value |= uint64_t{bytes.at(at++)} << (8 * i);
    return value;
  }
  int64_t signed_number() {
    const uint64_t v = varint(bytes, at);
    return v % 2 == 0 ? static_cast<int64_t>(v / 2) : -static_cast<int64_t>(v / 2) - 1;
  }
  void facts(Plane& plane) {
    const uint64_t flags = number(1);
    plane.constant = flags % 2 != 0;
    if (flags == 1) plane.value = static_cast<uint32_t>(number(4));
    if (plane.constant) return;
    plane.centre = static_cast<double>(float_of(static_cast<uint32_t>(number(2)) << 16));
    plane.unit = std::ldexp(1.0, static_cast<int>(number(1)) - 120);
    if ((flags & 16) != 0) plane.lattice = signed_number();
    if ((flags & 4) != 0) {
      plane.lattice = 0;
      plane.palette.resize(varint(bytes, at));
      uint32_t key = 0;
      for (uint32_t& word : plane.palette) {
        key += static_cast<uint32_t>(varint(bytes, at));
        word = key >> 31 != 0 ? key & 0x7fffffff : ~key;
      }
    }
    if ((flags & 8) != 0) {
      plane.frequent.resize(number(1));
      for (uint32_t& word : plane.frequent) word = static_cast<uint32_t>(number(4));
    }
    plane.words.resize(count);
  }
  /// 11.9
  void floats_of_codes() {
    for (size_t i = 0; i < count; ++i) {
      for (size_t k = 0; k < 3; ++k) {
        uint32_t &scale = planes[k].words[i], &dc = planes[8 + k].words[i];
        if ((uses & 2) != 0) scale = lattice_word(lattices.log_scale, first + i, k, scale);
        if ((uses & 8) != 0) dc = lattice_word(lattices.dc, first + i, k, dc);
      }
      if ((uses & 4) == 0) continue;
      std::array<uint32_t, 4> words;
      for (size_t k = 0; k < 4; ++k) words[k] = planes[3 + k].words[i];
      words = lattice_rotation(lattices, words);
      for (size_t k = 0; k < 4; ++k) planes[3 + k].words[i] = words[k];
    }
  }
  void stream(RangeReader& reader, int64_t e, const std::array<int64_t, 3>& lattice, bool copies) {
    PositionReader positions(reader, e, lattice);
    std::vector<std::pair<std::vector<size_t>, size_t>> order;  // run of the lattice, bits of the Morton code from the top; splat
    for (size_t i = 0; i < count; ++i) {
      Cells cells{};
      for (const uint32_t word : positions.read(cells)) position.push_back(word);
      order.emplace_back();
      order.back().first.push_back((uses & 1) != 0 ? (first + i) / lattices.position.run : 0);
      for (int bit = 24; bit >= 4; --bit) {
        for (size_t axis = 3; axis-- > 0;) order.back().first.push_back((cells[axis] >> bit) & 1);
      }
      order.back().second = i;
      for (size_t k = 0; k < 3 && (uses & 1) != 0; ++k) {
        uint32_t& word = position[3 * i + k];
        word = lattice_word(lattices.position, first + i, k, word);
      }
    }
    std::sort(order.begin(), order.end());
    std::vector<Plane*> varying;
    for (Plane& plane : planes) {
      if (!plane.constant) varying.push_back(&plane);
    }
    if (varying.empty()) return;
    PlaneReader reads(reader, varying, copies);
    for (const auto& [code, i] : order) {
      std::array<float, 3> place{};
      for (size_t axis = 0; axis < 3; ++axis) {
        const float x = float_of(position[3 * i + axis]);
        place[axis] = std::isfinite(x) ? x : 0;
      }
      reads.read(i, place);
    }
  }
  const Octets& bytes;
  size_t at = 0, count;
  const Lattices& lattices;
  size_t first;
  unsigned uses = 0;
};

}  // namespace plain
