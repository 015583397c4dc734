// SPDX-License-Identifier: Apache-2.0
// Error fields, histograms and lines of facts, against the metrics that `dew compare` prints.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>

#include "gaussians/metrics.h"
#include "pointcloud/metrics.h"
#include "viewer/inspect/errors.h"
#include "viewer/inspect/histogram.h"
#include "viewer/inspect/info_lines.h"
#include "viewer/inspect/pick.h"

namespace dew::viewer {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

Field float_field(const char* name, const std::vector<float>& values) {
  Field field{name, FieldType::f32, 1, Bytes(values.size() * sizeof(float))};
  if (!values.empty()) std::memcpy(field.data.data(), values.data(), field.data.size());
  return field;
}

/// A wavy floor, and an intensity that tells points apart.
Cloud floor_cloud(size_t points, uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> place(-20, 20);
  std::vector<float> x(points), y(points), z(points), intensity(points);
  for (size_t i = 0; i < points; ++i) {
    x[i] = place(random);
    y[i] = place(random);
    z[i] = std::sin(x[i]) * 0.3f;
    intensity[i] = static_cast<float>(i);
  }
  Cloud cloud;
  cloud.points = points;
  cloud.width = static_cast<uint32_t>(points);
  cloud.fields = {float_field("x", x), float_field("y", y), float_field("z", z), float_field("intensity", intensity)};
  return cloud;
}

Cloud shaken(Cloud cloud, float most, uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> off(-most, most);
  for (const char* axis : {"x", "y", "z"}) {
    for (float& value : cloud.find(axis)->values<float>()) value += off(random);
  }
  return cloud;
}

Cloud every_second(const Cloud& cloud) {
  Cloud out;
  for (const Field& field : cloud.fields) {
    std::vector<float> half;
    for (size_t i = 0; i < cloud.points; i += 2) half.push_back(field.values<float>()[i]);
    out.points = half.size();
    out.fields.push_back(float_field(field.name.c_str(), half));
  }
  out.width = static_cast<uint32_t>(out.points);
  return out;
}

float largest(const std::vector<float>& values) {
  float most = 0;
  for (const float value : values) most = std::isnan(value) ? most : std::max(most, value);
  return most;
}

TEST(ErrorFields, TheLargestIsWhatCompareSaysInOrder) {
  const Cloud a = floor_cloud(5000, 1), b = shaken(a, 0.02f, 2);
  const CloudComparison compared = compare_clouds(a, b, {});
  ASSERT_TRUE(compared.order_kept);
  const Result<PairErrors> errors = error_fields(Content(a), Content(b), 0);
  ASSERT_TRUE(errors.ok());
  EXPECT_EQ(errors->matching, Matching::order);
  EXPECT_EQ(errors->max, *compared.max_error_m);
  EXPECT_EQ(errors->rms, *compared.rms_error_m);
  ASSERT_EQ(errors->of_decoded.size(), 1u) << "intensities agree";
  EXPECT_EQ(errors->of_decoded[0].values.size(), 5000u);
  EXPECT_EQ(largest(errors->of_decoded[0].values), static_cast<float>(*compared.max_error_m));
}

TEST(ErrorFields, TheLargestIsTheHausdorffDistanceWherePointsWereLost) {
  const Cloud a = floor_cloud(3000, 1), b = every_second(shaken(a, 0.02f, 2));
  const CloudComparison compared = compare_clouds(a, b, {});
  ASSERT_FALSE(compared.order_kept);
  const Result<PairErrors> errors = error_fields(Content(a), Content(b), 0);
  ASSERT_TRUE(errors.ok());
  EXPECT_EQ(errors->matching, Matching::nearest);
  EXPECT_DOUBLE_EQ(errors->max, compared.surface->hausdorff_m);
  EXPECT_DOUBLE_EQ(errors->rms, *compared.rms_error_m);
  ASSERT_EQ(errors->of_original.size(), 1u);
  EXPECT_EQ(std::max(largest(errors->of_decoded[0].values), largest(errors->of_original[0].values)), static_cast<float>(errors->max));
  // The part along the normal is no longer than the whole.
  ASSERT_EQ(errors->of_decoded[1].name, "error plane");
  for (size_t i = 0; i < b.points; ++i) EXPECT_LE(errors->of_decoded[1].values[i], errors->of_decoded[0].values[i] * 1.0001f);
  // A partner is as far away as the error says.
  const std::vector<Vec3> places_a = *positions_m(a), places_b = *positions_m(b);
  for (uint32_t i = 0; i < b.points; i += 97) {
    EXPECT_FLOAT_EQ(static_cast<float>(length(places_a[errors->original_of(i)] - places_b[i])), errors->of_decoded[0].values[i]);
  }
}

TEST(ErrorFields, NameFieldsThatDiffer) {
  const Cloud a = floor_cloud(100, 1);
  Cloud b = a;
  b.find("intensity")->values<float>()[7] += 3;
  const Result<PairErrors> errors = error_fields(Content(a), Content(b), 0);
  ASSERT_TRUE(errors.ok());
  EXPECT_EQ(errors->max, 0);
  ASSERT_EQ(errors->of_decoded.size(), 2u);
  EXPECT_EQ(errors->of_decoded[1].name, "error intensity");
  EXPECT_EQ(errors->of_decoded[1].values[7], 3);
  EXPECT_EQ(errors->of_decoded[1].values[8], 0);
}

TEST(ErrorFields, NanAgainstANumberIsInfinite) {
  const Cloud a = floor_cloud(50, 1);
  Cloud b = a;
  b.find("x")->values<float>()[3] = kNan;
  const Result<PairErrors> errors = error_fields(Content(a), Content(b), 0);
  ASSERT_TRUE(errors.ok());
  EXPECT_TRUE(std::isinf(errors->max));
}

TEST(ErrorFields, RefuseWhatCannotBeCompared) {
  EXPECT_FALSE(error_fields(Content(floor_cloud(5, 1)), Content(Scan{}), 0).ok());
  EXPECT_FALSE(error_fields(Content(Cloud{}), Content(Cloud{}), 0).ok());
  EXPECT_FALSE(error_fields(Content(Scan{}), Content(Scan{}), 1).ok());
}

TEST(ErrorFields, ScansAreComparedByTheirRanges) {
  Scan a;
  a.columns = 4, a.lasers = 2, a.tick_um = 4000;
  a.azimuth = {0, 1, 2, 3};
  a.time_us = {0, 1, 2, 3};
  a.range = {10, 20, 0, 40, 50, 60, 70, 80};
  a.intensity.assign(8, 1);
  Scan b = a;
  b.range[3] = 43;
  const Result<PairErrors> errors = error_fields(Content(a), Content(b), 0);
  ASSERT_TRUE(errors.ok());
  EXPECT_DOUBLE_EQ(errors->max, 0.012);
  EXPECT_EQ(errors->max, *compare_scans(a, b).max_error_m);
  EXPECT_FLOAT_EQ(errors->of_decoded[0].values[3], 0.012f);
}

Splats random_splats(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> place(0, 3), small(0, 1);
  Splats splats;
  splats.resize(count);
  for (float& value : splats.position) value = place(random);
  for (float& value : splats.log_scale) value = -3 + 0.3f * small(random);
  for (float& value : splats.rotation) value = small(random);
  for (float& value : splats.opacity_logit) value = small(random);
  for (float& value : splats.dc) value = small(random);
  return splats;
}

TEST(ErrorFields, SplatsAgreeWithTheMetricsInOrder) {
  const Splats a = random_splats(2000, 1);
  Splats b = a;
  std::mt19937 random(3);
  std::normal_distribution<float> small(0, 0.01f);
  for (float& value : b.position) value += small(random);
  for (float& value : b.opacity_logit) value += small(random);
  const SplatErrors whole = *splat_errors(a, b);
  const Result<PairErrors> errors = error_fields(a, b);
  ASSERT_TRUE(errors.ok());
  EXPECT_EQ(errors->matching, Matching::order);
  EXPECT_EQ(errors->max, whole.position_max);
  EXPECT_NEAR(errors->rms, whole.position_rms, 1e-12);
  const Attribute& opacity = errors->of_decoded[2];
  ASSERT_EQ(opacity.name, "error opacity");
  double sum = 0;
  for (const float value : opacity.values) sum += static_cast<double>(value) * static_cast<double>(value);
  EXPECT_NEAR(std::sqrt(sum / 2000), whole.opacity_rms, 1e-6);
}

TEST(ErrorFields, SplatsInAnotherOrderFindTheirPartners) {
  const Splats a = random_splats(500, 1);
  std::vector<uint32_t> order(500);
  std::iota(order.begin(), order.end(), 0u);
  std::shuffle(order.begin(), order.end(), std::mt19937(5));
  const Splats b = select(a, order);
  const Result<PairErrors> errors = error_fields(a, b);
  ASSERT_TRUE(errors.ok());
  EXPECT_EQ(errors->matching, Matching::nearest);
  EXPECT_EQ(errors->max, 0);
  for (uint32_t i = 0; i < 500; ++i) EXPECT_EQ(errors->original_of(i), order[i]);
}

TEST(ErrorFields, AttributesFollowALayersPoints) {
  const Attribute all{"error", "m", {1, 2, 3, 4}};
  const std::vector<uint32_t> shown = {3, 1, 9};
  const Attribute some = attribute_of_layer(all, shown);
  ASSERT_EQ(some.values.size(), 3u);
  EXPECT_EQ(some.values[0], 4);
  EXPECT_EQ(some.values[1], 2);
  EXPECT_TRUE(std::isnan(some.values[2]));
}

uint64_t counted(const Histogram& histogram) {
  return std::accumulate(histogram.counts.begin(), histogram.counts.end(), uint64_t{0}) + histogram.zeros + histogram.negatives +
         histogram.infinite + histogram.none;
}

TEST(Histograms, CountEveryValueOnce) {
  std::mt19937 random(7);
  std::lognormal_distribution<float> spread(-5, 2);
  std::vector<float> values(10000);
  for (float& value : values) value = spread(random);
  values[0] = 0, values[1] = kNan, values[2] = kInfinity, values[3] = -1, values[4] = 1e-30f;
  for (const size_t bins : {size_t{1}, size_t{7}, size_t{48}, size_t{1024}}) {
    const Histogram histogram = make_histogram(values, bins);
    EXPECT_EQ(histogram.counts.size(), bins);
    EXPECT_EQ(histogram.edges.size(), bins + 1);
    EXPECT_EQ(counted(histogram), values.size());
    EXPECT_TRUE(std::is_sorted(histogram.edges.begin(), histogram.edges.end()));
    EXPECT_TRUE(std::isinf(histogram.max));
  }
}

TEST(Histograms, PutValuesBetweenTheirEdges) {
  const std::vector<float> values = {1, 2, 4, 8, 16};
  const Histogram histogram = make_histogram(values, 4);
  EXPECT_EQ(histogram.counts, (std::vector<uint64_t>{1, 1, 1, 2}));
  EXPECT_EQ(histogram.median, 4);
  EXPECT_EQ(histogram.p99, 16);
  EXPECT_EQ(histogram.max, 16);
  EXPECT_DOUBLE_EQ(histogram.mean, 6.2);
}

TEST(Histograms, TakeWhatIsDegenerate) {
  EXPECT_EQ(make_histogram({}).values, 0u);
  EXPECT_EQ(make_histogram({}).fullest(), 0u);
  const std::vector<float> zeros(5, 0.0f), same(5, 0.25f), none(3, kNan);
  EXPECT_TRUE(make_histogram(zeros).counts.empty());
  EXPECT_EQ(make_histogram(zeros).zeros, 5u);
  EXPECT_EQ(make_histogram(same, 3).fullest(), 5u);
  EXPECT_EQ(make_histogram(none).median, 0);
  EXPECT_EQ(make_histogram(none).none, 3u);
}

TEST(Facts, NameEveryFieldOfAPoint) {
  const Cloud cloud = floor_cloud(10, 1);
  const std::vector<Fact> facts = facts_of(Content(cloud), 4, 0);
  ASSERT_EQ(facts.size(), 5u);
  EXPECT_EQ(facts[1].name, "x");
  EXPECT_EQ(facts[1].unit, "m");
  EXPECT_EQ(std::strtof(facts[1].value.c_str(), nullptr), cloud.find("x")->values<float>()[4]);
  EXPECT_EQ(facts[4].value, "4");
  EXPECT_TRUE(facts_of(Content(cloud), 10, 0).empty());
  EXPECT_TRUE(facts_of(random_splats(3, 1), 3).empty());
  EXPECT_EQ(facts_of(random_splats(3, 1), 2)[0].value, "2");
}

TEST(InfoLines, SayWhatAFileHolds) {
  FileInfo info;
  info.kind = "cloud";
  info.points = 100;
  info.returns = 90;
  info.bytes = 250;
  info.parts = {{"geometry", 200}, {"intensity", 50}};
  const std::vector<InfoLine> lines = info_lines(info);
  EXPECT_EQ(lines[0].value, "cloud");
  EXPECT_EQ(lines[5].name, "bits a point");
  EXPECT_EQ(lines[5].value, "20.000");
  EXPECT_EQ(lines[7].value, "4.000");
  EXPECT_EQ(info_lines(SplatFileInfo{})[4].value, "every bit kept");
}

}  // namespace
}  // namespace dew::viewer
