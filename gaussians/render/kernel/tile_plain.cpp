// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>

#include "gaussians/render/kernel/tile.h"

namespace dew::kernel {
namespace {

using Lanes = std::array<float, kBlockPixels>;

/// 2^x for x in (-100, 0].
float exp2_of(float x) {
  const float rounded = x + kRounding;
  const float f = x - (rounded - kRounding);
  const float squared = f * f;
  const float upper = (kExp2[5] * f + kExp2[4]) * squared + (kExp2[3] * f + kExp2[2]);
  const float value = upper * squared + (kExp2[1] * f + kExp2[0]);
  return std::bit_cast<float>(std::bit_cast<uint32_t>(value) + (std::bit_cast<uint32_t>(rounded) << kMantissaBits));
}

/// Draws one splat in one block. True where a pixel changed; alphas and weights of the pixels are then in `record`, if there is one.
bool draw_block(const TileSplat& splat, uint32_t block, TilePixels& pixels, float* record) {
  const float column = static_cast<float>(block % 4 * kBlockSide);
  const float row = static_cast<float>(block / 4 * kBlockSide);
  const float block_u = splat.u0 + (splat.ux * column + splat.uy * row);
  const float block_v = splat.v0 + splat.vy * row;
  bool any = false;
  bool live = false;
  for (uint32_t lane = 0; lane < kBlockPixels; ++lane) {
    const float x = static_cast<float>(lane % 4);
    const float y = static_cast<float>(lane / 4);
    const float u = block_u + (splat.ux * x + splat.uy * y);
    const float v = block_v + splat.vy * y;
    const float distance = u * u + v * v;
    const size_t at = block * kBlockPixels + lane;
    float& transmittance = pixels.transmittance[at];
    float alpha = 0;
    float weight = 0;
    if (distance <= splat.cut && transmittance > 0) {
      alpha = std::min(splat.opacity * exp2_of(-distance), kLargestAlphaF);
      const float next = transmittance * (1.0f - alpha);
      if (alpha < kSmallestAlphaF) {
        alpha = 0;
      } else if (next < kLastTransmittanceF) {
        alpha = 0;
        transmittance = -transmittance;
      } else {
        weight = alpha * transmittance;
        transmittance = next;
        any = true;
        pixels.red[at] += weight * splat.red;
        pixels.green[at] += weight * splat.green;
        pixels.blue[at] += weight * splat.blue;
        if (pixels.with_depth) pixels.depth[at] += weight * splat.depth;
      }
    }
    if (record != nullptr) {
      record[lane] = weight;
      record[kBlockPixels + lane] = alpha;
    }
    live = live || transmittance > 0;
  }
  if (!live) pixels.live &= ~(1u << block);
  return any;
}

void draw(std::span<TileSplat> splats, TilePixels& pixels, Trace* trace) {
  if (trace != nullptr) reserve(*trace, splats.size());
  for (TileSplat& splat : splats) {
    if (pixels.live == 0) return;
    for (uint32_t left = splat.blocks & pixels.live; left != 0; left &= left - 1) {
      const uint32_t block = static_cast<uint32_t>(std::countr_zero(left));
      float* record = trace == nullptr ? nullptr : trace->values.data() + trace->used;
      if (!draw_block(splat, block, pixels, record) || trace == nullptr) continue;
      trace->used += kTraceRecord;
      splat.drawn = static_cast<uint16_t>(splat.drawn | 1u << block);
    }
  }
}

/// Sum over the lanes in the order in which vectors of any length up to 16 can fold.
float fold(const Lanes& lanes) {
  float four[4];
  for (size_t i = 0; i < 4; ++i) four[i] = (lanes[i] + lanes[8 + i]) + (lanes[4 + i] + lanes[12 + i]);
  return (four[0] + four[2]) + (four[1] + four[3]);
}

struct LaneSums {
  Lanes weight{}, weight_squared{}, weight_max{}, pixels{}, removal_error{};
};

void add_up_block(const TileSplat& splat, uint32_t block, const float* record, TilePixels& pixels, LaneSums& sums) {
  for (uint32_t lane = 0; lane < kBlockPixels; ++lane) {
    const float weight = record[lane];
    const float alpha = record[kBlockPixels + lane];
    const size_t at = block * kBlockPixels + lane;
    const float uncovered = alpha / (1.0f - alpha);  // how much more of what lies behind is seen without this splat
    const float own_red = weight * splat.red, own_green = weight * splat.green, own_blue = weight * splat.blue;
    const float red = own_red - uncovered * pixels.red[at];
    const float green = own_green - uncovered * pixels.green[at];
    const float blue = own_blue - uncovered * pixels.blue[at];
    pixels.red[at] += own_red;
    pixels.green[at] += own_green;
    pixels.blue[at] += own_blue;
    sums.weight[lane] += weight;
    sums.weight_squared[lane] += weight * weight;
    sums.weight_max[lane] = std::max(sums.weight_max[lane], weight);
    sums.pixels[lane] += weight > 0 ? 1.0f : 0.0f;
    sums.removal_error[lane] += (red * red + green * green) + blue * blue;
  }
}

void add_up(std::span<const TileSplat> splats, const Trace& trace, TilePixels& pixels, std::span<TileSums> sums) {
  const float* record = trace.values.data() + trace.used;
  for (size_t i = splats.size(); i-- > 0;) {
    LaneSums lanes;
    for (uint32_t left = splats[i].drawn; left != 0;) {
      const uint32_t block = static_cast<uint32_t>(std::bit_width(left)) - 1;
      left ^= 1u << block;
      record -= kTraceRecord;
      add_up_block(splats[i], block, record, pixels, lanes);
    }
    sums[i] = {fold(lanes.weight), fold(lanes.weight_squared), *std::max_element(lanes.weight_max.begin(), lanes.weight_max.end()),
               fold(lanes.pixels), fold(lanes.removal_error)};
  }
}

struct LaneResidualSums {
  Lanes red{}, green{}, blue{}, removal{};
};

void add_residuals_block(const TileSplat& splat, uint32_t block, const float* record, TilePixels& pixels, const TileResidual& residual,
                         LaneResidualSums& sums) {
  for (uint32_t lane = 0; lane < kBlockPixels; ++lane) {
    const float weight = record[lane];
    const float alpha = record[kBlockPixels + lane];
    const size_t at = block * kBlockPixels + lane;
    const float uncovered = alpha / (1.0f - alpha);
    const float own_red = weight * splat.red, own_green = weight * splat.green, own_blue = weight * splat.blue;
    const float red = own_red - uncovered * pixels.red[at];
    const float green = own_green - uncovered * pixels.green[at];
    const float blue = own_blue - uncovered * pixels.blue[at];
    pixels.red[at] += own_red;
    pixels.green[at] += own_green;
    pixels.blue[at] += own_blue;
    sums.red[lane] += weight * residual.red[at];
    sums.green[lane] += weight * residual.green[at];
    sums.blue[lane] += weight * residual.blue[at];
    sums.removal[lane] += (red * residual.red[at] + green * residual.green[at]) + blue * residual.blue[at];
  }
}

void add_residuals(std::span<const TileSplat> splats, const Trace& trace, TilePixels& pixels, const TileResidual& residual,
                   std::span<TileResidualSums> sums) {
  const float* record = trace.values.data() + trace.used;
  for (size_t i = splats.size(); i-- > 0;) {
    LaneResidualSums lanes;
    for (uint32_t left = splats[i].drawn; left != 0;) {
      const uint32_t block = static_cast<uint32_t>(std::bit_width(left)) - 1;
      left ^= 1u << block;
      record -= kTraceRecord;
      add_residuals_block(splats[i], block, record, pixels, residual, lanes);
    }
    sums[i] = {fold(lanes.red), fold(lanes.green), fold(lanes.blue), fold(lanes.removal)};
  }
}

}  // namespace

TileKernels plain_tile_kernels() { return {draw, add_up, add_residuals}; }

}  // namespace dew::kernel
