// SPDX-License-Identifier: Apache-2.0
/// Scenes of every kind for the tests of readers and writers, and bounds on what a format may do to them.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <random>
#include <string>

#include "gaussians/io/deflate.h"
#include "gaussians/io/morton.h"
#include "gaussians/io/quantised.h"
#include "gaussians/io/read_splats.h"
#include "gaussians/io/webp_picture.h"
#include "gaussians/io/write_splats.h"
#include "gaussians/splats.h"

namespace dew::test {

using Random = std::mt19937_64;

inline float uniform(Random& random, double low, double high) {
  return static_cast<float>(low + (high - low) * static_cast<double>(random() >> 11) / static_cast<double>(uint64_t{1} << 53));
}

inline Bytes bytes_of(std::string_view text) {
  const ByteSpan span = as_bytes(text);
  return {span.begin(), span.end()};
}

inline Bytes read_whole_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return bytes_of(text);
}

/// Files beside `path`.
inline ReadSibling siblings_of(const std::filesystem::path& path) {
  return [folder = path.parent_path()](const std::string& name) -> Result<Bytes> {
    if (!std::filesystem::exists(folder / name)) return Error{Code::io, 0, "no file " + name};
    return read_whole_file(folder / name);
  };
}

/// Files that a writer gave back.
inline ReadSibling siblings_of(const SplatOutput& output) {
  return [files = output.siblings](const std::string& name) -> Result<Bytes> {
    for (const NamedBytes& file : files) {
      if (file.name == name) return file.bytes;
    }
    return Error{Code::io, 0, "no file " + name};
  };
}

/// A scene whose values every format has room for.
inline Splats tame_scene(Random& random, size_t count, uint32_t degree) {
  Splats splats;
  splats.sh_degree = degree;
  splats.resize(count);
  for (float& value : splats.position) value = uniform(random, -5, 5);
  for (float& value : splats.log_scale) value = uniform(random, -8, 0);
  for (float& value : splats.rotation) value = uniform(random, -1, 1);
  for (float& value : splats.opacity_logit) value = uniform(random, -5, 5);
  for (float& value : splats.dc) value = uniform(random, -1.7, 1.7);
  for (float& value : splats.sh) value = uniform(random, -0.9, 0.9);
  return splats;
}

/// A scene with everything that training or an editor may leave behind.
inline Splats wild_scene(Random& random, size_t count, uint32_t degree) {
  Splats splats = tame_scene(random, count, degree);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float odd[] = {0, -0.0f, kInfinity, -kInfinity, std::nanf(""), 1e30f, -1e30f, 1e-40f, 4096, -1e7f, 100};
  for (auto* values : {&splats.position, &splats.log_scale, &splats.rotation, &splats.opacity_logit, &splats.dc, &splats.sh}) {
    for (float& value : *values) {
      if (random() % 12 == 0) value = odd[random() % std::size(odd)];
    }
  }
  if (count > 2) {
    for (size_t c = 0; c < 4; ++c) splats.rotation[c] = 0;
    for (size_t c = 0; c < 3; ++c) splats.position[3 + c] = splats.position[c];
  }
  return splats;
}

inline std::string format_name(SplatFormat format) {
  switch (format) {
    case SplatFormat::ply: return "ply";
    case SplatFormat::compressed_ply: return "compressed_ply";
    case SplatFormat::splat: return "splat";
    case SplatFormat::spz: return "spz";
    case SplatFormat::sog: return "sog";
    case SplatFormat::gltf: return "gltf";
    case SplatFormat::ksplat: return "ksplat";
    case SplatFormat::none: break;
  }
  return "none";
}

inline constexpr SplatFormat kWritten[] = {
    SplatFormat::ply, SplatFormat::compressed_ply, SplatFormat::splat, SplatFormat::spz, SplatFormat::sog, SplatFormat::gltf};

inline bool is_built(SplatFormat format) {
  if (format == SplatFormat::spz) return has_deflate() && has_zstd();
  return format != SplatFormat::sog || has_webp();
}

inline std::string extension_of(SplatFormat format) { return format == SplatFormat::splat ? ".splat" : ""; }

/// Writes and reads again.
inline Splats cycled(const Splats& splats, SplatFormat format, const SplatWriteOptions& options = {}) {
  const Result<SplatOutput> output = write_splats(splats, format, options);
  if (!output.ok()) {
    ADD_FAILURE() << format_name(format) << ": " << output.error().message;
    return {};
  }
  const Result<SplatInput> input = read_splats(output->file, {}, extension_of(format), siblings_of(*output));
  if (!input.ok()) {
    ADD_FAILURE() << format_name(format) << ": " << input.error().message;
    return {};
  }
  EXPECT_EQ(input->splats.source.format, format);
  EXPECT_TRUE(check_shape(input->splats).ok());
  return input->splats;
}

/// True where all values are the same floats; NaN equals NaN, and zero minus zero.
inline bool same_values(const Splats& a, const Splats& b) {
  const auto same = [](const std::vector<float>& x, const std::vector<float>& y) {
    if (x.size() != y.size()) return false;
    for (size_t i = 0; i < x.size(); ++i) {
      if (!(x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i])))) return false;
    }
    return true;
  };
  return a.sh_degree == b.sh_degree && same(a.position, b.position) && same(a.log_scale, b.log_scale) && same(a.rotation, b.rotation) &&
         same(a.opacity_logit, b.opacity_logit) && same(a.dc, b.dc) && same(a.sh, b.sh);
}

/// The greatest difference of each kind, over splats in the same order.
struct Difference {
  double position = 0, log_scale = 0, rotation_degrees = 0, alpha = 0, dc = 0, sh = 0;
};

inline double angle_degrees(const float* a, const float* b) {
  double dot = 0, aa = 0, bb = 0;
  for (size_t c = 0; c < 4; ++c) {
    dot += double{a[c]} * b[c];
    aa += double{a[c]} * a[c];
    bb += double{b[c]} * b[c];
  }
  return 2 * std::acos(std::min(1.0, std::fabs(dot) / std::sqrt(aa * bb))) * 180 / 3.14159265358979;
}

inline Difference difference(const Splats& a, const Splats& b) {
  Difference out;
  EXPECT_EQ(a.count(), b.count());
  EXPECT_EQ(a.sh_degree, b.sh_degree);
  if (a.count() != b.count() || a.sh_degree != b.sh_degree) return out;
  const auto greatest = [](const std::vector<float>& x, const std::vector<float>& y) {
    double most = 0;
    for (size_t i = 0; i < x.size(); ++i) most = std::fmax(most, std::fabs(double{x[i]} - y[i]));
    return most;
  };
  out.position = greatest(a.position, b.position);
  out.log_scale = greatest(a.log_scale, b.log_scale);
  out.dc = greatest(a.dc, b.dc);
  out.sh = greatest(a.sh, b.sh);
  for (size_t i = 0; i < a.count(); ++i) {
    out.rotation_degrees = std::fmax(out.rotation_degrees, angle_degrees(&a.rotation[4 * i], &b.rotation[4 * i]));
    out.alpha = std::fmax(out.alpha, std::fabs(sigmoid(a.opacity_logit[i]) - sigmoid(b.opacity_logit[i])));
  }
  return out;
}

/// The scene in the order in which a writer of `format` puts it.
inline Splats in_written_order(const Splats& splats, SplatFormat format) {
  const bool sorts = format == SplatFormat::sog || (format == SplatFormat::compressed_ply && splats.count() > 256);
  return sorts && splats.source.format != format ? select(splats, morton_order(splats)) : splats;
}

}  // namespace dew::test
