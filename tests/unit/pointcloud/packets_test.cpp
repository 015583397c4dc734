// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/packets.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "packets_test_captures.h"
#include "pointcloud/io/lrf.h"
#include "pointcloud/sensor/packets_capture.h"

namespace dew {
namespace {

using test::all_layouts;
using test::CaptureRecipe;
using test::make_pcap;

const std::string kLidar = std::string(DEW_SHARED_DATA) + "/lidar/";

TEST(PacketLayouts, AreSoundAndSurviveBeingWritten) {
  for (const KnownLayout* known : all_layouts()) {
    ASSERT_TRUE(check_layout(known->layout, 0).ok()) << known->sensor << ": " << check_layout(known->layout, 0).error().message;
    ByteWriter writer;
    write_layout(known->layout, writer);
    ByteReader reader(writer.bytes());
    const Result<PacketLayout> back = read_layout(reader);
    ASSERT_TRUE(back.ok()) << known->sensor;
    EXPECT_EQ(*back, known->layout);
    EXPECT_TRUE(reader.expect_end().ok());
    for (size_t size = 0; size < writer.size(); ++size) {
      ByteReader shorter(ByteSpan(writer.bytes()).first(size));
      EXPECT_FALSE(read_layout(shorter).ok()) << known->sensor << ' ' << size;
    }
  }
}

TEST(PacketLayouts, DamagedBytesNeverGiveAnUnsoundLayout) {
  std::mt19937_64 random(7);
  for (const KnownLayout* known : all_layouts()) {
    ByteWriter writer;
    write_layout(known->layout, writer);
    for (size_t at = 0; at < writer.size(); ++at) {
      Bytes damaged = writer.bytes();
      damaged[at] ^= static_cast<std::byte>(1 + random() % 255);
      ByteReader reader(damaged);
      const Result<PacketLayout> layout = read_layout(reader);
      if (layout.ok()) {
        EXPECT_TRUE(check_layout(*layout, 0).ok());
      }
    }
  }
}

/// Eight blocks hold one firing: lasers 1 to 32 last and strongest, 33 to 64 last and strongest, ...; four blocks are idle.
TEST(PacketLayouts, Vls128TellsTwoReturnsApart) {
  Bytes payload(1206);
  const auto put = [&](size_t at, uint32_t value) { payload[at] = static_cast<std::byte>(value); };
  const uint8_t banks[] = {0xee, 0xdd, 0xcc, 0xbb};
  for (size_t block = 0; block < 8; ++block) {
    put(block * 100, 0xff);
    put(block * 100 + 1, banks[block / 2]);
    put(block * 100 + 2, 42);
    for (size_t cell = 0; cell < 32; ++cell) {
      put(block * 100 + 4 + 3 * cell, static_cast<uint32_t>(block / 2 * 32 + cell));
      put(block * 100 + 5 + 3 * cell, static_cast<uint32_t>(1 + block % 2));
    }
  }
  put(1204, 0x39);
  put(1205, 0xa1);
  const KnownLayout* known = find_layout(payload);
  ASSERT_NE(known, nullptr);
  EXPECT_EQ(known->sensor, "VLS-128");
  ASSERT_EQ(known->layout.planes, 2u);
  ASSERT_EQ(known->layout.columns, 1u);
  EXPECT_EQ(column_azimuth(known->layout, payload, 0), 42);
  Scan plane;
  plane.range.resize(128);
  plane.intensity.resize(128);
  std::vector<Scan> planes(2, plane);
  take_cells(known->layout, payload, 0, planes);
  for (uint32_t laser = 0; laser < 128; ++laser) {
    EXPECT_EQ(planes[0].range[laser], laser + 256);
    EXPECT_EQ(planes[1].range[laser], laser + 512);
  }
}

TEST(PacketLayouts, NothingIsMadeOfCellsThatAreNotThere) {
  // A layout without columns once had its cell size unchecked, and a size of 2^31 bought as many lists.
  PacketLayout layout = velodyne_layouts().back().layout;
  ASSERT_EQ(layout.columns, 0u);
  EXPECT_TRUE(check_layout(layout, 0).ok());
  layout.cell.bytes = 1u << 31;
  EXPECT_FALSE(check_layout(layout, 0).ok());
  PacketLayout grid = velodyne_layouts()[1].layout;
  grid.runs.pop_back();
  EXPECT_FALSE(check_layout(grid, 0).ok()) << "a hole in the grid";
}

TEST(PacketLayouts, EachPacketIsRecognisedAsItself) {
  std::mt19937_64 random(3);
  for (const KnownLayout* known : all_layouts()) {
    uint32_t azimuth = 0;
    const Bytes payload = test::make_payload(*known, random, azimuth, 20, 0);
    const KnownLayout* found = find_layout(payload);
    ASSERT_NE(found, nullptr) << known->sensor;
    EXPECT_EQ(found->layout, known->layout) << known->sensor;
    EXPECT_EQ(find_layout(ByteSpan(payload).first(payload.size() - 1)), nullptr);
  }
}

TEST(PacketLayouts, TakingAndPuttingCellsIsExact) {
  std::mt19937_64 random(5);
  for (const KnownLayout* known : all_layouts()) {
    const PacketLayout& layout = known->layout;
    if (layout.columns == 0) continue;
    std::vector<Scan> planes(layout.planes);
    for (Scan& plane : planes) {
      plane.range.resize(size_t{layout.columns} * layout.lasers);
      plane.intensity.resize(plane.range.size());
    }
    const Bytes packet = test::random_bytes(random, layout.packet_bytes);
    Bytes rest = packet;
    take_cells(layout, rest, 0, planes);
    std::vector<Scan> nothing = planes;
    Bytes again = rest;
    take_cells(layout, again, 0, nothing);
    EXPECT_EQ(again, rest);
    for (const Scan& plane : nothing) {
      EXPECT_EQ(std::count(plane.range.begin(), plane.range.end(), 0u), static_cast<std::ptrdiff_t>(plane.range.size()))
          << "bits stayed behind";
    }
    put_cells(layout, planes, 0, rest);
    EXPECT_EQ(rest, packet) << known->sensor;
  }
}

TEST(PacketChecksums, Crc32Mpeg2HasItsCheckValue) {
  Bytes packet = test::as_payload("123456789");
  packet.resize(13);
  const PacketChecksum crc = {ChecksumType::crc32_mpeg2, 9, 0, 9, 0};
  EXPECT_FALSE(checksum_matches(crc, packet));
  store_checksum(crc, packet);
  EXPECT_EQ(read_field({9, 4, false, 0, kNoOffset}, packet), 0x0376e6e7u);
  EXPECT_TRUE(checksum_matches(crc, packet));
  clear_checksum(crc, packet);
  EXPECT_EQ(read_field({9, 4, false, 0, kNoOffset}, packet), 0u);
}

TEST(PacketFields, BothByteOrdersAndAllWidths) {
  const Bytes packet = test::as_payload("\x01\x02\x03\x04\x05\x06\x07\x08");
  EXPECT_EQ(read_field({0, 2, false, 0, kNoOffset}, packet), 0x0201u);
  EXPECT_EQ(read_field({0, 2, true, 0, kNoOffset}, packet), 0x0102u);
  EXPECT_EQ(read_field({0, 8, true, 0, kNoOffset}, packet), 0x0102030405060708u);
  std::mt19937_64 random(11);
  for (uint32_t bytes = 1; bytes <= 8; ++bytes) {
    for (const bool big_endian : {false, true}) {
      const PacketField field = {3, bytes, big_endian, 0, kNoOffset};
      Bytes some = test::random_bytes(random, 16);
      const Bytes before = some;
      const uint64_t value = read_field(field, some);
      write_field(field, ~value & (~uint64_t{0} >> (64 - 8 * bytes)), some);
      EXPECT_NE(some, before);
      write_field(field, value, some);
      EXPECT_EQ(some, before);
    }
  }
}

TEST(Capture, EverySensorFlavourAndFormatComesBack) {
  uint64_t seed = 1;
  for (const KnownLayout* known : all_layouts()) {
    CaptureRecipe recipe;
    recipe.seed = ++seed;
    recipe.big_endian = seed % 2 == 0;
    recipe.nanoseconds = seed % 3 == 0;
    recipe.vlan = seed % 5 < 2;
    const Bytes bytes = make_pcap(*known, recipe);
    const Result<Capture> capture = read_capture(bytes, {}, {});
    ASSERT_TRUE(capture.ok());
    ASSERT_EQ(capture->kinds.size(), 2u) << known->sensor;
    EXPECT_EQ(capture->kinds[1].sensor, known->sensor);
    const Result<Bytes> again = write_capture(*capture);
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(*again, bytes) << known->sensor;
    size_t columns = 0;
    for (const CaptureFrame& frame : capture->frames) columns += frame.planes.empty() ? 0 : frame.planes[0].columns;
    EXPECT_EQ(columns, size_t{recipe.packets} * known->layout.columns);
  }
}

TEST(Capture, EveryPrefixComesBack) {
  CaptureRecipe recipe;
  recipe.packets = 3;
  const Bytes bytes = make_pcap(hesai_layouts()[0], recipe);
  for (size_t size = kPcapFileHeaderBytes; size <= bytes.size(); ++size) {
    const Result<Capture> capture = read_capture(ByteSpan(bytes).first(size), {}, {});
    ASSERT_TRUE(capture.ok()) << size;
    const Result<Bytes> again = write_capture(*capture);
    ASSERT_TRUE(again.ok());
    ASSERT_TRUE(std::equal(again->begin(), again->end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size))) << size;
  }
}

TEST(Capture, AnyDamagedByteComesBack) {
  CaptureRecipe recipe;
  recipe.packets = 4;
  std::mt19937_64 random(13);
  for (const KnownLayout* known : {&velodyne_layouts()[0], &hesai_layouts()[0]}) {
    const Bytes bytes = make_pcap(*known, recipe);
    for (size_t at = kPcapFileHeaderBytes; at < bytes.size(); at += 1 + random() % 3) {
      Bytes damaged = bytes;
      damaged[at] ^= static_cast<std::byte>(1 + random() % 255);
      const Result<Capture> capture = read_capture(damaged, {}, {});
      ASSERT_TRUE(capture.ok()) << at;
      ASSERT_EQ(*write_capture(*capture), damaged) << at;
    }
  }
}

TEST(Capture, TellsAVlp16FromAnHdl32eByItsPace) {
  CaptureRecipe recipe;
  std::mt19937_64 random(1);
  for (const auto& [pace_us, sensor] : {std::pair{553u, "HDL-32E"}, std::pair{1327u, "VLP-16"}}) {
    ByteWriter writer;
    writer.bytes(test::make_pcap_header(recipe));
    uint32_t azimuth = 0;
    const KnownLayout& hdl32e = velodyne_layouts()[1];
    ASSERT_EQ(hdl32e.layout.planes, 1u);
    for (uint32_t i = 0; i < 8; ++i) {
      const Bytes record =
          test::make_record(test::make_payload(hdl32e, random, azimuth, 20, 3'599'998'000 % 3'600'000'000 + i * pace_us), 0, false, 1);
      write_pcap_record({}, {i, 0, static_cast<uint32_t>(record.size()), 0, record}, writer);
    }
    const Result<Capture> capture = read_capture(writer.bytes(), {}, {});
    ASSERT_TRUE(capture.ok());
    ASSERT_EQ(capture->kinds.size(), 2u);
    EXPECT_EQ(capture->kinds[1].sensor, sensor);
    EXPECT_EQ(*write_capture(*capture), writer.bytes());
  }
}

TEST(Capture, KeepsSendersApart) {
  std::mt19937_64 random(1);
  ByteWriter writer;
  writer.bytes(test::make_pcap_header({}));
  uint32_t azimuths[2] = {0, 9000};
  for (uint32_t i = 0; i < 100; ++i) {
    const uint32_t sender = i % 2;
    const Bytes record = test::make_record(test::make_payload(velodyne_layouts()[1], random, azimuths[sender], 200, i * 276), 0, false,
                                           static_cast<uint8_t>(sender));
    write_pcap_record({}, {i, 0, static_cast<uint32_t>(record.size()), 0, record}, writer);
  }
  const Result<Capture> capture = read_capture(writer.bytes(), {}, {});
  ASSERT_TRUE(capture.ok());
  EXPECT_EQ(capture->kinds.size(), 3u);
  ASSERT_GE(capture->frames.size(), 2u);
  ASSERT_LE(capture->frames.size(), 6u) << "the senders' angles were mixed up";
  for (const CaptureFrame& frame : capture->frames) EXPECT_EQ(frame.planes.size(), 2u);
  EXPECT_EQ(*write_capture(*capture), writer.bytes());
}

TEST(Capture, RefusesPlanesThatDoNotFit) {
  Capture capture = *read_capture(make_pcap(velodyne_layouts()[0], {}), {}, {});
  Capture broken = capture;
  broken.frames[0].planes[0].range.pop_back();
  EXPECT_EQ(write_capture(broken).error().code, Code::invalid_argument);
  broken = capture;
  broken.frames[0].planes.clear();
  EXPECT_EQ(write_capture(broken).error().code, Code::invalid_argument);
  broken = capture;
  broken.frames[0].records[0].kind = 9;
  EXPECT_EQ(write_capture(broken).error().code, Code::invalid_argument);
  broken = capture;
  broken.frames[0].records[0].offset += broken.frames[0].bytes.size();
  EXPECT_EQ(write_capture(broken).error().code, Code::invalid_argument);
}

TEST(Capture, KeepsToTheLimits) {
  const Bytes bytes = make_pcap(velodyne_layouts()[0], {});
  DecodeLimits limits;
  limits.memory_bytes = bytes.size();
  EXPECT_EQ(read_capture(bytes, {}, limits).error().code, Code::out_of_memory);
  limits = {};
  limits.elements = 20;
  EXPECT_EQ(read_capture(bytes, {}, limits).error().code, Code::limit_exceeded);
}

struct SharedCapture {
  const char* folder;
  const char* pcap;
  const char* sensor;
  std::vector<std::string> lrf;  // decoded elsewhere from the same packets; empty: none was
};

std::vector<std::string> revolutions(size_t count) {
  std::vector<std::string> names;
  for (size_t i = 0; i < count; ++i) names.push_back("rev_0" + std::to_string(i) + ".lrf");
  return names;
}

const SharedCapture kSharedCaptures[] = {
    {"velodyne_hdl32e", "hdl32e_rev01-06.pcap", "HDL-32E", revolutions(6)},
    {"velodyne_vlp16", "vlp16_20hz_rev12-19.pcap", "VLP-16", revolutions(8)},
    {"velodyne_vlp32c", "vlp32c.pcap", "VLP-32C", revolutions(4)},
    {"velodyne_vls128", "vls128_packets.pcap", "VLS-128", revolutions(2)},
    {"hesai_xt32", "xt32_packets.pcap", "PandarXT-32", revolutions(2)},
    {"hesai_qt128", "qt128_packets.pcap", "PandarQT-128", revolutions(1)},
    {"ouster",
     "OS-1-128_v2.3.0_1024x10_lb_n3.pcap",
     "Ouster RNG15_RFL8_NIR8",
     {"OS-1-128_v2.3.0_1024x10_lb_n3_frame0.lrf", "OS-1-128_v2.3.0_1024x10_lb_n3_frame1.lrf", "OS-1-128_v2.3.0_1024x10_lb_n3_frame2.lrf"}},
    {"ouster", "OS-0-128-U1_v2.3.0_1024x10.pcap", "Ouster RNG15_RFL8_NIR8", {}},
    {"ouster", "OS-2-128-U1_v2.3.0_1024x10.pcap", "Ouster RNG19_RFL8_SIG16_NIR16", {}},
    {"ouster", "OS-1-64_1024x10_fw20.pcap", "Ouster LEGACY", {}},
};

/// All columns of the first plane of the capture, one after the other.
Scan joined_first_planes(const Capture& capture, uint32_t plane) {
  Scan joined;
  for (const CaptureFrame& frame : capture.frames) {
    const Scan& scan = frame.planes[plane];
    joined.columns += scan.columns;
    joined.lasers = scan.lasers;
    joined.tick_um = scan.tick_um;
    joined.azimuth_units_per_turn = scan.azimuth_units_per_turn;
    joined.azimuth.insert(joined.azimuth.end(), scan.azimuth.begin(), scan.azimuth.end());
    joined.range.insert(joined.range.end(), scan.range.begin(), scan.range.end());
    joined.intensity.insert(joined.intensity.end(), scan.intensity.begin(), scan.intensity.end());
  }
  return joined;
}

TEST(CaptureOfSharedData, EveryPcapComesBackAndEqualsItsLrf) {
  for (const SharedCapture& shared : kSharedCaptures) {
    const std::string folder = kLidar + shared.folder + "/";
    const Bytes bytes = test::read_file(folder + shared.pcap);
    if (bytes.empty()) GTEST_SKIP() << "no " << folder << shared.pcap;
    const Result<Capture> capture = read_capture(bytes, {}, {});
    ASSERT_TRUE(capture.ok());
    ASSERT_EQ(*write_capture(*capture), bytes) << shared.pcap;
    ASSERT_GE(capture->kinds.size(), 2u);
    uint32_t kind = 1;
    while (capture->kinds[kind].layout.columns == 0) ++kind;
    EXPECT_EQ(capture->kinds[kind].sensor, shared.sensor);
    for (const CaptureFrame& frame : capture->frames) {
      for (const CaptureRecord& record : frame.records) EXPECT_NE(record.kind, kOtherKind) << shared.pcap;
    }

    const Scan joined = joined_first_planes(*capture, capture->kinds[kind].first_plane);
    auto from = joined.azimuth.begin();
    for (const std::string& name : shared.lrf) {
      const Result<Scan> lrf = read_lrf(test::read_file(folder + name), {});
      ASSERT_TRUE(lrf.ok()) << name;
      EXPECT_EQ(lrf->tick_um, joined.tick_um);
      EXPECT_EQ(lrf->azimuth_units_per_turn, joined.azimuth_units_per_turn);
      ASSERT_EQ(lrf->lasers, joined.lasers);
      // Angles half way to the next block were made with one step for a whole packet there, with each block's own step here.
      const bool halfway = shared.sensor == std::string("VLP-16");
      const auto near = [&](uint16_t a, uint16_t b) {
        return halfway ? std::min((a + 36000 - b) % 36000, (b + 36000 - a) % 36000) <= 3 : a == b;
      };
      const size_t columns = lrf->columns;
      from = std::search(from, joined.azimuth.end(), lrf->azimuth.begin(), lrf->azimuth.end(), near);
      ASSERT_NE(from, joined.azimuth.end()) << shared.pcap << ' ' << name << ": no such angles";
      const auto cell = (from - joined.azimuth.begin()) * static_cast<std::ptrdiff_t>(lrf->lasers);
      const auto cells = static_cast<std::ptrdiff_t>(columns * lrf->lasers);
      EXPECT_TRUE(std::equal(lrf->range.begin(), lrf->range.begin() + cells, joined.range.begin() + cell)) << shared.pcap << ' ' << name;
      EXPECT_TRUE(std::equal(lrf->intensity.begin(), lrf->intensity.begin() + cells, joined.intensity.begin() + cell))
          << shared.pcap << ' ' << name;
      from += static_cast<std::ptrdiff_t>(columns);
    }
  }
}

}  // namespace
}  // namespace dew
