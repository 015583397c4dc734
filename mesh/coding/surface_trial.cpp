// SPDX-License-Identifier: Apache-2.0
#include "mesh/coding/surface_trial.h"

#include "mesh/coding/estimating_coder.h"

namespace dew {
namespace {

/// Notes the places of a walk instead of coding them.
class PlanningCoder {
 public:
  static constexpr bool kDecodes = false;
  explicit PlanningCoder(SurfacePlan& plan) : plan_(plan) {}

  bool code_bit(bool bit, uint32_t /*p1*/) { return bit; }
  uint64_t code_raw(uint64_t value, unsigned /*bits*/) { return value; }
  void place(GrowingMesh& grown, uint32_t fan, uint32_t vertex) {
    plan_.place.push_back({vertex, sources_of(grown, fan, PlaceSources::kMost, true)});
    grown.vertex[grown.fan[fan].vertex].known = true;
  }

 private:
  SurfacePlan& plan_;
};

/// Places and normals as a decoder has them.
struct TriedPlaces {
  std::vector<MeshPoint> places;

  const MeshPoint& place(uint32_t v) const { return places[v]; }
  /// As GrowingMesh counts it, from the triangle's first corner.
  MeshPoint normal_beyond(const PlaceSources& sources, size_t i) const {
    using namespace vector_math;
    const auto& [c, b, a] = sources.from[i];
    const MeshPoint* corners[3] = {&places[a], &places[b], &places[c]};
    const size_t first = (3 - sources.across[i] % 3) % 3;
    const MeshPoint &p = *corners[first], &q = *corners[(first + 1) % 3], &r = *corners[(first + 2) % 3];
    return cross(minus(q, p), minus(r, p));
  }
};

}  // namespace

Result<SurfacePlan> plan_surface(const Mesh& mesh, const ManifoldPieces& pieces, const MeshNumbers& numbers) {
  const SurfaceOriginal original = surface_original(mesh, pieces, numbers);
  SurfacePlan plan;
  plan.place.reserve(mesh.vertices());
  PlanningCoder coder(plan);
  SurfaceHeader header = surface_header(numbers);
  header.likely = numbers.triangles;
  SurfaceCoder<PlanningCoder> walk(coder, header, &original);
  DecodeLimits unlimited;
  unlimited.memory_bytes = unlimited.elements = unlimited.work_units = UINT64_MAX;
  Budget budget(unlimited);
  DEW_TRY(walk.run(budget));
  plan.triangle = walk.piece_order();
  return plan;
}

namespace {

template <class Coder>
SurfaceTrial try_with(const std::vector<MeshPoint>& before, const SurfacePlan& plan, const MeshNumbers& numbers,
                      const TrialExtent& extent) {
  const SurfaceHeader header = surface_header(numbers);
  const MeshPoint origin = {numbers.origin_x, numbers.origin_y, numbers.origin_z};
  const auto in_steps = [&](uint32_t v) {
    MeshPoint out;
    for (size_t axis = 0; axis < 3; ++axis) out[axis] = (before[v][axis] - origin[axis]) / numbers.step;
    return out;
  };
  SurfaceTrial trial;
  trial.after = before;
  Coder coder;
  PositionModel model(header.positions, true);
  TriedPlaces known;
  known.places.resize(plan.place.size());
  const bool all = extent.count == 0;
  for (size_t run = 0; run < std::max<size_t>(extent.count, 1); ++run) {
    const size_t begin = all ? 0 : plan.place.size() * run / extent.count;
    const size_t end = all ? plan.place.size() : std::min(plan.place.size(), begin + extent.vertices);
    for (size_t v = begin; v < end; ++v) {
      PlaceSources sources = plan.place[v].sources;
      sources.count = std::min(sources.count, model.most_sources());
      if (!header.positions.fitted) sources.bends = 0;
      // What lies outside of the run is taken as it is.
      const auto look_up = [&](uint32_t w) {
        if (w < begin) known.places[w] = in_steps(plan.place[w].vertex);
      };
      for (size_t i = 0; i < sources.count && !all; ++i) {
        for (const uint32_t w : sources.from[i]) look_up(w);
      }
      for (size_t i = 0; i < sources.bends && !all; ++i) {
        for (const uint32_t w : sources.bend[i]) look_up(w);
      }
      const uint32_t vertex = plan.place[v].vertex;
      known.places[v] = model.code(coder, in_steps(vertex), known, sources, static_cast<uint32_t>(v));
      trial.tried.push_back(vertex);
      for (size_t axis = 0; axis < 3; ++axis) {
        const double x = origin[axis] + numbers.step * known.places[v][axis];
        trial.after[vertex][axis] = static_cast<double>(static_cast<float>(std::clamp(x, -3e38, 3e38)));
      }
    }
  }
  trial.bits = coder.bits();
  return trial;
}

}  // namespace

SurfaceTrial try_surface(const std::vector<MeshPoint>& before, const SurfacePlan& plan, const MeshNumbers& numbers,
                         const TrialExtent& extent) {
  return extent.count == 0 ? try_with<PlacesCoder>(before, plan, numbers, extent)
                           : try_with<EstimatingCoder>(before, plan, numbers, extent);
}

}  // namespace dew
