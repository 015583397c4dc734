// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/io/lrf.h"

#include <algorithm>

#include "pointcloud/io/fields.h"

namespace dew {
namespace {

constexpr std::string_view kMagic = "LRFRAME1";
constexpr uint64_t kHeaderBytes = 32;

/// Fills `out` with the next values of the file, which are kBytes wide there. The caller has checked the size.
template <class Stored, class Value>
Status read_array(ByteReader& reader, std::vector<Value>& out, uint64_t count) {
  DEW_ASSIGN(const ByteSpan part, reader.bytes(count * sizeof(Stored)));
  out.resize(static_cast<size_t>(count));
  for (size_t i = 0; i < out.size(); ++i) {
    Stored value;
    std::memcpy(&value, part.data() + i * sizeof(Stored), sizeof(Stored));
    out[i] = value;
  }
  return {};
}

template <class Stored, class Value>
void append_array(const std::vector<Value>& values, Bytes& out) {
  const size_t begin = out.size();
  out.resize(begin + values.size() * sizeof(Stored));
  for (size_t i = 0; i < values.size(); ++i) {
    const Stored value = static_cast<Stored>(values[i]);
    std::memcpy(out.data() + begin + i * sizeof(Stored), &value, sizeof(Stored));
  }
}

Status check_header(const Scan& scan, uint32_t planes) {
  if (scan.range_bytes != 2 && scan.range_bytes != 4) {
    return Error{Code::corrupt, 16, "ranges of " + std::to_string(scan.range_bytes) + " bytes; 2 or 4 expected"};
  }
  if (planes != 1) return Error{Code::unsupported_feature, 24, std::to_string(planes) + " planes of an .lrf; 1 is read"};
  return {};
}

/// Bytes of the file that the header describes, or more than any file has where it does not fit 64 bits.
uint64_t file_bytes(const Scan& scan) {
  const uint64_t cells = uint64_t{scan.columns} * scan.lasers;
  if (cells > (UINT64_MAX >> 4)) return UINT64_MAX;
  return kHeaderBytes + uint64_t{scan.columns} * 6 + cells * (scan.range_bytes + 1);
}

}  // namespace

bool is_lrf(ByteSpan bytes) { return as_text(bytes.first(std::min(bytes.size(), kMagic.size()))) == kMagic; }

Result<Scan> read_lrf(ByteSpan bytes, const DecodeLimits& limits) {
  DEW_TRY(check_input_size(bytes, limits));
  ByteReader reader(bytes);
  DEW_ASSIGN(const ByteSpan magic, reader.bytes(kMagic.size()));
  if (as_text(magic) != kMagic) return Error{Code::corrupt, 0, "not an .lrf file: it does not begin with LRFRAME1"};
  Scan scan;
  DEW_ASSIGN(scan.columns, reader.u32());
  DEW_ASSIGN(scan.lasers, reader.u32());
  DEW_ASSIGN(scan.range_bytes, reader.u32());
  DEW_ASSIGN(scan.tick_um, reader.u32());
  DEW_ASSIGN(const uint32_t planes, reader.u32());
  DEW_ASSIGN(scan.azimuth_units_per_turn, reader.u32());
  DEW_TRY(check_header(scan, planes));

  const uint64_t wanted = file_bytes(scan);
  if (bytes.size() != wanted) {
    const std::string what = std::to_string(scan.columns) + " columns of " + std::to_string(scan.lasers) + " lasers take " +
                             std::to_string(wanted) + " bytes, the file has " + std::to_string(bytes.size());
    return bytes.size() < wanted ? Error{Code::truncated, bytes.size(), what} : Error{Code::corrupt, wanted, what};
  }
  const uint64_t cells = uint64_t{scan.columns} * scan.lasers;
  Budget budget(limits);
  DEW_TRY(budget.take_elements(cells + scan.columns, 8));
  DEW_TRY(budget.take_memory(uint64_t{scan.columns} * 6 + cells * 5, 8));

  DEW_TRY((read_array<uint16_t>(reader, scan.azimuth, scan.columns)));
  DEW_TRY((read_array<uint32_t>(reader, scan.time_us, scan.columns)));
  if (scan.range_bytes == 2) {
    DEW_TRY((read_array<uint16_t>(reader, scan.range, cells)));
  } else {
    DEW_TRY((read_array<uint32_t>(reader, scan.range, cells)));
  }
  DEW_TRY((read_array<uint8_t>(reader, scan.intensity, cells)));
  return scan;
}

Result<Bytes> write_lrf(const Scan& scan) {
  const uint64_t cells = uint64_t{scan.columns} * scan.lasers;
  if (scan.azimuth.size() != scan.columns || scan.time_us.size() != scan.columns || scan.range.size() != cells ||
      scan.intensity.size() != cells || (scan.range_bytes != 2 && scan.range_bytes != 4)) {
    return Error{Code::invalid_argument, 0, "the arrays of the scan do not fit its columns, lasers and range width"};
  }
  const bool fits = scan.range_bytes == 4 || std::all_of(scan.range.begin(), scan.range.end(), [](uint32_t r) { return r <= 0xffff; });
  if (!fits) return Error{Code::invalid_argument, 0, "a range above 65535 ticks does not fit 2 bytes; set range_bytes to 4"};
  ByteWriter header;
  header.bytes(as_bytes(kMagic));
  for (const uint32_t word : {scan.columns, scan.lasers, scan.range_bytes, scan.tick_um, 1u, scan.azimuth_units_per_turn}) header.u32(word);
  Bytes out = header.take();
  append_array<uint16_t>(scan.azimuth, out);
  append_array<uint32_t>(scan.time_us, out);
  if (scan.range_bytes == 2) {
    append_array<uint16_t>(scan.range, out);
  } else {
    append_array<uint32_t>(scan.range, out);
  }
  append_array<uint8_t>(scan.intensity, out);
  return out;
}

}  // namespace dew
