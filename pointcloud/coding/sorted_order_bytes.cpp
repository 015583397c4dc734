// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "pointcloud/coding/attributes.h"
#include "pointcloud/coding/frame.h"
#include "pointcloud/coding/point_lists.h"
#include "pointcloud/coding/sorted_order.h"

namespace dew {

namespace {

/// Places of the loose points in the order of firing, in which their shots tell of each other.
std::vector<size_t> loose_by_firing(const SortedOrder& order) {
  std::vector<size_t> places(order.loose.size());
  std::iota(places.begin(), places.end(), size_t{0});
  const int64_t* shots = order.loose_shots.data();
  std::stable_sort(places.begin(), places.end(), [&](size_t a, size_t b) {
    return std::pair(shots[3 * a], shots[3 * a + 1]) < std::pair(shots[3 * b], shots[3 * b + 1]);
  });
  return places;
}

}  // namespace

void write_sorted_order(const SortedOrder& order, const CoordinateRounding& rounding, ByteWriter& writer) {
  writer.varint(order.points);
  writer.varint(order.loose.size());
  const std::vector<size_t> places = loose_by_firing(order);
  std::vector<int64_t> shots;
  const bool moved = rounding.kind == RoundingKind::offsets;
  for (const size_t i : places) {
    shots.insert(shots.end(), &order.loose_shots[3 * i], &order.loose_shots[3 * i] + 3);
    if (moved) shots.insert(shots.end(), &order.loose_moved[3 * i], &order.loose_moved[3 * i] + 3);
  }
  writer.sized_bytes(encode_sequence(shots, moved ? 6 : 3));
  for (const size_t i : places) {
    if (order.loose_shots[3 * i + 2] != 0) continue;
    for (const float axis : order.loose[i].position) writer.f32(axis);
  }
  writer.u8(static_cast<uint8_t>((order.columns_fall ? 1 : 0) | (order.rows_fall ? 2 : 0)));
  writer.varint(static_cast<uint64_t>(order.first_column));
  writer.sized_bytes(encode_sequence(order.row_shift, 1));
  for (const auto& [numbers, channels] : {std::pair{&order.packet_columns, 1}, {&order.late, 2}, {&order.moved, 2}}) {
    writer.varint(numbers->size() / static_cast<size_t>(channels));
    writer.sized_bytes(encode_sequence(*numbers, static_cast<size_t>(channels)));
  }
}

Result<SortedOrder> read_sorted_order(ByteReader& reader, const CoordinateRounding& rounding, uint32_t rows, uint32_t columns,
                                      uint64_t coded_bytes, Budget& budget) {
  const auto corrupt = [&](const char* message) { return Error{Code::corrupt, reader.offset(), message}; };
  SortedOrder order;
  DEW_ASSIGN(order.points, reader.varint());
  if (order.points > max_cells(coded_bytes) || order.points > 0xFFFFFFF0) return corrupt("more points than the file's bytes can hold");
  DEW_TRY(budget.take_elements(order.points, reader.offset()));
  DEW_TRY(budget.take_memory(order.points * 64, reader.offset()));
  DEW_TRY(budget.take_work(order.points * 128, reader.offset()));
  DEW_ASSIGN(const uint64_t loose, reader.varint());
  if (loose > order.points || order.points - loose > uint64_t{rows} * columns) return corrupt("more points than cells");
  DEW_ASSIGN(const ByteSpan coded_shots, reader.sized_bytes());
  const size_t of_each = rounding.kind == RoundingKind::offsets ? 6 : 3;
  DEW_ASSIGN(const std::vector<int64_t> shots, decode_sequence(coded_shots, loose, of_each, budget, reader.offset()));
  for (size_t i = 0; i < shots.size(); i += of_each) {
    const int64_t step = shots[i], row = shots[i + 1], range = shots[i + 2];
    order.loose_shots.insert(order.loose_shots.end(), &shots[i], &shots[i] + 3);
    order.loose_moved.insert(order.loose_moved.end(), &shots[i] + 3, &shots[i] + of_each);
    if (step < 0 || step >= 2 * int64_t{columns} || row < 0 || row >= rows || range < 0 || range >= kMostOrganisedTicks)
      return corrupt("a loose point's shot is out of range");
    order.loose.push_back({});
    for (size_t axis = 0; axis < 3 && range == 0; ++axis) {
      DEW_ASSIGN(order.loose.back().position[axis], reader.f32());
    }
  }
  DEW_ASSIGN(const uint8_t flags, reader.u8());
  DEW_ASSIGN(const uint64_t first, reader.varint());
  if (flags > 3 || first >= columns) return corrupt("a sorted order's first column is out of range");
  order.columns_fall = (flags & 1) != 0;
  order.rows_fall = (flags & 2) != 0;
  order.first_column = static_cast<int64_t>(first);
  DEW_ASSIGN(const ByteSpan shifts, reader.sized_bytes());
  DEW_ASSIGN(order.row_shift, decode_sequence(shifts, rows, 1, budget, reader.offset()));
  for (const int64_t shift : order.row_shift) {
    if (shift < 0 || shift >= columns) return corrupt("a row's shift is out of range");
  }
  for (const auto& [numbers, channels] : {std::pair{&order.packet_columns, 1}, {&order.late, 2}, {&order.moved, 2}}) {
    DEW_ASSIGN(const uint64_t count, reader.varint());
    DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
    if (count > order.points) return corrupt("more packets than points");
    DEW_ASSIGN(*numbers, decode_sequence(coded, count, static_cast<size_t>(channels), budget, reader.offset()));
  }
  for (const int64_t number : order.packet_columns) {
    if (number < 0 || number > 2 * int64_t{columns}) return corrupt("a packet's columns are out of range");
  }
  return order;
}

}  // namespace dew
