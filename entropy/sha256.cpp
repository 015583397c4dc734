// SPDX-License-Identifier: Apache-2.0
#include "entropy/sha256.h"

#include <algorithm>
#include <bit>

#include "entropy/sha256_x86.h"

namespace dew {
namespace {

constexpr size_t kBlockBytes = 64;

// The first 32 bits of the fractions of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2).
constexpr std::array<uint32_t, 64> kRoundConstants = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

uint32_t load_big_endian(const std::byte* at) {
  return std::to_integer<uint32_t>(at[0]) << 24 | std::to_integer<uint32_t>(at[1]) << 16 | std::to_integer<uint32_t>(at[2]) << 8 |
         std::to_integer<uint32_t>(at[3]);
}

/// FIPS 180-4, 6.2.2. `block` has 64 bytes.
void add_block(std::array<uint32_t, 8>& state, const std::byte* block) {
  std::array<uint32_t, 64> w;
  for (size_t t = 0; t < 16; ++t) w[t] = load_big_endian(block + 4 * t);
  for (size_t t = 16; t < 64; ++t) {
    const uint32_t sigma0 = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ (w[t - 15] >> 3);
    const uint32_t sigma1 = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ (w[t - 2] >> 10);
    w[t] = w[t - 16] + sigma0 + w[t - 7] + sigma1;
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (size_t t = 0; t < 64; ++t) {
    const uint32_t sum1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const uint32_t temp1 = h + sum1 + ((e & f) ^ (~e & g)) + kRoundConstants[t] + w[t];
    const uint32_t sum0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const uint32_t temp2 = sum0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + temp1, d = c, c = b, b = a, a = temp1 + temp2;
  }
  const std::array<uint32_t, 8> added = {a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < 8; ++i) state[i] += added[i];
}

void add_blocks(std::array<uint32_t, 8>& state, const std::byte* blocks, size_t count, bool plain) {
  static const bool kHasInstructions = sha256_x86::available();
  if (kHasInstructions && !plain) {
    sha256_x86::add_blocks(state, blocks, count, kRoundConstants.data());
    return;
  }
  for (size_t i = 0; i < count; ++i) add_block(state, blocks + i * kBlockBytes);
}

}  // namespace

void Sha256::update(ByteSpan bytes) {
  const size_t waiting = static_cast<size_t>(size_bytes_ % kBlockBytes);
  size_bytes_ += bytes.size();
  if (waiting > 0) {
    const size_t taken = std::min(kBlockBytes - waiting, bytes.size());
    std::copy_n(bytes.begin(), taken, block_.begin() + static_cast<std::ptrdiff_t>(waiting));
    bytes = bytes.subspan(taken);
    if (waiting + taken < kBlockBytes) return;
    add_blocks(state_, block_.data(), 1, plain_);
  }
  const size_t blocks = bytes.size() / kBlockBytes;
  add_blocks(state_, bytes.data(), blocks, plain_);
  bytes = bytes.subspan(blocks * kBlockBytes);
  std::copy(bytes.begin(), bytes.end(), block_.begin());
}

Sha256Digest Sha256::finish() {
  const uint64_t size_bits = size_bytes_ * 8;
  const size_t waiting = static_cast<size_t>(size_bytes_ % kBlockBytes);
  // One bit 1, zeros up to 8 bytes before the end of a block, the size.
  std::array<std::byte, 2 * kBlockBytes> padding{};
  const size_t padding_size = (waiting < kBlockBytes - 8 ? kBlockBytes : 2 * kBlockBytes) - waiting;
  padding[0] = std::byte{0x80};
  for (size_t i = 0; i < 8; ++i) padding[padding_size - 1 - i] = static_cast<std::byte>(size_bits >> (8 * i));
  update(ByteSpan(padding).first(padding_size));
  Sha256Digest digest;
  for (size_t i = 0; i < digest.size(); ++i) digest[i] = static_cast<std::byte>(state_[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

Sha256Digest sha256(ByteSpan bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

std::string to_hex(ByteSpan bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::byte b : bytes) {
    text += kDigits[std::to_integer<size_t>(b >> 4)];
    text += kDigits[std::to_integer<size_t>(b & std::byte{15})];
  }
  return text;
}

}  // namespace dew
