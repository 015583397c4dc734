// SPDX-License-Identifier: Apache-2.0
// dew-splat-picture BEFORE AFTER CAMERAS OUT: one view of two splat scenes side by side, and their difference ten times enlarged.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "apps/files.h"
#include "apps/pictures.h"
#include "apps/splat_files.h"
#include "apps/views.h"
#include "gaussians/render/render.h"

namespace dew::app {
namespace {

constexpr float kEnlarged = 10;
constexpr uint32_t kGapPixels = 8;

Result<Image> drawn(const std::string& path, const Camera& camera) {
  DEW_ASSIGN(const Bytes bytes, read_file(path));
  DEW_ASSIGN(const SplatInput input, read_splat_file(bytes, path));
  DEW_ASSIGN(Rendered rendered, render(input.splats, camera, {}));
  return std::move(rendered.colour);
}

Image difference_of(const Image& a, const Image& b) {
  Image out = a;
  for (size_t i = 0; i < out.pixels.size(); ++i) out.pixels[i] = kEnlarged * std::abs(a.pixels[i] - b.pixels[i]);
  return out;
}

void put(const Image& panel, uint32_t left, Image& out) {
  for (uint32_t y = 0; y < panel.height; ++y) {
    std::copy_n(&panel.pixels[3 * size_t{y} * panel.width], 3 * size_t{panel.width}, &out.pixels[3 * (size_t{y} * out.width + left)]);
  }
}

Status draw(const std::string& before_path, const std::string& after_path, const std::string& cameras_path, const std::string& out_path) {
  DEW_ASSIGN(const std::vector<View> views, load_views(cameras_path, {}));
  if (views.empty()) return Error{Code::invalid_argument, 0, cameras_path + " has no views"};
  const Camera& camera = views.front().camera;
  DEW_ASSIGN(const Image before, drawn(before_path, camera));
  DEW_ASSIGN(const Image after, drawn(after_path, camera));
  Image out{3 * camera.width + 2 * kGapPixels, camera.height, {}};
  out.pixels.assign(3 * size_t{out.width} * out.height, 1);
  put(before, 0, out);
  put(after, camera.width + kGapPixels, out);
  put(difference_of(before, after), 2 * (camera.width + kGapPixels), out);
  DEW_ASSIGN(const Bytes file, encode_picture(out));
  return write_file(out_path, file, Overwrite::yes);
}

}  // namespace
}  // namespace dew::app

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: dew-splat-picture BEFORE AFTER CAMERAS OUT.png\n", stderr);
    return 2;
  }
  const dew::Status status = dew::app::draw(argv[1], argv[2], argv[3], argv[4]);
  if (status.ok()) return 0;
  dew::app::complain(argv[2], status.error());
  return 1;
}
