// SPDX-License-Identifier: Apache-2.0
/// glTF models: their triangles as one mesh, everything else of them carried along, and back to a .glb that other tools open.
///
///   DEW_ASSIGN(const MeshInput input, read_mesh_gltf(bytes, read_sibling, {}));
///   DEW_ASSIGN(const Bytes glb, write_mesh_gltf(input.mesh, {}));          // nodes, materials, pictures, skins, animations kept
///   DEW_ASSIGN(const Mesh placed, placed_mesh(input.mesh, {}));            // where the nodes put it
///
/// A mesh from glTF has a part for each primitive, in the coordinates of its glTF mesh; vertices at the very same place are one; Mesh::rest
/// holds the document without the primitives' numbers. Primitives that are no triangles, or have morph targets, sparse accessors or numbers
/// that others share, stay in the document as they are.
///
/// Trust: bytes may be hostile; memory is charged to the limits. Source: Khronos, "glTF 2.0 Specification".
#pragma once

#include <functional>

#include "mesh/io/read_mesh.h"

namespace dew {

/// Gives the content of a file beside the one that is read. Errors: io.
using ReadBeside = std::function<Result<Bytes>(const std::string& name)>;

/// True for .glb files and JSON with an asset that name meshes.
bool is_mesh_gltf(ByteSpan bytes);

/// .glb, or .gltf with its buffers in it or beside it (`read_beside` may be empty where there are none). Primitives under
/// KHR_draco_mesh_compression and views under EXT_meshopt_compression are decoded where dew was built with Draco and meshoptimizer; places
/// as whole numbers (KHR_mesh_quantization) become floats. Errors: as read_mesh; unsupported_feature also where one of these libraries is
/// missing; invalid_argument where a file beside it is needed and there is no `read_beside`.
Result<MeshInput> read_mesh_gltf(ByteSpan bytes, const ReadBeside& read_beside, const DecodeLimits& limits);

/// A .glb. A mesh without `rest` becomes a document of one node, with a material for each name. Errors: invalid_argument (check_shape),
/// corrupt (a damaged rest), limit_exceeded, out_of_memory.
Result<Bytes> write_mesh_gltf(const Mesh& mesh, const DecodeLimits& limits);

/// The triangles of the mesh where the nodes of its document put them, once for each node; without a rest the mesh itself. Errors: as
/// write_mesh_gltf.
Result<Mesh> placed_mesh(const Mesh& mesh, const DecodeLimits& limits);

/// True where the file is one of Draco's.
bool is_draco_file(ByteSpan bytes);
/// A .drc file of triangles. Errors: unsupported_feature (built without Draco, or a cloud of points), corrupt, limit_exceeded.
Result<MeshInput> read_mesh_draco(ByteSpan bytes, const DecodeLimits& limits);

}  // namespace dew
