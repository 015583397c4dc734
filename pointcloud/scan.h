// SPDX-License-Identifier: Apache-2.0
/// One sweep of a spinning LiDAR in the sensor's own integers: nothing calibrated, no float anywhere.
///
///   Scan scan = *read_lrf(bytes, {});
///   uint32_t ticks = scan.range[column * scan.lasers + laser];   // 0: no return
#pragma once

#include <cstdint>
#include <vector>

namespace dew {

/// The largest grids of lasers and columns that files hold.
inline constexpr uint32_t kMostGridRows = 4096, kMostGridColumns = 1u << 24;

/// columns * lasers cells, column after column, lasers in the sensor's channel order.
struct Scan {
  uint32_t columns = 0;
  uint32_t lasers = 0;
  uint32_t tick_um = 0;                 ///< micrometres of one range tick
  uint32_t azimuth_units_per_turn = 0;  ///< 36000 = 0.01 degree; 1024 = column numbers (Ouster)
  uint32_t range_bytes = 2;             ///< width of a range in the .lrf file, 2 or 4
  std::vector<uint16_t> azimuth;        ///< encoder angle a column
  std::vector<uint32_t> time_us;        ///< a column, since the first one
  std::vector<uint32_t> range;          ///< ticks a cell; 0 = no return
  std::vector<uint8_t> intensity;       ///< a cell
  bool operator==(const Scan&) const = default;
};

}  // namespace dew
