// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/io/records.h"

#include <algorithm>
#include <cmath>

namespace dew {
namespace {

constexpr float kLargestCoordinate_m = 100000.0f;
constexpr float kLargestIntensity = 255.0f;
constexpr float kLargestRing = 255.0f;
constexpr size_t kFourColumns = 16;  // bytes of x y z intensity
constexpr size_t kFiveColumns = 20;  // bytes of x y z intensity ring

/// What the values say about one candidate layout.
struct Evidence {
  bool divides = false;
  bool plausible = false;
  uint64_t fractional_coordinates = 0;
  uint64_t coordinates = 0;
};

bool is_integer(float value) { return value == std::floor(value); }

bool plausible_record(const float* values, size_t columns) {
  for (size_t axis = 0; axis < 3; ++axis) {
    // A NaN coordinate is how some drivers mark a missing return.
    if (std::fabs(values[axis]) > kLargestCoordinate_m) return false;
  }
  if (!(values[3] >= 0.0f && values[3] <= kLargestIntensity)) return false;
  return columns == 4 || (values[4] >= 0.0f && values[4] <= kLargestRing && is_integer(values[4]));
}

Evidence weigh(ByteSpan bytes, size_t record_bytes) {
  Evidence evidence;
  evidence.divides = bytes.size() % record_bytes == 0;
  if (!evidence.divides) return evidence;
  for (size_t at = 0; at < bytes.size(); at += record_bytes) {
    float values[5] = {};
    std::memcpy(values, bytes.data() + at, record_bytes);
    if (!plausible_record(values, record_bytes / 4)) return evidence;
    for (size_t axis = 0; axis < 3; ++axis) {
      evidence.fractional_coordinates += is_integer(values[axis]) ? 0u : 1u;
      ++evidence.coordinates;
    }
  }
  evidence.plausible = true;
  return evidence;
}

/// Digits and blanks make small positive floats, so that a text file of numbers would pass for records. Binary floats hold other bytes.
bool looks_like_text(ByteSpan bytes) {
  const ByteSpan begin = bytes.first(std::min<size_t>(bytes.size(), 4096));
  return std::all_of(begin.begin(), begin.end(), [](std::byte byte) {
    const auto c = std::to_integer<unsigned char>(byte);
    return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\r' || c == '\t';
  });
}

RecordLayout float_layout(size_t columns, const char* why) {
  RecordLayout layout;
  for (const char* name : {"x", "y", "z", "intensity", "ring"}) {
    if (layout.fields.size() < columns) layout.fields.push_back({name, FieldType::f32, 1});
  }
  layout.reason = std::to_string(columns * 4) + "-byte records " + fields_text(layout.fields) + ", because " + why;
  return layout;
}

Error open_question(const std::string& what) {
  return {Code::invalid_argument, 0, what + "; name the record layout with --fields, as in --fields x:f32,y:f32,z:f32,intensity:f32"};
}

}  // namespace

Result<RecordLayout> recognise_records(ByteSpan bytes) {
  if (bytes.empty()) return open_question("the file is empty");
  if (looks_like_text(bytes)) return Error{Code::invalid_argument, 0, "a text file that is neither PCD nor PLY"};
  const Evidence four = weigh(bytes, kFourColumns);
  const Evidence five = weigh(bytes, kFiveColumns);
  if (four.plausible && five.plausible) {
    // A fifth column of integers says much where the other columns are no integers, and nothing where everything is an integer.
    if (five.fractional_coordinates * 2 > five.coordinates) {
      return float_layout(5, "the fifth column is an integer ring and the coordinates are no integers");
    }
    return open_question("these values fit 16-byte and 20-byte records alike");
  }
  if (five.plausible) return float_layout(5, "the fifth column is an integer ring or zero and the fourth an intensity within 0..255");
  if (four.plausible) {
    return float_layout(4, five.divides ? "the fourth column is an intensity within 0..255 and a fifth one would be no integer ring"
                                        : "the fourth column is an intensity within 0..255 and the size is no multiple of 20");
  }
  if (!four.divides && !five.divides) {
    return open_question("no format was recognised, and " + std::to_string(bytes.size()) + " bytes are no multiple of 16 or 20");
  }
  return open_question("no format was recognised, and the values are no x y z intensity (ring) as 32-bit floats");
}

Result<Cloud> read_records(ByteSpan bytes, std::span<const FieldSpec> fields, const DecodeLimits& limits) {
  DEW_TRY(check_input_size(bytes, limits));
  DEW_ASSIGN(const uint32_t record_bytes, record_size(fields, 0));
  if (bytes.size() % record_bytes != 0) {
    return Error{Code::invalid_argument, bytes.size() - bytes.size() % record_bytes,
                 std::to_string(bytes.size()) + " bytes are no multiple of the " + std::to_string(record_bytes) + "-byte record " +
                     fields_text(fields) + "; check --fields"};
  }
  Budget budget(limits);
  DEW_ASSIGN(Cloud cloud, allocate_cloud(fields, bytes.size() / record_bytes, budget, 0));
  cloud.source.format = CloudFormat::records;
  split_records(bytes, cloud);
  return cloud;
}

Result<Bytes> write_records(const Cloud& cloud) {
  DEW_TRY(check_cloud(cloud));
  Bytes out;
  append_records(cloud, out);
  return out;
}

}  // namespace dew
