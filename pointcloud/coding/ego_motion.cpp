// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/ego_motion.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "pointcloud/coding/picture_geometry.h"
#include "pointcloud/sensor/small_matrix.h"

namespace dew {
namespace {

constexpr int32_t kMostMotion = 1 << 23;

std::optional<int32_t> whole(double value) {
  if (!(std::abs(value) < kMostMotion)) return std::nullopt;
  return static_cast<int32_t>(std::lround(value));
}

Mat3 rotation_of(const Pose& pose) { return {{{pose[0], pose[1], pose[2]}, {pose[4], pose[5], pose[6]}, {pose[8], pose[9], pose[10]}}}; }

}  // namespace

void write_ego_motion(const EgoMotion& motion, ByteWriter& writer) {
  for (const int32_t number : motion.rotation_urad) writer.signed_varint(number);
  for (const int32_t number : motion.translation_mm) writer.signed_varint(number);
}

Result<EgoMotion> read_ego_motion(ByteReader& reader) {
  EgoMotion motion;
  for (std::array<int32_t, 3>* numbers : {&motion.rotation_urad, &motion.translation_mm}) {
    for (int32_t& number : *numbers) {
      DEW_ASSIGN(const int64_t value, reader.signed_varint());
      if (value < -kMostMotion || value > kMostMotion) return Error{Code::corrupt, reader.offset(), "a motion is out of range"};
      number = static_cast<int32_t>(value);
    }
  }
  return motion;
}

std::optional<EgoMotion> motion_between(const Pose& before, const Pose& now) {
  const Mat3 from_world = transposed(rotation_of(now));
  const Mat3 turn = from_world * rotation_of(before);
  const Vec3 moved = from_world * Vec3{before[3] - now[3], before[7] - now[7], before[11] - now[11]};
  // The axis times twice the sine: good for the small turns between frames.
  const Vec3 sine{(turn.row[2].y - turn.row[1].z) / 2, (turn.row[0].z - turn.row[2].x) / 2, (turn.row[1].x - turn.row[0].y) / 2};
  const double size = length(sine), trace = turn.row[0].x + turn.row[1].y + turn.row[2].z;
  const double angle = std::atan2(size, (trace - 1) / 2);
  const Vec3 rotation = size > 1e-12 ? sine * (angle / size) : Vec3{0, 0, 0};
  EgoMotion motion;
  const double numbers[] = {rotation.x * 1e6, rotation.y * 1e6, rotation.z * 1e6, moved.x * 1e3, moved.y * 1e3, moved.z * 1e3};
  for (size_t i = 0; i < 6; ++i) {
    const std::optional<int32_t> number = whole(numbers[i]);
    if (!number) return std::nullopt;
    (i < 3 ? motion.rotation_urad : motion.translation_mm)[i % 3] = *number;
  }
  return motion;
}

namespace {

/// A cell without a return, as far away as this when the picture is moved.
constexpr double kFar_m = 150;
constexpr double kMostTicks = 16777215;

/// A picture as it is seen from elsewhere.
class Warp {
 public:
  Warp(const FramePicture& before, const EgoMotion& motion)
      : from_(before.cells), moved_(before.cells), geometry_(before), move_(motion), tick_m_(before.tick_um * 1e-6) {
    std::fill(moved_.range.begin(), moved_.range.end(), kNothingKnown);
  }

  DecodedPicture run() {
    for (uint32_t row = 0; row < from_.rows; ++row) move_returns(row);
    // Where nothing was seen, nothing is seen from here either, unless something moved there.
    for (uint32_t row = 0; row < from_.rows; ++row) move_nothing(row);
    // What falls on cells lies beside their beams, and some are hit by nothing: where does each beam meet the surface?
    const DecodedPicture fallen = moved_;
    for (uint32_t row = 0; row < from_.rows; ++row) meet_surface(row, fallen);
    return std::move(moved_);
  }

 private:
  /// A beam of a row, as far as something that is looked at.
  struct Beam {
    uint32_t column;
    uint8_t intensity;
    double distance;
  };

  size_t cell(uint32_t row, uint32_t column) const { return size_t{row} * from_.columns() + column; }
  uint32_t ticks(double range_m) const { return static_cast<uint32_t>(std::clamp(range_m / tick_m_ + 0.5, 1.0, kMostTicks)); }
  void set(size_t to, uint32_t range, uint8_t intensity) {
    moved_.range[to] = range;
    if (!moved_.intensity.empty()) moved_.intensity[to] = intensity;
  }
  uint8_t intensity(const DecodedPicture& of, size_t cell) const { return of.intensity.empty() ? uint8_t{0} : of.intensity[cell]; }

