// SPDX-License-Identifier: Apache-2.0
/// Sections 7.3 and 7.4 of pointcloud/FORMAT.md (firing-order frames), written from that page alone: slow, short, no code of pointcloud/.
///
///   plain::read_firing_order(head, slices, network, frame);      // fills frame.fields
#pragma once

#include "tests/golden/plain_sweep.h"

namespace plain {

using Three = std::array<double, 3>;
using Matrix = std::array<Three, 3>;

inline Three times(const Matrix& m, const Three& v) {
  Three result;
  for (size_t i = 0; i < 3; ++i) result[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2];
  return result;
}
inline Matrix flipped(const Matrix& m) {
  Matrix t;
  for (size_t i = 0; i < 3; ++i) t[i] = {m[0][i], m[1][i], m[2][i]};
  return t;
}
inline Matrix rotation(const Three& w) {
  const double a = std::sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2]);
  if (!(a > 0 && a < 1048576)) return {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  const double inverse = 1.0 / a;
  const Three u = {w[0] * inverse, w[1] * inverse, w[2] * inverse};
  const double s = sincos(a).first, g = sincos(0.5 * a).first, k = 2 * g * g;
  const double xy = k * u[0] * u[1], xz = k * u[0] * u[2], yz = k * u[1] * u[2];
  return {{{1 - k * (u[1] * u[1] + u[2] * u[2]), xy - s * u[2], xz + s * u[1]},
           {xy + s * u[2], 1 - k * (u[0] * u[0] + u[2] * u[2]), yz - s * u[0]},
           {xz - s * u[1], yz + s * u[0], 1 - k * (u[0] * u[0] + u[1] * u[1])}}};
}

/// 7.4
struct FiringModel {
  struct Laser {
    int64_t place, elevation, position;
  };
  struct Piece {
    int64_t first = 0;
    std::array<std::array<int64_t, 3>, 4> numbers{};  ///< position, velocity, angle, rate
  };
  uint64_t columns = 0, lasers = 0, tick_um = 0, azimuth_ticks = 0, single = 0, divisor = 0, framed = 0;
  std::vector<Laser> table;
  std::array<int64_t, 3> rotation{}, floor{};
  Three origin{};
  std::vector<Piece> pieces;
};
inline FiringModel read_firing_model(Input& in) {
  FiringModel model;
  for (uint64_t* number : {&model.columns, &model.lasers, &model.tick_um, &model.azimuth_ticks, &model.single, &model.divisor})
    *number = in.number();
  int64_t elevation = 0;
  for (uint64_t k = 0; k < model.lasers; ++k) {
    const int64_t place = static_cast<int64_t>(in.number());
    elevation += in.signed_number();
    model.table.push_back({place, elevation, static_cast<int64_t>(in.number())});
  }
  model.framed = in.number();
  if (model.framed != 0) {
    for (int64_t& number : model.rotation) number = in.signed_number();
    for (double& number : model.origin) number = in.f64();
    for (int64_t& number : model.floor) number = -static_cast<int64_t>(in.number());
  }
  FiringModel::Piece piece;
  for (uint64_t left = in.number(); left > 0; --left) {
    const int64_t on = static_cast<int64_t>(in.number());
    piece.first += on;
    for (size_t axis = 0; axis < 3; ++axis) {
      piece.numbers[0][axis] += piece.numbers[1][axis] * on >> 10;
      piece.numbers[2][axis] += piece.numbers[3][axis] * on >> 10;
    }
    for (auto& numbers : piece.numbers) {
      for (int64_t& number : numbers) number += in.signed_number();
    }
    model.pieces.push_back(piece);
  }
  return model;
}

/// 10.8
class PointResidues {
 public:
  std::array<int64_t, 6> code(RangeReader& reader, uint64_t flags) {
    std::array<int64_t, 6> steps{};
    for (size_t n = 0; n < 6; ++n) {
      if ((flags & (n < 3 ? 1u : 2u)) == 0) continue;
      const int64_t context = std::min<int64_t>(size[n] >> 6, 11);
      const int64_t value = residual(reader, [&](unsigned node) {
        return bits[{static_cast<int64_t>(n), context, node}].code(reader, 1023);
      });
      steps[n] = std::clamp<int64_t>(value, -(1 << 21), 1 << 21);
      size[n] += (8 * log_of(std::abs(steps[n])) - size[n]) / 8;
    }
    return steps;
  }

