// SPDX-License-Identifier: Apache-2.0
/// Points frames and scan frames (sections 5, 6 and 8 of pointcloud/FORMAT.md), written from that page alone: slow, short, no code of
/// pointcloud/. The bytes must be sound. Section numbers are those of the page.
///
///   plain::read_scan(head, slices, network, frame);      // fills frame.lrf
#pragma once

#include <cstring>
#include <map>
#include <set>
#include <string>

#include "tests/golden/plain_beams.h"
#include "tests/golden/plain_intensity.h"
#include "tests/golden/plain_octree.h"
#include "tests/golden/plain_records.h"

namespace plain {

struct Field {
  std::string name;
  int64_t type = 0, count = 0;
  Octets values;
};
struct Frame {
  uint64_t kind = 0, points = 0;
  std::vector<Field> fields;
  Octets header, trailer, lrf;
};

/// Section 2: reads one thing after the other.
class Input {
 public:
  explicit Input(Octets octets) : bytes(std::move(octets)) {}
  uint64_t number() { return varint(bytes, at); }
  int64_t signed_number() {
    const uint64_t v = number();
    return v % 2 == 0 ? static_cast<int64_t>(v / 2) : -static_cast<int64_t>(v / 2) - 1;
  }
  uint64_t fixed(unsigned size) {
    uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) value |= uint64_t{bytes.at(at++)} << (8 * i);
    return value;
  }
  double f64() {
    const uint64_t bits = fixed(8);
    double value;
    std::memcpy(&value, &bits, 8);
    return value;
  }
  Octets take(uint64_t size) {
    Octets part(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.begin() + static_cast<std::ptrdiff_t>(at + size));
    at += size;
    return part;
  }
  Octets sized() { return take(number()); }
  Octets rest() { return take(bytes.size() - at); }
  std::vector<int64_t> sequence(uint64_t points, size_t channels = 1) {
    RangeReader reader(sized());
    Sequence model(channels);
    std::vector<int64_t> values;
    for (uint64_t i = 0; i < points; ++i) {
      for (const int64_t value : model.point(reader)) values.push_back(value);
    }
    return values;
  }

 private:
  Octets bytes;
  size_t at = 0;
};

