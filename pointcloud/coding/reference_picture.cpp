// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/reference_picture.h"

#include <algorithm>
#include <utility>

#include "pointcloud/coding/log_scale.h"

namespace dew {
namespace {

constexpr uint32_t kMostTicks = 1u << 24;
/// Models' arithmetic holds for ranges below this, 1/16 step.
constexpr int32_t kMostSteps_q4 = ((1 << 20) - 1) * 16;
/// Columns farther away than so many usual steps between columns say nothing of a cell.
constexpr uint32_t kMostSteps = 3;

/// The two columns of a picture around an angle.
struct ColumnPair {
  uint32_t left = 0, right = 0;  // firing columns
  uint32_t place = 0;            // 0 at the left one, 255 at the right one
  bool has_left = false, has_right = false;
};

/// Native ticks as 1/16 ticks, or one of the two that are no ranges.
int32_t in_q4(uint32_t ticks) {
  return ticks == kNothingKnown ? kReferenceUnknown : static_cast<int32_t>(std::min(ticks, kMostTicks) * 16);
}

/// Whether two ranges look like one surface, 1/16 ticks; both are ranges.
bool one_surface(int32_t a, int32_t b, int32_t step_q4) { return std::abs(a - b) < std::max({a / 32, 320, 2 * step_q4}); }

int32_t step_in_q4(const DecodedPicture& picture) { return static_cast<int32_t>(std::min(picture.range_step, 1u << 20) * 16); }

/// Between two cells: along the surface that they share, else the nearer one, else the one that has a return, or that is known.
int32_t between(int32_t left, int32_t right, uint32_t place, int32_t step_q4) {
  if (left > 0 && right > 0) {
    if (one_surface(left, right, step_q4)) return left + static_cast<int32_t>((int64_t{right} - left) * place / 255);
    return place < 128 ? left : right;
  }
  return std::max(left, right);
}

/// Finds the columns of a picture around an angle.
class AzimuthIndex {
 public:
  explicit AzimuthIndex(const GridAzimuths& azimuths) : turn_(azimuths.units_per_turn) {
    for (uint32_t column = 0; column < azimuths.columns(); ++column)
      sorted_.emplace_back(wrapped(azimuths.column_azimuth[column], turn_), column);
    std::sort(sorted_.begin(), sorted_.end());
    reach_ = kMostSteps * std::max(1u, usual_step());
  }

  /// `turns_down`: the frame's angles fall, so that its left is the side of larger angles.
  ColumnPair around(uint32_t azimuth, bool turns_down) const {
    if (sorted_.empty()) return {};
    const auto above = std::upper_bound(sorted_.begin(), sorted_.end(), std::pair{azimuth, ~uint32_t{0}});
    const auto& [low_angle, low] = above == sorted_.begin() ? sorted_.back() : *(above - 1);
    const auto& [high_angle, high] = above == sorted_.end() ? sorted_.front() : *above;
    uint32_t from_low = azimuth >= low_angle ? azimuth - low_angle : azimuth + turn_ - low_angle;
    uint32_t to_high = high_angle >= azimuth ? high_angle - azimuth : high_angle + turn_ - azimuth;
    const bool has_low = from_low <= reach_, has_high = to_high <= reach_;
    ColumnPair pair{low, high, 0, has_low, has_high};
    if (has_low && has_high) {
      pair.place = from_low * 255 / std::max(1u, from_low + to_high);
    } else {
      pair.place = has_low ? 0 : 255;
    }
    if (turns_down) {
      std::swap(pair.left, pair.right);
      std::swap(pair.has_left, pair.has_right);
      pair.place = 255 - pair.place;
    }
    return pair;
  }

  static uint32_t wrapped(int64_t azimuth, uint32_t turn) {
    const int64_t rest = azimuth % int64_t{turn};
    return static_cast<uint32_t>(rest < 0 ? rest + turn : rest);
  }

 private:
  /// Median angle between neighbouring columns.
  uint32_t usual_step() const {
    std::vector<uint32_t> steps;
    for (size_t i = 1; i < sorted_.size(); ++i) steps.push_back(sorted_[i].first - sorted_[i - 1].first);
    if (steps.empty()) return 1;
    const auto middle = steps.begin() + static_cast<ptrdiff_t>(steps.size() / 2);
    std::nth_element(steps.begin(), middle, steps.end());
    return *middle;
  }

