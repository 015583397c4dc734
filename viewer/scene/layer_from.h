// SPDX-License-Identifier: Apache-2.0
/// Contents of files as layers.
///
///   DEW_ASSIGN(const std::vector<Layer> frames, layers_from(content, {}));       // one frame, or those of a capture
///   const Layer scene = layer_from(std::move(splats), "scene.ply");
#pragma once

#include <vector>

#include "pointcloud/content.h"
#include "pointcloud/sensor/calibration.h"
#include "viewer/scene/layer.h"

namespace dew::viewer {

struct LayerOptions {
  std::string name;
  /// Turns the ranges of scans and captures into points. Null: that of the sensor that a capture names; a scan, or a capture of a sensor
  /// without a table, is drawn with evenly spread lasers, which the note of the layers says.
  const SensorCalibration* calibration = nullptr;
};

struct Layers {
  std::vector<Layer> frames;  ///< at least one
  double frame_seconds = 0.1;
  std::string note;  ///< what was guessed, for people; empty if nothing was
};

/// Fields of one value a point become attributes with their names; those of the usual names under the usual names (i, reflectivity:
/// intensity; laser: ring; t, timestamp, time_us: time in seconds), and height and range are added.
/// Errors: invalid_argument where a cloud has no coordinates or a calibration another number of lasers, limit_exceeded, out_of_memory.
Result<Layers> layers_from(const Content& content, const LayerOptions& options);
/// The same for one cloud.
Result<PointLayer> layer_from(const Cloud& cloud, std::string name);
/// The splats, with opacity and the mean of the scales as attributes.
SplatLayer layer_from(Splats splats, std::string name);

}  // namespace dew::viewer
