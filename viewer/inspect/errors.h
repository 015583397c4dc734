// SPDX-License-Identifier: Apache-2.0
/// Where a decoded content differs from its original: one number for each of its points or splats, for heat maps and histograms.
///
///   DEW_ASSIGN(const PairErrors errors, error_fields(original, decoded, frame));
///   layer.set(attribute_of_layer(errors.of_decoded[0], layer.source_index));      // "error", metres
///   const Histogram histogram = make_histogram(errors.of_decoded[0].values);
///   const uint32_t partner = errors.partner_of_decoded[i];                        // in the original
///
/// NaN stands where there is nothing to compare; infinity where a NaN meets a number.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "entropy/result.h"
#include "gaussians/splats.h"
#include "pointcloud/content.h"
#include "viewer/scene/layer.h"

namespace dew::viewer {

/// How the points of a pair were matched.
enum class Matching : uint8_t {
  order,    ///< point i of one is point i of the other
  nearest,  ///< counts or order differ: nearest points
};

/// The first attribute is kError: metres between partners, for splats between their centres in scene units. Others are there where they say
/// more: "error plane" (the part along the surface, Matching::nearest), "error <field>" (fields that differ, Matching::order);
/// splats have "error colour" (0 to 1), "error opacity" (0 to 1), "error scale" (of the natural logarithm) and "error rotation" (degrees).
struct PairErrors {
  Matching matching = Matching::order;
  std::vector<Attribute> of_decoded;
  std::vector<Attribute> of_original;         ///< kError alone where the matching is by nearest points; empty otherwise, as it is the same
  std::vector<uint32_t> partner_of_decoded;   ///< empty with Matching::order
  std::vector<uint32_t> partner_of_original;  ///< likewise
  double max = 0;                             ///< of kError over both sides, exact; what `dew compare` prints
  double rms = 0;                             ///< likewise

  /// Partner of a point of the decoded side; the same number with Matching::order.
  uint32_t original_of(uint32_t decoded) const { return partner_of_decoded.empty() ? decoded : partner_of_decoded[decoded]; }
  uint32_t decoded_of(uint32_t original) const { return partner_of_original.empty() ? original : partner_of_original[original]; }
};
inline constexpr uint32_t kNoPartner = UINT32_MAX;

/// `frame`: of captures; other contents have frame 0. Scans are compared cell by cell, by their ranges; the planes
/// of a capture's frame follow one another. Errors: invalid_argument where the two are of different kinds, lack coordinates or the frame.
/// Cost: a few ns a point in order; some 20 us a point by nearest ones.
Result<PairErrors> error_fields(const Content& original, const Content& decoded, size_t frame);

/// Errors: invalid_argument where the arrays of a scene do not fit together. Cost: some 50 ns a splat in order, 2 us by nearest ones.
Result<PairErrors> error_fields(const Splats& original, const Splats& decoded);

/// The values of those points that a layer shows. `source_index`: as PointLayer has it; empty: all of them.
Attribute attribute_of_layer(const Attribute& of_content, std::span<const uint32_t> source_index);

/// Gives a layer the attributes of the content that it was made from: errors, bits.
void set_attributes(Layer& layer, std::span<const Attribute> of_content);

}  // namespace dew::viewer
