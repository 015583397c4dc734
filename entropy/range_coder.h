// SPDX-License-Identifier: Apache-2.0
/// Forward range coder for adaptive and network symbols: binary decisions of 16 bits, intervals of up to 32 bits.
///
///   RangeEncoder encoder;
///   encoder.code_bit(true, 60000);            // P(1) = 60000 / 65536
///   const Bytes coded = encoder.finish();
///   RangeDecoder decoder(coded);
///   const bool bit = decoder.code_bit(false, 60000);   // gives true; the argument is ignored
///
/// Both classes are Coders (entropy/coder.h): write a codec once as a template over the coder.
/// State: a 64-bit interval [low, low + range) with carries into bytes already written; range is held at 2^48 or more, so
/// that an interval of T bits loses at most 2^(T-48) of its length: below 0.00001 bits a symbol at T = 30.
/// Threads: one coder a thread. Bytes: entropy/FORMAT.md, "Range coder".
/// Source: G. N. N. Martin, "Range encoding", 1979; carry propagation as in M. Schindler's range coder, 1998.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "entropy/bytes.h"

namespace dew {

/// Bits of the probability of a binary decision.
inline constexpr unsigned kProbabilityBits = 16;
/// Intervals of more bits than this would lose precision.
inline constexpr unsigned kMaxIntervalBits = 32;

class RangeEncoder {
 public:
  static constexpr bool kDecodes = false;

  /// Codes `bit` where P(1) = p1 / 65536. REQUIRES: 1 <= p1 <= 65535. Returns `bit`.
  bool code_bit(bool bit, uint32_t p1) {
    // Without branches, as in the decoder.
    const uint64_t bound = (range_ >> kProbabilityBits) * p1;
    const uint64_t zero = uint64_t{bit} - 1;  // all ones where the bit is 0
    add(bound & zero);
    range_ = (bound ^ zero) + (range_ & zero) + (zero & 1);
    if (range_ < uint64_t{1} << 48) [[unlikely]]
      normalise();
    return bit;
  }

  /// Codes the interval [start, start + size) of 2^total_bits. REQUIRES: size >= 1, start + size <= 2^total_bits, total_bits <= 32.
  void encode_interval(uint32_t start, uint32_t size, unsigned total_bits) {
    const uint64_t step = range_ >> total_bits;
    add(step * start);
    range_ = step * size;
    if (range_ < uint64_t{1} << 48) normalise();
  }

  /// Codes the low `bits` (0 to 64) bits of `value`, all values equally likely; the others must be zero. Returns `value`.
  uint64_t code_raw(uint64_t value, unsigned bits) {
    while (bits > 16) {
      bits -= 16;
      encode_interval(static_cast<uint32_t>((value >> bits) & 0xffff), 1, 16);
    }
    if (bits > 0) encode_interval(static_cast<uint32_t>(value & ((1u << bits) - 1)), 1, bits);
    return value;
  }

  /// Bytes written so far; finish() adds at most 2.
  size_t size_bytes() const { return position_; }

  /// Ends the stream with the fewest bytes (0 to 2) that name a number inside the last interval, and gives it away.
  /// The encoder is as new afterwards.
  Bytes finish() {
    unsigned tail = 0;
    uint64_t value = 0;
    for (;; ++tail) {
      const uint64_t below = tail == 0 ? ~uint64_t{0} : (uint64_t{1} << (64 - 8 * tail)) - 1;
      value = (low_ + below) & ~below;
      if (value - low_ < range_) break;
    }
    if (value < low_) carry();
    for (unsigned i = 0; i < tail; ++i, value <<= 8) put(static_cast<std::byte>(value >> 56));
    out_.resize(position_);
    Bytes coded = std::move(out_);
    *this = RangeEncoder();
    return coded;
  }

 private:
  void add(uint64_t amount) {
    low_ += amount;
    if (low_ < amount) [[unlikely]]
      carry();
  }
  [[gnu::noinline]] void carry() {
    size_t at = position_;
    do {
      --at;
      out_[at] = static_cast<std::byte>(static_cast<uint8_t>(out_[at]) + 1);
    } while (out_[at] == std::byte{0});
  }
  /// Not inline, as it is not what a symbol mostly needs.
  [[gnu::noinline]] void normalise() {
    while (range_ < uint64_t{1} << 48) {
      put(static_cast<std::byte>(low_ >> 56));
      put(static_cast<std::byte>(low_ >> 48));
      low_ <<= 16;
      range_ <<= 16;
    }
  }
  void put(std::byte byte) {
    if (position_ == out_.size()) out_.resize(out_.size() * 2 + 64);
    out_[position_++] = byte;
  }

