// SPDX-License-Identifier: Apache-2.0
/// The surface where a field is zero, as a closed mesh: one vertex for each cell that it passes, one quad for each edge that it cuts.
///
///   const Mesh mesh = zero_surface(field);
///
/// A vertex is the mean of the places where the surface cuts the cell's edges, moved once along the gradient to where the field is zero. At
/// the border of the grid the field counts as outside. Computes with + - * / and sqrt on doubles alone. Source: S. Gibson, "Constrained
/// Elastic SurfaceNets", 1998.
#pragma once

#include "mesh/implicit/field.h"

namespace dew {

Mesh zero_surface(const DistanceField& field);

}  // namespace dew
