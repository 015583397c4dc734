// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "viewer/colour/colour_map.h"
#include "viewer/picture/style.h"
#include "viewer/scene/frame_player.h"
#include "viewer/scene/layer_from.h"
#include "viewer/scene/normals.h"

namespace dew::viewer {
namespace {

template <class T>
Field field_of(const char* name, FieldType type, const std::vector<T>& values) {
  Field field{name, type, 1, Bytes(values.size() * sizeof(T))};
  std::memcpy(field.data.data(), values.data(), field.data.size());
  return field;
}

Cloud small_cloud() {
  Cloud cloud;
  cloud.points = 3;
  const float nothing = std::numeric_limits<float>::quiet_NaN();
  cloud.fields = {field_of<float>("x", FieldType::f32, {3, nothing, 0}),
                  field_of<float>("y", FieldType::f32, {4, 1, 0}),
                  field_of<float>("z", FieldType::f32, {0, 1, -2}),
                  field_of<uint8_t>("reflectivity", FieldType::u8, {7, 8, 255}),
                  field_of<uint32_t>("t", FieldType::u32, {1'000'000, 2, 501'000'000}),
                  field_of<uint16_t>("odd", FieldType::u16, {1, 2, 3})};
  return cloud;
}

TEST(Layer, TakesFieldsByTheirUsualNamesAndLeavesOutPointsWithoutAPlace) {
  const auto layer = layer_from(small_cloud(), "frame");
  ASSERT_TRUE(layer.ok()) << layer.error().message;
  EXPECT_EQ(layer->count(), 2u);
  EXPECT_EQ(layer->source_index, (std::vector<uint32_t>{0, 2}));
  ASSERT_NE(layer->find(kIntensity), nullptr);
  EXPECT_EQ(layer->find(kIntensity)->values, (std::vector<float>{7, 255}));
  EXPECT_EQ(layer->find("odd")->values, (std::vector<float>{1, 3}));
  EXPECT_FLOAT_EQ(layer->find(kRange)->values[0], 5);
  EXPECT_FLOAT_EQ(layer->find(kHeight)->values[1], -2);
  EXPECT_NEAR(static_cast<double>(layer->find(kTime)->values[1]), 0.501, 1e-6) << "seconds since the first, whose place is missing";
  EXPECT_EQ(layer->find("x"), nullptr);
}

TEST(Layer, KeepsPlacesFarFromZeroExact) {
  Cloud cloud;
  cloud.points = 2;
  cloud.fields = {field_of<double>("x", FieldType::f64, {4'500'000.001, 4'500'000.002}),
                  field_of<double>("y", FieldType::f64, {300'000, 300'001}), field_of<double>("z", FieldType::f64, {50, 51})};
  const auto layer = layer_from(cloud, "map");
  ASSERT_TRUE(layer.ok());
  EXPECT_NEAR(layer->position(1).x - layer->position(0).x, 0.001, 1e-6);
  EXPECT_NEAR(bounds(*layer).high.y, 300'001, 1e-3);
}

TEST(Layer, ACloudWithoutCoordinatesIsAnError) {
  Cloud cloud;
  cloud.points = 1;
  cloud.fields = {field_of<float>("x", FieldType::f32, {1})};
  EXPECT_EQ(layer_from(cloud, "").error().code, Code::invalid_argument);
}

TEST(Layer, ACloudOfNothingIsALayerOfNothing) {
  Cloud cloud;
  cloud.fields = {field_of<float>("x", FieldType::f32, {}), field_of<float>("y", FieldType::f32, {}),
                  field_of<float>("z", FieldType::f32, {})};
  const auto layers = layers_from(Content(cloud), {});
  ASSERT_TRUE(layers.ok());
  EXPECT_EQ(count(layers->frames[0]), 0u);
  EXPECT_TRUE(bounds(layers->frames[0]).empty());
}

TEST(Layer, AScanWithoutCalibrationIsDrawnAndSaysSo) {
  Scan scan;
  scan.columns = 2;
  scan.lasers = 16;
  scan.tick_um = 2000;
  scan.azimuth_units_per_turn = 36000;
  scan.azimuth = {0, 9000};
  scan.time_us = {0, 50};
  scan.range.assign(32, 1000);
  scan.range[5] = 0;
  scan.intensity.assign(32, 9);
  const auto layers = layers_from(Content(scan), {"scan", nullptr});
  ASSERT_TRUE(layers.ok()) << layers.error().message;
  EXPECT_NE(layers->note.find("VLP-16"), std::string::npos) << layers->note;
  const auto& layer = std::get<PointLayer>(layers->frames[0]);
  EXPECT_EQ(layer.count(), 31u);
  EXPECT_EQ(layer.source_index[5], 6u) << "the cell without a return is left out";
  for (const float range : layer.find(kRange)->values) EXPECT_NEAR(static_cast<double>(range), 2, 0.2);
  scan.tick_um = 1234;
  const auto odd = layers_from(Content(scan), {});
  ASSERT_TRUE(odd.ok());
  EXPECT_NE(odd->note.find("--calibration"), std::string::npos);
}

TEST(Layer, SettingAnAttributeReplacesIt) {
  PointLayer layer;
  layer.xyz = {0, 0, 0};
  layer.set({"a", "", {1}});
  layer.set({"a", "m", {2}});
  ASSERT_EQ(layer.attributes.size(), 1u);
  EXPECT_EQ(layer.attributes[0].unit, "m");
}

TEST(Normals, StandOnTheSurfaceAndLookToTheSensor) {
  PointLayer wall;
  for (int i = -10; i <= 10; ++i) {
    for (int j = -10; j <= 10; ++j) wall.xyz.insert(wall.xyz.end(), {5, static_cast<float>(i) / 10, static_cast<float>(j) / 10});
  }
  add_normals(wall);
  ASSERT_NE(wall.find(kNormalX), nullptr);
  for (const float x : wall.find(kNormalX)->values) EXPECT_NEAR(static_cast<double>(x), -1, 1e-5);
  wall.set({kNormalX, "", std::vector<float>(wall.count(), 0.5f)});
  add_normals(wall);
  EXPECT_EQ(wall.find(kNormalX)->values[0], 0.5f) << "normals that a file brings are kept";
  PointLayer none;
  add_normals(none);
  EXPECT_EQ(default_colouring(none, kNormal).attribute, kNormal);
}

TEST(Bounds, StrayPointsDoNotMoveTheMainBox) {
  PointLayer layer;
  for (int i = 0; i <= 1000; ++i) layer.xyz.insert(layer.xyz.end(), {static_cast<float>(i) / 1000, 0, 0});
  layer.xyz.insert(layer.xyz.end(), {1e6f, 1e6f, 1e6f});
  EXPECT_LT(main_bounds(layer).high.x, 1.1);
  EXPECT_GT(bounds(layer).high.x, 1e5);
}

TEST(FramePlayer, PlaysInACircle) {
  FramePlayer player(4, 0.1);
  player.advance(1);
  EXPECT_EQ(player.frame(), 0u) << "it stands still until told to play";
  player.set_playing(true);
  player.advance(0.25);
  EXPECT_EQ(player.frame(), 2u);
  player.advance(0.2);
  EXPECT_EQ(player.frame(), 0u);
  player.set_speed(-1);
  player.advance(0.1);
  EXPECT_EQ(player.frame(), 3u);
  player.step(2);
  EXPECT_EQ(player.frame(), 1u);
  player.step(-6);
  EXPECT_EQ(player.frame(), 3u);
  player.seek(99);
  EXPECT_EQ(player.frame(), 3u);
}

TEST(FramePlayer, SurvivesOddNumbers) {
  FramePlayer none(0, -1);
  none.set_playing(true);
  none.set_speed(1e300);
  for (const double seconds : {1e300, std::nan(""), -3.0, std::numeric_limits<double>::infinity(), 0.3}) {
    none.advance(seconds);
    EXPECT_EQ(none.frame(), 0u);
  }
}

TEST(Panes, CoverThePictureAndShareTheCamera) {
  Style style;
  for (const Mode mode : {Mode::original, Mode::decoded, Mode::side, Mode::split, Mode::blink, Mode::difference, Mode::three}) {
    EXPECT_EQ(mode_from_name(mode_name(mode)), mode);
    style.mode = mode;
    for (const PixelSize size : {PixelSize{1280, 720}, PixelSize{321, 100}, PixelSize{2, 2}, PixelSize{1, 1}}) {
      const auto all = panes(style, size, true);
      ASSERT_FALSE(all.empty());
      for (const Pane& pane : all) {
        EXPECT_LE(pane.clip.x + pane.clip.width, size.width);
        EXPECT_EQ(pane.viewport.width, all[0].viewport.width);
        EXPECT_EQ(pane.viewport.height, size.height);
      }
      for (size_t i = 1; i < all.size(); ++i) EXPECT_GE(all[i].clip.x, all[i - 1].clip.x + all[i - 1].clip.width);
    }
    EXPECT_EQ(panes(style, {100, 100}, false).size(), 1u);
  }
  style.mode = Mode::split;
  for (const double split : {0.0, 0.3, 1.0, -5.0, std::nan("")}) {
    style.split = split;
    const auto both = panes(style, {101, 50}, true);
    EXPECT_EQ(both[0].clip.width + both[1].clip.width, 101u);
  }
  EXPECT_FALSE(mode_from_name("sideways"));
}

}  // namespace
}  // namespace dew::viewer
