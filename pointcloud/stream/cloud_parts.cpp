// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/stream/cloud_parts.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "entropy/container.h"
#include "pointcloud/coding/frame_chunk.h"

namespace dew {
namespace {

/// Stands for a slice that is not there, so that those behind it keep their numbers.
constexpr uint32_t kAbsentSliceChunk = kLastChunkType;
/// Frames that are not whole yet.
constexpr size_t kMostOpenFrames = 8;
constexpr uint64_t kMostOpenBytes = uint64_t{64} << 20;
/// A frame number from before is believed again after a silence, as that of a source that began anew.
constexpr uint64_t kSilence_us = 2'000'000;
constexpr double kFinestRung_m = 0.002;

bool comes_after(uint32_t frame, uint32_t other) { return static_cast<int32_t>(frame - other) > 0; }

uint32_t bound_um(double error_m) { return static_cast<uint32_t>(std::min(std::ceil(error_m * 1e6 - 1e-6), 4e9)); }

}  // namespace

Bytes write_cloud_part(const CloudPart& part) {
  ByteWriter out;
  out.varint(part.frame);
  out.u64(part.time_us);
  out.varint(part.parts);
  out.varint(part.part);
  out.varint(part.left_out);
  out.varint(part.bound_um);
  out.bytes(part.chunk);
  return out.take();
}

Result<CloudPart> read_cloud_part(ByteSpan message) {
  ByteReader in(message);
  CloudPart part;
  const auto number = [&](uint32_t& to) -> Status {
    DEW_ASSIGN(const uint64_t value, in.varint());
    if (value > 0xFFFFFFFF) return Error{Code::corrupt, in.offset(), "a number of a part is out of range"};
    to = static_cast<uint32_t>(value);
    return {};
  };
  DEW_TRY(number(part.frame));
  DEW_ASSIGN(part.time_us, in.u64());
  DEW_TRY(number(part.parts));
  DEW_TRY(number(part.part));
  DEW_TRY(number(part.left_out));
  DEW_TRY(number(part.bound_um));
  if (part.parts < 1 || part.parts > kMostCloudParts || part.part >= part.parts || part.left_out >= part.parts ||
      part.part >= part.parts - part.left_out)
    return Error{Code::corrupt, in.offset(), "a frame's parts are out of range"};
  part.chunk = message.last(in.remaining());
  return part;
}

CloudCoder::CloudCoder(const CloudCoderOptions& options) : options_(options) {
  ladder_m_.push_back(options.least_error_m);
  for (double bound_m = kFinestRung_m; bound_m < options.most_error_m; bound_m *= 2) {
    if (bound_m > options.least_error_m) ladder_m_.push_back(bound_m);
  }
  if (options.most_error_m > options.least_error_m) ladder_m_.push_back(options.most_error_m);
}

Result<Encoded> CloudCoder::encode_at(const Cloud& cloud, size_t rung) {
  EncodeOptions options;
  options.mode = ladder_m_[rung] > 0 ? Mode::max_error : Mode::lattice;
  if (ladder_m_[rung] > 0) options.max_error_m = ladder_m_[rung];
  options.effort = options_.effort;
  const uint64_t parts = std::max<uint64_t>(options_.parts, (cloud.points + kPointsPerPart - 1) / kPointsPerPart);
  options.slice_count = static_cast<uint32_t>(std::min<uint64_t>(parts, kMostCloudParts - 1));
  options.verify = false;
  options.sensor = sensor_;
  DEW_ASSIGN(Encoded encoded, encode(Content(cloud), options));
  sensor_ = encoded.sensor;
  return encoded;
}

Result<CodedCloud> CloudCoder::code(const Cloud& cloud, uint32_t frame, uint64_t time_us, double allowed_bytes) {
  const bool limited = allowed_bytes > 0;
  size_t rung = limited ? rung_ : ladder_m_.size() - 1;
  DEW_ASSIGN(Encoded encoded, encode_at(cloud, rung));
  while (limited && static_cast<double>(encoded.bytes.size()) > allowed_bytes && rung + 1 < ladder_m_.size()) {
    // Twice the bound saves about a bit a point.
    const double over = 8 * (static_cast<double>(encoded.bytes.size()) - allowed_bytes) / std::max(1.0, static_cast<double>(cloud.points));
    rung = std::min(ladder_m_.size() - 1, rung + static_cast<size_t>(std::clamp(std::floor(over), 1.0, 32.0)));
    DEW_ASSIGN(encoded, encode_at(cloud, rung));
  }
  rung_ = rung;
  // So much room is left that the next frame may be finer.
  const double room = 8 * (allowed_bytes - static_cast<double>(encoded.bytes.size()));
  if (limited && rung_ > 0 && room > 1.5 * static_cast<double>(cloud.points)) --rung_;

  DEW_ASSIGN(const ContainerReader file, ContainerReader::open(encoded.bytes, {}));
  CloudPart part{.frame = frame, .time_us = time_us, .bound_um = bound_um(ladder_m_[rung])};
  const Chunk* head = file.find(kFrameChunk);
  DEW_ASSIGN(const FrameChunk read, read_frame_chunk(head->payload, head->payload_offset, {}));
  if (ladder_m_[rung] == 0 && read.numbers.returns > 0) part.bound_um = bound_um(EncodeOptions().max_error_m);
  std::vector<ByteSpan> chunks{head->payload};
  for (const Chunk& chunk : file.chunks()) {
    if (chunk.type == kSliceChunk) chunks.push_back(chunk.payload);
  }
  CodedCloud coded;
  part.parts = static_cast<uint32_t>(chunks.size());
  size_t fits = chunks.size();
  double bytes = 0;
  for (size_t i = 0; limited && i < chunks.size(); ++i) {
    bytes += static_cast<double>(chunks[i].size()) + 24;
    if (bytes > allowed_bytes) fits = std::min(fits, i);
  }
  coded.left_out = static_cast<uint32_t>(chunks.size() - fits);
  part.left_out = coded.left_out;
  for (size_t i = 0; i < fits; ++i) {
    part.part = static_cast<uint32_t>(i);
    part.chunk = chunks[i];
    coded.messages.push_back(write_cloud_part(part));
  }
  return coded;
}

bool CloudCollector::add(ByteSpan message, bool repaired, uint64_t now_us) {
  const Result<CloudPart> part = read_cloud_part(message);
  if (!part.ok()) {
    ++counts_.malformed;
    return false;
  }
  const bool is_old = last_given_ && !comes_after(part->frame, *last_given_) && now_us < given_us_ + kSilence_us;
  const auto known = pending_.find(part->frame);
  if (is_old || (known != pending_.end() && (known->second.chunks.size() != part->parts || known->second.frame.parts[part->part].here))) {
    ++counts_.unneeded;
    return false;
  }
  // What the number of parts asks for is paid for, too.
  const uint64_t cost = part->chunk.size() + (known == pending_.end() ? part->parts * uint64_t{sizeof(Bytes) + sizeof(CollectedPart)} : 0);
  if (bytes_ + cost > std::min(kMostOpenBytes, limits_.memory_bytes) || (known == pending_.end() && pending_.size() > kMostOpenFrames)) {
    ++counts_.over_limits;
    return false;
  }
  Pending& pending = pending_[part->frame];
  if (known == pending_.end()) {
    pending.frame.frame = part->frame;
    pending.frame.time_us = part->time_us;
    pending.frame.parts.resize(part->parts);
    pending.chunks.resize(part->parts);
  }
  pending.frame.left_out = std::max(pending.frame.left_out, part->left_out);
  pending.frame.bound_um = std::max(pending.frame.bound_um, part->bound_um);
  pending.frame.parts[part->part] = {true, repaired, part->chunk.size()};
  pending.chunks[part->part].assign(part->chunk.begin(), part->chunk.end());
  ++pending.here;
  pending.bytes += cost;
  bytes_ += cost;
  pending.last_us = now_us;
  return true;
}

std::vector<CollectedCloud> CloudCollector::due(uint64_t now_us, uint64_t deadline_us, const Afford& afford) {
  std::vector<CollectedCloud> out;
  while (!pending_.empty()) {
    const Pending& first = pending_.begin()->second;
    const bool settled = first.here + first.frame.left_out >= first.chunks.size();
    if (!settled && pending_.size() <= kMostOpenFrames && now_us < first.last_us + deadline_us) break;
    given_us_ = now_us;
    out.push_back(give_first(afford));
  }
  return out;
}

std::vector<CollectedCloud> CloudCollector::finish(const Afford& afford) {
  std::vector<CollectedCloud> out;
  while (!pending_.empty()) out.push_back(give_first(afford));
  return out;
}

void CloudCollector::clear() {
  pending_.clear();
  last_given_.reset();
  bytes_ = 0;
}

CollectedCloud CloudCollector::give_first(const Afford& afford) {
  Pending pending = std::move(pending_.begin()->second);
  pending_.erase(pending_.begin());
  bytes_ -= pending.bytes;
  last_given_ = pending.frame.frame;
  if (!pending.frame.parts[0].here) return std::move(pending.frame);
  Result<Cloud> cloud = decode(pending, afford);
  if (cloud.ok()) {
    pending.frame.cloud = *std::move(cloud);
  } else {
    ++counts_.malformed;
  }
  return std::move(pending.frame);
}

/// As a file of what is there.
Result<Cloud> CloudCollector::decode(const Pending& pending, const Afford& afford) const {
  DEW_ASSIGN(const FrameChunk chunk, read_frame_chunk(pending.chunks[0], 0, limits_));
  if (!afford(chunk.numbers.points)) return Error{Code::limit_exceeded, 0, "more points than the receiver decodes"};
  ContainerWriter writer(Kind::cloud);
  DEW_TRY(writer.append(kFrameChunk, kRequired, pending.chunks[0]));
  for (size_t i = 1; i < pending.chunks.size(); ++i) {
    const bool here = pending.frame.parts[i].here;
    DEW_TRY(writer.append(here ? kSliceChunk : kAbsentSliceChunk, here ? kRequired : kOptional, pending.chunks[i]));
  }
  DEW_TRY(writer.finish());
  DecodeOptions options;
  options.salvage = pending.here < pending.chunks.size();
  DEW_ASSIGN(Decoded decoded, dew::decode(writer.take(), options, limits_));
  Cloud* cloud = std::get_if<Cloud>(&decoded.content);
  if (cloud == nullptr) return Error{Code::corrupt, 0, "a frame of a stream holds no points"};
  return std::move(*cloud);
}

}  // namespace dew
