// SPDX-License-Identifier: Apache-2.0
/// A second decoder of splat files, written from gaussians/FORMAT.md alone: slow, short, no code of gaussians/. Section numbers are those
/// of the page. Files must be sound.
///
///   const plain::SplatScene scene = plain::read_splat_file(file);
#pragma once

#include <stdexcept>
#include <string>

#include "tests/golden/plain_container.h"
#include "tests/golden/plain_splat_group.h"
#include "tests/golden/plain_splats_lossless.h"

namespace plain {

struct ExtraNumbers {
  std::string name;
  unsigned type = 0;
  bool constant = false;
  Octets values;  ///< of all splats; in the scene chunk of one
};

struct SplatScene {
  uint64_t mode = 0, splats = 0, degree = 0, groups = 0, keeps_order = 0;
  std::vector<float> position, log_scale, rotation, opacity_logit, dc, sh;
  std::vector<ExtraNumbers> extra;
  Octets header, trailer;
  Lattices lattices;
};

inline size_t octets_of_type(unsigned type) { return std::array<size_t, 8>{1, 1, 2, 2, 4, 4, 4, 8}.at(type); }

/// 4
class SceneChunk {
 public:
  SceneChunk(const Octets& payload, SplatScene& file, Scene& scene) : bytes(payload) {
    file.mode = number();
    number();
    number();
    file.splats = number();
    file.degree = number();
    file.groups = number();
    file.keeps_order = number();
    for (int i = 0; i < 2; ++i) number();
    scene.one_context = number() == 1;
    for (int i = 0; i < 2; ++i) number();
    std::memcpy(&scene.variance, take(8).data(), 8);
    file.extra.resize(number());
    for (ExtraNumbers& extra : file.extra) {
      const Octets name = take(number());
      extra.name.assign(name.begin(), name.end());
      const unsigned type = take(1)[0];
      extra.type = type % 16;
      extra.constant = type >= 16;
      if (extra.constant) extra.values = take(octets_of_type(extra.type));
    }
    file.header = take(number());
    file.trailer = take(number());
    if (file.mode == 1) at = read_lattices(bytes, at, file.splats, file.lattices);
    components(3 * ((file.degree + 1) * (file.degree + 1) - 1), scene);
    if (at != bytes.size()) throw std::runtime_error("bytes after the scene chunk");
  }

