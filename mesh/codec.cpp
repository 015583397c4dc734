// SPDX-License-Identifier: Apache-2.0
#include "mesh/codec.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "entropy/container.h"
#include "entropy/sha256.h"
#include "mesh/coding/exact_mesh.h"
#include "mesh/coding/face_values.h"
#include "mesh/coding/mesh_attributes.h"
#include "mesh/coding/rest_bytes.h"
#include "mesh/coding/step_search.h"
#include "mesh/implicit/implicit_mesh.h"

namespace dew {
namespace {

Sha256Digest hash_of(const Mesh& mesh) {
  // The largest parts are not copied.
  Sha256 hash;
  hash.update(std::as_bytes(std::span(mesh.position)));
  hash.update(std::as_bytes(std::span(mesh.triangle)));
  ByteWriter writer;
  writer.u64(mesh.vertices());
  writer.u64(mesh.triangles());
  for (const MeshAttribute& attribute : mesh.attributes) {
    writer.sized_bytes(as_bytes(attribute.name));
    writer.u8(static_cast<uint8_t>(attribute.kind));
    writer.u8(static_cast<uint8_t>(attribute.type));
    writer.u32(attribute.components);
    writer.u64(attribute.value.size());
    writer.bytes(std::as_bytes(std::span(attribute.value)));
    writer.bytes(std::as_bytes(std::span(attribute.corner)));
  }
  for (const MeshAttribute& attribute : mesh.face_attributes) {
    writer.sized_bytes(as_bytes(attribute.name));
    for (const uint64_t number :
         {static_cast<uint64_t>(attribute.kind), static_cast<uint64_t>(attribute.type), uint64_t{attribute.components}})
      writer.u8(static_cast<uint8_t>(number));
    writer.bytes(std::as_bytes(std::span(attribute.value)));
  }
  for (const MeshPart& part : mesh.parts) {
    writer.sized_bytes(as_bytes(part.name));
    writer.sized_bytes(as_bytes(part.material));
    writer.u64(part.count);
  }
  for (const std::string& library : mesh.libraries) writer.sized_bytes(as_bytes(library));
  if (!mesh.rest.empty()) writer.sized_bytes(mesh.rest);
  hash.update(writer.bytes());
  return hash.finish();
}

Status check_options(const Mesh& mesh, const MeshEncodeOptions& options) {
  DEW_TRY(check_shape(mesh));
  if (!keeps_all_bits(options.mode) && !std::all_of(mesh.position.begin(), mesh.position.end(), [](float x) { return std::isfinite(x); })) {
    return Error{Code::invalid_argument, 0, "a coordinate is not finite"};
  }
  if (!(options.max_error >= 0) || !(options.max_error < 1e30)) return Error{Code::invalid_argument, 0, "the largest error is no length"};
  return {};
}

/// Attributes and parts.
struct FurtherChunk {
  uint32_t type = 0;
  Bytes payload;
};
using FurtherChunks = std::vector<FurtherChunk>;

Result<FurtherChunks> encode_further(const Mesh& mesh, const CodedSurface& surface, const MeshEncodeOptions& options) {
  FurtherChunks chunks;
  std::vector<uint32_t> corners_of_earlier;
  for (const MeshAttribute& attribute : mesh.attributes) {
    DEW_ASSIGN(CodedAttribute coded, encode_attribute(mesh, attribute, surface, corners_of_earlier, options));
    chunks.push_back({kAttributeChunk, std::move(coded.bytes)});
    if (!coded.corner.empty()) corners_of_earlier = std::move(coded.corner);
  }
  std::vector<uint32_t> triangle_order = surface.triangle_order;
  if (keeps_all_bits(options.mode)) chunks.push_back({kPlacesChunk, encode_exact_places(mesh, surface)});
  if (options.mode == MeshMode::lossless) {
    chunks.push_back({kMeshOrderChunk, encode_order(mesh, surface)});
    // Parts are told once the order is that of the original.
    std::iota(triangle_order.begin(), triangle_order.end(), 0u);
  }
  if (!mesh.parts.empty() || !mesh.libraries.empty()) chunks.push_back({kPartsChunk, encode_parts(mesh, triangle_order)});
  if (!mesh.rest.empty()) chunks.push_back({kRestChunk, encode_rest(mesh.rest)});
  return chunks;
}

Result<Bytes> write_file(const FoundSurface& found, const FurtherChunks& further, const std::optional<Sha256Digest>& hash) {
  ContainerWriter writer(Kind::mesh);
  ByteWriter head;
  DEW_TRY(write_header(kMeshNumbers, found.numbers, head));
  head.bytes(found.coded.bytes);
  DEW_TRY(writer.append(kMeshChunk, kRequired, head.bytes()));
  for (const auto& [type, payload] : further) DEW_TRY(writer.append(type, kRequired, payload));
  DEW_TRY(writer.finish(hash));
  return writer.take();
}

struct OpenedMesh {
  MeshNumbers numbers;
  DecodedSurface surface;
  std::optional<Sha256Digest> hash;
  MeshPartBytes bytes;

