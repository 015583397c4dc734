// SPDX-License-Identifier: Apache-2.0
/// Motion of a sensor between two frames: a reference moved by it shows what the sensor would see now.
///
///   const DecodedPicture moved = warp(picture, motion);                // decoder and encoder, bit-exact
///   if (const auto motion = estimate_ego_motion(before, now)) ...     // encoder: scan to scan, on decoded cells
///
/// Doubles with + - * / sqrt and entropy/exact_math.h only. Bytes: pointcloud/FORMAT.md, "Motion".
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "entropy/bytes.h"
#include "entropy/result.h"
#include "pointcloud/coding/frame.h"
#include "pointcloud/sequence.h"

namespace dew {

/// A point p of the frame before is at R p + t in the frame of now. Whole numbers: what a file holds.
struct EgoMotion {
  std::array<int32_t, 3> rotation_urad{};   ///< axis times angle; at most 2^23 in size
  std::array<int32_t, 3> translation_mm{};  ///< at most 2^23 in size
  bool operator==(const EgoMotion&) const = default;
  bool is_still() const { return rotation_urad == std::array<int32_t, 3>{} && translation_mm == std::array<int32_t, 3>{}; }
};

void write_ego_motion(const EgoMotion& motion, ByteWriter& writer);
/// Errors: truncated, corrupt.
Result<EgoMotion> read_ego_motion(ByteReader& reader);

/// The motion that two poses (sensor to world) say. Nothing where one is no pose or the motion is out of range.
std::optional<EgoMotion> motion_between(const Pose& before, const Pose& now);

/// The cells of the frame before as they would be seen from now, on the same grid: each beam as far as it meets the surface that the frame
/// before measured. Where none is near, what fell on the cell, nearest first; where none did, nothing is known. Cost: about 250 ns a cell,
/// 100 with AVX-512.
DecodedPicture warp(const FramePicture& before, const EgoMotion& motion);

/// The motion under which the frame before lies best on the frame of now. Encoders only. Nothing where the frames have no geometry, or
/// nothing fits. The finer the ranges the better: native ticks, even where coarser ones are coded. Cost: some 3 ms, of a sensor
/// that stands less than 1.
std::optional<EgoMotion> estimate_ego_motion(const FramePicture& before, const FramePicture& now, const EgoMotion& guess);

}  // namespace dew
