// SPDX-License-Identifier: Apache-2.0
/// The attributes of a chunk, splat by splat along a curve through the decoded positions.
///
///   AttributeModel model(columns, copies);                      // varying columns only
///   const bool sound = model.code(coder, columns, positions);   // same line in encoder and decoder
///
/// A splat that repeats its nearest neighbour costs one bit or less; one that repeats another costs its first value and a bit. Otherwise,
/// column by column: a value that often comes back is called by its number; any other is coded around what a running regression expects
/// from the neighbours and from the splat's earlier columns (float_coder.h), with a scale that a second, smaller regression expects from
/// how far off the expectations were: for this splat so far, its last columns, and the neighbours. Only + - * / sqrt on IEEE numbers: the
/// same bytes on every machine. Threads: one each.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "entropy/binary_coder.h"
#include "gaussians/coding/float_coder.h"
#include "gaussians/coding/lossless_columns.h"
#include "gaussians/coding/lossless_neighbours.h"
#include "gaussians/coding/lossless_regression.h"

namespace dew {

/// Columns beyond this many are expected to be as in the neighbours: the cost of a regression grows with the square of its columns.
inline constexpr size_t kMaxRegressionColumns = 80;

class AttributeModel {
 public:
  /// `copies`: whether a splat with the first value of an earlier one may be that one again.
  AttributeModel(std::span<const Column> columns, bool copies);

  /// Codes all values of `columns`, whose splats stand in the order of the curve; a decoder fills `values`, which have their size already.
  /// `positions`: three finite floats a splat, in that order. False: the decoder's bytes ended early, the rest is as it was.
  template <class Coder>
  bool code(Coder& coder, std::span<Column> columns, std::span<const float> positions) {
    note_cost(coder, nullptr);
    for (size_t splat = 0; splat < positions.size() / 3; ++splat) {
      const Nearest nearest = recent_.find(&positions[3 * splat]);
      begin(nearest);
      announce(coder, SplatPart::classes);
      announce_splat(coder, splat);
      const size_t twin = nearest.count > 0 ? splat_of_slot_[nearest.slot[0]] : splat;
      bool is_twin = nearest.count > 0;
      if constexpr (!Coder::kDecodes) {
        for (size_t k = 0; k < columns.size() && is_twin; ++k) is_twin = columns[k].values[splat] == columns[k].values[twin];
      }
      if (nearest.count > 0) is_twin = is_twin_[nearest.same_place].code(coder, is_twin, 1023);
      note_cost(coder, repeats_bits_);
      size_t source = is_twin ? twin : splat;
      for (size_t k = 0; k < columns.size(); ++k) {
        announce(coder, columns[k].part);
        uint32_t& value = columns[k].values[splat];
        if (source == splat) {
          value = code_value(coder, value, columns[k], k);
          if (k == 0 && copies_) source = code_copy(coder, columns, splat);
        } else {
          value = columns[k].values[source];
          if (!is_twin) take_copied(k, value);
        }
        if (column_bits_ != nullptr) note_cost(coder, &column_bits_[k]);
      }
      splat_of_slot_[slot_] = splat;
      end(is_twin, nearest);
      recent_.add(&positions[3 * splat]);
      if constexpr (Coder::kDecodes) {
        if (coder.overrun()) return false;
      }
    }
    return true;
  }

  /// With a CostMeter: code() adds each column's bits to column_bits[k], those of repeated splats to repeats_bits.
  void measure_into(double* column_bits, double* repeats_bits) {
    column_bits_ = column_bits;
    repeats_bits_ = repeats_bits;
  }

 private:
  static constexpr size_t kTaps = 8;
  /// What is learned of one column, apart from its floats.
  struct ColumnState {
    FloatColumn floats;
    FloatShapes own_shapes;  ///< of columns on a lattice, whose distances are like no others'
    std::array<AdaptiveBit, 16> is_frequent;
    std::array<detail::SteadyBit, 256> frequent_number;
    double centre = 0;
    double unit = 1;  ///< 2^scale_exponent
    double inverse_unit = 1;
    double mean_error = 1;  ///< mean distance from the expectation, in units
    double seen = 4;
    double agreement = 0, correction_square = 1;  ///< their ratio: the share of the fast regression
    std::array<double, kTaps> taps{0.2, 0.5, 0.1, 0.1, 0.1, 0, 0, 0};
  };

  template <class Coder>
  void note_cost(const Coder& coder, double* sum) {
    if constexpr (requires(double bits) { bits = coder.bits(); }) {
      if (sum != nullptr) *sum += coder.bits() - bits_before_;
      bits_before_ = coder.bits();
    }
  }
  /// The last splat of the same first value, if this one is the same in all other columns too; else `splat`.
  template <class Coder>
  size_t code_copy(Coder& coder, std::span<const Column> columns, size_t splat) {
    const auto [at, is_new] = last_of_first_value_.try_emplace(columns[0].values[splat], splat);
    if (is_new) return splat;
    const size_t source = std::exchange(at->second, splat);
    bool same = true;
    if constexpr (!Coder::kDecodes) {
      for (size_t k = 1; k < columns.size() && same; ++k) same = columns[k].values[splat] == columns[k].values[source];
    }
    return is_copy_.code(coder, same, 1023) ? source : splat;
  }
  void take_copied(size_t k, uint32_t bits);

