// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/stream/packetiser.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "pointcloud/stream/erasure.h"

namespace dew {
namespace {

constexpr size_t kMostParts = 255;
constexpr uint32_t kLeastDatagramBytes = 200;
constexpr double kLeastUsualBytes = 300, kMostUsualBytes = kMostDatagramBytes;
/// Where parity is to repair many losses, a group has so many datagrams at least: of fewer, too many may be lost by chance.
constexpr double kFineDatagrams = 32, kManyLosses = 0.4;
/// A parity block holds a length and all behind the RTP header of the longest datagram: two bytes more than data, four bytes less of a
/// header.
static_assert(kParityHeaderBytes + 2 <= kDataHeaderBytes);

}  // namespace

Result<std::vector<Bytes>> Packetiser::add(MessageKind kind, ByteSpan message, uint32_t timestamp) {
  // A block of parity is 2 bytes longer than the n - 16 that it protects of n.
  const size_t most = std::max(options_.datagram_bytes, kLeastDatagramBytes) - kDataHeaderBytes - (kParityHeaderBytes + 2 - 16);
  const size_t least_parts = std::max<size_t>(1, (message.size() + most - 1) / most);
  // All datagrams of about one size: few long ones need much parity.
  const size_t parts =
      std::max(least_parts, static_cast<size_t>(std::lround(static_cast<double>(message.size()) / std::min(usual_bytes_, fine_bytes_))));
  const double part_bytes = static_cast<double>(message.size()) / static_cast<double>(parts);
  usual_bytes_ = std::clamp(usual_bytes_ + 0.1 * (part_bytes - usual_bytes_), kLeastUsualBytes, kMostUsualBytes);
  if (parts > kMostParts)
    return Error{Code::limit_exceeded, 0,
                 "a message of " + std::to_string(message.size()) + " bytes needs more than 255 datagrams; cut the turn into more sectors"};
  std::vector<Bytes> out;
  for (size_t part = 0; part < parts; ++part) {
    // Even parts: parity is as long as the longest.
    const size_t first = message.size() * part / parts, end = message.size() * (part + 1) / parts;
    const RtpHeader rtp{PayloadType::data, part + 1 == parts, next_sequence_++, timestamp, options_.source};
    out.push_back(write_datagram(
        rtp, DataPart{kind, next_message_, static_cast<uint8_t>(part), static_cast<uint8_t>(parts), message.subspan(first, end - first)}));
    group_.push_back(parity_input(out.back()));
    kept_.push_back(out.back());
    if (kept_.size() > kKept) kept_.pop_front();
    if (group_.size() == kMaxDataBlocks) std::ranges::move(end_group(timestamp), std::back_inserter(out));
  }
  ++next_message_;
  if (group_.size() >= options_.group_datagrams) std::ranges::move(end_group(timestamp), std::back_inserter(out));
  return out;
}

std::vector<Bytes> Packetiser::end_group(uint32_t timestamp) {
  double bytes = 0;
  for (const Bytes& block : group_) bytes += static_cast<double>(block.size());
  fine_bytes_ = options_.overhead < kManyLosses ? kMostUsualBytes : std::clamp(bytes / kFineDatagrams, kLeastUsualBytes, kMostUsualBytes);
  std::vector<Bytes> out;
  // What a block of data and one of parity have around them on the wire, about.
  constexpr size_t kAround = kDataHeaderBytes + kIpUdpBytes;
  const std::vector<ByteSpan> data(group_.begin(), group_.end());
  const std::vector<size_t> lengths = parity_lengths(data, options_.overhead, kAround);
  const std::vector<Bytes> parity = parity_blocks(data, lengths);
  const size_t rows = parity.size();
  for (size_t row = 0; row < rows; ++row) {
    const RtpHeader rtp{PayloadType::parity, row + 1 == rows, next_parity_sequence_++, timestamp, options_.source + 1};
    out.push_back(write_datagram(rtp, ParityPart{static_cast<uint16_t>(next_sequence_ - group_.size()), static_cast<uint8_t>(group_.size()),
                                                 static_cast<uint8_t>(rows), static_cast<uint8_t>(row), parity[row]}));
  }
  group_.clear();
  return out;
}

const Bytes* Packetiser::sent(uint16_t sequence) const {
  const uint16_t back = static_cast<uint16_t>(next_sequence_ - sequence);
  return back == 0 || back > kept_.size() ? nullptr : &kept_[kept_.size() - back];
}

}  // namespace dew
