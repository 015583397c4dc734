// SPDX-License-Identifier: Apache-2.0
/// A second decoder of captures, kind 2 (section 9 of pointcloud/FORMAT.md), written from that page alone: slow, short, no code of
/// pointcloud/. The bytes must be sound. Section numbers are those of the page.
///
///   const plain::Octets pcap = plain::read_capture(file);      // the pcap file
#pragma once

#include <array>
#include <functional>

#include "tests/golden/plain_chain.h"
#include "tests/golden/plain_container.h"
#include "tests/golden/plain_packets.h"

namespace plain {

/// 9.7: the further return of cells [column][laser].
class FurtherReturn {
 public:
  FurtherReturn(const Octets& coded, const ScanCells& first_cells, size_t columns, size_t lasers, uint64_t tick_um)
      : reader(coded),
        first(first_cells),
        cells{std::vector<int64_t>(first.range.size()), std::vector<int64_t>(first.range.size())},
        column_count(static_cast<int64_t>(columns)),
        laser_count(static_cast<int64_t>(lasers)),
        gap(std::max<int64_t>(1, 300000 / std::max<int64_t>(1, static_cast<int64_t>(tick_um)))),
        last_range_error(lasers, 9),
        last_intensity_error(lasers, 9) {}
  ScanCells read() {
    for (int64_t column = 0; column < column_count; ++column) {
      for (int64_t laser = 0; laser < laser_count; ++laser) read_cell(column, laser);
    }
    return cells;
  }

 private:
  struct Cell {
    int64_t f = 0, g = 0, r = 0, i = 0;
    bool same() const { return f == r && g == i; }
  };
  Cell at(int64_t column, int64_t laser, bool known) const {
    if (column < 0 || column >= column_count || laser < 0 || laser >= laser_count) return {};
    const size_t k = static_cast<size_t>(column * laser_count + laser);
    const ScanCells& further = known ? cells : first;
    return {first.range[k], first.intensity[k], further.range[k], further.intensity[k]};
  }
  Cell beside(int64_t column, int64_t laser, int64_t step) const {
    const Cell next = at(column + step, laser, step < 0);
    return next.f != 0 ? next : at(column + 2 * step, laser, step < 0);
  }
  static int64_t step(int64_t x, int64_t y) { return x == 0 && y == 0 ? 0 : x == 0 || y == 0 ? 20 : rough((y - x) / 4); }

  void read_cell(int64_t column, int64_t laser) {
    const size_t k = static_cast<size_t>(column * laser_count + laser), row = static_cast<size_t>(laser);
    const int64_t f = first.range[k], g = first.intensity[k];
    const Cell W = beside(column, laser, -1), N = at(column, laser - 1, true), E = beside(column, laser, 1),
               S = at(column, laser + 1, false);
    const Cell NW = beside(column, laser - 1, -1), SW = beside(column, laser + 1, -1), NE = beside(column, laser - 1, 1),
               SE = beside(column, laser + 1, 1);
    const std::array<Cell, 8> around = {W, N, E, S, NW, SW, NE, SE};
    const int64_t n = W.same() + 2 * N.same() + 4 * NW.same() + 8 * SW.same();
    int64_t b = 0, c = 0;
    for (const Cell& cell : around) {
      b += cell.f > 0 && std::max(cell.f, cell.r) - f > gap;
      c += cell.f > 0 && f - std::min(cell.f, cell.r) > gap;
    }
    cells.range[k] = f;
    cells.intensity[k] = g;
    if (model.flag(reader, {{100, n, b, std::min<int64_t>(c, 4)},
                            {100, n, f == 0, std::min<int64_t>(g, 15)},
                            {100, W.same(), N.same(), step(f, E.f), step(W.f, f)}}))
      return;

    int64_t v = last.r, w = last.i, s = 2, m = 0;
    const auto guess = [&](bool any_side) {
      for (size_t i = 0; i < around.size() && m == 0; ++i) {
        const auto is_beside = [&](int64_t x) {
          return x > 0 && ((x - f > gap && (any_side || farther)) || (f - x > gap && (any_side || !farther)));
        };
        if (is_beside(around[i].r)) {
          v = around[i].r, w = around[i].i, m = 1;
        } else if (is_beside(around[i].f)) {
          v = around[i].f, w = around[i].g, m = 1;
        }
        if (m == 1) s = std::min<int64_t>(static_cast<int64_t>(i), 2);
      }
    };
    guess(false);
    if (m == 0) guess(true);
    if (m == 1 && s == 0 && E.r > 0 && std::abs(E.r - v) <= 24) v = (v + E.r + 1) / 2, w = (w + E.i + 1) / 2, m = 2;

    int64_t& p = last_range_error[row];
    const int64_t range_error = model.number(reader, {{101, s, m}, {101, p, s}, {101, rough((v - f) / 64), s}, {101, m, rough(v / 64)}});
    cells.range[k] = add(v, range_error) & 0xffffffff;
    p = rough(range_error);
    const int64_t miss = std::clamp<int64_t>(std::abs(p) - 3, 0, 3), q = last_error, own = last_intensity_error[row];
    const int64_t intensity_error = model.number(reader, {{102, m, miss},
                                                          {102, w / 4, miss},
                                                          {102, w / 8, std::min<int64_t>(g, 15)},
                                                          {102, std::min<int64_t>(6, std::abs(q)), std::min<int64_t>(6, std::abs(own))}});
    cells.intensity[k] = add(w, intensity_error) & 0xff;
    last_error = last_intensity_error[row] = rough(intensity_error);
    last = {f, g, cells.range[k], cells.intensity[k]};
    if (cells.range[k] != f) farther = cells.range[k] > f;
  }

