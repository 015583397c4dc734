// SPDX-License-Identifier: Apache-2.0
// Other people's files, from a folder that is not part of the repository; skipped where it is not there.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "io_support.h"
#include "pointcloud/io/lrf.h"
#include "pointcloud/io/pcd.h"
#include "pointcloud/io/ply.h"
#include "pointcloud/io/read_cloud.h"
#include "pointcloud/io/write_cloud.h"

namespace dew {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(DEW_SHARED_DATA) / "lidar";

std::vector<fs::path> files_with(const std::string& extension) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(kFolder)) {
    if (entry.path().extension() == extension) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// The layouts that content does not tell.
std::string fields_for(const fs::path& path) {
  const std::string folder = path.parent_path().filename();
  if (folder == "argoverse2") return "x:f16,y:f16,z:f16,intensity:u8,laser:u8,offset_ns:i32";
  if (folder == "roadside_rs80") return "x:f16,y:f16,z:f16";
  return "";
}

TEST(SharedData, BinaryFilesComeBackByteForByte) {
  if (!fs::exists(kFolder)) GTEST_SKIP() << kFolder << " is not there";
  size_t files = 0;
  for (const char* extension : {".bin", ".pcd", ".las", ".lrf"}) {
    for (const fs::path& path : files_with(extension)) {
      const Bytes file = test::read_whole_file(path);
      const auto input = read_cloud(file, {fields_for(path)}, {});
      ASSERT_TRUE(input.ok()) << path << ": " << input.error().message;
      ++files;
      if (const Scan* scan = std::get_if<Scan>(&input->content)) {
        EXPECT_TRUE(*write_lrf(*scan) == file) << path;
        continue;
      }
      const Cloud& cloud = std::get<Cloud>(input->content);
      EXPECT_TRUE(test::consistent(cloud)) << path;
      const Bytes again = *write_cloud(cloud, cloud.source.format);
      const bool compressed = cloud.source.format == CloudFormat::pcd && cloud.source.record_bytes == 0;
      if (compressed) {
        EXPECT_EQ(read_pcd(again, {})->fields, cloud.fields) << path;
      } else {
        EXPECT_TRUE(again == file) << path;
      }
    }
  }
  EXPECT_GE(files, 50u);
}

TEST(SharedData, LayoutsAreRecognised) {
  if (!fs::exists(kFolder)) GTEST_SKIP() << kFolder << " is not there";
  for (const fs::path& path : files_with(".bin")) {
    const std::string folder = path.parent_path().filename();
    const auto input = read_cloud(test::read_whole_file(path), {}, {});
    if (!fields_for(path).empty()) {
      ASSERT_FALSE(input.ok()) << path;
      EXPECT_NE(input.error().message.find("--fields"), std::string::npos);
      continue;
    }
    ASSERT_TRUE(input.ok()) << path << ": " << input.error().message;
    const bool five = folder == "nuscenes_lizip" || folder == "argoverse_lizip";
    EXPECT_EQ(std::get<Cloud>(input->content).fields.size(), five ? 5u : 4u) << path << input->note;
  }
}

TEST(SharedData, ConversionsKeepEveryField) {
  if (!fs::exists(kFolder)) GTEST_SKIP() << kFolder << " is not there";
  for (const fs::path& path : files_with(".pcd")) {
    const Cloud cloud = std::get<Cloud>(read_cloud(test::read_whole_file(path), {}, {})->content);
    for (const PcdEncoding encoding : {PcdEncoding::ascii, PcdEncoding::binary, PcdEncoding::binary_compressed}) {
      EXPECT_EQ(read_pcd(*write_pcd(cloud, encoding), {})->fields, cloud.fields) << path;
    }
    for (const PlyEncoding encoding : {PlyEncoding::ascii, PlyEncoding::binary_big_endian, PlyEncoding::binary_little_endian}) {
      EXPECT_EQ(read_ply(*write_ply(cloud, encoding), {})->fields, cloud.fields) << path;
    }
    const Bytes records = *write_cloud(cloud, CloudFormat::records);
    const auto back = read_cloud(records, {fields_text(field_specs(cloud))}, {});
    EXPECT_EQ(std::get<Cloud>(back->content).fields, cloud.fields) << path;
  }
}

TEST(WriteCloud, TakesTheFormatFromTheName) {
  EXPECT_EQ(*format_for_path("a/b.PCD", CloudFormat::none), CloudFormat::pcd);
  EXPECT_EQ(*format_for_path("b.ply", CloudFormat::pcd), CloudFormat::ply);
  EXPECT_EQ(*format_for_path("b.x/c", CloudFormat::pcd), CloudFormat::pcd);
  EXPECT_EQ(*format_for_path("-", CloudFormat::none), CloudFormat::records);
  EXPECT_EQ(*format_for_path("b.bin", CloudFormat::ply), CloudFormat::records);
  EXPECT_FALSE(format_for_path("b.lrf", CloudFormat::pcd).ok());
}

TEST(ReadCloud, NamesWhatItDoesNotRead) {
  const Bytes pcap = test::to_bytes(std::string("\xd4\xc3\xb2\xa1\0\0\0\0", 8));
  EXPECT_EQ(detect_file_kind(pcap), FileKind::pcap);
  EXPECT_EQ(read_cloud(pcap, {}, {}).error().code, Code::truncated) << "read as a capture";
  EXPECT_EQ(detect_file_kind(test::to_bytes("LASF....")), FileKind::las);
  EXPECT_TRUE(read_cloud(pcap, {"a:u64"}, {}).ok()) << "--fields reads any bytes as records";
}

}  // namespace
}  // namespace dew
