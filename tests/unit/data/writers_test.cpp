// SPDX-License-Identifier: Apache-2.0
#include "data/generate/writers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "pointcloud/io/pcd.h"

namespace dew::sim {
namespace {

std::vector<float> floats(const Bytes& bytes) {
  std::vector<float> values(bytes.size() / 4);
  std::memcpy(values.data(), bytes.data(), 4 * values.size());
  return values;
}

struct Drive {
  Simulator simulator;
  Frame frame;
};

Drive drive(const char* sensor, double speed) {
  auto simulator = Simulator::create({.sensor = sensor, .seed = 8, .ego_speed_m_per_s = speed, .start_turn = 0.5});
  EXPECT_TRUE(simulator.ok());
  Frame frame = simulator->frame(2);
  return {std::move(*simulator), std::move(frame)};
}

double turn_of(const float* point) {
  const double turns = std::atan2(static_cast<double>(point[1]), static_cast<double>(point[0])) / (2 * kPi);
  return turns < 0 ? turns + 1 : turns;
}

TEST(KittiRecords, AreWholeMillimetresAndHundredthsWithoutNoReturns) {
  const Drive d = drive("HDL-64E", 6);
  const std::vector<float> values = floats(kitti_records(d.simulator.unit(), d.frame));
  size_t returns = 0;
  for (const uint32_t range : d.frame.scan.range) returns += range != 0;
  ASSERT_EQ(values.size(), 4 * returns);
  ASSERT_GT(returns, 30000u);
  for (size_t i = 0; i < values.size(); ++i) {
    const double unit = i % 4 == 3 ? 100 : 1000, exact = static_cast<double>(values[i]);
    ASSERT_EQ(values[i], static_cast<float>(static_cast<double>(std::llround(exact * unit)) / unit)) << i;
    if (i % 4 == 3) {
      ASSERT_GE(exact, 0);
      ASSERT_LT(exact, 1);
    }
  }
}

TEST(KittiRecords, AreOneRisingTurnALaser) {
  const Drive d = drive("HDL-64E", 6);
  const std::vector<float> values = floats(kitti_records(d.simulator.unit(), d.frame));
  size_t turns = 1;
  for (size_t i = 4; i < values.size(); i += 4) {
    const double step = turn_of(&values[i]) - turn_of(&values[i - 4]);
    if (step < 0) {
      ++turns;
      ASSERT_LT(step, -0.5);
    }
  }
  EXPECT_LE(turns, 64u);
  EXPECT_GE(turns, 55u);  // a laser that looks at the sky may have no point
}

TEST(KittiOdometryRecords, AreTheRawPointsBentBySixNumbers) {
  const Drive d = drive("HDL-64E", 9);
  const double middle = 0.5 * (d.frame.sweep.time_s.front() + d.frame.sweep.time_s.back());
  const TurnMotion motion = motion_of_turn(d.simulator.ego(), middle, d.frame.sweep.period_s);
  EXPECT_NEAR(length(motion.translation_m), 9 / 9.64, 0.1);
  const std::vector<float> raw = floats(kitti_records(d.simulator.unit(), d.frame));
  const std::vector<float> bent = floats(kitti_odometry_records(d.simulator.unit(), d.frame, motion));
  ASSERT_EQ(raw.size(), bent.size());
  double largest = 0;
  for (size_t i = 0; i < raw.size(); i += 4) {
    const double moved = std::hypot(bent[i] - raw[i], bent[i + 1] - raw[i + 1], bent[i + 2] - raw[i + 2]);
    largest = std::max(largest, moved);
    if (std::abs(turn_of(&raw[i])) < 1e-3) {
      ASSERT_LT(moved, 0.05);  // straight ahead nothing moves
    }
    ASSERT_EQ(raw[i + 3], bent[i + 3]);
  }
  EXPECT_GT(largest, 0.3);
}

TEST(NuscenesRecords, KeepNoReturnsAtTheirColumnsOriginAndRangesOnTicks) {
  const Drive d = drive("HDL-32E", 8);
  const std::vector<float> values = floats(nuscenes_records(d.simulator.unit(), d.frame, d.simulator.ego(), 1));
  ASSERT_EQ(values.size(), 5 * d.frame.scan.range.size());
  size_t checked = 0, repeats = 0;
  for (size_t column = 0; column < d.frame.scan.columns; ++column) {
    const float* origin = nullptr;
    for (size_t ring = 0; ring < 32; ++ring) {
      const float* p = &values[5 * (32 * column + ring)];
      ASSERT_EQ(p[4], static_cast<float>(ring));
      const size_t laser = ring < 16 ? 2 * ring : 2 * (ring - 16) + 1;
      if (d.frame.scan.range[32 * column + laser] != 0) continue;
      if (origin) {
        ASSERT_EQ(0, std::memcmp(origin, p, 12));
        ++repeats;
      }
      origin = p;
    }
    if (!origin) continue;
    for (size_t ring = 0; ring < 32; ++ring) {  // ranges from that origin are the sensor's ticks
      const float* p = &values[5 * (32 * column + ring)];
      const size_t laser = ring < 16 ? 2 * ring : 2 * (ring - 16) + 1;
      const double metres =
          std::hypot(static_cast<double>(p[0]) - origin[0], static_cast<double>(p[1]) - origin[1], static_cast<double>(p[2]) - origin[2]);
      ASSERT_NEAR(metres, 0.002 * d.frame.scan.range[32 * column + laser], 1e-4);
      ++checked;
    }
  }
  EXPECT_GT(repeats, 100u);
  EXPECT_GT(checked, 10000u);
}

TEST(OrganisedPcd, HasARowALaserAndNaNsForNoReturns) {
  const Drive d = drive("VLP-16", 0);
  auto bytes = organised_pcd(d.simulator.unit(), d.frame);
  ASSERT_TRUE(bytes.ok());
  auto cloud = read_pcd(*bytes, {});
  ASSERT_TRUE(cloud.ok());
  EXPECT_EQ(cloud->height, 16u);
  EXPECT_EQ(cloud->width, d.frame.scan.columns);
  size_t nans = 0, none = 0;
  for (const float x : cloud->find("x")->values<float>()) nans += std::isnan(x);
  for (const uint32_t range : d.frame.scan.range) none += range == 0;
  EXPECT_EQ(nans, none);
}

}  // namespace
}  // namespace dew::sim
