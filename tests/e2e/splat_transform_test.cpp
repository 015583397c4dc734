// SPDX-License-Identifier: Apache-2.0
// Files of splat-transform read by dew, and the other way round. `make peers` installs it; without it these tests skip.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>

#include "gaussians/io/ply.h"
#include "tests/e2e/run_dew.h"

namespace dew::e2e {
namespace {

const std::string kTool = std::string(DEW_SOURCE_DIR) + "/build/peers/node_modules/@playcanvas/splat-transform/bin/cli.mjs";

Splats random_scene(size_t count, uint32_t degree) {
  std::mt19937_64 random(17);
  const auto fill = [&](std::vector<float>& values, double low, double high) {
    for (float& value : values) value = static_cast<float>(low + (high - low) * static_cast<double>(random() % 1000003) / 1000003);
  };
  Splats splats;
  splats.sh_degree = degree;
  splats.resize(count);
  fill(splats.position, -3, 3);
  fill(splats.log_scale, -7, -1);
  fill(splats.rotation, -1, 1);
  fill(splats.opacity_logit, -4, 4);
  fill(splats.dc, -1.5, 1.5);
  fill(splats.sh, -0.5, 0.5);
  return splats;
}

/// 1 for quaternions that turn an ellipsoid alike: a half turn about one of its own axes makes no difference.
double same_ellipsoid(const float* a, const float* b) {
  const double w = b[0], x = b[1], y = b[2], z = b[3];
  const double turned[4][4] = {{w, x, y, z}, {-x, w, z, -y}, {-y, -z, w, x}, {-z, y, -x, w}};
  double best = 0;
  for (const auto& q : turned) {
    double dot = 0, aa = 0, bb = 0;
    for (size_t c = 0; c < 4; ++c) dot += a[c] * q[c], aa += double{a[c]} * a[c], bb += q[c] * q[c];
    best = std::fmax(best, std::fabs(dot) / std::sqrt(aa * bb));
  }
  return best;
}

class SplatTransform : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kTool)) GTEST_SKIP() << "no splat-transform; `make peers` installs it";
    if (scratch.shell("node --version").exit_code != 0) GTEST_SKIP() << "no node";
    const Bytes file = *write_splat_ply(scene);
    scratch.write("scene.ply", std::string(as_text(file)));
  }
  void other(const std::string& in, const std::string& out) const {
    const Ran ran = scratch.shell("node '" + kTool + "' -w -g cpu " + in + " " + out);
    ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  }
  void ours(const std::string& in, const std::string& out) const {
    const Ran ran = scratch.dew({"convert", "--force", in, out});
    ASSERT_EQ(ran.exit_code, 0) << ran.err;
  }
  Splats read(const std::string& name) const {
    const std::string text = scratch.read(name);
    const auto splats = read_splat_ply(as_bytes(text), {});
    EXPECT_TRUE(splats.ok()) << splats.error().message;
    return splats.ok() ? *splats : Splats{};
  }
  /// Two .ply files of one scene; both programs may have sorted it. Positions are compared exactly enough to order by them.
  void expect_same(const std::string& a_name, const std::string& b_name, double tolerance) const {
    const Splats a = read(a_name), b = read(b_name);
    ASSERT_EQ(a.count(), b.count());
    ASSERT_EQ(a.sh_degree, b.sh_degree);
    const auto far = [](const std::vector<float>& x, const std::vector<float>& y) {
      double most = 0;
      for (size_t i = 0; i < x.size(); ++i) most = std::fmax(most, std::fabs(double{x[i]} - y[i]));
      return most;
    };
    EXPECT_LE(far(a.position, b.position), tolerance);
    EXPECT_LE(far(a.log_scale, b.log_scale), tolerance);
    EXPECT_LE(far(a.dc, b.dc), tolerance);
    EXPECT_LE(far(a.sh, b.sh), tolerance);
    EXPECT_LE(far(a.opacity_logit, b.opacity_logit), 10 * tolerance);
    for (size_t i = 0; i < a.count(); ++i) {
      ASSERT_GE(same_ellipsoid(&a.rotation[4 * i], &b.rotation[4 * i]), 1 - tolerance) << i;
    }
  }

  const Scratch scratch;
  const Splats scene = random_scene(1500, 2);
};

// Each reads the same file, whoever wrote it: both must find the same values in it.
TEST_F(SplatTransform, BothReadTheSameValuesFromWhatDewWrites) {
  for (const std::string name : {"dew.compressed.ply", "dew.splat", "dew.sog"}) {
    ours("scene.ply", name);
    ours(name, "by_dew.ply");
    other(name, "by_other.ply");
    expect_same("by_dew.ply", "by_other.ply", name == "dew.splat" ? 0.02 : 2e-4);
  }
}

TEST_F(SplatTransform, BothReadTheSameValuesFromWhatItWrites) {
  for (const std::string name : {"other.compressed.ply", "other.sog"}) {
    other("scene.ply", name);
    ours(name, "by_dew.ply");
    other(name, "by_other.ply");
    expect_same("by_dew.ply", "by_other.ply", 2e-4);
  }
}

// It writes .glb and reads none.
TEST_F(SplatTransform, ItsGlbHasTheAxesAndActivationsThatDewTakes) {
  other("scene.ply", "other.glb");
  ours("other.glb", "by_dew.ply");
  expect_same("scene.ply", "by_dew.ply", 1e-5);
}

// It leaves .spz in the axes of the .ply, dew turns them as the format's own library does: half a turn about x lies between the two.
TEST_F(SplatTransform, SpzDiffersByTheTurnOfItsAxesAlone) {
  other("scene.ply", "other.spz");
  ours("other.spz", "by_dew.ply");
  other("other.spz", "by_other.ply");
  const Splats a = read("by_dew.ply"), b = read("by_other.ply");
  ASSERT_EQ(a.count(), b.count());
  for (size_t i = 0; i < a.count(); ++i) {
    EXPECT_NEAR(a.position[3 * i], b.position[3 * i], 1e-5);
    EXPECT_NEAR(a.position[3 * i + 1], -b.position[3 * i + 1], 1e-5);
    EXPECT_NEAR(a.position[3 * i + 2], -b.position[3 * i + 2], 1e-5);
    for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(a.dc[3 * i + c], b.dc[3 * i + c], 1e-5);
  }
}

}  // namespace
}  // namespace dew::e2e