  double& count(AttributeKind kind) {
    switch (kind) {
      case AttributeKind::normal: return bytes.normals;
      case AttributeKind::texcoord: return bytes.texcoords;
      case AttributeKind::colour: return bytes.colours;
      case AttributeKind::generic: break;
    }
    return bytes.other;
  }
};

Result<OpenedMesh> open_implicit(const ContainerReader& container, const Chunk& field, const DecodeLimits& limits) {
  if (container.chunks().size() != 1) return Error{Code::corrupt, 0, "a distance field stands beside other chunks"};
  OpenedMesh opened;
  Budget budget(limits);
  DEW_ASSIGN(opened.surface.mesh, decode_implicit_mesh(field.payload, budget));
  opened.surface.mesh.source = MeshFormat::ply;
  opened.numbers.mode = static_cast<uint64_t>(MeshMode::implicit);
  opened.bytes.positions = static_cast<double>(field.file_size);
  opened.hash = container.content_hash();
  return opened;
}

Result<OpenedMesh> open_mesh(ByteSpan bytes, const DecodeLimits& limits, BitsOfEachVertex* measured) {
  DEW_ASSIGN(const ContainerReader container, ContainerReader::open(bytes, limits));
  if (container.kind() != Kind::mesh) {
    return Error{Code::unsupported_feature, 0, std::string("a file of kind ") + kind_name(container.kind()) + " holds no mesh"};
  }
  DEW_TRY(container.refuse_unknown(
      {kMeshChunk, kAttributeChunk, kPartsChunk, kPlacesChunk, kMeshOrderChunk, kRestChunk, kImplicitChunk, kFaceChunk}));
  if (const Chunk* field = container.find(kImplicitChunk)) return open_implicit(container, *field, limits);
  const Chunk* chunk = container.find(kMeshChunk);
  if (chunk == nullptr) return Error{Code::corrupt, 0, "the file has no chunk with the surface"};
  ByteReader reader(chunk->payload, chunk->payload_offset);
  OpenedMesh opened;
  DEW_ASSIGN(opened.numbers, read_header(kMeshNumbers, reader));
  Budget budget(limits);
  DEW_ASSIGN(opened.surface, decode_surface(chunk->payload.subspan(reader.position()), opened.numbers, budget, measured));
  Mesh& mesh = opened.surface.mesh;
  for (const Chunk& next : container.chunks()) {
    if (next.type != kAttributeChunk) continue;
    DEW_ASSIGN(MeshAttribute attribute, decode_attribute(next.payload, mesh, budget, measured));
    opened.count(attribute.kind) += static_cast<double>(next.file_size);
    mesh.attributes.push_back(std::move(attribute));
  }
  const MeshMode mode = static_cast<MeshMode>(opened.numbers.mode);
  const Chunk *places = container.find(kPlacesChunk), *order = container.find(kMeshOrderChunk);
  if (keeps_all_bits(mode) != (places != nullptr) || (mode == MeshMode::lossless) != (order != nullptr))
    return Error{Code::corrupt, 0, "chunks of exact values are missing or too many"};
  if (places != nullptr) {
    DEW_TRY(decode_exact_places(places->payload, mesh, budget, measured));
    opened.bytes.positions += static_cast<double>(places->file_size);
  }
  if (order != nullptr) DEW_TRY(decode_order(order->payload, mesh, budget, measured));
  if (const Chunk* parts = container.find(kPartsChunk)) DEW_TRY(decode_parts(parts->payload, mesh, budget));
  for (const Chunk& next : container.chunks()) {
    if (next.type != kFaceChunk) continue;
    DEW_ASSIGN(MeshAttribute attribute, decode_face_values(next.payload, mesh, budget));
    opened.count(attribute.kind) += static_cast<double>(next.file_size);
    mesh.face_attributes.push_back(std::move(attribute));
  }
  if (const Chunk* rest = container.find(kRestChunk)) {
    DEW_ASSIGN(mesh.rest, decode_rest(rest->payload, budget));
  }
  opened.surface.mesh.source = static_cast<MeshFormat>(opened.numbers.source);
  opened.hash = container.content_hash();
  return opened;
}

Result<MeshEncoded> encode_implicit(const Mesh& mesh, const MeshEncodeOptions& options) {
  // What the container and its hash take.
  constexpr uint64_t kAround = 128;
  if (options.implicit_bytes < 400) return Error{Code::invalid_argument, 0, "so few bytes hold no shape"};
  DEW_ASSIGN(const ImplicitMesh coded, encode_implicit_mesh(mesh, {options.implicit_bytes - kAround, options.threads}));
  MeshEncoded encoded;
  encoded.errors = coded.errors;
  if (!mesh.attributes.empty() || !mesh.face_attributes.empty() || !mesh.parts.empty() || !mesh.rest.empty())
    encoded.warnings.push_back("attributes, parts and materials are left out: the shape alone is kept");
  // Where the triangles themselves fit, they are the better file.
  if (mesh.vertices() < 8 * options.implicit_bytes && coded.errors.surface_rms > 0) {
    MeshEncodeOptions explicit_options = options;
    explicit_options.mode = MeshMode::rms;
    explicit_options.max_error = coded.errors.surface_rms;
    Mesh shape;
    shape.position = mesh.position;
    shape.triangle = mesh.triangle;
    const auto other = encode_mesh(shape, explicit_options);
    if (other.ok() && other->bytes.size() <= options.implicit_bytes) {
      encoded.warnings.push_back("its own triangles take " + std::to_string(other->bytes.size()) +
                                 " bytes at this rms distance (--rms-error)");
    }
  }
  ContainerWriter writer(Kind::mesh);
  DEW_TRY(writer.append(kImplicitChunk, kRequired, coded.payload));
  Mesh named = coded.mesh;
  named.source = MeshFormat::ply;
  DEW_TRY(writer.finish(hash_of(named)));
  encoded.bytes = writer.take();
  return encoded;
}

constexpr double kCoarsest = 32;

std::vector<float> places_in_order(const Mesh& mesh, const std::vector<uint32_t>& order) {
  std::vector<float> places;
  places.reserve(3 * order.size());
  for (const uint32_t v : order) {
    for (size_t axis = 0; axis < 3; ++axis) places.push_back(mesh.position[3 * size_t{v} + axis]);
  }
  return places;
}

/// Of each triangle that comes back the one of the original.
std::vector<uint32_t> final_order(const Mesh& mesh, const CodedSurface& surface, bool ordered) {
  std::vector<uint32_t> order = surface.triangle_order;
  if (ordered) std::iota(order.begin(), order.end(), 0u);
  std::vector<uint32_t> part_of(mesh.triangles(), 0);
  for (uint32_t p = 0; p < mesh.parts.size(); ++p) {
    for (uint64_t t = mesh.parts[p].first; t < mesh.parts[p].first + mesh.parts[p].count; ++t) part_of[t] = p;
  }
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return part_of[a] < part_of[b]; });
  return order;
}

