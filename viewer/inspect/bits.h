// SPDX-License-Identifier: Apache-2.0
/// Where the bytes of a .dew file go: as numbers of each point for a heat map, and as tables by part, slice, laser and region.
///
///   DEW_ASSIGN(const CodedBits bits, coded_bits(file, decoded, {}));
///   layer.set(attribute_of_layer(bits.of_points[0], layer.source_index));     // kBits
///   for (const BitsRow& row : bits.by_slice) show(row.name, row.bytes);
///
/// The numbers of all points add up to the file: what belongs to no point (headers, models, calibration) is spread evenly over all.
#pragma once

#include <string>
#include <vector>

#include "entropy/limits.h"
#include "entropy/result.h"
#include "gaussians/splats.h"
#include "pointcloud/content.h"
#include "viewer/scene/layer.h"

namespace dew::viewer {

struct BitsRow {
  std::string name;
  double bytes = 0;
  uint64_t points = 0;  ///< 0: not counted
};

/// Rows of one table add up to the file.
struct CodedBits {
  std::vector<Attribute> of_points;  ///< kBits, then "bits geometry", "bits intensity", ...: a record, cell or splat
  std::vector<BitsRow> by_part;      ///< as `dew info` tells them apart
  std::vector<BitsRow> by_slice;     ///< chunks as they lie in the file; exact
  std::vector<BitsRow> by_ring;      ///< empty where the content names no lasers
  std::vector<BitsRow> by_region;    ///< by azimuth, sectors of 30 degrees, counter-clockwise from x
};

/// `decoded`: what the file decodes to. Errors: those of decode; unsupported_feature for captures and sequences.
/// Cost: that of decoding.
Result<CodedBits> coded_bits(ByteSpan file, const Content& decoded, const DecodeLimits& limits);

/// Parts, and groups in place of slices; each splat has the mean of its group. Errors: those of decode. Cost: that of decoding.
Result<CodedBits> coded_bits(ByteSpan file, const Splats& decoded, const DecodeLimits& limits);

}  // namespace dew::viewer
