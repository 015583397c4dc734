// SPDX-License-Identifier: Apache-2.0
#include "entropy/intnet.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "coder_testing.h"
#include "entropy/kernel/dispatch.h"
#include "entropy/models.h"
#include "entropy/sha256.h"

namespace dew {
namespace {

IntNetLayer random_layer(TestRandom& random, uint32_t inputs, uint32_t outputs, Activation activation) {
  IntNetLayer layer;
  layer.outputs = outputs;
  layer.activation = activation;
  layer.shift = static_cast<uint8_t>(random.below(12));
  layer.clip = activation == Activation::linear ? 0 : static_cast<uint16_t>(1 + random.below(random.below(2) == 0 ? 127 : 4000));
  for (uint32_t o = 0; o < outputs; ++o) layer.bias.push_back(static_cast<int32_t>(random.between(-100000, 100000)));
  for (uint32_t i = 0; i < inputs * outputs; ++i) layer.weights.push_back(static_cast<int8_t>(random.between(-128, 127)));
  return layer;
}

IntNetSpec random_spec(TestRandom& random, const std::vector<uint32_t>& widths) {
  IntNetSpec spec;
  spec.input_count = widths[0];
  spec.input_limit = static_cast<uint16_t>(1 + random.below(4000));
  for (size_t i = 1; i < widths.size(); ++i) {
    const Activation activation = i + 1 == widths.size() && random.below(2) == 0 ? Activation::linear
                                  : random.below(2) == 0                         ? Activation::clipped_relu
                                                                                 : Activation::clipped;
    spec.layers.push_back(random_layer(random, widths[i - 1], widths[i], activation));
  }
  for (uint32_t e = random.below(4); e-- > 0;) {
    IntNetEmbedding embedding;
    embedding.rows = 1 + random.below(40);
    embedding.shift = static_cast<uint8_t>(random.below(6));
    for (uint32_t i = 0; i < embedding.rows * widths[1]; ++i) embedding.values.push_back(static_cast<int16_t>(random.next()));
    spec.embeddings.push_back(embedding);
  }
  spec.metadata = "seed 7";
  return spec;
}

struct Symbol {
  std::vector<int16_t> inputs;
  std::vector<uint32_t> rows;
};

Symbol random_symbol(TestRandom& random, const IntNetSpec& spec) {
  Symbol symbol;
  // Beyond the limit as well, and the most negative number.
  for (uint32_t i = 0; i < spec.input_count; ++i) {
    symbol.inputs.push_back(random.below(10) == 0 ? static_cast<int16_t>(-32768) : static_cast<int16_t>(random.next()));
  }
  for (const IntNetEmbedding& embedding : spec.embeddings) symbol.rows.push_back(random.below(embedding.rows + 3));
  return symbol;
}

TEST(IntNet, EverySimdTargetGivesThePlainBits) {
  std::vector<std::string> targets = kernel::simd_targets();
  targets.push_back("");
  TestRandom random(1);
  for (int round = 0; round < 120; ++round) {
    // Every width around the sizes of vectors, and the usual shapes.
    std::vector<uint32_t> widths = round == 0 ? std::vector<uint32_t>{64, 48, 48, 24} : std::vector<uint32_t>{1 + random.below(70)};
    for (uint32_t layers = 1 + random.below(4); round > 0 && layers-- > 0;) widths.push_back(1 + random.below(70));
    Result<IntNet> net = IntNet::create(random_spec(random, widths));
    ASSERT_TRUE(net.ok()) << net.error().message;
    for (int i = 0; i < 5; ++i) {
      const Symbol symbol = random_symbol(random, net->spec());
      std::vector<int32_t> plain(net->output_count()), fast(net->output_count());
      net->run_plain(symbol.inputs, symbol.rows, plain);
      for (const std::string& target : targets) {
        ASSERT_TRUE(kernel::use_simd_target(target)) << target;
        net->run(symbol.inputs, symbol.rows, fast);
        ASSERT_EQ(fast, plain) << target << " round " << round;
      }
    }
  }
}

TEST(IntNet, ManySymbolsGiveThePlainBitsOnEveryTarget) {
  std::vector<std::string> targets = kernel::simd_targets();
  targets.push_back("");
  TestRandom random(7);
  for (int round = 0; round < 60; ++round) {
    std::vector<uint32_t> widths = round == 0 ? std::vector<uint32_t>{64, 32, 32, 21} : std::vector<uint32_t>{1 + random.below(70)};
    for (uint32_t layers = 1 + random.below(4); round > 0 && layers-- > 0;) widths.push_back(1 + random.below(70));
    IntNetSpec spec = random_spec(random, widths);
    spec.embeddings.clear();
    Result<IntNet> net = IntNet::create(spec);
    ASSERT_TRUE(net.ok()) << net.error().message;
    const size_t count = random.below(10), width = net->input_count(), depth = net->output_count();
    std::vector<int16_t> inputs;
    for (size_t i = 0; i < count; ++i) {
      const Symbol symbol = random_symbol(random, net->spec());
      inputs.insert(inputs.end(), symbol.inputs.begin(), symbol.inputs.end());
    }
    std::vector<int32_t> plain(count * depth), fast(count * depth);
    for (size_t i = 0; i < count; ++i)
      net->run_plain(std::span(inputs).subspan(i * width, width), {}, std::span(plain).subspan(i * depth, depth));
    for (const std::string& target : targets) {
      ASSERT_TRUE(kernel::use_simd_target(target)) << target;
      net->run_many(inputs, fast);
      ASSERT_EQ(fast, plain) << target << " round " << round;
    }
  }
}

TEST(IntNet, KnownSmallNetwork) {
  IntNetSpec spec;
  spec.input_count = 2;
  spec.input_limit = 100;
  spec.embeddings = {{2, 1, {0, 0, 5, -5}}};
  spec.layers = {{2, Activation::clipped_relu, 1, 50, {10, -10}, {1, 2, -3, 4}}, {1, Activation::linear, 0, 0, {7}, {1, -1}}};
  Result<IntNet> net = IntNet::create(spec);
  ASSERT_TRUE(net.ok()) << net.error().message;
  // Sums 10 + 3 + 2*4 + 2*5 = 31 and -10 - 9 + 16 - 10 = -13; halves round up: 16 and -6, clipped 16 and 0; output 7 + 16 - 0.
  std::array<int32_t, 1> output;
  net->run(std::array<int16_t, 2>{3, 4}, std::array<uint32_t, 1>{1}, output);
  EXPECT_EQ(output[0], 23);
  net->run(std::array<int16_t, 2>{3, 4}, std::array<uint32_t, 1>{99}, output);
  EXPECT_EQ(output[0], 23) << "a row beyond the table is the last one";
  EXPECT_EQ(net->operations(), 6u);
  EXPECT_EQ(net->parameters(), 13u);
}

TEST(IntNet, RefusesASumThatCouldOverflowByOne) {
  IntNetSpec spec;
  spec.input_count = 1;
  spec.input_limit = 32767;
  spec.layers = {{1, Activation::linear, 0, 0, {2147483647 - 127 * 32767}, {127}}};
  EXPECT_TRUE(IntNet::create(spec).ok());
  spec.layers[0].bias[0] += 1;
  const Result<IntNet> refused = IntNet::create(spec);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::corrupt);
  spec.layers[0].bias[0] = -2147483648;
  EXPECT_FALSE(IntNet::create(spec).ok());
}

TEST(IntNet, RoundingAndEmbeddingsCountInTheProof) {
  IntNetSpec spec;
  spec.input_count = 1;
  spec.input_limit = 1;
  spec.layers = {{1, Activation::linear, 1, 0, {2147483645}, {1}}};
  EXPECT_TRUE(IntNet::create(spec).ok());
  spec.layers[0].shift = 2;
  EXPECT_FALSE(IntNet::create(spec).ok());
  spec.layers[0].shift = 0;
  spec.embeddings = {{3, 0, {0, -1, 0}}};
  EXPECT_TRUE(IntNet::create(spec).ok());
  spec.embeddings = {{3, 0, {0, -2, 0}}};
  EXPECT_FALSE(IntNet::create(spec).ok());
}

TEST(IntNet, RefusesImpossibleShapes) {
  TestRandom random(4);
  const IntNetSpec good = random_spec(random, {5, 6, 3});
  const auto refuses = [&](auto&& change) {
    IntNetSpec bad = good;
    change(bad);
    const Result<IntNet> net = IntNet::create(bad);
    return !net.ok() && net.error().code == Code::invalid_argument && !write_intnet(bad).ok();
  };
  EXPECT_TRUE(refuses([](IntNetSpec& s) { s.input_count = 0; }));
  EXPECT_TRUE(refuses([](IntNetSpec& s) { s.input_count = 4; }));
  EXPECT_TRUE(refuses([](IntNetSpec& s) { s.input_limit = 0; }));
  EXPECT_TRUE(refuses([](IntNetSpec& s) { s.input_limit = 32768; }));
  EXPECT_TRUE(refuses([](IntNetSpec& s) { s.layers.clear(); }));
  EXPECT_TRUE(refuses([](IntNetSpec& s) { s.layers[0].activation = Activation::linear; }));
  EXPECT_TRUE(refuses([](IntNetSpec& s) { s.layers[0].activation = static_cast<Activation>(3); }));
  EXPECT_TRUE(refuses([](IntNetSpec& s) { s.layers[0].clip = 0; }));
  EXPECT_TRUE(refuses([](IntNetSpec& s) { s.layers[0].shift = 25; }));
  EXPECT_TRUE(refuses([](IntNetSpec& s) { s.layers[1].bias.pop_back(); }));
  EXPECT_TRUE(refuses([](IntNetSpec& s) { s.layers[1].weights.pop_back(); }));
  EXPECT_TRUE(refuses([](IntNetSpec& s) { s.embeddings.push_back({2, 0, {1}}); }));
  EXPECT_TRUE(refuses([](IntNetSpec& s) { s.embeddings.push_back({0, 0, {}}); }));
}

TEST(IntNetFile, ReadsWhatItWrote) {
  TestRandom random(2);
  for (int round = 0; round < 30; ++round) {
    const IntNetSpec spec = random_spec(random, {1 + random.below(20), 1 + random.below(20), 1 + random.below(20)});
    const Result<Bytes> bytes = write_intnet(spec);
    ASSERT_TRUE(bytes.ok()) << bytes.error().message;
    const Result<IntNetSpec> back = read_intnet(*bytes);
    ASSERT_TRUE(back.ok()) << back.error().message;
    EXPECT_EQ(back->metadata, spec.metadata);
    EXPECT_EQ(*write_intnet(*back), *bytes);
    Result<IntNet> net = IntNet::read(*bytes);
    Result<IntNet> original = IntNet::create(spec);
    ASSERT_TRUE(net.ok() && original.ok());
    const Symbol symbol = random_symbol(random, spec);
    std::vector<int32_t> a(net->output_count()), b(net->output_count());
    net->run(symbol.inputs, symbol.rows, a);
    original->run(symbol.inputs, symbol.rows, b);
    EXPECT_EQ(a, b);
  }
}

TEST(IntNetFile, RefusesEveryPrefixEveryFlippedBitAndAnExtraByte) {
  TestRandom random(3);
  const Bytes bytes = *write_intnet(random_spec(random, {4, 5, 2}));
  for (size_t size = 0; size < bytes.size(); ++size) {
    const Bytes prefix(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
    const Result<IntNet> net = IntNet::read(prefix);
    ASSERT_FALSE(net.ok()) << size;
    EXPECT_EQ(net.error().code, Code::truncated) << size;
  }
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Bytes damaged = bytes;
      damaged[at] ^= static_cast<std::byte>(1u << bit);
      ASSERT_FALSE(IntNet::read(damaged).ok()) << at << " " << bit;
    }
  }
  Bytes longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(IntNet::read(longer).ok());
}

