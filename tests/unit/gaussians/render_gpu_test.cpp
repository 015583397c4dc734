// SPDX-License-Identifier: Apache-2.0
// Pictures and sums from a GPU have the bits of those from the CPU. Built with -DDEW_WITH_CUDA=ON; skips without a device.
#include "gaussians/cuda/render_gpu.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/support/splats_before_camera.h"

namespace dew {
namespace {

using namespace test;

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

void expect_same(const Splats& splats, const Camera& camera) {
  SplatSums cpu_sums, gpu_sums;
  const auto cpu = render(splats, camera, {.depth_and_alpha = true, .sums = &cpu_sums});
  const auto gpu = gpu::render(splats, camera, {.depth_and_alpha = true, .sums = &gpu_sums});
  ASSERT_TRUE(cpu.ok());
  ASSERT_TRUE(gpu.ok()) << gpu.error().message;
  EXPECT_TRUE(same_bits(cpu->colour.pixels, gpu->colour.pixels));
  EXPECT_TRUE(same_bits(cpu->depth, gpu->depth));
  EXPECT_TRUE(same_bits(cpu->alpha, gpu->alpha));
  EXPECT_TRUE(same_bits(cpu_sums.weight, gpu_sums.weight));
  EXPECT_TRUE(same_bits(cpu_sums.weight_squared, gpu_sums.weight_squared));
  EXPECT_TRUE(same_bits(cpu_sums.weight_max, gpu_sums.weight_max));
  EXPECT_TRUE(same_bits(cpu_sums.removal_error, gpu_sums.removal_error));
  EXPECT_EQ(cpu_sums.pixels, gpu_sums.pixels);
}

TEST(RenderGpu, BitsOfTheCpu) {
  if (!gpu::can_render()) GTEST_SKIP() << "needs a GPU";
  expect_same(splats_before_camera(1, 300), camera_at_origin(90, 70));
  expect_same(splats_before_camera(2, 800, {.log_scale_min = -2, .log_scale_max = 0, .logit_min = 2, .logit_max = 9}),
              camera_at_origin(40, 33));
  expect_same(hostile_splats(3, 144), camera_at_origin(50, 40));
  expect_same(splats_before_camera(4, 60, {.log_scale_min = -25, .log_scale_max = 6}), camera_at_origin(17, 15));
  expect_same(Splats(), camera_at_origin(5, 4));
}

TEST(RenderGpu, WithoutADeviceSaysSo) {
  if (gpu::can_render()) GTEST_SKIP() << "has a GPU";
  EXPECT_EQ(gpu::render(splats_before_camera(1, 3), camera_at_origin(8, 8), {}).error().code, Code::unsupported_feature);
}

TEST(RenderGpu, RefusesWhatTheCpuRefuses) {
  Camera camera = camera_at_origin(8, 8);
  camera.width = 0;
  EXPECT_EQ(gpu::render(Splats(), camera, {}).error().code, Code::invalid_argument);
}

}  // namespace
}  // namespace dew
