// SPDX-License-Identifier: Apache-2.0
/// Section 7 of pointcloud/FORMAT.md (laser-sorted frames), written from that page alone: slow, short, no code of pointcloud/.
///
///   plain::read_laser_sorted(head, slices, network, frame);      // fills frame.fields
#pragma once

#include "tests/golden/plain_cloud.h"
#include "tests/golden/plain_exact.h"

namespace plain {

/// 7.2
struct LaserModel {
  uint64_t units_per_metre = 0, tick_um = 0, azimuth_ticks = 0, lasers = 0;
  std::array<std::vector<int64_t>, 6> numbers;  ///< elevation, azimuth offset, vertical, horizontal, range offset, azimuth shift
  std::vector<int64_t> run_laser;
};
inline LaserModel read_laser_model(Input& in) {
  LaserModel model;
  for (uint64_t* number : {&model.units_per_metre, &model.tick_um, &model.azimuth_ticks, &model.lasers}) *number = in.number();
  const Octets bytes = in.sized();
  size_t at = 0;
  const auto bit = [&] {
    const int64_t value = bytes.at(at / 8) >> (7 - at % 8) & 1;
    ++at;
    return value;
  };
  const auto code = [&](int64_t order) {
    int64_t zeros = 0, w = 1;
    while (bit() == 0) ++zeros;
    for (int64_t i = 0; i < zeros + order; ++i) w = 2 * w + bit();
    return w - (int64_t{1} << order);
  };
  const auto zigzag = [&](int64_t order) {
    const int64_t v = code(order);
    return v % 2 == 0 ? v / 2 : -(v / 2) - 1;
  };
  const std::vector<int64_t>& e = model.numbers[0];
  for (size_t n = 0; n < 6; ++n) {
    std::vector<int64_t>& v = model.numbers[n];
    const int64_t order = code(2);
    for (size_t k = 0; k < model.lasers; ++k) {
      int64_t predicted = k == 0 || n == 1 || n == 4 ? 0 : v[k - 1];
      if (n == 3 && k > 0) predicted = k == 1 ? -v[0] : v[k - 2];
      if (n == 2 && k > 1 && e[k - 1] != e[k - 2] && std::abs(v[k - 1] - v[k - 2]) < 100000000 && std::abs(e[k] - e[k - 1]) < 100000000) {
        predicted += (v[k - 1] - v[k - 2]) * (e[k] - e[k - 1]) / (e[k - 1] - e[k - 2]);
      }
      v.push_back(predicted + zigzag(order));
    }
  }
  for (size_t run = 0; run < model.lasers; ++run) model.run_laser.push_back(static_cast<int64_t>(run) + zigzag(0));
  return model;
}

/// A number that is rounded: how close the call is, and which way the other side lies.
struct Margin {
  int64_t margin = 0, toward = 1;
  Margin() : margin(7) {}
  Margin(double f, double sign) : toward(sign < 0 ? -1 : 1) {
    for (const double edge : {0.004, 0.008, 0.016, 0.024, 0.036, 0.064, 0.1}) margin += edge <= 0.5 - std::fabs(f) ? 1 : 0;
  }
};

/// 10.7: one set of models for three numbers.
class Residues {
 public:
  std::array<int64_t, 3> code(RangeReader& reader, const std::array<Margin, 3>& margins) {
    std::array<int64_t, 3> residues{};
    if (bits[{3, 3, std::min({margins[0].margin, margins[1].margin, margins[2].margin})}].code(reader, 255)) return residues;
    for (size_t axis = 0; axis < 3; ++axis) residues[axis] = code_axis(reader, static_cast<int64_t>(axis), margins[axis]);
    return residues;
  }

 private:
  int64_t code_axis(RangeReader& reader, int64_t axis, const Margin& m) {
    if (bits[{axis, 0, m.margin}].code(reader, 255)) return 0;
    if (bits[{axis, 1, 0}].code(reader, 255)) return m.toward;
    return static_cast<int8_t>(residual(reader, [&](unsigned node) { return bits[{axis, 2, node}].code(reader, 255); }));
  }
  std::map<std::array<int64_t, 3>, Adaptive> bits;
};

inline double round_even(double v) {
  constexpr double kMagic = 6755399441055744.0;
  return (v + kMagic) - kMagic;
}
inline float float_of(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}
inline uint32_t bits_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return bits;
}
/// In the order of all floats.
inline float stepped(float value, int64_t steps) {
  const uint32_t bits = bits_of(value), place = ((bits >> 31) != 0 ? ~bits : bits | 0x80000000u) + static_cast<uint32_t>(steps);
  return float_of((place >> 31) != 0 ? place & 0x7fffffffu : ~place);
}

