// SPDX-License-Identifier: Apache-2.0
/// The rest of packets (sections 9.3 to 9.6 of pointcloud/FORMAT.md), written from that page alone: slow, short, no code of pointcloud/.
/// The bytes must be sound. Section numbers are those of the page.
#pragma once

#include <cstring>

#include "tests/golden/plain_cloud.h"

namespace plain {

/// 9.6
struct PacketLayout {
  uint64_t size = 0, columns = 0, lasers = 0, planes = 0, tick_um = 0, turn = 0, time_bytes = 0, time_unit_ns = 0, time_wrap = 0;
  uint64_t cell_bytes = 0, range_offset = 0, range_bits = 0, intensity_offset = 0;
  struct Run {
    uint32_t offset = 0, column = 0, plane = 0, laser = 0, lasers = 0;
  };
  struct Column {
    uint32_t azimuth = ~0u, halfway = 0, time = ~0u, added_ns = 0;
  };
  struct Field {
    uint32_t offset = 0, bytes = 0, big_endian = 0, series = 0, tag = ~0u;
  };
  struct Checksum {
    uint64_t type = 0, offset = 0, first = 0, end = 0, ipv4 = 0;
    uint64_t bytes() const { return type == 0 ? 4 : 2; }
  };
  std::vector<Run> runs;
  std::vector<Column> column;
  std::vector<Field> fields;
  std::vector<Checksum> checksums;
  bool has_cells() const { return columns > 0 && planes > 0; }
};
inline PacketLayout read_packet_layout(Input& in) {
  PacketLayout l;
  for (uint64_t* number : {&l.size, &l.columns, &l.lasers, &l.planes, &l.tick_um, &l.turn, &l.time_bytes, &l.time_unit_ns, &l.time_wrap,
                           &l.cell_bytes, &l.range_offset, &l.range_bits, &l.intensity_offset}) {
    *number = in.number();
  }
  const auto step = [&](uint32_t predicted) { return predicted + static_cast<uint32_t>(in.signed_number()); };
  l.runs.resize(in.number());
  for (PacketLayout::Run a, b; PacketLayout::Run & run : l.runs) {
    run = {step(2 * a.offset - b.offset), step(a.column), step(a.plane), step(a.laser), step(a.lasers)};
    b = a, a = run;
  }
  l.column.resize(in.number());
  for (PacketLayout::Column a, b; PacketLayout::Column & column : l.column) {
    column.azimuth = step(2 * a.azimuth - b.azimuth);
    column.halfway = static_cast<uint32_t>(in.number());
    column.time = step(2 * a.time - b.time);
    column.added_ns = step(2 * a.added_ns - b.added_ns);
    b = a, a = column;
  }
  l.fields.resize(in.number());
  for (PacketLayout::Field a, b; PacketLayout::Field & field : l.fields) {
    field.offset = step(2 * a.offset - b.offset);
    field.bytes = step(a.bytes);
    field.big_endian = static_cast<uint32_t>(in.number());
    field.series = step(a.series);
    field.tag = step(a.tag);
    b = a, a = field;
  }
  l.checksums.resize(in.number());
  for (PacketLayout::Checksum& sum : l.checksums) sum = {in.number(), in.number(), in.number(), in.number(), in.number()};
  return l;
}

inline int64_t bits_of(int64_t x) {
  int64_t bits = 0;
  for (uint64_t size = x < 0 ? 0 - static_cast<uint64_t>(x) : static_cast<uint64_t>(x); size != 0; size >>= 1) ++bits;
  return bits;
}
inline int64_t rough(int64_t x) { return x >= -4 && x <= 4 ? x : x < 0 ? -(bits_of(x) + 2) : bits_of(x) + 2; }
inline int64_t add(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); }
inline int64_t minus(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b)); }
/// The low bits, as a signed number.
inline int64_t cut(int64_t x, uint64_t bits) { return static_cast<int64_t>(static_cast<uint64_t>(x) << (64 - bits)) >> (64 - bits); }
inline void move_cost(int64_t& c, int64_t error) { c = c - c / 8 + 8 * bits_of(error); }

