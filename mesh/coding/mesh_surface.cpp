// SPDX-License-Identifier: Apache-2.0
#include "mesh/coding/mesh_surface.h"

#include "entropy/range_coder.h"

namespace dew {
namespace {

/// Triangles and vertices that the walk does not meet. Where the coder encodes, `pieces`, `vertex_of` (of each vertex of the original the
/// decoded one) and `triangle_of` (of each triangle of the pieces likewise) are there.
struct LeftOver {
  const ManifoldPieces* pieces = nullptr;
  const Mesh* original = nullptr;
  std::vector<uint32_t> vertex_of, triangle_of;
};

/// Each after the one before it, on a grid of steps.
template <class Coder>
Status code_isolated(Coder& coder, uint64_t count, const std::vector<MeshPoint>& wanted, PositionModel& places, GrowingMesh& grown,
                     Budget& budget) {
  meter(coder, MeshMeter::positions);
  for (uint64_t i = 0; i < count; ++i) {
    DEW_TRY(budget.take_elements(1, 0));
    DEW_TRY(budget.take_memory(64, 0));
    if constexpr (Coder::kDecodes) {
      if (coder.overrun()) return Error{Code::truncated, 0, "the coded vertices end too early"};
    }
    const uint32_t vertex = grown.add_vertex();
    meter_vertex(coder, vertex);
    grown.vertex[vertex].place = places.code_start(coder, Coder::kDecodes ? MeshPoint{} : wanted[i]);
  }
  meter(coder, MeshMeter::connectivity);
  return {};
}

/// Which triangle of the walk comes again, counted from the one before, and whether it is turned round.
template <class Coder>
Status code_repeated(Coder& coder, const MeshNumbers& numbers, const LeftOver& rest, Mesh& mesh, Budget& budget) {
  MixedNumber<1> gaps({1}, 1);
  AdaptiveBit turned;
  int64_t last = 0;
  for (uint64_t i = 0; i < numbers.repeated; ++i) {
    DEW_TRY(budget.take_elements(1, 0));
    DEW_TRY(budget.take_memory(16, 0));
    int64_t at = 0;
    bool turn = false;
    if constexpr (!Coder::kDecodes) {
      at = rest.triangle_of[rest.pieces->repeated[i].first];
      turn = rest.pieces->repeated[i].turned;
    }
    at = last + gaps.code(coder, at - last, {0});
    turn = turned.code(coder, turn);
    if (at < 0 || at >= static_cast<int64_t>(numbers.triangles)) return Error{Code::corrupt, 0, "a triangle that is not there comes again"};
    if constexpr (Coder::kDecodes) {
      if (coder.overrun()) return Error{Code::truncated, 0, "the coded triangles end too early"};
    }
    last = at;
    const size_t c = 3 * static_cast<size_t>(at);
    const uint32_t corners[3] = {mesh.triangle[c], mesh.triangle[c + (turn ? 2 : 1)], mesh.triangle[c + (turn ? 1 : 2)]};
    mesh.triangle.insert(mesh.triangle.end(), corners, corners + 3);
  }
  return {};
}

/// Three vertices as they are.
template <class Coder>
Status code_degenerate(Coder& coder, const MeshNumbers& numbers, const LeftOver& rest, Mesh& mesh, Budget& budget) {
  MixedNumber<1> steps({3}, 1);
  int64_t last = 0;
  for (uint64_t i = 0; i < numbers.degenerate; ++i) {
    DEW_TRY(budget.take_elements(1, 0));
    DEW_TRY(budget.take_memory(16, 0));
    if constexpr (Coder::kDecodes) {
      if (coder.overrun()) return Error{Code::truncated, 0, "the coded triangles end too early"};
    }
    for (size_t k = 0; k < 3; ++k) {
      int64_t vertex = 0;
      if constexpr (!Coder::kDecodes) vertex = rest.vertex_of[rest.original->triangle[3 * size_t{rest.pieces->degenerate[i]} + k]];
      last += steps.code(coder, vertex - last, {k});
      if (last < 0 || last >= static_cast<int64_t>(mesh.vertices()))
        return Error{Code::corrupt, 0, "a triangle names a vertex that is not there"};
      mesh.triangle.push_back(static_cast<uint32_t>(last));
    }
  }
  return {};
}

void take_places(const GrowingMesh& grown, const MeshNumbers& numbers, Mesh& mesh) {
  const double origin[3] = {numbers.origin_x, numbers.origin_y, numbers.origin_z};
  mesh.position.reserve(3 * grown.vertices());
  for (const GrownVertex& vertex : grown.vertex) {
    for (size_t axis = 0; axis < 3; ++axis) {
      const double x = origin[axis] + numbers.step * vertex.place[axis];
      mesh.position.push_back(static_cast<float>(std::clamp(x, -3e38, 3e38)));
    }
  }
}

void take_triangles(const GrowingMesh& grown, Mesh& mesh) {
  mesh.triangle.reserve(grown.corner.size());
  for (const GrownCorner& corner : grown.corner) mesh.triangle.push_back(corner.vertex);
}

/// The walk's vertices first, then those that it did not meet, in their order.
std::vector<uint32_t> complete_order(std::vector<uint32_t> order, size_t vertices) {
  std::vector<bool> met(vertices, false);
  for (const uint32_t v : order) met[v] = true;
  for (uint32_t v = 0; v < vertices; ++v) {
    if (!met[v]) order.push_back(v);
  }
  return order;
}

/// Of each corner of the decoded mesh the corner of the original that it is.
std::vector<uint32_t> match_corners(const Mesh& original, const CodedSurface& coded) {
  std::vector<uint32_t> corners;
  corners.reserve(coded.mesh.triangle.size());
  for (size_t t = 0; t < coded.triangle_order.size(); ++t) {
    const uint32_t source = 3 * coded.triangle_order[t];
    for (size_t k = 0; k < 3; ++k) {
      const uint32_t vertex = coded.vertex_order[coded.mesh.triangle[3 * t + k]];
      uint32_t j = 0;
      // Degenerate triangles keep their order; others have the vertex once.
      const bool in_place = original.triangle[source + k] == vertex;
      while (!in_place && j < 2 && original.triangle[source + j] != vertex) ++j;
      corners.push_back(source + (in_place ? static_cast<uint32_t>(k) : j));
    }
  }
  return corners;
}

template <class Coder>
Result<DecodedSurface> decode_with(Coder& coder, const MeshNumbers& numbers, size_t bytes, Budget& budget) {
  // A triangle takes mostly more than half a bit; what a file claims beyond that must be seen first.
  SurfaceHeader header = surface_header(numbers);
  header.likely = std::min<uint64_t>(numbers.triangles, 16 * uint64_t{bytes});
  SurfaceCoder<Coder> walk(coder, header, nullptr);
  DEW_TRY(walk.run(budget));
  DecodedSurface decoded;
  DEW_TRY(code_isolated(coder, numbers.isolated, {}, walk.places(), walk.grown(), budget));
  take_triangles(walk.grown(), decoded.mesh);
  take_places(walk.grown(), numbers, decoded.mesh);
  DEW_TRY(code_repeated(coder, numbers, {}, decoded.mesh, budget));
  DEW_TRY(code_degenerate(coder, numbers, {}, decoded.mesh, budget));
  if (coder.overrun()) return Error{Code::truncated, 0, "the coded surface ends too early"};
  return decoded;
}

}  // namespace

void describe_pieces(const Mesh& mesh, const ManifoldPieces& pieces, MeshNumbers& numbers) {
  numbers.triangles = pieces.triangles();
  numbers.repeated = pieces.repeated.size();
  numbers.degenerate = pieces.degenerate.size();
  numbers.closed = std::find(pieces.opposite.begin(), pieces.opposite.end(), kNoCorner) == pieces.opposite.end();
  std::vector<uint32_t> fan_of(mesh.vertices(), kNoCorner);
  numbers.stitched = 0;
  for (size_t c = 0; c < pieces.vertex.size(); ++c) {
    uint32_t& fan = fan_of[pieces.vertex[c]];
    if (fan != kNoCorner && fan != pieces.fan[c]) numbers.stitched = 1;
    fan = pieces.fan[c];
  }
  numbers.isolated = static_cast<uint64_t>(std::count(fan_of.begin(), fan_of.end(), kNoCorner));
}

Result<CodedSurface> encode_surface(const Mesh& mesh, const ManifoldPieces& pieces, const MeshNumbers& numbers) {
  const SurfaceOriginal original = surface_original(mesh, pieces, numbers);
  RangeEncoder coder;
  SurfaceHeader header = surface_header(numbers);
  header.likely = numbers.triangles;
  SurfaceCoder<RangeEncoder> walk(coder, header, &original);
  DecodeLimits unlimited;
  unlimited.memory_bytes = unlimited.elements = unlimited.work_units = UINT64_MAX;
  Budget budget(unlimited);
  DEW_TRY(walk.run(budget));
  CodedSurface coded;
  coded.triangle_order.reserve(mesh.triangles());
  for (const uint32_t t : walk.piece_order()) coded.triangle_order.push_back(pieces.triangle[t]);
  const size_t met = walk.vertex_order().size();
  coded.vertex_order = complete_order(walk.vertex_order(), mesh.vertices());
  LeftOver rest{&pieces, &mesh, std::vector<uint32_t>(mesh.vertices()), std::vector<uint32_t>(pieces.triangles())};
  for (uint32_t v = 0; v < coded.vertex_order.size(); ++v) rest.vertex_of[coded.vertex_order[v]] = v;
  std::vector<uint32_t> walked_at(mesh.triangles());
  for (uint32_t t = 0; t < coded.triangle_order.size(); ++t) walked_at[coded.triangle_order[t]] = t;
  for (size_t t = 0; t < pieces.triangles(); ++t) rest.triangle_of[t] = walked_at[pieces.triangle[t]];
  std::vector<MeshPoint> isolated;
  for (size_t i = met; i < coded.vertex_order.size(); ++i) isolated.push_back(original.place(coded.vertex_order[i]));
  DEW_TRY(code_isolated(coder, isolated.size(), isolated, walk.places(), walk.grown(), budget));
  take_triangles(walk.grown(), coded.mesh);
  take_places(walk.grown(), numbers, coded.mesh);
  DEW_TRY(code_repeated(coder, numbers, rest, coded.mesh, budget));
  DEW_TRY(code_degenerate(coder, numbers, rest, coded.mesh, budget));
  for (const RepeatedTriangle& repeated : pieces.repeated) coded.triangle_order.push_back(repeated.triangle);
  coded.triangle_order.insert(coded.triangle_order.end(), pieces.degenerate.begin(), pieces.degenerate.end());
  coded.corner_order = match_corners(mesh, coded);
  coded.bytes = coder.finish();
  return coded;
}

Result<DecodedSurface> decode_surface(ByteSpan bytes, const MeshNumbers& numbers, Budget& budget, BitsOfEachVertex* measured) {
  if (measured == nullptr) {
    RangeDecoder coder(bytes);
    return decode_with(coder, numbers, bytes.size(), budget);
  }
  MeteredMeshDecoder coder(bytes, measured);
  DEW_ASSIGN(DecodedSurface decoded, decode_with(coder, numbers, bytes.size(), budget));
  decoded.connectivity_bits = coder.bits(MeshMeter::connectivity);
  decoded.position_bits = coder.bits(MeshMeter::positions);
  return decoded;
}

}  // namespace dew
