// SPDX-License-Identifier: Apache-2.0
/// Values of a field as integers that are cheap to code: steps of a comb (0.01, 1/255, 1 mm) where all values lie on one, order-keeping
/// integers of the float bits otherwise, short ones where the floats are short. Every bit comes back.
///
///   const IntegerView view = find_integer_view(field);
///   std::vector<int64_t> integers = to_integers(field, view);
///   Bytes same = from_integers(integers, field.type, view);
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pointcloud/cloud.h"

namespace dew {

/// How integers mean values. Stored in files; never renumber.
enum class ViewKind : uint8_t {
  integer = 0,       ///< the value itself (integer types)
  comb = 1,          ///< value = integer / denominator, rounded to the field's float type
  ordered_bits = 2,  ///< the bits of the float, mapped so that order is kept
  halves = 3,        ///< 64-bit values whose size would not leave room for differences: low and high 32 bits, one after the other
  short_bits = 4,    ///< ordered_bits without the low bits that are zero in all values: halves inside floats, floats inside doubles
  signed_comb = 5,   ///< comb with a -0 of its own, one step below 0: all below are one step further down
  steps = 6,         ///< value = integer * step + origin in doubles, rounded to the field's float type
  near_comb = 7,     ///< two integers a double: a comb's step, and by how many doubles the value lies above it
  from_first = 8,    ///< ordered bits of doubles, less `first`
  multiples = 9,     ///< value = integer * denominator (integer types)
};

/// How many integers a value becomes.
constexpr size_t integers_per_value(ViewKind kind) { return kind == ViewKind::halves || kind == ViewKind::near_comb ? 2 : 1; }
constexpr bool is_comb(ViewKind kind) { return kind == ViewKind::comb || kind == ViewKind::signed_comb; }

struct IntegerView {
  ViewKind kind = ViewKind::integer;
  uint32_t denominator = 1;
  unsigned shift = 0;           ///< short_bits: how many low bits are left out
  double step = 1, origin = 0;  ///< steps
  int64_t first = 0;            ///< from_first
  bool operator==(const IntegerView&) const = default;
};

/// The view in which all values of the field come back to the bit; the coarsest comb of a fixed list that fits. Cost: about 5 ns a value.
IntegerView find_integer_view(const Field& field);
/// As find_integer_view, more closely looked at: combs of any denominator, times that are a comb's but for rounding, doubles near one
/// another, integers that are multiples (8 bits stretched to 16). For clouds without a grid.
IntegerView find_close_view(const Field& field);
/// The view of steps, where all values of a field of doubles are whole steps from the origin.
std::optional<IntegerView> steps_view(const Field& field, double step, double origin);
/// All points * count values, integers_per_value of each. REQUIRES: the view fits the field (find_integer_view, or the same type).
std::vector<int64_t> to_integers(const Field& field, const IntegerView& view);
/// The field's bytes again, for any integers: what does not fit the type is cut to its width.
Bytes from_integers(std::span<const int64_t> integers, FieldType type, const IntegerView& view);

}  // namespace dew
