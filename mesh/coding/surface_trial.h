// SPDX-License-Identifier: Apache-2.0
/// What coding a surface would give, without coding it: places to the last bit, and about the bits.
///
///   DEW_ASSIGN(const SurfacePlan plan, plan_surface(mesh, pieces, numbers));      // once: which places come when, and from which
///   triangles const SurfaceTrial trial = try_surface(mesh, plan, numbers, {});              // for any scheme and step use(trial.bits,
///   trial.after);
///
/// A trial of the whole mesh takes an eighth of the time of encoding.
#pragma once

#include "mesh/coding/mesh_header.h"

namespace dew {

struct PlannedPlace {
  uint32_t vertex;  ///< of the mesh
  PlaceSources sources;
};

/// The order of a walk, which depends on neither scheme nor step.
struct SurfacePlan {
  std::vector<PlannedPlace> place;
  std::vector<uint32_t> triangle;  ///< of the pieces
};

/// Errors: internal. Memory: 160 bytes a vertex.
Result<SurfacePlan> plan_surface(const Mesh& mesh, const ManifoldPieces& pieces, const MeshNumbers& numbers);

/// Which vertices are tried: `count` runs of so many, spread over the order; all, and then places alone, where count is 0.
struct TrialExtent {
  size_t count = 0, vertices = 0;
};

struct SurfaceTrial {
  double bits = 0;               ///< of the places tried, where runs were
  std::vector<uint32_t> tried;   ///< vertices of the mesh
  std::vector<MeshPoint> after;  ///< place of each vertex of the mesh in its unit: as decoded where it was tried, else as it was
};

SurfaceTrial try_surface(const std::vector<MeshPoint>& before, const SurfacePlan& plan, const MeshNumbers& numbers,
                         const TrialExtent& extent);

}  // namespace dew
