// SPDX-License-Identifier: Apache-2.0
/// Numbers that nearly grow evenly from column to column: encoder angles and times of a turning sensor.
///
///   Bytes coded = encode_column_numbers(azimuths);
///   DEW_ASSIGN(std::vector<int64_t> same, decode_column_numbers(coded, columns, budget, offset));
///
/// A head that turns evenly but is read in whole ticks steps by 19, 20, 19, 20, 20, ...: a line followed with fractions tells which.
/// Packets leave a period of some columns (up to kPeriod) in what deviates. Encoder angles cost half a bit to two bits a column so. Bytes:
/// pointcloud/FORMAT.md, "Column numbers".
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"

namespace dew {

/// Values within +-2^40.
Bytes encode_column_numbers(std::span<const int64_t> values);
/// Charges work and memory. Errors: corrupt, limits.
Result<std::vector<int64_t>> decode_column_numbers(ByteSpan coded, uint64_t count, Budget& budget, uint64_t offset);

}  // namespace dew
