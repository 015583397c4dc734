// SPDX-License-Identifier: Apache-2.0
/// Few values that stand for many: 256 numbers for an attribute, a palette of vectors for SH.
///
///   const Codebook book = fit_codebook(splats.log_scale);
///   const float stand_in = book.values[book.nearest(x)];
///   const Palette palette = fit_palette(splats.sh, 45, 4096);
///   const uint32_t entry = palette.label[i];
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace dew {

/// 256 values in rising order.
struct Codebook {
  std::array<float, 256> values{};
  uint8_t nearest(float value) const;
};

/// The very values where there are at most 256 different ones; otherwise Lloyd's iteration from values spread half by range, half by rank.
/// Values that are not finite are left out. The same input gives the same book. Cost: n log n and 40 rounds of 256 searches.
/// Source: S. P. Lloyd, "Least squares quantization in PCM", 1982.
Codebook fit_codebook(std::vector<float> values);

struct Palette {
  std::vector<float> entries;   ///< `width` floats each
  std::vector<uint32_t> label;  ///< entry of each vector
  bool exact = false;           ///< every vector is an entry
};

/// At most `size` vectors for `vectors` (of `width` floats each): the very vectors where there are at most `exact_size` different ones,
/// otherwise cells that are cut in two, the one with the largest squared error first, across its principal direction at its mean; a cell
/// is represented by its mean. Depends on nothing but its input. Cost: some 6 passes over the vectors for each doubling of the palette.
/// REQUIRES: finite values; width > 0.
Palette fit_palette(std::span<const float> vectors, size_t width, size_t size, size_t exact_size);

}  // namespace dew