/// 9.5: hashed bits and their mixtures.
class Hashed {
 public:
  using Context = std::vector<int64_t>;
  static uint32_t hash(const Context& numbers) {
    uint32_t h = 0x811c9dc5u;
    for (const int64_t number : numbers) {
      h = (h ^ static_cast<uint32_t>(number)) * 0x01000193u;
      h ^= h >> 13;
    }
    return h;
  }
  bool flag(RangeReader& reader, const std::vector<Context>& contexts) { return flags.code(reader, found(contexts, 0)); }
  int64_t number(RangeReader& reader, const std::vector<Context>& contexts) {
    return residual(reader, [&](unsigned node) { return numbers[std::min<size_t>(node, 7)].code(reader, found(contexts, node)); });
  }
  /// Any signed number.
  int64_t any_number(RangeReader& reader, const std::vector<Context>& contexts) {
    const int64_t value = number(reader, contexts);
    if (value != INT64_MAX) return value;
    return reader.raw(1) != 0 ? INT64_MIN : INT64_MAX;
  }
  uint8_t byte(RangeReader& reader, const std::vector<Context>& contexts) {
    unsigned node = 1;
    while (node < 256) node = 2 * node + (bytes[node].code(reader, found(contexts, node)) ? 1 : 0);
    return static_cast<uint8_t>(node);
  }

 private:
  std::vector<Adaptive*> found(const std::vector<Context>& contexts, unsigned node) {
    std::vector<Adaptive*> bits;
    for (size_t i = 0; i < contexts.size(); ++i) {
      const uint32_t g = ((hash(contexts[i]) + static_cast<uint32_t>(i)) ^ (node * 0x9e3779b1u)) * 0x85ebca6bu;
      bits.push_back(&table[(g ^ (g >> 15)) >> 15]);
    }
    return bits;
  }
  std::vector<Adaptive> table = std::vector<Adaptive>(1 << 17);
  Mixed flags{3};
  std::vector<Mixed> numbers = std::vector<Mixed>(8, Mixed(4)), bytes = std::vector<Mixed>(256, Mixed(6));
};

struct Steps {
  int64_t usual = 0, average = 0, spread = 0, votes = 0, usual_cost = 0, average_cost = 0;
  bool any = false;
  int64_t predicted() const { return average_cost < usual_cost ? average / 16 : usual; }
  void learn(int64_t step) {
    constexpr int64_t kMost = int64_t{1} << 48;
    step = std::clamp(step, -kMost, kMost);
    move_cost(usual_cost, step - usual);
    move_cost(average_cost, step - average / 16);
    if (step == usual) {
      votes = std::min<int64_t>(votes + 1, 12);
    } else if (votes > 0) {
      --votes;
    } else {
      usual = step;
    }
    if (!any) {
      any = true;
      average = 16 * step;
      return;
    }
    const int64_t e = 16 * step - average, most = 4 * spread + 16;
    average += std::clamp(e, -most, most) / 8;
    spread += (std::min(std::abs(e), 4 * most) - spread) / 16;
  }
};

struct Record {
  uint64_t kind = 0, seconds = 0, fraction = 0, original = 0, computed = 0;
  Octets bytes;
};

/// 9.3 to 9.5: decodes records one after the other. Copied where each frame starts.
class PacketModel {
 public:
  PacketModel(std::vector<PacketLayout> of, bool nanoseconds)
      : layouts(std::move(of)), units(nanoseconds ? 1'000'000'000 : 1'000'000), kinds(layouts.size()) {
    for (size_t k = 0; k < layouts.size(); ++k) plan(layouts[k], kinds[k]);
  }
  std::vector<Record> read(Input& in) {
    const uint64_t count = in.number();
    RangeReader reader(in.sized());
    std::vector<Record> records(count);
    for (Record& record : records) read_record(reader, record);
    return records;
  }
  /// Plain bytes of kind 0, as layouts are coded.
  Octets plain_bytes(RangeReader& reader, uint64_t size) {
    Octets bytes(size);
    std::vector<uint64_t> all(size);
    for (uint64_t i = 0; i < size; ++i) all[i] = i;
    plain(reader, 0, all, bytes);
    return bytes;
  }

