// SPDX-License-Identifier: Apache-2.0
#include "mesh/codec.h"
#include "mesh/coding/mesh_header.h"
#include "viewer/inspect/bits_rows.h"

namespace dew::viewer {
namespace {

const char* chunk_name(uint32_t type) {
  switch (type) {
    case kMeshChunk: return "surface";
    case kAttributeChunk: return "attribute";
    case kPartsChunk: return "parts";
    case kPlacesChunk: return "last bits of places";
    case kMeshOrderChunk: return "order";
    case kImplicitChunk: return "distance field";
    default: return "what else the document holds";
  }
}

/// A row a chunk, attributes by their names.
std::vector<BitsRow> rows_of_mesh(const ContainerReader& container, const MeshFileInfo& info) {
  std::vector<BitsRow> rows;
  double sum = 0;
  size_t attribute = 0;
  for (const Chunk& chunk : container.chunks()) {
    if (chunk.type < kMeshChunk || chunk.type > kImplicitChunk) continue;
    std::string name = chunk_name(chunk.type);
    if (chunk.type == kAttributeChunk && attribute < info.attributes.size()) name += " " + info.attributes[attribute++];
    rows.push_back({std::move(name), static_cast<double>(chunk.file_size), 0});
    sum += rows.back().bytes;
  }
  rows.push_back({"all else", static_cast<double>(info.bytes) - sum, 0});
  return rows;
}

}  // namespace

Result<CodedBits> coded_bits(ByteSpan file, const Mesh& decoded, const DecodeLimits& limits) {
  DEW_ASSIGN(const ContainerReader container, ContainerReader::open(file, limits));
  MeshVertexBits bits;
  DEW_ASSIGN(const MeshFileInfo info, inspect_mesh(file, limits, &bits));
  if (bits.positions.size() != decoded.vertices()) return Error{Code::invalid_argument, 0, "the mesh is not the one that the file holds"};
  const MeshPartBytes& p = info.parts;
  CodedBits out;
  out.by_part = {{"connectivity", p.connectivity, 0}, {"positions", p.positions, 0}, {"normals", p.normals, 0},
                 {"texcoords", p.texcoords, 0},       {"colours", p.colours, 0},     {"other", p.other, 0}};
  out.by_slice = rows_of_mesh(container, info);
  const NamedBits parts[] = {{"connectivity", &bits.connectivity}, {"positions", &bits.positions}, {"attributes", &bits.attributes}};
  out.of_points = attributes_of(parts, decoded.vertices(), file.size());
  out.by_region = by_octant(decoded.position, out.of_points[0].values);
  return out;
}

}  // namespace dew::viewer
