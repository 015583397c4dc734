// SPDX-License-Identifier: Apache-2.0
/// Bounds-checked little-endian reading and writing. All byte access of dew goes through here or through whole spans.
///
///   ByteWriter writer;            writer.u32(7); writer.varint(300);
///   ByteReader reader(writer.bytes());
///   DEW_ASSIGN(uint32_t seven, reader.u32());
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "entropy/result.h"

namespace dew {

static_assert(std::endian::native == std::endian::little, "dew is written for little-endian machines");

using Bytes = std::vector<std::byte>;
using ByteSpan = std::span<const std::byte>;

/// Maps 0, -1, 1, -2, ... to 0, 1, 2, 3, ... and back.
constexpr uint64_t zigzag(int64_t value) { return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63); }
constexpr int64_t unzigzag(uint64_t value) { return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1); }

/// Reads from a span it does not own. `base_offset` is added to the offsets in errors, so that a part of a file names places in the file.
class ByteReader {
 public:
  explicit ByteReader(ByteSpan bytes, uint64_t base_offset = 0) : bytes_(bytes), base_offset_(base_offset) {}

  size_t remaining() const { return bytes_.size() - position_; }
  size_t position() const { return position_; }
  uint64_t offset() const { return base_offset_ + position_; }

  Result<uint8_t> u8() { return fixed<uint8_t>(); }
  Result<uint16_t> u16() { return fixed<uint16_t>(); }
  Result<uint32_t> u32() { return fixed<uint32_t>(); }
  Result<uint64_t> u64() { return fixed<uint64_t>(); }
  Result<int32_t> i32() { return fixed<int32_t>(); }
  Result<float> f32() { return fixed<float>(); }
  Result<double> f64() { return fixed<double>(); }
  /// LEB128, at most 10 bytes, shortest form only (a longer form is corrupt).
  Result<uint64_t> varint();
  Result<int64_t> signed_varint();
  /// The next `size` bytes, without copying.
  Result<ByteSpan> bytes(uint64_t size);
  /// varint length, then that many bytes.
  Result<ByteSpan> sized_bytes();
  /// Error `corrupt` unless all bytes were read.
  Status expect_end() const;

 private:
  template <class T>
  Result<T> fixed() {
    if (remaining() < sizeof(T)) return truncated(sizeof(T));
    T value;
    std::memcpy(&value, bytes_.data() + position_, sizeof(T));
    position_ += sizeof(T);
    return value;
  }
  Error truncated(uint64_t wanted) const;

  ByteSpan bytes_;
  size_t position_ = 0;
  uint64_t base_offset_;
};

/// Appends to a vector that it owns.
class ByteWriter {
 public:
  void u8(uint8_t value) { fixed(value); }
  void u16(uint16_t value) { fixed(value); }
  void u32(uint32_t value) { fixed(value); }
  void u64(uint64_t value) { fixed(value); }
  void i32(int32_t value) { fixed(value); }
  void f32(float value) { fixed(value); }
  void f64(double value) { fixed(value); }
  void varint(uint64_t value);
  void signed_varint(int64_t value) { varint(zigzag(value)); }
  void bytes(ByteSpan bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  void sized_bytes(ByteSpan bytes_to_write) {
    varint(bytes_to_write.size());
    bytes(bytes_to_write);
  }

  size_t size() const { return bytes_.size(); }
  const Bytes& bytes() const { return bytes_; }
  Bytes take() { return std::move(bytes_); }

 private:
  template <class T>
  void fixed(T value) {
    const size_t at = bytes_.size();
    bytes_.resize(at + sizeof(T));
    std::memcpy(bytes_.data() + at, &value, sizeof(T));
  }
  Bytes bytes_;
};

/// The bytes of a text, and the text of bytes; no copy.
inline ByteSpan as_bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
inline std::string_view as_text(ByteSpan bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

}  // namespace dew
