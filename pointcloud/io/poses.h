// SPDX-License-Identifier: Apache-2.0
/// Poses of a sensor as text files have them, a line each.
///
///   DEW_ASSIGN(const std::vector<TimedPose> poses, read_poses(text, {}));
///
/// Two kinds of lines: twelve numbers (KITTI, Ouster: a 3 x 4 matrix row after row), or a time in ns, a quaternion w x y z and a place
/// x y z (Argoverse 2). Lines that begin with # or a letter are no poses. Metres.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/sequence.h"

namespace dew {

struct TimedPose {
  Pose pose{};
  std::optional<int64_t> time_ns;
};

/// `text` may be hostile. Errors: corrupt for a line of another number of numbers, or one that is not finite; out_of_memory.
Result<std::vector<TimedPose>> read_poses(ByteSpan text, const DecodeLimits& limits);

/// Twelve numbers a line, in the fewest digits that read back as the same bits.
std::string write_poses(const std::vector<Pose>& poses);

}  // namespace dew