  uint32_t turn_, reach_ = 1;
  std::vector<std::pair<uint32_t, uint32_t>> sorted_;  ///< angle, firing column
};

/// Angles of which there are units: column numbers where the sensor has none.
GridAzimuths with_units(const GridAzimuths& azimuths) {
  GridAzimuths known = azimuths;
  if (known.units_per_turn != 0) return known;
  known.units_per_turn = std::max(1u, known.columns());
  for (uint32_t column = 0; column < known.columns(); ++column) known.column_azimuth[column] = static_cast<int32_t>(column);
  return known;
}

bool turns_down(const GridAzimuths& azimuths) {
  const int64_t turn = azimuths.units_per_turn;
  int64_t falling = 0;
  for (uint32_t column = 1; column < azimuths.columns(); ++column) {
    const int64_t step = int64_t{azimuths.column_azimuth[column]} - azimuths.column_azimuth[column - 1];
    const uint32_t up = AzimuthIndex::wrapped(step, azimuths.units_per_turn);
    falling += up == 0 ? 0 : 2 * int64_t{up} > turn ? 1 : -1;
  }
  return falling > 0;
}

bool is_whole(const DecodedPicture& picture) {
  const auto& azimuths = picture.azimuths;
  const size_t cells = size_t{picture.rows} * picture.columns();
  return cells > 0 && picture.range.size() == cells && (picture.intensity.empty() || picture.intensity.size() == cells) &&
         (azimuths.row_shift.empty() || azimuths.row_shift.size() == picture.rows) &&
         std::all_of(azimuths.row_shift.begin(), azimuths.row_shift.end(), [&](uint32_t shift) { return shift < picture.columns(); });
}

/// 1/16 native ticks as 1/16 steps of now. REQUIRES: 0 <= ticks.
class StepScale {
 public:
  explicit StepScale(uint32_t step) : step_(static_cast<int32_t>(std::min(step, kMostTicks))) {}
  int32_t operator()(int32_t ticks_q4) const {
    if (ticks_q4 <= 0) return ticks_q4;
    if (step_ == 1) return std::min(ticks_q4, kMostSteps_q4);
    // Coded ranges are one more than what they stand for, so that a near return is no no-return.
    return std::min(ticks_q4 / step_ + 16, kMostSteps_q4);
  }
  int32_t of_distance(int32_t ticks_q4) const { return ticks_q4 / step_; }

