// SPDX-License-Identifier: Apache-2.0
/// One sensor driving through one world, turn after turn.
///
///   DEW_ASSIGN(Simulator simulator, Simulator::create({.sensor = "VLP-16", .seed = 7}));
///   Frame frame = simulator.frame(0);
///   write(frame.scan);
#pragma once

#include <memory>
#include <string>

#include "data/generate/ego.h"
#include "data/generate/firing.h"
#include "data/generate/ray_caster.h"
#include "pointcloud/scan.h"

namespace dew::sim {

struct SimulatorOptions {
  std::string sensor = "HDL-32E";
  SceneKind scene = SceneKind::street;
  uint64_t seed = 1;
  double ego_speed_m_per_s = 0;
  double rotation_hz = 0;  ///< 0: the sensor's usual one
  uint32_t columns = 0;    ///< 0: the sensor's usual number; only for sensors triggered by the encoder
  double start_turn = 0;   ///< encoder angle at which frames begin, in turns
  bool own_roof = false;   ///< the sensor sees the roof that it stands on
  unsigned threads = 1;    ///< never changes a byte
};

struct Frame {
  Scan scan;    ///< native integers, lasers in channel order; azimuth as in .lrf files
  Sweep sweep;  ///< times and angles behind it; sweep.encoder is not wrapped
};

class Simulator {
 public:
  /// Errors: invalid_argument (unknown sensor, columns that do not divide the turn).
  static Result<Simulator> create(const SimulatorOptions& options);

  /// Turn number `index`. Any order; consecutive ones are cheap. About 4 us a cell on one core.
  Frame frame(uint32_t index);

  const SensorUnit& unit() const { return unit_; }
  const Trajectory& ego() const { return *ego_; }

 private:
  explicit Simulator(const SimulatorOptions& options) : options_(options) {}
  TriangleMesh moving_mesh(double time_s, double anchor_x_m) const;

  SimulatorOptions options_;
  SensorUnit unit_;
  std::unique_ptr<World> world_;
  std::unique_ptr<Trajectory> ego_;
  std::unique_ptr<RayCaster> standing_;
  int tile_ = 0;
};

}  // namespace dew::sim
