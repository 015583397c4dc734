// SPDX-License-Identifier: Apache-2.0
/// When a datagram may leave: never more than the rate in any 200 ms.
///
///   Pacer pacer(2'000'000);                                  // bits a second; 0: no limit
///   if (pacer.may_send(bytes, now_us)) pacer.sent(bytes, now_us);
///   else wait until pacer.when(bytes, now_us);
///
/// A token bucket that holds 20 ms of the rate and fills with nine tenths of it: in 200 ms at most 0.02 R + 0.9 * 0.2 R = 0.2 R. Bytes are
/// those on the wire: what is passed in, which is the datagram, and 28 of IPv4 and UDP. Where the rate changes, any 200 ms hold at most
/// the integral of the rates promised, and what the smaller bucket holds less is gone at once.
#pragma once

#include <algorithm>
#include <cstdint>

#include "pointcloud/stream/datagram.h"

namespace dew {

class Pacer {
 public:
  /// `added_bytes`: what each datagram grows by after this (encryption).
  explicit Pacer(uint64_t rate_bits, uint32_t added_bytes = 0) : rate_bits_(rate_bits), added_bytes_(added_bytes) { tokens_ = capacity(); }

  void set_rate(uint64_t rate_bits, uint64_t now_us) {
    refill(now_us);
    rate_bits_ = rate_bits;
    tokens_ = std::min(tokens_, capacity());
  }
  uint64_t rate_bits() const { return rate_bits_; }

  /// The largest datagram that can ever leave.
  uint32_t most_datagram_bytes() const {
    if (rate_bits_ == 0) return static_cast<uint32_t>(kMostDatagramBytes) - added_bytes_;
    const double most = capacity() - wire_bytes(0);
    return static_cast<uint32_t>(std::clamp(most, 0.0, static_cast<double>(kMostDatagramBytes - added_bytes_)));
  }
  bool may_send(size_t datagram_bytes, uint64_t now_us) {
    refill(now_us);
    return rate_bits_ == 0 || tokens_ >= wire_bytes(datagram_bytes);
  }
  void sent(size_t datagram_bytes, uint64_t now_us) {
    refill(now_us);
    if (rate_bits_ != 0) tokens_ -= wire_bytes(datagram_bytes);
  }
  /// The first microsecond at which such a datagram may leave, if none leaves before it.
  uint64_t when(size_t datagram_bytes, uint64_t now_us) {
    refill(now_us);
    const double lacking = wire_bytes(datagram_bytes) - tokens_;
    return rate_bits_ == 0 || lacking <= 0 ? now_us : now_us + 1 + static_cast<uint64_t>(lacking / fill_bytes_us());
  }

 private:
  double wire_bytes(size_t datagram_bytes) const { return static_cast<double>(datagram_bytes + added_bytes_ + kIpUdpBytes); }
  double capacity() const { return static_cast<double>(rate_bits_) / 8 * 0.02; }
  double fill_bytes_us() const { return static_cast<double>(rate_bits_) / 8 * 0.9e-6; }
  void refill(uint64_t now_us) {
    // A clock that goes back fills nothing.
    if (now_us > last_us_) {
      if (last_us_ != 0) tokens_ = std::min(capacity(), tokens_ + static_cast<double>(now_us - last_us_) * fill_bytes_us());
      last_us_ = now_us;
    }
  }

  uint64_t rate_bits_;
  uint32_t added_bytes_;
  double tokens_ = 0;
  uint64_t last_us_ = 0;
};

}  // namespace dew
