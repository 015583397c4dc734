// SPDX-License-Identifier: Apache-2.0
/// Intensities on the grid, coded when all ranges of the slice are known: cells on the same surface look alike, and every laser has its habits.
///
///   IntensityModel model(grid, first_column, end_column, bits);
///   model.code_all(coder, grid.intensity);        // a decoder fills the slice's cells
///
/// Cells with and without a return have separate models. One object a slice and thread. Cost: about 250 ns a return at 8 bits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "entropy/mixer.h"
#include "pointcloud/coding/range_grid.h"

namespace dew {

/// Symbols of up to 8 bits under kContexts contexts at once; `set` chooses the weights together with the depth in the tree.
template <size_t kContexts>
class MixedSymbol {
 public:
  static constexpr size_t kSets = 4;

  MixedSymbol(const std::array<size_t, kContexts>& sizes, unsigned bits) : bits_(bits), mixed_(kSets * 8) {
    for (size_t i = 0; i < kContexts; ++i) nodes_[i].resize(sizes[i] << bits);
  }

  /// REQUIRES: contexts[i] < sizes[i], set < kSets; symbol < 2^bits where the coder encodes.
  template <class Coder>
  uint32_t code(Coder& coder, uint32_t symbol, const std::array<size_t, kContexts>& contexts, size_t set) {
    return code_tree(symbol, bits_, [&](bool bit, uint32_t node) {
      std::array<AdaptiveBit*, kContexts> at;
      for (size_t i = 0; i < kContexts; ++i) at[i] = &nodes_[i][(contexts[i] << bits_) + node];
      const size_t depth = static_cast<size_t>(std::bit_width(node)) - 1;
      return mixed_.code(coder, bit, at, depth * kSets + set);
    });
  }

 private:
  unsigned bits_;
  std::array<std::vector<AdaptiveBit>, kContexts> nodes_;
  MixedBit<kContexts> mixed_;
};

class IntensityModel {
 public:
  /// `bits`: 1 to 8, all intensities of the grid are below 2^bits. `grid` must outlive the object; its ranges must be complete.
  IntensityModel(const RangeGrid& grid, uint32_t first_column, uint32_t end_column, unsigned bits);

  /// Codes the intensities of the returns, and, if `of_all_cells`, of the other cells too. `intensity` is laid out as the grid's.
  template <class Coder>
  void code_all(Coder& coder, std::span<uint8_t> intensity, bool of_all_cells) {
    for (uint32_t row = 0; row < grid_.rows; ++row) {
      for (uint32_t column = first_column_; column < end_column_; ++column) {
        uint8_t& value = intensity[size_t{row} * grid_.columns + column];
        if (grid_.range_row(row)[column] != 0) {
          const Neighbourhood n = look(intensity, row, column);
          const size_t mean = n.mean >> 2;
          const std::array<size_t, 6> contexts = {mean * 4 + n.confidence, n.left, n.up, row, size_t{n.left >> 3} * 32 + (n.up >> 3),
                                                  n.range_class * 64 + mean};
          value = static_cast<uint8_t>(returns_.code(coder, value, contexts, n.confidence));
        } else if (of_all_cells) {
          const Neighbourhood n = look_among_empty(intensity, row, column);
          const std::array<size_t, 4> contexts = {n.left, n.up, row, size_t{n.left >> 3} * 32 + (n.up >> 3)};
          value = static_cast<uint8_t>(empty_.code(coder, value, contexts, n.confidence));
        }
      }
    }
  }

 private:
  struct Neighbourhood {
    uint32_t mean = 0;         ///< of the cells around, weighed by how near they are in range
    uint32_t left = 0;         ///< last return to the left
    uint32_t up = 0;
    uint32_t confidence = 0;   ///< 0 to 3: how many cells lie on the same surface
    uint32_t range_class = 0;  ///< 0 to 15
  };

  Neighbourhood look(std::span<const uint8_t> intensity, uint32_t row, uint32_t column) const;
  Neighbourhood look_among_empty(std::span<const uint8_t> intensity, uint32_t row, uint32_t column) const;

  const RangeGrid& grid_;
  uint32_t first_column_;
  uint32_t end_column_;
  MixedSymbol<6> returns_;
  MixedSymbol<4> empty_;
};

}  // namespace dew
