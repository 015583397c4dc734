// SPDX-License-Identifier: Apache-2.0
/// What is told of meshes that are open: a vertex that was picked, a .dew file.
///
///   show(facts_of(mesh, vertex));
///   show(mesh_info_lines(bytes));
#pragma once

#include <vector>

#include "mesh/mesh.h"
#include "viewer/inspect/info_lines.h"
#include "viewer/inspect/pick.h"

namespace dew::app {

/// Place and attributes of a vertex; empty for one that there is not.
std::vector<viewer::Fact> facts_of(const Mesh& mesh, uint32_t vertex);

/// What `dew info` says; empty where the file is broken.
std::vector<viewer::InfoLine> mesh_info_lines(ByteSpan file);

}  // namespace dew::app