/// 5.3: the attributes of one slice.
inline void read_attributes(Input& slice, const std::vector<Plan>& plans, Grid& grid, int64_t first, int64_t end, bool all_cells,
                            std::vector<std::vector<int64_t>>& cell_values) {
  for (size_t i = 0; i < plans.size(); ++i) {
    if (plans[i].method == 3) {
      const Octets coded = slice.sized();
      if ((grid.flags & 1) != 0) {
        Intensities(coded, grid, first, end).decode();
      } else {
        decode_quick_intensities(coded, grid, first, end);
      }
    } else if (plans[i].method == 4) {
      RangeReader values(slice.sized());
      Sequence sequence(plans[i].integers());
      for (int64_t row = 0; row < grid.rows; ++row) {
        for (int64_t column = first; column < end; ++column) {
          const size_t cell = static_cast<size_t>(grid.cell(row, column));
          if (grid.range[cell] == 0 && !all_cells) continue;
          const std::vector<int64_t> point = sequence.point(values);
          std::copy(point.begin(), point.end(), cell_values[i].begin() + static_cast<std::ptrdiff_t>(cell * point.size()));
        }
      }
    }
  }
}

/// 7.1
inline void read_laser_sorted(Input& head, const std::vector<Octets>& slices, const Octets& network, Frame& frame) {
  const uint64_t points = head.number(), flags = head.fixed(1);
  const LaserModel model = read_laser_model(head);
  double motion[6] = {};
  for (double& number : motion) number = (flags & 1) != 0 ? head.f64() : 0;
  Grid grid = read_grid_head(head);
  const size_t columns = static_cast<size_t>(grid.columns), rows = static_cast<size_t>(grid.rows);
  const std::vector<int64_t> azimuth = head.sequence(columns), start = head.sequence(rows);
  const auto loose = read_point_list(head);
  std::map<uint64_t, uint64_t> displaced;
  for (uint64_t left = head.number(); left > 0; --left) {
    const uint64_t index = head.number();
    displaced[index] = head.number();
  }
  const auto patches = read_point_list(head);
  const std::vector<Plan> plans = read_plans(head, rows);
  std::vector<std::vector<int64_t>> off_grid(plans.size());
  for (size_t i = 0; i < plans.size() && !loose.empty(); ++i) {
    if (plans[i].method >= 2) off_grid[i] = head.sequence(loose.size(), plans[i].integers());
  }
  const double to_centidegrees = 18000 / 3.14159265358979323846 / 1e7;
  for (const int64_t e : model.numbers[0]) {
    grid.elevation.push_back(static_cast<int64_t>(std::clamp(static_cast<double>(e) * to_centidegrees, -18000.0, 18000.0)));
  }

  const int64_t turn = static_cast<int64_t>(model.azimuth_ticks);
  const double tick_rad = 2 * 3.14159265358979323846 / static_cast<double>(turn), units = static_cast<double>(model.units_per_metre);
  const auto number = [&](size_t n, size_t row, double unit) { return static_cast<double>(model.numbers[n][row]) / unit; };
  const auto place = [&](size_t row, int64_t column, double ticks) {
    const int64_t shift = (model.numbers[5][row] % turn + turn) % turn;
    const int64_t aside = (2 * shift * grid.columns + turn) / (2 * turn) % grid.columns;
    const int64_t fired = (column + grid.columns - aside) % grid.columns;
    const auto [s0, c0] = sincos(static_cast<double>((azimuth[static_cast<size_t>(fired)] + shift) % turn) * tick_rad);
    const auto [s1, c1] = sincos(number(1, row, 1e7));
    const auto [se, ce] = sincos(number(0, row, 1e7));
    const double side = number(3, row, 1e6), d = ticks * (static_cast<double>(model.tick_um) / 1e6) + number(4, row, 1e6);
    const double s = s0 * c1 + c0 * s1, c = c0 * c1 - s0 * s1, rho = d * ce, h2 = rho * rho - side * side, h = h2 > 0 ? std::sqrt(h2) : 0;
    return std::array<double, 3>{h * c + side * s, h * s - side * c, d * se + number(2, row, 1e6)};
  };
  const auto moved = [&](const std::array<float, 3>& at) {
    const double* w = motion + 3;
    const double angle = std::sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2]), q[3] = {at[0], at[1], at[2]};
    double axis[3] = {1, 0, 0};
    for (int i = 0; i < 3 && angle > 0; ++i) axis[i] = w[i] / angle;
    const double tau = atan2(q[1], q[0]) / (2 * 3.14159265358979323846);
    const auto [s, c] = sincos(angle * tau);
    const double n[3] = {axis[1] * q[2] - axis[2] * q[1], axis[2] * q[0] - axis[0] * q[2], axis[0] * q[1] - axis[1] * q[0]};
    const double k = (axis[0] * q[0] + axis[1] * q[1] + axis[2] * q[2]) * (1 - c);
    std::array<double, 3> p;
    for (size_t i = 0; i < 3; ++i) p[i] = q[i] * c + n[i] * s + axis[i] * k + motion[i] * tau;
    return p;
  };

  std::vector<std::vector<int64_t>> cell_values(plans.size());
  for (size_t i = 0; i < plans.size(); ++i) cell_values[i].resize(grid.range.size() * plans[i].integers());
  std::vector<std::array<float, 3>> position(grid.range.size());
  for (int64_t s = 0; s < grid.slices; ++s) {
    const int64_t first = grid.columns * s / grid.slices, end = grid.columns * (s + 1) / grid.slices;
    Input slice(slices.at(static_cast<size_t>(s)));
    decode_ranges(slice.sized(), grid, first, end, (grid.flags & 1) != 0 ? network : Octets{});
    RangeReader reader((flags & 2) != 0 ? slice.sized() : Octets{});
    Residues residues, float_steps;
    for (size_t row = 0; row < rows; ++row) {
      for (int64_t column = first; column < end; ++column) {
        const size_t cell = static_cast<size_t>(grid.cell(static_cast<int64_t>(row), column));
        const int64_t r = grid.range[cell];
        if (r == 0) continue;
        const std::array<double, 3> v = place(row, column, static_cast<double>(grid.range_step == 1 ? r : (r - 1) * grid.range_step));
        const bool seen = (grid.flags & 1) != 0;
        const auto off = [&](size_t axis) {
          if (!seen) return Margin();
          const double x = v[axis] * units, f = x - round_even(x);
          return Margin(f, f);
        };
        std::array<int64_t, 3> residue{};
        if ((flags & 2) != 0) residue = residues.code(reader, {off(0), off(1), off(2)});
        for (size_t axis = 0; axis < 3; ++axis) {
          const double u = round_even(v[axis] * units) + static_cast<double>(residue[axis]);
          position[cell][axis] = (flags & 1) == 0 && u == 0 && v[axis] < 0 ? -0.0f : static_cast<float>(u / units);
          if (u == 0 && !((flags & 1) == 0 && v[axis] < 0)) position[cell][axis] = 0.0f;
        }
        if ((flags & 1) == 0) continue;
        const std::array<double, 3> m = moved(position[cell]);
        for (size_t axis = 0; axis < 3; ++axis) position[cell][axis] = static_cast<float>(m[axis]);
        if ((flags & 6) != 6) continue;
        const auto between = [&](size_t axis) {
          if (!seen) return Margin();
          const float n = position[cell][axis];
          const double ulp = std::fabs(static_cast<double>(float_of(bits_of(n) + 1)) - static_cast<double>(n)),
                       away = (m[axis] - static_cast<double>(n)) / ulp;
          return Margin(away - round_even(away), away);
        };
        const std::array<int64_t, 3> steps = float_steps.code(reader, {between(0), between(1), between(2)});
        for (size_t axis = 0; axis < 3; ++axis) position[cell][axis] = stepped(position[cell][axis], steps[axis]);
      }
    }
    read_attributes(slice, plans, grid, first, end, false, cell_values);
  }

  // File order: the cell of each point, or -1.
  std::vector<int64_t> cells(points, -2);
  std::vector<bool> taken(grid.range.size());
  const auto row_major = [&](uint64_t cell) { return static_cast<int64_t>(cell % rows * columns + cell / rows); };
  for (const auto& [index, floats] : loose) cells[index] = -1;
  for (const auto& [index, cell] : displaced) {
    cells[index] = row_major(cell);
    taken[static_cast<size_t>(cells[index])] = true;
  }
  size_t next = 0;
  for (size_t run = 0; run < rows; ++run) {
    for (size_t k = 0; k < columns; ++k) {
      const int64_t cell = grid.cell(model.run_laser[run], (start[run] + static_cast<int64_t>(k)) % grid.columns);
      if (grid.range[static_cast<size_t>(cell)] == 0 || taken[static_cast<size_t>(cell)]) continue;
      while (cells[next] != -2) ++next;
      cells[next++] = cell;
    }
  }
  std::map<uint64_t, std::array<uint64_t, 3>> exact(loose.begin(), loose.end());
  for (const auto& [index, floats] : patches) exact[index] = floats;
  for (size_t i = 0; i < plans.size(); ++i) {
    Field field{plans[i].name, plans[i].type, plans[i].count, {}};
    std::vector<int64_t> integers;
    size_t off = 0;
    for (uint64_t p = 0; p < points; ++p) {
      const size_t cell = cells[p] < 0 ? 0 : static_cast<size_t>(cells[p]), each = plans[i].integers();
      if (plans[i].method == 0) {
        const size_t axis = static_cast<size_t>(plans[i].name[0] - 'x');
        const uint32_t bits = exact.contains(p) ? static_cast<uint32_t>(exact[p][axis]) : bits_of(position[cell][axis]);
        for (unsigned k = 0; k < 4; ++k) field.values.push_back(static_cast<uint8_t>(bits >> (8 * k)));
      } else if (plans[i].method == 1) {
        integers.insert(integers.end(), plans[i].kept.begin(), plans[i].kept.end());
      } else if (cells[p] == -1) {
        for (size_t k = 0; k < each; ++k) integers.push_back(off_grid[i][off++]);
      } else if (plans[i].method == 2) {
        integers.push_back(plans[i].kept[cell / columns]);
      } else if (plans[i].method == 3) {
        integers.push_back(grid.intensity[cell]);
      } else {
        for (size_t k = 0; k < each; ++k) integers.push_back(cell_values[i][cell * each + k]);
      }
    }
    if (plans[i].method != 0) field.values = values_of(integers, plans[i]);
    frame.fields.push_back(std::move(field));
  }
}

}  // namespace plain
