// SPDX-License-Identifier: Apache-2.0
#include "mesh/coding/step_search.h"

#include <cmath>

namespace dew {
namespace {

/// Points to look from while searching; the promise is checked with more.
constexpr uint64_t kSearchSamples = 4000, kNarrowSamples = 16000, kCheckSamples = 50000;

struct Scheme {
  PositionScheme scheme;
  uint64_t tangent_quarters;
  bool one_parallelogram = false;
  bool fitted = false;
};

/// All that are tried.
std::vector<Scheme> schemes_for(MeshMode mode) {
  std::vector<Scheme> schemes = {{PositionScheme::frame, 4},
                                 {PositionScheme::lattice, 4},
                                 {PositionScheme::lattice, 4, true},
                                 {PositionScheme::copy, 4},
                                 {PositionScheme::copy, 4, true}};
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

  Result<FoundSurface> attempt(const Scheme& scheme, double step, uint64_t samples) const {
    FoundSurface found;
    found.numbers = base_;
    found.numbers.scheme = static_cast<uint64_t>(scheme.scheme);
    found.numbers.tangent_quarters = scheme.tangent_quarters;
    found.numbers.one_parallelogram = scheme.one_parallelogram;
    found.numbers.fitted = scheme.fitted;
    found.numbers.step = step;
    DEW_ASSIGN(found.coded, encode_surface(mesh_, pieces_, found.numbers));
    found.errors.vertex_max = largest_move(found.coded);
    if (mesh_.triangle.empty() || options_.mode == MeshMode::vertex) {
      found.errors.surface_max = *found.errors.vertex_max;
      return found;
    }
    auto errors =
        mesh_errors(mesh_, found.coded.mesh, {samples, options_.mode != MeshMode::rms || samples == kCheckSamples, options_.threads});
    // Without area there is nothing to measure but the vertices.
    if (!errors.ok()) {
      found.errors.surface_max = found.errors.surface_rms = *found.errors.vertex_max;
      return found;
    }
    errors->vertex_max = found.errors.vertex_max;
    found.errors = *errors;
    return found;
  }

  /// What the promise is about.
  double promised(const FoundSurface& found) const {
    if (options_.mode == MeshMode::vertex) return *found.errors.vertex_max;
    return options_.mode == MeshMode::rms ? found.errors.surface_rms : found.errors.surface_max;
  }

  /// Errors grow about as the step does.
  Result<FoundSurface> narrow(const Scheme& scheme, double step) const {
    constexpr int kTries = 14;
    constexpr double kCloseEnough = 0.985;
    std::optional<FoundSurface> best;
    uint64_t samples = kNarrowSamples;
    for (int i = 0; i < kTries; ++i) {
      DEW_ASSIGN(FoundSurface found, attempt(scheme, step, samples));
      const double error = promised(found);
      const bool close = error <= options_.max_error && error >= kCloseEnough * options_.max_error;
      if (samples != kCheckSamples) {
        // Near enough, or long enough tried with few samples: from here on with all.
        if (close || i == 4) samples = kCheckSamples;
        if (close) continue;
      } else if (error <= options_.max_error) {
        if (!best || found.numbers.step > best->numbers.step) best = std::move(found);
        if (close || i > 7) break;
      }
      if (best && i > 7) break;
      const double aim = error > 0 ? options_.max_error / error : 2;
      // A little short of the aim, so as not to miss it again by a little; further short the longer it takes.
      step *= std::clamp(aim * (aim > 1 ? 0.997 : 0.996 - 0.01 * i), 0.2, 5.0);
    }
    if (!best) return Error{Code::internal, 0, "no step keeps the promise; the mesh may be too large for 32-bit floats at this error"};
    return *std::move(best);
  }

  double first_step() const {
    // Of rms, surface and vertex errors, what a step of 1 gives on ordinary meshes.
    return options_.max_error / (options_.mode == MeshMode::rms ? 0.21 : options_.mode == MeshMode::vertex ? 0.866 : 0.8);
  }

 private:
  double largest_move(const CodedSurface& coded) const {
    double largest = 0;
    for (size_t v = 0; v < coded.vertex_order.size(); ++v) {
      double sum = 0;
      for (size_t axis = 0; axis < 3; ++axis) {
        const double d = static_cast<double>(coded.mesh.position[3 * v + axis]) -
                         static_cast<double>(mesh_.position[3 * size_t{coded.vertex_order[v]} + axis]);
        sum += d * d;
      }
      largest = std::max(largest, sum);
    }
    return std::sqrt(largest);
  }

  const Mesh& mesh_;
  const ManifoldPieces& pieces_;
  const MeshEncodeOptions& options_;
  MeshNumbers base_;
};

}  // namespace

Result<FoundSurface> find_surface(const Mesh& mesh, const ManifoldPieces& pieces, const MeshEncodeOptions& options) {
  const Search search(mesh, pieces, options);
  // Each scheme once; what it would cost at the promised error is read off a common slope.
  const double bits_an_octave = 2.6 * static_cast<double>(mesh.vertices());
  double least = 0, step = search.first_step();
  std::optional<Scheme> chosen;
  std::vector<Scheme> schemes = schemes_for(options.mode);
  for (size_t i = 0; i < schemes.size(); ++i) {
    const Scheme scheme = schemes[i];
    DEW_ASSIGN(const FoundSurface found, search.attempt(scheme, search.first_step(), kSearchSamples));
    const double error = search.promised(found);
    const double octaves = error > 0 ? std::log2(error / options.max_error) : 0;
    const double bits = 8 * static_cast<double>(found.coded.bytes.size()) + bits_an_octave * octaves;
    if (!chosen || bits < least) {
      chosen = scheme;
      least = bits;
      step = search.first_step() * std::clamp(std::exp2(-octaves), 0.1, 10.0);
    }
    // The best so far once more, with the other kind of prediction.
    if (i + 1 != schemes.size() || chosen->scheme != PositionScheme::frame || scheme.fitted) continue;
    schemes.push_back(*chosen);
    schemes.back().fitted = true;
  }
  DEW_ASSIGN(FoundSurface found, search.narrow(*chosen, step));
  if (options.mode == MeshMode::vertex) {
    const std::optional<double> vertex_max = found.errors.vertex_max;
    if (auto errors = mesh_errors(mesh, found.coded.mesh, {kCheckSamples, true, options.threads}); errors.ok()) found.errors = *errors;
    found.errors.vertex_max = vertex_max;
  }
  return found;
}

}  // namespace dew
