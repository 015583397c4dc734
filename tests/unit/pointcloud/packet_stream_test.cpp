// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/packet_stream.h"

#include <gtest/gtest.h>

#include "packets_test_captures.h"
#include "pointcloud/coding/further_return.h"

namespace dew {
namespace {

using test::all_layouts;
using test::CaptureRecipe;
using test::make_pcap;

struct Coded {
  Bytes head;
  std::vector<Bytes> frames;
  size_t size() const {
    size_t sum = head.size();
    for (const Bytes& frame : frames) sum += frame.size();
    return sum;
  }
};

Coded encode_all(const Capture& capture) {
  const Result<RestCoder> coder = RestCoder::learn(capture);
  EXPECT_TRUE(coder.ok());
  Coded coded;
  coded.head = coder->encode_head();
  for (const CaptureFrame& frame : capture.frames) coded.frames.push_back(*coder->encode_frame(frame));
  return coded;
}

/// The file from the coded rest and the original planes; frames are decoded last to first: they must not need each other.
Bytes decode_all(const Coded& coded, const Capture& original) {
  const Result<RestDecoder> decoder = decode_rest_head(coded.head, {});
  EXPECT_TRUE(decoder.ok()) << decoder.error().message;
  Capture back = decoder->shared();
  back.frames.resize(coded.frames.size());
  for (size_t i = coded.frames.size(); i-- > 0;) {
    Result<CaptureFrame> frame = decoder->decode_frame(coded.frames[i], {});
    EXPECT_TRUE(frame.ok()) << i << ' ' << frame.error().message;
    if (!frame.ok()) return {};
    EXPECT_EQ(frame->planes.size(), original.frames[i].planes.size());
    for (size_t p = 0; p < frame->planes.size(); ++p) {
      const Scan& plane = original.frames[i].planes[p];
      EXPECT_EQ(frame->planes[p].azimuth, plane.azimuth);
      EXPECT_EQ(frame->planes[p].time_us, plane.time_us);
      EXPECT_EQ(frame->planes[p].columns, plane.columns);
      EXPECT_EQ(frame->planes[p].range.size(), plane.range.size());
      frame->planes[p].range = plane.range;
      frame->planes[p].intensity = plane.intensity;
    }
    back.frames[i] = *std::move(frame);
  }
  return *write_capture(back);
}

TEST(PacketStream, EverySensorAndFlavourComesBack) {
  uint64_t seed = 1;
  for (const KnownLayout* known : all_layouts()) {
    CaptureRecipe recipe;
    recipe.seed = ++seed;
    recipe.big_endian = seed % 2 == 0;
    recipe.nanoseconds = seed % 3 == 0;
    recipe.vlan = seed % 5 < 2;
    const Bytes bytes = make_pcap(*known, recipe);
    const Capture capture = *read_capture(bytes, {}, {});
    EXPECT_EQ(decode_all(encode_all(capture), capture), bytes) << known->sensor;
  }
}

TEST(PacketStream, UnknownTrafficComesBack) {
  std::mt19937_64 random(21);
  ByteWriter writer;
  writer.bytes(test::make_pcap_header({}));
  for (uint32_t i = 0; i < 40; ++i) {
    const Bytes record = test::random_bytes(random, i == 7 ? 70000 : random() % 200);
    write_pcap_record({}, {static_cast<uint32_t>(random()), static_cast<uint32_t>(random()), static_cast<uint32_t>(random()), 0, record},
                      writer);
  }
  writer.u32(0x01020304);  // a record cut short
  const Capture capture = *read_capture(writer.bytes(), {}, {});
  EXPECT_EQ(capture.kinds.size(), 1u);
  EXPECT_EQ(decode_all(encode_all(capture), capture), writer.bytes());
}

TEST(PacketStream, NoRecordsComeBack) {
  const Bytes bytes = test::make_pcap_header({});
  const Capture capture = *read_capture(bytes, {}, {});
  EXPECT_TRUE(capture.frames.empty());
  EXPECT_EQ(decode_all(encode_all(capture), capture), bytes);
}

TEST(PacketStream, ExtremeFieldValuesComeBack) {
  // Residuals of -2^63, 2^63 - 1 and everything near: 8-byte times of an inertial packet.
  const KnownLayout& inertial = ouster_layouts().back();
  const uint64_t values[] = {0, 1, ~uint64_t{0}, uint64_t{1} << 63, (uint64_t{1} << 63) - 1, (uint64_t{1} << 63) + 1, 0, uint64_t{1} << 63,
                             0};
  ByteWriter writer;
  writer.bytes(test::make_pcap_header({}));
  for (const uint64_t value : values) {
    Bytes payload(inertial.layout.packet_bytes);
    for (const PacketField& field : inertial.layout.fields) write_field(field, value, payload);
    const Bytes record = test::make_record(payload, 0, false, 1);
    write_pcap_record({}, {static_cast<uint32_t>(value), static_cast<uint32_t>(value % 1'000'000), 0, 0, record}, writer);
  }
  const Capture capture = *read_capture(writer.bytes(), {}, {});
  ASSERT_EQ(capture.kinds.size(), 2u);
  EXPECT_EQ(decode_all(encode_all(capture), capture), writer.bytes());
}

TEST(PacketStream, EncodingTwiceGivesTheSameBytes) {
  const Capture capture = *read_capture(make_pcap(velodyne_layouts()[0], {}), {}, {});
  const Coded one = encode_all(capture), two = encode_all(capture);
  EXPECT_EQ(one.head, two.head);
  EXPECT_EQ(one.frames, two.frames);
}

TEST(PacketStream, MeasuresWhatItWrites) {
  CaptureRecipe recipe;
  recipe.packets = 60;
  recipe.azimuth_step = 20;
  for (const KnownLayout* known : {&velodyne_layouts()[1], &hesai_layouts()[0]}) {
    const Capture capture = *read_capture(make_pcap(*known, recipe), {}, {});
    const Result<RestCoder> coder = RestCoder::learn(capture);
    for (const CaptureFrame& frame : capture.frames) {
      const RestBits bits = *coder->measure_frame(frame);
      EXPECT_GT(bits.time, 0);
      EXPECT_GT(bits.other, 0);
      EXPECT_NEAR((bits.time + bits.other) / 8, static_cast<double>(coder->encode_frame(frame)->size()), 8);
    }
  }
}

TEST(PacketStream, RefusesEveryPrefix) {
  CaptureRecipe recipe;
  recipe.packets = 30;
  const Capture capture = *read_capture(make_pcap(hesai_layouts()[0], recipe), {}, {});
  const Coded coded = encode_all(capture);
  for (size_t size = 0; size < coded.head.size(); ++size) {
    EXPECT_FALSE(decode_rest_head(ByteSpan(coded.head).first(size), {}).ok()) << size;
  }
  const Result<RestDecoder> decoder = decode_rest_head(coded.head, {});
  ASSERT_TRUE(decoder.ok());
  for (const Bytes& frame : coded.frames) {
    for (size_t size = 0; size < frame.size(); ++size) {
      EXPECT_FALSE(decoder->decode_frame(ByteSpan(frame).first(size), {}).ok()) << size;
    }
  }
}

TEST(PacketStream, DamageIsAnErrorOrAnotherSoundFrame) {
  DecodeLimits limits;
  limits.memory_bytes = 32 << 20;
  const Capture capture = *read_capture(make_pcap(velodyne_layouts()[0], {}), {}, {});
  const Coded coded = encode_all(capture);
  std::mt19937_64 random(17);
  for (size_t at = 0; at < coded.head.size(); ++at) {
    Bytes damaged = coded.head;
    damaged[at] ^= static_cast<std::byte>(1 + random() % 255);
    const Result<RestDecoder> decoder = decode_rest_head(damaged, limits);
    if (!decoder.ok()) continue;
    const Result<CaptureFrame> frame = decoder->decode_frame(coded.frames[0], limits);
    if (!frame.ok()) continue;
    Capture back = decoder->shared();
    back.frames.push_back(*frame);
    EXPECT_TRUE(write_capture(back).ok());
  }
  const Result<RestDecoder> decoder = decode_rest_head(coded.head, limits);
  for (size_t at = 0; at < coded.frames[0].size(); ++at) {
    Bytes damaged = coded.frames[0];
    damaged[at] ^= static_cast<std::byte>(1 + random() % 255);
    const Result<CaptureFrame> frame = decoder->decode_frame(damaged, limits);
    if (!frame.ok()) continue;
    Capture back = decoder->shared();
    back.frames.push_back(*frame);
    EXPECT_TRUE(write_capture(back).ok());
  }
}

TEST(PacketStream, ACountOfRecordsBuysNothing) {
  const Capture capture = *read_capture(make_pcap(velodyne_layouts()[0], {}), {}, {});
  const Result<RestDecoder> decoder = decode_rest_head(encode_all(capture).head, {});
  ByteWriter writer;
  writer.varint(uint64_t{1} << 60);
  writer.u64(0);
  DecodeLimits limits;
  limits.memory_bytes = 16 << 20;
  EXPECT_FALSE(decoder->decode_frame(writer.bytes(), limits).ok());
  limits = {};
  limits.work_units = 1 << 20;
  EXPECT_FALSE(decoder->decode_frame(writer.bytes(), limits).ok());
}

TEST(PacketStream, RefusesFramesOfAnotherCapture) {
  const Capture capture = *read_capture(make_pcap(velodyne_layouts()[0], {}), {}, {});
  const Result<RestCoder> coder = RestCoder::learn(capture);
  CaptureFrame frame = capture.frames[0];
  frame.records[0].kind = 5;
  EXPECT_EQ(coder->encode_frame(frame).error().code, Code::invalid_argument);
  frame = capture.frames[0];
  frame.records[0].size += 1;
  EXPECT_EQ(coder->encode_frame(frame).error().code, Code::invalid_argument);
  frame = capture.frames[0];
  frame.bytes.pop_back();
  EXPECT_EQ(coder->encode_frame(frame).error().code, Code::invalid_argument);
}

/// Two planes of which a share of cells differs.
std::pair<Scan, Scan> two_returns(uint32_t columns, uint32_t lasers, uint32_t one_in, uint64_t seed) {
  std::mt19937_64 random(seed);
  Scan first;
  first.columns = columns;
  first.lasers = lasers;
  for (uint32_t i = 0; i < columns * lasers; ++i) {
    first.range.push_back(random() % 5 == 0 ? 0 : 1000 + static_cast<uint32_t>(random() % 50));
    first.intensity.push_back(static_cast<uint8_t>(random()));
  }
  Scan second = first;
  for (uint32_t i = 0; i < columns * lasers; ++i) {
    if (random() % one_in == 0) second.range[i] = random() % 9 == 0 ? 0xffffffff : static_cast<uint32_t>(random() % 4000);
    if (random() % one_in == 0) second.intensity[i] = static_cast<uint8_t>(random());
  }
  return {first, second};
}

TEST(FurtherReturn, ComesBackWhateverDiffers) {
  for (const uint32_t one_in : {1u, 3u, 50u, 1u << 30}) {
    for (const auto& [columns, lasers] :
         {std::pair{0u, 32u}, std::pair{1u, 1u}, std::pair{1u, 40u}, std::pair{60u, 1u}, std::pair{50u, 16u}}) {
      const auto [first, second] = two_returns(columns, lasers, one_in, one_in + columns);
      const Result<Bytes> coded = encode_further_return(second, first);
      ASSERT_TRUE(coded.ok());
      Scan back = first;
      std::fill(back.range.begin(), back.range.end(), 0u);
      std::fill(back.intensity.begin(), back.intensity.end(), uint8_t{0});
      Budget budget{DecodeLimits()};
      const Status status = decode_further_return(*coded, first, back, budget);
      ASSERT_TRUE(status.ok()) << status.error().message;
      EXPECT_EQ(back, second) << one_in << ' ' << columns << ' ' << lasers;
    }
  }
}

TEST(FurtherReturn, EqualPlanesCostNextToNothing) {
  const auto [first, second] = two_returns(500, 32, 1u << 30, 1);
  EXPECT_EQ(first, second);
  EXPECT_LT(encode_further_return(second, first)->size(), 60u);
}

TEST(FurtherReturn, RefusesOtherShapesAndLongCuts) {
  const auto [first, second] = two_returns(50, 16, 3, 2);
  Scan smaller = first;
  smaller.range.pop_back();
  EXPECT_EQ(encode_further_return(smaller, first).error().code, Code::invalid_argument);
  const Bytes coded = *encode_further_return(second, first);
  // No bytes at all are the code of a plane that is all the same.
  for (size_t size = 1; size + 8 < coded.size(); ++size) {
    Scan back = first;
    Budget budget{DecodeLimits()};
    EXPECT_FALSE(decode_further_return(ByteSpan(coded).first(size), first, back, budget).ok()) << size;
  }
  DecodeLimits limits;
  limits.work_units = 100;
  Budget budget(limits);
  Scan back = first;
  EXPECT_EQ(decode_further_return(coded, first, back, budget).error().code, Code::limit_exceeded);
}

TEST(FurtherReturnOfSharedData, ASecondReturnCostsLittle) {
  const struct {
    const char* path;
    size_t first, second, most_bytes;
  } captures[] = {{"hesai_qt128/qt128_packets.pcap", 0, 1, 6950}, {"hesai_xt32/xt32_packets.pcap", 1, 0, 5900}};
  for (const auto& one : captures) {
    const Bytes bytes = test::read_file(std::string(DEW_SHARED_DATA) + "/lidar/" + one.path);
    if (bytes.empty()) GTEST_SKIP() << "no " << one.path;
    const Capture capture = *read_capture(bytes, {}, {});
    size_t total = 0;
    for (const CaptureFrame& frame : capture.frames) {
      const Scan& first = frame.planes[one.first];
      const Bytes coded = *encode_further_return(frame.planes[one.second], first);
      total += coded.size();
      Scan back = first;
      Budget budget{DecodeLimits()};
      ASSERT_TRUE(decode_further_return(coded, first, back, budget).ok());
      ASSERT_EQ(back, frame.planes[one.second]);
    }
    EXPECT_LE(total, one.most_bytes) << one.path;
  }
}

TEST(PacketStreamOfSharedData, APacketOfASpinningSensorCostsAFewBytes) {
  const struct {
    const char* path;
    double most_bytes_a_record;
  } captures[] = {
      {"hesai_qt128/qt128_packets.pcap", 2},           {"hesai_xt32/xt32_packets.pcap", 2}, {"velodyne_hdl32e/hdl32e_rev01-06.pcap", 6},
      {"velodyne_vlp16/vlp16_20hz_rev12-19.pcap", 8},  {"velodyne_vlp32c/vlp32c.pcap", 8},  {"velodyne_vls128/vls128_packets.pcap", 3},
      {"ouster/OS-0-128-U1_v2.3.0_1024x10.pcap", 1100}};
  for (const auto& one : captures) {
    const Bytes bytes = test::read_file(std::string(DEW_SHARED_DATA) + "/lidar/" + one.path);
    if (bytes.empty()) GTEST_SKIP() << "no " << one.path;
    const Capture capture = *read_capture(bytes, {}, {});
    const Coded coded = encode_all(capture);
    ASSERT_EQ(decode_all(coded, capture), bytes) << one.path;
    size_t records = 0;
    for (const CaptureFrame& frame : capture.frames) records += frame.records.size();
    EXPECT_LE(static_cast<double>(coded.size()) / static_cast<double>(records), one.most_bytes_a_record) << one.path;
  }
}

}  // namespace
}  // namespace dew
