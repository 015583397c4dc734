// SPDX-License-Identifier: Apache-2.0
// The coded rest of a capture on any bytes: a head, then a frame. What decodes can be written as a file.
// The same bytes are also taken for a further return of a small grid.
// Input: length of the head (2 bytes, little-endian), the head, the frame.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz_check.h"
#include "pointcloud/coding/further_return.h"
#include "pointcloud/coding/packet_stream.h"

namespace {

void decode_as_further_return(dew::ByteSpan bytes) {
  using namespace dew;
  Scan first;
  first.columns = 12;
  first.lasers = 8;
  first.range.resize(96);
  first.intensity.resize(96);
  for (uint32_t i = 0; i < 96; ++i) first.range[i] = i % 5 == 0 ? 0 : 0xfffffff0u + i % 7;
  Scan plane = first;
  Budget budget(fuzz_limits());
  const Status status = decode_further_return(bytes, first, plane, budget);
  if (status.ok()) DEW_FUZZ_CHECK(encode_further_return(plane, first).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace dew;
  if (size < 2) return 0;
  const ByteSpan bytes = std::as_bytes(std::span(data + 2, size - 2));
  const size_t head_bytes = std::min<size_t>(bytes.size(), static_cast<size_t>(data[0] | data[1] << 8));
  decode_as_further_return(bytes.subspan(head_bytes));
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
