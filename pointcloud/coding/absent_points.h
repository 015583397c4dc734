// SPDX-License-Identifier: Apache-2.0
/// Points of a cloud in file order that stand for no return: x, y and z hold the same bits at each of them, NaNs or zeros. They are said
/// once, a flag a point says where they are, and the coordinates of the others are coded as if they stood side by side.
///
/// Bytes: pointcloud/FORMAT.md, "Points frames".
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/cloud.h"
#include "pointcloud/coding/attributes.h"

namespace dew {

struct AbsentPoints {
  std::array<size_t, 3> fields{};  ///< the coordinates, in the order of the cloud's fields
  std::array<Bytes, 3> value;      ///< what each of them holds at an absent point
  std::vector<uint8_t> absent;     ///< one a point; empty: nothing is absent
};

/// Absent points of a cloud whose x, y, z are single floats of one type: NaNs, or else zeros where there are enough to pay. Cost: 2 ns a
/// point.
AbsentPoints find_absent_points(const Cloud& cloud);
/// A field of the points that are not absent.
Bytes without_absent(const Field& field, std::span<const uint8_t> absent);
/// The field again. REQUIRES: `present` holds a value for each 0 of `absent`.
Bytes with_absent(ByteSpan present, ByteSpan value, std::span<const uint8_t> absent);

/// The three values, in the order of the plans.
void write_absent_value(const AbsentPoints& points, ByteWriter& writer);
/// Errors: truncated; corrupt where the plans hold no x, y, z of single floats of one type.
Result<AbsentPoints> read_absent_value(ByteReader& reader, const std::vector<AttributePlan>& plans);

/// Flags of one slice as an entropy coded stream, at least a byte for kCellsPerByte points.
Bytes encode_absent(std::span<const uint8_t> absent);
/// Charges work and memory. Errors: corrupt, limits.
Result<std::vector<uint8_t>> decode_absent(ByteSpan coded, uint64_t points, Budget& budget, uint64_t offset);

}  // namespace dew
