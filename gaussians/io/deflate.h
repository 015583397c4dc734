// SPDX-License-Identifier: Apache-2.0
/// Deflate and Zstandard streams of a known size. Built without zlib or zstd, each answers unsupported_feature.
///
///   DEW_ASSIGN(const Bytes body, inflate_exactly(packed, Wrapper::gzip, size_bytes, 0));
///   DEW_ASSIGN(const Bytes packed, deflate_all(body, Wrapper::gzip));
#pragma once

#include "entropy/bytes.h"

namespace dew {

/// What is around a deflate stream: nothing (as in zip files), or the header and checksum of gzip.
enum class Wrapper : uint8_t { none, gzip };

bool has_deflate();
bool has_zstd();

/// The first `size` bytes that `packed` holds. Memory: `size`; the caller has charged it.
/// Errors: truncated, corrupt (`offset` is where `packed` begins in the file), unsupported_feature.
Result<Bytes> inflate_begin(ByteSpan packed, Wrapper wrapper, size_t size, uint64_t offset);
/// As inflate_begin; error `corrupt` also where more bytes follow.
Result<Bytes> inflate_exactly(ByteSpan packed, Wrapper wrapper, size_t size, uint64_t offset);
/// Errors: unsupported_feature, internal.
Result<Bytes> deflate_all(ByteSpan bytes, Wrapper wrapper);

/// One or more frames that hold exactly `size` bytes. Errors: corrupt, unsupported_feature.
Result<Bytes> zstd_decompress_exactly(ByteSpan packed, size_t size, uint64_t offset);
Result<Bytes> zstd_compress_all(ByteSpan bytes);

}  // namespace dew
