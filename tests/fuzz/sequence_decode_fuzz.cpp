// SPDX-License-Identifier: Apache-2.0
// Whole files of many frames, hostile: opened, salvaged, decoded in and out of order, inspected. A first byte with its highest bit set: the
// rest is a file. Otherwise the rest are chunks, which are put into a file with right checksums: a byte (modulo 5: sequence, frame, slice,
// names, network), three bytes of size, payload. Seeds are written by sequence_golden_test.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "entropy/container.h"
#include "fuzz_check.h"
#include "pointcloud/coding/sequence_chunks.h"
#include "pointcloud/io/fields.h"
#include "pointcloud/sequence.h"

namespace {

using namespace dew;

Bytes file_of(ByteSpan rest) {
  constexpr uint32_t kTypes[] = {kSequenceChunk, kSequenceFrameChunk, kSequenceSliceChunk, kSequenceNamesChunk, kNetworkChunk};
  ContainerWriter writer(Kind::capture);
  while (rest.size() >= 4) {
    const auto number = [&](size_t i) { return std::to_integer<size_t>(rest[i]); };
    const uint32_t type = kTypes[number(0) % 5];
    const size_t size = std::min(number(1) | number(2) << 8 | number(3) << 16, rest.size() - 4);
    DEW_FUZZ_CHECK(writer.append(type, type == kSequenceNamesChunk ? kOptional : kRequired, rest.subspan(4, size)).ok());
    rest = rest.subspan(4 + size);
  }
  DEW_FUZZ_CHECK(writer.finish().ok());
  return writer.take();
}

void check(const Content& content) {
  if (const Cloud* cloud = std::get_if<Cloud>(&content)) {
    DEW_FUZZ_CHECK(check_cloud(*cloud).ok());
  } else {
    const Scan& scan = std::get<Scan>(content);
    const size_t cells = size_t{scan.columns} * scan.lasers;
    DEW_FUZZ_CHECK(scan.range.size() == cells && scan.intensity.size() == cells && scan.azimuth.size() == scan.columns);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const ByteSpan bytes = std::as_bytes(std::span(data + 1, size - 1));
  const Bytes file = data[0] & 0x80 ? Bytes(bytes.begin(), bytes.end()) : file_of(bytes);
  DecodeLimits limits = fuzz_limits();
  limits.elements = 1u << 16;
  limits.work_units = 1u << 22;
  Result<SequenceDecoder> decoder = SequenceDecoder::open(file, {.salvage = (data[0] & 1) != 0}, limits);
  if (decoder.ok()) {
    constexpr uint64_t kMost = 4;
    const uint64_t frames = std::min(decoder->frames(), kMost);
    for (uint64_t i = 0; i < frames; ++i) {
      const Result<SequenceFrame> frame = decoder->decode(data[0] & 2 ? frames - 1 - i : i);
      if (frame.ok()) check(frame->content);
      DEW_FUZZ_CHECK(frame.ok() || frame.error().code != Code::internal);
    }
    (void)decoder->check_content();
  }
  (void)inspect(file, limits);
  return 0;
}
