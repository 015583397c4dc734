// SPDX-License-Identifier: Apache-2.0
/// Splat scenes of every kind for property tests: plausible ones, degenerate ones, and a comparison that owes nothing to a codec's own.
///
///   Random random(1);
///   const Splats scene = random_splats(random, {.count = 500, .sh_degree = 2, .outlier_share = 0.01});
///   const Splats odd = any_splats(random, 300);                 // any degree, any degenerate values, extra properties
///   EXPECT_TRUE(same_bits(odd, *decode_splats(*encode_splats(odd, {}), {})));
///
/// A seed gives the same bits on every machine: nothing but + - * / sqrt of IEEE numbers is used.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "gaussians/splats.h"

namespace dew::test {

using Random = std::mt19937_64;

/// Shares are probabilities a splat, 0 to 1.
struct RandomSplatsOptions {
  size_t count = 200;
  uint32_t sh_degree = 3;
  double extent = 2;                ///< scene units; splats lie on patches whose centres are at most so far from the origin
  double outlier_share = 0;         ///< up to 100 extents away, nearly transparent
  double equal_position_share = 0;  ///< at the place of the splat before
  double zero_scale_share = 0;      ///< one log-scale or all three are -infinity or so low that exp gives 0
  double infinite_logit_share = 0;  ///< opacity 0 or 1 to the last bit
  double zero_rotation_share = 0;   ///< 0 0 0 0, which no direction can be read from
  double nan_share = 0;             ///< one value of the splat, of any array, is NaN (any payload) or infinite
  double flat_sh_share = 0.05;      ///< all of sh is 0 (one colour from everywhere)
  bool unit_rotations = false;      ///< otherwise lengths of 0.4 to 2
  bool normals = false;             ///< extra properties nx ny nz, all 0
  uint32_t extra_properties = 0;    ///< of all types in turn, with any bits
  bool quantised = false;           ///< colour, opacity and rotation on an 8-bit lattice, as in scenes that came from .splat
  bool on_lattices = false;  ///< some properties on lattices that `source` tells of, as in scenes that came from .compressed.ply or .sog
};

/// [0, 1)
inline double unit(Random& random) { return static_cast<double>(random() >> 11) * 0x1p-53; }
inline double between(Random& random, double low, double high) { return low + (high - low) * unit(random); }
inline bool chance(Random& random, double share) { return unit(random) < share; }
/// About standard normal: twelve uniform numbers added up, the same bits everywhere.
inline double about_normal(Random& random) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += unit(random);
  return sum;
}

/// A patch of a surface: its splats share a place, a colour and a size, as neighbours in trained scenes do.
struct SplatPatch {
  double centre[3], axes[2][3], colour[3], log_scale;
};

inline SplatPatch random_patch(Random& random, double extent) {
  SplatPatch patch;
  for (double& value : patch.centre) value = between(random, -extent, extent);
  for (auto& axis : patch.axes)
    for (double& value : axis) value = 0.1 * extent * about_normal(random);
  for (double& value : patch.colour) value = 1.2 * about_normal(random);
  patch.log_scale = -4 + about_normal(random);
  return patch;
}

/// Writes splat i of `scene`; no degenerate values yet.
inline void random_splat(Random& random, const SplatPatch& patch, size_t i, Splats& scene) {
  const double u = about_normal(random), v = about_normal(random);
  for (size_t k = 0; k < 3; ++k) {
    scene.position[3 * i + k] = static_cast<float>(patch.centre[k] + u * patch.axes[0][k] + v * patch.axes[1][k]);
    scene.log_scale[3 * i + k] = static_cast<float>(patch.log_scale + 0.9 * about_normal(random) - (k == 2 ? 1.8 : 0));
    scene.dc[3 * i + k] = static_cast<float>(patch.colour[k] + 0.2 * about_normal(random));
  }
  double length = 0;
  double rotation[4];
  for (double& value : rotation) {
    value = about_normal(random);
    length += value * value;
  }
  const double wanted = between(random, 0.4, 2);
  for (size_t k = 0; k < 4; ++k) scene.rotation[4 * i + k] = static_cast<float>(rotation[k] / std::sqrt(length + 1e-12) * wanted);
  scene.opacity_logit[i] = static_cast<float>(-1.2 + 2.4 * about_normal(random));
  const size_t coefficients = sh_coefficients(scene.sh_degree);
  float* sh = scene.sh.data() + scene.sh_stride() * i;
  for (size_t c = 0; c < coefficients; ++c) {
    const double common = 0.025 * about_normal(random);
    for (size_t channel = 0; channel < 3; ++channel)
      sh[channel * coefficients + c] = static_cast<float>(common + 0.01 * about_normal(random));
  }
}

