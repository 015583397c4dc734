// SPDX-License-Identifier: Apache-2.0
/// Organised clouds of made-up sensors, computed as drivers do: what the fit must see through.
///
///   OrganisedShape shape;  shape.forward_m = 0.0158;  shape.destaggered = true;
///   const Cloud cloud = organised_cloud(random, shape);
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "entropy/exact_math.h"
#include "tests/support/codec_suite.h"

namespace dew::test {

enum class NoReturn { nan, zero, signed_zero, odd_nan, mixed };

struct OrganisedShape {
  uint32_t rows = 16, columns = 256;
  double tick_m = 0.004;
  double forward_m = 0, side_m = 0, vertical_m = 0, range_offset_m = 0, zero_rad = 0;
  bool decimal_angles = true;  ///< elevations and azimuth offsets in hundredths of a degree
  bool destaggered = false;    ///< rows turned so that columns look one way
  bool column_major = false, swapped_header = false, clockwise = true;
  bool floats = false;    ///< tables and products in single precision
  double jitter_deg = 0;  ///< columns stray by as much; azimuths are then hundredths of a degree
  double decimals = 0;    ///< coordinates rounded to 1 / decimals metres; 0: floats
  NoReturn none = NoReturn::nan;
  double empty_share = 0.15;
};

inline float odd_nan(Random& random) { return std::bit_cast<float>(0x7f800001u + static_cast<uint32_t>(below(random, 3))); }

/// Walls at changing distances; fields x y z intensity t ring range, rows from the highest laser to the lowest.
inline Cloud organised_cloud(Random& random, const OrganisedShape& shape) {
  constexpr double kDegree = 0.017453292519943295;
  // The same bits on every machine: goldens are made of such clouds.
  const auto unit = [](Random& source) { return static_cast<double>(source() >> 11) * 0x1p-53; };
  using exact::cos, exact::sin;
  const size_t cells = size_t{shape.rows} * shape.columns;
  std::vector<float> x(cells), y(cells), z(cells), intensity(cells);
  std::vector<uint32_t> time(cells), range(cells);
  std::vector<uint8_t> ring(cells);
  const double step_deg = 360.0 / shape.columns * (shape.clockwise ? -1 : 1);
  std::vector<double> stray(shape.columns);
  for (uint32_t column = 0; column < shape.columns && shape.jitter_deg > 0; ++column) {
    const double even = column * step_deg;
    stray[column] = std::round((even + (unit(random) * 2 - 1) * shape.jitter_deg) * 100) / 100 - even;
  }
  for (uint32_t row = 0; row < shape.rows; ++row) {
    const double fine = shape.decimal_angles ? 0 : unit(random) * 0.01;
    const double elevation = (std::round((15 - 30.0 * row / shape.rows) * 100) / 100 + fine) * kDegree;
    const double offset_deg = std::array{4.21, 1.41, -1.4, -4.21}[row % 4] + fine;
    const int64_t turned = shape.destaggered ? std::llround(offset_deg / step_deg) : 0;
    for (uint32_t column = 0; column < shape.columns; ++column) {
      const double theta = (column * step_deg + stray[column]) * kDegree + shape.zero_rad, a = theta + offset_deg * kDegree;
      const double wall = (4 + 3 * sin(3 * a)) * (1 + 0.4 * sin(0.7 * row + (column / 20) % 5)) +
                          (column / 40 % 3 == 0 ? 20 + row * 0.3 : 0) + 0.01 * unit(random);
      const bool empty = unit(random) < shape.empty_share || (column / 16) % 9 == 4;
      const uint32_t ticks = empty ? 0 : static_cast<uint32_t>(wall / shape.tick_m);
      const std::array<double, 3> u = {cos(elevation) * cos(a), cos(elevation) * sin(a), sin(elevation)};
      const std::array<double, 3> o = {shape.forward_m * cos(theta) - shape.side_m * sin(a) + shape.range_offset_m * u[0],
                                       shape.forward_m * sin(theta) + shape.side_m * cos(a) + shape.range_offset_m * u[1],
                                       shape.vertical_m + shape.range_offset_m * u[2]};
      std::array<float, 3> p{};
      for (size_t axis = 0; axis < 3; ++axis) {
        volatile float product = static_cast<float>(ticks) * static_cast<float>(u[axis] * shape.tick_m);
        const double exact = ticks * shape.tick_m * u[axis] + o[axis];
        p[axis] = shape.floats ? product + static_cast<float>(o[axis]) : static_cast<float>(exact);
        if (shape.decimals > 0) p[axis] = static_cast<float>(std::round(exact * shape.decimals) / shape.decimals);
      }
      if (ticks == 0) {
        const bool as_nan = shape.none == NoReturn::nan || (shape.none == NoReturn::mixed && row % 2 == 0);
        for (size_t axis = 0; axis < 3; ++axis) {
          p[axis] = as_nan                                ? std::numeric_limits<float>::quiet_NaN()
                    : shape.none == NoReturn::signed_zero ? static_cast<float>(0 * u[axis])
                    : shape.none == NoReturn::odd_nan     ? odd_nan(random)
                                                          : 0.0f;
        }
      }
      const uint32_t in_file = static_cast<uint32_t>((int64_t{column} + turned + 4 * shape.columns) % shape.columns);
      const size_t i = shape.column_major ? size_t{in_file} * shape.rows + row : size_t{row} * shape.columns + in_file;
      x[i] = p[0];
      y[i] = p[1];
      z[i] = p[2];
      range[i] = ticks * static_cast<uint32_t>(std::lround(shape.tick_m * 1000));
      intensity[i] = static_cast<float>(ticks == 0 ? 0 : (ticks / 8 + below(random, 4)) % 200);
      time[i] = 5000 + column * 97'656 + column % 3;
      ring[i] = static_cast<uint8_t>(row);
    }
  }
  const auto field = [](const char* name, FieldType type, const auto& values) {
    const ByteSpan bytes = std::as_bytes(std::span(values));
    return Field{name, type, 1, Bytes(bytes.begin(), bytes.end())};
  };
  Cloud cloud;
  cloud.points = cells;
  const bool swap = shape.column_major != shape.swapped_header;
  cloud.width = swap ? shape.rows : shape.columns;
  cloud.height = swap ? shape.columns : shape.rows;
  cloud.fields = {field("x", FieldType::f32, x),        field("y", FieldType::f32, y),
                  field("z", FieldType::f32, z),        field("intensity", FieldType::f32, intensity),
                  field("t", FieldType::u32, time),     field("ring", FieldType::u8, ring),
                  field("range", FieldType::u32, range)};
  return cloud;
}

/// The same cloud as drivers write it that leave no-returns out: in firing order, or with the columns of each `mixed` in any order.
inline Cloud listed_cloud(Random& random, const OrganisedShape& shape, uint32_t mixed) {
  OrganisedShape by_columns = shape;
  by_columns.column_major = true;
  const Cloud all = organised_cloud(random, by_columns);
  std::vector<uint64_t> kept;
  for (uint64_t first = 0; first < all.points; first += uint64_t{mixed} * shape.rows) {
    const size_t before = kept.size();
    for (uint64_t i = first; i < std::min<uint64_t>(all.points, first + uint64_t{mixed} * shape.rows); ++i) {
      if (all.find("range")->values<uint32_t>()[i] != 0) kept.push_back(i);
    }
    for (size_t i = kept.size(); mixed > 1 && i > before + 1; --i) std::swap(kept[i - 1], kept[before + below(random, i - before)]);
  }
  Cloud cloud;
  cloud.points = kept.size();
  cloud.width = static_cast<uint32_t>(kept.size());
  for (const Field& field : all.fields) {
    Field part{field.name, field.type, field.count, {}};
    const size_t width = field.bytes_per_point();
    for (const uint64_t i : kept)
      part.data.insert(part.data.end(), field.data.begin() + static_cast<ptrdiff_t>(i * width),
                       field.data.begin() + static_cast<ptrdiff_t>((i + 1) * width));
    cloud.fields.push_back(std::move(part));
  }
  return cloud;
}

/// As listed_cloud, with a time a packet of so many columns, and sorted by it as C++ programs sort.
inline Cloud sorted_cloud(Random& random, const OrganisedShape& shape, uint32_t columns_of_packet, bool turns_on = false) {
  OrganisedShape by_columns = shape;
  by_columns.column_major = true;
  const Cloud all = organised_cloud(random, by_columns);
  std::vector<std::pair<uint64_t, uint64_t>> kept;  // packet, point
  for (uint64_t i = 0; i < all.points; ++i) {
    if (all.find("range")->values<uint32_t>()[i] != 0) kept.push_back({i / shape.rows / columns_of_packet, i});
  }
  // The first column once more, a turn later.
  const uint64_t next_packet = shape.columns / columns_of_packet + 1;
  for (uint64_t i = 0; i < shape.rows && turns_on; ++i) {
    if (all.find("range")->values<uint32_t>()[i] != 0) kept.push_back({next_packet, i});
  }
  std::sort(kept.begin(), kept.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Cloud cloud;
  cloud.points = kept.size();
  cloud.width = static_cast<uint32_t>(kept.size());
  for (const Field& field : all.fields) {
    if (field.name == "t") continue;
    Field part{field.name, field.type, field.count, {}};
    const size_t width = field.bytes_per_point();
    for (const auto& [packet, i] : kept)
      part.data.insert(part.data.end(), field.data.begin() + static_cast<ptrdiff_t>(i * width),
                       field.data.begin() + static_cast<ptrdiff_t>((i + 1) * width));
    cloud.fields.push_back(std::move(part));
  }
  for (size_t i = 0; i < kept.size(); ++i) {
    if (kept[i].first != next_packet) continue;
    for (const char* axis : {"x", "y", "z"}) cloud.find(axis)->values<float>()[i] *= 1.001f;
  }
  std::vector<double> times;
  for (const auto& [packet, i] : kept) times.push_back(1635236489.25 + 0.00033 * static_cast<double>(packet));
  const ByteSpan bytes = std::as_bytes(std::span(times));
  cloud.fields.push_back({"timestamp", FieldType::f64, 1, Bytes(bytes.begin(), bytes.end())});
  return cloud;
}

/// As a slow motion over the turn leaves it: up to a millimetre beside the model.
inline Cloud slowly_moved(Cloud cloud) {
  for (size_t i = 0; i < cloud.points; ++i) {
    const double at = static_cast<double>(i) / static_cast<double>(cloud.points);
    cloud.find("z")->values<float>()[i] += static_cast<float>(0.001 * exact::sin(6 * at));
    cloud.find("x")->values<float>()[i] += static_cast<float>(0.0007 * exact::cos(6 * at));
  }
  return cloud;
}

}  // namespace dew::test
