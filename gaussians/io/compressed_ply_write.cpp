// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstring>
#include <limits>
#include <numeric>
#include <optional>

#include "gaussians/io/compressed_ply.h"
#include "gaussians/io/compressed_ply_codes.h"
#include "gaussians/io/morton.h"
#include "gaussians/io/ply_header.h"

namespace dew {
namespace {

using namespace compressed_ply;

/// The ranges of the file that the scene came from, one a chunk; empty where there are none.
std::vector<ChunkRanges> source_ranges(const Splats& splats) {
  const size_t chunks = (splats.count() + kChunk - 1) / kChunk;
  const SourceLattices& lattices = splats.source.lattices;
  std::vector<ChunkRanges> ranges(splats.source.format == SplatFormat::compressed_ply ? chunks : 0);
  for (size_t channel = 0; channel < 9 && !ranges.empty(); ++channel) {
    const ValueLattice& lattice = channel < 3 ? lattices.position : channel < 6 ? lattices.log_scale : lattices.dc;
    if (lattice.run != kChunk || lattice.ends.size() != 3 * chunks) return {};
    for (size_t chunk = 0; chunk < chunks; ++chunk) {
      const LatticeEnds& ends = lattice.ends[3 * chunk + channel % 3];
      ranges[chunk][channel] = {static_cast<float>(ends.low), static_cast<float>(ends.high)};
    }
  }
  return ranges;
}

struct Column {
  std::array<float, kChunk> value{};  // as the splats hold it
  std::array<uint32_t, kChunk> code{};
  size_t count = 0;
};

/// What the reader makes of a code: colours become dc.
float decoded(size_t channel, const Range& range, uint32_t code) {
  const double value = value_of(range, code, kLast[channel]);
  return channel < 6 ? static_cast<float>(value) : dc_of_colour(value);
}

double as_stored(size_t channel, float value) { return channel < 6 ? double{value} : colour_of_dc(value); }

void encode(size_t channel, const Range& range, Column& column) {
  const double width = double{range.high} - range.low;
  for (size_t i = 0; i < column.count; ++i) {
    const double unit = width != 0 ? (as_stored(channel, column.value[i]) - range.low) / width : 0;
    column.code[i] = code_of(unit * kLast[channel], kLast[channel]);
  }
}

/// Codes that give every value back; false where there are none.
bool encode_exactly(size_t channel, const Range& range, Column& column) {
  encode(channel, range, column);
  for (size_t i = 0; i < column.count; ++i) {
    const std::optional<uint32_t> code =
        exact_code(column.code[i], kLast[channel], column.value[i], [&](uint32_t c) { return decoded(channel, range, c); });
    if (!code) return false;
    column.code[i] = *code;
  }
  return true;
}

/// From the least to the greatest value; those that are not finite do not count.
Range range_of(size_t channel, const Column& column) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  Range range{kInfinity, -kInfinity};
  for (size_t i = 0; i < column.count; ++i) {
    const auto value = static_cast<float>(as_stored(channel, column.value[i]));
    if (!std::isfinite(value)) continue;
    range = {std::min(range.low, value), std::max(range.high, value)};
  }
  return range.low <= range.high ? range : Range{0, 0};
}

/// The range of the source where it gives every value back, otherwise the tightest.
Range choose_range(size_t channel, const Range* source, Column& column) {
  if (source != nullptr && encode_exactly(channel, *source, column)) return *source;
  const Range range = range_of(channel, column);
  encode(channel, range, column);
  return range;
}

std::string header_text(const Splats& splats, size_t chunks) {
  std::string text = "ply\nformat binary_little_endian 1.0\nelement chunk " + std::to_string(chunks) + "\n";
  for (size_t group = 0; group < 3; ++group) {
    for (const char* end : {"min", "max"}) {
      for (size_t c = 0; c < 3; ++c) text += "property float " + range_name(end, 3 * group + c) + "\n";
    }
  }
  text += "element vertex " + std::to_string(splats.count()) + "\n";
  for (const char* word : {"position", "rotation", "scale", "color"}) text += std::string("property uint packed_") + word + "\n";
  if (splats.sh_degree > 0) text += "element sh " + std::to_string(splats.count()) + "\n";
  for (size_t k = 0; k < splats.sh_stride(); ++k) text += "property uchar f_rest_" + std::to_string(k) + "\n";
  return text + "end_header\n";
}

/// Packs a chunk of splats: its ranges, and four words for each.
class ChunkWriter {
 public:
  ChunkWriter(const Splats& splats, const std::vector<ChunkRanges>& source) : splats_(splats), source_(source) {}

