// SPDX-License-Identifier: Apache-2.0
/// What a receiver must know of the sensor before it can decode a slice: a message of its own, sent at first, once in a while and on
/// request.
///
///   DEW_ASSIGN(const SensorDescription sensor, describe_sensor(first_turn, "HDL-32E", Effort::normal));
///   const Bytes message = write_description(sensor);
///   DEW_ASSIGN(const SensorDescription same, read_description(message, limits));   // same.id says which slices it is for
///
/// Bytes: pointcloud/FORMAT.md, "Streams".
#pragma once

#include <optional>
#include <string>

#include "entropy/bytes.h"
#include "entropy/container.h"
#include "entropy/intnet.h"
#include "entropy/limits.h"
#include "pointcloud/codec.h"
#include "pointcloud/scan.h"
#include "pointcloud/sensor/calibration.h"
#include "pointcloud/sensor/scan_layout.h"

namespace dew {

struct SensorDescription {
  uint32_t id = 0;  ///< the low half of the checksum (entropy/checksum.h) of the message; slices name it
  uint32_t lasers = 0;
  uint32_t tick_um = 0;
  uint32_t azimuth_units_per_turn = 0;
  uint32_t range_bytes = 2;
  uint32_t columns_per_turn = 0;  ///< about so many; information
  uint32_t planes_left_out = 0;   ///< returns of a cell beyond the first, which a stream does not carry
  ScanLayout layout;
  std::optional<ModelId> network;                ///< of the ranges
  std::optional<ModelId> inter_network;          ///< of ranges of slices that refer to others; only beside `network`
  std::string name;                              ///< of the sensor, at most 64 bytes; for people
  std::optional<SensorCalibration> calibration;  ///< turns ranges into points, where it is known
};

/// Describes the sensor of `turn`, a revolution or a good part of one (then `columns_per_turn` says how many a whole one has): its layout
/// comes from the data, its calibration from `calibration` or, if that is nothing, from the table of sensors by `name`. Sets `id`. Errors:
/// those of choosing a network.
Result<SensorDescription> describe_sensor(const Scan& turn, std::string name, std::optional<SensorCalibration> calibration, Effort effort,
                                          uint32_t planes_left_out = 0, uint32_t columns_per_turn = 0);

Bytes write_description(const SensorDescription& description);
/// Trust: `message` may be hostile. Errors: truncated, corrupt, limits.
Result<SensorDescription> read_description(ByteSpan message, const DecodeLimits& limits);

/// The network that the description names; null where it names none. Errors: unsupported_feature where this program has no such network.
Result<const IntNet*> network_of(const SensorDescription& description);
Result<const IntNet*> inter_network_of(const SensorDescription& description);

}  // namespace dew
