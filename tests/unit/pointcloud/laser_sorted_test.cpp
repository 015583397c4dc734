// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/laser_sorted.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <numbers>
#include <random>
#include <string>

namespace dew {
namespace {

struct Positions {
  std::vector<float> x, y, z;
  PointsView view() const { return {x, y, z}; }
  void add(float px, float py, float pz) {
    x.push_back(px);
    y.push_back(py);
    z.push_back(pz);
  }
};

/// What a made-up sensor of 16 lasers writes: millimetres, sorted by laser, no-returns dropped; moved if asked. Ticks: 2 mm, 1/4000 turn.
struct MadeSweep {
  uint32_t lasers = 16;
  double horizontal_offset_m = 0.026;
  SweepMotion motion{};
  double drop = 0.1;

  Positions make(uint32_t seed) const {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> unit(0, 1);
    std::vector<uint32_t> columns;
    for (uint32_t tick = 0; tick < 4000; tick += unit(random) < 0.85 ? 2 : 1) columns.push_back(tick);
    const MotionMover mover(motion);
    Positions positions;
    for (uint32_t l = 0; l < lasers; ++l) {
      const double elevation = 0.03 - 0.025 * l + 0.002 * unit(random);
      ScanModel model{0.002,
                      2 * std::numbers::pi / 4000,
                      {{elevation, 0.001 * (unit(random) - 0.5), 0.2 + 0.06 * elevation,
                        l % 2 == 0 ? horizontal_offset_m : -horizontal_offset_m, 0.0018 * (unit(random) - 0.5)}}};
      const Lattice lattice(model, 4000);
      const uint32_t shift = l % 5 * 24 + l;
      std::vector<std::pair<double, Float3>> run;
      for (const uint32_t column : columns) {
        if (unit(random) < drop) continue;
        const uint32_t tick = (column + shift) % 4000;
        const double range_m = 12 + 6 * std::sin(tick * 0.01) + 4 * std::sin(tick * 0.0031 + l * 0.2) + 0.02 * unit(random);
        const Vec3 p = lattice.point(0, tick, static_cast<int32_t>(range_m / 0.002));
        const Float3 whole = {CoordinateComb{1000}.value(std::lround(p.x * 1000)), CoordinateComb{1000}.value(std::lround(p.y * 1000)),
                              CoordinateComb{1000}.value(std::lround(p.z * 1000))};
        double azimuth = std::atan2(whole[1], whole[0]);
        if (azimuth < 0) azimuth += 2 * std::numbers::pi;
        run.push_back({azimuth, whole});
      }
      std::sort(run.begin(), run.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      for (const auto& [azimuth, whole] : run) {
        if (motion == SweepMotion{}) {
          positions.add(whole[0], whole[1], whole[2]);
        } else {
          const Vec3 moved = mover.move(whole);
          positions.add(static_cast<float>(moved.x), static_cast<float>(moved.y), static_cast<float>(moved.z));
        }
      }
    }
    return positions;
  }
};

void expect_same_bits(const Positions& positions, const LaserSortedSweep& sweep) {
  const Result<std::vector<Float3>> back = reconstruct(sweep, {});
  ASSERT_TRUE(back.ok()) << back.error().message;
  ASSERT_EQ(back->size(), positions.x.size());
  for (size_t i = 0; i < back->size(); ++i) {
    const Float3 expected = {positions.x[i], positions.y[i], positions.z[i]};
    ASSERT_EQ(std::memcmp(&expected, &(*back)[i], sizeof(Float3)), 0) << "point " << i;
  }
}

TEST(LaserSorted, FindsTheLatticeOfAMadeSensor) {
  const Positions positions = MadeSweep{}.make(1);
  const std::optional<LaserSortedSweep> sweep = recognise_laser_sorted(positions.view(), nullptr);
  ASSERT_TRUE(sweep.has_value());
  EXPECT_EQ(sweep->model.units_per_metre, 1000u);
  EXPECT_EQ(sweep->model.range_tick_um, 2000u);
  EXPECT_EQ(sweep->model.azimuth_ticks_per_turn, 4000u);
  EXPECT_EQ(sweep->model.lasers.size(), 16u);
  EXPECT_LE(sweep->loose.size(), positions.x.size() / 1000);
  EXPECT_LT(sweep->grid.columns, 2400u);  // columns are common to all lasers, not one a tick
  size_t off = 0;
  for (const auto& residue : sweep->residue) off += residue != std::array<int8_t, 3>{};
  EXPECT_LT(off, positions.x.size() / 20);
  expect_same_bits(positions, *sweep);
}

TEST(LaserSorted, KnownModelExplainsAnotherSweep) {
  const Positions first = MadeSweep{}.make(2);
  const std::optional<LaserSortedSweep> sweep = recognise_laser_sorted(first.view(), nullptr);
  ASSERT_TRUE(sweep.has_value());
  MadeSweep denser;
  denser.drop = 0.02;
  const Positions second = denser.make(2);
  const std::optional<LaserSortedSweep> again = recognise_laser_sorted(second.view(), &sweep->model);
  ASSERT_TRUE(again.has_value());
  expect_same_bits(second, *again);
}

TEST(LaserSorted, AnUnfitKnownModelFallsBackToAFit) {
  const Positions positions = MadeSweep{}.make(3);
  std::optional<LaserSortedSweep> sweep = recognise_laser_sorted(positions.view(), nullptr);
  ASSERT_TRUE(sweep.has_value());
  LaserSortedModel wrong = sweep->model;
  for (LaserNumbers& laser : wrong.lasers) laser.elevation += 100'000;
  const std::optional<LaserSortedSweep> again = recognise_laser_sorted(positions.view(), &wrong);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->model, sweep->model);
}

TEST(LaserSorted, UndoesTheMotionOfASweep) {
  MadeSweep moving;
  moving.lasers = 32;
  moving.motion = {{-0.83, -0.04, 0.02}, {0.0005, 0.0011, -0.02}};
  const Positions positions = moving.make(4);
  const std::optional<LaserSortedSweep> sweep = recognise_laser_sorted(positions.view(), nullptr);
  ASSERT_TRUE(sweep.has_value());
  ASSERT_TRUE(sweep->motion.has_value());
  EXPECT_NEAR(sweep->motion->translation_m.x, -0.83, 1e-5);
  EXPECT_NEAR(sweep->motion->rotation_rad.z, -0.02, 1e-6);
  size_t off = 0;
  for (const auto& ulps : sweep->ulps) off += ulps != std::array<int8_t, 3>{};
  EXPECT_LT(off, positions.x.size() / 20);
  expect_same_bits(positions, *sweep);
}

TEST(LaserSorted, FindsTheLatticeInAFieldOfView) {
  // As cameras' data sets cut sweeps: what lies within 40 degrees of straight ahead.
  for (const SweepMotion& motion : {SweepMotion{}, SweepMotion{{-0.83, -0.04, 0.02}, {0.0005, 0.0011, -0.02}}}) {
    MadeSweep made;
    made.lasers = 32;
    made.motion = motion;
    const Positions whole = made.make(9);
    Positions cut;
    for (size_t i = 0; i < whole.x.size(); ++i) {
      if (whole.x[i] > 0 && std::abs(whole.y[i]) < whole.x[i] * 0.84f) cut.add(whole.x[i], whole.y[i], whole.z[i]);
    }
    const std::optional<LaserSortedSweep> sweep = recognise_laser_sorted(cut.view(), nullptr);
    ASSERT_TRUE(sweep.has_value()) << cut.x.size() << " points, moving " << (motion == SweepMotion{} ? 0 : 1);
    EXPECT_EQ(sweep->model.lasers.size(), 32u);
    EXPECT_LE(sweep->loose.size(), cut.x.size() / 100);
    expect_same_bits(cut, *sweep);
  }
}

TEST(LaserSorted, KeepsStrayAndShuffledPoints) {
  Positions positions = MadeSweep{}.make(5);
  positions.add(0, 0, 0);
  positions.x[100] = 1.2345678f;
  positions.y[200] = -0.0f;
  positions.z[300] = std::numeric_limits<float>::quiet_NaN();
  for (size_t i = 1000; i < 3000; i += 50) {
    std::swap(positions.x[i], positions.x[i + 7]);
    std::swap(positions.y[i], positions.y[i + 7]);
    std::swap(positions.z[i], positions.z[i + 7]);
  }
  const std::optional<LaserSortedSweep> sweep = recognise_laser_sorted(positions.view(), nullptr);
  ASSERT_TRUE(sweep.has_value());
  EXPECT_GE(sweep->loose.size(), 4u);
  EXPECT_GE(sweep->displaced.size(), 40u);
  expect_same_bits(positions, *sweep);
}

TEST(LaserSorted, SaysNoToOtherClouds) {
  std::mt19937 random(6);
  std::uniform_real_distribution<float> metres(-50, 50);
  const auto refused = [](const Positions& positions) { return !recognise_laser_sorted(positions.view(), nullptr).has_value(); };
  EXPECT_TRUE(refused(Positions{}));
  Positions one;
  one.add(1, 2, 3);
  EXPECT_TRUE(refused(one));
  Positions equal;
  for (int i = 0; i < 100'000; ++i) equal.add(1, 2, 3);
  EXPECT_TRUE(refused(equal));
  Positions noise;
  for (int i = 0; i < 1'000'000; ++i) noise.add(metres(random), metres(random), metres(random));
  EXPECT_TRUE(refused(noise));
  Positions turning;  // sorted by laser, on a millimetre comb, but ranges and azimuths without any tick
  for (int laser = 0; laser < 8; ++laser) {
    for (int i = 0; i < 2000; ++i) {
      const double azimuth = (i + 0.9 * metres(random) / 50) * 2 * std::numbers::pi / 2000 + 0.001;
      const auto mm = [](double v) { return CoordinateComb{1000}.value(std::lround(v * 1000)); };
      turning.add(mm(10 * std::cos(azimuth)), mm(10 * std::sin(azimuth)), mm(-0.1 * laser));
    }
  }
  EXPECT_TRUE(refused(turning));
}

TEST(LaserSorted, RefusesSweepsThatDoNotAddUp) {
  const Positions positions = MadeSweep{}.make(7);
  const std::optional<LaserSortedSweep> good = recognise_laser_sorted(positions.view(), nullptr);
  ASSERT_TRUE(good.has_value());
  const auto refused = [&](auto damage) {
    LaserSortedSweep sweep = *good;
    damage(sweep);
    const Result<std::vector<Float3>> back = reconstruct(sweep, {});
    return !back.ok() && back.error().code == Code::corrupt;
  };
  EXPECT_TRUE(refused([](auto& s) { s.points += 1; }));
  EXPECT_TRUE(refused([](auto& s) { s.grid.range.pop_back(); }));
  EXPECT_TRUE(refused([](auto& s) { s.grid.columns *= 2; }));
  EXPECT_TRUE(refused([](auto& s) { s.grid.column_azimuth[3] = s.grid.column_azimuth[2]; }));
  EXPECT_TRUE(refused([](auto& s) { s.grid.column_azimuth.back() = 4000; }));
  EXPECT_TRUE(refused([](auto& s) { s.model.run_laser[1] = s.model.run_laser[0]; }));
  EXPECT_TRUE(refused([](auto& s) { s.model.azimuth_ticks_per_turn = 0; }));
  EXPECT_TRUE(refused([](auto& s) { s.start_column[0] = s.grid.columns; }));
  EXPECT_TRUE(refused([](auto& s) { s.loose.push_back({s.points, {}}); }));
  EXPECT_TRUE(refused([](auto& s) { s.displaced.push_back({0, static_cast<uint32_t>(s.grid.range.size())}); }));
  EXPECT_TRUE(refused([](auto& s) { s.residue.resize(3); }));
  EXPECT_TRUE(refused(
      [](auto& s) { *std::find_if(s.grid.range.begin(), s.grid.range.end(), [](uint32_t r) { return r != 0; }) = kMaxRangeTicks + 1; }));
  EXPECT_TRUE(refused([](auto& s) { s.motion = SweepMotion{{std::nan(""), 0, 0}, {}}; }));
  DecodeLimits few;
  few.elements = 1000;
  EXPECT_EQ(reconstruct(*good, few).error().code, Code::limit_exceeded);
}

TEST(LaserSortedModel, ComesBackFromItsBytesAndRefusesOthers) {
  const Positions positions = MadeSweep{}.make(8);
  const std::optional<LaserSortedSweep> sweep = recognise_laser_sorted(positions.view(), nullptr);
  ASSERT_TRUE(sweep.has_value());
  ByteWriter writer;
  write_model(sweep->model, writer);
  const Bytes& bytes = writer.bytes();
  ByteReader reader(bytes);
  const Result<LaserSortedModel> back = read_model(reader);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, sweep->model);
  EXPECT_TRUE(reader.expect_end().ok());
  for (size_t size = 0; size < bytes.size(); ++size) {
    ByteReader prefix(ByteSpan(bytes).first(size));
    EXPECT_FALSE(read_model(prefix).ok()) << size;
  }
  for (size_t i = 0; i < bytes.size(); ++i) {
    Bytes damaged = bytes;
    damaged[i] ^= std::byte{0x41};
    ByteReader hostile(damaged);
    const Result<LaserSortedModel> read = read_model(hostile);
    if (read.ok()) {
      EXPECT_TRUE(SweepGeometry::check(*read, {0, 1}, 0).ok() || read->azimuth_ticks_per_turn < 2);
    }
  }
}

TEST(RoundWithMargin, NamesTheNextNearestInteger) {
  EXPECT_EQ(round_with_margin(2.4).value, 2);
  EXPECT_EQ(round_with_margin(2.4).toward, 1);
  EXPECT_EQ(round_with_margin(-2.4).toward, -1);
  EXPECT_EQ(round_with_margin(2.499).margin, 0);
  EXPECT_EQ(round_with_margin(2.0).margin, 7);
}

TEST(SweepMotion, MovesNothingAheadAndHalfATurnBehind) {
  const MotionMover mover({{1, 0, 0}, {0, 0, 0}});
  EXPECT_EQ(mover.move({10, 0, 1}), (Vec3{10, 0, 1}));
  EXPECT_NEAR(mover.move({0, 10, 0}).x, 0.25, 1e-12);
  EXPECT_NEAR(mover.move({-10, 1e-6f, 0}).x, -9.5, 1e-6);
  EXPECT_NEAR(mover.move({-10, -1e-6f, 0}).x, -10.5, 1e-6);
}

TEST(SweepMotion, UndoingComesBack) {
  const SweepMotion motion{{-0.8, 0.1, 0.05}, {0.001, -0.002, 0.05}};
  const MotionMover mover(motion);
  std::mt19937 random(9);
  std::uniform_real_distribution<float> metres(-40, 40);
  for (int i = 0; i < 2000; ++i) {
    const Float3 measured = {metres(random), metres(random), metres(random) / 10};
    if (std::hypot(measured[0], measured[1]) < 2) continue;
    const Vec3 moved = mover.move(measured);
    const bool across = (moved.y < 0) != (measured[1] < 0) && moved.x < 0;
    double tau;
    const Vec3 back = MotionUndoer(motion).undo(moved, across, tau);
    EXPECT_NEAR(back.x, measured[0], 1e-6);
    EXPECT_NEAR(back.y, measured[1], 1e-6);
    EXPECT_NEAR(back.z, measured[2], 1e-6);
  }
}

Positions read_records(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  size_t offset = 0;
  size_t count = bytes.size() / 16;
  if (path.extension() == ".pcd") {
    const std::string body = "DATA binary\n";
    offset = bytes.find(body) + body.size();
    count = std::stoul(bytes.substr(bytes.find("\nPOINTS ") + 8, 12));
  }
  Positions positions;
  for (size_t i = 0; i < count; ++i) {
    Float3 point;
    std::memcpy(&point, bytes.data() + offset + 16 * i, sizeof(point));
    positions.add(point[0], point[1], point[2]);
  }
  return positions;
}

/// Every captured frame comes back to the bit, with few points off the lattice; within a folder the first frame's model serves the others.
TEST(LaserSorted, CapturedFramesComeBackToTheBit) {
  const std::filesystem::path root = std::filesystem::path(DEW_SHARED_DATA) / "lidar";
  if (!std::filesystem::exists(root)) GTEST_SKIP() << "shared data are not here";
  for (const char* folder : {"kitti_raw_hdl64e", "kitti_raw_sequence", "kitti_odometry_hdl64e"}) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(root / folder)) {
      if (entry.path().extension() == ".bin" || entry.path().extension() == ".pcd") paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    std::optional<LaserSortedModel> known;
    for (const std::filesystem::path& path : paths) {
      SCOPED_TRACE(path.string());
      const Positions positions = read_records(path);
      const std::optional<LaserSortedSweep> sweep = recognise_laser_sorted(positions.view(), known ? &*known : nullptr);
      ASSERT_TRUE(sweep.has_value());
      if (known) {
        EXPECT_EQ(sweep->model, *known);
      }
      known = sweep->model;
      EXPECT_LT(sweep->loose.size() * 2000, positions.x.size());
      EXPECT_LT(sweep->displaced.size() * 1000, positions.x.size());
      size_t off = 0;
      size_t moved = 0;
      for (const auto& residue : sweep->residue) off += residue != std::array<int8_t, 3>{};
      for (const auto& ulps : sweep->ulps) moved += ulps != std::array<int8_t, 3>{};
      EXPECT_LT(off * 100, positions.x.size() * 3);
      EXPECT_LT(moved * 100, positions.x.size());
      expect_same_bits(positions, *sweep);
    }
  }
}

}  // namespace
}  // namespace dew
