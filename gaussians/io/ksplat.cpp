// SPDX-License-Identifier: Apache-2.0
#include "gaussians/io/ksplat.h"

#include <array>
#include <bit>
#include <cstring>

#include "entropy/checked.h"
#include "gaussians/io/quantised.h"

namespace dew {
namespace {

constexpr size_t kHeaderBytes = 4096;
constexpr size_t kSectionBytes = 1024;
constexpr uint32_t kMaxSections = 4096;

template <class T>
T number_at(ByteSpan bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

float half(uint16_t bits) {
  const uint32_t sign = uint32_t{bits & 0x8000u} << 16, exponent = bits >> 10 & 31, mantissa = bits & 1023;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000 | mantissa << 13);
  const float magnitude = exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -24)
                                        : std::ldexp(static_cast<float>(mantissa | 1024), static_cast<int>(exponent) - 25);
  return sign ? -magnitude : magnitude;
}

struct FileHeader {
  uint32_t max_sections = 0;
  uint32_t splats = 0;
  uint16_t compression = 0;  ///< 0 floats; 1 halves; 2 halves, SH in bytes
  float sh_low = 0, sh_high = 0;
};

struct Section {
  uint32_t splats = 0, max_splats = 0;
  uint32_t bucket_splats = 0, buckets = 0, full_buckets = 0, partial_buckets = 0;
  float block_size = 0;
  uint16_t bucket_bytes = 0;
  uint32_t range = 0;
  uint16_t sh_degree = 0;
};

Result<FileHeader> read_header(ByteSpan bytes) {
  if (bytes.size() < kHeaderBytes) return Error{Code::truncated, bytes.size(), "a .ksplat header has 4096 bytes"};
  if (number_at<uint8_t>(bytes, 0) != 0 || number_at<uint8_t>(bytes, 1) != 1) {
    return Error{Code::unsupported_version, 0, "a .ksplat version other than 0.1"};
  }
  FileHeader header{number_at<uint32_t>(bytes, 4), number_at<uint32_t>(bytes, 16), number_at<uint16_t>(bytes, 20),
                    number_at<float>(bytes, 36), number_at<float>(bytes, 40)};
  if (header.compression > 2) return Error{Code::unsupported_feature, 20, ".ksplat compression above 2"};
  if (header.max_sections > kMaxSections) return Error{Code::corrupt, 4, "more than 4096 sections"};
  if (bytes.size() < kHeaderBytes + header.max_sections * kSectionBytes) {
    return Error{Code::truncated, bytes.size(), "the file ends in the headers of its sections"};
  }
  // Older writers left these zero and meant their default.
  if (header.sh_low == 0) header.sh_low = -1.5f;
  if (header.sh_high == 0) header.sh_high = 1.5f;
  return header;
}

Result<Section> read_section(ByteSpan bytes, const FileHeader& header, uint32_t index) {
  const size_t at = kHeaderBytes + index * kSectionBytes;
  Section section{number_at<uint32_t>(bytes, at),      number_at<uint32_t>(bytes, at + 4),  number_at<uint32_t>(bytes, at + 8),
                  number_at<uint32_t>(bytes, at + 12), number_at<uint32_t>(bytes, at + 32), number_at<uint32_t>(bytes, at + 36),
                  number_at<float>(bytes, at + 16),    number_at<uint16_t>(bytes, at + 20), number_at<uint32_t>(bytes, at + 24),
                  number_at<uint16_t>(bytes, at + 40)};
  if (section.range == 0) section.range = header.compression == 0 ? 1 : 32767;
  if (section.sh_degree > kMaxShDegree) return Error{Code::corrupt, at + 40, "SH degree " + std::to_string(section.sh_degree)};
  if (section.splats > section.max_splats) return Error{Code::corrupt, at, "a section with more splats than it has room for"};
  return section;
}

/// Where the parts of a section lie, all within the file.
struct KsplatLayout {
  size_t sizes_at = 0, centres_at = 0, splats_at = 0, end = 0;
  size_t splat_bytes = 0;
};

Result<KsplatLayout> layout_of(ByteSpan bytes, const FileHeader& header, const Section& section, size_t at) {
  constexpr size_t kBytes[] = {44, 24, 24}, kShBytes[] = {4, 2, 1};
  KsplatLayout layout;
  layout.sizes_at = at;
  layout.centres_at = at + 4 * size_t{section.partial_buckets};
  layout.splats_at = layout.centres_at + size_t{section.bucket_bytes} * section.buckets;
  layout.splat_bytes = kBytes[header.compression] + 3 * size_t{sh_coefficients(section.sh_degree)} * kShBytes[header.compression];
  layout.end = layout.splats_at + layout.splat_bytes * section.max_splats;
  if (layout.end > bytes.size()) return Error{Code::truncated, bytes.size(), "the file ends in a section"};
  if (header.compression > 0 && section.bucket_bytes < 12) return Error{Code::corrupt, at, "buckets without centres"};
  return layout;
}

/// Walks through the buckets of a section: which one the next splat is in.
class Buckets {
 public:
  Buckets(ByteSpan bytes, const Section& section, const KsplatLayout& layout)
      : bytes_(bytes), section_(section), layout_(layout), full_(uint64_t{section.full_buckets} * section.bucket_splats) {}

