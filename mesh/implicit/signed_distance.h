// SPDX-License-Identifier: Apache-2.0
/// What lies inside a mesh, and how far from it nodes of a grid are.
///
///   DistanceField field = grid_around(mesh, 64);
///   fill_signed_distance(mesh, field, threads);
///   const double same = inside_overlap(mesh, decoded, 256);        // intersection over union
///
/// Inside is what two of three rays along the axes say, each by how often it crosses the surface: small holes do no harm.
#pragma once

#include "mesh/implicit/field.h"

namespace dew {

/// `cells` along the largest side, some room around, and nodes in multiples of kWaveletBlock. REQUIRES: 8 <= cells <= 1024.
DistanceField grid_around(const Mesh& mesh, size_t cells);

/// For each node 1 where it is inside.
std::vector<uint8_t> inside_nodes(const Mesh& mesh, const DistanceField& grid);

/// Cost: one look into a SurfaceTree for each node.
void fill_signed_distance(const Mesh& mesh, DistanceField& field, unsigned threads);

/// Nodes inside both over nodes inside either, on a grid of so many cells around the first; 1 where nothing is inside of either.
double inside_overlap(const Mesh& a, const Mesh& b, size_t cells);

}  // namespace dew
