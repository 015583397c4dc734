// SPDX-License-Identifier: Apache-2.0
// Decoding of hostile files. A first byte with its highest bit set: the rest is a file. Otherwise the rest are chunks, which are put into a
// file with right checksums, as bytes alone seldom get past those: a byte (type, kFrameChunk or kSliceChunk after bit 0), three bytes of
// size, payload. Seeds are written by codec_golden_test (make golden).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "entropy/container.h"
#include "fuzz_check.h"
#include "fuzz_chunks.h"
#include "pointcloud/codec.h"
#include "pointcloud/coding/frame_chunk.h"
#include "pointcloud/io/fields.h"

namespace {

using namespace dew;

void check(const Content& content) {
  if (const Cloud* cloud = std::get_if<Cloud>(&content)) {
    DEW_FUZZ_CHECK(check_cloud(*cloud).ok());
  } else if (const Scan* scan = std::get_if<Scan>(&content)) {
    const size_t cells = size_t{scan->columns} * scan->lasers;
    DEW_FUZZ_CHECK(scan->range.size() == cells && scan->intensity.size() == cells && scan->azimuth.size() == scan->columns &&
                   scan->time_us.size() == scan->columns);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const ByteSpan bytes = std::as_bytes(std::span(data + 1, size - 1));
  const Bytes file = data[0] & 0x80 ? Bytes(bytes.begin(), bytes.end()) : file_of_chunks(Kind::cloud, kFrameChunk, kSliceChunk, bytes);
  DecodeLimits limits = fuzz_limits();
  limits.elements = 1u << 17;
  limits.work_units = 1u << 24;
  DecodeOptions options;
  options.salvage = data[0] & 1;
  if (data[0] & 2) options.slice = (data[0] >> 2) & 3;
  const Result<Decoded> decoded = decode(file, options, limits);
  if (decoded.ok()) check(decoded->content);
  DEW_FUZZ_CHECK(decoded.ok() || decoded.error().code != Code::internal);
  const Result<FileInfo> info = inspect(file, limits);
  DEW_FUZZ_CHECK(info.ok() || !decoded.ok());
  return 0;
}