/// NaN with any payload, or an infinity.
inline float not_finite(Random& random) {
  if (chance(random, 0.4)) return chance(random, 0.5) ? std::numeric_limits<float>::infinity() : -std::numeric_limits<float>::infinity();
  const auto bits = static_cast<uint32_t>(random());
  return std::bit_cast<float>(0x7f800001u | (bits & 0x807fffffu));
}

inline void spoil_one_value(Random& random, size_t i, Splats& scene) {
  struct Part {
    std::vector<float>* values;
    size_t stride;
  };
  const Part parts[] = {{&scene.position, 3}, {&scene.log_scale, 3},          {&scene.rotation, 4}, {&scene.opacity_logit, 1},
                        {&scene.dc, 3},       {&scene.sh, scene.sh_stride()}, {&scene.position, 3}};
  Part part = parts[random() % 6];
  if (part.stride == 0) part = parts[6];
  (*part.values)[part.stride * i + random() % part.stride] = not_finite(random);
}

inline void make_degenerate(Random& random, const RandomSplatsOptions& options, size_t i, Splats& scene) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (chance(random, options.outlier_share)) {
    for (size_t k = 0; k < 3; ++k) scene.position[3 * i + k] = static_cast<float>(100 * options.extent * between(random, -1, 1));
    scene.opacity_logit[i] = static_cast<float>(between(random, -6, -4));
  }
  if (i > 0 && chance(random, options.equal_position_share)) std::copy_n(&scene.position[3 * i - 3], 3, &scene.position[3 * i]);
  if (chance(random, options.zero_scale_share)) {
    const float low = chance(random, 0.5) ? -kInfinity : static_cast<float>(between(random, -200, -30));
    const bool all = chance(random, 0.3);
    const size_t one = random() % 3;
    for (size_t k = 0; k < 3; ++k)
      if (all || k == one) scene.log_scale[3 * i + k] = low;
  }
  if (chance(random, options.infinite_logit_share)) scene.opacity_logit[i] = chance(random, 0.7) ? kInfinity : -kInfinity;
  if (chance(random, options.zero_rotation_share)) std::fill_n(&scene.rotation[4 * i], 4, 0.0f);
  if (chance(random, options.flat_sh_share))
    std::fill_n(scene.sh.begin() + static_cast<std::ptrdiff_t>(scene.sh_stride() * i), scene.sh_stride(), 0.0f);
  if (chance(random, options.nan_share)) spoil_one_value(random, i, scene);
}

inline void add_extra_properties(Random& random, const RandomSplatsOptions& options, Splats& scene) {
  if (options.normals) {
    for (const char* name : {"nx", "ny", "nz"}) scene.extra.push_back({name, PropertyType::f32, Bytes(4 * scene.count())});
  }
  for (uint32_t i = 0; i < options.extra_properties; ++i) {
    ExtraProperty property{"property" + std::to_string(i), static_cast<PropertyType>((random() + i) % 8), {}};
    property.data.resize(scene.count() * property_type_size(property.type));
    const uint64_t mask = random() % 3 == 0 ? 0xff : random() % 2 == 0 ? 0 : ~uint64_t{0};  // few values, zeros only, any bits
    for (std::byte& value : property.data) value = static_cast<std::byte>(random() & mask & 0xff);
    scene.extra.push_back(std::move(property));
  }
}

inline LatticeCurve random_curve(Random& random) { return static_cast<LatticeCurve>(1 + random() % 3); }

inline void put_on_lattice(Random& random, std::vector<float>& values, ValueLattice& lattice) {
  const size_t count = values.size() / 3;
  lattice.curve = random_curve(random);
  lattice.run = chance(random, 0.3) ? UINT32_MAX : 1 + static_cast<uint32_t>(random() % (count + 5));
  for (uint32_t& last : lattice.last) last = 1 + static_cast<uint32_t>(random() % (chance(random, 0.5) ? 255 : kMaxLatticeCode));
  lattice.ends.resize(3 * ((count + lattice.run - 1) / lattice.run));
  const double wide = chance(random, 0.1) ? 1e-30 : 3;
  for (LatticeEnds& ends : lattice.ends) {
    ends = {wide * about_normal(random), chance(random, 0.1) ? 0 : wide * about_normal(random)};
    if (chance(random, 0.5)) ends = {static_cast<double>(static_cast<float>(ends.low)), static_cast<double>(static_cast<float>(ends.high))};
  }
  for (size_t at = 0; at < values.size(); ++at) {
    const uint32_t last = lattice.last[at % 3];
    values[at] = lattice_value(lattice.curve, lattice.ends_of(at / 3, at % 3), static_cast<uint32_t>(random() % (last + 1)), last);
  }
}

