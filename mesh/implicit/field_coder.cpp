// SPDX-License-Identifier: Apache-2.0
#include "mesh/implicit/field_coder.h"

#include <algorithm>
#include <cmath>

#include "entropy/range_coder.h"
#include "mesh/coding/mixed_number.h"
#include "mesh/coding/position_model.h"
#include "mesh/implicit/wavelets.h"

namespace dew {
namespace {

/// Beyond this many cells of the coarsest grid distances say nothing more.
constexpr double kFarthest = 1.5;
/// Details further from the surface than this many cells of their coarser grid are none.
constexpr double kBand = 1.25;
constexpr size_t kCoarsest = size_t{1} << kWaveletLevels;

struct Steps {
  double coarsest, detail[kWaveletLevels];
};

Steps steps_of(const FieldSteps& steps) {
  Steps out{steps.step, {}};
  double by = 1;
  for (size_t level = kWaveletLevels; level-- > 0;) {
    out.detail[level] = steps.step * by;
    by *= steps.fall;
  }
  return out;
}

template <class Coder>
class FieldCoder {
 public:
  /// `wanted`: all levels transformed; null where the coder decodes.
  FieldCoder(Coder& coder, DistanceField& known, const DistanceField* wanted, const FieldSteps& steps)
      : coder_(coder), known_(known), wanted_(wanted), steps_(steps_of(steps)) {
    for (size_t level = 0; level < kWaveletLevels; ++level)
      details_.emplace_back(std::array<size_t, 3>{7 * kNear, kSizes * 7, kSizes * 7}, 7);
  }

  Status run() {
    code_coarsest();
    for (size_t level = kWaveletLevels; level-- > 0;) {
      if constexpr (Coder::kDecodes) {
        if (coder_.overrun()) return Error{Code::truncated, 0, "the coded field ends too early"};
      }
      code_details(level);
      transform_level(known_, level, Direction::backward);
    }
    if constexpr (Coder::kDecodes) {
      if (coder_.overrun()) return Error{Code::truncated, 0, "the coded field ends too early"};
    }
    return {};
  }

 private:
  static constexpr size_t kNear = 8, kSizes = 12;

  static int64_t round_to_zero(double value) {
    const double size = std::floor(std::abs(value) + 0.42);
    return static_cast<int64_t>(value < 0 ? -size : size);
  }

  /// Each from those before it on the three axes.
  void code_coarsest() {
    const GridSize& n = known_.size;
    for (size_t z = 0; z < n[2]; z += kCoarsest) {
      for (size_t y = 0; y < n[1]; y += kCoarsest) {
        for (size_t x = 0; x < n[0]; x += kCoarsest) {
          const auto at = [&](size_t dx, size_t dy, size_t dz) {
            return x < dx || y < dy || z < dz ? kFarthest * kCoarsest : known_.at(x - dx, y - dy, z - dz);
          };
          constexpr size_t s = kCoarsest;
          const double a = at(s, 0, 0), b = at(0, s, 0), c = at(0, 0, s);
          const double plane = a + b + c - at(s, s, 0) - at(s, 0, s) - at(0, s, s) + at(s, s, s);
          const double guess = std::clamp((plane + (a + b + c)) / 4, -kFarthest * s, kFarthest * s);
          const size_t spread = bucket((std::abs(a - b) + std::abs(b - c)) / steps_.coarsest);
          const size_t flat = std::abs(guess) >= 0.99 * kFarthest * s ? 1 : 0;
          int64_t number = 0;
          if constexpr (!Coder::kDecodes) {
            const double limited = std::clamp(wanted_->at(x, y, z), -kFarthest * s, kFarthest * s);
            number = static_cast<int64_t>(std::floor((limited - guess) / steps_.coarsest + 0.5));
          }
          number = coarse_.code(coder_, number, {spread * 2 + flat}, 0);
          known_.at(x, y, z) = std::clamp(guess + static_cast<double>(number) * steps_.coarsest, -2 * kFarthest * s, 2 * kFarthest * s);
        }
      }
    }
  }

  static size_t bucket(double size) { return detail::size_bucket(size, kSizes); }

