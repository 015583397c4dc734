// SPDX-License-Identifier: Apache-2.0
#include "gaussians/coding/lossless_attributes.h"

namespace dew {
namespace {

// Rows of the slow regression count for some 4000 rows, those of the fast one for some 80.
constexpr size_t kSlowFitRows = 128, kFastFitRows = 16;
constexpr float kSlowForgetting = 0.97f, kFastForgetting = 0.8f;
constexpr double kSlowRidge = 2e-4, kFastRidge = 1e-3;

}  // namespace

AttributeModel::AttributeModel(std::span<const Column> columns)
    : count_(columns.size()),
      regressed_(std::min(columns.size(), kMaxRegressionColumns)),
      states_(count_),
      slow_(regressed_, regressed_, kSlowFitRows, kSlowForgetting, kSlowRidge),
      fast_(0, regressed_, kFastFitRows, kFastForgetting, kFastRidge),
      neighbour_(count_),
      neighbour_error_(count_),
      errors_(count_),
      was_frequent_(count_),
      value_rows_(kRecentSplats * count_),
      error_rows_(kRecentSplats * count_),
      frequent_rows_(kRecentSplats * count_) {
  for (size_t k = 0; k < count_; ++k) {
    if (columns[k].lattice > kLeastExponent) states_[k].own_shapes = FloatShapes(9);
    states_[k].centre = columns[k].centre();
    states_[k].unit = power_of_two(columns[k].scale_exponent);
    states_[k].inverse_unit = power_of_two(-columns[k].scale_exponent);
  }
}

void AttributeModel::begin(const Nearest& nearest) {
  slot_ = recent_.next_slot();
  first_slot_ = nearest.count > 0 ? nearest.slot[0] : kRecentSplats;
  std::fill(neighbour_.begin(), neighbour_.end(), 0.0f);
  std::fill(neighbour_error_.begin(), neighbour_error_.end(), nearest.count > 0 ? 0.0f : 1.0f);
  std::fill(was_frequent_.begin(), was_frequent_.end(), uint8_t{0});
  neighbour_sum_ = nearest.count > 0 ? 0 : 1;
  const float share = nearest.count > 0 ? 1 / static_cast<float>(nearest.count) : 0;
  for (size_t i = 0; i < nearest.count; ++i) {
    const float weight = nearest.weight[i];
    const float* values = &value_rows_[nearest.slot[i] * count_];
    const float* errors = &error_rows_[nearest.slot[i] * count_];
    for (size_t k = 0; k < count_; ++k) neighbour_[k] += weight * values[k];
    for (size_t k = 0; k < count_; ++k) neighbour_error_[k] += share * errors[k];
    neighbour_sum_ += static_cast<double>(share) * mean_errors_[nearest.slot[i]];
  }
  error_sum_ = 0;
  error_count_ = 0;
  slow_.start(neighbour_.data());
  fast_.start(nullptr);
}

double AttributeModel::prediction(size_t k) {
  if (k >= regressed_) return static_cast<double>(neighbour_[k]);
  const ColumnState& state = states_[k];
  slow_prediction_ = static_cast<double>(slow_.prediction(k));
  correction_ = static_cast<double>(fast_.prediction(k)) * state.mean_error;
  return slow_prediction_ + std::clamp(state.agreement / state.correction_square, 0.0, 1.0) * correction_;
}

/// How much of the fast regression's correction to believe: least squares again, for one factor.
void AttributeModel::learn_share(size_t k, double value) {
  constexpr double kMemory = 0.98, kBound = 5;
  if (k >= regressed_) return;
  ColumnState& state = states_[k];
  const double bound = kBound * state.mean_error;
  const double error = std::clamp(value - slow_prediction_, -bound, bound);
  const double correction = std::clamp(correction_, -bound, bound);
  state.agreement = kMemory * state.agreement + correction * error;
  state.correction_square = kMemory * state.correction_square + correction * correction + 1e-30;
}

double AttributeModel::expected_error(size_t k) {
  constexpr double kMost = 6;
  const auto before = [&](size_t back) { return k >= back ? std::min(errors_[k - back], kMost) : 1.0; };
  const double mean = (error_sum_ + 4 * neighbour_sum_) / (error_count_ + 4);
  inputs_ = {1,
             mean,
             before(1),
             before(2),
             before(3),
             std::min(neighbour_sum_, kMost),
             std::min<double>(static_cast<double>(neighbour_error_[k]), kMost),
             before(6)};
  double sum = 0;
  for (size_t i = 0; i < kTaps; ++i) sum += states_[k].taps[i] * inputs_[i];
  expected_ = sum;
  return sum > 0.05 ? sum : 0.05;
}

void AttributeModel::learn_error(size_t k, double error) {
  constexpr double kRate = 0.002, kMost = 6, kFarthest = 20, kMemory = 2000;
  ColumnState& state = states_[k];
  const double relative = std::min(error / state.mean_error, kFarthest);
  const double damping = expected_ > 0.3 ? expected_ : 0.3;
  const double step = kRate * (std::min(relative, kMost) - expected_) / (damping * damping);
  for (size_t i = 0; i < kTaps; ++i) state.taps[i] = std::clamp(state.taps[i] + step * inputs_[i], -4.0, 4.0);
  errors_[k] = relative;
  error_sum_ += relative;
  error_count_ += 1;
  state.seen = std::min(state.seen + 1, kMemory);
  state.mean_error += (std::min(error, kFarthest * state.mean_error) - state.mean_error) / state.seen;
  state.mean_error = std::max(state.mean_error, 1e-9);
}

/// A value called by its number says little of how far off the others will be.
void AttributeModel::skip_error(size_t k) {
  errors_[k] = 1;
  error_sum_ += error_count_ > 0 ? 0.5 * error_sum_ / error_count_ : 0.5;
  error_count_ += 0.5;
}

void AttributeModel::reveal(size_t k, float normalised) {
  constexpr double kBound = 20;
  value_rows_[slot_ * count_ + k] = normalised;
  if (k >= regressed_) return;
  // What the slow regression missed, in the column's mean errors, is what the fast one works on.
  const double missed = (static_cast<double>(normalised) - static_cast<double>(slow_.prediction(k))) / states_[k].mean_error;
  slow_.reveal(k, normalised);
  fast_.reveal(k, static_cast<float>(std::clamp(missed, -kBound, kBound)));
}

void AttributeModel::end(bool is_twin, const Nearest& nearest) {
  if (is_twin) {
    const size_t from = nearest.slot[0];
    for (size_t k = 0; k < count_; ++k) {
      kept(value_rows_, slot_, k) = kept(value_rows_, from, k);
      kept(error_rows_, slot_, k) = kept(error_rows_, from, k);
      frequent_rows_[slot_ * count_ + k] = frequent_rows_[from * count_ + k];
    }
    mean_errors_[slot_] = mean_errors_[from];
    return;
  }
  for (size_t k = 0; k < count_; ++k) {
    kept(error_rows_, slot_, k) = static_cast<float>(errors_[k]);
    frequent_rows_[slot_ * count_ + k] = was_frequent_[k];
  }
  const double mean = (error_sum_ + 2) / (error_count_ + 2);
  mean_errors_[slot_] = mean;
  const float weight = static_cast<float>(1 / (0.1 + mean * mean));
  slow_.learn(weight);
  fast_.learn(weight);
}

}  // namespace dew
