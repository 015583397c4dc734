// SPDX-License-Identifier: Apache-2.0
#include "gaussians/codec.h"
#include "gaussians/coding/scene_header.h"
#include "viewer/inspect/bits_rows.h"

namespace dew::viewer {

Result<CodedBits> coded_bits(ByteSpan file, const Splats& decoded, const DecodeLimits& limits) {
  DEW_ASSIGN(const ContainerReader container, ContainerReader::open(file, limits));
  SplatBits bits;
  DEW_ASSIGN(const SplatFileInfo info, inspect_splats(file, limits, &bits));
  if (bits.position.size() != decoded.count()) return Error{Code::invalid_argument, 0, "the splats are not those that the file holds"};
  const SplatPartBytes& p = info.parts;
  CodedBits out;
  out.by_part = {{"position", p.position, 0}, {"colour", p.colour, 0},     {"sh", p.sh, 0},    {"opacity", p.opacity, 0},
                 {"scale", p.scale, 0},       {"rotation", p.rotation, 0}, {"side", p.side, 0}};
  out.by_slice = rows_of_chunks(container, file.size(), kGroupChunk, "group");
  const NamedBits parts[] = {{"position", &bits.position}, {"colour", &bits.colour},     {"sh", &bits.sh},    {"opacity", &bits.opacity},
                             {"scale", &bits.scale},       {"rotation", &bits.rotation}, {"side", &bits.side}};
  out.of_points = attributes_of(parts, decoded.count(), file.size());
  out.by_region = by_octant(decoded.position, out.of_points[0].values);
  return out;
}

}  // namespace dew::viewer
