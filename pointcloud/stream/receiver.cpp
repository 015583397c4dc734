// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/stream/receiver.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "pointcloud/stream/sector.h"

namespace dew {
namespace {

constexpr size_t kMostWaiting = 64;
constexpr size_t kMostDecoded = 256;
/// A frame number further ahead than this is believed only after a silence.
constexpr uint32_t kMostFramesAhead = 1024;
/// Clocks that differ by more are taken for unrelated.
constexpr int64_t kRelatedClocks_us = 1'000'000;

/// What decoding a frame of points may take.
DecodeLimits cloud_limits(const ReceiverOptions& options) {
  constexpr uint64_t kWorkOfPoint = 256;
  DecodeLimits limits;
  limits.elements = options.most_frame_cells;
  limits.memory_bytes = options.slice_memory_bytes;
  limits.work_units = options.most_frame_cells * kWorkOfPoint;
  return limits;
}

/// A sender's clock may say anything: what is far out stays where sums cannot overflow.
int64_t transit_us(uint64_t time_us, uint64_t now_us) {
  constexpr int64_t kMost = int64_t{1} << 60;
  return std::clamp(static_cast<int64_t>(now_us - time_us), -kMost, kMost);
}

/// Frames count modulo 2^32.
bool is_after(uint32_t frame, uint32_t other) { return static_cast<int32_t>(frame - other) > 0; }

}  // namespace

const char* slice_state_name(SliceState state) {
  switch (state) {
    case SliceState::fresh: return "fresh";
    case SliceState::late: return "late";
    case SliceState::missing: return "missing";
    case SliceState::concealed: return "concealed";
    case SliceState::left_out: return "left out";
  }
  return "unknown";
}

StreamReceiver::StreamReceiver(const ReceiverOptions& options)
    : options_(options), clouds_(cloud_limits(options)), cells_left_(static_cast<double>(options.most_cells_a_second)) {}

void StreamReceiver::add(ByteSpan datagram, uint64_t now_us) {
  counts_.bytes += datagram.size();
  if (is_report(datagram)) {
    const Result<Report> report = read_report(datagram);
    if (!report.ok() || !report->sender || assembler_.source() != report->sender->source) return;
    assembler_.expect(report->sender->datagrams, now_us);
    if (report->sender->ends && !goodbye_us_) goodbye_us_ = now_us;
    return;
  }
  const std::vector<Message> messages = assembler_.add(datagram, now_us);
  if (assembler_.source() != source_) {
    // Another sender, or the same one anew: its frames have nothing to do with those before.
    source_ = assembler_.source();
    sensor_.reset();
    last_given_.reset();
    pending_.clear();
    waiting_.clear();
    store_.clear();
    without_reference_.clear();
    clouds_.clear();
    last_cloud_.reset();
    goodbye_us_.reset();
    expected_before_ = arrived_before_ = 0;
    held_newest_.reset();
  }
  for (const Message& message : messages) take(message, now_us);
}

void StreamReceiver::add(MessageKind kind, ByteSpan message, uint64_t now_us) {
  counts_.bytes += message.size();
  if (kind == MessageKind::end) {
    if (!goodbye_us_) goodbye_us_ = now_us;
    return;
  }
  take({kind, 0, Bytes(message.begin(), message.end()), false}, now_us);
}

/// Slices may refer to what was decoded.
void StreamReceiver::hold(uint32_t number) {
  if (!held_newest_ || is_after(number, *held_newest_)) {
    const uint32_t step = held_newest_ ? number - *held_newest_ : 64;
    held_before_ = step >= 64 ? 0 : held_before_ << step;
    if (held_newest_ && step <= 64) held_before_ |= uint64_t{1} << (step - 1);
    held_newest_ = number;
  } else if (*held_newest_ - number - 1 < 64) {
    held_before_ |= uint64_t{1} << (*held_newest_ - number - 1);
  }
}

void StreamReceiver::take(const Message& message, uint64_t now_us) {
  if (message.kind == MessageKind::slice) {
    take_slice(message, now_us);
  } else if (message.kind == MessageKind::cloud_part) {
    take_cloud_part(message, now_us);
  } else if (message.kind == MessageKind::description) {
    DecodeLimits limits;
    limits.memory_bytes = 16u << 20;
    limits.work_units = 1u << 24;
    Result<SensorDescription> sensor = read_description(message.bytes, limits);
    if (!sensor.ok()) {
      ++counts_.slices_undecodable;
      return;
    }
    hold(message.number);
    if (sensor_ && sensor_->id == sensor->id) return;
    sensor_ = *std::move(sensor);
    pending_.clear();
    store_.clear();
    without_reference_.clear();
    shown_ = Scan();
    for (const Message& slice : std::exchange(waiting_, {})) take_slice(slice, now_us);
  }
}

void StreamReceiver::take_cloud_part(const Message& message, uint64_t now_us) {
  const CollectorCounts before = clouds_.counts();
  if (clouds_.add(message.bytes, message.repaired, now_us)) {
    follow_clock(read_cloud_part(message.bytes)->time_us, now_us);
    ++counts_.slices;
    hold(message.number);
    return;
  }
  counts_.slices_unneeded += clouds_.counts().unneeded - before.unneeded;
  counts_.slices_undecodable += clouds_.counts().malformed - before.malformed + clouds_.counts().over_limits - before.over_limits;
}

ReceivedFrame StreamReceiver::received(CollectedCloud cloud, uint64_t now_us) {
  ReceivedFrame out;
  out.frame = cloud.frame;
  out.frames_missing = last_cloud_ && is_after(cloud.frame, *last_cloud_) ? cloud.frame - *last_cloud_ - 1 : 0;
  last_cloud_ = cloud.frame;
  out.whole = cloud.cloud.has_value();
  const auto sent = static_cast<uint32_t>(cloud.parts.size()) - cloud.left_out;
  for (uint32_t i = 0; i < cloud.parts.size(); ++i) {
    ReceivedSlice facts;
    facts.frame = cloud.frame;
    facts.first_column = i;
    facts.columns = 1;
    // Without the head nothing of it is known.
    const bool here = cloud.parts[i].here && cloud.cloud;
    facts.state = i >= sent ? SliceState::left_out : SliceState::missing;
    if (here) {
      facts.age_us = age_us(cloud.time_us, now_us);
      facts.state = facts.age_us > static_cast<int64_t>(options_.deadline_us) ? SliceState::late : SliceState::fresh;
      facts.bound_um = facts.fine_bound_um = cloud.bound_um;
      facts.bytes = cloud.parts[i].bytes;
      facts.repaired = cloud.parts[i].repaired;
    }
    counts_.slices_late += facts.state == SliceState::late ? 1 : 0;
    out.whole = out.whole && here;
    out.slices.push_back(facts);
  }
  out.cloud = std::move(cloud.cloud);
  return out;
}

void StreamReceiver::follow_clock(uint64_t time_us, uint64_t now_us) {
  const int64_t transit = transit_us(time_us, now_us);
  least_transit_us_ = std::min(least_transit_us_.value_or(transit), transit);
  jitter_us_ += (static_cast<double>(std::abs(transit - last_transit_us_)) - jitter_us_) / 16;
  last_transit_us_ = transit;
}

void StreamReceiver::take_slice(const Message& message, uint64_t now_us) {
  if (try_slice(message, now_us, now_us)) retry_slices(now_us);
}

bool StreamReceiver::try_slice(const Message& message, uint64_t since_us, uint64_t now_us) {
  const Result<SliceHeader> header = read_slice_header(message.bytes);
  if (!header.ok()) {
    ++counts_.slices_undecodable;
    return false;
  }
  if (!sensor_ || sensor_->id != header->description) {
    wants_description_ = true;
    if (waiting_.size() < kMostWaiting) {
      waiting_.push_back(message);
    } else {
      ++counts_.slices_undecodable;
    }
    return false;
  }
  if (!admits(*header, now_us)) {
    ++counts_.slices_unneeded;
    return false;
  }
  if (!store_.has(header->refers_to)) {
    without_reference_.push_back({message, since_us});
    if (without_reference_.size() > kMostWaiting) drop_first_without_reference();
    return false;
  }
  DecodeLimits limits;
  limits.elements = options_.most_frame_cells;
  limits.memory_bytes = options_.slice_memory_bytes;
  Result<DecodedSlice> slice = decode_slice(message.bytes, *sensor_, limits, &store_);
  if (!slice.ok() || !pay_for(slice->columns.range.size(), now_us)) {
    ++counts_.slices_undecodable;
    return false;
  }
  return keep(*std::move(slice), message, now_us);
}

void StreamReceiver::drop_first_without_reference() {
  without_reference_.erase(without_reference_.begin());
  ++counts_.slices_without_reference;
}

/// What a slice may have brought that others wait for.
void StreamReceiver::retry_slices(uint64_t now_us) {
  for (bool again = true; again;) {
    again = false;
    for (const Waiting& waiting : std::exchange(without_reference_, {})) again |= try_slice(waiting.message, waiting.since_us, now_us);
  }
}

bool StreamReceiver::admits(const SliceHeader& header, uint64_t now_us) {
  if (last_given_ && !is_after(header.frame, *last_given_)) return false;
  const bool first = !last_given_ && pending_.empty();
  if (!first && now_us < slice_us_ + kSourceSilence_us && is_after(header.frame, newest_ + kMostFramesAhead)) return false;
  const auto pending = pending_.find(header.frame);
  return pending == pending_.end() || !pending->second.pieces.contains(header.first_column);
}

int64_t StreamReceiver::age_us(uint64_t time_us, uint64_t now_us) const {
  const int64_t transit = transit_us(time_us, now_us);
  const int64_t least = least_transit_us_.value_or(0);
  return least >= 0 && least <= kRelatedClocks_us ? transit : transit - least;
}

bool StreamReceiver::keep(DecodedSlice slice, const Message& message, uint64_t now_us) {
  const SliceHeader& header = slice.header;
  const uint64_t end = uint64_t{header.first_column} + slice.columns.columns;
  Pending& pending = pending_[header.frame];
  const auto next = pending.pieces.lower_bound(header.first_column);
  const bool overlaps =
      (next != pending.pieces.end() && next->first < end) ||
      (next != pending.pieces.begin() && std::prev(next)->first + std::prev(next)->second.slice.columns.columns > header.first_column);
  if (overlaps || end * sensor_->lasers > options_.most_frame_cells) {
    ++counts_.slices_unneeded;
    return false;
  }
  follow_clock(header.time_us, now_us);
  ReceivedSlice facts;
  facts.frame = header.frame;
  facts.first_column = header.first_column;
  facts.columns = slice.columns.columns;
  facts.age_us = age_us(header.time_us, now_us);
  facts.state = facts.age_us > static_cast<int64_t>(options_.deadline_us) ? SliceState::late : SliceState::fresh;
  facts.bound_um = header.bound_um;
  facts.fine_bound_um = header.fine_bound_um;
  facts.intensity_shift = header.intensity_shift;
  facts.bytes = message.bytes.size();
  facts.repaired = message.repaired;
  ++counts_.slices;
  counts_.slices_late += facts.state == SliceState::late ? 1 : 0;

  if (header.ends_frame) pending.columns = static_cast<uint32_t>(end);
  if (header.columns_before > 0) {
    const auto before = pending_.find(header.frame - 1);
    if (before != pending_.end() && uint64_t{header.columns_before} * sensor_->lasers <= options_.most_frame_cells)
      before->second.columns = header.columns_before;
    if (before != pending_.end() && header.columns_left_out > header.first_column)
      before->second.left_out_at_end = header.columns_left_out - header.first_column;
  }
  if (pending_.size() == 1 || is_after(header.frame, newest_)) newest_ = header.frame;
  slice_us_ = now_us;
  pending.last_us = now_us;
  if (decoded_.size() < kMostDecoded) decoded_.push_back(slice);
  const uint32_t first = header.first_column;
  store_.add({header.frame, first}, slice.columns, range_step(header, *sensor_));
  pending.pieces.emplace(first, Piece{std::move(slice), facts});
  hold(message.number);
  return true;
}

bool StreamReceiver::pay_for(uint64_t cells, uint64_t now_us) {
  const double most = static_cast<double>(options_.most_cells_a_second);
  if (now_us > cells_us_) cells_left_ = std::min(most, cells_left_ + static_cast<double>(now_us - cells_us_) * most * 1e-6);
  cells_us_ = std::max(cells_us_, now_us);
  if (cells_left_ < static_cast<double>(cells)) return false;
  cells_left_ -= static_cast<double>(cells);
  return true;
}

std::vector<DecodedSlice> StreamReceiver::take_slices() { return std::exchange(decoded_, {}); }

std::optional<Bytes> StreamReceiver::report(uint64_t now_us) {
  if (!assembler_.source()) return std::nullopt;
  ReceiverReport report;
  if (options_.ask_again) report.wanted = assembler_.wanted(now_us, options_.ask);
  const bool regular = now_us - reported_us_ >= options_.report_every_us;
  if (!regular && report.wanted.empty() && !wants_description_) return std::nullopt;
  report.receiver = options_.receiver;
  report.source = *assembler_.source();
  report.highest = assembler_.highest();
  report.lost = static_cast<uint32_t>(assembler_.expected() - std::min(assembler_.expected(), assembler_.arrived()));
  // Senders' clocks may say anything.
  report.jitter_us = static_cast<uint32_t>(std::min(jitter_us_, 4e9));
  const uint64_t expected = assembler_.expected() - expected_before_, arrived = assembler_.arrived() - arrived_before_;
  if (expected > 0 && arrived < expected)
    report.lost_256 = static_cast<uint8_t>(std::min<uint64_t>(255, (expected - arrived) * 256 / expected));
  if (regular) {
    reported_us_ = now_us;
    expected_before_ = assembler_.expected();
    arrived_before_ = assembler_.arrived();
  }
  report.wants_description = std::exchange(wants_description_, false);
  if (wished_rate_bits_ > 0) report.rate_bits = wished_rate_bits_;
  report.held_newest = held_newest_;
  report.held_before = held_before_;
  return write_report(report);
}

bool StreamReceiver::ended(uint64_t now_us) const {
  return goodbye_us_ && (now_us >= *goodbye_us_ + options_.deadline_us || (assembler_.all_there() && now_us > *goodbye_us_ + 20'000));
}

double StreamReceiver::loss() const {
  return assembler_.expected() == 0
             ? 0
             : 1 - static_cast<double>(std::min(assembler_.expected(), assembler_.arrived())) / static_cast<double>(assembler_.expected());
}

}  // namespace dew
