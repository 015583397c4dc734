// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/cameras_lens.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace dew {
namespace {

View view_of(uint32_t width, uint32_t height) {
  View view;
  view.camera.width = width;
  view.camera.height = height;
  return view;
}

Lens lens_for(uint32_t width, uint32_t height, LensModel model) {
  Lens lens;
  lens.model = model;
  lens.fx = 0.8 * width;
  lens.fy = 0.82 * width;
  lens.cx = width / 2.0 + 3;
  lens.cy = height / 2.0 - 2;
  return lens;
}

/// What a lens makes of a scene that is a smooth pattern at infinity: red and green are x/z and y/z where pixels look.
Image photograph(const View& view, const Lens& lens) {
  Image photo{view.camera.width, view.camera.height, std::vector<float>(3 * size_t{view.camera.width} * view.camera.height)};
  for (uint32_t row = 0; row < photo.height; ++row) {
    for (uint32_t column = 0; column < photo.width; ++column) {
      // The lens backwards, by fixed-point steps.
      double x = (column + 0.5 - lens.cx) / lens.fx, y = (row + 0.5 - lens.cy) / lens.fy;
      for (int step = 0; step < 200; ++step) {
        const auto [there_x, there_y] = through_lens(lens, x, y);
        x += 0.7 * (column + 0.5 - there_x) / lens.fx;
        y += 0.7 * (row + 0.5 - there_y) / lens.fy;
      }
      float* pixel = &photo.pixels[3 * (size_t{row} * photo.width + column)];
      pixel[0] = static_cast<float>(x);
      pixel[1] = static_cast<float>(y);
    }
  }
  return photo;
}

void expect_straight(const Lens& lens) {
  View view = view_of(120, 90);
  const Status set = set_lens(view, lens);
  ASSERT_TRUE(set.ok()) << set.error().message;
  ASSERT_TRUE(view.lens);
  const auto straight = undistort(photograph(view, lens), view);
  ASSERT_TRUE(straight.ok()) << straight.error().message;
  for (uint32_t row = 0; row < 90; ++row) {
    for (uint32_t column = 0; column < 120; ++column) {
      const float* pixel = &straight->pixels[3 * (size_t{row} * 120 + column)];
      ASSERT_NEAR(pixel[0], (column + 0.5 - view.camera.cx) / view.camera.fx, 2e-3) << column << " " << row;
      ASSERT_NEAR(pixel[1], (row + 0.5 - view.camera.cy) / view.camera.fy, 2e-3) << column << " " << row;
    }
  }
}

TEST(Lens, StraightensOpencv) {
  Lens lens = lens_for(120, 90, LensModel::opencv);
  lens.radial = {-0.12, 0.03, 0.01, 0};
  lens.tangential = {0.002, -0.003};
  expect_straight(lens);
  lens.radial = {0.08, -0.02, 0, 0};
  expect_straight(lens);
}

TEST(Lens, StraightensFisheye) {
  Lens lens = lens_for(120, 90, LensModel::fisheye);
  lens.radial = {0.02, -0.01, 0.003, -0.001};
  expect_straight(lens);
}

TEST(Lens, FollowsTheFormulas) {
  Lens lens;
  lens.fx = lens.fy = 1;
  lens.radial = {0.1, 0.01, 0.001, 9};
  lens.tangential = {0.2, 0.3};
  const auto [x, y] = through_lens(lens, 2, 1);  // r^2 = 5
  const double stretch = 1 + 0.1 * 5 + 0.01 * 25 + 0.001 * 125;
  EXPECT_NEAR(x, 2 * stretch + 2 * 0.2 * 2 + 0.3 * (5 + 8), 1e-12);
  EXPECT_NEAR(y, stretch + 0.2 * (5 + 2) + 2 * 0.3 * 2, 1e-12);
  lens.model = LensModel::fisheye;
  const auto [u, v] = through_lens(lens, 0, 1);
  const double t = std::atan(1.0);
  EXPECT_EQ(u, 0);
  EXPECT_NEAR(v, t * (1 + 0.1 * t * t + 0.01 * std::pow(t, 4) + 0.001 * std::pow(t, 6) + 9 * std::pow(t, 8)), 1e-12);
}

TEST(Lens, ZoomsInJustAsFarAsThePhotographReaches) {
  Lens lens = lens_for(120, 90, LensModel::opencv);
  lens.radial = {0.1, 0, 0, 0};  // straight lines bow inwards: corners lie outside the photograph
  View view = view_of(120, 90);
  ASSERT_TRUE(set_lens(view, lens).ok());
  const double zoom = view.camera.fx / lens.fx;
  EXPECT_GT(zoom, 1.01);
  EXPECT_NEAR(view.camera.fy / lens.fy, zoom, 1e-12);
  const auto corner = [&](double by) { return through_lens(lens, (0.5 - lens.cx) / (by * lens.fx), (89.5 - lens.cy) / (by * lens.fy)); };
  const auto inside = [](const std::array<double, 2>& p) { return p[0] >= 0.499 && p[1] <= 89.501; };
  EXPECT_TRUE(inside(corner(zoom)));
  EXPECT_FALSE(inside(corner(zoom * 0.99)));
  lens.radial = {-0.1, 0, 0, 0};
  ASSERT_TRUE(set_lens(view, lens).ok());
  EXPECT_EQ(view.camera.fx, lens.fx) << "bowed outwards: everything is in the photograph";
}

TEST(Lens, WithoutDistortionIsAPinhole) {
  View view = view_of(120, 90);
  view.lens = Lens();
  ASSERT_TRUE(set_lens(view, lens_for(120, 90, LensModel::opencv)).ok());
  EXPECT_FALSE(view.lens);
  Image photo{120, 90, std::vector<float>(3 * 120 * 90, 0.25f)};
  EXPECT_EQ(undistort(photo, view)->pixels, photo.pixels);
}

TEST(Lens, RefusesWhatCannotBeStraightened) {
  View view = view_of(120, 90);
  Lens lens = lens_for(120, 90, LensModel::opencv);
  lens.cx = -5000;  // looks beside its own photograph
  lens.radial = {0.1, 0, 0, 0};
  EXPECT_EQ(set_lens(view, lens).error().code, Code::unsupported_feature);
  const Image other{90, 120, std::vector<float>(3 * 120 * 90)};
  EXPECT_EQ(undistort(other, view).error().code, Code::invalid_argument);
}

TEST(Lens, ComesFromFiles) {
  const std::string nerf =
      R"({"camera_model": "OPENCV", "fl_x": 100, "fl_y": 101, "cx": 60, "cy": 45, "w": 120, "h": 90, "k1": 0.05, "k2": -0.01,
    "p1": 0.001, "p2": -0.002, "frames": [{"file_path": "a.jpg", "transform_matrix": [[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}]})";
  const auto views = read_views(as_bytes(nerf), {}, {});
  ASSERT_TRUE(views.ok()) << views.error().message;
  ASSERT_TRUE((*views)[0].lens);
  EXPECT_EQ((*views)[0].lens->radial, (std::array<double, 4>{0.05, -0.01, 0, 0}));
  EXPECT_EQ((*views)[0].lens->tangential, (std::array<double, 2>{0.001, -0.002}));
  EXPECT_GT((*views)[0].camera.fx, 100);

  const std::string cameras =
      "1 OPENCV 120 90 100 101 60 45 0.05 -0.01 0.001 -0.002\n2 SIMPLE_RADIAL 120 90 100 60 45 0.05\n"
      "3 OPENCV_FISHEYE 120 90 100 101 60 45 0.01 0.02 0.03 0.04\n4 RADIAL_FISHEYE 120 90 100 60 45 0.01 0.02\n";
  const std::string images = "1 1 0 0 0 0 0 0 1 a.jpg\n\n2 1 0 0 0 0 0 0 2 b.jpg\n\n3 1 0 0 0 0 0 0 3 c.jpg\n\n4 1 0 0 0 0 0 0 4 d.jpg\n\n";
  const auto colmap = read_colmap(as_bytes(cameras), as_bytes(images), {}, {});
  ASSERT_TRUE(colmap.ok()) << colmap.error().message;
  ASSERT_EQ(colmap->size(), 4u);
  EXPECT_EQ((*colmap)[0].lens, (*views)[0].lens);
  EXPECT_EQ((*colmap)[1].lens->radial, (std::array<double, 4>{0.05, 0, 0, 0}));
  EXPECT_EQ((*colmap)[2].lens->model, LensModel::fisheye);
  EXPECT_EQ((*colmap)[2].lens->radial, (std::array<double, 4>{0.01, 0.02, 0.03, 0.04}));
  EXPECT_EQ((*colmap)[3].lens->model, LensModel::fisheye);
  EXPECT_EQ((*colmap)[3].lens->radial, (std::array<double, 4>{0.01, 0.02, 0, 0}));
}

}  // namespace
}  // namespace dew
