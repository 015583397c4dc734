// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/layout_numbers.h"

#include "pointcloud/coding/column_numbers.h"

namespace dew {
namespace {

constexpr int64_t kMostShift = int64_t{1} << 24;
constexpr int64_t kMostElevation_centidegrees = 18'000;

template <class T>
void write_rows(const std::vector<T>& numbers, ByteWriter& writer) {
  writer.sized_bytes(encode_column_numbers(std::vector<int64_t>(numbers.begin(), numbers.end())));
}

/// A number a row, each in [least, most].
template <class T>
Result<std::vector<T>> read_rows(ByteReader& reader, uint32_t rows, int64_t least, int64_t most, Budget& budget) {
  DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
  DEW_ASSIGN(const std::vector<int64_t> numbers, decode_column_numbers(coded, rows, budget, reader.offset()));
  std::vector<T> narrow;
  for (const int64_t number : numbers) {
    if (number < least || number > most) return Error{Code::corrupt, reader.offset(), "a number of a scan's layout is out of range"};
    narrow.push_back(static_cast<T>(number));
  }
  return narrow;
}

}  // namespace

void write_layout(const ScanLayout& layout, ByteWriter& writer) {
  write_rows(layout.laser_of_row, writer);
  write_rows(layout.column_shift, writer);
  write_rows(layout.elevation_centidegrees, writer);
}

Result<ScanLayout> read_layout(ByteReader& reader, uint32_t rows, Budget& budget) {
  ScanLayout layout;
  DEW_ASSIGN(layout.laser_of_row, read_rows<uint16_t>(reader, rows, 0, std::min<int64_t>(rows, 0x10000) - 1, budget));
  std::vector<bool> seen(rows, false);
  for (const uint16_t laser : layout.laser_of_row) {
    if (seen[laser]) return Error{Code::corrupt, reader.offset(), "the rows' lasers are no permutation"};
    seen[laser] = true;
  }
  DEW_ASSIGN(layout.column_shift, read_rows<int32_t>(reader, rows, -kMostShift, kMostShift, budget));
  DEW_ASSIGN(layout.elevation_centidegrees,
             read_rows<int16_t>(reader, rows, -kMostElevation_centidegrees, kMostElevation_centidegrees, budget));
  return layout;
}

}  // namespace dew
