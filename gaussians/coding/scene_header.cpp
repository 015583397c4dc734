// SPDX-License-Identifier: Apache-2.0
#include "gaussians/coding/scene_header.h"

#include "gaussians/coding/lattice_codes.h"

namespace dew {
namespace {

constexpr uint64_t kMostExtraProperties = 4096;
constexpr uint64_t kLosslessMode = 1;

Result<ExtraHeader> read_extra(ByteReader& reader) {
  ExtraHeader extra;
  DEW_ASSIGN(const ByteSpan name, reader.sized_bytes());
  extra.name = std::string(as_text(name));
  const uint64_t at = reader.offset();
  DEW_ASSIGN(const uint8_t type, reader.u8());
  if ((type & 15) > static_cast<uint8_t>(PropertyType::f64) || type > 31)
    return Error{Code::corrupt, at, "an extra property of no known type"};
  extra.type = static_cast<PropertyType>(type & 15);
  extra.constant = (type & 16) != 0;
  if (!extra.constant) return extra;
  DEW_ASSIGN(const ByteSpan value, reader.bytes(property_type_size(extra.type)));
  extra.value.assign(value.begin(), value.end());
  return extra;
}

}  // namespace

Status write_scene_header(const SceneHeader& header, ByteWriter& writer) {
  DEW_TRY(write_header(kSceneNumbers, header.numbers, writer));
  writer.varint(header.extra.size());
  for (const ExtraHeader& extra : header.extra) {
    writer.sized_bytes(as_bytes(extra.name));
    writer.u8(static_cast<uint8_t>(static_cast<uint8_t>(extra.type) | (extra.constant ? 16 : 0)));
    if (extra.constant) writer.bytes(extra.value);
  }
  writer.sized_bytes(header.source_header);
  writer.sized_bytes(header.source_trailer);
  if (header.numbers.mode == kLosslessMode) write_lattices(header.lattices, static_cast<size_t>(header.numbers.splats), writer);
  header.basis.write(writer);
  return {};
}

Result<SceneHeader> read_scene_header(ByteSpan payload, uint64_t offset, const DecodeLimits& limits) {
  Budget budget(limits);
  DEW_TRY(budget.take_memory(2 * payload.size(), offset));
  ByteReader reader(payload, offset);
  SceneHeader header;
  DEW_ASSIGN(header.numbers, read_header(kSceneNumbers, reader));
  const uint64_t at = reader.offset();
  DEW_ASSIGN(const uint64_t extras, reader.varint());
  if (extras > kMostExtraProperties) return Error{Code::corrupt, at, "more extra properties than a file may have"};
  for (uint64_t i = 0; i < extras; ++i) {
    DEW_ASSIGN(ExtraHeader extra, read_extra(reader));
    header.extra.push_back(std::move(extra));
  }
  DEW_ASSIGN(const ByteSpan source_header, reader.sized_bytes());
  header.source_header.assign(source_header.begin(), source_header.end());
  DEW_ASSIGN(const ByteSpan source_trailer, reader.sized_bytes());
  header.source_trailer.assign(source_trailer.begin(), source_trailer.end());
  if (header.numbers.mode == kLosslessMode) {
    DEW_ASSIGN(header.lattices, read_lattices(header.numbers.splats, reader, budget));
  }
  const size_t width = 3 * size_t{sh_coefficients(static_cast<uint32_t>(header.numbers.sh_degree))};
  DEW_ASSIGN(header.basis, ShBasis::read(width, reader));
  DEW_TRY(reader.expect_end());
  return header;
}

}  // namespace dew
