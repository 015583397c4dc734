// SPDX-License-Identifier: Apache-2.0
/// Sections 7.5 and 7.6 of pointcloud/FORMAT.md (organised frames), written from that page alone: slow, short, no code of pointcloud/.
///
///   plain::read_organised(head, slices, network, frame);      // fills frame.fields
#pragma once

#include "tests/golden/plain_firing.h"

namespace plain {

/// 7.6
struct OrganisedModel {
  int64_t columns = 0, column_major = 0, rounding = 0, number = 0, azimuth_units = 0, step = 0, zero = 0;
  int64_t lasers = 0, single = 0, tick_um = 0, length_nm = 0, angle_units = 0;
  std::vector<int64_t> azimuth, file_row;
  std::array<std::vector<int64_t>, 7> numbers;  ///< elevation, beam azimuth, forward, side, vertical, range offset, file shift
};
inline OrganisedModel read_organised_model(Input& in) {
  OrganisedModel model;
  const auto number = [&] { return static_cast<int64_t>(in.number()); };
  model.columns = number();
  model.column_major = static_cast<int64_t>(in.fixed(1));
  model.rounding = static_cast<int64_t>(in.fixed(1));
  model.number = number();
  model.azimuth_units = number();
  model.step = in.signed_number();
  model.zero = in.signed_number();
  model.azimuth = column_numbers(in.sized(), static_cast<size_t>(model.columns));
  model.lasers = number();
  model.single = static_cast<int64_t>(in.fixed(1));
  model.tick_um = number();
  model.length_nm = number();
  model.angle_units = number();
  for (auto& numbers : model.numbers) numbers = in.sequence(static_cast<uint64_t>(model.lasers));
  model.file_row = in.sequence(static_cast<uint64_t>(model.lasers));
  return model;
}

/// 7.5: one coordinate before its residue.
struct Steps {
  int64_t steps = 0, kind = 0, fineness = 0;
  double scale = 0, exact = 0;
  Margin margin{0, 1};

  Steps(const OrganisedModel& model, double v, double d) : kind(model.rounding), exact(v) {
    double size = 0, away = 0;
    if (kind == 0) {
      const float n = static_cast<float>(v);
      const uint32_t bits = bits_of(n);
      steps = (bits >> 31) != 0 ? -1 - static_cast<int64_t>(bits & 0x7fffffffu) : static_cast<int64_t>(bits);
      const double g = std::fabs(static_cast<double>(float_of(bits + 1)) - static_cast<double>(n));
      away = (v - static_cast<double>(n)) / g;
      size = d / g;
    } else if (kind == 3) {
      scale = static_cast<double>(model.number);
      size = d * scale * 256;
    } else {
      scale = static_cast<double>(model.number);
      if (kind == 2) {
        const double limit = std::pow(10.0, static_cast<double>(model.number));
        scale = 1e12;
        while (scale > 1 && std::fabs(v) * scale >= limit) scale /= 10;
      }
      const double n = round_even(v * scale);
      steps = static_cast<int64_t>(n);
      away = v * scale - n;
      size = d * scale * (kind == 1 ? 256 : 1);
    }
    margin = Margin(away - round_even(away), away);
    uint64_t bits;
    std::memcpy(&bits, &size, 8);
    fineness = std::clamp<int64_t>(static_cast<int64_t>(bits >> 52 & 0x7ff) - 1023 - 22, 0, 15);
  }
  float value(int64_t residue) const {
    const int64_t n = static_cast<int64_t>(static_cast<uint64_t>(steps) + static_cast<uint64_t>(residue));
    if (kind == 0) {
      const uint32_t place = static_cast<uint32_t>(n);
      return float_of((place >> 31) != 0 ? ~place | 0x80000000u : place);
    }
    const double moved = static_cast<double>(std::clamp<int64_t>(n, -(int64_t{1} << 50), int64_t{1} << 50)) / scale;
    if (kind == 3) return static_cast<float>(exact + moved);
    return n == 0 && exact < 0 ? -0.0f : static_cast<float>(moved);
  }
};

/// 10.11 and 10.12
class Coordinates {
 public:
  explicit Coordinates(Octets bytes) : reader(std::move(bytes)) {}
  std::array<int64_t, 3> residues(const std::array<Steps, 3>& at) {
    const int64_t margin = std::min({at[0].margin.margin, at[1].margin.margin, at[2].margin.margin});
    const int64_t fineness = std::max({at[0].fineness, at[1].fineness, at[2].fineness});
    std::array<int64_t, 3> found{};
    if (bits[{-1, margin, fineness, 0}].code(reader, 255)) return found;
    for (size_t axis = 0; axis < 3; ++axis) {
      const Steps& s = at[axis];
      found[axis] = s.margin.toward * residual(reader, [&](unsigned node) {
                      return bits[{axis == 2 ? 1 : 0, s.margin.margin, s.fineness, static_cast<int64_t>(node)}].code(reader, 255);
                    });
    }
    return found;
  }
  size_t no_return(int64_t octant) {
    unsigned node = 1;
    for (int i = 0; i < 6; ++i)
      node = 2 * node + (bits[{-2, octant, std::min<int64_t>(last, 2), static_cast<int64_t>(node)}].code(reader, 255) ? 1u : 0u);
    last = node - 64;
    return static_cast<size_t>(last);
  }

