// SPDX-License-Identifier: Apache-2.0
// Headers that ask for more than their file can hold must be refused before anything of that size is allocated.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include "io_support.h"
#include "pointcloud/io/lrf.h"
#include "pointcloud/io/lzf.h"
#include "pointcloud/io/read_cloud.h"

namespace {
std::atomic<size_t> largest_allocation{0};
}  // namespace

void* operator new(size_t size) {
  size_t seen = largest_allocation.load();
  while (size > seen && !largest_allocation.compare_exchange_weak(seen, size)) {
  }
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace dew {
namespace {

size_t largest_while_refusing(const Bytes& file) {
  largest_allocation = 0;
  const auto input = read_cloud(file, {}, {});
  EXPECT_FALSE(input.ok());
  return largest_allocation;
}

TEST(HostileHeader, PointsBeyondTheFileAllocateNothing) {
  for (const char* data : {"ascii", "binary", "binary_compressed"}) {
    for (const char* shape : {"WIDTH 4294967295\nHEIGHT 268435456\nPOINTS 1152921500338356224", "WIDTH 100000000\nHEIGHT 1"}) {
      const std::string text =
          std::string("VERSION 0.7\nFIELDS x\nSIZE 4\nTYPE F\nCOUNT 1\n") + shape + "\nDATA " + data + "\n0 0 0 0 0 0 0 0 0 0 0 0";
      EXPECT_LT(largest_while_refusing(test::to_bytes(text)), 4096u) << data << shape;
    }
  }
  for (const char* format : {"ascii", "binary_little_endian", "binary_big_endian"}) {
    const std::string text =
        std::string("ply\nformat ") + format + " 1.0\nelement vertex 1152921504606846976\nproperty double x\nend_header\n0 0 0 0 0 0";
    EXPECT_LT(largest_while_refusing(test::to_bytes(text)), 4096u) << format;
  }
}

TEST(HostileHeader, ColumnsBeyondTheFileAllocateNothing) {
  for (const uint32_t columns : {0xffffffffu, 0x40000000u, 1000000u}) {
    for (const uint32_t lasers : {0xffffffffu, 0x40000000u, 32u}) {
      ByteWriter writer;
      writer.bytes(as_bytes("LRFRAME1"));
      for (const uint32_t word : {columns, lasers, 4u, 2000u, 1u, 36000u}) writer.u32(word);
      writer.bytes(Bytes(100));
      EXPECT_LT(largest_while_refusing(writer.take()), 4096u);
    }
  }
}

TEST(HostileHeader, CompressedSizeBeyondReachAllocatesNothing) {
  ByteWriter writer;
  writer.bytes(as_bytes("VERSION 0.7\nFIELDS x\nSIZE 4\nTYPE F\nWIDTH 1000000\nDATA binary_compressed\n"));
  writer.u32(30000);
  writer.u32(4000000);
  writer.bytes(Bytes(30000));
  EXPECT_LT(largest_while_refusing(writer.take()), 5000000u) << "reachable by 88 to 1: the cloud is allocated, then refused";

  Budget budget{DecodeLimits{}};
  const Bytes packed(100);
  largest_allocation = 0;
  EXPECT_FALSE(lzf_decompress(packed, 1000000, budget, 0).ok());
  EXPECT_LT(largest_allocation, 4096u);
}

TEST(HostileHeader, EndlessHeadersAreRefusedEarly) {
  for (const char* begin : {"VERSION 0.7\nFIELDS", "ply\nformat ascii 1.0\nelement vertex 1\n"}) {
    std::string text = begin;
    while (text.size() < 10000000) text += text[0] == 'p' ? "property float x\n" : " x";
    const Bytes file = test::to_bytes(text);
    EXPECT_LT(largest_while_refusing(file), 2000000u);
    EXPECT_EQ(read_cloud(file, {}, {}).error().code, Code::corrupt);
  }
}

TEST(HostileHeader, LimitsOfTheCallerHold) {
  test::Random random(1);
  const Bytes file = *write_lrf(test::random_scan(random, 100, 32, 2));
  DecodeLimits limits;
  limits.elements = 3000;
  EXPECT_EQ(read_lrf(file, limits).error().code, Code::limit_exceeded);
  limits = {};
  limits.memory_bytes = 3000;
  EXPECT_EQ(read_lrf(file, limits).error().code, Code::out_of_memory);
}

}  // namespace
}  // namespace dew
