// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/sensor/scan_layout.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

namespace dew {
namespace {

constexpr double kDegrees = 180 / 3.14159265358979323846;
constexpr const char* kKnownSensors[] = {"HDL-32E", "VLP-16", "VLP-32C", "VLS-128", "PandarXT-32", "PandarQT-128"};
/// A neighbour that differs by more than this is of another surface; in bits that coding the difference takes.
constexpr float kFarApart = 9;
/// What a return beside an empty cell counts. Lasers that fire in every other column only must be moved so that their returns meet.
constexpr float kAlone = 6;
/// Every so many columns are looked at when layouts are compared.
constexpr uint32_t kSampledColumns = 512;
constexpr uint32_t kMostShift = 40;
/// What has more freedom must be smoother by this to be believed.
constexpr float kClearly = 0.96f;
/// Rows of a known sensor are moved by up to so many columns where that is smoother by this.
constexpr int kMostRefined = 2;
constexpr float kRefinedClearly = 0.98f;

/// log2(1 + size), near enough: the exponent of the float and its mantissa as a straight line.
float bits_of(float size) { return static_cast<float>(std::bit_cast<int32_t>(1 + size) - std::bit_cast<int32_t>(1.0f)) * 0x1p-23f; }

/// Ranges, laser after laser; 0 where there is no return.
class LaserRanges {
 public:
  explicit LaserRanges(const Scan& scan) : columns_(scan.columns), values_(size_t{scan.columns} * scan.lasers, 0.0f) {
    for (uint32_t c = 0; c < scan.columns; ++c) {
      for (uint32_t l = 0; l < scan.lasers; ++l) {
        const uint32_t range = scan.range[size_t{c} * scan.lasers + l];
        values_[size_t{l} * columns_ + c] = static_cast<float>(range);
      }
    }
  }
  uint32_t columns() const { return columns_; }

  /// Mean difference of laser a at column c + shift_a to laser b at c + shift_b, differences cut at kFarApart; kFarApart where nothing is
  /// to be compared.
  float difference(uint32_t a, int32_t shift_a, uint32_t b, int32_t shift_b) const {
    float sum = 0;
    uint32_t count = 0;
    for_each_pair(a, shift_a, b, shift_b, [&](float range_a, float range_b) {
      if (range_a == 0 || range_b == 0) return;
      sum += std::min(kFarApart, bits_of(std::abs(range_a - range_b)));
      ++count;
    });
    return count < 16 ? kFarApart : sum / static_cast<float>(count);
  }

  /// The same over all columns where one of the lasers has a return; kAlone where the other one has none.
  float mismatch(uint32_t a, int32_t shift_a, uint32_t b, int32_t shift_b) const {
    float sum = 0;
    uint32_t count = 0;
    for_each_pair(a, shift_a, b, shift_b, [&](float range_a, float range_b) {
      if (range_a == 0 && range_b == 0) return;
      sum += range_a == 0 || range_b == 0 ? kAlone : std::min(kFarApart, bits_of(std::abs(range_a - range_b)));
      ++count;
    });
    return count < 16 ? kFarApart : sum / static_cast<float>(count);
  }

 private:
  template <class Visit>
  void for_each_pair(uint32_t a, int32_t shift_a, uint32_t b, int32_t shift_b, Visit&& visit) const {
    const float* row_a = &values_[size_t{a} * columns_];
    const float* row_b = &values_[size_t{b} * columns_];
    const uint32_t from_a = wrapped_shift(shift_a, columns_), from_b = wrapped_shift(shift_b, columns_);
    const uint32_t step = std::max(1u, columns_ / kSampledColumns);
    for (uint32_t c = 0; c < columns_; c += step) {
      visit(row_a[c >= from_a ? c - from_a : c + columns_ - from_a], row_b[c >= from_b ? c - from_b : c + columns_ - from_b]);
    }
  }

