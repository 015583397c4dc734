// SPDX-License-Identifier: Apache-2.0
// What a renderer does and refuses, headless.
#include "viewer/gl/renderer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/splats_before_camera.h"
#include "viewer/gl/headless.h"
#include "viewer/splats/depth_order.h"

namespace dew::viewer {
namespace {

constexpr PixelSize kSize = {160, 120};

/// Points on a wall at y = 5, red where x < 0 by the attribute "side".
PointLayer wall(float depth = 5) {
  PointLayer layer;
  layer.name = "wall";
  Attribute side{"side", "", {}};
  for (int i = -60; i <= 60; ++i) {
    for (int j = -60; j <= 60; ++j) {
      layer.xyz.insert(layer.xyz.end(), {static_cast<float>(i) / 10, depth, static_cast<float>(j) / 10});
      side.values.push_back(i < 0 ? 0.0f : 1.0f);
    }
  }
  layer.attributes.push_back(std::move(side));
  return layer;
}

class Drawing : public testing::Test {
 protected:
  void SetUp() override {
    auto context = HeadlessContext::create();
    ASSERT_TRUE(context.ok()) << context.error().message;
    context_.emplace(*std::move(context));
    auto renderer = Renderer::create();
    ASSERT_TRUE(renderer.ok()) << renderer.error().message;
    renderer_.emplace(*std::move(renderer));
  }

  LayerId added(const Layer& layer) {
    const auto id = renderer_->add(layer);
    EXPECT_TRUE(id.ok()) << id.error().message;
    return id.ok() ? *id : 0;
  }

  Picture drawn(const DrawRequest& request) {
    const Status status = renderer_->draw(request);
    EXPECT_TRUE(status.ok()) << status.error().message;
    const auto picture = renderer_->read_back();
    EXPECT_TRUE(picture.ok());
    return picture.ok() ? *picture : Picture(1, 1);
  }

  static DrawRequest request_for(LayerId original, LayerId decoded = 0) {
    DrawRequest request;
    request.original = original;
    request.decoded = decoded;
    request.eye = look_at({0, 0, 0}, {0, 1, 0}, {0, 0, 1});
    request.size = kSize;
    request.style.point_px = 8;
    return request;
  }

