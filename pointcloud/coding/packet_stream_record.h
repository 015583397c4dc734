// SPDX-License-Identifier: Apache-2.0
/// One record of a capture through a coder: which prediction and which contexts each of its bytes gets. Part of the format.
///
///   uint32_t kind = code_kind(coder, model, record.kind);
///   RecordCoder<Coder>(coder, model, shared, kind).code(record, source, packet);     // encodes `source`, or decodes; fills `packet`
///
/// Internal to packet_stream.cpp.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "pointcloud/coding/packet_stream_model.h"

namespace dew {

/// Bytes that share one "as in the packet before" decision. Part of the format, as are all contexts below.
inline constexpr size_t kChunkBytes = 32;

/// First number of each context, so that no two uses meet by intention.
enum Use : uint32_t {
  kUseKind,
  kUseSize,
  kUseOriginal,
  kUseChecksum,
  kUseField,
  kUseTag,
  kUseChunk,
  kUsePlain,
  kUseCells,
  kUseCell,
  kUseTime,
  kUseOddTime
};

inline uint8_t u8_at(ByteSpan bytes, size_t offset) { return std::to_integer<uint8_t>(bytes[offset]); }

/// The low `bits` bits of the difference, as a signed number.
inline int64_t signed_difference(uint64_t value, uint64_t from, uint32_t bits) {
  const uint32_t shift = 64 - bits;
  return static_cast<int64_t>((value - from) << shift) >> shift;
}

/// Codes any int64: code_residual leaves out -2^63, which shares the code of 2^63 - 1 and one bit more.
template <class Coder>
int64_t code_any_signed(Coder& coder, PacketModel& model, int64_t value, const std::array<uint32_t, 4>& contexts) {
  const int64_t coded = model.code_signed(coder, value == INT64_MIN ? INT64_MAX : value, contexts);
  if (coded != INT64_MAX) return coded;
  return coder.code_raw(value == INT64_MIN ? 1 : 0, 1) != 0 ? INT64_MIN : INT64_MAX;
}

/// A number that seldom differs from the one before in `series`.
template <class Coder>
uint64_t code_steady(Coder& coder, PacketModel& model, Series& series, uint64_t value, uint32_t use, uint32_t kind) {
  const std::array<uint32_t, 4> contexts = {hash_context(use, kind), hash_context(use, kind, series.residuals[0]),
                                            hash_context(use, kind, series.residuals[0], series.residuals[1]),
                                            hash_context(use, kind, series.value)};
  const int64_t residual = code_any_signed(coder, model, signed_difference(value, series.value, 64), contexts);
  series.value += static_cast<uint64_t>(residual);
  series.push(residual);
  return series.value;
}

/// Codes one packet or other record of a frame. Both encoder and decoder fill `packet`, which is zero at first, and take contexts from it;
/// only the encoder looks at `source`, the bytes to be coded.
template <class Coder>
class RecordCoder {
 public:
  RecordCoder(Coder& coder, PacketModel& model, const Capture& shared, uint32_t kind)
      : coder_(coder), model_(model), shared_(shared), kind_(kind), layout_(shared.kinds[kind].layout), state_(model.kinds[kind]) {}

  void code(CaptureRecord& record, ByteSpan source, std::span<std::byte> packet) {
    record.original_bytes = record.size + static_cast<uint32_t>(code_steady(coder_, model_, state_.original_bytes,
                                                                            record.original_bytes - record.size, kUseOriginal, kind_));
    code_checksums(record, source, packet);
    for (uint32_t field = 0; field < layout_.fields.size(); ++field) {
      const uint64_t cost_before = cost();
      if (layout_.fields[field].tag_offset == kNoOffset) {
        code_number(field, source, packet);
      } else {
        code_tagged(field, source, packet);
      }
      if (is_time(layout_.fields[field])) time_cost_ += cost() - cost_before;
    }
    code_plain(state_.plain, source, packet);
    for (uint32_t i = 0; i < state_.cells.size(); ++i) code_cells(i, source, packet);
    state_.before.assign(packet.begin(), packet.end());
    const uint64_t cost_before = cost();
    code_time(record, packet);
    time_cost_ += cost() - cost_before;
  }