inline void put_on_lattices(Random& random, Splats& scene) {
  SourceLattices& lattices = scene.source.lattices;
  if (chance(random, 0.7)) put_on_lattice(random, scene.position, lattices.position);
  if (chance(random, 0.7)) put_on_lattice(random, scene.log_scale, lattices.log_scale);
  if (chance(random, 0.7)) put_on_lattice(random, scene.dc, lattices.dc);
  if (chance(random, 0.3)) return;
  lattices.rotation = {1 + static_cast<uint32_t>(random() % 1500), between(random, 0.5, 0.8), {}};
  for (bool& negated : lattices.rotation.negated) negated = chance(random, 0.5);
  for (size_t i = 0; i < scene.count(); ++i) {
    const auto code = [&] { return static_cast<uint32_t>(random() % (lattices.rotation.last + 2)); };
    const std::array<float, 4> q = lattice_quaternion(lattices.rotation, static_cast<uint32_t>(random() % 4), {code(), code(), code()});
    std::copy(q.begin(), q.end(), &scene.rotation[4 * i]);
  }
}

/// `count` splats; `source` is empty but for lattices.
inline Splats random_splats(Random& random, const RandomSplatsOptions& options) {
  Splats scene;
  scene.sh_degree = options.sh_degree;
  scene.resize(options.count);
  std::vector<SplatPatch> patches(1 + options.count / 40);
  for (SplatPatch& patch : patches) patch = random_patch(random, options.extent);
  for (size_t i = 0; i < options.count; ++i) {
    // Files are only loosely in order: mostly the patch of the splat before, sometimes any.
    const size_t patch = chance(random, 0.7) ? i / 40 : random() % patches.size();
    random_splat(random, patches[patch], i, scene);
  }
  if (options.unit_rotations || options.quantised) {
    for (size_t i = 0; i < options.count; ++i) {
      float* q = &scene.rotation[4 * i];
      const float length = std::sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3]);
      for (size_t k = 0; k < 4; ++k) q[k] /= length;
    }
  }
  if (options.quantised) {
    for (float& value : scene.rotation) value = std::nearbyint(value * 127) / 128;
    for (float& value : scene.opacity_logit) value = std::nearbyint(value * 16) / 16;
    for (float& value : scene.dc) value = std::nearbyint(value * 72) / 72;
  }
  for (size_t i = 0; i < options.count; ++i) make_degenerate(random, options, i, scene);
  add_extra_properties(random, options, scene);
  if (options.on_lattices) {
    Random own(options.count);
    put_on_lattices(own, scene);
    // One splat beside a lattice, and its property is coded as ever.
    if (options.count % 5 == 3) scene.log_scale[7] = 0.123456f;
  }
  return scene;
}

/// Options with every kind of oddity, each with a chance of its own; at most `most_splats` splats, often 0, 1 or 2.
inline RandomSplatsOptions any_options(Random& random, size_t most_splats) {
  RandomSplatsOptions options;
  options.count = chance(random, 0.25) ? std::min(most_splats, static_cast<size_t>(random() % 3)) : random() % (most_splats + 1);
  options.sh_degree = static_cast<uint32_t>(random() % (kMaxShDegree + 1));
  constexpr double kExtents[] = {2, 1e-6, 1e6, 0};
  options.extent = kExtents[chance(random, 0.6) ? 0 : random() % 4];
  for (double* share : {&options.outlier_share, &options.equal_position_share, &options.zero_scale_share, &options.infinite_logit_share,
                        &options.zero_rotation_share, &options.nan_share, &options.flat_sh_share}) {
    constexpr double kShares[] = {0, 0, 0.02, 0.3, 1};
    *share = kShares[random() % (chance(random, 0.1) ? 5 : 4)];
  }
  options.unit_rotations = chance(random, 0.2);
  options.normals = chance(random, 0.5);
  options.extra_properties = chance(random, 0.3) ? static_cast<uint32_t>(random() % 9) : 0;
  options.quantised = chance(random, 0.2);
  options.on_lattices = options.quantised && options.count % 2 == 1;
  return options;
}

inline Splats any_splats(Random& random, size_t most_splats) { return random_splats(random, any_options(random, most_splats)); }

/// The same without degenerate values: everything is finite, no rotation is 0.
inline RandomSplatsOptions only_finite(RandomSplatsOptions options) {
  options.zero_scale_share = options.infinite_logit_share = options.zero_rotation_share = options.nan_share = 0;
  options.on_lattices = false;
  return options;
}

inline bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), 4 * a.size()) == 0);
}

/// Every bit of every array and of the extra properties, NaN payloads and signs of zero included; `source` is not looked at.
inline bool same_bits(const Splats& a, const Splats& b) {
  return a.sh_degree == b.sh_degree && same_bits(a.position, b.position) && same_bits(a.log_scale, b.log_scale) &&
         same_bits(a.rotation, b.rotation) && same_bits(a.opacity_logit, b.opacity_logit) && same_bits(a.dc, b.dc) &&
         same_bits(a.sh, b.sh) && a.extra == b.extra;
}

}  // namespace dew::test