/// 5.2
struct Plan {
  std::string name;
  int64_t type = 0, method = 0, count = 0, view = 0, denominator = 1, shift = 0, first = 0;
  double step = 0, origin = 0;
  std::vector<int64_t> kept;
  size_t integers() const { return static_cast<size_t>(count) * (view == 3 || view == 7 ? 2 : 1); }
  bool is_coordinate() const { return (name == "x" || name == "y" || name == "z") && integers() == 1; }
};
/// `rows`: of the grid, 0 for none.
inline std::vector<Plan> read_plans(Input& in, size_t rows = 0) {
  std::vector<Plan> plans(in.number());
  for (Plan& plan : plans) {
    for (const uint8_t c : in.sized()) plan.name += static_cast<char>(c);
    const uint64_t codes = in.fixed(1);
    plan.type = static_cast<int64_t>(codes % 16);
    plan.method = static_cast<int64_t>(codes / 16);
    plan.count = static_cast<int64_t>(in.number());
    if (plan.method == 0) continue;
    plan.view = static_cast<int64_t>(in.fixed(1));
    if (plan.view == 1 || plan.view == 5 || plan.view == 7 || plan.view == 9) plan.denominator = static_cast<int64_t>(in.number());
    if (plan.view == 8) plan.first = static_cast<int64_t>(in.fixed(8));
    if (plan.view == 6) {
      plan.step = in.f64();
      plan.origin = in.f64();
    }
    if (plan.view == 4) plan.shift = static_cast<int64_t>(in.fixed(1));
    if (plan.method == 3) in.fixed(1);
    uint64_t last = 0;
    for (size_t k = 0; k < (plan.method == 1 ? plan.integers() : plan.method == 2 ? rows : 0); ++k) {
      last += static_cast<uint64_t>(in.signed_number());
      plan.kept.push_back(static_cast<int64_t>(last));
    }
  }
  return plans;
}
/// View 2 of a double.
inline uint64_t ordered_double(uint64_t place) {
  const uint64_t sign = uint64_t{1} << 63;
  return place < sign ? place : sign | ~place;
}
/// The bytes of a field.
inline Octets values_of(const std::vector<int64_t>& integers, const Plan& plan) {
  constexpr unsigned kWidth[11] = {1, 2, 4, 8, 1, 2, 4, 8, 2, 4, 8};
  const unsigned width = kWidth[plan.type];
  Octets out;
  if (plan.view >= 7) {
    for (size_t i = 0; i < integers.size(); i += plan.view == 7 ? 2 : 1) {
      uint64_t bits = static_cast<uint64_t>(integers[i]);
      if (plan.view == 9) bits *= static_cast<uint64_t>(plan.denominator);
      if (plan.view == 8) bits = ordered_double(bits + static_cast<uint64_t>(plan.first));
      if (plan.view == 7) {
        const double value = static_cast<double>(integers[i]) / static_cast<double>(plan.denominator);
        std::memcpy(&bits, &value, 8);
        // The other way round: a double's place.
        const uint64_t sign = uint64_t{1} << 63, place = bits < sign ? bits : ~(bits - sign);
        bits = ordered_double(place + static_cast<uint64_t>(integers[i + 1]));
      }
      for (unsigned k = 0; k < width; ++k) out.push_back(static_cast<uint8_t>(bits >> (8 * k)));
    }
    return out;
  }
  for (const int64_t integer : integers) {
    uint64_t bits = static_cast<uint64_t>(integer);
    if (plan.view == 1 || plan.view == 5 || plan.view == 6) {
      const bool below = plan.view == 5 && integer < 0;
      const double size = plan.view == 6 ? static_cast<double>(integer) * plan.step + plan.origin
                                         : static_cast<double>(below ? -1 - integer : integer) / static_cast<double>(plan.denominator),
                   value = below ? -size : size;
      const float narrow = static_cast<float>(value);
      if (width == 4) {
        uint32_t word;
        std::memcpy(&word, &narrow, 4);
        bits = word;
      } else {
        std::memcpy(&bits, &value, 8);
      }
    }
    if (plan.view == 2 || plan.view == 4) {
      bits = static_cast<uint64_t>(integer < 0 ? -1 - integer : integer) << plan.shift;
      if (integer < 0) bits |= uint64_t{1} << (8 * width - 1);
    }
    for (unsigned i = 0; i < (plan.view == 3 ? 4 : width); ++i) out.push_back(static_cast<uint8_t>(bits >> (8 * i)));
  }
  return out;
}

/// 5.4
inline std::vector<std::pair<uint64_t, std::array<uint64_t, 3>>> read_point_list(Input& in) {
  std::vector<std::pair<uint64_t, std::array<uint64_t, 3>>> points(in.number());
  uint64_t next = 0;
  for (auto& [index, floats] : points) {
    index = next + in.number();
    next = index + 1;
    for (uint64_t& word : floats) word = in.fixed(4);
  }
  return points;
}

/// 6: adds the flags of a slice; how many of its points are not absent.
inline uint64_t read_absent(const Octets& coded, uint64_t size, std::vector<bool>& absent) {
  RangeReader reader(coded);
  std::vector<Adaptive> bits(256);
  unsigned before = 0;
  uint64_t present = 0;
  for (uint64_t i = 0; i < size; ++i) {
    const bool flag = bits[before].code(reader, 255);
    before = (2 * before + flag) % 256;
    present += !flag;
    absent.push_back(flag);
  }
  return present;
}
inline Octets with_absent(const Octets& present, const Octets& value, const std::vector<bool>& absent) {
  Octets out;
  size_t next = 0;
  for (const bool flag : absent) {
    for (size_t k = 0; k < value.size(); ++k) out.push_back(flag ? value[k] : present.at(next++));
  }
  return out;
}

/// 6
inline BeamNumbers read_beams(Input& head) {
  BeamNumbers beams;
  for (uint64_t left = head.number(); left > 1; --left) beams.pieces.push_back(beams.pieces.back() + head.number());
  beams.heads.resize(head.number() * beams.pieces.size());
  for (auto& one : beams.heads) {
    for (double& v : one) v = head.f64();
  }
  beams.head_of.resize(head.number());
  for (size_t& of : beams.head_of) of = head.fixed(1);
  beams.step = head.f64();
  beams.kind = static_cast<unsigned>(head.fixed(1));
  if (beams.kind == 2) {
    beams.field = head.number();
  } else {
    beams.order.resize(beams.head_of.size());
    for (size_t& label : beams.order) label = head.fixed(1);
  }
  return beams;
}
/// 10.15
inline AxisNumbers axis_of(const Plan& plan, bool whole_steps, double step_m) {
  AxisNumbers axis;
  if (plan.view == 1 || plan.view == 5) axis.unit = 1.0 / static_cast<double>(plan.denominator);
  if (plan.view == 6) axis.unit = plan.step, axis.origin = plan.origin;
  if (plan.view == 2 || plan.view == 4)
    axis = {plan.type == 8 ? 0x1p112 : 1, 0, true, plan.type == 8 ? 13 : static_cast<unsigned>(plan.shift)};
  if (whole_steps) axis = {step_m, 0, false, 0};
  return axis;
}

