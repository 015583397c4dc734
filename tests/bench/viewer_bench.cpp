// SPDX-License-Identifier: Apache-2.0
// viewer-bench: milliseconds a picture of the viewer without a window, for points and splats of growing number, and of sorting alone.
//
//   viewer-bench [--size WxH] [--budget POINTS] [--splat-budget SPLATS] [--most N] [SCENE.ply CAMERAS.json]
//
// Points lie on a ground and on walls; splats are constructed (a room), then those of SCENE from its first camera. The eye moves between
// pictures, so that every one is projected, sorted and drawn anew. Medians of 7 pictures; the driver's name is printed, as a software
// driver measures the processor.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <limits>
#include <random>

#include "apps/files.h"
#include "data/generate/splats/sample.h"
#include "data/generate/splats/scene.h"
#include "gaussians/io/cameras.h"
#include "gaussians/io/read_splats.h"
#include "viewer/camera/moves.h"
#include "viewer/gl/headless.h"
#include "viewer/gl/renderer.h"
#include "viewer/scene/level_of_detail.h"
#include "viewer/splats/depth_order.h"

namespace dew::viewer {
namespace {

struct Options {
  PixelSize size{1280, 720};
  uint64_t budget = Style{}.point_budget;
  uint64_t splat_budget = Style{}.splat_budget;
  uint64_t most = 10'000'000;  ///< larger layers are left out
  std::string scene, cameras;
};

struct Times {
  double wall_ms = 0;
  double cpu_ms = 0;  ///< of all threads, the driver's too: what a machine that does other things tells best
};

/// Of 7 runs; the first, which warms up, does not count.
Times medians(const std::function<void()>& work) {
  std::vector<double> wall, cpu;
  for (int run = 0; run < 8; ++run) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t cpu_start = std::clock();
    work();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    if (run == 0) continue;
    wall.push_back(took.count());
    cpu.push_back(1e3 * static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC);
  }
  std::sort(wall.begin(), wall.end());
  std::sort(cpu.begin(), cpu.end());
  return {wall[wall.size() / 2], cpu[cpu.size() / 2]};
}

/// A ground of 200 m and walls along a street, denser near the middle, as a sensor or a map has them.
PointLayer street(size_t count) {
  PointLayer layer;
  layer.name = "street";
  std::mt19937 random(1);
  std::normal_distribution<float> spread(0, 30);
  std::uniform_real_distribution<float> uniform(0, 1);
  Attribute intensity{kIntensity, {}, {}};
  for (size_t i = 0; i < count; ++i) {
    const bool wall = i % 3 == 0;
    const float along = spread(random);
    const float across = wall ? (i % 2 == 0 ? -9.0f : 9.0f) : 0.5f * spread(random);
    layer.xyz.insert(layer.xyz.end(), {along, across, wall ? 8 * uniform(random) - 2 : -2 + 0.02f * uniform(random)});
    intensity.values.push_back(uniform(random));
  }
  layer.attributes.push_back(std::move(intensity));
  return layer;
}

Status measure_points(Renderer& renderer, const Options& options, size_t count) {
  const PointLayer layer = street(count);
  const auto start = std::chrono::steady_clock::now();
  DEW_ASSIGN(const LayerId id, renderer.add(layer));
  const std::chrono::duration<double, std::milli> adding = std::chrono::steady_clock::now() - start;
  DrawRequest request;
  request.original = id;
  request.size = options.size;
  request.style.point_budget = options.budget;
  request.style.colouring[0] = default_colouring(layer, kIntensity);
  request.eye = sensor_overview(main_bounds(layer), {});
  Status status;
  const Times times = medians([&] {
    request.eye = orbited(request.eye, {}, {0, 0, 1}, 0.02, 0);
    status = renderer.draw(request);
    // Waits until the picture is there.
    (void)renderer.read_back();
  });
  DEW_TRY(status);
  std::printf("%9zu points: %8.1f ms a picture, %8.1f CPU ms, %8.0f ms to add, %llu drawn\n", count, times.wall_ms, times.cpu_ms,
              adding.count(), static_cast<unsigned long long>(renderer.facts().points));
  renderer.remove(id);
  return {};
}

Status measure_splats(Renderer& renderer, const Options& options, const Splats& splats, const Camera& camera) {
  DEW_ASSIGN(const LayerId id, renderer.add(SplatLayer{"splats", splats, {}}));
  DrawRequest request;
  request.original = id;
  request.size = options.size;
  request.style.splat_budget = options.splat_budget;
  request.style.colouring[0].own_colours = true;
  request.eye = viewpoint_of(camera);
  DepthOrder order;
  const Times sorting = medians([&] {
    request.eye = looked_around(request.eye, request.eye.up, 0.01, 0);
    (void)order.sort(splats.position, request.eye, request.size, 0.2, std::numeric_limits<double>::infinity());
  });
  request.eye = viewpoint_of(camera);
  Status status;
  const Times times = medians([&] {
    request.eye = looked_around(request.eye, request.eye.up, 0.002, 0);
    status = renderer.draw(request);
    (void)renderer.read_back();
  });
  DEW_TRY(status);
  std::printf("%9zu splats: %8.1f ms a picture, %8.1f CPU ms, of which sorting %.1f\n", splats.count(), times.wall_ms, times.cpu_ms,
              sorting.cpu_ms);
  renderer.remove(id);
  return {};
}

Status measure(const Options& options) {
  DEW_ASSIGN(const HeadlessContext context, HeadlessContext::create());
  DEW_ASSIGN(Renderer renderer, Renderer::create());
  std::printf("%s, %u x %u\n", renderer.device().c_str(), options.size.width, options.size.height);
  for (const size_t count : {100'000u, 1'000'000u, 10'000'000u}) {
    if (count <= options.most) DEW_TRY(measure_points(renderer, options, count));
  }
  const sim::CapturedScene room = sim::make_captured_scene(sim::CaptureKind::room, 3);
  for (const uint32_t count : {80'000u, 1'000'000u}) {
    if (count > options.most) continue;
    DEW_TRY(measure_splats(renderer, options, sim::sample_splats(room, {.splats = count, .seed = 3}), room.cameras[0]));
  }
  if (options.scene.empty()) return {};
  DEW_ASSIGN(const Bytes scene_bytes, app::read_file(options.scene));
  DEW_ASSIGN(const SplatInput scene, read_splats(scene_bytes, {}, ".ply"));
  DEW_ASSIGN(const Bytes camera_bytes, app::read_file(options.cameras));
  DEW_ASSIGN(const std::vector<Camera> cameras, read_cameras(camera_bytes, {}));
  return measure_splats(renderer, options, scene.splats, cameras.front());
}

}  // namespace
}  // namespace dew::viewer

int main(int argc, char** argv) {
  dew::viewer::Options options;
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    const bool has_value = i + 1 < argc;
    if (std::strcmp(argv[i], "--size") == 0 && has_value) {
      if (std::sscanf(argv[++i], "%ux%u", &options.size.width, &options.size.height) != 2) files.assign(3, "");
    } else if (std::strcmp(argv[i], "--budget") == 0 && has_value) {
      options.budget = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::strcmp(argv[i], "--splat-budget") == 0 && has_value) {
      options.splat_budget = std::strtoull(argv[++i], nullptr, 10);
    } else if (std::strcmp(argv[i], "--most") == 0 && has_value) {
      options.most = std::strtoull(argv[++i], nullptr, 10);
    } else {
      files.push_back(argv[i]);
    }
  }
  if (files.size() != 0 && files.size() != 2) {
    std::fputs("usage: viewer-bench [--size WxH] [--budget POINTS] [--splat-budget SPLATS] [--most N] [SCENE.ply CAMERAS.json]\n", stderr);
    return 2;
  }
  if (files.size() == 2) options.scene = files[0], options.cameras = files[1];
  const dew::Status status = dew::viewer::measure(options);
  if (status.ok()) return 0;
  dew::app::complain("viewer-bench", status.error());
  return 1;
}
