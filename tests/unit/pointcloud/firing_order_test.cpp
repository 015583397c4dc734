// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/firing_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <string>

namespace dew {
namespace {

struct Points {
  std::vector<float> x, y, z;
  std::vector<uint16_t> ring;
  PointsView view() const { return {x, y, z}; }
  Float3 at(size_t i) const { return {x[i], y[i], z[i]}; }
};

bool same_bits(const Float3& a, const Float3& b) {
  for (size_t k = 0; k < 3; ++k) {
    if (std::bit_cast<uint32_t>(a[k]) != std::bit_cast<uint32_t>(b[k])) return false;
  }
  return true;
}

double distance_m(const Float3& a, const Float3& b) {
  return std::hypot(static_cast<double>(a[0]) - b[0], static_cast<double>(a[1]) - b[1], static_cast<double>(a[2]) - b[2]);
}

int64_t units(double value, double unit) { return std::llround(value / unit); }

/// A sensor and a drive of its own: 32 lasers, the sweep backwards or forwards, turning and climbing.
FiringOrderModel random_model(std::mt19937& random) {
  std::uniform_real_distribution<double> real(-1, 1);
  FiringOrderModel model;
  model.columns = 700;
  FiringOrderSensor& sensor = model.sensor;
  sensor.range_tick_um = 2000;
  sensor.azimuth_ticks_per_turn = 36000;
  sensor.rule.divisor = 40;
  for (uint16_t laser = 0; laser < 32; ++laser) {
    const uint16_t place = static_cast<uint16_t>(31 - laser);
    sensor.place_of_laser.push_back(place);
    sensor.elevation_mdeg.push_back(10670 - laser * 1330);
    sensor.rule.firing_position.push_back(static_cast<uint16_t>(place < 16 ? 2 * place : 2 * (place - 16) + 1));
  }
  RoundedFrame& frame = model.motion.frame;
  frame.present = true;
  frame.rotation = {units(0.01 * real(random), kFrameRotationUnit_rad), units(0.01 * real(random), kFrameRotationUnit_rad),
                    units(3 * real(random), kFrameRotationUnit_rad)};
  frame.origin_m = {700 + 50 * real(random), 1500 + 50 * real(random), 1.8};
  frame.floor_exponent = {-24, -24, -24};
  // Continuous, as motion is; the reference pose is that of the first column.
  constexpr uint32_t kPieceColumns = 180;
  double place[3] = {}, angle[3] = {};
  for (uint32_t first = 0; first < model.columns; first += kPieceColumns) {
    MotionPiece piece;
    piece.first_column = first;
    for (size_t axis = 0; axis < 3; ++axis) {
      const double speed = (axis == 0 ? 3e-4 : 2e-5) * (1 + 0.1 * real(random));
      const double rate = 1e-6 * real(random);
      piece.position[axis] = units(place[axis], kPositionUnit_m);
      piece.velocity[axis] = units(speed, kVelocityUnit_m);
      piece.angle[axis] = units(angle[axis], kAngleUnit_rad);
      piece.rate[axis] = units(rate, kAngularRateUnit_rad);
      place[axis] += speed * kPieceColumns;
      angle[axis] += rate * kPieceColumns;
    }
    model.motion.pieces.push_back(piece);
  }
  return model;
}

Points simulate(const FiringOrderModel& model, std::mt19937& random) {
  const FiringOrderPoints places(model);
  const uint32_t lasers = model.sensor.lasers();
  const size_t points = static_cast<size_t>(model.columns) * lasers;
  Points result{std::vector<float>(points), std::vector<float>(points), std::vector<float>(points), std::vector<uint16_t>(points)};
  std::uniform_int_distribution<uint32_t> range(400, 20000);
  std::bernoulli_distribution lost(0.2);
  std::uniform_int_distribution<int32_t> jitter(-1, 1);
  int32_t azimuth = 20000, step = -51;
  for (uint32_t column = 0; column < model.columns; ++column) {
    for (uint32_t laser = 0; laser < lasers; ++laser) {
      const uint32_t ticks = lost(random) ? 0 : range(random);
      const Float3 p = places.point(column, laser, model.sensor.rule.azimuth(laser, azimuth, step), ticks);
      const size_t i = static_cast<size_t>(column) * lasers + model.sensor.place_of_laser[laser];
      result.x[i] = p[0];
      result.y[i] = p[1];
      result.z[i] = p[2];
      result.ring[i] = model.sensor.place_of_laser[laser];
    }
    azimuth += step;
    step = -51 + jitter(random);
  }
  return result;
}

/// What must hold of any sweep: lattice cells close by, all but exceptions back to the bit. Returns the number of exceptions.
size_t check_sweep(const FiringOrderSweep& sweep, const Points& points) {
  const FiringOrderPoints places(sweep.model);
  size_t exceptions = 0, bad = 0;
  for (uint32_t column = 0; column < sweep.grid.columns; ++column) {
    for (uint32_t laser = 0; laser < sweep.grid.lasers; ++laser) {
      const size_t cell = static_cast<size_t>(column) * sweep.grid.lasers + laser;
      const Float3 wanted = points.at(static_cast<size_t>(column) * sweep.grid.lasers + sweep.model.sensor.place_of_laser[laser]);
      if (sweep.kind[cell] == CellKind::exception) {
        ++exceptions;
        continue;
      }
      const uint32_t range = sweep.grid.range[cell];
      EXPECT_EQ(range == 0, sweep.kind[cell] == CellKind::no_return);
      const int32_t azimuth = sweep.azimuth(column, laser);
      bad += !(distance_m(places.point(column, laser, azimuth, range), wanted) < 5e-4);
      const std::optional<PointResidue> residue = places.residue(column, laser, azimuth, range, wanted);
      bad += !residue || !same_bits(places.point(column, laser, azimuth, range, *residue), wanted);
    }
  }
  EXPECT_EQ(bad, 0u);
  return exceptions;
}

std::vector<std::filesystem::path> shared_frames() {
  std::vector<std::filesystem::path> frames;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(DEW_SHARED_DATA) / "lidar" / "nuscenes_lizip", error)) {
    if (entry.path().extension() == ".bin") frames.push_back(entry.path());
  }
  std::sort(frames.begin(), frames.end());
  return frames;
}

