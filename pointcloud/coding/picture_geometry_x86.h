// SPDX-License-Identifier: Apache-2.0
/// PictureGeometry's questions with AVX-512, a point a lane. The same answers to the last bit: the same operations in the same order.
/// Internal to picture_geometry.cpp.
///
///   if (picture_geometry_x86::available() && picture_geometry_x86::nearness(tables, points, found)) return found;
#pragma once

#include "pointcloud/coding/picture_geometry.h"

namespace dew::picture_geometry_x86 {

bool available();

/// False where columns lie so unevenly that a search for one would take many steps: then one by one. REQUIRES: available().
bool cells(const GeometryTables& tables, const ManyPoints& points, CellsOfMany& found);
bool nearness(const GeometryTables& tables, const ManyPoints& points, NearnessOfMany& found);

}  // namespace dew::picture_geometry_x86
