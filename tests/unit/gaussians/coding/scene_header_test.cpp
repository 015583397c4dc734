// SPDX-License-Identifier: Apache-2.0
#include "gaussians/coding/scene_header.h"

#include <gtest/gtest.h>

#include "tests/support/any_splats.h"

namespace dew::test {
namespace {

Bytes random_bytes(Random& random, size_t size) {
  Bytes bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

SceneHeader any_header(Random& random) {
  SceneHeader header;
  header.numbers = sample_header(kSceneNumbers, random);
  for (uint64_t i = random() % 5; i > 0; --i) {
    ExtraHeader extra{std::string(random() % 9, 'n'), static_cast<PropertyType>(random() % 8), random() % 2 == 0, {}};
    if (extra.constant) extra.value = random_bytes(random, property_type_size(extra.type));
    header.extra.push_back(std::move(extra));
  }
  header.source_header = random_bytes(random, random() % 40);
  header.source_trailer = random_bytes(random, random() % 9);
  if (header.numbers.sh_degree > 0 && random() % 2 == 0) {
    const Splats scene = random_splats(random, {.count = 60, .sh_degree = static_cast<uint32_t>(header.numbers.sh_degree)});
    header.basis = fit_sh_basis(scene, std::vector<double>(60, 1.0), 0.05);
  }
  return header;
}

Bytes written(const SceneHeader& header) {
  ByteWriter writer;
  EXPECT_TRUE(write_scene_header(header, writer).ok());
  return writer.take();
}

bool same(const ExtraHeader& a, const ExtraHeader& b) {
  return a.name == b.name && a.type == b.type && a.constant == b.constant && a.value == b.value;
}

TEST(SceneHeader, EveryHeaderReadsBack) {
  Random random(1);
  for (int round = 0; round < 500; ++round) {
    const SceneHeader header = any_header(random);
    const Bytes bytes = written(header);
    const Result<SceneHeader> back = read_scene_header(bytes, 100, {});
    ASSERT_TRUE(back.ok()) << back.error().message;
    for (const HeaderField<SceneNumbers>& field : kSceneNumbers) {
      EXPECT_EQ(field.get(back->numbers), field.get(header.numbers)) << field.rule.name;
    }
    ASSERT_EQ(back->extra.size(), header.extra.size());
    for (size_t i = 0; i < header.extra.size(); ++i) EXPECT_TRUE(same(header.extra[i], back->extra[i]));
    EXPECT_EQ(back->source_header, header.source_header);
    EXPECT_EQ(back->source_trailer, header.source_trailer);
    EXPECT_EQ(written(*back), bytes);
  }
}

TEST(SceneHeader, EveryTruncationAndEveryByteTooManyIsRefused) {
  Random random(2);
  for (int round = 0; round < 40; ++round) {
    Bytes bytes = written(any_header(random));
    for (size_t size = 0; size < bytes.size(); ++size) {
      const Result<SceneHeader> cut = read_scene_header(ByteSpan(bytes).first(size), 100, {});
      ASSERT_FALSE(cut.ok()) << size << " of " << bytes.size();
      EXPECT_TRUE(cut.error().code == Code::truncated || cut.error().code == Code::corrupt);
      EXPECT_GE(cut.error().offset, 100u);
      EXPECT_LE(cut.error().offset, 100 + bytes.size());
    }
    bytes.push_back(std::byte{0});
    EXPECT_FALSE(read_scene_header(bytes, 100, {}).ok());
  }
}

TEST(SceneHeader, DamageIsRefusedOrAHeader) {
  Random random(3);
  for (int round = 0; round < 1500; ++round) {
    Bytes bytes = written(any_header(random));
    for (uint64_t hits = 1 + random() % 3; hits > 0; --hits) bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    const Result<SceneHeader> header = read_scene_header(bytes, 0, {});
    if (!header.ok()) continue;
    EXPECT_LE(header->numbers.sh_degree, kMaxShDegree);
    EXPECT_TRUE(header->basis.components() == 0 ||
                header->basis.width() == 3 * sh_coefficients(static_cast<uint32_t>(header->numbers.sh_degree)));
    for (const ExtraHeader& extra : header->extra) EXPECT_EQ(extra.value.size(), extra.constant ? property_type_size(extra.type) : 0);
  }
}

TEST(SceneHeader, NumbersOutOfRangeAreNotWritten) {
  for (int which = 0; which < 4; ++which) {
    SceneHeader header;
    if (which == 0) header.numbers.sh_degree = 4;
    if (which == 1) header.numbers.mode = 3;
    if (which == 2) header.numbers.screen_variance = 0;
    if (which == 3) header.numbers.source_format = 8;
    ByteWriter writer;
    const Status status = write_scene_header(header, writer);
    ASSERT_FALSE(status.ok()) << which;
    EXPECT_EQ(status.error().code, Code::invalid_argument);
  }
}

}  // namespace
}  // namespace dew::test
