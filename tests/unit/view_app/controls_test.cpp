// SPDX-License-Identifier: Apache-2.0
// Mouse and keys, as events: what a window does without a window.
#include "apps/view/controls.h"

#include <gtest/gtest.h>
#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

namespace dew::app {
namespace {

using Kind = InputEvent::Kind;

class ControlsTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(session.open({std::string(DEW_SOURCE_DIR) + "/data/samples/vlp16_indoor.lrf"}).ok()); }
  void take(const InputElsewhere& elsewhere = {}) { controls.take({0, 0, 320, 240}, {640, 480}, elsewhere); }
  void key(int code, int modifiers = 0) { controls.add({Kind::key, code, modifiers, {10, 10}, 0}); }
  void drag(int button, int modifiers = 0) {
    controls.add({Kind::press, button, modifiers, {40, 40}, 0});
    for (const float x : {50.0f, 70.0f, 100.0f}) controls.add({Kind::move, 0, 0, {x, 45}, 0});
    controls.add({Kind::release, button, modifiers, {100, 45}, 0});
  }

  ViewRequest request = [] {
    ViewRequest made;
    made.camera = "auto";
    return made;
  }();
  Session session{request};
  Commands commands{
      session, [](viewer::PixelSize size) { return Result<viewer::Picture>(viewer::Picture(size.width, size.height)); }, {640, 480}};
  Controls controls{commands};
};

TEST_F(ControlsTest, ADragTurnsAboutThePivotAndPicksNothing) {
  const viewer::Viewpoint before = session.eye;
  const Vec3 pivot = session.pivot;
  drag(GLFW_MOUSE_BUTTON_LEFT);
  take();
  EXPECT_FALSE(before == session.eye);
  EXPECT_NEAR(viewer::length(viewer::operator-(before.position, pivot)), viewer::length(viewer::operator-(session.eye.position, pivot)),
              1e-6);
  EXPECT_EQ(session.pivot.x, pivot.x);
  EXPECT_FALSE(session.picked());
  EXPECT_FALSE(controls.held());
}

TEST_F(ControlsTest, TheSameDragInSmallStepsEndsAtTheSamePlace) {
  drag(GLFW_MOUSE_BUTTON_LEFT);
  take();
  const viewer::Viewpoint once = session.eye;
  ASSERT_TRUE(session.set_view("auto", {1280, 720}).ok());
  controls.add({Kind::press, GLFW_MOUSE_BUTTON_LEFT, 0, {40, 40}, 0});
  take();
  EXPECT_TRUE(controls.held());
  for (const float x : {50.0f, 70.0f, 100.0f}) {
    controls.add({Kind::move, 0, 0, {x, 45}, 0});
    take();
  }
  controls.add({Kind::release, GLFW_MOUSE_BUTTON_LEFT, 0, {100, 45}, 0});
  take();
  EXPECT_TRUE(once == session.eye);
}

TEST_F(ControlsTest, ShiftAndTheRightButtonMoveSideways) {
  const Vec3 before = session.pivot;
  drag(GLFW_MOUSE_BUTTON_RIGHT);
  take();
  const Vec3 moved = session.pivot;
  EXPECT_GT(viewer::length(viewer::operator-(moved, before)), 0);
  ASSERT_TRUE(session.set_view("auto", {1280, 720}).ok());
  drag(GLFW_MOUSE_BUTTON_LEFT, GLFW_MOD_SHIFT);
  take();
  EXPECT_NEAR(viewer::length(viewer::operator-(session.pivot, moved)), 0, 1e-9);
}

TEST_F(ControlsTest, AClickPicksWhereItIsInThePicture) {
  // Of all points one that is seen: its place in the picture is twice that in the window.
  const auto& layer = std::get<viewer::PointLayer>(session.original_layer());
  std::optional<viewer::Projected> seen;
  for (size_t i = 0; i < layer.count() && !seen; ++i) {
    const auto place = viewer::project(session.eye, {640, 480}, layer.position(i));
    if (place && place->x > 50 && place->x < 590 && place->y > 50 && place->y < 430) seen = place;
  }
  ASSERT_TRUE(seen);
  const WindowPlace at{static_cast<float>(seen->x / 2), static_cast<float>(seen->y / 2)};
  for (const Kind kind : {Kind::press, Kind::release}) controls.add({kind, GLFW_MOUSE_BUTTON_LEFT, 0, at, 0});
  take();
  ASSERT_TRUE(session.picked());
  const auto found = viewer::project(session.eye, {640, 480}, session.picked()->place.position);
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->x, seen->x, 8);
  EXPECT_NEAR(found->y, seen->y, 8);
  key(GLFW_KEY_ESCAPE);
  take();
  EXPECT_FALSE(session.picked());
}

TEST_F(ControlsTest, WhatIsMeantForThePanelOrLiesOutsideDoesNothing) {
  const viewer::Viewpoint before = session.eye;
  controls.add({Kind::press, GLFW_MOUSE_BUTTON_LEFT, 0, {400, 40}, 0});
  controls.add({Kind::move, 0, 0, {100, 45}, 0});
  controls.add({Kind::release, GLFW_MOUSE_BUTTON_LEFT, 0, {100, 45}, 0});
  controls.add({Kind::wheel, 0, 0, {400, 40}, 2});
  key(GLFW_KEY_H);
  take({true, false});
  EXPECT_FALSE(session.help_shown) << "typed into a field";
  drag(GLFW_MOUSE_BUTTON_LEFT);
  take({false, true});
  EXPECT_TRUE(before == session.eye);
  EXPECT_FALSE(controls.held());
}

TEST_F(ControlsTest, ManyKeysBetweenTwoPicturesAllCount) {
  const double size = session.style.point_px;
  for (int i = 0; i < 3; ++i) key(GLFW_KEY_EQUAL);
  key(GLFW_KEY_H);
  key(GLFW_KEY_K);
  key(GLFW_KEY_K);
  take();
  EXPECT_EQ(session.style.point_px, size + 3);
  EXPECT_TRUE(session.help_shown);
  EXPECT_EQ(session.key_views.size(), 2u);
  take();
  EXPECT_EQ(session.key_views.size(), 2u) << "each once";
  key(GLFW_KEY_Q, GLFW_MOD_CONTROL);
  take();
  EXPECT_TRUE(commands.wants_to_quit);
}

TEST_F(ControlsTest, AFailureIsToldInThePanel) {
  key(GLFW_KEY_B);
  take();
  EXPECT_TRUE(session.message_is_failure()) << "no .dew file is open";
}

TEST_F(ControlsTest, EveryKeyAndEventIsHarmlessWhereNothingIsOpen) {
  Session empty(request);
  Commands none{empty, commands.draw, {640, 480}};
  Controls lone(none);
  for (int code = GLFW_KEY_SPACE; code <= GLFW_KEY_LAST; ++code) {
    // These write a picture.
    if (code == GLFW_KEY_P || code == GLFW_KEY_L) continue;
    lone.add({Kind::key, code, 0, {10, 10}, 0});
  }
  for (const Kind kind : {Kind::press, Kind::move, Kind::release, Kind::wheel}) lone.add({kind, 0, 0, {10, 10}, 1});
  lone.take({0, 0, 320, 240}, {640, 480}, {});
  EXPECT_EQ(empty.opened(), nullptr);
}

}  // namespace
}  // namespace dew::app
