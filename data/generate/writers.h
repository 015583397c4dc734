// SPDX-License-Identifier: Apache-2.0
/// Simulated sweeps in the forms in which data sets publish real ones. (.lrf: pointcloud/io/lrf.h takes Frame::scan as it is.)
///
///   Bytes file = kitti_records(simulator.unit(), frame);
///   Bytes bent = kitti_odometry_records(simulator.unit(), frame, motion);
#pragma once

#include "data/generate/simulate.h"
#include "entropy/bytes.h"

namespace dew::sim {

/// KITTI raw: f32 x, y, z, reflectance; sorted by laser, highest first, each one turn by rising azimuth from 0; no-returns left out.
/// Coordinates are whole millimetres, computed as in pointcloud/sensor/scan_model.h; reflectance is a multiple of 0.01 below 1.
/// For frames that begin half a turn away from x (start_turn = 0.5).
Bytes kitti_records(const SensorUnit& unit, const Frame& frame);

/// KITTI odometry: the same points q moved to where the sensor is at the middle of the turn: p = R(rotation tau) q + translation tau with
/// tau = azimuth(q) / 2 pi in -1/2..1/2; doubles, rounded to f32.
Bytes kitti_odometry_records(const SensorUnit& unit, const Frame& frame, const TurnMotion& motion);

/// nuScenes: f32 x (right), y (forward), z (up), intensity 0..255, ring (0 = lowest); column after column, all cells. Points are computed
/// in float as a driver does, then moved by the pose of their column into the frame of the last column; a no-return is the column's origin.
Bytes nuscenes_records(const SensorUnit& unit, const Frame& frame, const Trajectory& ego, uint64_t seed);

/// Organised PCD, a row a laser (highest first) and a column a firing: f32 x, y, z (NaN: no return), f32 intensity, u16 ring, u32 t (ns).
/// Errors: those of write_pcd.
Result<Bytes> organised_pcd(const SensorUnit& unit, const Frame& frame);

}  // namespace dew::sim
