// SPDX-License-Identifier: Apache-2.0
/// Lossless WebP pictures as arrays of bytes. Built without libwebp, both answer unsupported_feature.
///
///   DEW_ASSIGN(const RgbaPicture picture, read_webp(bytes, budget));
///   const uint8_t* texel = &picture.rgba[4 * i];        // rows from the top, one after the other
///   DEW_ASSIGN(const Bytes file, write_webp(picture));  // exact, colours under alpha 0 included
#pragma once

#include <cstdint>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/limits.h"

namespace dew {

struct RgbaPicture {
  uint32_t width = 0;
  uint32_t height = 0;
  std::vector<uint8_t> rgba;
  uint64_t texels() const { return uint64_t{width} * height; }
};

inline constexpr uint32_t kMaxWebpSide = 16383;

bool has_webp();

/// The size alone; nothing is allocated. Errors: corrupt, unsupported_feature.
Result<RgbaPicture> webp_size(ByteSpan bytes);
/// Errors: corrupt, out_of_memory, unsupported_feature.
Result<RgbaPicture> read_webp(ByteSpan bytes, Budget& budget);
/// Errors: invalid_argument where a side is 0 or above kMaxWebpSide, internal, unsupported_feature.
Result<Bytes> write_webp(const RgbaPicture& picture);

}  // namespace dew
