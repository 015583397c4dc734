// SPDX-License-Identifier: Apache-2.0
/// Things that stand in scenes. Each is built around its own origin on the ground, facing +x; sizes vary with `random`.
///
///   scene.append(make_car(random), Pose{rotation_zyx(yaw, 0, 0), place});
#pragma once

#include "data/generate/mesh.h"

namespace dew::sim {

TriangleMesh make_car(Random& random);    ///< car, estate or van: rounded hull, glass, wheels, plates
TriangleMesh make_truck(Random& random);  ///< lorry or bus
TriangleMesh make_person(Random& random);
TriangleMesh make_tree(Random& random, bool leaves);
TriangleMesh make_bush(Random& random);
TriangleMesh make_pole(Random& random);  ///< street lamp or traffic light
TriangleMesh make_sign(Random& random);
TriangleMesh make_bicycle(Random& random);
TriangleMesh make_bench_or_bin(Random& random);

/// A fence of one kind (bars, planks, mesh, wall, hedge) from (0, 0) to (length_m, 0).
TriangleMesh make_fence(Random& random, double length_m);
/// A house front with windows, doors, interior and side walls; the front lies in the plane y = 0 and faces -y; x from 0 to width_m.
TriangleMesh make_building(Random& random, double width_m, double depth_m, double height_m, bool gable);

TriangleMesh make_table(Random& random);
TriangleMesh make_chair(Random& random);
TriangleMesh make_shelf(Random& random);  ///< books and boxes on boards
TriangleMesh make_cabinet(Random& random);
TriangleMesh make_sofa(Random& random);
TriangleMesh make_plant(Random& random);

}  // namespace dew::sim
