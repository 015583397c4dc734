// SPDX-License-Identifier: Apache-2.0
/// Views of a mesh as plain pictures, to say by PSNR what an error looks like.
///
///   const std::vector<MeshView> views = mesh_views(mesh, bounding_box(mesh));
///   say(psnr_of_views(views, mesh_views(decoded, bounding_box(mesh))));
///
/// Parallel views from 14 sides, 256 x 256, lit from the eye: by the mesh's normals where it has some, else by its triangles'. Texture
/// coordinates colour it by a pattern of waves, one for every 1/16 of the picture: of the models at hand few have their pictures with them.
#pragma once

#include <vector>

#include "mesh/mesh.h"

namespace dew::bench {

inline constexpr int kViewSide = 256;

struct MeshView {
  std::vector<float> colour;  ///< red green blue of each pixel, 0 to 1; 0 where nothing is
};

std::vector<MeshView> mesh_views(const Mesh& mesh, const MeshBox& box);

/// In dB, of all pixels that either shows something at, all views together; 99 where they are the same.
double psnr_of_views(const std::vector<MeshView>& a, const std::vector<MeshView>& b);

}  // namespace dew::bench