  void begin(const Nearest& nearest);
  void end(bool is_twin, const Nearest& nearest);
  /// How far off the expectation of column k will be, over its mean error.
  double expected_error(size_t k);
  double prediction(size_t k);
  void learn_share(size_t k, double value);
  void learn_error(size_t k, double error);
  void reveal(size_t k, float normalised);
  float& kept(std::vector<float>& rows, size_t slot, size_t k) { return rows[slot * count_ + k]; }

  /// The value in units from the centre; bounded, 0 where there is none.
  static float normalised(const ColumnState& state, uint32_t bits) {
    constexpr double kBound = 200;
    if (!is_finite_float(bits)) return 0;
    const double away = (static_cast<double>(std::bit_cast<float>(bits)) - state.centre) * state.inverse_unit;
    return static_cast<float>(std::clamp(away, -kBound, kBound));
  }

  template <class Coder>
  uint32_t code_value(Coder& coder, uint32_t bits, const Column& column, size_t k) {
    ColumnState& state = states_[k];
    if (!column.frequent.empty()) {
      const auto at = std::lower_bound(column.frequent.begin(), column.frequent.end(), bits);
      bool frequent = at != column.frequent.end() && *at == bits;
      const auto before = [&](size_t back) { return k >= back && was_frequent_[k - back] != 0 ? 1u : 0u; };
      const uint32_t context = before(1) | before(3) << 1 | before(6) << 2 | (neighbour_frequent(k) ? 8u : 0u);
      frequent = state.is_frequent[context].code(coder, frequent, 1023);
      was_frequent_[k] = frequent;
      if (frequent) {
        uint32_t number = static_cast<uint32_t>(at - column.frequent.begin());
        if (column.frequent.size() > 1) {
          number = code_tree(number & 255, 8, [&](bool bit, uint32_t node) { return state.frequent_number[node].code(coder, bit); });
          number = std::min(number, static_cast<uint32_t>(column.frequent.size()) - 1);
        } else {
          number = 0;
        }
        bits = column.frequent[number];
        skip_error(k);
        reveal(k, normalised(state, bits));
        return bits;
      }
    }
    const double expected = prediction(k);
    const double error_scale = expected_error(k);
    FloatExpectation expectation;
    expectation.centre = state.centre + expected * state.unit;
    expectation.scale = state.mean_error * error_scale * state.unit;
    expectation.lattice = column.lattice;
    FloatShapes& shapes = column.lattice > kLeastExponent ? state.own_shapes : column.is_sh ? sh_shapes_ : shapes_;
    bits = code_float(coder, bits, expectation, state.floats, shapes);
    const float value = normalised(state, bits);
    const double distance = static_cast<double>(value) - expected;
    learn_share(k, static_cast<double>(value));
    learn_error(k, distance < 0 ? -distance : distance);
    reveal(k, value);
    return bits;
  }

  bool neighbour_frequent(size_t k) const { return first_slot_ < kRecentSplats && frequent_rows_[first_slot_ * count_ + k] != 0; }
  void skip_error(size_t k);
  size_t count_;      // columns
  size_t regressed_;  // the first of them
  std::vector<ColumnState> states_;
  FloatShapes shapes_, sh_shapes_;  // of columns without a lattice
  RunningRegression slow_, fast_;   // of long and of short memory
  RecentNeighbours recent_;
  std::array<AdaptiveBit, 2> is_twin_;
  AdaptiveBit is_copy_;
  bool copies_;
  std::map<uint32_t, size_t> last_of_first_value_;  // a tree: no bytes make it slow
  std::array<size_t, kRecentSplats> splat_of_slot_{};

  // Of the splat at work.
  size_t slot_ = 0;
  size_t first_slot_ = kRecentSplats;   // of the nearest neighbour; kRecentSplats: none
  std::vector<float> neighbour_;        // weighed values of the neighbours, normalised
  std::vector<float> neighbour_error_;  // their mean errors
  std::vector<double> errors_;          // by column, over the column's mean error
  std::vector<uint8_t> was_frequent_;
  std::array<double, kTaps> inputs_{};  // of the last expected_error
  double slow_prediction_ = 0, correction_ = 0;
  double expected_ = 1;
  double neighbour_sum_ = 1;  // mean error of the neighbours over all columns
  double error_sum_ = 0;
  double error_count_ = 0;

  double* column_bits_ = nullptr;
  double* repeats_bits_ = nullptr;
  double bits_before_ = 0;

  // Of the recent splats, by slot.
  std::vector<float> value_rows_, error_rows_;
  std::vector<uint8_t> frequent_rows_;
  std::array<double, kRecentSplats> mean_errors_{};
};

}  // namespace dew
