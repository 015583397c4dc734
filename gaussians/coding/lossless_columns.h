// SPDX-License-Identifier: Apache-2.0
/// What is known of a plane before its floats are coded: constant, of few values, with values that come back, on a lattice; and where its
/// values lie. Measured by the encoder, sent at the head of a chunk.
///
///   Column column = measure_column(gather_plane(scene, plane, first, count));
///   write_column_facts(writer, column);
///   Column read; DEW_TRY(read_column_facts(reader, read));
///   restore_values(read);                                  // once read.values are decoded: palette indices become values again
#pragma once

#include <cstdint>
#include <vector>

#include "entropy/bytes.h"
#include "entropy/result.h"
#include "gaussians/coding/float_cells.h"
#include "gaussians/coding/metered_decoder.h"

namespace dew {

/// Most values of a palette, and most values that are called by number.
inline constexpr size_t kMaxPalette = 32768;
inline constexpr size_t kMaxFrequent = 255;

struct Column {
  bool constant = false;
  uint32_t constant_bits = 0;
  std::vector<uint32_t> palette;   ///< all values, rising; `values` are then floats that number them. Empty: no palette
  std::vector<uint32_t> frequent;  ///< values coded by their number, as bits, rising as integers
  int lattice = kLeastExponent;    ///< (nearly) all values are multiples of 2^lattice
  uint16_t centre_top = 0;         ///< upper half of the bits of a float in the middle of the values
  int scale_exponent = 0;          ///< 2^scale_exponent: how far values are from the centre, mostly; -120 to 120
  bool is_sh = false;              ///< not sent: follows from the plane
  SplatPart part = SplatPart::sh;  ///< whose bits they are, for reports; not sent
  size_t distinct = 0;             ///< how many values there are; not sent
  std::vector<uint32_t> values;    ///< bits of floats, by splat

  double centre() const { return static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(centre_top) << 16)); }
};

/// Takes the values of a plane and finds its facts; replaces them by palette numbers where that pays.
Column measure_column(std::vector<uint32_t> values);

/// The lattice that all values, or all but so few that they cost less than it saves, lie on; kLeastExponent: none.
int lattice_of(const std::vector<uint32_t>& values);

void write_column_facts(ByteWriter& writer, const Column& column);
/// Errors: truncated, corrupt.
Status read_column_facts(ByteReader& reader, Column& column);

/// The plane's values: those of the palette instead of their numbers, `count` times the constant. Error corrupt: a number without a value.
Status restore_values(Column& column, size_t count);

}  // namespace dew