  /// The bytes at `offsets`; of records without a layout those are all, and come before code().
  void code_plain(const std::vector<uint32_t>& offsets, ByteSpan source, std::span<std::byte> packet) {
    for (size_t first = 0; first < offsets.size(); first += kChunkBytes) {
      code_chunk(std::span(offsets).subspan(first, std::min(kChunkBytes, offsets.size() - first)), source, packet);
    }
  }

  /// What times of packet and record cost so far, as CostMeter counts; 0 with other coders.
  uint64_t time_cost() const { return time_cost_; }

 private:
  uint64_t cost() const {
    if constexpr (std::is_same_v<Coder, CostMeter>) return coder_.cost();
    return 0;
  }
  bool is_time(const PacketField& field) const {
    return std::any_of(layout_.column_sources.begin(), layout_.column_sources.end(),
                       [&](const ColumnSource& source) { return source.time_offset == field.offset; });
  }

  void code_time(CaptureRecord& record, ByteSpan packet);

  /// The byte at a place in the packet before; 0 beyond its end.
  uint8_t before(size_t offset) const { return offset < state_.before.size() ? u8_at(state_.before, offset) : uint8_t{0}; }

  /// A byte to be coded; a decoder has none and says 0.
  static uint8_t original(ByteSpan source, size_t offset) { return Coder::kDecodes ? uint8_t{0} : u8_at(source, offset); }

  void code_checksums(CaptureRecord& record, ByteSpan source, std::span<std::byte> packet) {
    for (uint32_t i = 0; i < layout_.checksums.size(); ++i) {
      const PacketChecksum& checksum = layout_.checksums[i];
      const uint32_t bit = state_.computed >> i & 1;
      const bool computed = model_.code_flag(
          coder_, record.computed >> i & 1,
          {hash_context(kUseChecksum, kind_, i), hash_context(kUseChecksum, kind_, i, bit), hash_context(kUseChecksum, i)});
      record.computed = (record.computed & ~(1u << i)) | (computed ? 1u << i : 0);
      if (computed) continue;
      const uint32_t bytes = checksum.type == ChecksumType::crc32_mpeg2 ? 4 : 2;
      std::array<uint32_t, 4> offsets{};
      for (uint32_t k = 0; k < bytes; ++k) offsets[k] = checksum.offset + k;
      code_chunk(std::span(offsets).first(bytes), source, packet);
    }
    state_.computed = record.computed;
  }

  void code_number(uint32_t number, ByteSpan source, std::span<std::byte> packet) {
    const PacketField& field = layout_.fields[number];
    Series& series = state_.series[field.series];
    const uint32_t bits = field.bytes * 8;
    const uint64_t predicted = series.value + static_cast<uint64_t>(state_.steps[number].predict());
    const std::array<uint32_t, 4> contexts = {hash_context(kUseField, kind_, number),
                                              hash_context(kUseField, kind_, number, series.residuals[0]),
                                              hash_context(kUseField, kind_, number, series.residuals[0], series.residuals[1]),
                                              hash_context(kUseField, kind_, ~field.series, series.residuals[0], series.residuals[1],
                                                           series.residuals[2], state_.field_residuals[number])};
    const int64_t residual =
        code_any_signed(coder_, model_, signed_difference(Coder::kDecodes ? 0 : read_field(field, source), predicted, bits), contexts);
    const uint64_t value = (predicted + static_cast<uint64_t>(residual)) & (~uint64_t{0} >> (64 - bits));
    write_field(field, value, packet);
    state_.steps[number].learn(signed_difference(value, series.value, bits));
    state_.field_residuals[number] = rough(residual);
    series.value = value;
    series.push(residual);
  }

  /// A field that holds one of several quantities: byte by byte, given which.
  void code_tagged(uint32_t number, ByteSpan source, std::span<std::byte> packet) {
    const PacketField& field = layout_.fields[number];
    const uint8_t tag = u8_at(packet, field.tag_offset);
    uint32_t last = 0;
    for (uint32_t i = 0; i < field.bytes; ++i) {
      const uint32_t place = number * 8 + i;
      const uint8_t coded =
          model_.code_byte(coder_, original(source, field.offset + i),
                           {hash_context(kUseTag, kind_, place, tag), hash_context(kUseTag, kind_, place, tag, last),
                            hash_context(kUseTag, kind_, place), hash_context(kUseTag, kind_, place, before(field.offset + i)),
                            hash_context(kUseTag, kind_, place, tag, before(field.offset + i)), hash_context(kUseTag, last)});
      packet[field.offset + i] = static_cast<std::byte>(coded);
      last = coded;
    }
  }

