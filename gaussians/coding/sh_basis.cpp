// SPDX-License-Identifier: Apache-2.0
#include "gaussians/coding/sh_basis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "entropy/binary_coder.h"
#include "entropy/range_coder.h"
#include "entropy/symmetric_eigen.h"

namespace dew {
namespace {

constexpr double kRowScale = 127;
constexpr size_t kMostComponents = 45;

using Matrix = std::vector<double>;  // square, row by row

/// Axes of so many splats are those of all of them: 45 numbers are to be told apart.
constexpr size_t kMostFitted = 20'000;

Matrix covariance(const Splats& splats, std::span<const double> weights) {
  const size_t n = splats.sh_stride();
  const size_t step = splats.count() / kMostFitted + 1;
  Matrix sums(n * n);
  double weight_sum = 0;
  for (size_t i = 0; i < splats.count(); i += step) {
    const float* c = &splats.sh[i * n];
    weight_sum += weights[i];
    for (size_t a = 0; a < n; ++a) {
      const double scaled = weights[i] * static_cast<double>(c[a]);
      for (size_t b = 0; b <= a; ++b) sums[a * n + b] += scaled * static_cast<double>(c[b]);
    }
  }
  for (size_t a = 0; a < n; ++a) {
    for (size_t b = 0; b <= a; ++b) sums[b * n + a] = sums[a * n + b] = weight_sum > 0 ? sums[a * n + b] / weight_sum : 0;
  }
  return sums;
}

int8_t quarter_octaves(double deviation) { return static_cast<int8_t>(std::clamp(std::lround(4 * std::log2(deviation)), -127L, 127L)); }

}  // namespace

ShBasis fit_sh_basis(const Splats& splats, std::span<const double> weights, double least_deviation) {
  ShBasis basis;
  const size_t n = splats.sh_stride();
  if (std::all_of(splats.sh.begin(), splats.sh.end(), [](float c) { return c == 0; })) return basis;
  Matrix m = covariance(splats, weights);
  Matrix axes(n * n);
  symmetric_eigen(m, axes, n);
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return m[a * n + a] > m[b * n + b]; });
  basis.width_ = n;
  for (const size_t k : order) {
    const double deviation = std::sqrt(std::max(0.0, m[k * n + k]));
    if (!(deviation >= least_deviation) || deviation == 0) break;
    basis.deviation_q2_.push_back(quarter_octaves(deviation));
    for (size_t j = 0; j < n; ++j) basis.rows_.push_back(static_cast<int8_t>(std::lround(kRowScale * axes[k * n + j])));
  }
  if (basis.components() == 0) return ShBasis();
  return basis;
}

ShProjection::ShProjection(const ShBasis& basis) : columns_(basis.width() * basis.components()), scale_(basis.components()) {
  for (size_t k = 0; k < basis.components(); ++k) {
    double length_squared = 0;
    for (size_t j = 0; j < basis.width(); ++j) {
      const int8_t entry = basis.rows_[k * basis.width() + j];
      columns_[j * basis.components() + k] = entry;
      length_squared += entry * entry;
    }
    scale_[k] = length_squared > 0 ? kRowScale / length_squared : 0;
  }
}

void ShProjection::project(std::span<const float> coefficients, std::span<double> components) const {
  std::array<float, kMostComponents> sums{};
  for (size_t j = 0; j < coefficients.size(); ++j) {
    const float value = coefficients[j];
    const float* const column = &columns_[j * components.size()];
    for (size_t k = 0; k < components.size(); ++k) sums[k] += column[k] * value;
  }
  for (size_t k = 0; k < components.size(); ++k) components[k] = static_cast<double>(sums[k]) * scale_[k];
}

void ShBasis::add(size_t k, double amount, std::span<double> sums) const {
  const int8_t* row = &rows_[k * width_];
  const double scaled = amount / kRowScale;
  for (size_t j = 0; j < width_; ++j) sums[j] += scaled * row[j];
}

void ShBasis::write(ByteWriter& writer) const {
  writer.varint(components());
  RangeEncoder coder;
  AdaptiveResidual deviations(1), entries(1);
  int64_t last = 0;
  for (const int8_t deviation : deviation_q2_) {
    deviations.code(coder, deviation - last, 0);
    last = deviation;
  }
  for (const int8_t entry : rows_) entries.code(coder, entry, 0);
  writer.sized_bytes(coder.finish());
}

Result<ShBasis> ShBasis::read(size_t width, ByteReader& reader) {
  ShBasis basis;
  const uint64_t at = reader.offset();
  DEW_ASSIGN(const uint64_t components, reader.varint());
  DEW_ASSIGN(const ByteSpan coded, reader.sized_bytes());
  if (components > width) return Error{Code::corrupt, at, "more components of directional colour than coefficients"};
  if (components == 0) return basis;
  basis.width_ = width;
  RangeDecoder coder(coded);
  AdaptiveResidual deviations(1), entries(1);
  int64_t last = 0;
  const auto fits = [](int64_t value) { return value >= -127 && value <= 127; };
  for (size_t k = 0; k < components; ++k) {
    const int64_t difference = deviations.code(coder, 0, 0);
    if (difference < -254 || difference > 254 || !fits(last += difference))
      return Error{Code::corrupt, at, "a deviation of directional colour is out of range"};
    basis.deviation_q2_.push_back(static_cast<int8_t>(last));
  }
  for (size_t k = 0; k < components * width; ++k) {
    const int64_t entry = entries.code(coder, 0, 0);
    if (!fits(entry)) return Error{Code::corrupt, at, "an entry of the directional colours' axes is out of range"};
    basis.rows_.push_back(static_cast<int8_t>(entry));
  }
  if (coder.overrun()) return Error{Code::truncated, at, "the axes of directional colour end early"};
  return basis;
}

}  // namespace dew
