// SPDX-License-Identifier: Apache-2.0
#include "gaussians/significance/merge.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

#include "entropy/pool.h"
#include "gaussians/render/projection.h"
#include "gaussians/render/spherical_harmonics.h"
#include "gaussians/significance/ellipsoid.h"

namespace dew {
namespace {

constexpr size_t kReach = 6;  // neighbours along the curve that are looked at
constexpr double kLargestOpacity = 0.995;
constexpr double kThickness = 0.3;  // of the middle axis: what discs are taken for when they are compared

struct Lump {
  Ellipsoid shape;
  double opacity = 0, mass = 0;
  std::array<double, 3> colour{};
};

double area_of(const Ellipsoid& shape) {
  const std::array<double, 3>& s = shape.deviation;
  return std::max({s[0] * s[1], s[1] * s[2], s[0] * s[2]});
}

std::optional<Lump> lump_of(const Splats& splats, size_t i) {
  Lump out;
  bool finite = true;
  for (size_t k = 0; k < 3; ++k) {
    out.shape.mean[k] = double{splats.position[3 * i + k]};
    out.shape.deviation[k] = std::exp(double{splats.log_scale[3 * i + k]});
    out.colour[k] = 0.5 + kShConstant * double{splats.dc[3 * i + k]};
    finite = finite && std::isfinite(out.shape.mean[k]) && std::isfinite(out.shape.deviation[k]) && std::isfinite(out.colour[k]);
  }
  for (size_t k = 0; k < splats.sh_stride(); ++k) finite = finite && std::isfinite(splats.sh[i * splats.sh_stride() + k]);
  const float* q = &splats.rotation[4 * i];
  out.shape.axes = rotation_matrix(double{q[0]}, double{q[1]}, double{q[2]}, double{q[3]});
  for (const double value : out.shape.axes) finite = finite && std::isfinite(value);
  out.opacity = 1 / (1 + std::exp(-double{splats.opacity_logit[i]}));
  out.mass = out.opacity * area_of(out.shape);
  if (!finite || !(out.mass > 0) || !std::isfinite(out.mass)) return std::nullopt;
  return out;
}

Lump merged(const Lump& a, const Lump& b) {
  Lump out;
  const double mass = a.mass + b.mass;
  const double share_a = a.mass / mass, share_b = b.mass / mass;
  for (size_t k = 0; k < 3; ++k) {
    out.shape.mean[k] = share_a * a.shape.mean[k] + share_b * b.shape.mean[k];
    out.colour[k] = share_a * a.colour[k] + share_b * b.colour[k];
  }
  Symmetric sum{};
  for (const auto& [lump, share] : {std::pair<const Lump*, double>{&a, share_a}, {&b, share_b}}) {
    const Symmetric covariance = covariance_of(lump->shape);
    std::array<double, 3> d;
    for (size_t k = 0; k < 3; ++k) d[k] = lump->shape.mean[k] - out.shape.mean[k];
    const Symmetric spread = {d[0] * d[0], d[0] * d[1], d[0] * d[2], d[1] * d[1], d[1] * d[2], d[2] * d[2]};
    for (size_t k = 0; k < 6; ++k) sum[k] += share * (covariance[k] + spread[k]);
  }
  set_covariance(out.shape, sum);
  out.opacity = std::min(kLargestOpacity, mass / area_of(out.shape));
  out.mass = out.opacity * area_of(out.shape);
  return out;
}

/// The covariance as it is compared: not thinner than a share of its middle axis.
Symmetric thickened(const Lump& lump) {
  Ellipsoid shape = lump.shape;
  std::array<double, 3> sorted = shape.deviation;
  std::sort(sorted.begin(), sorted.end());
  for (double& deviation : shape.deviation) deviation = std::max(deviation, kThickness * sorted[1]);
  return covariance_of(shape);
}

/// Sum over opacity and opacity times colours of the product of the two, integrated over space; a factor that all share left out.
double inner_product(const Lump& a, const Symmetric& covariance_a, const Lump& b, const Symmetric& covariance_b) {
  Symmetric sum;
  for (size_t k = 0; k < 6; ++k) sum[k] = covariance_a[k] + covariance_b[k];
  std::array<double, 3> d;
  for (size_t k = 0; k < 3; ++k) d[k] = a.shape.mean[k] - b.shape.mean[k];
  const double all = determinant(sum);
  if (!(all > 0)) return 0;
  const double overlap = std::sqrt(determinant(covariance_a) * determinant(covariance_b) / all) * std::exp(-0.5 * inverse_form(sum, d));
  double channels = 1;
  for (size_t k = 0; k < 3; ++k) channels += a.colour[k] * b.colour[k];
  return a.opacity * b.opacity * channels * overlap;
}

double relative_error(const Lump& a, const Lump& b) {
  const Lump one = merged(a, b);
  const Symmetric ca = thickened(a), cb = thickened(b), c = thickened(one);
  const double both = inner_product(a, ca, a, ca) + 2 * inner_product(a, ca, b, cb) + inner_product(b, cb, b, cb);
  const double error = both + inner_product(one, c, one, c) - 2 * inner_product(one, c, a, ca) - 2 * inner_product(one, c, b, cb);
  if (!(both > 0)) return 1;
  return std::max(0.0, error / both);
}

/// Splats along a curve through 2^10 cells an axis; those that are not finite are left out.
std::vector<uint32_t> along_curve(const Splats& splats, const std::vector<std::optional<Lump>>& lumps, bool shifted) {
  std::vector<std::array<double, 3>> places(lumps.size());
  std::array<std::vector<double>, 3> sorted;
  std::vector<uint32_t> order;
  for (uint32_t i = 0; i < lumps.size(); ++i) {
    if (!lumps[i]) continue;
    order.push_back(i);
    for (size_t k = 0; k < 3; ++k) sorted[k].push_back(double{splats.position[3 * size_t{i} + k]});
  }
  if (order.empty()) return order;
  std::array<double, 3> low, high;
  for (size_t k = 0; k < 3; ++k) {  // the middle 96 % of each axis, so that outliers do not coarsen the cells
    std::sort(sorted[k].begin(), sorted[k].end());
    low[k] = sorted[k][sorted[k].size() / 50];
    high[k] = sorted[k][sorted[k].size() - 1 - sorted[k].size() / 50];
  }
  std::vector<uint64_t> codes(lumps.size());
  for (const uint32_t i : order) {
    for (size_t k = 0; k < 3; ++k) {
      const double range = high[k] > low[k] ? high[k] - low[k] : 1;
      const double place = (double{splats.position[3 * size_t{i} + k]} - low[k]) / range * 900 + (shifted ? 37.3 : 0);
      const auto cell = static_cast<uint32_t>(std::clamp(place, 0.0, 1023.0));
      for (unsigned bit = 0; bit < 10; ++bit) codes[i] |= uint64_t{cell >> bit & 1} << (3 * bit + k);
    }
  }
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return codes[a] != codes[b] ? codes[a] < codes[b] : a < b; });
  return order;
}

}  // namespace

