// SPDX-License-Identifier: Apache-2.0
// render-bench: milliseconds a picture of a splat scene, for each of the given cameras at a size of one's choice.
//
//   render-bench [--side N] [--threads N] [--target NAME|plain] SCENE.ply CAMERAS.json
//
// With --side each camera becomes a square one of N x N pixels with the same horizontal field of view. Best of five runs a camera, mean
// over the cameras: projecting and sorting alone, the picture, the picture with sums. CPU ms are those of all threads.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>

#include "apps/files.h"
#include "entropy/kernel/dispatch.h"
#include "gaussians/io/cameras.h"
#include "gaussians/io/read_splats.h"
#include "gaussians/render/kernel/footprint.h"
#include "gaussians/render/kernel/render_using.h"

namespace dew {
namespace {

struct Options {
  uint32_t side = 0;
  unsigned threads = 1;
  std::string target;
  std::string scene, cameras;
};

struct Times {
  double wall_ms = 0, cpu_ms = 0;
};

Times best_of_five(const std::function<void()>& work) {
  Times best{1e300, 1e300};
  for (int run = 0; run < 5; ++run) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t cpu_start = std::clock();
    work();
    best.wall_ms = std::min(best.wall_ms, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    best.cpu_ms = std::min(best.cpu_ms, 1e3 * static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC);
  }
  return best;
}

Camera squared(Camera camera, uint32_t side) {
  if (side == 0) return camera;
  const double zoom = static_cast<double>(side) / camera.width;
  camera.fx *= zoom;
  camera.fy *= zoom;
  camera.width = camera.height = side;
  camera.cx = camera.cy = side / 2.0;
  return camera;
}

Status measure(const Options& options) {
  DEW_ASSIGN(const Bytes scene_bytes, app::read_file(options.scene));
  DEW_ASSIGN(const SplatInput input, read_splats(scene_bytes, {}));
  DEW_ASSIGN(const Bytes camera_bytes, app::read_file(options.cameras));
  DEW_ASSIGN(const std::vector<Camera> cameras, read_cameras(camera_bytes, {}));
  const kernel::TileKernels kernels = options.target == "plain" ? kernel::plain_tile_kernels() : kernel::best_tile_kernels();
  if (options.target != "plain" && !kernel::use_simd_target(options.target)) return Error{Code::invalid_argument, 0, "no such target here"};
  std::printf("%-12s %11s %8s %8s %8s %8s %8s %8s\n", "camera", "pixels", "project", "cpu", "picture", "cpu", "sums", "cpu");
  Times sums[3];
  for (const Camera& given : cameras) {
    const Camera camera = squared(given, options.side);
    SplatSums splat_sums;
    const auto draw = [&](SplatSums* out) {
      if (!kernel::render_using(kernels, input.splats, camera, {.threads = options.threads, .sums = out}).ok()) std::abort();
    };
    const Times times[3] = {best_of_five([&] { (void)kernel::footprints(input.splats, camera, options.threads); }),
                            best_of_five([&] { draw(nullptr); }), best_of_five([&] { draw(&splat_sums); })};
    std::printf("%-12s %5u x %-5u", camera.name.c_str(), camera.width, camera.height);
    for (int i = 0; i < 3; ++i) {
      std::printf(" %8.1f %8.1f", times[i].wall_ms, times[i].cpu_ms);
      sums[i].wall_ms += times[i].wall_ms / static_cast<double>(cameras.size());
      sums[i].cpu_ms += times[i].cpu_ms / static_cast<double>(cameras.size());
    }
    std::printf("\n");
  }
  std::printf("%-25s", "mean");
  for (const Times& mean : sums) std::printf(" %8.1f %8.1f", mean.wall_ms, mean.cpu_ms);
  std::printf("\n");
  return {};
}

}  // namespace
}  // namespace dew

int main(int argc, char** argv) {
  dew::Options options;
  std::string* const files[] = {&options.scene, &options.cameras};
  size_t count = 0;
  for (int i = 1; i < argc; ++i) {
    const bool has_value = i + 1 < argc;
    if (std::strcmp(argv[i], "--side") == 0 && has_value) {
      options.side = static_cast<uint32_t>(std::atoi(argv[++i]));
    } else if (std::strcmp(argv[i], "--threads") == 0 && has_value) {
      options.threads = static_cast<unsigned>(std::atoi(argv[++i]));
    } else if (std::strcmp(argv[i], "--target") == 0 && has_value) {
      options.target = argv[++i];
    } else if (count < 2) {
      *files[count++] = argv[i];
    }
  }
  if (count != 2) {
    std::fputs("usage: render-bench [--side N] [--threads N] [--target NAME|plain] SCENE.ply CAMERAS.json\n", stderr);
    return 2;
  }
  const dew::Status status = dew::measure(options);
  if (!status.ok()) dew::app::complain(options.scene, status.error());
  return status.ok() ? 0 : 1;
}
