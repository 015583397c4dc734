// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/stream/assembler.h"

#include <algorithm>

#include "pointcloud/stream/erasure.h"

namespace dew {
namespace {

/// A datagram this far ahead of the others is taken for a restart of the sender only if the next one follows it (RFC 3550, appendix A.1).
constexpr int64_t kMostAhead = 1024;
constexpr size_t kMostWanted = 128;
/// Of repairing one group.
constexpr uint32_t kMostTries = 32;

}  // namespace

std::vector<Message> Assembler::add(ByteSpan bytes, uint64_t now_us) {
  std::vector<Message> out;
  // No link carries a longer one from us; what is stored stays within its promise.
  const Result<Datagram> read =
      bytes.size() > kMostDatagramBytes ? Result<Datagram>(Error{Code::corrupt, 0, "too long"}) : read_datagram(bytes);
  if (!read.ok()) {
    ++counts_.malformed;
    return out;
  }
  if (!accept_source(*read, now_us)) {
    ++counts_.unknown_source;
    return out;
  }
  last_us_ = now_us;
  if (const ParityPart* parity = std::get_if<ParityPart>(&read->part)) {
    add_parity(*parity, now_us, out);
  } else {
    add_data(*read, bytes, now_us, out);
  }
  return out;
}

bool Assembler::accept_source(const Datagram& datagram, uint64_t now_us) {
  const bool parity = datagram.rtp.type == PayloadType::parity;
  const uint32_t source = parity ? datagram.rtp.source - 1 : datagram.rtp.source;
  if (source_ == source) return true;
  if (source_ && now_us < last_us_ + kSourceSilence_us) return false;
  if (parity) return false;
  restart(source);
  return true;
}

void Assembler::restart(uint32_t source) {
  const AssemblerCounts counts = counts_;
  *this = Assembler();
  counts_ = counts;
  source_ = source;
}

/// The sequence number without its wrap, or nothing if it is none of this stream's now.
std::optional<int64_t> Assembler::extended(uint16_t sequence) {
  if (!started_) {
    started_ = true;
    first_ = int64_t{0x10000} + sequence;  // room for those that were overtaken
    highest_ = first_ - 1;
  }
  const int64_t number = highest_ + static_cast<int16_t>(static_cast<uint16_t>(sequence - static_cast<uint16_t>(highest_)));
  if (number - highest_ <= kMostAhead && highest_ - number < static_cast<int64_t>(kHistory)) {
    after_jump_.reset();
    return number;
  }
  if (after_jump_ == sequence) {
    restart(*source_);
    return extended(sequence);
  }
  after_jump_ = static_cast<uint16_t>(sequence + 1);
  return std::nullopt;
}

/// Opens the slots up to `to`: those between are missing from now on.
void Assembler::advance(int64_t to, uint64_t now_us) {
  while (highest_ < to) {
    ++highest_;
    slot(highest_) = Slot{highest_, false, now_us, 0, 0, {}};
  }
}

void Assembler::add_data(const Datagram& datagram, ByteSpan bytes, uint64_t now_us, std::vector<Message>& out) {
  const std::optional<int64_t> sequence = extended(datagram.rtp.sequence);
  if (!sequence) {
    ++counts_.old;
    return;
  }
  advance(*sequence, now_us);
  Slot& place = slot(*sequence);
  if (place.sequence != *sequence) {
    // From before the first one heard, but not too old.
    if (*sequence >= first_ || place.sequence > *sequence) {
      ++counts_.old;
      return;
    }
    for (int64_t number = *sequence; number < first_; ++number) {
      if (slot(number).sequence < number) slot(number) = Slot{number, false, now_us, 0, 0, {}};
    }
    first_ = *sequence;
  }
  if (place.there) {
    ++counts_.duplicate;
    return;
  }
  ++counts_.received;
  if (place.times_asked == 0) ++arrived_;
  if (place.times_asked == 1) {
    const double answer_us = static_cast<double>(now_us - place.asked_us);
    answer_us_ += (answer_us - answer_us_) * (answer_us_ == 0 ? 1 : 0.1);
  }
  place.there = true;
  place.block = parity_input(bytes);
  store(std::get<DataPart>(datagram.part), false, out);
  repair_around(*sequence, out);
}

void Assembler::add_parity(const ParityPart& part, uint64_t now_us, std::vector<Message>& out) {
  const std::optional<int64_t> first = extended(part.first);
  const std::optional<int64_t> end = first ? extended(static_cast<uint16_t>(part.first + part.data - 1)) : std::nullopt;
  if (!end || *end < *first) {
    ++counts_.old;
    return;
  }
  advance(*end, now_us);
  if (*first<first_&& * first + static_cast<int64_t>(kHistory)> highest_) {
    for (int64_t number = *first; number < first_; ++number) {
      if (slot(number).sequence < number) slot(number) = Slot{number, false, now_us, 0, 0, {}};
    }
    first_ = *first;
  }
  Group& group = groups_[*first];
  if (group.parity.empty() && !group.done) {
    group.data = part.data;
    group.rows = part.rows;
  }
  const bool fits = group.data == part.data && group.rows == part.rows;
  if (!fits || group.parity.contains(part.row)) {
    ++(fits ? counts_.duplicate : counts_.malformed);
    return;
  }
  ++counts_.received;
  ++counts_.parity;
  if (!group.done) {
    group.parity[part.row] = Bytes(part.bytes.begin(), part.bytes.end());
    try_repair(*first, group, out);
  }
  while (groups_.size() > kMostGroups) groups_.erase(groups_.begin());
}

void Assembler::try_repair(int64_t first, Group& group, std::vector<Message>& out) {
  size_t missing = 0;
  for (int64_t number = first; number < first + group.data; ++number) {
    const Slot& place = slot(number);
    if (place.sequence != number) return;  // too long ago
    missing += place.there ? 0 : 1;
  }
  if (missing > group.parity.size()) return;
  if (missing > 0) {
    std::vector<Bytes> data;
    for (int64_t number = first; number < first + group.data; ++number) data.push_back(slot(number).block);
    std::vector<ParityBlock> parity;
    for (const auto& [row, bytes] : group.parity) parity.push_back({row, bytes});
    const Result<size_t> lost = repair_blocks(data, parity);
    if (!lost.ok()) ++counts_.malformed;
    take_repaired(first, data, out);
    // Long blocks may need parity that is still to come.
    if (lost.ok() && *lost > 0 && ++group.tries < kMostTries) return;
  }
  group.done = true;
  group.parity.clear();
}

void Assembler::take_repaired(int64_t first, std::vector<Bytes>& data, std::vector<Message>& out) {
  for (size_t i = 0; i < data.size(); ++i) {
    Slot& place = slot(first + static_cast<int64_t>(i));
    if (place.there || data[i].empty()) continue;
    place.there = true;
    place.block = std::move(data[i]);
    const Result<DataPart> part = read_parity_output(place.block);
    if (!part.ok()) {
      ++counts_.malformed;
      continue;
    }
    ++counts_.repaired;
    const DataPart copy = *part;  // its bytes are the slot's
    store(copy, true, out);
  }
}

/// A datagram sent again may complete a group.
void Assembler::repair_around(int64_t sequence, std::vector<Message>& out) {
  const auto after = groups_.upper_bound(sequence);
  if (after == groups_.begin()) return;
  const auto group = std::prev(after);
  if (!group->second.done && !group->second.parity.empty() && sequence < group->first + group->second.data)
    try_repair(group->first, group->second, out);
}

void Assembler::store(const DataPart& part, bool repaired, std::vector<Message>& out) {
  if (part.parts == 1) {
    out.push_back({part.kind, part.message, Bytes(part.bytes.begin(), part.bytes.end()), repaired});
    return;
  }
  Partial& partial = messages_[part.message];
  if (partial.parts.empty()) {
    partial.kind = part.kind;
    partial.parts.resize(part.parts);
  }
  if (partial.kind != part.kind || partial.parts.size() != part.parts || !partial.parts[part.part].empty() || part.bytes.empty()) {
    ++counts_.malformed;
    return;
  }
  partial.repaired |= repaired;
  partial.parts[part.part].assign(part.bytes.begin(), part.bytes.end());
  partial.bytes += part.bytes.size();
  message_bytes_ += part.bytes.size();
  if (++partial.there == partial.parts.size()) {
    Message message{partial.kind, part.message, {}, partial.repaired};
    for (const Bytes& bytes : partial.parts) message.bytes.insert(message.bytes.end(), bytes.begin(), bytes.end());
    out.push_back(std::move(message));
    message_bytes_ -= partial.bytes;
    messages_.erase(part.message);
  }
  while (messages_.size() > kMostMessages || message_bytes_ > kMostMessageBytes) {
    message_bytes_ -= messages_.begin()->second.bytes;
    messages_.erase(messages_.begin());
    ++counts_.messages_lost;
  }
}

void Assembler::expect(uint32_t datagrams, uint64_t now_us) {
  if (datagrams == 0 || !started_) return;
  if (const std::optional<int64_t> last = extended(static_cast<uint16_t>(datagrams - 1))) advance(*last, now_us);
}

std::vector<uint16_t> Assembler::wanted(uint64_t now_us, const AskOptions& options) {
  std::vector<uint16_t> numbers;
  const int64_t from = std::max(first_, highest_ - static_cast<int64_t>(kHistory) + 1);
  const uint64_t again_us = answer_us_ == 0 ? options.again_us : 5'000 + static_cast<uint64_t>(1.25 * answer_us_);
  for (int64_t number = from; number <= highest_ && numbers.size() < kMostWanted; ++number) {
    Slot& place = slot(number);
    if (place.sequence != number || place.there) continue;
    const uint64_t since_us = now_us - place.noticed_us;
    if (since_us < options.reorder_us || since_us > options.give_up_us) continue;
    if (place.asked_us != 0 && now_us - place.asked_us < again_us) continue;
    place.asked_us = now_us;
    ++place.times_asked;
    numbers.push_back(static_cast<uint16_t>(number));
  }
  return numbers;
}

bool Assembler::all_there() const {
  const int64_t from = std::max(first_, highest_ - static_cast<int64_t>(kHistory) + 1);
  for (int64_t number = from; number <= highest_; ++number) {
    const Slot& place = slots_[static_cast<size_t>(number) % kHistory];
    if (place.sequence == number && !place.there) return false;
  }
  return true;
}

}  // namespace dew
