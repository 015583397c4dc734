// SPDX-License-Identifier: Apache-2.0
#include "mesh/codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>

#include "mesh/io/read_mesh.h"
#include "tests/support/any_mesh.h"

namespace dew {
namespace {

/// Triangles as sorted triples of the original's vertices, each turned so that its smallest comes first: what must survive any new order.
std::vector<std::array<uint32_t, 3>> triangles_of(const Mesh& mesh, const std::vector<uint32_t>* vertex_order) {
  std::vector<std::array<uint32_t, 3>> out;
  for (size_t t = 0; t < mesh.triangles(); ++t) {
    std::array<uint32_t, 3> corners;
    for (size_t k = 0; k < 3; ++k) corners[k] = vertex_order ? (*vertex_order)[mesh.triangle[3 * t + k]] : mesh.triangle[3 * t + k];
    std::rotate(corners.begin(), std::min_element(corners.begin(), corners.end()), corners.end());
    // A triangle that names a vertex twice has no turn.
    if (corners[0] == corners[1] || corners[1] == corners[2]) std::sort(corners.begin(), corners.end());
    out.push_back(corners);
  }
  std::sort(out.begin(), out.end());
  return out;
}

double largest_move(const Mesh& original, const Mesh& decoded, const std::vector<uint32_t>& order) {
  double largest = 0;
  for (size_t v = 0; v < order.size(); ++v) {
    double sum = 0;
    for (size_t axis = 0; axis < 3; ++axis) {
      const double d =
          static_cast<double>(decoded.position[3 * v + axis]) - static_cast<double>(original.position[3 * size_t{order[v]} + axis]);
      sum += d * d;
    }
    largest = std::max(largest, std::sqrt(sum));
  }
  return largest;
}

TEST(MeshCodec, KeepsEveryTriangleOfMeshesWithEveryDefect) {
  for (uint64_t seed = 0; seed < 60; ++seed) {
    const Mesh mesh = any_mesh(seed);
    MeshEncodeOptions options;
    options.mode = MeshMode::vertex;
    options.max_error = 0.003;
    const auto encoded = encode_mesh(mesh, options);
    ASSERT_TRUE(encoded.ok()) << "seed " << seed << ": " << encoded.error().message;
    const auto decoded = decode_mesh(encoded->bytes, {});
    ASSERT_TRUE(decoded.ok()) << "seed " << seed << ": " << decoded.error().message;
    std::vector<uint32_t> order = encoded->vertex_order;
    ASSERT_EQ(triangles_of(mesh, nullptr), triangles_of(decoded->mesh, &order)) << "seed " << seed;
    EXPECT_LE(largest_move(mesh, decoded->mesh, order), options.max_error) << "seed " << seed;
    std::sort(order.begin(), order.end());
    for (uint32_t v = 0; v < order.size(); ++v) ASSERT_EQ(order[v], v) << "seed " << seed;
  }
}

TEST(MeshCodec, KeepsTheSurfaceWithinTheBound) {
  for (const Mesh& mesh : {bumpy_sphere(20, 31), wavy_sheet(25, 30)}) {
    for (const MeshMode mode : {MeshMode::surface, MeshMode::rms}) {
      MeshEncodeOptions options;
      options.mode = mode;
      options.max_error = 0.001;
      const auto encoded = encode_mesh(mesh, options);
      ASSERT_TRUE(encoded.ok()) << encoded.error().message;
      const auto decoded = decode_mesh(encoded->bytes, {});
      ASSERT_TRUE(decoded.ok());
      const auto errors = mesh_errors(mesh, decoded->mesh, {});
      ASSERT_TRUE(errors.ok());
      const double error = mode == MeshMode::rms ? errors->surface_rms : errors->surface_max;
      EXPECT_LE(error, options.max_error);
      EXPECT_GT(error, options.max_error / 2) << "a bound far from used wastes bits";
    }
  }
}

TEST(MeshCodec, TakesMeshesWithoutTrianglesOrVertices) {
  for (const size_t vertices : {0, 1, 2, 7}) {
    Mesh mesh;
    for (size_t i = 0; i < 3 * vertices; ++i) mesh.position.push_back(static_cast<float>(i * i));
    const auto encoded = encode_mesh(mesh, {});
    ASSERT_TRUE(encoded.ok()) << encoded.error().message;
    const auto decoded = decode_mesh(encoded->bytes, {});
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(decoded->mesh.vertices(), vertices);
  }
}

/// Small, with an attribute.
Mesh seed_mesh() {
  Mesh mesh = any_mesh(5);
  MeshAttribute normal{"normal", AttributeKind::normal, AttributeType::f32, 3, {}, {}};
  for (size_t v = 0; v < mesh.vertices(); ++v) normal.value.insert(normal.value.end(), {0, 0.6f, 0.8f});
  mesh.attributes = {normal};
  return mesh;
}

TEST(MeshCodec, RefusesEveryPrefixAndEveryFlippedByte) {
  const auto encoded = encode_mesh(seed_mesh(), {});
  ASSERT_TRUE(encoded.ok());
  for (size_t size = 0; size < encoded->bytes.size(); ++size) {
    EXPECT_FALSE(decode_mesh(ByteSpan(encoded->bytes).first(size), {}).ok()) << size;
  }
  for (size_t at = 0; at < encoded->bytes.size(); ++at) {
    Bytes damaged = encoded->bytes;
    damaged[at] ^= std::byte{0x10};
    EXPECT_FALSE(decode_mesh(damaged, {}).ok()) << at;
  }
}

TEST(MeshCodec, SpendsNoMoreThanTheLimits) {
  const auto encoded = encode_mesh(bumpy_sphere(20, 31), {});
  ASSERT_TRUE(encoded.ok());
  DecodeLimits limits;
  limits.elements = 1000;
  EXPECT_EQ(decode_mesh(encoded->bytes, limits).error().code, Code::limit_exceeded);
  limits = {};
  limits.memory_bytes = 100000;
  EXPECT_EQ(decode_mesh(encoded->bytes, limits).error().code, Code::out_of_memory);
}

TEST(MeshCodec, ThreadsNeverChangeAByte) {
  const Mesh mesh = bumpy_sphere(15, 22);
  MeshEncodeOptions options;
  const auto one = encode_mesh(mesh, options);
  options.threads = 7;
  const auto seven = encode_mesh(mesh, options);
  ASSERT_TRUE(one.ok() && seven.ok());
  EXPECT_EQ(one->bytes, seven->bytes);
}

TEST(MeshCodec, RefusesCoordinatesThatAreNotFinite) {
  Mesh mesh = bumpy_sphere(4, 4);
  mesh.position[5] = INFINITY;
  EXPECT_EQ(encode_mesh(mesh, {}).error().code, Code::invalid_argument);
}

/// A sphere with a seam, and every kind of attribute.
Mesh sphere_with_attributes() {
  Mesh mesh = bumpy_sphere(12, 17, 0.0);
  MeshAttribute normal{"normal", AttributeKind::normal, AttributeType::f32, 3, {}, {}};
  normal.value = mesh.position;
  MeshAttribute texcoord{"texcoord", AttributeKind::texcoord, AttributeType::f32, 2, {}, {}};
  for (size_t c = 0; c < mesh.triangle.size(); ++c) {
    // Each corner its own value: seams everywhere.
    texcoord.value.push_back(mesh.position[3 * size_t{mesh.triangle[c]}] + 0.001f * static_cast<float>(c % 7));
    texcoord.value.push_back(mesh.position[3 * size_t{mesh.triangle[c]} + 1]);
    texcoord.corner.push_back(static_cast<uint32_t>(c));
  }
  MeshAttribute colour{"color", AttributeKind::colour, AttributeType::u8, 4, {}, {}},
      weight{"weight", AttributeKind::generic, AttributeType::f32, 1, {}, {}};
  MeshAttribute label{"label", AttributeKind::generic, AttributeType::i16, 1, {}, {}};
  for (size_t v = 0; v < mesh.vertices(); ++v) {
    for (size_t k = 0; k < 4; ++k) colour.value.push_back(static_cast<float>((v / 9 * 31 + k) % 256));
    weight.value.push_back(v == 3 ? NAN : static_cast<float>(v) * 0.37f);
    label.value.push_back(static_cast<float>(v % 5) - 2);
  }
  mesh.attributes = {normal, texcoord, colour, weight, label};
  const uint64_t half = mesh.triangles() / 2;
  mesh.parts = {{"top", "red", 0, half}, {"bottom", "", half, mesh.triangles() - half}};
  mesh.libraries = {"a.mtl"};
  return mesh;
}

TEST(MeshCodec, KeepsAttributesPartsAndLibraries) {
  const Mesh mesh = sphere_with_attributes();
  MeshEncodeOptions options;
  const auto encoded = encode_mesh(mesh, options);
  ASSERT_TRUE(encoded.ok()) << encoded.error().message;
  const auto decoded = decode_mesh(encoded->bytes, {});
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  const Mesh& back = decoded->mesh;
  ASSERT_TRUE(check_shape(back).ok());
  ASSERT_EQ(back.attributes.size(), mesh.attributes.size());
  EXPECT_EQ(back.parts, mesh.parts);
  EXPECT_EQ(back.libraries, mesh.libraries);
  for (size_t v = 0; v < back.vertices(); ++v) {
    const size_t source = encoded->vertex_order[v];
    double cosine = 0;
    for (size_t k = 0; k < 3; ++k)
      cosine += static_cast<double>(back.attributes[0].value[3 * v + k]) * static_cast<double>(mesh.attributes[0].value[3 * source + k]);
    EXPECT_GT(cosine, std::cos(1.5 * options.normal_error_deg / 57.3));
    for (size_t k = 0; k < 4; ++k) EXPECT_EQ(back.attributes[2].value[4 * v + k], mesh.attributes[2].value[4 * source + k]);
    const float was = mesh.attributes[3].value[source], is = back.attributes[3].value[v];
    EXPECT_TRUE(was == is || (std::isnan(was) && std::isnan(is)));
    EXPECT_EQ(back.attributes[4].value[v], mesh.attributes[4].value[source]);
  }
  // Corners by their triangles: the same vertices and, within the bound, the same texture coordinates.
  const auto corners = [](const Mesh& of, const std::vector<uint32_t>* order) {
    std::vector<std::array<uint32_t, 4>> out;
    for (size_t c = 0; c < of.triangle.size(); ++c) {
      const size_t t = c / 3 * 3;
      const auto vertex = [&](size_t corner) { return order ? (*order)[of.triangle[corner]] : of.triangle[corner]; };
      out.push_back({vertex(c), vertex(t + (c + 1) % 3), vertex(t + (c + 2) % 3), of.attributes[1].corner[c]});
    }
    std::sort(out.begin(), out.end());
    return out;
  };
  const auto was = corners(mesh, nullptr), is = corners(back, &encoded->vertex_order);
  ASSERT_EQ(was.size(), is.size());
  for (size_t i = 0; i < was.size(); ++i) {
    ASSERT_EQ(was[i][0], is[i][0]);
    for (size_t k = 0; k < 2; ++k) {
      EXPECT_NEAR(mesh.attributes[1].value[2 * size_t{was[i][3]} + k], back.attributes[1].value[2 * size_t{is[i][3]} + k],
                  options.texcoord_error * 1.001);
    }
  }
}

TEST(MeshCodec, KeepsAttributesOfMeshesWithEveryDefect) {
  for (uint64_t seed = 0; seed < 25; ++seed) {
    Mesh mesh = any_mesh(seed);
    MeshAttribute colour{"color", AttributeKind::colour, AttributeType::u8, 3, {}, {}};
    for (size_t i = 0; i < 3 * mesh.vertices(); ++i) colour.value.push_back(static_cast<float>((i * 37) % 256));
    mesh.attributes = {colour};
    const auto encoded = encode_mesh(mesh, {});
    ASSERT_TRUE(encoded.ok()) << seed << encoded.error().message;
    const auto decoded = decode_mesh(encoded->bytes, {});
    ASSERT_TRUE(decoded.ok()) << seed << decoded.error().message;
    for (size_t v = 0; v < mesh.vertices(); ++v) {
      for (size_t k = 0; k < 3; ++k)
        ASSERT_EQ(decoded->mesh.attributes[0].value[3 * v + k], colour.value[3 * size_t{encoded->vertex_order[v]} + k]) << seed;
    }
  }
}

TEST(MeshCodec, LosslessKeepsEveryBitAndTheOrder) {
  MeshEncodeOptions options;
  options.mode = MeshMode::lossless;
  for (uint64_t seed = 0; seed < 25; ++seed) {
    Mesh mesh = seed == 0 ? sphere_with_attributes() : seed == 1 ? Mesh{} : any_mesh(seed);
    if (seed > 2) {
      mesh.position[1] = NAN;
      mesh.position[4] = -0.0f;
      mesh.position[6] = -INFINITY;
      mesh.position[9] = 3e38f;
      mesh.position[12] = 1e-40f;
    }
    const auto encoded = encode_mesh(mesh, options);
    ASSERT_TRUE(encoded.ok()) << seed << ": " << encoded.error().message;
    const auto decoded = decode_mesh(encoded->bytes, {});
    ASSERT_TRUE(decoded.ok()) << seed << ": " << decoded.error().message;
    EXPECT_TRUE(same_mesh(decoded->mesh, mesh)) << seed;
  }
}

TEST(MeshCodec, LosslessReorderedKeepsEveryBitOfEveryTriangle) {
  MeshEncodeOptions options;
  options.mode = MeshMode::lossless_reordered;
  for (uint64_t seed = 0; seed < 25; ++seed) {
    Mesh mesh = seed == 0 ? sphere_with_attributes() : seed == 1 ? Mesh{} : any_mesh(seed);
    if (seed > 2) {
      mesh.position[1] = NAN;
      mesh.position[4] = -0.0f;
      mesh.position[9] = 3e38f;
    }
    const auto encoded = encode_mesh(mesh, options);
    ASSERT_TRUE(encoded.ok()) << seed << ": " << encoded.error().message;
    auto decoded = decode_mesh(encoded->bytes, {});
    ASSERT_TRUE(decoded.ok()) << seed << ": " << decoded.error().message;
    EXPECT_TRUE(same_mesh_reordered(decoded->mesh, mesh)) << seed;
    if (seed != 0) continue;
    std::swap(decoded->mesh.triangle[0], decoded->mesh.triangle[1]);
    EXPECT_FALSE(same_mesh_reordered(decoded->mesh, mesh));
  }
}

TEST(MeshCodec, PromisesAboutRoughVerticesAreKeptOnABodyCentredLattice) {
  Mesh mesh = bumpy_sphere(40, 60);
  for (size_t i = 0; i < mesh.position.size(); ++i) mesh.position[i] += 0.0001f * static_cast<float>((i * 2654435761u) % 199);
  MeshEncodeOptions options;
  options.mode = MeshMode::vertex;
  options.max_error = 0.0005;
  const auto encoded = encode_mesh(mesh, options);
  ASSERT_TRUE(encoded.ok());
  const auto decoded = decode_mesh(encoded->bytes, {});
  ASSERT_TRUE(decoded.ok());
  EXPECT_LE(largest_move(mesh, decoded->mesh, encoded->vertex_order), options.max_error);
  // A cubic lattice whose cells have that half diagonal moves vertices by 0.58 of the bound in the root mean square, this one by 0.69.
  double sum = 0;
  for (size_t v = 0; v < mesh.vertices(); ++v) {
    for (size_t k = 0; k < 3; ++k) {
      const double d = static_cast<double>(decoded->mesh.position[3 * v + k]) -
                       static_cast<double>(mesh.position[3 * size_t{encoded->vertex_order[v]} + k]);
      sum += d * d;
    }
  }
  EXPECT_GT(std::sqrt(sum / static_cast<double>(mesh.vertices())), 0.64 * options.max_error);
}

/// On files of ../shared/data/mesh.
TEST(MeshCodec, KeepsEveryTriangleOfRealMeshes) {
  size_t read = 0;
  for (const char* name : {"truck.obj", "moebius.obj", "elephant_holes.off", "beetle.obj", "dragon_res3.ply"}) {
    std::ifstream file(std::string(DEW_SHARED_DATA "/mesh/") + name, std::ios::binary);
    if (!file) continue;
    const std::vector<char> text{std::istreambuf_iterator<char>(file), {}};
    const auto input = read_mesh(std::as_bytes(std::span(text)), name, {});
    ASSERT_TRUE(input.ok()) << name;
    MeshEncodeOptions options;
    options.mode = MeshMode::vertex;
    options.max_error = bounding_box(input->mesh).diagonal() / 4096;
    const auto encoded = encode_mesh(input->mesh, options);
    ASSERT_TRUE(encoded.ok()) << name << encoded.error().message;
    const auto decoded = decode_mesh(encoded->bytes, {});
    ASSERT_TRUE(decoded.ok()) << name;
    EXPECT_EQ(triangles_of(input->mesh, nullptr), triangles_of(decoded->mesh, &encoded->vertex_order)) << name;
    EXPECT_LE(largest_move(input->mesh, decoded->mesh, encoded->vertex_order), options.max_error) << name;
    ++read;
  }
  if (read == 0) GTEST_SKIP() << "no ../shared/data/mesh";
}

}  // namespace
}  // namespace dew