 private:
  RangeReader reader;
  int64_t last = 0;
  std::map<std::array<int64_t, 4>, Adaptive> bits;
};

/// 7.5
struct PredictedField {
  size_t field = 0;
  Plan as;
  uint64_t flags = 0;
  int64_t base = 0, factor = 0, unit = 0, empty = 0;
  std::vector<int64_t> of_row, of_column;
};
inline std::vector<PredictedField> read_predicted_fields(Input& in, size_t rows, size_t columns) {
  std::vector<PredictedField> fields(in.number());
  for (PredictedField& field : fields) {
    field.field = in.number();
    field.as.type = static_cast<int64_t>(in.fixed(1));
    field.as.view = static_cast<int64_t>(in.fixed(1));
    if (field.as.view == 1) field.as.denominator = static_cast<int64_t>(in.number());
    field.base = in.signed_number();
    field.factor = in.signed_number();
    field.unit = in.signed_number();
    field.flags = in.fixed(1);
    field.empty = in.signed_number();
    field.of_row = in.sequence(rows);
    if ((field.flags & 2) != 0) field.of_column = column_numbers(in.sized(), columns);
  }
  return fields;
}

/// 7.5: sorted order.
struct SortedNumbers {
  unsigned flags = 0;
  int64_t first = 0;
  std::vector<int64_t> row_shift, packets, late, moved, loose_shots;
  std::vector<std::array<uint64_t, 3>> loose;
  std::vector<std::array<int64_t, 3>> loose_moved;
};
inline SortedNumbers read_sorted(Input& head, size_t rows, bool moved_by_steps) {
  SortedNumbers sort;
  sort.loose.resize(head.number());
  const size_t each = moved_by_steps ? 6 : 3;
  const std::vector<int64_t> shots = head.sequence(sort.loose.size(), each);
  for (size_t i = 0; i < shots.size(); i += each) {
    for (size_t k = 0; k < 3; ++k) sort.loose_shots.push_back(shots[i + k]);
    sort.loose_moved.push_back({});
    for (size_t k = 3; k < each; ++k) sort.loose_moved.back()[k - 3] = shots[i + k];
  }
  for (size_t i = 0; i < sort.loose.size(); ++i) {
    for (size_t k = 0; k < 3 && sort.loose_shots[3 * i + 2] == 0; ++k) sort.loose[i][k] = head.fixed(4);
  }
  sort.flags = static_cast<unsigned>(head.fixed(1));
  sort.first = static_cast<int64_t>(head.number());
  sort.row_shift = head.sequence(rows);
  const uint64_t packets = head.number();
  sort.packets = head.sequence(packets);
  const uint64_t late = head.number();
  sort.late = head.sequence(late, 2);
  const uint64_t moved = head.number();
  sort.moved = head.sequence(moved, 2);
  return sort;
}

/// 7.5: the sort. Pairs of a number and what it stands for.
class PacketSort {
 public:
  using Item = std::pair<int64_t, size_t>;
  explicit PacketSort(std::vector<Item> items) : v(std::move(items)) {
    size_t depth = 0;
    for (size_t n = v.size(); n > 1; n /= 2) depth += 2;
    loose(0, v.size(), depth);
    for (size_t i = 1; i < v.size(); ++i) {
      size_t to = i;
      if (i < 16 && v[i].first < v[0].first) to = 0;
      while (to == i || (to > 0 && to < i)) {
        if (to == 0 || !(v[i].first < v[to - 1].first)) break;
        --to;
      }
      std::rotate(v.begin() + static_cast<std::ptrdiff_t>(to), v.begin() + static_cast<std::ptrdiff_t>(i),
                  v.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    }
  }
  std::vector<Item> v;

 private:
  void loose(size_t first, size_t last, size_t depth) {
    while (last - first > 16) {
      if (depth-- == 0) return heap(first, last - first);
      const size_t a = first + 1, b = first + (last - first) / 2, c = last - 1;
      const auto less = [&](size_t x, size_t y) { return v[x].first < v[y].first; };
      std::swap(v[first], v[less(a, b) ? (less(b, c) ? b : less(a, c) ? c : a) : (less(a, c) ? a : less(b, c) ? c : b)]);
      size_t i = first + 1, j = last;
      while (true) {
        while (less(i, first)) ++i;
        --j;
        while (less(first, j)) --j;
        if (i >= j) break;
        std::swap(v[i], v[j]);
        ++i;
      }
      loose(i, last, depth);
      last = i;
    }
  }
  void sink(size_t first, size_t hole, size_t size, Item value) {
    const size_t top = hole;
    while (2 * hole + 1 < size) {
      size_t child = 2 * hole + 2;
      if (child >= size || v[first + child].first < v[first + child - 1].first) --child;
      v[first + hole] = v[first + child];
      hole = child;
    }
    while (hole > top && v[first + (hole - 1) / 2].first < value.first) {
      v[first + hole] = v[first + (hole - 1) / 2];
      hole = (hole - 1) / 2;
    }
    v[first + hole] = value;
  }
  void heap(size_t first, size_t size) {
    for (size_t parent = size / 2; parent-- > 0;) sink(first, parent, size, v[first + parent]);
    while (size-- > 1) {
      const Item value = v[first + size];
      v[first + size] = v[first];
      sink(first, 0, size, value);
    }
  }
};

/// 7.5: which shot stands at each place of the file.
inline std::vector<size_t> sorted_places(const SortedNumbers& sort, const std::vector<std::array<int64_t, 5>>& shots) {
  std::vector<PacketSort::Item> items;
  for (const auto& shot : shots) {
    int64_t packet = 0, end = sort.packets.at(0);
    while (packet + 1 < static_cast<int64_t>(sort.packets.size()) && shot[0] >= end) end += sort.packets[static_cast<size_t>(++packet)];
    items.push_back({packet, items.size()});
  }
  int64_t place = -1;
  for (size_t i = 0; i < sort.late.size(); i += 2) items.at(static_cast<size_t>(place += sort.late[i])).first += sort.late[i + 1];
  const PacketSort done(std::move(items));
  std::vector<size_t> places;
  for (const auto& item : done.v) places.push_back(item.second);
  place = -1;
  for (size_t i = 0; i < sort.moved.size(); i += 2) {
    place += sort.moved[i];
    places.at(static_cast<size_t>(place)) = done.v.at(static_cast<size_t>(place + sort.moved[i + 1])).second;
  }
  return places;
}

inline void read_organised(Input& head, const std::vector<Octets>& slices, const Octets& network, Frame& frame) {
  const uint64_t flags = head.fixed(1);
  const OrganisedModel model = read_organised_model(head);
  Grid grid = read_grid_head(head);
  const size_t columns = static_cast<size_t>(grid.columns), rows = static_cast<size_t>(grid.rows);
  std::vector<std::array<float, 3>> no_returns(head.number());
  for (auto& value : no_returns) {
    for (float& axis : value) axis = float_of(static_cast<uint32_t>(head.fixed(4)));
  }
  const bool listed = (flags & 4) != 0, sorted = (flags & 8) != 0;
  const uint64_t points = listed || sorted ? head.number() : rows * columns;
  std::vector<std::pair<uint64_t, std::array<uint64_t, 3>>> loose;
  std::vector<int64_t> row_shift(rows), shots;
  if (listed) {
    loose = read_point_list(head);
    row_shift = head.sequence(rows);
    shots = head.sequence(points - loose.size(), 2);
  }
  SortedNumbers sort;
  if (sorted) {
    sort = read_sorted(head, rows, model.rounding == 3);
    loose.resize(sort.loose.size());
  }
  const auto patches = read_point_list(head);
  const std::vector<PredictedField> predicted = read_predicted_fields(head, rows, columns);
  const std::vector<Plan> plans = read_plans(head, rows);
  std::vector<std::vector<int64_t>> off_grid(plans.size());
  for (size_t i = 0; i < plans.size() && !loose.empty(); ++i) {
    if (plans[i].method >= 2) off_grid[i] = head.sequence(loose.size(), plans[i].integers());
  }
  const auto of = [&](size_t n, size_t row) { return static_cast<double>(model.numbers[n][row]); };
  const double angle_units = static_cast<double>(model.angle_units), azimuth_units = static_cast<double>(model.azimuth_units);
  for (size_t row = 0; row < rows; ++row)
    grid.elevation.push_back(static_cast<int64_t>(std::clamp(of(0, row) / angle_units * 36000, -18000.0, 18000.0)));

  const auto modulo = [](int64_t value, int64_t by) { return (value % by + by) % by; };
  const double turn = 6.283185307179586, metre = static_cast<double>(model.length_nm) * 1e-9,
               tick = static_cast<double>(model.tick_um) * 1e-6;
  const auto narrow = [](double x) {
    const double b = x * 536870913;
    return b - (b - x);
  };
  constexpr size_t kLoose = ~size_t{0};
  std::vector<size_t> cells(points, kLoose), fired(points);  // of the points of the file: cell, and firing column (or time)
  std::vector<bool> has_point(rows * columns, !listed && !sorted);
  const auto shift_of = [&](size_t row) {
    return static_cast<int64_t>(std::floor(of(1, row) / angle_units * azimuth_units / static_cast<double>(model.step) + 0.5));
  };
  std::map<uint64_t, std::array<uint64_t, 3>> exact;
  if (listed) exact.insert(loose.begin(), loose.end());
  for (size_t p = 0, next = 0; p < points && listed; ++p) {
    if (exact.contains(p)) continue;
    const size_t row = static_cast<size_t>(shots[next + 1]);
    fired[p] = static_cast<size_t>(shots[next]);
    cells[p] = row * columns + static_cast<size_t>(modulo(shots[next] + row_shift[row] + shift_of(row), grid.columns));
    has_point[cells[p]] = true;
    next += 2;
  }
  for (size_t row = 0; row < rows && !listed && !sorted; ++row) {
    for (int64_t f = 0; f < grid.columns; ++f) {
      const int64_t in_file = modulo(f + model.numbers[6][row], grid.columns);
      const size_t p = static_cast<size_t>(model.column_major != 0 ? in_file * grid.rows + model.file_row[row]
                                                                   : model.file_row[row] * grid.columns + in_file);
      fired[p] = static_cast<size_t>(f);
      cells[p] = row * columns + static_cast<size_t>(modulo(f + shift_of(row), grid.columns));
    }
  }
  std::vector<std::array<float, 3>> position(rows * columns);
  std::vector<std::vector<int64_t>> cell_values(plans.size());
  for (size_t i = 0; i < plans.size(); ++i) cell_values[i].resize(grid.range.size() * plans[i].integers());
  const auto ticks_of = [&](size_t cell) {
    const int64_t coded = grid.range[cell];
    return coded == 0 || grid.range_step == 1 ? coded : (coded - 1) * grid.range_step;
  };
  const auto direction_of = [&](size_t row, int64_t f) {
    const auto [sb, cb] = sincos(of(1, row) * (turn / angle_units));
    const auto [s, c] =
        sincos(static_cast<double>(modulo(model.azimuth[static_cast<size_t>(f)], model.azimuth_units)) * (turn / azimuth_units) +
               static_cast<double>(model.zero) * (turn * 0x1p-48));
    return std::array<double, 4>{c * cb - s * sb, s * cb + c * sb, c, s};
  };
  const auto point_of = [&](size_t row, int64_t f, int64_t range) {
    const auto [se, ce] = sincos(of(0, row) * (turn / angle_units));
    const auto [cc, ss, c, s] = direction_of(row, f);
    const double r = static_cast<double>(range), u[3] = {ce * cc, ce * ss, se}, forward = of(2, row) * metre, side = of(3, row) * metre,
                 offset = of(5, row) * metre;
    const double o[3] = {forward * c - side * ss, forward * s + side * cc, of(4, row) * metre}, d = r * tick + offset;
    std::array<double, 3> p;
    for (size_t i = 0; i < 3; ++i)
      p[i] = model.single != 0 ? narrow(r * narrow(u[i] * tick)) + narrow(u[i] * offset + o[i]) : d * u[i] + o[i];
    return p;
  };
  for (int64_t slice_number = 0; slice_number < grid.slices; ++slice_number) {
    const int64_t first = grid.columns * slice_number / grid.slices, end = grid.columns * (slice_number + 1) / grid.slices;
    Input slice(slices.at(static_cast<size_t>(slice_number)));
    decode_ranges(slice.sized(), grid, first, end, (grid.flags & 1) != 0 ? network : Octets{});
    Coordinates coordinates((flags & 1) != 0 || no_returns.size() > 1 ? slice.sized() : Octets{});
    for (size_t row = 0; row < rows; ++row) {
      const double se = sincos(of(0, row) * (turn / angle_units)).first;
      for (int64_t column = first; column < end; ++column) {
        const size_t cell = static_cast<size_t>(grid.cell(static_cast<int64_t>(row), column));
        if (sorted) has_point[cell] = grid.range[cell] != 0;
        if (!has_point[cell]) continue;
        const int64_t f = modulo(column - shift_of(row), grid.columns);
        const double cc = direction_of(row, f)[0], ss = direction_of(row, f)[1];
        if (grid.range[cell] == 0) {
          const size_t which = no_returns.size() > 1 ? coordinates.no_return((cc < 0 ? 1 : 0) + (ss < 0 ? 2 : 0) + (se < 0 ? 4 : 0)) : 0;
          if (which < no_returns.size()) position[cell] = no_returns[which];
          continue;
        }
        const std::array<double, 3> p = point_of(row, f, ticks_of(cell));
        const double d = static_cast<double>(ticks_of(cell)) * tick + of(5, row) * metre;
        const std::array<Steps, 3> at = {Steps(model, p[0], d), Steps(model, p[1], d), Steps(model, p[2], d)};
        std::array<int64_t, 3> residues{};
        if ((flags & 1) != 0) residues = coordinates.residues(at);
        for (size_t i = 0; i < 3; ++i) position[cell][i] = at[i].value(residues[i]);
      }
    }
    read_attributes(slice, plans, grid, first, end, (flags & 2) != 0, cell_values);
  }

  if (sorted) {
    std::vector<std::array<int64_t, 5>> shots_of;  // step, row, order of loose ones, cell, time
    for (int64_t step = 0; step < grid.columns; ++step) {
      const int64_t time = modulo(sort.first + ((sort.flags & 1) != 0 ? -step : step), grid.columns);
      for (size_t row = 0; row < rows; ++row) {
        const int64_t cell = static_cast<int64_t>(row) * grid.columns + modulo(time + sort.row_shift[row] + shift_of(row), grid.columns);
        if (grid.range[static_cast<size_t>(cell)] != 0) shots_of.push_back({step, static_cast<int64_t>(row), -1, cell, time});
      }
    }
    for (size_t i = 0; i < loose.size(); ++i)
      shots_of.push_back({sort.loose_shots[3 * i], sort.loose_shots[3 * i + 1], static_cast<int64_t>(i), -1, 0});
    std::sort(shots_of.begin(), shots_of.end(), [&](const auto& a, const auto& b) {
      const int64_t ra = (sort.flags & 2) != 0 ? -a[1] : a[1], rb = (sort.flags & 2) != 0 ? -b[1] : b[1];
      return std::array{a[0], ra, a[2]} < std::array{b[0], rb, b[2]};
    });
    const std::vector<size_t> order = sorted_places(sort, shots_of);
    for (size_t p = 0; p < order.size(); ++p) {
      const auto& shot = shots_of[order[p]];
      if (shot[3] < 0) {
        const size_t i = static_cast<size_t>(shot[2]), row = static_cast<size_t>(shot[1]);
        const int64_t time = modulo(sort.first + ((sort.flags & 1) != 0 ? -shot[0] : shot[0]), grid.columns);
        const std::array<double, 3> at = point_of(row, modulo(time + sort.row_shift[row], grid.columns), sort.loose_shots[3 * i + 2]);
        for (size_t k = 0; k < 3; ++k)
          exact[p][k] = sort.loose_shots[3 * i + 2] == 0
                            ? sort.loose[i][k]
                            : bits_of(static_cast<float>(at[k] + static_cast<double>(sort.loose_moved[i][k]) /
                                                                     static_cast<double>(std::max<int64_t>(1, model.number))));
        continue;
      }
      cells.at(p) = static_cast<size_t>(shot[3]);
      fired[p] = static_cast<size_t>(shot[4]);
    }
  }
  for (const auto& [index, floats] : patches) exact[index] = floats;
  for (size_t i = 0; i < plans.size(); ++i) {
    Field field{plans[i].name, plans[i].type, plans[i].count, {}};
    std::vector<int64_t> integers;
    size_t off = 0;
    for (size_t p = 0; p < cells.size(); ++p) {
      const size_t cell = cells[p], each = plans[i].integers();
      if (plans[i].method == 0) {
        const size_t axis = static_cast<size_t>(plans[i].name[0] - 'x');
        const uint32_t bits = exact.contains(p) || cell == kLoose ? static_cast<uint32_t>(exact[p][axis]) : bits_of(position[cell][axis]);
        for (unsigned k = 0; k < 4; ++k) field.values.push_back(static_cast<uint8_t>(bits >> (8 * k)));
      } else if (plans[i].method == 1) {
        integers.insert(integers.end(), plans[i].kept.begin(), plans[i].kept.end());
      } else if (cell == kLoose) {
        for (size_t k = 0; k < each; ++k) integers.push_back(off_grid[i][off++]);
      } else if (plans[i].method == 2) {
        integers.push_back(plans[i].kept[cell / columns]);
      } else if (plans[i].method == 3) {
        integers.push_back(grid.intensity[cell]);
      } else {
        for (size_t k = 0; k < each; ++k) integers.push_back(cell_values[i][cell * each + k]);
      }
    }
    Plan as = plans[i];
    for (const PredictedField& rule : predicted) {
      if (rule.field != i) continue;
      // An i64 whose plan has halves is one number again before the prediction is added.
      std::vector<int64_t> whole;
      const Octets bytes = values_of(integers, plans[i]);
      for (size_t p = 0; p < cells.size(); ++p) {
        uint64_t value = 0;
        std::memcpy(&value, bytes.data() + 8 * p, 8);
        const size_t cell = cells[p], row = cell == kLoose ? 0 : cell / columns;
        const int64_t r = cell == kLoose ? 0 : ticks_of(cell);
        const uint64_t of_cell =
            static_cast<uint64_t>(rule.of_row[row]) + static_cast<uint64_t>(rule.of_column.empty() ? 0 : rule.of_column[fired[p]]);
        const uint64_t predicted_value = static_cast<uint64_t>(rule.base) + static_cast<uint64_t>(rule.factor) * static_cast<uint64_t>(r) +
                                         static_cast<uint64_t>(rule.unit) * of_cell;
        whole.push_back(
            static_cast<int64_t>(value + ((rule.flags & 1) != 0 && r == 0 ? static_cast<uint64_t>(rule.empty) : predicted_value)));
      }
      integers = whole;
      as = rule.as;
      field.type = as.type;
    }
    if (plans[i].method != 0) field.values = values_of(integers, as);
    frame.fields.push_back(std::move(field));
  }
}

}  // namespace plain
