// SPDX-License-Identifier: Apache-2.0
#include "gaussians/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/splats_before_camera.h"

namespace dew {
namespace {

Image random_image(uint32_t seed, uint32_t width, uint32_t height) {
  std::mt19937 random(seed);
  Image image{width, height, std::vector<float>(3 * size_t{width} * height)};
  for (float& value : image.pixels) value = static_cast<float>(random() >> 8) / 16777216.0f;
  return image;
}

/// From the formula of the paper, one window after another, with weights of two dimensions.
double plain_ssim(const Image& a, const Image& b) {
  double sum = 0;
  size_t count = 0;
  for (uint32_t top = 0; top + 11 <= a.height; ++top) {
    for (uint32_t left = 0; left + 11 <= a.width; ++left) {
      for (size_t c = 0; c < 3; ++c) {
        double total = 0, mean_a = 0, mean_b = 0, var_a = 0, var_b = 0, covariance = 0;
        const auto each = [&](auto&& visit) {
          for (uint32_t y = 0; y < 11; ++y) {
            for (uint32_t x = 0; x < 11; ++x) {
              const size_t at = 3 * ((top + y) * size_t{a.width} + left + x) + c;
              visit(std::exp(-(std::pow(x - 5.0, 2) + std::pow(y - 5.0, 2)) / 4.5), a.pixels[at], b.pixels[at]);
            }
          }
        };
        each([&](double w, double va, double vb) { total += w, mean_a += w * va, mean_b += w * vb; });
        mean_a /= total, mean_b /= total;
        each([&](double w, double va, double vb) {
          var_a += w / total * std::pow(va - mean_a, 2);
          var_b += w / total * std::pow(vb - mean_b, 2);
          covariance += w / total * (va - mean_a) * (vb - mean_b);
        });
        sum +=
            (2 * mean_a * mean_b + 1e-4) * (2 * covariance + 9e-4) / ((mean_a * mean_a + mean_b * mean_b + 1e-4) * (var_a + var_b + 9e-4));
        ++count;
      }
    }
  }
  return sum / static_cast<double>(count);
}

TEST(ImagePsnr, IsThatOfTheMeanSquaredError) {
  Image a = random_image(1, 9, 7), b = a;
  for (float& value : a.pixels) value *= 0.5f;
  for (size_t i = 0; i < b.pixels.size(); ++i) b.pixels[i] = a.pixels[i] + 0.1f;
  EXPECT_NEAR(*image_psnr_db(a, b), 20, 1e-5);
  EXPECT_EQ(*image_psnr_db(a, b), *image_psnr_db(b, a));
}

TEST(ImagePsnr, EqualPicturesAreInfinitelyClose) {
  const Image a = random_image(2, 9, 7);
  EXPECT_EQ(*image_psnr_db(a, a), std::numeric_limits<double>::infinity());
}

TEST(ImagePsnr, BeyondBlackAndWhiteNothingIsSeen) {
  Image a = random_image(3, 4, 4), b = a;
  a.pixels[0] = 1;
  b.pixels[0] = 7;
  a.pixels[1] = -3;
  b.pixels[1] = 0;
  a.pixels[2] = std::nanf("");
  b.pixels[2] = 0;
  EXPECT_EQ(*image_psnr_db(a, b), std::numeric_limits<double>::infinity());
}

TEST(ImagePsnr, RefusesOtherSizes) {
  EXPECT_EQ(image_psnr_db(random_image(1, 4, 6), random_image(1, 6, 4)).error().code, Code::invalid_argument);
  EXPECT_EQ(image_psnr_db(Image(), Image()).error().code, Code::invalid_argument);
  Image torn = random_image(1, 4, 4);
  torn.pixels.pop_back();
  EXPECT_EQ(image_psnr_db(torn, torn).error().code, Code::invalid_argument);
}

TEST(ImageSsim, IsThatOfTheFormula) {
  for (uint32_t seed = 0; seed < 4; ++seed) {
    const Image a = random_image(seed, 11 + 5 * seed, 25 - 4 * seed);
    Image b = random_image(seed + 100, a.width, a.height);
    for (size_t i = 0; i < b.pixels.size(); ++i) b.pixels[i] = 0.7f * a.pixels[i] + 0.2f * b.pixels[i];
    EXPECT_NEAR(*image_ssim(a, b), plain_ssim(a, b), 1e-9);
    EXPECT_NEAR(*image_ssim(b, a), *image_ssim(a, b), 1e-12);
  }
}

TEST(ImageSsim, EqualPicturesHaveOne) {
  const Image a = random_image(5, 20, 15);
  EXPECT_NEAR(*image_ssim(a, a), 1, 1e-12);
  EXPECT_LT(*image_ssim(a, random_image(6, 20, 15)), 0.1);
}

TEST(ImageSsim, RefusesPicturesBelowItsWindow) {
  EXPECT_EQ(image_ssim(random_image(1, 10, 20), random_image(2, 10, 20)).error().code, Code::invalid_argument);
  EXPECT_TRUE(image_ssim(random_image(1, 11, 11), random_image(2, 11, 11)).ok());
}

TEST(SplatErrors, AreZeroForTheSameScene) {
  const Splats scene = test::hostile_splats(1, 100);  // NaN is as far from NaN as 1 from 1
  const auto errors = splat_errors(scene, scene);
  ASSERT_TRUE(errors.ok());
  EXPECT_EQ(errors->position_max, 0);
  EXPECT_EQ(errors->position_rms, 0);
  EXPECT_EQ(errors->opacity_rms, 0);
  EXPECT_EQ(errors->log_scale_rms, 0);
  EXPECT_EQ(errors->rotation_rms_deg, 0);
  EXPECT_EQ(errors->dc_rms, 0);
  EXPECT_EQ(errors->sh_rms, 0);
}

TEST(SplatErrors, AreThoseThatWereMade) {
  Splats a;
  a.sh_degree = 1;
  a.resize(4);
  Splats b = a;
  b.position[3] = 3;
  b.position[4] = 4;
  b.opacity_logit[2] = std::numeric_limits<float>::infinity();  // opacity 0.5 to 1
  for (float& value : b.log_scale) value = -0.25f;
  b.rotation = {-2, 0, 0, 0, 1, 1, 0, 0, 1, 0, 1e-4f, 0, 0, 0, 0, 0};  // the same, 90 degrees, 0.01 degrees, the identity by rule
  b.dc[11] = 6;
  b.sh[0] = 3;
  const auto errors = splat_errors(a, b);
  ASSERT_TRUE(errors.ok());
  EXPECT_DOUBLE_EQ(errors->position_max, 5);
  EXPECT_DOUBLE_EQ(errors->position_rms, 2.5);
  EXPECT_DOUBLE_EQ(errors->opacity_rms, 0.25);
  EXPECT_DOUBLE_EQ(errors->log_scale_rms, 0.25);
  EXPECT_NEAR(errors->rotation_rms_deg, 45, 1e-6);
  EXPECT_DOUBLE_EQ(errors->dc_rms, std::sqrt(36.0 / 12));
  EXPECT_DOUBLE_EQ(errors->sh_rms, std::sqrt(9.0 / 36));
}

TEST(SplatErrors, CoefficientsThatAreLackingCountAsZero) {
  Splats a, b;
  a.sh_degree = 2;
  b.sh_degree = 1;
  a.resize(1);
  b.resize(1);
  a.sh[7] = 1;         // red, beyond degree 1
  a.sh[8 + 1] = 0.5f;  // green, second
  b.sh[3 + 1] = 0.5f;  // green, second
  EXPECT_NEAR(splat_errors(a, b)->sh_rms, std::sqrt(1.0 / 24), 1e-12);
  EXPECT_NEAR(splat_errors(b, a)->sh_rms, std::sqrt(1.0 / 24), 1e-12);
}

TEST(SplatErrors, WhatIsNotFiniteOnOneSideIsInfinitelyFar) {
  Splats a;
  a.resize(2);
  Splats b = a;
  b.position[1] = std::nanf("");
  b.dc[2] = std::numeric_limits<float>::infinity();
  b.rotation[0] = std::nanf("");
  const auto errors = splat_errors(a, b);
  ASSERT_TRUE(errors.ok());
  EXPECT_EQ(errors->position_max, std::numeric_limits<double>::infinity());
  EXPECT_EQ(errors->dc_rms, std::numeric_limits<double>::infinity());
  EXPECT_EQ(errors->rotation_rms_deg, std::numeric_limits<double>::infinity());
  EXPECT_EQ(errors->log_scale_rms, 0);
}

TEST(SplatErrors, RefusesOtherCounts) {
  Splats a, b;
  a.resize(2);
  b.resize(3);
  EXPECT_EQ(splat_errors(a, b).error().code, Code::invalid_argument);
  EXPECT_TRUE(splat_errors(Splats(), Splats()).ok());
}

}  // namespace
}  // namespace dew
