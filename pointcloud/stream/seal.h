// SPDX-License-Identifier: Apache-2.0
/// Datagrams under a key that both ends know: nobody else can read, change, invent or repeat one. ChaCha20-Poly1305 (RFC 8439) by
/// libsodium.
///
///   DEW_ASSIGN(Sealer sealer, Sealer::create(key, Direction::to_receiver, now_us, random_32));
///   send(sealer.seal(datagram));
///   DEW_ASSIGN(Opener opener, Opener::create(key, Direction::to_receiver));
///   if (const std::optional<Bytes> datagram = opener.open(received)) use(*datagram);       // nothing: not ours, changed, or seen before
///
/// Each sealer has a session of its own, named by its start and a random number, with a key derived from the shared one (BLAKE2b), so that
/// no nonce ever comes twice under a key. An opener follows the newest session that it has seen and refuses older ones: what was recorded
/// before does not come back, but for an opener that has seen nothing yet, which takes the first session it hears; `not_before_us` of
/// create() refuses old ones there too. Bytes: pointcloud/FORMAT.md, "Streams".
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>

#include "entropy/bytes.h"

namespace dew {

using StreamKey = std::array<std::byte, 32>;

/// Whether this build has libsodium. Without it, create() answers unsupported_feature.
bool can_seal();

/// A key file: 64 hexadecimal digits, blanks and line ends around them. Errors: corrupt.
Result<StreamKey> read_stream_key(ByteSpan file);

/// Sent; never renumber. What one end seals the other opens, and cannot be thrown back at it.
enum class Direction : uint8_t { to_receiver = 0, to_sender = 1 };

/// What sealing adds to a datagram.
inline constexpr size_t kSealBytes = 8 + 4 + 4 + 16;

class Sealer {
 public:
  /// `random`: any number; two sealers of one key that start in the same microsecond must not share it.
  static Result<Sealer> create(const StreamKey& key, Direction direction, uint64_t now_us, uint32_t random);
  Bytes seal(ByteSpan datagram);

 private:
  std::array<std::byte, 12> session_{};
  StreamKey session_key_{};
  uint32_t counter_ = 0;
  StreamKey key_{};
  Direction direction_ = Direction::to_receiver;
};

class Opener {
 public:
  /// Sessions that began before `not_before_us` are refused.
  static Result<Opener> create(const StreamKey& key, Direction direction, uint64_t not_before_us = 0);
  /// Trust: hostile bytes are fine.
  std::optional<Bytes> open(ByteSpan sealed);
  uint64_t refused() const { return refused_; }

 private:
  static constexpr uint32_t kWindow = 1024;
  bool is_new(uint32_t counter) const;
  void remember(uint32_t counter);

  StreamKey key_{};
  Direction direction_ = Direction::to_receiver;
  uint64_t not_before_us_ = 0;
  std::optional<std::array<std::byte, 12>> session_;
  StreamKey session_key_{};
  uint32_t highest_ = 0;
  std::bitset<kWindow> seen_;  ///< by counter modulo its size
  uint64_t refused_ = 0;
};

}  // namespace dew