 private:
  std::array<int64_t, 6> size{};
  std::map<std::array<int64_t, 3>, Adaptive> bits;
};

/// 7.3
inline void read_firing_order(Input& head, const std::vector<Octets>& slices, const Octets& network, Frame& frame) {
  const uint64_t flags = head.fixed(1);
  const FiringModel model = read_firing_model(head);
  Grid grid = read_grid_head(head);
  const size_t columns = static_cast<size_t>(grid.columns), rows = static_cast<size_t>(grid.rows);
  const std::vector<int64_t> azimuth = column_numbers(head.sized(), columns), step = column_numbers(head.sized(), columns);
  const auto patches = read_point_list(head);
  const std::vector<Plan> plans = read_plans(head, rows);
  for (const auto& laser : model.table) grid.elevation.push_back(laser.elevation / 10);

  std::vector<std::vector<int64_t>> cell_values(plans.size());
  for (size_t i = 0; i < plans.size(); ++i) cell_values[i].resize(grid.range.size() * plans[i].integers());
  std::vector<int64_t> correction(grid.range.size());
  std::vector<std::array<int64_t, 6>> residues(grid.range.size()), of_columns(columns);
  for (int64_t s = 0; s < grid.slices; ++s) {
    const int64_t first = grid.columns * s / grid.slices, end = grid.columns * (s + 1) / grid.slices;
    Input slice(slices.at(static_cast<size_t>(s)));
    decode_ranges(slice.sized(), grid, first, end, (grid.flags & 1) != 0 ? network : Octets{});
    const auto each_cell = [&](auto&& visit) {
      for (int64_t row = 0; row < grid.rows; ++row) {
        for (int64_t column = first; column < end; ++column)
          visit(static_cast<size_t>(grid.cell(row, column)), static_cast<size_t>(column));
      }
    };
    if ((flags & 4) != 0) {
      RangeReader reader(slice.sized());
      Sequence sequence(1);
      each_cell([&](size_t cell, size_t) {
        if (grid.range[cell] != 0) correction[cell] = std::clamp<int64_t>(sequence.point(reader)[0], -32768, 32767);
      });
    }
    if ((flags & 3) != 0) {
      RangeReader reader(slice.sized());
      PointResidues returns, empties;
      std::vector<bool> has_empty(columns);
      each_cell([&](size_t cell, size_t column) {
        if (grid.range[cell] != 0) {
          residues[cell] = returns.code(reader, flags);
        } else {
          has_empty[column] = true;
        }
      });
      for (int64_t column = first; column < end; ++column) {
        if (has_empty[static_cast<size_t>(column)]) of_columns[static_cast<size_t>(column)] = empties.code(reader, flags);
      }
    }
    read_attributes(slice, plans, grid, first, end, true, cell_values);
  }

  const auto narrow = [&](double x) {
    const double b = x * 536870913;
    return model.single != 0 ? b - (b - x) : x;
  };
  const auto scaled = [](const std::array<int64_t, 3>& v, double unit) {
    return Three{static_cast<double>(v[0]) * unit, static_cast<double>(v[1]) * unit, static_cast<double>(v[2]) * unit};
  };
  const int64_t turn = static_cast<int64_t>(model.azimuth_ticks), divisor = static_cast<int64_t>(model.divisor);
  const double degree = 0.017453292519943295, tick = narrow(static_cast<double>(model.tick_um) * 1e-6),
               azimuth_rad = 360.0 * degree / static_cast<double>(turn);
  const Matrix to_frame = rotation(model.framed != 0 ? scaled(model.rotation, 0x1p-44) : Three{});
  std::vector<std::array<float, 3>> position(grid.range.size());
  FiringModel::Piece piece;
  size_t next = 0;
  for (size_t column = 0; column < columns; ++column) {
    while (next < model.pieces.size() && static_cast<size_t>(model.pieces[next].first) <= column) piece = model.pieces[next++];
    const double k = static_cast<double>(column) - static_cast<double>(piece.first);
    const Three at0 = scaled(piece.numbers[0], 0x1p-36), velocity = scaled(piece.numbers[1], 0x1p-46),
                angle = scaled(piece.numbers[2], 0x1p-40), rate = scaled(piece.numbers[3], 0x1p-50);
    Three angles, place;
    for (size_t i = 0; i < 3; ++i) angles[i] = angle[i] + rate[i] * k, place[i] = at0[i] + velocity[i] * k;
    const Matrix by_column = flipped(rotation(angles));
    Matrix pose;
    for (size_t i = 0; i < 3; ++i) pose[i] = times(by_column, to_frame[i]);
    for (size_t row = 0; row < rows; ++row) {
      const size_t cell = row * columns + column;
      const int64_t size = std::abs(step[column]), share = (2 * model.table[row].position * size + divisor) / (2 * divisor);
      const int64_t ticks = azimuth[column] + (step[column] < 0 ? -share : share) + correction[cell];
      const int64_t coded = grid.range[cell], range = coded == 0 || grid.range_step == 1 ? coded : (coded - 1) * grid.range_step;
      Three q{};
      if (range != 0) {
        const auto [sa, ca] = sincos(static_cast<double>((ticks % turn + turn) % turn) * azimuth_rad);
        const auto [se, ce] = sincos(static_cast<double>(model.table[row].elevation) * degree / 1000);
        const double r = narrow(static_cast<double>(range) * tick), h = narrow(r * narrow(ce));
        q = {narrow(h * narrow(ca)), narrow(h * narrow(sa)), narrow(r * narrow(se))};
      }
      const std::array<int64_t, 6>& steps = range == 0 ? of_columns[column] : residues[cell];
      Three v = times(pose, q);
      for (size_t i = 0; i < 3; ++i) {
        v[i] += place[i];
        if (model.framed == 0) continue;
        const double o = v[i] + model.origin[i];
        uint64_t bits;
        std::memcpy(&bits, &o, 8);
        const int64_t exponent = static_cast<int64_t>(bits >> 52 & 0x7ff) - 1023 - 23;
        const double g = std::ldexp(1.0, static_cast<int>(std::clamp<int64_t>(std::max(exponent, model.floor[i]), -1000, 900)));
        const double whole = std::fabs(o / g) < 0x1p50 ? round_even(o / g) : o / g;
        v[i] = (whole + static_cast<double>(steps[i])) * g - model.origin[i];
      }
      const Three p = times(flipped(to_frame), v);
      for (size_t i = 0; i < 3; ++i) {
        position[cell][i] = static_cast<float>(p[i]);
        if (steps[i + 3] != 0) position[cell][i] = stepped(position[cell][i], steps[i + 3]);
      }
    }
  }

  std::vector<size_t> cells(columns * rows);
  for (size_t row = 0; row < rows; ++row) {
    for (size_t column = 0; column < columns; ++column)
      cells[column * rows + static_cast<size_t>(model.table[row].place)] = row * columns + column;
  }
  std::map<uint64_t, std::array<uint64_t, 3>> exact(patches.begin(), patches.end());
  for (size_t i = 0; i < plans.size(); ++i) {
    Field field{plans[i].name, plans[i].type, plans[i].count, {}};
    std::vector<int64_t> integers;
    for (size_t p = 0; p < cells.size(); ++p) {
      const size_t cell = cells[p], each = plans[i].integers();
      if (plans[i].method == 0) {
        const size_t axis = static_cast<size_t>(plans[i].name[0] - 'x');
        const uint32_t bits = exact.contains(p) ? static_cast<uint32_t>(exact[p][axis]) : bits_of(position[cell][axis]);
        for (unsigned k = 0; k < 4; ++k) field.values.push_back(static_cast<uint8_t>(bits >> (8 * k)));
      } else if (plans[i].method == 1) {
        integers.insert(integers.end(), plans[i].kept.begin(), plans[i].kept.end());
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
