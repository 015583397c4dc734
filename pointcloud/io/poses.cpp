// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/io/poses.h"

#include <charconv>
#include <cmath>

namespace dew {
namespace {

/// Numbers of a line; `first_ns` is the first one as a whole number, where it is one.
struct Line {
  std::vector<double> numbers;
  std::optional<int64_t> first_ns;
};

Result<Line> read_line(std::string_view line, uint64_t offset) {
  Line read;
  const char* at = line.data();
  const char* const end = at + line.size();
  while (true) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == ',')) ++at;
    if (at == end) return read;
    if (read.numbers.size() == 12) return Error{Code::corrupt, offset, "a line of poses has more than twelve numbers"};
    if (read.numbers.empty()) {
      int64_t whole = 0;
      const auto parsed = std::from_chars(at, end, whole);
      if (parsed.ec == std::errc{} && (parsed.ptr == end || *parsed.ptr == ' ' || *parsed.ptr == ',')) read.first_ns = whole;
    }
    double number = 0;
    const auto parsed = std::from_chars(at, end, number);
    if (parsed.ec != std::errc{} || !std::isfinite(number)) return Error{Code::corrupt, offset, "a line of poses holds what is no number"};
    read.numbers.push_back(number);
    at = parsed.ptr;
  }
}

/// The matrix of a quaternion w x y z, which need not be of length 1, and a place.
Result<Pose> pose_of(const double* q, const double* place, uint64_t offset) {
  const double size = q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3];
  if (!(size > 1e-12)) return Error{Code::corrupt, offset, "a pose has a quaternion of no length"};
  const double s = 2 / size, w = q[0], x = q[1], y = q[2], z = q[3];
  return Pose{1 - s * (y * y + z * z), s * (x * y - w * z),     s * (x * z + w * y),     place[0],
              s * (x * y + w * z),     1 - s * (x * x + z * z), s * (y * z - w * x),     place[1],
              s * (x * z - w * y),     s * (y * z + w * x),     1 - s * (x * x + y * y), place[2]};
}

}  // namespace

Result<std::vector<TimedPose>> read_poses(ByteSpan text, const DecodeLimits& limits) {
  Budget budget(limits);
  const std::string_view all(reinterpret_cast<const char*>(text.data()), text.size());
  std::vector<TimedPose> poses;
  for (size_t at = 0; at < all.size();) {
    const size_t end = std::min(all.find('\n', at), all.size());
    const std::string_view line = all.substr(at, end - at);
    const uint64_t offset = at;
    at = end + 1;
    const size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || line[first] == '#' || (line[first] | 32) >= 'a') continue;
    DEW_ASSIGN(const Line read, read_line(line, offset));
    DEW_TRY(budget.take_memory(sizeof(TimedPose), offset));
    TimedPose pose;
    if (read.numbers.size() == 12) {
      std::copy(read.numbers.begin(), read.numbers.end(), pose.pose.begin());
    } else if (read.numbers.size() == 8) {
      DEW_ASSIGN(pose.pose, pose_of(read.numbers.data() + 1, read.numbers.data() + 5, offset));
      pose.time_ns = read.first_ns;
    } else {
      return Error{Code::corrupt, offset, "a line of poses has " + std::to_string(read.numbers.size()) + " numbers, not 12 or 8"};
    }
    poses.push_back(pose);
  }
  return poses;
}

std::string write_poses(const std::vector<Pose>& poses) {
  std::string text;
  char digits[32];
  for (const Pose& pose : poses) {
    for (size_t i = 0; i < pose.size(); ++i) {
      const auto written = std::to_chars(digits, digits + sizeof digits, pose[i]);
      text.append(digits, written.ptr).push_back(i + 1 < pose.size() ? ' ' : '\n');
    }
  }
  return text;
}

}  // namespace dew
