// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "io_support.h"
#include "pointcloud/io/ply.h"

namespace dew {
namespace {

using test::Random;

constexpr PlyEncoding kEncodings[] = {PlyEncoding::ascii, PlyEncoding::binary_little_endian, PlyEncoding::binary_big_endian};

TEST(Ply, AnyFieldsComeBackInEveryEncoding) {
  Random random(1);
  for (int round = 0; round < 150; ++round) {
    Cloud cloud = test::random_cloud(random, test::below(random, 40), false, false, false);
    const PlyEncoding encoding = kEncodings[round % 3];
    const Bytes file = *write_ply(cloud, encoding);
    const auto back = read_ply(file, {});
    ASSERT_TRUE(back.ok()) << back.error().message;
    ASSERT_TRUE(test::consistent(*back));
    EXPECT_EQ(field_specs(*back), field_specs(cloud));
    if (encoding != PlyEncoding::ascii) {
      EXPECT_EQ(back->fields, cloud.fields);
    }
    EXPECT_EQ(*write_ply(*back), file) << "an untouched cloud gives its own file again";
  }
}

TEST(Ply, BigEndianIsTheSameNumbersTurned) {
  std::string text = "ply\nformat binary_big_endian 1.0\nelement vertex 1\nproperty ushort a\nproperty float b\nend_header\n";
  text.append("\x01\x02\x3f\x80\x00\x00", 6);
  const Bytes file = test::to_bytes(text);
  const auto cloud = read_ply(file, {});
  ASSERT_TRUE(cloud.ok()) << cloud.error().message;
  EXPECT_EQ(cloud->find("a")->values<uint16_t>()[0], 0x0102);
  EXPECT_EQ(cloud->find("b")->values<float>()[0], 1.0f);
  EXPECT_TRUE(cloud->source.trailer.empty());
  EXPECT_EQ(*write_ply(*cloud), file);
}

TEST(Ply, KeepsCommentsAndFaces) {
  std::string text =
      "ply\r\nformat binary_little_endian 1.0\r\ncomment made elsewhere\nobj_info 7\nelement vertex 2\nproperty float32 x\nproperty uint8 "
      "red\n"
      "element face 1\nproperty list uchar int vertex_indices\nend_header\n";
  text.append(10, 'v').append(
      "\x02"
      "ffffffff");
  const Bytes file = test::to_bytes(text);
  const auto cloud = read_ply(file, {});
  ASSERT_TRUE(cloud.ok()) << cloud.error().message;
  EXPECT_EQ(cloud->points, 2u);
  EXPECT_EQ(cloud->source.trailer.size(), 9u);
  EXPECT_EQ(*write_ply(*cloud), file);
  const Cloud ascii = *read_ply(*write_ply(*cloud, PlyEncoding::ascii), {});
  EXPECT_EQ(ascii.fields, cloud->fields);
  EXPECT_TRUE(ascii.source.trailer.empty()) << "binary faces have no place in a new text file";
}

TEST(Ply, SplitsSeveralValuesAndWidensWhatItCannotName) {
  Random random(2);
  Cloud cloud;
  cloud.points = 2;
  cloud.fields.push_back({"n", FieldType::i64, 2, Bytes(32)});
  const int64_t values[] = {1, -2, 3, int64_t{1} << 53};
  std::memcpy(cloud.fields[0].data.data(), values, 32);
  const Cloud back = *read_ply(*write_ply(cloud), {});
  ASSERT_EQ(back.fields.size(), 2u);
  EXPECT_EQ(back.find("n_0")->values<double>()[1], 3.0);
  EXPECT_EQ(back.find("n_1")->values<double>()[0], -2.0);
  cloud.fields[0].values<int64_t>()[3] += 1;
  EXPECT_EQ(write_ply(cloud).error().code, Code::unsupported_feature) << "2^53 + 1 is no double";
}

TEST(Ply, RefusesWhatItCannotKeep) {
  const std::string begin = "ply\nformat ascii 1.0\n";
  const std::pair<const char*, Code> kCases[] = {
      {"element face 1\nproperty list uchar int i\nelement vertex 1\nproperty float x\nend_header\n3 1 2 3\n1\n",
       Code::unsupported_feature},
      {"element vertex 1\nproperty list uchar int i\nend_header\n1 1\n", Code::unsupported_feature},
      {"element vertex 1\nproperty quad x\nend_header\n1\n", Code::unsupported_feature},
      {"element vertex 1\nend_header\n1\n", Code::unsupported_feature},
      {"element vertex x\nproperty float x\nend_header\n1\n", Code::corrupt},
      {"property float x\nelement vertex 1\nend_header\n1\n", Code::corrupt},
      {"element vertex 1\nproperty float\nend_header\n1\n", Code::corrupt},
      {"end_header\n", Code::corrupt},
      {"element vertex 2\nproperty float x\nend_header\n1\n", Code::truncated},
      {"element vertex 2\nproperty float x\n", Code::truncated},
  };
  for (const auto& [text, code] : kCases) {
    const auto cloud = read_ply(test::to_bytes(begin + text), {});
    ASSERT_FALSE(cloud.ok()) << text;
    EXPECT_EQ(cloud.error().code, code) << text << cloud.error().message;
  }
}

TEST(Ply, RefusesEveryTruncationAndSurvivesEveryDamagedByte) {
  Random random(3);
  const Cloud cloud = test::random_cloud(random, 9, false, false, false);
  for (const PlyEncoding encoding : kEncodings) {
    const Bytes file = *write_ply(cloud, encoding);
    const size_t sure = encoding == PlyEncoding::ascii ? 25 : 0;
    for (size_t size = 0; size < file.size(); ++size) {
      const auto part = read_ply(ByteSpan(file).first(size), {});
      if (size + sure < file.size()) {
        EXPECT_FALSE(part.ok()) << size << " of " << file.size();
      }
      if (part.ok()) {
        EXPECT_TRUE(test::consistent(*part));
      }
      for (const int flip : {1, 0x80, 0xff}) {
        Bytes damaged = file;
        damaged[size] ^= static_cast<std::byte>(flip);
        const auto other = read_ply(damaged, {});
        if (other.ok()) {
          EXPECT_TRUE(test::consistent(*other));
        }
      }
    }
  }
}

}  // namespace
}  // namespace dew
