// SPDX-License-Identifier: Apache-2.0
/// One mesh under one promise: what a scheme and a step would give, and the largest step with which a scheme keeps the promise.
///
///   PromiseSearch search(mesh, pieces, options);
///   DEW_TRY(search.prepare());
///   const auto tried = search.attempt(scheme, step, {});          // the whole mesh
///   if (search.promised(tried.errors) <= options.max_error) ...
///   DEW_ASSIGN(const FoundSurface found, search.narrow(scheme, step));
#pragma once

#include <optional>

#include "mesh/coding/step_search.h"
#include "mesh/coding/surface_trial.h"

namespace dew {

/// How places are coded, but for the step.
struct PlaceScheme {
  PositionScheme scheme;
  uint64_t tangent_quarters;
  bool one_parallelogram = false;
  bool fitted = false;
  bool body_centred = false;
};

/// Threads: attempt() and what measures may be called from several at once.
class PromiseSearch {
 public:
  /// prepare() must follow where anything is tried.
  PromiseSearch(const Mesh& mesh, const ManifoldPieces& pieces, const MeshEncodeOptions& options);
  Status prepare();

  /// Codes the mesh.
  Result<FoundSurface> code(const PlaceScheme& scheme, double step) const;

  /// What coding would give, of the whole mesh or a part of it.
  struct Tried {
    double bits = 0, vertices = 0;
    MeshErrors errors;  ///< what the moves of the vertices along the normals of their triangles say
    std::vector<MeshPoint> after;
  };
  Tried attempt(const PlaceScheme& scheme, double step, const TrialExtent& extent) const;

  /// What the promise is about.
  double promised(const MeshErrors& errors) const;

  /// From a step that is about right to one that just keeps the promise; coded. Errors: internal.
  Result<FoundSurface> narrow(const PlaceScheme& scheme, double step) const;

  /// Counts places from a whole decimal.
  void begin_at_decimal(double scale);
  double first_step() const;

 private:
  MeshNumbers numbers_of(const PlaceScheme& scheme, double step) const;
  void round_isolated(const MeshNumbers& numbers, std::vector<MeshPoint>& after) const;
  void estimate(const std::vector<uint32_t>& vertices, bool all, Tried& tried) const;
  void measure(Tried& tried) const;
  double far() const;
  double first_ratio(const Tried& tried) const;
  void check_densely(const Tried& tried, FoundSurface& found) const;
  Status scan(const PlaceScheme& scheme, double& step, std::optional<FoundSurface>& best) const;
  Result<double> code_if_kept(const PlaceScheme& scheme, double step, Tried& tried, double least, std::optional<FoundSurface>& best) const;

  const Mesh& mesh_;
  const ManifoldPieces& pieces_;
  const MeshEncodeOptions& options_;
  MeshNumbers base_;
  double diagonal_ = 0;
  std::vector<MeshPoint> before_;
  SurfacePlan plan_;
};

}  // namespace dew
