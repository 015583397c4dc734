// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "io_support.h"
#include "pointcloud/io/lzf.h"
#include "pointcloud/io/pcd.h"

namespace dew {
namespace {

using test::Random;

constexpr PcdEncoding kEncodings[] = {PcdEncoding::ascii, PcdEncoding::binary, PcdEncoding::binary_compressed};

bool is_nan_at(const Field& field, size_t value) {
  if (field.type == FieldType::f32) return std::isnan(field.values<float>()[value]);
  return field.type == FieldType::f64 && std::isnan(field.values<double>()[value]);
}

/// Equal bits, but for the payloads of NaNs, which text does not carry.
void expect_equal_but_payloads(const Cloud& a, const Cloud& b) {
  ASSERT_EQ(field_specs(a), field_specs(b));
  for (size_t f = 0; f < a.fields.size(); ++f) {
    const size_t bytes = field_type_size(a.fields[f].type);
    for (size_t i = 0; i * bytes < a.fields[f].data.size(); ++i) {
      if (is_nan_at(a.fields[f], i) && is_nan_at(b.fields[f], i)) continue;
      ASSERT_EQ(std::memcmp(a.fields[f].data.data() + i * bytes, b.fields[f].data.data() + i * bytes, bytes), 0);
    }
  }
}

TEST(Pcd, AnyFieldsComeBackInEveryEncoding) {
  Random random(1);
  for (int round = 0; round < 150; ++round) {
    Cloud cloud = test::random_cloud(random, test::below(random, 40), false);
    const PcdEncoding encoding = kEncodings[round % 3];
    const Bytes file = *write_pcd(cloud, encoding);
    const auto back = read_pcd(file, {});
    ASSERT_TRUE(back.ok()) << back.error().message;
    ASSERT_TRUE(test::consistent(*back));
    if (encoding == PcdEncoding::ascii) {
      expect_equal_but_payloads(cloud, *back);
    } else {
      EXPECT_EQ(back->fields, cloud.fields);
    }
    EXPECT_EQ(*write_pcd(*back), file) << "an untouched cloud gives its own file again";
  }
}

TEST(Pcd, KeepsHeaderTrailerAndShapeOfABinaryFile) {
  const std::string header =
      "# made elsewhere\r\n# .PCD v0.7\nVERSION .7\nFIELDS x _ rgb\nSIZE 4 1 4\nTYPE F U F\nCOUNT 1 5 1\nWIDTH 2\nHEIGHT 3\n"
      "VIEWPOINT 1 2 3 1 0 0 0\nPOINTS 6\nDATA binary\r\n";
  Random random(2);
  Bytes file = test::to_bytes(header);
  const Bytes body = test::random_bytes(random, 6 * 13 + 1000);
  file.insert(file.end(), body.begin(), body.end());
  const auto cloud = read_pcd(file, {});
  ASSERT_TRUE(cloud.ok()) << cloud.error().message;
  EXPECT_EQ(cloud->width, 2u);
  EXPECT_EQ(cloud->height, 3u);
  EXPECT_EQ(cloud->points, 6u);
  EXPECT_EQ(as_text(cloud->source.header), header);
  EXPECT_EQ(cloud->source.trailer.size(), 1000u);
  EXPECT_EQ(cloud->source.record_bytes, 13u);
  EXPECT_EQ(cloud->source.field_offsets, (std::vector<uint32_t>{0, 4, 9}));
  EXPECT_EQ(*write_pcd(*cloud), file);
}

TEST(Pcd, WritesANewHeaderWhenTheCloudChanged) {
  Random random(3);
  const Cloud original = *read_pcd(*write_pcd(test::random_cloud(random, 20, false), PcdEncoding::ascii), {});
  Cloud fewer = original;
  fewer.points = 10;
  for (Field& field : fewer.fields) field.data.resize(field.bytes_per_point() * 10);
  const auto back = read_pcd(*write_pcd(fewer), {});
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(back->points, 10u);
  EXPECT_EQ(back->fields, fewer.fields);
}

TEST(Pcd, ReadsAsciiAsOthersWriteIt) {
  const std::string text =
      "VERSION 0.7\nFIELDS x y i\nSIZE 4 8 2\nTYPE F F I\nWIDTH 4\nPOINTS 4\nDATA ascii\n"
      "  +1.5\t2e3 -7 \r\n\nnan -inf 12\n1e-60 -0 0\n0.1 0.1 32767";
  const auto cloud = read_pcd(test::to_bytes(text), {});
  ASSERT_TRUE(cloud.ok()) << cloud.error().message;
  const auto x = cloud->find("x")->values<float>();
  const auto y = cloud->find("y")->values<double>();
  const auto i = cloud->find("i")->values<int16_t>();
  EXPECT_EQ(x[0], 1.5f);
  EXPECT_TRUE(std::isnan(x[1]));
  EXPECT_EQ(x[2], 0.0f);
  EXPECT_EQ(x[3], 0.1f);
  EXPECT_EQ(y[1], -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::signbit(y[2]));
  EXPECT_EQ(i[0], -7);
  EXPECT_EQ(i[3], 32767);
}

struct BadText {
  const char* from;
  const char* to;
  Code code;
};

TEST(Pcd, RefusesBadHeadersAndLines) {
  const std::string good = "VERSION 0.7\nFIELDS x y\nSIZE 4 2\nTYPE F U\nCOUNT 1 1\nWIDTH 2\nHEIGHT 1\nPOINTS 2\nDATA ascii\n1 2\n3 4\n";
  ASSERT_TRUE(read_pcd(test::to_bytes(good), {}).ok());
  const BadText kCases[] = {{"POINTS 2", "POINTS 3", Code::corrupt},
                            {"POINTS 2", "POINTS -2", Code::corrupt},
                            {"WIDTH 2", "WIDTH 4294967296", Code::limit_exceeded},
                            {"SIZE 4 2", "SIZE 4", Code::corrupt},
                            {"SIZE 4 2", "SIZE 4 3", Code::unsupported_feature},
                            {"TYPE F U", "TYPE F X", Code::unsupported_feature},
                            {"COUNT 1 1", "COUNT 1 0", Code::unsupported_feature},
                            {"COUNT 1 1", "COUNT 1 1000000000000", Code::unsupported_feature},
                            {"COUNT 1 1", "COUNT 1 1000000", Code::unsupported_feature},
                            {"FIELDS x y", "FIELDS", Code::corrupt},
                            {"DATA ascii", "DATA zip", Code::unsupported_feature},
                            {"WIDTH 2", "BREADTH 2", Code::corrupt},
                            {"1 2", "1000", Code::corrupt},
                            {"1 2", "1 2 3", Code::corrupt},
                            {"1 2", "1 70000", Code::corrupt},
                            {"1 2", "1 -1", Code::corrupt},
                            {"1 2", "one 2", Code::corrupt},
                            {"1 2", "1e99 2", Code::corrupt},
                            {"\n3 4\n", "\n", Code::truncated}};
  for (const BadText& bad : kCases) {
    std::string text = good;
    const size_t at = text.find(bad.from);
    ASSERT_NE(at, std::string::npos);
    text.replace(at, std::string(bad.from).size(), bad.to);
    const auto cloud = read_pcd(test::to_bytes(text), {});
    ASSERT_FALSE(cloud.ok()) << bad.to;
    EXPECT_EQ(cloud.error().code, bad.code) << bad.to << ": " << cloud.error().message;
    EXPECT_LE(cloud.error().offset, text.size());
  }
}

TEST(Pcd, RefusesEveryTruncation) {
  Random random(4);
  const Cloud cloud = test::random_cloud(random, 9, false);
  for (const PcdEncoding encoding : kEncodings) {
    const Bytes file = *write_pcd(cloud, encoding);
    // The last line of text may end without its line feed, and its last number may lose digits.
    const size_t sure = encoding == PcdEncoding::ascii ? 25 : 0;
    for (size_t size = 0; size < file.size(); ++size) {
      const auto part = read_pcd(ByteSpan(file).first(size), {});
      if (size + sure < file.size()) {
        EXPECT_FALSE(part.ok()) << size << " of " << file.size();
      }
      if (part.ok()) {
        EXPECT_TRUE(test::consistent(*part));
      }
    }
  }
}

TEST(Pcd, SurvivesEveryDamagedByte) {
  Random random(5);
  const Cloud cloud = test::random_cloud(random, 9, false);
  for (const PcdEncoding encoding : kEncodings) {
    const Bytes file = *write_pcd(cloud, encoding);
    for (size_t at = 0; at < file.size(); ++at) {
      for (const int flip : {1, 0x80, 0xff}) {
        Bytes damaged = file;
        damaged[at] ^= static_cast<std::byte>(flip);
        const auto part = read_pcd(damaged, {});
        if (part.ok()) {
          EXPECT_TRUE(test::consistent(*part));
        }
      }
    }
  }
}

TEST(Pcd, NewFilesWidenHalvesAndRefuseNamesWithBlanks) {
  Cloud cloud = test::float_cloud({{"x", {1, 2}}});
  cloud.fields.push_back({"h", FieldType::f16, 1, Bytes(4)});
  cloud.fields.back().values<uint16_t>()[0] = 0x3c00;
  const Cloud back = *read_pcd(*write_pcd(cloud), {});
  EXPECT_EQ(back.find("h")->type, FieldType::f32);
  EXPECT_EQ(back.find("h")->values<float>()[0], 1.0f);
  cloud.fields[0].name = "x y";
  EXPECT_EQ(write_pcd(cloud).error().code, Code::invalid_argument);
  cloud.fields.clear();
  EXPECT_FALSE(write_pcd(cloud).ok());
}

TEST(Lzf, ComesBackAtAnyRedundancy) {
  Random random(6);
  for (int round = 0; round < 300; ++round) {
    Bytes bytes = test::random_bytes(random, test::below(random, 3000));
    const uint64_t alphabet = 1 + test::below(random, 255);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(std::to_integer<uint64_t>(byte) % alphabet);
    const Bytes packed = lzf_compress(bytes);
    EXPECT_LE(packed.size(), bytes.size() + bytes.size() / 32 + 1);
    Budget budget{DecodeLimits{}};
    const auto back = lzf_decompress(packed, bytes.size(), budget, 0);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(*back, bytes);
    EXPECT_FALSE(lzf_decompress(packed, bytes.size() + 1, budget, 0).ok());
    if (!bytes.empty()) {
      EXPECT_FALSE(lzf_decompress(packed, bytes.size() - 1, budget, 0).ok());
    }
  }
  EXPECT_LT(lzf_compress(Bytes(100000)).size(), 1200u) << "runs pack at nearly 88 to 1";
}

TEST(Lzf, ReadsTheDocumentedCodes) {
  // Literals "ab", then 5 bytes from 2 back (overlapping), then 10 bytes from 1 back.
  const Bytes packed =
      test::to_bytes(std::string("\x01"
                                 "ab\x60\x01\xe0\x01\x00",
                                 8));
  Budget budget{DecodeLimits{}};
  const auto back = lzf_decompress(packed, 17, budget, 0);
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(as_text(*back), "abababaaaaaaaaaaa");
  const Bytes before_begin =
      test::to_bytes(std::string("\x00"
                                 "a\x20\x01",
                                 4));
  EXPECT_EQ(lzf_decompress(before_begin, 4, budget, 0).error().code, Code::corrupt);
}

}  // namespace
}  // namespace dew
