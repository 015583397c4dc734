// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/stream/report.h"

#include <algorithm>

namespace dew {
namespace {

// RTCP packet types and formats (RFC 3550, 4585, 5104).
constexpr uint8_t kSender = 200, kReceiver = 201, kBye = 203, kTransportFeedback = 205, kPayloadFeedback = 206;
constexpr uint8_t kNack = 1, kMostRate = 3, kPictureLoss = 1, kApplication = 15;
constexpr uint32_t kHeldName = 0x44455748;  // "DEWH"
constexpr size_t kMostWanted = 256;
constexpr uint64_t kSecondsFrom1900 = 2'208'988'800;

class Writer {
 public:
  void be16(uint32_t value) {
    writer_.u8(static_cast<uint8_t>(value >> 8));
    writer_.u8(static_cast<uint8_t>(value));
  }
  void be32(uint32_t value) {
    be16(value >> 16);
    be16(value & 0xFFFF);
  }
  /// `words` of 4 bytes follow the first one.
  void header(uint8_t count_or_format, uint8_t type, size_t words) {
    writer_.u8(static_cast<uint8_t>(0x80 | count_or_format));
    writer_.u8(type);
    be16(static_cast<uint32_t>(words));
  }
  Bytes take() { return writer_.take(); }

 private:
  ByteWriter writer_;
};

uint32_t be(ByteSpan bytes, size_t at, size_t count) {
  uint32_t value = 0;
  for (size_t i = 0; i < count; ++i) value = value << 8 | static_cast<uint32_t>(bytes[at + i]);
  return value;
}

/// Numbers as pairs of one and a mask of the 16 that follow it.
std::vector<std::pair<uint16_t, uint16_t>> nack_pairs(std::vector<uint16_t> wanted) {
  wanted.resize(std::min(wanted.size(), kMostWanted));
  std::vector<std::pair<uint16_t, uint16_t>> pairs;
  for (const uint16_t number : wanted) {
    const uint16_t after = pairs.empty() ? 0xFFFF : static_cast<uint16_t>(number - pairs.back().first - 1);
    if (after < 16) {
      pairs.back().second = static_cast<uint16_t>(pairs.back().second | 1u << after);
    } else {
      pairs.push_back({number, 0});
    }
  }
  return pairs;
}

SenderReport read_sender(ByteSpan body) {
  SenderReport report;
  report.source = be(body, 0, 4);
  const uint64_t seconds = be(body, 4, 4), fraction = be(body, 8, 4);
  report.time_us = (seconds - kSecondsFrom1900) * 1'000'000 + ((fraction * 1'000'000 + (uint64_t{1} << 31)) >> 32);
  report.timestamp = be(body, 12, 4);
  report.datagrams = be(body, 16, 4);
  report.bytes = be(body, 20, 4);
  return report;
}

void read_block(ByteSpan body, ReceiverReport& report) {
  report.receiver = be(body, 0, 4);
  report.source = be(body, 4, 4);
  report.lost_256 = static_cast<uint8_t>(body[8]);
  report.lost = be(body, 9, 3);
  report.highest = be(body, 12, 4);
  report.jitter_us = be(body, 16, 4);
}

void read_transport_feedback(uint8_t format, ByteSpan body, ReceiverReport& report) {
  if (format == kNack) {
    for (size_t at = 8; at + 4 <= body.size(); at += 4) {
      const uint32_t first = be(body, at, 2), mask = be(body, at + 2, 2);
      for (uint32_t i = 0; i <= 16 && report.wanted.size() < kMostWanted; ++i) {
        if (i == 0 || (mask >> (i - 1) & 1) != 0) report.wanted.push_back(static_cast<uint16_t>(first + i));
      }
    }
  } else if (format == kMostRate && body.size() >= 16) {
    const uint32_t word = be(body, 12, 4);
    // 17 bits of mantissa; exponents up to 40 stay far inside 64 bits.
    report.rate_bits = uint64_t{word >> 9 & 0x1FFFF} << std::min(word >> 26, 40u);
  }
}

void read_payload_feedback(uint8_t format, ByteSpan body, ReceiverReport& report) {
  if (format == kPictureLoss) report.wants_description = true;
  if (format == kApplication && body.size() >= 24 && be(body, 8, 4) == kHeldName) {
    report.held_newest = be(body, 12, 4);
    report.held_before = uint64_t{be(body, 16, 4)} << 32 | be(body, 20, 4);
  }
}

}  // namespace

Bytes write_report(const SenderReport& report) {
  Writer writer;
  writer.header(0, kSender, 6);
  writer.be32(report.source);
  writer.be32(static_cast<uint32_t>(report.time_us / 1'000'000 + kSecondsFrom1900));
  writer.be32(static_cast<uint32_t>(((report.time_us % 1'000'000) << 32) / 1'000'000));
  writer.be32(report.timestamp);
  writer.be32(report.datagrams);
  writer.be32(report.bytes);
  if (report.ends) {
    writer.header(1, kBye, 1);
    writer.be32(report.source);
  }
  return writer.take();
}

Bytes write_report(const ReceiverReport& report) {
  Writer writer;
  writer.header(1, kReceiver, 7);
  writer.be32(report.receiver);
  writer.be32(report.source);
  writer.be32(uint32_t{report.lost_256} << 24 | (report.lost & 0xFFFFFF));
  writer.be32(report.highest);
  writer.be32(report.jitter_us);
  writer.be32(0);  // time of the last sender report, and since it: not used
  writer.be32(0);
  const auto feedback = [&](uint8_t format, uint8_t type, size_t words) {
    writer.header(format, type, 2 + words);
    writer.be32(report.receiver);
    writer.be32(report.source);
  };
  const std::vector<std::pair<uint16_t, uint16_t>> pairs = nack_pairs(report.wanted);
  if (!pairs.empty()) {
    feedback(kNack, kTransportFeedback, pairs.size());
    for (const auto& [first, mask] : pairs) {
      writer.be16(first);
      writer.be16(mask);
    }
  }
  if (report.rate_bits) {
    uint32_t exponent = 0;
    while ((*report.rate_bits >> exponent) > 0x1FFFF) ++exponent;
    feedback(kMostRate, kTransportFeedback, 2);
    writer.be32(report.source);
    writer.be32(exponent << 26 | static_cast<uint32_t>(*report.rate_bits >> exponent) << 9);
  }
  if (report.wants_description) feedback(kPictureLoss, kPayloadFeedback, 0);
  if (report.held_newest) {
    feedback(kApplication, kPayloadFeedback, 4);
    writer.be32(kHeldName);
    writer.be32(*report.held_newest);
    writer.be32(static_cast<uint32_t>(report.held_before >> 32));
    writer.be32(static_cast<uint32_t>(report.held_before));
  }
  return writer.take();
}

Result<Report> read_report(ByteSpan datagram) {
  Report report;
  size_t at = 0;
  while (at < datagram.size()) {
    const ByteSpan rest = datagram.subspan(at);
    if (rest.size() < 4) return Error{Code::truncated, at, "a report ends within a header"};
    const uint8_t first = static_cast<uint8_t>(rest[0]), type = static_cast<uint8_t>(rest[1]);
    if (first >> 6 != 2 || (first & 0x20) != 0) return Error{Code::corrupt, at, "a report is not RTCP version 2 without padding"};
    const size_t size = (be(rest, 2, 2) + size_t{1}) * 4;
    if (size > rest.size()) return Error{Code::truncated, at, "a report is shorter than it says"};
    const ByteSpan body = rest.subspan(4, size - 4);
    const uint8_t count = first & 0x1F;
    if (type == kSender && body.size() >= 24) report.sender = read_sender(body);
    if (type == kBye && report.sender) report.sender->ends = true;
    if (type == kReceiver && count > 0 && body.size() >= 28) {
      report.receiver.emplace();
      read_block(body, *report.receiver);
    }
    if (type == kTransportFeedback && report.receiver && body.size() >= 8) read_transport_feedback(count, body, *report.receiver);
    if (type == kPayloadFeedback && report.receiver && body.size() >= 8) read_payload_feedback(count, body, *report.receiver);
    at += size;
  }
  if (!report.sender && !report.receiver) return Error{Code::corrupt, 0, "a report holds neither a sender's nor a receiver's part"};
  return report;
}

}  // namespace dew
