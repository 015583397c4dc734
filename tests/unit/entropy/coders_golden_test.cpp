// SPDX-License-Identifier: Apache-2.0
// The bytes of each coder on fixed input: one number each, the same for every compiler, optimisation and machine. Part of the format.
#include <gtest/gtest.h>

#include "coder_testing.h"
#include "entropy/binary_coder.h"
#include "entropy/intnet.h"
#include "entropy/mixer.h"
#include "entropy/mixture.h"
#include "entropy/rans.h"

#ifndef CODERS_SUITE
#define CODERS_SUITE Coders
#endif

namespace dew {
namespace {

TEST(CODERS_SUITE, RangeCoderWritesGoldenBytes) {
  TestRandom random(1);
  RangeEncoder encoder;
  for (int i = 0; i < 20000; ++i) {
    const uint32_t p1 = 1 + random.below(65535);
    encoder.code_bit(random.bit(p1), p1);
    const uint32_t size = 1 + random.below(1u << random.below(20));
    encoder.encode_interval(random.below((1u << 24) - size), size, 24);
    encoder.code_raw(random.next() >> 20, 44);
  }
  EXPECT_EQ(test_hash(encoder.finish()), 3447601212241270052u);
}

TEST(CODERS_SUITE, AdaptiveResidualWritesGoldenBytes) {
  TestRandom random(2);
  RangeEncoder encoder;
  AdaptiveResidual model(4);
  for (size_t i = 0; i < 20000; ++i) model.code(encoder, random.residual(9), i % 4);
  EXPECT_EQ(test_hash(encoder.finish()), 18215116614720848035u);
}

TEST(CODERS_SUITE, MixedResidualWritesGoldenBytes) {
  TestRandom random(3);
  RangeEncoder encoder;
  MixedResidual<3> model({4, 5, 7}, 2);
  for (size_t i = 0; i < 20000; ++i) model.code(encoder, random.residual(9), {i % 4, i % 5, i % 7}, i % 2);
  EXPECT_EQ(test_hash(encoder.finish()), 13392870577644665357u);
}

TEST(CODERS_SUITE, MixtureWritesGoldenBytes) {
  TestRandom random(4);
  RangeEncoder encoder;
  for (int i = 0; i < 20000; ++i) {
    LogisticComponent parts[6];
    for (LogisticComponent& part : parts) {
      part.centre_q8 = static_cast<int32_t>(random.between(0, 3000 * 256));
      part.log_scale_q5 = static_cast<int32_t>(random.between(kMinLogScale, kMaxLogScale));
      part.logit_q8 = static_cast<int32_t>(random.between(-4000, 4000));
    }
    code_by_mixture(encoder, parts, random.between(0, 3000), 0, 3000);
  }
  EXPECT_EQ(test_hash(encoder.finish()), 7059768123800130070u);
}

TEST(CODERS_SUITE, RansWritesGoldenBytes) {
  TestRandom random(6);
  Bytes symbols(20000);
  for (std::byte& symbol : symbols) symbol = static_cast<std::byte>(random.below(1 + random.below(200)));
  const Result<Distribution> distribution = Distribution::of_bytes(symbols);
  ASSERT_TRUE(distribution.ok());
  ByteWriter writer;
  distribution->write(writer);
  for (const unsigned lanes : {8u, 16u, 32u}) writer.sized_bytes(encode_rans(symbols, *distribution, lanes));
  EXPECT_EQ(test_hash(writer.bytes()), 13225955211267843830u);
}

TEST(CODERS_SUITE, NetworkGivesGoldenOutputs) {
  TestRandom random(5);
  IntNetSpec spec;
  spec.input_count = 31;
  spec.input_limit = 3000;
  uint32_t inputs = spec.input_count;
  for (const uint32_t outputs : {40u, 24u, 9u}) {
    IntNetLayer layer{
        outputs, outputs == 9 ? Activation::linear : Activation::clipped_relu, 6, static_cast<uint16_t>(outputs == 9 ? 0 : 2000), {}, {}};
    for (uint32_t o = 0; o < outputs; ++o) layer.bias.push_back(static_cast<int32_t>(random.between(-9999, 9999)));
    for (uint32_t i = 0; i < inputs * outputs; ++i) layer.weights.push_back(static_cast<int8_t>(random.next()));
    spec.layers.push_back(layer);
    inputs = outputs;
  }
  IntNetEmbedding embedding{16, 3, {}};
  for (int i = 0; i < 16 * 40; ++i) embedding.values.push_back(static_cast<int16_t>(random.next()));
  spec.embeddings.push_back(embedding);
  const Result<IntNet> net = IntNet::create(spec);
  ASSERT_TRUE(net.ok());
  ByteWriter writer;
  for (int i = 0; i < 500; ++i) {
    std::array<int16_t, 31> symbol;
    for (int16_t& value : symbol) value = static_cast<int16_t>(random.next());
    std::array<int32_t, 9> outputs;
    net->run(symbol, std::array<uint32_t, 1>{random.below(16)}, outputs);
    for (const int32_t output : outputs) writer.i32(output);
  }
  EXPECT_EQ(test_hash(writer.bytes()), 17147891374043144824u);
}

}  // namespace
}  // namespace dew
