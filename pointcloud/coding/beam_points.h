// SPDX-License-Identifier: Apache-2.0
/// Coordinates of a points frame as beams, as bytes: the head, the labels of points where no field gives them, and the coordinates of a
/// slice.
///
///   write_beams(beams, writer);   DEW_ASSIGN(Beams beams, read_beams(reader));
///   Bytes labels = encode_labels(beams, labels_of_slice);
///   Bytes places = encode_beam_points(beams, scales, labels_of_slice, first, frame_points, integers);
#pragma once

#include "pointcloud/coding/beam_model.h"
#include "pointcloud/coding/cell_bits.h"

namespace dew {

struct BeamsHead {
  Beams beams;
  std::optional<size_t> label_field;  ///< index among the plans: each point's label is that field's integer
};
void write_beams(const BeamsHead& head, ByteWriter& writer);
/// Errors: truncated, corrupt.
Result<BeamsHead> read_beams(ByteReader& reader);

/// The points of one slice: the frame's point `first` is its first, of `total`.
struct BeamSpan {
  uint64_t first = 0, total = 0;
  double place(uint64_t i) const { return total > 1 ? static_cast<double>(first + i) / static_cast<double>(total - 1) : 0.0; }
};

Bytes encode_labels(const Beams& beams, std::span<const uint8_t> labels);
Result<std::vector<uint8_t>> decode_labels(const Beams& beams, ByteSpan coded, uint64_t points, Budget& budget, uint64_t offset,
                                           std::span<float> bits);

/// Three integers a point, x, y and z.
Bytes encode_beam_points(const Beams& beams, const std::array<CoordinateScale, 3>& scales, std::span<const uint8_t> labels, BeamSpan span,
                         std::span<const int64_t> integers);
Result<std::vector<int64_t>> decode_beam_points(const Beams& beams, const std::array<CoordinateScale, 3>& scales,
                                                std::span<const uint8_t> labels, BeamSpan span, ByteSpan coded, Budget& budget,
                                                uint64_t offset, std::span<float> bits);

}  // namespace dew
