// SPDX-License-Identifier: Apache-2.0
/// Many frames in one file: each coded alone or with a look at the one before, any of them decoded without the whole.
///
///   SequenceEncoder encoder(options);
///   for (const SequenceFrame& frame : frames) DEW_TRY(encoder.push(frame));          // a Cloud or a Scan each
///   DEW_ASSIGN(const Bytes file, encoder.finish());
///   DEW_ASSIGN(SequenceDecoder decoder, SequenceDecoder::open(file, {}, {}));
///   DEW_ASSIGN(const SequenceFrame frame, decoder.decode(12));                       // decodes what it refers to, too
///
/// Captures of packets are files of many frames as they are (codec.h).
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/codec.h"
#include "pointcloud/content.h"

namespace dew {

/// Sensor to world: a 3 x 4 matrix, row after row; metres in the last column.
using Pose = std::array<double, 12>;

struct SequenceFrame {
  Content content;                 ///< a Cloud or a Scan
  std::string name;                ///< of its file, without folder, at most 4,096 bytes; empty: none
  std::optional<int64_t> time_ns;  ///< since 1970, or since any start
  std::optional<Pose> pose;
};

struct SequenceOptions {
  EncodeOptions frame;         ///< of each frame; `sensor` is where the search begins, `slice_bytes` does not hold here
  uint32_t intra_every = 50;   ///< a frame that refers to no other, at least so often; 1: all. 1 to 2^32 - 1
  bool use_motion = true;      ///< references are moved as the sensor moved
  bool use_background = true;  ///< of standing sensors, what all frames since the last intra frame saw
};

/// What encoding one frame gave.
struct PushedFrame {
  uint64_t bytes = 0;  ///< of its chunks
  uint32_t slices = 0;
  uint32_t slices_that_refer = 0;
  uint64_t returns = 0;
  uint64_t points = 0;
  double fit_ms = 0, encode_ms = 0;
};

/// Takes frames in order, of any kinds and sensors. Memory: the coded bytes, and the frame before. Not thread safe.
class SequenceEncoder {
 public:
  explicit SequenceEncoder(const SequenceOptions& options);
  ~SequenceEncoder();
  SequenceEncoder(SequenceEncoder&&) noexcept;
  SequenceEncoder& operator=(SequenceEncoder&&) noexcept;

  /// Encodes, decodes and compares (options.frame.verify). After an error the encoder goes on as if the frame had not been there.
  /// Errors: invalid_argument for a Capture or options out of range; those of encode().
  Result<PushedFrame> push(const SequenceFrame& frame);
  /// The file. Nothing can be pushed after it.
  Result<Encoded> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct SequenceDecodeOptions {
  uint32_t threads = 1;
  bool salvage = false;  ///< frames that are damaged, or refer to one that is, are left out instead of failing
};

/// A file of many frames. Views the file, which must outlive it. Not thread safe.
class SequenceDecoder {
 public:
  /// `file` may be hostile. Errors: truncated, corrupt, limit_exceeded, unsupported_*; invalid_argument for a file of another kind.
  static Result<SequenceDecoder> open(ByteSpan file, const SequenceDecodeOptions& options, const DecodeLimits& limits);
  ~SequenceDecoder();
  SequenceDecoder(SequenceDecoder&&) noexcept;
  SequenceDecoder& operator=(SequenceDecoder&&) noexcept;

  uint64_t frames() const;
  /// Of all frames; those that are lost have no bytes.
  const std::vector<FrameFacts>& facts() const;
  /// What was damaged so far.
  const std::vector<std::string>& warnings() const;
  /// A frame. Cost: of itself where the frame before was decoded last, else of all frames from the last intra frame on.
  /// Errors: invalid_argument for a number that is not there; corrupt, truncated, limits; with salvage also where all of the frame is lost.
  /// `bits`: where wanted, what the cells of this frame take, for point_bits().
  Result<SequenceFrame> decode(uint64_t number, FrameBits* bits = nullptr);
  /// After all frames were decoded: whether they are what was encoded. Errors: corrupt.
  Status check_content() const;

 private:
  struct State;
  explicit SequenceDecoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Whether `bytes` are a .dew file of many frames (no capture). Looks at the first bytes only.
bool is_sequence(ByteSpan bytes);

}  // namespace dew
