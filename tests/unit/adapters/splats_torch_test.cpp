// SPDX-License-Identifier: Apache-2.0
// libtorch's header comes before GoogleTest: both define CHECK-like macros.
#include <gtest/gtest.h>

#include <random>

#include "gaussians/adapters/torch.h"

namespace dew {
namespace {

Splats scene_of(size_t count, uint32_t degree) {
  std::mt19937 random(7);
  Splats splats;
  splats.sh_degree = degree;
  splats.resize(count);
  for (auto* values : {&splats.position, &splats.log_scale, &splats.rotation, &splats.opacity_logit, &splats.dc, &splats.sh}) {
    for (float& value : *values) value = static_cast<float>(random()) / 1e9f - 2;
  }
  return splats;
}

TEST(SplatsTorchAdapter, CarriesEveryValueThereAndBack) {
  for (uint32_t degree = 0; degree <= kMaxShDegree; ++degree) {
    for (const size_t count : {0u, 1u, 50u}) {
      const Splats scene = scene_of(count, degree);
      const auto tensors = to_torch(scene);
      ASSERT_TRUE(tensors.ok());
      const auto back = from_torch(*tensors);
      ASSERT_TRUE(back.ok()) << back.error().message;
      EXPECT_EQ(back->sh_degree, degree);
      EXPECT_EQ(back->position, scene.position);
      EXPECT_EQ(back->rotation, scene.rotation);
      EXPECT_EQ(back->log_scale, scene.log_scale);
      EXPECT_EQ(back->opacity_logit, scene.opacity_logit);
      EXPECT_EQ(back->dc, scene.dc);
      EXPECT_EQ(back->sh, scene.sh);
    }
  }
}

TEST(SplatsTorchAdapter, ShapesAndOrderAreThoseOfGsplat) {
  const Splats scene = scene_of(4, 3);
  const SplatTensors tensors = *to_torch(scene);
  EXPECT_EQ(tensors.means.sizes(), (std::vector<int64_t>{4, 3}));
  EXPECT_EQ(tensors.opacities.sizes(), (std::vector<int64_t>{4}));
  EXPECT_EQ(tensors.sh0.sizes(), (std::vector<int64_t>{4, 1, 3}));
  EXPECT_EQ(tensors.shN.sizes(), (std::vector<int64_t>{4, 15, 3}));
  EXPECT_EQ(tensors.quats[2][0].item<float>(), scene.rotation[8]) << "w first";
  EXPECT_EQ(tensors.shN[2][7][1].item<float>(), scene.sh[2 * 45 + 15 + 7]) << "coefficient, then channel";
}

TEST(SplatsTorchAdapter, OtherTypesAndStridesAreTaken) {
  SplatTensors tensors = *to_torch(scene_of(5, 1));
  tensors.means = tensors.means.to(torch::kFloat64).requires_grad_();
  tensors.quats = torch::ones({4, 5}).t();
  const auto back = from_torch(tensors);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->position, scene_of(5, 1).position);
  EXPECT_EQ(back->rotation[19], 1);
}

TEST(SplatsTorchAdapter, WrongShapesAreErrors) {
  for (int which = 0; which < 7; ++which) {
    SplatTensors tensors = *to_torch(scene_of(5, 1));
    if (which == 0) tensors.means = torch::ones({5, 4});
    if (which == 1) tensors.quats = torch::ones({4, 4});
    if (which == 2) tensors.scales = torch::Tensor();
    if (which == 3) tensors.opacities = torch::ones({5, 1});
    if (which == 4) tensors.sh0 = torch::ones({5, 3});
    if (which == 5) tensors.shN = torch::ones({5, 4, 3});
    if (which == 6) tensors.shN = torch::ones({5, 24, 3});
    EXPECT_EQ(from_torch(tensors).error().code, Code::invalid_argument) << which;
  }
}

}  // namespace
}  // namespace dew
