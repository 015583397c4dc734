// SPDX-License-Identifier: Apache-2.0
/// The parts under laser-sorted sweeps: combs, runs, columns, and the bits of lattice and motion.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include "pointcloud/sensor/columns.h"
#include "pointcloud/sensor/comb.h"
#include "pointcloud/sensor/laser_fit.h"
#include "pointcloud/sensor/laser_runs.h"
#include "pointcloud/sensor/scan_model.h"
#include "pointcloud/sensor/sweep_motion.h"

namespace dew {
namespace {

const ScanModel kTwoLasers{
    0.002, 2 * std::numbers::pi / 4000, {{0.0338, -0.00063, 0.2091, 0.026, 0.00033}, {-0.4363, 0.00054, 0.1162, -0.026, -0.0005}}};

/// FNV-1a over the bits of doubles.
class BitHash {
 public:
  void add(const Vec3& point) {
    for (const double value : {point.x, point.y, point.z}) {
      for (uint64_t bits = std::bit_cast<uint64_t>(value), i = 0; i < 8; ++i, bits >>= 8) hash_ = (hash_ ^ (bits & 255)) * 0x100000001B3u;
    }
  }
  uint64_t value() const { return hash_; }

 private:
  uint64_t hash_ = 0xCBF29CE484222325u;
};

TEST(Lattice, TableAndFormulaGiveTheSameBits) {
  const Lattice lattice(kTwoLasers, 4000);
  for (uint32_t laser = 0; laser < 2; ++laser) {
    for (int32_t tick = 0; tick < 4000; tick += 7) {
      const int32_t range = 500 + 11 * tick;
      EXPECT_EQ(lattice.point(laser, static_cast<uint32_t>(tick), range), lattice_point(kTwoLasers, laser, tick, range));
    }
  }
}

TEST(Lattice, BitsNeverChange) {
  const Lattice lattice(kTwoLasers, 4000);
  const MotionMover mover({{-0.828, -0.042, -0.02}, {0.0005, 0.0011, -0.002}});
  BitHash points, moved;
  for (uint32_t laser = 0; laser < 2; ++laser) {
    for (uint32_t tick = 0; tick < 4000; ++tick) {
      const Vec3 point = lattice.point(laser, tick, static_cast<int32_t>(400 + 9 * tick));
      points.add(point);
      moved.add(mover.move({static_cast<float>(point.x), static_cast<float>(point.y), static_cast<float>(point.z)}));
    }
  }
  EXPECT_EQ(points.value(), 0xDFAA5C279BCED46Du);
  EXPECT_EQ(moved.value(), 0x1586406E3421656Au);
}

TEST(Lattice, OffsetsTurnPointsAsideAtTheirDistance) {
  const Lattice lattice(kTwoLasers, 4000);
  const Vec3 point = lattice.point(0, 0, 2000);
  const double d = 2000 * 0.002 + 0.00033;
  EXPECT_NEAR(std::hypot(point.x, point.y), d * std::cos(0.0338), 1e-12);
  EXPECT_NEAR(std::atan2(point.y, point.x), -0.00063 - std::asin(0.026 / (d * std::cos(0.0338))), 1e-12);
  EXPECT_NEAR(point.z, d * std::sin(0.0338) + 0.2091, 1e-12);
  EXPECT_TRUE(std::isfinite(lattice.point(0, 0, 0).x));  // nearer than the offset
}

TEST(LatticeIndexer, FindsTheMeasurementOfARoundedPoint) {
  const Lattice lattice(kTwoLasers, 4000);
  for (uint32_t laser = 0; laser < 2; ++laser) {
    const LatticeIndexer indexer(kTwoLasers.lasers[laser], 0.002, 4000);
    for (uint32_t tick = 0; tick < 4000; ++tick) {
      const int32_t range = static_cast<int32_t>(1000 + tick * 9);
      const Vec3 p = lattice.point(laser, tick, range);
      const LatticeIndex at = indexer.index({std::round(p.x * 1000) / 1000, std::round(p.y * 1000) / 1000, std::round(p.z * 1000) / 1000});
      EXPECT_EQ(at.azimuth, tick);
      EXPECT_EQ(at.range, range);
    }
  }
}

TEST(Comb, TakesItsOwnFloatsAndNoOthers) {
  const CoordinateComb comb{1000};
  std::mt19937 random(1);
  std::uniform_int_distribution<int32_t> any(-90'000, 90'000);
  for (int i = 0; i < 10'000; ++i) {
    const int32_t units = any(random);
    const float value = comb.value(units);
    int64_t found = 0;
    ASSERT_TRUE(comb.units_of(value, found));
    EXPECT_EQ(found, units);
    if (units != 0) {
      EXPECT_FALSE(comb.units_of(std::nextafter(value, 1000.0f), found)) << value;
    }
  }
  int64_t found;
  EXPECT_FALSE(comb.units_of(std::numeric_limits<float>::quiet_NaN(), found));
  EXPECT_FALSE(comb.units_of(std::numeric_limits<float>::infinity(), found));
  EXPECT_FALSE(comb.units_of(3e38f, found));
}

TEST(Comb, TheCoarsestThatFitsIsFound) {
  std::vector<float> millimetres, centimetres, other;
  for (int i = 0; i < 1000; ++i) {
    millimetres.push_back(CoordinateComb{1000}.value(i * 37 + 1));
    centimetres.push_back(CoordinateComb{100}.value(i * 37));
    other.push_back(static_cast<float>(i) * 0.1234567f);
  }
  EXPECT_EQ(find_comb({millimetres, millimetres, millimetres})->units_per_metre, 1000u);
  EXPECT_EQ(find_comb({centimetres, centimetres, centimetres})->units_per_metre, 100u);
  EXPECT_FALSE(find_comb({other, other, other}).has_value());
}

TEST(RoundToInt, TiesGoToEven) {
  EXPECT_EQ(round_to_int(0.5), 0);
  EXPECT_EQ(round_to_int(1.5), 2);
  EXPECT_EQ(round_to_int(-1.5), -2);
  EXPECT_EQ(round_to_int(-2.4), -2);
  EXPECT_EQ(round_to_int(1e12 + 0.75), 1'000'000'000'001);
}

TEST(Runs, ARunEndsWhereTheNextTurnBegins) {
  std::vector<float> x, y, z;
  for (int laser = 0; laser < 5; ++laser) {
    for (int i = 0; i < 400 + laser; ++i) {
      const double azimuth = (i + 0.5) * 2 * std::numbers::pi / (400 + laser);
      x.push_back(static_cast<float>(5 * std::cos(azimuth)));
      y.push_back(static_cast<float>(5 * std::sin(azimuth)));
      z.push_back(0);
    }
  }
  EXPECT_EQ(find_laser_runs({x, y, z}), (std::vector<uint32_t>{0, 400, 801, 1203, 1606, 2010}));
  x.push_back(0);  // a stray record belongs to the last run
  y.push_back(0);
  z.push_back(0);
  EXPECT_EQ(find_laser_runs({x, y, z}).size(), 6u);
  EXPECT_TRUE(find_laser_runs({}).empty());
}

TEST(Columns, ShiftsAndColumnsComeBack) {
  std::mt19937 random(2);
  std::uniform_real_distribution<double> unit(0, 1);
  std::vector<uint32_t> fired;
  for (uint32_t tick = 0; tick < 4000; tick += unit(random) < 0.85 ? 2 : 1) fired.push_back(tick);
  const std::vector<int32_t> made = {0, 56, -17, 142, -62, 24};
  std::vector<std::vector<uint32_t>> ticks;
  for (size_t laser = 0; laser < made.size(); ++laser) {
    ticks.emplace_back();
    for (const uint32_t column : fired) {
      if (laser == 0 || unit(random) < 0.85) ticks.back().push_back((column + 4000 + static_cast<uint32_t>(made[laser] + 4000)) % 4000);
    }
  }
  EXPECT_EQ(find_azimuth_shifts(ticks, 4000), made);
  EXPECT_EQ(find_columns(ticks, made, 4000), fired);
  EXPECT_TRUE(find_azimuth_shifts({}, 4000).empty());
}

}  // namespace
}  // namespace dew
