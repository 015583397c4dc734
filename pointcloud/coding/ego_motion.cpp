// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/coding/ego_motion.h"

#include <algorithm>
#include <cmath>

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
    for_each_block([&](const Block& block) { move_returns(block); });
    // Where nothing was seen, nothing is seen from here either, unless something moved there.
    for_each_block([&](const Block& block) { move_nothing(block); });
    // What falls on cells lies beside their beams, and some are hit by nothing: where does each beam meet the surface?
    const DecodedPicture fallen = moved_;
    for_each_block([&](const Block& block) { meet_surface(block, fallen); });
    return std::move(moved_);
  }

 private:
  static constexpr uint32_t kMany = ManyPoints::kCount;
  /// Neighbouring cells of a row, which are asked about at once.
  struct Block {
    uint32_t row, column, count;
    size_t cell;  ///< the first one
  };
  template <class Visit>
  void for_each_block(Visit&& visit) {
    const uint32_t columns = from_.columns();
    for (uint32_t row = 0; row < from_.rows; ++row) {
      for (uint32_t column = 0; column < columns; column += kMany)
        visit(Block{row, column, std::min(kMany, columns - column), size_t{row} * columns + column});
    }
  }
  uint32_t ticks(double range_m) const { return static_cast<uint32_t>(std::clamp(range_m / tick_m_ + 0.5, 1.0, kMostTicks)); }
  void set(size_t to, uint32_t range, uint8_t intensity) {
    moved_.range[to] = range;
    if (!moved_.intensity.empty()) moved_.intensity[to] = intensity;
  }
  uint8_t intensity(const DecodedPicture& of, size_t cell) const { return of.intensity.empty() ? uint8_t{0} : of.intensity[cell]; }

  void move_returns(const Block& block) {
    ManyPoints points;
    for (uint32_t i = 0; i < block.count; ++i) {
      const uint32_t range = from_.range[block.cell + i];
      if (range != 0 && range != kNothingKnown) points.set(i, move_(geometry_.point(block.row, block.column + i, range * tick_m_)));
    }
    if (points.asked == 0) return;
    const CellsOfMany to = geometry_.cells(points);
    for (uint32_t i = 0; i < block.count; ++i) {
      if ((to.known >> i & 1) == 0) continue;
      const uint32_t moved = ticks(length(points[i]));
      if (moved_.range[to.cell[i]] > moved) set(to.cell[i], moved, intensity(from_, block.cell + i));
    }
  }
  void move_nothing(const Block& block) {
    ManyPoints points;
    for (uint32_t i = 0; i < block.count; ++i) {
      if (from_.range[block.cell + i] == 0) points.set(i, move_(geometry_.point(block.row, block.column + i, kFar_m)));
    }
    if (points.asked == 0) return;
    const CellsOfMany to = geometry_.cells(points);
    for (uint32_t i = 0; i < block.count; ++i) {
      if ((to.known >> i & 1) != 0 && moved_.range[to.cell[i]] == kNothingKnown) set(to.cell[i], 0, intensity(from_, block.cell + i));
    }
  }

  /// The cell itself, or a neighbour that something fell on where nothing is known of it.
  size_t start(uint32_t row, uint32_t column, size_t cell, const DecodedPicture& fallen) const {
    if (fallen.range[cell] != kNothingKnown) return cell;
    const size_t columns = from_.columns(), row_at = size_t{row} * columns;
    const size_t around[] = {row_at + (column + 1) % columns, row_at + (column + columns - 1) % columns, row > 0 ? cell - columns : cell,
                             row + 1 < from_.rows ? cell + columns : cell};
    for (const size_t beside : around) {
      if (fallen.range[beside] != kNothingKnown && fallen.range[beside] != 0) return beside;
    }
    return cell;
  }
  void meet_surface(const Block& block, const DecodedPicture& fallen) {
    std::array<size_t, kMany> from{};
    ManyPoints::Numbers distance{};
    uint32_t wanted = 0;
    for (uint32_t i = 0; i < block.count; ++i) {
      from[i] = start(block.row, block.column + i, block.cell + i, fallen);
      const uint32_t range = fallen.range[from[i]];
      if (range == 0 || range == kNothingKnown) continue;
      distance[i] = range * tick_m_;
      wanted |= 1u << i;
    }
    const uint32_t met = follow_beams(block, wanted, distance);
    for (uint32_t i = 0; i < block.count; ++i) {
      if (met >> i & 1) set(block.cell + i, ticks(distance[i]), intensity(fallen, from[i]));
    }
  }
  /// From first guesses, by steps that shrink fast: the surface is looked at from nearly the same place. Returns which of the wanted beams
  /// meet it, at what `distance` is then.
  uint32_t follow_beams(const Block& block, uint32_t wanted, ManyPoints::Numbers& distance) const {
    constexpr int kMostSteps = 3;
    constexpr double kDone_m = 0.05, kDoneShare = 0.01, kLeast = 0.7, kMost = 1.4;
    uint32_t done = 0;
    ManyPoints::Numbers step{}, size{};
    for (int k = 0; k < kMostSteps && wanted != 0; ++k) {
      ManyPoints points;
      for (uint32_t i = 0; i < block.count; ++i) {
        if ((wanted >> i & 1) == 0) continue;
        const Vec3 p = move_.back(geometry_.point(block.row, block.column + i, distance[i]));
        points.set(i, p);
        size[i] = length(p);
      }
      const NearnessOfMany near = geometry_.nearness(points);
      wanted &= near.known;
      for (uint32_t i = 0; i < block.count; ++i) {
        if ((wanted >> i & 1) == 0) continue;
        const double met = distance[i] + size[i] * (1 / near.share[i] - 1);
        const bool is_near = met > kLeast * distance[i] && met < kMost * distance[i];
        step[i] = std::abs(met - distance[i]);
        distance[i] = met;
        if (is_near && step[i] < kDone_m) done |= 1u << i;
        if (!is_near || step[i] < kDone_m) wanted &= ~(1u << i);
      }
    }
    for (uint32_t i = 0; i < block.count; ++i) {
      if ((wanted >> i & 1) != 0 && step[i] <= kDone_m + kDoneShare * distance[i]) done |= 1u << i;
    }
    return done;
  }

  const DecodedPicture& from_;
  DecodedPicture moved_;
  PictureGeometry geometry_;
  PictureMover move_;
  double tick_m_;
};

}  // namespace

DecodedPicture warp(const FramePicture& before, const EgoMotion& motion) {
  if (!PictureGeometry::has(before)) return before.cells;
  return Warp(before, motion).run();
}

}  // namespace dew
