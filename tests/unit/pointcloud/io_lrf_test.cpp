// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "io_support.h"
#include "pointcloud/io/lrf.h"

namespace dew {
namespace {

using test::Random;

TEST(Lrf, AnyScanComesBack) {
  Random random(1);
  for (const uint32_t columns : {0u, 1u, 2u, 17u}) {
    for (const uint32_t lasers : {0u, 1u, 32u}) {
      for (const uint32_t range_bytes : {2u, 4u}) {
        const Scan scan = test::random_scan(random, columns, lasers, range_bytes);
        const Bytes file = *write_lrf(scan);
        EXPECT_EQ(file.size(), 32u + columns * 6u + columns * lasers * (range_bytes + 1));
        const auto back = read_lrf(file, {});
        ASSERT_TRUE(back.ok()) << back.error().message;
        EXPECT_EQ(*back, scan);
        EXPECT_EQ(*write_lrf(*back), file);
      }
    }
  }
}

TEST(Lrf, RefusesEveryTruncationAndAnExtraByte) {
  Random random(2);
  Bytes file = *write_lrf(test::random_scan(random, 5, 4, 2));
  for (size_t size = 0; size < file.size(); ++size) {
    const auto part = read_lrf(ByteSpan(file).first(size), {});
    ASSERT_FALSE(part.ok()) << size;
    EXPECT_EQ(part.error().code, Code::truncated);
  }
  file.push_back(std::byte{0});
  EXPECT_EQ(read_lrf(file, {}).error().code, Code::corrupt);
}

TEST(Lrf, RefusesBadHeadersAndSurvivesEveryDamagedByte) {
  Random random(3);
  const Bytes file = *write_lrf(test::random_scan(random, 5, 4, 4));
  for (size_t at = 0; at < file.size(); ++at) {
    Bytes damaged = file;
    damaged[at] ^= std::byte{1};
    const auto scan = read_lrf(damaged, {});
    // Magic, columns, lasers, range width and planes rule out all other values.
    if (at < 20 || (at >= 24 && at < 28)) {
      EXPECT_FALSE(scan.ok()) << at;
    } else {
      ASSERT_TRUE(scan.ok()) << at;
    }
    if (scan.ok()) {
      EXPECT_EQ(*write_lrf(*scan), damaged);
    }
  }
}

TEST(Lrf, WriterRefusesScansThatDoNotFit) {
  Random random(4);
  Scan scan = test::random_scan(random, 5, 4, 2);
  scan.range[7] = 65536;
  EXPECT_EQ(write_lrf(scan).error().code, Code::invalid_argument);
  scan.range_bytes = 3;
  EXPECT_FALSE(write_lrf(scan).ok());
  scan.range_bytes = 4;
  EXPECT_TRUE(write_lrf(scan).ok());
  scan.range.pop_back();
  EXPECT_FALSE(write_lrf(scan).ok());
}

}  // namespace
}  // namespace dew
