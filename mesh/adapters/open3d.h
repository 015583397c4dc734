// SPDX-License-Identifier: Apache-2.0
/// Meshes to and from Open3D's legacy triangle mesh. Header only, for programs that link Open3D; dew itself never does.
///
///   std::vector<std::string> lost;
///   const open3d::geometry::TriangleMesh triangles = dew::to_open3d(mesh, lost);
///   for (const std::string& what : lost) warn(what);            // "attribute confidence", ...
///   const dew::Mesh back = dew::from_open3d(triangles);
#pragma once

#include <open3d/geometry/TriangleMesh.h>

#include <algorithm>
#include <string>
#include <vector>

#include "mesh/mesh.h"

namespace dew {

namespace open3d_detail {

/// What a stored number is divided by to lie from 0 to 1.
inline double whole(AttributeType type) {
  switch (type) {
    case AttributeType::u8: return 255;
    case AttributeType::i8: return 127;
    case AttributeType::u16: return 65535;
    case AttributeType::i16: return 32767;
    case AttributeType::f32: break;
  }
  return 1;
}

inline std::vector<Eigen::Vector3d> threes(const MeshAttribute& attribute) {
  const double scale = whole(attribute.type);
  std::vector<Eigen::Vector3d> out;
  out.reserve(attribute.count());
  for (size_t i = 0; i < attribute.count(); ++i) {
    const float* v = &attribute.value[i * attribute.components];
    out.emplace_back(double{v[0]} / scale, double{v[1]} / scale, double{v[2]} / scale);
  }
  return out;
}

inline std::vector<Eigen::Vector2d> pairs_of_corners(const MeshAttribute& attribute, const Mesh& mesh) {
  std::vector<Eigen::Vector2d> out;
  out.reserve(mesh.triangle.size());
  for (size_t corner = 0; corner < mesh.triangle.size(); ++corner) {
    const size_t at = 2 * size_t{attribute.corner.empty() ? mesh.triangle[corner] : attribute.corner[corner]};
    out.emplace_back(double{attribute.value[at]}, double{attribute.value[at + 1]});
  }
  return out;
}

inline MeshAttribute attribute_of(const std::vector<Eigen::Vector3d>& values, const char* name, AttributeKind kind) {
  MeshAttribute out;
  out.name = name;
  out.kind = kind;
  out.components = 3;
  for (const Eigen::Vector3d& v : values) {
    for (int k = 0; k < 3; ++k) out.value.push_back(static_cast<float>(v[k]));
  }
  return out;
}

}  // namespace open3d_detail

/// REQUIRES: check_shape(mesh) holds. Normals and colours that stand at vertices (colours from 0 to 1, alpha left out) and one set of
/// texture coordinates, at corners; what else there is, parts and materials among it, is named in `lost`.
inline open3d::geometry::TriangleMesh to_open3d(const Mesh& mesh, std::vector<std::string>& lost) {
  open3d::geometry::TriangleMesh out;
  out.vertices_.reserve(mesh.vertices());
  for (size_t i = 0; i < mesh.vertices(); ++i) {
    out.vertices_.emplace_back(double{mesh.position[3 * i]}, double{mesh.position[3 * i + 1]}, double{mesh.position[3 * i + 2]});
  }
  out.triangles_.reserve(mesh.triangles());
  for (size_t t = 0; t < mesh.triangles(); ++t) {
    const uint32_t* v = &mesh.triangle[3 * t];
    out.triangles_.emplace_back(static_cast<int>(v[0]), static_cast<int>(v[1]), static_cast<int>(v[2]));
  }
  for (const MeshAttribute& attribute : mesh.attributes) {
    const bool at_vertices = attribute.corner.empty();
    if (attribute.kind == AttributeKind::normal && attribute.components == 3 && at_vertices && !out.HasVertexNormals()) {
      out.vertex_normals_ = open3d_detail::threes(attribute);
    } else if (attribute.kind == AttributeKind::colour && attribute.components >= 3 && at_vertices && !out.HasVertexColors()) {
      out.vertex_colors_ = open3d_detail::threes(attribute);
      if (attribute.components == 4) lost.push_back("alpha of " + attribute.name);
    } else if (attribute.kind == AttributeKind::texcoord && attribute.components == 2 && !out.HasTriangleUvs()) {
      out.triangle_uvs_ = open3d_detail::pairs_of_corners(attribute, mesh);
    } else {
      lost.push_back("attribute " + attribute.name);
    }
  }
  if (!mesh.parts.empty()) lost.push_back("parts and their materials");
  if (!mesh.rest.empty()) lost.push_back("nodes, materials and pictures of the glTF scene");
  return out;
}

/// Places, normals, colours and texture coordinates as floats: Open3D's doubles are rounded. Texture coordinates stand at corners.
inline Mesh from_open3d(const open3d::geometry::TriangleMesh& triangles) {
  Mesh out;
  for (const Eigen::Vector3d& v : triangles.vertices_) {
    for (int k = 0; k < 3; ++k) out.position.push_back(static_cast<float>(v[k]));
  }
  for (const Eigen::Vector3i& t : triangles.triangles_) {
    for (int k = 0; k < 3; ++k) out.triangle.push_back(static_cast<uint32_t>(t[k]));
  }
  if (triangles.HasVertexNormals()) {
    out.attributes.push_back(open3d_detail::attribute_of(triangles.vertex_normals_, "normal", AttributeKind::normal));
  }
  if (triangles.HasVertexColors()) {
    out.attributes.push_back(open3d_detail::attribute_of(triangles.vertex_colors_, "colour", AttributeKind::colour));
  }
  if (triangles.HasTriangleUvs()) {
    MeshAttribute texcoord;
    texcoord.name = "texcoord";
    texcoord.kind = AttributeKind::texcoord;
    texcoord.components = 2;
    for (size_t i = 0; i < triangles.triangle_uvs_.size(); ++i) {
      for (int k = 0; k < 2; ++k) texcoord.value.push_back(static_cast<float>(triangles.triangle_uvs_[i][k]));
      texcoord.corner.push_back(static_cast<uint32_t>(i));
    }
    out.attributes.push_back(std::move(texcoord));
  }
  return out;
}

}  // namespace dew
