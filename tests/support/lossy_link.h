// SPDX-License-Identifier: Apache-2.0
/// A link that loses, delays, reorders, duplicates, corrupts and throttles datagrams: bytes in, bytes out, time as a number. One seed, one
/// fate.
///
///   LossyLink link({.seed = 7, .loss = 0.2, .delay_us = 10'000});
///   link.add(datagram, now_us);
///   for (const Bytes& datagram : link.take(now_us)) receiver.add(datagram, now_us);
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "entropy/bytes.h"

namespace dew::test {

struct LinkOptions {
  uint64_t seed = 1;
  double loss = 0;
  double duplicate = 0;
  double corrupt = 0;  ///< one byte, or the end cut off
  uint64_t delay_us = 0;
  uint64_t jitter_us = 0;       ///< up to so much more, each datagram its own: they overtake one another
  uint64_t rate_bits = 0;       ///< 0: no limit
  uint64_t queue_us = 100'000;  ///< what would wait longer for its turn is lost
  bool remember = true;         ///< keep what sent() tells
};

class LossyLink {
 public:
  explicit LossyLink(const LinkOptions& options) : options_(options), random_(options.seed) {}

  void set_rate(uint64_t rate_bits) { options_.rate_bits = rate_bits; }
  /// Nothing passes in [from_us, to_us).
  void break_between(uint64_t from_us, uint64_t to_us) {
    break_from_us_ = from_us;
    break_to_us_ = to_us;
  }

  void add(const Bytes& datagram, uint64_t now_us) {
    ++datagrams_;
    bytes_ += datagram.size() + 28;
    if (options_.remember) sent_.emplace_back(now_us, datagram.size() + 28);
    if (now_us >= break_from_us_ && now_us < break_to_us_) return;
    if (chance(options_.loss)) return;
    uint64_t leaves_us = now_us;
    if (options_.rate_bits > 0) {
      const uint64_t start_us = std::max(now_us, free_us_);
      if (start_us > now_us + options_.queue_us) {
        ++overflowed_;
        return;
      }
      free_us_ = start_us + (datagram.size() + 28) * 8'000'000 / options_.rate_bits;
      leaves_us = free_us_;
    }
    deliver(datagram, leaves_us);
    if (chance(options_.duplicate)) deliver(datagram, leaves_us);
  }

  std::vector<Bytes> take(uint64_t now_us) {
    std::vector<Bytes> out;
    while (!under_way_.empty() && under_way_.begin()->first <= now_us) {
      out.push_back(std::move(under_way_.begin()->second));
      under_way_.erase(under_way_.begin());
    }
    return out;
  }

  uint64_t datagrams() const { return datagrams_; }
  uint64_t bytes() const { return bytes_; }
  uint64_t overflowed() const { return overflowed_; }
  /// When each datagram was handed in, and its bytes on the wire.
  const std::vector<std::pair<uint64_t, uint64_t>>& sent() const { return sent_; }

 private:
  bool chance(double share) { return share > 0 && std::uniform_real_distribution<>(0, 1)(random_) < share; }
  void deliver(Bytes datagram, uint64_t leaves_us) {
    if (chance(options_.corrupt) && !datagram.empty()) {
      const size_t at = random_() % datagram.size();
      if (random_() % 4 == 0) {
        datagram.resize(at);
      } else {
        datagram[at] ^= std::byte{static_cast<uint8_t>(1 + random_() % 255)};
      }
    }
    const uint64_t jitter_us = options_.jitter_us > 0 ? random_() % options_.jitter_us : 0;
    under_way_.emplace(leaves_us + options_.delay_us + jitter_us, std::move(datagram));
  }

  LinkOptions options_;
  std::mt19937_64 random_;
  std::multimap<uint64_t, Bytes> under_way_;
  uint64_t free_us_ = 0;
  uint64_t break_from_us_ = 0, break_to_us_ = 0;
  uint64_t datagrams_ = 0, bytes_ = 0, overflowed_ = 0;
  std::vector<std::pair<uint64_t, uint64_t>> sent_;
};

}  // namespace dew::test
