// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/sequence_chunks.h"

#include <algorithm>
#include <unordered_map>

namespace dew {
namespace {

/// Part of the format.
constexpr uint8_t kRefers = 1, kBackground = 2, kTime = 4, kPose = 8, kMotion = 16, kCheck = 32;
constexpr uint64_t kMostNameBytes = 4096;
/// Shorter copies take more bytes than they save. An encoder's choice.
constexpr size_t kLeastCopy = 8;

/// A run of bytes that stands in a template too.
struct Copy {
  size_t at = 0;
  size_t from = 0;
  size_t size = 0;
};

/// Runs of `bytes` from `first` on that `shared` has, the longest at each place, rising.
std::vector<Copy> find_copies(ByteSpan bytes, size_t first, ByteSpan shared) {
  const auto key = [](ByteSpan of, size_t at) {
    uint64_t value = 0;
    std::copy_n(of.begin() + static_cast<ptrdiff_t>(at), kLeastCopy, reinterpret_cast<std::byte*>(&value));
    return value;
  };
  std::unordered_multimap<uint64_t, size_t> places;
  for (size_t i = 0; i + kLeastCopy <= shared.size(); ++i) places.emplace(key(shared, i), i);
  std::vector<Copy> copies;
  for (size_t at = first; at + kLeastCopy <= bytes.size() && copies.size() < kMostCopies;) {
    Copy longest{at, 0, 0};
    size_t tries = 0;
    const auto [begin, end] = places.equal_range(key(bytes, at));
    for (auto place = begin; place != end && tries < 32; ++place, ++tries) {
      size_t size = 0;
      while (at + size < bytes.size() && place->second + size < shared.size() && bytes[at + size] == shared[place->second + size]) ++size;
      if (size > longest.size) longest = {at, place->second, size};
    }
    if (longest.size >= kLeastCopy) copies.push_back(longest);
    at += std::max<size_t>(1, longest.size);
  }
  return copies;
}

size_t copied_bytes(const std::vector<Copy>& copies) {
  size_t sum = 0;
  for (const Copy& copy : copies) sum += copy.size - std::min<size_t>(copy.size, 4);
  return sum;
}

uint8_t flags_of(const SequenceFrameHeader& header) {
  return static_cast<uint8_t>((header.refers ? kRefers : 0) | (header.background ? kBackground : 0) | (header.time_ns ? kTime : 0) |
                              (header.pose ? kPose : 0) | (header.motion ? kMotion : 0) | (header.content_check ? kCheck : 0));
}

void write_frame_header(const SequenceFrameHeader& header, ByteWriter& writer) {
  writer.varint(header.number);
  writer.u8(flags_of(header));
  if (header.time_ns) writer.signed_varint(*header.time_ns);
  if (header.pose) {
    for (const double number : *header.pose) writer.f64(number);
  }
  if (header.motion) write_ego_motion(*header.motion, writer);
  if (header.content_check) writer.u64(*header.content_check);
}

}  // namespace

Result<Bytes> write_sequence_chunk(const SequenceChunk& chunk) {
  ByteWriter writer;
  DEW_TRY(write_header(kSequenceNumbers, chunk.numbers, writer));
  writer.varint(chunk.templates.size());
  for (const Bytes& shared : chunk.templates) writer.sized_bytes(shared);
  return writer.take();
}

Result<SequenceChunk> read_sequence_chunk(ByteSpan payload, uint64_t offset, const DecodeLimits& limits) {
  Budget budget(limits);
  ByteReader reader(payload, offset);
  SequenceChunk chunk;
  DEW_ASSIGN(chunk.numbers, read_header(kSequenceNumbers, reader));
  DEW_ASSIGN(const uint64_t templates, reader.varint());
  if (templates > kMostTemplates) return Error{Code::corrupt, reader.offset(), "more than 16 templates of a sequence"};
  for (uint64_t i = 0; i < templates; ++i) {
    DEW_ASSIGN(const ByteSpan shared, reader.sized_bytes());
    if (shared.size() > kMostTemplateBytes) return Error{Code::corrupt, reader.offset(), "a template of a sequence is too long"};
    DEW_TRY(budget.take_memory(shared.size(), reader.offset()));
    chunk.templates.emplace_back(shared.begin(), shared.end());
  }
  DEW_TRY(reader.expect_end());
  return chunk;
}

Bytes write_sequence_frame(const SequenceFrameHeader& header, ByteSpan first_chunk, size_t common_from,
                           const std::vector<Bytes>& templates) {
  std::vector<Copy> best;
  size_t best_template = 0;
  for (size_t i = 0; i < templates.size(); ++i) {
    std::vector<Copy> copies = find_copies(first_chunk, common_from, templates[i]);
    if (copied_bytes(copies) <= copied_bytes(best)) continue;
    best = std::move(copies);
    best_template = i;
  }
  ByteWriter writer;
  write_frame_header(header, writer);
  writer.varint(best.size());
  if (!best.empty()) writer.varint(best_template);
  size_t at = 0;
  for (const Copy& copy : best) {
    writer.sized_bytes(first_chunk.subspan(at, copy.at - at));
    writer.varint(copy.from);
    writer.varint(copy.size);
    at = copy.at + copy.size;
  }
  writer.bytes(first_chunk.subspan(at));
  return writer.take();
}

Result<SequenceFrameHeader> read_sequence_frame_header(ByteReader& reader) {
  SequenceFrameHeader header;
  DEW_ASSIGN(header.number, reader.varint());
  DEW_ASSIGN(const uint8_t flags, reader.u8());
  if (flags > 63 || header.number > 0xFFFFFFFF) return Error{Code::corrupt, reader.offset(), "a sequence's frame is out of range"};
  header.refers = (flags & kRefers) != 0;
  header.background = (flags & kBackground) != 0;
  if (flags & kTime) {
    DEW_ASSIGN(header.time_ns, reader.signed_varint());
  }
  if (flags & kPose) {
    Pose pose{};
    for (double& number : pose) {
      DEW_ASSIGN(number, reader.f64());
    }
    header.pose = pose;
  }
  if (flags & kMotion) {
    DEW_ASSIGN(header.motion, read_ego_motion(reader));
  }
  if (flags & kCheck) {
    DEW_ASSIGN(header.content_check, reader.u64());
  }
  return header;
}

Result<SequenceFramePayload> read_sequence_frame(ByteSpan payload, uint64_t offset, const std::vector<Bytes>& templates,
                                                 const DecodeLimits& limits) {
  Budget budget(limits);
  ByteReader reader(payload, offset);
  SequenceFramePayload frame;
  DEW_ASSIGN(frame.header, read_sequence_frame_header(reader));
  DEW_ASSIGN(const uint64_t copies, reader.varint());
  if (copies > kMostCopies) return Error{Code::corrupt, reader.offset(), "a frame copies more than 64 parts of a template"};
  uint64_t number = 0;
  if (copies > 0) {
    DEW_ASSIGN(number, reader.varint());
    if (number >= templates.size()) return Error{Code::corrupt, reader.offset(), "a frame names a template that is not there"};
  }
  const auto append = [&](ByteSpan bytes) -> Status {
    DEW_TRY(budget.take_memory(bytes.size(), reader.offset()));
    frame.first_chunk.insert(frame.first_chunk.end(), bytes.begin(), bytes.end());
    return {};
  };
  for (uint64_t i = 0; i < copies; ++i) {
    DEW_ASSIGN(const ByteSpan own, reader.sized_bytes());
    DEW_TRY(append(own));
    if (i == 0) frame.own_bytes = own.size();
    DEW_ASSIGN(const uint64_t from, reader.varint());
    DEW_ASSIGN(const uint64_t size, reader.varint());
    const Bytes& shared = templates[number];
    if (from > shared.size() || size > shared.size() - from)
      return Error{Code::corrupt, reader.offset(), "a frame copies beyond the end of a template"};
    DEW_TRY(append(ByteSpan(shared).subspan(from, size)));
    frame.shared_bytes += size;
  }
  DEW_ASSIGN(const ByteSpan rest, reader.bytes(reader.remaining()));
  DEW_TRY(append(rest));
  if (copies == 0) frame.own_bytes = frame.first_chunk.size();
  return frame;
}

Bytes write_sequence_names(const std::vector<std::string>& names) {
  ByteWriter writer;
  std::string last;
  for (const std::string& name : names) {
    const auto differs = std::mismatch(name.begin(), name.end(), last.begin(), last.end());
    const auto common = static_cast<size_t>(differs.first - name.begin());
    const std::string rest = name.substr(common);
    // Counted from the end of the last name, names that count up say the same in each.
    const size_t tail = std::min(rest.size(), last.size() - common);
    size_t same_end = 0;
    while (same_end < tail && rest[rest.size() - 1 - same_end] == last[last.size() - 1 - same_end]) ++same_end;
    writer.varint(common);
    writer.varint(same_end);
    writer.sized_bytes(std::as_bytes(std::span(rest.data(), rest.size() - same_end)));
    last = name;
  }
  return writer.take();
}

Result<std::vector<std::string>> read_sequence_names(ByteSpan payload, uint64_t offset, uint64_t frames) {
  ByteReader reader(payload, offset);
  std::vector<std::string> names;
  std::string last;
  while (reader.remaining() > 0) {
    DEW_ASSIGN(const uint64_t common, reader.varint());
    DEW_ASSIGN(const uint64_t same_end, reader.varint());
    DEW_ASSIGN(const ByteSpan middle, reader.sized_bytes());
    if (common > last.size() || same_end > last.size() - common || names.size() >= frames || middle.size() > kMostNameBytes ||
        common + same_end + middle.size() > kMostNameBytes)
      return Error{Code::corrupt, reader.offset(), "a name of a sequence is out of range"};
    std::string name = last.substr(0, common);
    for (const std::byte byte : middle) name += static_cast<char>(byte);
    name += last.substr(last.size() - same_end);
    last = name;
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace dew
