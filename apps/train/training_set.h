// SPDX-License-Identifier: Apache-2.0
/// Which captures train which network.
///
///   DEW_ASSIGN(RangeSamples samples, training_samples({.fold = Fold::a, .data = "lidar", .simulated = "sim"}, names));
///
/// Networks for measuring come in two: a capture of fold A is measured with weights trained on fold B and simulated frames, and the other
/// way round. Both folds have a sensor of the near field, one of the street and one of many lasers. Users get the network of both folds.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "apps/train/inter_samples.h"
#include "apps/train/range_samples.h"
#include "entropy/result.h"
#include "pointcloud/scan.h"

namespace dew::train {

enum class Fold : uint8_t { a, b, all };

/// One sensor's captures: a folder of .lrf files, or of .pcap files where the .lrf files are but some of the frames.
struct Capture {
  const char* folder;
  Fold fold;
  bool packets = false;
};

/// All that may be trained on.
std::span<const Capture> captures();

struct TrainingSetOptions {
  Fold fold = Fold::all;
  std::string data;               ///< folder of the captures' folders; empty: none
  std::string simulated;          ///< folder of .lrf files; empty: none
  SequenceOptions sequence = {};  ///< of inter networks: what is left out
};

/// Some scans of each capture of the fold and all simulated ones: at their native ticks, and some at coarser steps, as bounds on
/// the error make them; captures also thinned and mirrored. Appends what was read to `names`. Errors: io for a folder without files; those
/// of read_lrf and read_capture.
Result<RangeSamples> training_samples(const TrainingSetOptions& options, std::vector<std::string>& names);

/// The same for inter networks: captures and simulated sequences of at least two frames, each frame but the first.
/// `options.simulated` is then a folder of folders, one a sequence.
Result<RangeSamples> inter_training_samples(const TrainingSetOptions& options, std::vector<std::string>& names);

/// The .lrf files of a folder in the order of their names, `most` at most. Errors: io; those of read_lrf.
Result<std::vector<Scan>> read_scans(const std::string& folder, size_t most);
/// First returns of all frames in the .pcap files of a folder. Errors: io; those of read_capture.
Result<std::vector<Scan>> read_packet_scans(const std::string& folder);

}  // namespace dew::train
