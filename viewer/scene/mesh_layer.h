// SPDX-License-Identifier: Apache-2.0
/// Meshes as layers, and how far the surfaces of two are apart, seen from their vertices.
///
///   MeshLayer layer = layer_from(mesh, "bunny.ply");
///   const PairErrors errors = surface_errors(original, decoded, threads);
///   for (const Attribute& attribute : errors.of_decoded) layer.set(attribute);       // "error": one value a vertex
///
/// Lengths are taken as metres, as the tool does.
#pragma once

#include <string>

#include "mesh/mesh.h"
#include "viewer/inspect/errors.h"
#include "viewer/scene/layer.h"

namespace dew::viewer {

/// Attributes: height (z), and those of the mesh that have one value. Where a vertex has several colours (seams), it gets one of them.
/// Vertices that are not finite are at zero, without their triangles. REQUIRES: check_shape().
MeshLayer layer_from(const Mesh& mesh, std::string name);

/// kError of each vertex of either mesh: the distance to the surface of the other, to its nearest vertex where that has no triangle.
/// "error vertex" on the decoded side where both have the same triangles, which means the same order. `max` and `rms` are those of kError
/// over the vertices of both; what lies between vertices may be further apart, which `dew compare` measures. Matching::nearest without
/// partners, or Matching::order. Cost: some us a vertex, divided by `threads`, which never change a result.
PairErrors surface_errors(const Mesh& original, const Mesh& decoded, unsigned threads);

/// The vertices, as points: for those who pick.
PointLayer vertices_of(const MeshLayer& layer);

}  // namespace dew::viewer
