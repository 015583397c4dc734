// SPDX-License-Identifier: Apache-2.0
/// How a scan's lasers lie beside each other: their order by elevation, and how many columns each looks aside.
///
///   const ScanLayout layout = find_scan_layout(scan);              // from the data, helped by tables of known sensors
///   const ScanLayout layout = layout_of(calibration, scan);        // from a calibration
///
/// Encoders only: a decoder is told the layout. Cost: about 35 ms for 128 x 2,000 cells.
#pragma once

#include <cstdint>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/result.h"
#include "pointcloud/scan.h"
#include "pointcloud/sensor/calibration.h"

namespace dew {

/// All of it goes into the file.
struct ScanLayout {
  std::vector<uint16_t> laser_of_row;           ///< highest first; a permutation
  std::vector<int32_t> column_shift;            ///< a row: column c of the scan is column (c + shift) modulo columns of the grid
  std::vector<int16_t> elevation_centidegrees;  ///< a row
  bool operator==(const ScanLayout&) const = default;
};

/// `shift` modulo `columns`, below these. REQUIRES: columns > 0.
uint32_t wrapped_shift(int32_t shift, uint32_t columns);

/// Encoder units from a column to the next, either way round; 0 for fewer than two columns or no turn.
uint32_t median_azimuth_step(const Scan& scan);

/// Whether the layout is one of such a scan.
bool fits(const ScanLayout& layout, const Scan& scan);

/// The layout under which neighbouring cells are most alike.
ScanLayout find_scan_layout(const Scan& scan);

/// The layout that a calibration says. REQUIRES: calibration.lasers.size() == scan.lasers. Which way the azimuths turn is seen in the data.
ScanLayout layout_of(const SensorCalibration& calibration, const Scan& scan);

}  // namespace dew
