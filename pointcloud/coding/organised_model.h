// SPDX-License-Identifier: Apache-2.0
/// The numbers of an organised cloud's sensor and columns as bytes (pointcloud/sensor/organised.h).
///
///   write_organised_model(model, writer);     DEW_ASSIGN(const OrganisedModel same, read_organised_model(reader, budget));
///
/// Bytes: pointcloud/FORMAT.md, "Model of an organised cloud". About 20 bytes a laser, 3 where angles are decimals and offsets shared.
#pragma once

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/sensor/organised.h"

namespace dew {

void write_organised_model(const OrganisedModel& model, ByteWriter& writer);
/// Errors: truncated, limits; corrupt also for models that check_organised refuses. `coded_bytes` pay for columns. Hostile bytes are fine.
Result<OrganisedModel> read_organised_model(ByteReader& reader, uint64_t coded_bytes, Budget& budget);

}  // namespace dew