  uint32_t columns_;
  std::vector<float> values_;
};

/// Sum of the differences of neighbouring rows; of the first rows only where that is `most` already.
float roughness(const LaserRanges& ranges, const ScanLayout& layout, float most = std::numeric_limits<float>::max()) {
  float sum = 0;
  for (size_t row = 1; row < layout.laser_of_row.size() && sum < most; ++row) {
    sum +=
        ranges.difference(layout.laser_of_row[row - 1], layout.column_shift[row - 1], layout.laser_of_row[row], layout.column_shift[row]);
  }
  return sum;
}

ScanLayout plain_layout(std::vector<uint16_t> laser_of_row) {
  ScanLayout layout;
  const size_t rows = laser_of_row.size();
  layout.column_shift.assign(rows, 0);
  // Nothing is known: rows spread over 40 degrees.
  for (size_t row = 0; row < rows; ++row) {
    layout.elevation_centidegrees.push_back(static_cast<int16_t>(1500 - static_cast<int>(4000 * row / std::max<size_t>(1, rows - 1))));
  }
  layout.laser_of_row = std::move(laser_of_row);
  return layout;
}

/// Orders in which sensors list their lasers: from the top, evens then odds, lower half and upper half in turn; each the other way up too.
std::vector<ScanLayout> plain_layouts(uint32_t lasers) {
  std::vector<std::vector<uint16_t>> orders(3, std::vector<uint16_t>(lasers));
  std::iota(orders[0].begin(), orders[0].end(), uint16_t{0});
  for (uint32_t i = 0; i < lasers; ++i) {
    const uint32_t evens = (lasers + 1) / 2;
    orders[1][i] = static_cast<uint16_t>(i < evens ? 2 * i : 2 * (i - evens) + 1);
    orders[2][i] = static_cast<uint16_t>(i % 2 == 0 ? i / 2 : evens + i / 2);
  }
  std::vector<ScanLayout> layouts;
  for (auto& order : orders) {
    layouts.push_back(plain_layout(order));
    std::reverse(order.begin(), order.end());
    layouts.push_back(plain_layout(order));
  }
  return layouts;
}

double column_step_rad(const Scan& scan) {
  const uint32_t turn = scan.azimuth_units_per_turn;
  return turn == 0 ? 0 : median_azimuth_step(scan) * 2 * 3.14159265358979323846 / turn;
}

ScanLayout calibrated_layout(const SensorCalibration& calibration, const Scan& scan, double turn_sign) {
  const double step = column_step_rad(scan);
  ScanLayout layout = plain_layout(std::vector<uint16_t>(scan.lasers));
  std::iota(layout.laser_of_row.begin(), layout.laser_of_row.end(), uint16_t{0});
  std::stable_sort(layout.laser_of_row.begin(), layout.laser_of_row.end(),
                   [&](uint16_t a, uint16_t b) { return calibration.lasers[a].elevation_rad > calibration.lasers[b].elevation_rad; });
  for (uint32_t row = 0; row < scan.lasers; ++row) {
    const LaserModel& laser = calibration.lasers[layout.laser_of_row[row]];
    layout.elevation_centidegrees[row] = static_cast<int16_t>(std::lround(std::clamp(laser.elevation_rad * kDegrees, -90.0, 90.0) * 100));
    const long columns = step > 0 ? std::lround(turn_sign * laser.azimuth_offset_rad / step) : 0;
    layout.column_shift[row] = static_cast<int32_t>(columns % static_cast<long>(scan.columns));
  }
  return layout;
}

struct ScoredLayout {
  ScanLayout layout;
  float roughness;
};

/// Which way the azimuths turn, and how far: near a sensor whose lasers leave it beside its axis, the same things are seen fewer columns
/// apart than the angles say (QT128 indoors: 0.95 of it, and 0.11 bits a return fewer).
ScoredLayout best_calibrated_layout(const SensorCalibration& calibration, const Scan& scan, const LaserRanges& ranges) {
  ScoredLayout best{calibrated_layout(calibration, scan, 1), 0};
  best.roughness = roughness(ranges, best.layout);
  for (const double sign : {1.0, -1.0}) {
    for (int percent = 80; percent <= 110; ++percent) {
      ScanLayout layout = calibrated_layout(calibration, scan, sign * percent * 0.01);
      const float score = roughness(ranges, layout, best.roughness);
      if (score < best.roughness) best = {std::move(layout), score};
    }
  }
  return best;
}

/// Moves row after row a little, to where it fits the two rows above best: a table knows angles, but not how far away the things are, nor
/// which of the columns a laser fires in.
void refine_shifts(const LaserRanges& ranges, ScanLayout& layout) {
  for (size_t row = 1; row < layout.laser_of_row.size(); ++row) {
    const auto cost = [&](int32_t shift) {
      float sum = ranges.mismatch(layout.laser_of_row[row], shift, layout.laser_of_row[row - 1], layout.column_shift[row - 1]);
      if (row > 1)
        sum += 0.5f * ranges.mismatch(layout.laser_of_row[row], shift, layout.laser_of_row[row - 2], layout.column_shift[row - 2]);
      return sum;
    };
    const int32_t from = layout.column_shift[row];
    float best = cost(from) * kRefinedClearly;
    for (int32_t shift = from - kMostRefined; shift <= from + kMostRefined; ++shift) {
      if (const float now = cost(shift); now < best) {
        best = now;
        layout.column_shift[row] = shift;
      }
    }
  }
}

/// Moves row after row to where it fits the two rows above best.
void find_shifts(const LaserRanges& ranges, ScanLayout& layout) {
  const auto reach = static_cast<int32_t>(std::min(kMostShift, ranges.columns() / 4));
  for (size_t row = 1; row < layout.laser_of_row.size(); ++row) {
    const int32_t from = layout.column_shift[row - 1];
    float best = 1e9f;
    int32_t best_shift = from;
    for (int32_t k = 0; k <= 2 * reach; ++k) {
      // Near shifts first, so that ties keep rows straight; counted from the first row, so that errors do not add up.
      const int32_t shift = k % 2 == 0 ? k / 2 : -(k + 1) / 2;
      float difference = ranges.difference(layout.laser_of_row[row], shift, layout.laser_of_row[row - 1], from);
      if (row > 1)
        difference += 0.5f * ranges.difference(layout.laser_of_row[row], shift, layout.laser_of_row[row - 2], layout.column_shift[row - 2]);
      if (difference < best * 0.999f) {
        best = difference;
        best_shift = shift;
      }
    }
    layout.column_shift[row] = best_shift;
  }
}

}  // namespace

uint32_t wrapped_shift(int32_t shift, uint32_t columns) {
  const int64_t within = int64_t{shift} % columns;
  return static_cast<uint32_t>(within < 0 ? within + columns : within);
}

uint32_t median_azimuth_step(const Scan& scan) {
  const uint32_t turn = scan.azimuth_units_per_turn;
  if (scan.columns < 2 || turn == 0) return 0;
  std::vector<uint32_t> steps;
  for (uint32_t c = 1; c < scan.columns; ++c) {
    const uint32_t step = (turn + scan.azimuth[c] % turn - scan.azimuth[c - 1] % turn) % turn;
    steps.push_back(std::min(step, turn - step));
  }
  std::nth_element(steps.begin(), steps.begin() + static_cast<ptrdiff_t>(steps.size() / 2), steps.end());
  return steps[steps.size() / 2];
}

bool fits(const ScanLayout& layout, const Scan& scan) { return layout.laser_of_row.size() == scan.lasers; }

ScanLayout layout_of(const SensorCalibration& calibration, const Scan& scan) {
  const LaserRanges ranges(scan);
  ScanLayout layout = best_calibrated_layout(calibration, scan, ranges).layout;
  refine_shifts(ranges, layout);
  return layout;
}

ScanLayout find_scan_layout(const Scan& scan) {
  const LaserRanges ranges(scan);
  ScoredLayout best{{}, std::numeric_limits<float>::max()};
  for (ScanLayout& layout : plain_layouts(scan.lasers)) {
    const float score = roughness(ranges, layout, best.roughness);
    if (score < best.roughness) best = {std::move(layout), score};
  }
  // An order that nothing is known of but that looks right may still have lasers that look aside.
  ScanLayout shifted = best.layout;
  find_shifts(ranges, shifted);
  if (const float score = roughness(ranges, shifted); score < kClearly * best.roughness) best = {std::move(shifted), score};
  for (const char* name : kKnownSensors) {
    const SensorCalibration* known = find_calibration(name);
    if (known == nullptr || known->lasers.size() != scan.lasers) continue;
    ScoredLayout candidate = best_calibrated_layout(*known, scan, ranges);
    // A table knows the elevations, too, and which end is up: a guess has to be clearly better.
    refine_shifts(ranges, candidate.layout);
    candidate.roughness = kClearly * roughness(ranges, candidate.layout);
    if (candidate.roughness < best.roughness) best = std::move(candidate);
  }
  return best.layout;
}

}  // namespace dew
