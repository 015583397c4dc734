// SPDX-License-Identifier: Apache-2.0
// Splat files of every format. The low half of the first byte picks the reader, the high half a format to write what was read in. For
// the reader of unpacked .sog files the rest are parts with two bytes of size each: meta.json, then the pictures "0", "1", ... Seeds are
// small scenes by dew's own writers.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz_check.h"
#include "gaussians/io/compressed_ply.h"
#include "gaussians/io/gltf.h"
#include "gaussians/io/ksplat.h"
#include "gaussians/io/ply.h"
#include "gaussians/io/read_splats.h"
#include "gaussians/io/sog.h"
#include "gaussians/io/splat.h"
#include "gaussians/io/spz.h"
#include "gaussians/io/write_splats.h"

namespace {

using namespace dew;

Result<SplatInput> plain(Result<Splats> splats) {
  if (!splats.ok()) return splats.error();
  return SplatInput{*std::move(splats), {}};
}

Bytes next_part(ByteSpan& rest) {
  if (rest.size() < 2) return {};
  const size_t wanted = std::to_integer<size_t>(rest[0]) | std::to_integer<size_t>(rest[1]) << 8;
  const ByteSpan part = rest.subspan(2, std::min(wanted, rest.size() - 2));
  rest = rest.subspan(2 + part.size());
  return {part.begin(), part.end()};
}

Result<SplatInput> read_parts(ByteSpan rest, const DecodeLimits& limits) {
  const Bytes meta = next_part(rest);
  std::vector<Bytes> pictures;
  while (rest.size() > 2) pictures.push_back(next_part(rest));
  const auto sibling = [&](const std::string& name) -> Result<Bytes> {
    const size_t index = name.empty() ? pictures.size() : static_cast<size_t>(name[0] - '0');
    if (index < pictures.size()) return pictures[index];
    return Error{Code::io, 0, "no such picture"};
  };
  return read_sog_folder(meta, sibling, limits);
}

Result<SplatInput> read(uint8_t reader, ByteSpan bytes, const DecodeLimits& limits) {
  switch (reader) {
    case 0: return plain(read_splat_ply(bytes, limits));
    case 1: return plain(read_compressed_ply(bytes, limits));
    case 2: return plain(read_splat_records(bytes, limits));
    case 3: return read_spz(bytes, limits);
    case 4: return read_sog_bundle(bytes, limits);
    case 5: return read_parts(bytes, limits);
    case 6: return read_splat_gltf(bytes, {}, limits);
    case 7: return plain(read_ksplat(bytes, limits));
    default: return read_splats(bytes, limits, reader & 1 ? ".splat" : "");
  }
}

bool is_finite(const Splats& splats) {
  for (const auto* values : {&splats.position, &splats.log_scale, &splats.rotation, &splats.opacity_logit, &splats.dc, &splats.sh}) {
    for (const float value : *values) {
      if (!std::isfinite(value)) return false;
    }
  }
  return true;
}

bool same_values(const Splats& a, const Splats& b) {
  return a.sh_degree == b.sh_degree && a.position == b.position && a.log_scale == b.log_scale && a.rotation == b.rotation &&
         a.opacity_logit == b.opacity_logit && a.dc == b.dc && a.sh == b.sh;
}

/// What is written reads again; in the format that it came from, with the same values.
void check_written(const Splats& splats, SplatFormat format) {
  const Result<SplatOutput> output = write_splats(splats, format);
  if (!output.ok()) {
    DEW_FUZZ_CHECK(output.error().code == Code::invalid_argument || output.error().code == Code::unsupported_feature);
    return;
  }
  const Result<SplatInput> again = read_splats(output->file, {}, format == SplatFormat::splat ? ".splat" : "");
  DEW_FUZZ_CHECK(again.ok() && check_shape(again->splats).ok() && again->splats.count() == splats.count());
  const bool keeps = format != SplatFormat::gltf && splats.source.format == format && is_finite(splats);
  DEW_FUZZ_CHECK(!keeps || same_values(again->splats, splats));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const ByteSpan bytes = std::as_bytes(std::span(data + 1, size - 1));
  DecodeLimits limits = fuzz_limits();
  limits.elements = 1u << 14;
  limits.memory_bytes = 16u << 20;
  limits.work_units = 1u << 20;
  const Result<SplatInput> input = read(data[0] & 15, bytes, limits);
  DEW_FUZZ_CHECK(input.ok() || input.error().code != Code::internal);
  if (!input.ok()) return 0;
  const Splats& splats = input->splats;
  DEW_FUZZ_CHECK(check_shape(splats).ok());
  constexpr SplatFormat kFormats[] = {SplatFormat::ply, SplatFormat::compressed_ply, SplatFormat::splat, SplatFormat::spz, SplatFormat::sog,
                                      SplatFormat::gltf};
  const size_t chosen = data[0] >> 4;
  check_written(splats, chosen < std::size(kFormats) ? kFormats[chosen] : splats.source.format);
  return 0;
}
