// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/integer_view.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace dew {
namespace {

/// Tried in this order: whole numbers, decimals, ticks of sensors, fractions of 8-bit and 16-bit full scale.
constexpr std::array<uint32_t, 16> kDenominators = {1,   10,   100,   125,   200,   250,    255,    256,
                                                    500, 1000, 10000, 65535, 65536, 100000, 500000, 1000000};
/// Largest step number of a comb: beyond it a float has no finer steps to save.
constexpr double kMaxStep = 1 << 30;
/// Differences of numbers up to this stay far from overflow.
constexpr int64_t kMaxWide = int64_t{1} << 60;
constexpr unsigned kLeastDoubleShift = 4;

template <class T>
T comb_value(int64_t step, uint32_t denominator) {
  return static_cast<T>(static_cast<double>(step) / static_cast<double>(denominator));
}

int64_t nearest_step(double scaled) { return static_cast<int64_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5); }

/// Whether each value is a step or -0, which is none.
template <class T, class Bits>
bool on_comb(std::span<const T> values, uint32_t denominator) {
  for (const T value : values) {
    const double scaled = static_cast<double>(value) * denominator;
    if (!(scaled > -kMaxStep && scaled < kMaxStep)) return false;
    if (value != 0 && std::bit_cast<Bits>(comb_value<T>(nearest_step(scaled), denominator)) != std::bit_cast<Bits>(value)) return false;
  }
  return true;
}
template <class T>
bool is_negative_zero(T value) {
  return value == 0 && std::signbit(value);
}

/// Low bits that are zero in all values, which a sequence would code as they stand; ordered_bits where there are none.
template <class T, class Bits>
IntegerView find_short_view(std::span<const T> values) {
  Bits any = 0;
  for (const T value : values) any |= std::bit_cast<Bits>(value);
  const unsigned shift = any == 0 ? 0 : static_cast<unsigned>(std::countr_zero(any));
  return shift == 0 ? IntegerView{ViewKind::ordered_bits, 1} : IntegerView{ViewKind::short_bits, 1, shift};
}

template <class T, class Bits>
IntegerView find_float_view(const Field& field) {
  const auto values = field.values<T>();
  const auto probe = values.subspan(0, std::min<size_t>(values.size(), 512));
  for (const uint32_t denominator : kDenominators) {
    if (!on_comb<T, Bits>(probe, denominator) || !on_comb<T, Bits>(values, denominator)) continue;
    const bool any_negative_zero = std::any_of(values.begin(), values.end(), is_negative_zero<T>);
    return {any_negative_zero ? ViewKind::signed_comb : ViewKind::comb, denominator};
  }
  return find_short_view<T, Bits>(values);
}

/// Signed integers that grow with the float: magnitudes above zero, mirrored below; -0 is -1.
template <class Bits, class Signed>
int64_t ordered(Bits bits, unsigned shift = 0) {
  const Signed value = static_cast<Signed>(bits);
  const Signed mask = std::numeric_limits<Signed>::max();
  return value < 0 ? -1 - static_cast<int64_t>((value & mask) >> shift) : static_cast<int64_t>(value >> shift);
}
template <class Bits>
Bits unordered(int64_t value, unsigned shift = 0) {
  constexpr Bits kSign = static_cast<Bits>(Bits{1} << (8 * sizeof(Bits) - 1));
  // As 64 bits: hostile integers may be of any size.
  const auto size = [&](int64_t steps) { return static_cast<Bits>(static_cast<uint64_t>(steps) << shift); };
  return value < 0 ? static_cast<Bits>(size(-1 - value) | kSign) : size(value);
}

template <class T>
void widen(const Field& field, std::vector<int64_t>& out) {
  const auto values = field.values<T>();
  for (size_t i = 0; i < values.size(); ++i) out[i] = static_cast<int64_t>(values[i]);
}
template <class T>
void narrow(std::span<const int64_t> integers, Bytes& out) {
  out.resize(integers.size() * sizeof(T));
  for (size_t i = 0; i < integers.size(); ++i) {
    const T value = static_cast<T>(integers[i]);
    std::memcpy(out.data() + i * sizeof(T), &value, sizeof(T));
  }
}

