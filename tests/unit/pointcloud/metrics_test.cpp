// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "io_support.h"
#include "pointcloud/nearest.h"

namespace dew {
namespace {

using test::Random;

std::vector<Vec3> random_points(Random& random, size_t count, double extent) {
  std::uniform_real_distribution<double> coordinate(-extent, extent);
  std::vector<Vec3> points(count);
  for (Vec3& p : points) p = {coordinate(random), coordinate(random), coordinate(random)};
  return points;
}

Cloud cloud_of(const std::vector<Vec3>& points) {
  std::vector<float> x, y, z;
  for (const Vec3& p : points) {
    x.push_back(static_cast<float>(p.x));
    y.push_back(static_cast<float>(p.y));
    z.push_back(static_cast<float>(p.z));
  }
  return test::float_cloud({{"x", x}, {"y", y}, {"z", z}});
}

TEST(KdTree, FindsWhatBruteForceFinds) {
  Random random(1);
  for (const size_t count : {1u, 2u, 12u, 13u, 500u}) {
    std::vector<Vec3> points = random_points(random, count, 10);
    for (size_t i = 0; i < count; i += 3) points[i] = points[0];  // many equal points
    const KdTree tree(points);
    for (const Vec3& query : random_points(random, 50, 12)) {
      std::vector<double> distances;
      for (const Vec3& p : points) distances.push_back(squared_distance(p, query));
      const auto nearest = tree.nearest(query);
      EXPECT_EQ(nearest.squared_distance, *std::min_element(distances.begin(), distances.end()));
      EXPECT_EQ(nearest.squared_distance, distances[nearest.index]);
      std::vector<KdTree::Neighbour> near;
      tree.nearest_k(query, 7, near);
      std::sort(distances.begin(), distances.end());
      ASSERT_EQ(near.size(), std::min<size_t>(7, count));
      for (size_t i = 0; i < near.size(); ++i) EXPECT_EQ(near[i].squared_distance, distances[i]);
    }
  }
  EXPECT_EQ(KdTree({}).nearest({}).squared_distance, std::numeric_limits<double>::infinity());
}

TEST(KdTree, TakesManyEqualPoints) {
  const std::vector<Vec3> points(200000, Vec3{1, 2, 3});
  const KdTree tree(points);
  EXPECT_EQ(tree.nearest({1, 2, 4}).squared_distance, 1.0);
}

TEST(PointErrors, MeasureEuclidAndTreatNanAsAValue) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  const std::vector<Vec3> a = {{0, 0, 0}, {nan, 1, 1}, {inf, 0, 0}, {5, 5, 5}};
  std::vector<Vec3> b = a;
  EXPECT_EQ(point_errors(a, b).max_m, 0.0);
  b[3] = {5 + 2, 5 + 3, 5 + 6};
  EXPECT_EQ(point_errors(a, b).max_m, 7.0);
  EXPECT_EQ(point_errors(a, b).rms_m, 3.5);
  b[1].x = 0;
  EXPECT_EQ(point_errors(a, b).max_m, inf);
  EXPECT_EQ(point_errors({}, {}).max_m, 0.0);
}

TEST(CompareClouds, NamesEveryFieldAndItsDifference) {
  Cloud a = test::float_cloud({{"x", {1, 2, 3}}, {"y", {0, 0, 0}}, {"z", {0, 0, 0}}, {"intensity", {5, 6, NAN}}, {"only_a", {0, 0, 0}}});
  Cloud b = test::float_cloud({{"x", {1, 2, 3.5f}}, {"y", {0, 0, 0}}, {"z", {0, 0, 0}}, {"intensity", {5, 6, NAN}}, {"only_b", {0, 0, 0}}});
  a.fields.push_back({"t", FieldType::u64, 1, Bytes(24)});
  b.fields.push_back({"t", FieldType::u64, 1, Bytes(24)});
  a.fields.back().values<uint64_t>()[1] = UINT64_MAX;
  const CloudComparison result = compare_clouds(a, b, {});
  ASSERT_EQ(result.fields.size(), 7u);
  EXPECT_TRUE(result.order_kept) << "the errors are those of nearest points";
  EXPECT_EQ(result.max_error_m, 0.5);
  EXPECT_EQ(result.fields[0].max_abs, 0.5);
  EXPECT_TRUE(result.fields[1].equal);
  EXPECT_EQ(result.fields[3].name, "intensity");
  EXPECT_TRUE(result.fields[3].equal);
  EXPECT_FALSE(result.fields[4].max_abs.has_value()) << "only_a";
  EXPECT_EQ(result.fields[5].max_abs, 18446744073709551615.0);
  EXPECT_EQ(result.fields[6].name, "only_b");
  b.find("intensity")->values<float>()[2] = 0;
  EXPECT_EQ(compare_clouds(a, b, {}).fields[3].max_abs, std::numeric_limits<double>::infinity());
}

TEST(CompareClouds, EqualMeansEveryBit) {
  const Cloud a = test::float_cloud({{"x", {0.0f}}, {"y", {NAN}}, {"z", {1}}});
  Cloud b = a;
  b.fields[0].values<float>()[0] = -0.0f;
  b.fields[1].data[0] ^= std::byte{1};  // another NaN
  const CloudComparison result = compare_clouds(a, b, {});
  EXPECT_FALSE(result.fields[0].equal);
  EXPECT_EQ(result.fields[0].max_abs, 0.0);
  EXPECT_FALSE(result.fields[1].equal);
  EXPECT_EQ(result.fields[1].max_abs, 0.0);
  EXPECT_EQ(result.max_error_m, 0.0);
}

TEST(CompareClouds, TellsLostOrderFromErrors) {
  Random random(2);
  std::vector<Vec3> points = random_points(random, 2000, 30);
  const Cloud a = cloud_of(points);
  std::vector<Vec3> noisy = points;
  for (Vec3& p : noisy) p.x += 0.05;
  const CloudComparison kept = compare_clouds(a, cloud_of(noisy), {});
  EXPECT_TRUE(kept.order_kept);
  EXPECT_NEAR(*kept.max_error_m, 0.05, 1e-5);
  EXPECT_FALSE(kept.surface.has_value());

  std::swap(points[3], points[4]);
  const CloudComparison swapped = compare_clouds(a, cloud_of(points), {});
  EXPECT_FALSE(swapped.order_kept);
  EXPECT_EQ(swapped.max_error_m, 0.0) << "the same set of points";
  std::shuffle(noisy.begin(), noisy.end(), random);
  const CloudComparison shuffled = compare_clouds(a, cloud_of(noisy), {});
  EXPECT_FALSE(shuffled.order_kept);
  ASSERT_TRUE(shuffled.surface.has_value());
  EXPECT_NEAR(shuffled.surface->hausdorff_m, 0.05, 1e-5);
  EXPECT_FALSE(compare_clouds(a, cloud_of(random_points(random, 2000, 30)), {}).order_kept) << "another frame of as many points";
}

TEST(CompareClouds, OtherFieldsVouchForTheOrder) {
  Random random(3);
  std::vector<Vec3> points = random_points(random, 500, 0.01);
  std::vector<float> ids(500);
  std::iota(ids.begin(), ids.end(), 0.0f);
  Cloud a = cloud_of(points);
  for (Vec3& p : points) p.z += 0.1 * (p.x > 0 ? 1 : -1);  // errors far above the spacing
  Cloud b = cloud_of(points);
  a.fields.push_back(test::float_cloud({{"id", ids}}).fields[0]);
  b.fields.push_back(a.fields.back());
  EXPECT_TRUE(compare_clouds(a, b, {}).order_kept);
}

TEST(CompareClouds, SaysNothingWhereThereIsNothing) {
  const Cloud empty = test::float_cloud({{"x", {}}, {"y", {}}, {"z", {}}});
  const Cloud flat = test::float_cloud({{"x", {1}}});
  const Cloud nowhere = test::float_cloud({{"x", {NAN}}, {"y", {NAN}}, {"z", {NAN}}});
  EXPECT_TRUE(compare_clouds(empty, empty, {}).order_kept);
  EXPECT_FALSE(compare_clouds(flat, flat, {}).max_error_m.has_value());
  EXPECT_EQ(compare_clouds(nowhere, nowhere, {}).max_error_m, 0.0);
  EXPECT_FALSE(compare_clouds(nowhere, empty, {}).surface.has_value());
  EXPECT_FALSE(compare_clouds(nowhere, empty, {}).order_kept);
}

TEST(SurfaceErrors, AgreeWithAPlaneWorkedOutByHand) {
  // A grid in the plane z = 0, and the same lifted by 3 mm and one point less.
  std::vector<Vec3> a, b;
  for (int i = 0; i < 20; ++i) {
    for (int j = 0; j < 20; ++j) {
      a.push_back({10 + i * 0.1, j * 0.1, 0});
      b.push_back({10 + i * 0.1, j * 0.1, 0.003});
    }
  }
  b.pop_back();
  const auto errors = surface_errors(a, b, {});
  ASSERT_TRUE(errors.has_value());
  const double gap = 0.003 * 0.003;
  EXPECT_NEAR(errors->point_to_plane.mse_m2, gap, 1e-12) << "the missing corner lies in the plane of its neighbours";
  EXPECT_NEAR(errors->point_to_point.mse_m2, gap + 0.01 / 400, 1e-12);
  EXPECT_NEAR(errors->peak_m, 1.9, 1e-12);
  EXPECT_NEAR(errors->point_to_plane.psnr_db, 10 * std::log10(3 * 1.9 * 1.9 / gap), 1e-6);
  EXPECT_NEAR(errors->hausdorff_m, std::sqrt(0.01 + gap), 1e-12);
  EXPECT_NEAR(errors->chamfer_m, 0.003 + (399 * 0.003 + std::sqrt(0.01 + gap)) / 400, 1e-12);
  SurfaceOptions options;
  options.peak_m = 30;
  EXPECT_NEAR(surface_errors(a, b, options)->point_to_plane.psnr_db, 10 * std::log10(3 * 900 / gap), 1e-6);
}

TEST(SurfaceErrors, AreZeroForTheSameSetAndLeaveOutWhatIsNotFinite) {
  Random random(4);
  std::vector<Vec3> points = random_points(random, 300, 5);
  const std::vector<Vec3> a = points;
  std::reverse(points.begin(), points.end());
  points.push_back({NAN, 0, 0});
  points.push_back({0, std::numeric_limits<double>::infinity(), 0});
  const auto errors = surface_errors(a, points, {});
  ASSERT_TRUE(errors.has_value());
  EXPECT_EQ(errors->chamfer_m, 0.0);
  EXPECT_EQ(errors->hausdorff_m, 0.0);
  EXPECT_EQ(errors->point_to_plane.psnr_db, std::numeric_limits<double>::infinity());
  const std::vector<Vec3> lonely(2, Vec3{1, 1, 1});
  EXPECT_TRUE(surface_errors(lonely, lonely, {}).has_value()) << "normals of equal points must not fail";
}

TEST(CompareScans, MeasuresRangesInMetres) {
  Random random(5);
  const Scan a = test::random_scan(random, 10, 4, 2);
  EXPECT_EQ(compare_scans(a, a).max_error_m, 0.0);
  Scan b = a;
  b.range[5] = a.range[5] > 100 ? a.range[5] - 3 : a.range[5] + 3;
  b.intensity[6] = static_cast<uint8_t>(a.intensity[6] ^ 1);
  const ScanComparison result = compare_scans(a, b);
  EXPECT_DOUBLE_EQ(*result.max_error_m, 3 * 0.002);
  EXPECT_EQ(result.points_a, 40u);
  EXPECT_FALSE(result.fields[0].equal);
  EXPECT_EQ(result.fields[1].max_abs, 1.0);
  EXPECT_TRUE(result.fields[2].equal);
  b = test::random_scan(random, 9, 4, 2);
  EXPECT_FALSE(compare_scans(a, b).order_kept);
  EXPECT_FALSE(compare_scans(a, b).max_error_m.has_value());
}

}  // namespace
}  // namespace dew
