// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/scan_frame.h"

#include "pointcloud/coding/column_numbers.h"
#include "pointcloud/coding/layout_numbers.h"
#include "pointcloud/coding/scan_cells.h"
#include "pointcloud/scan.h"

namespace dew {
namespace {

template <class T>
void add_column_numbers(const std::vector<T>& numbers, Part part, ByteWriter& head, CodedFrame& frame) {
  const size_t before = head.size();
  head.sized_bytes(encode_column_numbers(std::vector<int64_t>(numbers.begin(), numbers.end())));
  frame.part_bytes[static_cast<size_t>(part)] += head.size() - before;
}

template <class T>
Status read_column_numbers(ByteReader& reader, uint32_t columns, std::vector<T>& out, Budget& budget) {
  DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
  DEW_ASSIGN(const std::vector<int64_t> values, decode_column_numbers(coded, columns, budget, reader.offset()));
  for (const int64_t value : values) out.push_back(static_cast<T>(value));
  return {};
}

}  // namespace

Result<CodedFrame> encode_scan(const Scan& scan, const ScanLayout& layout, const FrameOptions& options) {
  if (scan.lasers > kMostGridRows || scan.columns > kMostGridColumns)
    return Error{Code::limit_exceeded, 0, "more than 4,096 lasers or 2^24 columns"};
  if (scan.time_us.size() != scan.columns) return Error{Code::invalid_argument, 0, "the scan has not one time a column"};
  DEW_ASSIGN(CodedFrame frame, encode_scan_cells(scan, layout, options));
  if (options.picture_only) return frame;
  ByteWriter head;
  head.varint(scan.columns);
  head.varint(scan.lasers);
  head.u32(scan.tick_um);
  head.u32(scan.azimuth_units_per_turn);
  head.u8(static_cast<uint8_t>(scan.range_bytes));
  write_layout(layout, head);
  frame.part_bytes[static_cast<size_t>(Part::geometry)] += head.size();
  add_column_numbers(scan.azimuth, Part::geometry, head, frame);
  add_column_numbers(scan.time_us, Part::time, head, frame);
  head.bytes(frame.head);
  frame.head = head.take();
  return frame;
}

Result<Scan> decode_scan(ByteReader& reader, const FrameInput& input) {
  Budget budget(input.limits);
  const uint64_t coded_bytes = input.coded_bytes(reader);
  DEW_ASSIGN(const uint64_t columns, reader.varint());
  DEW_ASSIGN(const uint64_t lasers, reader.varint());
  if (columns == 0 || columns > kMostGridColumns || lasers == 0 || lasers > kMostGridRows || columns * lasers > max_cells(coded_bytes)) {
    return Error{Code::corrupt, reader.offset(),
                 "a scan of " + std::to_string(columns) + " x " + std::to_string(lasers) + " cells is more than the file's bytes can hold"};
  }
  Scan scan;
  scan.columns = static_cast<uint32_t>(columns);
  scan.lasers = static_cast<uint32_t>(lasers);
  DEW_ASSIGN(scan.tick_um, reader.u32());
  DEW_ASSIGN(scan.azimuth_units_per_turn, reader.u32());
  DEW_ASSIGN(const uint8_t range_bytes, reader.u8());
  if (range_bytes != 2 && range_bytes != 4) return Error{Code::corrupt, reader.offset(), "ranges of a scan have 2 or 4 bytes"};
  scan.range_bytes = range_bytes;
  DEW_ASSIGN(const ScanLayout layout, read_layout(reader, scan.lasers, budget));
  DEW_TRY(read_column_numbers(reader, scan.columns, scan.azimuth, budget));
  DEW_TRY(read_column_numbers(reader, scan.columns, scan.time_us, budget));
  DEW_TRY(decode_scan_cells(reader, input, layout, scan));
  DEW_TRY(reader.expect_end());
  return scan;
}

}  // namespace dew
