// SPDX-License-Identifier: Apache-2.0
// entropy/FORMAT.md sections 10 and 11: the worked examples stand on the page and are what the coders write, and a decoder written from
// the page alone reads what they write.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "coder_testing.h"
#include "entropy/intnet.h"
#include "entropy/mixture.h"
#include "entropy/rans.h"
#include "tests/golden/plain_coders.h"

namespace dew {
namespace {

plain::Octets octets(ByteSpan bytes) {
  plain::Octets result;
  for (const std::byte byte : bytes) result.push_back(static_cast<uint8_t>(byte));
  return result;
}

/// The page with runs of white space made one space each, so that a hex dump may go over lines.
std::string page() {
  std::string text;
  std::ifstream file(std::string(DEW_SOURCE_DIR) + "/entropy/FORMAT.md");
  for (std::string word; file >> word;) text += word + " ";
  return text;
}

std::string hex(ByteSpan bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    const unsigned value = static_cast<unsigned>(byte);
    text += {kDigits[value / 16], kDigits[value % 16], ' '};
  }
  return text;
}

void expect_on_page(ByteSpan bytes) { EXPECT_NE(page().find(hex(bytes)), std::string::npos) << hex(bytes); }

TEST(CodersPage, RangeCoderExample) {
  RangeEncoder encoder;
  encoder.code_bit(true, 60000);
  encoder.code_bit(false, 60000);
  encoder.encode_interval(5000, 7, 24);
  encoder.code_raw(0x12345, 20);
  const Bytes coded = encoder.finish();
  expect_on_page(coded);
  plain::RangeReader reader(octets(coded));
  EXPECT_TRUE(reader.bit(60000));
  EXPECT_FALSE(reader.bit(60000));
  const uint64_t target = reader.target(24);
  EXPECT_TRUE(target >= 5000 && target < 5007);
  reader.take(5000, 7);
  EXPECT_EQ(reader.raw(20), 0x12345u);
  EXPECT_TRUE(reader.at_end());
}

TEST(CodersPage, ResidualExampleAndRandomResiduals) {
  for (const bool example : {true, false}) {
    TestRandom random(1);
    std::vector<int64_t> values = {0, -1, 5, -40, 3, 0};
    for (int i = 0; !example && i < 3000; ++i) values.push_back(random.residual(6));
    RangeEncoder encoder;
    AdaptiveResidual model(1);
    for (const int64_t value : values) model.code(encoder, value, 0);
    const Bytes coded = encoder.finish();
    if (example) expect_on_page(coded);
    plain::RangeReader reader(octets(coded));
    std::vector<plain::Adaptive> nodes(256);
    for (const int64_t value : values) {
      ASSERT_EQ(plain::residual(reader, [&](unsigned node) { return nodes[node].code(reader, 255); }), value);
    }
    EXPECT_TRUE(reader.at_end());
  }
}

TEST(CodersPage, MixedResiduals) {
  TestRandom random(2);
  std::vector<int64_t> values;
  for (int i = 0; i < 3000; ++i) values.push_back(random.residual(6));
  RangeEncoder encoder;
  MixedResidual<3> model({2, 3, 5}, 2);
  for (size_t i = 0; i < values.size(); ++i) model.code(encoder, values[i], {i % 2, i % 3, i % 5}, i % 2);
  plain::RangeReader reader(octets(encoder.finish()));
  std::vector<plain::Adaptive> nodes(10 * 256);
  std::vector<plain::Mixed> mixed(2 * 256, plain::Mixed(3));
  for (size_t i = 0; i < values.size(); ++i) {
    const auto bit = [&](unsigned node) {
      return mixed[(i % 2) * 256 + node].code(
          reader, {&nodes[(i % 2) * 256 + node], &nodes[(2 + i % 3) * 256 + node], &nodes[(5 + i % 5) * 256 + node]});
    };
    ASSERT_EQ(plain::residual(reader, bit), values[i]) << i;
  }
  EXPECT_TRUE(reader.at_end());
}

TEST(CodersPage, MixtureExampleAndRandomMixtures) {
  const std::array<LogisticComponent, 2> components = {{{1200 * 256, 64, 0}, {1000 * 256 + 128, -32, -200}}};
  RangeEncoder encoder;
  const std::array<int64_t, 4> values = {1200, 1000, 1203, 4095};
  for (const int64_t value : values) code_by_mixture(encoder, components, value, 0, 4095);
  const Bytes coded = encoder.finish();
  expect_on_page(coded);
  const plain::Mixture mixture({{307200, 64, 0}, {256128, -32, -200}}, 0, 4095);
  EXPECT_EQ(mixture.start(1000), 40222211);
  EXPECT_EQ(mixture.start(1001), 168611003);
  EXPECT_EQ(mixture.start(1200), 682438516);
  EXPECT_EQ(mixture.start(4095), 1073741792);
  plain::RangeReader reader(octets(coded));
  for (const int64_t value : values) EXPECT_EQ(mixture.code(reader), value);

  TestRandom random(3);
  for (int round = 0; round < 500; ++round) {
    std::vector<LogisticComponent> fast;
    std::vector<plain::Component> slow;
    for (uint32_t k = 1 + random.below(8); k-- > 0;) {
      fast.push_back({static_cast<int32_t>(random.between(-300000, 300000)), static_cast<int32_t>(random.between(-200, 900)),
                      static_cast<int32_t>(random.between(-3000, 3000))});
      slow.push_back({fast.back().centre_q8, fast.back().log_scale_q5, fast.back().logit_q8});
    }
    const int64_t lo = random.between(-1000, 500), hi = lo + random.below(2000), value = random.between(lo, hi);
    code_by_mixture(encoder, fast, value, lo, hi);
    plain::RangeReader one(octets(encoder.finish()));
    ASSERT_EQ(plain::Mixture(slow, lo, hi).code(one), value) << round;
    EXPECT_TRUE(one.at_end());
  }
}

TEST(CodersPage, DistributionAndRans) {
  TestRandom random(4);
  for (int round = 0; round < 60; ++round) {
    Bytes symbols = {as_bytes("abracadabra").begin(), as_bytes("abracadabra").end()};
    for (uint32_t i = round == 0 ? 0 : random.below(400); i-- > 0;)
      symbols.push_back(static_cast<std::byte>(random.below(1 + random.below(256))));
    const Distribution distribution = *Distribution::of_bytes(symbols);
    ByteWriter writer;
    distribution.write(writer);
    const Bytes coded = encode_rans(symbols, distribution, 8u << (round % 3));
    if (round == 0) {
      expect_on_page(writer.bytes());
      expect_on_page(coded);
    }
    size_t at = 0;
    const std::vector<uint32_t> frequency = plain::frequencies(octets(writer.bytes()), at);
    EXPECT_EQ(at, writer.size());
    ASSERT_EQ(plain::rans(octets(coded), frequency, symbols.size()), octets(symbols));
  }
}

TEST(CodersPage, NetworkExample) {
  IntNetSpec spec;
  spec.input_count = 2;
  spec.input_limit = 100;
  spec.embeddings = {{2, 1, {0, 0, 5, -5}}};
  spec.layers = {{2, Activation::clipped_relu, 1, 50, {10, -10}, {1, 2, -3, 4}}, {1, Activation::linear, 0, 0, {7}, {1, -1}}};
  spec.metadata = "recipe";
  const Result<Bytes> file = write_intnet(spec);
  ASSERT_TRUE(file.ok());
  expect_on_page(*file);
  EXPECT_EQ(plain::run_inet(octets(*file), {3, 4}, {1}), (std::vector<int64_t>{23}));
  const Result<IntNet> net = IntNet::read(*file);
  ASSERT_TRUE(net.ok());
  std::array<int32_t, 1> output;
  TestRandom random(5);
  for (int i = 0; i < 200; ++i) {
    const std::array<int16_t, 2> inputs = {static_cast<int16_t>(random.next()), static_cast<int16_t>(random.next())};
    const uint32_t row = random.below(4);
    net->run(inputs, std::array<uint32_t, 1>{row}, output);
    ASSERT_EQ(plain::run_inet(octets(*file), {inputs[0], inputs[1]}, {row}), (std::vector<int64_t>{output[0]}));
  }
}

}  // namespace
}  // namespace dew
