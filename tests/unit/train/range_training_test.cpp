// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <span>

#include "apps/files.h"
#include "apps/train/trainer.h"
#include "apps/train/training_set.h"
#include "pointcloud/coding/network_range_model.h"
#include "pointcloud/coding/range_networks.h"
#include "pointcloud/io/lrf.h"

namespace dew::train {
namespace {

Scan sample_scan() {
  const auto bytes = app::read_file(std::string(DEW_SOURCE_DIR) + "/data/samples/vlp16_indoor.lrf");
  EXPECT_TRUE(bytes.ok());
  auto scan = read_lrf(*bytes, {});
  EXPECT_TRUE(scan.ok());
  return *scan;
}

const RangeSamples& sample_set() {
  static const RangeSamples samples = [] {
    RangeSamples all;
    append_scan(all, sample_scan(), {.name = "native"});
    append_scan(all, sample_scan(), {.name = "coarse", .range_step = 10, .weight = 0.3});
    return all;
  }();
  return samples;
}

RangeTraining tiny(uint64_t seed = 1) { return {.seed = seed, .steps = 200, .batch = 256, .peak_rate = 1e-2, .hidden = {16}}; }

const TrainedNetwork& trained() {
  static const TrainedNetwork network = [] {
    auto result = train_range_network(sample_set(), tiny(), {});
    EXPECT_TRUE(result.ok());
    return result.ok() ? *std::move(result) : TrainedNetwork{};
  }();
  return network;
}

TEST(RangeSamples, HoldEveryReturnOfTheScanOnce) {
  const Scan scan = sample_scan();
  const auto returns = static_cast<size_t>(std::count_if(scan.range.begin(), scan.range.end(), [](uint32_t range) { return range != 0; }));
  ASSERT_EQ(sample_set().groups.size(), 2u);
  EXPECT_EQ(sample_set().groups[0].end, returns);
  EXPECT_EQ(sample_set().size(), 2 * returns);
  std::vector<uint32_t> expected, got(sample_set().ranges.begin(), sample_set().ranges.begin() + static_cast<ptrdiff_t>(returns));
  std::copy_if(scan.range.begin(), scan.range.end(), std::back_inserter(expected), [](uint32_t range) { return range != 0; });
  std::sort(expected.begin(), expected.end());
  std::sort(got.begin(), got.end());
  EXPECT_EQ(got, expected);
}

TEST(RangeSamples, ThinnedGridsHoldTheirRowsAndColumns) {
  const RangeGrid grid = grid_of(sample_scan(), 1);
  const RangeGrid same = thinned(grid, 1, 1, false);
  EXPECT_EQ(same.range, grid.range);
  EXPECT_EQ(same.geometry.elevation_centidegrees, grid.geometry.elevation_centidegrees);
  const RangeGrid thin = thinned(grid, 2, 3, true);
  ASSERT_EQ(thin.rows, grid.rows / 2);
  ASSERT_EQ(thin.columns, grid.columns / 3);
  EXPECT_EQ(thin.geometry.column_millidegrees, 3 * grid.geometry.column_millidegrees);
  for (uint32_t row = 0; row < thin.rows; ++row) {
    EXPECT_EQ(thin.geometry.elevation_centidegrees[row], grid.geometry.elevation_centidegrees[2 * row]);
    for (uint32_t column = 0; column < thin.columns; ++column) {
      ASSERT_EQ(thin.range_row(row)[thin.columns - 1 - column], grid.range_row(2 * row)[3 * column]);
    }
  }
}

TEST(RangeSamples, AreTheInputsOfTheCodec) {
  // The codec's own model, asked for the same cells in the same order. It adapts to the sensor on top of the network, which is worth
  // little.
  const auto net = IntNet::create(trained().spec);
  ASSERT_TRUE(net.ok());
  const RangeGrid grid = grid_of(sample_scan(), 1);
  const uint32_t max_range = *std::max_element(grid.range.begin(), grid.range.end());
  CostMeter meter;
  uint64_t returns = 0;
  for (uint32_t slice = 0; slice < kSlices; ++slice) {
    const uint32_t first = grid.columns * slice / kSlices, end = grid.columns * (slice + 1) / kSlices;
    NetworkRangeModel model(*net, RangeFeatures(grid.geometry, first, end), first, max_range);
    for (uint32_t row = 0; row < grid.rows; ++row) {
      model.start_row<CostMeter>(row, std::span(grid.range_row(row) + first, end - first));
      for (uint32_t column = first; column < end; ++column) {
        const uint32_t range = grid.range_row(row)[column];
        if (range == 0) continue;
        model.code(meter, column, range);
        ++returns;
      }
    }
  }
  const double bits = mean_bits(*net, sample_set(), sample_set().groups[0]);
  EXPECT_NEAR(meter.bits() / static_cast<double>(returns), bits, 0.05 * bits);
}

TEST(RangeTraining, LowersTheLoss) {
  EXPECT_LT(trained().losses.back(), 0.8 * trained().losses.front());
  EXPECT_LT(trained().losses.back(), 10.0);
}

TEST(RangeTraining, IsDeterministic) {
  const auto again = train_range_network(sample_set(), tiny(), {});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*write_intnet(again->spec), *write_intnet(trained().spec));
  const auto other = train_range_network(sample_set(), tiny(2), {});
  ASSERT_TRUE(other.ok());
  EXPECT_NE(*write_intnet(other->spec), *write_intnet(trained().spec));
}

TEST(RangeTraining, TheFileCostsWhatTheFloatNetworkCosts) {
  const auto file = write_intnet(trained().spec);
  ASSERT_TRUE(file.ok());
  const auto net = IntNet::read(*file);
  ASSERT_TRUE(net.ok());
  ASSERT_TRUE(NetworkRangeModel::takes(*net));
  double bits = 0;
  for (const SampleGroup& group : sample_set().groups)
    bits += mean_bits(*net, sample_set(), group) * static_cast<double>(group.end - group.first);
  bits /= static_cast<double>(sample_set().size());
  EXPECT_NEAR(bits, trained().rounded_bits, 0.005 * bits);
  EXPECT_LT(bits, 1.03 * trained().float_bits);
}

TEST(RangeTraining, RefusesWhatItCannotTrain) {
  EXPECT_FALSE(train_range_network({}, tiny(), {}).ok());
  RangeTraining training = tiny();
  training.hidden = {0};
  EXPECT_FALSE(train_range_network(sample_set(), training, {}).ok());
  training.hidden.assign(kMaxNetLayers, 4);
  EXPECT_FALSE(train_range_network(sample_set(), training, {}).ok());
  training = tiny();
  training.steps = 0;
  EXPECT_FALSE(train_range_network(sample_set(), training, {}).ok());
}

TEST(TrainingSet, AFoldNeedsItsCaptures) {
  std::vector<std::string> names;
  EXPECT_FALSE(training_samples({.fold = Fold::a, .data = "/nowhere", .simulated = ""}, names).ok());
}

TEST(TrainingSet, EveryCaptureOfAFoldIsRead) {
  const std::string data = std::string(DEW_SHARED_DATA) + "/lidar";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "no captures";
  std::vector<std::string> names;
  const auto samples = training_samples({.fold = Fold::b, .data = data, .simulated = ""}, names);
  ASSERT_TRUE(samples.ok()) << samples.error().message;
  EXPECT_EQ(names, (std::vector<std::string>{"hesai_qt128", "velodyne_vlp16", "velodyne_hdl32e", "ouster"}));
  for (const std::string& name : names) {
    EXPECT_TRUE(std::any_of(samples->groups.begin(), samples->groups.end(),
                            [&](const SampleGroup& group) { return group.name == name && group.range_step == 1; }));
    EXPECT_TRUE(std::any_of(samples->groups.begin(), samples->groups.end(),
                            [&](const SampleGroup& group) { return group.name == name && group.range_step == 48; }));
  }
}

TEST(TrainingSet, OnlyCapturesWhoseTermsAllowIt) {
  for (const Capture& capture : captures()) {
    EXPECT_NE(capture.fold, Fold::all);
    for (const std::string_view forbidden : {"kitti", "nuscenes", "argoverse", "roadside", "livox"}) {
      EXPECT_EQ(std::string_view(capture.folder).find(forbidden), std::string_view::npos);
    }
  }
}

TEST(ShippedNetworks, AreThereByName) {
  for (const char* name : {"range_a", "range_b", "range_all", "range_max_a", "range_max_b", "range_max_all"}) {
    const auto net = choose_range_network(Effort::normal, name);
    ASSERT_TRUE(net.ok()) << name;
    EXPECT_NE(*net, nullptr);
  }
}

}  // namespace
}  // namespace dew::train