/// 6: 0 geometry, 1 intensity, 2 ring, 3 time, 4 other.
inline size_t part_of_name(const std::string& name) {
  const std::vector<std::set<std::string>> names = {{"x", "y", "z"},
                                                    {"intensity", "Intensity", "reflectance", "reflectivity", "remission", "i"},
                                                    {"ring", "laser", "laser_number", "laser_id", "channel", "line"},
                                                    {"time", "timestamp", "t", "offset_ns", "offset_time", "gps_time", "stamp"}};
  size_t part = 0;
  while (part < names.size() && !names[part].contains(name)) ++part;
  return part;
}

/// 6
/// The nearest half, ties to even.
inline uint16_t half_of(double value) {
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const double size = std::fabs(value);
  if (!(size < 65520)) return static_cast<uint16_t>(sign | 0x7c00);
  int exponent = -14;
  while (std::ldexp(1, exponent + 1) <= size) ++exponent;
  return static_cast<uint16_t>(sign | ((exponent + 14) * 1024 + static_cast<int>(std::nearbyint(std::ldexp(size, 10 - exponent)))));
}

inline std::vector<int64_t> read_octree(const Octets& coded, uint64_t points, const std::array<int64_t, 3>& low) {
  Input in(coded);
  OctreeRoot root{static_cast<int64_t>(in.fixed(1)), in.fixed(1) == 1, {}};
  for (int64_t& place : root.place) place = static_cast<int64_t>(in.number());
  return octree(root, in.rest(), points, low);
}

