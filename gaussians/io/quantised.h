// SPDX-License-Identifier: Apache-2.0
/// Conversions that several formats share: opacities and colours in bytes, and what is lost where a value has no code.
///
///   splats.opacity_logit[i] = logit_of_alpha(byte / 255.0);
///   record.alpha = byte_of(255 * sigmoid(splats.opacity_logit[i]));
///   losses.add(clamped, "log-scales lie outside -10 to 5.9375 and are clamped");
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "entropy/limits.h"
#include "entropy/result.h"
#include "gaussians/source_lattice.h"
#include "gaussians/splats.h"

namespace dew {

inline double sigmoid(double logit) { return 1 / (1 + std::exp(-logit)); }

/// The logit of an opacity between 0 and 1. Its ends, which have infinite logits, become +-13.8: as opaque to any renderer, and finite.
inline float logit_of_alpha(double alpha) {
  const double inside = std::clamp(alpha, 1e-6, 1 - 1e-6);
  return static_cast<float>(std::log(inside / (1 - inside)));
}

/// To the nearest whole number from 0 to `last`; NaN becomes 0.
inline uint32_t code_of(double value, uint32_t last) {
  if (!(value > 0)) return 0;
  return value >= last ? last : static_cast<uint32_t>(value + 0.5);
}
inline uint8_t byte_of(double value) { return static_cast<uint8_t>(code_of(value, 255)); }

/// A code from 0 to `last` that decodes to the very `value`, searched where rounding made `guess` another; nothing where there is none.
/// REQUIRES: `decoded` rises or falls with its code.
template <class Decoded>
std::optional<uint32_t> exact_code(uint32_t guess, uint32_t last, float value, Decoded decoded) {
  if (decoded(guess) == value) return guess;
  const bool rises = decoded(last) >= decoded(0);
  uint32_t low = 0, high = last;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    const float found = decoded(middle);
    if (rises ? found < value : found > value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (decoded(low) == value) return low;
  return std::nullopt;
}

inline uint8_t alpha_byte_of_logit(float logit) { return byte_of(255 * sigmoid(logit)); }

inline float dc_of_colour(double colour) { return static_cast<float>((colour - 0.5) / kShConstant); }
inline double colour_of_dc(float dc) { return 0.5 + kShConstant * dc; }

/// The natural logarithm of a scale; zero becomes minus infinity, a negative scale NaN.
inline float log_of_scale(double scale) { return static_cast<float>(std::log(scale)); }

/// Sentences about what a format cannot hold.
class Losses {
 public:
  explicit Losses(std::string format) : format_(std::move(format)) {}
  /// "FORMAT: COUNT WHAT"; nothing where count is 0.
  void add(size_t count, const std::string& what) {
    if (count > 0) sentences_.push_back(format_ + ": " + std::to_string(count) + " " + what);
  }
  void say(const std::string& what) { sentences_.push_back(format_ + ": " + what); }
  /// One sentence that names the extra properties, normals of zero left out of account.
  void extra_properties(const Splats& splats);
  /// Counts positions, log-scales, opacities, dc and SH that are not finite, for formats that have codes for finite ones only.
  /// Infinite opacities are no loss: they have a code everywhere.
  void not_finite(const Splats& splats);
  std::vector<std::string> take() { return std::move(sentences_); }

 private:
  std::string format_;
  std::vector<std::string> sentences_;
};

/// NaN becomes 0, infinities the ends of the range.
inline float finite_or(float value, float lowest, float highest) {
  return std::isnan(value) ? std::clamp(0.0f, lowest, highest) : std::clamp(value, lowest, highest);
}

/// Makes room for `count` splats at the budget's cost. Errors: limit_exceeded, out_of_memory.
Status allocate_splats(Splats& splats, uint64_t count, uint32_t sh_degree, Budget& budget, uint64_t offset);

/// Refuses counts that no honest file of that many packed bytes promises: general compressors reach some 1000 to 1 at the very best,
/// 64 equal splats a byte. Errors: corrupt.
Status check_plausible(uint64_t count, uint64_t packed_bytes, uint64_t offset);

}  // namespace dew
