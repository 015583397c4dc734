// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/stream/sender.h"

#include <algorithm>
#include <cmath>

#include "pointcloud/stream/region.h"

namespace dew {
namespace {

constexpr uint64_t kGoodbyeEvery_us = 10'000;
constexpr uint32_t kGoodbyes = 3;
constexpr uint64_t kPause_us = 10'000;
/// A datagram that waited longer would come too late for anyone.
constexpr uint64_t kMostWait_us = 150'000;
/// What may wait for the pacer, as time at its rate.
constexpr double kWaitTarget_us = 15'000, kMostBacklog_us = 60'000;
/// A frame of points leaves within this, where it must keep a rate.
constexpr double kCloudWithin_us = 100'000;
/// A datagram asked for twice within this is one question.
constexpr uint64_t kAgain_us = 8'000;
/// With less, and without a way back, each slice stands alone.
constexpr double kLeastParity = 0.1;
/// Slices of one place that are coded one way after both were tried.
constexpr uint32_t kUntried = 8;

uint32_t error_ticks(double error_m, uint32_t tick_um) {
  return static_cast<uint32_t>(std::clamp(std::floor(error_m / (tick_um * 1e-6) + 1e-9), 0.0, 32768.0));
}

}  // namespace

StreamSender::StreamSender(const SenderOptions& options)
    : options_(options),
      packetiser_({options.source, kMostDatagramBytes, options.group_datagrams, options.adaptive_overhead ? 0 : options.overhead}),
      pacer_(options.rate_bits, options.sealed_bytes),
      planner_(options.refresh_us),
      gains_(std::max(1u, options.sectors)),
      overhead_(options.adaptive_overhead ? 0 : options.overhead) {
  packetiser_.set_datagram_bytes(pacer_.most_datagram_bytes());
}

Status StreamSender::describe(const SensorDescription& sensor, uint64_t now_us) {
  if (!options_.regions.empty() && !sensor.calibration)
    return Error{Code::invalid_argument, 0, "a box of interest needs the sensor's calibration; give one, or use a distance"};
  const bool same_columns = sensor_ && sensor_->lasers == sensor.lasers;
  if (!sensor_ || sensor_->id != sensor.id) {
    planner_.clear();
    moving_.clear();
  }
  sensor_ = sensor;
  if (!same_columns || !cutter_) cutter_.emplace(sensor.columns_per_turn, options_.sectors);
  control_.emplace(RateLimits{error_ticks(options_.least_error_m, sensor.tick_um), error_ticks(options_.max_error_m, sensor.tick_um),
                              sensor.tick_um, options_.keep_intensity});
  send_description(now_us);
  return {};
}

void StreamSender::send_description(uint64_t now_us) {
  described_us_ = now_us;
  if (take_message_) return take_message_(MessageKind::description, 0, false, write_description(*sensor_));
  const auto datagrams = packetiser_.add(MessageKind::description, write_description(*sensor_), static_cast<uint32_t>(now_us));
  if (datagrams.ok()) enqueue(*datagrams, now_us, false);
}

Status StreamSender::begin_frame(uint64_t now_us) {
  if (!cutter_) return Error{Code::invalid_argument, 0, "a frame cannot begin before its sensor is described"};
  DEW_TRY(send_sectors(cutter_->begin_frame(), now_us));
  if (options_.moving) moving_.end_turn(*sensor_);
  follow_turn(now_us);
  return {};
}

/// Slowly; pauses and bursts are no turns.
void StreamSender::follow_turn(uint64_t now_us) {
  const double turn = static_cast<double>(now_us - frame_us_);
  if (frame_us_ != 0 && turn > 20'000 && turn < 1'000'000) turn_us_ += 0.2 * (turn - turn_us_);
  frame_us_ = now_us;
}

Result<CodedCloud> StreamSender::code_cloud(const Cloud& cloud, Effort effort, uint64_t time_us) {
  if (has_regions()) return Error{Code::invalid_argument, 0, "regions that stay finer need frames of native ticks, not of points"};
  if (!clouds_) clouds_.emplace(CloudCoderOptions{effort, options_.sectors, options_.least_error_m, options_.max_error_m});
  drop_old(time_us);
  follow_turn(time_us);
  double allowed = 0;
  if (pacer_.rate_bits() > 0) {
    const Budget room = budget();
    allowed = std::max(1.0, std::min(room.turn_bytes, room.turn_bytes / turn_us_ * kCloudWithin_us));
  }
  return clouds_->code(cloud, cloud_frame_++, time_us, allowed);
}

Status StreamSender::send_cloud(const CodedCloud& coded, uint64_t now_us) {
  counts_.parts_left_out += coded.left_out;
  for (size_t i = 0; i < coded.messages.size(); ++i)
    DEW_TRY(send_message(MessageKind::cloud_part, static_cast<uint32_t>(i), false, coded.messages[i], now_us, now_us));
  enqueue(packetiser_.end_group(static_cast<uint32_t>(now_us)), now_us, false);
  return {};
}

Status StreamSender::add(const Scan& columns, uint64_t now_us) {
  if (!cutter_) return Error{Code::invalid_argument, 0, "columns cannot be sent before their sensor is described"};
  if (columns.lasers != sensor_->lasers || columns.range.size() != size_t{columns.columns} * columns.lasers ||
      columns.intensity.size() != columns.range.size() || columns.azimuth.size() != columns.columns ||
      columns.time_us.size() != columns.columns)
    return Error{Code::invalid_argument, 0, "the columns are not of the sensor that was described"};
  if (now_us - described_us_ >= options_.describe_every_us) send_description(now_us);
  columns_us_ = now_us;
  return send_sectors(cutter_->add(columns, now_us), now_us);
}

Status StreamSender::expect(uint64_t next_columns_us, uint64_t now_us) {
  const uint64_t pause_us = std::max(kPause_us, static_cast<uint64_t>(turn_us_ / 20));
  if (!cutter_ || next_columns_us < columns_us_ + pause_us) return {};
  return send_sectors(cutter_->flush(), now_us);
}

Status StreamSender::finish(uint64_t now_us) {
  if (cutter_) DEW_TRY(send_sectors(cutter_->finish(), now_us));
  enqueue(packetiser_.end_group(static_cast<uint32_t>(now_us)), now_us, false);
  finished_ = true;
  if (take_message_) {
    take_message_(MessageKind::end, 0, false, {});
    return {};
  }
  goodbyes_ = kGoodbyes;
  goodbye_us_ = now_us;
  return {};
}

Status StreamSender::send_sectors(const std::vector<Sector>& sectors, uint64_t now_us) {
  for (const Sector& sector : sectors) {
    DEW_TRY(send_sector(sector, now_us));
    if (options_.moving) moving_.add(sector.columns);
  }
  return {};
}

Status StreamSender::send_sector(const Sector& sector, uint64_t now_us) {
  drop_old(now_us);
  SliceHeader header;
  header.frame = sector.frame;
  header.first_column = sector.first_column;
  header.ends_frame = sector.ends_frame;
  header.columns_before = sector.columns_before;
  header.columns_left_out = left_out_;
  header.time_us = sector.time_us;
  // What neither parity nor questions bring back would be missed by all that refer to it. A broker loses nothing, and those who begin to
  // listen find the slices that stand alone there.
  if (take_message_ || overhead_ >= kLeastParity || planner_.has_way_back(now_us))
    header.refers_to = planner_.choose(sector, place_of(sector), *sensor_, turn_us_, now_us);
  std::optional<EncodedSlice> coded;
  if (options_.rate_bits == 0 && pacer_.rate_bits() == 0) {
    DEW_ASSIGN(coded, code(header, sector, {error_ticks(options_.max_error_m, sensor_->tick_um), 0, 0, {}}));
  } else {
    DEW_ASSIGN(coded, code_within_rate(header, sector));
  }
  if (!coded) {
    left_out_ += sector.columns.columns;
    counts_.columns_left_out += sector.columns.columns;
    return {};
  }
  const Bytes message = std::move(coded->message);
  const bool refers = !header.refers_to.empty();
  left_out_ = 0;
  counts_.slices_that_refer += refers ? 1 : 0;
  planner_.sent(header, packetiser_.next_message(), *std::move(coded), now_us);
  if (options_.slice_bytes > 0) {
    const double a_column = static_cast<double>(message.size()) / sector.columns.columns;
    cutter_->set_width(static_cast<uint32_t>(options_.slice_bytes / std::max(a_column, 0.1)));
  }
  if (packetiser_.open_group_datagrams() == 0) sector_us_ = now_us;
  DEW_TRY(send_message(MessageKind::slice, place_of(sector), refers, message, sector.time_us, now_us));
  // A group is at most a frame long.
  if (packetiser_.open_group_datagrams() > 0 && static_cast<double>(now_us - sector_us_) >= turn_us_)
    enqueue(packetiser_.end_group(static_cast<uint32_t>(now_us)), now_us, false);
  return {};
}

Status StreamSender::send_message(MessageKind kind, uint32_t place, bool refers, const Bytes& message, uint64_t time_us, uint64_t now_us) {
  ++counts_.slices;
  counts_.slice_bytes += message.size();
  if (take_message_) {
    take_message_(kind, place, refers, message);
    return {};
  }
  DEW_ASSIGN(std::vector<Bytes> datagrams, packetiser_.add(kind, message, static_cast<uint32_t>(time_us)));
  for (const Bytes& datagram : datagrams) {
    if (static_cast<uint8_t>(datagram[1]) % 128 == static_cast<uint8_t>(PayloadType::data))
      counts_.slice_wire_bytes += datagram.size() + options_.sealed_bytes + kIpUdpBytes;
  }
  enqueue(std::move(datagrams), now_us, false);
  return {};
}

/// Sectors are whole columns, so the nearest part of the turn and not the one below.
uint32_t StreamSender::place_of(const Sector& sector) const {
  const uint64_t turn = std::max(1u, sensor_->columns_per_turn);
  return static_cast<uint32_t>((uint64_t{sector.first_column} * options_.sectors + turn / 2) / turn);
}

/// Where slices gain nothing by references, they are coded without, once; the header says what it came to.
Result<EncodedSlice> StreamSender::code_smaller(SliceHeader& header, const Sector& sector, const SliceCoding& coding) {
  if (header.refers_to.empty()) return encode_slice(header, sector.columns, *sensor_, coding);
  Gain& gain = gains_[place_of(sector) % gains_.size()];
  SliceHeader alone = header;
  alone.refers_to.clear();
  if (gain.untried > 0) {
    --gain.untried;
    if (!gain.refers) header = alone;
    return encode_slice(header, sector.columns, *sensor_, coding, &planner_.store());
  }
  DEW_ASSIGN(EncodedSlice referring, encode_slice(header, sector.columns, *sensor_, coding, &planner_.store()));
  DEW_ASSIGN(EncodedSlice standing, encode_slice(alone, sector.columns, *sensor_, coding));
  gain = {referring.message.size() < standing.message.size(), kUntried};
  if (gain.refers) return referring;
  header = alone;
  return standing;
}

Result<EncodedSlice> StreamSender::code(SliceHeader& header, const Sector& sector, SliceCoding coding) {
  if (has_regions()) {
    coding.fine_error_ticks = error_ticks(options_.fine_error_m, sensor_->tick_um);
    if (coding.fine_error_ticks < coding.error_ticks) coding.fine = fine_regions(sector);
  }
  return code_smaller(header, sector, coding);
}

std::vector<FineRegion> StreamSender::fine_regions(const Sector& sector) const {
  std::vector<FineRegion> regions;
  const double tick_m = sensor_->tick_um * 1e-6;
  if (options_.near_m > 0)
    regions.push_back({0, sector.columns.columns, 0, sensor_->lasers, 1, static_cast<uint32_t>(std::min(options_.near_m / tick_m, 4e9))});
  for (const RegionOfInterest& box : options_.regions) {
    for (const FineRegion& region : regions_of_box(box.least, box.most, sector.columns, *sensor_)) {
      if (regions.size() < kMaxFineRegions) regions.push_back(region);
    }
  }
  if (options_.moving) {
    for (const FineRegion& region : moving_.regions(sector.columns, *sensor_, kMaxFineRegions - regions.size())) regions.push_back(region);
  }
  return regions;
}

/// Nothing where not even the coarsest rung fits.
Result<std::optional<EncodedSlice>> StreamSender::code_within_rate(SliceHeader& header, const Sector& sector) {
  const double of_turn = static_cast<double>(sector.columns.columns) / std::max(1u, sensor_->columns_per_turn);
  const double place_scale = 1 / (of_turn * RateControl::kPlaces);  // sizes are compared as those of a sixteenth of a turn
  const size_t place = std::min<size_t>(RateControl::kPlaces - 1,
                                        size_t{sector.first_column} * RateControl::kPlaces / std::max(1u, sensor_->columns_per_turn));
  const Budget allowed = budget();
  size_t rung = control_->choose(place, allowed.turn_bytes, allowed.slice_bytes * place_scale);
  for (bool again = false;; again = true) {
    DEW_ASSIGN(EncodedSlice coded, code(header, sector, control_->coding(rung)));
    const double bytes = static_cast<double>(coded.message.size());
    control_->measured(place, rung, bytes * place_scale, again);
    if (bytes <= allowed.slice_bytes) return std::optional(std::move(coded));
    const size_t next = control_->coarser(place, rung, allowed.slice_bytes * place_scale);
    if (next == control_->rungs()) return std::optional<EncodedSlice>();
    rung = next;
  }
}

/// Bytes of messages. Of a turn: what the rate carries, less what goes with it, less what waits already. Of a slice: so much that it has
/// left before kMostBacklog_us.
StreamSender::Budget StreamSender::budget() const {
  const double bytes_us = static_cast<double>(pacer_.rate_bits()) / 8 * 0.9e-6;
  const double again = reported_loss_ > 0 && reported_loss_ < 0.9 ? reported_loss_ / (1 - reported_loss_) : 0;
  // Headers of datagrams that are not quite full, descriptions, reports.
  const double headers = 1 + static_cast<double>(kDataHeaderBytes + kIpUdpBytes) / (0.7 * pacer_.most_datagram_bytes());
  const double useful = 0.97 / (1 + overhead_ + again) / headers;
  const double waiting_us = static_cast<double>(queued_bytes()) / bytes_us;
  const double correction = std::clamp(1 - (waiting_us - kWaitTarget_us) / 100'000, 0.5, 1.05);
  const double room_us = std::max(0.0, kMostBacklog_us - waiting_us);
  return {bytes_us * turn_us_ * useful * correction, bytes_us * room_us * useful};
}

void StreamSender::enqueue(std::vector<Bytes> datagrams, uint64_t now_us, bool first) {
  for (Bytes& datagram : datagrams) {
    const PayloadType type = static_cast<PayloadType>(static_cast<uint8_t>(datagram[1]) & 0x7F);
    has_sent_ = true;
    Queued queued{std::move(datagram), now_us, type};
    if (first) {
      queue_.push_front(std::move(queued));
    } else {
      queue_.push_back(std::move(queued));
    }
  }
}

uint64_t StreamSender::queued_bytes() const {
  uint64_t bytes = 0;
  for (const Queued& queued : queue_) bytes += queued.bytes.size() + options_.sealed_bytes + kIpUdpBytes;
  return bytes;
}

StreamSender::Queued StreamSender::take_first() {
  Queued first = std::move(queue_.front());
  queue_.pop_front();
  if (first.type == PayloadType::data && !first.again) {
    ++data_datagrams_;
    data_bytes_ += static_cast<uint32_t>(first.bytes.size());
  }
  return first;
}

void StreamSender::drop_old(uint64_t now_us) {
  if (pacer_.rate_bits() == 0) return;
  while (!queue_.empty() &&
         (now_us - queue_.front().since_us > kMostWait_us || queue_.front().bytes.size() > pacer_.most_datagram_bytes())) {
    (void)take_first();
    ++counts_.dropped;
  }
}

Bytes StreamSender::report(uint64_t now_us) {
  reported_us_ = now_us;
  return write_report(SenderReport{options_.source, now_us, static_cast<uint32_t>(now_us), data_datagrams_, data_bytes_, finished_});
}

std::optional<Bytes> StreamSender::next(uint64_t now_us) {
  drop_old(now_us);
  const bool goodbye = goodbyes_ > 0 && queue_.empty() && now_us >= goodbye_us_;
  if (goodbye || (!finished_ && has_sent_ && now_us - reported_us_ >= options_.report_every_us)) {
    Bytes bytes = report(now_us);
    if (!pacer_.may_send(bytes.size(), now_us)) return std::nullopt;
    if (goodbye) {
      --goodbyes_;
      goodbye_us_ = now_us + kGoodbyeEvery_us;
    }
    pacer_.sent(bytes.size(), now_us);
    counts_.wire_bytes += bytes.size() + options_.sealed_bytes + kIpUdpBytes;
    return bytes;
  }
  if (queue_.empty() || !pacer_.may_send(queue_.front().bytes.size(), now_us)) return std::nullopt;
  const Queued queued = take_first();
  pacer_.sent(queued.bytes.size(), now_us);
  ++counts_.datagrams;
  counts_.parity_datagrams += queued.type == PayloadType::parity ? 1 : 0;
  counts_.wire_bytes += queued.bytes.size() + options_.sealed_bytes + kIpUdpBytes;
  return queued.bytes;
}

std::optional<uint64_t> StreamSender::next_time_us(uint64_t now_us) {
  if (!queue_.empty()) return pacer_.when(queue_.front().bytes.size(), now_us);
  if (goodbyes_ > 0) return std::max(now_us, goodbye_us_);
  return std::nullopt;
}

void StreamSender::receive(ByteSpan datagram, uint64_t now_us) {
  const Result<Report> read = read_report(datagram);
  if (!read.ok() || !read->receiver || read->receiver->source != options_.source) return;
  const ReceiverReport& said = *read->receiver;
  follow_loss(said);
  planner_.reported(said, now_us);
  if (said.wants_description && sensor_ && now_us - described_us_ > 20'000) send_description(now_us);
  if (said.rate_bits && *said.rate_bits > 0) {
    const uint64_t most = options_.rate_bits > 0 ? std::min(options_.rate_bits, *said.rate_bits) : *said.rate_bits;
    if (most != pacer_.rate_bits()) set_rate(most, now_us);
  }
  std::erase_if(sent_again_us_, [&](const auto& again) { return now_us - again.second >= kAgain_us; });
  // From the newest, so that they queue up oldest first.
  for (auto sequence = said.wanted.rbegin(); sequence != said.wanted.rend(); ++sequence) {
    const Bytes* bytes = packetiser_.sent(*sequence);
    const bool lately =
        std::any_of(sent_again_us_.begin(), sent_again_us_.end(), [&](const auto& again) { return again.first == *sequence; });
    // Whoever asks for more than was ever sent is not a receiver in need.
    if (bytes == nullptr || lately || counts_.sent_again > counts_.datagrams) continue;
    sent_again_us_.emplace_back(*sequence, now_us);
    queue_.push_front({*bytes, now_us, PayloadType::data, true});
    ++counts_.sent_again;
  }
}

/// Parity so that of a group of 16 fewer than 1 in 500 cannot be repaired: the mean of what is lost, and four deviations.
void StreamSender::follow_loss(const ReceiverReport& report) {
  const double loss = report.lost_256 / 256.0;
  // Few datagrams come between two reports: one bad report is not a bad channel.
  reported_loss_ += (loss > reported_loss_ ? 0.2 : 0.1) * (loss - reported_loss_);
  if (!options_.adaptive_overhead) return;
  const double kept = std::max(0.1, 1 - reported_loss_);
  const double needed = (reported_loss_ + 4 * std::sqrt(reported_loss_ * (1 - reported_loss_) / 24)) / kept;
  overhead_ = std::min(options_.overhead, std::max(needed, 1.0 / 16));
  packetiser_.set_overhead(overhead_);
}

void StreamSender::set_rate(uint64_t rate_bits, uint64_t now_us) {
  pacer_.set_rate(rate_bits, now_us);
  packetiser_.set_datagram_bytes(pacer_.most_datagram_bytes());
}

}  // namespace dew