  void code_chunk(std::span<const uint32_t> offsets, ByteSpan source, std::span<std::byte> packet) {
    const uint32_t place = offsets[0];
    bool same = std::all_of(offsets.begin(), offsets.end(), [&](uint32_t offset) { return original(source, offset) == before(offset); });
    if (state_.same_chunks.size() <= place / 2) state_.same_chunks.resize(place / 2 + 1);
    const bool was_same = state_.same_chunks[place / 2];
    same = model_.code_flag(
        coder_, same,
        {hash_context(kUseChunk, kind_, place), hash_context(kUseChunk, kind_, was_same), hash_context(kUseChunk, kind_, place, was_same)});
    state_.same_chunks[place / 2] = same;
    bool changed = false;
    for (const uint32_t offset : offsets) {
      const uint32_t b = before(offset);
      if (same) {
        packet[offset] = static_cast<std::byte>(b);
        continue;
      }
      const uint32_t last = offset > 0 ? u8_at(packet, offset - 1) : 0u, last2 = offset > 1 ? u8_at(packet, offset - 2) : 0u;
      const uint8_t coded =
          model_.code_byte(coder_, original(source, offset),
                           {hash_context(kUsePlain, kind_, offset, b), hash_context(kUsePlain, kind_, offset),
                            hash_context(kUsePlain, b, last, changed), hash_context(kUsePlain, ~kind_, last, last2),
                            hash_context(kUsePlain, kind_, offset, last, ~b), hash_context(kUsePlain, kind_, b, changed, 7)});
      packet[offset] = static_cast<std::byte>(coded);
      changed = coded != b;
    }
  }

  /// One byte of all cells. Neighbours: the same laser one column before (west), the laser before (north).
  void code_cells(uint32_t number, ByteSpan source, std::span<std::byte> packet) {
    const std::vector<CellByte>& places = state_.cells[number];
    std::vector<uint8_t>& column = state_.last_column[number];
    const uint32_t was_same = state_.same_cells >> (number & 31) & 1;
    bool same = std::all_of(places.begin(), places.end(),
                            [&](const CellByte& place) { return original(source, place.offset) == before(place.offset); });
    same = model_.code_flag(
        coder_, same,
        {hash_context(kUseCells, kind_, number), hash_context(kUseCells, kind_, number, was_same), hash_context(kUseCells, was_same)});
    state_.same_cells = (state_.same_cells & ~(1u << (number & 31))) | (same ? 1u << (number & 31) : 0u);
    uint32_t north = 0, north_west = 0;
    for (const CellByte& place : places) {
      if (place.first_of_run) north = north_west = 0;
      const uint32_t west = column[place.column_place];
      uint32_t value = before(place.offset);
      if (!same) {
        const uint32_t high = place.offset + 1 < packet.size() ? u8_at(packet, place.offset + 1) : 0u;
        const uint32_t plane_fit =
            static_cast<uint32_t>(std::clamp(static_cast<int32_t>(west + north) - static_cast<int32_t>(north_west), 0, 255));
        value = model_.code_byte(coder_, original(source, place.offset),
                                 {hash_context(kUseCell, number, 0, west, north), hash_context(kUseCell, number, 1, west, high),
                                  hash_context(kUseCell, number, 2, north, high), hash_context(kUseCell, number, 3, plane_fit, high),
                                  hash_context(kUseCell, number, 4, place.column_place, high),
                                  hash_context(kUseCell, number, 5, (west + north) / 2, high != 0)});
      }
      packet[place.offset] = static_cast<std::byte>(value);
      column[place.column_place] = static_cast<uint8_t>(value);
      north_west = west;
      north = value;
    }
  }

