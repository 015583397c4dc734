// SPDX-License-Identifier: Apache-2.0
// Flags, ranges and intensities of grids come back whatever the grid, and hostile bytes decode to something within bounds.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <random>
#include <vector>

#include "entropy/range_coder.h"
#include "pointcloud/coding/error_trackers.h"
#include "pointcloud/coding/flag_model.h"
#include "pointcloud/coding/intensity_model.h"
#include "pointcloud/coding/log_scale.h"
#include "pointcloud/coding/near_logs.h"
#include "pointcloud/coding/quick_mix.h"

namespace dew {
namespace {

/// std::mt19937 gives numbers wider than it fills.
class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  uint32_t operator()() { return static_cast<uint32_t>(engine_()); }

 private:
  std::mt19937 engine_;
};

/// Surfaces with holes, or pure noise; intensities follow the ranges or nothing.
RangeGrid random_grid(Random& random, unsigned bits) {
  RangeGrid grid;
  grid.rows = 1 + random() % 12;
  grid.columns = 1 + random() % 90;
  const size_t cells = size_t{grid.rows} * grid.columns;
  const bool noise = random() % 2 == 0;
  const uint32_t holes = random() % 100;
  for (size_t i = 0; i < cells; ++i) {
    const uint32_t range = noise ? 1 + random() % 1'000'000 : 5000 + static_cast<uint32_t>(i % grid.columns) * 10 + random() % 3;
    grid.range.push_back(random() % 100 < holes ? 0 : range);
    grid.intensity.push_back(static_cast<uint8_t>((noise ? random() : range / 16 + random() % 2) % (1u << bits)));
  }
  return grid;
}

template <class Model>
void expect_intensities_back(bool of_all_cells) {
  Random random(of_all_cells ? 1 : 2);
  for (int trial = 0; trial < 120; ++trial) {
    const unsigned bits = 1 + random() % 8;
    RangeGrid grid = random_grid(random, bits);
    const std::vector<uint8_t> before = grid.intensity;
    const uint32_t first = random() % grid.columns, end = first + 1 + random() % (grid.columns - first);
    RangeEncoder encoder;
    Model(grid, first, end, bits).code_all(encoder, grid.intensity, of_all_cells);
    EXPECT_EQ(grid.intensity, before) << "an encoder changes nothing";
    const Bytes coded = encoder.finish();
    for (size_t i = 0; i < before.size(); ++i) {
      const uint32_t column = static_cast<uint32_t>(i % grid.columns);
      if (column >= first && column < end && (of_all_cells || grid.range[i] != 0)) grid.intensity[i] = 0;
    }
    RangeDecoder decoder(coded);
    Model(grid, first, end, bits).code_all(decoder, grid.intensity, of_all_cells);
    ASSERT_EQ(grid.intensity, before) << "trial " << trial;
    EXPECT_TRUE(decoder.at_end());
  }
}
TEST(IntensityModel, GivesBackReturns) { expect_intensities_back<IntensityModel>(false); }
TEST(IntensityModel, GivesBackAllCells) { expect_intensities_back<IntensityModel>(true); }
TEST(QuickIntensityModel, GivesBackReturns) { expect_intensities_back<QuickIntensityModel>(false); }
TEST(QuickIntensityModel, GivesBackAllCells) { expect_intensities_back<QuickIntensityModel>(true); }

template <class Model>
size_t expect_flags_back(const RangeGrid& grid) {
  RangeEncoder encoder;
  Model writing(grid.columns);
  for (uint32_t row = 0; row < grid.rows; ++row) {
    std::vector<uint32_t> cells(grid.range_row(row), grid.range_row(row) + grid.columns);
    writing.code_row(encoder, cells);
    writing.end_row(cells);
  }
  const Bytes coded = encoder.finish();
  RangeDecoder decoder(coded);
  Model reading(grid.columns);
  for (uint32_t row = 0; row < grid.rows; ++row) {
    std::vector<uint32_t> cells(grid.columns);
    reading.code_row(decoder, cells);
    for (uint32_t column = 0; column < grid.columns; ++column) {
      EXPECT_EQ(cells[column], grid.range_row(row)[column] != 0 ? 1u : 0u);
      if (cells[column] != 0) cells[column] = grid.range_row(row)[column];
    }
    reading.end_row(cells);
  }
  return coded.size();
}
TEST(FlagModels, GiveBackFlags) {
  Random random(3);
  for (int trial = 0; trial < 200; ++trial) {
    const RangeGrid grid = random_grid(random, 8);
    expect_flags_back<FlagModel>(grid);
    expect_flags_back<QuickFlagModel>(grid);
  }
}
TEST(FlagModels, ConstantGridsCostNearlyNothing) {
  for (const uint32_t range : {0u, 7000u}) {
    RangeGrid grid;
    grid.rows = 64;
    grid.columns = 500;
    grid.range.assign(32'000, range);
    EXPECT_LT(expect_flags_back<FlagModel>(grid), 100u);
    EXPECT_LT(expect_flags_back<QuickFlagModel>(grid), 400u);
  }
}

TEST(CellModels, DecodeAnyBytesWithinBounds) {
  Random random(4);
  for (int trial = 0; trial < 50; ++trial) {
    RangeGrid grid = random_grid(random, 8);
    Bytes noise(random() % 200);
    for (std::byte& byte : noise) byte = static_cast<std::byte>(random());
    RangeDecoder decoder(noise);
    IntensityModel(grid, 0, grid.columns, 3).code_all(decoder, grid.intensity, true);
    EXPECT_LT(*std::max_element(grid.intensity.begin(), grid.intensity.end()), 8);
    QuickIntensityModel(grid, 0, grid.columns, 3).code_all(decoder, grid.intensity, true);
    EXPECT_LT(*std::max_element(grid.intensity.begin(), grid.intensity.end()), 8);
  }
}

template <size_t kContexts>
void expect_registers_like_loops(Random& random) {
  std::array<QuickContext, kContexts> contexts, same;
  std::array<QuickContext*, kContexts> pointers, same_pointers;
  for (size_t i = 0; i < kContexts; ++i) {
    const uint16_t edge[] = {1, 65534, static_cast<uint16_t>(1 + random() % 65534)};
    same[i] = contexts[i] = {edge[random() % 3], static_cast<uint16_t>(random() % 32768)};
    pointers[i] = &contexts[i];
    same_pointers[i] = &same[i];
  }
  MixLanes weights, least_rates;
  for (int16_t& weight : weights) weight = random() % 8 == 0 ? (random() % 2 == 0 ? INT16_MAX : INT16_MIN) : static_cast<int16_t>(random());
  for (int16_t& rate : least_rates) rate = static_cast<int16_t>(random() % 32768);
  const FastMixLanes fast(pointers);
  const PlainMixLanes plain(same_pointers);
  ASSERT_EQ(fast.sum(weights), plain.sum(weights));
  const int16_t error = random() % 7 == 0 ? INT16_MIN : static_cast<int16_t>(random());
  MixLanes same_weights = weights;
  fast.learn_weights(error, weights);
  plain.learn_weights(error, same_weights);
  ASSERT_EQ(weights, same_weights);
  const bool bit = random() % 2 == 0;
  fast.learn(bit, least_rates, pointers);
  plain.learn(bit, least_rates, same_pointers);
  for (size_t i = 0; i < kContexts; ++i) {
    ASSERT_EQ(contexts[i].p1, same[i].p1);
    ASSERT_EQ(contexts[i].rate, same[i].rate);
    ASSERT_GE(contexts[i].p1, 1);
    ASSERT_LE(contexts[i].p1, 65534);
  }
}

template <unsigned kValues>
void expect_starts_like_loops(Random& random) {
  const unsigned likely = 1 + static_cast<unsigned>(random() % kValues);
  FastStarts<kValues> fast(likely);
  PlainStarts<kValues> plain(likely);
  const uint32_t favourite = static_cast<uint32_t>(random() % kValues);
  for (int symbol = 0; symbol < 400; ++symbol) {
    const uint32_t number = static_cast<uint32_t>(random() % (1u << kQuickSymbolBits));
    ASSERT_EQ(fast.value_of(number), plain.value_of(number));
    uint32_t end = 0;
    for (uint32_t s = 0; s < kValues; ++s) {
      ASSERT_EQ(plain.start(s), end);
      end = plain.end(s);
      ASSERT_GE(end, plain.start(s) + kQuickFloor);
      ASSERT_EQ(fast.start(s), plain.start(s));
      ASSERT_EQ(fast.end(s), end);
      ASSERT_EQ(plain.value_of(plain.start(s)), s);
      ASSERT_EQ(plain.value_of(end - 1), s);
    }
    ASSERT_EQ(end, 1u << kQuickSymbolBits);
    ASSERT_EQ(fast.seen(), plain.seen());
    const uint32_t value = random() % 4 == 0 ? static_cast<uint32_t>(random() % kValues) : favourite;
    const int rate = static_cast<int>(1 + random() % 7);
    fast.learn(value, rate);
    plain.learn(value, rate);
  }
}

TEST(QuickSymbol, RegistersComputeWhatTheLoopsDefineAndNoValueVanishes) {
  Random random(6);
  for (int trial = 0; trial < 100; ++trial) {
    expect_starts_like_loops<8>(random);
    expect_starts_like_loops<16>(random);
  }
}

TEST(QuickSymbol, SkewedSymbolsComeBackAndCostWhatTheirEntropyIs) {
  Random random(7);
  std::vector<uint32_t> symbols(50'000);
  for (uint32_t& symbol : symbols) symbol = static_cast<uint32_t>(std::countr_zero(random() | 0x8000));
  RangeEncoder encoder;
  QuickSymbol<16, 7> model;
  for (const uint32_t symbol : symbols) model.code(encoder, symbol);
  const Bytes coded = encoder.finish();
  EXPECT_LT(static_cast<double>(coded.size()) * 8, 2.0 * 50'000 * 1.03);  // half, a quarter, an eighth ...: two bits a symbol
  RangeDecoder decoder(coded);
  QuickSymbol<16, 7, PlainStarts> same;
  for (const uint32_t symbol : symbols) ASSERT_EQ(same.code(decoder, 0), symbol);
}

TEST(QuickMix, RegistersComputeWhatTheLoopsDefine) {
  Random random(5);
  for (int trial = 0; trial < 10'000; ++trial) {
    expect_registers_like_loops<4>(random);
    expect_registers_like_loops<6>(random);
    expect_registers_like_loops<7>(random);
  }
}

TEST(NearLogs, OfRegistersAreThePlainOnes) {
  std::mt19937 random(31);
  const auto any = [&](int32_t most) { return random() % 5 == 0 ? 0 : static_cast<int32_t>(random() % static_cast<uint32_t>(most)); };
  for (int trial = 0; trial < 20000; ++trial) {
    const int32_t most = trial % 2 == 0 ? 1 << 20 : 200;
    std::array<std::array<int32_t, 8>, 4> rows;
    for (auto& row : rows) std::generate(row.begin(), row.end(), [&] { return any(most); });
    NearRanges from{.up = rows[0].data() + 3,
                    .up2 = rows[1].data() + 1,
                    .up3 = rows[2].data(),
                    .left = rows[3].data(),
                    .centres = {},
                    .gaps = {},
                    .base = 1};
    from.base = 1 + any(most - 1);
    for (int32_t& centre : from.centres) centre = any(2 * from.base * 16);
    for (int32_t& gap : from.gaps) gap = any(100);
    std::array<int16_t, kNearInputs + 1> plain, fast;
    plain.back() = fast.back() = -3;
    PlainNearLogs::put(from, plain.data());
    FastNearLogs::put(from, fast.data());
    ASSERT_EQ(fast, plain);
  }
}

TEST(ErrorTrackers, OfRegistersAreThePlainOnes) {
  std::mt19937 random(32);
  ErrorTrackers plain, fast;
  for (int trial = 0; trial < 20000; ++trial) {
    const uint32_t most = random() % 2 == 0 ? (1u << 26) + 1 : 4000;
    ErrorTrackers::Numbers predictions;
    for (int32_t& prediction : predictions) prediction = static_cast<int32_t>(random() % most);
    const int32_t value = static_cast<int32_t>(random() % most);
    plain.add_plain(value, predictions);
    fast.add(value, predictions);
    ASSERT_EQ(fast, plain);
  }
}

TEST(LogLanes, AreTheLogarithms) {
  Random random(6);
  for (int trial = 0; trial < 20'000; ++trial) {
    LogLanes lanes;
    std::array<int32_t, LogLanes::kLanes> numbers{};
    for (size_t lane = 0; lane < LogLanes::kLanes; ++lane) {
      numbers[lane] = static_cast<int32_t>(random() % (1u << (1 + random() % 24))) * (random() % 2 == 0 ? 1 : -1);
      if (numbers[lane] == (1 << 24) - 1 || numbers[lane] == 1 - (1 << 24)) numbers[lane] = 0;
      const bool present = random() % 4 != 0;
      lanes.put(lane, numbers[lane], present);
      if (!present) numbers[lane] = 0;
    }
    const auto& logs = lanes.signed_logs();
    for (size_t lane = 0; lane < LogLanes::kLanes; ++lane) ASSERT_EQ(logs[lane], signed_log_q4(numbers[lane])) << numbers[lane];
  }
}

TEST(LogScale, IsSixteenTimesTheLogarithm) {
  EXPECT_EQ(log_q4(0), 0);
  EXPECT_EQ(log_q4(1), 16);
  EXPECT_EQ(log_q4(3), 32);
  EXPECT_EQ(log_q4(uint64_t{1} << 62), 16 * 62);
  int32_t last = 0;
  for (uint64_t value = 1; value < 100'000; ++value) {
    const int32_t log = log_q4(value);
    EXPECT_GE(log, last);
    EXPECT_LE(log - last, 16);
    EXPECT_EQ(signed_log_q4(-static_cast<int64_t>(value)), -log);
    last = log;
  }
}

}  // namespace
}  // namespace dew
