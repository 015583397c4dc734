// SPDX-License-Identifier: Apache-2.0
/// Interleaved rANS: fast coding of bytes under one static distribution for the whole block.
///
///   DEW_ASSIGN(const Distribution distribution, Distribution::of_bytes(symbols));
///   const Bytes coded = encode_rans(symbols, distribution, 32);
///   Bytes back(symbols.size());
///   DEW_TRY(decode_rans(coded, distribution, back));
///
/// Symbol i belongs to lane i mod lanes; each lane is a 32-bit rANS state of its own, all read 16-bit words from one stream. More lanes
/// decode faster on wide machines; each costs 4 bytes. Bytes do not depend on the machine: SIMD twins are tested against the plain loops.
/// Cost: encode about 5 ns, decode about 0.7 ns (AVX2) to 5 ns (plain) a symbol. Adaptive symbols: entropy/range_coder.h.
/// Bytes: entropy/FORMAT.md, "rANS". Source: J. Duda, "Asymmetric numeral systems", 2013; interleaving: F. Giesen, 2014.
#pragma once

#include <cstddef>
#include <span>

#include "entropy/bytes.h"
#include "entropy/distribution.h"

namespace dew {

inline constexpr unsigned kMinRansLanes = 8;
inline constexpr unsigned kMaxRansLanes = 32;

/// REQUIRES: lanes is 8, 16 or 32; every symbol has a frequency in `distribution`.
Bytes encode_rans(ByteSpan symbols, const Distribution& distribution, unsigned lanes);

/// Decodes as many symbols as `symbols` holds from `coded`, which must be all that encode_rans gave for them.
/// Trust: `coded` may be hostile; nothing outside it is read. A block may give any number of symbols for no bytes (one symbol of frequency
/// 4096), so charge them to a Budget before you allocate. Errors: truncated, corrupt.
Status decode_rans(ByteSpan coded, const Distribution& distribution, std::span<std::byte> symbols);

}  // namespace dew