 private:
  struct Place {
    uint64_t offset, laser;
    bool first;
  };
  struct Series {
    int64_t last = 0, r[3] = {0, 0, 0};
    void push(int64_t residual) { r[2] = r[1], r[1] = r[0], r[0] = rough(residual); }
  };
  struct Kind {
    std::vector<uint64_t> plain;
    std::vector<std::vector<Place>> cells;
    std::vector<std::vector<uint8_t>> west;
    std::map<uint64_t, Series> series;
    std::vector<Steps> steps;
    std::vector<int64_t> q;
    Octets before;
    Series size, original;
    uint64_t computed = 0;
    std::map<size_t, bool> same_cells, same_chunk;
    int64_t last_time = 0, packet_ns = 0, lag = 0, usual_lag = 0, cost[3] = {0, 0, 0}, time_r[2] = {0, 0};
    Steps time_steps;
  };

  static void plan(const PacketLayout& layout, Kind& kind) {
    std::vector<bool> taken(layout.size, false);
    const auto take = [&](uint64_t offset, uint64_t count) {
      for (uint64_t i = 0; i < count; ++i) taken[offset + i] = true;
    };
    for (const auto& field : layout.fields) take(field.offset, field.bytes);
    for (const auto& sum : layout.checksums) take(sum.offset, sum.bytes());
    for (uint64_t k = layout.cell_bytes; k-- > 0;) {
      if ((k >= layout.range_offset && k < layout.range_offset + layout.range_bits / 8) || k == layout.intensity_offset) continue;
      std::vector<Place> places;
      for (const auto& run : layout.runs) {
        for (uint64_t i = 0; i < run.lasers; ++i) {
          const uint64_t offset = run.offset + i * layout.cell_bytes + k;
          if (!taken[offset]) places.push_back({offset, run.plane * layout.lasers + run.laser + i, i == 0});
        }
      }
      for (const Place& place : places) taken[place.offset] = true;
      kind.cells.push_back(places);
      kind.west.emplace_back(layout.planes * layout.lasers, uint8_t{0});
    }
    for (const auto& run : layout.runs) take(run.offset, run.lasers * layout.cell_bytes);
    for (uint64_t i = 0; i < layout.size; ++i) {
      if (!taken[i]) kind.plain.push_back(i);
    }
    kind.steps.resize(layout.fields.size());
    kind.q.resize(layout.fields.size());
  }

  int64_t steady(RangeReader& reader, Series& series, int64_t use, int64_t k) {
    const int64_t step =
        model.any_number(reader, {{use, k}, {use, k, series.r[0]}, {use, k, series.r[0], series.r[1]}, {use, k, series.last}});
    series.last = add(series.last, step);
    series.push(step);
    return series.last;
  }

  void read_record(RangeReader& reader, Record& record) {
    int64_t node = 1;
    while (node < 64) {
      const int64_t since = std::min<int64_t>(same_kind, 24);
      node =
          2 * node + (model.flag(reader, {{0, node, last[0]}, {0, node, last[0], last[1], last[2]}, {0, node, last[0], ~since}}) ? 1 : 0);
    }
    const int64_t kind = node - 64;
    same_kind = kind == last[0] ? same_kind + 1 : 0;
    last[2] = last[1], last[1] = last[0], last[0] = kind;
    record.kind = static_cast<uint64_t>(kind);
    Kind& state = kinds.at(record.kind);
    const PacketLayout& layout = layouts[record.kind];
    if (kind == 0) {
      record.bytes = plain_bytes(reader, static_cast<uint64_t>(steady(reader, state.size, 1, 0)));
    } else {
      record.bytes.resize(layout.size);
    }
    record.original = (record.bytes.size() + static_cast<uint64_t>(steady(reader, state.original, 2, kind))) & 0xffffffff;
    checksums(reader, kind, record);
    for (size_t f = 0; f < layout.fields.size(); ++f) field(reader, kind, f, record.bytes);
    plain(reader, kind, state.plain, record.bytes);
    for (size_t n = 0; n < state.cells.size(); ++n) cells(reader, n, state, record.bytes, kind);
    state.before = record.bytes;
    time(reader, kind, record);
  }

