// SPDX-License-Identifier: Apache-2.0
#include "viewer/picture/picture.h"

#include <cmath>
#include <limits>

namespace dew::viewer {

Image image_of(const Picture& picture) {
  Image image{picture.width, picture.height, std::vector<float>(picture.rgb.size())};
  for (size_t i = 0; i < picture.rgb.size(); ++i) image.pixels[i] = static_cast<float>(picture.rgb[i]) / 255.0f;
  return image;
}

double psnr_db(const Picture& a, const Picture& b) {
  if (a.width != b.width || a.height != b.height || a.rgb.empty()) return 0;
  double sum = 0;
  for (size_t i = 0; i < a.rgb.size(); ++i) {
    const double difference = static_cast<double>(a.rgb[i]) - static_cast<double>(b.rgb[i]);
    sum += difference * difference;
  }
  if (sum == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(255.0 * 255.0 * static_cast<double>(a.rgb.size()) / sum);
}

}  // namespace dew::viewer
