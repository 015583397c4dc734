// SPDX-License-Identifier: Apache-2.0
/// Frames of points in a stream: those that are no native ticks of a turn, in any format that dew reads. Each frame is a head, and parts
/// that decode without one another; none refers to another frame.
///
///   CloudCoder coder(options);
///   DEW_ASSIGN(const CodedCloud coded, coder.code(cloud, frame, time_us, allowed_bytes));       // messages: the head, then slices
///   CloudCollector collector(limits);
///   collector.add(message, now_us);
///   for (CollectedCloud& frame : collector.due(now_us, deadline_us, afford)) use(frame.cloud);
///
/// Bytes: pointcloud/FORMAT.md, "Streams". One object a thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/cloud.h"
#include "pointcloud/codec.h"

namespace dew {

/// One message.
struct CloudPart {
  uint32_t frame = 0;
  uint64_t time_us = 0;   ///< of the frame, on the sender's clock, since 1970
  uint32_t parts = 1;     ///< of the frame: its head, part 0, and its slices
  uint32_t part = 0;      ///< below `parts`
  uint32_t left_out = 0;  ///< the last so many parts were given up to keep the rate
  uint32_t bound_um = 0;  ///< no point is further off
  ByteSpan chunk{};       ///< a frame chunk or a slice chunk of a file
};
/// Parts of one frame. Part of the format.
inline constexpr uint32_t kMostCloudParts = 4097;

Bytes write_cloud_part(const CloudPart& part);
/// The chunk points into `message`. Trust: hostile bytes are fine. Errors: truncated, corrupt.
Result<CloudPart> read_cloud_part(ByteSpan message);

struct CloudCoderOptions {
  Effort effort = Effort::normal;
  uint32_t parts = 16;       ///< slices of a frame; more where it has more than kPointsPerPart points for each
  double least_error_m = 0;  ///< not finer than this; 0: as the data are
  double most_error_m = 0;   ///< without a limit of bytes the bound, 0: as the data are; with one the most that it may cost
};

struct CodedCloud {
  std::vector<Bytes> messages;  ///< empty where not even the head fits
  uint32_t left_out = 0;        ///< parts
};

/// The sending side. The sensor that was found in one frame is tried first in the next.
class CloudCoder {
 public:
  static constexpr uint64_t kPointsPerPart = 16384;

  explicit CloudCoder(const CloudCoderOptions& options);

  /// `allowed_bytes`: of all messages, 0: no limit; bounds double until they fit, and where even the coarsest does not, the last parts are
  /// left out. Errors: those of encode().
  Result<CodedCloud> code(const Cloud& cloud, uint32_t frame, uint64_t time_us, double allowed_bytes);

 private:
  Result<Encoded> encode_at(const Cloud& cloud, size_t rung);

  CloudCoderOptions options_;
  std::vector<double> ladder_m_;  ///< bounds, rising; 0: as the data are
  size_t rung_ = 0;               ///< with which the last frame fitted
  Bytes sensor_;
};

/// What became of one part.
struct CollectedPart {
  bool here = false;
  bool repaired = false;
  uint64_t bytes = 0;
};

struct CollectedCloud {
  uint32_t frame = 0;
  uint64_t time_us = 0;
  uint32_t left_out = 0;
  uint32_t bound_um = 0;
  std::vector<CollectedPart> parts;  ///< by number
  std::optional<Cloud> cloud;        ///< points of the parts that are here; nothing where the head is lost or does not decode
};

struct CollectorCounts {
  uint64_t malformed = 0;    ///< messages, or frames that did not decode
  uint64_t unneeded = 0;     ///< there twice, of frames given out already, or in contradiction to others
  uint64_t over_limits = 0;  ///< beyond what the collector may hold
};

/// The receiving side. Trust: messages may be hostile.
class CloudCollector {
 public:
  /// `limits`: of decoding one frame, and its memory for all that is not whole yet.
  explicit CloudCollector(const DecodeLimits& limits) : limits_(limits) {}

  /// Whether the message is of use.
  bool add(ByteSpan message, bool repaired, uint64_t now_us);
  /// Frames of which nothing more can come, or nothing came for so long, in order. They are decoded here; those with more points than
  /// `afford` allows are not.
  using Afford = std::function<bool(uint64_t points)>;
  std::vector<CollectedCloud> due(uint64_t now_us, uint64_t deadline_us, const Afford& afford);
  std::vector<CollectedCloud> finish(const Afford& afford);
  void clear();
  bool empty() const { return pending_.empty(); }
  const CollectorCounts& counts() const { return counts_; }

 private:
  struct Pending {
    CollectedCloud frame;
    std::vector<Bytes> chunks;
    uint32_t here = 0;
    uint64_t bytes = 0;
    uint64_t last_us = 0;
  };
  CollectedCloud give_first(const Afford& afford);
  Result<Cloud> decode(const Pending& pending, const Afford& afford) const;

  DecodeLimits limits_;
  std::map<uint32_t, Pending> pending_;
  std::optional<uint32_t> last_given_;
  uint64_t given_us_ = 0;
  uint64_t bytes_ = 0;
  CollectorCounts counts_;
};

}  // namespace dew