  RangeReader reader;
  Hashed model;
  const ScanCells& first;
  ScanCells cells;
  int64_t column_count, laser_count, gap;
  std::vector<int64_t> last_range_error, last_intensity_error;
  int64_t last_error = 0;
  bool farther = true;
  Cell last;
};

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
  uint64_t base = 0;
  ScanRows rows;
  Chain chain;
};

/// 9.6: the encoder angle of each column of the records of one kind.
inline std::vector<int64_t> column_azimuths(const PacketLayout& layout, const std::vector<Record>& records, uint64_t kind) {
  std::vector<int64_t> azimuth;
  for (const Record& record : records) {
    if (record.kind != kind) continue;
    for (const PacketLayout::Column& column : layout.column)
      azimuth.push_back(column.azimuth == ~0u ? 0 : record.bytes[column.azimuth] | record.bytes[column.azimuth + 1] << 8);
  }
  const auto turn = static_cast<int64_t>(layout.turn);
  int64_t half = 0;
  for (size_t c = 0; c < azimuth.size(); ++c) {
    if (layout.column[c % layout.columns].halfway == 0) continue;
    if (c + 1 < azimuth.size()) half = (azimuth[c + 1] + turn - azimuth[c] % turn) % turn / 2;
    azimuth[c] = (azimuth[c] + half) % turn & 0xffff;
  }
  return azimuth;
}

/// 9.1: the planes of one kind in one frame.
inline std::vector<ScanCells> read_planes(Input& in, const PacketLayout& layout, KindRows& kind, bool refers,
                                          const std::vector<int64_t>& azimuth, const std::array<Octets, 2>& networks) {
  const size_t columns = azimuth.size();
  std::vector<ScanCells> planes(layout.planes);
  Input head(in.sized());
  std::vector<Octets> slices(in.number());
  for (Octets& slice : slices) slice = in.sized();
  Grid grid = read_grid_head(head);
  grid.elevation = kind.rows.elevation;
  const Angles angles = scan_angles(kind.rows, static_cast<int64_t>(layout.turn), azimuth);
  decode_scan_slices(slices, grid, kind.chain.reference(refers, angles, grid), networks);
  kind.chain.end(refers, picture_of(grid, angles));
  planes[kind.base] = scan_cells_of(grid, kind.rows, columns, layout.range_bits > 16 ? 4 : 2);
  for (uint64_t i = 0; i < layout.planes; ++i) {
    if (i != kind.base) planes[i] = FurtherReturn(in.sized(), planes[kind.base], columns, layout.lasers, layout.tick_um).read();
  }
  return planes;
}

/// The pcap file. `find_network` as for read_frame.
inline Octets read_capture(const Octets& file, const std::function<Octets(const Octets&)>& find_network = {}) {
  const Container container = read_container(file).value();
  Octets out;
  std::vector<Octets> frames, embedded;
  const Chunk* first = nullptr;
  for (const Chunk& chunk : container.chunks) {
    if (chunk.type == 4) embedded.push_back(chunk.payload);
    if (chunk.type == 18) first = &chunk;
    if (chunk.type == 19) frames.push_back(chunk.payload);
  }
  Input in(first->payload);
  in.number();  // mode
  in.number();  // effort
  in.f64();     // largest error
  for (int i = 0; i < 5; ++i) in.number();
  const uint64_t naming = in.fixed(1);
  const bool may_refer = (naming & 4) != 0;
  std::array<Octets, 2> networks;
  for (size_t i = 0; i < (naming & 3); ++i) {
    const Octets id = in.take(16);
    networks[i] = i < embedded.size() ? embedded[i] : find_network(id);
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
    kinds[k].rows = read_scan_rows(in, layouts[k].lasers);
  }

  const auto word = [&](uint64_t value) {
    for (unsigned k = 0; k < 4; ++k) out.push_back(static_cast<uint8_t>(value >> (8 * (little ? k : 3 - k))));
  };
  PacketModel model = start;
  for (const Octets& payload : frames) {
    Input frame(payload);
    const bool refers = may_refer && frame.fixed(1) != 0;
    if (!refers) model = start;
    Input coded(frame.sized());
    std::vector<Record> records = model.read(coded);
    for (size_t k = 1; k < layouts.size(); ++k) {
      if (!layouts[k].has_cells()) continue;
      const std::vector<int64_t> azimuth = column_azimuths(layouts[k], records, k);
      if (azimuth.empty()) {
        kinds[k].chain.break_off();
        continue;
      }
      const std::vector<ScanCells> planes = read_planes(frame, layouts[k], kinds[k], refers, azimuth, networks);
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
