// SPDX-License-Identifier: Apache-2.0
// Files of cameras: the first byte says JSON (j) or COLMAP (any other); COLMAP's two files are cut at the first '|'. What is read can be
// rendered with, and has a lens that takes pixels somewhere.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz_check.h"
#include "gaussians/io/cameras.h"
#include "gaussians/io/cameras_lens.h"
#include "gaussians/render/projection.h"

namespace {

using namespace dew;

Result<std::vector<View>> read(ByteSpan bytes) {
  const bool json = bytes[0] == std::byte{'j'};
  bytes = bytes.subspan(1);
  if (json) return read_views(bytes, {}, fuzz_limits());
  const size_t cut = static_cast<size_t>(std::find(bytes.begin(), bytes.end(), std::byte{'|'}) - bytes.begin());
  return read_colmap(bytes.first(cut), bytes.subspan(std::min(cut + 1, bytes.size())), {}, fuzz_limits());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto views = read(std::as_bytes(std::span(data, size)));
  if (!views.ok()) return 0;
  for (const View& view : *views) {
    DEW_FUZZ_CHECK(check_camera(view.camera).ok());
    if (!view.lens || view.camera.width > 64 || view.camera.height > 64) continue;
    const Image photo{view.camera.width, view.camera.height, std::vector<float>(3 * size_t{view.camera.width} * view.camera.height)};
    DEW_FUZZ_CHECK(undistort(photo, view).ok());
  }
  return 0;
}
