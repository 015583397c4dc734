// SPDX-License-Identifier: Apache-2.0
#include "mesh/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "mesh/surface_tree.h"
#include "tests/support/any_mesh.h"

namespace dew {
namespace {

TEST(MeshMetrics, MeasuresAShiftedSheet) {
  const Mesh a = wavy_sheet(2, 2);
  Mesh b = a;
  for (size_t v = 0; v < b.vertices(); ++v) b.position[3 * v + 2] += 0.25f;
  const auto errors = mesh_errors(a, b, {});
  ASSERT_TRUE(errors.ok());
  EXPECT_NEAR(*errors->vertex_max, 0.25, 1e-6);
  EXPECT_LE(errors->surface_max, 0.25 + 1e-6);
  EXPECT_GT(errors->surface_rms, 0.1);
  EXPECT_LT(errors->normal_rms_deg, 1);
}

TEST(MeshMetrics, OfAMeshWithItselfAreZero) {
  const Mesh mesh = any_mesh(11);
  const auto errors = mesh_errors(mesh, mesh, {});
  ASSERT_TRUE(errors.ok());
  EXPECT_LT(errors->surface_max, 1e-7);
}

TEST(MeshMetrics, SeesWhatOneMeshHasAlone) {
  const Mesh a = bumpy_sphere(8, 9);
  Mesh b = a;
  append(b, a, 10);
  const auto there = mesh_errors(a, b, {}), back = mesh_errors(b, a, {});
  ASSERT_TRUE(there.ok() && back.ok());
  EXPECT_GT(there->surface_max, 7);
  EXPECT_NEAR(there->surface_max, back->surface_max, 1e-9);
}

TEST(SurfaceTree, FindsWhatASearchOfAllTrianglesFinds) {
  const Mesh mesh = any_mesh(4);
  const SurfaceTree tree(mesh);
  std::mt19937 random(1);
  std::uniform_real_distribution<double> anywhere(-3, 9);
  for (int i = 0; i < 300; ++i) {
    const MeshPoint p = {anywhere(random), anywhere(random), anywhere(random)};
    double least = INFINITY;
    for (size_t t = 0; t < mesh.triangles(); ++t) {
      Mesh one;
      one.position = mesh.position;
      one.triangle.assign(mesh.triangle.begin() + static_cast<std::ptrdiff_t>(3 * t),
                          mesh.triangle.begin() + static_cast<std::ptrdiff_t>(3 * t + 3));
      least = std::min(least, SurfaceTree(one).nearest(p).distance);
    }
    EXPECT_DOUBLE_EQ(tree.nearest(p).distance, least);
  }
}

}  // namespace
}  // namespace dew
