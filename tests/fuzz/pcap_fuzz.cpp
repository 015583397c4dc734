// SPDX-License-Identifier: Apache-2.0
// A pcap file that is read, as records or as a capture of packets, is written again byte for byte; so is one whose rest went through the
// coder.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz_check.h"
#include "pointcloud/coding/packet_stream.h"
#include "pointcloud/io/pcap.h"
#include "pointcloud/sensor/packets_capture.h"

namespace {

using namespace dew;

void check_same(const Capture& capture, ByteSpan bytes) {
  const auto file = write_capture(capture);
  DEW_FUZZ_CHECK(file.ok() && std::equal(file->begin(), file->end(), bytes.begin(), bytes.end()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteSpan bytes = std::as_bytes(std::span(data, size));
  const auto capture = read_capture(bytes, {}, fuzz_limits());
  if (!capture.ok()) return 0;
  check_same(*capture, bytes);

  // The coder's tables take a hundred times longer to set up than a small capture to read: one input of four goes through it.
  if (size % 4 != 0) return 0;
  const auto coder = RestCoder::learn(*capture);
  DEW_FUZZ_CHECK(coder.ok());
  const auto decoder = decode_rest_head(coder->encode_head(), fuzz_limits());
  if (!decoder.ok()) return 0;  // beyond the limits
  Capture back = decoder->shared();
  for (const CaptureFrame& frame : capture->frames) {
    auto decoded = decoder->decode_frame(*coder->encode_frame(frame), fuzz_limits());
    if (!decoded.ok()) return 0;
    DEW_FUZZ_CHECK(decoded->planes.size() == frame.planes.size());
    for (size_t i = 0; i < frame.planes.size(); ++i) {
      decoded->planes[i].range = frame.planes[i].range;
      decoded->planes[i].intensity = frame.planes[i].intensity;
    }
    back.frames.push_back(*std::move(decoded));
  }
  check_same(back, bytes);
  return 0;
}
