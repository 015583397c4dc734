// SPDX-License-Identifier: Apache-2.0
// Bytes of a stream, one message at a time: slices, descriptions, datagrams, reports.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "pointcloud/io/lrf.h"
#include "pointcloud/stream/assembler.h"
#include "pointcloud/stream/packetiser.h"
#include "pointcloud/stream/report.h"
#include "pointcloud/stream/sector.h"
#include "pointcloud/stream/slice.h"

namespace dew {
namespace {

const Scan& sample() {
  static const Scan scan = [] {
    std::ifstream file(DEW_SOURCE_DIR "/data/samples/vlp16_indoor.lrf", std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    return *read_lrf(as_bytes(text), {});
  }();
  return scan;
}

SensorDescription sensor(Effort effort) { return *describe_sensor(sample(), "VLP-16", std::nullopt, effort); }

TEST(StreamSlice, ExactSlicesComeBackToTheBit) {
  for (const Effort effort : {Effort::fast, Effort::normal}) {
    const SensorDescription described = sensor(effort);
    const Scan sector = columns_of(sample(), 100, 157);
    SliceHeader header;
    header.frame = 7;
    header.first_column = 100;
    header.ends_frame = true;
    header.columns_before = 900;
    header.columns_left_out = 20;
    header.time_us = 1'700'000'000'123'456;
    const auto message = encode_slice(header, sector, described, {});
    ASSERT_TRUE(message.ok());
    const auto slice = decode_slice(message->message, described, {});
    ASSERT_TRUE(slice.ok()) << slice.error().message;
    EXPECT_TRUE(slice->columns == sector);
    EXPECT_EQ(slice->header.frame, 7u);
    EXPECT_EQ(slice->header.first_column, 100u);
    EXPECT_TRUE(slice->header.ends_frame);
    EXPECT_EQ(slice->header.columns_before, 900u);
    EXPECT_EQ(slice->header.columns_left_out, 20u);
    EXPECT_EQ(slice->header.time_us, header.time_us);
    EXPECT_EQ(slice->header.bound_um, 0u);
  }
}

TEST(StreamSlice, BoundsHoldInAndOutOfFineRegions) {
  const SensorDescription described = sensor(Effort::normal);
  const Scan sector = columns_of(sample(), 0, 120);
  SliceCoding coding;
  coding.error_ticks = 25;
  coding.intensity_shift = 3;
  coding.fine_error_ticks = 2;
  coding.fine = {{0, 120, 0, 16, 1, 1500}, {30, 50, 0, 16, 1, 0xFFFFFFFF}};
  const auto message = encode_slice({}, sector, described, coding);
  ASSERT_TRUE(message.ok());
  const auto slice = decode_slice(message->message, described, {});
  ASSERT_TRUE(slice.ok()) << slice.error().message;
  EXPECT_EQ(slice->header.bound_um, 25 * sector.tick_um);
  EXPECT_EQ(slice->header.fine_bound_um, 2 * sector.tick_um);
  size_t fine = 0;
  for (size_t cell = 0; cell < sector.range.size(); ++cell) {
    const uint32_t exact = sector.range[cell], got = slice->columns.range[cell];
    ASSERT_EQ(exact == 0, got == 0);
    const uint32_t error = exact > got ? exact - got : got - exact;
    const size_t column = cell / sector.lasers;
    // Ranges nearer than 1500 ticks, seen with the coarse error, are surely refined.
    const bool in_fine = exact != 0 && (exact + 25 < 1500 || (column >= 30 && column < 50));
    fine += in_fine;
    EXPECT_LE(error, in_fine ? 2u : 25u);
    EXPECT_LE(std::abs(int{sector.intensity[cell]} - int{slice->columns.intensity[cell]}), 4);
  }
  EXPECT_GT(fine, 100u);
  const auto coarse = encode_slice({}, sector, described, {25, 3, 0, {}});
  const auto all_fine = encode_slice({}, sector, described, {2, 3, 0, {}});
  EXPECT_GT(message->message.size(), coarse->message.size());
  EXPECT_LT(message->message.size(), all_fine->message.size());
}

TEST(StreamSlice, ThatReferComeBackAndAreSmaller) {
  for (const Effort effort : {Effort::fast, Effort::normal}) {
    const SensorDescription described = sensor(effort);
    for (const SliceCoding& coding : {SliceCoding{}, SliceCoding{25, 3, 2, {{0, 30, 0, 16, 1, 4000}}}, SliceCoding{10, 8, 0, {}}}) {
      // Three slices of the frame before, then one of this frame that lies across two of them.
      SliceStore store;
      for (const uint32_t first : {0u, 60u, 120u}) {
        const auto before = encode_slice({.frame = 6, .first_column = first}, columns_of(sample(), first, first + 60), described, coding);
        ASSERT_TRUE(before.ok());
        const auto decoded = decode_slice(before->message, described, {});
        ASSERT_TRUE(decoded.ok());
        EXPECT_TRUE(decoded->columns == before->decoded);
        EXPECT_EQ(range_step(decoded->header, described), before->range_step);
        store.add({6, first}, before->decoded, before->range_step);
      }
      const Scan sector = columns_of(sample(), 30, 90);
      SliceHeader header{.frame = 7, .first_column = 30};
      const auto alone = encode_slice(header, sector, described, coding);
      header.refers_to = {{6, 60}, {6, 0}};
      const auto coded = encode_slice(header, sector, described, coding, &store);
      ASSERT_TRUE(alone.ok() && coded.ok());
      EXPECT_LT(coded->message.size(), alone->message.size() * 9 / 10);
      const auto slice = decode_slice(coded->message, described, {}, &store);
      ASSERT_TRUE(slice.ok()) << slice.error().message;
      EXPECT_TRUE(slice->columns == alone->decoded);
      EXPECT_EQ(slice->header.refers_to, header.refers_to);
      // Not without those.
      EXPECT_FALSE(decode_slice(coded->message, described, {}).ok());
      store.clear();
      EXPECT_FALSE(decode_slice(coded->message, described, {}, &store).ok());
    }
  }
}

TEST(StreamSlice, StoresForgetWhatIsOld) {
  SliceStore store(3000);
  const Scan columns = columns_of(sample(), 0, 50);  // 800 cells
  for (const uint32_t frame : {0xFFFFFFF0u, 0xFFFFFFFFu, 0u, 1u}) store.add({frame, 0}, columns, 1);
  EXPECT_EQ(store.find({0xFFFFFFF0u, 0}), nullptr);
  EXPECT_NE(store.find({0xFFFFFFFFu, 0}), nullptr);
  store.add({1, 50}, columns, 1);
  EXPECT_NE(store.find({1, 50}), nullptr);
  size_t kept = 0;
  for (const SliceName& name : {SliceName{0xFFFFFFFFu, 0}, SliceName{0, 0}, SliceName{1, 0}, SliceName{1, 50}}) kept += store.has({{name}});
  EXPECT_EQ(kept, 3u);
}

TEST(StreamSlice, EveryPrefixIsRefusedAndNoChangedByteHarms) {
  const SensorDescription described = sensor(Effort::fast);
  SliceCoding coding;
  coding.error_ticks = 5;
  coding.fine = {{0, 20, 0, 16, 1, 1500}};
  const Bytes message = encode_slice({}, columns_of(sample(), 0, 20), described, coding)->message;
  DecodeLimits limits;
  limits.elements = 1 << 16;
  limits.memory_bytes = 64 << 20;
  for (size_t size = 0; size < message.size(); ++size) EXPECT_FALSE(decode_slice(ByteSpan(message).first(size), described, limits).ok());
  for (size_t at = 0; at < message.size(); ++at) {
    Bytes changed = message;
    changed[at] ^= std::byte{0x5A};
    (void)decode_slice(changed, described, limits);  // anything but a crash
  }
}

TEST(StreamSectors, CoverEachFrameWhereverItPauses) {
  SectorCutter cutter(908, 16);
  uint32_t frame = 0, next = 0;
  const auto check = [&](const std::vector<Sector>& sectors) {
    for (const Sector& sector : sectors) {
      EXPECT_EQ(sector.frame, frame);
      EXPECT_EQ(sector.first_column, next);
      EXPECT_TRUE(sector.columns == columns_of(sample(), next, next + sector.columns.columns));
      next += sector.columns.columns;
      if (!sector.ends_frame) continue;
      EXPECT_EQ(next, 908u);
      ++frame;
      next = 0;
    }
  };
  for (uint32_t turn = 0; turn < 5; ++turn) {
    check(cutter.begin_frame());
    for (uint32_t column = 0; column < 908; column += 4) {
      check(cutter.add(columns_of(sample(), column, column + 4), 1000));
      if (column == 100 * turn) check(cutter.flush());
      // The border after a pause is where all turns have it.
      EXPECT_TRUE(column + 4 < 56 * 5 || column + 4 >= 56 * 6 || next >= 56 * 5);
    }
  }
  check(cutter.finish());
  EXPECT_EQ(frame, 5u);
}

TEST(StreamDescription, ComesBackWithItsCalibration) {
  const SensorDescription described = sensor(Effort::normal);
  const Bytes message = write_description(described);
  const auto same = read_description(message, {});
  ASSERT_TRUE(same.ok()) << same.error().message;
  EXPECT_EQ(same->id, described.id);
  EXPECT_EQ(same->layout, described.layout);
  EXPECT_EQ(same->name, "VLP-16");
  EXPECT_EQ(same->network, described.network);
  ASSERT_TRUE(same->calibration);
  EXPECT_EQ(same->calibration->lasers, described.calibration->lasers);
  EXPECT_EQ(same->calibration->firing_ns, described.calibration->firing_ns);
  for (size_t size = 0; size < message.size(); ++size) EXPECT_FALSE(read_description(ByteSpan(message).first(size), {}).ok());
}

/// The datagrams of a message, parity that it brings included.
std::vector<Bytes> sent(Packetiser& packetiser, const Bytes& message) {
  auto datagrams = packetiser.add(MessageKind::slice, message, 5);
  EXPECT_TRUE(datagrams.ok());
  return *std::move(datagrams);
}

TEST(StreamDatagrams, MessagesOfAllSizesSurviveLossUpToTheParity) {
  Packetiser packetiser({.source = 77, .group_datagrams = 16, .overhead = 0.5});
  Assembler assembler;
  std::vector<Bytes> messages, got;
  std::vector<Bytes> datagrams;
  for (size_t i = 0; i < 40; ++i) {
    messages.push_back(Bytes(1 + i * 97, std::byte{static_cast<uint8_t>(i)}));
    const std::vector<Bytes> more = sent(packetiser, messages.back());
    datagrams.insert(datagrams.end(), more.begin(), more.end());
  }
  for (Bytes& datagram : packetiser.end_group(5)) datagrams.push_back(std::move(datagram));
  size_t i = 0;
  for (const Bytes& datagram : datagrams) {
    EXPECT_LE(datagram.size(), kMostDatagramBytes);
    if (++i % 4 == 0) continue;  // a quarter is lost, a third can be repaired
    for (const Message& message : assembler.add(datagram, 1000 * i)) got.push_back(message.bytes);
  }
  ASSERT_EQ(got.size(), messages.size());
  // Repaired ones come later; their sizes differ.
  const auto by_size = [](const Bytes& a, const Bytes& b) { return a.size() < b.size(); };
  std::sort(got.begin(), got.end(), by_size);
  for (size_t k = 0; k < got.size(); ++k) EXPECT_EQ(got[k], messages[k]) << k;
  EXPECT_GT(assembler.counts().repaired, 0u);
}

TEST(StreamDatagrams, StrangersAndOldOnesAreCountedAndDropped) {
  Packetiser ours({.source = 1}), theirs({.source = 9});
  Assembler assembler;
  const Bytes message(100, std::byte{1});
  const Bytes first = sent(ours, message)[0];
  EXPECT_EQ(assembler.add(first, 1000).size(), 1u);
  EXPECT_EQ(assembler.add(first, 1001).size(), 0u);
  EXPECT_EQ(assembler.counts().duplicate, 1u);
  EXPECT_EQ(assembler.add(sent(theirs, message)[0], 1002).size(), 0u);
  EXPECT_EQ(assembler.counts().unknown_source, 1u);
  for (int i = 0; i < 3000; ++i) (void)assembler.add(sent(ours, message)[0], 2000);
  EXPECT_EQ(assembler.add(first, 3000).size(), 0u);
  EXPECT_EQ(assembler.counts().old, 1u);
  // After a silence another one may come.
  EXPECT_EQ(assembler.add(sent(theirs, message)[0], 2'100'000).size(), 1u);
}

TEST(StreamReports, ComeBackWithAllTheirParts) {
  ReceiverReport report;
  report.receiver = 5;
  report.source = 6;
  report.lost_256 = 51;
  report.lost = 1234;
  report.highest = 70000;
  report.jitter_us = 321;
  report.wanted = {65530, 65535, 3, 4, 100};
  report.rate_bits = 1'500'000;
  report.wants_description = true;
  report.held_newest = 17;
  report.held_before = 0x8000000000000001;
  const auto read = read_report(write_report(report));
  ASSERT_TRUE(read.ok() && read->receiver && !read->sender);
  EXPECT_EQ(read->receiver->receiver, 5u);
  EXPECT_EQ(read->receiver->source, 6u);
  EXPECT_EQ(read->receiver->lost_256, 51u);
  EXPECT_EQ(read->receiver->lost, 1234u);
  EXPECT_EQ(read->receiver->highest, 70000u);
  EXPECT_EQ(read->receiver->jitter_us, 321u);
  EXPECT_EQ(read->receiver->wanted, report.wanted);
  EXPECT_NEAR(static_cast<double>(*read->receiver->rate_bits), 1.5e6, 1.5e6 / 65536);
  EXPECT_TRUE(read->receiver->wants_description);
  EXPECT_EQ(read->receiver->held_newest, 17u);
  EXPECT_EQ(read->receiver->held_before, report.held_before);

  const SenderReport said{9, 1'700'000'000'654'321, 77, 1000, 2000, true};
  const auto same = read_report(write_report(said));
  ASSERT_TRUE(same.ok() && same->sender);
  EXPECT_EQ(same->sender->time_us, said.time_us);
  EXPECT_EQ(same->sender->datagrams, 1000u);
  EXPECT_TRUE(same->sender->ends);
}

}  // namespace
}  // namespace dew
