// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <optional>

#include "entropy/checked.h"
#include "gaussians/io/compressed_ply.h"
#include "gaussians/io/compressed_ply_codes.h"
#include "gaussians/io/ply_header.h"

namespace dew {
namespace {

using namespace compressed_ply;

constexpr const char* kWords[] = {"packed_position", "packed_rotation", "packed_scale", "packed_color"};

/// Where the elements lie in the file.
struct Layout {
  const PlyElement* chunk = nullptr;
  const PlyElement* vertex = nullptr;
  const PlyElement* sh = nullptr;  // null where there is none
  size_t chunk_at = 0, vertex_at = 0, sh_at = 0;
  uint32_t sh_degree = 0;
  bool has_colour_ranges = false;
};

Result<size_t> offset_of(const PlyElement& element, const char* name, PropertyType type) {
  const PlyProperty* property = find_property(element, name);
  if (property == nullptr || property->type != type) {
    return Error{Code::corrupt, 0, "element " + element.name + " has no property " + name + " of the right type"};
  }
  return property->offset;
}

Result<uint32_t> degree_of(const PlyElement& sh) {
  for (uint32_t degree = 1; degree <= kMaxShDegree; ++degree) {
    if (sh.properties.size() == 3 * size_t{sh_coefficients(degree)}) return degree;
  }
  return Error{Code::unsupported_feature, 0, std::to_string(sh.properties.size()) + " SH properties; degrees 1 to 3 have 9, 24, 45"};
}

Result<Layout> layout_of(const PlyHeader& header, ByteSpan bytes) {
  Layout layout;
  size_t at = header.size_bytes;
  for (const PlyElement& element : header.elements) {
    DEW_ASSIGN(const uint64_t size, checked_multiply(element.count, element.record_bytes));
    if (size > bytes.size() - at) {
      return Error{Code::truncated, bytes.size(), "the file ends in element " + element.name};
    }
    if (element.name == "chunk") layout.chunk = &element, layout.chunk_at = at;
    if (element.name == "vertex") layout.vertex = &element, layout.vertex_at = at;
    if (element.name == "sh") layout.sh = &element, layout.sh_at = at;
    at += static_cast<size_t>(size);
  }
  if (layout.chunk == nullptr || layout.vertex == nullptr) return Error{Code::corrupt, 0, "the header names no chunk or no vertex"};
  if (layout.vertex->record_bytes == 0 || layout.chunk->count < (layout.vertex->count + kChunk - 1) / kChunk) {
    return Error{Code::corrupt, 0, std::to_string(layout.chunk->count) + " chunks of 256 for " + std::to_string(layout.vertex->count)};
  }
  layout.has_colour_ranges = find_property(*layout.chunk, "min_r") != nullptr;
  if (layout.sh != nullptr) {
    if (layout.sh->count != layout.vertex->count) return Error{Code::corrupt, 0, "element sh has another count than the vertices"};
    DEW_ASSIGN(layout.sh_degree, degree_of(*layout.sh));
  }
  return layout;
}

template <class T>
T load(ByteSpan bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

Result<std::vector<ChunkRanges>> read_ranges(ByteSpan bytes, const Layout& layout) {
  std::vector<ChunkRanges> ranges(static_cast<size_t>(layout.chunk->count));
  for (size_t channel = 0; channel < (layout.has_colour_ranges ? 9u : 6u); ++channel) {
    DEW_ASSIGN(const size_t low, offset_of(*layout.chunk, range_name("min", channel).c_str(), PropertyType::f32));
    DEW_ASSIGN(const size_t high, offset_of(*layout.chunk, range_name("max", channel).c_str(), PropertyType::f32));
    for (size_t i = 0; i < ranges.size(); ++i) {
      const size_t at = layout.chunk_at + i * layout.chunk->record_bytes;
      ranges[i][channel] = {load<float>(bytes, at + low), load<float>(bytes, at + high)};
    }
  }
  return ranges;
}

void unpack_splat(const std::array<uint32_t, 4>& words, const ChunkRanges& ranges, size_t i, Splats& splats) {
  const auto value = [&](size_t channel, uint32_t word) {
    return value_of(ranges[channel], word >> kShift[channel] & kLast[channel], kLast[channel]);
  };
  for (size_t c = 0; c < 3; ++c) {
    splats.position[3 * i + c] = static_cast<float>(value(c, words[0]));
    splats.log_scale[3 * i + c] = static_cast<float>(value(3 + c, words[2]));
    splats.dc[3 * i + c] = dc_of_colour(value(6 + c, words[3]));
  }
  const SmallestThree packed{words[1] >> 30, {words[1] >> 20 & 1023, words[1] >> 10 & 1023, words[1] & 1023}};
  const Quaternion rotation = unpack_smallest_three(packed, component_of);
  std::copy(rotation.begin(), rotation.end(), &splats.rotation[4 * i]);
  splats.opacity_logit[i] = logit_of_alpha((words[3] & 255) / 255.0);
}

/// Three channels from `first` on.
ValueLattice lattice_of(const std::vector<ChunkRanges>& ranges, size_t runs, LatticeCurve curve, size_t first) {
  ValueLattice lattice{curve, kChunk, {kLast[first], kLast[first + 1], kLast[first + 2]}, {}};
  for (size_t run = 0; run < runs; ++run) {
    for (size_t c = first; c < first + 3; ++c) lattice.ends.push_back({ranges[run][c].low, ranges[run][c].high});
  }
  return lattice;
}

SourceLattices lattices_of(const std::vector<ChunkRanges>& ranges, size_t count) {
  const size_t runs = (count + kChunk - 1) / kChunk;
  return {lattice_of(ranges, runs, LatticeCurve::linear, 0),
          lattice_of(ranges, runs, LatticeCurve::linear, 3),
          lattice_of(ranges, runs, LatticeCurve::colour, 6),
          {kLastRotation, std::sqrt(0.5), {}}};
}

Status read_sh(ByteSpan bytes, const Layout& layout, Splats& splats) {
  const size_t stride = splats.sh_stride();
  for (size_t k = 0; k < stride; ++k) {
    DEW_ASSIGN(const size_t offset, offset_of(*layout.sh, ("f_rest_" + std::to_string(k)).c_str(), PropertyType::u8));
    for (size_t i = 0; i < splats.count(); ++i) {
      splats.sh[i * stride + k] = sh_of(load<uint8_t>(bytes, layout.sh_at + i * layout.sh->record_bytes + offset));
    }
  }
  return {};
}

}  // namespace

bool is_compressed_ply(ByteSpan bytes) {
  const Result<PlyHeader> header = parse_ply_header(bytes);
  if (!header.ok() || header->find("chunk") == nullptr) return false;
  const PlyElement* vertex = header->find("vertex");
  return vertex != nullptr && find_property(*vertex, kWords[0]) != nullptr;
}

Result<Splats> read_compressed_ply(ByteSpan bytes, const DecodeLimits& limits) {
  Budget budget(limits);
  DEW_ASSIGN(const PlyHeader header, parse_ply_header(bytes));
  DEW_ASSIGN(const Layout layout, layout_of(header, bytes));
  std::array<size_t, 4> offset{};
  for (size_t w = 0; w < 4; ++w) {
    DEW_ASSIGN(offset[w], offset_of(*layout.vertex, kWords[w], PropertyType::u32));
  }
  Splats splats;
  DEW_TRY(allocate_splats(splats, layout.vertex->count, layout.sh_degree, budget, 0));
  DEW_TRY(budget.take_memory(layout.chunk->count * (sizeof(ChunkRanges) + 9 * sizeof(LatticeEnds)), 0));
  DEW_ASSIGN(const std::vector<ChunkRanges> ranges, read_ranges(bytes, layout));
  for (size_t i = 0; i < splats.count(); ++i) {
    std::array<uint32_t, 4> words{};
    for (size_t w = 0; w < 4; ++w) {
      words[w] = load<uint32_t>(bytes, layout.vertex_at + i * layout.vertex->record_bytes + offset[w]);
    }
    unpack_splat(words, ranges[i / kChunk], i, splats);
  }
  if (layout.sh != nullptr) DEW_TRY(read_sh(bytes, layout, splats));
  splats.source.format = SplatFormat::compressed_ply;
  splats.source.lattices = lattices_of(ranges, splats.count());
  return splats;
}

}  // namespace dew
