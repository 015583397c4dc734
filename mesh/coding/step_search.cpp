// SPDX-License-Identifier: Apache-2.0
#include "mesh/coding/step_search.h"

#include <cmath>

#include "entropy/pool.h"
#include "mesh/coding/decimal_grid.h"
#include "mesh/coding/exact_mesh.h"
#include "mesh/coding/vector_math.h"

namespace dew {
namespace {

/// Points to look from when the promise is checked.
constexpr uint64_t kCheckSamples = 50000;

struct Scheme {
  PositionScheme scheme;
  uint64_t tangent_quarters;
  bool one_parallelogram = false;
  bool fitted = false;
  bool body_centred = false;
};

/// All that are tried.
std::vector<Scheme> schemes_for(MeshMode mode) {
  std::vector<Scheme> schemes = {{PositionScheme::frame, 4},
                                 {PositionScheme::lattice, 4},
                                 {PositionScheme::lattice, 4, true},
                                 {PositionScheme::copy, 4},
                                 {PositionScheme::copy, 4, true}};
  if (mode == MeshMode::vertex) {
    // The thinnest lattice covering of space: the fewest points for a largest error.
    schemes.push_back({PositionScheme::frame, 4, false, false, true});
    schemes.push_back({PositionScheme::lattice, 4, false, false, true});
    schemes.push_back({PositionScheme::lattice, 4, true, false, true});
  }
  if (mode == MeshMode::surface) schemes.push_back({PositionScheme::frame, 6});
  if (mode == MeshMode::rms) {
    for (const uint64_t quarters : {8, 12, 16, 24}) schemes.push_back({PositionScheme::frame, quarters});
  }
  return schemes;
}

/// One mesh under one promise.
class Search {
 public:
  Search(const Mesh& mesh, const ManifoldPieces& pieces, const MeshEncodeOptions& options)
      : mesh_(mesh), pieces_(pieces), options_(options) {
    const MeshBox box = bounding_box(mesh);
    base_.mode = static_cast<uint64_t>(options.mode);
    base_.source = static_cast<uint64_t>(mesh.source);
    base_.max_error = options.max_error;
    base_.origin_x = box.low[0];
    base_.origin_y = box.low[1];
    base_.origin_z = box.low[2];
    describe_pieces(mesh, pieces, base_);
  }

  /// Codes the mesh once. Its errors are what the moves of the vertices along the normals of their triangles say, not yet measured.
  Result<FoundSurface> attempt(const Scheme& scheme, double step) const {
    FoundSurface found;
    found.numbers = base_;
    found.numbers.scheme = static_cast<uint64_t>(scheme.scheme);
    found.numbers.tangent_quarters = scheme.tangent_quarters;
    found.numbers.one_parallelogram = scheme.one_parallelogram;
    found.numbers.fitted = scheme.fitted;
    found.numbers.body_centred = scheme.body_centred;
    found.numbers.step = step;
    DEW_ASSIGN(found.coded, encode_surface(mesh_, pieces_, found.numbers));
    estimate(found);
    return found;
  }

  /// Distances between the surfaces, where the promise is about them and there are any.
  void measure(FoundSurface& found) const {
    if (mesh_.triangle.empty() || options_.mode == MeshMode::vertex) return;
    const std::optional<double> vertex_max = found.errors.vertex_max;
    const auto errors = mesh_errors(mesh_, found.coded.mesh, {kCheckSamples, true, options_.threads});
    if (errors.ok()) {
      found.errors = *errors;
    } else {
      // Without area there is nothing to measure but the vertices.
      found.errors.surface_max = found.errors.surface_rms = *vertex_max;
    }
    found.errors.vertex_max = vertex_max;
  }

  /// What the promise is about.
  double promised(const FoundSurface& found) const {
    if (options_.mode == MeshMode::vertex) return *found.errors.vertex_max;
    return options_.mode == MeshMode::rms ? found.errors.surface_rms : found.errors.surface_max;
  }

  /// Errors grow about as the step does. Estimates are cheap, so that a measurement corrects what they are aimed at.
  Result<FoundSurface> narrow(const Scheme& scheme, double step) const {
    constexpr int kTries = 10, kAims = 4;
    constexpr double kCloseEnough = 0.985;
    std::optional<FoundSurface> best;
    double measured_of_estimate = 1;
    for (int i = 0; i < kTries; ++i) {
      std::optional<FoundSurface> found;
      double estimate = 0;
      for (int aim = 0; aim < kAims; ++aim) {
        DEW_ASSIGN(found, attempt(scheme, step));
        estimate = promised(*found);
        const double missing = estimate > 0 ? options_.max_error / (estimate * measured_of_estimate) : 2;
        if (missing >= 1 && missing <= 1 / kCloseEnough) break;
        // A little short of the aim, so as not to miss it again by a little; further short the longer it takes.
        if (aim + 1 < kAims) step *= std::clamp(missing * (0.996 - 0.01 * i), 0.2, 5.0);
      }
      measure(*found);
      const double error = promised(*found);
      const bool close = error >= kCloseEnough * options_.max_error;
      if (error <= options_.max_error && (!best || found->numbers.step > best->numbers.step)) best = std::move(found);
      if (best && (close || i >= 3)) break;
      if (estimate > 0 && error > 0) measured_of_estimate = error / estimate;
      const double missing = error > 0 ? options_.max_error / error : 2;
      step *= std::clamp(missing * (0.996 - 0.01 * i), 0.2, 5.0);
    }
    if (!best) return Error{Code::internal, 0, "no step keeps the promise; the mesh may be too large for 32-bit floats at this error"};
    return *std::move(best);
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
  MeshPoint original_place(uint32_t vertex) const {
    const float* p = &mesh_.position[3 * size_t{vertex}];
    return {static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])};
  }

