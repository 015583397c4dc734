// SPDX-License-Identifier: Apache-2.0
/// Fields of an organised cloud that follow from the grid: ranges of the geometry (in whatever unit), times of columns, counters.
/// They are replaced by what is left of them, which is nothing where the rule holds.
///
///   std::vector<PredictedField> fields = find_predicted_fields(cloud, cells);        // encoder
///   Cloud rest = without_predictions(cloud, fields, cells);                          // most of these fields: all 0
///   add_predictions(fields, cells, rest);                                            // decoder: the very fields again
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/cloud.h"
#include "pointcloud/coding/integer_view.h"

namespace dew {

/// Where a point of the file is on the grid.
struct PointCell {
  uint32_t cell = 0;  ///< row-major
  uint32_t row = 0, firing_column = 0;
  uint32_t range = 0;  ///< ticks as the decoder has them; 0: no return
};

/// integer = base + range_factor * range + unit * (of_row[row] + of_column[firing column]), modulo 2^64; or, with returns_only, empty_value
/// without a return.
struct PredictedField {
  uint32_t field = 0;               ///< index in the cloud
  FieldType type = FieldType::u32;  ///< of the values; what is left is i64
  IntegerView view;                 ///< integer or comb
  int64_t base = 0;
  int64_t range_factor = 0;
  int64_t unit = 1;  ///< of the numbers below
  bool returns_only = false;
  int64_t empty_value = 0;
  std::vector<int64_t> of_row;
  std::vector<int64_t> of_column;  ///< empty: all 0
};

/// Fields of one value a point for which a rule is right for nine of ten points, given the sensor's own ranges. Those of the cells may be
/// coarser later: then something is left. Cost: about 20 ns a value.
std::vector<PredictedField> find_predicted_fields(const Cloud& cloud, std::span<const PointCell> cells, uint32_t rows, uint32_t columns);
Cloud without_predictions(const Cloud& cloud, std::span<const PredictedField> fields, std::span<const PointCell> cells);
/// `rest` has a point for each cell. Fields that are not i64 stay as they are.
void add_predictions(std::span<const PredictedField> fields, std::span<const PointCell> cells, Cloud& rest);

void write_predicted_fields(std::span<const PredictedField> fields, ByteWriter& writer);
/// Bytes of one field among them.
size_t predicted_field_bytes(const PredictedField& field);
/// Errors: truncated, corrupt, limits. Hostile bytes are fine.
Result<std::vector<PredictedField>> read_predicted_fields(ByteReader& reader, uint32_t rows, uint32_t columns, Budget& budget);

}  // namespace dew
