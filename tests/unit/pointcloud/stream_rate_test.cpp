// SPDX-License-Identifier: Apache-2.0
// Rates are promises: no 200 ms hold more than the rate allows, whatever is sent.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>

#include "pointcloud/io/lrf.h"
#include "tests/support/stream_world.h"

namespace dew::test {
namespace {

const Scan& street() {
  static const Scan scan = [] {
    std::ifstream file(DEW_SOURCE_DIR "/data/samples/os1_128_street.lrf", std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    return *read_lrf(as_bytes(text), {});
  }();
  return scan;
}

using Sent = std::vector<std::pair<uint64_t, uint64_t>>;

/// The most bytes in any 200 ms that begin and end within [from, to).
uint64_t most_in_200_ms(const Sent& sent, uint64_t from_us = 0, uint64_t to_us = UINT64_MAX) {
  uint64_t most = 0, sum = 0;
  size_t first = 0;
  for (size_t i = 0; i < sent.size(); ++i) {
    if (sent[i].first < from_us || sent[i].first >= to_us) continue;
    sum += sent[i].second;
    while (sent[first].first < from_us || sent[first].first + 200'000 <= sent[i].first) {
      if (sent[first].first >= from_us) sum -= sent[first].second;
      ++first;
    }
    most = std::max(most, sum);
  }
  return most;
}

TEST(Pacer, NeverExceedsItsRateWhateverIsAsked) {
  for (const uint64_t rate : {64'000u, 200'000u, 1'000'000u, 20'000'000u}) {
    std::mt19937_64 random(rate);
    Pacer pacer(rate);
    Sent sent;
    uint64_t now_us = 1'000'000;
    for (int i = 0; i < 20'000; ++i) {
      now_us += random() % 3 == 0 ? random() % 20'000 : random() % 500;
      const size_t bytes = random() % (pacer.most_datagram_bytes() + 1);
      if (!pacer.may_send(bytes, now_us)) continue;
      pacer.sent(bytes, now_us);
      sent.emplace_back(now_us, bytes + kIpUdpBytes);
    }
    EXPECT_LE(most_in_200_ms(sent), rate / 8 / 5) << rate;
    // And is of use, where more was asked for than it allows.
    EXPECT_TRUE(most_in_200_ms(sent) > rate / 8 / 5 / 2 || rate > 1'000'000) << rate;
  }
}

TEST(Pacer, SaysWhenItWillAllow) {
  Pacer pacer(1'000'000);
  uint64_t now_us = 5'000'000;
  while (pacer.may_send(1000, now_us)) pacer.sent(1000, now_us);
  const uint64_t when_us = pacer.when(1000, now_us);
  EXPECT_FALSE(pacer.may_send(1000, when_us - 200));
  EXPECT_TRUE(pacer.may_send(1000, when_us));
}

TEST(StreamRate, StaysBelowItsRateAndSaysWhatItCost) {
  // A frame of an OS1-128 takes some 70 kB exactly: 5.6 Mbit/s at 10 Hz.
  for (const uint64_t rate : {500'000u, 2'000'000u}) {
    StreamWorld world({street()}, {.max_error_m = 0.1, .rate_bits = rate, .overhead = 0.25}, {}, {.delay_us = 5'000}, std::nullopt);
    uint64_t coarse = 0;
    world.on_frame = [&](const ReceivedFrame& frame) {
      for (size_t cell = 0; cell < frame.scan.range.size(); ++cell) {
        // What is shown is within what is said.
        const uint32_t exact = street().range[cell], got = frame.scan.range[cell];
        if (got == 0) continue;
        ASSERT_LE(exact > got ? exact - got : got - exact, 100u);
      }
      for (const ReceivedSlice& slice : frame.slices) {
        coarse += slice.bound_um > 0;
        ASSERT_LE(slice.bound_um, 100'000u);
      }
    };
    world.run_turns(20);
    world.finish();
    EXPECT_LE(most_in_200_ms(world.link.sent()), rate / 8 / 5) << rate;
    EXPECT_GT(coarse, 0u);
    EXPECT_GE(world.share_in_time(), 0.99) << rate;
    EXPECT_EQ(world.sender.counts().dropped, 0u) << rate;
    // Nine tenths of the rate may be used; less than six would be a waste.
    const double used = static_cast<double>(world.link.bytes()) * 8 / (20 * 0.1);
    EXPECT_GT(used, 0.6 * static_cast<double>(rate)) << rate;
  }
}

TEST(StreamRate, FollowsTheChannelDownAndUp) {
  StreamWorld world({street()}, {.max_error_m = 0.2, .rate_bits = 4'000'000, .overhead = 0.1}, {},
                    {.delay_us = 5'000, .rate_bits = 4'000'000}, std::nullopt);
  const uint64_t begin_us = world.now_us;
  const auto at = [&](uint64_t ms, uint64_t rate) {
    if (world.now_us != begin_us + ms * 1000) return;
    world.sender.set_rate(rate, world.now_us);
    world.link.set_rate(rate);
  };
  std::vector<std::pair<uint64_t, uint32_t>> late_or_missing;
  world.on_frame = [&](const ReceivedFrame& frame) {
    uint32_t bad = 0;
    for (const ReceivedSlice& slice : frame.slices) bad += slice.state == SliceState::late || slice.state == SliceState::missing;
    late_or_missing.emplace_back(world.now_us, bad);
  };
  world.run_turns(40, [&] {
    at(1500, 1'000'000);
    at(2700, 4'000'000);
  });
  world.finish();
  const Sent& sent = world.link.sent();
  EXPECT_LE(most_in_200_ms(sent, 0, begin_us + 1'500'000), 100'000u);
  EXPECT_LE(most_in_200_ms(sent, begin_us + 1'500'000, begin_us + 2'700'000), 25'000u);
  EXPECT_LE(most_in_200_ms(sent, begin_us + 2'700'000), 100'000u);
  // 300 ms after a step down, slices are in time again; 300 ms after the step up the rate is used.
  for (const auto& [given_us, bad] : late_or_missing) {
    const bool settled = given_us > begin_us + 2'000'000 || given_us < begin_us + 1'500'000;
    EXPECT_TRUE(bad == 0 || !settled) << bad << " after " << (given_us - begin_us) / 1000 << " ms";
  }
  EXPECT_GT(most_in_200_ms(sent, begin_us + 3'000'000, begin_us + 3'300'000), 60'000u);
}

/// A street that stands for a while, and then something in front of it.
struct Passing {
  static constexpr uint32_t kFirst = 100, kEnd = 106, kTurns = 7;
  std::vector<Scan> turns;
  std::vector<size_t> cells;  ///< of the thing

  Passing() {
    turns.assign(kTurns, street());
    for (uint32_t column = kFirst; column < kEnd; ++column) {
      for (uint32_t laser = 0; laser < street().lasers; ++laser) {
        const size_t cell = size_t{column} * street().lasers + laser;
        uint32_t& range = turns.back().range[cell];
        if (range * (street().tick_um * 1e-6) < 6) continue;
        range = range / 2 + laser % 7;
        cells.push_back(cell);
      }
    }
  }
};

TEST(StreamRegions, WhatMovesStaysFineAndTheRestDoesNot) {
  const Passing passing;
  ASSERT_GT(passing.cells.size(), 40u);
  for (const bool moving : {true, false}) {
    SenderOptions options;
    options.max_error_m = 0.2;
    options.moving = moving;
    StreamWorld world(passing.turns, options, {}, {}, std::nullopt);
    size_t fine_slices = 0, coarse_cells = 0, wrong_cells = 0;
    world.on_frame = [&](const ReceivedFrame& frame) {
      ASSERT_TRUE(frame.whole);
      if (frame.frame + 1 < Passing::kTurns) {
        for (const ReceivedSlice& slice : frame.slices) EXPECT_EQ(slice.fine_bound_um, slice.bound_um) << frame.frame;
        return;
      }
      for (const ReceivedSlice& slice : frame.slices) fine_slices += slice.fine_bound_um < slice.bound_um ? 1 : 0;
      const Scan& sent = passing.turns.back();
      for (size_t cell = 0; cell < sent.range.size(); ++cell) coarse_cells += frame.scan.range[cell] != sent.range[cell] ? 1 : 0;
      for (const size_t cell : passing.cells) wrong_cells += frame.scan.range[cell] != sent.range[cell] ? 1 : 0;
    };
    world.run_turns(Passing::kTurns);
    world.finish();
    EXPECT_GT(coarse_cells, street().range.size() / 4);
    if (moving) {
      EXPECT_GE(fine_slices, 1u);
      EXPECT_LE(fine_slices, 2u);
      EXPECT_LE(wrong_cells, passing.cells.size() / 20);
    } else {
      EXPECT_EQ(fine_slices, 0u);
      EXPECT_GT(wrong_cells, passing.cells.size() / 2);
    }
  }
}

}  // namespace
}  // namespace dew::test
