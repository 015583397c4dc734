// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/learning_range_model.h"

#include <algorithm>

#include "entropy/mixture.h"

namespace dew {
namespace {

// All of these are part of the format.
constexpr float kRowRate = 0x1p-7F;     ///< of a row's shifts
constexpr int32_t kMostOutput = 32767;  ///< of either sign
constexpr double kLeastMass = 0x1p-28;  ///< what the mixture's floor gives a range
constexpr double kLn2 = 0.69314718055994530942;

/// One logistic at an edge between symbols, by the tables of MixtureCdf.
struct LogisticEdge {
  int64_t mass;    ///< below the edge, 2^-30
  double density;  ///< by scales
  double scales;   ///< how far the edge lies above the centre, at most 24 of either sign
};
LogisticEdge edge_at(int64_t away_q8, int32_t log_scale_q5) {
  const uint64_t size = static_cast<uint64_t>(away_q8 < 0 ? -away_q8 : away_q8);
  const uint64_t inverse = detail::kInverseScaleTable[static_cast<size_t>(log_scale_q5 & 31)];
  const uint64_t place = std::min<uint64_t>((size * inverse) >> ((log_scale_q5 >> 5) + 7), (detail::kTailEntries - 2) << 12);
  const uint64_t left = detail::kTailTable[place >> 12], right = detail::kTailTable[(place >> 12) + 1];
  const auto tail = static_cast<int64_t>(left - (((left - right) * (place & 4095)) >> 12));
  const double beyond = static_cast<double>(tail) * 0x1p-30, scales = static_cast<double>(place) * 0x1p-17;
  return {away_q8 < 0 ? tail : (int64_t{1} << 30) - tail, beyond * (1 - beyond), away_q8 < 0 ? -scales : scales};
}

/// The mass of one symbol under one component, and how it changes with the component's offset and log2 scale.
struct SymbolMass {
  double mass, by_offset, by_log_scale;
};
SymbolMass symbol_mass(int64_t centre_q8, int32_t log_scale_q5, double offset, uint32_t range) {
  const int64_t low_q8 = int64_t{range} * 256 - 128 - centre_q8;
  const LogisticEdge low = edge_at(low_q8, log_scale_q5), high = edge_at(low_q8 + 256, log_scale_q5);
  // Offsets are in scales: with the scale the centre moves too.
  return {static_cast<double>(high.mass - low.mass) * 0x1p-30, low.density - high.density,
          kLn2 * (low.density * (low.scales + offset) - high.density * (high.scales + offset))};
}

}  // namespace

void range_slopes(std::span<const int32_t, kRangeOutputs> outputs, std::span<const int32_t, kRangeCentres> centres, uint32_t range,
                  std::span<float, kRangeOutputs> slopes) {
  constexpr size_t kCentres = kRangeCentres;
  const int32_t heaviest = *std::max_element(outputs.begin(), outputs.begin() + kCentres);
  std::array<double, kCentres> weights;
  std::array<SymbolMass, kCentres> masses;
  double sum = 0, weighted = 0;
  for (size_t k = 0; k < kCentres; ++k) {
    const LogisticComponent component = range_component(outputs[k], outputs[kCentres + k], outputs[2 * kCentres + k], centres[k], kCentres);
    const int32_t offset_q8 = std::clamp(outputs[2 * kCentres + k], -kMaxRangeOffset_q8, kMaxRangeOffset_q8);
    masses[k] = symbol_mass(component.centre_q8, component.log_scale_q5, offset_q8 * (1 / 256.0), range);
    weights[k] = static_cast<double>(detail::exp_of_minus(static_cast<uint64_t>(heaviest - outputs[k])));
    sum += weights[k];
    weighted += weights[k] * masses[k].mass;
  }
  const double mass = weighted / sum, total = (mass + kLeastMass) * sum;
  const auto is_cut = [](int32_t value, int32_t least, int32_t most) { return value < least || value > most; };
  for (size_t k = 0; k < kCentres; ++k) {
    const double share = weights[k] / total;
    const bool scale_cut = is_cut(outputs[kCentres + k], min_range_log_scale_q8(kCentres), kMaxRangeLogScale_q8);
    const bool offset_cut = is_cut(outputs[2 * kCentres + k], -kMaxRangeOffset_q8, kMaxRangeOffset_q8);
    slopes[k] = static_cast<float>(share * (mass - masses[k].mass));
    slopes[kCentres + k] = scale_cut ? 0.0F : static_cast<float>(-share * masses[k].by_log_scale);
    slopes[2 * kCentres + k] = offset_cut ? 0.0F : static_cast<float>(-share * masses[k].by_offset);
  }
}

void LearningRangeModel::ask() {
  const std::span<const float> said = network_.run(inputs_);
  constexpr float kMost = kMostOutput / 256.0F;
  for (size_t i = 0; i < kRangeOutputs; ++i) {
    const float value = said[i] + row_shift_[i];
    // What is not a number is neither, and the least.
    const float kept = value > -kMost ? (value < kMost ? value : kMost) : -kMost;
    outputs_[i] = static_cast<int32_t>((kept + kMost) * 256 + 0.5F) - kMostOutput;
  }
}

void LearningRangeModel::learn(uint32_t range) {
  std::array<float, kRangeOutputs> slopes;
  range_slopes(outputs_, centres_, range, slopes);
  for (size_t i = 0; i < kRangeOutputs; ++i) row_shift_[i] -= kRowRate * slopes[i];
  network_.learn(slopes);
}

void LearningRangeModel::note(const CdfInterval& interval, uint32_t range) {
  PredictedRow& noted = memo_->rows[number_];
  std::ranges::copy(inputs_, noted.inputs.data() + place_ * kRangeInputs);
  std::ranges::copy(centres_, noted.centres.data() + place_ * kRangeCentres);
  noted.intervals.data()[place_] = interval;
  noted.ranges.data()[place_] = range;
}

void LearningRangeModel::catch_up() {
  const RangeInputs inputs = inputs_;
  const RangeCentres centres = centres_;
  for (uint32_t row = 0; row <= number_; ++row) {
    row_shift_.fill(0);
    const size_t count = row == number_ ? place_ : memo_->rows[row].count;
    for (size_t i = 0; i < count; ++i) {
      const PredictedRow& noted = memo_->rows[row];
      std::copy_n(noted.inputs.data() + i * kRangeInputs, kRangeInputs, inputs_.begin());
      std::copy_n(noted.centres.data() + i * kRangeCentres, kRangeCentres, centres_.begin());
      ask();
      learn(noted.ranges.data()[i]);
    }
  }
  inputs_ = inputs;
  centres_ = centres;
}

}  // namespace dew