  void checksums(RangeReader& reader, int64_t kind, Record& record) {
    Kind& state = kinds[record.kind];
    const PacketLayout& layout = layouts[record.kind];
    for (size_t i = 0; i < layout.checksums.size(); ++i) {
      const int64_t n = static_cast<int64_t>(i), w = state.computed >> i & 1;
      if (model.flag(reader, {{3, kind, n}, {3, kind, n, w}, {3, n}})) {
        record.computed |= uint64_t{1} << i;
        continue;
      }
      std::vector<uint64_t> offsets;
      for (uint64_t b = 0; b < layout.checksums[i].bytes(); ++b) offsets.push_back(layout.checksums[i].offset + b);
      plain(reader, kind, offsets, record.bytes);
    }
    state.computed = record.computed;
  }

  uint8_t before(const Kind& state, uint64_t offset) const { return offset < state.before.size() ? state.before[offset] : uint8_t{0}; }

  void field(RangeReader& reader, int64_t kind, size_t number, Octets& bytes) {
    Kind& state = kinds[static_cast<size_t>(kind)];
    const PacketLayout::Field& field = layouts[static_cast<size_t>(kind)].fields[number];
    const int64_t f = static_cast<int64_t>(number);
    if (field.tag != ~0u) {
      int64_t c = 0;
      const int64_t t = bytes[field.tag];
      for (uint32_t i = 0; i < field.bytes; ++i) {
        const int64_t P = 8 * f + i, b = before(state, field.offset + i);
        c = model.byte(reader, {{5, kind, P, t}, {5, kind, P, t, c}, {5, kind, P}, {5, kind, P, b}, {5, kind, P, t, b}, {5, c}});
        bytes[field.offset + i] = static_cast<uint8_t>(c);
      }
      return;
    }
    Series& s = state.series[field.series];
    const int64_t predicted = add(s.last, state.steps[number].predicted());
    const int64_t error = model.any_number(reader, {{4, kind, f},
                                                    {4, kind, f, s.r[0]},
                                                    {4, kind, f, s.r[0], s.r[1]},
                                                    {4, kind, ~int64_t{field.series}, s.r[0], s.r[1], s.r[2], state.q[number]}});
    const uint64_t width = 8 * field.bytes, value = static_cast<uint64_t>(add(predicted, error)) & (~uint64_t{0} >> (64 - width));
    for (uint32_t i = 0; i < field.bytes; ++i) {
      bytes[field.offset + i] = static_cast<uint8_t>(value >> (8 * (field.big_endian != 0 ? field.bytes - 1 - i : i)));
    }
    state.steps[number].learn(cut(minus(static_cast<int64_t>(value), s.last), width));
    state.q[number] = rough(error);
    s.last = static_cast<int64_t>(value);
    s.push(error);
  }

  void plain(RangeReader& reader, int64_t kind, const std::vector<uint64_t>& offsets, Octets& bytes) {
    Kind& state = kinds[static_cast<size_t>(kind)];
    for (size_t begin = 0; begin < offsets.size(); begin += 32) {
      const int64_t o = static_cast<int64_t>(offsets[begin]);
      bool& kept = state.same_chunk[offsets[begin] / 2];
      const int64_t w = kept;
      kept = model.flag(reader, {{6, kind, o}, {6, kind, w}, {6, kind, o, w}});
      int64_t c = 0;
      for (size_t i = begin; i < std::min(begin + 32, offsets.size()); ++i) {
        const uint64_t at = offsets[i];
        const int64_t here = static_cast<int64_t>(at), b = before(state, at), l = at > 0 ? bytes[at - 1] : 0,
                      m = at > 1 ? bytes[at - 2] : 0;
        bytes[at] = static_cast<uint8_t>(b);
        if (kept) continue;
        bytes[at] = model.byte(
            reader, {{7, kind, here, b}, {7, kind, here}, {7, b, l, c}, {7, ~kind, l, m}, {7, kind, here, l, ~b}, {7, kind, b, c, 7}});
        c = bytes[at] != b;
      }
    }
  }

