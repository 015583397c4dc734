// SPDX-License-Identifier: Apache-2.0
/// Where the bits of a frame go, cell by cell, as its decoder sees them: for `dew view`, which shows it.
///
///   FrameBits bits;
///   input.bits = &bits;                                        // of FrameInput: the decoder fills it
///   ProbedDecoder decoder(coded, cells_of(grid.bits, Part::geometry));
///   probe_row(coder, first_cell);                               // in a model's loops; nothing for other coders
///   probe_cell(coder, column);
///
/// A decoder that is asked for nothing pays a comparison a cell.
#pragma once

#include <array>
#include <cmath>
#include <span>
#include <vector>

#include "entropy/range_coder.h"
#include "pointcloud/coding/attributes.h"

namespace dew {

/// Bits by part of every cell of a frame's grid, of every point of a frame without a grid, or of every cell of all planes of a capture's
/// frame, column by column.
struct FrameBits {
  std::array<std::vector<float>, kParts> of_cells;  ///< a part: as many as there are cells, or empty
  std::vector<uint32_t> cell_of_point;              ///< in the order of the decoded content; empty: point i is cell i

  void allocate(size_t cells) {
    for (std::vector<float>& part : of_cells) part.assign(cells, 0);
  }
};

/// The cells of a part; none where nobody asked.
inline std::span<float> cells_of(FrameBits* bits, Part part) {
  return bits == nullptr ? std::span<float>() : std::span<float>(bits->of_cells[static_cast<size_t>(part)]);
}

/// `bits` made ready for so many cells, where somebody asked.
inline FrameBits* allocated_bits(FrameBits* bits, size_t cells) {
  if (bits != nullptr) bits->allocate(cells);
  return bits;
}

/// A decoder that adds what its symbols take to cells. REQUIRES: cells that are named are within those given, where any are.
class ProbedDecoder : public RangeDecoder {
 public:
  explicit ProbedDecoder(ByteSpan bytes, std::span<float> cells = {}) : RangeDecoder(bytes), cells_(cells) {}
  ~ProbedDecoder() {
    if (!cells_.empty()) settle();
  }
  ProbedDecoder(const ProbedDecoder&) = delete;
  ProbedDecoder& operator=(const ProbedDecoder&) = delete;

  void probe_row(size_t first_cell) { first_cell_ = first_cell; }
  /// What follows belongs to this cell, counted from the first one of the row.
  void probe_cell(size_t cell) {
    if (cells_.empty()) [[likely]]
      return;
    settle();
    current_ = first_cell_ + cell;
  }

 private:
  void settle() {
    const double now = bits_read();
    if (current_ < cells_.size()) cells_[current_] += static_cast<float>(now - before_);
    before_ = now;
  }

  std::span<float> cells_;
  size_t first_cell_ = 0;
  size_t current_ = 0;
  double before_ = 0;
};

template <class Coder>
void probe_row(Coder& coder, size_t first_cell) {
  if constexpr (requires { coder.probe_row(first_cell); }) coder.probe_row(first_cell);
}
template <class Coder>
void probe_cell(Coder& coder, size_t cell) {
  if constexpr (requires { coder.probe_cell(cell); }) coder.probe_cell(cell);
}

}  // namespace dew
