// SPDX-License-Identifier: Apache-2.0
// The coded rest of a capture on any bytes: a head, then a frame. What decodes can be written as a file.
// Input: length of the head (2 bytes, little-endian), the head, the frame.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz_check.h"
#include "pointcloud/coding/packet_stream.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace dew;
  if (size < 2) return 0;
  const ByteSpan bytes = std::as_bytes(std::span(data + 2, size - 2));
  const size_t head_bytes = std::min<size_t>(bytes.size(), static_cast<size_t>(data[0] | data[1] << 8));
  DecodeLimits limits = fuzz_limits();
  limits.work_units = 1 << 20;
  const auto decoder = decode_rest_head(bytes.first(head_bytes), limits);
  if (!decoder.ok()) return 0;
  const auto frame = decoder->decode_frame(bytes.subspan(head_bytes), limits);
  if (!frame.ok()) return 0;
  Capture capture = decoder->shared();
  capture.frames.push_back(*frame);
  DEW_FUZZ_CHECK(write_capture(capture).ok());
  return 0;
}
