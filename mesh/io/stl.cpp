// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <cstring>
#include <unordered_map>

#include "mesh/io/polygons.h"
#include "mesh/io/read_mesh.h"
#include "mesh/io/text_scanner.h"

namespace dew {
namespace {

constexpr size_t kHeaderBytes = 84, kRecordBytes = 50;

struct PlaceHash {
  size_t operator()(const std::array<uint32_t, 3>& p) const {
    uint64_t hash = p[0];
    hash = hash * 0x9e3779b97f4a7c15u + p[1];
    hash = hash * 0x9e3779b97f4a7c15u + p[2];
    return static_cast<size_t>(hash ^ (hash >> 29));
  }
};

/// Corners with the same bits are one vertex.
class Welder {
 public:
  explicit Welder(Mesh& mesh) : mesh_(mesh) {}
  void add_corner(const float* p) {
    const std::array<uint32_t, 3> key = {std::bit_cast<uint32_t>(p[0]), std::bit_cast<uint32_t>(p[1]), std::bit_cast<uint32_t>(p[2])};
    const auto [at, added] = known_.emplace(key, static_cast<uint32_t>(mesh_.vertices()));
    if (added) mesh_.position.insert(mesh_.position.end(), p, p + 3);
    mesh_.triangle.push_back(at->second);
  }

 private:
  Mesh& mesh_;
  std::unordered_map<std::array<uint32_t, 3>, uint32_t, PlaceHash> known_;
};

bool is_binary(ByteSpan bytes) {
  if (bytes.size() < kHeaderBytes) return false;
  uint32_t count = 0;
  std::memcpy(&count, bytes.data() + kHeaderBytes - 4, 4);
  return bytes.size() == kHeaderBytes + uint64_t{count} * kRecordBytes;
}

Status read_binary(ByteSpan bytes, Budget& budget, MeshInput& input) {
  const uint64_t count = (bytes.size() - kHeaderBytes) / kRecordBytes;
  DEW_TRY(budget.take_elements(count, 80));
  DEW_TRY(budget.take_memory(200 * count, 80));
  Welder welder(input.mesh);
  bool extra = false;
  for (uint64_t i = 0; i < count; ++i) {
    float p[12];
    uint16_t colour;
    std::memcpy(p, bytes.data() + kHeaderBytes + i * kRecordBytes, sizeof p);
    std::memcpy(&colour, bytes.data() + kHeaderBytes + i * kRecordBytes + sizeof p, 2);
    extra = extra || colour != 0;
    for (size_t k = 1; k < 4; ++k) welder.add_corner(p + 3 * k);
  }
  if (extra) add_note(input.note, "the attribute bytes of the facets were left out");
  return {};
}

Status read_text(ByteSpan bytes, Budget& budget, MeshInput& input) {
  TextScanner scanner(bytes);
  Welder welder(input.mesh);
  size_t corners = 0;
  while (scanner.next_line()) {
    const std::string_view word = scanner.word();
    if (word == "vertex") {
      float p[3];
      for (float& x : p) {
        if (!scanner.number(x)) return Error{Code::corrupt, scanner.offset(), "a vertex has no three coordinates"};
      }
      DEW_TRY(budget.take_memory(64, scanner.offset()));
      DEW_TRY(budget.take_elements(1, scanner.offset()));
      welder.add_corner(p);
      ++corners;
    } else if (word == "endfacet" && corners % 3 != 0) {
      return Error{Code::corrupt, scanner.offset(), "a facet has not three corners"};
    }
  }
  if (corners % 3 != 0) return Error{Code::truncated, bytes.size(), "the file ends within a facet"};
  return {};
}

}  // namespace

Result<MeshInput> read_mesh_stl(ByteSpan bytes, const DecodeLimits& limits) {
  Budget budget(limits);
  MeshInput input;
  input.mesh.source = MeshFormat::stl;
  if (is_binary(bytes)) {
    DEW_TRY(read_binary(bytes, budget, input));
  } else {
    DEW_TRY(read_text(bytes, budget, input));
  }
  return input;
}

}  // namespace dew
