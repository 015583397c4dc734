// SPDX-License-Identifier: Apache-2.0
/// A second reader of .dew containers, written from entropy/FORMAT.md alone: slow, short, and sharing no code with entropy/.
/// It reads intact files; anything else is "no". Tests compare it with ContainerReader.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace plain {

struct Chunk {
  uint64_t type = 0;
  bool required = false;
  uint64_t file_offset = 0;
  std::vector<uint8_t> payload;
};

struct Container {
  unsigned kind = 0;
  std::vector<Chunk> chunks;          ///< without the end chunk
  std::vector<uint8_t> content_hash;  ///< 32 bytes, or none
};

std::optional<Container> read_container(const std::vector<uint8_t>& file);

}  // namespace plain
