// SPDX-License-Identifier: Apache-2.0
#include "gaussians/significance/guess.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

#include "tests/support/splats_before_camera.h"

namespace dew {
namespace {

using namespace test;

IntNet any_network(uint32_t seed) {
  std::mt19937 random(seed);
  IntNetSpec spec;
  spec.input_count = kGuessInputs;
  spec.input_limit = kGuessInputLimit;
  for (const uint32_t outputs : {16u, 1u}) {
    IntNetLayer layer;
    layer.outputs = outputs;
    layer.activation = outputs == 1 ? Activation::linear : Activation::clipped_relu;
    layer.clip = outputs == 1 ? 0 : 32767;
    layer.shift = 4;
    layer.bias.assign(outputs, 0);
    layer.weights.resize(outputs * (outputs == 1 ? size_t{16} : kGuessInputs));
    for (int8_t& weight : layer.weights) weight = static_cast<int8_t>(static_cast<int>(random() % 255) - 127);
    spec.layers.push_back(layer);
  }
  return *IntNet::create(spec);
}

TEST(Guess, IsTheSameForAnyThreads) {
  const IntNet net = any_network(1);
  for (const size_t count : {1u, 7u, 3000u, 9000u}) {
    const Splats scene = splats_before_camera(3, count, {.sh_degree = 2});
    const std::vector<double> one = guess_removal(scene, net, 1);
    ASSERT_EQ(one.size(), count);
    for (const unsigned threads : {2u, 5u}) EXPECT_EQ(guess_removal(scene, net, threads), one);
  }
}

TEST(Guess, TakesAnyValues) {
  const IntNet net = any_network(2);
  for (uint32_t seed = 0; seed < 20; ++seed) {
    const Splats scene = hostile_splats(seed, 200);
    EXPECT_EQ(guess_removal(scene, net, 1), guess_removal(scene, net, 3));
  }
  EXPECT_TRUE(guess_removal(Splats(), net, 2).empty());
  constexpr float kInfinity = std::numeric_limits<float>::infinity(), kNan = std::numeric_limits<float>::quiet_NaN();
  for (const float value : {0.F, kInfinity, -kInfinity, kNan, 3e38F, -3e38F, 1e-40F}) {
    Splats scene;
    scene.sh_degree = 1;
    scene.resize(50);
    for (std::vector<float>* array : {&scene.position, &scene.log_scale, &scene.rotation, &scene.opacity_logit, &scene.dc, &scene.sh}) {
      std::vector<float> before = *array;
      std::fill(array->begin(), array->end(), value);
      EXPECT_EQ(guess_removal(scene, net, 1).size(), 50u);
      *array = before;
    }
    for (std::vector<float>* array : {&scene.position, &scene.log_scale, &scene.rotation, &scene.opacity_logit, &scene.dc, &scene.sh})
      std::fill(array->begin(), array->end(), value);
    const std::vector<double> all = guess_removal(scene, net, 1);
    EXPECT_EQ(std::count(all.begin(), all.end(), all[0]), 50) << value;
  }
}

TEST(Guess, InputsHangNeitherOnTheScaleOfASceneNorOnItsOrigin) {
  const Splats scene = splats_before_camera(5, 2000, {.sh_degree = 1});
  Splats moved = scene;
  for (size_t i = 0; i < moved.position.size(); ++i) moved.position[i] = 4 * moved.position[i] + 8;
  for (float& log_scale : moved.log_scale) log_scale += 1.3862944F;  // log 4
  const std::vector<int16_t> a = guess_inputs(scene, 1), b = guess_inputs(moved, 1);
  size_t far = 0;  // floats are rounded, so that splats at the borders of cells may change theirs
  for (size_t i = 0; i < a.size(); ++i) far += std::abs(a[i] - b[i]) > 2 ? 1 : 0;
  EXPECT_LT(static_cast<double>(far), 0.01 * static_cast<double>(a.size()));
}

TEST(Guess, NetworksOfOtherShapesAreNone) {
  EXPECT_TRUE(is_guess_network(any_network(3)));
  IntNetSpec spec = any_network(3).spec();
  spec.input_count = kGuessInputs - 1;
  spec.layers[0].weights.resize(spec.layers[0].outputs * (kGuessInputs - 1));
  EXPECT_FALSE(is_guess_network(*IntNet::create(spec)));
}

}  // namespace
}  // namespace dew