inline void read_points(Input& head, const std::vector<Octets>& slices, Frame& frame) {
  const uint64_t points = head.number(), count = head.number(), flags = head.fixed(1);
  const bool whole_steps = (flags & 1) != 0, some_absent = (flags & 2) != 0;
  const double step_m = whole_steps ? head.f64() : 0;
  const std::vector<Plan> plans = read_plans(head);
  const auto is_axis = [&](size_t i) { return plans[i].name == "x" || plans[i].name == "y" || plans[i].name == "z"; };
  const bool by_beams = (flags & 4) != 0;
  const BeamNumbers beams = by_beams ? read_beams(head) : BeamNumbers{};
  size_t record_integers = 0;
  for (const Plan& plan : plans) {
    if (plan.method == 4 || (whole_steps && plan.is_coordinate())) record_integers += plan.integers();
  }
  std::vector<RecordNumber> records((flags & 8) != 0 ? record_integers : 0);
  for (RecordNumber& record : records) {
    record.number = head.number();
    record.bits = static_cast<unsigned>(head.fixed(1));
    if (record.bits > 0) record.low = head.signed_number();
  }
  std::array<int64_t, 3> low{};
  const bool as_octree = (flags & 16) != 0;
  for (size_t k = 0; k < 3 && as_octree; ++k) low[k] = head.signed_number();
  constexpr unsigned kFloatWidth[3] = {2, 4, 8};
  std::vector<Octets> absent_value(plans.size());
  for (size_t i = 0; i < plans.size(); ++i) {
    if (some_absent && is_axis(i)) absent_value[i] = head.take(kFloatWidth[plans[i].type - 8]);
  }
  const auto patches = read_point_list(head);
  std::vector<std::vector<size_t>> groups(1);
  for (size_t i = 0; i < plans.size(); ++i) {
    if (plans[i].is_coordinate() && groups[0].size() < 3 && (whole_steps || plans[i].method == 4)) groups[0].push_back(i);
  }
  const std::vector<size_t> first_group = groups[0];
  if (first_group.empty()) groups.clear();
  for (size_t i = 0; i < plans.size(); ++i) {
    if (plans[i].method == 4 && std::find(first_group.begin(), first_group.end(), i) == first_group.end()) groups.push_back({i});
  }
  std::vector<std::vector<int64_t>> integers(plans.size());
  std::vector<bool> absent;
  for (uint64_t s = 0; s < count; ++s) {
    Input slice(slices.at(s));
    const uint64_t size = points * (s + 1) / count - points * s / count;
    if (!records.empty()) {
      std::vector<size_t> plan_of, part_of;
      for (const std::vector<size_t>& group : groups) {
        for (const size_t i : group) {
          plan_of.insert(plan_of.end(), plans[i].integers(), i);
          part_of.insert(part_of.end(), plans[i].integers(), part_of_name(plans[i].name));
        }
      }
      std::map<size_t, RangeReader> readers;
      for (const size_t part : std::set<size_t>(part_of.begin(), part_of.end())) readers.emplace(part, RangeReader(slice.sized()));
      Records model(records, size);
      for (uint64_t p = 0; p < size; ++p) {
        const std::vector<int64_t> point = model.point([&](size_t number) -> RangeReader& { return readers.at(part_of[number]); });
        for (size_t k = 0; k < point.size(); ++k) integers[plan_of[k]].push_back(point[k]);
      }
      continue;
    }
    const uint64_t present = some_absent ? read_absent(slice.sized(), size, absent) : size;
    std::vector<int64_t> labels;
    for (const std::vector<size_t>& group : groups) {
      if (by_beams && group == groups[0]) continue;
      const size_t each = group.size() > 1 ? 1 : plans[group[0]].integers();
      const std::vector<int64_t> values = as_octree && group == groups[0]
                                              ? read_octree(slice.sized(), size, low)
                                              : slice.sequence(is_axis(group[0]) ? present : size, group.size() * each);
      for (size_t k = 0; k < values.size(); ++k) integers[group[k / each % group.size()]].push_back(values[k]);
      if (by_beams && beams.kind == 2 && group[0] == beams.field) labels = values;
    }
    if (!by_beams) continue;
    if (beams.kind != 2) labels = read_labels(slice.sized(), beams, size);
    std::array<AxisNumbers, 3> axes;
    for (size_t k = 0; k < 3; ++k) axes[k] = axis_of(plans[groups[0][k]], whole_steps, step_m);
    RangeReader reader(slice.sized());
    BeamPoints model(beams, axes);
    for (uint64_t i = 0; i < size; ++i) {
      const double place = points > 1 ? static_cast<double>(points * s / count + i) / static_cast<double>(points - 1) : 0;
      const std::array<int64_t, 3> q = model.point(reader, static_cast<size_t>(labels[i]), points * s / count + i, place);
      for (size_t k = 0; k < 3; ++k) integers[groups[0][k]].push_back(q[k]);
    }
  }
  const uint64_t present = points - static_cast<uint64_t>(std::count(absent.begin(), absent.end(), true));
  for (size_t i = 0; i < plans.size(); ++i) {
    for (uint64_t p = 0; plans[i].method == 1 && p < (is_axis(i) ? present : points); ++p)
      integers[i].insert(integers[i].end(), plans[i].kept.begin(), plans[i].kept.end());
    Field field{plans[i].name, plans[i].type, plans[i].count, {}};
    if (whole_steps && plans[i].is_coordinate()) {
      for (const int64_t integer : integers[i]) {
        const double value = static_cast<double>(integer) * step_m;
        const float narrow = static_cast<float>(value);
        const uint16_t half = half_of(value);
        uint8_t word[8];
        std::memcpy(word, &value, 8);
        if (plans[i].type == 9) std::memcpy(word, &narrow, 4);
        if (plans[i].type == 8) std::memcpy(word, &half, 2);
        field.values.insert(field.values.end(), word, word + kFloatWidth[plans[i].type - 8]);
      }
    } else {
      field.values = values_of(integers[i], plans[i]);
    }
    if (some_absent && is_axis(i)) field.values = with_absent(field.values, absent_value[i], absent);
    for (const auto& [index, position] : patches) {
      if (plans[i].is_coordinate() && plans[i].type == 8) {
        float value;
        std::memcpy(&value, &position[static_cast<size_t>(plans[i].name[0] - 'x')], 4);
        const uint16_t half = half_of(static_cast<double>(value));
        std::memcpy(&field.values[index * 2], &half, 2);
      } else if (plans[i].is_coordinate()) {
        for (unsigned k = 0; k < 4; ++k)
          field.values[index * 4 + k] = static_cast<uint8_t>(position[static_cast<size_t>(plans[i].name[0] - 'x')] >> (8 * k));
      }
    }
    frame.fields.push_back(std::move(field));
  }
}