template <class T>
void comb_steps(const Field& field, const IntegerView& view, std::vector<int64_t>& out) {
  const auto values = field.values<T>();
  for (size_t i = 0; i < values.size(); ++i) {
    out[i] = nearest_step(static_cast<double>(values[i]) * view.denominator);
    if (view.kind == ViewKind::signed_comb && std::signbit(values[i])) out[i] -= 1;
  }
}
template <class T>
void comb_values(std::span<const int64_t> integers, const IntegerView& view, Bytes& out) {
  out.resize(integers.size() * sizeof(T));
  for (size_t i = 0; i < integers.size(); ++i) {
    const bool is_below = view.kind == ViewKind::signed_comb && integers[i] < 0;
    const T value = is_below ? -comb_value<T>(-1 - integers[i], view.denominator) : comb_value<T>(integers[i], view.denominator);
    std::memcpy(out.data() + i * sizeof(T), &value, sizeof(T));
  }
}

/// Doubles by their place on the line: one above another is 1 more.
int64_t line_place(double value) { return ordered<uint64_t, int64_t>(std::bit_cast<uint64_t>(value)); }
double at_line_place(int64_t place) { return std::bit_cast<double>(unordered<uint64_t>(place)); }
int64_t wrapped_sum(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); }
int64_t wrapped_difference(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b)); }

void near_steps(const Field& field, const IntegerView& view, std::vector<int64_t>& out) {
  out.clear();
  for (const double value : field.values<double>()) {
    const int64_t step = nearest_step(value * view.denominator);
    out.push_back(step);
    out.push_back(wrapped_difference(line_place(value), line_place(comb_value<double>(step, view.denominator))));
  }
}
void near_values(std::span<const int64_t> integers, const IntegerView& view, Bytes& out) {
  out.resize(integers.size() / 2 * sizeof(double));
  for (size_t i = 0; i + 1 < integers.size(); i += 2) {
    const double value = at_line_place(wrapped_sum(line_place(comb_value<double>(integers[i], view.denominator)), integers[i + 1]));
    std::memcpy(out.data() + i / 2 * sizeof(double), &value, sizeof(double));
  }
}

template <class T>
T step_value(int64_t steps, const IntegerView& view) {
  return static_cast<T>(static_cast<double>(steps) * view.step + view.origin);
}
template <class T>
void whole_steps(const Field& field, const IntegerView& view, std::vector<int64_t>& out) {
  const auto values = field.values<T>();
  for (size_t i = 0; i < values.size(); ++i) out[i] = nearest_step((static_cast<double>(values[i]) - view.origin) / view.step);
}
template <class T>
void step_values(std::span<const int64_t> integers, const IntegerView& view, Bytes& out) {
  out.resize(integers.size() * sizeof(T));
  for (size_t i = 0; i < integers.size(); ++i) {
    const T value = step_value<T>(integers[i], view);
    std::memcpy(out.data() + i * sizeof(T), &value, sizeof(T));
  }
}

}  // namespace

std::optional<IntegerView> steps_view(const Field& field, double step, double origin) {
  if (field.type != FieldType::f64) return {};
  IntegerView view{ViewKind::steps};
  view.step = step;
  view.origin = origin;
  for (const double value : field.values<double>()) {
    const double steps = (value - origin) / step;
    if (!(std::abs(steps) < 0x1p40)) return {};
    if (std::bit_cast<uint64_t>(step_value<double>(nearest_step(steps), view)) != std::bit_cast<uint64_t>(value)) return {};
  }
  return view;
}

IntegerView find_integer_view(const Field& field) {
  switch (field.type) {
    case FieldType::f32: return find_float_view<float, uint32_t>(field);
    case FieldType::f64: {
      const IntegerView view = find_float_view<double, uint64_t>(field);
      // Differences of whole doubles would not fit.
      const bool fits = is_comb(view.kind) || (view.kind == ViewKind::short_bits && view.shift >= kLeastDoubleShift);
      return fits ? view : IntegerView{ViewKind::halves, 1};
    }
    case FieldType::u64:
    case FieldType::i64: {
      for (const int64_t value : field.values<int64_t>()) {
        if (value > kMaxWide || value < -kMaxWide) return {ViewKind::halves, 1};
      }
      return {ViewKind::integer, 1};
    }
    case FieldType::f16: return {ViewKind::ordered_bits, 1};
    default: return {ViewKind::integer, 1};
  }
}

