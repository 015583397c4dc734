// SPDX-License-Identifier: Apache-2.0
#include "viewer/camera/saved_views.h"

#include <gtest/gtest.h>

namespace dew::viewer {
namespace {

TEST(SavedViews, ComeBackAsTheyWere) {
  Viewpoint eye = look_at({1.5, -2, 3}, {4, 5, 6}, {0, 0, 1});
  eye.focal = 0.75;
  eye.centre_x = 0.01;
  eye.parallel_height = 20;
  const std::vector<SavedView> saved = {{"a \"quoted\" name", eye}, {"plain", {}}};
  const auto views = read_saved_views(saved_views_text(saved));
  ASSERT_TRUE(views.ok()) << views.error().message;
  ASSERT_EQ(views->size(), 2u);
  EXPECT_EQ((*views)[0].name, "a \"quoted\" name");
  const Viewpoint& back = (*views)[0].eye;
  EXPECT_EQ(back.position, eye.position);
  EXPECT_NEAR(length(back.forward - eye.forward) + length(back.up - eye.up) + length(back.right - eye.right), 0, 1e-12);
  EXPECT_EQ(back.focal, 0.75);
  EXPECT_EQ(back.centre_x, 0.01);
  EXPECT_EQ(back.parallel_height, 20);
}

TEST(SavedViews, MakeAxesOrthonormal) {
  const auto views = read_saved_views(R"({"dew_views": [{"position": [0, 0, 0], "forward": [0, 7, 1], "up": [0, 0, 3]}]})");
  ASSERT_TRUE(views.ok()) << views.error().message;
  const Viewpoint& eye = views->front().eye;
  EXPECT_NEAR(length(eye.up), 1, 1e-12);
  EXPECT_NEAR(dot(eye.up, eye.forward), 0, 1e-12);
}

TEST(SavedViews, RefuseWhatIsNoView) {
  for (const char* text : {"", "{", "[]", "{}", R"({"dew_views": []})", R"({"dew_views": [1]})",
                           R"({"dew_views": [{"position": [0, 0], "forward": [1, 0, 0], "up": [0, 0, 1]}]})",
                           R"({"dew_views": [{"position": [0, 0, 0], "forward": [1, 0, 0], "up": [2, 0, 0]}]})",
                           R"({"dew_views": [{"position": [0, 0, 0], "forward": [0, 0, 0], "up": [0, 0, 1]}]})",
                           R"({"dew_views": [{"position": [0, 0, 0], "forward": [1, 0, 0], "up": [0, 0, 1], "focal": 0}]})",
                           R"({"dew_views": [{"position": [0, 0, 0], "forward": [1, 0, 0], "up": [0, 0, 1], "focal": "x"}]})",
                           R"({"dew_views": [{"position": [0, 0, 1e999], "forward": [1, 0, 0], "up": [0, 0, 1]}]})"}) {
    EXPECT_FALSE(read_saved_views(text).ok()) << text;
  }
  const std::string one = saved_views_text(std::vector<SavedView>{{"x", {}}});
  for (size_t length = 0; length + 2 < one.size(); ++length) EXPECT_FALSE(read_saved_views(one.substr(0, length)).ok()) << length;
}

}  // namespace
}  // namespace dew::viewer