/// Values of triangles are told once all else is there.
Status encode_faces(const Mesh& mesh, const FoundSurface& found, bool ordered, FurtherChunks& further) {
  DEW_ASSIGN(const Bytes without, write_file(found, further, std::nullopt));
  DEW_ASSIGN(const MeshDecoded decoded, decode_mesh(without, {}));
  const std::vector<uint32_t> order = final_order(mesh, found.coded, ordered);
  for (const MeshAttribute& attribute : mesh.face_attributes)
    further.push_back({kFaceChunk, encode_face_values(attribute, order, decoded.mesh)});
  return {};
}

}  // namespace

Result<MeshEncoded> encode_mesh(const Mesh& mesh, const MeshEncodeOptions& given) {
  DEW_TRY(check_options(mesh, given));
  MeshEncodeOptions options = given;
  const double diagonal = bounding_box(mesh).diagonal();
  if (options.max_error == 0) options.max_error = diagonal > 0 ? diagonal / 4096 : 1;
  // Beyond this no shape is left, and to measure the distance to thousands of triangles in one place takes minutes.
  if (diagonal > 0) options.max_error = std::min(options.max_error, diagonal / kCoarsest);
  if (options.mode == MeshMode::implicit) return encode_implicit(mesh, options);
  const ManifoldPieces pieces = manifold_pieces(mesh);
  const bool exact = keeps_all_bits(options.mode), ordered = options.mode == MeshMode::lossless;
  DEW_ASSIGN(const FoundSurface found, exact ? find_exact_surface(mesh, pieces, options) : find_surface(mesh, pieces, options));
  MeshEncoded encoded;
  encoded.errors = found.errors;
  encoded.vertex_order = found.coded.vertex_order;
  if (ordered) std::iota(encoded.vertex_order.begin(), encoded.vertex_order.end(), 0u);
  if (exact) encoded.errors = MeshErrors{};
  for (const MeshAttribute& attribute : mesh.attributes) {
    if (!exact && loses_length(attribute)) encoded.warnings.push_back("of " + attribute.name + " the directions are kept, not the lengths");
  }
  DEW_ASSIGN(FurtherChunks further, encode_further(mesh, found.coded, options));
  const bool plain =
      mesh.attributes.empty() && mesh.face_attributes.empty() && mesh.parts.empty() && mesh.libraries.empty() && mesh.rest.empty();
  if (plain && !exact && !options.verify) {
    // The walk that codes ends with what the walk that decodes does.
    DEW_ASSIGN(encoded.bytes, write_file(found, further, hash_of(found.coded.mesh)));
    return encoded;
  }
  if (!mesh.face_attributes.empty()) DEW_TRY(encode_faces(mesh, found, ordered, further));
  // What the content is named by is what a decoder makes of it.
  DEW_ASSIGN(const Bytes unnamed, write_file(found, further, std::nullopt));
  DEW_ASSIGN(const MeshDecoded decoded, decode_mesh(unnamed, {}));
  const std::vector<float> wanted = exact ? places_in_order(mesh, encoded.vertex_order) : found.coded.mesh.position;
  const auto same_bits = [](const std::vector<float>& a, const std::vector<float>& b) {
    return std::ranges::equal(std::as_bytes(std::span(a)), std::as_bytes(std::span(b)));
  };
  if (!same_bits(decoded.mesh.position, wanted) || (ordered && decoded.mesh.triangle != mesh.triangle)) {
    return Error{Code::internal, 0, "the mesh does not come back from its own file"};
  }
  DEW_ASSIGN(encoded.bytes, write_file(found, further, hash_of(decoded.mesh)));
  return encoded;
}

