// SPDX-License-Identifier: Apache-2.0
/// What is told of meshes: a vertex that was picked, a .dew file.
///
///   for (const Fact& fact : facts_of(mesh, vertex)) show(fact.name, fact.value);
///   DEW_ASSIGN(const MeshFileInfo info, inspect_mesh(bytes, {}));
///   for (const InfoLine& line : info_lines(info)) show(line.name, line.value);
#pragma once

#include <vector>

#include "mesh/codec.h"
#include "viewer/inspect/info_lines.h"
#include "viewer/inspect/pick.h"

namespace dew::viewer {

/// Place and attributes of a vertex, those of one of its corners where they change within it; empty for a vertex that there is not.
std::vector<Fact> facts_of(const Mesh& mesh, uint32_t vertex);

/// What the file promises, and bits a vertex by part.
std::vector<InfoLine> info_lines(const MeshFileInfo& info);

}  // namespace dew::viewer