  uint64_t low_ = 0;
  uint64_t range_ = ~uint64_t{0};
  Bytes out_;
  size_t position_ = 0;
};

/// Reads what RangeEncoder wrote. Trust: the bytes may be hostile; any bytes decode to something, none are read outside the span.
/// Past the end it reads zeros: look at overrun() once a slice.
class RangeDecoder {
 public:
  static constexpr bool kDecodes = true;

  /// `bytes` must outlive the decoder.
  explicit RangeDecoder(ByteSpan bytes) : bytes_(bytes) {
    for (int i = 0; i < 4; ++i) offset_ = (offset_ << 16) | next16();
  }

  /// Decodes a bit that was coded with the same p1; `ignored` is there so that encoder and decoder are called alike.
  bool code_bit(bool /*ignored*/, uint32_t p1) {
    // Without branches: the bit is what cannot be guessed.
    const uint64_t bound = (range_ >> kProbabilityBits) * p1;
    const bool bit = offset_ < bound;
    const uint64_t zero = uint64_t{bit} - 1;  // all ones where the bit is 0
    offset_ -= bound & zero;
    range_ = (bound ^ zero) + (range_ & zero) + (zero & 1);
    if (range_ < uint64_t{1} << 48) [[unlikely]]
      normalise();
    return bit;
  }

  /// code_bit for bits that are mostly as expected: the processor guesses the bit and goes on to what follows from it. A wrong guess costs
  /// some twenty cycles, a right one saves the wait for the bit, which is longer where the next probability takes long to compute.
  [[gnu::always_inline]] bool decode_by_branch(uint32_t p1) {
    const uint64_t bound = (range_ >> kProbabilityBits) * p1;
    bool bit = false;
    if (offset_ < bound) {
      bit = true;
      stay_a_branch(bit);
      range_ = bound;
    } else {
      offset_ -= bound;
      range_ -= bound;
    }
    if (range_ < uint64_t{1} << 48) [[unlikely]]
      normalise();
    return bit;
  }

  /// A number below 2^total_bits that lies in the interval to be decoded; consume() must follow with that interval.
  uint32_t decode_target(unsigned total_bits) {
    step_ = range_ >> total_bits;
    const uint64_t target = offset_ / step_;
    const uint64_t last = (uint64_t{1} << total_bits) - 1;
    return static_cast<uint32_t>(target < last ? target : last);
  }
  void consume(uint32_t start, uint32_t size) {
    offset_ -= step_ * start;
    range_ = step_ * size;
    normalise();
  }

  uint64_t code_raw(uint64_t /*ignored*/, unsigned bits) {
    uint64_t value = 0;
    while (bits > 16) {
      bits -= 16;
      value = (value << 16) | raw_part(16);
    }
    return bits > 0 ? (value << bits) | raw_part(bits) : value;
  }

  /// True once more bytes were needed than any encoder left out: the input is truncated or damaged.
  bool overrun() const { return position_ > bytes_.size() + 8; }
  /// Information of the symbols so far, in bits: how far the interval has shrunk. For reports; no decoder's result stands on it.
  double bits_read() const { return 8.0 * static_cast<double>(position_) - std::log2(static_cast<double>(range_)); }
  /// True when all bytes were read and no more were needed: what a sound stream shows after its last symbol.
  bool at_end() const { return position_ >= bytes_.size() + 6 && !overrun(); }

 private:
  /// Compilers see something happen, and make no arithmetic of the branch.
  static void stay_a_branch(bool& bit) { asm volatile("" : "+r"(bit)); }
  uint32_t raw_part(unsigned bits) {
    const uint32_t value = decode_target(bits);
    consume(value, 1);
    return value;
  }
  uint64_t next16() {
    const size_t at = position_;
    position_ += 2;
    if (position_ <= bytes_.size()) return (byte_at(at) << 8) | byte_at(at + 1);
    return at < bytes_.size() ? byte_at(at) << 8 : 0;
  }
  uint64_t byte_at(size_t at) const { return static_cast<uint8_t>(bytes_[at]); }
  void normalise() {
    while (range_ < uint64_t{1} << 48) {
      range_ <<= 16;
      offset_ = (offset_ << 16) | next16();
    }
  }

  ByteSpan bytes_;
  size_t position_ = 0;
  uint64_t offset_ = 0;
  uint64_t range_ = ~uint64_t{0};
  uint64_t step_ = 0;
};

}  // namespace dew
