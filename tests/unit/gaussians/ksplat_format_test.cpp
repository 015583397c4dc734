// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "gaussians/io/ksplat.h"
#include "io_support.h"

namespace dew {
namespace {

using namespace test;

template <class T>
void set(Bytes& bytes, size_t at, T value) {
  std::memcpy(&bytes[at], &value, sizeof value);
}

/// One section of 5 splats in a full bucket of 2 and two partial ones of 2 and 1, whose centres are 10, 20 and 30 on x.
Bytes file_with(uint16_t compression, uint16_t degree) {
  Bytes head(4096 + 1024);
  set<uint8_t>(head, 1, 1);
  for (const size_t at : {4u, 8u}) set<uint32_t>(head, at, 1);  // sections
  set<uint32_t>(head, 16, 5);
  set<uint16_t>(head, 20, compression);
  set<float>(head, 36, -2);
  set<float>(head, 40, 2);
  constexpr size_t kSection = 4096;
  set<uint32_t>(head, kSection, 5);
  set<uint32_t>(head, kSection + 4, 6);  // room for one more
  set<uint32_t>(head, kSection + 8, 2);
  set<uint32_t>(head, kSection + 12, 3);
  set<float>(head, kSection + 16, 8);  // a block of 8 units
  set<uint16_t>(head, kSection + 20, 12);
  set<uint32_t>(head, kSection + 24, compression == 0 ? 1 : 32767);
  set<uint32_t>(head, kSection + 32, 1);
  set<uint32_t>(head, kSection + 36, 2);
  set<uint16_t>(head, kSection + 40, degree);
  ByteWriter writer;
  writer.bytes(head);
  writer.u32(2);
  writer.u32(1);
  for (const float x : {10.0f, 20.0f, 30.0f}) {
    writer.f32(x);
    writer.f32(0);
    writer.f32(0);
  }
  constexpr uint16_t kHalfOne = 0x3c00, kHalfTwo = 0x4000;
  for (uint16_t i = 0; i < 6; ++i) {
    if (compression == 0) {
      for (const float value : {static_cast<float>(i), 0.0f, -1.0f, 1.0f, 2.0f, 0.0f, 1.0f, 0.0f, 0.0f, 2.0f}) writer.f32(value);
    } else {
      for (const uint16_t value : {static_cast<uint16_t>(32767 + i), uint16_t{0}, uint16_t{65534}, kHalfOne, kHalfTwo, uint16_t{0}})
        writer.u16(value);
      for (const uint16_t value : {kHalfOne, uint16_t{0}, uint16_t{0}, kHalfTwo}) writer.u16(value);
    }
    for (const uint8_t byte : {uint8_t{255}, uint8_t{0}, uint8_t{128}, uint8_t{51}}) writer.u8(byte);
    for (uint32_t k = 0; k < 3 * sh_coefficients(degree); ++k) {
      if (compression == 0) writer.f32(static_cast<float>(k));
      if (compression == 1) writer.u16(k == 4 ? kHalfTwo : 0);
      if (compression == 2) writer.u8(k == 4 ? 255 : 0);
    }
  }
  return writer.take();
}

TEST(Ksplat, FloatsAreRead) {
  const auto splats = read_ksplat(file_with(0, 2), {});
  ASSERT_TRUE(splats.ok()) << splats.error().message;
  EXPECT_TRUE(is_ksplat(file_with(0, 2)));
  EXPECT_EQ(splats->count(), 5u);
  EXPECT_EQ(splats->position[3 * 4], 4);
  EXPECT_FLOAT_EQ(splats->log_scale[1], std::log(2.0f));
  EXPECT_TRUE(std::isinf(splats->log_scale[2])) << "a scale of zero";
  EXPECT_EQ(splats->rotation[0], 1);
  EXPECT_EQ(splats->rotation[3], 2);
  EXPECT_NEAR(sigmoid(splats->opacity_logit[0]), 0.2, 1e-6);
  // Degree 1 as three of red, three of green, three of blue; then degree 2 as five of each.
  EXPECT_EQ(splats->sh[0], 0);
  EXPECT_EQ(splats->sh[2], 2);
  EXPECT_EQ(splats->sh[8], 3) << "green, first of degree 1";
  EXPECT_EQ(splats->sh[3], 9) << "red, first of degree 2";
  EXPECT_EQ(splats->sh[8 + 3], 14) << "green, first of degree 2";
  EXPECT_EQ(splats->sh[23], 23);
}

TEST(Ksplat, HalvesAreReadFromTheCentresOfTheirBuckets) {
  for (const uint16_t compression : {uint16_t{1}, uint16_t{2}}) {
    const auto splats = read_ksplat(file_with(compression, 1), {});
    ASSERT_TRUE(splats.ok()) << splats.error().message;
    const double step = 4.0 / 32767;
    for (size_t i = 0; i < 5; ++i) {
      const double centre = i < 2 ? 10 : i < 4 ? 20 : 30;
      EXPECT_NEAR(splats->position[3 * i], centre + step * static_cast<double>(i), 1e-5);
      EXPECT_NEAR(splats->position[3 * i + 1], -4, 1e-5);
    }
    EXPECT_EQ(splats->log_scale[0], 0);
    EXPECT_FLOAT_EQ(splats->log_scale[1], std::log(2.0f));
    EXPECT_EQ(splats->sh[4], 2) << "green, second of degree 1: k 4 of 9";
    EXPECT_EQ(splats->sh[0], compression == 1 ? 0 : -2) << "bytes lie between the ends of the header";
  }
}

TEST(Ksplat, EveryPrefixIsRefused) {
  for (const uint16_t compression : {uint16_t{0}, uint16_t{1}, uint16_t{2}}) {
    const Bytes file = file_with(compression, 1);
    for (size_t size = 0; size < file.size(); size += size < 4000 ? 97 : 1) {
      EXPECT_FALSE(read_ksplat(ByteSpan(file).first(size), {}).ok()) << size;
    }
  }
}

TEST(Ksplat, DamageGivesAnErrorOrAScene) {
  Random random(111);
  for (int round = 0; round < 6000; ++round) {
    Bytes file = file_with(static_cast<uint16_t>(round % 3), static_cast<uint16_t>(round % 4));
    for (size_t hit = 0; hit < 1 + random() % 4; ++hit) {
      const size_t at = random() % 3 == 0   ? random() % 48
                        : random() % 3 == 0 ? 4096 + random() % 48
                                            : 5120 + random() % (file.size() - 5120);
      file[at] = static_cast<std::byte>(random());
    }
    const auto splats = read_ksplat(file, {});
    if (splats.ok()) {
      EXPECT_TRUE(check_shape(*splats).ok());
    } else {
      EXPECT_NE(splats.error().code, Code::internal);
    }
  }
}

TEST(Ksplat, OtherVersionsAreNamed) {
  Bytes file = file_with(0, 0);
  file[1] = std::byte{2};
  EXPECT_EQ(read_ksplat(file, {}).error().code, Code::unsupported_version);
  EXPECT_FALSE(is_ksplat(file));
}

}  // namespace
}  // namespace dew
