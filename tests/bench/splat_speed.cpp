// SPDX-License-Identifier: Apache-2.0
// splat-speed SCENE...: processor seconds of looking at a scene, and splats a second of one core to code and to decode it, at each effort.
//
// "look" is making 8 views of 800 x 600 and what the splats are worth in them. "code" is all that an encoder does once that is known and
// the distortion chosen: classes, axes of colours, quantising, coding, naming the content. "search" is what an encode takes beside looking,
// made of some such steps and of pictures to compare. Splats are those of the scene, left out ones too. Median of five runs, search one.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <vector>

#include "apps/files.h"
#include "gaussians/codec.h"
#include "gaussians/coding/splat_file.h"
#include "gaussians/io/read_splats.h"
#include "gaussians/significance/sensitivity.h"
#include "gaussians/significance/views.h"

namespace dew {
namespace {

double cpu_seconds(const std::function<void()>& work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

double median_of_five(const std::function<void()>& work) {
  std::vector<double> seconds;
  for (int run = 0; run < 5; ++run) seconds.push_back(cpu_seconds(work));
  std::nth_element(seconds.begin(), seconds.begin() + 2, seconds.end());
  return seconds[2];
}

struct Effort {
  const char* name;
  SplatEffort effort;
};

Status measure_effort(const Splats& scene, const Sensitivity& worth, double distortion, const Effort& effort) {
  SplatEncodeOptions options;
  options.effort = effort.effort;
  Bytes file;
  Status status;
  const double code_s = median_of_five([&] {
    uint64_t kept = 0;
    const Result<Bytes> written = write_lossy_file({scene, make_targets(scene, worth, distortion), {}, options, scene.count()}, kept);
    if (!written.ok()) status = written.error();
    if (written.ok()) file = *written;
  });
  DEW_TRY(status);
  const double decode_s = median_of_five([&] {
    if (!decode_splats(file, {}, {}).ok()) status = Error{Code::internal, 0, "what was encoded does not decode"};
  });
  DEW_TRY(status);
  Result<SplatEncoded> encoded = Error{Code::internal, 0, "not yet"};
  const double encode_s = cpu_seconds([&] { encoded = encode_splats(scene, options); });
  if (!encoded.ok()) return encoded.error();
  const double share = encoded->encode_ms / (encoded->encode_ms + encoded->score_ms);
  const double splats = static_cast<double>(scene.count());
  std::printf("| %s | %.0f | %.0f | %.1f | %.1f, search %.1f |\n", effort.name, splats / code_s, splats / decode_s,
              8 * static_cast<double>(file.size()) / splats, encode_s, encode_s * share);
  return {};
}

Status measure(const std::string& path) {
  DEW_ASSIGN(const Bytes bytes, app::read_file(path));
  DEW_ASSIGN(const SplatInput input, read_splats(bytes, {}));
  const Splats& scene = input.splats;
  std::vector<Camera> views;
  Sensitivity worth;
  Status status;
  const double views_s = cpu_seconds([&] {
    Result<std::vector<Camera>> made = made_views(scene, {.count = 8, .width = 800, .height = 600});
    made.ok() ? void(views = *std::move(made)) : void(status = made.error());
  });
  DEW_TRY(status);
  const double worth_s = cpu_seconds([&] {
    Result<Sensitivity> measured = measure_sensitivity(scene, views, 1);
    measured.ok() ? void(worth = *std::move(measured)) : void(status = measured.error());
  });
  DEW_TRY(status);
  std::printf("%s: %zu splats; look: %.2f s to make 8 views, %.2f s to weigh by them\n", path.c_str(), scene.count(), views_s, worth_s);
  std::printf("| effort | code, splats/s | decode, splats/s | bits a splat | whole encode, CPU s |\n|---|---|---|---|---|\n");
  constexpr double kDistortion = 1e-11;  // of about 44 dB
  for (const Effort& effort : {Effort{"normal", SplatEffort::normal}, Effort{"fast", SplatEffort::fast}})
    DEW_TRY(measure_effort(scene, worth, kDistortion, effort));
  return {};
}

}  // namespace
}  // namespace dew

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: splat-speed SCENE...\n", stderr);
    return 2;
  }
  for (int i = 1; i < argc; ++i) {
    const dew::Status status = dew::measure(argv[i]);
    if (status.ok()) continue;
    dew::app::complain(argv[i], status.error());
    return 1;
  }
  return 0;
}
