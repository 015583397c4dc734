// SPDX-License-Identifier: Apache-2.0
#include "viewer/colour/legend.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace dew::viewer {
namespace {

struct Unit {
  const char* name;
  double size;
};

/// The unit in which lengths up to `largest_m` are numbers of few digits.
Unit length_unit(double largest_m) {
  if (largest_m < 0.5e-3) return {"um", 1e-6};
  if (largest_m < 0.1) return {"mm", 1e-3};
  if (largest_m < 1) return {"cm", 1e-2};
  if (largest_m < 5000) return {"m", 1};
  return {"km", 1e3};
}

std::string number_text(double value, int digits = 4) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*g", digits, value == 0 ? 0.0 : value);
  return text;
}

std::string value_text(double value, const std::string& unit, const Unit& length) {
  if (unit == "m") return number_text(value / length.size) + " " + length.name;
  return unit.empty() ? number_text(value) : number_text(value) + " " + unit;
}

std::vector<double> decades(double low, double high, size_t most) {
  const int first = static_cast<int>(std::ceil(std::log10(low) - 1e-9)), last = static_cast<int>(std::floor(std::log10(high) + 1e-9));
  const int step = std::max(1, (last - first + static_cast<int>(most) - 1) / static_cast<int>(most));
  std::vector<double> values;
  for (int power = first; power <= last; power += step) values.push_back(std::pow(10.0, power));
  return values;
}

}  // namespace

std::vector<double> round_values(double low, double high, size_t most) {
  if (!(high > low) || !std::isfinite(low) || !std::isfinite(high) || most == 0) return {};
  for (double decade = std::pow(10.0, std::floor(std::log10(high - low)) - 2);; decade *= 10) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double step = factor * decade;
      const double first = std::ceil(low / step - 1e-9), last = std::floor(high / step + 1e-9);
      if (last - first + 1 > static_cast<double>(most)) continue;
      std::vector<double> values;
      for (double k = first; k <= last; ++k) values.push_back(k * step);
      return values;
    }
  }
}

std::string length_text(double metres) {
  if (metres == 0) return "0";
  const Unit unit = length_unit(std::abs(metres));
  return number_text(metres / unit.size, 3) + " " + unit.name;
}

Legend make_legend(const Colouring& colouring, size_t most_ticks) {
  Legend legend{colouring.attribute, colouring.map, {}};
  const double low = colouring.low, high = colouring.high;
  const bool logarithmic = colouring.logarithmic && low > 0 && high > low;
  std::vector<double> values = logarithmic ? decades(low, high, most_ticks) : round_values(low, high, std::max<size_t>(most_ticks, 2));
  if (values.size() < 2) values = {low, high};
  const Unit length = length_unit(std::max(std::abs(low), std::abs(high)));
  for (const double value : values) legend.ticks.push_back({place_in(colouring, value), value, value_text(value, colouring.unit, length)});
  if (!(high > low)) legend.ticks.back().place = 1;
  return legend;
}

}  // namespace dew::viewer
