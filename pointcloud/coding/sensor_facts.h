// SPDX-License-Identifier: Apache-2.0
/// What the head of a frame says of the sensor, for people and programs that ask `dew info`: names and values as text.
///
///   info.sensor = sensor_facts(FrameKind::scan, ByteReader(chunk.head, chunk.head_offset));
///
/// Names: layout; lasers, columns, range_tick_m, azimuth_ticks, motion (yes, no) and model_bytes where the kind has them; of packets the
/// lasers, columns_a_packet, returns_a_cell, range_tick_m and azimuth_ticks of the first kind that has cells.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "entropy/bytes.h"
#include "pointcloud/coding/frame.h"
#include "pointcloud/sensor/packets_capture.h"

namespace dew {

using SensorFacts = std::vector<std::pair<std::string, std::string>>;

/// Trust: `head` may be hostile; what cannot be read is left out. Cost: reads the model, no column and no point.
SensorFacts sensor_facts(FrameKind kind, ByteReader head);

/// Of a capture, by what its kinds of packets say.
SensorFacts sensor_facts(const std::vector<PacketKind>& kinds);

}  // namespace dew
