// SPDX-License-Identifier: Apache-2.0
// What the codec promises, on generated meshes of each kind.
#include <gtest/gtest.h>

#include "mesh/codec.h"
#include "mesh/coding/paired_surfaces.h"
#include "mesh/metrics.h"
#include "mesh/surface_samples.h"
#include "mesh/surface_tree.h"
#include "tests/support/mesh_generators.h"

namespace dew {
namespace {

TEST(GeneratedMeshes, KeepWhatEachModePromises) {
  for (uint64_t seed = 0; seed < 2; ++seed) {
    for (const auto& [name, mesh] : generated_meshes(seed)) {
      const double diagonal = bounding_box(mesh).diagonal();
      for (const MeshMode mode : {MeshMode::surface, MeshMode::vertex, MeshMode::rms}) {
        MeshEncodeOptions options;
        options.mode = mode;
        options.max_error = diagonal / 2000;
        options.fast = seed == 1;
        const auto encoded = encode_mesh(mesh, options);
        ASSERT_TRUE(encoded.ok()) << name << ": " << encoded.error().message;
        const auto decoded = decode_mesh(encoded->bytes, {});
        ASSERT_TRUE(decoded.ok()) << name;
        ASSERT_EQ(decoded->mesh.triangles(), mesh.triangles()) << name;
        const auto errors = mesh_errors(mesh, decoded->mesh, {});
        ASSERT_TRUE(errors.ok()) << name;
        // The rms is measured from other points than those of mesh_errors.
        const double error = mode == MeshMode::rms       ? errors->surface_rms / 1.01
                             : mode == MeshMode::surface ? errors->surface_max
                                                         : *encoded->errors.vertex_max;
        EXPECT_LE(error, options.max_error) << name << ", mode " << static_cast<int>(mode);
      }
    }
  }
}

TEST(GeneratedMeshes, AngleWeightedNormalsTakeFewBits) {
  const Mesh mesh = displaced_sphere(4, 1);
  MeshEncodeOptions options;
  options.max_error = 0.0005;
  const auto encoded = encode_mesh(mesh, options);
  ASSERT_TRUE(encoded.ok());
  const auto info = inspect_mesh(encoded->bytes, {});
  ASSERT_TRUE(info.ok());
  // Two steps of half a degree would take some 14 bits without a guess.
  EXPECT_LT(8 * info->parts.normals, 4.0 * static_cast<double>(mesh.vertices()));
}

TEST(GeneratedMeshes, NormalsTurnNoFurtherThanAsked) {
  for (const double degrees : {0.1, 1.0, 5.0}) {
    Mesh mesh = displaced_sphere(3, 2);
    // Some look the other way, some nowhere.
    std::vector<float>& normals = mesh.attributes[0].value;
    for (size_t i = 0; i < normals.size(); ++i) normals[i] *= i / 3 % 11 == 0 ? -1.0f : i / 3 % 13 == 0 ? 0.0f : 1.0f;
    MeshEncodeOptions options;
    options.max_error = 0.002;
    options.normal_error_deg = degrees;
    const auto encoded = encode_mesh(mesh, options);
    ASSERT_TRUE(encoded.ok());
    const auto decoded = decode_mesh(encoded->bytes, {});
    ASSERT_TRUE(decoded.ok());
    for (size_t v = 0; v < mesh.vertices(); ++v) {
      const float *before = &normals[3 * size_t{encoded->vertex_order[v]}], *after = &decoded->mesh.attributes[0].value[3 * v];
      const MeshPoint a = {static_cast<double>(before[0]), static_cast<double>(before[1]), static_cast<double>(before[2])},
                      b = {static_cast<double>(after[0]), static_cast<double>(after[1]), static_cast<double>(after[2])};
      if (before[0] == 0 && before[1] == 0 && before[2] == 0) {
        EXPECT_EQ(b, (MeshPoint{0, 0, 0}));
        continue;
      }
      // The plane is squeezed by a root of two where it ends.
      EXPECT_LT(angle_deg(a, b), 1.5 * degrees) << "vertex " << v;
    }
  }
}

TEST(PairedSurfaces, AreNeverNearerThanTheTreeSays) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Mesh mesh = any_mesh(seed);
    const ManifoldPieces pieces = manifold_pieces(mesh);
    std::mt19937_64 random(seed);
    Mesh moved = mesh;
    for (float& x : moved.position) x += static_cast<float>(random() % 1000) * 1e-4f - 0.05f;
    std::vector<MeshPoint> before, after;
    for (size_t i = 0; i < mesh.position.size(); i += 3) {
      const auto place = [&](const Mesh& of) {
        return MeshPoint{static_cast<double>(of.position[i]), static_cast<double>(of.position[i + 1]),
                         static_cast<double>(of.position[i + 2])};
      };
      before.push_back(place(mesh));
      after.push_back(place(moved));
    }
    const PairedSurfaces pair(pieces, before, after);
    const SurfaceTree tree(moved);
    size_t same = 0, count = 0;
    for (uint32_t t = 0; t < pieces.triangles(); ++t) {
      MeshPoint middle{};
      for (size_t k = 0; k < 3; ++k) {
        for (size_t axis = 0; axis < 3; ++axis) middle[axis] += before[pieces.vertex[3 * t + k]][axis] / 3;
      }
      const double found = std::sqrt(pair.nearest(PairedSurfaces::after, t, middle, 0.01).squared), truth = tree.nearest(middle).distance;
      EXPECT_GE(found, truth - 1e-9) << "seed " << seed;
      same += found <= truth + 1e-9 ? 1 : 0;
      ++count;
    }
    EXPECT_GT(5 * same, 4 * count) << "seed " << seed << ": a walk that seldom arrives wastes bits";
  }
}

}  // namespace
}  // namespace dew
