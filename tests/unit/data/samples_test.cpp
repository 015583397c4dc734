// SPDX-License-Identifier: Apache-2.0
// The bundled samples are what data/README.md says they are.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "entropy/sha256.h"
#include "gaussians/io/cameras.h"
#include "gaussians/io/read_splats.h"
#include "pointcloud/io/lrf.h"
#include "pointcloud/io/pcd.h"

namespace dew {
namespace {

const std::filesystem::path kSamples = std::filesystem::path(DEW_SOURCE_DIR) / "data/samples";

Bytes file_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const ByteSpan bytes = as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

std::vector<float> file_floats(const std::string& name) {
  const Bytes bytes = file_bytes(kSamples / name);
  std::vector<float> values(bytes.size() / 4);
  std::memcpy(values.data(), bytes.data(), 4 * values.size());
  return values;
}

TEST(Samples, StayBelowFourMebibytes) {
  uintmax_t total = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kSamples))
    if (entry.is_regular_file()) total += entry.file_size();
  EXPECT_GT(total, 1u << 20);
  EXPECT_LT(total, 4u << 20);
}

TEST(Samples, AreTheFilesThatTheReadmeNames) {
  const Bytes readme = file_bytes(kSamples.parent_path() / "README.md");
  size_t samples = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kSamples)) {
    if (!entry.is_regular_file()) continue;
    std::string line(1, '`');
    line.append(entry.path().lexically_relative(kSamples).string()).append(1, '`');
    const size_t at = as_text(readme).find(line);
    ASSERT_NE(at, std::string_view::npos) << line;
    const std::string_view row = as_text(readme).substr(at, as_text(readme).find('\n', at) - at);
    EXPECT_NE(row.find(to_hex(sha256(file_bytes(entry.path())))), std::string_view::npos) << line;
    ++samples;
  }
  EXPECT_EQ(samples, 8u);
}

TEST(Samples, KittiRawIsOnTheMillimetreGrid) {
  const std::vector<float> values = file_floats("kitti_raw.bin");
  ASSERT_GT(values.size(), 4 * 100000u);
  ASSERT_EQ(values.size() % 4, 0u);
  for (size_t i = 0; i < values.size(); ++i) {
    if (i % 4 == 3) continue;
    ASSERT_EQ(values[i], static_cast<float>(static_cast<double>(std::llround(1000.0 * static_cast<double>(values[i]))) / 1000.0));
  }
}

TEST(Samples, KittiOdometryIsNotOnTheGrid) {
  const std::vector<float> values = file_floats("kitti_odometry.bin");
  ASSERT_GT(values.size(), 4 * 40000u);
  size_t off = 0;
  for (size_t i = 0; i < values.size(); i += 4) {
    const double millimetres = 1000.0 * static_cast<double>(values[i]);
    off += std::abs(millimetres - std::round(millimetres)) > 0.1;
  }
  EXPECT_GT(off, values.size() / 4 / 2);
}

TEST(Samples, NuscenesIsWholeColumnsOf32Rings) {
  const std::vector<float> values = file_floats("nuscenes.bin");
  ASSERT_EQ(values.size() % (5 * 32), 0u);
  ASSERT_GT(values.size(), 5 * 30000u);
  for (size_t point = 0; point < values.size() / 5; ++point) ASSERT_EQ(values[5 * point + 4], static_cast<float>(point % 32));
}

TEST(Samples, LrfFilesAreRead) {
  const struct {
    const char* name;
    uint32_t lasers, tick_um;
  } expected[] = {{"vlp16_indoor.lrf", 16, 2000}, {"os1_128_street.lrf", 128, 8000}};
  for (const auto& [name, lasers, tick_um] : expected) {
    auto scan = read_lrf(file_bytes(kSamples / name), {});
    ASSERT_TRUE(scan.ok()) << name;
    EXPECT_EQ(scan->lasers, lasers);
    EXPECT_EQ(scan->tick_um, tick_um);
    const auto none = std::count(scan->range.begin(), scan->range.end(), 0u);
    EXPECT_GT(none, 0);
    EXPECT_LT(static_cast<size_t>(none), scan->range.size() / 2);
  }
}

TEST(Samples, OrganisedPcdKeepsItsNoReturns) {
  auto cloud = read_pcd(file_bytes(kSamples / "xt32_organised.pcd"), {});
  ASSERT_TRUE(cloud.ok());
  EXPECT_EQ(cloud->height, 32u);
  EXPECT_EQ(cloud->points, uint64_t{cloud->width} * cloud->height);
  size_t nans = 0;
  for (const float x : cloud->find("x")->values<float>()) nans += std::isnan(x);
  EXPECT_GT(nans, 0u);
}

TEST(Samples, SplatSceneHasDegreeThreeAndCameras) {
  auto scene = read_splats(file_bytes(kSamples / "splat_object/scene.ply"), {});
  ASSERT_TRUE(scene.ok()) << scene.error().message;
  EXPECT_EQ(scene->splats.count(), 1100u);
  EXPECT_EQ(scene->splats.sh_degree, 3u);
  EXPECT_TRUE(check_shape(scene->splats).ok());
  auto cameras = read_cameras(file_bytes(kSamples / "splat_object/cameras.json"), {});
  ASSERT_TRUE(cameras.ok()) << cameras.error().message;
  EXPECT_EQ(cameras->size(), 30u);
}

}  // namespace
}  // namespace dew
