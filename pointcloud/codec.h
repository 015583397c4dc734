// SPDX-License-Identifier: Apache-2.0
/// The LiDAR codec: one frame or a capture in, one .dew file out, and back within a stated bound.
///
///   DEW_ASSIGN(Input input, read_input(bytes, {}, {}));            // any format that dew reads
///   DEW_ASSIGN(Encoded encoded, encode(input, EncodeOptions{}));
///   DEW_ASSIGN(Decoded decoded, decode(encoded.bytes, {}, {}));
///   DEW_ASSIGN(Bytes same, write_source(decoded.content));         // the very file in lossless mode
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "pointcloud/box.h"
#include "pointcloud/content.h"

namespace dew {

struct FrameBits;

/// Stored in files; never renumber.
enum class Mode : uint8_t {
  lattice = 0,    ///< the sensor's own ticks; error below 0.5 mm where a lattice is found, lossless where none is
  max_error = 1,  ///< every point within EncodeOptions::max_error_m (Euclidean)
  lossless = 2,   ///< every bit of every field
};

/// Stored in files; never renumber.
enum class Effort : uint8_t { fast = 0, normal = 1, max = 2 };

struct EncodeOptions {
  Mode mode = Mode::lattice;
  double max_error_m = 0.0005;  ///< metres; lattice: 0.0005; used by Mode::max_error otherwise
  Effort effort = Effort::normal;
  uint32_t slice_count = 0;   ///< independent parts of a frame, 1 to 4096; more parts cost bits. 0: one for each 32,768 points (262,144 at
                              ///< effort max and in another order), 8 at most
  uint32_t slice_bytes = 0;   ///< 0: slice_count holds; otherwise the size that each slice aims at
  uint32_t threads = 1;       ///< never changes a byte
  bool verify = true;         ///< decode and compare before saying done
  ByteSpan sensor;            ///< scan model kept from another frame (`--sensor FILE`); empty: found from the data
  std::string model;          ///< name or content hash of the network to use; empty: the best of those compiled in
  bool embed_models = false;  ///< put the networks into the file
  bool may_reorder = false;   ///< points of a cloud without a sensor's model may come in another order where the file is smaller
  uint32_t intensity_error =
      0;                     ///< intensities of clouds and scans may be off by so many of their steps; not with lossless, not of captures
  uint32_t intra_every = 1;  ///< captures: a frame that refers to no other, at least so often; 1: all. At least 1
};

/// Where the bytes of a file go. Parts add up to the file.
struct PartBytes {
  std::string name;  ///< "geometry", "intensity", "ring", "time", "other"
  uint64_t bytes = 0;
};

struct Encoded {
  Bytes bytes;
  double fit_ms = 0;     ///< finding the scan model, where none was given
  double encode_ms = 0;  ///< all but the fit, verification included
  Bytes sensor;          ///< the scan model that was used, to keep
};

/// Facts about one frame of a file of many.
struct FrameFacts {
  uint64_t bytes = 0;  ///< of its chunks; 0: lost
  uint64_t points = 0, returns = 0;
  uint32_t slices = 0, slices_that_refer = 0;  ///< the second: to the frame before
  std::optional<int64_t> time_ns;
  bool has_pose = false;
  bool intra = true;  ///< needs no other frame
  std::string name;
};

/// Facts about a file that need no decoding of its points. Units as named.
struct FileInfo {
  std::string kind;     ///< "cloud", "scan", "capture" or "sequence"
  uint64_t points = 0;  ///< records of the input; cells for scans
  uint64_t returns = 0;
  uint64_t frames = 1;
  uint64_t bytes = 0;
  Mode mode = Mode::lattice;
  Effort effort = Effort::normal;
  double max_error_m = 0;  ///< the largest error the encoder measured
  uint32_t slices = 0;
  std::vector<PartBytes> parts;
  std::vector<std::pair<std::string, std::string>> sensor;  ///< name and value, as `dew info` prints them
  std::vector<std::string> models;                          ///< content hashes of the networks used
  std::vector<std::pair<std::string, std::string>> metadata;
  std::vector<FrameFacts> frame_facts;  ///< of captures and sequences
};

struct DecodeOptions {
  uint32_t threads = 1;
  std::optional<uint32_t> slice;  ///< this one only; of a capture or sequence: this frame
  uint32_t frames = 1;            ///< of a capture, with `slice`: so many from that one on, at least 1
  std::optional<Box> box = {};    ///< of clouds: only points inside; slices that have none are not decoded where the file tells
  bool salvage = false;           ///< damaged slices are left out instead of failing
  FrameBits* bits = nullptr;      ///< for measure_bits: a frame's decoder says here what its cells take; of captures with `slice` alone
};

struct Decoded {
  Content content;
  std::vector<std::string> warnings;  ///< what was damaged or left out
};

/// Encodes one frame. Errors: invalid_argument for options out of range. Threads: options.threads.
Result<Encoded> encode(const Content& content, const EncodeOptions& options);
/// Decodes a file written by encode. `bytes` may be hostile. Errors: truncated, corrupt, limit_exceeded, unsupported_*.
Result<Decoded> decode(ByteSpan bytes, const DecodeOptions& options, const DecodeLimits& limits);
/// Where the bits of a frame go: those of each record (of each cell for scans and captures), which add up to its bytes.
struct PointBits {
  std::vector<float> total;
  std::vector<std::pair<std::string, std::vector<float>>>
      parts;  ///< by PartBytes::name, only those with bits; headers are in `total` alone
};
/// Decodes the file and adds up what each point's symbols take; what belongs to no point (headers, models, calibration) is spread evenly.
/// Errors: those of decode; unsupported_feature for files of many frames. Cost: that of decoding, and a tenth more.
Result<PointBits> measure_bits(ByteSpan bytes, const DecodeLimits& limits);
/// A frame of a capture, its cells counted through all planes; they add up to the chunk of that frame. Errors: those of decode.
Result<PointBits> measure_bits_of_frame(ByteSpan bytes, uint32_t frame, const DecodeLimits& limits);
/// From what a decoder said of a frame of `points` records or cells and `bytes` in the file.
PointBits point_bits(const FrameBits& bits, uint64_t points, uint64_t bytes);

/// Reads headers and chunk sizes only.
Result<FileInfo> inspect(ByteSpan bytes, const DecodeLimits& limits);

}  // namespace dew