TEST(IntNetFile, KeepsToItsLimits) {
  TestRandom random(5);
  IntNetSpec spec = random_spec(random, {10, 10, 10});
  spec.embeddings.clear();
  const Bytes bytes = *write_intnet(spec);
  EXPECT_TRUE(IntNet::read(bytes, {220, 200}).ok());
  const Result<IntNet> too_big = IntNet::read(bytes, {219, 200});
  ASSERT_FALSE(too_big.ok());
  EXPECT_EQ(too_big.error().code, Code::limit_exceeded);
  const Result<IntNet> too_slow = IntNet::read(bytes, {220, 199});
  ASSERT_FALSE(too_slow.ok());
  EXPECT_EQ(too_slow.error().code, Code::limit_exceeded);
}

TEST(Models, EveryEmbeddedNetworkIsSoundAndNamedByItsHash) {
  std::vector<ModelId> seen;
  for (const EmbeddedModel& model : embedded_models()) {
    const Result<IntNet> net = IntNet::read(model.bytes);
    ASSERT_TRUE(net.ok()) << model.file_name << ": " << net.error().message;
    EXPECT_EQ(to_hex(model.id) + ".inet", model.file_name);
    EXPECT_NE(find_model(model.id), nullptr);
    EXPECT_EQ(std::count(seen.begin(), seen.end(), model.id), 0);
    seen.push_back(model.id);
  }
  EXPECT_EQ(find_model(ModelId{}), nullptr);
}

TEST(Models, IdOfAFileIsWhatItEndsWith) {
  TestRandom random(6);
  const Bytes bytes = *write_intnet(random_spec(random, {2, 2}));
  const Result<ModelId> id = model_id(bytes);
  ASSERT_TRUE(id.ok());
  const Sha256Digest digest = sha256(ByteSpan(bytes).first(bytes.size() - 16));
  EXPECT_TRUE(std::equal(id->begin(), id->end(), digest.begin()));
  EXPECT_FALSE(model_id(ByteSpan(bytes).first(15)).ok());
}

}  // namespace
}  // namespace dew