std::vector<NearPair> near_pairs(const Splats& splats, double most_relative_error, unsigned threads) {
  std::vector<std::optional<Lump>> lumps(splats.count());
  for (size_t i = 0; i < lumps.size(); ++i) lumps[i] = lump_of(splats, i);
  std::vector<NearPair> out;
  for (const bool shifted : {false, true}) {
    const std::vector<uint32_t> order = along_curve(splats, lumps, shifted);
    constexpr size_t kPart = 1024;
    std::vector<std::vector<NearPair>> parts((order.size() + kPart - 1) / kPart);
    parallel_for(parts.size(), threads, [&](size_t part) {
      for (size_t at = part * kPart; at < std::min(order.size(), (part + 1) * kPart); ++at) {
        for (size_t next = at + 1; next < std::min(order.size(), at + 1 + kReach); ++next) {
          const uint32_t first = std::min(order[at], order[next]), second = std::max(order[at], order[next]);
          const double error = relative_error(*lumps[first], *lumps[second]);
          if (error <= most_relative_error) parts[part].push_back({first, second, error});
        }
      }
    });
    for (const std::vector<NearPair>& part : parts) out.insert(out.end(), part.begin(), part.end());
  }
  const auto key = [](const NearPair& pair) { return std::tuple(pair.relative_error, pair.first, pair.second); };
  std::sort(out.begin(), out.end(), [&](const NearPair& a, const NearPair& b) { return key(a) < key(b); });
  out.erase(
      std::unique(out.begin(), out.end(), [](const NearPair& a, const NearPair& b) { return a.first == b.first && a.second == b.second; }),
      out.end());
  return out;
}

std::vector<NearPair> disjoint(const std::vector<NearPair>& pairs, size_t count) {
  std::vector<bool> taken(count);
  std::vector<NearPair> out;
  for (const NearPair& pair : pairs) {
    if (taken[pair.first] || taken[pair.second]) continue;
    taken[pair.first] = taken[pair.second] = true;
    out.push_back(pair);
  }
  return out;
}

void merge_into(Splats& splats, uint32_t first, uint32_t second) {
  const std::optional<Lump> a = lump_of(splats, first), b = lump_of(splats, second);
  if (!a || !b) return;
  const Lump one = merged(*a, *b);
  const std::array<double, 4> q = quaternion_of(one.shape.axes);
  const double share = a->mass / (a->mass + b->mass);
  const auto mean = [&](std::vector<float>& values, size_t stride) {
    for (size_t k = 0; k < stride; ++k) {
      float& value = values[first * stride + k];
      value = static_cast<float>(share * double{value} + (1 - share) * double{values[second * stride + k]});
    }
  };
  mean(splats.dc, 3);
  mean(splats.sh, splats.sh_stride());
  for (size_t k = 0; k < 3; ++k) {
    splats.position[3 * size_t{first} + k] = static_cast<float>(one.shape.mean[k]);
    splats.log_scale[3 * size_t{first} + k] = static_cast<float>(std::log(std::max(one.shape.deviation[k], 1e-30)));
  }
  for (size_t k = 0; k < 4; ++k) splats.rotation[4 * size_t{first} + k] = static_cast<float>(q[k]);
  splats.opacity_logit[first] = static_cast<float>(std::log(one.opacity / (1 - one.opacity)));
}

}  // namespace dew
