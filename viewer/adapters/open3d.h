// SPDX-License-Identifier: Apache-2.0
/// Decoded frames, meshes and splat scenes in Open3D's own visualiser, and its legacy geometry back. Header only, for programs that link
/// Open3D.
///
///   DEW_ASSIGN(const Decoded decoded, decode(file, {}, {}));
///   DEW_TRY(dew::viewer::show_in_open3d(std::get<Cloud>(decoded.content), "scan.dew"));      // until the window is closed
///   std::vector<std::string> lost;
///   const open3d::geometry::PointCloud points = dew::viewer::to_open3d(splats, lost);         // centres with their colours
///   const Splats scene = dew::viewer::splats_from_open3d(points, 0.01);                       // balls of 1 cm
///
/// Clouds alone: pointcloud/adapters/open3d.h. Meshes alone: mesh/adapters/open3d.h.
#pragma once

#include <open3d/geometry/PointCloud.h>
#include <open3d/visualization/utility/DrawGeometry.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "gaussians/splats.h"
#include "mesh/adapters/open3d.h"
#include "pointcloud/adapters/open3d.h"
#include "viewer/colour/colour_map.h"
#include "viewer/scene/layer_from.h"

namespace dew::viewer {

/// One of red, green and blue for each dc coefficient of 1, as splats.h has it.
inline constexpr double kOpen3dDcToColour = 0.28209479177387814;

/// A cloud with colours from its attribute (empty: intensity, else height), as the viewer draws it. Points that are not finite are left
/// out. Errors: invalid_argument without x, y, z.
inline Result<open3d::geometry::PointCloud> coloured_for_open3d(const Cloud& cloud, const std::string& attribute = "") {
  DEW_ASSIGN(PointLayer points, layer_from(cloud, ""));
  const Layer layer = std::move(points);
  const PointLayer& shown = std::get<PointLayer>(layer);
  const Colouring colouring = default_colouring(layer, attribute.empty() ? first_attribute(layer) : attribute);
  const Attribute* values = shown.find(colouring.attribute);
  open3d::geometry::PointCloud out;
  for (size_t i = 0; i < shown.count(); ++i) {
    const Vec3 p = shown.position(i);
    out.points_.emplace_back(p.x, p.y, p.z);
    const Rgb rgb =
        values == nullptr ? colouring.constant : map_colour(colouring.map, place_in(colouring, static_cast<double>(values->values[i])));
    out.colors_.emplace_back(static_cast<double>(rgb[0]), static_cast<double>(rgb[1]), static_cast<double>(rgb[2]));
  }
  return out;
}

/// The centres of splats of at least `least_opacity`, with the colours that they have from all sides, cut to 0 to 1. What points cannot
/// hold is named in `lost`.
inline open3d::geometry::PointCloud to_open3d(const Splats& splats, std::vector<std::string>& lost, double least_opacity = 0.1) {
  open3d::geometry::PointCloud out;
  size_t faint = 0;
  for (size_t i = 0; i < splats.count(); ++i) {
    const double opacity = 1 / (1 + std::exp(-static_cast<double>(splats.opacity_logit[i])));
    const Eigen::Vector3d place(static_cast<double>(splats.position[3 * i]), static_cast<double>(splats.position[3 * i + 1]),
                                static_cast<double>(splats.position[3 * i + 2]));
    if (!(opacity >= least_opacity) || !place.allFinite()) {
      ++faint;
      continue;
    }
    out.points_.push_back(place);
    Eigen::Vector3d colour;
    for (int k = 0; k < 3; ++k) {
      const double value = 0.5 + kOpen3dDcToColour * static_cast<double>(splats.dc[3 * i + static_cast<size_t>(k)]);
      colour[k] = std::isfinite(value) ? std::clamp(value, 0.0, 1.0) : 0.5;
    }
    out.colors_.push_back(colour);
  }
  if (faint > 0) lost.push_back(std::to_string(faint) + " splats that are hardly seen");
  lost.insert(lost.end(), {"opacity", "scale", "rotation"});
  if (splats.sh_degree > 0) lost.push_back("directional colours");
  return out;
}

/// Opaque balls of one size at the points, grey where these have no colours. `radius` above 0, in the unit of the points.
inline Splats splats_from_open3d(const open3d::geometry::PointCloud& points, double radius) {
  constexpr float kOpaqueLogit = 5;
  Splats out;
  out.resize(points.points_.size());
  for (size_t i = 0; i < out.count(); ++i) {
    for (size_t k = 0; k < 3; ++k) {
      const auto axis = static_cast<Eigen::Index>(k);
      out.position[3 * i + k] = static_cast<float>(points.points_[i][axis]);
      out.log_scale[3 * i + k] = static_cast<float>(std::log(radius));
      if (points.HasColors()) out.dc[3 * i + k] = static_cast<float>((points.colors_[i][axis] - 0.5) / kOpen3dDcToColour);
    }
    out.opacity_logit[i] = kOpaqueLogit;
  }
  return out;
}

/// Opens Open3D's visualiser and stays until its window is closed. Errors: invalid_argument without x, y, z; io where no window can be
/// opened. Needs a display.
inline Status show_in_open3d(const std::vector<std::shared_ptr<const open3d::geometry::Geometry>>& geometries, const std::string& title) {
  if (open3d::visualization::DrawGeometries(geometries, title, 1280, 800)) return {};
  return Error{Code::io, 0, "Open3D opens no window here"};
}
inline Status show_in_open3d(const Cloud& cloud, const std::string& title, const std::string& attribute = "") {
  DEW_ASSIGN(open3d::geometry::PointCloud points, coloured_for_open3d(cloud, attribute));
  return show_in_open3d({std::make_shared<open3d::geometry::PointCloud>(std::move(points))}, title);
}
inline Status show_in_open3d(const Mesh& mesh, const std::string& title) {
  std::vector<std::string> lost;
  return show_in_open3d({std::make_shared<open3d::geometry::TriangleMesh>(to_open3d(mesh, lost))}, title);
}
inline Status show_in_open3d(const Splats& splats, const std::string& title) {
  std::vector<std::string> lost;
  return show_in_open3d({std::make_shared<open3d::geometry::PointCloud>(to_open3d(splats, lost))}, title);
}

}  // namespace dew::viewer
