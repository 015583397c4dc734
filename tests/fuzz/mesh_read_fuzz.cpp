// SPDX-License-Identifier: Apache-2.0
// Mesh files of every format. The first byte picks the reader, the rest is the file. What is read must have a right shape, and comes back
// from a PLY and an OBJ of our own.
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz_check.h"
#include "mesh/io/read_mesh.h"
#include "mesh/io/write_mesh.h"

using namespace dew;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  DecodeLimits limits;
  limits.memory_bytes = 64u << 20;
  limits.elements = 1 << 20;
  const ByteSpan bytes = std::as_bytes(std::span(data + 1, size - 1));
  const auto read = [&] {
    switch (data[0] % 4) {
      case 0: return read_mesh_ply(bytes, limits);
      case 1: return read_mesh_obj(bytes, limits);
      case 2: return read_mesh_stl(bytes, limits);
      default: return read_mesh_off(bytes, limits);
    }
  }();
  if (!read.ok()) return 0;
  DEW_FUZZ_CHECK(check_shape(read->mesh).ok());
  const auto ply = write_mesh(read->mesh, MeshFormat::ply);
  DEW_FUZZ_CHECK(ply.ok());
  const auto again = read_mesh_ply(ply->file, {});
  DEW_FUZZ_CHECK(again.ok() && again->mesh.triangles() == read->mesh.triangles());
  DEW_FUZZ_CHECK(write_mesh(read->mesh, MeshFormat::obj).ok());
  return 0;
}
