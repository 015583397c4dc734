// SPDX-License-Identifier: Apache-2.0
// tile_plain.cpp in vectors of up to 16 lanes; the same operations in the same order, so the same bits.
#include "gaussians/render/kernel/tile.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gaussians/render/kernel/tile_hwy.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come first.
#include <hwy/highway.h>

#include <bit>

HWY_BEFORE_NAMESPACE();
namespace dew::kernel::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::CappedTag<float, kBlockPixels>;
using Vector = hn::Vec<Tag>;
using Mask = hn::Mask<Tag>;

/// Places of the pixels in a block.
alignas(64) inline constexpr float kColumns[kBlockPixels] = {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3};
alignas(64) inline constexpr float kRows[kBlockPixels] = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3};

HWY_INLINE Vector exp2_of(Tag d, Vector x) {
  const hn::RebindToUnsigned<Tag> d_bits;
  const Vector magic = hn::Set(d, kRounding);
  const Vector rounded = hn::Add(x, magic);
  const Vector f = hn::Sub(x, hn::Sub(rounded, magic));
  const Vector squared = hn::Mul(f, f);
  const auto line = [&](int k) HWY_ATTR { return hn::Add(hn::Mul(hn::Set(d, kExp2[k + 1]), f), hn::Set(d, kExp2[k])); };
  const Vector upper = hn::Add(hn::Mul(line(4), squared), line(2));
  const Vector value = hn::Add(hn::Mul(upper, squared), line(0));
  return hn::BitCast(d, hn::Add(hn::BitCast(d_bits, value), hn::ShiftLeft<kMantissaBits>(hn::BitCast(d_bits, rounded))));
}

HWY_INLINE void add_weighted(Tag d, float* sum, Vector weight, float value) {
  hn::Store(hn::Add(hn::Load(d, sum), hn::Mul(weight, hn::Set(d, value))), d, sum);
}

