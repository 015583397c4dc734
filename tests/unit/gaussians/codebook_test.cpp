// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/codebook.h"

#include "io_support.h"

namespace dew {
namespace {

using namespace test;

double squared_error(const std::vector<float>& values, const Codebook& book) {
  double sum = 0;
  for (const float value : values) sum += std::pow(double{book.values[book.nearest(value)]} - value, 2);
  return sum / static_cast<double>(values.size());
}

TEST(Codebook, FewValuesAreKeptExactly) {
  Random random(81);
  std::vector<float> levels(256), values;
  for (float& level : levels) level = uniform(random, -20, 4);
  for (int i = 0; i < 5000; ++i) values.push_back(levels[random() % levels.size()]);
  EXPECT_EQ(squared_error(values, fit_codebook(values)), 0);
}

TEST(Codebook, IsNearlyAsGoodAsTheTheoryOfFineSteps) {
  Random random(82);
  std::vector<float> values;
  for (int i = 0; i < 50000; ++i) values.push_back(uniform(random, 0, 1));
  EXPECT_LT(squared_error(values, fit_codebook(values)), 1.1 / (12.0 * 256 * 256)) << "uniform: the step squared over 12";
}

TEST(Codebook, OneFarValueCostsTheOthersLittle) {
  Random random(83);
  std::vector<float> values;
  for (int i = 0; i < 5000; ++i) values.push_back(uniform(random, 0, 1));
  values.push_back(1e6f);
  const Codebook book = fit_codebook(values);
  EXPECT_NEAR(book.values[book.nearest(1e6f)], 1e6, 1);
  values.pop_back();
  EXPECT_LT(squared_error(values, book), 1e-4);
}

TEST(Codebook, NearestIsNearest) {
  Random random(84);
  std::vector<float> values;
  for (int i = 0; i < 3000; ++i) values.push_back(std::pow(uniform(random, -2, 2), 3.0f));
  const Codebook book = fit_codebook(values);
  EXPECT_TRUE(std::is_sorted(book.values.begin(), book.values.end()));
  for (int i = 0; i < 2000; ++i) {
    const float value = uniform(random, -12, 12);
    double least = 1e9;
    for (const float other : book.values) least = std::min(least, std::fabs(double{other} - value));
    EXPECT_EQ(std::fabs(double{book.values[book.nearest(value)]} - value), least);
  }
  EXPECT_NO_FATAL_FAILURE(fit_codebook({}));
  fit_codebook({std::nanf(""), std::numeric_limits<float>::infinity()});
}

TEST(Palette, FewVectorsAreKeptExactly) {
  Random random(85);
  std::vector<float> levels(9 * 40), vectors;
  for (float& value : levels) value = uniform(random, -1, 1);
  for (int i = 0; i < 1000; ++i) {
    const size_t level = random() % 40;
    vectors.insert(vectors.end(), &levels[9 * level], &levels[9 * level] + 9);
  }
  const Palette palette = fit_palette(vectors, 9, 16, 40);
  EXPECT_TRUE(palette.exact);
  for (size_t i = 0; i < 1000; ++i) {
    for (size_t d = 0; d < 9; ++d) EXPECT_EQ(palette.entries[9 * palette.label[i] + d], vectors[9 * i + d]);
  }
}

TEST(Palette, ClustersAreFoundAndTheSizeIsKept) {
  Random random(86);
  std::vector<float> centres(45 * 30), vectors;
  for (float& value : centres) value = uniform(random, -1, 1);
  for (int i = 0; i < 4000; ++i) {
    for (size_t d = 0; d < 45; ++d) vectors.push_back(centres[45 * static_cast<size_t>(i % 30) + d] + uniform(random, -0.01, 0.01));
  }
  const Palette palette = fit_palette(vectors, 45, 64, 64);
  EXPECT_FALSE(palette.exact);
  EXPECT_EQ(palette.entries.size(), 45u * 64);
  double error = 0;
  for (size_t i = 0; i < vectors.size(); ++i) error += std::pow(palette.entries[45 * palette.label[i / 45] + i % 45] - vectors[i], 2);
  EXPECT_LT(error / static_cast<double>(vectors.size()), 1.01 * 0.01 * 0.01 / 3) << "the spread inside the clusters";
}

TEST(Palette, EqualAndHugeVectorsEnd) {
  const std::vector<float> equal(3 * 100, 0.5f);
  EXPECT_EQ(fit_palette(equal, 3, 8, 0).entries.size(), 3u);
  std::vector<float> huge(3 * 100, std::numeric_limits<float>::max());
  for (size_t i = 0; i < huge.size(); i += 7) huge[i] = -huge[i];
  EXPECT_LE(fit_palette(huge, 3, 8, 0).entries.size(), 24u);
}

}  // namespace
}  // namespace dew
