// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstring>

#include "gaussians/io/deflate.h"
#include "gaussians/io/spz.h"
#include "gaussians/io/spz_codes.h"

namespace dew {
namespace spz {

Result<Header> read_header(ByteSpan bytes) {
  ByteReader reader(bytes);
  Header header;
  DEW_ASSIGN(const uint32_t magic, reader.u32());
  if (magic != kMagic) return Error{Code::corrupt, 0, "not an .spz file: no magic"};
  DEW_ASSIGN(header.version, reader.u32());
  DEW_ASSIGN(header.count, reader.u32());
  DEW_ASSIGN(header.sh_degree, reader.u8());
  DEW_ASSIGN(header.fractional_bits, reader.u8());
  DEW_ASSIGN(header.flags, reader.u8());
  DEW_ASSIGN(header.streams, reader.u8());
  if (header.version < 2 || header.version > 4) {
    return Error{Code::unsupported_version, 4, ".spz version " + std::to_string(header.version) + "; dew reads 2, 3 and 4"};
  }
  if (header.sh_degree > (header.version == 4 ? 4 : 3)) {
    return Error{Code::corrupt, 12, "SH degree " + std::to_string(header.sh_degree)};
  }
  if (header.fractional_bits > kMaxFractionalBits)
    return Error{Code::corrupt, 13, "more bits after the binary point than a coordinate has"};
  if (header.version == 4) {
    DEW_ASSIGN(header.toc_offset, reader.u32());
  }
  return header;
}

Result<Axes> axes_of_records(ByteSpan records, uint64_t offset) {
  ByteReader reader(records, offset);
  while (reader.remaining() > 0) {
    DEW_ASSIGN(const uint32_t type, reader.u32());
    DEW_ASSIGN(const uint32_t size, reader.u32());
    const uint64_t at = reader.offset();
    DEW_ASSIGN(const ByteSpan payload, reader.bytes(size));
    if (type != kAxesRecord) continue;
    DEW_ASSIGN(const uint32_t code, ByteReader(payload, at).u32());
    if (code == 0) break;
    if (code > 8) return Error{Code::unsupported_feature, at, "axes with y and z exchanged"};
    return Axes{((code - 1) & 1) != 0, ((code - 1) & 2) != 0, ((code - 1) & 4) != 0};
  }
  return kRightUpBack;
}

}  // namespace spz

namespace {

using spz::Header;

/// The unpacked bytes of each attribute.
struct Streams {
  Header header;
  Bytes before;  // header and extension records, as in the file
  Axes axes = kRightUpBack;
  Bytes buffer;  // versions 2 and 3: all streams one after the other
  std::array<Bytes, 6> own;
  std::array<ByteSpan, 6> view;  // positions, alphas, colours, scales, rotations, SH
};

std::array<uint64_t, 6> stream_sizes(const Header& header) {
  const uint64_t n = header.count;
  return {9 * n, n, 3 * n, 3 * n, (header.version == 2 ? 3 : 4) * n, 3 * uint64_t{spz::stored_coefficients(header.sh_degree)} * n};
}

uint64_t sum(const std::array<uint64_t, 6>& sizes) {
  uint64_t total = 0;
  for (const uint64_t size : sizes) total += size;
  return total;
}

/// Versions 2 and 3: one gzip stream, or what was in it, of the header and the attributes.
Status read_streams_in_one(ByteSpan bytes, bool packed, Budget& budget, Streams& out) {
  const std::array<uint64_t, 6> sizes = stream_sizes(out.header);
  const uint64_t total = spz::kHeaderBytes + sum(sizes);
  if (packed) {
    DEW_TRY(check_plausible(out.header.count, bytes.size(), 8));
    DEW_TRY(budget.take_memory(total, 0));
    DEW_ASSIGN(out.buffer, inflate_begin(bytes, Wrapper::gzip, static_cast<size_t>(total), 0));
  } else {
    if (bytes.size() < total) return Error{Code::truncated, bytes.size(), "the header promises " + std::to_string(total) + " bytes"};
    DEW_TRY(budget.take_memory(total, 0));
    out.buffer.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(total));
  }
  ByteReader reader(out.buffer);
  DEW_ASSIGN(const ByteSpan before, reader.bytes(spz::kHeaderBytes));
  out.before.assign(before.begin(), before.end());
  for (size_t i = 0; i < sizes.size(); ++i) {
    DEW_ASSIGN(out.view[i], reader.bytes(sizes[i]));
  }
  return {};
}

/// Version 4: header, extension records, a table of sizes, zstd streams.
Status read_streams_apart(ByteSpan bytes, Budget& budget, Streams& out) {
  const Header& header = out.header;
  const size_t count = header.sh_degree > 0 ? 6 : 5;
  if (header.streams != count)
    return Error{Code::corrupt, 15, std::to_string(header.streams) + " streams instead of " + std::to_string(count)};
  if (header.toc_offset < spz::kHeaderBytesV4 || header.toc_offset > bytes.size()) {
    return Error{header.toc_offset > bytes.size() ? Code::truncated : Code::corrupt, 16, "the table of streams lies outside the file"};
  }
  DEW_TRY(check_plausible(header.count, bytes.size(), 8));
  out.before.assign(bytes.begin(), bytes.begin() + header.toc_offset);
  if (header.flags & spz::kHasExtensions) {
    DEW_ASSIGN(out.axes, spz::axes_of_records(ByteSpan(out.before).subspan(spz::kHeaderBytesV4), spz::kHeaderBytesV4));
  }
  const std::array<uint64_t, 6> sizes = stream_sizes(header);
  ByteReader table(bytes.subspan(header.toc_offset), header.toc_offset);
  DEW_TRY(table.bytes(16 * count));
  ByteReader streams(bytes.subspan(header.toc_offset + 16 * count), header.toc_offset + 16 * count);
  table = ByteReader(bytes.subspan(header.toc_offset), header.toc_offset);
  for (size_t i = 0; i < count; ++i) {
    DEW_ASSIGN(const uint64_t packed_bytes, table.u64());
    DEW_ASSIGN(const uint64_t size, table.u64());
    if (size != sizes[i]) return Error{Code::corrupt, table.offset() - 8, "a stream whose size is not that of the splats"};
    const uint64_t at = streams.offset();
    DEW_ASSIGN(const ByteSpan packed, streams.bytes(packed_bytes));
    DEW_TRY(budget.take_memory(size, at));
    DEW_ASSIGN(out.own[i], zstd_decompress_exactly(packed, static_cast<size_t>(size), at));
    out.view[i] = out.own[i];
  }
  return {};
}

uint8_t byte_at(ByteSpan bytes, size_t index) { return std::to_integer<uint8_t>(bytes[index]); }

float coordinate(ByteSpan positions, size_t index, double step) {
  const size_t at = 3 * index;
  const uint32_t bits = byte_at(positions, at) | uint32_t{byte_at(positions, at + 1)} << 8 | uint32_t{byte_at(positions, at + 2)} << 16;
  const int32_t value = static_cast<int32_t>(bits << 8) >> 8;  // sign of bit 23
  return static_cast<float>(value * step);
}

/// w x y z.
Quaternion rotation_at(const Streams& streams, size_t i) {
  const ByteSpan bytes = streams.view[4];
  if (streams.header.version == 2) {
    Quaternion q{};
    double rest = 1;
    for (size_t c = 0; c < 3; ++c) {
      q[c + 1] = spz::byte_component(byte_at(bytes, 3 * i + c));
      rest -= double{q[c + 1]} * q[c + 1];
    }
    q[0] = static_cast<float>(std::sqrt(std::fmax(0.0, rest)));
    return q;
  }
  uint32_t word = 0;
  std::memcpy(&word, bytes.data() + 4 * i, 4);
  const SmallestThree packed{word >> 30, {word >> 20 & 1023, word >> 10 & 1023, word & 1023}};
  return unpack_smallest_three(spz::scalar_first(packed), spz::component_of);
}

void unpack_splats(const Streams& streams, Splats& splats) {
  const double step = std::ldexp(1.0, -streams.header.fractional_bits);
  const size_t stored = spz::stored_coefficients(streams.header.sh_degree), kept = sh_coefficients(splats.sh_degree);
  for (size_t i = 0; i < splats.count(); ++i) {
    for (size_t at = 3 * i; at < 3 * i + 3; ++at) {
      splats.position[at] = coordinate(streams.view[0], at, step);
      splats.dc[at] = spz::dc_of(byte_at(streams.view[2], at));
      splats.log_scale[at] = spz::log_scale_of(byte_at(streams.view[3], at));
    }
    splats.opacity_logit[i] = logit_of_alpha(byte_at(streams.view[1], i) / 255.0);
    const Quaternion rotation = rotation_at(streams, i);
    std::copy(rotation.begin(), rotation.end(), &splats.rotation[4 * i]);
    for (size_t k = 0; k < kept; ++k) {
      for (size_t channel = 0; channel < 3; ++channel) {
        splats.sh[3 * kept * i + kept * channel + k] = spz::sh_of(byte_at(streams.view[5], 3 * (stored * i + k) + channel));
      }
    }
  }
}

QuaternionLattice rotation_lattice(Axes axes) {
  const auto [x, y, z] = axis_signs(axes, kRightDownForward);
  return {spz::kLastComponent, std::sqrt(0.5), {false, y * z < 0, x * z < 0, x * y < 0}};
}

bool is_gzip(ByteSpan bytes) { return bytes.size() >= 2 && byte_at(bytes, 0) == 0x1f && byte_at(bytes, 1) == 0x8b; }

}  // namespace

