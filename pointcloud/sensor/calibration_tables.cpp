// SPDX-License-Identifier: Apache-2.0
// Channel angles of known sensors, as their makers publish them, in channel (packet) order. A sensor's own file is better: --calibration.
// Source: Velodyne user manuals 63-9113, 63-9243, 63-9325, 63-9483; Hesai user manuals of PandarXT-32 and PandarQT-128 (design values).
#include <array>
#include <span>

#include "pointcloud/sensor/calibration.h"

namespace dew {
namespace {

constexpr double kDegree_rad = 0.017453292519943295;

constexpr double kHdl32eElevationDegrees[] = {
    -30.67, -9.33, -29.33, -8,   -28,    -6.67, -26.67, -5.33, -25.33, -4,   -24,    -2.67, -22.67, -1.33, -21.33, 0,
    -20,    1.33,  -18.67, 2.67, -17.33, 4,     -16,    5.33,  -14.67, 6.67, -13.33, 8,     -12,    9.33,  -10.67, 10.67,
};

constexpr double kVlp16ElevationDegrees[] = {
    -15, 1, -13, 3, -11, 5, -9, 7, -7, 9, -5, 11, -3, 13, -1, 15,
};

constexpr double kVlp32cElevationDegrees[] = {
    -25,    -1,    -1.667, -15.639, -11.31, 0,     -0.667, -8.843, -7.254, 0.333, -0.333, -6.148, -5.333, 1.333, 0.667,  -4,
    -4.667, 1.667, 1,      -3.667,  -3.333, 3.333, 2.333,  -2.667, -3,     7,     4.667,  -2.333, -2,     15,    10.333, -1.333,
};

constexpr double kVlp32cAzimuthDegrees[] = {
    -1.4, 4.2, -1.4, 1.4, -1.4, 1.4, -4.2, 1.4, -1.4, 4.2, -1.4, 1.4, -4.2, 1.4, -4.2, 1.4,
    -1.4, 4.2, -1.4, 4.2, -4.2, 1.4, -1.4, 1.4, -1.4, 1.4, -1.4, 4.2, -4.2, 1.4, -1.4, 1.4,
};

constexpr double kVls128ElevationDegrees[] = {
    -11.742, -1.99,   3.4,    -5.29,  -0.78, 4.61,    -4.08,   1.31,    -6.5,  -1.11, 4.28,  -4.41, 0.1,   6.48,  -3.2,  2.19,
    -3.86,   1.53,    -9.244, -1.77,  2.74,  -5.95,   -0.56,   4.83,    -2.98, 2.41,  -6.28, -0.89, 3.62,  -5.07, 0.32,  7.58,
    -0.34,   5.18,    -3.64,  1.75,   -25,   -2.43,   2.96,    -5.73,   0.54,  9.7,   -2.76, 2.63,  -7.65, -1.55, 3.84,  -4.85,
    3.18,    -5.51,   -0.12,  5.73,   -4.3,  1.09,    -16.042, -2.21,   4.06,  -4.63, 0.76,  15,    -3.42, 1.97,  -6.85, -1.33,
    -5.62,   -0.23,   5.43,   -3.53,  0.98,  -19.582, -2.32,   3.07,    -4.74, 0.65,  11.75, -2.65, 1.86,  -7.15, -1.44, 3.95,
    -2.1,    3.29,    -5.4,   -0.01,  4.5,   -4.19,   1.2,     -13.565, -1.22, 4.17,  -4.52, 0.87,  6.08,  -3.31, 2.08,  -6.65,
    1.42,    -10.346, -1.88,  3.51,   -6.06, -0.67,   4.72,    -3.97,   2.3,   -6.39, -1,    4.39,  -5.18, 0.21,  6.98,  -3.09,
    4.98,    -3.75,   1.64,   -8.352, -2.54, 2.85,    -5.84,   -0.45,   8.43,  -2.87, 2.52,  -6.17, -1.66, 3.73,  -4.96, 0.43,
};

/// Repeats every eight lasers.
constexpr double kVls128AzimuthDegrees[] = {-6.354, -4.548, -2.732, -0.911, 0.911, 2.732, 4.548, 6.354};

constexpr double kQt128ElevationDegrees[] = {
    -52.627, -51.028, -49.515, -48.074, -46.695, -45.369, -44.09,  -42.852, -41.651, -40.482, -39.343, -38.231, -37.143, -36.076, -35.03,
    -34.002, -32.992, -31.996, -31.015, -30.048, -29.093, -28.149, -27.216, -26.292, -25.378, -24.473, -23.575, -22.685, -21.802, -20.926,
    -20.056, -19.191, -18.331, -17.477, -16.627, -15.781, -14.94,  -14.102, -13.268, -12.436, -11.608, -10.783, -9.96,   -9.139,  -8.32,
    -7.503,  -6.688,  -5.874,  -5.061,  -4.25,   -3.439,  -2.63,   -1.82,   -1.012,  -0.203,  0.606,   1.414,   2.223,   3.033,   3.843,
    4.654,   5.466,   6.279,   7.094,   7.91,    8.728,   9.547,   10.369,  11.194,  12.02,   12.85,   13.683,  14.519,  15.359,  16.202,
    17.05,   17.902,  18.759,  19.621,  20.488,  21.362,  22.241,  23.128,  24.022,  24.923,  25.833,  26.751,  27.679,  28.618,  29.567,
    30.528,  31.502,  32.49,   33.493,  34.512,  35.549,  19.191,  20.056,  20.926,  21.802,  22.685,  23.575,  24.473,  25.378,  26.292,
    27.216,  28.149,  29.093,  30.048,  31.015,  31.996,  32.992,  34.002,  35.03,   36.076,  37.143,  38.231,  39.343,  40.482,  41.651,
    42.852,  44.09,   45.369,  46.695,  48.074,  49.515,  51.028,  52.627,
};

constexpr double kQt128AzimuthDegrees[] = {
    10.108, 9.72,   9.384,  9.091,  8.833,  8.603,  8.396,  8.209,  8.04,   7.885,  7.743,  7.612,  7.492,  7.38,   7.277,  7.18,
    7.09,   7.006,  6.928,  6.854,  6.785,  6.721,  6.66,   6.602,  6.549,  6.498,  6.45,   6.405,  6.363,  6.323,  6.285,  6.25,
    -6.217, -6.186, -6.157, -6.129, -6.104, -6.08,  -6.057, -6.037, -6.018, -6,     -5.984, -5.969, -5.955, -5.943, -5.927, -5.923,
    -5.915, -5.908, -5.902, -5.897, -5.894, -5.892, -5.891, -5.891, -5.893, -5.896, -5.899, -5.905, -5.911, -5.919, -5.927, -5.938,
    5.949,  5.962,  5.976,  5.992,  6.008,  6.027,  6.047,  6.068,  6.091,  6.116,  6.143,  6.171,  6.201,  6.233,  6.267,  6.304,
    6.343,  6.384,  6.427,  6.474,  6.523,  6.575,  6.631,  6.69,   6.752,  6.819,  6.89,   6.966,  7.047,  7.134,  7.227,  7.327,
    -6.25,  -6.285, -6.323, -6.363, -6.405, -6.45,  -6.498, -6.549, -6.602, -6.66,  -6.721, -6.785, -6.854, -6.928, -7.006, -7.09,
    -7.18,  -7.277, -7.38,  -7.492, -7.612, -7.743, -7.885, -8.04,  -8.209, -8.396, -8.603, -8.833, -9.091, -9.384, -9.72,  -10.108,
};

/// What a table says about firing times: groups of `lasers_at_once` fire every `group_ns`.
struct Firing {
  double column_ns;
  uint32_t lasers_at_once;
  double group_ns;
};

/// `azimuth_degrees` is repeated where it is shorter than the list of elevations; `azimuth_sign` says which way its numbers turn.
SensorCalibration make_table(const char* sensor, std::span<const double> elevation_degrees, std::span<const double> azimuth_degrees,
                             double azimuth_sign, const Firing& firing) {
  SensorCalibration table;
  table.sensor = sensor;
  table.column_ns = firing.column_ns;
  for (size_t i = 0; i < elevation_degrees.size(); ++i) {
    LaserModel laser;
    laser.elevation_rad = elevation_degrees[i] * kDegree_rad;
    if (!azimuth_degrees.empty()) laser.azimuth_offset_rad = azimuth_sign * azimuth_degrees[i % azimuth_degrees.size()] * kDegree_rad;
    table.lasers.push_back(laser);
    if (firing.column_ns > 0) table.firing_ns.push_back(static_cast<double>(i / firing.lasers_at_once) * firing.group_ns);
  }
  return table;
}

std::vector<SensorCalibration> make_tables() {
  std::array<double, 32> xt32{};
  for (size_t i = 0; i < xt32.size(); ++i) xt32[i] = 15.0 - static_cast<double>(i);
  const double left = 1, right = -1;
  return {make_table("HDL-32E", kHdl32eElevationDegrees, {}, left, {46080, 1, 1152}),
          make_table("VLP-16", kVlp16ElevationDegrees, {}, left, {55296, 1, 2304}),
          make_table("VLP-32C", kVlp32cElevationDegrees, kVlp32cAzimuthDegrees, left, {55296, 2, 2304}),
          make_table("VLS-128", kVls128ElevationDegrees, kVls128AzimuthDegrees, left, {55296, 8, 2665}),
          make_table("PandarXT-32", xt32, {}, right, {50000, 1, 1512}),
          make_table("PandarQT-128", kQt128ElevationDegrees, kQt128AzimuthDegrees, right, {0, 1, 0})};
}

}  // namespace

const SensorCalibration* find_calibration(std::string_view sensor) {
  static const std::vector<SensorCalibration> tables = make_tables();
  for (const SensorCalibration& table : tables) {
    if (table.sensor == sensor) return &table;
  }
  return nullptr;
}

}  // namespace dew
