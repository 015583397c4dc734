// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/stream/seal.h"

#ifdef DEW_HAS_SODIUM
#include <sodium.h>
#endif

#include <cstring>

namespace dew {
namespace {

using Session = std::array<std::byte, 12>;

Session session_of(uint64_t start_us, uint32_t random) {
  Session session;
  std::memcpy(session.data(), &start_us, 8);
  std::memcpy(session.data() + 8, &random, 4);
  return session;
}
uint64_t start_of(const Session& session) {
  uint64_t start_us = 0;
  std::memcpy(&start_us, session.data(), 8);
  return start_us;
}
uint32_t counter_at(ByteSpan sealed) {
  uint32_t counter = 0;
  std::memcpy(&counter, sealed.data() + sizeof(Session), 4);
  return counter;
}

#ifdef DEW_HAS_SODIUM

const unsigned char* raw(const std::byte* bytes) { return reinterpret_cast<const unsigned char*>(bytes); }
unsigned char* raw(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }

StreamKey session_key(const StreamKey& key, const Session& session, Direction direction) {
  std::array<std::byte, 13> input;
  std::memcpy(input.data(), session.data(), session.size());
  input[12] = std::byte{static_cast<uint8_t>(direction)};
  StreamKey derived;
  crypto_generichash(raw(derived.data()), derived.size(), raw(input.data()), input.size(), raw(key.data()), key.size());
  return derived;
}

/// The counter, and zeros: keys are of one session each.
std::array<unsigned char, crypto_aead_chacha20poly1305_IETF_NPUBBYTES> nonce_of(uint32_t counter) {
  std::array<unsigned char, crypto_aead_chacha20poly1305_IETF_NPUBBYTES> nonce{};
  std::memcpy(nonce.data(), &counter, 4);
  return nonce;
}

Status start() {
  if (sodium_init() < 0) return Error{Code::internal, 0, "libsodium does not start"};
  return {};
}

#else

Status start() { return Error{Code::unsupported_feature, 0, "this dew was built without libsodium, which streams under a key need"}; }
StreamKey session_key(const StreamKey& key, const Session&, Direction) { return key; }

#endif

int digit(std::byte byte) {
  const char letter = static_cast<char>(byte);
  if (letter >= '0' && letter <= '9') return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return -1;
}

}  // namespace

bool can_seal() { return start().ok(); }

Result<StreamKey> read_stream_key(ByteSpan file) {
  StreamKey key{};
  size_t digits = 0;
  for (size_t at = 0; at < file.size(); ++at) {
    const char letter = static_cast<char>(file[at]);
    if (letter == ' ' || letter == '\n' || letter == '\r' || letter == '\t') continue;
    const int value = digit(file[at]);
    if (value < 0 || digits == 2 * key.size()) return Error{Code::corrupt, at, "a key is 64 hexadecimal digits"};
    key[digits / 2] = static_cast<std::byte>(static_cast<int>(key[digits / 2]) * 16 + value);
    ++digits;
  }
  if (digits != 2 * key.size())
    return Error{Code::corrupt, file.size(), "a key is 64 hexadecimal digits; `openssl rand -hex 32` makes one"};
  return key;
}

Result<Sealer> Sealer::create(const StreamKey& key, Direction direction, uint64_t now_us, uint32_t random) {
  DEW_TRY(start());
  Sealer sealer;
  sealer.key_ = key;
  sealer.direction_ = direction;
  sealer.session_ = session_of(now_us, random);
  sealer.session_key_ = session_key(key, sealer.session_, direction);
  return sealer;
}

Bytes Sealer::seal(ByteSpan datagram) {
  // Four thousand million datagrams later the session has a successor.
  if (counter_ == 0xFFFFFFFF) {
    uint32_t random = 0;
    std::memcpy(&random, session_.data() + 8, 4);
    session_ = session_of(start_of(session_) + 1, random);
    session_key_ = session_key(key_, session_, direction_);
    counter_ = 0;
  }
  ++counter_;
  Bytes sealed(kSealBytes + datagram.size());
  std::memcpy(sealed.data(), session_.data(), session_.size());
  std::memcpy(sealed.data() + session_.size(), &counter_, 4);
#ifdef DEW_HAS_SODIUM
  constexpr size_t kHead = sizeof(Session) + 4;
  unsigned long long size = 0;
  crypto_aead_chacha20poly1305_ietf_encrypt(raw(sealed.data() + kHead), &size, raw(datagram.data()), datagram.size(), raw(sealed.data()),
                                            kHead, nullptr, nonce_of(counter_).data(), raw(session_key_.data()));
#endif
  return sealed;
}

Result<Opener> Opener::create(const StreamKey& key, Direction direction, uint64_t not_before_us) {
  DEW_TRY(start());
  Opener opener;
  opener.key_ = key;
  opener.direction_ = direction;
  opener.not_before_us_ = not_before_us;
  return opener;
}

std::optional<Bytes> Opener::open(ByteSpan sealed) {
  ++refused_;
  if (sealed.size() < kSealBytes) return std::nullopt;
  Session session;
  std::memcpy(session.data(), sealed.data(), session.size());
  const uint32_t counter = counter_at(sealed);
  const bool same = session_ == session;
  if (same && !is_new(counter)) return std::nullopt;
  if (!same && (start_of(session) < not_before_us_ || (session_ && start_of(session) <= start_of(*session_)))) return std::nullopt;
  const StreamKey key = same ? session_key_ : session_key(key_, session, direction_);
#ifdef DEW_HAS_SODIUM
  constexpr size_t kHead = sizeof(Session) + 4;
  Bytes datagram(sealed.size() - kSealBytes);
  unsigned long long size = 0;
  if (crypto_aead_chacha20poly1305_ietf_decrypt(raw(datagram.data()), &size, nullptr, raw(sealed.data() + kHead), sealed.size() - kHead,
                                                raw(sealed.data()), kHead, nonce_of(counter).data(), raw(key.data())) != 0)
    return std::nullopt;
  // Only now is anything believed.
  if (!same) {
    session_ = session;
    session_key_ = key;
    highest_ = 0;
    seen_.reset();
  }
  remember(counter);
  --refused_;
  return datagram;
#else
  (void)key;
  return std::nullopt;
#endif
}

bool Opener::is_new(uint32_t counter) const {
  if (counter > highest_) return true;
  return highest_ - counter < kWindow && !seen_[counter % kWindow];
}

void Opener::remember(uint32_t counter) {
  if (counter > highest_) {
    const uint32_t steps = counter - highest_;
    for (uint32_t i = 1; i <= (steps < kWindow ? steps : kWindow); ++i) seen_[(highest_ + i) % kWindow] = false;
    highest_ = counter;
  }
  seen_[counter % kWindow] = true;
}

}  // namespace dew
