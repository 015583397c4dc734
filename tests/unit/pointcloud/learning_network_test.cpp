// SPDX-License-Identifier: Apache-2.0
// A network that learns begins as the integer network, follows its slopes, computes the same with every width of vectors, and makes ranges
// of a sensor that it has not seen cheaper.
#include "pointcloud/coding/learning_network.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "entropy/coder.h"
#include "pointcloud/coding/learning_range_model.h"
#include "pointcloud/coding/network_range_model.h"
#include "pointcloud/coding/range_networks.h"
#include "tests/golden/plain_learning.h"

namespace dew {
namespace {

/// 64 inputs, 40 and 24 hidden outputs, those of a range network.
IntNet random_network(std::mt19937& random) {
  IntNetSpec spec;
  spec.input_count = kRangeInputs;
  spec.input_limit = 2047;
  uint32_t inputs = kRangeInputs;
  for (const uint32_t outputs : {40u, 24u, static_cast<uint32_t>(kRangeOutputs)}) {
    IntNetLayer layer;
    layer.outputs = outputs;
    const bool last = outputs == kRangeOutputs;
    layer.activation = last ? Activation::linear : Activation::clipped_relu;
    layer.clip = last ? 0 : 32767;
    layer.shift = inputs == kRangeInputs ? 4 : 6;
    for (uint32_t i = 0; i < outputs; ++i) layer.bias.push_back(static_cast<int32_t>(random() % 4096) - 2048);
    for (uint32_t i = 0; i < outputs * inputs; ++i) layer.weights.push_back(static_cast<int8_t>(static_cast<int>(random() % 31) - 15));
    spec.layers.push_back(layer);
    inputs = outputs;
  }
  return std::move(*IntNet::create(std::move(spec)));
}

RangeInputs random_inputs(std::mt19937& random) {
  RangeInputs inputs;
  for (int16_t& input : inputs) input = random() % 3 == 0 ? int16_t{0} : static_cast<int16_t>(static_cast<int>(random() % 257) - 128);
  return inputs;
}

TEST(LearningNetwork, BeginsAsTheIntegerNetwork) {
  std::mt19937 random(1);
  const IntNet net = random_network(random);
  ASSERT_TRUE(LearningNetwork::takes(net));
  LearningNetwork learning(net);
  for (int trial = 0; trial < 50; ++trial) {
    const RangeInputs inputs = random_inputs(random);
    std::array<int32_t, kRangeOutputs> expected;
    net.run(inputs, {}, expected);
    const std::span<const float> outputs = learning.run(inputs);
    ASSERT_EQ(outputs.size(), kRangeOutputs);
    // Roundings of 24 hidden values, each half a unit, by weights up to 15/64.
    for (size_t i = 0; i < kRangeOutputs; ++i) EXPECT_NEAR(outputs[i] * 256, expected[i], 6) << i;
  }
}

TEST(LearningNetwork, RefusesWhatItCannotLearn) {
  std::mt19937 random(2);
  IntNetSpec spec = random_network(random).spec();
  spec.layers[0].activation = Activation::clipped;
  EXPECT_FALSE(LearningNetwork::takes(*IntNet::create(spec)));
}

/// The definition, written from FORMAT.md, against the kernels of this machine: the very bits.
TEST(LearningNetwork, ComputesWhatThePageSays) {
  std::mt19937 random(3);
  const IntNet net = random_network(random);
  const Bytes file = *write_intnet(net.spec());
  plain::Learning plain(
      plain::Octets(reinterpret_cast<const uint8_t*>(file.data()), reinterpret_cast<const uint8_t*>(file.data()) + file.size()));
  LearningNetwork learning(net);
  plain.start_row();
  std::array<float, kRangeOutputs> shifts{};
  for (int trial = 0; trial < 400; ++trial) {
    const RangeInputs inputs = random_inputs(random);
    const std::span<const float> said = learning.run(inputs);
    std::array<int32_t, kRangeOutputs> outputs;
    for (size_t i = 0; i < kRangeOutputs; ++i) {
      const float kept = std::clamp(said[i] + shifts[i], -32767 / 256.0F, 32767 / 256.0F);
      outputs[i] = static_cast<int32_t>((kept + 32767 / 256.0F) * 256 + 0.5F) - 32767;
    }
    ASSERT_EQ(plain.outputs({inputs.begin(), inputs.end()}), std::vector<int64_t>(outputs.begin(), outputs.end())) << trial;
    RangeCentres centres;
    for (int32_t& centre : centres) centre = static_cast<int32_t>(random() % 32000);
    const uint32_t range = 1 + static_cast<uint32_t>(random() % 2000);
    std::array<float, kRangeOutputs> slopes;
    range_slopes<kRangeCentres>(outputs, centres, range, slopes);
    for (size_t i = 0; i < kRangeOutputs; ++i) shifts[i] -= slopes[i] / 128;
    learning.learn(slopes);
    plain.learn({outputs.begin(), outputs.end()}, {centres.begin(), centres.end()}, range);
  }
}

/// Nats of `range` under the mixture with all components.
double cost_of(const std::array<int32_t, kRangeOutputs>& outputs, const RangeCentres& centres, uint32_t range) {
  double sum = 0, mass = 0;
  for (size_t k = 0; k < kRangeCentres; ++k) {
    const double scale = std::exp2(outputs[kRangeCentres + k] / 256.0), weight = std::exp(outputs[k] / 256.0);
    const double from = range - centres[k] / 16.0 - outputs[2 * kRangeCentres + k] / 256.0 * scale;
    const auto below = [&](double edge) { return 1 / (1 + std::exp(-edge / scale)); };
    sum += weight;
    mass += weight * (below(from + 0.5) - below(from - 0.5));
  }
  return -std::log(mass / sum + 0x1p-28);
}

TEST(RangeSlopes, AreThoseOfTheCost) {
  std::mt19937 random(4);
  for (int trial = 0; trial < 200; ++trial) {
    std::array<int32_t, kRangeOutputs> outputs;
    RangeCentres centres;
    for (int32_t& centre : centres) centre = 16000 + static_cast<int32_t>(random() % 640);
    for (size_t i = 0; i < kRangeOutputs; ++i) outputs[i] = static_cast<int32_t>(random() % 512) - 256 + (i / kRangeCentres == 1 ? 768 : 0);
    const uint32_t range = 1000 + static_cast<uint32_t>(random() % 40);
    std::array<float, kRangeOutputs> slopes;
    range_slopes<kRangeCentres>(outputs, centres, range, slopes);
    for (size_t i = 0; i < kRangeOutputs; ++i) {
      auto more = outputs, less = outputs;
      more[i] += 16;
      less[i] -= 16;
      const double expected = (cost_of(more, centres, range) - cost_of(less, centres, range)) * 8;
      EXPECT_NEAR(slopes[i], expected, 0.02 + 0.05 * std::abs(expected)) << trial << " " << i;
    }
  }
}

/// Walls of a sensor with a habit that none has: every third column lies a hand's breadth further away.
RangeGrid odd_walls(std::mt19937& random) {
  RangeGrid grid;
  grid.rows = 16;
  grid.columns = 600;
  grid.geometry = {2000, 600, {}};
  for (uint32_t row = 0; row < grid.rows; ++row) {
    grid.geometry.elevation_centidegrees.push_back(static_cast<int16_t>(800 - 100 * static_cast<int>(row)));
    for (uint32_t column = 0; column < grid.columns; ++column)
      grid.range.push_back(4000 + 1500 * (column / 60 % 3) + (column % 3 == 0 ? 50 : 0) + static_cast<uint32_t>(random() % 7));
  }
  return grid;
}

double bits_of(const RangeGrid& grid, auto model) {
  CostMeter meter;
  for (uint32_t row = 0; row < grid.rows; ++row) {
    model.template start_row<CostMeter>(row, std::span(grid.range_row(row), grid.columns));
    for (uint32_t column = 0; column < grid.columns; ++column) model.code(meter, column, grid.range_row(row)[column]);
  }
  return meter.bits() / static_cast<double>(grid.range.size());
}

TEST(LearningRangeModel, MakesAnUnknownSensorCheaper) {
  const Result<const IntNet*> net = choose_range_network(Effort::normal, "");
  ASSERT_TRUE(net.ok());
  if (*net == nullptr) GTEST_SKIP() << "no networks are compiled in";
  std::mt19937 random(5);
  const RangeGrid grid = odd_walls(random);
  const double as_it_is = bits_of(grid, NetworkRangeModel(**net, RangeFeatures(grid.geometry, 0, grid.columns), 0, 20000));
  const double learned = bits_of(grid, LearningRangeModel(**net, nullptr, RangeFeatures(grid.geometry, 0, grid.columns), 20000));
  EXPECT_LT(learned, 0.9 * as_it_is) << as_it_is;
}

}  // namespace
}  // namespace dew
