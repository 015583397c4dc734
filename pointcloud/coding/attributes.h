// SPDX-License-Identifier: Apache-2.0
/// Fields beside the coordinates: what each one is on the grid, and how it is coded.
///
///   std::vector<AttributePlan> plans = plan_attributes(cloud, rows_of_points);     // encoder; empty rows: no grid
///   write_plans(plans, writer);   DEW_ASSIGN(plans, read_plans(reader, limits));
///
/// A plan names the field's type and method; the values themselves are coded by whoever holds the grid or the file order.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/cloud.h"
#include "pointcloud/coding/integer_view.h"

namespace dew {

/// Stored in files; never renumber.
enum class AttributeMethod : uint8_t {
  coordinate = 0,  ///< x, y or z of the geometry
  constant = 1,    ///< one value for all points
  by_row = 2,      ///< one value a laser (ring numbers)
  symbols = 3,     ///< integers of at most 8 bits on the grid: the intensity model; at most one field
  sequence = 4,    ///< anything: the sequence model, in grid or file order
};

/// Where the bytes of a part count. Order as in PartBytes; stored nowhere.
enum class Part : uint8_t { geometry = 0, intensity = 1, ring = 2, time = 3, other = 4 };
inline constexpr size_t kParts = 5;
const char* part_name(Part part);
/// By the field's name: "intensity", "reflectance", ... ; "ring", "laser", ...; "time", "timestamp", "t", "offset_ns", ...; other.
Part part_of_field(std::string_view name);

/// Part of the format.
inline constexpr uint64_t kMaxFields = 256;
inline constexpr uint64_t kMaxValuesPerPoint = 4096;

struct AttributePlan {
  std::string name;
  FieldType type = FieldType::f32;
  uint32_t count = 1;
  AttributeMethod method = AttributeMethod::sequence;
  IntegerView view;
  unsigned symbol_bits = 0;     ///< symbols: 1 to 8
  std::vector<int64_t> values;  ///< constant: `values_per_point`; by_row: one a row

  /// Integers that the view makes of one point's values.
  size_t values_per_point() const { return count * integers_per_value(view.kind); }
};

/// One plan a field, in order. `rows`: the grid row of each point, -1 for points off the grid; empty where there is no grid.
std::vector<AttributePlan> plan_attributes(const Cloud& cloud, std::span<const int32_t> rows, uint32_t row_count);

void write_plans(const std::vector<AttributePlan>& plans, ByteWriter& writer);
/// Errors: truncated, corrupt, limit_exceeded. `row_count`: rows of the grid, 0 for none.
Result<std::vector<AttributePlan>> read_plans(ByteReader& reader, uint32_t row_count, Budget& budget);

/// Decoders make no more cells or points than the bytes of the file pay for; streams that are coded in less are padded. Part of the format.
inline constexpr uint64_t kCellsPerByte = 16384;

/// Codes all values of a field in the given order; entropy coded bytes of their own, at least one for kCellsPerByte points.
Bytes encode_sequence(std::span<const int64_t> integers, size_t channels);
/// `points` * channels integers. Charges work and memory. Errors: corrupt, limits.
Result<std::vector<int64_t>> decode_sequence(ByteSpan coded, uint64_t points, size_t channels, Budget& budget, uint64_t offset,
                                             std::span<float> bits = {});

}  // namespace dew
