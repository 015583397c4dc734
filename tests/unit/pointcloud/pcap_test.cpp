// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/io/pcap.h"

#include <gtest/gtest.h>

#include "packets_test_captures.h"

namespace dew {
namespace {

using test::CaptureRecipe;
using test::make_pcap;

Bytes written_again(const PcapFile& file) {
  ByteWriter writer;
  writer.bytes(file.header);
  for (const PcapRecord& record : file.records) write_pcap_record(file.format, record, writer);
  writer.bytes(file.trailer);
  return writer.take();
}

TEST(Pcap, EveryFlavourAndEveryPrefixComesBack) {
  for (const bool big_endian : {false, true}) {
    for (const bool nanoseconds : {false, true}) {
      CaptureRecipe recipe;
      recipe.big_endian = big_endian;
      recipe.nanoseconds = nanoseconds;
      recipe.packets = 4;
      const Bytes bytes = make_pcap(velodyne_layouts()[0], recipe);
      size_t records = 0;
      for (size_t size = 0; size <= bytes.size(); ++size) {
        const Result<PcapFile> file = read_pcap(ByteSpan(bytes).first(size), {});
        if (size < kPcapFileHeaderBytes) {
          ASSERT_FALSE(file.ok());
          EXPECT_EQ(file.error().code, Code::truncated);
          continue;
        }
        ASSERT_TRUE(file.ok()) << size;
        EXPECT_EQ(file->format, (PcapFormat{big_endian, nanoseconds, 1}));
        const Bytes again = written_again(*file);
        ASSERT_TRUE(std::equal(again.begin(), again.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size))) << size;
        ASSERT_GE(file->records.size(), records);
        records = file->records.size();
      }
      EXPECT_EQ(records, 5u);  // four packets and one other record
    }
  }
}

TEST(Pcap, RefusesWhatIsNoPcap) {
  Bytes bytes = test::make_pcap_header({});
  EXPECT_TRUE(is_pcap(bytes));
  bytes[0] = std::byte{0};
  EXPECT_FALSE(is_pcap(bytes));
  EXPECT_EQ(read_pcap(bytes, {}).error().code, Code::corrupt);
  for (const int i : {0, 3}) bytes[static_cast<size_t>(i)] = std::byte{0x0a};
  for (const int i : {1, 2}) bytes[static_cast<size_t>(i)] = std::byte{0x0d};
  EXPECT_EQ(read_pcap(bytes, {}).error().code, Code::unsupported_feature);
}

TEST(Pcap, KeepsToTheLimits) {
  const Bytes bytes = make_pcap(velodyne_layouts()[0], {});
  DecodeLimits limits;
  limits.elements = 3;
  EXPECT_EQ(read_pcap(bytes, limits).error().code, Code::limit_exceeded);
  limits = {};
  limits.memory_bytes = 100;
  EXPECT_EQ(read_pcap(bytes, limits).error().code, Code::out_of_memory);
  limits = {};
  limits.input_bytes = bytes.size() - 1;
  EXPECT_EQ(read_pcap(bytes, limits).error().code, Code::limit_exceeded);
}

TEST(Pcap, FindsUdpBehindEveryLinkHeader) {
  const Bytes payload(100, std::byte{0x5a});
  const Bytes plain = test::make_record(payload, 1, false, 7);
  const Bytes tagged = test::make_record(payload, 1, true, 7);
  const auto behind = [&](size_t header_bytes, size_t at, int value) {
    ByteWriter writer;
    Bytes header(header_bytes);
    if (header_bytes > 0) header[at] = static_cast<std::byte>(value);
    writer.bytes(header);
    writer.bytes(ByteSpan(plain).subspan(14));
    return writer.take();
  };
  const Bytes raw = behind(0, 0, 0), loopback = behind(4, 0, 2), cooked = behind(16, 14, 8);
  const struct {
    uint32_t link_type;
    const Bytes& record;
    uint32_t payload_offset;
  } cases[] = {{1, plain, 42}, {1, tagged, 46}, {101, raw, 28}, {0, loopback, 32}, {113, cooked, 44}};
  for (const auto& one : cases) {
    const auto place = locate_udp({false, false, one.link_type}, one.record);
    ASSERT_TRUE(place) << one.link_type;
    EXPECT_EQ(place->payload_offset, one.payload_offset);
    EXPECT_EQ(place->payload_bytes, payload.size());
    // No shorter record holds the whole datagram.
    for (size_t size = 0; size < one.record.size(); ++size) {
      EXPECT_FALSE(locate_udp({false, false, one.link_type}, ByteSpan(one.record).first(size))) << size;
    }
  }
}

TEST(Pcap, LeavesFragmentsAndOtherProtocolsAlone) {
  const Bytes record = test::make_record(Bytes(64), 1, false, 7);
  const struct {
    size_t offset;
    int value;
  } changes[] = {{14 + 6, 0x20} /* more fragments */, {14 + 7, 1} /* a later fragment */,  {14 + 9, 6} /* TCP */,
                 {14, 0x65} /* version 6 */,          {14, 0x44} /* header of 16 bytes */, {13, 0x06} /* ARP */};
  for (const auto& change : changes) {
    Bytes changed = record;
    changed[change.offset] = static_cast<std::byte>(change.value);
    EXPECT_FALSE(locate_udp({}, changed)) << change.offset << ' ' << change.value;
  }
}

TEST(Pcap, ChecksumsAreThoseOfRfc791And768) {
  // The words of a sound header add up, in one's complement, to 0xffff; what stands in the checksum's place does not count.
  Bytes record = test::make_record(test::as_payload("checksum"), 0x1234, false, 9);
  const uint16_t header = ipv4_header_checksum(record, 14, 20);
  uint32_t sum = 0;
  for (size_t i = 14; i < 34; i += 2) sum += std::to_integer<uint32_t>(record[i]) << 8 | std::to_integer<uint32_t>(record[i + 1]);
  EXPECT_EQ((sum & 0xffff) + (sum >> 16), 0xffffu);
  record[24] ^= std::byte{0xff};
  EXPECT_EQ(ipv4_header_checksum(record, 14, 20), header);
  EXPECT_EQ(udp_checksum(record, 14, 34, record.size()), std::to_integer<int>(record[40]) << 8 | std::to_integer<int>(record[41]));
}

}  // namespace
}  // namespace dew
