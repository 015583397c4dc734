// SPDX-License-Identifier: Apache-2.0
#include "gaussians/render/kernel/footprint.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>
#include <optional>

#include "entropy/pool.h"
#include "gaussians/render/kernel/tile.h"
#include "gaussians/render/projection.h"

namespace dew::kernel {
namespace {

constexpr size_t kChunk = 2048;  // splats projected in one go
/// Rounding in single precision must not lose a pixel whose alpha is 1/255 and a little.
constexpr double kCutSlack = 1e-3;

std::optional<Footprint> footprint(const Projector& projector, const Splats& splats, const float* colours, size_t i, uint32_t height) {
  if (projector.is_surely_unseen(splats, i)) return std::nullopt;
  const std::optional<Projection> seen = projector.project(splats, i);
  if (!seen || !projector.touches(*seen)) return std::nullopt;
  Footprint out;
  if (colours == nullptr) {
    const std::array<double, 3> colour = projector.colour(splats, i);
    out.red = static_cast<float>(colour[0]);
    out.green = static_cast<float>(colour[1]);
    out.blue = static_cast<float>(colour[2]);
  } else {
    out.red = colours[3 * i];
    out.green = colours[3 * i + 1];
    out.blue = colours[3 * i + 2];
  }
  out.depth = static_cast<float>(seen->depth);
  if (!std::isfinite(out.red) || !std::isfinite(out.green) || !std::isfinite(out.blue) || !std::isfinite(out.depth)) return std::nullopt;
  out.mean_x = seen->mean[0];
  out.mean_y = seen->mean[1];
  const double scale = std::sqrt(0.5 / std::numbers::ln2);  // exp(-d^2 / 2) = 2^-(scale d)^2
  out.root_xx = seen->root[0] * scale;
  out.root_xy = seen->root[1] * scale;
  out.root_yy = seen->root[2] * scale;
  out.cut = seen->reach * scale * scale + kCutSlack;
  out.opacity = static_cast<float>(seen->opacity);
  out.index = static_cast<uint32_t>(i);
  const double reach_y = seen->extent[1] + 1;
  const double last = static_cast<double>(height - 1);
  out.first_row = static_cast<uint16_t>(std::clamp(out.mean_y - reach_y, 0.0, last) / kTileSide);
  out.last_row = static_cast<uint16_t>(std::clamp(out.mean_y + reach_y, 0.0, last) / kTileSide);
  return out;
}

struct Key {
  uint32_t depth_bits;  // of a positive float, so they sort as it does
  uint32_t at;
};

/// Stable counting sort by three groups of 11 bits.
void sort_by_depth(std::vector<Key>& keys) {
  constexpr unsigned kDigitBits = 11;
  constexpr uint32_t kDigits = 1u << kDigitBits;
  std::vector<Key> other(keys.size());
  for (unsigned shift = 0; shift < 32; shift += kDigitBits) {
    std::array<uint32_t, kDigits> place{};
    for (const Key& key : keys) ++place[key.depth_bits >> shift & (kDigits - 1)];
    uint32_t sum = 0;
    for (uint32_t& count : place) {
      const uint32_t before = sum;
      sum += count;
      count = before;
    }
    for (const Key& key : keys) other[place[key.depth_bits >> shift & (kDigits - 1)]++] = key;
    keys.swap(other);
  }
}

}  // namespace

std::vector<Footprint> footprints(const Splats& splats, const Camera& camera, unsigned threads, const float* colours) {
  const Projector projector(camera);
  const size_t count = splats.count();
  std::vector<std::vector<Footprint>> chunks((count + kChunk - 1) / kChunk);
  parallel_for(chunks.size(), threads, [&](size_t chunk) {
    const size_t end = std::min(count, (chunk + 1) * kChunk);
    for (size_t i = chunk * kChunk; i < end; ++i) {
      if (const auto seen = footprint(projector, splats, colours, i, camera.height)) chunks[chunk].push_back(*seen);
    }
  });
  std::vector<Key> keys;
  std::vector<const Footprint*> places;
  for (const auto& chunk : chunks) {
    for (const Footprint& seen : chunk) {
      keys.push_back({std::bit_cast<uint32_t>(seen.depth), static_cast<uint32_t>(places.size())});
      places.push_back(&seen);
    }
  }
  sort_by_depth(keys);
  std::vector<Footprint> sorted(keys.size());
  parallel_for((keys.size() + kChunk - 1) / kChunk, threads, [&](size_t chunk) {
    const size_t end = std::min(keys.size(), (chunk + 1) * kChunk);
    for (size_t i = chunk * kChunk; i < end; ++i) sorted[i] = *places[keys[i].at];
  });
  return sorted;
}

}  // namespace dew::kernel
