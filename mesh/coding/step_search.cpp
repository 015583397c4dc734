// SPDX-License-Identifier: Apache-2.0
#include "mesh/coding/step_search.h"

#include <algorithm>
#include <cmath>

#include "entropy/pool.h"
#include "mesh/coding/decimal_grid.h"
#include "mesh/coding/exact_mesh.h"
#include "mesh/coding/promise_search.h"

namespace dew {
namespace {

/// All that are tried at first. `copies`: coordinates come again so often that copying them may pay.
std::vector<PlaceScheme> schemes_for(MeshMode mode, bool copies) {
  std::vector<PlaceScheme> schemes = {{PositionScheme::frame, 4}, {PositionScheme::lattice, 4}, {PositionScheme::lattice, 4, true}};
  if (copies) {
    schemes.push_back({PositionScheme::copy, 4});
    schemes.push_back({PositionScheme::copy, 4, true});
  }
  if (mode == MeshMode::vertex) {
    // The thinnest lattice covering of space: the fewest points for a largest error.
    schemes.push_back({PositionScheme::frame, 4, false, false, true});
    schemes.push_back({PositionScheme::lattice, 4, false, false, true});
    schemes.push_back({PositionScheme::lattice, 4, true, false, true});
  }
  if (mode == MeshMode::surface) schemes.push_back({PositionScheme::frame, 6});
  if (mode == MeshMode::rms) {
    schemes.push_back({PositionScheme::frame, 8});
    schemes.push_back({PositionScheme::frame, 16});
  }
  return schemes;
}

/// What is near to the best.
std::vector<PlaceScheme> variants_of(const PlaceScheme& best, const MeshEncodeOptions& options) {
  std::vector<PlaceScheme> schemes;
  if (best.scheme != PositionScheme::frame) return schemes;
  // To correct predictions takes a decoder a tenth of its time.
  const bool fitted = !options.fast;
  if (fitted) {
    schemes.push_back(best);
    schemes.back().fitted = true;
  }
  if (options.mode != MeshMode::rms) return schemes;
  for (const uint64_t quarters : {best.tangent_quarters * 3 / 4, best.tangent_quarters * 3 / 2}) {
    schemes.push_back(best);
    schemes.back().tangent_quarters = quarters;
  }
  if (fitted) {
    schemes.push_back(schemes.back());
    schemes.back().fitted = true;
  }
  return schemes;
}

struct Choice {
  PlaceScheme scheme;
  double step = 0;
};

/// True where runs of vertices share coordinates, as those of cells and of drawings do.
bool coordinates_come_again(const Mesh& mesh) {
  constexpr size_t kRun = 1024;
  const size_t count = std::min(mesh.vertices(), kRun);
  size_t most = 0;
  for (const size_t begin : {size_t{0}, (mesh.vertices() - count) / 2, mesh.vertices() - count}) {
    for (size_t axis = 0; axis < 3; ++axis) {
      std::vector<float> run;
      for (size_t v = begin; v < begin + count; ++v) run.push_back(mesh.position[3 * v + axis]);
      std::sort(run.begin(), run.end());
      most = std::max(most, count - static_cast<size_t>(std::unique(run.begin(), run.end()) - run.begin()));
    }
  }
  return 3 * most > count;
}

/// What coding takes over the entropy of classes, beside the same of plain frames: mixed contexts do more for some. Means of 16 meshes.
double share_of(const PlaceScheme& scheme, size_t vertices) {
  switch (scheme.scheme) {
    case PositionScheme::frame: return scheme.fitted ? 1.015 : 1;
    case PositionScheme::lattice: return scheme.one_parallelogram ? 1.03 : 1.02;
    case PositionScheme::copy: break;  // learns as long as it goes on
  }
  // The classes of few numbers look dearer than they are.
  return vertices < 1000 ? 1.25 : 1;
}

/// Runs of so many vertices, and no more than some of the mesh.
TrialExtent extent_of(size_t vertices, size_t run) {
  const size_t runs = std::clamp<size_t>(vertices / 8 / run, 4, 12);
  return vertices > runs * run ? TrialExtent{runs, run} : TrialExtent{1, vertices};
}

/// Each scheme on a small part of the mesh; what it would cost at the promised error is read off a common slope. Then the best ones, and
/// what is near to them, once more on a larger part and at the step that this says.
Choice choose_scheme(const PromiseSearch& search, const Mesh& mesh, const MeshEncodeOptions& options) {
  constexpr size_t kFirstRun = 200, kSecondRun = 400, kSecondOfCopies = 500, kAgain = 3;
  struct Estimate {
    PlaceScheme scheme;
    double bits = 0, step = 0;
  };
  std::vector<Estimate> estimates;
  const auto attempt = [&](Estimate& estimate, const TrialExtent& extent) {
    const auto tried = search.attempt(estimate.scheme, estimate.step, extent);
    const double error = search.promised(tried.errors);
    const double octaves = error > 0 ? std::log2(error / options.max_error) : 0;
    estimate.bits = tried.bits * share_of(estimate.scheme, mesh.vertices()) + 2.6 * tried.vertices * octaves;
    estimate.step *= std::clamp(std::exp2(-octaves), 0.1, 10.0);
  };
  const auto try_all = [&](const TrialExtent& extent) {
    parallel_for(estimates.size(), options.threads, [&](size_t i) { attempt(estimates[i], extent); });
    std::stable_sort(estimates.begin(), estimates.end(), [](const Estimate& a, const Estimate& b) { return a.bits < b.bits; });
  };
  for (const PlaceScheme& scheme : schemes_for(options.mode, coordinates_come_again(mesh)))
    estimates.push_back({scheme, 0, search.first_step()});
  try_all(extent_of(mesh.vertices(), kFirstRun));
  estimates.resize(kAgain);
  for (const PlaceScheme& scheme : variants_of(estimates[0].scheme, options)) estimates.push_back({scheme, 0, estimates[0].step});
  // Copies are coded as they will be, and take long to learn.
  const bool copies = std::ranges::any_of(estimates, [](const Estimate& e) { return e.scheme.scheme == PositionScheme::copy; });
  const TrialExtent extent = extent_of(mesh.vertices(), copies ? kSecondOfCopies : kSecondRun);
  try_all(extent);
  // In runs, what lies outside is without error; in the whole it is not.
  return {estimates[0].scheme, estimates[0].step * (extent.count > 1 ? 0.97 : 1)};
}

}  // namespace

Result<FoundSurface> find_surface(const Mesh& mesh, const ManifoldPieces& pieces, const MeshEncodeOptions& options) {
  PromiseSearch search(mesh, pieces, options);
  DEW_TRY(search.prepare());
  const Choice choice = choose_scheme(search, mesh, options);
  return search.narrow(choice.scheme, choice.step);
}

Result<FoundSurface> find_exact_surface(const Mesh& mesh, const ManifoldPieces& pieces, const MeshEncodeOptions& options) {
  Mesh finite;
  finite.position = mesh.position;
  finite.triangle = mesh.triangle;
  finite.source = mesh.source;
  // Far beyond what steps can count, as with what is not finite, the last bits do all.
  for (float& x : finite.position) x = std::abs(x) < 1e30f ? x : 0;
  MeshEncodeOptions unbound = options;
  unbound.max_error = 0;
  const PromiseSearch search(finite, pieces, unbound);
  const double side = std::max(bounding_box(finite).largest_side(), 1e-30);
  std::optional<FoundSurface> best;
  size_t least = 0;
  const auto attempt = [&](const PromiseSearch& from, const PlaceScheme& scheme, double step) -> Status {
    DEW_ASSIGN(FoundSurface found, from.code(scheme, step));
    const size_t bytes = found.coded.bytes.size() + encode_exact_places(mesh, found.coded).size();
    if (best && bytes >= least) return {};
    least = bytes;
    best = std::move(found);
    return {};
  };
  for (const PlaceScheme& scheme :
       {PlaceScheme{PositionScheme::frame, 4}, PlaceScheme{PositionScheme::lattice, 4}, PlaceScheme{PositionScheme::copy, 4, true}}) {
    for (const double cells : {0x1p13, 0x1p17, 0x1p21}) DEW_TRY(attempt(search, scheme, side / cells));
  }
  // Where coordinates were written as decimals, their own grid leaves no last bits.
  if (const std::optional<double> scale = decimal_scale(finite.position)) {
    PromiseSearch decimals(finite, pieces, unbound);
    decimals.begin_at_decimal(*scale);
    for (const PlaceScheme& scheme :
         {PlaceScheme{PositionScheme::lattice, 4}, PlaceScheme{PositionScheme::copy, 4}, PlaceScheme{PositionScheme::copy, 4, true}}) {
      DEW_TRY(attempt(decimals, scheme, 1 / *scale));
    }
  }
  return *std::move(best);
}

}  // namespace dew
