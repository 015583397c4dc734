// SPDX-License-Identifier: Apache-2.0
#include "apps/train/training_set.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "apps/files.h"
#include "apps/train/inter_samples.h"
#include "pointcloud/coding/reference_features.h"
#include "pointcloud/io/lrf.h"
#include "pointcloud/sensor/packets_capture.h"

namespace dew::train {
namespace {

constexpr Capture kCaptures[] = {
    {"hesai_xt32", Fold::a},      {"velodyne_vls128", Fold::a}, {"velodyne_vlp32c", Fold::a},  // standing: near field, street, street
    {"hesai_qt128", Fold::b},     {"velodyne_vlp16", Fold::b},                                 // near field, rooms
    {"velodyne_hdl32e", Fold::b}, {"ouster", Fold::b, true},                                   // street, driving
};
constexpr size_t kMostScans = 3;
/// Ticks a step: bounds of 4 mm to 5 cm at ticks of 2 mm, of 1 cm to 20 cm at 8 mm.
constexpr std::array<uint32_t, 4> kCoarseSteps = {4, 8, 24, 48};
/// How much coarse scans and simulated ones count beside native captures.
constexpr double kCoarseWeight = 0.35, kSimulatedWeight = 0.5;
/// Captures are few, sensors many: each capture is also seen with every so many of its rows and columns, and from the other side.
struct Thinning {
  uint32_t rows, columns;
  bool mirrored;
};
constexpr std::array<Thinning, 4> kThinnings = {{{2, 1, false}, {1, 2, true}, {4, 1, true}, {1, 1, true}}};
constexpr uint32_t kLeastRows = 16;
constexpr double kThinnedWeight = 0.5;

Result<std::vector<std::string>> files_of(const std::string& folder, const char* ending) {
  DEW_ASSIGN(std::vector<std::string> files, app::expand_folders({folder}, {ending}));
  if (files.empty()) return Error{Code::io, 0, std::string("no ") + ending + " file in " + folder};
  return files;
}

void add_capture(RangeSamples& samples, const std::string& name, const std::vector<Scan>& scans) {
  for (size_t k = 0; k < scans.size(); ++k) {
    append_scan(samples, scans[k], {.name = name});
    for (size_t i = k; i < kCoarseSteps.size(); i += scans.size()) {
      append_scan(samples, scans[k], {.name = name, .range_step = kCoarseSteps[i], .weight = kCoarseWeight});
    }
    const RangeGrid grid = grid_of(scans[k], 1);
    for (const auto& [rows, columns, mirrored] : kThinnings) {
      if (grid.rows / rows < kLeastRows) continue;
      append_grid(samples, thinned(grid, rows, columns, mirrored), {.name = name, .weight = kThinnedWeight});
    }
  }
}

void add_simulated(RangeSamples& samples, const std::vector<Scan>& scans) {
  for (size_t k = 0; k < scans.size(); ++k) {
    append_scan(samples, scans[k], {.name = "simulated", .weight = kSimulatedWeight});
    if (k % 2 == 0) continue;
    const uint32_t step = kCoarseSteps[k / 2 % kCoarseSteps.size()];
    append_scan(samples, scans[k], {.name = "simulated", .range_step = step, .weight = kSimulatedWeight * kCoarseWeight});
  }
}

constexpr size_t kMostSequenceFrames = 6;

void add_sequence(RangeSamples& samples, const std::string& name, const std::vector<SequenceFrame>& frames, const SequenceOptions& all) {
  const auto like = [&](uint32_t distance, uint32_t one_in) { return SequenceOptions{distance, one_in, all.background, all.errors}; };
  append_sequence(samples, frames, {.name = name}, like(1, 1));
  if (frames.size() > 2) append_sequence(samples, frames, {.name = name, .weight = kThinnedWeight}, like(2, 2));
  for (const uint32_t step : kCoarseSteps)
    append_sequence(samples, frames, {.name = name, .range_step = step, .weight = kCoarseWeight}, like(1, 3));
  for (const auto& [rows, columns, mirrored] : kThinnings) {
    if (frames.front().grid.rows / rows < kLeastRows) continue;
    std::vector<SequenceFrame> thin;
    for (const SequenceFrame& frame : frames) thin.push_back(thinned(frame, rows, columns, mirrored));
    append_sequence(samples, thin, {.name = name, .weight = kThinnedWeight}, like(1, rows * columns == 1 ? 2 : 1));
  }
}

void add_simulated_sequence(RangeSamples& samples, const std::vector<SequenceFrame>& frames, size_t number, const SequenceOptions& all) {
  const double of_all = static_cast<double>(frames.front().grid.range.size() * (frames.size() - 1));
  const auto one_in = static_cast<uint32_t>(std::clamp(of_all / 40000, 1.0, 16.0));
  append_sequence(samples, frames, {.name = "simulated", .weight = kSimulatedWeight}, {1, one_in, all.background, all.errors});
  const uint32_t step = kCoarseSteps[number % kCoarseSteps.size()];
  append_sequence(samples, frames, {.name = "simulated", .weight = kSimulatedWeight}, {1, one_in, false, all.errors, true});
  append_sequence(samples, frames, {.name = "simulated", .range_step = step, .weight = kSimulatedWeight * kCoarseWeight},
                  {1, 2 * one_in, false, all.errors, true});
  append_sequence(samples, frames, {.name = "simulated", .range_step = step, .weight = kSimulatedWeight * kCoarseWeight},
                  {1, 3 * one_in, all.background, all.errors});
}

}  // namespace

std::span<const Capture> captures() { return kCaptures; }

Result<std::vector<Scan>> read_scans(const std::string& folder, size_t most) {
  DEW_ASSIGN(std::vector<std::string> files, files_of(folder, ".lrf"));
  files.resize(std::min(files.size(), most));
  std::vector<Scan> scans;
  for (const std::string& file : files) {
    DEW_ASSIGN(const Bytes bytes, app::read_file(file));
    DEW_ASSIGN(Scan scan, read_lrf(bytes, {}));
    scans.push_back(std::move(scan));
  }
  return scans;
}

Result<std::vector<Scan>> read_packet_scans(const std::string& folder) {
  DEW_ASSIGN(const std::vector<std::string> files, files_of(folder, ".pcap"));
  std::vector<Scan> scans;
  for (const std::string& file : files) {
    DEW_ASSIGN(const Bytes bytes, app::read_file(file));
    DEW_ASSIGN(dew::Capture capture, read_capture(bytes, {}, {}));
    for (CaptureFrame& frame : capture.frames) {
      for (const PacketKind& kind : capture.kinds) {
        if (kind.layout.planes == 0 || frame.planes[kind.first_plane].columns == 0) continue;
        scans.push_back(std::move(frame.planes[kind.first_plane]));
      }
    }
  }
  return scans;
}

Result<RangeSamples> training_samples(const TrainingSetOptions& options, std::vector<std::string>& names) {
  RangeSamples samples;
  for (const Capture& capture : kCaptures) {
    if (options.data.empty() || (options.fold != Fold::all && options.fold != capture.fold)) continue;
    const std::string folder = options.data + "/" + capture.folder;
    DEW_ASSIGN(const std::vector<Scan> scans, capture.packets ? read_packet_scans(folder) : read_scans(folder, kMostScans));
    add_capture(samples, capture.folder, scans);
    names.emplace_back(capture.folder);
  }
  if (!options.simulated.empty()) {
    DEW_ASSIGN(const std::vector<Scan> scans, read_scans(options.simulated, SIZE_MAX));
    add_simulated(samples, scans);
    names.push_back(std::to_string(scans.size()) + " simulated");
  }
  return samples;
}

Result<RangeSamples> inter_training_samples(const TrainingSetOptions& options, std::vector<std::string>& names) {
  RangeSamples samples;
  samples.input_count = kInterInputs;
  samples.centre_count = kInterCentres;
  for (const Capture& capture : kCaptures) {
    if (options.data.empty() || (options.fold != Fold::all && options.fold != capture.fold)) continue;
    DEW_ASSIGN(const std::vector<Scan> scans, read_scans(options.data + "/" + capture.folder, kMostSequenceFrames));
    const std::vector<SequenceFrame> frames = sequence_of(scans);
    if (frames.size() < 2) continue;
    add_sequence(samples, capture.folder, frames, options.sequence);
    names.emplace_back(capture.folder);
  }
  if (options.simulated.empty()) return samples;
  std::vector<std::string> folders;
  for (const auto& entry : std::filesystem::directory_iterator(options.simulated)) folders.push_back(entry.path().string());
  std::sort(folders.begin(), folders.end());
  for (size_t i = 0; i < folders.size(); ++i) {
    DEW_ASSIGN(const std::vector<Scan> scans, read_scans(folders[i], kMostSequenceFrames));
    const std::vector<SequenceFrame> frames = sequence_of(scans);
    if (frames.size() > 1) add_simulated_sequence(samples, frames, i, options.sequence);
  }
  names.push_back(std::to_string(folders.size()) + " simulated sequences");
  return samples;
}

}  // namespace dew::train
