// SPDX-License-Identifier: Apache-2.0
/// From ticks to metres: the angles and offsets of a sensor's lasers, built in for known sensors or read from a calibration file.
///
///   const SensorCalibration* known = find_calibration("HDL-32E");                 // or:
///   DEW_ASSIGN(const SensorCalibration own, read_calibration(file_bytes, {}));     // csv, yaml or json
///   DEW_ASSIGN(const Cloud cloud, cloud_of_scan(frame.planes[0], *known, {}, {}));
///
/// Axes: x towards encoder angle zero, y to the left of it, z up; metres.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/cloud.h"
#include "pointcloud/scan.h"
#include "pointcloud/sensor/scan_model.h"

namespace dew {

/// Lasers in the channel order of Scan. LaserModel::azimuth_offset_rad turns to the left.
struct SensorCalibration {
  std::string sensor;  ///< as KnownLayout::sensor; what a file says, or empty
  std::vector<LaserModel> lasers;
  double beam_origin_m = 0;       ///< Ouster: the beams begin this far from the axis, in the direction of the encoder
  double column_ns = 0;           ///< from one column to the next; 0: firing times are not known
  std::vector<double> firing_ns;  ///< a laser, after its column began; empty or one a laser. The sensor turns on meanwhile
};

/// The table of a known sensor (HDL-32E, VLP-16, VLP-32C, VLS-128, PandarXT-32, PandarQT-128), or null. Lives as long as the program.
const SensorCalibration* find_calibration(std::string_view sensor);

/// Reads a table of channel angles: Hesai's csv (channel, elevation, azimuth in degrees), Velodyne's yaml (lasers with vert_correction,
/// rot_correction and offsets in radians and metres), Ouster's metadata json (beam angles in degrees).
/// Trust: `text` may be hostile. Errors: corrupt with the byte where it was not understood, limit_exceeded.
Result<SensorCalibration> read_calibration(ByteSpan text, const DecodeLimits& limits);

struct CloudOptions {
  bool keep_no_returns = false;  ///< cells with range 0 become points at the origin; default: left out
};

/// Points of a scan, column after column: x y z (f32), intensity (u8), laser (u16), time_us (u32).
/// Same bits on every machine. Errors: invalid_argument where the calibration has another number of lasers, limit_exceeded, out_of_memory.
Result<Cloud> cloud_of_scan(const Scan& scan, const SensorCalibration& calibration, const CloudOptions& options,
                            const DecodeLimits& limits);

}  // namespace dew