  void estimate(FoundSurface& found) const {
    using namespace vector_math;
    const CodedSurface& coded = found.coded;
    std::vector<MeshPoint> moves(coded.vertex_order.size());
    double largest = 0;
    for (size_t v = 0; v < moves.size(); ++v) {
      const float* p = &coded.mesh.position[3 * v];
      moves[v] =
          minus({static_cast<double>(p[0]), static_cast<double>(p[1]), static_cast<double>(p[2])}, original_place(coded.vertex_order[v]));
      largest = std::max(largest, dot(moves[v], moves[v]));
    }
    double area = 0, sum = 0, highest = 0;
    for (size_t c = 0; c < coded.mesh.triangle.size(); c += 3) {
      const uint32_t* corner = &coded.mesh.triangle[c];
      const MeshPoint a = original_place(coded.vertex_order[corner[0]]), b = original_place(coded.vertex_order[corner[1]]),
                      d = original_place(coded.vertex_order[corner[2]]);
      const MeshPoint normal = cross(minus(b, a), minus(d, a));
      const double size = length(normal);
      if (!(size > 0) || !(size < 1e300)) continue;
      const double x = dot(moves[corner[0]], normal) / size, y = dot(moves[corner[1]], normal) / size,
                   z = dot(moves[corner[2]], normal) / size;
      // The mean square of what is linear over a triangle.
      sum += size * (x * x + y * y + z * z + x * y + y * z + z * x) / 6;
      area += size;
      highest = std::max({highest, std::abs(x), std::abs(y), std::abs(z)});
    }
    found.errors.vertex_max = std::sqrt(largest);
    found.errors.surface_rms = area > 0 ? std::sqrt(sum / area) : std::sqrt(largest);
    found.errors.surface_max = area > 0 ? highest : std::sqrt(largest);
  }

  const Mesh& mesh_;
  const ManifoldPieces& pieces_;
  const MeshEncodeOptions& options_;
  MeshNumbers base_;
};

struct Choice {
  Scheme scheme;
  double step = 0;
};

/// Each scheme once; what it would cost at the promised error is read off a common slope.
Result<Choice> choose_scheme(const Search& search, const Mesh& mesh, const MeshEncodeOptions& options) {
  const double bits_an_octave = 2.6 * static_cast<double>(mesh.vertices());
  struct Tried {
    double bits = 0, step = 0;
    Status status;
  };
  std::vector<Scheme> schemes = schemes_for(options.mode);
  std::vector<Tried> tried(schemes.size() + 1);
  auto attempt = [&](size_t i) {
    const auto found = search.attempt(schemes[i], search.first_step());
    if (!found.ok()) {
      tried[i].status = found.error();
      return;
    }
    const double error = search.promised(*found);
    const double octaves = error > 0 ? std::log2(error / options.max_error) : 0;
    tried[i].bits = 8 * static_cast<double>(found->coded.bytes.size()) + bits_an_octave * octaves;
    tried[i].step = search.first_step() * std::clamp(std::exp2(-octaves), 0.1, 10.0);
  };
  parallel_for(schemes.size(), options.threads, attempt);
  size_t best = 0;
  for (size_t i = 0; i < schemes.size(); ++i) {
    DEW_TRY(tried[i].status);
    if (tried[i].bits < tried[best].bits) best = i;
  }
  // The best once more, with the other kind of prediction.
  if (schemes[best].scheme == PositionScheme::frame) {
    schemes.push_back(schemes[best]);
    schemes.back().fitted = true;
    attempt(schemes.size() - 1);
    DEW_TRY(tried.back().status);
    if (tried.back().bits < tried[best].bits) best = schemes.size() - 1;
  }
  return Choice{schemes[best], tried[best].step};
}

}  // namespace

Result<FoundSurface> find_surface(const Mesh& mesh, const ManifoldPieces& pieces, const MeshEncodeOptions& options) {
  const Search search(mesh, pieces, options);
  DEW_ASSIGN(const Choice choice, choose_scheme(search, mesh, options));
  DEW_ASSIGN(FoundSurface found, search.narrow(choice.scheme, choice.step));
  if (options.mode == MeshMode::vertex) {
    const std::optional<double> vertex_max = found.errors.vertex_max;
    if (auto errors = mesh_errors(mesh, found.coded.mesh, {kCheckSamples, true, options.threads}); errors.ok()) found.errors = *errors;
    found.errors.vertex_max = vertex_max;
  }
  return found;
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
    DEW_ASSIGN(FoundSurface found, from.attempt(scheme, step));
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
