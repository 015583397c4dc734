// SPDX-License-Identifier: Apache-2.0
// Whole files of captures, hostile: decoded, salvaged, one frame alone, inspected. A first byte with its highest bit set: the rest is a
// file. Otherwise the rest are chunks, which are put into a file with right checksums: a byte (2 network, else the capture for even numbers
// and a frame for odd ones), three bytes of size, payload. What decodes can be written as a pcap file. Seeds are written by
// codec_golden_test.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "entropy/container.h"
#include "fuzz_check.h"
#include "fuzz_chunks.h"
#include "pointcloud/codec.h"
#include "pointcloud/coding/capture_file.h"
#include "pointcloud/sensor/packets_capture.h"

namespace {

using namespace dew;

void check(const Decoded& decoded) {
  const Capture* capture = std::get_if<Capture>(&decoded.content);
  if (capture == nullptr) return;
  for (const CaptureFrame& frame : capture->frames) {
    for (const Scan& plane : frame.planes) {
      const size_t cells = size_t{plane.columns} * plane.lasers;
      DEW_FUZZ_CHECK(plane.range.size() == cells && plane.intensity.size() == cells && plane.azimuth.size() == plane.columns);
    }
  }
  DEW_FUZZ_CHECK(write_capture(*capture).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const ByteSpan bytes = std::as_bytes(std::span(data + 1, size - 1));
  const Bytes file =
      data[0] & 0x80 ? Bytes(bytes.begin(), bytes.end()) : file_of_chunks(Kind::capture, kCaptureChunk, kCaptureFrameChunk, bytes);
  DecodeLimits limits = fuzz_limits();
  limits.elements = 1u << 16;
  limits.work_units = 1u << 22;
  DecodeOptions options;
  options.salvage = data[0] & 1;
  if (data[0] & 2) options.slice = (data[0] >> 2) & 3;
  const Result<Decoded> decoded = decode(file, options, limits);
  if (decoded.ok()) check(*decoded);
  DEW_FUZZ_CHECK(decoded.ok() || decoded.error().code != Code::internal);
  const Result<FileInfo> info = inspect(file, limits);
  DEW_FUZZ_CHECK(info.ok() || !decoded.ok());
  return 0;
}
