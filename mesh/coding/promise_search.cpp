// SPDX-License-Identifier: Apache-2.0
#include "mesh/coding/promise_search.h"

#include <algorithm>
#include <cmath>

#include "mesh/coding/paired_surfaces.h"
#include "mesh/coding/vector_math.h"

namespace dew {
namespace {

/// Points to look from when a promise about the largest distance is checked, on each side; vertices come on top.
constexpr uint64_t kCheckSamples = 50000;

/// Of fewer vertices mixed numbers take clearly fewer bits, and their time is short.
constexpr size_t kLearnsSizes = 1024;

/// Triangles that are all looked at when distances are measured.
constexpr size_t kWhole = 8000;

MeshPoint place_of(const Mesh& mesh, uint32_t vertex) {
  const float* p = &mesh.position[3 * size_t{vertex}];
  return {static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
}

}  // namespace

PromiseSearch::PromiseSearch(const Mesh& mesh, const ManifoldPieces& pieces, const MeshEncodeOptions& options)
    : mesh_(mesh), pieces_(pieces), options_(options) {
  const MeshBox box = bounding_box(mesh);
  diagonal_ = box.diagonal();
  base_.mode = static_cast<uint64_t>(options.mode);
  base_.source = static_cast<uint64_t>(mesh.source);
  base_.max_error = options.max_error;
  base_.decisions = options.fast ? kFastDecisions : 0;
  base_.origin_x = box.low[0];
  base_.origin_y = box.low[1];
  base_.origin_z = box.low[2];
  describe_pieces(mesh, pieces, base_);
  before_.reserve(mesh.vertices());
  for (uint32_t v = 0; v < mesh.vertices(); ++v) before_.push_back(place_of(mesh, v));
}

Status PromiseSearch::prepare() {
  DEW_ASSIGN(plan_, plan_surface(mesh_, pieces_, base_));
  return {};
}

Result<FoundSurface> PromiseSearch::code(const PlaceScheme& scheme, double step) const {
  FoundSurface found;
  found.numbers = numbers_of(scheme, step);
  DEW_ASSIGN(found.coded, encode_surface(mesh_, pieces_, found.numbers));
  return found;
}

PromiseSearch::Tried PromiseSearch::attempt(const PlaceScheme& scheme, double step, const TrialExtent& extent) const {
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

double PromiseSearch::promised(const MeshErrors& errors) const {
  if (options_.mode == MeshMode::vertex) return *errors.vertex_max;
  return options_.mode == MeshMode::rms ? errors.surface_rms : errors.surface_max;
}

/// Errors grow about as the step does. What the moves of the vertices say is cheap, and a few points tell how far that is off; all are
/// looked at once the step is right by this.
Result<FoundSurface> PromiseSearch::narrow(const PlaceScheme& scheme, double step) const {
  constexpr int kTries = 14, kSoon = 3, kLate = 9;
  constexpr double kFair = 0.93;
  const bool smooth = scheme.scheme == PositionScheme::frame;
  const double close_enough = smooth ? 0.992 : 0.985, aim = smooth ? 0.998 : 0.996;
  std::optional<FoundSurface> best;
  if (scheme.scheme != PositionScheme::frame && options_.mode != MeshMode::surface) DEW_TRY(scan(scheme, step, best));
  if (best) return *std::move(best);
  double best_error = 0, kept = 0, broken = 0, measured_of_estimate = 0;
  for (int i = 0; i < kTries; ++i) {
    Tried tried = attempt(scheme, step, {});
    const double estimate = promised(tried.errors);
    if (measured_of_estimate == 0) measured_of_estimate = first_ratio(tried);
    double error = estimate * measured_of_estimate;
    // Where steps that hardly differ give errors that do, there is no end to being close.
    const auto close = [&] { return error <= options_.max_error && error >= (close_enough - 0.005 * i) * options_.max_error; };
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
    step *= std::clamp(missing * (aim - 0.003 * i), 0.2, 5.0);
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

/// On the lattice errors jump from one step to the next, by a tenth on drawings, and trials foretell them: so from a tenth above what is
/// usual down, the first step that keeps the promise is taken; where they do not, `step` becomes the usual one.
Status PromiseSearch::scan(const PlaceScheme& scheme, double& step, std::optional<FoundSurface>& best) const {
  constexpr double kAbove = 1.1, kBelow = 0.85, kApart = 0.992, kJumps = 1.002;
  double usual = step, measured_of_estimate = 0, least = 1e300, most = 0;
  for (int i = 0; i < 3; ++i) {
    const Tried tried = attempt(scheme, step, {});
    if (i == 0) measured_of_estimate = first_ratio(tried);
    const double error = promised(tried.errors) * measured_of_estimate;
    if (!(error > 0)) return {};
    const double fitting = step * options_.max_error / error;
    usual = i == 0 ? fitting : usual + (fitting - usual) / (i + 1);
    if (i > 0) least = std::min(least, fitting), most = std::max(most, fitting);
    step = std::clamp(usual * (i == 1 ? 1.02 : 1), 0.2 * step, 5 * step);
  }
  // A little short, so as not to miss the aim by a little.
  step = 0.996 * usual;
  // Where they do not jump there is nothing to be found.
  if (most < kJumps * least) return {};
  // The more they do, the further up one may lie.
  const double above = std::clamp(1 + 1.5 * (most / least - 1), 1.01, kAbove);
  for (double next = usual * above; next > usual * kBelow && !best; next *= kApart) {
    Tried tried = attempt(scheme, next, {});
    if (promised(tried.errors) * measured_of_estimate > options_.max_error) continue;
    DEW_TRY(code_if_kept(scheme, next, tried, 0, best));
  }
  return {};
}

/// The error that a trial of the whole mesh has; where it is as promised, and the step larger than `least`, the mesh is coded.
Result<double> PromiseSearch::code_if_kept(const PlaceScheme& scheme, double step, Tried& tried, double least,
                                           std::optional<FoundSurface>& best) const {
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

void PromiseSearch::begin_at_decimal(double scale) {
  for (double* origin : {&base_.origin_x, &base_.origin_y, &base_.origin_z}) *origin = std::floor(*origin * scale + 0.5) / scale;
}

double PromiseSearch::first_step() const {
  // Of rms, surface and vertex errors, what a step of 1 gives on ordinary meshes.
  return options_.max_error / (options_.mode == MeshMode::rms ? 0.21 : options_.mode == MeshMode::vertex ? 0.866 : 0.8);
}

MeshNumbers PromiseSearch::numbers_of(const PlaceScheme& scheme, double step) const {
  MeshNumbers numbers = base_;
  numbers.scheme = static_cast<uint64_t>(scheme.scheme);
  numbers.tangent_quarters = scheme.tangent_quarters;
  numbers.one_parallelogram = scheme.one_parallelogram;
  numbers.fitted = scheme.fitted;
  numbers.body_centred = scheme.body_centred;
  if (scheme.scheme == PositionScheme::frame && !scheme.body_centred && (options_.fast || before_.size() >= kLearnsSizes))
    numbers.decisions |= kSizedResiduals;
  numbers.step = step;
  return numbers;
}

/// Vertices in no triangle of the pieces go to the next place of the grid.
void PromiseSearch::round_isolated(const MeshNumbers& numbers, std::vector<MeshPoint>& after) const {
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
void PromiseSearch::estimate(const std::vector<uint32_t>& vertices, bool all, Tried& tried) const {
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
void PromiseSearch::measure(Tried& tried) const {
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
double PromiseSearch::far() const { return options_.mode == MeshMode::rms ? 4 * options_.max_error : options_.max_error; }

/// About what measuring will give, over the estimate.
double PromiseSearch::first_ratio(const Tried& tried) const {
  if (options_.mode != MeshMode::rms || pieces_.triangle.empty()) return 1;
  return PairedSurfaces(pieces_, before_, tried.after).mean_square(8 + pieces_.triangles() / kWhole, far()).of_estimate();
}

/// Where the largest distance is promised, from as many points as mesh_errors looks from, and the same.
void PromiseSearch::check_densely(const Tried& tried, FoundSurface& found) const {
  if (options_.mode != MeshMode::surface || pieces_.triangle.empty()) return;
  const PairedSurfaces pair(pieces_, before_, tried.after);
  const double most = pair.largest_of_samples(mesh_, found.coded.mesh, found.coded.triangle_order, kCheckSamples, options_.max_error);
  found.errors.surface_max = std::max(found.errors.surface_max, most);
}

}  // namespace dew
