// SPDX-License-Identifier: Apache-2.0
// Decoding of hostile splat files. A first byte with its highest bit set: the rest is a file. Otherwise the rest are chunks, which are put
// into a file with right checksums, as bytes alone seldom get past those: a byte (type after kSceneChunk, 0 to 5), three bytes of size,
// payload. The lower bits of the first byte pick the options. Seeds are written by splat_codec_golden_test (make golden).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "entropy/container.h"
#include "fuzz_check.h"
#include "gaussians/codec.h"
#include "gaussians/coding/scene_header.h"

namespace {

using namespace dew;

Bytes file_of(ByteSpan rest) {
  ContainerWriter writer(Kind::splats);
  while (rest.size() >= 4) {
    const uint32_t type = kSceneChunk + std::to_integer<uint32_t>(rest[0]) % 6;
    size_t wanted = 0;
    for (size_t i = 0; i < 3; ++i) wanted |= std::to_integer<size_t>(rest[1 + i]) << (8 * i);
    const ByteSpan payload = rest.subspan(4, std::min(wanted, rest.size() - 4));
    rest = rest.subspan(4 + payload.size());
    DEW_FUZZ_CHECK(writer.append(type, kRequired, payload).ok());
  }
  DEW_FUZZ_CHECK(writer.finish().ok());
  return writer.take();
}

SplatDecodeOptions options_of(uint8_t bits) {
  SplatDecodeOptions options;
  options.salvage = bits & 1;
  if (bits & 2) options.fraction = static_cast<double>((bits >> 3) & 15) / 15;
  if (bits & 4) options.box = {-1, -1, -1, static_cast<double>((bits >> 3) & 15) - 5, 1, 1};
  return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const ByteSpan bytes = std::as_bytes(std::span(data + 1, size - 1));
  const Bytes file = data[0] & 0x80 ? Bytes(bytes.begin(), bytes.end()) : file_of(bytes);
  DecodeLimits limits = fuzz_limits();
  limits.elements = 1u << 15;
  limits.memory_bytes = 16u << 20;
  limits.work_units = 1u << 21;
  const Result<SplatDecoded> decoded = decode_splats(file, options_of(data[0]), limits);
  if (decoded.ok()) DEW_FUZZ_CHECK(check_shape(decoded->splats).ok());
  DEW_FUZZ_CHECK(decoded.ok() || decoded.error().code != Code::internal);
  const Result<SplatFileInfo> info = inspect_splats(file, limits);
  DEW_FUZZ_CHECK(info.ok() || info.error().code != Code::internal);
  return 0;
}
