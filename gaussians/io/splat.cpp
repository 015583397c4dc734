// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/splat.h"

#include <bit>
#include <cstring>

#include "gaussians/io/quantised.h"

namespace dew {
namespace {

struct Record {
  float position[3];
  float scale[3];
  uint8_t colour[3];
  uint8_t alpha;
  uint8_t rotation[4];
};
static_assert(sizeof(Record) == 32);

Record record_at(ByteSpan bytes, size_t index) {
  Record record;
  std::memcpy(&record, bytes.data() + index * sizeof(Record), sizeof(Record));
  return record;
}

float component_of(uint8_t byte) { return static_cast<float>(byte - 128) / 128; }

bool could_be_splat(const Record& record) {
  double length = 0;
  for (const uint8_t byte : record.rotation) length += component_of(byte) * component_of(byte);
  bool plausible = length > 0.9 && length < 1.1;
  for (const float value : record.position) plausible = plausible && std::fabs(value) < 1e6f;
  for (const float value : record.scale) plausible = plausible && value >= 0 && value < 1e6f;
  return plausible;
}

float scale_of(float log_scale) { return static_cast<float>(std::exp(static_cast<double>(log_scale))); }

/// How many floats `scale` lies above the exponential of its logarithm. At most 64: a logarithm below 128 is rounded by 2^-18, and
/// floats lie 2^-24 of their value apart.
int8_t scale_rest(float scale, float log_scale) {
  if (!(scale > 0) || !std::isfinite(scale)) return 0;
  return static_cast<int8_t>(std::bit_cast<int32_t>(scale) - std::bit_cast<int32_t>(scale_of(log_scale)));
}

float scale_with_rest(float log_scale, int8_t rest) {
  const float scale = scale_of(log_scale);
  const int32_t bits = std::bit_cast<int32_t>(scale) + rest;
  return std::isfinite(scale) && scale > 0 && bits > 0 ? std::bit_cast<float>(bits) : scale;
}

/// A quaternion in bytes; one that is a byte's already stays, others are normalised. False where it has no direction.
bool pack_rotation(const float* q, uint8_t* out) {
  bool whole = true;
  for (size_t c = 0; c < 4; ++c) {
    out[c] = byte_of(128.0 * q[c] + 128);
    whole = whole && component_of(out[c]) == q[c];
  }
  if (whole) return true;
  const double length = std::sqrt(double{q[0]} * q[0] + double{q[1]} * q[1] + double{q[2]} * q[2] + double{q[3]} * q[3]);
  const bool has_direction = length > 0 && std::isfinite(length);
  for (size_t c = 0; c < 4; ++c) out[c] = byte_of(128 * (has_direction ? q[c] / length : (c == 0 ? 1.0 : 0.0)) + 128);
  return has_direction;
}

}  // namespace

bool could_be_splat_records(ByteSpan bytes) {
  const size_t count = bytes.size() / sizeof(Record);
  if (count == 0 || bytes.size() % sizeof(Record) != 0) return false;
  const size_t step = count / 1000 + 1;
  for (size_t i = 0; i < count; i += step) {
    if (!could_be_splat(record_at(bytes, i))) return false;
  }
  return true;
}

Result<Splats> read_splat_records(ByteSpan bytes, const DecodeLimits& limits) {
  const size_t count = bytes.size() / sizeof(Record);
  if (bytes.size() % sizeof(Record) != 0) return Error{Code::truncated, count * sizeof(Record), "a .splat record has 32 bytes"};
  Budget budget(limits);
  Splats splats;
  DEW_TRY(allocate_splats(splats, count, 0, budget, 0));
  DEW_TRY(budget.take_memory(3 * count, 0));
  Bytes rest(3 * count);
  bool has_rest = false;
  for (size_t i = 0; i < count; ++i) {
    const Record record = record_at(bytes, i);
    for (size_t c = 0; c < 3; ++c) {
      const size_t at = 3 * i + c;
      splats.position[at] = record.position[c];
      splats.log_scale[at] = log_of_scale(record.scale[c]);
      splats.dc[at] = dc_of_colour(record.colour[c] / 255.0);
      rest[at] = static_cast<std::byte>(scale_rest(record.scale[c], splats.log_scale[at]));
      has_rest = has_rest || rest[at] != std::byte{0};
    }
    splats.opacity_logit[i] = logit_of_alpha(record.alpha / 255.0);
    for (size_t c = 0; c < 4; ++c) splats.rotation[4 * i + c] = component_of(record.rotation[c]);
  }
  splats.source.format = SplatFormat::splat;
  if (has_rest) splats.source.trailer = std::move(rest);
  return splats;
}

SplatOutput write_splat_records(const Splats& splats) {
  const bool has_rest = splats.source.format == SplatFormat::splat && splats.source.trailer.size() == 3 * splats.count();
  SplatOutput output;
  output.file.resize(splats.count() * sizeof(Record));
  size_t clamped_colours = 0, lost_rotations = 0;
  for (size_t i = 0; i < splats.count(); ++i) {
    Record record;
    for (size_t c = 0; c < 3; ++c) {
      const size_t at = 3 * i + c;
      record.position[c] = splats.position[at];
      record.scale[c] = scale_with_rest(splats.log_scale[at], has_rest ? static_cast<int8_t>(splats.source.trailer[at]) : int8_t{0});
      const double colour = 255 * colour_of_dc(splats.dc[at]);
      clamped_colours += !(colour >= -0.5 && colour <= 255.5);
      record.colour[c] = byte_of(colour);
    }
    record.alpha = alpha_byte_of_logit(splats.opacity_logit[i]);
    lost_rotations += !pack_rotation(&splats.rotation[4 * i], record.rotation);
    std::memcpy(&output.file[i * sizeof(Record)], &record, sizeof(Record));
  }
  Losses losses("splat");
  losses.extra_properties(splats);
  if (splats.sh_degree > 0) losses.say("spherical harmonics beyond the constant colour are left out");
  losses.add(clamped_colours, "colour values lie outside 0 to 1 and are clamped");
  losses.add(lost_rotations, "rotations have no direction and become the identity");
  output.losses = losses.take();
  return output;
}

}  // namespace dew
