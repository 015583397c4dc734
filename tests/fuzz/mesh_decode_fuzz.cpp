// SPDX-License-Identifier: Apache-2.0
// Decoding of hostile mesh files. A first byte with its highest bit set: the rest is a file. Otherwise the rest are chunks, which are put
// into a file with right checksums, as bytes alone seldom get past those: a byte (type after kMeshChunk, 0 to 7), three bytes of size,
// payload.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "entropy/container.h"
#include "fuzz_check.h"
#include "mesh/codec.h"
#include "mesh/coding/mesh_header.h"

namespace {

using namespace dew;

Bytes file_of(ByteSpan rest) {
  ContainerWriter writer(Kind::mesh);
  while (rest.size() >= 4) {
    const uint32_t type = kMeshChunk + std::to_integer<uint32_t>(rest[0]) % 8;
    size_t wanted = 0;
    for (size_t i = 0; i < 3; ++i) wanted |= std::to_integer<size_t>(rest[1 + i]) << (8 * i);
    const ByteSpan payload = rest.subspan(4, std::min(wanted, rest.size() - 4));
    rest = rest.subspan(4 + payload.size());
    DEW_FUZZ_CHECK(writer.append(type, kRequired, payload).ok());
  }
  DEW_FUZZ_CHECK(writer.finish().ok());
  return writer.take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  DecodeLimits limits;
  limits.memory_bytes = 64u << 20;
  limits.elements = 1 << 18;
  limits.work_units = 1 << 26;
  const ByteSpan rest = std::as_bytes(std::span(data + 1, size - 1));
  const Bytes file = data[0] & 0x80 ? Bytes(rest.begin(), rest.end()) : file_of(rest);
  const auto decoded = decode_mesh(file, limits);
  if (!decoded.ok()) return 0;
  DEW_FUZZ_CHECK(check_shape(decoded->mesh).ok());
  const auto info = inspect_mesh(file, limits);
  DEW_FUZZ_CHECK(info.ok() && info->vertices == decoded->mesh.vertices());
  return 0;
}