inline Grid read_grid_head(Input& in) {
  Grid grid;
  for (int64_t* number : {&grid.rows, &grid.columns, &grid.slices, &grid.max_range, &grid.range_step, &grid.intensity_bits, &grid.flags,
                          &grid.tick_um, &grid.column_millidegrees}) {
    *number = static_cast<int64_t>(in.number());
  }
  grid.range.resize(static_cast<size_t>(grid.rows * grid.columns));
  grid.intensity.resize(grid.range.size());
  return grid;
}

/// 8: which laser each row is, and where.
struct ScanRows {
  std::vector<int64_t> laser, shift, elevation;
};
inline ScanRows read_scan_rows(Input& head, size_t lasers) {
  ScanRows rows;
  for (std::vector<int64_t>* numbers : {&rows.laser, &rows.shift, &rows.elevation}) *numbers = column_numbers(head.sized(), lasers);
  return rows;
}

/// 8: cells [column][laser].
struct ScanCells {
  std::vector<int64_t> range, intensity;
};
inline ScanCells read_scan_cells(Input& head, const std::vector<Octets>& slices, const Octets& network, const ScanRows& rows,
                                 size_t columns, uint64_t range_bytes) {
  const size_t lasers = rows.laser.size();
  Grid grid = read_grid_head(head);
  grid.elevation = rows.elevation;
  for (int64_t s = 0; s < grid.slices; ++s) {
    const int64_t first = grid.columns * s / grid.slices, end = grid.columns * (s + 1) / grid.slices;
    Input slice(slices.at(static_cast<size_t>(s)));
    const bool by_network = (grid.flags & 1) != 0;
    decode_ranges(slice.sized(), grid, first, end, by_network ? network : Octets{});
    if (grid.intensity_bits == 0) continue;
    if (by_network) {
      Intensities(slice.sized(), grid, first, end).decode();
    } else {
      decode_quick_intensities(slice.sized(), grid, first, end);
    }
  }
  ScanCells cells{std::vector<int64_t>(grid.range.size()), std::vector<int64_t>(grid.range.size())};
  for (size_t row = 0; row < lasers; ++row) {
    for (size_t column = 0; column < columns; ++column) {
      const size_t from = row * columns + column;
      const int64_t turn = static_cast<int64_t>(columns),
                    from_column = ((static_cast<int64_t>(column) - rows.shift[row]) % turn + turn) % turn;
      const size_t to = static_cast<size_t>(from_column) * lasers + static_cast<size_t>(rows.laser[row]);
      const int64_t coded = grid.range[from], ticks = grid.range_step == 1 ? coded : (coded - 1) * grid.range_step;
      cells.range[to] = coded == 0 ? 0 : std::clamp<int64_t>(ticks, 1, range_bytes == 2 ? 0xffff : 0xffffffff);
      cells.intensity[to] = grid.intensity[from];
    }
  }
  return cells;
}

/// 8
inline void read_scan(Input& head, const std::vector<Octets>& slices, const Octets& network, Frame& frame) {
  const size_t columns = head.number(), lasers = head.number();
  const uint64_t tick_um = head.fixed(4), units = head.fixed(4), range_bytes = head.fixed(1);
  const ScanRows rows = read_scan_rows(head, lasers);
  const std::vector<int64_t> azimuth = column_numbers(head.sized(), columns), time_us = column_numbers(head.sized(), columns);
  const ScanCells cells = read_scan_cells(head, slices, network, rows, columns, range_bytes);
  const auto put = [&](int64_t value, unsigned size) {
    for (unsigned i = 0; i < size; ++i) frame.lrf.push_back(static_cast<uint8_t>(value >> (8 * i)));
  };
  for (const char c : std::string("LRFRAME1")) put(c, 1);
  for (const size_t word : {columns, lasers, size_t{range_bytes}, size_t{tick_um}, size_t{1}, size_t{units}})
    put(static_cast<int64_t>(word), 4);
  for (const int64_t value : azimuth) put(value, 2);
  for (const int64_t value : time_us) put(value, 4);
  for (const int64_t value : cells.range) put(value, static_cast<unsigned>(range_bytes));
  for (const int64_t value : cells.intensity) put(value, 1);
}

}  // namespace plain