 private:
  int32_t step_;
};

/// The columns beside a row go on around the turn.
template <class T>
void wrap_margins(std::vector<T>& cells, const ReferencePicture& reference) {
  if (cells.empty()) return;
  for (uint32_t row = 0; row < reference.rows; ++row) {
    T* first = cells.data() + reference.at(row, 0);
    for (uint32_t i = 1; i <= ReferencePicture::kMargin; ++i) {
      first[-static_cast<ptrdiff_t>(i)] = first[(reference.columns - i % reference.columns) % reference.columns];
      first[reference.columns + i - 1] = first[(i - 1) % reference.columns];
    }
  }
}

void fill_from_picture(const DecodedPicture& picture, const GridAzimuths& now, const StepScale& scaled, ReferencePicture& reference) {
  const GridAzimuths from = with_units(picture.azimuths);
  const AzimuthIndex index(from);
  const bool falling = turns_down(now);
  std::vector<ColumnPair> pairs;
  for (const int32_t azimuth : now.column_azimuth)
    pairs.push_back(index.around(AzimuthIndex::wrapped(azimuth, now.units_per_turn), falling));
  const int32_t step_q4 = step_in_q4(picture);
  const bool has_intensity = !picture.intensity.empty();
  if (has_intensity) {
    reference.left_intensity.assign(reference.left.size(), 0);
    reference.right_intensity.assign(reference.left.size(), 0);
  }
  for (uint32_t row = 0; row < reference.rows; ++row) {
    const size_t row_at = size_t{row} * picture.columns();
    for (uint32_t column = 0; column < reference.columns; ++column) {
      const ColumnPair& pair = pairs[now.firing_column(row, column)];
      const size_t cell = reference.at(row, column);
      const size_t from_left = row_at + from.grid_column(row, pair.left), from_right = row_at + from.grid_column(row, pair.right);
      const int32_t left = pair.has_left ? in_q4(picture.range[from_left]) : kReferenceUnknown;
      const int32_t right = pair.has_right ? in_q4(picture.range[from_right]) : kReferenceUnknown;
      reference.left[cell] = scaled(left);
      reference.right[cell] = scaled(right);
      reference.guess[cell] = scaled(between(left, right, pair.place, step_q4));
      reference.place[cell] = static_cast<uint8_t>(pair.place);
      if (!has_intensity) continue;
      if (left > 0) reference.left_intensity[cell] = picture.intensity[from_left];
      if (right > 0) reference.right_intensity[cell] = picture.intensity[from_right];
    }
  }
}

}  // namespace

/// Reads a background at any angle.
struct BackgroundReader {
  static void fill(const Background& background, const GridAzimuths& now, const StepScale& scaled, ReferencePicture& reference) {
    reference.has_background = true;
    const size_t cells = reference.left.size();
    reference.background.assign(cells, kReferenceUnknown);
    reference.background_spread.assign(cells, 0);
    reference.background_seen.assign(cells, 0);
    reference.background_empty.assign(cells, 128);
    const uint32_t bins = background.bins_;
    struct Place {
      uint32_t low, high, share;  // 0 at the low one, 255 nearly at the high one
    };
    std::vector<Place> places;
    for (const int32_t azimuth : now.column_azimuth) {
      // Bins stand for their centres: counted in 1/256 bins from the centre of the last bin on.
      const uint64_t at = uint64_t{AzimuthIndex::wrapped(azimuth, now.units_per_turn)} * bins * 256 / now.units_per_turn;
      const uint64_t from_last = at + 256 * uint64_t{bins} - 128;
      const uint64_t low = (from_last >> 8) % bins;
      places.push_back({static_cast<uint32_t>(low), static_cast<uint32_t>((low + 1) % bins), static_cast<uint32_t>(from_last & 255)});
    }
    for (uint32_t row = 0; row < reference.rows; ++row) {
      const Background::Cell* of_row = background.cells_.data() + size_t{row} * bins;
      for (uint32_t column = 0; column < reference.columns; ++column) {
        const Place& place = places[now.firing_column(row, column)];
        const Background::Cell &a = of_row[place.low], &b = of_row[place.high];
        const Background::Cell& nearer = place.share < 128 ? a : b;
        const size_t cell = reference.at(row, column);
        reference.background_empty[cell] = static_cast<uint8_t>((a.empty * (256 - place.share) + b.empty * place.share) >> 8);
        const int32_t mean = between(range_of(a), range_of(b), place.share, 16);
        reference.background[cell] = scaled(mean);
        const int32_t spread = scaled.of_distance(nearer.spread);
        reference.background_spread[cell] = static_cast<uint8_t>(std::min(255, log_q4(static_cast<uint64_t>(spread)) / 4));
        reference.background_seen[cell] = mean > 0 ? std::max(nearer.seen, uint8_t{1}) : uint8_t{0};
      }
    }
  }

