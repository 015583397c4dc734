// SPDX-License-Identifier: Apache-2.0
#include "pointcloud/stream/reference_planner.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dew {
namespace {

/// A receiver that said nothing for so long is taken for one that cannot.
constexpr uint64_t kReportSilence_us = 500'000;
/// Where the receiver says what it holds, slices stand alone so many times less often: for others that listen, and for those that come
/// late.
constexpr uint32_t kRarer = 4;
constexpr size_t kMostSent = 1024;
/// Places of a sector that are looked for in earlier slices; a slice that has fewer than so many of them is not worth naming, nor are all
/// together where too few are found.
constexpr size_t kSamples = 9, kLeastOfSlice = 2, kLeastInAll = 6;

/// Whether the slice has a column near that angle.
bool looks_there(const Scan& columns, uint32_t azimuth, uint32_t units, uint32_t reach) {
  return std::any_of(columns.azimuth.begin(), columns.azimuth.end(), [&](uint32_t own) {
    const uint32_t apart = own > azimuth ? own - azimuth : azimuth - own;
    return std::min(apart, units - std::min(units, apart)) <= reach;
  });
}

}  // namespace

void ReferencePlanner::clear() {
  sent_.clear();
  store_.clear();
}

void ReferencePlanner::sent(const SliceHeader& header, uint32_t message, EncodedSlice coded, uint64_t now_us) {
  if (refresh_us_ == 0) return;
  const SliceName name{header.frame, header.first_column};
  sent_.push_back({name, message, now_us, header.refers_to.empty(), false});
  store_.add(name, std::move(coded.decoded), coded.range_step);
  if (sent_.size() > kMostSent) sent_.pop_front();
}

void ReferencePlanner::reported(const ReceiverReport& report, uint64_t now_us) {
  if (!report.held_newest) return;
  reported_us_ = now_us;
  for (Sent& slice : sent_) {
    const uint32_t back = *report.held_newest - slice.message;
    slice.held = back == 0 || (back <= 64 && ((report.held_before >> (back - 1)) & 1) != 0);
  }
}

bool ReferencePlanner::has_way_back(uint64_t now_us) const { return reported_us_ != 0 && now_us < reported_us_ + kReportSilence_us; }

bool ReferencePlanner::may_refer(const Sent& slice, uint32_t frame, uint64_t now_us) const {
  const uint32_t back = frame - slice.name.frame;
  if (back == 0 || back > kMostFramesBack || store_.find(slice.name) == nullptr) return false;
  return has_way_back(now_us) ? slice.held : slice.alone && now_us < slice.time_us + refresh_us_;
}

std::vector<SliceName> ReferencePlanner::choose(const Sector& sector, uint32_t place, const SensorDescription& sensor, double turn_us,
                                                uint64_t now_us) const {
  std::vector<SliceName> names;
  if (refresh_us_ == 0 || sector.columns.columns == 0) return names;
  const auto turns = static_cast<uint32_t>(std::clamp(static_cast<double>(refresh_us_) / std::max(turn_us, 1.0) + 0.1, 1.0, 1e4));
  if ((sector.frame + place) % (has_way_back(now_us) ? turns * kRarer : turns) == 0) return names;

  const uint32_t units = sensor.azimuth_units_per_turn;
  const uint32_t reach = 2 * units / std::max(1u, sensor.columns_per_turn) + 1;
  std::array<bool, kSamples> found{};
  const auto azimuth = [&](size_t sample) { return sector.columns.azimuth[sample * (sector.columns.columns - 1) / (kSamples - 1)]; };
  size_t in_all = 0;
  for (auto slice = sent_.rbegin(); slice != sent_.rend() && names.size() < kMostReferences && in_all < kSamples; ++slice) {
    if (!may_refer(*slice, sector.frame, now_us)) continue;
    const Scan& columns = *store_.find(slice->name);
    std::array<bool, kSamples> here{};
    for (size_t i = 0; i < kSamples; ++i) here[i] = !found[i] && looks_there(columns, azimuth(i), units, reach);
    const auto count = static_cast<size_t>(std::count(here.begin(), here.end(), true));
    if (count < kLeastOfSlice) continue;
    for (size_t i = 0; i < kSamples; ++i) found[i] = found[i] || here[i];
    in_all += count;
    names.push_back(slice->name);
  }
  if (in_all < kLeastInAll) names.clear();
  return names;
}

}  // namespace dew