Result<MeshDecoded> decode_mesh(ByteSpan bytes, const DecodeLimits& limits) {
  DEW_ASSIGN(OpenedMesh opened, open_mesh(bytes, limits, nullptr));
  if (opened.hash && hash_of(opened.surface.mesh) != *opened.hash) {
    return Error{Code::corrupt, 0, "the decoded mesh is not the one that was encoded"};
  }
  return MeshDecoded{std::move(opened.surface.mesh)};
}

Result<MeshFileInfo> inspect_mesh(ByteSpan bytes, const DecodeLimits& limits, MeshVertexBits* of_vertices) {
  BitsOfEachVertex each;
  DEW_ASSIGN(const OpenedMesh opened, open_mesh(bytes, limits, &each));
  MeshFileInfo info;
  info.mode = static_cast<MeshMode>(opened.numbers.mode);
  info.vertices = opened.surface.mesh.vertices();
  info.faces = opened.surface.mesh.triangles();
  info.bytes = bytes.size();
  info.max_error = opened.numbers.max_error;
  info.keeps_order = info.mode == MeshMode::lossless;
  info.scheme = info.mode == MeshMode::implicit ? "field"
                : opened.numbers.scheme == 0    ? "lattice"
                : opened.numbers.scheme == 1    ? "frame"
                                                : "copy";
  info.source = opened.surface.mesh.source;
  info.parts = opened.bytes;
  info.parts.connectivity = opened.surface.connectivity_bits / 8;
  info.parts.positions += opened.surface.position_bits / 8;
  info.parts.other = 0;
  const MeshPartBytes& parts = info.parts;
  info.parts.other =
      static_cast<double>(info.bytes) - parts.connectivity - parts.positions - parts.normals - parts.texcoords - parts.colours;
  for (const MeshAttribute& attribute : opened.surface.mesh.attributes) info.attributes.push_back(attribute.name);
  for (const MeshAttribute& attribute : opened.surface.mesh.face_attributes) info.attributes.push_back(attribute.name);
  if (of_vertices != nullptr) {
    for (std::vector<double>& bits : each) bits.resize(opened.surface.mesh.vertices());
    *of_vertices = {std::move(each[0]), std::move(each[1]), std::move(each[2])};
  }
  return info;
}

}  // namespace dew
