// SPDX-License-Identifier: Apache-2.0
/// A scan's layout as bytes.
///
///   write_layout(layout, writer);
///   DEW_ASSIGN(const ScanLayout same, read_layout(reader, rows, budget));
///
/// Lasers, shifts and elevations of the rows are three sequences of column numbers (column_numbers.h): lasers that are evenly spaced or
/// take turns cost a few bytes, 128 of a table some 150. Bytes: pointcloud/FORMAT.md, section 8.
#pragma once

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/sensor/scan_layout.h"

namespace dew {

void write_layout(const ScanLayout& layout, ByteWriter& writer);
/// Charges work and memory. Errors: truncated; corrupt for what is no layout of so many rows; limits.
Result<ScanLayout> read_layout(ByteReader& reader, uint32_t rows, Budget& budget);

}  // namespace dew
