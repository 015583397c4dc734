// SPDX-License-Identifier: Apache-2.0
// Splats and a camera of any values: nothing is read or written out of bounds, and what is covered is between nothing and all.
// Bytes: SH degree, width, height, then floats: 19 of the camera, then those of the splats.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "fuzz_check.h"
#include "gaussians/render/render.h"

namespace {

using namespace dew;

constexpr size_t kMostSplats = 64;

/// Floats from the bytes; zeros once they are used up.
class Floats {
 public:
  explicit Floats(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  float next() {
    float value = 0;
    if (bytes_.size() < sizeof value) return value;
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_ = bytes_.subspan(sizeof value);
    return value;
  }
  size_t left() const { return bytes_.size() / sizeof(float); }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  Floats floats(std::span(data + 3, size - 3));
  Camera camera;
  camera.width = 1 + data[1] % 40;
  camera.height = 1 + data[2] % 40;
  for (double* value : {&camera.fx, &camera.fy, &camera.cx, &camera.cy}) *value = floats.next();
  for (double& value : camera.position) value = floats.next();
  for (double& value : camera.rotation) value = floats.next();
  for (double& value : camera.background) value = floats.next();
  Splats splats;
  splats.sh_degree = data[0] % 4;
  const size_t stride = 14 + splats.sh_stride();
  splats.resize(std::min(kMostSplats, (floats.left() + stride - 1) / stride));
  for (size_t i = 0; i < splats.count(); ++i) {
    const auto fill = [&](std::vector<float>& values, size_t each) {
      for (size_t k = 0; k < each; ++k) values[each * i + k] = floats.next();
    };
    fill(splats.position, 3);
    fill(splats.log_scale, 3);
    fill(splats.rotation, 4);
    fill(splats.opacity_logit, 1);
    fill(splats.dc, 3);
    fill(splats.sh, splats.sh_stride());
  }
  SplatSums sums;
  const auto view = render(splats, camera, {.threads = 1, .depth_and_alpha = true, .sums = &sums});
  if (!view.ok()) return 0;
  for (const float alpha : view->alpha) DEW_FUZZ_CHECK(alpha >= 0 && alpha <= 1);
  const size_t pixels = size_t{camera.width} * camera.height;
  for (size_t i = 0; i < splats.count(); ++i) {
    DEW_FUZZ_CHECK(sums.pixels[i] <= pixels && sums.weight_max[i] <= 0.99f && sums.weight[i] >= 0);
  }
  return 0;
}
