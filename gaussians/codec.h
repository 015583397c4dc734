// SPDX-License-Identifier: Apache-2.0
/// The splat codec: a trained scene in, one .dew file out, and back at a stated quality or to the last bit.
///
///   DEW_ASSIGN(const SplatEncoded encoded, encode_splats(scene, {}));       // 42 dB against the scene's own renders
///   DEW_ASSIGN(const SplatDecoded decoded, decode_splats(encoded.bytes, {}, {}));
///   say(encoded.quality.psnr_db, decoded.splats.count());
///
/// Bytes: gaussians/FORMAT.md. Method: gaussians/README.md.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"
#include "entropy/result.h"
#include "gaussians/camera.h"
#include "gaussians/splats.h"

namespace dew {

/// Stored in files; never renumber.
enum class SplatMode : uint8_t {
  quality = 0,   ///< as small as it gets at SplatEncodeOptions::quality_db
  lossless = 1,  ///< every bit of every property, and the order
  budget = 2,    ///< as good as it gets in SplatEncodeOptions::budget_bytes
};

/// Stored in files; never renumber.
enum class SplatEffort : uint8_t { fast = 0, normal = 1, max = 2 };

struct SplatEncodeOptions {
  SplatMode mode = SplatMode::quality;
  double quality_db = 42;     ///< PSNR of the decoded scene's renders against the original's, mean over views; 20 to 80
  uint64_t budget_bytes = 0;  ///< of the whole file; SplatMode::budget
  /// Where the scene is looked at from. Empty: views are made.
  std::vector<Camera> cameras;
  /// Other views than `cameras` may lose more than 2 dB beyond quality_db.
  bool only_these_views = false;
  bool keep_order = false;                   ///< decoded splats come in the order of the scene; some 16 bits a splat
  SplatEffort effort = SplatEffort::normal;  ///< fast also decodes faster, for some 2 % more bits at the same steps
  unsigned threads = 1;                      ///< never changes a byte
};

/// Renders of the decoded scene against those of the original.
struct SplatQuality {
  double psnr_db = 0;      ///< mean over views
  double psnr_min_db = 0;  ///< of the worst view
  uint32_t views = 0;
  bool made_views = false;  ///< no cameras were given
};

struct SplatEncoded {
  Bytes bytes;
  std::optional<SplatQuality> quality;  ///< nothing where lossless
  uint64_t splats = 0;                  ///< in the file
  std::vector<std::string> warnings;    ///< what the file does not hold, and where the quality asked for was not reached
  double score_ms = 0;                  ///< looking at the scene: views, renders, sensitivities
  double encode_ms = 0;                 ///< all the rest
};

struct SplatDecodeOptions {
  unsigned threads = 1;
  double fraction = 1;  ///< decode what lies in this share of the file's first bytes, 0 to 1
  /// low x y z, high x y z: only splats whose centres lie inside.
  std::optional<std::array<double, 6>> box;
  bool salvage = false;  ///< damaged groups are left out instead of failing
};

struct SplatDecoded {
  Splats splats;
  std::vector<std::string> warnings;  ///< what was damaged or left out
};

/// Where the bytes of a file go; parts add up to the file. `side`: classes, headers, axes of directional colours, order, extra
/// properties; of a lossless file also which splats repeat another, and what the source held beyond its splats.
struct SplatPartBytes {
  double position = 0, colour = 0, sh = 0, opacity = 0, scale = 0, rotation = 0, side = 0;
};

/// Facts about a file.
struct SplatFileInfo {
  SplatMode mode = SplatMode::quality;
  uint64_t splats = 0;
  uint64_t splats_original = 0;
  uint64_t bytes = 0;
  uint32_t sh_degree = 0;
  uint32_t groups = 0;
  bool keeps_order = false;
  std::optional<SplatQuality> quality;
  SplatFormat source_format = SplatFormat::none;
  SplatPartBytes parts;  ///< of streams that hold several parts: as the models say, which takes decoding them
  std::vector<std::string> extra_properties;
};

/// Where the bits of a file go, splat by splat in the order that decode_splats gives, in bits: SplatPartBytes of each. Streams that belong
/// to no splat (headers, order, varying extra properties of lossy files) are in none. A decision of the tree of places that halves n splats
/// counts for each of them by its n-th part.
struct SplatBits {
  std::vector<double> position, colour, sh, opacity, scale, rotation, side;
};

/// Errors: invalid_argument for options out of range, a scene whose arrays do not fit together, or in which nothing can be seen.
/// Cost: at normal effort 36 views are scored (a render and a third more each), 30 drawn again, and three to eight tries compare 5 to 12 of
/// them; 7 us a splat to code, 4 at effort fast; below 42 dB merging takes 20 us a splat, below 40 dB refits take 130 renders more. Memory:
/// below 1 KiB a splat, and 150 MB for pictures.
Result<SplatEncoded> encode_splats(const Splats& splats, const SplatEncodeOptions& options);

/// `bytes` may be hostile. Errors: truncated, corrupt, limit_exceeded, out_of_memory, unsupported_version, unsupported_feature.
Result<SplatDecoded> decode_splats(ByteSpan bytes, const SplatDecodeOptions& options, const DecodeLimits& limits);

/// Cost: that of decoding, for the parts. `of_splats`: where wanted, filled.
Result<SplatFileInfo> inspect_splats(ByteSpan bytes, const DecodeLimits& limits, SplatBits* of_splats = nullptr);

}  // namespace dew
