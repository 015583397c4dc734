// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cmath>

#include "gaussians/metrics.h"
#include "pointcloud/nearest.h"
#include "viewer/inspect/errors.h"

namespace dew::viewer {
namespace {

/// Colour = 0.5 + this times dc.
constexpr double kDcToColour = 0.28209479177387814;

std::vector<Vec3> centres(const Splats& splats) {
  std::vector<Vec3> out(splats.count());
  for (size_t i = 0; i < out.size(); ++i) {
    const float* p = &splats.position[3 * i];
    out[i] = {static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
  }
  return out;
}

/// The nearest centre of `to` for each splat of `from`; kNoPartner where one is not finite.
std::vector<uint32_t> nearest_splats(const std::vector<Vec3>& from, const std::vector<Vec3>& to) {
  std::vector<Vec3> finite;
  std::vector<uint32_t> index;
  for (size_t i = 0; i < to.size(); ++i) {
    if (!is_finite(to[i])) continue;
    finite.push_back(to[i]);
    index.push_back(static_cast<uint32_t>(i));
  }
  const KdTree tree(finite);
  std::vector<uint32_t> partner(from.size(), kNoPartner);
  for (size_t i = 0; i < from.size() && !finite.empty(); ++i) {
    if (is_finite(from[i])) partner[i] = index[tree.nearest(from[i]).index];
  }
  return partner;
}

/// Errors of each splat of `from` against its partner.
std::vector<Attribute> measure(const Splats& from, const Splats& to, const std::vector<uint32_t>& partner) {
  const std::vector<float> nothing(from.count(), std::nanf(""));
  std::vector<Attribute> out = {{kError, "", nothing},
                                {"error colour", "", nothing},
                                {"error opacity", "", nothing},
                                {"error scale", "", nothing},
                                {"error rotation", "deg", nothing}};
  for (size_t i = 0; i < from.count(); ++i) {
    const uint32_t j = partner.empty() ? static_cast<uint32_t>(i) : partner[i];
    if (j == kNoPartner) continue;
    const SplatDifference d = splat_difference(from, i, to, j);
    const std::array<double, 5> values = {d.position, kDcToColour * d.dc, d.opacity, d.log_scale, d.rotation_deg};
    for (size_t k = 0; k < out.size(); ++k) out[k].values[i] = static_cast<float>(values[k]);
  }
  return out;
}

/// The largest length and the root mean square of those between partners, exact where floats are not.
void sum_up(const Splats& from, const Splats& to, const std::vector<uint32_t>& partner, PairErrors& errors) {
  double sum = 0;
  size_t count = 0;
  for (size_t i = 0; i < from.count(); ++i) {
    const uint32_t j = partner.empty() ? static_cast<uint32_t>(i) : partner[i];
    if (j == kNoPartner) continue;
    const double away = splat_difference(from, i, to, j).position;
    errors.max = std::fmax(errors.max, away);
    sum += away * away;
    ++count;
  }
  if (count > 0) errors.rms = std::fmax(errors.rms, std::sqrt(sum / static_cast<double>(count)));
}

}  // namespace

Result<PairErrors> error_fields(const Splats& original, const Splats& decoded) {
  DEW_TRY(check_shape(original));
  DEW_TRY(check_shape(decoded));
  PairErrors errors;
  if (!same_order(original, decoded)) {
    errors.matching = Matching::nearest;
    const std::vector<Vec3> centres_a = centres(original), centres_b = centres(decoded);
    errors.partner_of_decoded = nearest_splats(centres_b, centres_a);
    errors.partner_of_original = nearest_splats(centres_a, centres_b);
    errors.of_original = measure(original, decoded, errors.partner_of_original);
    errors.of_original.resize(1);
    sum_up(original, decoded, errors.partner_of_original, errors);
  }
  errors.of_decoded = measure(decoded, original, errors.partner_of_decoded);
  sum_up(decoded, original, errors.partner_of_decoded, errors);
  return errors;
}

}  // namespace dew::viewer