  Coder& coder_;
  PacketModel& model_;
  const Capture& shared_;
  uint32_t kind_;
  const PacketLayout& layout_;
  KindState& state_;
  uint64_t time_cost_ = 0;
};

/// Three guesses at a record's time: steps as usual; as much later as the packet says; the packet's time and the usual lag, but not before
/// the last record (after a pause of the recorder packets come in a burst).
template <class Coder>
void RecordCoder<Coder>::code_time(CaptureRecord& record, ByteSpan packet) {
  const uint64_t units = shared_.format.nanoseconds ? 1'000'000'000 : 1'000'000;
  const bool odd = model_.code_flag(coder_, record.fraction >= units,
                                    {hash_context(kUseOddTime), hash_context(kUseOddTime, 1), hash_context(kUseOddTime, 2)});
  if (odd) {
    record.seconds = static_cast<uint32_t>(coder_.code_raw(record.seconds, 32));
    record.fraction = static_cast<uint32_t>(coder_.code_raw(record.fraction, 32));
    return;
  }
  RecordTime& time = state_.time;
  const bool has_time = layout_.columns > 0 && layout_.column_sources[0].time_offset != kNoOffset;
  int64_t packet_step = 0;
  if (has_time) {
    const uint64_t now_ns = column_time_ns(layout_, packet, 0);
    const uint64_t step_ns = now_ns < time.packet_ns ? now_ns - time.packet_ns + wrap_ns(layout_) : now_ns - time.packet_ns;
    packet_step = static_cast<int64_t>(std::min<uint64_t>(step_ns / (shared_.format.nanoseconds ? 1 : 1000), uint64_t{1} << 48));
    time.packet_ns = now_ns;
  }
  constexpr uint64_t kBurstGap = 4;
  const uint64_t by_packet = time.record + static_cast<uint64_t>(packet_step);
  const uint64_t by_lag = by_packet - static_cast<uint64_t>(time.lag - time.usual_lag);
  const std::array<uint64_t, 3> guesses = {time.record + static_cast<uint64_t>(time.step.predict()),
                                           has_time ? by_packet : model_.record_time, std::max(by_lag, model_.record_time + kBurstGap)};
  const size_t best = static_cast<size_t>(std::min_element(time.costs.begin(), time.costs.end()) - time.costs.begin());
  const int32_t ahead = static_cast<int32_t>(std::clamp<int64_t>((time.lag - time.usual_lag) / 16, -64, 64));
  const std::array<uint32_t, 4> contexts = {hash_context(kUseTime, kind_, best),
                                            hash_context(kUseTime, kind_, best, time.residuals[0], time.residuals[1]),
                                            hash_context(kUseTime, kind_, best, ~rough(ahead), time.residuals[0]),
                                            hash_context(kUseTime, kind_, best, ahead, guesses[2] > by_lag)};
  const uint64_t value = record.seconds * units + record.fraction;
  const int64_t residual = code_any_signed(coder_, model_, static_cast<int64_t>(value - guesses[best]), contexts);
  const uint64_t now = guesses[best] + static_cast<uint64_t>(residual);
  record.seconds = static_cast<uint32_t>(now / units);
  record.fraction = static_cast<uint32_t>(now % units);

  for (size_t i = 0; i < guesses.size(); ++i) add_cost(time.costs[i], static_cast<int64_t>(now - guesses[i]));
  const int64_t step = static_cast<int64_t>(now - time.record);
  time.step.learn(step);
  constexpr int64_t kLargestLag = int64_t{1} << 48;
  time.lag = std::clamp(time.lag + std::clamp(step, -kLargestLag, kLargestLag) - packet_step, -kLargestLag, kLargestLag);
  const int64_t above = time.lag - time.usual_lag;
  time.usual_lag += above < 0 ? above / 4 : above / 32;
  time.residuals = {rough(residual), time.residuals[0]};
  time.record = now;
  model_.record_time = now;
}

template <class Coder>
uint32_t code_kind(Coder& coder, PacketModel& model, uint32_t kind) {
  const auto& last = model.last_kinds;
  const uint32_t since = std::min<uint32_t>(model.records_of_kind, 24);
  kind = code_tree(kind, 6, [&](bool bit, uint32_t node) {
    return model.code_flag(coder, bit,
                           {hash_context(kUseKind, node, last[0]), hash_context(kUseKind, node, last[0], last[1], last[2]),
                            hash_context(kUseKind, node, last[0], ~since)});
  });
  model.records_of_kind = kind == last[0] ? model.records_of_kind + 1 : 0;
  model.last_kinds = {kind, last[0], last[1]};
  return kind;
}
static_assert(kMaxKinds == 64, "code_kind codes 6 bits");

}  // namespace dew