  void cells(RangeReader& reader, size_t number, Kind& state, Octets& bytes, int64_t kind) {
    const int64_t n = static_cast<int64_t>(number), w = state.same_cells[number % 32];
    const bool same = model.flag(reader, {{8, kind, n}, {8, kind, n, w}, {8, w}});
    state.same_cells[number % 32] = same;
    int64_t N = 0, NW = 0;
    for (const Place& place : state.cells[number]) {
      if (place.first) N = NW = 0;
      const int64_t W = state.west[number][place.laser], i = static_cast<int64_t>(place.laser);
      int64_t value = before(state, place.offset);
      if (!same) {
        const int64_t H = place.offset + 1 < bytes.size() ? bytes[place.offset + 1] : 0, P = std::clamp<int64_t>(W + N - NW, 0, 255);
        value = model.byte(
            reader, {{9, n, 0, W, N}, {9, n, 1, W, H}, {9, n, 2, N, H}, {9, n, 3, P, H}, {9, n, 4, i, H}, {9, n, 5, (W + N) / 2, H > 0}});
      }
      bytes[place.offset] = state.west[number][place.laser] = static_cast<uint8_t>(value);
      NW = W;
      N = value;
    }
  }

  /// Nanoseconds of the first column; none without a time.
  static std::optional<int64_t> packet_time(const PacketLayout& layout, const Octets& bytes) {
    if (layout.column.empty() || layout.column[0].time == ~0u) return std::nullopt;
    uint64_t stamp = 0;
    for (uint64_t i = 0; i < layout.time_bytes; ++i) stamp |= uint64_t{bytes[layout.column[0].time + i]} << (8 * i);
    return static_cast<int64_t>(stamp * layout.time_unit_ns + layout.column[0].added_ns);
  }

  void time(RangeReader& reader, int64_t kind, Record& record) {
    if (model.flag(reader, {{11}, {11, 1}, {11, 2}})) {
      record.seconds = reader.raw(32);
      record.fraction = reader.raw(32);
      return;
    }
    Kind& s = kinds[record.kind];
    const PacketLayout& layout = layouts[record.kind];
    const std::optional<int64_t> now_ns = packet_time(layout, record.bytes);
    int64_t g = 0;
    if (now_ns) {
      const uint64_t fell =
          static_cast<uint64_t>(*now_ns) < static_cast<uint64_t>(s.packet_ns) ? layout.time_wrap * layout.time_unit_ns : 0;
      const uint64_t step_ns = static_cast<uint64_t>(minus(*now_ns, s.packet_ns)) + fell;
      g = static_cast<int64_t>(std::min(step_ns / (units == 1'000'000 ? 1000 : 1), uint64_t{1} << 48));
      s.packet_ns = *now_ns;
    }
    const int64_t by_packet = add(s.last_time, g), by_lag = minus(by_packet, s.lag - s.usual_lag), burst = add(record_time, 4);
    const bool later = static_cast<uint64_t>(burst) > static_cast<uint64_t>(by_lag);
    const int64_t guess[3] = {add(s.last_time, s.time_steps.predicted()), now_ns ? by_packet : record_time, later ? burst : by_lag};
    const int64_t j = std::min_element(s.cost, s.cost + 3) - s.cost, a = std::clamp<int64_t>((s.lag - s.usual_lag) / 16, -64, 64);
    const int64_t error = model.any_number(
        reader, {{10, kind, j}, {10, kind, j, s.time_r[0], s.time_r[1]}, {10, kind, j, ~rough(a), s.time_r[0]}, {10, kind, j, a, later}});
    const int64_t t = add(guess[j], error);
    record.seconds = static_cast<uint64_t>(t) / units & 0xffffffff;
    record.fraction = static_cast<uint64_t>(t) % units;
    for (int i = 0; i < 3; ++i) move_cost(s.cost[i], minus(t, guess[i]));
    constexpr int64_t kMost = int64_t{1} << 48;
    const int64_t step = minus(t, s.last_time);
    s.time_steps.learn(step);
    s.lag = std::clamp(s.lag + std::clamp(step, -kMost, kMost) - g, -kMost, kMost);
    const int64_t d = s.lag - s.usual_lag;
    s.usual_lag += d < 0 ? d / 4 : d / 32;
    s.time_r[1] = s.time_r[0], s.time_r[0] = rough(error);
    s.last_time = record_time = t;
  }

  std::vector<PacketLayout> layouts;
  uint64_t units;
  std::vector<Kind> kinds;
  Hashed model;
  int64_t last[3] = {0, 0, 0}, same_kind = 0, record_time = 0;
};

}  // namespace plain
