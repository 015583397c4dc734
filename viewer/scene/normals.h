// SPDX-License-Identifier: Apache-2.0
/// Normals of surfaces for layers of points that came without.
///
///   add_normals(layer);                                             // attributes normal_x, normal_y, normal_z
///   style.colouring[0] = default_colouring(layer, kNormal);
#pragma once

#include "viewer/scene/layer.h"

namespace dew::viewer {

/// Fits a plane to the nearest points of each and takes its normal, towards the sensor at zero; nothing is done where the layer has
/// normals. Cost: some 20 us a point.
void add_normals(PointLayer& layer);

}  // namespace dew::viewer