  Result<std::array<float, 3>> centre_of(uint64_t splat) {
    uint64_t bucket = section_.bucket_splats > 0 ? splat / section_.bucket_splats : 0;
    if (splat >= full_) {
      while (splat - full_ >= before_ + size_of_partial()) {
        if (partial_ >= section_.partial_buckets) return Error{Code::corrupt, layout_.sizes_at, "a splat beyond the last bucket"};
        before_ += size_of_partial();
        ++partial_;
      }
      bucket = section_.full_buckets + uint64_t{partial_};
    }
    if (bucket >= section_.buckets) return Error{Code::corrupt, layout_.sizes_at, "a splat beyond the last bucket"};
    const size_t at = layout_.centres_at + static_cast<size_t>(bucket) * section_.bucket_bytes;
    return std::array<float, 3>{number_at<float>(bytes_, at), number_at<float>(bytes_, at + 4), number_at<float>(bytes_, at + 8)};
  }

 private:
  uint64_t size_of_partial() const {
    return partial_ < section_.partial_buckets ? number_at<uint32_t>(bytes_, layout_.sizes_at + 4 * size_t{partial_}) : 0;
  }

  ByteSpan bytes_;
  const Section& section_;
  const KsplatLayout& layout_;
  uint64_t full_;
  uint64_t before_ = 0;
  uint32_t partial_ = 0;
};

/// Coefficient k of the file as channel and index: each degree holds all of red, then green, then blue.
std::array<size_t, 2> channel_and_index(size_t k) {
  size_t first = 0;
  for (size_t degree = 1;; ++degree) {
    const size_t width = 2 * degree + 1;
    if (k < 3 * (first + width)) return {(k - 3 * first) / width, first + (k - 3 * first) % width};
    first += width;
  }
}

float sh_value(ByteSpan bytes, size_t at, size_t k, const FileHeader& header) {
  switch (header.compression) {
    case 0: return number_at<float>(bytes, at + 4 * k);
    case 1: return half(number_at<uint16_t>(bytes, at + 2 * k));
    default: return header.sh_low + number_at<uint8_t>(bytes, at + k) / 255.0f * (header.sh_high - header.sh_low);
  }
}

void unpack_colour(ByteSpan bytes, size_t at, size_t i, Splats& splats) {
  for (size_t c = 0; c < 3; ++c) splats.dc[3 * i + c] = dc_of_colour(number_at<uint8_t>(bytes, at + c) / 255.0);
  splats.opacity_logit[i] = logit_of_alpha(number_at<uint8_t>(bytes, at + 3) / 255.0);
}

Status unpack_section(ByteSpan bytes, const FileHeader& header, const Section& section, const KsplatLayout& layout, size_t first,
                      Splats& splats) {
  Buckets buckets(bytes, section, layout);
  const bool floats = header.compression == 0;
  const double step = section.block_size / 2.0 / section.range;
  const size_t stored = 3 * size_t{sh_coefficients(section.sh_degree)}, room = sh_coefficients(splats.sh_degree);
  for (size_t s = 0; s < section.splats; ++s) {
    const size_t at = layout.splats_at + s * layout.splat_bytes, i = first + s;
    std::array<float, 3> centre{};
    if (!floats) {
      DEW_ASSIGN(centre, buckets.centre_of(s));
    }
    for (size_t c = 0; c < 3; ++c) {
      const double steps = floats ? 0 : static_cast<double>(number_at<uint16_t>(bytes, at + 2 * c)) - section.range;
      splats.position[3 * i + c] = floats ? number_at<float>(bytes, at + 4 * c) : static_cast<float>(steps * step + centre[c]);
      splats.log_scale[3 * i + c] =
          log_of_scale(floats ? number_at<float>(bytes, at + 12 + 4 * c) : half(number_at<uint16_t>(bytes, at + 6 + 2 * c)));
    }
    for (size_t c = 0; c < 4; ++c) {
      splats.rotation[4 * i + c] = floats ? number_at<float>(bytes, at + 24 + 4 * c) : half(number_at<uint16_t>(bytes, at + 12 + 2 * c));
    }
    unpack_colour(bytes, at + (floats ? 40 : 20), i, splats);
    for (size_t k = 0; k < stored; ++k) {
      const auto [channel, index] = channel_and_index(k);
      splats.sh[3 * room * i + room * channel + index] = sh_value(bytes, at + (floats ? 44 : 24), k, header);
    }
  }
  return {};
}

}  // namespace

bool is_ksplat(ByteSpan bytes) {
  const Result<FileHeader> header = read_header(bytes);
  if (!header.ok() || header->max_sections == 0 || number_at<uint16_t>(bytes, 2) != 0) return false;
  return header->splats > 0 && header->splats <= (bytes.size() - kHeaderBytes) / 24;
}

Result<Splats> read_ksplat(ByteSpan bytes, const DecodeLimits& limits) {
  Budget budget(limits);
  DEW_ASSIGN(const FileHeader header, read_header(bytes));
  uint64_t count = 0;
  uint32_t degree = 0;
  std::vector<Section> sections;
  std::vector<KsplatLayout> layouts;
  size_t at = kHeaderBytes + header.max_sections * kSectionBytes;
  for (uint32_t i = 0; i < header.max_sections; ++i) {
    DEW_ASSIGN(const Section section, read_section(bytes, header, i));
    DEW_ASSIGN(const KsplatLayout layout, layout_of(bytes, header, section, at));
    at = layout.end;
    count += section.splats;
    if (section.splats > 0) degree = std::max<uint32_t>(degree, section.sh_degree);
    sections.push_back(section);
    layouts.push_back(layout);
  }
  if (count != header.splats) return Error{Code::corrupt, 16, "the sections hold another number of splats than the file says"};
  Splats splats;
  DEW_TRY(allocate_splats(splats, count, degree, budget, 16));
  size_t first = 0;
  for (size_t i = 0; i < sections.size(); ++i) {
    DEW_TRY(unpack_section(bytes, header, sections[i], layouts[i], first, splats));
    first += sections[i].splats;
  }
  splats.source.format = SplatFormat::ksplat;
  return splats;
}

}  // namespace dew
