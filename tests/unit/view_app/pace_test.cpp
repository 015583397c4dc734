// SPDX-License-Identifier: Apache-2.0
// What is drawn while one moves: time is a number here.
#include "apps/view/pace.h"

#include <gtest/gtest.h>

namespace dew::app {
namespace {

viewer::Viewpoint eye_at(double x) {
  viewer::Viewpoint eye;
  eye.position = {x, 0, 0};
  return eye;
}

TEST(Pace, AQuickSceneIsAlwaysWhole) {
  Pace pace;
  for (int i = 0; i < 50; ++i) {
    const Detail detail = pace.detail(eye_at(i), 0.02 * i, true);
    EXPECT_TRUE(detail.is_full()) << i;
    pace.took(detail, 0.5 * Pace::kQuick_s);
    EXPECT_FALSE(pace.owes_full_picture());
  }
}

TEST(Pace, ASlowSceneIsCoarseWhileTheEyeMovesAndWholeWhenItRests) {
  Pace pace;
  EXPECT_TRUE(pace.detail(eye_at(0), 0, false).is_full()) << "nothing is known yet";
  pace.took({}, 0.5);
  EXPECT_TRUE(pace.detail(eye_at(0), 1, false).is_full()) << "at rest";
  EXPECT_FALSE(pace.detail(eye_at(1), 2, false).is_full());
  EXPECT_TRUE(pace.owes_full_picture());
  EXPECT_FALSE(pace.detail(eye_at(1), 2 + 0.9 * Pace::kRest_s, false).is_full()) << "it may go on";
  EXPECT_TRUE(pace.detail(eye_at(1), 2 + 1.1 * Pace::kRest_s, false).is_full());
  EXPECT_FALSE(pace.owes_full_picture());
}

TEST(Pace, AHeldButtonIsNoRest) {
  Pace pace;
  pace.detail(eye_at(0), 0, false);
  pace.took({}, 0.5);
  EXPECT_FALSE(pace.detail(eye_at(0), 100, true).is_full());
  EXPECT_TRUE(pace.detail(eye_at(0), 101, false).is_full());
}

TEST(Pace, TheSlowerTheCoarserWithinBounds) {
  double last = 2;
  for (const double took_s : {0.09, 0.2, 0.5, 1.0, 10.0, 1000.0}) {
    Pace pace;
    pace.detail(eye_at(0), 0, false);
    pace.took({}, took_s);
    const Detail detail = pace.detail(eye_at(1), 1, false);
    const double whole = detail.side * detail.side * detail.count;
    EXPECT_LE(whole, last) << took_s;
    EXPECT_GE(detail.side, 0.5);
    EXPECT_GE(detail.count, 1.0 / 16);
    EXPECT_LT(whole, 1) << took_s;
    last = whole;
  }
}

TEST(Pace, CoarsePicturesTeachNothingAboutWholeOnesAndAnotherSceneIsTriedWhole) {
  Pace pace;
  pace.detail(eye_at(0), 0, false);
  pace.took({}, 0.5);
  const Detail coarse = pace.detail(eye_at(1), 1, true);
  pace.took(coarse, 0.001);
  EXPECT_EQ(pace.detail(eye_at(2), 1.1, true), coarse);
  pace.forget();
  EXPECT_TRUE(pace.detail(eye_at(3), 1.2, true).is_full());
}

}  // namespace
}  // namespace dew::app
