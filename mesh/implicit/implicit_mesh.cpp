// SPDX-License-Identifier: Apache-2.0
#include "mesh/implicit/implicit_mesh.h"

#include <cmath>
#include <optional>

#include "entropy/header_table.h"
#include "mesh/implicit/field_coder.h"
#include "mesh/implicit/signed_distance.h"
#include "mesh/implicit/surface_nets.h"
#include "mesh/implicit/wavelets.h"

namespace dew {
namespace {

constexpr uint64_t kMostBlocks = 128;                     // along an axis
constexpr uint64_t kMostBlocksInAll = uint64_t{1} << 15;  // 2^24 nodes

struct ImplicitHeader {
  uint64_t blocks_x = 1, blocks_y = 1, blocks_z = 1;
  double origin_x = 0, origin_y = 0, origin_z = 0, cell = 1, step = 1, fall = 1;
};

constexpr HeaderField<ImplicitHeader> kImplicitHeader[] = {
    {"blocks_x", &ImplicitHeader::blocks_x, 1, kMostBlocks, "of 8 nodes along x"},
    {"blocks_y", &ImplicitHeader::blocks_y, 1, kMostBlocks, "likewise"},
    {"blocks_z", &ImplicitHeader::blocks_z, 1, kMostBlocks, "likewise"},
    {"origin_x", &ImplicitHeader::origin_x, -1e38, 1e38, "of the first node, in the mesh's unit"},
    {"origin_y", &ImplicitHeader::origin_y, -1e38, 1e38, "likewise"},
    {"origin_z", &ImplicitHeader::origin_z, -1e38, 1e38, "likewise"},
    {"cell", &ImplicitHeader::cell, 1e-38, 1e38, "between nodes, in the mesh's unit"},
    {"step", &ImplicitHeader::step, 1e-3, 64, "of the coarsest grid, in cells"},
    {"fall", &ImplicitHeader::fall, 0.125, 8, "steps of details, each level's beside the coarser one's"},
};

Result<Bytes> write_payload(const DistanceField& field, const FieldSteps& steps) {
  const ImplicitHeader header = {field.size[0] / kWaveletBlock,
                                 field.size[1] / kWaveletBlock,
                                 field.size[2] / kWaveletBlock,
                                 field.origin[0],
                                 field.origin[1],
                                 field.origin[2],
                                 field.cell,
                                 steps.step,
                                 steps.fall};
  ByteWriter writer;
  DEW_TRY(write_header(kImplicitHeader, header, writer));
  writer.bytes(encode_field(field, steps));
  return writer.take();
}

/// The finest steps whose payload keeps within the bytes.
Result<std::optional<Bytes>> fit_payload(const DistanceField& field, double fall, uint64_t bytes) {
  std::optional<Bytes> best;
  double low = std::log2(1.0 / 64), high = std::log2(16.0);
  for (int i = 0; i < 8; ++i) {
    const double middle = (low + high) / 2;
    DEW_ASSIGN(Bytes payload, write_payload(field, {std::exp2(middle), fall}));
    if (payload.size() <= bytes) {
      high = middle;
      best = std::move(payload);
    } else {
      low = middle;
    }
  }
  return best;
}

Budget unlimited() {
  DecodeLimits limits;
  limits.memory_bytes = limits.elements = limits.work_units = UINT64_MAX;
  return Budget(limits);
}

}  // namespace

Result<ImplicitMesh> encode_implicit_mesh(const Mesh& mesh, const ImplicitOptions& options) {
  DEW_TRY(check_shape(mesh));
  if (mesh.triangle.empty() || !(bounding_box(mesh).diagonal() > 0)) return Error{Code::invalid_argument, 0, "the mesh has no surface"};
  for (const float x : mesh.position) {
    if (!std::isfinite(x)) return Error{Code::invalid_argument, 0, "a coordinate is not finite"};
  }
  std::optional<ImplicitMesh> best;
  for (const size_t cells : {24u, 36u, 52u, 76u, 112u}) {
    // Finer grids than so many bytes can fill.
    if (best && static_cast<double>(cells * cells) > 4 * static_cast<double>(options.bytes)) break;
    DistanceField field = grid_around(mesh, cells);
    fill_signed_distance(mesh, field, options.threads);
    bool better = false;
    for (const double fall : {1.4, 2.0}) {
      DEW_ASSIGN(std::optional<Bytes> payload, fit_payload(field, fall, options.bytes));
      if (!payload) continue;
      Budget budget = unlimited();
      DEW_ASSIGN(Mesh decoded, decode_implicit_mesh(*payload, budget));
      const auto errors = mesh_errors(mesh, decoded, {20000, false, options.threads});
      if (!errors.ok() || (best && errors->surface_rms >= best->errors.surface_rms)) continue;
      best = ImplicitMesh{*std::move(payload), std::move(decoded), *errors, cells};
      better = true;
    }
    if (best && !better) break;
  }
  if (!best) return Error{Code::invalid_argument, 0, "so few bytes hold no shape"};
  DEW_ASSIGN(best->errors, mesh_errors(mesh, best->mesh, {50000, true, options.threads}));
  return *std::move(best);
}

Result<Mesh> decode_implicit_mesh(ByteSpan payload, Budget& budget) {
  ByteReader reader(payload, 0);
  DEW_ASSIGN(const ImplicitHeader header, read_header(kImplicitHeader, reader));
  DistanceField shape;
  shape.size = {kWaveletBlock * static_cast<size_t>(header.blocks_x), kWaveletBlock * static_cast<size_t>(header.blocks_y),
                kWaveletBlock * static_cast<size_t>(header.blocks_z)};
  shape.origin = {header.origin_x, header.origin_y, header.origin_z};
  shape.cell = header.cell;
  if (header.blocks_x * header.blocks_y * header.blocks_z > kMostBlocksInAll)
    return Error{Code::corrupt, 0, "the distance field is too large"};
  DEW_ASSIGN(const DistanceField field, decode_field(payload.subspan(reader.position()), shape, {header.step, header.fall}, budget));
  // The surface passes few of the cells, but at worst all.
  const uint64_t nodes = field.value.size();
  DEW_TRY(budget.take_elements(nodes / 16, 0));
  DEW_TRY(budget.take_memory(nodes * 4 + nodes * 84, 0));
  return zero_surface(field);
}

}  // namespace dew
