// SPDX-License-Identifier: Apache-2.0
#include "apps/compare_splats.h"

#include <gtest/gtest.h>

#include <cmath>

#include "apps/files.h"
#include "apps/pictures.h"
#include "gaussians/render/render.h"
#include "tests/support/splats_before_camera.h"
#include "tests/support/temporary_folder.h"

namespace dew::app {
namespace {

using test::camera_at_origin;
using test::splats_before_camera;
using test::turned;

std::vector<View> some_views() {
  std::vector<View> views(3);
  for (size_t i = 0; i < views.size(); ++i) {
    views[i].camera = turned(camera_at_origin(40, 30), 0.3 * static_cast<double>(i));
    views[i].camera.name = "view" + std::to_string(i);
    views[i].photo = "view" + std::to_string(i);
  }
  views[2].held_out = true;
  return views;
}

TEST(CompareSplats, SceneAgainstItself) {
  const Splats scene = splats_before_camera(1, 60);
  const auto compared = compare_splats(scene, scene, some_views(), {});
  ASSERT_TRUE(compared.ok());
  ASSERT_EQ(compared->views.size(), 3u);
  for (const ViewComparison& view : compared->views) {
    EXPECT_TRUE(std::isinf(view.psnr_db));
    EXPECT_NEAR(*view.ssim, 1, 1e-9);
    EXPECT_FALSE(view.psnr_photo_a_db);
  }
  EXPECT_EQ(compared->errors->position_max, 0);
  EXPECT_EQ(json_text(splat_comparison_json(*compared)["psnr_mean"]), "null");
  EXPECT_NE(splat_comparison_text(*compared).find("equal in the mean"), std::string::npos);
}

TEST(CompareSplats, FiguresAreThoseOfThePictures) {
  const Splats a = splats_before_camera(2, 80);
  Splats b = a;
  for (float& value : b.dc) value += 0.1f;
  const std::vector<View> views = some_views();
  const auto compared = compare_splats(a, b, views, {.photos_folder = "", .threads = 2});
  ASSERT_TRUE(compared.ok());
  double sum = 0, least = 1e9;
  for (size_t i = 0; i < views.size(); ++i) {
    const double psnr_db = *image_psnr_db(render(a, views[i].camera, {})->colour, render(b, views[i].camera, {})->colour);
    EXPECT_EQ(compared->views[i].psnr_db, psnr_db);
    EXPECT_EQ(compared->views[i].view, views[i].camera.name);
    sum += psnr_db;
    least = std::min(least, psnr_db);
  }
  const Json json = splat_comparison_json(*compared);
  EXPECT_EQ(json["splats_a"], 80);
  EXPECT_NEAR(json["psnr_mean"].get<double>(), sum / 3, 1e-12);
  EXPECT_EQ(json["psnr_min"].get<double>(), least);
  EXPECT_LT(json["ssim_mean"].get<double>(), 1);
  EXPECT_NEAR(json["errors"]["dc_rms"].get<double>(), 0.1, 1e-6);
  EXPECT_FALSE(json.contains("psnr_photos_a"));
}

TEST(CompareSplats, OtherCountsHaveNoErrors) {
  const auto compared = compare_splats(splats_before_camera(3, 20), splats_before_camera(3, 21), some_views(), {});
  ASSERT_TRUE(compared.ok());
  EXPECT_FALSE(compared->errors);
  EXPECT_FALSE(splat_comparison_json(*compared).contains("errors"));
}

TEST(CompareSplats, PhotographsAreFoundByName) {
  const test::TemporaryFolder folder;
  const Splats a = splats_before_camera(4, 80), b = splats_before_camera(5, 80);
  const std::vector<View> views = some_views();
  for (size_t i = 0; i < 2; ++i) {  // the third has none
    const auto file = encode_picture(render(a, views[i].camera, {})->colour);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(write_file(folder.path(views[i].photo + picture_extension()), *file, Overwrite::no).ok());
  }
  const auto compared = compare_splats(a, b, views, {.photos_folder = folder.path()});
  ASSERT_TRUE(compared.ok()) << compared.error().message;
  EXPECT_GT(*compared->views[0].psnr_photo_a_db, 50) << "rounded to eight bits";
  EXPECT_LT(*compared->views[0].psnr_photo_b_db, 30);
  EXPECT_FALSE(compared->views[2].psnr_photo_a_db);
  EXPECT_GT(splat_comparison_json(*compared)["psnr_photos_a"].get<double>(), 50);
  ASSERT_TRUE(write_file(folder.path("view2.png"), as_bytes("\x89PNG but no more"), Overwrite::no).ok());
  EXPECT_FALSE(compare_splats(a, b, views, {.photos_folder = folder.path()}).ok());
}

TEST(Pictures, ComeBackFromTheirFiles) {
  const Image image = render(splats_before_camera(6, 80), camera_at_origin(37, 23), {})->colour;
  const auto file = encode_picture(image);
  ASSERT_TRUE(file.ok());
  const auto back = decode_picture(*file, {});
  ASSERT_TRUE(back.ok()) << back.error().message;
  ASSERT_EQ(back->pixels.size(), image.pixels.size());
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    EXPECT_NEAR(back->pixels[i], std::clamp(image.pixels[i], 0.0f, 1.0f), 0.5 / 255 + 1e-6);
  }
}

TEST(Pictures, RefuseEveryTruncation) {
  const auto file = encode_picture(render(splats_before_camera(6, 80), camera_at_origin(37, 23), {})->colour);
  ASSERT_TRUE(file.ok());
  for (size_t size = 0; size + 12 < file->size(); ++size) EXPECT_FALSE(decode_picture(ByteSpan(*file).first(size), {}).ok()) << size;
  const Bytes ppm_start(as_bytes("P6\n4 4\n255\n").begin(), as_bytes("P6\n4 4\n255\n").end());
  EXPECT_EQ(decode_picture(ppm_start, {}).error().code, Code::truncated);
  EXPECT_EQ(decode_picture(as_bytes("P6 4000000000 4000000000 255 "), {}).error().code, Code::limit_exceeded);
  EXPECT_FALSE(decode_picture(as_bytes("\xff\xd8\xff no JPEG"), {}).ok());
}

TEST(Views, AreChosenByNameNumberAndKind) {
  const auto names = [](const Result<std::vector<View>>& views) {
    std::string list;
    for (const View& view : *views) list += view.camera.name + " ";
    return list;
  };
  EXPECT_EQ(names(choose_views(some_views(), "")), "view0 view1 view2 ");
  EXPECT_EQ(names(choose_views(some_views(), "view1,0")), "view0 view1 ");
  EXPECT_EQ(names(choose_views(some_views(), "held-out")), "view2 ");
  EXPECT_EQ(names(choose_views(some_views(), "training")), "view0 view1 ");
  EXPECT_EQ(choose_views(some_views(), "view7").error().code, Code::invalid_argument);
}

}  // namespace
}  // namespace dew::app