  std::optional<HeadlessContext> context_;
  std::optional<Renderer> renderer_;  // goes before the context
};

TEST_F(Drawing, ColoursPointsByTheirAttribute) {
  DrawRequest request = request_for(added(wall()));
  Colouring& colouring = request.style.colouring[0];
  colouring.attribute = "side";
  const Picture picture = drawn(request);
  const Rgb low = map_colour(colouring.map, 0), high = map_colour(colouring.map, 1);
  for (size_t channel = 0; channel < 3; ++channel) {
    EXPECT_NEAR(picture.at(40, 60)[channel], 255 * static_cast<double>(low[channel]), 2);
    EXPECT_NEAR(picture.at(120, 60)[channel], 255 * static_cast<double>(high[channel]), 2);
  }
}

TEST_F(Drawing, NearPointsHideFarOnes) {
  PointLayer both = wall(5);
  const PointLayer behind = wall(9);
  both.xyz.insert(both.xyz.end(), behind.xyz.begin(), behind.xyz.end());
  both.attributes[0].values.assign(both.count(), 0);
  for (size_t i = behind.count(); i < both.count(); ++i) both.attributes[0].values[i] = 1;
  DrawRequest request = request_for(added(both));
  request.style.colouring[0].attribute = "side";
  const Picture picture = drawn(request);
  EXPECT_NEAR(picture.at(80, 60)[2], 255 * static_cast<double>(map_colour(ColourMap::viridis, 0)[2]), 2);
}

TEST_F(Drawing, AnAttributeCanBeAddedLater) {
  const PointLayer layer = wall();
  const LayerId id = added(layer);
  DrawRequest request = request_for(id);
  request.style.colouring[0].attribute = kError;
  request.style.colouring[0].map = ColourMap::heat;
  const Picture before = drawn(request);
  ASSERT_TRUE(renderer_->set_attribute(id, {kError, "m", std::vector<float>(layer.count(), 1)}).ok());
  EXPECT_LT(psnr_db(drawn(request), before), 30);
  EXPECT_EQ(renderer_->set_attribute(id, {kError, "m", {1, 2}}).error().code, Code::invalid_argument);
  EXPECT_EQ(renderer_->set_attribute(99, {kError, "m", {}}).error().code, Code::invalid_argument);
}

TEST_F(Drawing, EverySideOfASplitIsThatOfTheWholePicture) {
  const LayerId a = added(wall(5)), b = added(wall(7));
  DrawRequest request = request_for(a, b);
  request.style.point_px = 3;
  request.style.colouring[0].constant = {1, 0, 0};
  request.style.colouring[1].constant = {0, 1, 0};
  const auto in_mode = [&](Mode mode) {
    request.style.mode = mode;
    return drawn(request);
  };
  const Picture original = in_mode(Mode::original), decoded = in_mode(Mode::decoded);
  request.style.split = 0.25;
  const Picture split = in_mode(Mode::split);
  for (uint32_t y = 0; y < kSize.height; ++y) {
    for (uint32_t x = 0; x < kSize.width; ++x) {
      const Picture& whole = x < 40 ? original : decoded;
      ASSERT_TRUE(std::equal(split.at(x, y), split.at(x, y) + 3, whole.at(x, y))) << x << " " << y;
    }
  }
  EXPECT_EQ(in_mode(Mode::blink).rgb, original.rgb);
  request.style.blink_decoded = true;
  EXPECT_EQ(in_mode(Mode::blink).rgb, decoded.rgb);
}

TEST_F(Drawing, IsTheSamePictureEachTime) {
  const Layer splats = SplatLayer{"", test::splats_before_camera(3, 3000), {}};
  DrawRequest request = request_for(added(splats), added(splats));
  request.eye = look_at({0, 0, 0}, {0, 0, 1}, {0, -1, 0});
  request.style.mode = Mode::three;
  for (Colouring& colouring : request.style.colouring) colouring.own_colours = true;
  request.style.colouring[2].own_colours = false;
  request.size = {300, 80};
  const Picture first = drawn(request);
  EXPECT_EQ(drawn(request).rgb, first.rgb);
  ASSERT_TRUE(renderer_->facts().psnr_db);
  EXPECT_EQ(*renderer_->facts().psnr_db, std::numeric_limits<double>::infinity());
  EXPECT_GT(renderer_->facts().splats, 1000u);
}

TEST_F(Drawing, AnOrderFromElsewhereDrawsThatPicture) {
  const Splats splats = test::splats_before_camera(4, 1000);
  DrawRequest request = request_for(added(SplatLayer{"", splats, {}}));
  request.eye = look_at({0, 0, 0}, {0, 0, 1}, {0, -1, 0});
  request.style.colouring[0].own_colours = true;
  const Picture own = drawn(request);
  DepthOrder sorter;
  const auto order = sorter.sort(splats.position, request.eye, request.size, 0.2, 100);
  request.original_order = order;
  EXPECT_GT(psnr_db(drawn(request), own), 60);
  request.original_order = order.first(1);
  EXPECT_LT(psnr_db(drawn(request), own), 40);
}

TEST_F(Drawing, SortingInTheBackgroundEndsInTheSamePicture) {
  DrawRequest request = request_for(added(SplatLayer{"", test::splats_before_camera(4, 4000), {}}));
  request.style.colouring[0].own_colours = true;
  request.eye = look_at({0, 0, 0}, {0, 0, 1}, {0, -1, 0});
  const Picture start = drawn(request);
  request.eye = look_at({1, 0.5, 0}, {0, 0, 3}, {0, -1, 0});
  const Picture own = drawn(request);
  renderer_->sort_in_background(true);
  request.eye = look_at({0, 0, 0}, {0, 0, 1}, {0, -1, 0});
  EXPECT_EQ(drawn(request).rgb, start.rgb) << "the first order is waited for";
  request.eye = look_at({1, 0.5, 0}, {0, 0, 3}, {0, -1, 0});
  Picture last = drawn(request);
  while (!renderer_->facts().order_is_current) last = drawn(request);
  EXPECT_EQ(last.rgb, own.rgb);
}

TEST_F(Drawing, FewerPixelsOfSplatsAreNearlyThePicture) {
  DrawRequest request = request_for(added(SplatLayer{"", test::splats_before_camera(4, 4000), {}}));
  request.style.colouring[0].own_colours = true;
  request.eye = look_at({0, 0, 0}, {0, 0, 1}, {0, -1, 0});
  const Picture whole = drawn(request);
  request.style.splat_resolution = 0.5;
  EXPECT_GT(psnr_db(drawn(request), whole), 22);
  for (const double odd : {0.0, -3.0, 1e9}) {
    request.style.splat_resolution = odd;
    drawn(request);
  }
}

TEST_F(Drawing, FewerSplatsAreThoseThatMatter) {
  const Splats splats = test::splats_before_camera(4, 4000);
  DrawRequest request = request_for(added(SplatLayer{"", splats, {}}));
  request.style.colouring[0].own_colours = true;
  request.eye = look_at({0, 0, 0}, {0, 0, 1}, {0, -1, 0});
  const Picture whole = drawn(request);
  double last_db = 0;
  for (const uint64_t budget : {400u, 2000u, 3600u}) {
    request.style.splat_budget = budget;
    const double psnr = psnr_db(drawn(request), whole);
    EXPECT_GT(psnr, last_db) << budget;
    EXPECT_LE(renderer_->facts().splats, budget);
    last_db = psnr;
  }
  EXPECT_GT(last_db, 30);
  for (const uint64_t budget : {uint64_t{4000}, uint64_t{1} << 40}) {
    request.style.splat_budget = budget;
    EXPECT_EQ(drawn(request).rgb, whole.rgb);
  }
  request.style.splat_budget = 0;
  drawn(request);
}

TEST_F(Drawing, KeepsToTheBudgetOfPoints) {
  DrawRequest request = request_for(added(wall()));
  drawn(request);
  const uint64_t all = renderer_->facts().points;
  EXPECT_GT(all, 10'000u);
  request.style.point_budget = 500;
  drawn(request);
  EXPECT_LE(renderer_->facts().points, 501u);
}

TEST_F(Drawing, RefusesWhatItCannotDraw) {
  EXPECT_EQ(renderer_->read_back().error().code, Code::invalid_argument);
  const LayerId points = added(wall()), splats = added(SplatLayer{"", test::splats_before_camera(3, 10), {}});
  DrawRequest request = request_for(points);
  for (const PixelSize size : {PixelSize{0, 10}, PixelSize{10, 0}, PixelSize{20'000, 10}}) {
    request.size = size;
    EXPECT_EQ(renderer_->draw(request).error().code, Code::invalid_argument);
  }
  EXPECT_EQ(renderer_->draw(request_for(99)).error().code, Code::invalid_argument);
  EXPECT_EQ(renderer_->draw(request_for(points, 99)).error().code, Code::invalid_argument);
  request = request_for(points, splats);
  request.style.mode = Mode::difference;
  EXPECT_EQ(renderer_->draw(request).error().code, Code::invalid_argument);
  renderer_->remove(points);
  EXPECT_FALSE(renderer_->draw(request_for(points)).ok());
  SplatLayer broken{"", test::splats_before_camera(3, 10), {}};
  broken.splats.rotation.pop_back();
  EXPECT_EQ(renderer_->add(broken).error().code, Code::invalid_argument);
}

TEST_F(Drawing, LayersOfNothingAreBackground) {
  for (const Layer& layer : {Layer(PointLayer{}), Layer(SplatLayer{})}) {
    const Picture picture = drawn(request_for(added(layer)));
    EXPECT_NEAR(picture.at(3, 3)[2], 255 * 0.082, 1);
    EXPECT_NEAR(picture.at(80, 60)[2], 255 * 0.082, 1);
  }
}

}  // namespace
}  // namespace dew::viewer
