// SPDX-License-Identifier: Apache-2.0
/// A finished picture: eight bits a channel.
///
///   Picture picture(640, 480);
///   picture.at(x, y)[0] = 255;
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "gaussians/image.h"

namespace dew::viewer {

/// Red green blue, rows from the top.
struct Picture {
  uint32_t width = 0;
  uint32_t height = 0;
  std::vector<uint8_t> rgb;

  Picture() = default;
  Picture(uint32_t w, uint32_t h) : width(w), height(h), rgb(3 * size_t{w} * h) {}
  uint8_t* at(uint32_t x, uint32_t y) { return &rgb[3 * (size_t{y} * width + x)]; }
  const uint8_t* at(uint32_t x, uint32_t y) const { return &rgb[3 * (size_t{y} * width + x)]; }
};

/// Values divided by 255: what apps/pictures.h writes to files.
Image image_of(const Picture& picture);
/// 10 log10(255^2 / mean squared difference); infinite where equal, 0 for pictures of different sizes.
double psnr_db(const Picture& a, const Picture& b);

}  // namespace dew::viewer
