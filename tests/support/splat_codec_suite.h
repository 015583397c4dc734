// SPDX-License-Identifier: Apache-2.0
/// What the tests and fuzzers of the splat codec share: small views, options of every kind, checks that owe nothing to the codec's own.
///
///   Random random(1);
///   const Splats scene = any_splats(random, 300);
///   const SplatEncodeOptions options = small_views(any_encode_options(random), 2);
///   const Result<SplatEncoded> encoded = encode_splats(scene, options);
#pragma once

#include <cmath>
#include <map>
#include <string>

#include "entropy/container.h"
#include "entropy/exact_math.h"
#include "gaussians/codec.h"
#include "tests/support/any_splats.h"

namespace dew::test {

/// Of 64 x 48 pixels, from around and above, looking at the origin.
inline std::vector<Camera> ring_of_cameras(double radius, size_t count) {
  std::vector<Camera> cameras;
  for (size_t i = 0; i < count; ++i) {
    const double turn = 6.283185307179586 * static_cast<double>(i) / static_cast<double>(count);
    const auto [s, c] = exact::sincos(turn);
    const double tilt_c = 0.8, tilt_s = 0.6;
    Camera camera;
    camera.name = "ring " + std::to_string(i);
    camera.width = 64;
    camera.height = 48;
    camera.fx = camera.fy = 60;
    camera.cx = 32;
    camera.cy = 24;
    camera.position = {radius * tilt_c * c, radius * tilt_c * s, radius * tilt_s};
    // Columns: right, down, forward to the origin.
    camera.rotation = {-s, -tilt_s * c, -tilt_c * c, c, -tilt_s * s, -tilt_c * s, 0, tilt_c, -tilt_s};
    camera.background = {0.1, 0.2, 0.3};
    cameras.push_back(std::move(camera));
  }
  return cameras;
}

/// For a scene whose splats lie within `extent`. A hundredth of a second for a scene of a thousand splats.
inline SplatEncodeOptions small_views(SplatEncodeOptions options, double extent) {
  options.cameras = ring_of_cameras(std::max(3 * extent, 1.0), 4);
  options.only_these_views = true;
  options.effort = SplatEffort::fast;
  return options;
}

inline SplatEncodeOptions in_mode(SplatMode mode) {
  SplatEncodeOptions options;
  options.mode = mode;
  return options;
}

/// Every option but cameras and effort.
inline SplatEncodeOptions any_encode_options(Random& random) {
  SplatEncodeOptions options;
  options.mode = static_cast<SplatMode>(random() % 3);
  constexpr double kQualities[] = {20, 30, 42, 55, 80};
  options.quality_db = kQualities[random() % 5];
  options.budget_bytes = 300 + random() % 20000;
  options.keep_order = random() % 2 == 0;
  options.threads = 1 + static_cast<unsigned>(random() % 3);
  return options;
}

/// Every bit of a splat, extra properties included, for comparing without regard to order.
inline std::string bits_of_splat(const Splats& splats, size_t i) {
  std::string bits;
  const auto add = [&](const std::vector<float>& values, size_t stride) {
    if (stride > 0) bits.append(reinterpret_cast<const char*>(&values[i * stride]), 4 * stride);
  };
  add(splats.position, 3);
  add(splats.log_scale, 3);
  add(splats.rotation, 4);
  add(splats.opacity_logit, 1);
  add(splats.dc, 3);
  add(splats.sh, splats.sh_stride());
  for (const ExtraProperty& property : splats.extra) {
    const size_t size = property_type_size(property.type);
    bits.append(reinterpret_cast<const char*>(&property.data[i * size]), size);
  }
  return bits;
}

/// How often each splat is there.
inline std::map<std::string, int> counted_splats(const Splats& splats) {
  std::map<std::string, int> counts;
  for (size_t i = 0; i < splats.count(); ++i) ++counts[bits_of_splat(splats, i)];
  return counts;
}

/// Whether all splats of `part` are among those of `whole`.
inline bool is_among(const Splats& part, const Splats& whole) {
  std::map<std::string, int> counts = counted_splats(whole);
  for (size_t i = 0; i < part.count(); ++i) {
    if (--counts[bits_of_splat(part, i)] < 0) return false;
  }
  return true;
}

inline Splats without_extras(Splats splats) {
  splats.extra.clear();
  return splats;
}

/// A file with the payload of chunk `index` replaced and all checksums right: what gets past the container into the decoder.
inline Bytes with_chunk(ByteSpan file, size_t index, ByteSpan payload) {
  const Result<ContainerReader> container = ContainerReader::open(file, {});
  if (!container.ok()) std::abort();
  ContainerWriter writer(container->kind());
  for (size_t i = 0; i < container->chunks().size(); ++i) {
    const Chunk& chunk = container->chunks()[i];
    if (!writer.append(chunk.type, chunk.need, i == index ? payload : chunk.payload).ok()) std::abort();
  }
  if (!writer.finish(container->content_hash()).ok()) std::abort();
  return writer.take();
}

}  // namespace dew::test