 private:
  uint64_t number() { return varint(bytes, at); }
  Octets take(size_t n) {
    if (n > bytes.size() - at) throw std::runtime_error("the scene chunk ends early");
    at += n;
    return Octets(bytes.begin() + static_cast<std::ptrdiff_t>(at - n), bytes.begin() + static_cast<std::ptrdiff_t>(at));
  }
  /// 4.2
  void components(size_t width, Scene& scene) {
    const size_t count = number();
    RangeReader reader(take(number()));
    std::map<unsigned, Adaptive> deviations, entries;
    const auto of = [&](std::map<unsigned, Adaptive>& states) {
      return residual(reader, [&](unsigned node) { return states[node].code(reader, 255); });
    };
    for (size_t k = 0; k < count; ++k) scene.deviation.push_back((k == 0 ? 0 : scene.deviation.back()) + of(deviations));
    scene.row.resize(count);
    for (std::vector<int64_t>& row : scene.row) {
      for (size_t j = 0; j < width; ++j) row.push_back(of(entries));
    }
  }
  const Octets& bytes;
  size_t at = 0;
};

/// 9
inline void append_floats(const Splat& s, const Scene& scene, size_t width, SplatScene& out) {
  const double a = 1 / std::sqrt(3.0), b = 1 / std::sqrt(2.0), c = 1 / std::sqrt(6.0);
  const auto put = [](std::vector<float>& to, double value) { to.push_back(static_cast<float>(value)); };
  for (size_t k = 0; k < 3; ++k) put(out.position, s.position[k]);
  for (size_t k = 0; k < 3; ++k) put(out.log_scale, 0.5 * log(s.variance[k]));
  put(out.opacity_logit, s.opacity - log(1 - exp(s.opacity)));
  const auto [b0, b1, b2] = s.colour;
  put(out.dc, b0 * a + b1 * b + b2 * c);
  put(out.dc, b0 * a - 2 * b2 * c);
  put(out.dc, b0 * a - b1 * b + b2 * c);
  const auto f = [&](size_t row, size_t column) { return s.frame[column][row]; };
  const std::array<double, 4> squares{1 + f(0, 0) + f(1, 1) + f(2, 2), 1 + f(0, 0) - f(1, 1) - f(2, 2), 1 - f(0, 0) + f(1, 1) - f(2, 2),
                                      1 - f(0, 0) - f(1, 1) + f(2, 2)};
  size_t t = 0;
  for (size_t k = 1; k < 4; ++k) t = squares[k] > squares[t] ? k : t;
  const double r = std::sqrt(squares[t]), h = 0.5 / r;
  const double wx = (f(2, 1) - f(1, 2)) * h, wy = (f(0, 2) - f(2, 0)) * h, wz = (f(1, 0) - f(0, 1)) * h;
  const double xy = (f(0, 1) + f(1, 0)) * h, xz = (f(0, 2) + f(2, 0)) * h, yz = (f(1, 2) + f(2, 1)) * h, half = 0.5 * r;
  const std::array<std::array<double, 4>, 4> choices{{{half, wx, wy, wz}, {wx, half, xy, xz}, {wy, xy, half, yz}, {wz, xz, yz, half}}};
  for (const double value : choices[t]) put(out.rotation, value);
  std::vector<double> sums(width);
  for (size_t k = 0; k < s.steps.size(); ++k) {
    const double unit = 0.77 * std::ldexp(1.0, -static_cast<int>(s.colour_class)), amount = static_cast<double>(s.steps[k]) * unit / 127;
    for (size_t j = 0; j < width && s.steps[k] != 0; ++j) sums[j] += amount * static_cast<double>(scene.row[k][j]);
  }
  for (const double sum : sums) put(out.sh, sum);
}

/// 10.1: of each splat in the order of decoding its place.
inline std::vector<size_t> read_places(const Octets& payload, size_t count) {
  RangeReader reader(payload);
  unsigned bits = 0;
  while (count > 0 && (count - 1) >> bits != 0) ++bits;
  std::vector<size_t> places;
  for (size_t i = 0; i < count; ++i) places.push_back(reader.raw(bits));
  return places;
}
template <class T>
void put_at(const std::vector<size_t>& places, size_t width, std::vector<T>& values) {
  std::vector<T> sorted(values.size());
  for (size_t i = 0; i < places.size(); ++i) {
    for (size_t k = 0; k < width; ++k) sorted.at(places[i] * width + k) = values[i * width + k];
  }
  values = std::move(sorted);
}

/// 11.1: appends the bytes of one value of a property, of its planes' words.
inline void append_value(unsigned type, bool words, const Plane* planes, size_t plane_count, size_t i, Octets& to) {
  uint64_t bits = 0;
  const float x = float_of(planes[0].words[i]);
  if (type == 6) {
    bits = planes[0].words[i];
  } else if (words) {
    for (size_t k = 0; k < plane_count; ++k) bits = bits << 16 | static_cast<uint64_t>(float_of(planes[k].words[i]));
  } else if (type == 7) {
    const double number = static_cast<double>(x);
    std::memcpy(&bits, &number, 8);
  } else {
    bits = static_cast<uint64_t>(static_cast<int64_t>(x));
  }
  for (size_t k = 0; k < octets_of_type(type); ++k) to.push_back(static_cast<uint8_t>(bits >> (8 * k)));
}

/// 10.2 and 11: `extra` are filled, and the arrays too where `out` is not null.
inline void read_exact(const std::vector<const Chunk*>& chunks, size_t count, uint64_t degree, const std::vector<ExtraNumbers*>& extra,
                       const Lattices& lattices, SplatScene* out) {
  std::vector<unsigned> types;
  for (const ExtraNumbers* property : extra) types.push_back(property->type);
  for (size_t c = 0; c < chunks.size(); ++c) {
    const size_t splats = std::min<size_t>(262144, count - 262144 * c);
    const LosslessChunk chunk(chunks[c]->payload, splats, degree, types, lattices, 262144 * c);
    const size_t n = (degree + 1) * (degree + 1) - 1;
    const auto put = [&](std::vector<float>& to, size_t plane, size_t i) { to.push_back(float_of(chunk.planes[plane].words[i])); };
    for (size_t i = 0; i < splats; ++i) {
      for (size_t k = 0; k < 3 && out != nullptr; ++k) out->position.push_back(float_of(chunk.position[3 * i + k]));
      for (size_t k = 0; k < 3 && out != nullptr; ++k) put(out->log_scale, k, i);
      for (size_t k = 0; k < 4 && out != nullptr; ++k) put(out->rotation, 3 + k, i);
      if (out != nullptr) put(out->opacity_logit, 7, i);
      for (size_t k = 0; k < 3 && out != nullptr; ++k) put(out->dc, 8 + k, i);
      for (size_t k = 0; k < 3 * n && out != nullptr; ++k) put(out->sh, 11 + 3 * (k % n) + k / n, i);
      size_t plane = 11 + 3 * n;
      for (size_t x = 0; x < extra.size(); plane += chunk.planes_of_extra[x++]) {
        append_value(extra[x]->type, chunk.as_words[x], &chunk.planes[plane], chunk.planes_of_extra[x], i, extra[x]->values);
      }
    }
  }
}

/// 3
inline SplatScene read_splat_file(const Octets& file) {
  const std::optional<Container> container = read_container(file);
  if (!container || container->kind != 3) throw std::runtime_error("no file of splats");
  SplatScene out;
  Scene scene;
  std::vector<const Chunk*> of_type[22];
  for (const Chunk& chunk : container->chunks) {
    if (chunk.type == 16) SceneChunk(chunk.payload, out, scene);
    if (chunk.type < 22) of_type[chunk.type].push_back(&chunk);
  }
  std::vector<ExtraNumbers*> varying;
  for (ExtraNumbers& extra : out.extra) {
    if (!extra.constant) varying.push_back(&extra);
  }
  if (out.mode == 1) {
    read_exact(of_type[21], out.splats, out.degree, varying, out.lattices, &out);
    return out;
  }
  const size_t width = 3 * ((out.degree + 1) * (out.degree + 1) - 1);
  for (size_t g = 0; g < out.groups; ++g) {
    std::vector<Splat> splats = read_group(of_type[17].at(g)->payload, scene);
    if (!scene.row.empty()) read_directional(of_type[18].at(g)->payload, scene, splats);
    for (const Splat& splat : splats) append_floats(splat, scene, width, out);
  }
  const size_t count = out.opacity_logit.size();
  read_exact(of_type[20], count, 0, varying, {}, nullptr);
  for (ExtraNumbers& extra : out.extra) {
    const Octets one = extra.values;
    for (size_t i = 1; i < count && extra.constant; ++i) extra.values.insert(extra.values.end(), one.begin(), one.end());
  }
  if (out.keeps_order != 0) {
    const std::vector<size_t> places = read_places(of_type[19].at(0)->payload, count);
    for (std::vector<float>* values : {&out.position, &out.log_scale, &out.dc}) put_at(places, 3, *values);
    put_at(places, 4, out.rotation);
    put_at(places, 1, out.opacity_logit);
    put_at(places, width, out.sh);
    for (ExtraNumbers& extra : out.extra) put_at(places, octets_of_type(extra.type), extra.values);
  }
  return out;
}

}  // namespace plain
