// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include <cmath>

#include "packets_test_captures.h"
#include "pointcloud/io/lrf.h"
#include "pointcloud/sensor/calibration.h"

namespace dew {
namespace {

constexpr double kDegree = 3.14159265358979323846 / 180;
const std::string kLidar = std::string(DEW_SHARED_DATA) + "/lidar/";

/// One column a quarter turn, one laser.
Scan quarter_turns(uint32_t range) {
  Scan scan;
  scan.columns = 4;
  scan.lasers = 1;
  scan.tick_um = 2000;
  scan.azimuth_units_per_turn = 36000;
  scan.azimuth = {0, 9000, 18000, 27000};
  scan.time_us = {0, 10, 20, 30};
  scan.range.assign(4, range);
  scan.intensity = {1, 2, 3, 4};
  return scan;
}

SensorCalibration one_laser() {
  SensorCalibration calibration;
  calibration.lasers.resize(1);
  return calibration;
}

std::vector<Vec3> points_of(const Scan& scan, const SensorCalibration& calibration) {
  const Result<Cloud> cloud = cloud_of_scan(scan, calibration, {}, {});
  EXPECT_TRUE(cloud.ok());
  return *positions_m(*cloud);
}

TEST(Calibration, TheSensorTurnsClockwiseFromX) {
  const std::vector<Vec3> points = points_of(quarter_turns(500), one_laser());
  const Vec3 expected[] = {{1, 0, 0}, {0, -1, 0}, {-1, 0, 0}, {0, 1, 0}};
  ASSERT_EQ(points.size(), 4u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_NEAR(points[i].x, expected[i].x, 1e-7);
    EXPECT_NEAR(points[i].y, expected[i].y, 1e-7);
    EXPECT_NEAR(points[i].z, expected[i].z, 1e-7);
  }
}

TEST(Calibration, EachNumberOfALaserMovesItsPointsAsItSays) {
  const Scan scan = quarter_turns(500);
  SensorCalibration calibration = one_laser();
  calibration.lasers[0].elevation_rad = 30 * kDegree;
  EXPECT_NEAR(points_of(scan, calibration)[0].z, 0.5, 1e-7);
  EXPECT_NEAR(points_of(scan, calibration)[0].x, std::sqrt(3) / 2, 1e-7);
  calibration = one_laser();
  calibration.lasers[0].azimuth_offset_rad = 90 * kDegree;
  EXPECT_NEAR(points_of(scan, calibration)[0].y, 1, 1e-7) << "positive offsets turn to the left";
  calibration = one_laser();
  calibration.lasers[0].range_offset_m = 0.25;
  EXPECT_NEAR(points_of(scan, calibration)[0].x, 1.25, 1e-7);
  calibration = one_laser();
  calibration.lasers[0].vertical_offset_m = 0.25;
  EXPECT_NEAR(points_of(scan, calibration)[0].z, 0.25, 1e-7);
  // The beam begins beside the axis: what is measured is the way from there.
  calibration = one_laser();
  calibration.lasers[0].elevation_rad = 90 * kDegree;
  calibration.beam_origin_m = 0.25;
  EXPECT_NEAR(points_of(scan, calibration)[0].x, 0.25, 1e-7);
  EXPECT_NEAR(points_of(scan, calibration)[0].z, 0.75, 1e-7);
}

TEST(Calibration, ALaserThatFiresLaterIsTurnedFurther) {
  Scan scan = quarter_turns(500);
  scan.azimuth = {0, 100, 200, 300};
  SensorCalibration calibration = one_laser();
  calibration.column_ns = 50000;
  calibration.firing_ns = {25000};
  const std::vector<Vec3> points = points_of(scan, calibration);
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(std::atan2(points[i].y, points[i].x) / kDegree, -(static_cast<double>(i) + 0.5), 1e-5);
}

TEST(Calibration, NoReturnsAreLeftOutOrKept) {
  Scan scan = quarter_turns(500);
  scan.range[2] = 0;
  const Cloud without = *cloud_of_scan(scan, one_laser(), {}, {});
  EXPECT_EQ(without.points, 3u);
  EXPECT_EQ(without.find("intensity")->values<uint8_t>()[2], 4);
  EXPECT_EQ(without.find("time_us")->values<uint32_t>()[2], 30u);
  CloudOptions options;
  options.keep_no_returns = true;
  const Cloud with = *cloud_of_scan(scan, one_laser(), options, {});
  EXPECT_EQ(with.points, 4u);
  EXPECT_EQ((*positions_m(with))[2], Vec3());
}

TEST(Calibration, RefusesWhatDoesNotFit) {
  const Scan scan = quarter_turns(500);
  EXPECT_EQ(cloud_of_scan(scan, *find_calibration("VLP-16"), {}, {}).error().code, Code::invalid_argument);
  Scan broken = scan;
  broken.intensity.pop_back();
  EXPECT_EQ(cloud_of_scan(broken, one_laser(), {}, {}).error().code, Code::invalid_argument);
  DecodeLimits limits;
  limits.elements = 3;
  EXPECT_EQ(cloud_of_scan(scan, one_laser(), {}, limits).error().code, Code::limit_exceeded);
  EXPECT_EQ(find_calibration("no such sensor"), nullptr);
}

TEST(Calibration, EverySpinningSensorOfTheTablesHasItsLasers) {
  for (const KnownLayout* known : test::all_layouts()) {
    const SensorCalibration* calibration = find_calibration(known->sensor);
    const std::set<std::string> with_files = {"PandarXT-16", "PandarXT-32M", "PandarQT-64", "Pandar64", "Pandar40P", "AT128", "OT128"};
    if (known->sensor.rfind("Ouster", 0) == 0 || known->layout.columns == 0 || with_files.contains(known->sensor)) {
      EXPECT_EQ(calibration, nullptr) << "angles of these come with the metadata, or with the sensor's csv";
      continue;
    }
    ASSERT_NE(calibration, nullptr) << known->sensor;
    EXPECT_EQ(calibration->lasers.size(), known->layout.lasers);
  }
}

const char kCsv[] = "Channel,Elevation,Azimuth\r\n1,10.5,-1.25\r\n2,-10,1\r\n";
const char kYaml[] =
    "# a sensor\nlasers:\n- {dist_correction: 0.1, laser_id: 1, rot_correction: -0.5, vert_correction: 0.25}\n"
    "- laser_id: 0\n  vert_correction: -1.0e-1\n  vert_offset_correction: 0.2\n  horiz_offset_correction: 0.026\nnum_lasers: 2\n";
const char kJson[] =
    "{\"beam_altitude_angles\": [ 10.5,\n-10 ], \"beam_azimuth_angles\":[1.25, -1],\"lidar_origin_to_beam_origin_mm\": 27.5}";

TEST(CalibrationFiles, AllThreeKindsAreRead) {
  const Result<SensorCalibration> csv = read_calibration(as_bytes(kCsv), {});
  ASSERT_TRUE(csv.ok()) << csv.error().message;
  ASSERT_EQ(csv->lasers.size(), 2u);
  EXPECT_NEAR(csv->lasers[0].elevation_rad, 10.5 * kDegree, 1e-12);
  EXPECT_NEAR(csv->lasers[0].azimuth_offset_rad, 1.25 * kDegree, 1e-12);

  const Result<SensorCalibration> yaml = read_calibration(as_bytes(kYaml), {});
  ASSERT_TRUE(yaml.ok()) << yaml.error().message << yaml.error().offset;
  ASSERT_EQ(yaml->lasers.size(), 2u);
  EXPECT_EQ(yaml->lasers[0], (LaserModel{-0.1, 0, 0.2, 0.026, 0}));
  EXPECT_EQ(yaml->lasers[1], (LaserModel{0.25, -0.5, 0, 0, 0.1}));

  const Result<SensorCalibration> json = read_calibration(as_bytes(kJson), {});
  ASSERT_TRUE(json.ok()) << json.error().message;
  ASSERT_EQ(json->lasers.size(), 2u);
  EXPECT_NEAR(json->lasers[1].elevation_rad, -10 * kDegree, 1e-12);
  EXPECT_NEAR(json->lasers[1].azimuth_offset_rad, 1 * kDegree, 1e-12);
  EXPECT_DOUBLE_EQ(json->beam_origin_m, 0.0275);
}

TEST(CalibrationFiles, DamageIsAnErrorOrAnotherTable) {
  std::mt19937_64 random(3);
  for (const std::string_view text : {std::string_view(kCsv), std::string_view(kYaml), std::string_view(kJson)}) {
    for (size_t size = 0; size <= text.size(); ++size) {
      const Result<SensorCalibration> prefix = read_calibration(as_bytes(text.substr(0, size)), {});
      if (prefix.ok()) {
        EXPECT_LE(prefix->lasers.size(), 2u);
      } else {
        EXPECT_LE(prefix.error().offset, size);
      }
    }
    for (int trial = 0; trial < 2000; ++trial) {
      std::string damaged(text);
      damaged[random() % damaged.size()] = static_cast<char>(random());
      const Result<SensorCalibration> table = read_calibration(as_bytes(damaged), {});
      if (table.ok()) {
        EXPECT_LE(table->lasers.size(), 4096u);
      }
    }
  }
  EXPECT_FALSE(read_calibration({}, {}).ok());
  EXPECT_FALSE(read_calibration(as_bytes("Channel,Elevation,Azimuth\n1,nan,0\n"), {}).ok());
  EXPECT_FALSE(read_calibration(as_bytes("Channel,Elevation,Azimuth\n2,1,0\n"), {}).ok());
  EXPECT_FALSE(read_calibration(as_bytes("lasers:\n- {laser_id: 0}\n- {laser_id: 0}\n"), {}).ok());
  EXPECT_FALSE(read_calibration(as_bytes("lasers:\n- {laser_id: 1}\n"), {}).ok());
}

TEST(CalibrationFilesOfSharedData, AgreeWithTheBuiltInTables) {
  const struct {
    const char* file;
    const char* sensor;
    double degrees;  // published tables and single sensors differ
  } files[] = {{"HDL32.yaml", "HDL-32E", 1e-6},  {"VLP16.yaml", "VLP-16", 1e-6},          {"VLP32.yaml", "VLP-32C", 1e-6},
               {"VLS128.yaml", "VLS-128", 1e-6}, {"PandarXT32.csv", "PandarXT-32", 0.15}, {"PandarQT128.csv", "PandarQT-128", 6e-4}};
  for (const auto& one : files) {
    const Bytes bytes = test::read_file(kLidar + "calibration/" + one.file);
    if (bytes.empty()) GTEST_SKIP() << "no " << one.file;
    const Result<SensorCalibration> table = read_calibration(bytes, {});
    ASSERT_TRUE(table.ok()) << one.file << ' ' << table.error().message;
    const SensorCalibration* built_in = find_calibration(one.sensor);
    ASSERT_EQ(table->lasers.size(), built_in->lasers.size());
    for (size_t i = 0; i < table->lasers.size(); ++i) {
      EXPECT_NEAR(table->lasers[i].elevation_rad, built_in->lasers[i].elevation_rad, one.degrees * kDegree) << one.file << ' ' << i;
      EXPECT_NEAR(table->lasers[i].azimuth_offset_rad, built_in->lasers[i].azimuth_offset_rad, one.degrees * kDegree)
          << one.file << ' ' << i;
    }
  }
}

/// How far lasers of nearly equal elevation disagree about the distance in the same direction, in log ranges.
double disagreement(const Scan& scan, const SensorCalibration& calibration) {
  const double units_per_rad = scan.azimuth_units_per_turn / (360 * kDegree);
  std::vector<double> differences;
  for (uint32_t a = 0; a < scan.lasers; ++a) {
    for (uint32_t b = 0; b < scan.lasers; ++b) {
      const LaserModel& one = calibration.lasers[a];
      const LaserModel& two = calibration.lasers[b];
      if (one.elevation_rad <= two.elevation_rad || one.elevation_rad - two.elevation_rad > 0.4 * kDegree) continue;
      const double shift_units = (one.azimuth_offset_rad - two.azimuth_offset_rad) * units_per_rad;
      const double units_a_column = static_cast<double>(scan.azimuth_units_per_turn) / scan.columns;
      const auto shift = static_cast<int64_t>(std::lround(-shift_units / units_a_column));
      for (uint32_t column = 0; column < scan.columns; column += 8) {
        const uint32_t other = static_cast<uint32_t>((column + 2 * scan.columns + shift) % scan.columns);
        const uint32_t r = scan.range[size_t{column} * scan.lasers + a], s = scan.range[size_t{other} * scan.lasers + b];
        if (r > 0 && s > 0) differences.push_back(std::fabs(std::log(static_cast<double>(r) / s)));
      }
    }
  }
  std::nth_element(differences.begin(), differences.begin() + static_cast<std::ptrdiff_t>(differences.size() / 2), differences.end());
  return differences[differences.size() / 2];
}

TEST(CalibrationOfSharedData, AzimuthOffsetsTurnTheRightWay) {
  const struct {
    const char* lrf;
    const char* file;
  } sensors[] = {{"velodyne_vls128/rev_00.lrf", "calibration/VLS128.yaml"},
                 {"ouster/OS-1-128_v2.3.0_1024x10_lb_n3_frame0.lrf", "ouster/OS-1-128_v2.3.0_1024x10.json"}};
  for (const auto& sensor : sensors) {
    const Bytes lrf = test::read_file(kLidar + sensor.lrf), file = test::read_file(kLidar + sensor.file);
    if (lrf.empty() || file.empty()) GTEST_SKIP() << "no " << sensor.lrf;
    const Scan scan = *read_lrf(lrf, {});
    const SensorCalibration right = *read_calibration(file, {});
    SensorCalibration none = right, wrong = right;
    for (LaserModel& laser : none.lasers) laser.azimuth_offset_rad = 0;
    for (LaserModel& laser : wrong.lasers) laser.azimuth_offset_rad = -laser.azimuth_offset_rad;
    EXPECT_LT(disagreement(scan, right), disagreement(scan, none)) << sensor.lrf;
    EXPECT_LT(disagreement(scan, none), disagreement(scan, wrong)) << sensor.lrf;
  }
}

}  // namespace
}  // namespace dew
