// SPDX-License-Identifier: Apache-2.0
#include "mesh/codec.h"

#include <algorithm>
#include <cmath>

#include "entropy/container.h"
#include "entropy/sha256.h"
#include "mesh/coding/step_search.h"

namespace dew {
namespace {

Sha256Digest hash_of(const Mesh& mesh) {
  ByteWriter writer;
  writer.u64(mesh.vertices());
  writer.u64(mesh.triangles());
  writer.bytes(std::as_bytes(std::span(mesh.position)));
  writer.bytes(std::as_bytes(std::span(mesh.triangle)));
  return sha256(writer.bytes());
}

Status check_options(const Mesh& mesh, const MeshEncodeOptions& options) {
  DEW_TRY(check_shape(mesh));
  if (!std::all_of(mesh.position.begin(), mesh.position.end(), [](float x) { return std::isfinite(x); })) {
    return Error{Code::invalid_argument, 0, "a coordinate is not finite"};
  }
  if (!(options.max_error >= 0) || !(options.max_error < 1e30)) return Error{Code::invalid_argument, 0, "the largest error is no length"};
  return {};
}

Result<Bytes> write_file(const FoundSurface& found, const std::optional<Sha256Digest>& hash) {
  ContainerWriter writer(Kind::mesh);
  ByteWriter head;
  DEW_TRY(write_header(kMeshNumbers, found.numbers, head));
  head.bytes(found.coded.bytes);
  DEW_TRY(writer.append(kMeshChunk, kRequired, head.bytes()));
  DEW_TRY(writer.finish(hash));
  return writer.take();
}

struct OpenedMesh {
  MeshNumbers numbers;
  DecodedSurface surface;
  std::optional<Sha256Digest> hash;
};

Result<OpenedMesh> open_mesh(ByteSpan bytes, const DecodeLimits& limits, bool measure) {
  DEW_ASSIGN(const ContainerReader container, ContainerReader::open(bytes, limits));
  if (container.kind() != Kind::mesh) {
    return Error{Code::unsupported_feature, 0, std::string("a file of kind ") + kind_name(container.kind()) + " holds no mesh"};
  }
  DEW_TRY(container.refuse_unknown({kMeshChunk, kAttributeChunk, kPartsChunk}));
  const Chunk* chunk = container.find(kMeshChunk);
  if (chunk == nullptr) return Error{Code::corrupt, 0, "the file has no chunk with the surface"};
  ByteReader reader(chunk->payload, chunk->payload_offset);
  OpenedMesh opened;
  DEW_ASSIGN(opened.numbers, read_header(kMeshNumbers, reader));
  Budget budget(limits);
  DEW_ASSIGN(opened.surface, decode_surface(chunk->payload.subspan(reader.position()), opened.numbers, budget, measure));
  opened.surface.mesh.source = static_cast<MeshFormat>(opened.numbers.source);
  opened.hash = container.content_hash();
  return opened;
}

}  // namespace

Result<MeshEncoded> encode_mesh(const Mesh& mesh, const MeshEncodeOptions& given) {
  DEW_TRY(check_options(mesh, given));
  MeshEncodeOptions options = given;
  if (options.mode == MeshMode::lossless) return Error{Code::unsupported_feature, 0, "meshes cannot be encoded without loss yet"};
  const double diagonal = bounding_box(mesh).diagonal();
  if (options.max_error == 0) options.max_error = diagonal > 0 ? diagonal / 4096 : 1;
  const ManifoldPieces pieces = manifold_pieces(mesh);
  DEW_ASSIGN(const FoundSurface found, find_surface(mesh, pieces, options));
  MeshEncoded encoded;
  encoded.errors = found.errors;
  encoded.vertex_order = found.coded.vertex_order;
  for (const MeshAttribute& attribute : mesh.attributes) encoded.warnings.push_back("the attribute '" + attribute.name + "' is left out");
  if (mesh.parts.size() > 1) encoded.warnings.push_back("parts and materials are left out");
  // What the content is named by is what a decoder makes of it.
  DEW_ASSIGN(const Bytes unnamed, write_file(found, std::nullopt));
  DEW_ASSIGN(const MeshDecoded decoded, decode_mesh(unnamed, {}));
  if (decoded.mesh.position != found.coded.mesh.position || decoded.mesh.triangle != found.coded.mesh.triangle) {
    return Error{Code::internal, 0, "the mesh does not come back from its own file"};
  }
  DEW_ASSIGN(encoded.bytes, write_file(found, hash_of(decoded.mesh)));
  return encoded;
}

Result<MeshDecoded> decode_mesh(ByteSpan bytes, const DecodeLimits& limits) {
  DEW_ASSIGN(OpenedMesh opened, open_mesh(bytes, limits, false));
  if (opened.hash && hash_of(opened.surface.mesh) != *opened.hash) {
    return Error{Code::corrupt, 0, "the decoded mesh is not the one that was encoded"};
  }
  return MeshDecoded{std::move(opened.surface.mesh)};
}

Result<MeshFileInfo> inspect_mesh(ByteSpan bytes, const DecodeLimits& limits) {
  DEW_ASSIGN(const OpenedMesh opened, open_mesh(bytes, limits, true));
  MeshFileInfo info;
  info.mode = static_cast<MeshMode>(opened.numbers.mode);
  info.vertices = opened.surface.mesh.vertices();
  info.faces = opened.surface.mesh.triangles();
  info.bytes = bytes.size();
  info.max_error = opened.numbers.max_error;
  info.scheme = opened.numbers.scheme == 0 ? "lattice" : "frame";
  info.source = opened.surface.mesh.source;
  info.parts.connectivity = opened.surface.connectivity_bits / 8;
  info.parts.positions = opened.surface.position_bits / 8;
  info.parts.other = static_cast<double>(info.bytes) - info.parts.connectivity - info.parts.positions;
  return info;
}

}  // namespace dew
