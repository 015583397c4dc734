// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/sorted_order.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pointcloud/coding/attributes.h"
#include "pointcloud/coding/cell_attributes.h"
#include "pointcloud/coding/frame.h"
#include "pointcloud/coding/packet_sort.h"
#include "pointcloud/coding/point_lists.h"

namespace dew {
namespace {

int64_t modulo(int64_t value, int64_t of) { return ((value % of) + of) % of; }

/// A shot in the order of firing: a cell, or a loose point.
struct Shot {
  int64_t step = 0, row = 0;
  uint32_t loose = kNoPlace;  ///< index among the loose points
};

bool fires_before(const Shot& a, const Shot& b, bool rows_fall) {
  if (a.step != b.step) return a.step < b.step;
  if (a.row != b.row) return rows_fall ? a.row > b.row : a.row < b.row;
  return a.loose + 1 < b.loose + 1;  // a cell before loose points, whose indices tell them apart
}

/// All shots that returned, in the order of firing.
std::vector<Shot> shots_in_order(const SortedOrder& order, const OrganisedGeometry& geometry, std::span<const uint32_t> range) {
  const int64_t columns = geometry.columns();
  std::vector<Shot> shots;
  for (int64_t step = 0; step < columns; ++step) {
    const int64_t time = modulo(order.first_column + (order.columns_fall ? -step : step), columns);
    for (uint32_t row = 0; row < geometry.rows(); ++row) {
      const uint32_t firing = static_cast<uint32_t>((time + order.row_shift[row]) % columns);
      if (range[size_t{row} * geometry.columns() + geometry.grid_column(row, firing)] != 0) shots.push_back({step, row, kNoPlace});
    }
  }
  for (uint32_t i = 0; i < order.loose_shots.size() / 3; ++i) shots.push_back({order.loose_shots[3 * i], order.loose_shots[3 * i + 1], i});
  std::sort(shots.begin(), shots.end(), [&](const Shot& a, const Shot& b) { return fires_before(a, b, order.rows_fall); });
  return shots;
}

/// Which shot stands at each place of the file, before `moved`. False where `late` names shots that are not there.
bool sort_by_packet(const SortedOrder& order, std::span<const Shot> shots, std::vector<uint32_t>& sorted) {
  std::vector<SortedItem> items(shots.size());
  size_t packet = 0;
  int64_t last_of_packet = order.packet_columns.empty() ? 0 : order.packet_columns[0];
  for (size_t i = 0; i < shots.size(); ++i) {
    while (packet + 1 < order.packet_columns.size() && shots[i].step >= last_of_packet) last_of_packet += order.packet_columns[++packet];
    items[i] = {static_cast<int64_t>(packet), static_cast<uint32_t>(i)};
  }
  int64_t place = -1;
  for (size_t i = 0; i + 1 < order.late.size(); i += 2) {
    if (order.late[i] < 1 || order.late[i] > static_cast<int64_t>(shots.size())) return false;
    place += order.late[i];
    if (place >= static_cast<int64_t>(shots.size()) || std::abs(static_cast<double>(order.late[i + 1])) > 1e6) return false;
    items[static_cast<size_t>(place)].key += order.late[i + 1];
  }
  packet_sort(items);
  sorted.clear();
  for (const SortedItem& item : items) sorted.push_back(item.item);
  return true;
}

/// Sorted times as numbers of packets, 0, 1, ..., a point; empty where the file is not sorted by them.
std::vector<int64_t> packets_of(const Cloud& cloud) {
  for (const Field& field : cloud.fields) {
    if (part_of_field(field.name) != Part::time || field.count != 1) continue;
    std::vector<int64_t> packets;
    const size_t width = field.bytes_per_point();
    double before = 0;
    for (uint64_t i = 0; i < cloud.points; ++i) {
      const double time = value_at(field, i);
      if (i > 0 && !(time >= before)) return {};
      packets.push_back(i == 0 ? 0 : packets.back() + (time > before ? 1 : 0));
      before = time;
    }
    const bool some = !packets.empty() && width > 0 && packets.back() >= 8 && packets.back() < static_cast<int64_t>(cloud.points) / 16;
    return some ? packets : std::vector<int64_t>{};
  }
  return {};
}

/// Shots of a file as steps and rows, in file order.
struct FiledShots {
  std::vector<int64_t> time, row;  ///< of all points; loose ones where their neighbours in direction are
};

/// Rows whose shots seem to belong to another packet fire a column later than the shifts say.
void settle_shifts(const std::vector<int64_t>& packets, FiledShots& filed, std::vector<int64_t>& row_shift, int64_t columns) {
  const int64_t count = packets.back() + 1, rows = static_cast<int64_t>(row_shift.size());
  const auto near = [&](int64_t d) { return modulo(d + columns / 2, columns) - columns / 2; };
  std::vector<int64_t> first_time(static_cast<size_t>(count), -1);
  for (size_t i = 0; i < packets.size(); ++i) {
    int64_t& first = first_time[static_cast<size_t>(packets[i])];
    if (first < 0) first = filed.time[i];
  }
  constexpr int64_t kNone = INT64_MIN;
  std::vector<int64_t> top(static_cast<size_t>(count * rows), kNone), bottom(top);
  for (size_t i = 0; i < packets.size(); ++i) {
    const int64_t ahead = near(filed.time[i] - first_time[static_cast<size_t>(packets[i])]);
    const size_t at = static_cast<size_t>(packets[i] * rows + filed.row[i]);
    if (top[at] == kNone || ahead > top[at]) top[at] = ahead;
    if (bottom[at] == kNone || ahead < bottom[at]) bottom[at] = ahead;
  }
  int64_t widest = 0;
  std::vector<int64_t> widths(64, 0);
  for (size_t at = 0; at < top.size(); ++at) {
    if (top[at] != kNone && top[at] - bottom[at] < 64) ++widths[static_cast<size_t>(top[at] - bottom[at])];
  }
  widest = std::max_element(widths.begin() + 1, widths.end()) - widths.begin();
  std::vector<std::array<int64_t, 5>> votes(static_cast<size_t>(rows), std::array<int64_t, 5>{});
  for (int64_t p = 0; p < count; ++p) {
    std::vector<int64_t> tops;
    for (int64_t r = 0; r < rows; ++r) {
      const size_t at = static_cast<size_t>(p * rows + r);
      if (top[at] != kNone && top[at] - bottom[at] == widest) tops.push_back(top[at]);
    }
    if (tops.empty()) continue;
    std::nth_element(tops.begin(), tops.begin() + static_cast<ptrdiff_t>(tops.size() / 2), tops.end());
    const int64_t middle = tops[tops.size() / 2];
    for (int64_t r = 0; r < rows; ++r) {
      const size_t at = static_cast<size_t>(p * rows + r);
      if (top[at] == kNone || top[at] - bottom[at] != widest) continue;
      ++votes[static_cast<size_t>(r)][static_cast<size_t>(std::clamp<int64_t>(top[at] - middle, -2, 2) + 2)];
    }
  }
  for (int64_t r = 0; r < rows; ++r) {
    const auto& of_row = votes[static_cast<size_t>(r)];
    const int64_t off = std::max_element(of_row.begin(), of_row.end()) - of_row.begin() - 2;
    if (*std::max_element(of_row.begin(), of_row.end()) == 0 || off == 0) continue;
    row_shift[static_cast<size_t>(r)] = modulo(row_shift[static_cast<size_t>(r)] + off, columns);
    for (size_t i = 0; i < filed.row.size(); ++i) {
      if (filed.row[i] == r) filed.time[i] = modulo(filed.time[i] - off, columns);
    }
  }
}

/// Where loose points were shot: the time of the listed point that looks the most like them.
void place_loose(const Cloud& cloud, std::span<const PointCell> cells, std::span<const PointCell> located, FiledShots& filed) {
  const Result<std::vector<Vec3>> points = positions_m(cloud);
  if (!points.ok()) return;
  const auto direction = [&](size_t i) {
    const Vec3& p = (*points)[i];
    const double size = std::sqrt(p.x * p.x + p.y * p.y + p.z * p.z);
    return size > 0 ? Vec3{p.x / size, p.y / size, p.z / size} : Vec3{};
  };
  std::vector<Vec3> directions;
  for (size_t i = 0; i < cells.size(); ++i) directions.push_back(direction(i));
  for (size_t i = 0; i < cells.size(); ++i) {
    if (located[i].cell != kOffGrid) continue;
    double best = -2;
    for (size_t j = 0; j < cells.size(); ++j) {
      const Vec3 &a = directions[i], &b = directions[j];
      const double near = a.x * b.x + a.y * b.y + a.z * b.z;
      if (cells[j].cell == kOffGrid || !(near > best)) continue;
      best = near;
      filed.time[i] = filed.time[j];
      filed.row[i] = filed.row[j];
    }
  }
}

/// The order with all that a way of firing leaves over; nothing where that is too much.
std::optional<SortedOrder> try_way(SortedOrder order, const FiledShots& filed, const std::vector<int64_t>& packets,
                                   std::span<const PointCell> cells, int64_t columns, std::vector<uint32_t>& next_turn) {
  // The first packet's first column, and how far each point is from it.
  std::vector<int64_t> start;
  for (size_t i = 0; i < packets.size() && packets[i] == 0; ++i)
    start.push_back(modulo(filed.time[i] - filed.time[0] + columns / 2, columns) - columns / 2);
  const auto [least, most] = std::minmax_element(start.begin(), start.end());
  order.first_column = modulo(filed.time[0] + (order.columns_fall ? *most : *least), columns);
  std::vector<Shot> shots;
  uint32_t loose = 0;
  for (size_t i = 0; i < cells.size(); ++i) {
    const int64_t away = order.columns_fall ? order.first_column - filed.time[i] : filed.time[i] - order.first_column;
    int64_t step = modulo(away, columns);
    const bool is_loose = cells[i].cell == kOffGrid;
    const bool is_later = step < columns / 4 && packets[i] > packets.back() / 2;
    if (is_loose && is_later) step += columns;
    if (!is_loose && is_later) next_turn.push_back(static_cast<uint32_t>(i));
    shots.push_back({step, filed.row[i], is_loose ? loose++ : kNoPlace});
    if (is_loose) order.loose_shots.insert(order.loose_shots.end(), {step, filed.row[i], 0});
  }
  // Columns of packets, by the packet that most of a column's shots are in.
  std::vector<std::vector<int64_t>> of_step(static_cast<size_t>(2 * columns));
  for (size_t i = 0; i < shots.size(); ++i) of_step[static_cast<size_t>(shots[i].step)].push_back(packets[i]);
  int64_t packet = 0;
  order.packet_columns.assign(static_cast<size_t>(packets.back() + 1), 0);
  for (std::vector<int64_t>& votes : of_step) {
    if (!votes.empty()) {
      std::nth_element(votes.begin(), votes.begin() + static_cast<ptrdiff_t>(votes.size() / 2), votes.end());
      packet = std::max(packet, votes[votes.size() / 2]);
    }
    ++order.packet_columns[static_cast<size_t>(packet)];
  }
  order.packet_columns.back() = 1;
  std::vector<uint32_t> by_firing(shots.size());
  for (uint32_t i = 0; i < by_firing.size(); ++i) by_firing[i] = i;
  std::sort(by_firing.begin(), by_firing.end(), [&](uint32_t a, uint32_t b) { return fires_before(shots[a], shots[b], order.rows_fall); });
  std::vector<Shot> in_order;
  for (const uint32_t i : by_firing) in_order.push_back(shots[i]);
  int64_t last = -1, end = order.packet_columns[0];
  size_t at = 0;
  for (size_t k = 0; k < in_order.size(); ++k) {
    while (at + 1 < order.packet_columns.size() && in_order[k].step >= end) end += order.packet_columns[++at];
    const int64_t late = packets[by_firing[k]] - static_cast<int64_t>(at);
    if (late == 0) continue;
    order.late.insert(order.late.end(), {static_cast<int64_t>(k) - last, late});
    last = static_cast<int64_t>(k);
  }
  std::vector<uint32_t> sorted;
  if (!sort_by_packet(order, in_order, sorted)) return {};
  std::vector<uint32_t> place_of(shots.size());
  for (uint32_t i = 0; i < sorted.size(); ++i) place_of[by_firing[sorted[i]]] = i;
  last = -1;
  for (size_t i = 0; i < shots.size(); ++i) {
    if (place_of[i] == i) continue;
    order.moved.insert(order.moved.end(), {static_cast<int64_t>(i) - last, static_cast<int64_t>(place_of[i]) - static_cast<int64_t>(i)});
    last = static_cast<int64_t>(i);
  }
  if (order.moved.size() / 2 > shots.size() / 20) return {};
  return order;
}

}  // namespace

std::optional<SortedOrder> find_sorted_order(const Cloud& cloud, const PointOrder& listed, std::span<const PointCell> cells,
                                             std::span<const PointCell> located, uint32_t columns, std::vector<uint32_t>& next_turn) {
  constexpr size_t kMostLoose = 512;
  const std::vector<int64_t> packets = packets_of(cloud);
  if (packets.empty() || listed.loose.size() > kMostLoose || cells.size() != packets.size()) return {};
  SortedOrder order;
  order.points = listed.points;
  order.loose = listed.loose;
  order.row_shift = listed.row_shift;
  FiledShots filed{std::vector<int64_t>(cells.size(), 0), std::vector<int64_t>(cells.size(), 0)};
  for (size_t i = 0; i < cells.size(); ++i) filed.time[i] = located[i].firing_column, filed.row[i] = located[i].row;
  place_loose(cloud, cells, located, filed);
  settle_shifts(packets, filed, order.row_shift, columns);
  std::optional<SortedOrder> best;
  for (const int way : {0, 1, 2, 3}) {
    order.columns_fall = (way & 1) != 0;
    order.rows_fall = (way & 2) != 0;
    std::vector<uint32_t> later;
    std::optional<SortedOrder> found = try_way(order, filed, packets, cells, columns, later);
    if (way == 0 || later.size() < next_turn.size()) next_turn = later;
    if (found && (!best || found->moved.size() < best->moved.size())) best = std::move(found);
  }
  if (next_turn.size() > kMostLoose) next_turn.clear();
  return best;
}

Result<std::vector<PointCell>> cells_of(const SortedOrder& order, const OrganisedGeometry& geometry, std::span<const uint32_t> range,
                                        bool whole, uint64_t offset) {
  const int64_t columns = geometry.columns();
  SortedOrder known = order;
  if (!whole) known.loose_shots.clear();
  const std::vector<Shot> shots = shots_in_order(known, geometry, range);
  std::vector<uint32_t> places(shots.size());
  for (uint32_t i = 0; i < places.size(); ++i) places[i] = i;
  if (whole) {
    if (shots.size() != order.points) return Error{Code::corrupt, offset, "a sorted file has another number of points than returns"};
    std::vector<uint32_t> sorted;
    if (!sort_by_packet(order, shots, sorted)) return Error{Code::corrupt, offset, "a late point is none of the file's"};
    places = sorted;
    int64_t place = -1;
    const int64_t count = static_cast<int64_t>(sorted.size());
    for (size_t i = 0; i + 1 < order.moved.size(); i += 2) {
      if (order.moved[i] < 1 || order.moved[i] > count || std::abs(static_cast<double>(order.moved[i + 1])) > 1e12)
        return Error{Code::corrupt, offset, "a moved point is none of the file's"};
      place += order.moved[i];
      const int64_t from = place + order.moved[i + 1];
      if (place >= count || from < 0 || from >= count) return Error{Code::corrupt, offset, "a moved point is none of the file's"};
      places[static_cast<size_t>(place)] = sorted[static_cast<size_t>(from)];
    }
  }
  std::vector<bool> taken(shots.size(), false);
  std::vector<PointCell> cells;
  for (size_t i = 0; i < places.size(); ++i) {
    const Shot& shot = shots[places[i]];
    if (taken[places[i]]) return Error{Code::corrupt, offset, "two points are one shot"};
    taken[places[i]] = true;
    if (shot.loose != kNoPlace) {
      cells.push_back({kOffGrid, 0, 0, shot.loose});
      continue;
    }
    const uint32_t row = static_cast<uint32_t>(shot.row);
    const int64_t time = modulo(order.first_column + (order.columns_fall ? -shot.step : shot.step), columns);
    const uint32_t firing = static_cast<uint32_t>((time + order.row_shift[row]) % columns);
    cells.push_back({row * geometry.columns() + geometry.grid_column(row, firing), row, static_cast<uint32_t>(time), 0});
  }
  return cells;
}

namespace {

/// The place that a loose point's shot reaches at a range.
Vec3 loose_place(const OrganisedGeometry& geometry, const SortedOrder& order, size_t i, int64_t range) {
  const int64_t columns = geometry.columns(), step = order.loose_shots[3 * i], row = order.loose_shots[3 * i + 1];
  const int64_t time = modulo(order.first_column + (order.columns_fall ? -step : step), columns);
  const uint32_t firing = static_cast<uint32_t>((time + order.row_shift[static_cast<size_t>(row)]) % columns);
  return geometry.point(static_cast<uint32_t>(row), firing, static_cast<uint32_t>(range));
}

/// The point's floats there, with the steps of a rounding by offsets.
Float3 loose_position(const Vec3& place, const CoordinateRounding& rounding, std::span<const int64_t> moved) {
  const std::array<double, 3> exact = {place.x, place.y, place.z};
  Float3 position;
  for (size_t axis = 0; axis < 3; ++axis) {
    const double value = exact[axis];
    position[axis] = moved.empty() ? static_cast<float>(value) : rounding.value(rounding.round(value, 1), moved[axis]);
  }
  return position;
}

double distance_m(const Float3& a, const Float3& b) {
  double sum = 0;
  for (size_t axis = 0; axis < 3; ++axis) {
    const double away = static_cast<double>(a[axis]) - static_cast<double>(b[axis]);
    sum += away * away;
  }
  return std::sqrt(sum);
}

}  // namespace

void find_loose_ranges(const OrganisedGeometry& geometry, const CoordinateRounding& rounding, double bound_m, SortedOrder& order) {
  constexpr double kMostRange_m = 1000;
  const bool may_move = rounding.kind == RoundingKind::offsets;
  order.loose_moved.assign(may_move ? order.loose_shots.size() : 0, 0);
  for (size_t i = 0; i < order.loose.size(); ++i) {
    const Float3& wanted = order.loose[i].position;
    const double size = distance_m(wanted, {});
    const uint32_t row = static_cast<uint32_t>(order.loose_shots[3 * i + 1]);
    const double tick = geometry.distance_m(row, 1) - geometry.distance_m(row, 0);
    if (!(size > 0 && size < kMostRange_m) || !(tick > 0)) continue;
    const int64_t middle = static_cast<int64_t>((size - geometry.distance_m(row, 0)) / tick + 0.5);
    double least = std::numeric_limits<double>::infinity();
    int64_t nearest = 0;
    for (int64_t range = std::max<int64_t>(1, middle - 2); range <= middle + 2 && range < kMostOrganisedTicks; ++range) {
      const double away = distance_m(loose_position(loose_place(geometry, order, i, range), rounding, {}), wanted);
      if (away < least) least = away, nearest = range;
    }
    if (nearest == 0) continue;
    if (least < bound_m * 0.999) order.loose_shots[3 * i + 2] = nearest;
    if (least < bound_m * 0.999 || !may_move) continue;
    const Vec3 place = loose_place(geometry, order, i, nearest);
    std::array<int64_t, 3> steps{};
    for (size_t axis = 0; axis < 3; ++axis)
      steps[axis] = rounding.steps_of(rounding.round(axis == 0 ? place.x : axis == 1 ? place.y : place.z, 1), wanted[axis]).value_or(0);
    if (!(distance_m(loose_position(place, rounding, steps), wanted) < bound_m * 0.999)) continue;
    order.loose_shots[3 * i + 2] = nearest;
    std::copy(steps.begin(), steps.end(), order.loose_moved.begin() + static_cast<ptrdiff_t>(3 * i));
  }
  place_loose_ranges(geometry, rounding, order);
}

void place_loose_ranges(const OrganisedGeometry& geometry, const CoordinateRounding& rounding, SortedOrder& order) {
  for (size_t i = 0; i < order.loose.size(); ++i) {
    const int64_t range = order.loose_shots[3 * i + 2];
    const auto moved =
        order.loose_moved.empty() ? std::span<const int64_t>() : std::span<const int64_t>(order.loose_moved).subspan(3 * i, 3);
    if (range != 0) order.loose[i].position = loose_position(loose_place(geometry, order, i, range), rounding, moved);
  }
}

}  // namespace dew
