// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <optional>

#include "gaussians/io/deflate.h"
#include "gaussians/io/spz.h"
#include "gaussians/io/spz_codes.h"

namespace dew {
namespace {

using spz::Header;

constexpr int32_t kLastCoordinate = (1 << 23) - 1;

/// What the file takes over from the one that the scene came from.
struct Frame {
  Header header;
  Axes axes = kRightUpBack;
  Bytes records;  // extension records
};

Frame frame_of(const Splats& splats) {
  Frame frame;
  frame.header.version = has_zstd() ? 4 : 3;
  const Bytes& source = splats.source.header;
  if (splats.source.format != SplatFormat::spz) return frame;
  const Result<Header> header = spz::read_header(source);
  if (!header.ok() || (header->version == 4 && !has_zstd())) return frame;
  frame.header.version = header->version;
  frame.header.flags = header->flags;
  if (header->version != 4 || !(header->flags & spz::kHasExtensions) || source.size() < spz::kHeaderBytesV4) return frame;
  const ByteSpan records = ByteSpan(source).subspan(spz::kHeaderBytesV4);
  const Result<Axes> axes = spz::axes_of_records(records, 0);
  if (axes.ok()) {
    frame.axes = *axes;
    frame.records.assign(records.begin(), records.end());
  } else {
    frame.header.flags = static_cast<uint8_t>(frame.header.flags & ~spz::kHasExtensions);
  }
  return frame;
}

/// True if every finite coordinate is a whole number of steps.
bool on_grid(const std::vector<float>& position, int bits) {
  for (const float value : position) {
    const double steps = std::ldexp(double{value}, bits);
    if (std::isfinite(value) && steps != std::nearbyint(steps)) return false;
  }
  return true;
}

/// Bits after the binary point: 12, as many as fit below that, or more where the scene came from a finer grid.
uint8_t choose_fractional_bits(const std::vector<float>& position) {
  double least = 0, greatest = 0;
  for (const float value : position) {
    if (!std::isfinite(value)) continue;
    least = std::min(least, double{value});
    greatest = std::max(greatest, double{value});
  }
  const auto fits = [&](int bits) {
    return std::ldexp(greatest, bits) <= kLastCoordinate + 0.5 && std::ldexp(least, bits) >= -kLastCoordinate - 1.5;
  };
  int limit = spz::kMaxFractionalBits;
  while (limit > 0 && !fits(limit)) --limit;
  const int usual = std::min(limit, 12);
  for (int bits = usual; bits <= limit; ++bits) {
    if (on_grid(position, bits)) return static_cast<uint8_t>(bits);
  }
  return static_cast<uint8_t>(usual);
}

bool is_byte_sh(const Splats& splats) {
  return std::all_of(splats.sh.begin(), splats.sh.end(), [](float value) { return spz::sh_of(byte_of(128.0 * value + 128)) == value; });
}

/// The byte of a coefficient, its lowest bits dropped to the nearest multiple of `bucket`; zero is one.
uint8_t sh_byte(float value, uint32_t bucket) {
  if (std::isnan(value)) return 128;
  const double steps = std::floor(128.0 * value / bucket + 0.5) * bucket + 128;
  return byte_of(steps);
}

struct Clamped {
  size_t positions = 0, log_scales = 0, colours = 0, sh = 0, rotations = 0;
};

/// `code` within 0 to 255 but for rounding.
bool outside(double code) { return code < -0.5 || code > 255.5; }

void put_coordinate(double steps, ByteWriter& out, size_t& clamped) {
  const double rounded = std::isnan(steps) ? 0 : std::nearbyint(steps);
  const double inside = std::clamp(rounded, -double{kLastCoordinate} - 1, double{kLastCoordinate});
  clamped += std::isfinite(steps) && inside != rounded;
  const auto bits = static_cast<uint32_t>(static_cast<int32_t>(inside));
  out.u8(static_cast<uint8_t>(bits));
  out.u8(static_cast<uint8_t>(bits >> 8));
  out.u8(static_cast<uint8_t>(bits >> 16));
}

/// Version 2 has no code for w: x y z of the quaternion with w positive.
void put_xyz(const Quaternion& wxyz, ByteWriter& out, size_t& lost) {
  std::array<uint8_t, 3> raw{};
  bool whole = true;
  for (size_t c = 0; c < 3; ++c) {
    raw[c] = byte_of(127.5 * wxyz[c + 1] + 127.5);
    whole = whole && spz::byte_component(raw[c]) == wxyz[c + 1];
  }
  const double length =
      std::sqrt(double{wxyz[0]} * wxyz[0] + double{wxyz[1]} * wxyz[1] + double{wxyz[2]} * wxyz[2] + double{wxyz[3]} * wxyz[3]);
  const bool usable = length > 0 && std::isfinite(length);
  lost += !usable;
  const double scale = usable ? 127.5 / std::copysign(length, wxyz[0]) : 0;
  for (size_t c = 0; c < 3; ++c) out.u8(whole && wxyz[0] >= 0 ? raw[c] : byte_of((usable ? scale * wxyz[c + 1] : 0) + 127.5));
}

void put_smallest_three(const Quaternion& wxyz, ByteWriter& out, size_t& lost) {
  bool usable = true;
  const SmallestThree packed = spz::scalar_last(pack_smallest_three(wxyz, 0, spz::code_of_component, spz::component_of, &usable));
  lost += !usable;
  out.u32(packed.largest << 30 | packed.code[0] << 20 | packed.code[1] << 10 | packed.code[2]);
}

std::array<Bytes, 6> pack(const Splats& splats, const Header& header, bool full_sh, Clamped& clamped) {
  std::array<ByteWriter, 6> out;
  const bool keep_sh = full_sh || is_byte_sh(splats);
  const size_t coefficients = sh_coefficients(splats.sh_degree);
  for (size_t i = 0; i < splats.count(); ++i) {
    for (size_t at = 3 * i; at < 3 * i + 3; ++at) {
      put_coordinate(std::ldexp(double{splats.position[at]}, header.fractional_bits), out[0], clamped.positions);
      const double colour = 255 * (spz::kColourScale * splats.dc[at] + 0.5), scale = 16 * (splats.log_scale[at] + 10.0);
      clamped.colours += std::isfinite(colour) && outside(colour);
      clamped.log_scales += std::isfinite(scale) && outside(scale);
      out[2].u8(byte_of(colour));
      out[3].u8(byte_of(scale));
    }
    out[1].u8(alpha_byte_of_logit(splats.opacity_logit[i]));
    const float* q = &splats.rotation[4 * i];
    const auto put_rotation = header.version == 2 ? put_xyz : put_smallest_three;
    put_rotation({q[0], q[1], q[2], q[3]}, out[4], clamped.rotations);
    for (size_t k = 0; k < coefficients; ++k) {
      const uint32_t bucket = keep_sh ? 1 : k < 3 ? 8 : 16;
      for (size_t channel = 0; channel < 3; ++channel) {
        const float value = splats.sh[3 * coefficients * i + coefficients * channel + k];
        clamped.sh += std::isfinite(value) && outside(128.0 * value + 128);
        out[5].u8(sh_byte(value, bucket));
      }
    }
  }
  std::array<Bytes, 6> streams;
  for (size_t i = 0; i < streams.size(); ++i) streams[i] = out[i].take();
  return streams;
}

void put_header(const Header& header, ByteWriter& out) {
  out.u32(spz::kMagic);
  out.u32(header.version);
  out.u32(header.count);
  out.u8(header.sh_degree);
  out.u8(header.fractional_bits);
  out.u8(header.flags);
  out.u8(header.streams);
}

Result<Bytes> file_in_one(const Header& header, const std::array<Bytes, 6>& streams) {
  ByteWriter body;
  put_header(header, body);
  for (const Bytes& stream : streams) body.bytes(stream);
  return deflate_all(body.bytes(), Wrapper::gzip);
}

Result<Bytes> file_apart(Frame frame, const std::array<Bytes, 6>& streams) {
  frame.header.streams = frame.header.sh_degree > 0 ? 6 : 5;
  frame.header.toc_offset = static_cast<uint32_t>(spz::kHeaderBytesV4 + frame.records.size());
  ByteWriter out, packed_streams;
  put_header(frame.header, out);
  out.u32(frame.header.toc_offset);
  for (int i = 0; i < 3; ++i) out.u32(0);  // reserved
  out.bytes(frame.records);
  for (size_t i = 0; i < frame.header.streams; ++i) {
    DEW_ASSIGN(const Bytes packed, zstd_compress_all(streams[i]));
    out.u64(packed.size());
    out.u64(streams[i].size());
    packed_streams.bytes(packed);
  }
  out.bytes(packed_streams.bytes());
  return out.take();
}

}  // namespace

Result<SplatOutput> write_spz(const Splats& splats, const SplatWriteOptions& options) {
  if (splats.count() > 0xffffffff) return Error{Code::invalid_argument, 0, "spz holds fewer than 2^32 splats"};
  Frame frame = frame_of(splats);
  Splats turned = splats;
  convert_axes(turned, kRightDownForward, frame.axes);
  frame.header.count = static_cast<uint32_t>(splats.count());
  frame.header.sh_degree = static_cast<uint8_t>(splats.sh_degree);
  frame.header.fractional_bits = choose_fractional_bits(turned.position);
  Clamped clamped;
  const std::array<Bytes, 6> streams = pack(turned, frame.header, options.spz_full_sh, clamped);
  SplatOutput output;
  if (frame.header.version == 4) {
    DEW_ASSIGN(output.file, file_apart(std::move(frame), streams));
  } else {
    DEW_ASSIGN(output.file, file_in_one(frame.header, streams));
  }
  Losses losses("spz");
  losses.extra_properties(splats);
  losses.not_finite(splats);
  losses.add(clamped.positions, "coordinates lie beyond 8388607 and are clamped");
  losses.add(clamped.log_scales, "log-scales lie outside -10 to 5.9375 and are clamped");
  losses.add(clamped.colours, "colour values lie outside -3.33 to 3.33 (dc) and are clamped");
  losses.add(clamped.sh, "SH coefficients lie outside -1 to 0.992 and are clamped");
  losses.add(clamped.rotations, "rotations have no direction and become the identity");
  output.losses = losses.take();
  return output;
}

}  // namespace dew
