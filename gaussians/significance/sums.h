// SPDX-License-Identifier: Apache-2.0
/// Sums over splats and pictures in one order, whatever the threads. Internal.
///
///   const double squares = sums::dot(step, step, threads);
///   sums::for_each_splat(scene.count(), threads, [&](size_t i) { change[i] *= 2; });
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "entropy/pool.h"
#include "entropy/result.h"
#include "gaussians/render/render.h"

namespace dew::sums {

inline constexpr size_t kChunk = 4096;  ///< entries to a part of a thread's work; fixed, so that sums have one order

/// Calls body(i) for all splats, in parts.
template <class Body>
void for_each_splat(size_t count, unsigned threads, const Body& body) {
  parallel_for((count + kChunk - 1) / kChunk, threads, [&](size_t part) {
    const size_t end = std::min(count, (part + 1) * kChunk);
    for (size_t i = part * kChunk; i < end; ++i) body(i);
  });
}

/// Sum of term(i) over [0, count), the same whatever the threads.
template <class Term>
double sum_of(size_t count, unsigned threads, const Term& term) {
  std::vector<double> parts((count + kChunk - 1) / kChunk);
  parallel_for(parts.size(), threads, [&](size_t part) {
    const size_t end = std::min(count, (part + 1) * kChunk);
    for (size_t i = part * kChunk; i < end; ++i) parts[part] += term(i);
  });
  double sum = 0;
  for (const double part : parts) sum += part;
  return sum;
}

inline double dot(const std::vector<float>& a, const std::vector<float>& b, unsigned threads) {
  return sum_of(a.size(), threads, [&](size_t i) { return double{a[i]} * double{b[i]}; });
}

inline double squared_difference(const Image& a, const Image& b, unsigned threads) {
  return sum_of(a.pixels.size(), threads, [&](size_t i) {
    const double difference = double{a.pixels[i]} - double{b.pixels[i]};
    return difference * difference;
  });
}

/// Error invalid_argument unless there is a target for each view, and a view.
inline Status check_views(std::span<const Image> targets, std::span<const Camera> views) {
  if (targets.size() != views.size() || views.empty()) return Error{Code::invalid_argument, 0, "each view needs its target"};
  return {};
}

/// Values of all pictures, at least 1.
inline double values_of(std::span<const Image> targets) {
  double sum = 0;
  for (const Image& target : targets) sum += static_cast<double>(target.pixels.size());
  return std::max(sum, 1.0);
}

/// Squared error of all views.
inline Result<double> squared_error(std::span<const Image> targets, std::span<const Camera> views, const Splats& splats, unsigned threads) {
  double sum = 0;
  for (size_t v = 0; v < views.size(); ++v) {
    RenderOptions options;
    options.threads = threads;
    DEW_ASSIGN(const Rendered drawn, render(splats, views[v], options));
    if (drawn.colour.pixels.size() != targets[v].pixels.size()) return Error{Code::invalid_argument, 0, "a target has another size"};
    sum += squared_difference(drawn.colour, targets[v], threads);
  }
  return sum;
}

}  // namespace dew::sums
