// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/learning_range_model.h"

#include <algorithm>

#include "entropy/mixer.h"
#include "entropy/mixture.h"

namespace dew {
namespace {

// All of these are part of the format.
constexpr float kRowRate = 0x1p-7F;     ///< of a row's shifts
constexpr int32_t kMostOutput = 32767;  ///< of either sign
constexpr double kLeanRate = 0x1p-5, kMostLean = 8;
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

template <size_t kCentres>
void range_slopes(std::span<const int32_t, 3 * kCentres> outputs, std::span<const int32_t, kCentres> centres, uint32_t range,
                  std::span<float, 3 * kCentres> slopes) {
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

template <class Features>
BasicLearningRangeModel<Features>::BasicLearningRangeModel(const IntNet& net, const IntNet* second, Features features, uint32_t max_range,
                                                           RangeMemo* memo)
    : features_(std::move(features)), max_range_(max_range), memo_(memo) {
  voices_.emplace_back(net);
  if (second != nullptr) voices_.emplace_back(*second);
}

template <class Features>
void BasicLearningRangeModel<Features>::begin_row(uint32_t number) {
  features_.start_row(number);
  for (Voice& voice : voices_) voice.row_shift.fill(0);
}

template <class Features>
void BasicLearningRangeModel<Features>::make_room(std::span<const uint32_t> row) {
  if (memo_ == nullptr) return;
  if (memo_->rows.size() <= number_) memo_->rows.resize(number_ + 1);
  PredictedRow& noted = memo_->rows[number_];
  noted.count = row.size() - static_cast<size_t>(std::count(row.begin(), row.end(), 0u));
  noted.reserve(noted.count);
}

template <class Features>
void BasicLearningRangeModel<Features>::note(const CdfInterval& interval, uint32_t column, uint32_t range) {
  if (memo_ == nullptr) return;
  PredictedRow& noted = memo_->rows[number_];
  noted.columns.data()[place_] = column;
  noted.ranges.data()[place_] = range;
  noted.intervals.data()[place_] = interval;
}

template <class Features>
void BasicLearningRangeModel<Features>::ask(uint32_t column) {
  features_.look(column, inputs_, centres_);
  constexpr float kMost = kMostOutput / 256.0F;
  for (Voice& voice : voices_) {
    const std::span<const float> said = voice.network.run(inputs_);
    for (size_t i = 0; i < kOutputs; ++i) {
      const float value = said[i] + voice.row_shift[i];
      // What is not a number is neither, and the least.
      const float kept = value > -kMost ? (value < kMost ? value : kMost) : -kMost;
      voice.outputs[i] = static_cast<int32_t>((kept + kMost) * 256 + 0.5F) - kMostOutput;
    }
  }
}

template <class Features>
CdfInterval BasicLearningRangeModel<Features>::interval_of(uint32_t range) {
  std::array<CdfInterval, 2> intervals;
  for (size_t i = 0; i < voices_.size(); ++i) {
    intervals[i] = range_interval<kCentres>(voices_[i].outputs, centres_, range, static_cast<uint32_t>(max_range_));
    voices_[i].mass = intervals[i].size;
  }
  if (voices_.size() == 1) return intervals[0];
  const uint32_t start = BlendedCdf::blend(intervals[0].start, intervals[1].start, share_);
  return {start, BlendedCdf::blend(intervals[0].start + intervals[0].size, intervals[1].start + intervals[1].size, share_) - start};
}

template <class Features>
void BasicLearningRangeModel<Features>::learn(uint32_t column, uint32_t range) {
  features_.add_return(column, range);
  for (Voice& voice : voices_) {
    std::array<float, kOutputs> slopes;
    range_slopes<kCentres>(voice.outputs, centres_, range, slopes);
    for (size_t i = 0; i < kOutputs; ++i) voice.row_shift[i] -= kRowRate * slopes[i];
    voice.network.learn(slopes);
  }
  if (voices_.size() == 1) return;
  const double first = voices_[0].mass, second = voices_[1].mass, share = share_ * 0x1p-16;
  const double moved = lean_ + kLeanRate * (share * (1 - share) * (first - second) / (share * first + (1 - share) * second));
  lean_ = moved < -kMostLean ? -kMostLean : moved > kMostLean ? kMostLean : moved;
  share_ = squash(static_cast<int32_t>(lean_ * 256));
}

template <class Features>
void BasicLearningRangeModel<Features>::stop_recalling() {
  for (uint32_t number = 0; number <= number_; ++number) {
    begin_row(number);
    const PredictedRow& row = memo_->rows[number];
    const size_t returns = number < number_ ? row.count : place_;
    for (size_t i = 0; i < returns; ++i) {
      ask(row.columns.data()[i]);
      (void)interval_of(row.ranges.data()[i]);
      learn(row.columns.data()[i], row.ranges.data()[i]);
    }
  }
  memo_ = nullptr;
}

template class BasicLearningRangeModel<RangeFeatures>;
template class BasicLearningRangeModel<InterRangeFeatures>;
template void range_slopes<kRangeCentres>(std::span<const int32_t, kRangeOutputs>, std::span<const int32_t, kRangeCentres>, uint32_t,
                                          std::span<float, kRangeOutputs>);

}  // namespace dew