Points read_five_floats(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  Points points;
  float record[5];
  while (file.read(reinterpret_cast<char*>(record), sizeof(record))) {
    points.x.push_back(record[0]);
    points.y.push_back(record[1]);
    points.z.push_back(record[2]);
    points.ring.push_back(static_cast<uint16_t>(record[4]));
  }
  return points;
}

TEST(FiringRule, SharesTheStepByFiringTime) {
  const FiringRule rule{40, {0, 1, 16, 31}};
  EXPECT_EQ(rule.azimuth(0, 100, 33), 100);
  EXPECT_EQ(rule.azimuth(1, 100, 33), 101);  // 0.825
  EXPECT_EQ(rule.azimuth(2, 100, 33), 113);  // 13.2
  EXPECT_EQ(rule.azimuth(3, 100, 33), 126);  // 25.575
  for (uint32_t laser = 0; laser < 4; ++laser) {
    EXPECT_EQ(rule.azimuth(laser, -7, -33) + 7, -(rule.azimuth(laser, 7, 33) - 7)) << "backwards is forwards mirrored";
  }
}

TEST(ColumnPoses, ResidueGivesTheVeryFloats) {
  std::mt19937 random(3);
  const FiringOrderModel model = random_model(random);
  const ColumnPoses poses(model.motion, model.columns);
  std::uniform_real_distribution<double> place(-80, 80), off(-2e-3, 2e-3);
  for (int trial = 0; trial < 5000; ++trial) {
    const Vec3 measured{place(random), place(random), place(random) / 10};
    const uint32_t column = static_cast<uint32_t>(trial) % model.columns;
    Float3 wanted = poses.point(column, measured);
    for (float& v : wanted) v = static_cast<float>(v + off(random));
    const std::optional<PointResidue> residue = poses.residue(column, measured, wanted);
    if (!residue) continue;  // a coordinate near zero may be too many floats away
    EXPECT_TRUE(same_bits(poses.point(column, measured, *residue), wanted)) << trial;
  }
}

TEST(ColumnPoses, ExactPointsLeaveNoResidue) {
  std::mt19937 random(4);
  const FiringOrderModel model = random_model(random);
  const ColumnPoses poses(model.motion, model.columns);
  std::uniform_real_distribution<double> place(-80, 80);
  for (int trial = 0; trial < 2000; ++trial) {
    const Vec3 measured{place(random), place(random), place(random) / 10};
    const uint32_t column = static_cast<uint32_t>(trial) % model.columns;
    const std::optional<PointResidue> residue = poses.residue(column, measured, poses.point(column, measured));
    ASSERT_TRUE(residue.has_value());
    EXPECT_TRUE(residue->zero()) << trial;
  }
}

