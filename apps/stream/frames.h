// SPDX-License-Identifier: Apache-2.0
/// Received frames as files, written by a thread of their own so that no datagram waits for a disk or a codec.
///
///   FrameFiles files("frames/", ".dew", Overwrite::no);
///   files.add(frame.frame, Content(frame.scan), sensor->calibration);
///   Status status = files.finish();
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "apps/files.h"
#include "pointcloud/content.h"
#include "pointcloud/sensor/calibration.h"

namespace dew::app {

/// Formats that frames can be written in.
inline constexpr const char* kFrameFormats = "lrf dew pcd bin ply las";

class FrameFiles {
 public:
  /// Files are DIR/000000.EXT, ...; without an extension that of the source, .lrf for native ticks; `directory` "-": all on standard
  /// output, one after the other.
  FrameFiles(std::string directory, std::string extension, Overwrite overwrite);
  ~FrameFiles();
  FrameFiles(const FrameFiles&) = delete;
  FrameFiles& operator=(const FrameFiles&) = delete;

  /// Returns at once; where 64 frames wait already, this one is dropped and counted. Formats of points
  /// need the sensor's calibration where the frame is native ticks; points in a format that cannot hold them are an error of finish().
  void add(uint32_t number, Content content, const std::optional<SensorCalibration>& calibration);
  /// Waits until all is written. Errors: the first one met.
  Status finish();
  uint64_t dropped() const { return dropped_; }

 private:
  struct Job {
    uint32_t number;
    Content content;
    std::optional<SensorCalibration> calibration;
  };
  void work();
  Status write(const Job& job) const;

  std::string directory_, extension_;
  Overwrite overwrite_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool ends_ = false;
  Status status_;
  uint64_t dropped_ = 0;
  std::thread thread_;
};

}  // namespace dew::app
