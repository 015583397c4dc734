// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/grid_codec.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "entropy/range_coder.h"
#include "pointcloud/coding/adaptive_range_model.h"
#include "pointcloud/coding/attributes.h"
#include "pointcloud/coding/cell_bits.h"
#include "pointcloud/coding/deep_intensity_model.h"
#include "pointcloud/coding/flag_model.h"
#include "pointcloud/coding/intensity_model.h"
#include "pointcloud/coding/inter_flag_model.h"
#include "pointcloud/coding/inter_intensity_model.h"
#include "pointcloud/coding/learning_range_model.h"
#include "pointcloud/coding/network_range_model.h"

namespace dew {
namespace {

/// Rows from the top; `code_range(row, column_in_slice, range)` codes one range and returns it.
template <class Coder, class Flags, class StartRow, class CodeRange, class EndRow>
void code_rows(Coder& coder, RangeGrid& grid, ColumnSpan span, Flags flags, StartRow&& start_row, CodeRange&& code_range,
               EndRow&& end_row) {
  const uint32_t width = span.end - span.first;
  std::vector<uint32_t> row(width);
  for (uint32_t r = 0; r < grid.rows; ++r) {
    uint32_t* cells = grid.range.data() + size_t{r} * grid.columns + span.first;
    if constexpr (!Coder::kDecodes) std::copy(cells, cells + width, row.begin());
    probe_row(coder, size_t{r} * grid.columns + span.first);
    flags.code_row(coder, row);
    start_row(r, std::span<const uint32_t>(row));
    for (uint32_t c = 0; c < width; ++c) {
      if (row[c] == 0) continue;
      probe_cell(coder, c);
      row[c] = code_range(c, row[c]);
    }
    end_row();
    flags.end_row(row);
    if constexpr (Coder::kDecodes) std::copy(row.begin(), row.end(), cells);
  }
}

// Each way through a slice is a function of its own, whose inner loop gets all registers.

template <class Coder, class Flags, class Model>
[[gnu::noinline]] void code_by_network(Coder& coder, RangeGrid& grid, ColumnSpan span, Flags flags, Model model) {
  code_rows(
      coder, grid, span, std::move(flags),
      [&](uint32_t number, std::span<const uint32_t> row) { model.template start_row<Coder>(number, row); },
      [&](uint32_t column, uint32_t range) { return model.code(coder, span.first + column, range); }, [] {});
}

template <class Coder, class Flags>
[[gnu::noinline]] void code_by_contexts(Coder& coder, RangeGrid& grid, ColumnSpan span, Flags flags, AdaptiveRangeModel model) {
  code_rows(
      coder, grid, span, std::move(flags), [](uint32_t, std::span<const uint32_t>) {},
      [&](uint32_t column, uint32_t range) { return model.code(coder, column, range); }, [&] { model.end_row(); });
}

const ReferencePicture* reference_of_ranges(const GridCoding& coding) { return coding.ranges_refer ? coding.reference : nullptr; }

/// The memo to fill, or the one that is of all that this decoder's predictions will be of. REQUIRES: a network.
template <class Coder>
RangeMemo* range_memo(const RangeGrid& grid, const GridCoding& coding, uint32_t index) {
  if (coding.memo == nullptr) return nullptr;
  const ReferencePicture* reference = reference_of_ranges(coding);
  const ColumnSpan span = slice_columns(grid.columns, coding.slices, index);
  RangeMemo& memo = coding.memo->slices[index].ranges[reference != nullptr ? 1 : 0];
  const IntNet* network = reference != nullptr ? coding.inter_network : coding.range_network;
  const bool learns = coding.network_learns;
  const IntNet* second = learns && reference == nullptr ? coding.second_network : nullptr;
  const RangeMemo::Source source{network, second, learns, reference, grid.geometry, span.first, span.end, coding.max_range};
  if constexpr (Coder::kDecodes) return memo.source == source ? &memo : nullptr;
  memo.source = source;
  return &memo;
}

template <class Coder>
void code_ranges(Coder& coder, RangeGrid& grid, const GridCoding& coding, uint32_t index) {
  const ColumnSpan span = slice_columns(grid.columns, coding.slices, index);
  const uint32_t width = span.end - span.first;
  const ReferencePicture* reference = reference_of_ranges(coding);
  if (coding.network_learns && reference != nullptr) {
    code_by_network(
        coder, grid, span, InterFlagModel(*reference, span.first, span.end),
        InterLearningRangeModel(*coding.inter_network, nullptr, InterRangeFeatures(grid.geometry, *reference, span.first, span.end),
                                coding.max_range, range_memo<Coder>(grid, coding, index)));
  } else if (coding.range_network != nullptr && reference != nullptr) {
    InterRangeFeatures features(grid.geometry, *reference, span.first, span.end);
    code_by_network(
        coder, grid, span, InterFlagModel(*reference, span.first, span.end),
        InterRangeModel(*coding.inter_network, std::move(features), span.first, coding.max_range, range_memo<Coder>(grid, coding, index)));
  } else if (coding.range_network != nullptr && coding.network_learns) {
    RangeFeatures features(grid.geometry, span.first, span.end);
    code_by_network(coder, grid, span, FlagModel(width),
                    LearningRangeModel(*coding.range_network, coding.second_network, std::move(features), coding.max_range,
                                       range_memo<Coder>(grid, coding, index)));
  } else if (coding.range_network != nullptr) {
    RangeFeatures features(grid.geometry, span.first, span.end);
    code_by_network(coder, grid, span, FlagModel(width),
                    NetworkRangeModel(*coding.range_network, std::move(features), span.first, coding.max_range,
                                      range_memo<Coder>(grid, coding, index)));
  } else if (reference != nullptr) {
    code_by_contexts(coder, grid, span, InterQuickFlagModel(*reference, span.first, span.end),
                     AdaptiveRangeModel(width, coding.max_range, *reference, span.first));
  } else {
    code_by_contexts(coder, grid, span, QuickFlagModel(width), AdaptiveRangeModel(width, coding.max_range));
  }
}

bool intensities_refer(const GridCoding& coding) {
  return coding.reference != nullptr && coding.intensities_refer && !coding.reference->left_intensity.empty();
}

/// Of intensities whose contexts are mixed: quick ones take no longer than their notes.
IntensityMemo* intensity_memo(const GridCoding& coding, uint32_t index) {
  if (coding.memo == nullptr || coding.range_network == nullptr) return nullptr;
  return &coding.memo->slices[index].intensities[intensities_refer(coding) ? 1 : 0];
}

template <class Coder, class Model>
[[gnu::noinline]] void code_intensities(Coder& coder, RangeGrid& grid, const GridCoding& coding, Model model) {
  model.code_all(coder, grid.intensity, coding.intensity_of_all_cells);
}

template <class Coder>
void code_intensity(Coder& coder, RangeGrid& grid, const GridCoding& coding, uint32_t index) {
  const auto [first, end] = slice_columns(grid.columns, coding.slices, index);
  const unsigned bits = coding.intensity_bits;
  const auto code_all = [&](auto model) { code_intensities(coder, grid, coding, std::move(model)); };
  const bool mixes = coding.range_network != nullptr;
  if (intensities_refer(coding)) {
    if (mixes) return code_all(InterIntensityModel(grid, *coding.reference, first, end, bits));
    return code_all(InterQuickIntensityModel(grid, *coding.reference, first, end, bits));
  }
  if (coding.network_learns) return code_all(DeepIntensityModel(grid, first, end, bits));
  if (mixes) return code_all(IntensityModel(grid, first, end, bits));
  code_all(QuickIntensityModel(grid, first, end, bits));
}

Status charge(const RangeGrid& grid, const GridCoding& coding, uint32_t index, uint64_t work_a_cell, Budget& budget, uint64_t offset) {
  const ColumnSpan span = slice_columns(grid.columns, coding.slices, index);
  return budget.take_work(uint64_t{span.end - span.first} * grid.rows * work_a_cell, offset);
}

Status check_overrun(const RangeDecoder& decoder, uint64_t offset) {
  if (!decoder.overrun()) return {};
  return Error{Code::corrupt, offset, "a slice ends before its cells do"};
}

}  // namespace

GridSlice encode_grid_slice(const RangeGrid& grid, const GridCoding& coding, uint32_t index) {
  // The models are one code path for both directions and take the grid as their output too; an encoder changes none of it.
  RangeGrid& same = const_cast<RangeGrid&>(grid);
  GridSlice slice;
  RangeEncoder ranges;
  code_ranges(ranges, same, coding, index);
  slice.ranges = ranges.finish();
  const ColumnSpan span = slice_columns(grid.columns, coding.slices, index);
  slice.ranges.resize(std::max<size_t>(slice.ranges.size(), uint64_t{grid.rows} * (span.end - span.first) / kCellsPerByte));
  if (coding.intensity_bits == 0) return slice;
  if (IntensityMemo* memo = intensity_memo(coding, index)) {
    NotingEncoder intensity(*memo, coding.intensity_bits);
    code_intensity(intensity, same, coding, index);
    slice.intensity = intensity.finish();
  } else {
    RangeEncoder intensity;
    code_intensity(intensity, same, coding, index);
    slice.intensity = intensity.finish();
  }
  return slice;
}

Status decode_grid_ranges(ByteSpan coded, const GridCoding& coding, uint32_t index, RangeGrid& grid, Budget& budget, uint64_t offset) {
  const bool refers = reference_of_ranges(coding) != nullptr;
  const IntNet* network = coding.range_network != nullptr && refers ? coding.inter_network : coding.range_network;
  // Floats that learn take some ten times as long as small integers.
  const bool learns = coding.network_learns;
  uint64_t operations = network == nullptr ? 0 : network->operations() * (learns ? 10 : 1);
  if (learns && !refers && coding.second_network != nullptr) operations += coding.second_network->operations() * 10;
  const uint64_t work = 64 + operations / 32 + (refers ? 32 : 0);
  DEW_TRY(charge(grid, coding, index, work, budget, offset));
  ProbedDecoder decoder(coded, cells_of(grid.bits, Part::geometry));
  code_ranges(decoder, grid, coding, index);
  return check_overrun(decoder, offset);
}

Status decode_grid_intensity(ByteSpan coded, const GridCoding& coding, uint32_t index, RangeGrid& grid, Budget& budget, uint64_t offset) {
  const bool is_deep = coding.network_learns && !intensities_refer(coding);
  DEW_TRY(charge(grid, coding, index, is_deep ? 4096 : 256, budget, offset));
  if (is_deep) DEW_TRY(budget.take_work(DeepIntensityModel::kMostContexts, offset));
  if (const IntensityMemo* memo = intensity_memo(coding, index); memo != nullptr && grid.bits == nullptr) {
    RecallingDecoder recalling(coded, *memo);
    code_intensity(recalling, grid, coding, index);
    if (!recalling.differs()) return {};
  }
  ProbedDecoder decoder(coded, cells_of(grid.bits, Part::intensity));
  code_intensity(decoder, grid, coding, index);
  return check_overrun(decoder, offset);
}

}  // namespace dew