  /// Calls fall(cell, point, beam) for each end of a beam that a cell sees from here.
  template <class Fall>
  void let_fall(uint32_t row, Fall&& fall) {
    for (size_t first = 0; first < beams_.size(); first += ManyPoints::kCount) {
      const std::span<const Beam> some = std::span(beams_).subspan(first, std::min(ManyPoints::kCount, beams_.size() - first));
      points_.asked = 0;
      for (size_t i = 0; i < some.size(); ++i) points_.set(i, move_(geometry_.point(row, some[i].column, some[i].distance)));
      const CellsOfMany to = geometry_.cells(points_);
      for (size_t i = 0; i < some.size(); ++i) {
        if (to.known >> i & 1) fall(to.cell[i], points_[i], some[i]);
      }
    }
  }
  void move_returns(uint32_t row) {
    beams_.clear();
    for (uint32_t column = 0; column < from_.columns(); ++column) {
      const size_t at = cell(row, column);
      if (is_range(from_.range[at])) beams_.push_back({column, intensity(from_, at), from_.range[at] * tick_m_});
    }
    let_fall(row, [&](size_t to, const Vec3& p, const Beam& beam) {
      const uint32_t range = ticks(length(p));
      if (moved_.range[to] > range) set(to, range, beam.intensity);
    });
  }
  void move_nothing(uint32_t row) {
    beams_.clear();
    for (uint32_t column = 0; column < from_.columns(); ++column) {
      const size_t at = cell(row, column);
      if (from_.range[at] == 0) beams_.push_back({column, intensity(from_, at), kFar_m});
    }
    let_fall(row, [&](size_t to, const Vec3&, const Beam& beam) {
      if (moved_.range[to] == kNothingKnown) set(to, 0, beam.intensity);
    });
  }

  static bool is_range(uint32_t range) { return range != 0 && range != kNothingKnown; }
  /// The cell itself, or a neighbour that something fell on where nothing is known of it.
  size_t start(uint32_t row, uint32_t column, const DecodedPicture& fallen) const {
    const size_t here = cell(row, column), columns = from_.columns();
    if (fallen.range[here] != kNothingKnown) return here;
    const size_t row_at = here - column;
    const size_t around[] = {row_at + (column + 1) % columns, row_at + (column + columns - 1) % columns, row > 0 ? here - columns : here,
                             row + 1 < from_.rows ? here + columns : here};
    for (const size_t beside : around) {
      if (is_range(fallen.range[beside])) return beside;
    }
    return here;
  }
  /// From first guesses, by steps that shrink fast: the surface is looked at from nearly the same place.
  void meet_surface(uint32_t row, const DecodedPicture& fallen) {
    constexpr int kMostSteps = 3;
    beams_.clear();
    for (uint32_t column = 0; column < from_.columns(); ++column) {
      const size_t from = start(row, column, fallen);
      if (is_range(fallen.range[from])) beams_.push_back({column, intensity(fallen, from), fallen.range[from] * tick_m_});
    }
    for (int step = 0; step < kMostSteps && !beams_.empty(); ++step) {
      size_t open = 0;
      for (size_t first = 0; first < beams_.size(); first += ManyPoints::kCount)
        follow(row, first, std::min(ManyPoints::kCount, beams_.size() - first), step + 1 == kMostSteps, open);
      beams_.resize(open);
    }
  }
  /// One step of some beams. Those that meet the surface are set, and those that may yet are put to the others that are `open`.
  void follow(uint32_t row, size_t first, size_t count, bool is_last, size_t& open) {
    constexpr double kDone_m = 0.05, kDoneShare = 0.01, kLeast = 0.7, kMost = 1.4;
    ManyPoints::Numbers size;
    points_.asked = 0;
    for (size_t i = 0; i < count; ++i) {
      const Vec3 p = move_.back(geometry_.point(row, beams_[first + i].column, beams_[first + i].distance));
      points_.set(i, p);
      size[i] = length(p);
    }
    const NearnessOfMany near = geometry_.nearness(points_);
    for (size_t i = 0; i < count; ++i) {
      if ((near.known >> i & 1) == 0) continue;
      Beam beam = beams_[first + i];
      const double before = beam.distance;
      beam.distance = before + size[i] * (1 / near.share[i] - 1);
      if (!(beam.distance > kLeast * before && beam.distance < kMost * before)) continue;
      const double step = std::abs(beam.distance - before);
      if (step < kDone_m || (is_last && step <= kDone_m + kDoneShare * beam.distance)) {
        set(cell(row, beam.column), ticks(beam.distance), beam.intensity);
      } else if (!is_last) {
        beams_[open++] = beam;
      }
    }
  }

  const DecodedPicture& from_;
  DecodedPicture moved_;
  PictureGeometry geometry_;
  PictureMover move_;
  double tick_m_;
  std::vector<Beam> beams_;  ///< of the row under way
  ManyPoints points_;        ///< being asked about
};

}  // namespace

DecodedPicture warp(const FramePicture& before, const EgoMotion& motion) {
  if (!PictureGeometry::has(before)) return before.cells;
  return Warp(before, motion).run();
}

}  // namespace dew