TEST(ColumnPoses, RefusesWhatIsFarOffAndTakesNegativeZero) {
  const ColumnPoses poses({}, 1);
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  EXPECT_FALSE(poses.residue(0, {1, 2, 3}, {nan, 2, 3}).has_value());
  EXPECT_FALSE(poses.residue(0, {1, 2, 3}, {1, infinity, 3}).has_value());
  EXPECT_FALSE(poses.residue(0, {1, 2, 3}, {1e30f, 2, 3}).has_value());
  const std::optional<PointResidue> zero = poses.residue(0, {0, 0, 0}, {-0.0f, 0.0f, -0.0f});
  ASSERT_TRUE(zero.has_value());
  EXPECT_TRUE(same_bits(poses.point(0, {0, 0, 0}, *zero), {-0.0f, 0.0f, -0.0f}));
}

TEST(FiringLattice, RoundsAsFloatsDo) {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> real(-200, 200);
  for (int trial = 0; trial < 100000; ++trial) {
    const double value = real(random);
    EXPECT_EQ(rounded_to_float(value), static_cast<double>(static_cast<float>(value)));
  }
  EXPECT_EQ(rounded_to_float(0.0), 0.0);
}

TEST(FiringOrder, RecoversSimulatedSweeps) {
  for (uint32_t seed = 1; seed <= 3; ++seed) {
    std::mt19937 random(seed);
    FiringOrderModel truth = random_model(random);
    truth.sensor.single_precision = seed % 2 == 1;
    const Points points = simulate(truth, random);
    const std::optional<FiringOrderSweep> sweep = fit_firing_order(points.view(), points.ring);
    ASSERT_TRUE(sweep.has_value()) << "seed " << seed;
    EXPECT_LT(check_sweep(*sweep, points), points.x.size() / 200) << "seed " << seed;
    EXPECT_EQ(sweep->model.sensor, truth.sensor) << "seed " << seed;
    EXPECT_TRUE(sweep->model.motion.frame.present) << "seed " << seed;
    const std::optional<FiringOrderSweep> again = fit_firing_order(points.view(), points.ring, &sweep->model.sensor);
    ASSERT_TRUE(again.has_value());
    EXPECT_LT(check_sweep(*again, points), points.x.size() / 200);
  }
}

TEST(FiringOrder, KeepsWildPointsAsExceptions) {
  std::mt19937 random(7);
  Points points = simulate(random_model(random), random);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (size_t i = 0; i < points.x.size(); i += 97) points.y[i] = i % 2 ? nan : 1e30f;
  const std::optional<FiringOrderSweep> sweep = fit_firing_order(points.view(), points.ring);
  ASSERT_TRUE(sweep.has_value());
  const size_t wild = (points.x.size() + 96) / 97;
  const size_t exceptions = check_sweep(*sweep, points);
  EXPECT_GE(exceptions, wild);
  EXPECT_LT(exceptions, wild + points.x.size() / 200);
}

TEST(FiringOrder, SaysNoToOtherClouds) {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> place(-30, 30);
  Points cloud;
  for (size_t i = 0; i < 32 * 1000; ++i) {
    cloud.x.push_back(place(random));
    cloud.y.push_back(place(random));
    cloud.z.push_back(place(random));
    cloud.ring.push_back(static_cast<uint16_t>(i % 32));
  }
  EXPECT_FALSE(fit_firing_order(cloud.view(), cloud.ring).has_value()) << "no no-returns";
  for (size_t i = 0; i < cloud.x.size(); i += 3) cloud.x[i] = cloud.y[i] = cloud.z[i] = 0;
  EXPECT_FALSE(fit_firing_order(cloud.view(), cloud.ring).has_value()) << "no lattice";
  std::fill(cloud.x.begin(), cloud.x.end(), 1.0f);
  std::fill(cloud.y.begin(), cloud.y.end(), 1.0f);
  std::fill(cloud.z.begin(), cloud.z.end(), 1.0f);
  EXPECT_FALSE(fit_firing_order(cloud.view(), cloud.ring).has_value()) << "all equal";
  std::fill(cloud.ring.begin(), cloud.ring.end(), uint16_t{0});
  EXPECT_FALSE(fit_firing_order(cloud.view(), cloud.ring).has_value()) << "one laser";
  EXPECT_FALSE(fit_firing_order({}, {}).has_value()) << "no points";
  const float one[] = {1.0f};
  const uint16_t ring[] = {0};
  EXPECT_FALSE(fit_firing_order({one, one, one}, ring).has_value()) << "one point";
  EXPECT_FALSE(fit_firing_order({one, one, one}, {}).has_value()) << "no laser numbers";
}

