// SPDX-License-Identifier: Apache-2.0
// Networks on a GPU give the bits of run_plain. Built with -DDEW_WITH_CUDA=ON; skips without a device.
#include "entropy/cuda/intnet_gpu.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "coder_testing.h"
#include "entropy/models.h"

namespace dew {
namespace {

std::vector<int16_t> random_inputs(TestRandom& random, const IntNet& net, size_t symbols) {
  std::vector<int16_t> inputs(symbols * net.input_count());
  for (int16_t& input : inputs) input = random.below(10) == 0 ? static_cast<int16_t>(-32768) : static_cast<int16_t>(random.next());
  return inputs;
}

void expect_bits_of_run_plain(const IntNet& net, const std::vector<int16_t>& inputs) {
  const Result<std::vector<int32_t>> outputs = gpu::run_network(net, inputs);
  ASSERT_TRUE(outputs.ok()) << outputs.error().message;
  std::vector<int32_t> one(net.output_count());
  for (size_t symbol = 0; symbol * net.input_count() < inputs.size(); ++symbol) {
    net.run_plain(std::span(inputs).subspan(symbol * net.input_count(), net.input_count()), {}, one);
    ASSERT_TRUE(std::equal(one.begin(), one.end(), outputs->begin() + static_cast<ptrdiff_t>(symbol * one.size()))) << symbol;
  }
}

TEST(IntNetGpu, ShippedNetworksGiveTheSameBits) {
  if (!gpu::available()) GTEST_SKIP() << "needs a GPU";
  TestRandom random(1);
  size_t networks = 0;
  for (const EmbeddedModel& model : embedded_models()) {
    const IntNet& net = *find_model(model.id);
    if (!net.spec().embeddings.empty()) continue;
    expect_bits_of_run_plain(net, random_inputs(random, net, 5000));
    ++networks;
  }
  EXPECT_GT(networks, 0u);
}

TEST(IntNetGpu, OddShapesGiveTheSameBits) {
  if (!gpu::available()) GTEST_SKIP() << "needs a GPU";
  TestRandom random(2);
  for (const std::vector<uint32_t>& widths : {std::vector<uint32_t>{1, 1}, {3, 1024, 7}, {1024, 5, 33, 2}}) {
    IntNetSpec spec;
    spec.input_count = widths[0];
    spec.input_limit = 300;
    for (size_t i = 1; i < widths.size(); ++i) {
      IntNetLayer layer;
      layer.outputs = widths[i];
      layer.activation = i + 1 == widths.size() ? Activation::linear : i % 2 == 0 ? Activation::clipped : Activation::clipped_relu;
      layer.shift = static_cast<uint8_t>(random.below(9));
      layer.clip = layer.activation == Activation::linear ? 0 : 500;
      for (uint32_t o = 0; o < layer.outputs; ++o) layer.bias.push_back(static_cast<int32_t>(random.between(-100000, 100000)));
      for (uint32_t k = 0; k < widths[i - 1] * layer.outputs; ++k) layer.weights.push_back(static_cast<int8_t>(random.between(-128, 127)));
      spec.layers.push_back(layer);
    }
    const Result<IntNet> net = IntNet::create(spec);
    ASSERT_TRUE(net.ok()) << net.error().message;
    expect_bits_of_run_plain(*net, random_inputs(random, *net, 257));
    expect_bits_of_run_plain(*net, {});
  }
}

TEST(IntNetGpu, WhatDoesNotFitIsRefused) {
  IntNetSpec spec;
  spec.input_count = 2;
  spec.layers = {{1, Activation::linear, 0, 0, {0}, {1, 1}}};
  const Result<IntNet> net = IntNet::create(spec);
  ASSERT_TRUE(net.ok());
  EXPECT_EQ(gpu::run_network(*net, std::vector<int16_t>(3)).error().code, Code::invalid_argument);
  if (!gpu::available()) {
    EXPECT_EQ(gpu::run_network(*net, std::vector<int16_t>(2)).error().code, Code::unsupported_feature);
  }
}

}  // namespace
}  // namespace dew
