// SPDX-License-Identifier: Apache-2.0
/// Worlds without end, made from a seed: a street that goes on for ever, a floor of rooms, or the same with a small room around a sensor on
/// a bench, with things within an arm's reach.
///
///   World world = make_world(SceneKind::street, seed);
///   TriangleMesh around = world.build(world.tile_of(0));        // what stands still near x = 0
///   for (const MovingObject& thing : world.moving) mesh.append(thing.shape, thing.pose_at(time_s, ego_x));
#pragma once

#include <string_view>

#include "data/generate/mesh.h"

namespace dew::sim {

enum class SceneKind : uint8_t { street, indoor, bench };

/// Moves along x at constant speed; leaves at one end of the built street and comes back at the other.
struct MovingObject {
  TriangleMesh shape;
  Vec3 start;
  double yaw_rad = 0;
  double speed_m_per_s = 0;  ///< along +x; negative: towards -x
  double loop_m = 0;         ///< 0: does not come back
  Pose pose_at(double time_s, double ego_x_m) const;
};

/// How one street differs from another. Lengths in metres, densities a metre of street and side.
struct StreetStyle {
  double half_road = 4, sidewalk = 2.5, setback = 3, kerb = 0.12, bank = 0;
  double building_height = 9, building_share = 0.7, tree_density = 0.08, bush_density = 0.05, parked_density = 0.1, fence_share = 0.5;
  double wetness = 0;  ///< 0..1, share of the road that is wet
  bool leaves = true, gables = false, tall_grass = false;
};

struct World {
  SceneKind kind = SceneKind::street;
  uint64_t seed = 0;
  StreetStyle style;
  std::vector<MovingObject> moving;

  static constexpr double kTileLength = 40;  ///< metres of street that are made at once
  int tile_of(double x_m) const;
  /// Everything that stands still within three tiles of `tile`; x counts from the tile's own start (floats stay fine on long drives).
  TriangleMesh build(int tile) const;
  double ground_height_m(double x_m, double y_m) const;
  /// Where a sensor drives: y of the lane, metres.
  double lane_y_m() const { return kind == SceneKind::street ? -0.45 * style.half_road : 0; }
};

World make_world(SceneKind kind, uint64_t seed);

/// One tile of street, x relative to `origin_x_m`. (scene_street.cpp)
void build_street_tile(const World& world, int tile, double origin_x_m, TriangleMesh& mesh);
/// All rooms. (scene_indoor.cpp)
void build_rooms(const World& world, TriangleMesh& mesh);
std::vector<MovingObject> street_traffic(const World& world);
std::vector<MovingObject> indoor_people(const World& world);

}  // namespace dew::sim
