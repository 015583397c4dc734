// SPDX-License-Identifier: Apache-2.0
// glTF documents. The first byte decides: a whole file, or the rest that a coded mesh of two triangles carries. What is read must have a
// right shape, and comes back from a file of our own with as many triangles.
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz_check.h"
#include "mesh/gltf/gltf.h"

using namespace dew;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  DecodeLimits limits;
  limits.memory_bytes = 64u << 20;
  limits.elements = 1 << 20;
  const ByteSpan bytes = std::as_bytes(std::span(data + 1, size - 1));
  if (data[0] % 2 == 1) {
    Mesh mesh;
    mesh.position = {0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0};
    mesh.triangle = {0, 1, 2, 0, 2, 3};
    mesh.attributes = {{"NORMAL", AttributeKind::normal, AttributeType::f32, 3, std::vector<float>(12, 1.0f), {}}};
    mesh.parts = {{"a", "", 0, 1}, {"b", "", 1, 1}};
    mesh.rest.assign(bytes.begin(), bytes.end());
    (void)write_mesh_gltf(mesh, limits);
    (void)placed_mesh(mesh, limits);
    return 0;
  }
  const auto read = read_mesh_gltf(bytes, {}, limits);
  if (!read.ok()) return 0;
  DEW_FUZZ_CHECK(check_shape(read->mesh).ok());
  const auto placed = placed_mesh(read->mesh, limits);
  DEW_FUZZ_CHECK(!placed.ok() || check_shape(*placed).ok());
  const auto glb = write_mesh_gltf(read->mesh, {});
  DEW_FUZZ_CHECK(glb.ok());
  const auto again = read_mesh_gltf(*glb, {}, {});
  DEW_FUZZ_CHECK(again.ok() && again->mesh.triangles() == read->mesh.triangles());
  return 0;
}
