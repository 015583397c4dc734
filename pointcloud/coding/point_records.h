// SPDX-License-Identifier: Apache-2.0
/// Slices of a points frame whose fields are coded together (record_model.h).
///
///   const std::vector<RecordPlace> places = plan_records(plans, groups, integers);      // none: too many fields, or one only
///   encode_records(places, groups, integers, span, writer);
///   DEW_ASSIGN(of_group, decode_records(reader, places, groups, points, budget, cells));
#pragma once

#include "pointcloud/coding/cell_bits.h"
#include "pointcloud/coding/frame_chunk.h"
#include "pointcloud/coding/points_layout.h"

namespace dew {

std::vector<RecordPlace> plan_records(const std::vector<AttributePlan>& plans, const std::vector<Group>& groups,
                                      const std::vector<std::vector<int64_t>>& integers);
void write_records(const std::vector<RecordPlace>& places, const std::vector<Group>& groups, ByteWriter& writer);
/// Errors: truncated, corrupt.
Result<std::vector<RecordPlace>> read_records(ByteReader& reader, const std::vector<Group>& groups);

void encode_records(const std::vector<RecordPlace>& places, const std::vector<Group>& groups,
                    const std::vector<std::vector<int64_t>>& integers, PointSpan span, SliceWriter& writer);
/// The integers of each group. `bits` may be null; `span`: where the slice's points are in it. Errors: truncated, corrupt, limits.
Result<std::vector<std::vector<int64_t>>> decode_records(ByteReader& reader, const std::vector<RecordPlace>& places,
                                                         const std::vector<Group>& groups, PointSpan span, Budget& budget, FrameBits* bits);

}  // namespace dew