  void add(size_t chunk, std::span<const uint32_t> members) {
    std::vector<std::array<uint32_t, 4>> words(members.size());
    ChunkRanges ranges;
    for (size_t channel = 0; channel < 9; ++channel) {
      const std::vector<float>& from = channel < 3 ? splats_.position : channel < 6 ? splats_.log_scale : splats_.dc;
      Column column;
      column.count = members.size();
      for (size_t i = 0; i < members.size(); ++i) column.value[i] = from[3 * size_t{members[i]} + channel % 3];
      ranges[channel] = choose_range(channel, chunk < source_.size() ? &source_[chunk][channel] : nullptr, column);
      constexpr size_t kWordOf[] = {0, 2, 3};
      for (size_t i = 0; i < members.size(); ++i) words[i][kWordOf[channel / 3]] |= column.code[i] << kShift[channel];
    }
    for (size_t i = 0; i < members.size(); ++i) {
      words[i][1] = rotation_word(&splats_.rotation[4 * size_t{members[i]}]);
      words[i][3] |= alpha_byte_of_logit(splats_.opacity_logit[members[i]]);
      for (const uint32_t word : words[i]) vertices_.u32(word);
    }
    for (size_t group = 0; group < 9; group += 3) {
      for (size_t c = group; c < group + 3; ++c) chunks_.f32(ranges[c].low);
      for (size_t c = group; c < group + 3; ++c) chunks_.f32(ranges[c].high);
    }
  }

  const Bytes& chunks() const { return chunks_.bytes(); }
  const Bytes& vertices() const { return vertices_.bytes(); }
  size_t lost_rotations() const { return lost_rotations_; }

 private:
  uint32_t rotation_word(const float* q) {
    bool usable = true;
    const SmallestThree packed = pack_smallest_three({q[0], q[1], q[2], q[3]}, 0, code_of_component, component_of, &usable);
    lost_rotations_ += !usable;
    return packed.largest << 30 | packed.code[0] << 20 | packed.code[1] << 10 | packed.code[2];
  }

  const Splats& splats_;
  const std::vector<ChunkRanges>& source_;
  ByteWriter chunks_, vertices_;
  size_t lost_rotations_ = 0;
};

}  // namespace

SplatOutput write_compressed_ply(const Splats& splats) {
  const bool keep_order = splats.source.format == SplatFormat::compressed_ply || splats.count() <= kChunk;
  std::vector<uint32_t> order(splats.count());
  std::iota(order.begin(), order.end(), 0u);
  if (!keep_order) order = morton_order(splats);
  const std::vector<ChunkRanges> source = source_ranges(splats);
  ChunkWriter writer(splats, source);
  const size_t chunks = (splats.count() + kChunk - 1) / kChunk;
  for (size_t chunk = 0; chunk < chunks; ++chunk) {
    const size_t first = chunk * kChunk;
    writer.add(chunk, std::span(order).subspan(first, std::min(kChunk, order.size() - first)));
  }
  const size_t stride = splats.sh_stride();
  Bytes sh(splats.count() * stride);
  size_t clamped_sh = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    for (size_t k = 0; k < stride; ++k) {
      const float value = splats.sh[order[i] * stride + k];
      clamped_sh += std::fabs(value) > 4;
      sh[i * stride + k] = static_cast<std::byte>(sh_byte(value));
    }
  }
  SplatOutput output;
  const std::string header = header_text(splats, chunks);
  for (const ByteSpan part : {as_bytes(header), ByteSpan(writer.chunks()), ByteSpan(writer.vertices()), ByteSpan(sh)}) {
    output.file.insert(output.file.end(), part.begin(), part.end());
  }
  Losses losses("compressed.ply");
  losses.extra_properties(splats);
  losses.not_finite(splats);
  losses.add(clamped_sh, "SH coefficients lie outside -4 to 4 and are clamped");
  losses.add(writer.lost_rotations(), "rotations have no direction and become the identity");
  if (!std::is_sorted(order.begin(), order.end())) losses.say("the splats are put in another order");
  output.losses = losses.take();
  return output;
}

}  // namespace dew
