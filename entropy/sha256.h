// SPDX-License-Identifier: Apache-2.0
/// SHA-256: the name of content (a decoded cloud, a network file) that nobody can forge.
///
///   Sha256 hash;
///   for (ByteSpan part : parts) hash.update(part);
///   const Sha256Digest digest = hash.finish();
///   std::string name = to_hex(digest);
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "entropy/bytes.h"

namespace dew {

using Sha256Digest = std::array<std::byte, 32>;

/// Takes bytes in any portions. Source: FIPS 180-4. Not thread safe; copies go on alone.
/// Cost: about 0.7 ns a byte with the SHA instructions of x86, 5 ns without.
class Sha256 {
 public:
  Sha256() = default;
  /// For tests: never uses special instructions.
  enum class Plain { yes };
  explicit Sha256(Plain) : plain_(true) {}

  void update(ByteSpan bytes);
  /// The digest of all bytes so far; nothing may follow.
  Sha256Digest finish();

 private:
  std::array<uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> block_{};  ///< its first size_bytes_ % 64 bytes wait for the rest
  uint64_t size_bytes_ = 0;
  bool plain_ = false;
};

Sha256Digest sha256(ByteSpan bytes);

/// Lower-case hex, two digits a byte.
std::string to_hex(ByteSpan bytes);

}  // namespace dew
