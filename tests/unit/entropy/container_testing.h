// SPDX-License-Identifier: Apache-2.0
/// Shared by the tests of the container: random files, the small one that most tests damage, and the plain reader.
///
///   const Bytes file = write_file(Kind::cloud, small_parts());
///   const Result<ContainerReader> container = open(file);
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "entropy/container.h"
#include "entropy/metadata.h"
#include "tests/golden/plain_container.h"

namespace dew::container_testing {

struct Part {
  uint32_t type;
  Need need;
  Bytes payload;
};

using Random = std::mt19937_64;

inline Bytes random_bytes(Random& random, size_t size) {
  Bytes bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random());
  return bytes;
}

inline std::vector<Part> random_parts(Random& random, size_t count, size_t largest) {
  std::vector<Part> parts;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t type = random() % 4 == 0 ? 16 + static_cast<uint32_t>(random() % 1000000) : 2 + static_cast<uint32_t>(random() % 40);
    parts.push_back({type, random() % 2 == 0 ? kRequired : kOptional, random_bytes(random, random() % (largest + 1))});
  }
  return parts;
}

inline Bytes write_file(Kind kind, const std::vector<Part>& parts, const std::optional<Sha256Digest>& hash = std::nullopt) {
  ContainerWriter writer(kind);
  for (const Part& part : parts) EXPECT_TRUE(writer.append(part.type, part.need, part.payload).ok());
  EXPECT_TRUE(writer.finish(hash).ok());
  return writer.take();
}

/// The file that most tests damage: 5 chunks, about 150 bytes.
inline std::vector<Part> small_parts() {
  return {{kMetadataChunk, kOptional, write_metadata({{metadata_key::kUnits, "metre"}})},
          {16, kRequired, Bytes(20, std::byte{7})},
          {17, kOptional, {}},
          {16, kRequired, Bytes(9, std::byte{0xff})},
          {2000, kOptional, Bytes(3)}};
}
inline Bytes small_file() { return write_file(Kind::cloud, small_parts(), sha256(as_bytes("content"))); }

inline Result<ContainerReader> open(const Bytes& file, Damage damage = Damage::refuse) {
  return ContainerReader::open(file, DecodeLimits{}, damage);
}

inline bool same(const Chunk& chunk, const Part& part) {
  return chunk.type == part.type && chunk.need == part.need && std::ranges::equal(chunk.payload, part.payload);
}

inline std::optional<plain::Container> read_plainly(ByteSpan file) {
  std::vector<uint8_t> bytes(file.size());
  std::transform(file.begin(), file.end(), bytes.begin(), [](std::byte b) { return std::to_integer<uint8_t>(b); });
  return plain::read_container(bytes);
}

}  // namespace dew::container_testing
