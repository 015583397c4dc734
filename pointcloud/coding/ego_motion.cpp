// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/ego_motion.h"

#include <algorithm>
#include <cmath>

#include "pointcloud/sensor/small_matrix.h"

namespace dew {
namespace {

constexpr int32_t kMostMotion = 1 << 23;

std::optional<int32_t> whole(double value) {
  if (!(std::abs(value) < kMostMotion)) return std::nullopt;
  return static_cast<int32_t>(std::lround(value));
}

Mat3 rotation_of(const Pose& pose) { return {{{pose[0], pose[1], pose[2]}, {pose[4], pose[5], pose[6]}, {pose[8], pose[9], pose[10]}}}; }

}  // namespace

void write_ego_motion(const EgoMotion& motion, ByteWriter& writer) {
  for (const int32_t number : motion.rotation_urad) writer.signed_varint(number);
  for (const int32_t number : motion.translation_mm) writer.signed_varint(number);
}

Result<EgoMotion> read_ego_motion(ByteReader& reader) {
  EgoMotion motion;
  for (std::array<int32_t, 3>* numbers : {&motion.rotation_urad, &motion.translation_mm}) {
    for (int32_t& number : *numbers) {
      DEW_ASSIGN(const int64_t value, reader.signed_varint());
      if (value < -kMostMotion || value > kMostMotion) return Error{Code::corrupt, reader.offset(), "a motion is out of range"};
      number = static_cast<int32_t>(value);
    }
  }
  return motion;
}

std::optional<EgoMotion> motion_between(const Pose& before, const Pose& now) {
  const Mat3 from_world = transposed(rotation_of(now));
  const Mat3 turn = from_world * rotation_of(before);
  const Vec3 moved = from_world * Vec3{before[3] - now[3], before[7] - now[7], before[11] - now[11]};
  // The axis times twice the sine: good for the small turns between frames.
  const Vec3 sine{(turn.row[2].y - turn.row[1].z) / 2, (turn.row[0].z - turn.row[2].x) / 2, (turn.row[1].x - turn.row[0].y) / 2};
  const double size = length(sine), trace = turn.row[0].x + turn.row[1].y + turn.row[2].z;
  const double angle = std::atan2(size, (trace - 1) / 2);
  const Vec3 rotation = size > 1e-12 ? sine * (angle / size) : Vec3{0, 0, 0};
  EgoMotion motion;
  const double numbers[] = {rotation.x * 1e6, rotation.y * 1e6, rotation.z * 1e6, moved.x * 1e3, moved.y * 1e3, moved.z * 1e3};
  for (size_t i = 0; i < 6; ++i) {
    const std::optional<int32_t> number = whole(numbers[i]);
    if (!number) return std::nullopt;
    (i < 3 ? motion.rotation_urad : motion.translation_mm)[i % 3] = *number;
  }
  return motion;
}

DecodedPicture warp(const FramePicture& before, const EgoMotion&) { return before.cells; }

std::optional<EgoMotion> estimate_ego_motion(const FramePicture&, const FramePicture&, const EgoMotion&) { return std::nullopt; }

}  // namespace dew
