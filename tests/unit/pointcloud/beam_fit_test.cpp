// SPDX-License-Identifier: Apache-2.0
// Lasers found from points alone: how many there are, where their head stands, who measured what; and found again in another frame.
#include "pointcloud/sensor/beam_fit.h"

#include <gtest/gtest.h>

#include <cmath>

#include "pointcloud/codec.h"
#include "pointcloud/coding/kept_sensor.h"
#include "pointcloud/sensor/beam_kept.h"
#include "tests/support/codec_suite.h"

namespace dew::test {
namespace {

constexpr size_t kLasers = 16;
constexpr double kDegree = 3.14159265358979323846 / 180;

struct Turn {
  std::vector<Vec3> points;
  std::vector<uint8_t> lasers;  ///< by elevation, from below
};

/// A head 1.3 m ahead and 1.6 m up among walls at all distances, moved by so many metres over the turn; its lasers fire across one another,
/// and some shots return nothing.
Turn turn(double moved_m, uint32_t seed) {
  Random random(seed);
  Turn result;
  constexpr int kColumns = 900;
  for (int i = 0; i < kColumns * static_cast<int>(kLasers); ++i) {
    const int column = i / static_cast<int>(kLasers);
    const size_t laser = static_cast<size_t>(i) % kLasers * 5 % kLasers;
    if (below(random, 9) == 0) continue;
    const double azimuth = -3.1 + column * (6.2 / kColumns), elevation = (-15 + 2 * static_cast<double>(laser)) * kDegree;
    const double wall = (9 + column / 53 * 7919 % 37 + 3 * std::sin(5 * azimuth)) / std::cos(elevation);
    const double range = elevation < 0 ? std::min(wall, 1.6 / -std::sin(elevation)) : wall;
    const double noise = 0.002 * static_cast<double>(below(random, 9));
    const double flat = (range + noise) * std::cos(elevation), place = static_cast<double>(i) / (kColumns * kLasers - 1.0);
    result.points.push_back(
        {1.3 + moved_m * place + flat * std::cos(azimuth), flat * std::sin(azimuth), 1.6 + (range + noise) * std::sin(elevation)});
    result.lasers.push_back(static_cast<uint8_t>(laser));
  }
  return result;
}

double share_right(const Turn& turn, const BeamFit& fit) {
  size_t right = 0;
  for (size_t i = 0; i < turn.lasers.size(); ++i) right += fit.labels[i] == turn.lasers[i];
  return static_cast<double>(right) / static_cast<double>(turn.lasers.size());
}

Cloud cloud_of(const Turn& turn) {
  std::array<std::vector<float>, 3> axes;
  for (const Vec3& p : turn.points) {
    axes[0].push_back(static_cast<float>(p.x));
    axes[1].push_back(static_cast<float>(p.y));
    axes[2].push_back(static_cast<float>(p.z));
  }
  Cloud cloud;
  cloud.points = turn.points.size();
  cloud.width = static_cast<uint32_t>(cloud.points);
  cloud.fields = {floats("x", axes[0]), floats("y", axes[1]), floats("z", axes[2])};
  return cloud;
}

TEST(BeamFit, LasersAreFoundFromTheCycleInWhichTheyFire) {
  const Turn frame = turn(1.0, 1);
  const auto fit = fit_beams(frame.points, {});
  ASSERT_TRUE(fit);
  EXPECT_EQ(fit->beams.labels(), kLasers);
  EXPECT_GT(share_right(frame, *fit), 0.99);
  EXPECT_NEAR(fit->beams.heads[0].origin[2], 1.6, 0.05);
}

TEST(BeamFit, LasersOfAnotherFrameAreFoundAtAnotherSpeed) {
  const Turn first = turn(1.0, 1);
  const auto fit = fit_beams(first.points, {});
  ASSERT_TRUE(fit);
  const auto kept = kept_beams(first.points, *fit);
  ASSERT_TRUE(kept);
  for (const double moved : {0.0, 0.4, 2.1, -0.7}) {
    const Turn next = turn(moved, 2);
    const auto again = fit_by_kept(next.points, *kept);
    ASSERT_TRUE(again) << moved;
    EXPECT_EQ(again->beams.labels(), kLasers);
    EXPECT_GT(share_right(next, *again), 0.99) << moved;
    EXPECT_NEAR(again->beams.heads[0].motion[0], moved, 0.1);
  }
}

TEST(BeamFit, OtherPointsAreNotMistakenForKnownLasers) {
  const Turn frame = turn(1.0, 1);
  const auto fit = fit_beams(frame.points, {});
  ASSERT_TRUE(fit);
  const auto kept = kept_beams(frame.points, *fit);
  ASSERT_TRUE(kept);
  Random random(5);
  std::vector<Vec3> noise;
  const auto metres = [&] { return static_cast<double>(below(random, 40000)) * 1e-3 - 20; };
  for (int i = 0; i < 5000; ++i) noise.push_back({metres(), metres(), metres() / 4});
  EXPECT_FALSE(fit_by_kept(noise, *kept));
  EXPECT_FALSE(fit_by_kept(noise, {}));
  KeptBeams two_heads = *kept;
  two_heads.heads.push_back(kept->heads[0]);
  EXPECT_FALSE(fit_by_kept(std::vector<Vec3>(3000, {1, 2, 3}), two_heads));
}

TEST(BeamFit, AKeptSensorHoldsThemAndCostsNoBits) {
  EncodeOptions options = within(0.001);
  const Cloud second = cloud_of(turn(0.3, 2));
  const Result<Encoded> first = encode(cloud_of(turn(1.0, 1)), options);
  const Result<Encoded> alone = encode(second, options);
  ASSERT_TRUE(first.ok() && alone.ok());
  const Result<KeptSensor> sensor = read_sensor(first->sensor);
  ASSERT_TRUE(sensor.ok());
  ASSERT_TRUE(sensor->beams);
  options.sensor = first->sensor;
  const Result<Encoded> known = encode(second, options);
  ASSERT_TRUE(known.ok()) << known.error().message;
  EXPECT_LT(static_cast<double>(known->bytes.size()), 1.02 * static_cast<double>(alone->bytes.size()));
}

}  // namespace
}  // namespace dew::test
