// SPDX-License-Identifier: Apache-2.0
// Combs that no list of denominators names: found as the greatest common divisor of differences, which rounding makes a little uneven.
#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "pointcloud/coding/integer_view.h"

namespace dew {
namespace {

constexpr size_t kProbed = 512;
constexpr double kMostDenominator = 1 << 30;
/// Further steps lose their unit in a double.
constexpr double kMostStep = 0x1p51;
/// By how many doubles a value may lie off its comb.
constexpr int64_t kMostOff = 8;
constexpr int64_t kMostFromFirst = int64_t{1} << 58;

double size_of_last_bit(std::span<const double> values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return std::nextafter(largest, 1e300) - largest;
}

/// The step of which rising differences are multiples but for `slack`, 0 where there is none. It is known to slack / reach, reach being the
/// largest multiple that agreed; differences of far more steps say nothing yet. Source: Euclid's algorithm.
struct CommonStep {
  double size = 0, reach = 1;
};
CommonStep common_step(const std::vector<double>& rising, double slack) {
  CommonStep step;
  constexpr int kRounds = 4;
  for (int round = 0; round < kRounds; ++round) {
    bool changed = false;
    for (const double difference : rising) {
      if (step.size == 0) step.size = difference;
      const double count = std::floor(difference / step.size + 0.5), sure = slack * (1 + count / step.reach);
      if (sure > step.size / 4) continue;
      const double off = std::abs(difference - count * step.size);
      if (off > sure) {
        step = {off, 1};
        changed = true;
      } else if (count > step.reach) {
        step = {difference / count, count};
      }
    }
    if (!changed) break;
  }
  return step;
}

/// Whole numbers that 1 / step may be, roundest first.
std::vector<uint32_t> denominators_of(const CommonStep& step, double slack) {
  const double rough = 1 / step.size, unsure = rough * slack / (step.size * step.reach) + 1e-9 * rough;
  std::vector<uint32_t> found;
  for (double unit = 1e6; unit >= 1; unit /= 10) {
    const double whole = std::floor(rough / unit + 0.5) * unit;
    if (whole >= 1 && whole <= kMostDenominator && std::abs(rough - whole) <= unsure + 1e-6) found.push_back(static_cast<uint32_t>(whole));
  }
  return found;
}

std::vector<uint32_t> find_denominators(std::span<const double> values) {
  std::vector<double> probe(values.begin(), values.begin() + static_cast<ptrdiff_t>(std::min(values.size(), kProbed)));
  if (!std::all_of(probe.begin(), probe.end(), [](double v) { return std::abs(v) < 1e15; })) return {};
  const double slack = 3 * size_of_last_bit(probe);
  std::sort(probe.begin(), probe.end());
  std::vector<double> differences;
  for (size_t i = 1; i < probe.size(); ++i) {
    if (probe[i] - probe[i - 1] > slack) differences.push_back(probe[i] - probe[i - 1]);
  }
  if (differences.size() < 8) return {};
  for (const double value : probe) differences.push_back(value - probe.front());
  // Far apart, for the last digits of the step.
  const size_t stride = std::max<size_t>(1, values.size() / kProbed);
  for (size_t i = 0; i < values.size(); i += stride) {
    const double away = std::abs(values[i] - values[0]);
    if (away < 1e15) differences.push_back(away);
  }
  std::sort(differences.begin(), differences.end());
  differences.erase(differences.begin(), std::upper_bound(differences.begin(), differences.end(), slack));
  const CommonStep step = common_step(differences, slack);
  return step.size < 16 * slack ? std::vector<uint32_t>{} : denominators_of(step, slack);
}

/// A comb, or one but for a few doubles; nothing where some value is further away.
std::optional<IntegerView> comb_view(const Field& field, uint32_t denominator) {
  IntegerView view{ViewKind::near_comb, denominator};
  for (const double value : field.values<double>()) {
    if (!(std::abs(value) * denominator < kMostStep)) return {};
  }
  const std::vector<int64_t> pairs = to_integers(field, view);
  int64_t farthest = 0;
  for (size_t i = 1; i < pairs.size(); i += 2) farthest = std::max(farthest, pairs[i] < 0 ? -pairs[i] : pairs[i]);
  if (farthest > kMostOff) return {};
  if (farthest == 0) view.kind = ViewKind::comb;
  return view;
}

IntegerView close_view_of_doubles(const Field& field) {
  const auto values = field.values<double>();
  for (const uint32_t denominator : find_denominators(values)) {
    if (const auto view = comb_view(field, denominator)) return *view;
  }
  IntegerView view{ViewKind::from_first, 1};
  view.first = 0;
  const std::vector<int64_t> places = to_integers(field, view);
  if (places.empty()) return {ViewKind::halves, 1};
  view.first = places[0];
  for (const int64_t place : places) {
    const int64_t away = static_cast<int64_t>(static_cast<uint64_t>(place) - static_cast<uint64_t>(view.first));
    const bool same_sign = (place < 0) == (view.first < 0);
    if (!same_sign || away > kMostFromFirst || away < -kMostFromFirst) return {ViewKind::halves, 1};
  }
  return view;
}

/// Integers that are all multiples of a number above 1.
IntegerView multiples_view(const Field& field) {
  const std::vector<int64_t> values = to_integers(field, {});
  int64_t divisor = 0, largest = 0;
  for (const int64_t value : values) {
    if (value > int64_t{1} << 60 || value < -(int64_t{1} << 60)) return find_integer_view(field);
    divisor = std::gcd(divisor, value);
    largest = std::max(largest, value < 0 ? -value : value);
    if (divisor == 1) break;
  }
  // Of one value alone any is a multiple of itself.
  if (divisor < 2 || divisor > (1 << 30) || largest == divisor) return find_integer_view(field);
  return {ViewKind::multiples, static_cast<uint32_t>(divisor)};
}

}  // namespace

IntegerView find_close_view(const Field& field) {
  if (field.type == FieldType::f64) {
    const IntegerView view = find_integer_view(field);
    return view.kind == ViewKind::halves ? close_view_of_doubles(field) : view;
  }
  return field.type == FieldType::f32 || field.type == FieldType::f16 ? find_integer_view(field) : multiples_view(field);
}

}  // namespace dew
