// SPDX-License-Identifier: Apache-2.0
#include "viewer/colour/colour_map.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace dew::viewer {
namespace {

constexpr size_t kTableSize = 256;
constexpr size_t kSampledValues = 100'000;

using Anchor = std::array<double, 3>;

/// Coefficients by rising power; see the header for their source.
constexpr std::array<Anchor, 7> kViridis = {{{0.2777273272234177, 0.005407344544966578, 0.3340998053353061},
                                             {0.1050930431085774, 1.404613529898575, 1.384590162594685},
                                             {-0.3308618287255563, 0.214847559468213, 0.09509516302823659},
                                             {-4.634230498983486, -5.799100973351585, -19.33244095627987},
                                             {6.228269936347081, 14.17993336680509, 56.69055260068105},
                                             {4.776384997670288, -13.74514537774601, -65.35303263337234},
                                             {-5.435455855934631, 4.645852612178535, 26.3124352495832}}};
/// Our own; luminance grows evenly from one anchor to the next.
constexpr std::array<Anchor, 5> kHeat = {
    {{0.13, 0.15, 0.22}, {0.40, 0.13, 0.42}, {0.78, 0.25, 0.25}, {0.98, 0.60, 0.15}, {1.00, 0.96, 0.68}}};
/// The ends and the middle of Moreland's cool to warm map, with two anchors between that keep it from greying too soon.
constexpr std::array<Anchor, 5> kDiverging = {
    {{0.230, 0.299, 0.754}, {0.555, 0.690, 0.980}, {0.865, 0.865, 0.865}, {0.930, 0.600, 0.480}, {0.706, 0.016, 0.150}}};

Anchor polynomial(const std::array<Anchor, 7>& coefficients, double t) {
  Anchor sum{};
  for (size_t power = coefficients.size(); power-- > 0;) {
    for (size_t channel = 0; channel < 3; ++channel) sum[channel] = sum[channel] * t + coefficients[power][channel];
  }
  return sum;
}

Anchor between(const std::array<Anchor, 5>& anchors, double t) {
  const double place = t * static_cast<double>(anchors.size() - 1);
  const size_t left = std::min(static_cast<size_t>(place), anchors.size() - 2);
  const double share = place - static_cast<double>(left);
  Anchor out;
  for (size_t channel = 0; channel < 3; ++channel) {
    out[channel] = (1 - share) * anchors[left][channel] + share * anchors[left + 1][channel];
  }
  return out;
}

Anchor around(double t) {
  Anchor out;
  for (size_t channel = 0; channel < 3; ++channel) {
    out[channel] = 0.58 + 0.38 * std::cos(2 * std::numbers::pi * (t - static_cast<double>(channel) / 3));
  }
  return out;
}

}  // namespace

Rgb map_colour(ColourMap map, double t) {
  if (std::isnan(t)) return kNoValueColour;
  t = std::clamp(t, 0.0, 1.0);
  Anchor colour{};
  switch (map) {
    case ColourMap::viridis: colour = polynomial(kViridis, t); break;
    case ColourMap::heat: colour = between(kHeat, t); break;
    case ColourMap::grey: colour = {0.12 + 0.88 * t, 0.12 + 0.88 * t, 0.14 + 0.86 * t}; break;
    case ColourMap::diverging: colour = between(kDiverging, t); break;
    case ColourMap::cyclic: colour = around(t); break;
  }
  Rgb out;
  for (size_t channel = 0; channel < 3; ++channel) out[channel] = static_cast<float>(std::clamp(colour[channel], 0.0, 1.0));
  return out;
}

std::vector<Rgb> colour_table(ColourMap map) {
  std::vector<Rgb> table(kTableSize);
  for (size_t i = 0; i < kTableSize; ++i) table[i] = map_colour(map, static_cast<double>(i) / static_cast<double>(kTableSize - 1));
  return table;
}

const char* map_name(ColourMap map) {
  switch (map) {
    case ColourMap::viridis: return "viridis";
    case ColourMap::heat: return "heat";
    case ColourMap::grey: return "grey";
    case ColourMap::diverging: return "diverging";
    case ColourMap::cyclic: return "cyclic";
  }
  return "";
}

MapEnds map_ends(const Colouring& colouring) {
  const double low = colouring.low, high = colouring.high;
  if (colouring.logarithmic && low > 0 && high > low) return {std::log(low), std::log(high), true};
  return {low, high, false};
}

double place_in(const Colouring& colouring, double value) {
  if (std::isnan(value)) return value;
  const MapEnds ends = map_ends(colouring);
  if (ends.logarithmic) value = std::log(std::max(value, colouring.low));
  if (!(ends.high > ends.low)) return value > ends.high ? 1 : 0;
  return std::clamp((value - ends.low) / (ends.high - ends.low), 0.0, 1.0);
}

std::array<double, 2> percentiles(std::span<const float> values, double low, double high) {
  std::vector<float> sample;
  const size_t step = std::max<size_t>(1, values.size() / kSampledValues);
  for (size_t i = 0; i < values.size(); i += step) {
    if (std::isfinite(values[i])) sample.push_back(values[i]);
  }
  if (sample.empty()) return {0, 1};
  std::sort(sample.begin(), sample.end());
  const auto at = [&](double share) {
    return static_cast<double>(sample[static_cast<size_t>(std::lround(share * static_cast<double>(sample.size() - 1)))]);
  };
  return {at(low), at(high)};
}

std::string first_attribute(const Layer& layer) {
  if (!std::holds_alternative<PointLayer>(layer)) return {};
  for (const char* wanted : {kIntensity, kHeight}) {
    if (find_attribute(layer, wanted) != nullptr) return wanted;
  }
  return {};
}

Colouring default_colouring(const Layer& layer, std::string_view attribute) {
  Colouring colouring;
  const auto* mesh = std::get_if<MeshLayer>(&layer);
  colouring.own_colours = std::holds_alternative<SplatLayer>(layer) || (mesh != nullptr && !mesh->colour.empty());
  // Triangles have their own normals.
  if (attribute == kNormal && (mesh != nullptr || find_attribute(layer, kNormalX) != nullptr)) {
    colouring.attribute = kNormal;
    colouring.own_colours = false;
    return colouring;
  }
  const Attribute* found = attribute.empty() ? nullptr : find_attribute(layer, attribute);
  if (found == nullptr) return colouring;
  colouring.attribute = found->name;
  colouring.unit = found->unit;
  colouring.own_colours = false;
  const bool from_zero = attribute == kIntensity || attribute == kError || attribute == kBits || attribute == kSignificance;
  const bool whole_range = attribute == kRing;
  const auto [low, high] = percentiles(found->values, whole_range ? 0 : 0.02, whole_range ? 1 : 0.98);
  colouring.low = from_zero ? std::min(0.0, low) : low;
  colouring.high = high > colouring.low ? high : colouring.low + (high != 0 ? std::abs(high) : 1);
  if (attribute == kSignificance) {
    // Some splats matter a million times more than others.
    colouring.logarithmic = colouring.high > 0;
    colouring.low = 1e-5 * colouring.high;
  }
  if (attribute == kError || attribute == kBits) {
    colouring.map = ColourMap::heat;
    colouring.high = std::max(percentiles(found->values, 0, 1)[1], 1e-6);
  }
  return colouring;
}

}  // namespace dew::viewer
