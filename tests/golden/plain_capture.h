// SPDX-License-Identifier: Apache-2.0
/// A second decoder of captures, kind 2 (section 9 of pointcloud/FORMAT.md), written from that page alone: slow, short, no code of
/// pointcloud/. The bytes must be sound. Section numbers are those of the page.
///
///   const plain::Octets pcap = plain::read_capture(file);      // the pcap file
#pragma once

#include <functional>

#include "tests/golden/plain_container.h"
#include "tests/golden/plain_packets.h"

namespace plain {

/// 9.7: the further return of cells [column][laser].
inline ScanCells read_further(const Octets& coded, const ScanCells& first, size_t columns, size_t lasers) {
  struct Cell {
    int64_t f = 0, g = 0, r = 0, i = 0;
    bool same() const { return f == r && g == i; }
  };
  RangeReader reader(coded);
  Hashed model;
  ScanCells cells{std::vector<int64_t>(first.range.size()), std::vector<int64_t>(first.range.size())};
  const auto at = [&](int64_t column, int64_t laser) -> Cell {
    if (column < 0 || laser < 0 || laser >= static_cast<int64_t>(lasers)) return {};
    const size_t k = static_cast<size_t>(column) * lasers + static_cast<size_t>(laser);
    return {first.range[k], first.intensity[k], cells.range[k], cells.intensity[k]};
  };
  const auto S = [](int64_t x, int64_t y) { return x == 0 && y == 0 ? 0 : x == 0 || y == 0 ? 20 : rough((y - x) / 4); };
  int64_t p = 0, q = 0;
  for (size_t k = 0; k < first.range.size(); ++k) {
    const int64_t column = static_cast<int64_t>(k / lasers), laser = static_cast<int64_t>(k % lasers), f = first.range[k],
                  g = first.intensity[k];
    const Cell W = at(column - 1, laser), N = at(column, laser - 1), NW = at(column - 1, laser - 1), SW = at(column - 1, laser + 1);
    const int64_t n = W.same() + 2 * N.same() + 4 * NW.same() + 8 * SW.same();
    const int64_t east = k + lasers < columns * lasers ? first.range[k + lasers] : 0;
    cells.range[k] = f;
    cells.intensity[k] = g;
    if (model.flag(reader, {{100, n, f == 0, std::min<int64_t>(g, 15)},
                            {100, n, S(W.f, f), S(N.f, f), f == 0},
                            {100, W.same(), S(W.r, f), S(f, east), g / 8}}))
      continue;
    const bool from_west = !W.same() || (N.same() && W.r != 0);
    const Cell near = from_west ? W : N, other = from_west ? N : W;
    const int64_t s = from_west + 2 * near.same();
    if (!model.flag(reader, {{101}, {101, s}, {101, f == 0}})) {
      const int64_t a = near.r != 0 && other.r != 0 ? rough((other.r - near.r) / 2) : 99;
      const int64_t step = model.number(reader, {{103, s}, {103, s, rough((near.r - f) / 8)}, {103, s, p}, {103, ~a, s}});
      cells.range[k] = add(near.r, step) & 0xffffffff;
      p = rough(step);
    }
    const bool b = std::abs(p) > 4;
    const int64_t step = model.number(reader, {{104, s, b}, {104, s, near.i / 4, b}, {104, s, near.i / 8, g / 8}, {104, q, b}});
    cells.intensity[k] = add(near.i, step) & 0xff;
    q = rough(step);
  }
  return cells;
}

/// 9.4: checksums of a record whose other bytes are there.
inline void store_checksum(const PacketLayout::Checksum& sum, Octets& bytes) {
  if (sum.type == 0) {
    uint32_t crc = 0xffffffff;
    for (uint64_t i = sum.first; i < sum.end; ++i) {
      crc ^= uint32_t{bytes[i]} << 24;
      for (int bit = 0; bit < 8; ++bit) crc = (crc >> 31) != 0 ? crc << 1 ^ 0x04c11db7u : crc << 1;
    }
    for (unsigned k = 0; k < 4; ++k) bytes[sum.offset + k] = static_cast<uint8_t>(crc >> (8 * k));
    return;
  }
  uint32_t total = 0;
  const auto add_words = [&](uint64_t first, uint64_t end, uint64_t without) {
    for (uint64_t i = first; i < end; i += 2) {
      if (i != without) total += uint32_t{bytes[i]} << 8 | (i + 1 < end ? bytes[i + 1] : 0u);
    }
  };
  add_words(sum.first, sum.end, sum.first + (sum.type == 1 ? 10 : 6));
  if (sum.type == 2) {
    add_words(sum.ipv4 + 12, sum.ipv4 + 20, ~uint64_t{0});
    total += 17 + static_cast<uint32_t>(sum.end - sum.first);
  }
  while ((total >> 16) != 0) total = (total & 0xffff) + (total >> 16);
  uint32_t result = ~total & 0xffff;
  if (sum.type == 2 && result == 0) result = 0xffff;
  bytes[sum.offset] = static_cast<uint8_t>(result >> 8);
  bytes[sum.offset + 1] = static_cast<uint8_t>(result);
}

/// 9.1 and 9.4: ranges and intensities of one packet's columns back into it.
inline void put_cells(const PacketLayout& layout, const std::vector<ScanCells>& planes, uint64_t first_column, Octets& bytes) {
  for (const PacketLayout::Run& run : layout.runs) {
    for (uint64_t i = 0; i < run.lasers; ++i) {
      const size_t cell = static_cast<size_t>((first_column + run.column) * layout.lasers + run.laser + i);
      uint8_t* at = bytes.data() + run.offset + i * layout.cell_bytes;
      for (uint64_t k = 0; 8 * k < layout.range_bits; ++k)
        at[layout.range_offset + k] |= static_cast<uint8_t>(planes[run.plane].range[cell] >> (8 * k));
      at[layout.intensity_offset] = static_cast<uint8_t>(planes[run.plane].intensity[cell]);
    }
  }
}

struct KindRows {
  bool present = false;
  uint64_t base = 0, reference = 1;
  ScanRows rows;
};

/// 9.1: the planes of one kind in one frame.
inline std::vector<ScanCells> read_planes(Input& in, const PacketLayout& layout, const KindRows& kind, uint64_t columns,
                                          const Octets& network) {
  std::vector<ScanCells> planes(layout.planes);
  ScanRows rows = kind.rows;
  for (int64_t& shift : rows.shift) {
    const int64_t n = static_cast<int64_t>(kind.reference), mod = static_cast<int64_t>(columns);
    shift = (((shift > n / 2 ? shift - n : shift) % mod) + mod) % mod;
  }
  Input head(in.sized());
  std::vector<Octets> slices(in.number());
  for (Octets& slice : slices) slice = in.sized();
  planes[kind.base] = read_scan_cells(head, slices, network, rows, columns, layout.range_bits > 16 ? 4 : 2);
  for (uint64_t i = 0; i < layout.planes; ++i) {
    if (i != kind.base) planes[i] = read_further(in.sized(), planes[kind.base], columns, layout.lasers);
  }
  return planes;
}

/// The pcap file. `find_network` as for read_frame.
inline Octets read_capture(const Octets& file, const std::function<Octets(const Octets&)>& find_network = {}) {
  const Container container = read_container(file).value();
  Octets network, out;
  std::vector<Octets> frames;
  const Chunk* first = nullptr;
  for (const Chunk& chunk : container.chunks) {
    if (chunk.type == 4) network = chunk.payload;
    if (chunk.type == 18) first = &chunk;
    if (chunk.type == 19) frames.push_back(chunk.payload);
  }
  Input in(first->payload);
  in.number();  // mode
  in.number();  // effort
  in.f64();     // largest error
  for (int i = 0; i < 5; ++i) in.number();
  if (in.fixed(1) != 0) {
    const Octets id = in.take(16);
    if (network.empty()) network = find_network(id);
  }
  // 9.3
  Input rest(in.sized());
  out = rest.take(24);
  const bool little = out[0] == 0xd4 || out[0] == 0x4d, nanoseconds = out[0] == 0x4d || out[3] == 0x4d;
  const Octets trailer = rest.sized();
  const uint64_t layouts_size = rest.number();
  RangeReader layouts_reader(rest.sized());
  Input layout_bytes(PacketModel({PacketLayout{}}, nanoseconds).plain_bytes(layouts_reader, layouts_size));
  std::vector<PacketLayout> layouts(1 + layout_bytes.number());
  for (size_t k = 1; k < layouts.size(); ++k) layouts[k] = read_packet_layout(layout_bytes);
  PacketModel start(layouts, nanoseconds);
  start.read(rest);
  std::vector<KindRows> kinds(layouts.size());
  for (size_t k = 1; k < layouts.size(); ++k) {
    if (!layouts[k].has_cells() || in.fixed(1) == 0) continue;
    kinds[k].present = true;
    kinds[k].base = in.number();
    kinds[k].reference = in.number();
    kinds[k].rows = read_scan_rows(in, layouts[k].lasers);
  }

  const auto word = [&](uint64_t value) {
    for (unsigned k = 0; k < 4; ++k) out.push_back(static_cast<uint8_t>(value >> (8 * (little ? k : 3 - k))));
  };
  for (const Octets& payload : frames) {
    Input frame(payload);
    Input coded(frame.sized());
    PacketModel model = start;
    std::vector<Record> records = model.read(coded);
    for (size_t k = 1; k < layouts.size(); ++k) {
      const uint64_t packets =
          static_cast<uint64_t>(std::count_if(records.begin(), records.end(), [&](const Record& record) { return record.kind == k; }));
      if (!layouts[k].has_cells() || packets == 0) continue;
      const std::vector<ScanCells> planes = read_planes(frame, layouts[k], kinds[k], packets * layouts[k].columns, network);
      uint64_t column = 0;
      for (Record& record : records) {
        if (record.kind != k) continue;
        put_cells(layouts[k], planes, column, record.bytes);
        column += layouts[k].columns;
      }
    }
    for (Record& record : records) {
      const std::vector<PacketLayout::Checksum>& sums = layouts[record.kind].checksums;
      for (size_t i = 0; i < sums.size(); ++i) {
        if ((record.computed >> i & 1) != 0) store_checksum(sums[i], record.bytes);
      }
      word(record.seconds);
      word(record.fraction);
      word(record.bytes.size());
      word(record.original);
      out.insert(out.end(), record.bytes.begin(), record.bytes.end());
    }
  }
  out.insert(out.end(), trailer.begin(), trailer.end());
  return out;
}

}  // namespace plain