bool is_spz(ByteSpan bytes) {
  Result<uint32_t> magic = ByteReader(bytes).u32();
  if (!is_gzip(bytes)) return magic.ok() && *magic == spz::kMagic;
  const Result<Bytes> begin = inflate_begin(bytes, Wrapper::gzip, 4, 0);
  if (!begin.ok()) return false;
  magic = ByteReader(*begin).u32();
  return magic.ok() && *magic == spz::kMagic;
}

Result<SplatInput> read_spz(ByteSpan bytes, const DecodeLimits& limits) {
  Budget budget(limits);
  Streams streams;
  const bool packed = is_gzip(bytes);
  Bytes begin;
  if (packed) {
    DEW_ASSIGN(begin, inflate_begin(bytes, Wrapper::gzip, spz::kHeaderBytes, 0));
  }
  DEW_ASSIGN(streams.header, spz::read_header(packed ? ByteSpan(begin) : bytes));
  if (packed && streams.header.version == 4) return Error{Code::corrupt, 4, ".spz version 4 inside gzip"};
  SplatInput input;
  if (streams.header.version == 4) {
    DEW_TRY(read_streams_apart(bytes, budget, streams));
  } else {
    DEW_TRY(read_streams_in_one(bytes, packed, budget, streams));
  }
  const uint32_t degree = std::min<uint32_t>(streams.header.sh_degree, kMaxShDegree);
  if (degree < streams.header.sh_degree) input.note = "SH of degree 4 is left out";
  DEW_TRY(allocate_splats(input.splats, streams.header.count, degree, budget, 8));
  unpack_splats(streams, input.splats);
  convert_axes(input.splats, streams.axes, kRightDownForward);
  input.splats.source.format = SplatFormat::spz;
  if (streams.header.version > 2) input.splats.source.lattices.rotation = rotation_lattice(streams.axes);
  input.splats.source.header = std::move(streams.before);
  return input;
}

}  // namespace dew
