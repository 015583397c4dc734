// SPDX-License-Identifier: Apache-2.0
/// What is known of a sensor from another frame, to keep in a file (`--sensor`): the search for it is then saved.
///
///   Bytes kept = write_sensor(sensor);     DEW_ASSIGN(const KeptSensor same, read_sensor(kept));
#pragma once

#include <optional>

#include "entropy/bytes.h"
#include "pointcloud/sensor/beams.h"
#include "pointcloud/sensor/firing_order.h"
#include "pointcloud/sensor/laser_sorted_model.h"
#include "pointcloud/sensor/organised.h"
#include "pointcloud/sensor/scan_layout.h"

namespace dew {

struct KeptSensor {
  std::optional<LaserSortedModel> laser_sorted;
  std::optional<FiringOrderSensor> firing_order;
  std::optional<ScanLayout> layout;
  std::optional<OrganisedModel> organised;
  std::optional<KeptBeams> beams;
};

Bytes write_sensor(const KeptSensor& sensor);
/// Errors: truncated, corrupt. Any part may be absent.
Result<KeptSensor> read_sensor(ByteSpan bytes);

}  // namespace dew
