// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/point_records.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <string_view>

#include "entropy/range_coder.h"

namespace dew {
namespace {

constexpr unsigned kMostSymbolBits = 8;

size_t channels_of(const std::vector<Group>& groups) {
  return std::accumulate(groups.begin(), groups.end(), size_t{0}, [](size_t sum, const Group& group) { return sum + group.channels; });
}

/// What other fields follow from comes first: which return it is tells how bright, where the beam pointed tells where it met something.
/// Greens tell most of the other colours.
int place_of(std::string_view name) {
  constexpr std::string_view kFirst[] = {"returns",      "flags",          "ring",       "laser",    "laser_number",
                                         "point_source", "classification", "scan_angle", "user_data"};
  constexpr std::string_view kLast[] = {"nx", "ny", "nz", "intensity", "reflectance", "green", "red", "blue", "nir"};
  for (int i = 0; i < static_cast<int>(std::size(kFirst)); ++i) {
    if (name == kFirst[i]) return i;
  }
  if (part_of_field(name) == Part::time) return 20;
  if (part_of_field(name) == Part::geometry) return 21;
  for (int i = 0; i < static_cast<int>(std::size(kLast)); ++i) {
    if (name == kLast[i]) return 22 + i;
  }
  return 60;
}

/// The integers of a channel, every `step`-th from `first` on.
struct ChannelValues {
  const std::vector<int64_t>& all;
  size_t first, step;
  int64_t at(uint64_t point) const { return all[point * step + first]; }
};
ChannelValues values_of(const Group& group, size_t channel, const std::vector<std::vector<int64_t>>& integers) {
  if (group.plans.size() > 1) return {integers[group.plans[channel]], 0, 1};
  return {integers[group.plans[0]], channel, group.channels};
}

RecordChannel channel_of(const ChannelValues& values) {
  int64_t low = values.all[values.first], high = low;
  for (size_t i = values.first; i < values.all.size(); i += values.step)
    low = std::min(low, values.all[i]), high = std::max(high, values.all[i]);
  const uint64_t range = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
  if (range >> kMostSymbolBits != 0) return {};
  return {std::max(1u, static_cast<unsigned>(std::bit_width(range))), low};
}

std::vector<RecordChannel> model_channels(const std::vector<RecordPlace>& places) {
  std::vector<RecordChannel> channels;
  for (const RecordPlace& place : places) channels.push_back(place.is);
  return channels;
}

size_t part_of(const RecordPlace& place, const std::vector<Group>& groups) { return static_cast<size_t>(groups[place.group].part); }

/// Which parts have a stream.
std::array<bool, kParts> parts_of(const std::vector<RecordPlace>& places, const std::vector<Group>& groups) {
  std::array<bool, kParts> parts{};
  for (const RecordPlace& place : places) parts[part_of(place, groups)] = true;
  return parts;
}

}  // namespace

std::vector<RecordPlace> plan_records(const std::vector<AttributePlan>& plans, const std::vector<Group>& groups,
                                      const std::vector<std::vector<int64_t>>& integers) {
  const size_t channels = channels_of(groups);
  if (channels < 2 || channels > RecordModel::kMostChannels) return {};
  for (const Group& group : groups) {
    for (const size_t plan : group.plans) {
      const auto fits = [](int64_t v) { return v >= -RecordModel::kLimit && v <= RecordModel::kLimit; };
      if (!std::all_of(integers[plan].begin(), integers[plan].end(), fits)) return {};
    }
  }
  std::vector<std::pair<int, RecordPlace>> placed;
  for (size_t g = 0; g < groups.size(); ++g) {
    for (size_t c = 0; c < groups[g].channels; ++c) {
      const size_t plan = groups[g].plans[groups[g].plans.size() > 1 ? c : 0];
      placed.push_back({place_of(plans[plan].name), {g, c, channel_of(values_of(groups[g], c, integers))}});
    }
  }
  std::stable_sort(placed.begin(), placed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<RecordPlace> places;
  for (const auto& [rank, place] : placed) places.push_back(place);
  return places;
}

void write_records(const std::vector<RecordPlace>& places, const std::vector<Group>& groups, ByteWriter& writer) {
  std::vector<size_t> first(groups.size(), 0);
  for (size_t g = 1; g < groups.size(); ++g) first[g] = first[g - 1] + groups[g - 1].channels;
  for (const RecordPlace& place : places) {
    writer.varint(first[place.group] + place.channel);
    writer.u8(static_cast<uint8_t>(place.is.symbol_bits));
    if (place.is.symbol_bits != 0) writer.signed_varint(place.is.low);
  }
}

Result<std::vector<RecordPlace>> read_records(ByteReader& reader, const std::vector<Group>& groups) {
  const auto corrupt = [&](const char* message) { return Error{Code::corrupt, reader.offset(), message}; };
  const size_t channels = channels_of(groups);
  if (channels < 2 || channels > RecordModel::kMostChannels) return corrupt("records have 2 to 64 integers a point");
  std::vector<RecordPlace> all;
  for (size_t g = 0; g < groups.size(); ++g) {
    for (size_t c = 0; c < groups[g].channels; ++c) all.push_back({g, c, {}});
  }
  std::vector<RecordPlace> places;
  std::vector<bool> seen(channels);
  for (size_t i = 0; i < channels; ++i) {
    DEW_ASSIGN(const uint64_t index, reader.varint());
    DEW_ASSIGN(const uint8_t bits, reader.u8());
    if (index >= channels || seen[index]) return corrupt("records name each integer once");
    if (bits > kMostSymbolBits) return corrupt("a record's symbols are wider than 8 bits");
    seen[index] = true;
    places.push_back(all[index]);
    places.back().is.symbol_bits = bits;
    if (bits == 0) continue;
    DEW_ASSIGN(places.back().is.low, reader.signed_varint());
    if (places.back().is.low > RecordModel::kLimit - 256 || places.back().is.low < -RecordModel::kLimit)
      return corrupt("a record's symbols are out of range");
  }
  return places;
}

void encode_records(const std::vector<RecordPlace>& places, const std::vector<Group>& groups,
                    const std::vector<std::vector<int64_t>>& integers, PointSpan span, SliceWriter& writer) {
  const uint64_t points = span.end - span.first;
  std::vector<ChannelValues> values;
  for (const RecordPlace& place : places) values.push_back(values_of(groups[place.group], place.channel, integers));
  std::array<RangeEncoder, kParts> encoders;
  RecordModel model(model_channels(places), points);
  std::vector<int64_t> point(places.size());
  for (uint64_t i = span.first; i < span.end; ++i) {
    for (size_t c = 0; c < places.size(); ++c) point[c] = values[c].at(i);
    model.code([&](size_t c) -> RangeEncoder& { return encoders[part_of(places[c], groups)]; }, point);
  }
  const std::array<bool, kParts> parts = parts_of(places, groups);
  for (size_t part = 0; part < kParts; ++part) {
    if (!parts[part]) continue;
    Bytes coded = encoders[part].finish();
    coded.resize(std::max<size_t>(coded.size(), points / kCellsPerByte));
    writer.add(static_cast<Part>(part), coded);
  }
}

Result<std::vector<std::vector<int64_t>>> decode_records(ByteReader& reader, const std::vector<RecordPlace>& places,
                                                         const std::vector<Group>& groups, PointSpan span, Budget& budget,
                                                         FrameBits* bits) {
  const uint64_t points = span.end - span.first;
  DEW_TRY(budget.take_work(points * places.size() * 512, reader.offset()));
  DEW_TRY(budget.take_memory(RecordModel::memory_bytes(places.size(), points), reader.offset()));
  const std::array<bool, kParts> parts = parts_of(places, groups);
  std::array<std::optional<ProbedDecoder>, kParts> decoders;
  for (size_t part = 0; part < kParts; ++part) {
    if (!parts[part]) continue;
    DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
    const std::span<float> cells = cells_of(bits, static_cast<Part>(part));
    decoders[part].emplace(coded, cells.empty() ? cells : cells.subspan(span.first, points));
  }
  const auto is_overrun = [&] {
    return std::any_of(decoders.begin(), decoders.end(), [](const auto& decoder) { return decoder && decoder->overrun(); });
  };
  RecordModel model(model_channels(places), points);
  std::vector<std::vector<int64_t>> of_group(groups.size());
  std::vector<int64_t> point(places.size());
  constexpr uint64_t kStep = 65536;
  for (uint64_t i = 0; i < points; ++i) {
    // Grows with what is decoded: a wrong count ends at the first look at the end of the bytes.
    if (i % kStep == 0) {
      if (is_overrun()) return Error{Code::corrupt, reader.offset(), "a field's values end too early"};
      DEW_TRY(budget.take_memory(std::min(kStep, points - i) * places.size() * sizeof(int64_t), reader.offset()));
    }
    for (auto& decoder : decoders) {
      if (decoder) probe_cell(*decoder, i);
    }
    model.code([&](size_t c) -> ProbedDecoder& { return *decoders[part_of(places[c], groups)]; }, point);
    for (size_t g = 0; g < groups.size(); ++g) of_group[g].resize(of_group[g].size() + groups[g].channels);
    for (size_t c = 0; c < places.size(); ++c)
      of_group[places[c].group][i * groups[places[c].group].channels + places[c].channel] = point[c];
  }
  if (is_overrun()) return Error{Code::corrupt, reader.offset(), "a field's values end too early"};
  return of_group;
}

}  // namespace dew