std::vector<int64_t> to_integers(const Field& field, const IntegerView& view) {
  if (view.kind == ViewKind::near_comb) {
    std::vector<int64_t> pairs;
    near_steps(field, view, pairs);
    return pairs;
  }
  if (view.kind == ViewKind::halves) {
    std::vector<int64_t> halves(field.data.size() / sizeof(uint32_t));
    widen<uint32_t>(field, halves);
    return halves;
  }
  std::vector<int64_t> out(field.data.size() / field_type_size(field.type));
  switch (field.type) {
    case FieldType::u8: widen<uint8_t>(field, out); break;
    case FieldType::u16: widen<uint16_t>(field, out); break;
    case FieldType::u32: widen<uint32_t>(field, out); break;
    case FieldType::u64: widen<uint64_t>(field, out); break;
    case FieldType::i8: widen<int8_t>(field, out); break;
    case FieldType::i16: widen<int16_t>(field, out); break;
    case FieldType::i32: widen<int32_t>(field, out); break;
    case FieldType::i64: widen<int64_t>(field, out); break;
    case FieldType::f16: {
      const auto bits = field.values<uint16_t>();
      for (size_t i = 0; i < out.size(); ++i) out[i] = ordered<uint16_t, int16_t>(bits[i]);
      break;
    }
    case FieldType::f32: {
      if (is_comb(view.kind)) {
        comb_steps<float>(field, view, out);
        break;
      }
      if (view.kind == ViewKind::steps) {
        whole_steps<float>(field, view, out);
        break;
      }
      const auto bits = field.values<uint32_t>();
      for (size_t i = 0; i < out.size(); ++i) out[i] = ordered<uint32_t, int32_t>(bits[i], view.shift);
      break;
    }
    case FieldType::f64: {
      if (is_comb(view.kind)) {
        comb_steps<double>(field, view, out);
        break;
      }
      if (view.kind == ViewKind::steps) {
        whole_steps<double>(field, view, out);
        break;
      }
      const auto bits = field.values<uint64_t>();
      for (size_t i = 0; i < out.size(); ++i) out[i] = wrapped_difference(ordered<uint64_t, int64_t>(bits[i], view.shift), view.first);
      break;
    }
  }
  if (view.kind == ViewKind::multiples) {
    for (int64_t& value : out) value /= view.denominator;
  }
  return out;
}

Bytes from_integers(std::span<const int64_t> integers, FieldType type, const IntegerView& view) {
  Bytes out;
  const size_t width = field_type_size(type);
  if (view.kind == ViewKind::halves) {
    narrow<uint32_t>(integers, out);
  } else if (view.kind == ViewKind::near_comb) {
    near_values(integers, view, out);
  } else if (view.kind == ViewKind::multiples) {
    std::vector<int64_t> values(integers.begin(), integers.end());
    for (int64_t& value : values) value = static_cast<int64_t>(static_cast<uint64_t>(value) * view.denominator);
    out = from_integers(values, type, {});
  } else if (is_comb(view.kind) && type == FieldType::f32) {
    comb_values<float>(integers, view, out);
  } else if (is_comb(view.kind) && type == FieldType::f64) {
    comb_values<double>(integers, view, out);
  } else if (view.kind == ViewKind::steps && type == FieldType::f32) {
    step_values<float>(integers, view, out);
  } else if (view.kind == ViewKind::steps && type == FieldType::f64) {
    step_values<double>(integers, view, out);
  } else if (type == FieldType::f16 || type == FieldType::f32 || type == FieldType::f64) {
    out.resize(integers.size() * width);
    for (size_t i = 0; i < integers.size(); ++i) {
      const uint64_t bits = width == 2   ? unordered<uint16_t>(integers[i])
                            : width == 4 ? unordered<uint32_t>(integers[i], view.shift)
                                         : unordered<uint64_t>(wrapped_sum(integers[i], view.first), view.shift);
      std::memcpy(out.data() + i * width, &bits, width);
    }
  } else {
    switch (width) {
      case 1: narrow<uint8_t>(integers, out); break;
      case 2: narrow<uint16_t>(integers, out); break;
      case 4: narrow<uint32_t>(integers, out); break;
      default: narrow<uint64_t>(integers, out); break;
    }
  }
  return out;
}

}  // namespace dew