TEST(FiringOrder, ModelSurvivesBytesAndEveryPrefixIsRefused) {
  std::mt19937 random(6);
  const FiringOrderModel model = random_model(random);
  ByteWriter writer;
  write_firing_order(model, writer);
  ByteReader reader(writer.bytes());
  const Result<FiringOrderModel> back = read_firing_order(reader);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(*back, model);
  EXPECT_TRUE(reader.expect_end().ok());
  for (size_t size = 0; size < writer.size(); ++size) {
    ByteReader shorter(ByteSpan(writer.bytes()).first(size));
    EXPECT_FALSE(read_firing_order(shorter).ok()) << size;
  }
}

TEST(FiringOrder, DamagedModelsAreRefusedOrHarmless) {
  std::mt19937 random(8);
  const FiringOrderModel model = random_model(random);
  ByteWriter writer;
  write_firing_order(model, writer);
  for (size_t at = 0; at < writer.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      Bytes bytes = writer.bytes();
      bytes[at] ^= static_cast<std::byte>(flip);
      ByteReader reader(bytes);
      const Result<FiringOrderModel> damaged = read_firing_order(reader);
      if (!damaged.ok() || damaged->columns > 10000) continue;
      EXPECT_TRUE(check_firing_order(*damaged).ok());
      const FiringOrderPoints places(*damaged);
      if (damaged->columns > 0)
        (void)places.point(damaged->columns - 1, 0, -2000000000, kMostRangeTicks, {{1 << 20, -5, 7}, {-9, 1, 1 << 30}});
    }
  }
}

TEST(FiringOrder, RefusesModelsThatDoNotHangTogether) {
  std::mt19937 random(9);
  const FiringOrderModel good = random_model(random);
  ASSERT_TRUE(check_firing_order(good).ok());
  FiringOrderModel model = good;
  model.sensor.place_of_laser[3] = model.sensor.place_of_laser[4];
  EXPECT_FALSE(check_firing_order(model).ok());
  model = good;
  model.sensor.elevation_mdeg.pop_back();
  EXPECT_FALSE(check_firing_order(model).ok());
  model = good;
  model.motion.pieces[1].first_column = 0;
  EXPECT_FALSE(check_firing_order(model).ok());
  model = good;
  model.motion.pieces.back().first_column = model.columns;
  EXPECT_FALSE(check_firing_order(model).ok());
  model = good;
  model.motion.frame.origin_m[1] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(check_firing_order(model).ok());
  model = good;
  model.sensor.rule.divisor = 0;
  EXPECT_FALSE(check_firing_order(model).ok());
}

TEST(FiringOrderSharedData, EveryFrameComesBackToTheBit) {
  const std::vector<std::filesystem::path> frames = shared_frames();
  if (frames.empty()) GTEST_SKIP() << "no shared data";
  FiringOrderSensor sensor;
  for (const std::filesystem::path& path : frames) {
    const Points points = read_five_floats(path);
    const std::optional<FiringOrderSweep> cold = fit_firing_order(points.view(), points.ring);
    ASSERT_TRUE(cold.has_value()) << path;
    EXPECT_LE(check_sweep(*cold, points), 20u) << path;
    EXPECT_TRUE(cold->grid.azimuth_correction.empty()) << path << ": all azimuths follow from their column";
    if (sensor.lasers() == 0) sensor = cold->model.sensor;
    EXPECT_EQ(cold->model.sensor, sensor) << path << ": all frames are of one sensor type";
    const std::optional<FiringOrderSweep> warm = fit_firing_order(points.view(), points.ring, &sensor);
    ASSERT_TRUE(warm.has_value()) << path;
    EXPECT_LE(check_sweep(*warm, points), 20u) << path;
  }
}

TEST(FiringOrderSharedData, PartsOfATurnAreRecognisedByTheDataSheet) {
  const std::vector<std::filesystem::path> frames = shared_frames();
  if (frames.empty()) GTEST_SKIP() << "no shared data";
  for (const std::filesystem::path& path : frames) {
    Points points = read_five_floats(path);
    const size_t count = 700 * 32;
    for (std::vector<float>* axis : {&points.x, &points.y, &points.z}) axis->resize(count);
    points.ring.resize(count);
    const std::optional<FiringOrderSweep> sweep = fit_firing_order(points.view(), points.ring);
    ASSERT_TRUE(sweep.has_value()) << path;
    EXPECT_LE(static_cast<size_t>(std::ranges::count(sweep->kind, CellKind::exception)), count / 100) << path;
  }
}

}  // namespace
}  // namespace dew