/// As in tile_plain.cpp.
HWY_INLINE bool draw_block(const TileSplat& splat, uint32_t block, TilePixels& pixels, float* record) {
  const Tag d;
  const size_t lanes = hn::Lanes(d);
  const Vector zero = hn::Zero(d);
  const float column = static_cast<float>(block % 4 * kBlockSide);
  const float row = static_cast<float>(block / 4 * kBlockSide);
  const Vector block_u = hn::Set(d, splat.u0 + (splat.ux * column + splat.uy * row));
  const Vector block_v = hn::Set(d, splat.v0 + splat.vy * row);
  const Vector ux = hn::Set(d, splat.ux), uy = hn::Set(d, splat.uy), vy = hn::Set(d, splat.vy);
  bool any = false;
  bool ended = false;
  for (size_t lane = 0; lane < kBlockPixels; lane += lanes) {
    const size_t at = block * kBlockPixels + lane;
    const Vector y = hn::Load(d, kRows + lane);
    const Vector u = hn::Add(block_u, hn::Add(hn::Mul(ux, hn::Load(d, kColumns + lane)), hn::Mul(uy, y)));
    const Vector v = hn::Add(block_v, hn::Mul(vy, y));
    const Vector distance = hn::Add(hn::Mul(u, u), hn::Mul(v, v));
    const Vector before = hn::Load(d, pixels.transmittance.data() + at);
    const Mask near = hn::And(hn::Le(distance, hn::Set(d, splat.cut)), hn::Gt(before, zero));
    // Known long before alpha is; where it is false no pixel changes.
    const bool any_near = !hn::AllFalse(d, near);
    if (!any_near && record == nullptr) continue;
    any = any || any_near;
    Vector alpha = hn::Min(hn::Mul(hn::Set(d, splat.opacity), exp2_of(d, hn::Neg(distance))), hn::Set(d, kLargestAlphaF));
    const Mask seen = hn::And(near, hn::Ge(alpha, hn::Set(d, kSmallestAlphaF)));
    const Vector next = hn::Mul(before, hn::Sub(hn::Set(d, 1.0f), alpha));
    const Mask ends = hn::And(seen, hn::Lt(next, hn::Set(d, kLastTransmittanceF)));
    const Mask drawn = hn::AndNot(ends, seen);
    alpha = hn::IfThenElseZero(drawn, alpha);
    const Vector weight = hn::Mul(alpha, before);
    if (record != nullptr) {
      hn::StoreU(weight, d, record + lane);
      hn::StoreU(alpha, d, record + kBlockPixels + lane);
    }
    hn::Store(hn::IfThenElse(ends, hn::Neg(before), hn::IfThenElse(drawn, next, before)), d, pixels.transmittance.data() + at);
    ended = ended || !hn::AllFalse(d, ends);
    add_weighted(d, pixels.red.data() + at, weight, splat.red);
    add_weighted(d, pixels.green.data() + at, weight, splat.green);
    add_weighted(d, pixels.blue.data() + at, weight, splat.blue);
    if (pixels.with_depth) add_weighted(d, pixels.depth.data() + at, weight, splat.depth);
  }
  if (ended) {
    bool live = false;
    for (size_t lane = 0; lane < kBlockPixels; lane += lanes) {
      live = live || !hn::AllFalse(d, hn::Gt(hn::Load(d, pixels.transmittance.data() + block * kBlockPixels + lane), zero));
    }
    if (!live) pixels.live &= ~(1u << block);
  }
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

/// As in tile_plain.cpp.
HWY_INLINE float fold(const float* lanes) {
  const hn::CappedTag<float, 4> d;
  float four[4];
  for (size_t i = 0; i < 4; i += hn::Lanes(d)) {
    const auto even = hn::Add(hn::LoadU(d, lanes + i), hn::LoadU(d, lanes + 8 + i));
    hn::StoreU(hn::Add(even, hn::Add(hn::LoadU(d, lanes + 4 + i), hn::LoadU(d, lanes + 12 + i))), d, four + i);
  }
  return (four[0] + four[2]) + (four[1] + four[3]);
}

struct alignas(64) LaneSums {
  float weight[kBlockPixels], weight_squared[kBlockPixels], weight_max[kBlockPixels], pixels[kBlockPixels], removal_error[kBlockPixels];
};

HWY_INLINE void add_to(Tag d, float* sum, Vector value) { hn::Store(hn::Add(hn::Load(d, sum), value), d, sum); }

HWY_INLINE void add_up_block(const TileSplat& splat, uint32_t block, const float* record, TilePixels& pixels, LaneSums& sums) {
  const Tag d;
  const Vector one = hn::Set(d, 1.0f);
  for (size_t lane = 0; lane < kBlockPixels; lane += hn::Lanes(d)) {
    const size_t at = block * kBlockPixels + lane;
    const Vector weight = hn::LoadU(d, record + lane);
    const Vector alpha = hn::LoadU(d, record + kBlockPixels + lane);
    const Vector uncovered = hn::Div(alpha, hn::Sub(one, alpha));
    Vector error[3];
    float* const behind[3] = {pixels.red.data() + at, pixels.green.data() + at, pixels.blue.data() + at};
    const float colour[3] = {splat.red, splat.green, splat.blue};
    for (size_t channel = 0; channel < 3; ++channel) {
      const Vector own = hn::Mul(weight, hn::Set(d, colour[channel]));
      const Vector before = hn::Load(d, behind[channel]);
      error[channel] = hn::Sub(own, hn::Mul(uncovered, before));
      hn::Store(hn::Add(before, own), d, behind[channel]);
    }
    add_to(d, sums.weight + lane, weight);
    add_to(d, sums.weight_squared + lane, hn::Mul(weight, weight));
    hn::Store(hn::Max(hn::Load(d, sums.weight_max + lane), weight), d, sums.weight_max + lane);
    add_to(d, sums.pixels + lane, hn::IfThenElseZero(hn::Gt(weight, hn::Zero(d)), one));
    add_to(d, sums.removal_error + lane,
           hn::Add(hn::Add(hn::Mul(error[0], error[0]), hn::Mul(error[1], error[1])), hn::Mul(error[2], error[2])));
  }
}

void add_up(std::span<const TileSplat> splats, const Trace& trace, TilePixels& pixels, std::span<TileSums> sums) {
  const float* record = trace.values.data() + trace.used;
  for (size_t i = splats.size(); i-- > 0;) {
    if (splats[i].drawn == 0) {
      sums[i] = {};
      continue;
    }
    LaneSums lanes{};
    for (uint32_t left = splats[i].drawn; left != 0;) {
      const uint32_t block = static_cast<uint32_t>(std::bit_width(left)) - 1;
      left ^= 1u << block;
      record -= kTraceRecord;
      add_up_block(splats[i], block, record, pixels, lanes);
    }
    float largest = 0;
    for (const float weight : lanes.weight_max) largest = weight > largest ? weight : largest;
    sums[i] = {fold(lanes.weight), fold(lanes.weight_squared), largest, fold(lanes.pixels), fold(lanes.removal_error)};
  }
}

struct alignas(64) LaneResidualSums {
  float colour[3][kBlockPixels], removal[kBlockPixels];
};

HWY_INLINE void add_residuals_block(const TileSplat& splat, uint32_t block, const float* record, TilePixels& pixels,
                                    const TileResidual& residual, LaneResidualSums& sums) {
  const Tag d;
  for (size_t lane = 0; lane < kBlockPixels; lane += hn::Lanes(d)) {
    const size_t at = block * kBlockPixels + lane;
    const Vector weight = hn::LoadU(d, record + lane);
    const Vector alpha = hn::LoadU(d, record + kBlockPixels + lane);
    const Vector uncovered = hn::Div(alpha, hn::Sub(hn::Set(d, 1.0f), alpha));
    Vector product[3];
    float* const behind[3] = {pixels.red.data() + at, pixels.green.data() + at, pixels.blue.data() + at};
    const float* const missing[3] = {residual.red.data() + at, residual.green.data() + at, residual.blue.data() + at};
    const float colour[3] = {splat.red, splat.green, splat.blue};
    for (size_t channel = 0; channel < 3; ++channel) {
      const Vector own = hn::Mul(weight, hn::Set(d, colour[channel]));
      const Vector before = hn::Load(d, behind[channel]);
      const Vector wanted = hn::Load(d, missing[channel]);
      product[channel] = hn::Mul(hn::Sub(own, hn::Mul(uncovered, before)), wanted);
      hn::Store(hn::Add(before, own), d, behind[channel]);
      add_to(d, sums.colour[channel] + lane, hn::Mul(weight, wanted));
    }
    add_to(d, sums.removal + lane, hn::Add(hn::Add(product[0], product[1]), product[2]));
  }
}

void add_residuals(std::span<const TileSplat> splats, const Trace& trace, TilePixels& pixels, const TileResidual& residual,
                   std::span<TileResidualSums> sums) {
  const float* record = trace.values.data() + trace.used;
  for (size_t i = splats.size(); i-- > 0;) {
    if (splats[i].drawn == 0) {
      sums[i] = {};
      continue;
    }
    LaneResidualSums lanes{};
    for (uint32_t left = splats[i].drawn; left != 0;) {
      const uint32_t block = static_cast<uint32_t>(std::bit_width(left)) - 1;
      left ^= 1u << block;
      record -= kTraceRecord;
      add_residuals_block(splats[i], block, record, pixels, residual, lanes);
    }
    sums[i] = {fold(lanes.colour[0]), fold(lanes.colour[1]), fold(lanes.colour[2]), fold(lanes.removal)};
  }
}

}  // namespace dew::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dew::kernel {
HWY_EXPORT(draw);
HWY_EXPORT(add_up);
HWY_EXPORT(add_residuals);
namespace {
void draw_best(std::span<TileSplat> splats, TilePixels& pixels, Trace* trace) { HWY_DYNAMIC_DISPATCH(draw)(splats, pixels, trace); }
void add_up_best(std::span<const TileSplat> splats, const Trace& trace, TilePixels& pixels, std::span<TileSums> sums) {
  HWY_DYNAMIC_DISPATCH(add_up)(splats, trace, pixels, sums);
}
void add_residuals_best(std::span<const TileSplat> splats, const Trace& trace, TilePixels& pixels, const TileResidual& residual,
                        std::span<TileResidualSums> sums) {
  HWY_DYNAMIC_DISPATCH(add_residuals)(splats, trace, pixels, residual, sums);
}
}  // namespace
TileKernels best_tile_kernels() { return {draw_best, add_up_best, add_residuals_best}; }
}  // namespace dew::kernel
#endif
