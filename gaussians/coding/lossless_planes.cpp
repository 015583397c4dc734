// SPDX-License-Identifier: Apache-2.0
#include "gaussians/coding/lossless_planes.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <type_traits>

namespace dew {
namespace {

template <class T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

/// Calls body(T{}) with a value of the C++ type of `type`.
template <class Body>
auto with_type(PropertyType type, Body&& body) {
  switch (type) {
    case PropertyType::i8: return body(int8_t{});
    case PropertyType::u8: return body(uint8_t{});
    case PropertyType::i16: return body(int16_t{});
    case PropertyType::u16: return body(uint16_t{});
    case PropertyType::i32: return body(int32_t{});
    case PropertyType::u32: return body(uint32_t{});
    case PropertyType::f64: return body(double{});
    case PropertyType::f32: break;
  }
  return body(float{});
}

/// True where the value comes back from a float with all its bits.
template <class T>
bool float_holds(T value) {
  if constexpr (std::is_integral_v<T>) {
    return sizeof(T) < 4 || (static_cast<int64_t>(value) >= -(1 << 24) && static_cast<int64_t>(value) <= (1 << 24));
  } else {
    // Beyond the range of floats the conversion has no meaning in C++; NaN keeps its bits in no conversion.
    const double number = static_cast<double>(value);
    if (!(number >= -3e38 && number <= 3e38)) return false;
    const double there_and_back = static_cast<double>(static_cast<float>(number));
    return std::bit_cast<uint64_t>(there_and_back) == std::bit_cast<uint64_t>(number);
  }
}

template <class T>
T number_from_float(float value) {
  if constexpr (std::is_integral_v<T>) {
    constexpr double kLow = static_cast<double>(std::numeric_limits<T>::min()), kHigh = static_cast<double>(std::numeric_limits<T>::max());
    return value == value ? static_cast<T>(std::clamp(static_cast<double>(value), kLow, kHigh)) : T{0};
  } else {
    return static_cast<T>(value);
  }
}

const std::vector<float>& array_of(const Splats& splats, size_t array) {
  const std::vector<float>* const arrays[] = {&splats.log_scale, &splats.rotation, &splats.opacity_logit, &splats.dc, &splats.sh};
  return *arrays[array];
}

}  // namespace

std::vector<Plane> plane_layout(const Splats& splats, const std::vector<bool>& as_numbers) {
  std::vector<Plane> planes;
  const auto add = [&](size_t array, size_t stride, size_t offset) {
    Plane plane;
    plane.array = array;
    plane.stride = stride;
    plane.offset = offset;
    plane.is_sh = array == 4;
    planes.push_back(plane);
  };
  constexpr size_t kStrides[] = {3, 4, 1, 3};
  for (size_t array = 0; array < 4; ++array) {
    for (size_t k = 0; k < kStrides[array]; ++k) add(array, kStrides[array], k);
  }
  const size_t coefficients = sh_coefficients(splats.sh_degree);
  for (size_t k = 0; k < coefficients; ++k) {
    for (size_t channel = 0; channel < 3; ++channel) add(4, 3 * coefficients, channel * coefficients + k);
  }
  for (size_t i = 0; i < splats.extra.size(); ++i) {
    Plane plane;
    plane.type = splats.extra[i].type;
    plane.extra = static_cast<int>(i);
    if (plane.type == PropertyType::f32 || as_numbers[i]) {
      plane.kind = plane.type == PropertyType::f32 ? PlaneKind::floats : PlaneKind::numbers;
      planes.push_back(plane);
      continue;
    }
    plane.kind = PlaneKind::words;
    for (unsigned word = static_cast<unsigned>(property_type_size(plane.type)) / 2; word-- > 0;) {
      plane.word = word;
      planes.push_back(plane);
    }
  }
  return planes;
}

std::vector<bool> extras_as_numbers(const Splats& splats, size_t first, size_t count) {
  std::vector<bool> as_numbers;
  for (const ExtraProperty& extra : splats.extra) {
    as_numbers.push_back(with_type(extra.type, [&](auto sample) {
      using T = decltype(sample);
      const std::byte* data = extra.data.data() + first * sizeof(T);
      for (size_t i = 0; i < count; ++i) {
        if (!float_holds(load<T>(data + i * sizeof(T)))) return false;
      }
      return true;
    }));
  }
  return as_numbers;
}

std::vector<uint32_t> gather_plane(const Splats& splats, const Plane& plane, size_t first, size_t count) {
  std::vector<uint32_t> values(count);
  if (plane.extra < 0) {
    const std::vector<float>& array = array_of(splats, plane.array);
    for (size_t i = 0; i < count; ++i) values[i] = std::bit_cast<uint32_t>(array[(first + i) * plane.stride + plane.offset]);
    return values;
  }
  const std::byte* data = splats.extra[static_cast<size_t>(plane.extra)].data.data();
  const size_t size = property_type_size(plane.type);
  if (plane.kind == PlaneKind::floats) {
    for (size_t i = 0; i < count; ++i) values[i] = load<uint32_t>(data + (first + i) * size);
  } else if (plane.kind == PlaneKind::words) {
    for (size_t i = 0; i < count; ++i) {
      const uint16_t word = load<uint16_t>(data + (first + i) * size + 2 * plane.word);
      values[i] = std::bit_cast<uint32_t>(static_cast<float>(word));
    }
  } else {
    with_type(plane.type, [&](auto sample) {
      using T = decltype(sample);
      for (size_t i = 0; i < count; ++i) values[i] = std::bit_cast<uint32_t>(static_cast<float>(load<T>(data + (first + i) * sizeof(T))));
    });
  }
  return values;
}

void scatter_plane(Splats& splats, const Plane& plane, size_t first, std::span<const uint32_t> values) {
  if (plane.extra < 0) {
    std::vector<float>& array = const_cast<std::vector<float>&>(array_of(splats, plane.array));
    for (size_t i = 0; i < values.size(); ++i) {
      // By bytes: a float that is a signalling NaN may not survive an assignment.
      std::memcpy(&array[(first + i) * plane.stride + plane.offset], &values[i], 4);
    }
    return;
  }
  std::byte* data = splats.extra[static_cast<size_t>(plane.extra)].data.data();
  const size_t size = property_type_size(plane.type);
  if (plane.kind == PlaneKind::floats) {
    for (size_t i = 0; i < values.size(); ++i) std::memcpy(data + (first + i) * size, &values[i], 4);
  } else if (plane.kind == PlaneKind::words) {
    for (size_t i = 0; i < values.size(); ++i) {
      const uint16_t word = number_from_float<uint16_t>(std::bit_cast<float>(values[i]));
      std::memcpy(data + (first + i) * size + 2 * plane.word, &word, 2);
    }
  } else {
    with_type(plane.type, [&](auto sample) {
      using T = decltype(sample);
      for (size_t i = 0; i < values.size(); ++i) {
        const T number = number_from_float<T>(std::bit_cast<float>(values[i]));
        std::memcpy(data + (first + i) * sizeof(T), &number, sizeof(T));
      }
    });
  }
}

}  // namespace dew
