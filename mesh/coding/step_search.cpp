// SPDX-License-Identifier: Apache-2.0
#include "mesh/coding/step_search.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "entropy/pool.h"
#include "mesh/coding/decimal_grid.h"
#include "mesh/coding/exact_mesh.h"
#include "mesh/coding/paired_surfaces.h"
#include "mesh/coding/surface_trial.h"
#include "mesh/coding/vector_math.h"

namespace dew {
namespace {

/// Points to look from when a promise about the largest distance is checked, on each side; vertices come on top.
constexpr uint64_t kCheckSamples = 50000;

/// Triangles that are all looked at when distances are measured.
constexpr size_t kWhole = 8000;

struct Scheme {
  PositionScheme scheme;
  uint64_t tangent_quarters;
  bool one_parallelogram = false;
  bool fitted = false;
  bool body_centred = false;
};

/// All that are tried at first. `copies`: coordinates come again so often that copying them may pay.
std::vector<Scheme> schemes_for(MeshMode mode, bool copies) {
  std::vector<Scheme> schemes = {{PositionScheme::frame, 4}, {PositionScheme::lattice, 4}, {PositionScheme::lattice, 4, true}};
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
std::vector<Scheme> variants_of(const Scheme& best, const MeshEncodeOptions& options) {
  std::vector<Scheme> schemes;
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

MeshPoint place_of(const Mesh& mesh, uint32_t vertex) {
  const float* p = &mesh.position[3 * size_t{vertex}];
  return {static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
}

/// One mesh under one promise.
class Search {
 public:
  /// prepare() must follow where anything is tried.
  Search(const Mesh& mesh, const ManifoldPieces& pieces, const MeshEncodeOptions& options)
      : mesh_(mesh), pieces_(pieces), options_(options) {
    const MeshBox box = bounding_box(mesh);
    diagonal_ = box.diagonal();
    base_.mode = static_cast<uint64_t>(options.mode);
    base_.source = static_cast<uint64_t>(mesh.source);
    base_.max_error = options.max_error;
    base_.fast = options.fast ? 1 : 0;
    base_.origin_x = box.low[0];
    base_.origin_y = box.low[1];
    base_.origin_z = box.low[2];
    describe_pieces(mesh, pieces, base_);
    before_.reserve(mesh.vertices());
    for (uint32_t v = 0; v < mesh.vertices(); ++v) before_.push_back(place_of(mesh, v));
  }

  Status prepare() {
    DEW_ASSIGN(plan_, plan_surface(mesh_, pieces_, base_));
    return {};
  }

  /// Codes the mesh.
  Result<FoundSurface> code(const Scheme& scheme, double step) const {
    FoundSurface found;
    found.numbers = numbers_of(scheme, step);
    DEW_ASSIGN(found.coded, encode_surface(mesh_, pieces_, found.numbers));
    return found;
  }

  /// What coding would give, of the whole mesh or a part of it.
  struct Tried {
    double bits = 0, vertices = 0;
    MeshErrors errors;  ///< what the moves of the vertices along the normals of their triangles say
    std::vector<MeshPoint> after;
  };
  Tried attempt(const Scheme& scheme, double step, const TrialExtent& extent) const {
    const MeshNumbers numbers = numbers_of(scheme, step);
    SurfaceTrial trial = try_surface(before_, plan_, numbers, extent);
    Tried tried;
    tried.bits = trial.bits;
    tried.vertices = static_cast<double>(trial.tried.size());
    tried.after = std::move(trial.after);
    if (extent.count == 0) round_isolated(numbers, tried.after);
    estimate(trial.tried, extent.count == 0, tried);
    return tried;
  }

  /// What the promise is about.
  double promised(const MeshErrors& errors) const {
    if (options_.mode == MeshMode::vertex) return *errors.vertex_max;
    return options_.mode == MeshMode::rms ? errors.surface_rms : errors.surface_max;
  }

  /// Errors grow about as the step does. What the moves of the vertices say is cheap, and a few points tell how far that is off; all are
  /// looked at once the step is right by this.
  Result<FoundSurface> narrow(const Scheme& scheme, double step) const {
    constexpr int kTries = 14, kSoon = 3, kLate = 9;
    constexpr double kCloseEnough = 0.985, kFair = 0.93;
    std::optional<FoundSurface> best;
    double best_error = 0, kept = 0, broken = 0, measured_of_estimate = 0;
    for (int i = 0; i < kTries; ++i) {
      Tried tried = attempt(scheme, step, {});
      const double estimate = promised(tried.errors);
      if (measured_of_estimate == 0) measured_of_estimate = first_ratio(tried);
      double error = estimate * measured_of_estimate;
      // Where steps that hardly differ give errors that do, there is no end to being close.
      const auto close = [&] { return error <= options_.max_error && error >= (kCloseEnough - 0.005 * i) * options_.max_error; };
      if (close() || i >= kSoon || options_.mode == MeshMode::surface) {
        DEW_ASSIGN(error, code_if_kept(scheme, step, tried, best ? 1.002 * best->numbers.step : 0, best));
        if (best) best_error = promised(best->errors);
        if (estimate > 0 && error > 0) measured_of_estimate = error / estimate;
        if (best && (close() || (best_error >= kFair * options_.max_error && i > kSoon) || i >= kLate)) break;
      }
      if (error <= options_.max_error)
        kept = std::max(kept, step);
      else if (broken == 0 || step < broken)
        broken = step;
      const double missing = error > 0 ? options_.max_error / error : 2;
      // A little short of the aim, so as not to miss it again by a little; further short the longer it takes.
      step *= std::clamp(missing * (0.996 - 0.003 * i), 0.2, 5.0);
      // Where errors jump, as on coordinates that come again, halving finds the place.
      if (kept > 0 && broken > kept && (step <= kept || step >= broken)) step = std::sqrt(kept * broken);
    }
    // Not one of those that were coded: on to ever smaller steps.
    for (int i = 0; i < kTries && !best; ++i) {
      step = 0.75 * (i == 0 && broken > 0 ? broken : step);
      Tried tried = attempt(scheme, step, {});
      DEW_TRY(code_if_kept(scheme, step, tried, 0, best));
    }
    if (best) return *std::move(best);
    return Error{Code::internal, 0, "no step keeps the promise; the mesh may be too large for 32-bit floats at this error"};
  }

  /// The error that a trial of the whole mesh has; where it is as promised, and the step larger than `least`, the mesh is coded.
  Result<double> code_if_kept(const Scheme& scheme, double step, Tried& tried, double least, std::optional<FoundSurface>& best) const {
    measure(tried);
    const double measured = promised(tried.errors);
    if (!(measured <= options_.max_error) || step <= least) return measured;
    DEW_ASSIGN(FoundSurface found, code(scheme, step));
    found.errors = tried.errors;
    check_densely(tried, found);
    const double error = promised(found.errors);
    if (error <= options_.max_error) best = std::move(found);
    return error;
  }

  /// Counts places from a whole decimal.
  void begin_at_decimal(double scale) {
    for (double* origin : {&base_.origin_x, &base_.origin_y, &base_.origin_z}) *origin = std::floor(*origin * scale + 0.5) / scale;
  }

  double first_step() const {
    // Of rms, surface and vertex errors, what a step of 1 gives on ordinary meshes.
    return options_.max_error / (options_.mode == MeshMode::rms ? 0.21 : options_.mode == MeshMode::vertex ? 0.866 : 0.8);
  }

 private:
  MeshNumbers numbers_of(const Scheme& scheme, double step) const {
    MeshNumbers numbers = base_;
    numbers.scheme = static_cast<uint64_t>(scheme.scheme);
    numbers.tangent_quarters = scheme.tangent_quarters;
    numbers.one_parallelogram = scheme.one_parallelogram;
    numbers.fitted = scheme.fitted;
    numbers.body_centred = scheme.body_centred;
    numbers.step = step;
    return numbers;
  }

  /// Vertices in no triangle of the pieces go to the next place of the grid.
  void round_isolated(const MeshNumbers& numbers, std::vector<MeshPoint>& after) const {
    if (numbers.isolated == 0) return;
    std::vector<bool> met(after.size(), false);
    for (const uint32_t v : pieces_.vertex) met[v] = true;
    const double origin[3] = {numbers.origin_x, numbers.origin_y, numbers.origin_z};
    for (size_t v = 0; v < after.size(); ++v) {
      for (size_t axis = 0; axis < 3 && !met[v]; ++axis) {
        const double steps = std::floor((before_[v][axis] - origin[axis]) / numbers.step + 0.5);
        after[v][axis] = static_cast<double>(static_cast<float>(origin[axis] + numbers.step * steps));
      }
    }
  }

  /// From all triangles where `all` vertices were tried, else from those whose vertices were.
  void estimate(const std::vector<uint32_t>& vertices, bool all, Tried& tried) const {
    using namespace vector_math;
    double largest = 0;
    std::vector<bool> moved(all ? 0 : before_.size(), false);
    for (const uint32_t v : vertices) {
      const MeshPoint move = minus(tried.after[v], before_[v]);
      largest = std::max(largest, dot(move, move));
      if (!all) moved[v] = true;
    }
    if (all && base_.isolated > 0) {
      for (size_t v = 0; v < before_.size(); ++v) {
        const MeshPoint move = minus(tried.after[v], before_[v]);
        largest = std::max(largest, dot(move, move));
      }
    }
    double area = 0, sum = 0, highest = 0;
    for (size_t c = 0; c < pieces_.vertex.size(); c += 3) {
      const uint32_t* v = &pieces_.vertex[c];
      if (!all && !(moved[v[0]] && moved[v[1]] && moved[v[2]])) continue;
      const MeshPoint normal = cross(minus(before_[v[1]], before_[v[0]]), minus(before_[v[2]], before_[v[0]]));
      const double size = length(normal);
      if (!(size > 0) || !(size < 1e300)) continue;
      double along[3];
      for (size_t k = 0; k < 3; ++k) along[k] = dot(minus(tried.after[v[k]], before_[v[k]]), normal) / size;
      const auto [x, y, z] = along;
      // The mean square of what is linear over a triangle.
      sum += size * (x * x + y * y + z * z + x * y + y * z + z * x) / 6;
      area += size;
      highest = std::max({highest, std::abs(x), std::abs(y), std::abs(z)});
    }
    tried.errors.diagonal = diagonal_;
    tried.errors.vertex_max = std::sqrt(largest);
    tried.errors.surface_rms = area > 0 ? std::sqrt(sum / area) : std::sqrt(largest);
    tried.errors.surface_max = area > 0 ? highest : std::sqrt(largest);
  }

  /// Distances between the surfaces.
  void measure(Tried& tried) const {
    const PairedSurfaces pair(pieces_, before_, tried.after);
    const PairedSurfaces::MeanSquare mean = pair.mean_square(1 + pieces_.triangles() / kWhole, far());
    // Without area there is nothing to measure but the vertices.
    if (!(mean.area > 0)) {
      tried.errors.surface_max = tried.errors.surface_rms = *tried.errors.vertex_max;
      return;
    }
    // Of many triangles some tell how far the estimate is off, which says more than their own mean.
    tried.errors.surface_rms =
        pieces_.triangles() > kWhole ? tried.errors.surface_rms * mean.of_estimate() : std::sqrt(mean.squared / mean.area);
    tried.errors.normal_rms_deg = std::sqrt(mean.angle_squared / mean.area);
    tried.errors.surface_max = pair.largest_of_vertices(far(), mean.largest);
  }

  /// Distances that are seldom true ones.
  double far() const { return options_.mode == MeshMode::rms ? 4 * options_.max_error : options_.max_error; }

  /// About what measuring will give, over the estimate.
  double first_ratio(const Tried& tried) const {
    if (options_.mode != MeshMode::rms || pieces_.triangle.empty()) return 1;
    return PairedSurfaces(pieces_, before_, tried.after).mean_square(8 + pieces_.triangles() / kWhole, far()).of_estimate();
  }

  /// Where the largest distance is promised, from as many points as mesh_errors looks from, and the same.
  void check_densely(const Tried& tried, FoundSurface& found) const {
    if (options_.mode != MeshMode::surface || pieces_.triangle.empty()) return;
    const PairedSurfaces pair(pieces_, before_, tried.after);
    const double most = pair.largest_of_samples(mesh_, found.coded.mesh, found.coded.triangle_order, kCheckSamples, options_.max_error);
    found.errors.surface_max = std::max(found.errors.surface_max, most);
  }

  const Mesh& mesh_;
  const ManifoldPieces& pieces_;
  const MeshEncodeOptions& options_;
  MeshNumbers base_;
  double diagonal_ = 0;
  std::vector<MeshPoint> before_;
  SurfacePlan plan_;
};

struct Choice {
  Scheme scheme;
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
double share_of(const Scheme& scheme, size_t vertices) {
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
Choice choose_scheme(const Search& search, const Mesh& mesh, const MeshEncodeOptions& options) {
  constexpr size_t kFirstRun = 200, kSecondRun = 400, kAgain = 3;
  struct Estimate {
    Scheme scheme;
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
  for (const Scheme& scheme : schemes_for(options.mode, coordinates_come_again(mesh)))
    estimates.push_back({scheme, 0, search.first_step()});
  try_all(extent_of(mesh.vertices(), kFirstRun));
  estimates.resize(kAgain);
  for (const Scheme& scheme : variants_of(estimates[0].scheme, options)) estimates.push_back({scheme, 0, estimates[0].step});
  const TrialExtent extent = extent_of(mesh.vertices(), kSecondRun);
  try_all(extent);
  // In runs, what lies outside is without error; in the whole it is not.
  return {estimates[0].scheme, estimates[0].step * (extent.count > 1 ? 0.97 : 1)};
}

}  // namespace

Result<FoundSurface> find_surface(const Mesh& mesh, const ManifoldPieces& pieces, const MeshEncodeOptions& options) {
  Search search(mesh, pieces, options);
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
  const Search search(finite, pieces, unbound);
  const double side = std::max(bounding_box(finite).largest_side(), 1e-30);
  std::optional<FoundSurface> best;
  size_t least = 0;
  const auto attempt = [&](const Search& from, const Scheme& scheme, double step) -> Status {
    DEW_ASSIGN(FoundSurface found, from.code(scheme, step));
    const size_t bytes = found.coded.bytes.size() + encode_exact_places(mesh, found.coded).size();
    if (best && bytes >= least) return {};
    least = bytes;
    best = std::move(found);
    return {};
  };
  for (const Scheme& scheme :
       {Scheme{PositionScheme::frame, 4}, Scheme{PositionScheme::lattice, 4}, Scheme{PositionScheme::copy, 4, true}}) {
    for (const double cells : {0x1p13, 0x1p17, 0x1p21}) DEW_TRY(attempt(search, scheme, side / cells));
  }
  // Where coordinates were written as decimals, their own grid leaves no last bits.
  if (const std::optional<double> scale = decimal_scale(finite.position)) {
    Search decimals(finite, pieces, unbound);
    decimals.begin_at_decimal(*scale);
    for (const Scheme& scheme :
         {Scheme{PositionScheme::lattice, 4}, Scheme{PositionScheme::copy, 4}, Scheme{PositionScheme::copy, 4, true}}) {
      DEW_TRY(attempt(decimals, scheme, 1 / *scale));
    }
  }
  return *std::move(best);
}

}  // namespace dew
