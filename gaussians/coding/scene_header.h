// SPDX-License-Identifier: Apache-2.0
/// The chunks of a splat file, and the header of its scene.
///
///   ByteWriter writer;
///   DEW_TRY(write_scene_header(header, writer));
///   DEW_ASSIGN(const SceneHeader back, read_scene_header(chunk.payload, chunk.payload_offset, limits));
///
/// Bytes: gaussians/FORMAT.md, which a test compares with the table here.
#pragma once

#include <string>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/container.h"
#include "entropy/header_table.h"
#include "entropy/limits.h"
#include "entropy/result.h"
#include "gaussians/coding/sh_basis.h"
#include "gaussians/splats.h"

namespace dew {

inline constexpr uint32_t kSceneChunk = 16;     ///< SceneHeader
inline constexpr uint32_t kGroupChunk = 17;     ///< base of a group
inline constexpr uint32_t kGroupShChunk = 18;   ///< its directional colours
inline constexpr uint32_t kOrderChunk = 19;     ///< place of each decoded splat in the scene
inline constexpr uint32_t kExtraChunk = 20;     ///< extra properties, exact
inline constexpr uint32_t kLosslessChunk = 21;  ///< everything, exact

/// Numbers of a scene that go through the header table.
struct SceneNumbers {
  uint64_t mode = 0;
  uint64_t source_format = 0;
  uint64_t splats_original = 0;
  uint64_t splats = 0;
  uint64_t sh_degree = 0;
  uint64_t groups = 0;
  uint64_t keeps_order = 0;
  uint64_t views = 0;
  uint64_t made_views = 0;
  uint64_t one_context = 0;
  uint64_t psnr_mdb = 0;
  uint64_t psnr_min_mdb = 0;
  double screen_variance = 1;
};

inline constexpr HeaderField<SceneNumbers> kSceneNumbers[] = {
    {"mode", &SceneNumbers::mode, 0, 2, "0 quality, 1 lossless, 2 budget"},
    {"source_format", &SceneNumbers::source_format, 0, 7, "file format that the scene came from"},
    {"splats_original", &SceneNumbers::splats_original, 0, uint64_t{1} << 32, "splats of the scene"},
    {"splats", &SceneNumbers::splats, 0, uint64_t{1} << 32, "splats in this file"},
    {"sh_degree", &SceneNumbers::sh_degree, 0, 3, "degree of the directional colours"},
    {"groups", &SceneNumbers::groups, 0, uint64_t{1} << 24, "groups, or lossless chunks"},
    {"keeps_order", &SceneNumbers::keeps_order, 0, 1, "1: there is an order chunk"},
    {"views", &SceneNumbers::views, 0, 1u << 20, "views that the quality was measured on"},
    {"made_views", &SceneNumbers::made_views, 0, 1, "1: the encoder made them"},
    {"one_context", &SceneNumbers::one_context, 0, 1, "1: each number of a splat is coded under one context"},
    {"psnr_mdb", &SceneNumbers::psnr_mdb, 0, 1000000, "mean PSNR against the original's renders, 1/1000 dB; 0: not measured"},
    {"psnr_min_mdb", &SceneNumbers::psnr_min_mdb, 0, 1000000, "the same of the worst view"},
    {"screen_variance", &SceneNumbers::screen_variance, 1e-300, 1e300, "0.3 pixels^2 at a typical distance, scene units^2"},
};

/// An extra property: its values are in an extra or lossless chunk, or all equal to `value`.
struct ExtraHeader {
  std::string name;
  PropertyType type = PropertyType::f32;
  bool constant = false;
  Bytes value;  ///< of one splat, where constant
};

struct SceneHeader {
  SceneNumbers numbers;
  std::vector<ExtraHeader> extra;
  Bytes source_header, source_trailer;  ///< lossless: SplatSource's
  SourceLattices lattices;              ///< lossless
  ShBasis basis;                        ///< empty where lossless
};

/// Errors: invalid_argument for numbers out of range.
Status write_scene_header(const SceneHeader& header, ByteWriter& writer);
/// Errors: truncated, corrupt, limit_exceeded, out_of_memory.
Result<SceneHeader> read_scene_header(ByteSpan payload, uint64_t offset, const DecodeLimits& limits);

}  // namespace dew