 private:
  static int32_t range_of(const Background::Cell& cell) {
    if (cell.looks == 0) return kReferenceUnknown;
    return cell.seen == 0 || cell.empty > 192 ? kReferenceEmpty : cell.mean;
  }
};

Background::Background(uint32_t rows, uint32_t bins, uint32_t units_per_turn)
    : rows_(rows), bins_(std::clamp(bins, 1u, kMostBins)), units_per_turn_(std::max(1u, units_per_turn)), cells_(size_t{rows} * bins_) {}

void Background::learn(Cell& cell, int32_t range, int32_t step_q4) {
  constexpr int kMostMean = 24, kMostMissed = 3;
  if (range == kReferenceUnknown) return;
  cell.looks = static_cast<uint8_t>(std::min(255, cell.looks + 1));
  const int rate = cell.looks < 8 ? 2 : 3;
  if (range == kReferenceEmpty) {
    cell.empty = static_cast<uint8_t>(cell.empty + ((255 - cell.empty) >> rate));
    return;
  }
  cell.empty = static_cast<uint8_t>(cell.empty - (cell.empty >> rate));
  const int32_t away = std::abs(range - cell.mean);
  if (cell.seen > 0 && away <= std::max({8 * std::min(cell.spread, 1 << 24), cell.mean / 64, 640, 2 * step_q4})) {
    cell.seen = static_cast<uint8_t>(std::min(255, cell.seen + 1));
    cell.missed = 0;
    cell.mean += (range - cell.mean) / std::min<int32_t>(cell.seen, kMostMean);
    cell.spread += (away - cell.spread) / std::min<int32_t>(cell.seen, 8);
    return;
  }
  cell.missed = static_cast<uint8_t>(cell.missed + 1);
  if (cell.seen > cell.missed && cell.missed < kMostMissed) return;
  cell.mean = range;
  cell.spread = 0;
  cell.seen = 1;
  cell.missed = 0;
}

void Background::add(const DecodedPicture& picture) {
  if (picture.rows != rows_ || !is_whole(picture)) return;
  const GridAzimuths from = with_units(picture.azimuths);
  if (from.units_per_turn != units_per_turn_) return;
  const AzimuthIndex index(from);
  const int32_t step_q4 = step_in_q4(picture);
  std::vector<ColumnPair> pairs;
  for (uint32_t bin = 0; bin < bins_; ++bin) {
    const uint64_t centre = (2 * uint64_t{bin} + 1) * units_per_turn_ / (2 * uint64_t{bins_});
    pairs.push_back(index.around(static_cast<uint32_t>(centre), false));
  }
  for (uint32_t row = 0; row < rows_; ++row) {
    const uint32_t* ranges = picture.range.data() + size_t{row} * picture.columns();
    Cell* cells = cells_.data() + size_t{row} * bins_;
    for (uint32_t bin = 0; bin < bins_; ++bin) {
      const ColumnPair& pair = pairs[bin];
      const int32_t left = pair.has_left ? in_q4(ranges[from.grid_column(row, pair.left)]) : kReferenceUnknown;
      const int32_t right = pair.has_right ? in_q4(ranges[from.grid_column(row, pair.right)]) : kReferenceUnknown;
      learn(cells[bin], between(left, right, pair.place, step_q4), step_q4);
    }
  }
}

ReferencePicture resample(const DecodedPicture& picture, const Background* background, const GridAzimuths& now, uint32_t rows,
                          const ReferenceOptions& options) {
  ReferencePicture reference;
  reference.rows = rows;
  reference.columns = now.columns();
  reference.frame_distance = options.frame_distance;
  const size_t cells = rows * reference.stride();
  reference.left.assign(cells, kReferenceUnknown);
  reference.right.assign(cells, kReferenceUnknown);
  reference.guess.assign(cells, kReferenceUnknown);
  reference.place.assign(cells, 0);
  const GridAzimuths here = with_units(now);
  const StepScale scaled(options.range_step);
  if (picture.rows == rows && is_whole(picture) && with_units(picture.azimuths).units_per_turn == here.units_per_turn)
    fill_from_picture(picture, here, scaled, reference);
  if (background != nullptr && background->rows() == rows && background->units_per_turn() == here.units_per_turn)
    BackgroundReader::fill(*background, here, scaled, reference);
  for (auto* of_cells : {&reference.left, &reference.right, &reference.guess, &reference.background}) wrap_margins(*of_cells, reference);
  for (auto* of_cells :
       {&reference.place, &reference.left_intensity, &reference.right_intensity, &reference.background_spread, &reference.background_seen})
    wrap_margins(*of_cells, reference);
  return reference;
}

uint64_t reference_memory_bytes(uint32_t rows, uint32_t columns) {
  constexpr uint64_t kBytesACell = 4 * sizeof(int32_t) + 6;
  return (uint64_t{columns} + 2 * ReferencePicture::kMargin) * rows * kBytesACell;
}

}  // namespace dew
