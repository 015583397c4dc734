// SPDX-License-Identifier: Apache-2.0
/// Where the bytes of a .dew file go: as numbers of each point, splat or vertex for a heat map, and as tables by part, slice, laser,
/// region.
///
///   DEW_ASSIGN(const CodedBits bits, coded_bits(file, decoded, {}));
///   layer.set(attribute_of_layer(bits.of_points[0], layer.source_index));     // kBits
///   for (const BitsRow& row : bits.by_slice) show(row.name, row.bytes);
///
/// The numbers of all points add up to the file, or to one frame of a file of many: what belongs to no point (headers, models, calibration,
/// packets) is spread evenly over all.
#pragma once

#include <string>
#include <vector>

#include "entropy/limits.h"
#include "entropy/result.h"
#include "gaussians/splats.h"
#include "mesh/mesh.h"
#include "pointcloud/content.h"
#include "viewer/scene/layer.h"

namespace dew {
struct FrameBits;
}

namespace dew::viewer {

struct BitsRow {
  std::string name;
  double bytes = 0;
  uint64_t points = 0;  ///< 0: not counted
};

/// Rows of one table add up to the file; by ring and region to what the points add up to.
struct CodedBits {
  std::vector<Attribute> of_points;  ///< kBits, then "bits geometry", "bits intensity", ...: a record, cell, splat or vertex
  std::vector<BitsRow> by_part;      ///< as `dew info` tells them apart
  std::vector<BitsRow> by_slice;     ///< chunks as they lie in the file, or frames; exact
  std::vector<BitsRow> by_ring;      ///< empty where the content names no lasers
  std::vector<BitsRow> by_region;    ///< sectors of 30 degrees, counter-clockwise from x; of splats and meshes the eight octants
};

/// Of a file of one frame, or of a frame of a capture. `decoded`: what the file decodes to. Errors: those of decode; unsupported_feature
/// for sequences. Cost: that of decoding, of a frame of a capture also of those that it refers to.
Result<CodedBits> coded_bits(ByteSpan file, const Content& decoded, const DecodeLimits& limits, size_t frame = 0);

/// Of a frame of a sequence, whose decoder said what its cells took: `decoder.decode(frame, &measured)`. Errors: those of inspect.
Result<CodedBits> coded_bits(ByteSpan file, const Content& decoded, const FrameBits& measured, size_t frame, const DecodeLimits& limits);

/// Parts, and groups in place of slices. Errors: those of decode. Cost: that of decoding.
Result<CodedBits> coded_bits(ByteSpan file, const Splats& decoded, const DecodeLimits& limits);

/// Parts, and chunks in place of slices. Errors: those of decode. Cost: that of decoding.
Result<CodedBits> coded_bits(ByteSpan file, const Mesh& decoded, const DecodeLimits& limits);

}  // namespace dew::viewer
