// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "mesh/adapters/open3d.h"
#include "tests/support/any_mesh.h"

namespace dew {
namespace {

const MeshAttribute* find(const Mesh& mesh, AttributeKind kind) {
  const auto found = std::find_if(mesh.attributes.begin(), mesh.attributes.end(), [&](const auto& a) { return a.kind == kind; });
  return found == mesh.attributes.end() ? nullptr : &*found;
}

TEST(Open3dMeshAdapter, PlacesAndFacesOfAnyMeshComeBackToTheLastBit) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    const Mesh mesh = any_mesh(seed);
    std::vector<std::string> lost;
    const open3d::geometry::TriangleMesh triangles = to_open3d(mesh, lost);
    ASSERT_EQ(triangles.vertices_.size(), mesh.vertices());
    const Mesh back = from_open3d(triangles);
    EXPECT_EQ(back.position, mesh.position) << seed;
    EXPECT_EQ(back.triangle, mesh.triangle) << seed;
    EXPECT_TRUE(check_shape(back).ok()) << seed;
    size_t kept = back.attributes.size();
    for (const std::string& what : lost) kept += what.starts_with("attribute ") ? 1 : 0;
    EXPECT_EQ(kept, mesh.attributes.size()) << seed << ": an attribute is neither carried nor named";
  }
}

TEST(Open3dMeshAdapter, CarriesAttributesAtTheirScaleAndNamesWhatIsLost) {
  Mesh mesh = bumpy_sphere(4, 6);
  MeshAttribute colour{"rgba", AttributeKind::colour, AttributeType::u8, 4, {}, {}};
  MeshAttribute normal{"normal", AttributeKind::normal, AttributeType::f32, 3, {}, {}};
  for (size_t i = 0; i < mesh.vertices(); ++i) {
    colour.value.insert(colour.value.end(), {255, 0, 51, 128});
    normal.value.insert(normal.value.end(), {0, 0, 1});
  }
  MeshAttribute texcoord{"uv", AttributeKind::texcoord, AttributeType::f32, 2, {0.25f, 0.5f, 0.75f, 1}, {}};
  for (size_t corner = 0; corner < mesh.triangle.size(); ++corner) texcoord.corner.push_back(corner % 2);
  MeshAttribute confidence{"confidence", AttributeKind::generic, AttributeType::f32, 1, std::vector<float>(mesh.vertices(), 1), {}};
  mesh.attributes = {colour, normal, texcoord, confidence};
  std::vector<std::string> lost;
  const open3d::geometry::TriangleMesh triangles = to_open3d(mesh, lost);
  EXPECT_EQ(lost, (std::vector<std::string>{"alpha of rgba", "attribute confidence"}));
  ASSERT_TRUE(triangles.HasVertexColors() && triangles.HasVertexNormals() && triangles.HasTriangleUvs());
  EXPECT_EQ(triangles.vertex_colors_[3], Eigen::Vector3d(1, 0, 0.2));
  EXPECT_EQ(triangles.triangle_uvs_[1], Eigen::Vector2d(0.75, 1));
  const Mesh back = from_open3d(triangles);
  ASSERT_NE(find(back, AttributeKind::texcoord), nullptr);
  EXPECT_EQ(find(back, AttributeKind::texcoord)->value[3], 1);
  ASSERT_NE(find(back, AttributeKind::normal), nullptr);
  EXPECT_EQ(find(back, AttributeKind::normal)->value, normal.value);
}

}  // namespace
}  // namespace dew
