// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "data/generate/simulate.h"

namespace dew::sim {
namespace {

Frame frame_of(const SimulatorOptions& options, uint32_t index = 0) {
  auto simulator = Simulator::create(options);
  EXPECT_TRUE(simulator.ok());
  return simulator->frame(index);
}

double share_without_return(const Scan& scan) {
  return static_cast<double>(std::count(scan.range.begin(), scan.range.end(), 0u)) / static_cast<double>(scan.range.size());
}

TEST(Simulator, GivesTheSameScanForTheSameSeed) {
  const SimulatorOptions options{.sensor = "VLP-16", .seed = 5, .ego_speed_m_per_s = 7};
  EXPECT_EQ(frame_of(options).scan, frame_of(options).scan);
}

TEST(Simulator, DoesNotDependOnThreadsOrOnTheFramesBefore) {
  SimulatorOptions options{.sensor = "VLP-16", .seed = 6, .ego_speed_m_per_s = 30, .threads = 1};
  auto drive = Simulator::create(options);
  ASSERT_TRUE(drive.ok());
  for (uint32_t index = 0; index < 14; ++index) (void)drive->frame(index);  // 42 m: into the next tile
  options.threads = 3;
  EXPECT_EQ(drive->frame(14).scan, frame_of(options, 14).scan);
}

TEST(Simulator, GivesAnotherScanForAnotherSeedOrTurn) {
  const SimulatorOptions options{.sensor = "VLP-16", .seed = 5};
  SimulatorOptions other = options;
  other.seed = 6;
  EXPECT_NE(frame_of(options).scan.range, frame_of(other).scan.range);
  EXPECT_NE(frame_of(options).scan.range, frame_of(options, 1).scan.range);  // noise is new each turn
}

TEST(Simulator, FillsEverySensorsGridWithinItsLimits) {
  for (const char* sensor : {"HDL-32E", "HDL-64E", "VLP-16", "VLP-32C", "VLS-128", "OS1-128", "XT32", "QT128"}) {
    SCOPED_TRACE(sensor);
    const Frame frame = frame_of({.sensor = sensor, .seed = 9});
    const Scan& scan = frame.scan;
    auto spec = sensor_spec(sensor);
    ASSERT_TRUE(spec.ok());
    EXPECT_EQ(scan.lasers, spec->elevation_deg.size());
    EXPECT_GE(scan.columns, 900u);
    EXPECT_EQ(scan.range.size(), size_t{scan.columns} * scan.lasers);
    EXPECT_EQ(scan.azimuth.size(), scan.columns);
    EXPECT_GT(share_without_return(scan), 0.001);
    EXPECT_LT(share_without_return(scan), 0.7);
    const double longest_ticks = spec->max_range_m / (scan.tick_um * 1e-6);
    for (size_t cell = 0; cell < scan.range.size(); ++cell) {
      ASSERT_LE(scan.range[cell], longest_ticks);
      if (scan.range[cell] == 0) {
        ASSERT_EQ(scan.intensity[cell], 0);
      }
    }
    for (size_t column = 1; column < scan.columns; ++column) {
      ASSERT_GE(frame.sweep.encoder[column], frame.sweep.encoder[column - 1]);
      ASSERT_GE(scan.time_us[column], scan.time_us[column - 1]);
    }
  }
}

TEST(Simulator, LasersThatTakeTurnsLeaveEveryOtherColumnEmpty) {
  const Scan scan = frame_of({.sensor = "QT128", .scene = SceneKind::bench, .seed = 2}).scan;
  std::array<size_t, 2> of_even_columns{}, of_odd_columns{};  // returns of lasers 0 to 31, 32 to 63
  for (size_t cell = 0; cell < scan.range.size(); ++cell) {
    const size_t laser = cell % scan.lasers, column = cell / scan.lasers;
    if (laser < 64 && scan.range[cell] != 0) ++(column % 2 == 0 ? of_even_columns : of_odd_columns)[laser / 32];
  }
  EXPECT_GT(of_even_columns[0], 10'000u);
  EXPECT_EQ(of_odd_columns[0], 0u);
  EXPECT_EQ(of_even_columns[1], 0u);
  EXPECT_GT(of_odd_columns[1], 10'000u);
}

TEST(Simulator, ThingsOnABenchAreNear) {
  for (const uint64_t seed : {1u, 2u, 3u}) {
    std::vector<uint32_t> returns = frame_of({.sensor = "XT32", .scene = SceneKind::bench, .seed = seed}).scan.range;
    std::erase(returns, 0u);
    ASSERT_GT(returns.size(), 10'000u);
    std::nth_element(returns.begin(), returns.begin() + static_cast<ptrdiff_t>(returns.size() / 2), returns.end());
    EXPECT_LT(returns[returns.size() / 2] * 0.004, 2.5);
  }
}

TEST(Simulator, SeesTheGroundWhereItsHeightSays) {
  // A standing sensor: a beam that looks down by e meets the road at about height / sin e.
  const SimulatorOptions options{.sensor = "HDL-32E", .seed = 3};
  auto simulator = Simulator::create(options);
  ASSERT_TRUE(simulator.ok());
  const Frame frame = simulator->frame(0);
  const size_t lowest = 0;  // channel 0 looks down by 30.67 degrees
  std::vector<double> metres;
  for (uint32_t column = 0; column < frame.scan.columns; ++column)
    if (const uint32_t ticks = frame.scan.range[column * frame.scan.lasers + lowest]) metres.push_back(ticks * 0.002);
  ASSERT_GT(metres.size(), 100u);
  std::nth_element(metres.begin(), metres.begin() + static_cast<ptrdiff_t>(metres.size() / 2), metres.end());
  EXPECT_NEAR(metres[metres.size() / 2], simulator->ego().height_m / std::sin(radians(30.67)), 0.8);
}

TEST(Simulator, NoiseOfTheSensorReachesTheTicks) {
  // Two turns of a standing sensor differ by noise: a few ticks in most cells, never nothing.
  auto simulator = Simulator::create({.sensor = "OS1-128", .seed = 4});
  ASSERT_TRUE(simulator.ok());
  const Scan a = simulator->frame(0).scan, b = simulator->frame(1).scan;
  std::vector<uint32_t> change;
  for (size_t cell = 0; cell < a.range.size(); ++cell)
    if (a.range[cell] && b.range[cell])
      change.push_back(a.range[cell] > b.range[cell] ? a.range[cell] - b.range[cell] : b.range[cell] - a.range[cell]);
  ASSERT_GT(change.size(), a.range.size() / 4);
  std::nth_element(change.begin(), change.begin() + static_cast<ptrdiff_t>(change.size() / 2), change.end());
  EXPECT_GE(change[change.size() / 2], 1u);
  EXPECT_LE(change[change.size() / 2], 6u);
}

TEST(Simulator, RefusesWhatItCannotDo) {
  EXPECT_EQ(Simulator::create({.sensor = "HDL-33"}).error().code, Code::invalid_argument);
  EXPECT_EQ(Simulator::create({.sensor = "HDL-32E", .columns = 500}).error().code, Code::invalid_argument);
  EXPECT_EQ(Simulator::create({.sensor = "XT32", .columns = 7777}).error().code, Code::invalid_argument);
}

}  // namespace
}  // namespace dew::sim
