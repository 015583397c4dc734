// SPDX-License-Identifier: Apache-2.0
/// Short sequences of every kind of frame, made from the samples: what stands still jitters, what moves is shifted.
///
///   for (const SequenceFrame& frame : scan_sequence(random, 6)) ...
#pragma once

#include <vector>

#include "pointcloud/sequence.h"
#include "tests/support/organised_clouds.h"

namespace dew::test {

inline SequenceFrame named(Content content, size_t number, const std::string& extension) {
  SequenceFrame frame;
  frame.content = std::move(content);
  frame.name = std::string("frame_") + (number < 10 ? "0" : "") + std::to_string(number) + extension;
  return frame;
}

/// A standing sensor: ranges stray by a tick, some returns come and go, columns begin a little elsewhere.
inline std::vector<SequenceFrame> scan_sequence(Random& random, size_t frames, uint32_t columns = 120) {
  const Scan first = crop(std::get<Scan>(sample("vlp16_indoor.lrf")), columns);
  std::vector<SequenceFrame> sequence;
  for (size_t i = 0; i < frames; ++i) {
    Scan scan = crop(first, columns - static_cast<uint32_t>(below(random, 3)));
    for (uint32_t& range : scan.range) {
      if (range != 0 && below(random, 3) == 0) ++range;
      if (below(random, 300) == 0) range = range == 0 ? 500 : 0;
    }
    const uint64_t begins = below(random, 9);
    for (uint16_t& azimuth : scan.azimuth) azimuth = static_cast<uint16_t>((azimuth + begins) % 36000);
    sequence.push_back(named(std::move(scan), i, ".lrf"));
    sequence.back().time_ns = static_cast<int64_t>(i) * 100'000'000 + 7;
  }
  return sequence;
}

/// Frames of clouds: parts of a sample, every one another.
inline std::vector<SequenceFrame> laser_sorted_sequence(size_t frames) {
  const Cloud whole = std::get<Cloud>(sample("kitti_raw.bin"));
  std::vector<SequenceFrame> sequence;
  for (size_t i = 0; i < frames; ++i) sequence.push_back(named(crop(whole, 0, 9000 - i * 5), i, ".bin"));
  return sequence;
}
inline std::vector<SequenceFrame> firing_order_sequence(size_t frames) {
  const Cloud whole = std::get<Cloud>(sample("nuscenes.bin"));
  std::vector<SequenceFrame> sequence;
  for (size_t i = 0; i < frames; ++i) sequence.push_back(named(thinned(crop(whole, 0, whole.points - 32 * i), 32, 8), i, ".bin"));
  return sequence;
}
inline std::vector<SequenceFrame> organised_sequence(Random& random, size_t frames) {
  OrganisedShape shape;
  shape.rows = 8;
  shape.columns = 96;
  std::vector<SequenceFrame> sequence;
  for (size_t i = 0; i < frames; ++i) sequence.push_back(named(organised_cloud(random, shape), i, ".pcd"));
  return sequence;
}
inline std::vector<SequenceFrame> points_sequence(Random& random, size_t frames) {
  std::vector<SequenceFrame> sequence;
  for (size_t i = 0; i < frames; ++i) sequence.push_back(named(any_cloud(random, i == 1 ? 0 : 40 + i, true), i, ".ply"));
  return sequence;
}

/// Everything after one another: other kinds, sensors, sizes, and clouds without a point.
inline std::vector<SequenceFrame> mixed_sequence(Random& random) {
  std::vector<SequenceFrame> sequence;
  for (auto& part : {scan_sequence(random, 2), laser_sorted_sequence(2), firing_order_sequence(2), scan_sequence(random, 2, 70),
                     organised_sequence(random, 2), points_sequence(random, 2)}) {
    sequence.insert(sequence.end(), part.begin(), part.end());
  }
  sequence[3].pose = Pose{1, 0, 0, 5, 0, 1, 0, -0.0, 0, 0, 1, 1e-300};
  return sequence;
}

inline bool same_content(const Content& a, const Content& b) {
  if (a.index() != b.index()) return false;
  if (const Scan* scan = std::get_if<Scan>(&a)) return *scan == std::get<Scan>(b);
  return same_bits(std::get<Cloud>(a), std::get<Cloud>(b));
}

inline Result<Bytes> encoded_sequence(const std::vector<SequenceFrame>& frames, const SequenceOptions& options) {
  SequenceEncoder encoder(options);
  for (const SequenceFrame& frame : frames) {
    DEW_ASSIGN(const PushedFrame pushed, encoder.push(frame));
    (void)pushed;
  }
  DEW_ASSIGN(Encoded encoded, encoder.finish());
  return std::move(encoded.bytes);
}

}  // namespace dew::test