  void code_details(size_t level) {
    const size_t fine = size_t{1} << level, coarse = 2 * fine;
    const GridSize& n = known_.size;
    sizes_.assign(n[0] / coarse * (n[1] / coarse) * (n[2] / coarse), {});
    const size_t across = n[0] / coarse, slab = across * (n[1] / coarse);
    for (size_t z = 0; z < n[2]; z += coarse) {
      for (size_t y = 0; y < n[1]; y += coarse) {
        for (size_t x = 0; x < n[0]; x += coarse) {
          const size_t cell = x / coarse + across * (y / coarse) + slab * (z / coarse);
          const double off = std::abs(known_.at(x, y, z)) / static_cast<double>(coarse);
          const std::array<size_t, 3> back = {x > 0 ? cell - 1 : cell, y > 0 ? cell - across : cell, z > 0 ? cell - slab : cell};
          code_cell(level, {x, y, z}, cell, back, off);
        }
      }
    }
  }

  /// The seven details beside a node of the coarser grid, that node `off` of its cells from the surface.
  void code_cell(size_t level, const GridSize& at, size_t cell, const std::array<size_t, 3>& back, double off) {
    const size_t fine = size_t{1} << level;
    std::array<int64_t, 7> number{};
    const auto place = [&](size_t i) {
      return known_.index(at[0] + fine * ((i + 1) & 1), at[1] + fine * ((i + 1) >> 1 & 1), at[2] + fine * ((i + 1) >> 2));
    };
    if (off < kBand) {
      bool any = false;
      if constexpr (!Coder::kDecodes) {
        for (size_t i = 0; i < 7; ++i) {
          number[i] = round_to_zero(wanted_->value[place(i)] / steps_.detail[level]);
          any = any || number[i] != 0;
        }
      }
      const size_t near = std::min<size_t>(static_cast<size_t>(off * kNear / kBand), kNear - 1);
      size_t beside = 0;
      for (const size_t b : back) beside += b != cell && sizes_[b][7] != 0 ? 1 : 0;
      any = any_[(level * kNear + near) * 4 + beside].code(coder_, any);
      double before = 0;
      for (size_t i = 0; any && i < 7; ++i) {
        double around = 0;
        for (const size_t b : back) around += b == cell ? 0 : sizes_[b][i];
        number[i] = details_[level].code(coder_, number[i], {i * kNear + near, bucket(around / 3) * 7 + i, bucket(before / 2) * 7 + i}, i);
        const double size = std::abs(static_cast<double>(number[i]));
        before += size;
        sizes_[cell][i] = static_cast<float>(size);
        if (size > 0) sizes_[cell][7] = 1;
      }
    }
    for (size_t i = 0; i < 7; ++i) known_.value[place(i)] = static_cast<double>(number[i]) * steps_.detail[level];
  }

  Coder& coder_;
  DistanceField& known_;
  const DistanceField* wanted_;
  Steps steps_;
  MixedNumber<1> coarse_{{kSizes * 2}, 1};
  std::vector<MixedNumber<3>> details_;
  std::array<AdaptiveBit, kWaveletLevels * kNear * 4> any_;
  std::vector<std::array<float, 8>> sizes_;  ///< of the level's cells: the seven details, and whether there is any
};

}  // namespace

Bytes encode_field(const DistanceField& field, const FieldSteps& steps) {
  DistanceField wanted = field, known(field.size, field.origin, field.cell);
  for (size_t level = 0; level < kWaveletLevels; ++level) transform_level(wanted, level, Direction::forward);
  RangeEncoder coder;
  FieldCoder<RangeEncoder> walk(coder, known, &wanted, steps);
  (void)walk.run();
  return coder.finish();
}

Result<DistanceField> decode_field(ByteSpan bytes, const DistanceField& shape, const FieldSteps& steps, Budget& budget) {
  const uint64_t nodes = uint64_t{shape.size[0]} * shape.size[1] * shape.size[2];
  DEW_TRY(budget.take_memory(nodes * 24, 0));
  DEW_TRY(budget.take_work(nodes * 8, 0));
  DistanceField known(shape.size, shape.origin, shape.cell);
  RangeDecoder coder(bytes);
  FieldCoder<RangeDecoder> walk(coder, known, nullptr, steps);
  DEW_TRY(walk.run());
  return known;
}

}  // namespace dew
