// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "apps/train/significance_trainer.h"
#include "data/generate/splats/sample.h"
#include "gaussians/significance/guess.h"
#include "gaussians/significance/scores.h"

namespace dew::train {
namespace {

const SignificanceTraining kTiny{.seed = 1, .steps = 400, .batch = 256};

Result<ScoredScene> constructed_scene(sim::CaptureKind kind, uint64_t seed) {
  const Splats splats = sim::sample_splats(sim::make_captured_scene(kind, seed), {.splats = 3000, .seed = seed, .threads = 2});
  return scored_scene("constructed", splats, 2);
}

constexpr sim::CaptureKind kKinds[] = {sim::CaptureKind::room, sim::CaptureKind::object, sim::CaptureKind::street};

const std::vector<ScoredScene>& few_scenes() {
  static const std::vector<ScoredScene> scenes = [] {
    std::vector<ScoredScene> all;
    for (const sim::CaptureKind kind : kKinds) {
      Result<ScoredScene> scene = constructed_scene(kind, 1);
      EXPECT_TRUE(scene.ok());
      if (scene.ok()) all.push_back(*std::move(scene));
    }
    return all;
  }();
  return scenes;
}

TEST(SignificanceTraining, IsTheSameEachTime) {
  const auto first = train_significance_network(few_scenes(), kTiny), second = train_significance_network(few_scenes(), kTiny);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(*write_intnet(*first), *write_intnet(*second));
}

TEST(SignificanceTraining, RanksSplatsOfAnotherSceneBetterThanOpacityTimesAreaDoes) {
  const auto spec = train_significance_network(few_scenes(), kTiny);
  ASSERT_TRUE(spec.ok());
  const IntNet net = *IntNet::create(*spec);
  ASSERT_TRUE(is_guess_network(net));
  for (const sim::CaptureKind kind : kKinds) {
    const auto scene = constructed_scene(kind, 50);
    ASSERT_TRUE(scene.ok());
    EXPECT_GT(spearman(guess_removal(scene->splats, net, 1), scene->log2_error),
              spearman(score_from(scene->splats, {}, Score::opacity_area), scene->log2_error))
        << scene->name;
  }
}

TEST(SignificanceTraining, RefusesWhatCannotBeTrained) {
  EXPECT_EQ(train_significance_network({}, kTiny).error().code, Code::invalid_argument);
  EXPECT_FALSE(train_significance_network(few_scenes(), {.steps = 19}).ok());
  EXPECT_FALSE(train_significance_network(few_scenes(), {.hidden = {0}}).ok());
  const std::vector<ScoredScene> empty(1);
  EXPECT_FALSE(train_significance_network(empty, kTiny).ok());
  EXPECT_FALSE(scored_scene("empty", Splats(), 1).ok());
}

TEST(Spearman, IsOneForTheSameOrderAndKnowsTies) {
  EXPECT_DOUBLE_EQ(spearman({1, 2, 3, 4}, {0, 10, 11, 1000}), 1);
  EXPECT_DOUBLE_EQ(spearman({1, 2, 3, 4}, {4, 3, 2, 1}), -1);
  EXPECT_DOUBLE_EQ(spearman({1, 1, 2, 2}, {5, 5, 7, 7}), 1);
  EXPECT_DOUBLE_EQ(spearman({1, 1, 1}, {1, 2, 3}), 0);
}

}  // namespace
}  // namespace dew::train
