// SPDX-License-Identifier: Apache-2.0
/// A picture in memory: red, green and blue as floats.
///
///   Image image{width, height, std::vector<float>(3 * width * height)};
///   image.pixels[3 * (y * image.width + x) + channel] = 0.5f;
#pragma once

#include <cstdint>
#include <vector>

namespace dew {

/// Rows from the top, three floats a pixel; 0 is black, 1 is white, values beyond are allowed.
struct Image {
  uint32_t width = 0;
  uint32_t height = 0;
  std::vector<float> pixels;
};

}  // namespace dew
