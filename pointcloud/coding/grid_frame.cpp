// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/grid_frame.h"

#include <algorithm>
#include <string>

#include "entropy/range_coder.h"
#include "pointcloud/coding/cell_bits.h"
#include "pointcloud/coding/learning_range_model.h"
#include "pointcloud/coding/sequence_model.h"
#include "pointcloud/scan.h"

namespace dew {
namespace {

constexpr uint32_t kMinSliceColumns = 4;
constexpr uint32_t kFlagNetwork = 1, kFlagAllCells = 2, kFlagSlicesRefer = 4, kFlagLearns = 8, kFlagTwoNetworks = 16;

/// Calls visit(cell) for each cell with a return of the slice, row after row.
template <class Visit>
void for_each_return(std::span<const uint32_t> range, uint32_t columns, uint32_t rows, ColumnSpan span, Visit&& visit) {
  for (uint32_t row = 0; row < rows; ++row) {
    for (uint32_t column = span.first; column < span.end; ++column) {
      const size_t cell = size_t{row} * columns + column;
      if (range[cell] != 0) visit(cell);
    }
  }
}

}  // namespace

RangeGrid make_grid(const GridHead& head, std::vector<int16_t> elevation_centidegrees) {
  RangeGrid grid;
  grid.rows = head.rows;
  grid.columns = head.columns;
  grid.geometry = {head.tick_um, head.column_millidegrees, std::move(elevation_centidegrees)};
  grid.range.assign(size_t{head.rows} * head.columns, 0);
  if (head.intensity_bits > 0) grid.intensity.assign(grid.range.size(), 0);
  return grid;
}

void write_grid_head(const GridHead& head, ByteWriter& writer) {
  writer.varint(head.rows);
  writer.varint(head.columns);
  writer.varint(head.slices);
  writer.varint(head.max_range);
  writer.varint(head.range_step);
  writer.varint(head.intensity_bits);
  writer.varint((head.uses_network ? kFlagNetwork : 0) | (head.intensity_of_all_cells ? kFlagAllCells : 0) |
                (head.slices_refer ? kFlagSlicesRefer : 0) | (head.network_learns ? kFlagLearns : 0) |
                (head.two_networks ? kFlagTwoNetworks : 0));
  writer.varint(head.tick_um);
  writer.varint(head.column_millidegrees);
}

Result<GridHead> read_grid_head(ByteReader& reader, uint64_t coded_bytes, Budget& budget) {
  const uint64_t offset = reader.offset();
  const auto corrupt = [&](const std::string& message) { return Error{Code::corrupt, offset, message}; };
  GridHead head;
  struct Number {
    uint32_t* to;
    uint64_t low, high;
    const char* name;
  };
  uint32_t flags = 0;
  const Number numbers[] = {{&head.rows, 1, kMostGridRows, "rows"},
                            {&head.columns, 1, kMostGridColumns, "columns"},
                            {&head.slices, 1, kMostGridColumns, "slices"},
                            {&head.max_range, 0, kMaxCodedRange, "the largest range"},
                            {&head.range_step, 1, 1u << 20, "the range step"},
                            {&head.intensity_bits, 0, 8, "the intensity bits"},
                            {&flags, 0, 31, "the grid flags"},
                            {&head.tick_um, 1, 1u << 30, "the range tick"},
                            {&head.column_millidegrees, 0, 360'000, "the column angle"}};
  for (const Number& number : numbers) {
    DEW_ASSIGN(const uint64_t value, reader.varint());
    if (value < number.low || value > number.high)
      return corrupt(std::string(number.name) + " of the grid is out of range: " + std::to_string(value));
    *number.to = static_cast<uint32_t>(value);
  }
  if (head.slices > head.columns) return corrupt("more slices than columns");
  head.uses_network = (flags & kFlagNetwork) != 0;
  head.intensity_of_all_cells = (flags & kFlagAllCells) != 0;
  head.slices_refer = (flags & kFlagSlicesRefer) != 0;
  head.network_learns = (flags & kFlagLearns) != 0;
  head.two_networks = (flags & kFlagTwoNetworks) != 0;
  if (head.network_learns && !head.uses_network) return corrupt("a grid without a network that learns");
  if (head.two_networks && !head.network_learns) return corrupt("a grid with a second network that does not learn");
  const uint64_t cells = uint64_t{head.rows} * head.columns;
  if (cells > max_cells(coded_bytes))
    return corrupt("a grid of " + std::to_string(cells) + " cells is more than the file's bytes can hold");
  DEW_TRY(budget.take_elements(cells, offset));
  DEW_TRY(budget.take_memory(cells * 16, offset));
  return head;
}

void choose_networks(const FrameOptions& options, GridHead& head) {
  head.uses_network = options.range_network != nullptr;
  head.network_learns = options.effort == Effort::max && head.uses_network && LearningRangeModel::takes(*options.range_network);
  head.two_networks = head.network_learns && options.second_network != nullptr && LearningRangeModel::takes(*options.second_network);
}

Result<GridCoding> grid_coding(const GridHead& head, const IntNet* network, const IntNet* second) {
  if ((head.uses_network && network == nullptr) || (head.two_networks && second == nullptr))
    return Error{Code::unsupported_feature, 0, "the frame needs a network that is neither in this program nor in the file"};
  if ((head.network_learns && !LearningRangeModel::takes(*network)) || (head.two_networks && !LearningRangeModel::takes(*second)))
    return Error{Code::corrupt, 0, "the frame's network is none that can learn"};
  GridCoding coding;
  coding.slices = head.slices;
  coding.max_range = std::max(1u, head.max_range);
  coding.range_network = head.uses_network ? network : nullptr;
  coding.network_learns = head.network_learns;
  coding.second_network = head.two_networks ? second : nullptr;
  coding.intensity_bits = head.intensity_bits;
  coding.intensity_of_all_cells = head.intensity_of_all_cells;
  coding.slices_refer = head.slices_refer;
  return coding;
}

Result<GridCoding> grid_coding(const GridHead& head, const FrameOptions& options) {
  DEW_ASSIGN(GridCoding coding, grid_coding(head, options.range_network, options.second_network));
  if (options.memo != nullptr && options.memo->slices.size() != head.slices) {
    options.memo->slices.clear();
    options.memo->slices.resize(head.slices);
  }
  coding.memo = options.memo;
  return coding;
}

Result<GridCoding> grid_coding(const GridHead& head, const FrameInput& input) {
  DEW_ASSIGN(GridCoding coding, grid_coding(head, input.range_network, input.second_network));
  if (input.memo != nullptr && input.memo->slices.size() == head.slices) coding.memo = input.memo;
  return coding;
}

Result<GridCoding> checked_grid_coding(const GridHead& head, const std::vector<AttributePlan>& plans, const FrameInput& input,
                                       uint64_t offset) {
  if (input.slices.size() != head.slices) return Error{Code::corrupt, offset, "the frame has another number of slices than its head says"};
  for (const AttributePlan& plan : plans) {
    if (plan.method == AttributeMethod::symbols && plan.symbol_bits != head.intensity_bits)
      return Error{Code::corrupt, offset, "symbol widths disagree"};
  }
  return grid_coding(head, input);
}

std::vector<bool> columns_at_hand(const FrameInput& input, const GridHead& head) {
  std::vector<bool> at_hand(head.columns, true);
  for (uint32_t i = 0; i < input.slices.size(); ++i) {
    if (input.slices[i]) continue;
    const ColumnSpan span = slice_columns(head.columns, head.slices, i);
    std::fill(at_hand.begin() + span.first, at_hand.begin() + span.end, false);
  }
  return at_hand;
}

uint32_t usable_slices(uint32_t wanted, uint32_t columns) { return std::clamp(wanted, 1u, std::max(1u, columns / kMinSliceColumns)); }

Bytes encode_cell_values(std::span<const int64_t> values, std::span<const uint32_t> range, uint32_t columns, uint32_t rows, ColumnSpan span,
                         size_t channels) {
  RangeEncoder encoder;
  SequenceModel model(channels);
  std::vector<int64_t> point(channels);
  for_each_return(range, columns, rows, span, [&](size_t cell) {
    std::copy_n(values.begin() + static_cast<ptrdiff_t>(cell * channels), channels, point.begin());
    model.code(encoder, point);
  });
  return encoder.finish();
}

Status decode_cell_values(ByteSpan coded, std::span<const uint32_t> range, uint32_t columns, uint32_t rows, ColumnSpan span,
                          size_t channels, std::span<int64_t> values, Budget& budget, uint64_t offset, std::span<float> bits) {
  DEW_TRY(budget.take_work(uint64_t{span.end - span.first} * rows * channels * 64, offset));
  DEW_TRY(budget.take_memory(SequenceModel::memory_bytes(channels), offset));
  ProbedDecoder decoder(coded, bits);
  SequenceModel model(channels);
  std::vector<int64_t> point(channels);
  for_each_return(range, columns, rows, span, [&](size_t cell) {
    probe_cell(decoder, cell);
    model.code(decoder, point);
    std::copy(point.begin(), point.end(), values.begin() + static_cast<ptrdiff_t>(cell * channels));
  });
  if (decoder.overrun()) return Error{Code::corrupt, offset, "a slice ends before its cells do"};
  return {};
}

}  // namespace dew
